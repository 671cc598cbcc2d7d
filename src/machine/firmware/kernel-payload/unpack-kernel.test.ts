import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gzipSync } from "fflate";
import { expect, test } from "vitest";
import { Unpacker } from "../../../core/unpacker.ts";
import { unpackKernel } from "./unpack-kernel.ts";

/** build/unpack.wasm (npm run core). */
const unpackerFile = new URL("../../../../build/unpack.wasm", import.meta.url);
const unpacker = new Unpacker(new WebAssembly.Module(readFileSync(unpackerFile)));

const PHYS_ADDR = 0x100_0000;
const HEADERS = 0x100;
const hasXz = spawnSync("xz", ["--version"]).status === 0;

/** Code with many calls, some text, some noise: what the filter and the coder meet in a kernel. */
function codeLike(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let seed = 1;
  const random = (): number => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 16;
  for (let at = 0; at + 16 < sizeBytes; at += 8 + (random() & 7)) {
    bytes.set([0x55, 0x89, 0xe5, 0xe8 | (random() & 1)], at);
    new DataView(bytes.buffer).setInt32(at + 4, ((random() & 0x3fff) - 0x2000) * 16 - at, true);
    if (random() % 5 === 0) bytes.set([random(), random(), random()], at + 8);
  }
  return bytes;
}

function elf32(code: Uint8Array): Uint8Array {
  const file = new Uint8Array(HEADERS + code.length);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint32(0x18, PHYS_ADDR, true);
  view.setUint32(0x1c, 0x34, true);
  view.setUint16(0x2a, 32, true);
  view.setUint16(0x2c, 1, true);
  for (const [i, word] of [1, HEADERS, 0xc100_0000, PHYS_ADDR, code.length, code.length + 4096].entries())
    view.setUint32(0x34 + i * 4, word, true);
  file.set(code, HEADERS);
  return file;
}

function payload(packed: Uint8Array, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(packed.length + 4);
  bytes.set(packed);
  new DataView(bytes.buffer).setUint32(packed.length, sizeBytes, true);
  return bytes;
}

function packXz(file: Uint8Array): Uint8Array {
  const args = ["--format=xz", "--check=crc32", "--x86", "--lzma2=dict=32MiB", "--stdout"];
  return payload(execFileSync("xz", args, { input: file, maxBuffer: 1 << 26 }), file.length);
}

const code = codeLike(300_000);
const file = elf32(code);

test.skipIf(!hasXz)("a kernel packed as Linux does by xz, with the filter for x86 code", () => {
  const kernel = unpackKernel(unpacker, packXz(file))!;
  expect(kernel.entry).toBe(PHYS_ADDR);
  expect(kernel.is64Bit).toBe(false);
  expect(kernel.segments).toHaveLength(1);
  expect(kernel.segments[0]).toMatchObject({ physAddr: PHYS_ADDR, memoryBytes: code.length + 4096 });
  expect(Buffer.compare(kernel.segments[0]!.bytes, code)).toBe(0);
});

test("a kernel packed by gzip, whose own last bytes tell the size", () => {
  const kernel = unpackKernel(unpacker, gzipSync(file))!;
  expect(Buffer.compare(kernel.segments[0]!.bytes, code)).toBe(0);
});

test("other packers and files that are no kernel are left to the guest", () => {
  expect(unpackKernel(unpacker, new Uint8Array(0))).toBeNull();
  expect(
    unpackKernel(
      unpacker,
      payload(
        Uint8Array.from({ length: 64 }, (_, i) => i),
        1 << 20,
      ),
    ),
  ).toBeNull();
  expect(unpackKernel(unpacker, gzipSync(new Uint8Array(4096)))).toBeNull();
});

test.skipIf(!hasXz)("what is damaged or cut off is left to the guest, and never more than it says", () => {
  const good = packXz(file);
  for (let cut = 0; cut < good.length; cut += 997) expect(unpackKernel(unpacker, good.subarray(0, cut))).toBeNull();
  for (let at = 24; at < good.length - 4; at += 1511) {
    const bad = good.slice();
    bad[at]! ^= 0x10;
    expect(unpackKernel(unpacker, bad), `byte ${at}`).toBeNull();
  }
});

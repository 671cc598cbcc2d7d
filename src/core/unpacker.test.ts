/** The unpacker against what xz and lz4 of the system make. Needs build/unpack.wasm (npm run core). */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { unpackLz4 } from "../machine/firmware/kernel-payload/lz4.ts";
import { unpackXz } from "../machine/firmware/kernel-payload/xz.ts";
import { UnpackError, Unpacker } from "./unpacker.ts";

const module = new WebAssembly.Module(readFileSync(new URL("../../build/unpack.wasm", import.meta.url)));
const unpacker = new Unpacker(module);
const has = (program: string) => spawnSync(program, ["--version"]).status === 0;
const MOST = 1 << 24;

let seed = 1;
const random = (below: number): number => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return (seed >>> 8) % below;
};

/** Code-like bytes with calls and jumps, runs of all short distances, copies from far away, text, noise and zeros. */
function sample(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < sizeBytes;) {
    const length = Math.min(1 + random(200), sizeBytes - at);
    const kind = random(7);
    if (kind === 0) for (let i = 0; i < length; i++) bytes[at + i] = random(256);
    else if (kind === 1)
      bytes.set(Buffer.from("the quick brown fox jumps over the lazy dog ".repeat(5)).subarray(0, length), at);
    else if (kind === 2 && at > 32) {
      const distance = 1 + random(32);
      for (let i = 0; i < length; i++) bytes[at + i] = bytes[at + i - distance]!;
    } else if (kind === 3 && at > 1000) bytes.copyWithin(at, random(at - length), at);
    else if (kind < 6)
      for (let i = 0; i + 8 < length; i += 5 + random(4)) {
        bytes[at + i] = 0xe8 + random(2);
        view.setInt32(at + i + 1, random(1 << 20) * 16 - at, true);
        if (random(4) === 0) bytes[at + i + 4] = random(256);
      }
    at += length;
  }
  return bytes;
}

const xz = (input: Uint8Array, ...args: string[]): Uint8Array =>
  new Uint8Array(execFileSync("xz", ["--format=xz", "--stdout", "-T1", ...args], { input, maxBuffer: MOST * 2 }));

const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe.skipIf(!has("xz"))("xz", () => {
  const big = sample(200_000);

  test.each([
    ...["-0", "-3", "-6", "-9", "-6e"].map((preset) => [preset]),
    ...["none", "crc32", "crc64", "sha256"].map((check) => ["-1", `--check=${check}`]),
    ["--x86", "--lzma2=preset=6,dict=32MiB"],
    ["--x86", "--lzma2=preset=0,dict=4KiB", "--block-size=30000", "--check=crc32"],
    ...[
      "lc=0,lp=0,pb=0",
      "lc=4,lp=0,pb=2",
      "lc=0,lp=4,pb=4",
      "lc=2,lp=2,pb=1",
      "nice=273",
      "mode=fast,mf=hc3,nice=8",
    ].map((options) => [`--lzma2=preset=6,${options}`]),
    ["-2", "--block-size=4096"],
  ])("options %s %s %s %s", (...options) => {
    expect(same(unpackXz(unpacker, xz(big, ...options.filter(Boolean)), MOST), big)).toBe(true);
  });

  test.each([0, 1, 2, 4, 5, 15, 16, 17, 65535, 65536, 65537, 131072, 262147])("%d bytes", (sizeBytes) => {
    for (const bytes of [sample(sizeBytes), new Uint8Array(sizeBytes)])
      for (const filter of [[], ["--x86"]])
        expect(same(unpackXz(unpacker, xz(bytes, ...filter, "--lzma2=preset=3"), MOST), bytes)).toBe(true);
  });

  test("bytes that cannot be packed, and more than two mebibytes at once", () => {
    for (const bytes of [Uint8Array.from({ length: 300_000 }, () => random(256)), new Uint8Array(5_000_000)])
      expect(same(unpackXz(unpacker, xz(bytes, "-6"), MOST), bytes)).toBe(true);
  });

  test("the filter for x86 code, at every distance between opcodes", () => {
    // Bytes in which opcodes and the highest bytes of distances are everywhere: the filter's rare ways.
    const words = [0xe8, 0xe9, 0, 0xff, 0, 0xe8, 0xff, 0x12];
    const bytes = Uint8Array.from({ length: 200_000 }, () => words[random(words.length)]!);
    expect(same(unpackXz(unpacker, xz(bytes, "--x86", "--lzma2=preset=0"), MOST), bytes)).toBe(true);
  });

  test("other filters, and what is no xz, end with a word", () => {
    for (const filter of ["--arm", "--delta=dist=4", "--x86=start=4096"])
      expect(() => unpackXz(unpacker, xz(big, filter, "--lzma2=preset=0"), MOST)).toThrow(UnpackError);
    expect(() => unpackXz(unpacker, xz(big), big.length - 1)).toThrow(/larger than it says/);
    expect(() => unpackXz(unpacker, big, MOST)).toThrow(UnpackError);
  });

  test("whatever is damaged ends with a word or with other bytes, and never beside them", () => {
    const bytes = sample(20_000);
    const good = xz(bytes, "--x86", "--lzma2=preset=6", "--check=none");
    let refused = 0;
    for (let i = 0; i < 800; i++) {
      const bad = good.slice(0, random(20) === 0 ? random(good.length) : good.length);
      for (let n = 1 + random(3); n > 0 && bad.length > 0; n--) bad[random(bad.length)] = random(256);
      try {
        expect(unpackXz(unpacker, bad, MOST).length).toBeLessThanOrEqual(MOST);
      } catch (error) {
        expect(error).toBeInstanceOf(UnpackError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(600);
  });
});

test("LZMA2 with bytes from nowhere: no way of the decoder leaves its memory", () => {
  for (let i = 0; i < 1500; i++) {
    const size = 1 + random(3000);
    const packed = Uint8Array.from({ length: size }, () => random(256));
    const unpackedBytes = random(70_000);
    // A chunk that resets everything and is as long as there are bytes; the coder's first byte is zero.
    packed.set(
      [0xe0, (unpackedBytes - 1) >> 8, unpackedBytes - 1, (size - 7) >> 8, size - 7, random(225), 0].slice(0, size),
    );
    const work = unpacker.open(packed, unpackedBytes);
    expect(() => work.lzma2(0, 0, unpackedBytes)).toThrow(UnpackError);
  }
});

describe.skipIf(!has("lz4"))("lz4", () => {
  const lz4 = (input: Uint8Array, ...args: string[]): Uint8Array =>
    new Uint8Array(execFileSync("lz4", ["-l", "-c", ...args], { input, maxBuffer: MOST * 2 }));

  test.each(["-1", "-9", "-12"])("level %s, many sizes", (level) => {
    for (const sizeBytes of [1, 12, 13, 100, 70_000, ...(level === "-1" ? [8_500_000] : [])]) {
      const bytes = new Uint8Array(sizeBytes);
      const part = sample(Math.min(sizeBytes, 70_000));
      bytes.set(part);
      bytes.set(part, sizeBytes - part.length);
      expect(same(unpackLz4(unpacker, lz4(bytes, level), sizeBytes), bytes), String(sizeBytes)).toBe(true);
    }
  });

  test("whatever is damaged ends with a word or with other bytes", () => {
    const bytes = sample(20_000);
    const good = lz4(bytes, "-9");
    for (let i = 0; i < 800; i++) {
      const bad = good.slice();
      for (let n = 1 + random(3); n > 0; n--) bad[8 + random(bad.length - 8)] = random(256);
      try {
        expect(unpackLz4(unpacker, bad, bytes.length)).toHaveLength(bytes.length);
      } catch (error) {
        expect(error).toBeInstanceOf(UnpackError);
      }
    }
  });
});

test("LZ4 with a match before the first byte, of no distance, and lengths that do not end", () => {
  const block = (...bytes: number[]) => Uint8Array.of(2, 0x21, 0x4c, 0x18, bytes.length, 0, 0, 0, ...bytes);
  for (const bytes of [
    block(0x10, 1, 2, 0, 0x50),
    block(0x10, 1, 0, 0, 0),
    block(0xf0, 255, 255),
    block(0x1f, 1, 1, 0, 255),
  ])
    expect(() => unpackLz4(unpacker, bytes, 1000)).toThrow(UnpackError);
});

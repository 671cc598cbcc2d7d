import { describe, expect, it } from "vitest";
import type { BootImage } from "./boot-image.ts";
import { memoryMap } from "./e820.ts";
import { looksLikeMultiboot, multibootImage } from "./multiboot.ts";

const MIB = 2 ** 20;
const MAGIC = 0x1badb002;

function header(view: DataView, offset: number, flags: number, ...addresses: number[]): void {
  view.setUint32(offset, MAGIC, true);
  view.setUint32(offset + 4, flags, true);
  view.setUint32(offset + 8, -(MAGIC + flags), true);
  addresses.forEach((value, i) => view.setUint32(offset + 12 + i * 4, value, true));
}

/** One segment: virtual C0100000h, physical 1 MiB, 64 bytes in the file and 128 in memory. */
function elfKernel(flags = 0): Uint8Array {
  const file = new Uint8Array(256);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(18, 3, true);
  view.setUint32(24, 0xc0100010, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, 1, true);
  [1, 128, 0xc0100000, MIB, 64, 128].forEach((value, i) => view.setUint32(52 + i * 4, value, true));
  header(view, 128, flags);
  file.fill(0x90, 140, 192);
  return file;
}

function flatKernel(flags = 0x10000): Uint8Array {
  const file = new Uint8Array(512);
  header(new DataView(file.buffer), 64, flags, MIB + 64, MIB, 0, MIB + 1024, MIB + 96);
  return file;
}

const options = { commandLine: "a=1", modules: [], memoryMap: memoryMap(64 * MIB, 64 * MIB - 0x10000) };
const at = (image: BootImage, physAddr: number): DataView => {
  const found = image.memory.find(
    (write) => physAddr >= write.physAddr && physAddr < write.physAddr + write.bytes.length,
  );
  if (!found) throw new Error(`nothing at ${physAddr.toString(16)}`);
  return new DataView(found.bytes.buffer, found.bytes.byteOffset + physAddr - found.physAddr);
};
const text = (image: BootImage, physAddr: number): string => {
  const view = at(image, physAddr);
  let value = "";
  for (let i = 0; view.getUint8(i) !== 0; i++) value += String.fromCharCode(view.getUint8(i));
  return value;
};

describe("multibootImage [MULTIBOOT]", () => {
  it("loads ELF segments at physical addresses, zeroes their rest and translates the entry", () => {
    const image = multibootImage({ ...options, kernel: elfKernel() });
    expect(image.entry.rip).toBe(MIB + 0x10);
    expect(at(image, MIB + 12).getUint8(0)).toBe(0x90);
    expect(at(image, MIB + 64).getUint8(63)).toBe(0);
  });

  it("enters as 3.2 says: flat, paging off, magic in EAX, information in EBX", () => {
    const { entry } = multibootImage({ ...options, kernel: elfKernel() });
    expect(entry).toMatchObject({ mode: "protected", cr0: 0x11, rflags: 2 });
    expect(entry.registers.rax).toBe(0x2badb002);
    expect([entry.cs.base, entry.cs.limit, entry.cs.attributes]).toEqual([0, 0xffffffff, 0xc9b]);
  });

  it("gives memory sizes, map, command line, modules and loader name [3.3]", () => {
    const modules = [
      { bytes: new Uint8Array(5000).fill(3), commandLine: "module root=/dev/ram0" },
      { bytes: new Uint8Array(100).fill(4), commandLine: "initrd" },
    ];
    const image = multibootImage({ ...options, kernel: elfKernel(), modules });
    const info = at(image, image.entry.registers.rbx!);
    expect(info.getUint32(0, true)).toBe(0x24d);
    expect([info.getUint32(4, true), info.getUint32(8, true)]).toEqual([639, 63 * 1024 - 64]);
    expect(text(image, info.getUint32(16, true))).toBe("kernel a=1");
    expect(info.getUint32(20, true)).toBe(2);
    const module = at(image, info.getUint32(24, true));
    expect(module.getUint32(0, true) % 4096).toBe(0);
    expect(module.getUint32(4, true) - module.getUint32(0, true)).toBe(5000);
    expect(at(image, module.getUint32(0, true)).getUint8(4999)).toBe(3);
    expect([8, 24].map((offset) => text(image, module.getUint32(offset, true)))).toEqual([
      "module root=/dev/ram0",
      "initrd",
    ]);
    expect(module.getUint32(16, true)).toBe(module.getUint32(0, true) + 2 * 4096);
    expect(at(image, module.getUint32(16, true)).getUint8(99)).toBe(4);
    const map = at(image, info.getUint32(48, true));
    expect([map.getUint32(0, true), info.getUint32(44, true)]).toEqual([20, options.memoryMap.length * 24]);
    expect(text(image, info.getUint32(64, true))).toBe("Posada");
  });

  it("loads a flat image by the header's addresses and clears its bss [3.1.3]", () => {
    const image = multibootImage({ ...options, kernel: flatKernel() });
    expect(image.entry.rip).toBe(MIB + 96);
    expect(at(image, MIB + 64).getUint32(0, true)).toBe(MAGIC);
    expect(at(image, MIB + 512).byteLength - at(image, MIB + 512).byteOffset).toBeGreaterThanOrEqual(512);
  });

  it("is recognized by magic, flags and checksum in the first 8 KiB only", () => {
    expect(looksLikeMultiboot(flatKernel())).toBe(true);
    const damaged = flatKernel();
    damaged[72]! ^= 1;
    expect(looksLikeMultiboot(damaged)).toBe(false);
    const late = new Uint8Array(9000);
    header(new DataView(late.buffer), 8188, 0);
    expect(looksLikeMultiboot(late)).toBe(false);
  });

  it.each([
    ["a demand that nobody knows", flatKernel(0x10008), /demands something/],
    ["a flat image that is cut off", wanting(2048), /cut off: its header announces 2048 bytes, and 512/],
    ["an ELF file that is cut off", elfKernel().subarray(0, 150), /cut off/],
    ["a kernel larger than memory", large(), /too small for this kernel/],
  ])("refuses %s", (_, kernel, message) => {
    expect(() => multibootImage({ ...options, kernel })).toThrow(message);
  });
});

function wanting(length: number): Uint8Array {
  const file = flatKernel();
  new DataView(file.buffer).setUint32(64 + 20, MIB + length, true);
  return file;
}

function large(): Uint8Array {
  const file = flatKernel();
  new DataView(file.buffer).setUint32(64 + 24, 65 * MIB, true);
  return file;
}

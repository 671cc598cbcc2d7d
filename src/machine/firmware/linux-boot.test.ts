import { describe, expect, it } from "vitest";
import { BootImageError, type BootImage } from "./boot-image.ts";
import { memoryMap } from "./e820.ts";
import { linuxBootImage, type LinuxBootOptions } from "./linux-boot.ts";

const MIB = 2 ** 20;
const SETUP_SECTS = 2;

interface Made {
  xloadflags?: number;
  relocatable?: boolean;
  protocol?: number;
  loadflags?: number;
  initSize?: number;
}

/** A file with a setup header as [LINUX-BOOT] lays it out, and `kernelBytes` of protected-mode code. */
function bzImage({
  xloadflags = 0,
  relocatable = true,
  protocol = 0x020f,
  loadflags = 1,
  initSize = 2 * MIB,
}: Made = {}): Uint8Array {
  const kernelAt = (SETUP_SECTS + 1) * 512;
  const kernelBytes = 64 * 1024;
  const file = new Uint8Array(kernelAt + kernelBytes);
  const view = new DataView(file.buffer);
  file[0x1f1] = SETUP_SECTS;
  view.setUint32(0x1f4, kernelBytes / 16, true);
  view.setUint16(0x1fe, 0xaa55, true);
  file[0x201] = 0x6a;
  view.setUint32(0x202, 0x53726448, true);
  view.setUint16(0x206, protocol, true);
  view.setUint16(0x20e, 0x200, true);
  file.set(new TextEncoder().encode("6.1.0-posada (x) #1\0"), 0x400);
  file[0x211] = loadflags;
  view.setUint32(0x214, loadflags & 1 ? 0x100000 : 0x1000, true);
  view.setUint32(0x22c, 0x7fffffff, true);
  view.setUint32(0x230, 2 * MIB, true);
  file[0x234] = relocatable ? 1 : 0;
  view.setUint16(0x236, xloadflags, true);
  view.setUint32(0x238, 2047, true);
  view.setBigUint64(0x258, BigInt(16 * MIB), true);
  view.setUint32(0x260, initSize, true);
  file.fill(0x90, kernelAt);
  return file;
}

function boot(options: Partial<LinuxBootOptions> = {}, memoryMiB = 64): BootImage {
  return linuxBootImage({
    kernel: bzImage(),
    commandLine: "console=ttyS0",
    memoryMap: memoryMap(memoryMiB * MIB, memoryMiB * MIB - 0x10000),
    rsdpAddr: 0xf5000,
    longMode: true,
    unpacker: null,
    ...options,
  });
}

const at = (image: BootImage, physAddr: number): DataView => {
  const found = image.memory.find(
    (write) => physAddr >= write.physAddr && physAddr < write.physAddr + write.bytes.length,
  );
  if (!found) throw new Error(`nothing at ${physAddr}`);
  return new DataView(found.bytes.buffer, found.bytes.byteOffset + physAddr - found.physAddr);
};

describe("linuxBootImage", () => {
  it("enters a 32-bit kernel flat, at its start, with the zero page in ESI ['32-bit Boot Protocol']", () => {
    const { entry, description } = boot();
    expect(description).toBe("Linux 6.1.0-posada, 32-bit entry");
    expect(entry).toMatchObject({ mode: "protected", rip: 16 * MIB, cr0: 0x11, efer: 0, rflags: 2 });
    expect(entry.cs).toEqual({ selector: 0x10, base: 0, limit: 0xffffffff, attributes: 0xc9b });
    expect(entry.data).toEqual({ selector: 0x18, base: 0, limit: 0xffffffff, attributes: 0xc93 });
    expect(entry.registers.rsi).toBe(0x90000);
    expect(entry.registers.rbx ?? 0).toBe(0);
  });

  it("gives the GDT that the segments came from", () => {
    const image = boot();
    const gdt = at(image, image.entry.gdt.base);
    expect(gdt.getBigUint64(0x10, true)).toBe(0x00cf9b000000ffffn);
    expect(gdt.getBigUint64(0x18, true)).toBe(0x00cf93000000ffffn);
    expect(image.entry.gdt.limit).toBe(0x1f);
  });

  it("enters a 64-bit kernel at 0x200 in long mode with the first 4 GiB mapped ['64-bit Boot Protocol']", () => {
    const image = boot({ kernel: bzImage({ xloadflags: 1 }) });
    const { entry } = image;
    expect(entry).toMatchObject({ mode: "long", rip: 16 * MIB + 0x200, cr0: 0x80000011, cr4: 0x20, efer: 0x500 });
    expect(entry.cs.attributes).toBe(0xa9b);
    const walk = (linear: number): bigint => {
      const pml4e = at(image, entry.cr3).getBigUint64(0, true);
      const pdpte = at(image, Number(pml4e & ~0xfffn)).getBigUint64((linear >>> 30) * 8, true);
      return at(image, Number(pdpte & ~0xfffn)).getBigUint64(((linear >>> 21) & 511) * 8, true);
    };
    for (const linear of [0, 0x1000000, 0x7fe00000, 0xffe00000]) expect(walk(linear)).toBe(BigInt(linear) + 0x83n);
  });

  it("fills the zero page: screen, RSDP, memory map, command line, RAM disk [zero-page.rst]", () => {
    const initrd = new Uint8Array(10_000).fill(7);
    const image = boot({ initrd });
    const page = at(image, 0x90000);
    expect([page.getUint8(6), page.getUint8(7), page.getUint8(0xe), page.getUint8(0xf)]).toEqual([3, 80, 25, 1]);
    expect(page.getBigUint64(0x70, true)).toBe(0xf5000n);
    expect(page.getUint8(0x1e8)).toBe(5);
    expect(page.getBigUint64(0x2d0 + 3 * 20, true)).toBe(0x100000n);
    expect(page.getUint32(0x2d0 + 3 * 20 + 16, true)).toBe(1);
    expect(page.getUint32(0x202, true)).toBe(0x53726448);
    expect(page.getUint8(0x210)).toBe(0xff);
    const line = at(image, page.getUint32(0x228, true));
    expect(String.fromCharCode(...new Uint8Array(line.buffer, line.byteOffset, 14))).toBe("console=ttyS0\0");
    const initrdAddr = page.getUint32(0x218, true);
    expect(initrdAddr % 4096).toBe(0);
    expect(page.getUint32(0x21c, true)).toBe(initrd.length);
    expect(at(image, initrdAddr).getUint8(9_999)).toBe(7);
    expect(initrdAddr + initrd.length).toBeLessThanOrEqual(64 * MIB - 0x10000);
    expect(initrdAddr + initrd.length).toBeGreaterThan(64 * MIB - 0x10000 - 8192);
  });

  it("keeps the RAM disk below initrd_addr_max", () => {
    const kernel = bzImage();
    new DataView(kernel.buffer).setUint32(0x22c, 0x1ffffff, true);
    const image = boot({ kernel, initrd: new Uint8Array(4096) });
    expect(at(image, 0x90000).getUint32(0x218, true)).toBe(0x1fff000);
  });

  it("loads low when memory is short, and at 1 MiB what cannot move", () => {
    expect(boot({}, 8).entry.rip).toBe(2 * MIB);
    expect(boot({ kernel: bzImage({ relocatable: false, protocol: 0x0204 }) }).entry.rip).toBe(MIB);
  });

  it("loads a zImage where it runs, and gives an old kernel the old command-line pointer", () => {
    const image = boot({ kernel: bzImage({ loadflags: 0, protocol: 0x0201, relocatable: false }) });
    expect(image.entry.rip).toBe(0x1000);
    const page = at(image, 0x90000);
    expect([page.getUint16(0x20, true), page.getUint16(0x22, true)]).toEqual([0xa33f, 0x1000]);
  });

  it.each([
    ["something else", new Uint8Array(4096), /no Linux kernel/],
    ["an empty file", new Uint8Array(0), /only 0 bytes/],
    ["a gzip file", new Uint8Array(600).fill(0x1f, 0, 1).fill(0x8b, 1, 2), /compressed with gzip/],
    ["an ELF file", new Uint8Array(600).map((_, i) => [0x7f, 0x45, 0x4c, 0x46][i] ?? 0), /bzImage, not vmlinux/],
    [
      "a kernel cut off in its code",
      bzImage().subarray(0, 40_000),
      /cut off: its header announces 67072 bytes, and 40000/,
    ],
    ["a kernel cut off in its setup code", bzImage().subarray(0, 700), /cut off/],
  ])("names what is wrong with %s", (_, kernel, message) => {
    expect(() => boot({ kernel })).toThrow(BootImageError);
    expect(() => boot({ kernel })).toThrow(message);
  });

  it("refuses what does not fit into memory or processor, in words", () => {
    expect(() => boot({ kernel: bzImage({ initSize: 80 * MIB }) })).toThrow(/too small .* about 82 MiB, and 64 MiB/);
    expect(() => boot({ initrd: new Uint8Array(60 * MIB) })).toThrow(/too small/);
    expect(() => boot({ kernel: bzImage({ xloadflags: 1 }), longMode: false })).toThrow(/64-bit processors/);
    expect(() => boot({ commandLine: "x".repeat(2048) })).toThrow(/too long: 2048 bytes, and this kernel takes 2047/);
  });
});

import { describe, expect, it } from "vitest";
import { directBootImage } from "./direct-boot.ts";

const MIB = 2 ** 20;
const facts = { ramBytes: 64 * MIB, processors: 1, hasFloppyController: true };

function multibootKernel(): Uint8Array {
  const file = new Uint8Array(256);
  const view = new DataView(file.buffer);
  const magic = 0x1badb002;
  [magic, 0x10000, -(magic + 0x10000), MIB, MIB, 0, 0, MIB + 48].forEach((value, i) =>
    view.setUint32(i * 4, value, true),
  );
  return file;
}

describe("directBootImage", () => {
  it("puts the tables where kernels look for them, clear of each other and of the kernel", () => {
    const { memory, description } = directBootImage({
      facts,
      kernel: multibootKernel(),
      modules: [],
      commandLine: "",
      longMode: true,
      unpacker: null,
    });
    expect(description).toBe("Multiboot kernel");
    const text = (physAddr: number, length: number): string => {
      const found = memory.find((write) => write.physAddr === physAddr);
      return new TextDecoder().decode(found?.bytes.subarray(0, length));
    };
    expect(text(0xf5000, 8)).toBe("RSD PTR ");
    expect(text(0xf5100, 4)).toBe("_SM_");
    expect(text(64 * MIB - 0x10000, 4)).toBe("FACS");
    const ranges = memory
      .map(({ physAddr, bytes }) => [physAddr, physAddr + bytes.length])
      .sort((a, b) => a[0]! - b[0]!);
    for (let i = 1; i < ranges.length; i++) expect(ranges[i]![0]).toBeGreaterThanOrEqual(ranges[i - 1]![1]!);
    expect(Math.max(...ranges.map(([, end]) => end!))).toBeLessThanOrEqual(facts.ramBytes);
  });

  it("gives a Multiboot kernel its modules, and the initrd behind them", () => {
    const file = (value: number) => new Uint8Array(16).fill(value);
    const { memory } = directBootImage({
      ...{ facts, kernel: multibootKernel(), commandLine: "", longMode: true, unpacker: null },
      modules: [{ bytes: file(1), commandLine: "module a" }],
      initrd: file(2),
    });
    const loaded = memory.filter(({ bytes }) => bytes.length === 16).map(({ bytes }) => bytes[0]);
    expect(loaded).toEqual([1, 2]);
  });

  it("says what is wrong with a file that is neither", () => {
    const kernel = new Uint8Array(100);
    const boot = (modules: { bytes: Uint8Array; commandLine: string }[]) =>
      directBootImage({ facts, kernel, modules, commandLine: "", longMode: true, unpacker: null });
    expect(() => boot([])).toThrow(/no Linux kernel .* no Multiboot/);
    expect(() => boot([{ bytes: kernel, commandLine: "" }])).toThrow("A Linux kernel takes no modules");
  });
});

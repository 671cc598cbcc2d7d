import { describe, expect, it } from "vitest";
import { PortBus } from "../bus/port-bus.ts";
import { PlainMemory } from "../testing/plain-memory.ts";
import { FW_CFG_PORT, FW_CFG_PORTS, FwCfg } from "./fw-cfg.ts";
import { bootPaths, fillFwCfg } from "./firmware-items.ts";

function machine() {
  const memory = new PlainMemory(0x10000);
  const fwCfg = new FwCfg(memory);
  const ports = new PortBus();
  ports.attach(FW_CFG_PORT, FW_CFG_PORTS, fwCfg, 4);
  const select = (key: number): void => ports.write(0x510, 2, key);
  const read = (length: number): number[] => Array.from({ length }, () => ports.read(0x511, 1));
  /** Big-endian, as the interface wants it. */
  const dma = (control: number, length: number, address: number): number => {
    const view = new DataView(memory.bytes.buffer);
    view.setUint32(0x100, control);
    view.setUint32(0x104, length);
    view.setUint32(0x108, 0);
    view.setUint32(0x10c, address);
    ports.write(0x514, 4, 0);
    ports.write(0x518, 4, 0x00010000); // 0x100, swapped
    return view.getUint32(0x100);
  };
  return { memory, fwCfg, ports, select, read, dma };
}

describe("FwCfg [FW-CFG]", () => {
  it("shows its signature, its id with the DMA bit, and the DMA signature", () => {
    const { select, read, ports } = machine();
    select(0);
    expect(String.fromCharCode(...read(4))).toBe("QEMU");
    expect(read(1)).toEqual([0]);
    select(1);
    expect(read(4)).toEqual([3, 0, 0, 0]);
    const bytes = [0x514, 0x518].flatMap((port) =>
      [0, 8, 16, 24].map((shift) => (ports.read(port, 4) >>> shift) & 0xff),
    );
    expect(String.fromCharCode(...bytes)).toBe("QEMU CFG");
  });

  it("lists files in a big-endian directory and reads them by their key", () => {
    const { fwCfg, select, read } = machine();
    fwCfg.setFile("etc/one", new Uint8Array([1]));
    fwCfg.setFile("etc/two", new Uint8Array([9, 8, 7]));
    fwCfg.setFile("etc/one", new Uint8Array([5, 6]));
    select(0x19);
    expect(read(4)).toEqual([0, 0, 0, 2]);
    expect(read(8)).toEqual([0, 0, 0, 2, 0, 0x20, 0, 0]);
    expect(String.fromCharCode(...read(56)).replace(/\0+$/, "")).toBe("etc/one");
    expect(read(6)).toEqual([0, 0, 0, 3, 0, 0x21]);
    select(0x20);
    expect(read(3)).toEqual([5, 6, 0]);
  });

  it("reads blocks as REP INSB does", () => {
    const { fwCfg, select, ports } = machine();
    fwCfg.setFile("f", new Uint8Array([1, 2, 3]));
    select(0x20);
    const target = new Uint8Array(2);
    expect([ports.readBlock(0x511, 1, target), ...target]).toEqual([2, 1, 2]);
    expect([ports.readBlock(0x511, 1, target), ...target]).toEqual([2, 3, 0]);
  });

  it("selects, skips and copies by DMA, with zeros past the end", () => {
    const { fwCfg, memory, dma } = machine();
    fwCfg.setFile("f", new Uint8Array([1, 2, 3, 4]));
    memory.bytes.fill(0xee, 0x200, 0x210);
    expect(dma(0x0020_0008 | 4, 1, 0)).toBe(0); // select, skip
    expect(dma(2, 5, 0x200)).toBe(0);
    expect([...memory.bytes.subarray(0x200, 0x206)]).toEqual([2, 3, 4, 0, 0, 0xee]);
  });

  it("fails a DMA write, and survives a command that reaches beyond memory", () => {
    const { dma, memory, ports } = machine();
    expect(dma(0x10, 4, 0x200)).toBe(1);
    expect(dma(2, 0xffffffff, 0xfff0)).toBe(0);
    expect(memory.bytes[0xffff]).toBe(0);
    ports.write(0x518, 4, 0xffffffff);
  });

  it("goes on reading where it was saved", () => {
    const { fwCfg, select, read } = machine();
    fwCfg.setFile("f", new Uint8Array([1, 2, 3]));
    select(0x20);
    read(1);
    const saved = fwCfg.save();
    fwCfg.reset();
    fwCfg.restore(saved);
    expect(read(2)).toEqual([2, 3]);
  });
});

describe("what firmware is told", () => {
  it("orders boot devices by their paths", () => {
    expect(bootPaths({ bootOrder: ["cdrom", "disk", "floppy"], diskPositions: [0, 1], cdromPositions: [2] })).toEqual([
      "/pci@i0cf8/ide@1,1/drive@1/disk@0",
      "/pci@i0cf8/ide@1,1/drive@0/disk@0",
      "/pci@i0cf8/ide@1,1/drive@0/disk@1",
      "/pci@i0cf8/isa@1/fdc@03f0/floppy@0",
    ]);
  });

  it("fills in memory, processors and tables", () => {
    const { fwCfg, select, read } = machine();
    fillFwCfg(fwCfg, {
      facts: { ramBytes: 0x8000000, processors: 2, hasFloppyController: true },
      bootOrder: ["disk"],
      diskPositions: [0],
      cdromPositions: [],
    });
    select(0x03);
    expect(read(8)).toEqual([0, 0, 0, 8, 0, 0, 0, 0]);
    select(0x05);
    expect(read(2)).toEqual([2, 0]);
    select(0x19);
    const directory = String.fromCharCode(...read(4 + 64 * 7));
    for (const name of ["etc/e820", "bootorder", "etc/acpi/rsdp", "etc/table-loader", "etc/smbios/smbios-anchor"])
      expect(directory).toContain(name);
  });
});

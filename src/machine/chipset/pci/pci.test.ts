import { describe, expect, it } from "vitest";
import type { LowPageKind } from "../../../core/core.ts";
import { PortBus, type PortDevice } from "../../bus/port-bus.ts";
import { portWindow } from "./bar-windows.ts";
import { PCI_CONFIG_PORT, PciConfigMechanism } from "./config-mechanism.ts";
import { I440fxHostBridge } from "./i440fx-host-bridge.ts";
import { PciBus, pirqOf } from "./pci-bus.ts";
import { EXPANSION_ROM_BAR, PciFunction } from "./pci-function.ts";
import { PIRQ_DEFAULT_IRQS, setUpPciAsFirmware } from "./pci-setup.ts";
import { Piix3IsaBridge } from "./piix3-isa-bridge.ts";
import { Piix4PowerManagement } from "./piix4-power-management.ts";
import { SmbusHost } from "./smbus-host.ts";

class Probe extends PciFunction {
  readonly moves: [number, number | null][] = [];

  constructor() {
    super("probe", { vendorId: 0x1234, deviceId: 0x5678, classCode: 0x020304, revision: 9, interruptPin: 1 });
    this.addBar(0, { kind: "memory", sizeBytes: 0x10000, prefetchable: true });
    this.addBar(1, { kind: "io", sizeBytes: 32 });
    this.addBar(2, { kind: "memory", sizeBytes: 0x4000, is64Bit: true });
    this.addExpansionRom(0x8000);
    this.addCapability(0x05, 0x50, new Uint8Array(12), new Uint8Array(12).fill(0xff));
    this.addCapability(0x09, 0x40, new Uint8Array([4, 1]));
  }

  override onBarMoved(index: number, base: number | null): void {
    this.moves.push([index, base]);
  }

  pin(asserted: boolean): void {
    this.setIntx(asserted);
  }
}

/** A bus with the probe at slot 3, reached through ports as a guest does. */
function machine() {
  const bus = new PciBus();
  const probe = new Probe();
  bus.add(3, 0, probe);
  const ports = new PortBus();
  const resets: boolean[] = [];
  const mechanism = new PciConfigMechanism(bus, (hard) => resets.push(hard));
  ports.attach(PCI_CONFIG_PORT, 8, mechanism, 4);
  const select = (slot: number, fn: number, register: number): void =>
    ports.write(0xcf8, 4, 0x80000000 | (slot << 11) | (fn << 8) | register);
  return { bus, probe, ports, resets, mechanism, select };
}

describe("configuration mechanism #1 [PCI 2.3] 3.2.2.3.2", () => {
  it("reads identity by dword, word and byte lanes", () => {
    const { ports, select } = machine();
    select(3, 0, 0);
    expect(ports.read(0xcfc, 4)).toBe(0x56781234);
    expect(ports.read(0xcfe, 2)).toBe(0x5678);
    select(3, 0, 8);
    expect(ports.read(0xcfc, 4)).toBe(0x02030409);
    expect(ports.read(0xcff, 1)).toBe(0x02);
  });

  it("answers all ones for absent functions, other buses and a clear enable bit", () => {
    const { ports, select } = machine();
    select(4, 0, 0);
    expect(ports.read(0xcfc, 4)).toBe(0xffffffff);
    expect(ports.read(0xcfc, 2)).toBe(0xffff);
    ports.write(0xcf8, 4, 0x80010000 | (3 << 11));
    expect(ports.read(0xcfc, 4)).toBe(0xffffffff);
    ports.write(0xcf8, 4, 3 << 11);
    expect(ports.read(0xcfc, 4)).toBe(0xffffffff);
  });

  it("takes CONFIG_ADDRESS as a dword only, with the reserved bits zero", () => {
    const { ports, select } = machine();
    select(3, 0, 0);
    ports.write(0xcf8, 2, 0xffff);
    expect(ports.read(0xcf8, 4)).toBe(0x80001800);
    ports.write(0xcf8, 4, 0xffffffff);
    expect(ports.read(0xcf8, 4)).toBe(0x80fffffc);
  });

  it("resets on the rise of 0xCF9 bit 2", () => {
    const { ports, resets } = machine();
    ports.write(0xcf9, 1, 0x02);
    expect(resets).toEqual([]);
    ports.write(0xcf9, 1, 0x06);
    ports.write(0xcf9, 1, 0x06);
    expect(resets).toEqual([true]);
  });

  it("saves and restores its address", () => {
    const { mechanism, ports, select } = machine();
    select(3, 0, 0x10);
    const saved = mechanism.save();
    mechanism.reset();
    expect(ports.read(0xcf8, 4)).toBe(0);
    mechanism.restore(saved);
    expect(ports.read(0xcf8, 4)).toBe(0x80001810);
  });
});

describe("PciFunction", () => {
  it("answers the sizing protocol [PCI 2.3] 6.2.5.1", () => {
    const { probe } = machine();
    for (const [offset, expected] of [
      [0x10, 0xffff0008],
      [0x14, 0xffffffe1],
      [0x18, 0xffffc004],
      [0x1c, 0xffffffff],
      [0x20, 0],
      [0x30, 0xffff8001],
    ] as const) {
      probe.configWrite(offset, 4, 0xffffffff);
      expect(probe.configRead(offset, 4)).toBe(expected);
    }
  });

  it("decodes only what the command register enables, never the sizing value", () => {
    const { probe } = machine();
    probe.configWrite(0x10, 4, 0xe0000000);
    probe.configWrite(0x14, 4, 0xc000);
    expect(probe.moves).toEqual([]);
    probe.configWrite(4, 2, 1);
    expect(probe.moves).toEqual([[1, 0xc000]]);
    probe.configWrite(4, 2, 3);
    expect(probe.moves).toEqual([
      [1, 0xc000],
      [0, 0xe0000000],
    ]);
    probe.moves.length = 0;
    probe.configWrite(0x10, 4, 0xffffffff);
    probe.configWrite(0x10, 4, 0xe1000000);
    expect(probe.moves).toEqual([
      [0, null],
      [0, 0xe1000000],
    ]);
    expect(probe.barBase(0)).toBe(0xe1000000);
  });

  it("places 64-bit BARs and the ROM with its own enable bit", () => {
    const { probe } = machine();
    probe.configWrite(4, 2, 2);
    probe.configWrite(0x1c, 4, 1);
    expect(probe.moves).toEqual([[2, 0x100000000]]);
    probe.configWrite(0x30, 4, 0xfeb00000);
    expect(probe.barBase(EXPANSION_ROM_BAR)).toBeNull();
    probe.configWrite(0x30, 4, 0xfeb00001);
    expect(probe.barBase(EXPANSION_ROM_BAR)).toBe(0xfeb00000);
  });

  it("keeps read-only bits, and clears status bits by ones", () => {
    const { probe } = machine();
    probe.configWrite(0, 4, 0);
    expect(probe.configRead(0, 4)).toBe(0x56781234);
    probe.configWrite(4, 4, 0xffffffff);
    expect(probe.configRead(4, 4)).toBe(0x00100547);
  });

  it("links its capabilities [PCI 2.3] 6.7", () => {
    const { probe } = machine();
    expect(probe.configRead(0x34, 1)).toBe(0x50);
    expect(probe.configRead(0x50, 2)).toBe(0x4005);
    expect(probe.configRead(0x40, 4)).toBe(0x01040009);
    expect(probe.configRead(6, 2) & 0x10).toBe(0x10);
    probe.configWrite(0x54, 4, 0x12345678);
    expect(probe.configRead(0x54, 4)).toBe(0x12345678);
  });

  it("goes on after save and restore, decoding where it did", () => {
    const { bus, probe } = machine();
    probe.configWrite(0x14, 4, 0xd000);
    probe.configWrite(4, 2, 1);
    const saved = bus.save();
    bus.reset();
    expect(probe.barBase(1)).toBeNull();
    bus.restore(saved);
    expect(probe.barBase(1)).toBe(0xd000);
    expect(() => bus.restore({ ...saved, version: 99 })).toThrow(/version 99/);
  });

  it("survives accesses over the end of its space", () => {
    const { probe } = machine();
    probe.configWrite(0xfe, 4, 0xffffffff);
    expect(probe.configRead(0xfe, 4)).toBe(0xffff0000);
  });
});

describe("interrupt routing", () => {
  function board() {
    const { bus, probe, ports } = machine();
    const isa: boolean[] = [];
    const gsi: boolean[] = [];
    const piix = new Piix3IsaBridge({
      isaIrq: (irq) => ({ set: (on) => (isa[irq] = on) }),
      gsi: (pirq) => ({ set: (on) => (gsi[pirq] = on) }),
    });
    bus.add(1, 0, piix);
    bus.connectPirqs(piix);
    return { bus, probe, ports, piix, isa, gsi };
  }

  it("rotates the pins by slot", () => {
    expect(pirqOf(1, 1)).toBe(0);
    expect(pirqOf(2, 1)).toBe(1);
    expect(pirqOf(3, 1)).toBe(2);
    expect(pirqOf(3, 4)).toBe(1);
  });

  it("follows PIRQRC: disabled after reset, then to the ISA interrupt written there [PIIX3] 2.2.5", () => {
    const { probe, piix, isa, gsi } = board();
    probe.pin(true);
    expect(isa.some(Boolean)).toBe(false);
    expect(gsi[2]).toBe(true);
    piix.configWrite(0x62, 1, 11);
    expect(isa[11]).toBe(true);
    piix.configWrite(0x62, 1, 5);
    expect([isa[11], isa[5]]).toEqual([false, true]);
    piix.configWrite(0x62, 1, 13);
    expect(isa.some(Boolean)).toBe(false);
    piix.configWrite(0x62, 1, 5);
    probe.pin(false);
    expect(isa[5]).toBe(false);
  });

  it("holds back a disabled pin but shows it in the status register [PCI 2.3] 6.2.2", () => {
    const { probe, piix, isa } = board();
    piix.configWrite(0x62, 1, 11);
    probe.configWrite(4, 2, 0x400);
    probe.pin(true);
    expect(isa[11]).toBe(false);
    expect(probe.configRead(6, 2) & 8).toBe(8);
    probe.configWrite(4, 2, 0);
    expect(isa[11]).toBe(true);
  });

  it("restores a held line", () => {
    const { bus, probe, piix, isa } = board();
    piix.configWrite(0x62, 1, 11);
    probe.pin(true);
    const saved = bus.save();
    bus.reset();
    expect(isa[11]).toBe(false);
    bus.restore(saved);
    expect(isa[11]).toBe(true);
  });

  it("is set up as by firmware", () => {
    const { bus, probe, piix } = board();
    setUpPciAsFirmware(bus);
    expect([0, 1, 2, 3].map((p) => piix.isaIrqOf(p))).toEqual(PIRQ_DEFAULT_IRQS);
    expect(probe.configRead(0x3c, 1)).toBe(11);
    expect(probe.barBase(0)).toBe(0xe0000000);
    expect(probe.barBase(1)).toBe(0xc000);
    expect(probe.barBase(2)).toBe(0xe0010000);
  });
});

describe("i440FX host bridge", () => {
  function bridge() {
    const pages = new Map<number, LowPageKind>();
    let calls = 0;
    const host = new I440fxHostBridge((physAddr, kind) => {
      pages.set(physAddr, kind);
      calls++;
    });
    host.reset();
    return { host, pages, calls: () => calls };
  }

  it("shows the ROM at E0000–FFFFF after reset", () => {
    const { host, pages } = bridge();
    expect(host.configRead(0, 4)).toBe(0x12378086);
    expect(pages.size).toBe(0x60);
    expect([0xa0000, 0xc0000, 0xe0000, 0xff000].map((a) => pages.get(a))).toEqual(["mmio", "mmio", "rom", "rom"]);
  });

  it("maps each PAM nibble to its area [i440FX] 3.2.18", () => {
    const { host, pages } = bridge();
    host.configWrite(0x59, 1, 0x30);
    expect([0xf0000, 0xff000, 0xef000].map((a) => pages.get(a))).toEqual(["ram", "ram", "rom"]);
    host.configWrite(0x5a, 1, 0x12);
    expect([0xc0000, 0xc3000, 0xc4000, 0xc7000, 0xc8000].map((a) => pages.get(a))).toEqual([
      "romReadRamWrite",
      "romReadRamWrite",
      "ramReadOnly",
      "ramReadOnly",
      "mmio",
    ]);
    host.configWrite(0x5c, 4, 0x33333333);
    expect([0xd0000, 0xec000].map((a) => pages.get(a))).toEqual(["ram", "ram"]);
    expect(host.configRead(0x5c, 4)).toBe(0x33333333);
  });

  it("calls back only for pages that change", () => {
    const { host, calls } = bridge();
    const before = calls();
    host.configWrite(0x59, 1, 0x10);
    expect(calls() - before).toBe(16);
    host.configWrite(0x59, 1, 0x10);
    expect(calls() - before).toBe(16);
  });

  it("opens, closes and locks SMRAM [i440FX] 3.2.25", () => {
    const { host, pages } = bridge();
    expect(host.configRead(0x72, 1)).toBe(0x02);
    host.configWrite(0x72, 1, 0x48);
    expect(pages.get(0xa0000)).toBe("ram");
    host.configWrite(0x72, 1, 0x58);
    expect(host.configRead(0x72, 1)).toBe(0x1a);
    expect(pages.get(0xa0000)).toBe("mmio");
    host.configWrite(0x72, 1, 0x40);
    expect(host.configRead(0x72, 1)).toBe(0x1a);
    host.reset();
    expect(host.configRead(0x72, 1)).toBe(0x02);
  });

  it("restores the whole map", () => {
    const { host, pages } = bridge();
    host.configWrite(0x59, 1, 0x30);
    const saved = host.save();
    host.reset();
    host.restore(saved);
    expect(pages.get(0xf0000)).toBe("ram");
  });
});

describe("PIIX4 power management", () => {
  it("decodes the ACPI block at PMBA once PMIOSE is set [PIIX4] 7.1", () => {
    const ports = new PortBus();
    const acpi: PortDevice = { portRead: (offset) => 0x100 + offset, portWrite: () => {} };
    const pm = new Piix4PowerManagement({ ports, acpi, smbus: new SmbusHost() });
    pm.reset();
    expect(pm.configRead(0x40, 4)).toBe(0x601);
    expect(ports.read(0x608, 4)).toBe(0xffffffff);
    pm.configWrite(0x80, 1, 1);
    expect(ports.read(0x608, 4)).toBe(0x108);
    pm.configWrite(0x40, 4, 0xb001);
    expect(ports.read(0x608, 4)).toBe(0xffffffff);
    expect(ports.read(0xb004, 2)).toBe(0x104);
    expect(pm.configRead(0x5b, 1) & 2).toBe(2);
  });

  it("ends SMBus transactions as on an empty bus", () => {
    const ports = new PortBus();
    const smbus = new SmbusHost();
    const pm = new Piix4PowerManagement({ ports, acpi: smbus, smbus });
    pm.configWrite(0x90, 4, 0x700);
    pm.configWrite(0xd2, 1, 1);
    expect(ports.read(0x700, 1)).toBe(0);
    ports.write(0x702, 1, 0x48);
    expect(ports.read(0x700, 1)).toBe(0x04);
    ports.write(0x700, 1, 0x04);
    expect(ports.read(0x700, 1)).toBe(0);
  });
});

describe("BAR windows", () => {
  it("move ports and give them back", () => {
    const ports = new PortBus();
    const window = portWindow(ports, 4, { portRead: (offset) => offset, portWrite: () => {} }, 1);
    window(0x1000);
    window(0x2000);
    expect([ports.read(0x1002, 1), ports.read(0x2002, 1)]).toEqual([0xff, 2]);
    window(null);
    expect(ports.read(0x2002, 1)).toBe(0xff);
  });
});

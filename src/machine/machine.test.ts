import { describe, expect, it } from "vitest";
import { defaultConfig, type MachineConfig } from "../protocol/machine-config.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { Machine } from "./machine.ts";
import type { MachineParts } from "./machine-parts.ts";
import { FakeCore } from "./testing/fake-core.ts";
import { ManualClock } from "./testing/manual-clock.ts";

const MIB = 2 ** 20;

function build(config: Partial<MachineConfig> = {}, more: Partial<MachineParts> = {}) {
  const log: string[] = [];
  const clock = new ManualClock();
  let core!: FakeCore;
  const full = { ...defaultConfig, memoryMiB: 32, ...config };
  const machine = Machine.build({
    config: full,
    clock,
    events: {
      serial: (port, bytes) => log.push(`serial${port} ${new TextDecoder().decode(bytes)}`),
      keyboardLeds: () => log.push("leds"),
      pointerMode: (absolute) => log.push(`pointer ${absolute}`),
      debugText: (text) => log.push(`debug ${text}`),
      postCode: (code) => log.push(`post ${code}`),
      debugExit: (status) => log.push(`exit ${status}`),
      poweredOff: () => log.push("off"),
      resetRequested: () => log.push("reset"),
      wake: () => {},
    },
    firmware: new Uint8Array(0x20000).fill(0x90),
    flash: [],
    vgaFirmware: new Uint8Array(0),
    kernel: null,
    unpacker: null,
    modules: [],
    initrd: null,
    floppy: null,
    cdrom: null,
    disks: [],
    makeCore: (host, vramBytes) => (core = new FakeCore(host, full.memoryMiB * MIB, vramBytes)),
    ...more,
  });
  machine.reset();
  const out = (port: number, value: number, size: 1 | 2 | 4 = 1): void => core.host.portWrite(port, size, value);
  const inp = (port: number, size: 1 | 2 | 4 = 1): number => core.host.portRead(port, size);
  const config32 = (slot: number, fn: number, register: number): number => {
    out(0xcf8, 0x80000000 + (slot << 11) + (fn << 8) + register, 4);
    return inp(0xcfc, 4);
  };
  return { machine, core, clock, log, out, inp, config32 };
}

function multibootKernel(): Uint8Array {
  const file = new Uint8Array(256);
  const magic = 0x1badb002;
  const fields = [magic, 0x10000, -(magic + 0x10000), MIB, MIB, 0, 0, MIB + 48];
  fields.forEach((value, i) => new DataView(file.buffer).setUint32(i * 4, value, true));
  return file;
}

const disk = (sizeBytes: number): BlockStore => ({
  sizeBytes,
  readOnly: false,
  read: (_offset, length) => Promise.resolve(new Uint8Array(length)),
  write: () => Promise.resolve(),
  flush: () => Promise.resolve(),
});

describe("Machine", () => {
  it("shows the firmware below 4 GiB and as ROM below 1 MiB", () => {
    const { core } = build();
    expect(core.rom?.physAddr).toBe(2 ** 32 - 0x20000);
    expect([0xc0000, 0xe0000, 0xff000, 0xa0000].map((at) => core.lowPages.get(at))).toEqual([
      "mmio",
      "rom",
      "rom",
      "mmio",
    ]);
  });

  it("shows flash chips in place of the firmware, and keeps what the guest writes to one", async () => {
    const kept: [number, number][] = [];
    const store = {
      ...disk(0x2000),
      write: (at: number, bytes: Uint8Array) => (kept.push([at, bytes[1]!]), Promise.resolve()),
    };
    const { core, machine } = build(
      {},
      {
        flash: [
          { bytes: new Uint8Array(0x4000).fill(0x11), readOnly: true, store: null },
          { bytes: new Uint8Array(0x2000).fill(0xff), readOnly: false, store },
        ],
      },
    );
    expect(core.rom?.physAddr).toBe(2 ** 32 - 0x6000);
    expect([core.rom!.bytes[0], core.rom!.bytes[0x2000]]).toEqual([0xff, 0x11]);
    const variables = 2 ** 32 - 0x6000;
    core.host.mmioWrite(variables + 0x1001, 1, 0x10);
    expect(core.flashBusy).toEqual([false, true]);
    core.host.mmioWrite(variables + 0x1001, 1, 0x42);
    expect(core.host.mmioRead(variables, 1)).toBe(0x80);
    core.host.mmioWrite(variables + 0x4000, 1, 0x20);
    core.host.mmioWrite(variables + 0x4000, 1, 0xd0);
    machine.reset();
    expect(core.flashBusy).toEqual([false, false]);
    expect(core.rom!.bytes[0x1001]).toBe(0x42);
    expect(core.rom!.bytes[0x4000]).toBe(0x11);
    await machine.flashSettled();
    expect(kept).toEqual([[0x1000, 0x42]]);
  });

  it.each([
    [[0x1800], "A flash image has 6144 bytes; flash comes in blocks of 4 KiB."],
    [[0x1000, 0x1000, 0x1000], "The flash images have 12 KiB in 3 chips; a machine takes 4096 KiB in 2."],
    [[0x401000], "The flash images have 4100 KiB in 1 chips; a machine takes 4096 KiB in 2."],
  ])("refuses flash of %j bytes", (sizes, message) => {
    const flash = sizes.map((size) => ({ bytes: new Uint8Array(size), readOnly: false, store: null }));
    expect(() => build({}, { flash })).toThrow(message);
  });

  it("has its PCI functions where firmware expects them", () => {
    const { config32 } = build();
    const ids = [config32(0, 0, 0), config32(1, 0, 0), config32(1, 1, 0), config32(1, 3, 0), config32(2, 0, 0)];
    expect(ids).toEqual([0x12378086, 0x70008086, 0x70108086, 0x71138086, 0x11111234]);
    expect(config32(0, 0, 0x2c)).toBe(0x11001af4);
  });

  it("tells CMOS and fw_cfg how much memory there is", () => {
    const { out, inp } = build();
    const cmos = (index: number): number => (out(0x70, index), inp(0x71));
    expect(cmos(0x34) | (cmos(0x35) << 8)).toBe((16 * MIB) / 65536);
    out(0x510, 3, 2);
    expect([inp(0x511), inp(0x511), inp(0x511), inp(0x511)]).toEqual([0, 0, 0, 2]);
  });

  it("carries the timer to INTR by way of the 8259 and acknowledges it", () => {
    const { core, clock, out } = build();
    for (const [port, value] of [
      [0x20, 0x11],
      [0x21, 8],
      [0x21, 4],
      [0x21, 1],
      [0x21, 0xfe],
    ] as const)
      out(port, value);
    out(0x43, 0x34);
    out(0x40, 0xff);
    out(0x40, 0xff);
    clock.advance(60e6);
    expect(core.intr).toBe(true);
    expect(core.host.picAcknowledge()).toBe(8);
    expect(core.intr).toBe(false);
  });

  it("has the test device only where it is asked for", () => {
    const plain = build();
    plain.out(0xe0, 0x99);
    expect([plain.inp(0xe0), plain.core.host.mmioRead(0xff000000, 1)]).toEqual([0xff, 0xff]);
    const { core, out, inp } = build({ testDevice: true });
    out(0xe0, 0x11229988, 4);
    core.host.mmioWrite(0xff00fffc, 4, 0x12345678);
    expect([inp(0xe1), core.host.mmioRead(0xff00fffe, 2)]).toEqual([0x99, 0x1234]);
    core.host.mmioWrite(0xfec00000, 4, 0x10 + 2 * 0x14);
    core.host.mmioWrite(0xfec00010, 4, 0x77);
    out(0x2014, 1);
    expect(core.messages[0]).toMatchObject({ vector: 0x77 });
  });

  it("carries the timer to I/O APIC input 2 as well", () => {
    const { core, clock, out } = build();
    core.host.mmioWrite(0xfec00000, 4, 0x14);
    core.host.mmioWrite(0xfec00010, 4, 0x31);
    out(0x43, 0x34);
    out(0x40, 0xff);
    out(0x40, 0xff);
    clock.advance(60e6);
    expect(core.messages[0]).toMatchObject({ vector: 0x31, level: false });
  });

  it("sends serial output, POST codes, debug text and the exit to its owner", () => {
    const { machine, out, log } = build();
    out(0x3fb, 0x03);
    out(0x3f8, 0x41);
    out(0x80, 0x55);
    for (const each of "hi\n") out(0x402, each.charCodeAt(0));
    out(0xf4, 0x21, 4);
    machine.flushOutput();
    expect(log.sort()).toEqual(["debug hi", "exit 33", "post 85", "serial0 A"]);
  });

  it("asks for a reset by 0xCF9, port 0x92 and the keyboard controller; switches off by ACPI", () => {
    const { out, log, machine } = build({ kernel: "kernel" }, { kernel: multibootKernel() });
    out(0xcf9, 6);
    out(0x92, 1);
    out(0x64, 0xfe);
    out(0x604, 0x2000, 2);
    expect(log).toEqual(["reset", "reset", "reset", "off"]);
    machine.reset();
    expect(log.length).toBe(4);
  });

  it("starts a kernel without firmware: memory filled, board set up, processor at its entry", () => {
    const { core, config32, inp, machine } = build({}, { kernel: multibootKernel() });
    expect(core.entry).toMatchObject({ mode: "protected", rip: MIB + 48 });
    expect(new TextDecoder().decode(core.ram.subarray(0xf5000, 0xf5008))).toBe("RSD PTR ");
    expect(core.lowPages.get(0xf5000)).toBe("ram");
    expect(core.vramAt).toBe(0xe0000000);
    expect(config32(2, 0, 0x10) >>> 4).toBe(0xe000000);
    expect([inp(0x21), inp(0xa1), inp(0x4d1)]).toEqual([0xff, 0xff, 0x0e]);
    expect(config32(1, 0, 0x60)).toBe(0x0b0b0a0a);
    expect(machine.screen.screenText()?.length).toBe(25);
    machine.reset();
    expect(core.entry?.rip).toBe(MIB + 48);
  });

  it("says what does not fit", () => {
    expect(() => build({ memoryMiB: 4096 })).toThrow(/2 to 3072 MiB of memory; 4096/);
    expect(() => build({}, { kernel: new Uint8Array(100) })).toThrow(/no Linux kernel/);
    expect(() => build({}, { floppy: disk(5 * MIB) })).toThrow(/floppy image has 5242880 bytes/);
    expect(() => build({}, { disks: [1, 2, 3, 4].map(() => disk(MIB)) })).toThrow(/takes 3 disks; 4/);
  });

  it("types on the keyboard, and takes keys, as scan codes", async () => {
    const { machine, clock, inp } = build();
    const typed = machine.typeText("a");
    clock.advance(20e6);
    expect(inp(0x64) & 1).toBe(1);
    expect(inp(0x60)).toBe(0x1e);
    for (let i = 0; i < 10; i++) {
      clock.advance(10e6);
      inp(0x60);
    }
    await typed;
  });

  it("restores all of what it saved into another machine", () => {
    const first = build({}, { disks: [disk(MIB)], kernel: multibootKernel() });
    first.out(0x92, 2);
    first.out(0x70, 0x20);
    first.out(0x3fb, 0x83);
    first.core.state = Uint8Array.of(9);
    const saved = first.machine.save();
    const second = build({}, { disks: [disk(MIB)], kernel: multibootKernel() });
    second.machine.restore(structuredClone(saved));
    expect(second.core.state).toEqual(Uint8Array.of(9));
    expect(second.inp(0x3fb)).toBe(0x83);
    expect(second.core.vramAt).toBe(0xe0000000);
    expect(second.machine.save()).toEqual(saved);
  }, 30_000);

  it("refuses a state that lacks a part", () => {
    const { machine } = build();
    const saved = machine.save();
    delete saved.pic;
    expect(() => machine.restore(saved)).toThrow(/lacks a part of the machine \(pic\)/);
  });

  it("is unharmed by random port and memory traffic", () => {
    const { core, clock } = build({}, { disks: [disk(MIB)] });
    let seed = 12345;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    const sizes = [1, 2, 4] as const;
    for (let i = 0; i < 40_000; i++) {
      const size = sizes[random(3)]!;
      const port = random(4) === 0 ? random(0x10000) : random(0x500);
      if (random(2) === 0) core.host.portRead(port, size);
      else core.host.portWrite(port, size, random(0x10000));
      const physAddr = [0xa0000 + random(0x20000), 0xfec00000 + random(0x1000), 0xfed00000 + random(0x400)][random(3)]!;
      if (random(2) === 0) core.host.mmioRead(physAddr, size);
      else core.host.mmioWrite(physAddr, size, random(0x10000));
      if (i % 100 === 0) clock.advance(1e5);
    }
    expect(core.ram.length).toBe(32 * MIB);
  });
});

/** Fuzz targets: timers, interrupt controllers, DMA, clock, HPET, I/O APIC and the small ports. */
import { A20Gate } from "../../bus/a20-gate.ts";
import { SharedIrqLine } from "../../bus/irq-line.ts";
import { AcpiPower, ACPI_POWER_PORTS } from "../../chipset/acpi-power.ts";
import { CoprocessorError } from "../../chipset/coprocessor-error.ts";
import { DmaController } from "../../chipset/dma.ts";
import { HPET_BYTES, Hpet } from "../../chipset/hpet.ts";
import { IOAPIC_BYTES, IOAPIC_INPUTS, IoApic } from "../../chipset/ioapic.ts";
import { SmbusHost } from "../../chipset/pci/smbus-host.ts";
import { PicPair } from "../../chipset/pic.ts";
import { Pit } from "../../chipset/pit.ts";
import { RtcCmos } from "../../chipset/rtc-cmos.ts";
import { DebugConsole, PostPort, SystemControlPortA } from "../../chipset/system-ports.ts";
import { FuzzBench } from "./bench.ts";
import type { FuzzTarget } from "./device-fuzzer.ts";
import { inp, load, out, outside, store, wait, type Recipe } from "./fuzz-action.ts";
import { FuzzFinding } from "./fuzz-host.ts";

const HPET_BASE = 0xfed00000;
const IOAPIC_BASE = 0xfec00000;

const programCounter: Recipe = (random) => {
  const channel = random.below(3);
  const access = 1 + random.below(3);
  const mode = random.below(8);
  const count = random.oneIn(3) ? random.below(8) : random.bits(16);
  const bytes = access === 1 ? [count & 0xff] : access === 2 ? [count >> 8] : [count & 0xff, count >> 8];
  return [
    out(0x43, (channel << 6) | (access << 4) | (mode << 1) | random.below(2)),
    ...bytes.map((byte) => out(0x40 + channel, byte)),
    wait(random.below(2_000_000)),
    out(0x43, random.oneIn(2) ? channel << 6 : 0xc0 | random.below(64)),
    inp(0x40 + channel),
    inp(0x40 + channel),
    inp(0x40 + channel),
  ];
};

const gateCounter: Recipe = (random) => [
  out(0x61, random.below(4) & ~1),
  wait(random.below(10_000)),
  out(0x61, random.below(4) | 1),
  inp(0x61),
];

export const pitTarget: FuzzTarget = {
  name: "pit",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const pit = new Pit(bench.clock, bench.line());
    bench.ports.attach(0x40, 4, pit);
    bench.ports.attach(0x61, 1, pit.systemControl);
    return {
      ...bench,
      parts: [["pit", pit]],
      windows: [
        { space: "port", base: 0x40, length: 4, weight: 5 },
        { space: "port", base: 0x61, length: 1 },
      ],
      recipes: [programCounter, programCounter, gateCounter],
    };
  },
};

const initializePic: Recipe = (random) => {
  const base = random.pick([0x20, 0xa0]);
  const icw1 = 0x10 | random.below(16);
  return [
    out(base, random.oneIn(4) ? icw1 : 0x11),
    out(base + 1, random.byte()),
    out(base + 1, random.oneIn(4) ? random.byte() : base === 0x20 ? 4 : 2),
    out(base + 1, random.oneIn(2) ? random.below(32) : 1),
    out(base + 1, random.oneIn(2) ? 0 : random.byte()),
  ];
};

const serveInterrupt: Recipe = (random) => [
  outside(0, random.u32()),
  outside(1),
  inp(0x20),
  out(0xa0, random.pick([0x20, 0x60 | random.below(8), 0xa0, 0xe0 | random.below(8), 0x0b, 0x0c, 0x68])),
  inp(0xa0),
  out(0x20, random.pick([0x20, 0x60 | random.below(8), 0xa0, 0xe0 | random.below(8), 0x0b, 0x0c, 0x68])),
  inp(0x20),
];

export const picTarget: FuzzTarget = {
  name: "pic",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const pic = new PicPair(bench.line());
    bench.ports.attach(0x20, 2, pic.master);
    bench.ports.attach(0xa0, 2, pic.slave);
    bench.ports.attach(0x4d0, 2, pic.elcr);
    return {
      ...bench,
      parts: [["pic", pic]],
      windows: [0x20, 0xa0, 0x4d0].map((base) => ({ space: "port", base, length: 2 })),
      recipes: [initializePic, serveInterrupt, serveInterrupt],
      outside: [
        (value) => pic.irqLine(value & 15).set((value & 0x100) !== 0),
        () => {
          const vector = pic.acknowledge();
          if (!(vector >= 0 && vector <= 0xff)) throw new FuzzFinding(`vector ${vector}`);
          return vector;
        },
      ],
    };
  },
};

const cmos = (index: number, value: number): ReturnType<typeof out>[] => [out(0x70, index), out(0x71, value)];
const readCmos = (index: number): ReturnType<typeof out>[] => [out(0x70, index), inp(0x71)];

const setTime: Recipe = (random) => [
  ...cmos(0x0b, 0x80 | random.below(128)),
  ...[0, 2, 4, 6, 7, 8, 9, 0x32].flatMap((index) => cmos(index, random.oneIn(4) ? random.byte() : random.below(0x60))),
  ...cmos(0x0b, random.below(128)),
  wait(random.pick([1e6, 999e6, 1e9])),
  ...[0x0a, 0, 2, 4, 7, 8, 9, 0x0c].flatMap(readCmos),
];

const setAlarm: Recipe = (random) => [
  ...[1, 3, 5].flatMap((index) => cmos(index, random.pick([0xff, 0xc0, random.below(0x60), random.byte()]))),
  ...cmos(0x0b, 0x20 | random.below(8)),
  wait(random.pick([1e9, 5e9, 60e9])),
  ...readCmos(0x0c),
];

const setPeriod: Recipe = (random) => [
  ...cmos(0x0a, random.oneIn(4) ? random.byte() : 0x20 | random.below(16)),
  ...cmos(0x0b, random.pick([0x42, 0x52, 0x72, 0x02])),
  wait(random.below(20_000_000)),
  ...readCmos(0x0c),
];

export const rtcTarget: FuzzTarget = {
  name: "rtc",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const rtc = new RtcCmos(bench.clock, bench.line());
    bench.ports.attach(0x70, 4, rtc);
    return {
      ...bench,
      parts: [["rtc", rtc]],
      windows: [{ space: "port", base: 0x70, length: 4 }],
      recipes: [setTime, setAlarm, setPeriod],
    };
  },
};

const programDma: Recipe = (random) => {
  const wide = random.oneIn(2);
  const channel = random.below(4);
  const base = wide ? 0xc0 : 0;
  const stride = wide ? 2 : 1;
  const page = 0x80 + (wide ? [15, 11, 9, 10] : [7, 3, 1, 2])[channel]!;
  const at = (register: number): number => base + register * stride;
  const count = random.oneIn(2) ? random.below(64) : random.bits(16);
  return [
    out(at(10), 4 | channel),
    out(at(12), 0),
    out(at(11), (random.below(64) << 2) | channel),
    out(at(channel * 2), random.byte()),
    out(at(channel * 2), random.byte()),
    out(at(channel * 2 + 1), count & 0xff),
    out(at(channel * 2 + 1), count >> 8),
    out(page, random.oneIn(4) ? random.byte() : random.below(18)),
    out(at(10), channel),
    outside(random.below(2), random.u32()),
    inp(at(channel * 2)),
    inp(at(8)),
  ];
};

export const dmaTarget: FuzzTarget = {
  name: "dma",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const dma = new DmaController(bench.memory);
    bench.ports.attach(0x00, 16, dma.primary);
    bench.ports.attach(0xc0, 32, dma.secondary);
    bench.ports.attach(0x80, 16, dma.pages);
    const sizeOf = (value: number): number => (value & 0x1000 ? (value >>> 13) & 0x3fff : value & 0x3f);
    return {
      ...bench,
      parts: [["dma", dma]],
      windows: [
        { space: "port", base: 0x00, length: 16, weight: 2 },
        { space: "port", base: 0xc0, length: 32, weight: 2 },
        { space: "port", base: 0x80, length: 16 },
      ],
      recipes: [programDma],
      outside: [
        (value) => {
          const channel = dma.channel(value & 7);
          const bytes = new Uint8Array(sizeOf(value)).fill(value >>> 24);
          const { moved, terminalCount } = channel.transferToMemory(bytes);
          if (!(moved >= 0 && moved <= bytes.length)) throw new FuzzFinding(`moved ${moved} of ${bytes.length}`);
          return moved * 2 + Number(terminalCount);
        },
        (value) => {
          const { bytes, terminalCount } = dma.channel(value & 7).transferFromMemory(sizeOf(value));
          if (bytes.length > sizeOf(value)) throw new FuzzFinding(`took ${bytes.length} of ${sizeOf(value)}`);
          return bytes.reduce((sum, byte) => (Math.imul(sum, 31) + byte) | 0, Number(terminalCount));
        },
        (value) => dma.channel(value & 7).setRequest((value & 8) !== 0),
      ],
    };
  },
};

const programHpetTimer: Recipe = (random) => {
  const timer = HPET_BASE + 0x100 + 0x20 * random.below(3);
  const soon = random.oneIn(2) ? random.below(100_000) : random.bits(32);
  return [
    store(HPET_BASE + 0x10, 0),
    store(HPET_BASE + 0xf0, random.oneIn(2) ? 0 : random.bits(32)),
    store(HPET_BASE + 0xf4, random.oneIn(2) ? 0 : random.bits(32)),
    store(timer, random.bits(9) | (random.pick([0, 2, 8, 16, 23, random.below(32)]) << 9)),
    store(timer + 8, soon),
    store(timer + 12, random.oneIn(3) ? random.bits(32) : 0),
    store(timer + 8, random.oneIn(2) ? random.below(3000) : random.bits(32)),
    store(HPET_BASE + 0x10, 1 | (random.below(2) << 1)),
    wait(random.below(4_000_000)),
    load(HPET_BASE + 0xf0),
    load(HPET_BASE + 0xf4),
    load(timer + 8),
    store(HPET_BASE + 0x20, 7),
  ];
};

export const hpetTarget: FuzzTarget = {
  name: "hpet",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const gsis = Array.from({ length: IOAPIC_INPUTS }, () => new SharedIrqLine(bench.line()));
    const hpet = new Hpet(bench.clock, { irq0: bench.line(), irq8: bench.line(), gsi: (gsi) => gsis[gsi]!.input() });
    bench.mmio.attach(HPET_BASE, HPET_BYTES, hpet);
    const inputs = [0, 0];
    const setInput = (n: number, level: number): void => {
      inputs[n] = level;
      (n === 0 ? hpet.pitLine : hpet.rtcLine).set(level !== 0);
    };
    return {
      ...bench,
      parts: [["hpet", hpet]],
      windows: [
        { space: "mmio", base: HPET_BASE, length: 0x160, weight: 9 },
        { space: "mmio", base: HPET_BASE, length: HPET_BYTES },
      ],
      recipes: [programHpetTimer],
      outside: [(value) => setInput(0, value & 1), (value) => setInput(1, value & 1)],
      // On a board the 8254 and the RTC say again what their lines carry before the HPET is restored.
      hostSide: { get: () => inputs, set: (levels) => levels.forEach((level, n) => setInput(n, level)) },
    };
  },
};

const programRedirection: Recipe = (random) => {
  const input = random.below(IOAPIC_INPUTS);
  return [
    store(IOAPIC_BASE, 0x11 + 2 * input),
    store(IOAPIC_BASE + 0x10, random.bits(32)),
    store(IOAPIC_BASE, 0x10 + 2 * input),
    store(IOAPIC_BASE + 0x10, random.oneIn(2) ? random.below(0x10000) | 0x8000 : random.bits(32)),
    outside(0, input | 0x100),
    load(IOAPIC_BASE + 0x10),
    outside(1, random.byte()),
    outside(0, input),
    load(IOAPIC_BASE + 0x10),
  ];
};

export const ioapicTarget: FuzzTarget = {
  name: "ioapic",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    let messages = 0;
    let depth = 0;
    const ioapic = new IoApic((destination, _logical, mode, vector, level) => {
      const valid = destination <= 0xff && destination >= 0 && mode <= 7 && mode >= 0 && vector >= 0 && vector <= 0xff;
      if (!valid || depth > 0) throw new FuzzFinding(`message ${destination} ${mode} ${vector}, depth ${depth}`);
      depth++;
      messages = (Math.imul(messages, 31) + destination + 256 * (mode + 8 * vector) + (level ? 1 : 0)) | 0;
      depth--;
    });
    bench.mmio.attach(IOAPIC_BASE, IOAPIC_BYTES, ioapic);
    return {
      ...bench,
      parts: [["ioapic", ioapic]],
      windows: [
        { space: "mmio", base: IOAPIC_BASE, length: 0x20, weight: 9 },
        { space: "mmio", base: IOAPIC_BASE, length: IOAPIC_BYTES },
      ],
      recipes: [programRedirection],
      outside: [
        (value) => ioapic.irqLine((value & 0xff) % IOAPIC_INPUTS).set((value & 0x100) !== 0),
        (value) => ioapic.eoi(value & 0xff),
        // Messages are compared by a checksum that starts anew.
        () => {
          const sum = messages;
          messages = 0;
          return sum;
        },
      ],
      hostSide: {
        get: () => [messages],
        set: ([sum]) => {
          messages = sum ?? 0;
        },
      },
    };
  },
};

export const smallPortsTarget: FuzzTarget = {
  name: "system-ports",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const { ports } = bench;
    const a20Line = bench.line();
    const a20 = new A20Gate((enabled) => a20Line.set(enabled));
    const systemControl = new SystemControlPortA(a20, () => {});
    const post = new PostPort(() => {});
    const console_ = new DebugConsole(() => {});
    const coprocessor = new CoprocessorError(bench.line());
    const acpi = new AcpiPower(bench.clock, { sci: bench.line(), onPowerOff: () => {} });
    const smbus = new SmbusHost();
    ports.attach(0x92, 1, systemControl);
    ports.attach(0x80, 1, post);
    ports.attach(0x402, 1, console_);
    ports.attach(0xf0, 2, coprocessor);
    ports.attach(0x600, ACPI_POWER_PORTS, acpi, 4);
    ports.attach(0xb2, 2, acpi.smiCommand);
    ports.attach(0x700, 16, smbus);
    const useAcpi: Recipe = (random) => [
      out(0x602, random.oneIn(2) ? 0x0121 : random.bits(16), 2),
      out(0x60e, random.bits(16), 2),
      wait(random.pick([1e6, 1.2e9, 2.4e9])),
      inp(0x600, 2),
      out(0x600, random.oneIn(2) ? 0xffff : random.bits(16), 2),
      out(0x604, random.bits(16), 2),
      inp(0x608, 4),
    ];
    return {
      ...bench,
      parts: [
        ["a20", a20],
        ["systemControl", systemControl],
        ["post", post],
        ["debugConsole", console_],
        ["coprocessor", coprocessor],
        ["acpi", acpi],
        ["smbus", smbus],
      ],
      windows: [
        { space: "port", base: 0x92, length: 1 },
        { space: "port", base: 0x80, length: 1 },
        { space: "port", base: 0x402, length: 1 },
        { space: "port", base: 0xf0, length: 2 },
        { space: "port", base: 0xb2, length: 2 },
        { space: "port", base: 0x600, length: ACPI_POWER_PORTS, weight: 5 },
        { space: "port", base: 0x700, length: 16, weight: 2 },
      ],
      recipes: [useAcpi],
      outside: [
        () => acpi.pressPowerButton(),
        (value) => acpi.raiseGeneralEvent(value & 15),
        (value) => Number(coprocessor.ferr((value & 1) !== 0)),
      ],
    };
  },
};

/** Fuzz targets: disks and CD-ROM on the IDE controller, and the floppy controller. */
import { PciBus } from "../../chipset/pci/pci-bus.ts";
import { setUpPciAsFirmware } from "../../chipset/pci/pci-setup.ts";
import { DmaController } from "../../chipset/dma.ts";
import { FloppyController } from "../../devices/floppy/floppy-controller.ts";
import { AtaDisk } from "../../devices/ide/ata-disk.ts";
import { AtapiCdrom } from "../../devices/ide/atapi-cdrom.ts";
import { IdeController, type IdeControllerOptions } from "../../devices/ide/ide-controller.ts";
import { FuzzBench } from "./bench.ts";
import type { FuzzSubject, FuzzTarget } from "./device-fuzzer.ts";
import { inp, ins, out, outs, ram, settle, wait, type FuzzAction, type Recipe } from "./fuzz-action.ts";
import { FuzzStore } from "./fuzz-host.ts";
import type { FuzzRandom } from "./fuzz-random.ts";

const SECTOR = 512;
const BUS_MASTER = 0xc000;
const ROUND_TRIP_EVERY = 8_000;

/** What both kinds of drives are given: registers, then the command. */
function taskFile(base: number, registers: readonly number[], command: number): FuzzAction[] {
  return [...registers.map((value, i) => out(base + 1 + i, value)), out(base + 7, command)];
}

/** A descriptor table and the engine's start; regions of all sizes, sometimes without an end. */
function startBusMaster(random: FuzzRandom, channel: number): FuzzAction[] {
  const table = 8 * random.below(0x1000);
  const regions = 1 + random.below(6);
  const actions: FuzzAction[] = [];
  for (let i = 0; i < regions; i++) {
    const end = i === regions - 1 && !random.oneIn(10) ? 0x80000000 : 0;
    actions.push(ram(table + 8 * i, random.oneIn(10) ? random.bits(32) : 0x20000 + 2 * random.below(0x20000)));
    actions.push(ram(table + 8 * i + 4, end | (random.oneIn(3) ? random.bits(16) : 2 * random.below(2048))));
  }
  const engine = BUS_MASTER + 8 * channel;
  actions.push(out(engine + 4, random.oneIn(20) ? random.bits(32) : table, 4));
  actions.push(out(engine + 2, random.oneIn(4) ? random.byte() : 0x66), out(engine, random.pick([9, 1, 9, 8, 0])));
  return actions;
}

const afterCommand = (random: FuzzRandom, base: number): FuzzAction[] => [
  inp(base + 7),
  wait(random.pick([100, 30_000, 400_000, 3_000_000])),
  settle,
  inp(base + 7),
  inp(base + 1),
  inp(base + 2),
];

const moveData = (random: FuzzRandom, base: number): FuzzAction[] => {
  const size = random.pick([2, 2, 4, 1] as const);
  const count = random.oneIn(3) ? 1 + random.below(300) : SECTOR / size;
  return [random.oneIn(2) ? ins(base, size, count) : outs(base, size, count, random.u32()), inp(base + 7)];
};

const ATA_COMMANDS = [
  0x20, 0x21, 0x24, 0x25, 0x27, 0x29, 0x30, 0x31, 0x34, 0x35, 0x39, 0x3c, 0x3d, 0x40, 0x41, 0x42, 0x70, 0x91, 0xc4,
  0xc5, 0xc6, 0xc8, 0xc9, 0xca, 0xcb, 0xce, 0xe4, 0xe5, 0xe7, 0xe8, 0xea, 0xec, 0xef, 0xf8, 0x06,
];
const RARE_COMMANDS = [0x00, 0x08, 0x10, 0x90, 0x94, 0x95, 0x99, 0xa0, 0xa1, 0xb0, 0xe0, 0xe1, 0xe2, 0xe3, 0xe6, 0xf5];

function ataCommand(base: number, channel: number): Recipe {
  return (random) => {
    const command = random.oneIn(12) ? random.pick(RARE_COMMANDS) : random.pick(ATA_COMMANDS);
    const device = random.pick([0xe0, 0xa0, 0xf0, 0xb0]) | (random.oneIn(6) ? random.below(16) : 0);
    const registers = (): number[] => [
      random.pick([0, 2, 3, 0x82, random.byte()]),
      random.pick([0, 1, 2, 4, 8, 16, random.byte()]),
      random.byte(),
      random.oneIn(4) ? random.byte() : random.below(16),
      random.oneIn(12) ? random.byte() : 0,
      device,
    ];
    return [
      out(base + 6, device),
      // Twice, for the high-order bytes of 48-bit commands: small ones, or all are out of range.
      ...(random.oneIn(2) ? registers().map((value, i) => out(base + 1 + i, random.oneIn(9) ? value : 0)) : []),
      ...(random.oneIn(2) ? startBusMaster(random, channel) : []),
      ...taskFile(base, registers(), command),
      ...afterCommand(random, base),
      ...(random.oneIn(3) ? startBusMaster(random, channel) : []),
      ...Array.from({ length: random.below(4) }, () => [
        ...moveData(random, base),
        ...afterCommand(random, base),
      ]).flat(),
      inp(BUS_MASTER + 8 * channel + 2),
      ...(random.oneIn(3) ? [out(BUS_MASTER + 8 * channel, 0)] : []),
    ];
  };
}

/** DATA SET MANAGEMENT with ranges that lie on the disk, mostly; and the settings of SET FEATURES. */
const trimOrSet: Recipe = (random) => {
  const base = 0x1f0;
  const ranges = Array.from({ length: 4 }, (_, i) => [
    ram(0x30000 + 8 * i, random.oneIn(10) ? random.bits(32) : random.below(3900)),
    ram(0x30004 + 8 * i, random.below(40) << 16),
  ]).flat();
  if (random.oneIn(2))
    return [
      out(base + 6, 0xe0),
      ...taskFile(
        base,
        [random.pick([0x02, 0x03, 0x55, 0x66, 0x82, 0xaa, 0xcc]), random.pick([0x08, 0x0c, 0x22, 0x45, random.byte()])],
        0xef,
      ),
    ];
  return [
    ...ranges,
    ram(0x1000, 0x30000),
    ram(0x1004, 0x80000000 | SECTOR),
    out(BUS_MASTER + 4, 0x1000, 4),
    out(BUS_MASTER, random.pick([1, 9])),
    out(base + 6, 0xe0),
    out(base + 2, 0),
    ...taskFile(base, [1, random.oneIn(8) ? random.byte() : 1], 0x06),
    ...afterCommand(random, base),
    out(BUS_MASTER, 0),
  ];
};

/** Sleeping drives wake up by a reset only. */
const resetChannel = (control: number): Recipe => {
  return (random) => [
    out(control, 4 | random.below(4)),
    wait(5000),
    out(control, random.oneIn(3) ? random.byte() & ~4 : 0),
    inp(control),
  ];
};

interface IdeBenchOptions {
  drives: IdeControllerOptions["drives"];
  stores: FuzzStore[];
  recipes: Recipe[];
  more?: Partial<FuzzSubject>;
}

function ideSubject(bench: FuzzBench, { drives, stores, recipes, more }: IdeBenchOptions): FuzzSubject {
  const { clock, memory, ports } = bench;
  const ide = new IdeController({ clock, memory, ports, irq14: bench.line(), irq15: bench.line(), drives });
  const bus = new PciBus();
  bus.add(1, 1, ide);
  /** As firmware leaves it, also after each reset: a controller that decodes nothing is no good target. */
  const board = {
    reset: () => {
      bus.reset();
      setUpPciAsFirmware(bus);
    },
    save: () => bus.save(),
    restore: (state: ReturnType<PciBus["save"]>) => bus.restore(state),
  };
  return {
    ...bench,
    parts: [["pci", board]],
    stores,
    windows: [
      { space: "port", base: 0x1f0, length: 8, weight: 6 },
      { space: "port", base: 0x3f6, length: 1 },
      { space: "port", base: 0x170, length: 8, weight: 6 },
      { space: "port", base: 0x376, length: 1 },
      { space: "port", base: BUS_MASTER, length: 16, weight: 3 },
    ],
    recipes: [...recipes, resetChannel(0x3f6), resetChannel(0x376)],
    ...more,
  };
}

export const ataDiskTarget: FuzzTarget = {
  name: "ata-disk",
  roundTripEvery: ROUND_TRIP_EVERY,
  build(startNs) {
    const stores = [
      new FuzzStore(4000 * SECTOR + 100),
      new FuzzStore(300 * SECTOR, true),
      new FuzzStore(2000 * SECTOR, false, [40 * SECTOR, 60 * SECTOR]),
    ];
    const [first, second, third] = stores.map((store) => new AtaDisk({ store }));
    return ideSubject(new FuzzBench(startNs), {
      drives: [first!, second!, third!, null],
      stores,
      recipes: [ataCommand(0x1f0, 0), ataCommand(0x1f0, 0), ataCommand(0x170, 1), trimOrSet],
    });
  },
};

const PACKET_COMMANDS = [
  0x00, 0x03, 0x12, 0x15, 0x1a, 0x1b, 0x1e, 0x25, 0x28, 0x2b, 0x42, 0x43, 0x46, 0x4a, 0x51, 0x52, 0x55, 0x5a, 0xa8,
  0xb9, 0xbb, 0xbd, 0xbe,
];

function packetBytes(random: FuzzRandom): number[] {
  const packet = Array.from({ length: 12 }, () => (random.oneIn(3) ? random.byte() : 0));
  packet[0] = random.oneIn(30) ? random.byte() : random.pick(PACKET_COMMANDS);
  const operation = packet[0];
  // Addresses that lie on the medium most of the time.
  if ([0x28, 0xa8, 0xbe, 0x2b].includes(operation) && !random.oneIn(8)) {
    packet.fill(0, 2, 9);
    packet[5] = random.byte();
    packet[operation === 0xa8 ? 9 : 8] = random.pick([0, 1, 2, 40]);
    packet[9] = operation === 0xbe ? random.pick([0x10, 0xf8, 0xfa, random.byte()]) : packet[9]!;
  }
  if (operation === 0x1a || operation === 0x5a) packet[2] = random.pick([0x3f, 0x2a, 0x01, 0x0e, random.byte()]);
  return packet;
}

const sendPacket: Recipe = (random) => {
  const base = 0x170;
  const dma = random.below(2);
  const limit = random.pick([0xfffe, 0xffff, 0, 2, 512, 2048, 2047, random.bits(16)]);
  const packet = packetBytes(random);
  const words = Array.from({ length: 6 }, (_, i) => out(base, packet[2 * i]! | (packet[2 * i + 1]! << 8), 2));
  return [
    out(base + 6, random.oneIn(12) ? 0xb0 : 0xa0),
    ...taskFile(base, [dma, 0, 0, limit & 0xff, limit >> 8], 0xa0),
    inp(base + 7),
    ...(random.oneIn(2) ? startBusMaster(random, 1) : []),
    ...words,
    ...afterCommand(random, base),
    ...(dma ? startBusMaster(random, 1) : []),
    ...Array.from({ length: 1 + random.below(4) }, () => [
      ...moveData(random, base),
      ...afterCommand(random, base),
    ]).flat(),
    inp(BUS_MASTER + 10),
  ];
};

const drivesOwnCommand: Recipe = (random) => [
  out(0x176, 0xa0),
  ...taskFile(
    0x170,
    [random.byte(), random.byte()],
    random.pick([0xa1, 0xec, 0x08, 0x90, 0xef, 0xe5, 0xe6, 0xe0, 0x20]),
  ),
  ...afterCommand(random, 0x170),
  ...moveData(random, 0x170),
];

export const cdromTarget: FuzzTarget = {
  name: "atapi-cdrom",
  roundTripEvery: ROUND_TRIP_EVERY,
  build(startNs) {
    const stores = [
      new FuzzStore(300 * 2048, true),
      new FuzzStore(200 * 2048 + 700, true, [50 * 2048, 52 * 2048]),
      new FuzzStore(2048, true),
    ];
    let inserted = 0;
    const cdrom = new AtapiCdrom({ store: stores[0]! });
    const insert = (which: number): void => {
      inserted = which;
      cdrom.insert(stores[which] ?? null);
    };
    return ideSubject(new FuzzBench(startNs), {
      drives: [null, null, cdrom, null],
      stores,
      recipes: [sendPacket, sendPacket, sendPacket, drivesOwnCommand],
      more: {
        outside: [
          (value) => {
            if ((value & 0xf00) === 0) insert(value & 3);
          },
          () => Number(cdrom.pressEject()),
          () => Number(cdrom.trayOpen) + 2 * Number(cdrom.locked),
        ],
        hostSide: { get: () => [inserted], set: ([which]) => insert(which ?? 0) },
      },
    });
  },
};

// ---- floppy -----------------------------------------------------------------------------------------------------

const FDC = 0x3f0;

const fifo = (...bytes: number[]): FuzzAction[] => bytes.map((byte) => out(FDC + 5, byte));
const results = (count: number): FuzzAction[] => Array.from({ length: count }, () => inp(FDC + 5));

const spinUp: Recipe = (random) => [
  ...(random.oneIn(3) ? [out(FDC + 2, 0), wait(10_000)] : []),
  out(FDC + 2, 0x1c | random.below(4)),
  wait(600_000),
  ...[0, 1, 2, 3].flatMap(() => [...fifo(0x08), ...results(2)]),
  out(FDC + 7, random.oneIn(4) ? random.below(4) : 0),
];

const seekFloppy: Recipe = (random) => [
  ...(random.oneIn(2)
    ? fifo(0x07, random.below(4))
    : fifo(0x0f, random.below(8), random.oneIn(6) ? random.byte() : random.below(82))),
  wait(random.pick([1000, 600_000, 5_000_000])),
  ...fifo(0x08),
  ...results(2),
];

const configureFloppy: Recipe = (random) => [
  ...random.pick([
    fifo(0x03, random.byte(), random.oneIn(3) ? random.byte() : 2 | random.below(2)),
    fifo(0x13, 0, random.byte(), random.byte()),
    fifo(0x12, random.byte()),
    fifo(random.pick([0x14, 0x94])),
    fifo(0x0e),
    fifo(0x10),
    fifo(0x04, random.below(8)),
    fifo(random.byte()),
  ]),
  ...results(random.below(11)),
];

/** DMA channel 2: mode, address in the second 64 KiB, count. */
function floppyDma(random: FuzzRandom): FuzzAction[] {
  const count = random.oneIn(3) ? random.bits(14) : SECTOR * (1 + random.below(18)) - 1;
  return [
    out(0x0a, 6),
    out(0x0c, 0),
    out(0x0b, random.oneIn(12) ? random.byte() : random.pick([0x46, 0x4a, 0x42, 0x56])),
    out(0x04, 0),
    out(0x04, random.byte()),
    out(0x05, count & 0xff),
    out(0x05, count >> 8),
    out(0x81, random.oneIn(12) ? random.byte() : 1),
    ...(random.oneIn(8) ? [] : [out(0x0a, 2)]),
  ];
}

const transferFloppy: Recipe = (random) => {
  const head = random.below(2);
  const unit = (head << 2) | (random.oneIn(8) ? random.below(4) : random.below(2));
  const cylinder = random.oneIn(6) ? random.byte() : random.below(4);
  const opcode = random.pick([0xe6, 0x46, 0x66, 0xc5, 0x45, 0x42, 0x4c, 0x49, 0xd6, 0x56, 0x06]);
  const sector = random.oneIn(8) ? random.byte() : 1 + random.below(9);
  const transferBytes = random.pick([0, 4, 600]);
  return [
    ...(random.oneIn(2) ? [...fifo(0x0f, unit, cylinder), wait(3_000_000), ...fifo(0x08), ...results(2)] : []),
    ...floppyDma(random),
    ...fifo(opcode, unit, cylinder, head, sector, random.oneIn(12) ? random.byte() : 2),
    ...fifo(random.oneIn(6) ? random.byte() : 9, 0x1b, 0xff),
    inp(FDC + 4),
    wait(random.pick([1000, 2_000_000, 30_000_000])),
    settle,
    inp(FDC + 4),
    ...(random.oneIn(4) ? [out(0x0a, 2), settle] : []),
    ...(transferBytes > 0
      ? [random.oneIn(2) ? ins(FDC + 5, 1, transferBytes) : outs(FDC + 5, 1, transferBytes, random.u32())]
      : []),
    wait(random.pick([1000, 2_000_000, 30_000_000])),
    settle,
    ...results(7),
  ];
};

const formatFloppy: Recipe = (random) => {
  const unit = random.oneIn(8) ? random.below(8) : random.pick([0, 1, 4, 5]);
  const head = (unit >> 2) & 1;
  const cylinder = random.below(4);
  const sectors = random.oneIn(4) ? random.byte() : 9;
  const id = (sector: number): number => (0x02000000 | (sector << 16) | (head << 8) | cylinder) >>> 0;
  return [
    ...fifo(0x0f, unit, cylinder),
    wait(3_000_000),
    ...fifo(0x08),
    ...results(2),
    ...Array.from({ length: 9 }, (_, i) => ram(0x10000 + 4 * i, id(i + 1))),
    out(0x0a, 6),
    out(0x0c, 0),
    out(0x0b, 0x4a),
    ...[0, 0].map((byte) => out(0x04, byte)),
    ...[4 * 9 - 1, 0].map((byte) => out(0x05, byte)),
    out(0x81, 1),
    out(0x0a, 2),
    ...fifo(random.oneIn(12) ? 0x0d : 0x4d, unit, 2, sectors, 0x50, random.byte()),
    wait(5_000_000),
    settle,
    ...results(7),
    ...fifo(random.pick([0x4a, 0x0a]), unit),
    wait(30_000_000),
    ...results(7),
  ];
};

const IMAGES: readonly number[] = [160, 180, 320, 360, 720, 1200, 1440, 1680, 1722, 2880, 1440, 33].map(
  (kib) => kib * 1024,
);

export const floppyTarget: FuzzTarget = {
  name: "floppy",
  roundTripEvery: 20_000,
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const dma = new DmaController(bench.memory);
    const floppy = new FloppyController(bench.clock, {
      irq: bench.line(),
      dma: dma.channel(2),
      drives: ["1.44M", "1.2M"],
    });
    bench.ports.attach(FDC, 6, floppy.registers);
    bench.ports.attach(FDC + 7, 1, floppy.changeRegister);
    bench.ports.attach(0x00, 16, dma.primary);
    bench.ports.attach(0x80, 16, dma.pages);
    const stores = IMAGES.map(
      (bytes, i) => new FuzzStore(bytes, i === 10, i === 4 ? [20 * SECTOR, 22 * SECTOR] : [0, 0]),
    );
    const media = [6, 3];
    const insert = (drive: number, which: number): void => {
      media[drive] = which;
      floppy.insert(drive, stores[which] ?? null);
    };
    media.forEach((which, drive) => insert(drive, which));
    return {
      ...bench,
      parts: [
        ["dma", dma],
        ["floppy", floppy],
      ],
      stores,
      windows: [
        { space: "port", base: FDC, length: 8, weight: 6 },
        { space: "port", base: FDC + 5, length: 1, weight: 3 },
        { space: "port", base: 0x04, length: 2 },
        { space: "port", base: 0x08, length: 8 },
      ],
      recipes: [spinUp, seekFloppy, configureFloppy, transferFloppy, transferFloppy, transferFloppy, formatFloppy],
      outside: [
        (value) => {
          if ((value & 0xf00) === 0) insert(value & 1, (value >>> 4) & 15);
        },
      ],
      hostSide: { get: () => media, set: (other) => other.forEach((which, drive) => insert(drive, which)) },
    };
  },
};

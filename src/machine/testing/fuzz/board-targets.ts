/**
 * Fuzz targets: the display board, configuration space, and whole boards, whose wiring is tried through every port and
 * all of the physical addresses that devices claim.
 */
import type { CoreHost, CoreInterface } from "../../../core/core.ts";
import type { MachineConfig } from "../../../protocol/machine-config.ts";
import { Board } from "../../board.ts";
import { PciConfigMechanism } from "../../chipset/pci/config-mechanism.ts";
import { I440fxHostBridge } from "../../chipset/pci/i440fx-host-bridge.ts";
import { PciBus } from "../../chipset/pci/pci-bus.ts";
import { PciFunction } from "../../chipset/pci/pci-function.ts";
import { setUpPciAsFirmware } from "../../chipset/pci/pci-setup.ts";
import { Piix3IsaBridge } from "../../chipset/pci/piix3-isa-bridge.ts";
import { Piix4PowerManagement } from "../../chipset/pci/piix4-power-management.ts";
import { SmbusHost } from "../../chipset/pci/smbus-host.ts";
import type { DeviceState } from "../../device.ts";
import { VgaDevice } from "../../devices/vga/vga-device.ts";
import { FakeCore } from "../fake-core.ts";
import { FuzzBench } from "./bench.ts";
import type { FuzzSubject, FuzzTarget } from "./device-fuzzer.ts";
import { inp, load, out, outside, store, wait, type FuzzAction, type Recipe } from "./fuzz-action.ts";
import { FuzzClock, FuzzFinding, FuzzStore } from "./fuzz-host.ts";
import { quietEvents } from "../quiet-events.ts";

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;

const configWrite = (place: number, register: number, value: number): FuzzAction[] => [
  out(CONFIG_ADDRESS, 0x80000000 + (place << 8) + register, 4),
  out(CONFIG_DATA, value, 4),
];

/** Moves a base address register, switches decoders, sizes as firmware does. */
function configurePci(places: readonly number[]): Recipe {
  return (random) => {
    const place = random.pick(places);
    const register = random.pick([
      0x04,
      0x10,
      0x14,
      0x18,
      0x20,
      0x30,
      0x40,
      0x58,
      0x60,
      0x80,
      0x90,
      4 * random.below(64),
    ]);
    const value = random.pick([0xffffffff, 0, 0xe0000000, 0xc001, 0x1f1, 0x601, random.bits(32), random.below(8)]);
    return [
      ...configWrite(place, register, value),
      inp(CONFIG_DATA, random.pick([1, 2, 4])),
      ...configWrite(place, 4, random.oneIn(3) ? random.bits(16) : 7),
    ];
  };
}

/** A card that does nothing but interrupt. */
class InterruptingCard extends PciFunction {
  constructor(pin: number) {
    super("card", { vendorId: 0x1234, deviceId: 1, classCode: 0xff0000, interruptPin: pin });
    this.addBar(0, { kind: "io", sizeBytes: 32 });
    this.addBar(2, { kind: "memory", sizeBytes: 0x1000, is64Bit: true });
  }

  interrupt(asserted: boolean): void {
    this.setIntx(asserted);
  }
}

export const pciTarget: FuzzTarget = {
  name: "pci",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const { ports } = bench;
    const pages = new Map<number, string>();
    const bus = new PciBus();
    const isaLines = Array.from({ length: 16 }, () => bench.line());
    const bridge = new Piix3IsaBridge({ isaIrq: (irq) => isaLines[irq]! });
    const cards = [0, 1, 2, 3].map((n) => new InterruptingCard(n + 1));
    const quiet = { portRead: () => 0, portWrite: () => {} };
    const smbus = new SmbusHost();
    const mechanism = new PciConfigMechanism(bus, () => {});
    bus.add(
      0,
      0,
      new I440fxHostBridge((physAddr, kind) => {
        if (physAddr < 0xa0000 || physAddr > 0xff000 || physAddr % 0x1000 !== 0)
          throw new FuzzFinding(`page kind of ${physAddr}`);
        pages.set(physAddr, kind);
      }),
    );
    bus.add(1, 0, bridge);
    bus.add(1, 3, new Piix4PowerManagement({ ports, acpi: quiet, smbus }));
    cards.forEach((card, fn) => bus.add(3, fn, card));
    bus.connectPirqs(bridge);
    ports.attach(CONFIG_ADDRESS, 8, mechanism, 4);
    return {
      ...bench,
      parts: [
        ["pci", bus],
        ["mechanism", mechanism],
        ["smbus", smbus],
      ],
      windows: [
        { space: "port", base: CONFIG_ADDRESS, length: 8, weight: 4 },
        { space: "port", base: 0x600, length: 0x40 },
      ],
      recipes: [configurePci([0, 8, 11]), configurePci([0, 8, 11, 24, 25, 255])],
      outside: [(value) => cards[value & 3]!.interrupt((value & 4) !== 0)],
    };
  },
};

// ---- display ----------------------------------------------------------------------------------------------------

const VRAM_BYTES = 1 << 20;
const CANARY_BYTES = 4096;
const CANARY = 0xa5;
/** A place for the registers of BAR 2, as `setUpPciAsFirmware` gives it. */
const REGISTERS_BASE = 0xe0100000;

const setRegisters: Recipe = (random) => {
  const [port, count] = random.pick([
    [0x3c4, 5],
    [0x3ce, 9],
    [0x3d4, 25],
    [0x3b4, 25],
  ] as const);
  return [
    ...Array.from({ length: 1 + random.below(6) }, () => out(port, random.below(count) | (random.byte() << 8), 2)),
    out(port, random.below(0x30)),
    inp(port + 1),
  ];
};

const setAttribute: Recipe = (random) => [
  inp(0x3da),
  out(0x3c0, random.below(0x15) | (random.oneIn(3) ? 0x20 : 0)),
  out(0x3c0, random.byte()),
  out(0x3c0, 0x20),
];

const setColors: Recipe = (random) => [
  out(0x3c8, random.byte()),
  ...Array.from({ length: 6 }, () => out(0x3c9, random.byte())),
  out(0x3c7, random.byte()),
  inp(0x3c9),
  inp(0x3c7),
  inp(0x3c8),
];

/** CRT controller, sequencer and the rest of some well-known modes: text, 16 colors, mode 13h, CGA. */
const setMode: Recipe = (random) => {
  const [mapMask, memoryMode, gcMode, gcMisc, attrMode, window] = random.pick([
    [0x03, 0x02, 0x10, 0x0e, 0x0c, 0xb8000],
    [0x0f, 0x06, 0x00, 0x05, 0x01, 0xa0000],
    [0x0f, 0x0e, 0x40, 0x05, 0x41, 0xa0000],
    [0x03, 0x02, 0x30, 0x0f, 0x01, 0xb8000],
    [0x0f, 0x06, 0x40, 0x05, 0x41, 0xa0000],
  ] as const);
  const crtc = [0x5f, 0x4f, 0x50, 0x82, 0x55, 0x81, 0xbf, 0x1f, 0, random.pick([0x4f, 0x41, 0x40, 0xc0]), 0x0d, 0x0e];
  return [
    out(0x3c2, random.oneIn(6) ? random.byte() : 0x67),
    out(0x3d4, 0x0011, 2),
    ...crtc.map((value, index) => out(0x3d4, index | (value << 8), 2)),
    out(0x3d4, 0x9012, 2),
    out(0x3d4, 0x2813, 2),
    out(0x3d4, 0x14 | (random.pick([0x1f, 0x40, 0x00, 0x60]) << 8), 2),
    out(0x3d4, 0x17 | (random.pick([0xa3, 0xe3, 0xc2, 0x83]) << 8), 2),
    out(0x3d4, 0x18 | (random.oneIn(2) ? 0xff00 : random.byte() << 8), 2),
    out(0x3d4, 0x0a | (random.below(64) << 8), 2),
    out(0x3d4, 0x0b | (random.byte() << 8), 2),
    out(0x3c4, 0x02 | ((random.oneIn(4) ? random.byte() : mapMask) << 8), 2),
    ...[1, 3, 4].map((index) => out(0x3ce, index, 2)),
    out(0x3c4, 0x04 | (memoryMode << 8), 2),
    out(0x3ce, 0x05 | (gcMode << 8), 2),
    out(0x3ce, 0x06 | (gcMisc << 8), 2),
    out(0x3ce, 0xff08, 2),
    inp(0x3da),
    out(0x3c0, 0x10),
    out(0x3c0, attrMode),
    out(0x3c0, 0x20),
    ...Array.from({ length: 8 }, () => {
      const size = random.pick([1, 2, 4] as const);
      const at = window + random.below(random.oneIn(4) ? 0x8000 : 0x100);
      return random.oneIn(3) ? load(at, size) : store(at, random.u32(), size);
    }),
    outside(0),
  ];
};

const setLinearMode: Recipe = (random) => {
  const dispi = (index: number, value: number): FuzzAction[] => [out(0x1ce, index, 2), out(0x1cf, value, 2)];
  const size = (): number => (random.oneIn(3) ? random.bits(16) : 8 * (1 + random.below(80)));
  return [
    ...dispi(4, 0),
    ...dispi(1, size()),
    ...dispi(2, size()),
    ...dispi(3, random.oneIn(6) ? random.bits(16) : random.pick([4, 8, 15, 16, 24, 32])),
    ...dispi(4, random.oneIn(4) ? random.bits(16) : 0x41 | (random.below(2) << 7)),
    ...dispi(random.pick([5, 6, 8, 9]), random.oneIn(2) ? random.bits(16) : random.below(64)),
    outside(0),
    ...(random.oneIn(2) ? dispi(4, 0) : []),
  ];
};

const drawInWindow: Recipe = (random) => {
  const at = 0xa0000 + random.below(0x20000);
  return Array.from({ length: 8 }, (_, i) => {
    const size = random.pick([1, 2, 4] as const);
    return random.oneIn(3) ? load(at + i, size) : store(at + i, random.bits(32), size);
  });
};

export const vgaTarget: FuzzTarget = {
  name: "vga",
  roundTripEvery: 100_000,
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const room = new Uint8Array(VRAM_BYTES + 2 * CANARY_BYTES).fill(CANARY);
    const videoMemory = room.subarray(CANARY_BYTES, CANARY_BYTES + VRAM_BYTES);
    const noDirtyPages = new Uint8Array(VRAM_BYTES / 4096 / 8);
    videoMemory.fill(0);
    const vga = new VgaDevice({
      clock: bench.clock,
      ports: bench.ports,
      mmio: bench.mmio,
      videoMemory,
      takeDirtyVramPages: () => noDirtyPages,
      mapVram: () => {},
      vgaBios: new Uint8Array(3000).fill(0x55),
    });
    const bus = new PciBus();
    bus.add(2, 0, vga);
    const board = {
      reset: () => {
        bus.reset();
        setUpPciAsFirmware(bus);
      },
      save: () => bus.save(),
      restore: (state: DeviceState) => bus.restore(state),
    };
    return {
      ...bench,
      parts: [["vga", board]],
      moreBytes: [videoMemory],
      windows: [
        { space: "port", base: 0x3b0, length: 0x30, weight: 6 },
        { space: "port", base: 0x1ce, length: 3, weight: 2 },
        { space: "mmio", base: 0xa0000, length: 0x20000, weight: 6 },
        { space: "mmio", base: REGISTERS_BASE, length: 0x620 },
      ],
      recipes: [
        setRegisters,
        setRegisters,
        setAttribute,
        setColors,
        setMode,
        setLinearMode,
        drawInWindow,
        drawInWindow,
      ],
      outside: [
        (value) => {
          // Drawing takes a thousand times as long as an access.
          if ((value & 127) !== 0) return;
          const { widthPx, heightPx } = (vga.render(), vga.frame);
          for (const { x, y, w, h } of vga.render().changed)
            if (x < 0 || y < 0 || x + w > widthPx || y + h > heightPx)
              throw new FuzzFinding(`drawn ${w}×${h} at ${x}, ${y} of ${widthPx}×${heightPx}`);
        },
        () => vga.screenText()?.length ?? -1,
      ],
      check: () => {
        const intact = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === CANARY);
        if (!intact(room.subarray(0, CANARY_BYTES)) || !intact(room.subarray(CANARY_BYTES + VRAM_BYTES)))
          throw new FuzzFinding("a write beside the video memory");
      },
    };
  },
};

// ---- whole boards -------------------------------------------------------------------------------------------------

const CONFIG: MachineConfig = {
  executionCapPercent: 100,
  processorShares: 100,
  memoryMiB: 4,
  processors: 1,
  cpuModel: "default",
  modules: [],
  disks: [],
  flash: [],
  bootOrder: ["disk", "cdrom", "floppy"],
  clock: "instructions",
  jit: false,
  onTripleFault: "reset",
  testDevice: false,
};
const BOARD_RAM_BYTES = 4 << 20;
const BOARD_RECIPES: Recipe[] = [
  configurePci([0, 8, 9, 11, 16]),
  setRegisters,
  setMode,
  setLinearMode,
  drawInWindow,
  (random) => [out(0x43, random.byte()), out(0x40, random.byte()), out(0x40, random.byte()), wait(100_000), outside(1)],
  (random) => [out(0x64, random.byte()), out(0x60, random.byte()), inp(0x60), inp(0x64)],
  (random) => [out(0x1f6, 0xe0), out(0x1f2, 1), out(0x1f3, random.byte()), out(0x1f7, random.byte()), wait(100_000)],
];

/** How a board's core is made: one that runs nothing, or the real one. */
export interface BoardCoreMaker {
  ramBytes: number;
  make(host: CoreHost, ramBytes: number, vramBytes: number): CoreInterface;
  /** Lets the processor run for a moment. */
  run?(board: Board, value: number): number;
}

/** A board of everything, driven through the buses that the core would use. */
export function boardTarget(name: string, maker: BoardCoreMaker, roundTripEvery: number): FuzzTarget {
  return {
    name,
    // The core's own state holds what only a run of it makes the same again; its tests look after that.
    ignoredField: "core",
    roundTripEvery,
    build(startNs): FuzzSubject {
      const clock = new FuzzClock(startNs);
      const stores = [
        new FuzzStore(512 * 1000),
        new FuzzStore(512 * 600, true),
        new FuzzStore(2048 * 100, true),
        new FuzzStore(1440 * 1024),
      ];
      let core!: CoreInterface;
      const board = new Board({
        config: CONFIG,
        clock,
        events: quietEvents,
        firmware: new Uint8Array(0x20000).fill(0xf4),
        flash: [],
        modules: [],
        vgaFirmware: new Uint8Array(4096).fill(0x66),
        kernel: null,
        unpacker: null,
        initrd: null,
        floppy: stores[3]!,
        cdrom: stores[2]!,
        disks: [stores[0]!, stores[1]!],
        makeCore: (host, vramBytes) => (core = maker.make(host, maker.ramBytes, vramBytes)),
      });
      board.loadFirmware();
      return {
        clock,
        ports: board.ports,
        mmio: board.mmio,
        parts: [["board", board]],
        stores,
        moreBytes: [core.ram, core.vram],
        windows: [
          { space: "port", base: 0, length: 0x400, weight: 12 },
          { space: "port", base: 0, length: 0x10000, weight: 2 },
          { space: "port", base: 0xcf8, length: 8, weight: 2 },
          { space: "port", base: 0x500, length: 0x140 },
          { space: "port", base: 0xc000, length: 0x20 },
          { space: "mmio", base: 0xa0000, length: 0x20000, weight: 3 },
          { space: "mmio", base: 0xfec00000, length: 0x40, weight: 2 },
          { space: "mmio", base: 0xfed00000, length: 0x400, weight: 2 },
          { space: "mmio", base: 0xe1000000, length: 0x1000 },
          { space: "mmio", base: 0xc0000000, length: 0x40000000 },
        ],
        recipes: BOARD_RECIPES,
        outside: [
          (value) => {
            board.keyboard.key("KeyA", (value & 1) !== 0);
            board.mouse.move(value & 63, (value >> 6) & 63);
            if (board.serial[0].queuedInput < 50) board.serial[0].receive(Uint8Array.of(value));
          },
          (value) => maker.run?.(board, value),
          (value) => {
            if ((value & 31) === 0) board.vga.render();
          },
          () => board.power.pressPowerButton(),
          () => board.flushOutput(),
        ],
      };
    },
  };
}

export const boardOfFakeCore = boardTarget(
  "board",
  { ramBytes: BOARD_RAM_BYTES, make: (host, ramBytes, vramBytes) => new FakeCore(host, ramBytes, vramBytes) },
  250_000,
);

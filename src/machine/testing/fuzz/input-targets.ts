/** Fuzz targets: serial port, keyboard controller with keyboard and mouse, absolute pointer, firmware configuration. */
import { A20Gate } from "../../bus/a20-gate.ts";
import { I8042 } from "../../devices/ps2/i8042.ts";
import { Ps2Keyboard } from "../../devices/ps2/keyboard.ts";
import { Ps2Mouse } from "../../devices/ps2/mouse.ts";
import { KEYS } from "../../devices/ps2/scan-codes.ts";
import { Uart16550 } from "../../devices/uart/uart-16550.ts";
import { VmMouse, type BackdoorRegister } from "../../devices/vmmouse/vmmouse.ts";
import { FW_CFG_PORT, FW_CFG_PORTS, FwCfg } from "../../firmware/fw-cfg.ts";
import { FuzzBench } from "./bench.ts";
import type { FuzzTarget } from "./device-fuzzer.ts";
import { inp, ins, out, outside, ram, wait, type Recipe } from "./fuzz-action.ts";

const COM1 = 0x3f8;

const setUpUart: Recipe = (random) => [
  out(COM1 + 3, 0x80 | random.byte()),
  out(COM1, random.oneIn(2) ? 1 : random.byte()),
  out(COM1 + 1, random.oneIn(2) ? 0 : random.byte()),
  out(COM1 + 3, random.below(128)),
  out(COM1 + 2, random.pick([0, 1, 7, 0xc1, 0x41, random.byte()])),
  out(COM1 + 4, random.oneIn(2) ? 0x0b : random.byte()),
  out(COM1 + 1, random.below(16)),
  outside(0, random.u32()),
  wait(random.below(3_000_000)),
  inp(COM1 + 2),
  inp(COM1 + 5),
  inp(COM1),
];

const loopUart: Recipe = (random) => [
  out(COM1 + 4, 0x10 | random.below(16)),
  ...Array.from({ length: random.below(20) }, () => out(COM1, random.byte())),
  inp(COM1 + 5),
  inp(COM1 + 6),
  out(COM1 + 4, 0x10 | random.below(16)),
  inp(COM1 + 2),
  ...Array.from({ length: random.below(20) }, () => inp(COM1)),
];

export const uartTarget: FuzzTarget = {
  name: "uart",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const uart = new Uart16550(bench.clock, bench.line(), () => {});
    bench.ports.attach(COM1, 8, uart);
    return {
      ...bench,
      parts: [["uart", uart]],
      windows: [{ space: "port", base: COM1, length: 8 }],
      recipes: [setUpUart, loopUart],
      outside: [
        (value) => {
          // A host that pastes waits for what it pasted before.
          if (uart.queuedInput < 100) uart.receive(new Uint8Array(value & 31).fill(value >>> 8));
        },
        () => uart.receiveBreak(),
        () => uart.flush(),
      ],
    };
  },
};

/** Bytes that mean something to keyboards or mice. */
const DEVICE_BYTES = [
  0xe6, 0xe7, 0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xf0, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa,
  0xfb, 0xfc, 0xfd, 0xfe, 0xff, 0, 1, 2, 3, 100, 200, 80,
];
const CONTROLLER_COMMANDS = [
  0x20, 0x60, 0xa4, 0xa5, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xad, 0xae, 0xc0, 0xc1, 0xc2, 0xd0, 0xd1, 0xd2, 0xd3, 0xd4,
  0xdd, 0xdf, 0xe0, 0xf0, 0xfe,
];
const KEY_NAMES = [...KEYS.keys()];
const MOUSE_BUTTONS = ["left", "right", "middle", "back", "forward"] as const;

const commandController: Recipe = (random) => [
  out(0x64, random.pick(CONTROLLER_COMMANDS)),
  out(0x60, random.oneIn(2) ? random.pick(DEVICE_BYTES) : random.byte()),
  inp(0x64),
  inp(0x60),
];
const commandKeyboard: Recipe = (random) => [
  out(0x60, random.pick(DEVICE_BYTES)),
  inp(0x60),
  out(0x60, random.oneIn(2) ? random.below(8) : random.pick(DEVICE_BYTES)),
  inp(0x60),
  wait(random.below(1_000_000)),
  inp(0x60),
];
const commandMouse: Recipe = (random) =>
  [random.pick(DEVICE_BYTES), random.pick([0, 1, 2, 3, 10, 40, 80, 100, 200, random.byte()])].flatMap((byte) => [
    out(0x64, 0xd4),
    out(0x60, byte),
    inp(0x64),
    inp(0x60),
  ]);
const knockMouse: Recipe = (random) =>
  [0xf3, 200, 0xf3, random.pick([100, 200]), 0xf3, 80, 0xf2, 0xf4].flatMap((byte) => [
    out(0x64, 0xd4),
    out(0x60, byte),
    inp(0x60),
  ]);
const typeAndRead: Recipe = (random) =>
  Array.from({ length: 6 }, () => [outside(random.below(3), random.u32()), wait(400_000), inp(0x64), inp(0x60)]).flat();

export const keyboardControllerTarget: FuzzTarget = {
  name: "keyboard-controller",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const a20Line = bench.line();
    const a20 = new A20Gate((enabled) => a20Line.set(enabled));
    const keyboard = new Ps2Keyboard(bench.clock);
    const mouse = new Ps2Mouse(bench.clock);
    const controller = new I8042(bench.clock, {
      keyboard,
      mouse,
      keyboardIrq: bench.line(),
      mouseIrq: bench.line(),
      a20,
      onReset: () => {},
    });
    bench.ports.attach(0x60, 1, controller.dataPort);
    bench.ports.attach(0x64, 1, controller.commandPort);
    return {
      ...bench,
      parts: [
        ["a20", a20],
        ["controller", controller],
      ],
      windows: [
        { space: "port", base: 0x60, length: 1 },
        { space: "port", base: 0x64, length: 1 },
      ],
      recipes: [commandController, commandKeyboard, commandMouse, knockMouse, typeAndRead],
      outside: [
        (value) => Number(keyboard.key(KEY_NAMES[(value & 0xffff) % KEY_NAMES.length]!, (value & 0x10000) !== 0)),
        (value) => mouse.move((value & 0x3ff) - 512, ((value >> 10) & 0x3ff) - 512, ((value >> 20) & 15) - 8),
        (value) => mouse.button(MOUSE_BUTTONS[(value & 0xff) % 5]!, (value & 0x100) !== 0),
        () => keyboard.releaseAllKeys(),
        () => mouse.nudge(),
      ],
    };
  },
};

const BACKDOOR = 0x5658;

export const pointerTarget: FuzzTarget = {
  name: "absolute-pointer",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const registers: Record<BackdoorRegister, number> = { eax: 0, ebx: 0, ecx: 0, edx: 0, esi: 0, edi: 0 };
    const pointer = new VmMouse(
      { get: (name) => registers[name], set: (name, value) => (registers[name] = value) },
      () => {},
    );
    bench.ports.attach(BACKDOOR, 4, pointer, 4);
    const call: Recipe = (random) => [
      outside(0, random.oneIn(8) ? random.bits(32) : 0x564d5868),
      outside(1, random.oneIn(8) ? random.bits(32) : random.pick([10, 39, 40, 41])),
      outside(2, random.pick([0x45414552, 0xf5, 0x4c455252, 0x53424152, 1, 4, random.bits(32)])),
      inp(BACKDOOR, 4),
    ];
    return {
      ...bench,
      parts: [["pointer", pointer]],
      windows: [{ space: "port", base: BACKDOOR, length: 4 }],
      recipes: [call],
      outside: [
        (value) => void (registers.eax = value),
        (value) => void (registers.ecx = value),
        (value) => void (registers.ebx = value),
        (value) => {
          const buttons = { left: (value & 1) !== 0, right: (value & 2) !== 0, middle: (value & 4) !== 0 };
          const taken = pointer.pointTo((value >>> 16) / 65536, (value & 0xffff) / 50000, buttons, (value % 5) - 2);
          return Number(taken);
        },
        () => registers.ebx ^ registers.ecx ^ registers.edx,
      ],
      hostSide: {
        get: () => Object.values(registers),
        set: (values) =>
          Object.keys(registers).forEach((name, i) => (registers[name as BackdoorRegister] = values[i] ?? 0)),
      },
    };
  },
};

export const firmwareConfigurationTarget: FuzzTarget = {
  name: "firmware-configuration",
  build(startNs) {
    const bench = new FuzzBench(startNs);
    const fwCfg = new FwCfg(bench.memory);
    fwCfg.setFile("etc/small", Uint8Array.of(1, 2, 3));
    fwCfg.setFile("etc/large", new Uint8Array(5000).fill(7));
    bench.ports.attach(FW_CFG_PORT, FW_CFG_PORTS, fwCfg, 4);
    const bigEndian = (value: number): number =>
      ((value << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0;
    const dma: Recipe = (random) => {
      const at = 4 * random.below(0x4000);
      const key = random.pick([0, 1, 0x19, 0x20, 0x21, random.bits(16)]);
      return [
        ram(at, bigEndian(((key << 16) | random.below(32)) >>> 0)),
        ram(at + 4, bigEndian(random.oneIn(8) ? random.bits(32) : random.below(8000))),
        ram(at + 8, bigEndian(random.oneIn(16) ? random.bits(32) : 0)),
        ram(at + 12, bigEndian(random.oneIn(8) ? random.bits(32) : random.bits(20))),
        out(FW_CFG_PORT + 4, random.oneIn(16) ? random.bits(32) : 0, 4),
        out(FW_CFG_PORT + 8, bigEndian(random.oneIn(16) ? random.bits(32) : at), 4),
        inp(FW_CFG_PORT + 1),
      ];
    };
    const read: Recipe = (random) => [
      out(FW_CFG_PORT, random.pick([0, 1, 0x19, 0x20, 0x21]), 2),
      inp(FW_CFG_PORT + 1),
      ins(FW_CFG_PORT + 1, 1, 1 + random.below(300)),
    ];
    return {
      ...bench,
      parts: [["fwCfg", fwCfg]],
      windows: [{ space: "port", base: FW_CFG_PORT, length: FW_CFG_PORTS }],
      recipes: [dma, read],
    };
  },
};

import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { RecordingLine } from "../../testing/recording-line.ts";
import { I8042 } from "./i8042.ts";
import { type KeyboardLeds, Ps2Keyboard } from "./keyboard.ts";
import { Ps2Mouse } from "./mouse.ts";

let clock: ManualClock;
let irq1: RecordingLine;
let irq12: RecordingLine;
let keyboard: Ps2Keyboard;
let mouse: Ps2Mouse;
let controller: I8042;
let a20: { enabled: boolean };
let resets: number;
let leds: KeyboardLeds | undefined;

function build(): I8042 {
  return new I8042(clock, {
    keyboard,
    mouse,
    keyboardIrq: irq1,
    mouseIrq: irq12,
    a20,
    onReset: () => resets++,
  });
}

beforeEach(() => {
  clock = new ManualClock();
  irq1 = new RecordingLine();
  irq12 = new RecordingLine();
  leds = undefined;
  keyboard = new Ps2Keyboard(clock, (now) => (leds = now));
  mouse = new Ps2Mouse(clock);
  a20 = { enabled: true };
  resets = 0;
  controller = build();
});

const status = (): number => controller.commandPort.portRead(0, 1);
const command = (value: number): void => controller.commandPort.portWrite(0, 1, value);
const data = (value: number): void => controller.dataPort.portWrite(0, 1, value);
const readData = (): number => controller.dataPort.portRead(0, 1);

/** Everything that comes, with time for the gaps between scan codes. */
function drain(): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < 200; i++) {
    if (status() & 1) bytes.push(readData());
    else clock.advance(400_000);
  }
  return bytes;
}

describe("8042", () => {
  it("passes its self-tests and keeps the command byte", () => {
    command(0xaa);
    expect(readData()).toBe(0x55);
    expect(status() & 0x04).toBe(0x04);
    command(0xab);
    expect(readData()).toBe(0);
    command(0xa9);
    expect(readData()).toBe(0);
    command(0x60);
    data(0x74);
    command(0x20);
    expect(status() & 0x09).toBe(0x09);
    expect(readData()).toBe(0x74);
    expect(status() & 1).toBe(0);
  });

  it("raises IRQ1 for each scan code, after the one before was read and a gap", () => {
    keyboard.key("KeyA", true);
    keyboard.key("KeyA", false);
    expect(irq1.level).toBe(true);
    expect(readData()).toBe(0x1e);
    expect(irq1.level).toBe(false);
    // A second read in the same interrupt sees the same code.
    expect(readData()).toBe(0x1e);
    clock.advance(400_000);
    expect(irq1.rises).toBe(2);
    expect(readData()).toBe(0x9e);
  });

  it("holds codes back while the interface is disabled and gives set 2 without translation", () => {
    command(0xad);
    keyboard.key("KeyQ", true);
    keyboard.key("KeyQ", false);
    clock.advance(1e6);
    expect(status() & 1).toBe(0);
    command(0x60);
    data(0x21);
    expect(drain()).toEqual([0x15, 0xf0, 0x15]);
  });

  it("translates the keyboard's ID and its scan-code set", () => {
    data(0xf2);
    expect(drain()).toEqual([0xfa, 0xab, 0x41]);
    data(0xf0);
    data(0x00);
    expect(drain()).toEqual([0xfa, 0xfa, 0x41]);
  });

  it("raises IRQ12 with the AUX bit for the mouse's answers", () => {
    command(0xd4);
    data(0xf2);
    expect(irq12.level).toBe(true);
    expect(irq1.level).toBe(false);
    expect(status() & 0x21).toBe(0x21);
    expect(readData()).toBe(0xfa);
    expect(readData()).toBe(0x00);
    expect(irq12.level).toBe(false);
  });

  it("delivers mouse reports in order while the next one is ready", () => {
    command(0xd4);
    data(0xf4);
    drain();
    mouse.button("left", true);
    mouse.button("left", false);
    mouse.move(5, -3);
    expect(drain()).toEqual([0x09, 0, 0, 0x08, 5, 3]);
  });

  it("drives A20 and reset through the output port", () => {
    command(0xd1);
    data(0xdd);
    expect(a20.enabled).toBe(false);
    command(0xd0);
    expect(readData() & 0x03).toBe(0x01);
    command(0xdf);
    expect(a20.enabled).toBe(true);
    command(0xd1);
    data(0xde);
    expect(resets).toBe(1);
    command(0xfe);
    expect(resets).toBe(2);
    command(0xff);
    expect(resets).toBe(2);
  });

  it("loops bytes through D2 and D3", () => {
    command(0xd3);
    data(0x5a);
    expect(irq12.level).toBe(true);
    expect(readData()).toBe(0x5a);
    command(0xd2);
    data(0xa5);
    expect(irq1.level).toBe(true);
    expect(readData()).toBe(0xa5);
  });

  it("is harmless under any traffic", () => {
    let seed = 12345;
    for (let i = 0; i < 20000; i++) {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      const value = (seed >>> 16) & 0xff;
      if (seed & 0x1000000) command(value);
      else data(value);
      if (seed & 0x2000000) readData();
      if (seed & 0x4000000) mouse.move(value - 128, 3);
      keyboard.key("ArrowUp", (seed & 0x8000000) !== 0);
    }
    expect(JSON.stringify(controller.save()).length).toBeLessThan(100_000);
  });

  it("goes on from a saved state", () => {
    data(0xed);
    data(0x02);
    expect(leds).toEqual({ scrollLock: false, numLock: true, capsLock: false });
    keyboard.key("ArrowUp", true);
    drain();
    keyboard.key("ArrowUp", false);
    readData();
    const saved = controller.save();
    const before = drain();
    keyboard = new Ps2Keyboard(clock);
    mouse = new Ps2Mouse(clock);
    controller = build();
    controller.restore(saved);
    expect(controller.save()).toEqual(saved);
    expect(drain()).toEqual(before);
  });
});

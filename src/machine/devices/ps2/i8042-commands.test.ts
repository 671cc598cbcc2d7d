/**
 * Every command of the keyboard controller, and how its bytes travel: [PS2KBD] "Keyboard and Auxiliary Device
 * Controller", "Commands" and "Status register"; [AT] "Keyboard Controller", output port.
 */
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { RecordingLine } from "../../testing/recording-line.ts";
import { I8042 } from "./i8042.ts";
import { Ps2Keyboard } from "./keyboard.ts";
import { Ps2Mouse } from "./mouse.ts";

const STATUS_OBF = 0x01;
const STATUS_SYS = 0x04;
const STATUS_A2 = 0x08;
const STATUS_AUX = 0x20;

let clock: ManualClock;
let irq1: RecordingLine;
let irq12: RecordingLine;
let keyboard: Ps2Keyboard;
let mouse: Ps2Mouse;
let controller: I8042;
let a20: { enabled: boolean };
let resets: number;

beforeEach(() => {
  clock = new ManualClock();
  irq1 = new RecordingLine();
  irq12 = new RecordingLine();
  keyboard = new Ps2Keyboard(clock);
  mouse = new Ps2Mouse(clock);
  a20 = { enabled: true };
  resets = 0;
  controller = new I8042(clock, {
    keyboard,
    mouse,
    keyboardIrq: irq1,
    mouseIrq: irq12,
    a20,
    onReset: () => resets++,
  });
});

const status = (): number => controller.commandPort.portRead(0, 1);
const command = (value: number): void => controller.commandPort.portWrite(0, 1, value);
const data = (value: number): void => controller.dataPort.portWrite(0, 1, value);
const take = (): number => controller.dataPort.portRead(0, 1);
const ask = (value: number): number => {
  command(value);
  expect(status() & STATUS_OBF).toBe(STATUS_OBF);
  return take();
};
const setCcb = (value: number): void => {
  command(0x60);
  data(value);
};

describe("8042 commands", () => {
  it("20–3F and 60–7F read and write the command byte and its RAM", () => {
    for (let index = 1; index < 0x20; index++) {
      command(0x60 + index);
      data(0xff - index);
    }
    setCcb(0x65);
    expect(ask(0x20)).toBe(0x65);
    for (let index = 1; index < 0x20; index++) expect(ask(0x20 + index)).toBe(0xff - index);
  });

  it("bit 2 of the command byte is the system flag of the status", () => {
    setCcb(0x41);
    expect(status() & STATUS_SYS).toBe(0);
    setCcb(0x45);
    expect(status() & STATUS_SYS).toBe(STATUS_SYS);
    setCcb(0x41);
    expect(ask(0xaa)).toBe(0x55);
    expect(status() & STATUS_SYS).toBe(STATUS_SYS);
  });

  it("status bit 3 tells where the last byte was written", () => {
    command(0xae);
    expect(status() & STATUS_A2).toBe(STATUS_A2);
    data(0xf4);
    expect(status() & STATUS_A2).toBe(0);
  });

  it("A4: no password is installed", () => {
    expect(ask(0xa4)).toBe(0xf1);
  });

  it("A7 and A8 stop and start the auxiliary device, AD and AE the keyboard, in bits 5 and 4", () => {
    command(0xa7);
    expect(ask(0x20) & 0x30).toBe(0x20);
    command(0xad);
    expect(ask(0x20) & 0x30).toBe(0x30);
    command(0xa8);
    expect(ask(0x20) & 0x30).toBe(0x10);
    command(0xae);
    expect(ask(0x20) & 0x30).toBe(0);
  });

  it("holds a stopped device's bytes back and lets them come when it is started", () => {
    command(0xd4);
    data(0xf4);
    expect(take()).toBe(0xfa);
    command(0xa7);
    mouse.move(1, 0);
    expect(status() & STATUS_OBF).toBe(0);
    command(0xa8);
    expect(status() & (STATUS_OBF | STATUS_AUX)).toBe(STATUS_OBF | STATUS_AUX);
    expect([take(), take(), take()]).toEqual([0x08, 1, 0]);
    command(0xad);
    keyboard.key("KeyA", true);
    expect(status() & STATUS_OBF).toBe(0);
    command(0xae);
    expect(take()).toBe(0x1e);
  });

  it("A9, AA, AB: tests pass", () => {
    expect([ask(0xa9), ask(0xaa), ask(0xab)]).toEqual([0x00, 0x55, 0x00]);
  });

  it("C0 reads the input port, C1 and C2 show its halves in the status until the next write", () => {
    const port = ask(0xc0);
    expect(port & 0x80).toBe(0x80);
    command(0xc1);
    expect(status() & 0xf0).toBe((port & 0x0f) << 4);
    command(0xc2);
    expect([status() & 0xf0, status() & 0xf0]).toEqual([port & 0xf0, port & 0xf0]);
    command(0x20);
    expect(status() & 0xf0).toBe(0x10);
  });

  it("D0 and D1 read and write the output port: A20 in bit 1, full buffers in bits 4 and 5", () => {
    command(0xd1);
    data(0xdd);
    expect(a20.enabled).toBe(false);
    expect(ask(0xd0) & 0x33).toBe(0x01);
    command(0xd1);
    data(0xdf);
    expect(a20.enabled).toBe(true);
    // The answer itself is not in the buffer when the port is looked at; a byte that waits there is.
    command(0xd3);
    data(0x11);
    command(0xd0);
    expect(take()).toBe(0x11);
    expect(take() & 0x02).toBe(0x02);
  });

  it("D1 with bit 0 clear resets the processor", () => {
    command(0xd1);
    data(0xde);
    expect([resets, a20.enabled]).toEqual([1, true]);
  });

  it("D2 puts a byte into the buffer as if from the keyboard, D3 as if from the mouse", () => {
    command(0xd2);
    data(0x1c);
    // Not translated: it does not come over the wire.
    expect([irq1.level, irq12.level, status() & STATUS_AUX]).toEqual([true, false, 0]);
    expect(take()).toBe(0x1c);
    command(0xd3);
    data(0x1c);
    expect([irq1.level, irq12.level, status() & STATUS_AUX]).toEqual([false, true, STATUS_AUX]);
    expect(take()).toBe(0x1c);
    expect([irq1.level, irq12.level]).toEqual([false, false]);
  });

  it("D4 sends to the mouse, and only the next byte", () => {
    command(0xd4);
    data(0xf2);
    expect([take(), take()]).toEqual([0xfa, 0x00]);
    data(0xee);
    expect([status() & STATUS_AUX, take()]).toEqual([0, 0xee]);
  });

  it("DD and DF switch A20 as HP's controllers do", () => {
    command(0xdd);
    expect(a20.enabled).toBe(false);
    command(0xdf);
    expect(a20.enabled).toBe(true);
  });

  it("E0 reads the test inputs", () => {
    expect(ask(0xe0) & 0xfc).toBe(0);
  });

  it("F0–FF pulse the output bits that are clear: even ones reset", () => {
    for (let value = 0xf0; value <= 0xff; value++) {
      const before = resets;
      command(value);
      expect(resets - before).toBe(value & 1 ? 0 : 1);
    }
    expect(a20.enabled).toBe(true);
  });

  it("forgets a command that waits for data when another one comes", () => {
    command(0xd1);
    command(0x60);
    data(0x47);
    expect([a20.enabled, ask(0x20)]).toEqual([true, 0x47]);
  });

  it("ignores commands that it does not have", () => {
    const ccb = ask(0x20);
    for (const value of [0x00, 0x1f, 0x80, 0xa0, 0xb5, 0xe5]) {
      command(value);
      expect(status() & STATUS_OBF).toBe(0);
      // No data is expected: the byte goes to the keyboard, which echoes it.
      data(0xee);
      expect(take()).toBe(0xee);
    }
    expect([ask(0x20), a20.enabled, resets]).toEqual([ccb, true, 0]);
  });
});

describe("8042 interrupts and translation", () => {
  it("interrupts as bits 0 and 1 of the command byte allow, also for a byte that waits already", () => {
    setCcb(0x44);
    keyboard.key("KeyA", true);
    expect([irq1.level, status() & STATUS_OBF]).toEqual([false, STATUS_OBF]);
    setCcb(0x45);
    expect(irq1.level).toBe(true);
    setCcb(0x44);
    expect(irq1.level).toBe(false);
    expect(take()).toBe(0x1e);
    command(0xd4);
    data(0xf2);
    expect(irq12.level).toBe(false);
    setCcb(0x46);
    expect(irq12.level).toBe(true);
  });

  it("keeps the byte of one device while the other's waits", () => {
    command(0xd4);
    data(0xf4);
    take();
    keyboard.key("KeyA", true);
    mouse.move(2, 0);
    expect([status() & STATUS_AUX, take()]).toEqual([0, 0x1e]);
    expect([status() & STATUS_AUX, take(), take(), take()]).toEqual([STATUS_AUX, 0x08, 2, 0]);
  });

  it("translates break codes and prefixes with bit 6 set, passes them on without", () => {
    const type = (): number[] => {
      keyboard.key("ArrowRight", true);
      keyboard.key("ArrowRight", false);
      const bytes: number[] = [];
      for (let i = 0; i < 20; i++) {
        if (status() & STATUS_OBF) bytes.push(take());
        clock.advance(400_000);
      }
      return bytes;
    };
    setCcb(0x45);
    expect(type()).toEqual([0xe0, 0x4d, 0xe0, 0xcd]);
    setCcb(0x05);
    expect(type()).toEqual([0xe0, 0x74, 0xe0, 0xf0, 0x74]);
  });

  it("does not translate the mouse", () => {
    command(0xd4);
    data(0xe8);
    take();
    command(0xd4);
    data(0x03);
    take();
    command(0xd4);
    data(0xe9);
    expect([take(), take(), take(), take()]).toEqual([0xfa, 0x00, 0x03, 100]);
  });
});

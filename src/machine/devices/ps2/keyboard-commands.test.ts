/** The commands of the 101/102-key keyboard one by one: [PS2KBD] "101/102-Key Keyboard: Commands". */
import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { type KeyboardLeds, Ps2Keyboard } from "./keyboard.ts";

const ACK = 0xfa;
const RESEND = 0xfe;

let clock: ManualClock;
let leds: KeyboardLeds[];
let keyboard: Ps2Keyboard;

beforeEach(() => {
  clock = new ManualClock();
  leds = [];
  keyboard = new Ps2Keyboard(clock, (now) => leds.push(now));
});

function take(): number[] {
  const bytes: number[] = [];
  while (keyboard.hasOutput) bytes.push(keyboard.takeOutput());
  return bytes;
}
const send = (...bytes: number[]): number[] =>
  bytes.flatMap((byte) => {
    keyboard.receive(byte);
    return take();
  });
const tap = (code: string): number[] => {
  keyboard.key(code, true);
  keyboard.key(code, false);
  return take();
};

describe("keyboard commands", () => {
  it("ED switches each light", () => {
    for (let bits = 0; bits < 8; bits++) expect(send(0xed, bits)).toEqual([ACK, ACK]);
    expect(leds.map((l) => Number(l.scrollLock) + 2 * Number(l.numLock) + 4 * Number(l.capsLock))).toEqual([
      1, 2, 3, 4, 5, 6, 7,
    ]);
  });

  it("EE is echoed, without an ACK", () => {
    expect(send(0xee)).toEqual([0xee]);
  });

  it("F0 selects a set, tells the present one, and refuses what there is not", () => {
    for (const set of [1, 2, 3]) {
      expect(send(0xf0, set)).toEqual([ACK, ACK]);
      expect(send(0xf0, 0)).toEqual([ACK, ACK, set]);
    }
    expect(send(0xf0, 4)).toEqual([ACK, RESEND]);
    expect(send(0xf0, 0)).toEqual([ACK, ACK, 3]);
  });

  it("F2 gives the ID", () => {
    expect(send(0xf2)).toEqual([ACK, 0xab, 0x83]);
  });

  // Delay 250 ms × (1 + bits 6–5), period (8 + bits 2–0) × 2^(bits 4–3) × 4.17 ms.
  it.each([
    [0x00, 250, 30.0],
    [0x0b, 250, 10.9],
    [0x2b, 500, 10.9],
    [0x47, 750, 16.0],
    [0x7f, 1000, 2.0],
  ])("F3 %i: %i ms, then %f characters a second", (value, delayMs, rate) => {
    expect(send(0xf3, value)).toEqual([ACK, ACK]);
    keyboard.key("KeyA", true);
    expect(take()).toEqual([0x1c]);
    clock.advance((delayMs - 1) * 1e6);
    expect(take()).toEqual([]);
    clock.advance(2e6);
    expect(take()).toEqual([0x1c]);
    let count = 0;
    for (let ms = 0; ms < 10_000; ms++) {
      clock.advance(1e6);
      count += take().length;
    }
    expect(Math.abs(count / 10 - rate)).toBeLessThan(0.2);
    keyboard.key("KeyA", false);
    expect(take()).toEqual([0xf0, 0x1c]);
    clock.advance(5e9);
    expect(take()).toEqual([]);
  });

  it("F3 refuses a value with bit 7", () => {
    expect(send(0xf3, 0x80)).toEqual([ACK, RESEND]);
  });

  it("F4 and F5 start and stop scanning; F5 sets defaults as well", () => {
    send(0xf0, 3);
    expect(send(0xf5)).toEqual([ACK]);
    expect(tap("KeyA")).toEqual([]);
    expect(send(0xf0, 0)).toEqual([ACK, ACK, 2]);
    expect(send(0xf4)).toEqual([ACK, 0x1c, 0xf0, 0x1c]);
  });

  it("F6 sets defaults and goes on scanning", () => {
    send(0xf0, 3);
    expect(send(0xf6)).toEqual([ACK]);
    expect(send(0xf0, 0)).toEqual([ACK, ACK, 2]);
    expect(tap("KeyA")).toEqual([0x1c, 0xf0, 0x1c]);
  });

  it.each([
    [0xf7, [0x1c], true],
    [0xf8, [0x1c, 0xf0, 0x1c], false],
    [0xf9, [0x1c], false],
    [0xfa, [0x1c, 0xf0, 0x1c], true],
  ])("%i sets all keys of set 3: breaks and repeats", (command, bytes, repeats) => {
    send(0xf0, 3);
    expect(send(command)).toEqual([ACK]);
    expect(tap("KeyA")).toEqual(bytes);
    keyboard.key("KeyA", true);
    take();
    clock.advance(2e9);
    expect(take().length > 0).toBe(repeats);
  });

  it.each([
    [0xfb, [0x1c], true],
    [0xfc, [0x1c, 0xf0, 0x1c], false],
    [0xfd, [0x1c], false],
  ])("%i sets single keys of set 3 until a command comes", (command, bytes, repeats) => {
    send(0xf0, 3, 0xf8);
    expect(send(command, 0x1c, 0x21)).toEqual([ACK, ACK, ACK]);
    expect(send(0xee)).toEqual([0xee]);
    expect(tap("KeyA")).toEqual(bytes);
    expect(tap("KeyB")).toEqual([0x32, 0xf0, 0x32]);
    keyboard.key("KeyA", true);
    take();
    clock.advance(2e9);
    expect(take().length > 0).toBe(repeats);
  });

  it("FE sends the last byte again, and itself never", () => {
    send(0xf2);
    expect(send(0xfe, 0xfe)).toEqual([0x83, 0x83]);
    send(0x00);
    expect(send(0xfe)).toEqual([0x83]);
  });

  it("FF tests itself and starts with defaults, lights off", () => {
    send(0xed, 7);
    send(0xf0, 3, 0xf5);
    expect(send(0xff)).toEqual([ACK, 0xaa]);
    expect(leds.at(-1)).toEqual({ scrollLock: false, numLock: false, capsLock: false });
    expect(tap("KeyA")).toEqual([0x1c, 0xf0, 0x1c]);
  });

  it("asks for commands that it does not know once again", () => {
    for (const byte of [0x00, 0x7f, 0xec, 0xef, 0xf1]) expect(send(byte)).toEqual([RESEND]);
  });
});

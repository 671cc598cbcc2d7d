import { beforeEach, describe, expect, it } from "vitest";
import { ManualClock } from "../../testing/manual-clock.ts";
import { type KeyboardLeds, Ps2Keyboard } from "./keyboard.ts";
import { KEYS } from "./scan-codes.ts";
import { ScanCodeTranslator } from "./translation.ts";
import { strokeFor, TextTyper } from "./type-text.ts";

let clock: ManualClock;
let leds: KeyboardLeds[];
let keyboard: Ps2Keyboard;

beforeEach(() => {
  clock = new ManualClock();
  leds = [];
  keyboard = new Ps2Keyboard(clock, (now) => leds.push(now));
});

const hex = (text: string): number[] => text.split(" ").map((byte) => parseInt(byte, 16));
function take(): number[] {
  const bytes: number[] = [];
  while (keyboard.hasOutput) bytes.push(keyboard.takeOutput());
  return bytes;
}
const send = (...bytes: number[]): number[] => {
  for (const byte of bytes) keyboard.receive(byte);
  return take();
};
const tap = (code: string): number[] => {
  keyboard.key(code, true);
  keyboard.key(code, false);
  return take();
};

describe("keyboard scan codes", () => {
  it.each([
    ["KeyA", "1e 9e", "1c f0 1c", "1c"],
    ["ControlRight", "e0 1d e0 9d", "e0 14 e0 f0 14", "58"],
    ["ArrowUp", "e0 48 e0 c8", "e0 75 e0 f0 75", "63"],
    ["F7", "41 c1", "83 f0 83", "37"],
    ["ShiftLeft", "2a aa", "12 f0 12", "12 f0 12"],
    ["Pause", "e1 1d 45 e1 9d c5", "e1 14 77 e1 f0 14 f0 77", "62"],
    ["PrintScreen", "e0 2a e0 37 e0 b7 e0 aa", "e0 12 e0 7c e0 f0 7c e0 f0 12", "57"],
    ["IntlYen", "7d fd", "6a f0 6a", "5d"],
    ["Lang1", "f2", "f2", ""],
    ["AudioVolumeUp", "e0 30 e0 b0", "e0 32 e0 f0 32", ""],
  ])("%s in sets 1, 2 and 3", (code, set1, set2, set3) => {
    expect(tap(code)).toEqual(hex(set2));
    send(0xf0, 1);
    expect(tap(code)).toEqual(hex(set1));
    send(0xf0, 3);
    expect(tap(code)).toEqual(set3 === "" ? [] : hex(set3));
  });

  it("sends SysRq with Alt and Break with Ctrl", () => {
    keyboard.key("AltLeft", true);
    take();
    expect(tap("PrintScreen")).toEqual(hex("84 f0 84"));
    keyboard.key("AltLeft", false);
    keyboard.key("ControlLeft", true);
    take();
    expect(tap("Pause")).toEqual(hex("e0 7e e0 f0 7e"));
  });

  it("puts false shifts around navigation keys with Shift or NumLock", () => {
    keyboard.key("ShiftRight", true);
    take();
    expect(tap("Delete")).toEqual(hex("e0 f0 59 e0 71 e0 f0 71 e0 59"));
    keyboard.key("ShiftRight", false);
    take();
    send(0xed, 0x02);
    expect(tap("Delete")).toEqual(hex("e0 12 e0 71 e0 f0 71 e0 f0 12"));
    expect(tap("Numpad5")).toEqual(hex("73 f0 73"));
  });

  it("has different codes for all keys, and translation gives set 1 from set 2", () => {
    const seen = new Map<number, string>();
    for (const [key, codes] of KEYS) {
      expect(seen.get(codes.set2), key).toBeUndefined();
      seen.set(codes.set2, key);
      const translator = new ScanCodeTranslator();
      expect(translator.translate(codes.set2 & 0xff), key).toBe(codes.set1 & 0xff);
      expect(translator.translate(0xf0)).toBeNull();
      expect(translator.translate(codes.set2 & 0xff), key).toBe((codes.set1 & 0xff) | 0x80);
    }
  });
});

describe("keyboard commands", () => {
  it("resets, identifies, echoes and resends", () => {
    expect(send(0xff)).toEqual([0xfa, 0xaa]);
    expect(send(0xf2)).toEqual([0xfa, 0xab, 0x83]);
    expect(send(0xfe)).toEqual([0x83]);
    expect(send(0xee)).toEqual([0xee]);
    expect(send(0x01)).toEqual([0xfe]);
  });

  it("reports the lock lights", () => {
    expect(send(0xed, 0x05)).toEqual([0xfa, 0xfa]);
    expect(leds).toEqual([{ scrollLock: true, numLock: false, capsLock: true }]);
  });

  it("takes a command in place of a parameter", () => {
    expect(send(0xed, 0xf4)).toEqual([0xfa, 0xfa]);
    expect(leds).toEqual([]);
  });

  it("keeps events while scanning is off", () => {
    send(0xf5);
    keyboard.key("KeyB", true);
    keyboard.key("KeyB", false);
    expect(take()).toEqual([]);
    expect(keyboard.idle).toBe(false);
    expect(send(0xf4)).toEqual([0xfa, 0x32, 0xf0, 0x32]);
  });

  it("sets the behavior of keys in set 3", () => {
    send(0xf0, 3);
    expect(send(0xfc, 0x1c, 0x32, 0xf4)).toEqual([0xfa, 0xfa, 0xfa, 0xfa]);
    expect(tap("KeyA")).toEqual([0x1c, 0xf0, 0x1c]);
    expect(tap("KeyC")).toEqual([0x21]);
    send(0xf8);
    expect(tap("KeyC")).toEqual([0x21, 0xf0, 0x21]);
  });

  it("repeats the last key with the guest's delay and rate", () => {
    send(0xf3, 0x00);
    keyboard.key("KeyA", true);
    keyboard.key("KeyA", true);
    expect(take()).toEqual([0x1c]);
    clock.advance(249e6);
    expect(take()).toEqual([]);
    let repeats = 0;
    for (let ms = 0; ms < 1001; ms++) {
      clock.advance(1e6);
      repeats += take().length;
    }
    expect(repeats).toBeGreaterThanOrEqual(30);
    expect(repeats).toBeLessThanOrEqual(32);
    keyboard.key("KeyA", false);
    take();
    clock.advance(1e9);
    expect(take()).toEqual([]);
  });

  it("loses no event however late the guest reads", () => {
    for (let i = 0; i < 100; i++) {
      keyboard.key("KeyA", true);
      keyboard.key("KeyA", false);
    }
    expect(take().length).toBe(300);
  });

  it("releases everything that is down", () => {
    keyboard.key("ShiftLeft", true);
    keyboard.key("KeyZ", true);
    take();
    keyboard.releaseAllKeys();
    expect(take().sort((a, b) => a - b)).toEqual([0x12, 0x1a, 0xf0, 0xf0]);
  });

  it("does not know keys that PC keyboards lack", () => {
    expect(keyboard.key("Fn", true)).toBe(false);
    expect(keyboard.key("OSLeft", true)).toBe(true);
    expect(take()).toEqual([0xe0, 0x1f]);
  });
});

describe("typing text", () => {
  it("knows every printable ASCII character", () => {
    for (let code = 0x20; code < 0x7f; code++)
      expect(strokeFor(String.fromCharCode(code)), String.fromCharCode(code)).toBeDefined();
    expect(strokeFor("|")).toEqual({ code: "Backslash", shift: true, control: false });
    expect(strokeFor("\x03")).toEqual({ code: "KeyC", shift: false, control: true });
    expect(strokeFor("ñ")).toBeUndefined();
  });

  it("waits for the guest to read and resolves when the last key is up", async () => {
    const typer = new TextTyper(clock, keyboard);
    let done = false;
    const typed = typer.type("aB\r\n").then(() => (done = true));
    clock.advance(1e9);
    await Promise.resolve();
    expect(done).toBe(false);
    const bytes: number[] = [];
    for (let i = 0; i < 100; i++) {
      bytes.push(...take());
      clock.advance(10e6);
    }
    await typed;
    expect(bytes).toEqual(hex("1c f0 1c 12 32 f0 32 f0 12 5a f0 5a"));
  });

  it("names a character that cannot be typed, and fails what is cancelled", async () => {
    const typer = new TextTyper(clock, keyboard);
    await expect(typer.type("año")).rejects.toThrow("ñ");
    const typed = typer.press(["ControlLeft", "AltLeft", "Delete"]);
    typer.cancel();
    await expect(typed).rejects.toThrow("before all keys");
  });
});

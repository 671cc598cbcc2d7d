/**
 * Key events to scan-code bytes: make and break by set, and the sequences that depend on the modifiers: Print Screen,
 * Pause, and the false shifts around the navigation keys, which make them work for software that knows the AT's
 * 84 keys only.
 *
 * References: [PS2KBD] "101/102-Key Keyboard: Scan Codes", tables for scan code sets 1, 2 and 3.
 */
import type { StateValue } from "../../device.ts";
import { KEYS, type KeyCodes } from "./scan-codes.ts";

export type ScanSet = 1 | 2 | 3;

const PREFIX = 0xe0;
const BREAK_SET2 = 0xf0;
const ALT_PRINT_SCREEN: Record<1 | 2, number> = { 1: 0x54, 2: 0x84 };
/** Pause has no break code: it sends Ctrl+NumLock down and up at once. */
const PAUSE: Record<1 | 2, readonly number[]> = {
  1: [0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5],
  2: [0xe1, 0x14, 0x77, 0xe1, 0xf0, 0x14, 0xf0, 0x77],
};
/** Hangul and Hanja of Korean keyboards send a make code only. */
const MAKE_ONLY = new Set(["Lang1", "Lang2"]);
/** Keys that the AT's keyboard had on its keypad only. */
const NAVIGATION = new Set([
  "Insert",
  "Delete",
  "Home",
  "End",
  "PageUp",
  "PageDown",
  "ArrowLeft",
  "ArrowUp",
  "ArrowDown",
  "ArrowRight",
]);
const SHIFTS = ["ShiftLeft", "ShiftRight"] as const;

/** The bytes of a plain make or break code in set 1 or 2. */
function plain(set: 1 | 2, code: number, down: boolean): number[] {
  const prefix = code > 0xff ? [PREFIX] : [];
  const byte = code & 0xff;
  if (down) return [...prefix, byte];
  return set === 1 ? [...prefix, byte | 0x80] : [...prefix, BREAK_SET2, byte];
}

export class ScanEncoder {
  private readonly held = new Set<string>();
  /** How Print Screen or Pause went down, since its break code must match. */
  private printScreenAlt = false;
  numLock = false;

  isHeld(key: string): boolean {
    return this.held.has(key);
  }

  /** Forgets keys that are down, as after a reset of the keyboard. */
  releaseAll(): void {
    this.held.clear();
  }

  /** @param key a name in `KEYS`. @returns the bytes of this event; the key counts as down or up from now on. */
  encode(key: string, down: boolean, set: ScanSet, set3Breaks: (code: number) => boolean): number[] {
    const codes = KEYS.get(key);
    if (!codes) return [];
    const bytes = set === 3 ? this.encodeSet3(codes, down, set3Breaks) : this.encodeSet12(key, codes, down, set);
    if (down) this.held.add(key);
    else this.held.delete(key);
    return bytes;
  }

  /** What the key sends again while it is held; empty for keys that do not repeat. */
  encodeRepeat(key: string, set: ScanSet): number[] {
    const codes = KEYS.get(key);
    if (!codes || key === "Pause" || MAKE_ONLY.has(key)) return [];
    if (set === 3) return codes.set3 ? [codes.set3] : [];
    if (key === "PrintScreen" && this.printScreenAlt) return [ALT_PRINT_SCREEN[set]];
    return plain(set, set === 1 ? codes.set1 : codes.set2, true);
  }

  save(): StateValue {
    return { held: [...this.held], printScreenAlt: this.printScreenAlt, numLock: this.numLock };
  }

  restore(state: StateValue): void {
    const saved = state as { held: string[]; printScreenAlt: boolean; numLock: boolean };
    this.held.clear();
    for (const key of saved.held) this.held.add(key);
    this.printScreenAlt = saved.printScreenAlt;
    this.numLock = saved.numLock;
  }

  private encodeSet3(codes: KeyCodes, down: boolean, set3Breaks: (code: number) => boolean): number[] {
    if (codes.set3 === 0) return [];
    if (down) return [codes.set3];
    return set3Breaks(codes.set3) ? [BREAK_SET2, codes.set3] : [];
  }

  private encodeSet12(key: string, codes: KeyCodes, down: boolean, set: 1 | 2): number[] {
    if (key === "Pause") return this.encodePause(codes, down, set);
    if (key === "PrintScreen") return this.encodePrintScreen(codes, down, set);
    if (MAKE_ONLY.has(key)) return down ? [codes.set1] : [];
    const code = set === 1 ? codes.set1 : codes.set2;
    const bytes = plain(set, code, down);
    if (NAVIGATION.has(key)) return this.withFalseShifts(bytes, down, set, !this.numLock);
    if (key === "NumpadDivide") return this.withFalseShifts(bytes, down, set, true, false);
    return bytes;
  }

  /**
   * With a shift key down, its release goes before the make code and its press after the break code; with NumLock on
   * and no shift, a press before and a release after.
   */
  private withFalseShifts(
    bytes: number[],
    down: boolean,
    set: 1 | 2,
    undoesShift: boolean,
    fakesShift = this.numLock,
  ): number[] {
    const shifts = SHIFTS.filter((key) => this.held.has(key));
    const falseShift = (key: string, press: boolean): number[] => {
      const codes = KEYS.get(key);
      return codes ? plain(set, 0xe000 | (set === 1 ? codes.set1 : codes.set2), press) : [];
    };
    if (shifts.length > 0) {
      if (!undoesShift) return bytes;
      const falseCodes = shifts.flatMap((key) => falseShift(key, !down));
      return down ? [...falseCodes, ...bytes] : [...bytes, ...falseCodes];
    }
    if (!fakesShift) return bytes;
    return down ? [...falseShift("ShiftLeft", true), ...bytes] : [...bytes, ...falseShift("ShiftLeft", false)];
  }

  private encodePause(codes: KeyCodes, down: boolean, set: 1 | 2): number[] {
    if (!down) return [];
    if (!this.holdsAny("ControlLeft", "ControlRight")) return [...PAUSE[set]];
    const code = set === 1 ? codes.set1 : codes.set2;
    return [...plain(set, code, true), ...plain(set, code, false)];
  }

  private encodePrintScreen(codes: KeyCodes, down: boolean, set: 1 | 2): number[] {
    if (down) this.printScreenAlt = this.holdsAny("AltLeft", "AltRight");
    if (this.printScreenAlt) return plain(set, ALT_PRINT_SCREEN[set], down);
    const bytes = plain(set, set === 1 ? codes.set1 : codes.set2, down);
    if (this.holdsAny("ControlLeft", "ControlRight", ...SHIFTS)) return bytes;
    const shift = KEYS.get("ShiftLeft");
    const falseShift = shift ? plain(set, 0xe000 | (set === 1 ? shift.set1 : shift.set2), down) : [];
    return down ? [...falseShift, ...bytes] : [...bytes, ...falseShift];
  }

  private holdsAny(...keys: string[]): boolean {
    return keys.some((key) => this.held.has(key));
  }
}

/**
 * A 101/102-key PS/2 keyboard (MF-II) with scan-code sets 1, 2 and 3, typematic repeat and LEDs.
 *
 * Key events wait on the host's side until the keyboard's own 16-byte buffer has room and scanning is enabled, so what
 * is typed or pasted never overruns the guest.
 *
 * References: [PS2KBD] IBM PS/2 Hardware Interface Technical Reference, "101/102-Key Keyboard: Commands".
 */
import type { Clock, Timer } from "../../clock.ts";
import { type DeviceState, expectVersion } from "../../device.ts";
import { rearm } from "../../timer-state.ts";
import { PS2_ACK, PS2_RESEND, PS2_SELF_TEST_PASSED, type Ps2Device } from "./ps2-device.ts";
import { canonicalKey, KEYS } from "./scan-codes.ts";
import { ScanEncoder, type ScanSet } from "./scan-encoder.ts";

const CMD_SET_LEDS = 0xed;
const CMD_ECHO = 0xee;
const CMD_SCAN_SET = 0xf0;
const CMD_IDENTIFY = 0xf2;
const CMD_TYPEMATIC = 0xf3;
const CMD_ENABLE = 0xf4;
const CMD_DEFAULT_DISABLE = 0xf5;
const CMD_SET_DEFAULT = 0xf6;
const CMD_ALL_TYPEMATIC = 0xf7;
const CMD_ALL_MAKE_BREAK = 0xf8;
const CMD_ALL_MAKE = 0xf9;
const CMD_ALL_TYPEMATIC_MAKE_BREAK = 0xfa;
const CMD_KEY_TYPEMATIC = 0xfb;
const CMD_KEY_MAKE_BREAK = 0xfc;
const CMD_KEY_MAKE = 0xfd;
const CMD_RESEND = 0xfe;
const CMD_RESET = 0xff;
const KEYBOARD_ID = [0xab, 0x83] as const;

const LED_SCROLL_LOCK = 0x01;
const LED_NUM_LOCK = 0x02;
const LED_CAPS_LOCK = 0x04;

/** Set 3 key behavior. */
const KEY_REPEATS = 1;
const KEY_BREAKS = 2;

const BUFFER_BYTES = 16;
/** The longest sequence of one event (Pause; two false shifts, a prefix and a break). */
const LONGEST_SEQUENCE = 9;
/** Live key presses that wait; more are dropped (releases never are). Typed text has its own pacing. */
const MAX_WAITING = 512;
/** 500 ms and 10.9 characters a second, after power-on and with Set Default. */
const DEFAULT_TYPEMATIC = 0x2b;

export interface KeyboardLeds {
  scrollLock: boolean;
  numLock: boolean;
  capsLock: boolean;
}

interface KeyEvent {
  key: string;
  down: boolean;
}

export class Ps2Keyboard implements Ps2Device {
  private readonly encoder = new ScanEncoder();
  private readonly set3Behavior = new Uint8Array(256);
  /** Replies go before scan codes. */
  private replies: number[] = [];
  private buffer: number[] = [];
  private waiting: KeyEvent[] = [];
  private scanning = true;
  private scanSet: ScanSet = 2;
  private typematic = DEFAULT_TYPEMATIC;
  private leds = 0;
  private expecting: number | null = null;
  private lastSent = 0;
  private repeating: string | null = null;
  private readonly repeatTimer: Timer;
  private onOutput: () => void = () => {};

  /** @param onLeds the guest switched the lock lights. */
  constructor(
    private readonly clock: Clock,
    private readonly onLeds: (leds: KeyboardLeds) => void = () => {},
  ) {
    this.repeatTimer = clock.createTimer("keyboard-typematic", () => this.repeat());
    this.setDefaults();
  }

  connect(onOutput: () => void): void {
    this.onOutput = onOutput;
  }

  /** Power-on: also what the reset line of the machine does to the keyboard, by way of its self-test. */
  reset(): void {
    this.replies = [];
    this.buffer = [];
    this.waiting = [];
    this.encoder.releaseAll();
    this.expecting = null;
    this.setDefaults();
    this.setLeds(0);
    this.scanning = true;
  }

  /**
   * A key went down or up; repeats of a key that is down are ignored, the keyboard repeats by itself.
   * @param code a KeyboardEvent.code name. @returns false when a PC keyboard has no such key.
   */
  key(code: string, down: boolean): boolean {
    const key = canonicalKey(code);
    if (key === undefined) return false;
    if (!down || this.waiting.length < MAX_WAITING) this.waiting.push({ key, down });
    this.drain();
    return true;
  }

  /** Lets go of every key that is down (the host's window lost the focus). */
  releaseAllKeys(): void {
    for (const key of KEYS.keys()) {
      const lastEvent = this.waiting.findLast((event) => event.key === key);
      if (lastEvent ? lastEvent.down : this.encoder.isHeld(key)) this.waiting.push({ key, down: false });
    }
    this.drain();
  }

  /** True when the guest has taken everything that was typed so far. */
  get idle(): boolean {
    return this.waiting.length === 0 && this.buffer.length === 0 && this.replies.length === 0;
  }

  get hasOutput(): boolean {
    return this.replies.length > 0 || this.buffer.length > 0;
  }

  takeOutput(): number {
    const byte = this.replies.shift() ?? this.buffer.shift() ?? 0;
    if (byte !== PS2_RESEND) this.lastSent = byte;
    this.drain();
    return byte;
  }

  receive(byte: number): void {
    const expecting = this.expecting;
    this.expecting = null;
    // A parameter is never a command byte, except that the key lists of set 3 end with one.
    if (expecting !== null && byte < CMD_SET_LEDS) this.parameter(expecting, byte);
    else this.command(byte);
    this.drain();
    if (this.hasOutput) this.onOutput();
  }

  save(): DeviceState {
    return {
      version: 1,
      encoder: this.encoder.save(),
      set3Behavior: this.set3Behavior.slice(),
      replies: [...this.replies],
      buffer: [...this.buffer],
      waiting: this.waiting.map(({ key, down }) => ({ key, down })),
      scanning: this.scanning,
      scanSet: this.scanSet,
      typematic: this.typematic,
      leds: this.leds,
      expecting: this.expecting,
      lastSent: this.lastSent,
      repeating: this.repeating,
      repeatNs: this.repeatTimer.deadlineNs,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the keyboard", state, 1);
    this.encoder.restore(state.encoder);
    this.set3Behavior.set(state.set3Behavior as Uint8Array);
    this.replies = [...(state.replies as number[])];
    this.buffer = [...(state.buffer as number[])];
    this.waiting = (state.waiting as unknown as KeyEvent[]).map(({ key, down }) => ({ key, down }));
    this.scanning = state.scanning as boolean;
    this.scanSet = state.scanSet as ScanSet;
    this.typematic = state.typematic as number;
    this.expecting = state.expecting as number | null;
    this.lastSent = state.lastSent as number;
    this.repeating = state.repeating as string | null;
    rearm(this.repeatTimer, state.repeatNs as number);
    this.setLeds(state.leds as number);
  }

  // ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Moves waiting events into the keyboard's buffer while there is room. */
  private drain(): void {
    const hadOutput = this.hasOutput;
    while (this.scanning && this.buffer.length + LONGEST_SEQUENCE <= BUFFER_BYTES) {
      const event = this.waiting.shift();
      if (!event) break;
      // The browser's own repeats, and releases of keys that went down elsewhere.
      if (event.down === this.encoder.isHeld(event.key)) continue;
      this.buffer.push(...this.encoder.encode(event.key, event.down, this.scanSet, (code) => this.breaks(code)));
      if (event.down) this.startRepeat(event.key);
      else if (event.key === this.repeating) this.stopRepeat();
    }
    if (!hadOutput && this.hasOutput) this.onOutput();
  }

  private breaks(set3Code: number): boolean {
    return ((this.set3Behavior[set3Code] ?? 0) & KEY_BREAKS) !== 0;
  }

  private startRepeat(key: string): void {
    this.stopRepeat();
    const set3Code = KEYS.get(key)?.set3 ?? 0;
    if (this.scanSet === 3 && !((this.set3Behavior[set3Code] ?? 0) & KEY_REPEATS)) return;
    if (this.encoder.encodeRepeat(key, this.scanSet).length === 0) return;
    this.repeating = key;
    // [PS2KBD] F3: delay 250 ms × (1 + bits 6–5).
    this.repeatTimer.armAt(this.clock.nowNs() + (1 + ((this.typematic >> 5) & 3)) * 250e6);
  }

  private stopRepeat(): void {
    this.repeating = null;
    this.repeatTimer.cancel();
  }

  private repeat(): void {
    if (this.repeating === null) return;
    // A guest that does not read gets no repeats, only the events that happened.
    if (this.scanning && !this.hasOutput) {
      this.buffer.push(...this.encoder.encodeRepeat(this.repeating, this.scanSet));
      this.onOutput();
    }
    // Period (8 + bits 2–0) × 2^(bits 4–3) × 4.17 ms.
    const periodNs = (8 + (this.typematic & 7)) * 2 ** ((this.typematic >> 3) & 3) * (1e9 / 240);
    this.repeatTimer.armAt(this.clock.nowNs() + periodNs);
  }

  // ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────

  private reply(...bytes: number[]): void {
    // A guest that sends commands without reading answers gets the first ones, as from a full buffer.
    if (this.replies.length + bytes.length <= BUFFER_BYTES) this.replies.push(...bytes);
  }

  private command(byte: number): void {
    switch (byte) {
      case CMD_ECHO:
        this.reply(CMD_ECHO);
        return;
      case CMD_RESEND:
        this.reply(this.lastSent);
        return;
      case CMD_SET_LEDS:
      case CMD_SCAN_SET:
      case CMD_TYPEMATIC:
      case CMD_KEY_TYPEMATIC:
      case CMD_KEY_MAKE_BREAK:
      case CMD_KEY_MAKE:
        this.reply(PS2_ACK);
        this.expecting = byte;
        return;
      case CMD_IDENTIFY:
        this.reply(PS2_ACK, ...KEYBOARD_ID);
        return;
      case CMD_ENABLE:
        this.reply(PS2_ACK);
        this.clearBuffer();
        this.scanning = true;
        return;
      case CMD_DEFAULT_DISABLE:
        this.reply(PS2_ACK);
        this.setDefaults();
        this.scanning = false;
        return;
      case CMD_SET_DEFAULT:
        this.reply(PS2_ACK);
        this.setDefaults();
        return;
      case CMD_ALL_TYPEMATIC:
        this.setAllKeys(KEY_REPEATS);
        return;
      case CMD_ALL_MAKE_BREAK:
        this.setAllKeys(KEY_BREAKS);
        return;
      case CMD_ALL_MAKE:
        this.setAllKeys(0);
        return;
      case CMD_ALL_TYPEMATIC_MAKE_BREAK:
        this.setAllKeys(KEY_REPEATS | KEY_BREAKS);
        return;
      case CMD_RESET:
        this.setDefaults();
        this.scanning = true;
        this.setLeds(0);
        this.replies = [];
        this.reply(PS2_ACK, PS2_SELF_TEST_PASSED);
        return;
      default:
        this.reply(PS2_RESEND);
    }
  }

  private parameter(command: number, value: number): void {
    switch (command) {
      case CMD_SET_LEDS:
        this.reply(PS2_ACK);
        this.setLeds(value & 7);
        return;
      case CMD_TYPEMATIC:
        if (value & 0x80) {
          this.reply(PS2_RESEND);
          return;
        }
        this.typematic = value;
        this.reply(PS2_ACK);
        return;
      case CMD_SCAN_SET:
        if (value === 0) this.reply(PS2_ACK, this.scanSet);
        else if (value <= 3) {
          this.reply(PS2_ACK);
          this.clearBuffer();
          this.scanSet = value as ScanSet;
        } else this.reply(PS2_RESEND);
        return;
      default:
        this.set3Behavior[value] =
          command === CMD_KEY_TYPEMATIC ? KEY_REPEATS : command === CMD_KEY_MAKE_BREAK ? KEY_BREAKS : 0;
        this.reply(PS2_ACK);
        this.expecting = command;
    }
  }

  private setAllKeys(behavior: number): void {
    this.reply(PS2_ACK);
    this.set3Behavior.fill(behavior);
  }

  private setDefaults(): void {
    this.clearBuffer();
    this.stopRepeat();
    this.scanSet = 2;
    this.typematic = DEFAULT_TYPEMATIC;
    this.set3Behavior.fill(0);
    for (const { set3, set3Kind } of KEYS.values())
      this.set3Behavior[set3] = set3Kind === "typematic" ? KEY_REPEATS : set3Kind === "makeBreak" ? KEY_BREAKS : 0;
  }

  /** Drops scan codes that were not sent; what still waits on the host's side stays. */
  private clearBuffer(): void {
    this.buffer = [];
  }

  private setLeds(leds: number): void {
    this.encoder.numLock = (leds & LED_NUM_LOCK) !== 0;
    if (leds === this.leds) return;
    this.leds = leds;
    this.onLeds({
      scrollLock: (leds & LED_SCROLL_LOCK) !== 0,
      numLock: (leds & LED_NUM_LOCK) !== 0,
      capsLock: (leds & LED_CAPS_LOCK) !== 0,
    });
  }
}

/**
 * A PS/2 mouse: standard, IntelliMouse (wheel) after the knock 200-100-80, Explorer (five buttons) after 200-200-80;
 * stream, remote and wrap mode, scaling, resolution, sample rate.
 *
 * Motion adds up until a report may go; button changes are never merged away, so that a click is seen by a guest however
 * slow it is. Left out: the resolution does not scale motion, which comes in screen units already.
 *
 * References: [PS2MOUSE] IBM PS/2 Hardware Interface Technical Reference, "Mouse"; [IMPS2] Microsoft, "Input: 5-Button
 * Wheel Mouse" protocol notes.
 */
import type { Clock, Timer } from "../../clock.ts";
import { type DeviceState, expectVersion } from "../../device.ts";
import { rearm } from "../../timer-state.ts";
import { PS2_ACK, PS2_ERROR, PS2_RESEND, PS2_SELF_TEST_PASSED, type Ps2Device } from "./ps2-device.ts";

const CMD_SCALING_1_1 = 0xe6;
const CMD_SCALING_2_1 = 0xe7;
const CMD_SET_RESOLUTION = 0xe8;
const CMD_STATUS = 0xe9;
const CMD_STREAM_MODE = 0xea;
const CMD_READ_DATA = 0xeb;
const CMD_RESET_WRAP = 0xec;
const CMD_WRAP_MODE = 0xee;
const CMD_REMOTE_MODE = 0xf0;
const CMD_GET_ID = 0xf2;
const CMD_SAMPLE_RATE = 0xf3;
const CMD_ENABLE = 0xf4;
const CMD_DISABLE = 0xf5;
const CMD_SET_DEFAULTS = 0xf6;
const CMD_RESEND = 0xfe;
const CMD_RESET = 0xff;

const BUTTON_BITS = { left: 1, right: 2, middle: 4, back: 8, forward: 16 } as const;
export type Ps2MouseButton = keyof typeof BUTTON_BITS;

const PACKET_ALWAYS_ONE = 0x08;
const PACKET_X_SIGN = 0x10;
const PACKET_Y_SIGN = 0x20;
const STATUS_REMOTE = 0x40;
const STATUS_ENABLED = 0x20;
const STATUS_SCALING = 0x10;

const ID_STANDARD = 0;
const ID_INTELLIMOUSE = 3;
const ID_EXPLORER = 4;
const SAMPLE_RATES = [10, 20, 40, 60, 80, 100, 200];
const REPLY_BYTES = 16;
const MAX_WAITING = 128;
const MAX_MOTION = 4096;

interface Motion {
  dx: number;
  dy: number;
  dz: number;
  buttons: number;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

export class Ps2Mouse implements Ps2Device {
  private output: number[] = [];
  /** Reports to come, oldest first; neighbors differ in their buttons. */
  private waiting: Motion[] = [];
  private buttons = 0;
  private reporting = false;
  private remote = false;
  private wrap = false;
  private scaling2 = false;
  private resolution = 2;
  private sampleRate = 100;
  private id = ID_STANDARD;
  private lastRates = [0, 0, 0];
  private expecting: number | null = null;
  /** The byte before was refused: a second one in a row is an error. */
  private refused = false;
  private lastPacket: number[] = [];
  private nextReportNs = 0;
  private readonly sampleTimer: Timer;
  private onOutput: () => void = () => {};

  constructor(private readonly clock: Clock) {
    this.sampleTimer = clock.createTimer("mouse-sample", () => this.report());
  }

  connect(onOutput: () => void): void {
    this.onOutput = onOutput;
  }

  reset(): void {
    this.output = [];
    this.buttons = 0;
    this.id = ID_STANDARD;
    this.lastRates = [0, 0, 0];
    this.wrap = false;
    this.expecting = null;
    this.refused = false;
    this.setDefaults();
  }

  /** Relative motion in counts: right and down positive; `dz` wheel detents, positive towards the user (down). */
  move(dx: number, dy: number, dz = 0): void {
    if (!this.collecting) return;
    const last = this.lastWaiting();
    last.dx = clamp(last.dx + Math.round(dx), -MAX_MOTION, MAX_MOTION);
    last.dy = clamp(last.dy - Math.round(dy), -MAX_MOTION, MAX_MOTION);
    last.dz = clamp(last.dz + Math.round(dz), -MAX_MOTION, MAX_MOTION);
    this.report();
  }

  button(button: Ps2MouseButton, down: boolean): void {
    const bit = BUTTON_BITS[button];
    const buttons = down ? this.buttons | bit : this.buttons & ~bit;
    if (buttons === this.buttons) return;
    this.buttons = buttons;
    if (!this.collecting) return;
    if (this.waiting.length < MAX_WAITING) this.waiting.push({ dx: 0, dy: 0, dz: 0, buttons });
    else this.lastWaiting().buttons = buttons;
    this.report();
  }

  /** Sends a report without motion: the wake-up call of the absolute pointer, whose data goes another way. */
  nudge(): void {
    if (!this.collecting) return;
    this.lastWaiting();
    this.report();
  }

  /** The guest's driver listens. */
  get enabled(): boolean {
    return this.reporting;
  }

  get hasOutput(): boolean {
    return this.output.length > 0;
  }

  takeOutput(): number {
    const byte = this.output.shift() ?? 0;
    if (this.output.length === 0) this.report();
    return byte;
  }

  receive(byte: number): void {
    const expecting = this.expecting;
    const refusedBefore = this.refused;
    this.expecting = null;
    this.refused = false;
    if (this.wrap && byte !== CMD_RESET_WRAP && byte !== CMD_RESET) this.reply(byte);
    // A host that gives up after FE goes on with a command: no parameter is as large.
    else if (expecting !== null && !(refusedBefore && byte >= CMD_SCALING_1_1)) {
      if (!this.parameter(expecting, byte)) this.refuse(refusedBefore, expecting);
    } else if (!this.command(byte)) this.refuse(refusedBefore, null);
    if (this.hasOutput) this.onOutput();
  }

  save(): DeviceState {
    return {
      version: 1,
      output: [...this.output],
      waiting: this.waiting.map((motion) => ({ ...motion })),
      buttons: this.buttons,
      reporting: this.reporting,
      remote: this.remote,
      wrap: this.wrap,
      scaling2: this.scaling2,
      resolution: this.resolution,
      sampleRate: this.sampleRate,
      id: this.id,
      lastRates: [...this.lastRates],
      expecting: this.expecting,
      refused: this.refused,
      lastPacket: [...this.lastPacket],
      nextReportNs: this.nextReportNs,
      sampleNs: this.sampleTimer.deadlineNs,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the mouse", state, 1);
    this.output = [...(state.output as number[])];
    this.waiting = (state.waiting as unknown as Motion[]).map((motion) => ({ ...motion }));
    this.buttons = state.buttons as number;
    this.reporting = state.reporting as boolean;
    this.remote = state.remote as boolean;
    this.wrap = state.wrap as boolean;
    this.scaling2 = state.scaling2 as boolean;
    this.resolution = state.resolution as number;
    this.sampleRate = state.sampleRate as number;
    this.id = state.id as number;
    this.lastRates = [...(state.lastRates as number[])];
    this.expecting = state.expecting as number | null;
    this.refused = state.refused === true;
    this.lastPacket = [...(state.lastPacket as number[])];
    this.nextReportNs = state.nextReportNs as number;
    rearm(this.sampleTimer, state.sampleNs as number);
  }

  // ── Reports ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Motion counts while reports are on, and in remote mode, where the guest asks for it. */
  private get collecting(): boolean {
    return this.reporting || this.remote;
  }

  private lastWaiting(): Motion {
    const last = this.waiting.at(-1);
    if (last) return last;
    const motion = { dx: 0, dy: 0, dz: 0, buttons: this.buttons };
    this.waiting.push(motion);
    return motion;
  }

  /** Sends the next report if one waits, the cable is free and the sample interval is over. */
  private report(): void {
    if (!this.reporting || this.remote || this.wrap || this.waiting.length === 0 || this.hasOutput) return;
    const now = this.clock.nowNs();
    if (now < this.nextReportNs) {
      if (!this.sampleTimer.armed) this.sampleTimer.armAt(this.nextReportNs);
      return;
    }
    this.nextReportNs = now + 1e9 / this.sampleRate;
    this.output.push(...this.buildPacket(this.scaling2));
    this.onOutput();
  }

  private buildPacket(scale: boolean): number[] {
    const motion = this.waiting[0] ?? { dx: 0, dy: 0, dz: 0, buttons: this.buttons };
    const takeX = clamp(motion.dx, -127, 127);
    const takeY = clamp(motion.dy, -127, 127);
    const takeZ = this.id === ID_STANDARD ? motion.dz : clamp(motion.dz, -8, 7);
    motion.dx -= takeX;
    motion.dy -= takeY;
    motion.dz -= takeZ;
    if (motion.dx === 0 && motion.dy === 0 && motion.dz === 0) this.waiting.shift();
    const x = scale ? scaled(takeX) : takeX;
    const y = scale ? scaled(takeY) : takeY;
    const flags = (motion.buttons & 7) | PACKET_ALWAYS_ONE | (x < 0 ? PACKET_X_SIGN : 0) | (y < 0 ? PACKET_Y_SIGN : 0);
    const packet = [flags, x & 0xff, y & 0xff];
    if (this.id === ID_INTELLIMOUSE) packet.push(takeZ & 0xff);
    else if (this.id === ID_EXPLORER) packet.push((takeZ & 0x0f) | ((motion.buttons & 0x18) << 1));
    this.lastPacket = packet;
    return packet;
  }

  // ── Commands ──────────────────────────────────────────────────────────────────────────────────────────────────

  private reply(...bytes: number[]): void {
    if (this.output.length + bytes.length <= REPLY_BYTES) this.output.push(...bytes);
    this.lastPacket = bytes;
  }

  /** [PS2MOUSE] "Error Handling": FE asks for the byte again; what is wrong twice in a row is an error, FC. */
  private refuse(again: boolean, expecting: number | null): void {
    this.reply(again ? PS2_ERROR : PS2_RESEND);
    this.refused = !again;
    if (!again) this.expecting = expecting;
  }

  /** @returns false where there is no such command. */
  private command(byte: number): boolean {
    // [PS2MOUSE]: a command ends the report under way and clears the counters.
    this.output = [];
    switch (byte) {
      case CMD_SCALING_1_1:
      case CMD_SCALING_2_1:
        this.scaling2 = byte === CMD_SCALING_2_1;
        this.reply(PS2_ACK);
        return true;
      case CMD_SET_RESOLUTION:
      case CMD_SAMPLE_RATE:
        this.expecting = byte;
        this.reply(PS2_ACK);
        return true;
      case CMD_STATUS:
        this.reply(PS2_ACK, this.statusByte(), this.resolution, this.sampleRate);
        return true;
      case CMD_STREAM_MODE:
        this.clearMotion();
        this.remote = false;
        this.reply(PS2_ACK);
        return true;
      case CMD_READ_DATA: {
        // Scaling does not apply to Read Data.
        const packet = this.buildPacket(false);
        this.reply(PS2_ACK, ...packet);
        this.lastPacket = packet;
        return true;
      }
      case CMD_WRAP_MODE:
      case CMD_RESET_WRAP:
        this.clearMotion();
        this.wrap = byte === CMD_WRAP_MODE;
        this.reply(PS2_ACK);
        return true;
      case CMD_REMOTE_MODE:
        this.clearMotion();
        this.remote = true;
        this.reply(PS2_ACK);
        return true;
      case CMD_GET_ID:
        this.reply(PS2_ACK, this.id);
        return true;
      case CMD_ENABLE:
      case CMD_DISABLE:
        this.clearMotion();
        this.reporting = byte === CMD_ENABLE;
        this.reply(PS2_ACK);
        return true;
      case CMD_SET_DEFAULTS:
        this.setDefaults();
        this.reply(PS2_ACK);
        return true;
      case CMD_RESEND:
        this.output.push(...this.lastPacket);
        return true;
      case CMD_RESET:
        this.setDefaults();
        this.wrap = false;
        this.id = ID_STANDARD;
        this.lastRates = [0, 0, 0];
        this.reply(PS2_ACK, PS2_SELF_TEST_PASSED, ID_STANDARD);
        return true;
      default:
        return false;
    }
  }

  /** @returns false where the value is out of range. */
  private parameter(command: number, value: number): boolean {
    if (command === CMD_SET_RESOLUTION) {
      if (value > 3) return false;
      this.resolution = value;
    } else {
      if (!SAMPLE_RATES.includes(value)) return false;
      this.sampleRate = value;
      this.lastRates = [...this.lastRates.slice(1), value];
      const knock = this.lastRates.join("-");
      if (knock === "200-100-80") this.id = ID_INTELLIMOUSE;
      else if (knock === "200-200-80") this.id = ID_EXPLORER;
    }
    this.reply(PS2_ACK);
    return true;
  }

  private statusByte(): number {
    const { buttons } = this;
    return (
      (this.remote ? STATUS_REMOTE : 0) |
      (this.reporting ? STATUS_ENABLED : 0) |
      (this.scaling2 ? STATUS_SCALING : 0) |
      (buttons & BUTTON_BITS.left ? 4 : 0) |
      (buttons & BUTTON_BITS.middle ? 2 : 0) |
      (buttons & BUTTON_BITS.right ? 1 : 0)
    );
  }

  private clearMotion(): void {
    this.waiting = [];
    this.sampleTimer.cancel();
    this.nextReportNs = 0;
  }

  private setDefaults(): void {
    this.clearMotion();
    this.reporting = this.remote = this.scaling2 = false;
    this.resolution = 2;
    this.sampleRate = 100;
  }
}

/** [PS2MOUSE] "Scaling 2:1": 0–5 counts by table, more are doubled. */
function scaled(count: number): number {
  const magnitude = Math.abs(count);
  const result = [0, 1, 1, 3, 6, 9][magnitude] ?? magnitude * 2;
  return count < 0 ? -result : result;
}

/**
 * One counter of the 8254, as a function of time: nothing runs between two looks at it. A counting element that was
 * loaded with N at tick s holds, e ticks later, what the mode's diagram in the datasheet shows at e.
 *
 * Modes 0–5, binary and BCD, both byte orders of access, counter latch and status latch. In BCD, digits above 9 are
 * taken by their weight.
 *
 * References: [8254] Intel 8254 datasheet (231164), "Mode Definitions" and "Read-Back Command".
 */
import { type DeviceState, expectVersion } from "../device.ts";

const ACCESS_LOW = 1;
const ACCESS_HIGH = 2;
const ACCESS_BOTH = 3;
const STATUS_OUTPUT = 0x80;
const STATUS_NULL_COUNT = 0x40;

const bcdToBinary = (value: number): number =>
  (value >> 12) * 1000 + ((value >> 8) & 15) * 100 + ((value >> 4) & 15) * 10 + (value & 15);
const binaryToBcd = (value: number): number =>
  (Math.floor(value / 1000) << 12) |
  (Math.floor((value / 100) % 10) << 8) |
  (Math.floor((value / 10) % 10) << 4) |
  (value % 10);

export class PitCounter {
  private mode = 0;
  /** Access, mode and BCD bits as the control word had them, for the status byte. */
  private controlBits = 0;
  private bcd = false;
  private access = ACCESS_BOTH;
  /** What the CPU wrote last, as a count 1…65536 (10000 in BCD). */
  private reload = 0x10000;
  /** A count that waits for the end of the period (modes 2, 3) or for a trigger (modes 1, 5). */
  private pendingReload: number | null = null;
  /** When that will be in modes 2 and 3, and whether it is the middle of a period of mode 3. */
  private pendingTick = 0;
  private pendingAtHalf = false;
  /** Period starts before this tick were no rising edges: OUT was high already, or the period began at its half. */
  private firstRise = 0;
  /** Tick at which the counting element held `count`; meaningful while `counting`. */
  private startTick = 0;
  private count = 0x10000;
  private counting = false;
  /** Ticks counted before the gate stopped the counter. */
  private heldTicks = 0;
  /** Modes 1 and 5 wait for a trigger, mode 4 for a count: until then OUT rests. */
  private armed = false;
  private gate: boolean;
  private writeLow: number | null = null;
  private readHighNext = false;
  private latchedCount: number | null = null;
  private latchedStatus: number | null = null;

  constructor(private readonly gateAtReset: boolean) {
    this.gate = gateAtReset;
  }

  reset(): void {
    this.gate = this.gateAtReset;
    this.setControl(0x30);
    this.reload = this.count = 0x10000;
    this.armed = false;
  }

  /** A control word that names this counter (not a latch or read-back command). */
  setControl(control: number): void {
    const mode = (control >> 1) & 7;
    this.controlBits = control & 0x3f;
    this.mode = mode > 5 ? mode - 4 : mode;
    this.bcd = (control & 1) !== 0;
    this.access = (control >> 4) & 3;
    this.counting = false;
    this.heldTicks = 0;
    this.armed = false;
    this.pendingReload = null;
    this.writeLow = null;
    this.readHighNext = false;
    this.latchedCount = this.latchedStatus = null;
  }

  write(value: number, nowTick: number): void {
    if (this.access === ACCESS_LOW) this.load(value, nowTick);
    else if (this.access === ACCESS_HIGH) this.load(value << 8, nowTick);
    else if (this.writeLow === null) {
      this.writeLow = value;
      // [8254] mode 0: writing the first byte disables counting; OUT goes low at once.
      if (this.mode === 0) {
        this.sync(nowTick);
        this.heldTicks = this.elapsed(nowTick);
        this.counting = false;
      }
    } else {
      const low = this.writeLow;
      this.writeLow = null;
      this.load(low | (value << 8), nowTick);
    }
  }

  read(nowTick: number): number {
    if (this.latchedStatus !== null) {
      const status = this.latchedStatus;
      this.latchedStatus = null;
      return status;
    }
    const value = this.latchedCount ?? this.currentCount(nowTick);
    if (this.access === ACCESS_LOW) this.latchedCount = null;
    else if (this.access === ACCESS_HIGH || this.readHighNext) {
      this.latchedCount = null;
      this.readHighNext = false;
      return value >> 8;
    } else this.readHighNext = true;
    return value & 0xff;
  }

  /** Counter latch command; a second one is ignored until the first value is read. */
  latchCount(nowTick: number): void {
    this.latchedCount ??= this.currentCount(nowTick);
  }

  latchStatus(nowTick: number): void {
    if (this.latchedStatus !== null) return;
    this.sync(nowTick);
    const notLoaded = !this.everLoaded(nowTick) || this.pendingReload !== null;
    this.latchedStatus =
      (this.output(nowTick) ? STATUS_OUTPUT : 0) |
      (notLoaded ? STATUS_NULL_COUNT : 0) |
      // "Exactly as written": also the don't-care bit of modes 2 and 3.
      this.controlBits;
  }

  setGate(gate: boolean, nowTick: number): void {
    if (gate === this.gate) return;
    this.sync(nowTick);
    this.gate = gate;
    if (gate) this.gateRose(nowTick);
    else if (this.mode !== 1 && this.mode !== 5 && this.counting) {
      this.heldTicks = this.elapsed(nowTick);
      // The strobe of mode 4 is one tick long, whatever the gate does ("GATE has no effect on OUT").
      if (this.mode === 4 && this.armed && this.heldTicks === this.count) this.heldTicks++;
      this.counting = false;
    }
  }

  get gateOpen(): boolean {
    return this.gate;
  }

  /** Level of the OUT pin. */
  output(nowTick: number): boolean {
    this.sync(nowTick);
    const elapsed = this.elapsed(nowTick);
    switch (this.mode) {
      case 0:
        return this.armed && this.writeLow === null && elapsed >= this.count;
      case 1:
        return !(this.armed && this.started(nowTick) && elapsed < this.count);
      case 2:
        return !this.counting || this.count < 2 || elapsed % this.count !== this.count - 1;
      case 3:
        return !this.counting || elapsed % this.count < (this.count + 1) >> 1;
      default:
        return !(this.armed && elapsed === this.count);
    }
  }

  /** The first tick after `nowTick` at which OUT may change, or Infinity when only software can change it. */
  nextChange(nowTick: number): number {
    this.sync(nowTick);
    if (!this.counting) return Infinity;
    if (this.mode === 2 || this.mode === 3) {
      if (this.count < 2) return Infinity;
      // Mode 2's low pulse is one tick long; whoever watches edges needs its end only (see Pit).
      const periodStart = this.periodStart(nowTick);
      const half = periodStart + ((this.count + 1) >> 1);
      return this.mode === 3 && half > nowTick ? half : periodStart + this.count;
    }
    if (!this.armed) return Infinity;
    if (nowTick < this.startTick) return this.startTick;
    const end = this.startTick + this.count;
    if (nowTick < end) return end;
    return this.mode >= 4 && nowTick < end + 1 ? end + 1 : Infinity;
  }

  /** True where OUT of a periodic mode rose after `sinceTick`, up to `nowTick`. */
  roseSince(sinceTick: number, nowTick: number): boolean {
    this.sync(nowTick);
    if (this.periodTicks === null) return false;
    const rise = this.periodStart(nowTick);
    return rise > sinceTick && rise <= nowTick && rise >= this.firstRise;
  }

  /** Ticks of one period of OUT, or null when OUT does not swing. */
  get periodTicks(): number | null {
    return (this.mode === 2 || this.mode === 3) && this.counting && this.count >= 2 ? this.count : null;
  }

  save(): DeviceState {
    return {
      version: 1,
      mode: this.mode,
      controlBits: this.controlBits,
      bcd: this.bcd,
      access: this.access,
      reload: this.reload,
      pendingReload: this.pendingReload,
      pendingTick: this.pendingTick,
      pendingAtHalf: this.pendingAtHalf,
      firstRise: this.firstRise,
      startTick: this.startTick,
      count: this.count,
      counting: this.counting,
      heldTicks: this.heldTicks,
      armed: this.armed,
      gate: this.gate,
      writeLow: this.writeLow,
      readHighNext: this.readHighNext,
      latchedCount: this.latchedCount,
      latchedStatus: this.latchedStatus,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("a timer counter", state, 1);
    this.mode = state.mode as number;
    this.bcd = state.bcd as boolean;
    this.access = state.access as number;
    // States from before it was kept.
    const control = (this.access << 4) | (this.mode << 1) | (this.bcd ? 1 : 0);
    this.controlBits = (state.controlBits as number | undefined) ?? control;
    this.reload = state.reload as number;
    this.pendingReload = state.pendingReload as number | null;
    this.pendingTick = state.pendingTick as number;
    this.pendingAtHalf = state.pendingAtHalf as boolean;
    this.firstRise = state.firstRise as number;
    this.startTick = state.startTick as number;
    this.count = state.count as number;
    this.counting = state.counting as boolean;
    this.heldTicks = state.heldTicks as number;
    this.armed = state.armed as boolean;
    this.gate = state.gate as boolean;
    this.writeLow = state.writeLow as number | null;
    this.readHighNext = state.readHighNext as boolean;
    this.latchedCount = state.latchedCount as number | null;
    this.latchedStatus = state.latchedStatus as number | null;
  }

  private get modulus(): number {
    return this.bcd ? 10000 : 0x10000;
  }

  private load(raw: number, nowTick: number): void {
    this.sync(nowTick);
    const binary = this.bcd ? bcdToBinary(raw) : raw;
    const count = binary === 0 ? this.modulus : binary;
    this.reload = count;
    const waits = this.mode === 1 || this.mode === 5 || ((this.mode === 2 || this.mode === 3) && this.counting);
    if (waits) this.loadLater(count, nowTick);
    else this.startAt(nowTick + 1, count);
  }

  /** Loads the counting element with `count` at `tick`, or holds it there while the gate is closed. */
  private startAt(tick: number, count: number): void {
    this.pendingReload = null;
    this.count = count;
    this.startTick = tick;
    this.firstRise = tick + 1;
    this.heldTicks = 0;
    this.armed = true;
    this.counting = this.gate || this.mode === 1 || this.mode === 5;
  }

  private gateRose(nowTick: number): void {
    switch (this.mode) {
      case 0:
      case 4:
        if (!this.armed || this.writeLow !== null) return;
        this.startTick = nowTick - this.heldTicks;
        this.counting = true;
        return;
      case 1:
      case 5:
        if (this.pendingReload === null && !this.armed) return;
        this.startAt(nowTick + 1, this.reload);
        return;
      default:
        if (this.armed) this.startAt(nowTick + 1, this.reload);
    }
  }

  /** Takes over a count that waited for the end of a period. */
  private sync(nowTick: number): void {
    if (this.pendingReload === null || !this.counting || (this.mode !== 2 && this.mode !== 3)) return;
    if (nowTick < this.pendingTick) return;
    const count = this.pendingReload;
    // Mode 3 may take the new count in the middle of a period: then the low half of the new length follows.
    this.startTick = this.pendingAtHalf ? this.pendingTick - ((count + 1) >> 1) : this.pendingTick;
    this.firstRise = this.pendingTick;
    this.count = count;
    this.pendingReload = null;
  }

  /** Lets `count` wait: [8254] for the end of the half cycle in mode 3, of the period in mode 2. */
  private loadLater(count: number, nowTick: number): void {
    this.pendingReload = count;
    this.pendingAtHalf = false;
    if (!this.counting) return;
    const periodStart = this.periodStart(nowTick);
    const half = periodStart + ((this.count + 1) >> 1);
    this.pendingAtHalf = this.mode === 3 && half > nowTick;
    this.pendingTick = this.pendingAtHalf ? half : periodStart + this.count;
  }

  private periodStart(nowTick: number): number {
    return nowTick < this.startTick ? this.startTick : nowTick - ((nowTick - this.startTick) % this.count);
  }

  private started(nowTick: number): boolean {
    return nowTick >= this.startTick;
  }

  private everLoaded(nowTick: number): boolean {
    return this.armed && (!this.counting || this.started(nowTick));
  }

  private elapsed(nowTick: number): number {
    return this.counting ? Math.max(0, nowTick - this.startTick) : this.heldTicks;
  }

  private currentCount(nowTick: number): number {
    this.sync(nowTick);
    const elapsed = this.elapsed(nowTick);
    let value: number;
    if (this.mode === 2) value = this.count - (elapsed % this.count);
    else if (this.mode === 3) {
      const phase = elapsed % this.count;
      const half = (this.count + 1) >> 1;
      value = (this.count & ~1) - 2 * (phase < half ? phase : phase - half);
    } else {
      const modulus = this.modulus;
      value = (((this.count - elapsed) % modulus) + modulus) % modulus;
    }
    if (value === this.modulus) value = 0;
    return this.bcd ? binaryToBcd(value) : value;
  }
}

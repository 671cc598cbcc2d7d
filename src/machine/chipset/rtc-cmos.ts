/**
 * MC146818A real-time clock with the PC's 128 bytes of battery-backed memory (ports 0x70/0x71) and PIIX4's extended
 * bank of 128 more (0x72/0x73). The time is the machine's clock plus an offset that the guest sets; flags and registers
 * are computed when they are looked at, and a timer runs only while an interrupt is enabled.
 *
 * Left out: daylight saving (bit DSE is storage, as on every chip since 2007 it would be wrong) and the square-wave pin.
 *
 * References: [146818] Motorola MC146818A datasheet; [PIIX4] 82371AB 4.2.7.
 */
import type { IrqLine } from "../bus/irq-line.ts";
import type { PortDevice } from "../bus/port-bus.ts";
import type { Clock, Timer } from "../clock.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";
import { CMOS_CENTURY, CMOS_CHECKSUM_FIRST, CMOS_CHECKSUM_HIGH, CMOS_CHECKSUM_LAST } from "./cmos-layout.ts";
import { fieldsOf, nextAlarm, type RtcAlarm, type RtcFields, secondsOf } from "./rtc-time.ts";

const REG_SECONDS = 0x00;
const REG_SECONDS_ALARM = 0x01;
const REG_MINUTES = 0x02;
const REG_MINUTES_ALARM = 0x03;
const REG_HOURS = 0x04;
const REG_HOURS_ALARM = 0x05;
const REG_WEEKDAY = 0x06;
const REG_DAY = 0x07;
const REG_MONTH = 0x08;
const REG_YEAR = 0x09;
const REG_A = 0x0a;
const REG_B = 0x0b;
const REG_C = 0x0c;
const REG_D = 0x0d;

const A_UIP = 0x80;
const A_DIVIDER = 0x70;
const A_DIVIDER_32KHZ = 0x20;
const A_DIVIDER_RESET = 0x60;
const A_RATE = 0x0f;
const B_SET = 0x80;
const B_PIE = 0x40;
const B_AIE = 0x20;
const B_UIE = 0x10;
const B_BINARY = 0x04;
const B_24H = 0x02;
const C_IRQF = 0x80;
const C_PF = 0x40;
const C_AF = 0x20;
const C_UF = 0x10;
const D_VRT = 0x80;
const REG_SHUTDOWN = 0x0f;
const HOUR_PM = 0x80;
const ALARM_ANY = 0xc0;
/** No second, minute or hour. */
const NEVER = 99;

const NS_PER_S = 1e9;
/** [146818] "Update Cycle": UIP rises 244 µs before an update, which takes 1984 µs with a 32 kHz crystal. */
const UIP_NS = (244 + 1984) * 1000;
/** The first update comes half a second after the divider is let go. */
const HALF_SECOND_NS = 5e8;

const TIME_REGISTERS = [REG_SECONDS, REG_MINUTES, REG_HOURS, REG_WEEKDAY, REG_DAY, REG_MONTH, REG_YEAR, CMOS_CENTURY];

export class RtcCmos implements PortDevice, Device {
  readonly category = "rtc";
  private readonly bytes = new Uint8Array(256);
  private index = 0;
  private extendedIndex = 0;
  private nmiDisabled = false;
  /** RTC time in ns since 1970 minus machine time; meaningful while the clock runs. */
  private offsetNs: number;
  private weekdayShift = 0;
  /** Up to which machine time PF, AF and UF have been looked at. */
  private seenNs = 0;
  private readonly timer: Timer;

  /**
   * Four ports; the board puts them at 0x70.
   * @param irq8 held while an enabled flag is set, until register C is read.
   * @param onNmiMask bit 7 of port 0x70 changed.
   */
  constructor(
    private readonly clock: Clock,
    private readonly irq8: IrqLine,
    private readonly onNmiMask: (masked: boolean) => void = () => {},
  ) {
    this.timer = clock.createTimer("rtc", () => this.update());
    this.offsetNs = clock.epochMs * 1e6;
    this.bytes[REG_A] = A_DIVIDER_32KHZ | 6;
    this.bytes[REG_B] = B_24H;
  }

  /** [146818] "RESET pin": interrupt enables and flags go, time and memory stay. */
  reset(): void {
    this.bytes[REG_B] = this.reg(REG_B) & ~(B_PIE | B_AIE | B_UIE | 0x08);
    this.bytes[REG_C] = 0;
    this.seenNs = this.clock.nowNs();
    this.index = this.extendedIndex = 0;
    this.setNmiMask(false);
    this.update();
  }

  /** Writes battery-backed bytes as the BIOS set-up would, and corrects their checksum. */
  setBytes(values: ReadonlyMap<number, number>): void {
    for (const [index, value] of values) this.bytes[index & 0xff] = value;
    let sum = 0;
    for (let i = CMOS_CHECKSUM_FIRST; i <= CMOS_CHECKSUM_LAST; i++) sum += this.reg(i);
    this.bytes[CMOS_CHECKSUM_HIGH] = (sum >> 8) & 0xff;
    this.bytes[CMOS_CHECKSUM_HIGH + 1] = sum & 0xff;
  }

  /** Why the processor is reset, for the BIOS that it then comes to. [AT] "CMOS RAM", 0Fh */
  get shutdownCode(): number {
    return this.reg(REG_SHUTDOWN);
  }

  portRead(offset: number): number {
    if (offset === 1) return this.readRegister(this.index);
    if (offset === 3) return this.reg(0x80 | this.extendedIndex);
    return 0xff;
  }

  portWrite(offset: number, _sizeBytes: number, value: number): void {
    if (offset === 0) {
      this.index = value & 0x7f;
      this.setNmiMask((value & 0x80) !== 0);
    } else if (offset === 1) this.writeRegister(this.index, value);
    else if (offset === 2) this.extendedIndex = value & 0x7f;
    else this.bytes[0x80 | this.extendedIndex] = value;
  }

  save(): DeviceState {
    this.collectFlags();
    return {
      version: 1,
      bytes: this.bytes.slice(),
      index: this.index,
      extendedIndex: this.extendedIndex,
      nmiDisabled: this.nmiDisabled,
      offsetNs: this.offsetNs,
      weekdayShift: this.weekdayShift,
      seenNs: this.seenNs,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the real-time clock", state, 1);
    this.bytes.set(state.bytes as Uint8Array);
    this.index = state.index as number;
    this.extendedIndex = state.extendedIndex as number;
    this.offsetNs = state.offsetNs as number;
    this.weekdayShift = state.weekdayShift as number;
    this.seenNs = state.seenNs as number;
    this.setNmiMask(state.nmiDisabled as boolean);
    this.update();
  }

  private reg(index: number): number {
    return this.bytes[index] ?? 0;
  }

  private setNmiMask(masked: boolean): void {
    if (masked === this.nmiDisabled) return;
    this.nmiDisabled = masked;
    this.onNmiMask(masked);
  }

  // ── Registers ─────────────────────────────────────────────────────────────────────────────────────────────────

  private readRegister(index: number): number {
    switch (index) {
      case REG_A:
        return this.reg(REG_A) | (this.updating() ? A_UIP : 0);
      case REG_C: {
        this.collectFlags();
        const flags = this.reg(REG_C) | (this.irqWanted() ? C_IRQF : 0);
        this.bytes[REG_C] = 0;
        // [146818] register C: the read lets IRQ fall, also where the next flag rises before this is over.
        this.irq8.set(false);
        this.update();
        return flags;
      }
      case REG_D:
        return D_VRT;
      default:
        if (this.running && TIME_REGISTERS.includes(index)) return this.encodeTime(index, this.fields());
        return this.reg(index);
    }
  }

  private writeRegister(index: number, value: number): void {
    switch (index) {
      case REG_A:
      case REG_B:
        this.writeControl(index, value);
        return;
      case REG_C:
      case REG_D:
        return;
      default:
        if (TIME_REGISTERS.includes(index)) this.writeTime(index, value);
        else {
          this.collectFlags();
          this.bytes[index] = value;
          if (index === REG_SECONDS_ALARM || index === REG_MINUTES_ALARM || index === REG_HOURS_ALARM) this.update();
        }
    }
  }

  private writeControl(index: number, value: number): void {
    this.collectFlags();
    const wasRunning = this.running;
    const wasReset = (this.reg(REG_A) & A_DIVIDER_RESET) === A_DIVIDER_RESET;
    const oldFormat = this.reg(REG_B) & (B_BINARY | B_24H);
    if (wasRunning) this.freezeTime();
    if (index === REG_A) this.bytes[REG_A] = value & ~A_UIP;
    else {
      // [146818] register B: SET high clears UIE.
      this.bytes[REG_B] = value & B_SET ? value & ~B_UIE : value;
    }
    const sameFormat = (this.reg(REG_B) & (B_BINARY | B_24H)) === oldFormat;
    // A change of format leaves the bytes as they are; the chip counts on from what they now mean.
    if (this.running && !(wasRunning && sameFormat)) this.thawTime(wasReset ? HALF_SECOND_NS : this.dividerPhaseNs());
    this.update();
  }

  // ── Time ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The clock counts while SET is clear and the divider chain is set for a 32 kHz crystal. */
  private get running(): boolean {
    return !(this.reg(REG_B) & B_SET) && (this.reg(REG_A) & A_DIVIDER) === A_DIVIDER_32KHZ;
  }

  private rtcNs(atNs = this.clock.nowNs()): number {
    return atNs + this.offsetNs;
  }

  /** Where the divider chain stands in its second; SET and writes to the time do not touch it. */
  private dividerPhaseNs(): number {
    const ns = this.rtcNs();
    return ns - Math.floor(ns / NS_PER_S) * NS_PER_S;
  }

  private fields(): RtcFields {
    return fieldsOf(Math.floor(this.rtcNs() / NS_PER_S));
  }

  private updating(): boolean {
    if (!this.running) return false;
    const ns = this.rtcNs();
    return (Math.floor(ns / NS_PER_S) + 1) * NS_PER_S - ns <= UIP_NS;
  }

  /** Stores the running time into the registers, where it stands until `thawTime`. */
  private freezeTime(): void {
    const fields = this.fields();
    for (const index of TIME_REGISTERS) this.bytes[index] = this.encodeTime(index, fields);
  }

  /** Goes on counting from the registers; its divider stands `fractionNs` into a second. */
  private thawTime(fractionNs: number): void {
    const fields: RtcFields = {
      second: this.decode(this.reg(REG_SECONDS)),
      minute: this.decode(this.reg(REG_MINUTES)),
      hour: this.decodeHour(this.reg(REG_HOURS)),
      weekday: this.decode(this.reg(REG_WEEKDAY)),
      day: this.decode(this.reg(REG_DAY)),
      month: this.decode(this.reg(REG_MONTH)),
      year: this.decode(this.reg(CMOS_CENTURY)) * 100 + this.decode(this.reg(REG_YEAR)),
    };
    const seconds = secondsOf(fields);
    this.offsetNs = seconds * NS_PER_S + fractionNs - this.clock.nowNs();
    this.weekdayShift = (fields.weekday - fieldsOf(seconds).weekday + 7) % 7;
    this.seenNs = this.clock.nowNs();
  }

  private writeTime(index: number, value: number): void {
    if (!this.running) {
      this.bytes[index] = value;
      return;
    }
    this.collectFlags();
    this.freezeTime();
    this.bytes[index] = value;
    this.thawTime(this.dividerPhaseNs());
    this.update();
  }

  private encodeTime(index: number, fields: RtcFields): number {
    switch (index) {
      case REG_SECONDS:
        return this.encode(fields.second);
      case REG_MINUTES:
        return this.encode(fields.minute);
      case REG_HOURS:
        return this.encodeHour(fields.hour);
      case REG_WEEKDAY:
        return this.encode(((fields.weekday - 1 + this.weekdayShift) % 7) + 1);
      case REG_DAY:
        return this.encode(fields.day);
      case REG_MONTH:
        return this.encode(fields.month);
      case REG_YEAR:
        return this.encode(fields.year % 100);
      default:
        return this.encode(Math.floor(fields.year / 100) % 100);
    }
  }

  private encode(value: number): number {
    return this.reg(REG_B) & B_BINARY ? value : (Math.floor(value / 10) << 4) | (value % 10);
  }

  private decode(value: number): number {
    return this.reg(REG_B) & B_BINARY ? value : (value >> 4) * 10 + (value & 15);
  }

  private encodeHour(hour: number): number {
    if (this.reg(REG_B) & B_24H) return this.encode(hour);
    return this.encode(hour % 12 === 0 ? 12 : hour % 12) | (hour >= 12 ? HOUR_PM : 0);
  }

  private decodeHour(value: number): number {
    if (this.reg(REG_B) & B_24H) return this.decode(value);
    return (this.decode(value & ~HOUR_PM) % 12) + (value & HOUR_PM ? 12 : 0);
  }

  // ── Flags and interrupt ───────────────────────────────────────────────────────────────────────────────────────

  /** Period of the periodic flag, or null when the rate selection stops it. */
  private periodNs(): number | null {
    const rate = this.reg(REG_A) & A_RATE;
    if (rate === 0 || (this.reg(REG_A) & A_DIVIDER) !== A_DIVIDER_32KHZ) return null;
    // [146818] table 5: with 32 kHz, rates 1 and 2 repeat 8 and 9.
    return (NS_PER_S / 32768) * 2 ** ((rate < 3 ? rate + 7 : rate) - 1);
  }

  private alarm(): RtcAlarm {
    // The chip compares bytes: what the time never reads as never matches.
    const field = (index: number, decoded: number, encoded: number): number | null => {
      const value = this.reg(index);
      return (value & ALARM_ANY) === ALARM_ANY ? null : encoded === value ? decoded : NEVER;
    };
    const second = this.decode(this.reg(REG_SECONDS_ALARM));
    const minute = this.decode(this.reg(REG_MINUTES_ALARM));
    const hour = this.decodeHour(this.reg(REG_HOURS_ALARM));
    return {
      second: field(REG_SECONDS_ALARM, second, this.encode(second)),
      minute: field(REG_MINUTES_ALARM, minute, this.encode(minute)),
      hour: field(REG_HOURS_ALARM, hour, this.encodeHour(hour)),
    };
  }

  /** Sets the flags whose moment has passed since the last look. */
  private collectFlags(): void {
    const now = this.clock.nowNs();
    if (now <= this.seenNs) return;
    let flags = 0;
    const period = this.periodNs();
    if (period !== null && Math.floor(now / period) > Math.floor(this.seenNs / period)) flags |= C_PF;
    if (this.running) {
      const before = Math.floor(this.rtcNs(this.seenNs) / NS_PER_S);
      const seconds = Math.floor(this.rtcNs(now) / NS_PER_S);
      if (seconds > before) {
        flags |= C_UF;
        if (nextAlarm(this.alarm(), before) <= seconds) flags |= C_AF;
      }
    }
    this.bytes[REG_C] = this.reg(REG_C) | flags;
    this.seenNs = now;
  }

  private irqWanted(): boolean {
    return (this.reg(REG_C) & this.reg(REG_B) & (C_PF | C_AF | C_UF)) !== 0;
  }

  /** Drives the line and arms the timer for the next moment at which an enabled flag rises. */
  private update(): void {
    this.collectFlags();
    const wanted = this.irqWanted();
    this.irq8.set(wanted);
    if (wanted) this.timer.cancel();
    else {
      const next = this.nextEventNs();
      if (next === Infinity) this.timer.cancel();
      else this.timer.armAt(next);
    }
  }

  private nextEventNs(): number {
    const now = this.clock.nowNs();
    const enabled = this.reg(REG_B);
    let next = Infinity;
    const period = this.periodNs();
    if (enabled & B_PIE && period !== null) next = Math.ceil((Math.floor(now / period) + 1) * period);
    if (this.running && enabled & (B_UIE | B_AIE)) {
      const seconds = Math.floor(this.rtcNs(now) / NS_PER_S);
      const due = enabled & B_UIE ? seconds + 1 : nextAlarm(this.alarm(), seconds);
      next = Math.min(next, due * NS_PER_S - this.offsetNs);
    }
    // Rounding of the offset must not arm a moment that has not quite come when it fires.
    return next === Infinity ? next : Math.max(next, now + 1);
  }
}

/**
 * High-precision event timers: a 64-bit counter at 100 MHz and three comparators, one-shot and periodic, 32- or 64-bit,
 * edge or level, with legacy replacement: timer 0 takes the place of the 8254 and timer 1 that of the RTC.
 *
 * The counter is computed when it is read; each comparator keeps one timer armed while it can interrupt.
 * Left out: delivery by FSB messages (the capability bit says so).
 *
 * References: [HPET] IA-PC HPET Specification 1.0a, 2.3.
 */
import type { IrqLine } from "../bus/irq-line.ts";
import type { MmioDevice } from "../bus/mmio-bus.ts";
import type { Clock, Timer } from "../clock.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";
import { rearm } from "../timer-state.ts";

export const HPET_BYTES = 0x400;

const TIMERS = 3;
const PERIOD_FS = 10_000_000;
const NS_PER_TICK = 10n;
const CAPABILITIES_LOW = 0x8086a201;

const REG_CAPABILITIES = 0x00;
const REG_CONFIGURATION = 0x10;
const REG_STATUS = 0x20;
const REG_COUNTER = 0xf0;
const REG_TIMERS = 0x100;
const TIMER_STRIDE = 0x20;
const TIMER_CONFIGURATION = 0x00;
const TIMER_COMPARATOR = 0x08;

const CNF_ENABLE = 0x01;
const CNF_LEGACY = 0x02;
const TN_LEVEL = 1 << 1;
const TN_ENABLED = 1 << 2;
const TN_PERIODIC = 1 << 3;
const TN_PERIODIC_CAPABLE = 1 << 4;
const TN_64BIT_CAPABLE = 1 << 5;
const TN_VALUE_SET = 1 << 6;
const TN_32BIT = 1 << 8;
const TN_ROUTE_SHIFT = 9;
const TN_WRITABLE = TN_LEVEL | TN_ENABLED | TN_PERIODIC | TN_VALUE_SET | TN_32BIT | (31 << TN_ROUTE_SHIFT);
/** I/O APIC inputs that a comparator can reach: 2, 8 and the ones above the ISA interrupts. */
const ROUTES = 0x00ff0104;

const MASK_32 = 0xffff_ffffn;
const MASK_64 = 0xffff_ffff_ffff_ffffn;
/** Interrupts come no faster than this, so that no period can keep the host in timer calls. */
const MIN_INTERRUPT_NS = 8_000;

interface Comparator {
  config: number;
  comparator: bigint;
  period: bigint;
  line: IrqLine | null;
  lineLevel: boolean;
  readonly timer: Timer;
}

interface SavedComparator {
  config: number;
  comparator: string;
  period: string;
  lineLevel: boolean;
  deadlineNs: number;
}

export interface HpetWiring {
  /** IRQ0 and IRQ8 to the interrupt controllers: the HPET stands between them and the 8254 and RTC. */
  irq0: IrqLine;
  irq8: IrqLine;
  /** A new source on I/O APIC input `gsi` (wired OR), for a comparator that is routed there by its configuration. */
  gsi: (gsi: number) => IrqLine;
}

/** A line that can be cut off, and remembers what it would carry. */
class GatedLine implements IrqLine {
  private asserted = false;
  private open = true;

  constructor(private readonly target: IrqLine) {}

  set(asserted: boolean): void {
    this.asserted = asserted;
    if (this.open) this.target.set(asserted);
  }

  setOpen(open: boolean): void {
    if (open === this.open) return;
    this.open = open;
    this.target.set(open && this.asserted);
  }
}

export class Hpet implements MmioDevice, Device {
  readonly category = "hpet";
  private config = 0;
  private status = 0;
  /** The counter's value at machine time 0 while it runs, its value while it stands. */
  private base = 0n;
  private highLatch: number | null = null;
  private readonly comparators: Comparator[];
  /** Lines by comparator and route. */
  private readonly routes = new Map<number, IrqLine>();
  private readonly gatedPit: GatedLine;
  private readonly gatedRtc: GatedLine;

  constructor(
    private readonly clock: Clock,
    private readonly wiring: HpetWiring,
  ) {
    this.gatedPit = new GatedLine(wiring.irq0);
    this.gatedRtc = new GatedLine(wiring.irq8);
    this.comparators = Array.from({ length: TIMERS }, (_, n) => ({
      config: 0,
      comparator: MASK_64,
      period: 0n,
      line: null,
      lineLevel: false,
      timer: clock.createTimer(`hpet-${n}`, () => this.due(n)),
    }));
  }

  /** Give these to the 8254 and the RTC: they lead on to IRQ0 and IRQ8 unless the HPET has replaced them. */
  get pitLine(): IrqLine {
    return this.gatedPit;
  }
  get rtcLine(): IrqLine {
    return this.gatedRtc;
  }

  reset(): void {
    this.config = 0;
    this.status = 0;
    this.base = 0n;
    this.highLatch = null;
    for (const [n, comparator] of this.comparators.entries()) {
      comparator.config = 0;
      comparator.comparator = MASK_64;
      comparator.period = 0n;
      this.update(n);
    }
    this.openGates(true);
  }

  mmioRead(offset: number, sizeBytes: number): number {
    const word = this.readWord(offset & ~3);
    const shifted = word >>> ((offset & 3) * 8);
    return sizeBytes === 4 ? shifted : shifted & ((1 << (sizeBytes * 8)) - 1);
  }

  mmioWrite(offset: number, sizeBytes: number, value: number): void {
    this.highLatch = null;
    const aligned = offset & ~3;
    if (sizeBytes === 4) {
      this.writeWord(aligned, value);
      return;
    }
    // [HPET] 2.3.1 asks for 32- and 64-bit accesses only; narrower ones merge into the word.
    const shift = (offset & 3) * 8;
    const mask = ((1 << (sizeBytes * 8)) - 1) << shift;
    const old = aligned === REG_STATUS ? 0 : this.readWord(aligned);
    this.writeWord(aligned, ((old & ~mask) | ((value << shift) & mask)) >>> 0);
  }

  save(): DeviceState {
    return {
      version: 1,
      config: this.config,
      status: this.status,
      base: this.base.toString(),
      highLatch: this.highLatch,
      timers: this.comparators.map(({ config, comparator, period, lineLevel, timer }) => ({
        config,
        lineLevel,
        comparator: comparator.toString(),
        period: period.toString(),
        deadlineNs: timer.deadlineNs,
      })),
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the HPET", state, 1);
    this.config = state.config as number;
    this.status = state.status as number;
    this.base = BigInt(state.base as string);
    this.highLatch = state.highLatch as number | null;
    const timers = state.timers as unknown as SavedComparator[];
    // Comparators let go of the lines that they had before the 8254 and the RTC get theirs.
    for (const comparator of this.comparators) {
      this.drive(comparator, false);
      comparator.line = null;
    }
    this.openGates((this.config & CNF_LEGACY) === 0);
    timers.forEach((saved, n) => {
      const comparator = this.comparators[n];
      if (!comparator) return;
      comparator.config = saved.config;
      comparator.comparator = BigInt(saved.comparator);
      comparator.period = BigInt(saved.period);
      comparator.line = this.running && saved.config & TN_ENABLED ? this.lineOf(n) : null;
      this.drive(comparator, saved.lineLevel);
      rearm(comparator.timer, saved.deadlineNs);
    });
  }

  // ── Counter ───────────────────────────────────────────────────────────────────────────────────────────────────

  private get running(): boolean {
    return (this.config & CNF_ENABLE) !== 0;
  }

  private elapsedTicks(): bigint {
    return BigInt(Math.floor(this.clock.nowNs())) / NS_PER_TICK;
  }

  private counter(): bigint {
    return this.running ? (this.base + this.elapsedTicks()) & MASK_64 : this.base;
  }

  private setCounter(value: bigint): void {
    this.base = this.running ? (value - this.elapsedTicks()) & MASK_64 : value;
  }

  // ── Registers ─────────────────────────────────────────────────────────────────────────────────────────────────

  private readWord(offset: number): number {
    const latched = this.highLatch;
    this.highLatch = null;
    switch (offset) {
      case REG_CAPABILITIES:
        return CAPABILITIES_LOW;
      case REG_CAPABILITIES + 4:
        return PERIOD_FS;
      case REG_CONFIGURATION:
        return this.config;
      case REG_STATUS:
        return this.status;
      case REG_COUNTER: {
        const value = this.counter();
        // A 64-bit read comes as two halves: the upper one belongs to the lower one.
        this.highLatch = Number(value >> 32n);
        return Number(value & MASK_32);
      }
      case REG_COUNTER + 4:
        return latched ?? Number(this.counter() >> 32n);
      default:
        return offset >= REG_TIMERS ? this.readTimer(offset) : 0;
    }
  }

  private readTimer(offset: number): number {
    const n = Math.floor((offset - REG_TIMERS) / TIMER_STRIDE);
    const comparator = this.comparators[n];
    if (!comparator) return 0;
    switch ((offset - REG_TIMERS) % TIMER_STRIDE) {
      case TIMER_CONFIGURATION:
        return comparator.config | TN_PERIODIC_CAPABLE | TN_64BIT_CAPABLE;
      case TIMER_CONFIGURATION + 4:
        return ROUTES;
      case TIMER_COMPARATOR:
        return Number(comparator.comparator & MASK_32);
      case TIMER_COMPARATOR + 4:
        return Number(comparator.comparator >> 32n);
      default:
        return 0;
    }
  }

  private writeWord(offset: number, value: number): void {
    switch (offset) {
      case REG_CONFIGURATION:
        this.writeConfiguration(value & (CNF_ENABLE | CNF_LEGACY));
        return;
      case REG_STATUS:
        this.clearStatus(value);
        return;
      case REG_COUNTER:
      case REG_COUNTER + 4: {
        this.setCounter(replaceHalf(this.counter(), offset !== REG_COUNTER, value));
        for (const n of this.comparators.keys()) this.update(n);
        return;
      }
      default:
        if (offset >= REG_TIMERS) this.writeTimer(offset, value);
    }
  }

  private writeConfiguration(value: number): void {
    const counter = this.counter();
    this.config = value;
    this.setCounter(counter);
    const legacy = (value & CNF_LEGACY) !== 0;
    // Whoever has IRQ0 and IRQ8 lets go of them before the other one drives them.
    if (legacy) this.openGates(false);
    for (const n of this.comparators.keys()) this.update(n);
    if (!legacy) this.openGates(true);
  }

  private openGates(open: boolean): void {
    this.gatedPit.setOpen(open);
    this.gatedRtc.setOpen(open);
  }

  private clearStatus(bits: number): void {
    this.status &= ~bits;
    for (const [n, comparator] of this.comparators.entries())
      if (bits & (1 << n) && comparator.config & TN_LEVEL) this.drive(comparator, false);
  }

  private writeTimer(offset: number, value: number): void {
    const n = Math.floor((offset - REG_TIMERS) / TIMER_STRIDE);
    const comparator = this.comparators[n];
    if (!comparator) return;
    switch ((offset - REG_TIMERS) % TIMER_STRIDE) {
      case TIMER_CONFIGURATION:
        comparator.config = value & TN_WRITABLE;
        if (comparator.config & TN_32BIT) {
          comparator.comparator &= MASK_32;
          comparator.period &= MASK_32;
        }
        break;
      case TIMER_COMPARATOR:
        this.writeComparator(n, false, value);
        break;
      case TIMER_COMPARATOR + 4:
        // In 32-bit mode the upper half does not exist.
        if (!(comparator.config & TN_32BIT)) this.writeComparator(n, true, value);
        break;
    }
    this.update(n);
  }

  /**
   * [HPET] 2.3.9.2: a write sets the period of a periodic comparator, and with VAL_SET its next match too; real chips
   * take the first write of the usual pair for both, and drivers rely on it.
   */
  private writeComparator(n: number, upper: boolean, value: number): void {
    const comparator = this.comparators[n];
    if (!comparator) return;
    const { config } = comparator;
    if (!(config & TN_PERIODIC) || config & TN_VALUE_SET)
      comparator.comparator = replaceHalf(comparator.comparator, upper, value);
    if (config & TN_PERIODIC) comparator.period = replaceHalf(comparator.period, upper, value);
    if (config & TN_32BIT || upper) comparator.config &= ~TN_VALUE_SET;
  }

  // ── Comparators ───────────────────────────────────────────────────────────────────────────────────────────────

  private widthMask(n: number): bigint {
    return (this.comparators[n]?.config ?? 0) & TN_32BIT ? MASK_32 : MASK_64;
  }

  /** Where comparator `n` interrupts: the legacy lines, or its own route; null where it leads nowhere. */
  private lineOf(n: number): IrqLine | null {
    if (this.config & CNF_LEGACY && n < 2) return n === 0 ? this.wiring.irq0 : this.wiring.irq8;
    const route = ((this.comparators[n]?.config ?? 0) >> TN_ROUTE_SHIFT) & 31;
    if (!(ROUTES & (1 << route))) return null;
    // Comparators that share an input must not pull it away from each other.
    const key = n * 32 + route;
    const line = this.routes.get(key) ?? this.wiring.gsi(route);
    this.routes.set(key, line);
    return line;
  }

  /** Rewires and arms comparator `n` after any change. */
  private update(n: number): void {
    const comparator = this.comparators[n];
    if (!comparator) return;
    const enabled = this.running && (comparator.config & TN_ENABLED) !== 0;
    const line = enabled ? this.lineOf(n) : null;
    const moved = line !== comparator.line && !(line === null && comparator.line === null);
    if (moved) {
      this.drive(comparator, false);
      comparator.line = line;
    }
    if (comparator.config & TN_LEVEL) this.drive(comparator, (this.status & (1 << n)) !== 0);
    this.arm(n);
  }

  private arm(n: number): void {
    const comparator = this.comparators[n];
    if (!comparator) return;
    if (!this.running || !(comparator.config & TN_ENABLED)) {
      comparator.timer.cancel();
      return;
    }
    const mask = this.widthMask(n);
    const ticks = (comparator.comparator - this.counter()) & mask;
    // A match that is now has been, or comes after a full turn; beyond a year nobody waits for it.
    const distance = ticks === 0n ? mask + 1n : ticks;
    if (distance > 3_200_000_000_000_000n) {
      comparator.timer.cancel();
      return;
    }
    const nowTicks = this.elapsedTicks();
    comparator.timer.armAt(Math.max(Number((nowTicks + distance) * NS_PER_TICK), this.clock.nowNs() + 1));
  }

  private due(n: number): void {
    const comparator = this.comparators[n];
    if (!comparator) return;
    const mask = this.widthMask(n);
    this.interrupt(n);
    if (comparator.config & TN_PERIODIC && comparator.period > 0n) {
      // Matches that a late host has missed are one interrupt, as they are when a guest is late.
      const passed = (this.counter() - comparator.comparator) & mask;
      const minimum = BigInt(MIN_INTERRUPT_NS) / NS_PER_TICK;
      const periods = passed / comparator.period + 1n;
      comparator.comparator = (comparator.comparator + periods * comparator.period) & mask;
      if (comparator.period < minimum) comparator.comparator = (this.counter() + minimum) & mask;
    }
    this.arm(n);
  }

  private interrupt(n: number): void {
    const comparator = this.comparators[n];
    if (!comparator?.line) return;
    if (comparator.config & TN_LEVEL) {
      this.status |= 1 << n;
      this.drive(comparator, true);
    } else {
      // An edge: the line stays high until just before the next one, so that the request cannot vanish.
      this.drive(comparator, false);
      this.drive(comparator, true);
    }
  }

  private drive(comparator: Comparator, asserted: boolean): void {
    if (!comparator.line) return;
    comparator.lineLevel = asserted;
    comparator.line.set(asserted);
  }
}

function replaceHalf(value: bigint, upper: boolean, half: number): bigint {
  const bits = BigInt(half >>> 0);
  return upper ? (value & MASK_32) | (bits << 32n) : (value & ~MASK_32 & MASK_64) | bits;
}

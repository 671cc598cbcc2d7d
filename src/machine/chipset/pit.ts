/**
 * The 8254 programmable interval timer of a PC (ports 0x40–0x43) and the system control port that gates its channel 2
 * (port 0x61): IRQ0 from channel 0, refresh toggle from channel 1, speaker from channel 2.
 *
 * Counts are computed when they are read; the only thing that runs is one timer for the edges of channel 0.
 * Left out: NMI sources of port 0x61 (SERR#, IOCHK#) never assert; their enable bits are storage.
 *
 * References: [8254] Intel 8254 datasheet (231164); [PIIX4] 82371AB 4.2.5 (port 61h).
 */
import type { IrqLine } from "../bus/irq-line.ts";
import type { PortDevice } from "../bus/port-bus.ts";
import type { Clock, Timer } from "../clock.ts";
import { type Device, type DeviceState, expectVersion } from "../device.ts";
import { rearm } from "../timer-state.ts";
import { PitCounter } from "./pit-counter.ts";

/** Input clock of all three channels. */
export const PIT_HZ = 1193182;
const TICKS_PER_NS = PIT_HZ / 1e9;

const CONTROL_PORT = 3;
const READ_BACK = 3;
const READ_BACK_NO_COUNT = 0x20;
const READ_BACK_NO_STATUS = 0x10;

const PORT61_GATE2 = 0x01;
const PORT61_SPEAKER = 0x02;
const PORT61_WRITABLE = 0x0f;
const PORT61_REFRESH = 0x10;
const PORT61_OUT2 = 0x20;
/** DRAM refresh requests of channel 1 as every BIOS programs it: one in 18 ticks, about 15 µs. */
const REFRESH_TICKS = 18;

/** Faster interrupts than this are merged, so that no divisor can keep the host in timer calls. */
const MIN_EDGE_DISTANCE_NS = 8_000;

/** What the speaker plays: a square wave of `frequencyHz`, or nothing. */
export interface SpeakerTone {
  frequencyHz: number | null;
}

export class Pit implements PortDevice, Device {
  readonly category = "pit";
  private readonly counters = [new PitCounter(true), new PitCounter(true), new PitCounter(false)] as const;
  private readonly timer: Timer;
  private lineLevel = false;
  /** Up to which tick the edges of channel 0 have been shown. */
  private lastTick = 0;
  private port61 = 0;
  private lastTone: number | null = null;

  /** One port; the board puts it at 0x61. */
  readonly systemControl: PortDevice = {
    category: "pit",
    portRead: () => this.readPort61(),
    portWrite: (_offset, _sizeBytes, value) => this.writePort61(value),
  };

  /**
   * @param irq0 OUT of channel 0.
   * @param onSpeaker the speaker's tone changed; not called for the tone that already sounds.
   */
  constructor(
    private readonly clock: Clock,
    private readonly irq0: IrqLine,
    private readonly onSpeaker: (tone: SpeakerTone) => void = () => {},
  ) {
    this.timer = clock.createTimer("pit", () => this.edgeDue());
    for (const counter of this.counters) counter.reset();
  }

  reset(): void {
    for (const counter of this.counters) counter.reset();
    this.port61 = 0;
    this.lineLevel = false;
    this.irq0.set(false);
    this.follow();
    this.updateSpeaker();
  }

  portRead(offset: number): number {
    const counter = this.counters[offset];
    return counter ? counter.read(this.nowTick()) : 0xff;
  }

  portWrite(offset: number, _sizeBytes: number, value: number): void {
    const nowTick = this.nowTick();
    const counter = this.counters[offset];
    if (counter) {
      counter.write(value, nowTick);
      this.changed(offset);
    } else if (offset === CONTROL_PORT) this.writeControl(value, nowTick);
  }

  save(): DeviceState {
    return {
      version: 1,
      counters: this.counters.map((counter) => counter.save()),
      port61: this.port61,
      lineLevel: this.lineLevel,
      lastTick: this.lastTick,
      deadlineNs: this.timer.deadlineNs,
    };
  }

  restore(state: DeviceState): void {
    expectVersion("the interval timer", state, 1);
    const saved = state.counters as DeviceState[];
    this.counters.forEach((counter, i) => counter.restore(saved[i] as DeviceState));
    this.port61 = state.port61 as number;
    this.lineLevel = state.lineLevel as boolean;
    this.lastTick = state.lastTick as number;
    this.irq0.set(this.lineLevel);
    rearm(this.timer, state.deadlineNs as number);
    this.updateSpeaker();
  }

  private nowTick(): number {
    return Math.floor(this.clock.nowNs() * TICKS_PER_NS);
  }

  /** The earliest time at which `nowTick()` gives `tick`. */
  private tickToNs(tick: number): number {
    const ns = Math.ceil(tick / TICKS_PER_NS);
    return Math.floor(ns * TICKS_PER_NS) < tick ? ns + 1 : ns;
  }

  private writeControl(value: number, nowTick: number): void {
    const select = value >> 6;
    if (select === READ_BACK) {
      this.counters.forEach((counter, i) => {
        if (!(value & (2 << i))) return;
        if (!(value & READ_BACK_NO_COUNT)) counter.latchCount(nowTick);
        if (!(value & READ_BACK_NO_STATUS)) counter.latchStatus(nowTick);
      });
      return;
    }
    const counter = this.counters[select];
    if (!counter) return;
    if ((value & 0x30) === 0) counter.latchCount(nowTick);
    else {
      counter.setControl(value);
      this.changed(select);
    }
  }

  private changed(channel: number): void {
    if (channel === 0) this.follow();
    else if (channel === 2) this.updateSpeaker();
  }

  /** Puts the line where channel 0's OUT is now and arms the timer for the next change. */
  private follow(): void {
    const nowTick = this.nowTick();
    this.setLine(this.counters[0].output(nowTick));
    this.lastTick = nowTick;
    this.arm(nowTick);
  }

  private arm(nowTick: number): void {
    const next = this.counters[0].nextChange(nowTick);
    if (next === Infinity) this.timer.cancel();
    else this.timer.armAt(Math.max(this.tickToNs(next), this.clock.nowNs() + MIN_EDGE_DISTANCE_NS));
  }

  private edgeDue(): void {
    const nowTick = this.nowTick();
    const counter = this.counters[0];
    const rose = counter.roseSince(this.lastTick, nowTick);
    const level = counter.output(nowTick);
    if (rose) this.setLine(false);
    // A rising edge is shown to the controller, and stays, even when the host is so late that OUT has fallen again:
    // otherwise the request would vanish before the processor ran.
    this.setLine(rose || level);
    this.lastTick = nowTick;
    this.arm(nowTick);
  }

  private setLine(level: boolean): void {
    if (level === this.lineLevel) return;
    this.lineLevel = level;
    this.irq0.set(level);
  }

  private readPort61(): number {
    const nowTick = this.nowTick();
    const refresh = Math.floor(nowTick / REFRESH_TICKS) & 1 ? PORT61_REFRESH : 0;
    return this.port61 | refresh | (this.counters[2].output(nowTick) ? PORT61_OUT2 : 0);
  }

  private writePort61(value: number): void {
    this.port61 = value & PORT61_WRITABLE;
    this.counters[2].setGate((value & PORT61_GATE2) !== 0, this.nowTick());
    this.updateSpeaker();
  }

  private updateSpeaker(): void {
    const period = this.port61 & PORT61_SPEAKER ? this.counters[2].periodTicks : null;
    const frequencyHz = period === null ? null : PIT_HZ / period;
    if (frequencyHz === this.lastTone) return;
    this.lastTone = frequencyHz;
    this.onSpeaker({ frequencyHz });
  }
}

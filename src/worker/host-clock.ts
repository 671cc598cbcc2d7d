/**
 * Machine time on host time: it passes while the machine runs and stands while it is paused.
 *
 * Browsers round `performance.now` (5 to 100 µs), so equal readings are told apart by a small step: a guest that reads
 * its time-stamp counter twice never sees it stand still. When the host was away for long (a laptop asleep), the time
 * lost is left out before anybody sees it: the guest is not flooded with timer ticks, and no time that it has seen is taken
 * back from it (Linux would hold its clock until that time comes again).
 */
import type { Timer } from "../machine/clock.ts";
import { expectVersion } from "../machine/device.ts";
import type { DeviceState } from "../machine/device.ts";
import { MAX_FIRED_AT_ONCE } from "./machine-clock.ts";
import type { ClockListener, MachineClock } from "./machine-clock.ts";
import { TimerQueue } from "./timer-queue.ts";

const STATE_VERSION = 1;
const STEP_NS = 100;
/** Who runs looks at the clock more often than that, and who sleeps wakes up in less: the host was away. */
const AWAY_NS = 1e9;

/** Speed assumed until it has been measured, and the bounds of one uninterrupted run of the core. */
const FIRST_NS_PER_INSTRUCTION = 20;
const MIN_RUN = 500;
const MAX_RUN = 30_000;

export class HostClock implements MachineClock {
  private readonly timers = new TimerQueue((deadlineNs) => this.listener.onEarlierDeadline(deadlineNs));
  /** Time does not wait. */
  readonly blocked = false;
  private readonly finished: (() => void)[] = [];
  private pending = 0;
  private generation = 0;
  private running = false;
  /** Host time at machine time 0 while running. */
  private originNs = 0;
  private lastNs = 0;
  /** Until then nobody looks at the clock: the processor is halted. */
  private asleepUntilNs = 0;
  private nsPerInstruction = FIRST_NS_PER_INSTRUCTION;
  private epoch: number;

  constructor(
    private readonly listener: ClockListener,
    private readonly hostNowMs: () => number = () => performance.now(),
    wallMs: number = Date.now(),
  ) {
    this.epoch = wallMs;
  }

  get epochMs(): number {
    return this.epoch;
  }

  get nextDeadlineNs(): number {
    return this.finished.length > 0 ? this.lastNs : this.timers.nextDeadlineNs;
  }

  get workPending(): boolean {
    return this.pending > 0;
  }

  nowNs(): number {
    if (this.running) {
      let hostNs = this.hostNowMs() * 1e6 - this.originNs;
      const lateNs = hostNs - Math.max(this.lastNs, this.asleepUntilNs);
      if (lateNs > AWAY_NS) {
        this.originNs += lateNs;
        hostNs -= lateNs;
      }
      this.lastNs = hostNs > this.lastNs ? hostNs : this.lastNs + STEP_NS;
    }
    return this.lastNs;
  }

  start(): void {
    if (this.running) return;
    this.originNs = this.hostNowMs() * 1e6 - this.lastNs;
    this.running = true;
  }

  stop(): void {
    if (!this.running) return;
    this.nowNs();
    this.running = false;
  }

  createTimer(name: string, onFire: (deadlineNs: number) => void): Timer {
    return this.timers.create(name, onFire);
  }

  defer<T>(work: Promise<T>, _deadlineNs: number, done: (result: T) => void, failed: (error: Error) => void): void {
    const generation = this.generation;
    this.pending++;
    const finish = (deliver: () => void) => {
      if (generation !== this.generation) return;
      this.pending--;
      this.finished.push(deliver);
      this.listener.onWorkFinished();
    };
    work.then(
      (result) => finish(() => done(result)),
      (error: unknown) => finish(() => failed(error instanceof Error ? error : new Error(String(error)))),
    );
  }

  runDue(): void {
    this.nowNs();
    this.asleepUntilNs = 0;
    for (let fired = 0; this.finished.length > 0 && fired < MAX_FIRED_AT_ONCE; fired++) this.finished.shift()?.();
    const nowNs = this.nowNs();
    for (let fired = 0; fired < MAX_FIRED_AT_ONCE; fired++) if (!this.timers.fireNext(nowNs)) return;
  }

  /** So many that the run ends about when the deadline comes, by the speed seen so far. */
  instructionsUntil(deadlineNs: number): number {
    const count = (deadlineNs - this.lastNs) / this.nsPerInstruction;
    return Math.max(MIN_RUN, Math.min(MAX_RUN, Math.floor(count)));
  }

  measured(instructions: number, hostMs: number): void {
    if (instructions < 1000) return;
    const sample = (hostMs * 1e6) / instructions;
    this.nsPerInstruction += (Math.max(0.1, Math.min(1000, sample)) - this.nsPerInstruction) / 8;
  }

  passHaltedUntil(deadlineNs: number): number {
    const delayMs = (deadlineNs - this.nowNs()) / 1e6;
    this.asleepUntilNs = deadlineNs;
    return delayMs;
  }

  clear(): void {
    this.generation++;
    this.pending = 0;
    this.finished.length = 0;
    this.timers.cancelAll();
  }

  save(): DeviceState {
    return { version: STATE_VERSION, nowNs: this.nowNs(), epochMs: this.epoch };
  }

  restore(state: DeviceState): void {
    expectVersion("the clock", state, STATE_VERSION);
    this.clear();
    this.lastNs = Number(state.nowNs);
    this.asleepUntilNs = 0;
    this.epoch = Number(state.epochMs);
    if (this.running) this.originNs = this.hostNowMs() * 1e6 - this.lastNs;
  }
}

/**
 * Machine time on the instruction count: each instruction takes NS_PER_INSTRUCTION, and while the processor is halted
 * time jumps to the next deadline. A run repeats exactly: results of host work are handed over at their deadline and
 * never before or after, and where the work is late, the machine waits.
 */
import type { Timer } from "../machine/clock.ts";
import { expectVersion } from "../machine/device.ts";
import type { DeviceState } from "../machine/device.ts";
import { MAX_FIRED_AT_ONCE } from "./machine-clock.ts";
import type { ClockListener, MachineClock } from "./machine-clock.ts";
import { TimerQueue } from "./timer-queue.ts";

const STATE_VERSION = 1;
export const NS_PER_INSTRUCTION = 5;
/** Runs end at multiples of this count, so that their bounds are the same whether or not the machine was saved. */
export const RUN_GRID = 20_000;
/** A date that is the same in every run: 2026-01-01 00:00:00 UTC. */
export const FIXED_EPOCH_MS = 1_767_225_600_000;

interface Work {
  deadlineNs: number;
  /** Set when the work is finished. */
  deliver: (() => void) | null;
}

export class InstructionClock implements MachineClock {
  private readonly timers = new TimerQueue((deadlineNs) => this.listener.onEarlierDeadline(deadlineNs));
  /** By deadline, then in the order in which it was handed in. */
  private work: Work[] = [];
  private generation = 0;
  /** Time that passed without instructions. */
  private skippedNs = 0;
  private epoch = FIXED_EPOCH_MS;

  constructor(
    private readonly listener: ClockListener,
    /** Instructions retired since power-on, exact inside a run too. */
    private readonly instructions: () => number,
  ) {}

  get epochMs(): number {
    return this.epoch;
  }

  get nextDeadlineNs(): number {
    return Math.min(this.timers.nextDeadlineNs, this.work[0]?.deadlineNs ?? Infinity);
  }

  get workPending(): boolean {
    return this.work.some((entry) => entry.deliver === null);
  }

  get blocked(): boolean {
    const first = this.work[0];
    return first !== undefined && first.deliver === null && first.deadlineNs <= this.nowNs();
  }

  nowNs(): number {
    return this.instructions() * NS_PER_INSTRUCTION + this.skippedNs;
  }

  start(): void {}
  stop(): void {}

  createTimer(name: string, onFire: (deadlineNs: number) => void): Timer {
    return this.timers.create(name, onFire);
  }

  defer<T>(work: Promise<T>, deadlineNs: number, done: (result: T) => void, failed: (error: Error) => void): void {
    const generation = this.generation;
    const entry: Work = { deadlineNs: Math.max(deadlineNs, this.nowNs()), deliver: null };
    const after = this.work.findIndex((other) => other.deadlineNs > entry.deadlineNs);
    this.work.splice(after < 0 ? this.work.length : after, 0, entry);
    const finish = (deliver: () => void) => {
      if (generation !== this.generation) return;
      entry.deliver = deliver;
      this.listener.onWorkFinished();
    };
    work.then(
      (result) => finish(() => done(result)),
      (error: unknown) => finish(() => failed(error instanceof Error ? error : new Error(String(error)))),
    );
    this.listener.onEarlierDeadline(entry.deadlineNs);
  }

  runDue(): void {
    for (let fired = 0; fired < MAX_FIRED_AT_ONCE; fired++) {
      const nowNs = this.nowNs();
      const first = this.work[0];
      if (first && first.deadlineNs <= nowNs && first.deadlineNs < this.timers.nextDeadlineNs) {
        if (!first.deliver) return;
        this.work.shift();
        first.deliver();
      } else if (!this.timers.fireNext(nowNs)) return;
    }
  }

  instructionsUntil(deadlineNs: number): number {
    const count = this.instructions();
    const toGrid = RUN_GRID - (count % RUN_GRID);
    const toDeadline = Math.ceil((deadlineNs - this.nowNs()) / NS_PER_INSTRUCTION);
    return Math.max(1, Math.min(toGrid, toDeadline));
  }

  passHaltedUntil(deadlineNs: number): number {
    if (deadlineNs === Infinity) return Infinity;
    const nowNs = this.nowNs();
    // Whole nanoseconds: a rounded sum must not stay short of the deadline.
    if (deadlineNs > nowNs) this.skippedNs += Math.ceil(deadlineNs - nowNs);
    return 0;
  }

  measured(): void {}

  clear(): void {
    this.generation++;
    this.work = [];
    this.timers.cancelAll();
  }

  save(): DeviceState {
    return { version: STATE_VERSION, skippedNs: this.skippedNs, epochMs: this.epoch };
  }

  restore(state: DeviceState): void {
    expectVersion("the clock", state, STATE_VERSION);
    this.clear();
    this.skippedNs = Number(state.skippedNs);
    this.epoch = Number(state.epochMs);
  }
}

/**
 * Runs the processor in slices and gives way between them, so that messages, timers and storage flow. While the
 * processor is halted the worker sleeps until the next timer or until something wakes it.
 *
 * A slice is many short runs of the core: V8 replaces a function by its optimised code only when it is entered again,
 * and timers are looked at between runs.
 */
import type { CoreInterface } from "../core/core.ts";
import { createEventLoop } from "./event-loop.ts";
import type { EventLoop } from "./event-loop.ts";
import type { ClockListener, MachineClock } from "./machine-clock.ts";
import { Throttle } from "./throttle.ts";

export type RunnableCore = Pick<
  CoreInterface,
  "run" | "requestStop" | "instructions" | "nextTimerNs" | "timerDue" | "halted"
>;

export interface RunLoopEvents {
  /** The guest triple-faulted; the machine was reset (true: go on) or is to stop (false). */
  onTripleFault(): boolean;
  /** The instruction count asked for by `stopAt` was reached; the loop has stopped. */
  onLimit(): void;
  /** Something threw: a fault of ours. The loop has stopped. */
  onFailure(error: unknown): void;
}

const SLICE_MS = 8;
/** While the guest waits for its disk, finished reads are looked for this often. */
const SLICE_WITH_WORK_MS = 0.5;
/** Below this a timeout is too coarse. */
const NAP_MS = 1;

export class RunLoop implements ClockListener {
  private readonly loop: EventLoop;
  private clock!: MachineClock;
  private core!: RunnableCore;
  private active = false;
  private inSlice = false;
  private inCore = false;
  private targetNs = 0;
  private limit = Infinity;
  private readonly throttle = new Throttle();
  private readonly waiting: (() => void)[] = [];
  private haltedTotalMs = 0;
  private activeTotalMs = 0;
  private activeSinceMs = 0;
  private asleepSinceMs: number | null = null;

  constructor(
    private readonly events: RunLoopEvents,
    makeLoop: (turn: () => void) => EventLoop = createEventLoop,
  ) {
    this.loop = makeLoop(() => this.turn());
  }

  /** The clock listens to this loop and the core asks the clock, so they come after both are made. */
  connect(core: RunnableCore, clock: MachineClock): void {
    this.core = core;
    this.clock = clock;
  }

  get running(): boolean {
    return this.active;
  }

  /** Host time in which the loop was on, and the parts of it in which the processor was halted, or was not let run. */
  times(): { activeMs: number; haltedMs: number; heldBackMs: number } {
    const now = performance.now();
    return {
      activeMs: this.activeTotalMs + (this.active ? now - this.activeSinceMs : 0),
      haltedMs: this.haltedTotalMs + (this.asleepSinceMs === null ? 0 : now - this.asleepSinceMs),
      heldBackMs: this.throttle.restedTotalMs(now),
    };
  }

  /** The processor runs at most this part of the time; up to 1. */
  limitTo(fraction: number): void {
    if (fraction === this.throttle.fraction) return;
    this.throttle.setFraction(fraction, performance.now());
    this.wake();
  }

  start(): void {
    if (this.active) return;
    this.active = true;
    this.activeSinceMs = performance.now();
    this.clock.start();
    this.loop.soon();
  }

  /** Ends the run after the instruction under way; may be called from a device. */
  stop(): void {
    if (!this.active) return;
    this.active = false;
    this.noteAwake();
    this.activeTotalMs += performance.now() - this.activeSinceMs;
    this.throttle.endRest(performance.now());
    this.clock.stop();
    this.loop.cancel();
    if (this.inCore) this.core.requestStop();
  }

  /** The loop stops when this many instructions have been retired since power-on. */
  stopAt(instructions: number): void {
    this.limit = instructions;
  }

  /** An event from outside (a key, serial input, an interrupt): a halted processor may have something to do. */
  wake(): void {
    if (!this.active || this.inSlice) return;
    this.noteAwake();
    this.loop.soon();
  }

  /** Does what must not be done inside a run (reset, power-off): after the run under way, or now where there is none. */
  betweenRuns(action: () => void): void {
    if (!this.inSlice) return action();
    this.waiting.push(action);
    if (this.inCore) this.core.requestStop();
  }

  onEarlierDeadline(deadlineNs: number): void {
    if (this.inCore && deadlineNs < this.targetNs) this.core.requestStop();
    else this.wake();
  }

  onWorkFinished(): void {
    this.wake();
  }

  close(): void {
    this.stop();
    this.loop.close();
  }

  private turn(): void {
    if (!this.active || this.inSlice) return;
    this.noteAwake();
    const restMs = this.throttle.restMs(performance.now());
    if (restMs > 0) return this.loop.later(restMs);
    this.inSlice = true;
    try {
      const delayMs = this.slice();
      this.inSlice = false;
      if (this.active) this.rest(delayMs);
    } catch (error) {
      this.inSlice = false;
      this.inCore = false;
      this.stop();
      this.events.onFailure(error);
    }
  }

  /** Runs for one slice. @returns how long nothing is to be done, in milliseconds (0: go on at once). */
  private slice(): number {
    const { core, clock } = this;
    let beganMs = performance.now();
    const endMs = beganMs + (clock.workPending ? SLICE_WITH_WORK_MS : SLICE_MS);
    while (this.active) {
      for (let action = this.waiting.shift(); action; action = this.waiting.shift()) action();
      if (!this.active) return 0;
      clock.runDue();
      if (!this.active) return 0;
      if (this.waiting.length > 0) continue;
      if (clock.blocked) return Infinity;
      const coreTimerNs = core.nextTimerNs();
      if (coreTimerNs <= clock.nowNs()) core.timerDue(clock.nowNs());
      if (core.instructions() >= this.limit) {
        this.limit = Infinity;
        this.stop();
        this.events.onLimit();
        return 0;
      }

      const deadlineNs = Math.min(clock.nextDeadlineNs, core.nextTimerNs());
      if (core.halted()) {
        const delayMs = clock.passHaltedUntil(deadlineNs);
        if (delayMs > 0 && !this.napFor(delayMs)) return delayMs;
      } else {
        this.runCore(deadlineNs, beganMs);
      }
      beganMs = performance.now();
      if (beganMs >= endMs || this.throttle.restMs(beganMs) > 0) return 0;
    }
    return 0;
  }

  private runCore(deadlineNs: number, beganMs: number): void {
    const { core, clock } = this;
    const before = core.instructions();
    this.targetNs = deadlineNs;
    this.inCore = true;
    const exit = core.run(Math.min(clock.instructionsUntil(deadlineNs), this.limit - before));
    this.inCore = false;
    const ranMs = performance.now() - beganMs;
    this.throttle.spend(ranMs);
    clock.measured(core.instructions() - before, ranMs);
    if (exit === "tripleFault" && !this.events.onTripleFault()) this.stop();
  }

  /** A halt too short for a timeout. @returns false where the wait is longer or cannot be done here. */
  private napFor(delayMs: number): boolean {
    if (delayMs >= NAP_MS || this.clock.workPending) return false;
    const beganMs = performance.now();
    if (!this.loop.nap(delayMs)) return false;
    this.haltedTotalMs += performance.now() - beganMs;
    return true;
  }

  private rest(delayMs: number): void {
    if (delayMs === 0) return this.loop.soon();
    this.asleepSinceMs = performance.now();
    // Without naps, what is shorter than half a timeout's resolution is better early than late.
    if (delayMs < NAP_MS / 2) this.loop.soon();
    else if (delayMs !== Infinity) this.loop.later(delayMs);
  }

  private noteAwake(): void {
    if (this.asleepSinceMs === null) return;
    this.haltedTotalMs += performance.now() - this.asleepSinceMs;
    this.asleepSinceMs = null;
  }
}

/** What the run loop asks of a clock beyond what devices see. */
import type { Clock } from "../machine/clock.ts";
import type { Stateful } from "../machine/device.ts";

export interface MachineClock extends Clock, Stateful {
  /** When the nearest timer fires or handed-over work is due; Infinity where there is none. */
  readonly nextDeadlineNs: number;
  /** Host work is under way: the worker should look at its messages often. */
  readonly workPending: boolean;
  /** Time may not pass until host work that is due has been finished. */
  readonly blocked: boolean;
  /** Lets time pass. */
  start(): void;
  stop(): void;
  /** Fires what is due and hands over finished work. */
  runDue(): void;
  /**
   * How many instructions may run before something is due.
   * @param deadlineNs the nearest of the clock's and the core's deadlines
   */
  instructionsUntil(deadlineNs: number): number;
  /**
   * The processor is halted until `deadlineNs`. Instruction time goes there at once.
   * @returns how long the host must wait for it, in milliseconds; Infinity to wait for an event.
   */
  passHaltedUntil(deadlineNs: number): number;
  /** Takes note of the speed of a run. */
  measured(instructions: number, hostMs: number): void;
  /** Forgets timers and work under way; devices start them again when they are restored. */
  clear(): void;
}

/** What a clock tells the run loop. */
export interface ClockListener {
  /** A deadline before all the others was set, perhaps in the middle of a run. */
  onEarlierDeadline(deadlineNs: number): void;
  /** Work was finished: `runDue` has something to do. */
  onWorkFinished(): void;
}

/** Timers and work that fire in one call of `runDue`, so that a period of nanoseconds cannot hold up the worker. */
export const MAX_FIRED_AT_ONCE = 1000;

/**
 * Time as devices see it. A machine's clock runs on host time or on its instruction count (deterministic); devices
 * cannot tell. All times are nanoseconds since the machine was powered on, as a double (exact for 104 days).
 */

export interface Timer {
  /** Calls back once when the machine's time reaches `deadlineNs`; replaces an earlier deadline. */
  armAt(deadlineNs: number): void;
  cancel(): void;
  readonly armed: boolean;
  /** When it will fire; Infinity when not armed. */
  readonly deadlineNs: number;
}

export interface Clock {
  nowNs(): number;
  /** Wall-clock time for the RTC: milliseconds since 1970 UTC at machine time 0. Part of the machine's saved state. */
  readonly epochMs: number;
  /** `name` appears in traces; `onFire` gets the deadline that was reached (late calls do not shift periods). */
  createTimer(name: string, onFire: (deadlineNs: number) => void): Timer;
  /**
   * Hands over the result of host work (a disk read) to the machine. On host time `done` runs when the work is
   * finished; on instruction time it runs exactly at `deadlineNs`, and the machine waits there if the work is late, so
   * that a run repeats exactly. `done` and `failed` are never called from inside `defer` itself.
   */
  defer<T>(work: Promise<T>, deadlineNs: number, done: (result: T) => void, failed: (error: Error) => void): void;
}

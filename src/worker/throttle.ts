/**
 * Holds the processor back so that it runs at most a part of the time: credit grows with the time that passes and is spent
 * by running. Little credit can be gathered, so that a machine that rested is not faster afterwards; and a run may go a
 * little into debt, for runs end when they end.
 */

/** Credit for as long a run without a rest. */
const MOST_CREDIT_MS = 20;
/** Rests are so long that a run of this length can follow, but no longer than LONGEST_REST_MS. */
const RUN_MS = 4;
/** Sums of fractions are not exact. */
const ROUNDING_MS = 1e-6;
/** A guest whose timers come later than that looks broken. */
const LONGEST_REST_MS = 200;

export class Throttle {
  private creditMs = MOST_CREDIT_MS;
  private lastMs = 0;
  private part = 1;
  private restedMs = 0;
  private restingSinceMs: number | null = null;

  /** More than 0 and at most 1: how much of the time the processor may run. */
  get fraction(): number {
    return this.part;
  }

  setFraction(fraction: number, nowMs: number): void {
    this.grow(nowMs);
    this.part = Math.max(0.001, Math.min(1, fraction));
  }

  spend(ranMs: number): void {
    if (this.part < 1) this.creditMs -= ranMs;
  }

  /** How long the processor must not run, in milliseconds; 0: it may. */
  restMs(nowMs: number): number {
    this.grow(nowMs);
    const aRunMs = Math.min(RUN_MS, LONGEST_REST_MS * this.part);
    // A rest once begun lasts until there is something to run on.
    const missingMs = (this.restingSinceMs === null ? 0 : aRunMs) - this.creditMs;
    if (this.part === 1 || missingMs < ROUNDING_MS) {
      this.endRest(nowMs);
      return 0;
    }
    this.restingSinceMs ??= nowMs;
    return (aRunMs - this.creditMs) / this.part;
  }

  /** All the time that was spent resting though there was something to run. */
  restedTotalMs(nowMs: number): number {
    return this.restedMs + (this.restingSinceMs === null ? 0 : nowMs - this.restingSinceMs);
  }

  /** Nothing is to be run now: that is no rest. */
  endRest(nowMs: number): void {
    if (this.restingSinceMs === null) return;
    this.restedMs += nowMs - this.restingSinceMs;
    this.restingSinceMs = null;
  }

  private grow(nowMs: number): void {
    this.creditMs = Math.min(MOST_CREDIT_MS, this.creditMs + Math.max(0, nowMs - this.lastMs) * this.part);
    this.lastMs = nowMs;
  }
}

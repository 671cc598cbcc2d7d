/** The rates of the last minutes, for charts: a machine that stands still leaves a gap. */
import type { VmRates } from "./vm-rates.ts";

/** One a second. */
export const HISTORY_SAMPLES = 300;

export interface RateSample {
  /** Milliseconds since 1970. */
  atMs: number;
  rates: VmRates;
}

export class RatesHistory {
  private list: RateSample[] = [];

  get samples(): readonly RateSample[] {
    return this.list;
  }

  get latest(): RateSample | undefined {
    return this.list.at(-1);
  }

  add(rates: VmRates, atMs: number): void {
    this.list = [...this.list.slice(1 - HISTORY_SAMPLES), { atMs, rates }];
  }
}

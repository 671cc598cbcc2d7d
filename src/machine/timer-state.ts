/** Timers in saved states: a timer is stored as its `deadlineNs`, Infinity for "not armed". */
import type { Timer } from "./clock.ts";

export function rearm(timer: Timer, deadlineNs: number): void {
  if (deadlineNs === Infinity) timer.cancel();
  else timer.armAt(deadlineNs);
}

/**
 * The timers of one machine, whatever its time runs on. Few exist (tens), and the nearest deadline is asked for far
 * more often than it changes, so they stand in a list and the nearest one is remembered.
 *
 * Timers with equal deadlines fire in the order in which they were created: a run on instruction time repeats exactly.
 */
import type { Timer } from "../machine/clock.ts";

class QueuedTimer implements Timer {
  deadlineNs = Infinity;

  constructor(
    readonly name: string,
    readonly onFire: (deadlineNs: number) => void,
    private readonly queue: TimerQueue,
  ) {}

  get armed(): boolean {
    return this.deadlineNs !== Infinity;
  }

  armAt(deadlineNs: number): void {
    // NaN would never compare as due and never as earlier: it would hide the timers behind it.
    this.deadlineNs = Number.isNaN(deadlineNs) ? Infinity : deadlineNs;
    this.queue.changed(this.deadlineNs);
  }

  cancel(): void {
    if (this.deadlineNs === Infinity) return;
    this.deadlineNs = Infinity;
    this.queue.changed(Infinity);
  }
}

export class TimerQueue {
  private readonly timers: QueuedTimer[] = [];
  private nearest: QueuedTimer | null = null;
  private stale = false;

  /** `onEarlier` hears of each deadline that comes before all the others: a run under way may have to end for it. */
  constructor(private readonly onEarlier: (deadlineNs: number) => void) {}

  create(name: string, onFire: (deadlineNs: number) => void): Timer {
    const timer = new QueuedTimer(name, onFire, this);
    this.timers.push(timer);
    return timer;
  }

  /** Of the nearest armed timer; Infinity where none is armed. */
  get nextDeadlineNs(): number {
    return this.findNearest()?.deadlineNs ?? Infinity;
  }

  /** Fires the nearest timer if it is due at `nowNs`. @returns whether one was. */
  fireNext(nowNs: number): boolean {
    const timer = this.findNearest();
    if (!timer || timer.deadlineNs > nowNs) return false;
    const deadlineNs = timer.deadlineNs;
    timer.deadlineNs = Infinity;
    this.stale = true;
    timer.onFire(deadlineNs);
    return true;
  }

  cancelAll(): void {
    for (const timer of this.timers) timer.deadlineNs = Infinity;
    this.nearest = null;
    this.stale = false;
  }

  changed(deadlineNs: number): void {
    const before = this.nearest?.deadlineNs ?? Infinity;
    this.stale = true;
    if (deadlineNs < before) this.onEarlier(deadlineNs);
  }

  private findNearest(): QueuedTimer | null {
    if (!this.stale) return this.nearest;
    let nearest: QueuedTimer | null = null;
    for (const timer of this.timers)
      if (timer.deadlineNs !== Infinity && (!nearest || timer.deadlineNs < nearest.deadlineNs)) nearest = timer;
    this.nearest = nearest;
    this.stale = false;
    return nearest;
  }
}

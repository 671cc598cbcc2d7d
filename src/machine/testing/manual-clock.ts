/** A clock that tests move by hand: timers fire in order of their deadlines, with `nowNs` standing at each deadline. */
import type { Clock, Timer } from "../clock.ts";

class ManualTimer implements Timer {
  deadlineNs = Infinity;

  constructor(
    readonly name: string,
    readonly onFire: (deadlineNs: number) => void,
  ) {}

  get armed(): boolean {
    return this.deadlineNs !== Infinity;
  }

  armAt(deadlineNs: number): void {
    this.deadlineNs = deadlineNs;
  }

  cancel(): void {
    this.deadlineNs = Infinity;
  }
}

interface Deferred {
  deadlineNs: number;
  settled: Promise<() => void>;
}

export class ManualClock implements Clock {
  protected now = 0;
  private readonly timers: ManualTimer[] = [];
  private deferred: Deferred[] = [];
  /** How many timers have fired since the clock was made. */
  fired = 0;

  constructor(readonly epochMs = Date.UTC(2026, 0, 1)) {}

  nowNs(): number {
    return this.now;
  }

  createTimer(name: string, onFire: (deadlineNs: number) => void): Timer {
    const timer = new ManualTimer(name, onFire);
    this.timers.push(timer);
    return timer;
  }

  defer<T>(work: Promise<T>, deadlineNs: number, done: (result: T) => void, failed: (error: Error) => void): void {
    const settled = work.then(
      (result) => () => done(result),
      (error: unknown) => () => failed(error instanceof Error ? error : new Error(String(error))),
    );
    this.deferred.push({ deadlineNs, settled });
  }

  /** Deadline of the earliest armed timer, or Infinity. */
  nextDeadlineNs(): number {
    return Math.min(Infinity, ...this.timers.map((timer) => timer.deadlineNs));
  }

  /** Moves time on, firing what falls due on the way. */
  advance(byNs: number): void {
    const end = this.now + byNs;
    for (let due = this.earliest(); due && due.deadlineNs <= end; due = this.earliest())
      this.fire(due, Math.max(this.now, due.deadlineNs));
    this.now = Math.max(this.now, end);
  }

  /** Moves time on as a busy host would: timers fire once each, all of them late, at the end. */
  advanceLate(byNs: number): void {
    this.now += byNs;
    for (const timer of this.timers) if (timer.deadlineNs <= this.now) this.fire(timer, this.now);
  }

  /** Waits for deferred host work, in the order of its deadlines, moving time to each; repeats until none is left. */
  async settle(): Promise<void> {
    while (this.deferred.length > 0) {
      this.deferred.sort((a, b) => a.deadlineNs - b.deadlineNs);
      const [first] = this.deferred.splice(0, 1);
      if (!first) return;
      const finish = await first.settled;
      if (first.deadlineNs > this.now) this.advance(first.deadlineNs - this.now);
      finish();
    }
  }

  /** Hands over the deferred work whose deadline has come, in the order of its deadlines; time stands still. */
  async settleDue(): Promise<void> {
    for (;;) {
      this.deferred.sort((a, b) => a.deadlineNs - b.deadlineNs);
      const [first] = this.deferred;
      if (!first || first.deadlineNs > this.now) return;
      this.deferred.shift();
      (await first.settled)();
    }
  }

  /** Deferred work whose deadline has come waits for `settleDue`. */
  get hasDueWork(): boolean {
    return this.deferred.some(({ deadlineNs }) => deadlineNs <= this.now);
  }

  /** Host work is under way. */
  get hasWork(): boolean {
    return this.deferred.length > 0;
  }

  private earliest(): ManualTimer | undefined {
    let earliest: ManualTimer | undefined;
    for (const timer of this.timers) if (timer.deadlineNs < (earliest?.deadlineNs ?? Infinity)) earliest = timer;
    return earliest;
  }

  private fire(timer: ManualTimer, nowNs: number): void {
    const deadline = timer.deadlineNs;
    this.now = nowNs;
    timer.deadlineNs = Infinity;
    this.fired++;
    timer.onFire(deadline);
  }
}

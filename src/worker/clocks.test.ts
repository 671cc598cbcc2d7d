import { describe, expect, test } from "vitest";
import { HostClock } from "./host-clock.ts";
import { FIXED_EPOCH_MS, InstructionClock, NS_PER_INSTRUCTION, RUN_GRID } from "./instruction-clock.ts";

const silent = () => ({ earlier: [] as number[], finished: 0 });
function listener() {
  const seen = silent();
  return {
    seen,
    onEarlierDeadline: (ns: number) => void seen.earlier.push(ns),
    onWorkFinished: () => void seen.finished++,
  };
}
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("host clock", () => {
  function setUp() {
    const host = { ms: 1000 };
    const heard = listener();
    const clock = new HostClock(heard, () => host.ms, 5000);
    return { host, heard, clock };
  }

  test("stands while stopped and passes while started", () => {
    const { host, clock } = setUp();
    host.ms = 1500;
    expect(clock.nowNs()).toBe(0);
    clock.start();
    host.ms = 1502;
    expect(clock.nowNs()).toBe(2e6);
    clock.stop();
    const stoppedAt = clock.nowNs();
    host.ms = 9000;
    expect(clock.nowNs()).toBe(stoppedAt);
    clock.start();
    host.ms = 9001;
    expect(clock.nowNs()).toBeCloseTo(stoppedAt + 1e6, 0);
  });

  test("never shows the same time twice while it runs", () => {
    const { clock } = setUp();
    clock.start();
    const first = clock.nowNs();
    expect(clock.nowNs()).toBeGreaterThan(first);
  });

  test("fires due timers nearest first, with the deadline that was reached", () => {
    const { host, clock } = setUp();
    const fired: string[] = [];
    const late = clock.createTimer("late", (ns) => fired.push(`late ${ns}`));
    const early = clock.createTimer("early", (ns) => fired.push(`early ${ns}`));
    late.armAt(2e6);
    early.armAt(1e6);
    clock.start();
    clock.runDue();
    expect(fired).toEqual([]);
    host.ms = 1003;
    clock.runDue();
    expect(fired).toEqual(["early 1000000", "late 2000000"]);
    expect(late.armed).toBe(false);
  });

  test("a timer that arms itself with a period of nanoseconds does not hold up the caller", () => {
    const { host, clock } = setUp();
    const timer = clock.createTimer("storm", (ns) => timer.armAt(ns + 1));
    timer.armAt(0);
    clock.start();
    host.ms = 1500;
    clock.runDue();
    expect(timer.armed).toBe(true);
  });

  test("a NaN deadline is none", () => {
    const { clock } = setUp();
    const timer = clock.createTimer("nan", () => {});
    timer.armAt(NaN);
    expect(timer.armed).toBe(false);
    expect(clock.nextDeadlineNs).toBe(Infinity);
  });

  test("leaves out the time in which the host slept", () => {
    const { host, clock } = setUp();
    let fired = 0;
    const timer = clock.createTimer("tick", (ns) => {
      fired++;
      timer.armAt(ns + 1e6);
    });
    timer.armAt(1e6);
    clock.start();
    host.ms += 3_600_000;
    clock.runDue();
    expect(fired).toBeLessThan(3);
    expect(clock.nowNs()).toBeLessThan(10e6);
  });

  test("a guest does not see that the host slept in the middle of a run, so no time is taken back from it", () => {
    const { host, clock } = setUp();
    const timer = clock.createTimer("tick", () => {});
    timer.armAt(5e6);
    clock.start();
    host.ms += 2;
    clock.runDue();
    // It reads the time before anybody looks at the timers.
    host.ms += 90_000;
    const seen = clock.nowNs();
    expect(seen).toBeLessThan(3e6);
    host.ms += 10;
    clock.runDue();
    expect(timer.armed).toBe(false);
    expect(clock.nowNs()).toBeGreaterThan(seen + 9e6);
  });

  test("a processor that is halted for long sleeps, and the time passes", () => {
    const { host, clock } = setUp();
    clock.start();
    expect(clock.passHaltedUntil(30e9)).toBeCloseTo(30_000, 0);
    host.ms += 30_001;
    clock.runDue();
    expect(clock.nowNs()).toBeGreaterThan(30e9);
    // But no longer than until it was to be woken.
    clock.passHaltedUntil(40e9);
    host.ms += 3_600_000;
    clock.runDue();
    expect(clock.nowNs()).toBeLessThan(42e9);
  });

  test("hands over finished work from runDue only, and tells the loop", async () => {
    const { heard, clock } = setUp();
    const results: unknown[] = [];
    clock.start();
    clock.defer(
      Promise.resolve("read"),
      0,
      (result) => results.push(result),
      () => {},
    );
    clock.defer(
      Promise.reject(new Error("gone")),
      0,
      () => {},
      (error) => results.push(error.message),
    );
    expect(clock.workPending).toBe(true);
    await settle();
    expect(results).toEqual([]);
    expect(heard.seen.finished).toBe(2);
    clock.runDue();
    expect(results).toEqual(["read", "gone"]);
    expect(clock.workPending).toBe(false);
  });

  test("work under way before a restore is not handed over after it", async () => {
    const { clock } = setUp();
    const saved = clock.save();
    const results: unknown[] = [];
    clock.defer(
      Promise.resolve(1),
      0,
      (result) => results.push(result),
      () => {},
    );
    clock.restore(saved);
    await settle();
    clock.runDue();
    expect(results).toEqual([]);
    expect(clock.workPending).toBe(false);
  });

  test("time and epoch are saved", () => {
    const { host, clock } = setUp();
    clock.start();
    host.ms += 7;
    clock.stop();
    const other = new HostClock(listener(), () => host.ms, 1);
    other.restore(clock.save());
    expect(other.nowNs()).toBeCloseTo(clock.nowNs(), -3);
    expect(other.epochMs).toBe(5000);
  });
});

describe("instruction clock", () => {
  function setUp() {
    const cpu = { count: 0 };
    const heard = listener();
    const clock = new InstructionClock(heard, () => cpu.count);
    return { cpu, heard, clock };
  }

  test("time is the instruction count, and a fixed date", () => {
    const { cpu, clock } = setUp();
    cpu.count = 100;
    expect(clock.nowNs()).toBe(100 * NS_PER_INSTRUCTION);
    expect(clock.epochMs).toBe(FIXED_EPOCH_MS);
  });

  test("runs end on a grid of the instruction count or at the deadline", () => {
    const { cpu, clock } = setUp();
    expect(clock.instructionsUntil(Infinity)).toBe(RUN_GRID);
    cpu.count = 123;
    expect(clock.instructionsUntil(Infinity)).toBe(RUN_GRID - 123);
    expect(clock.instructionsUntil(clock.nowNs() + 7)).toBe(2);
    expect(clock.instructionsUntil(clock.nowNs())).toBe(1);
  });

  test("a halt skips to the deadline, fractions included", () => {
    const { clock } = setUp();
    let fired = 0;
    clock.createTimer("pit", () => fired++).armAt(838.0951);
    expect(clock.passHaltedUntil(clock.nextDeadlineNs)).toBe(0);
    clock.runDue();
    expect(fired).toBe(1);
    expect(clock.passHaltedUntil(clock.nextDeadlineNs)).toBe(Infinity);
  });

  test("work is handed over exactly at its deadline, early or late", async () => {
    const { cpu, clock } = setUp();
    const results: string[] = [];
    let finish: (value: string) => void = () => {};
    clock.defer(
      Promise.resolve("quick"),
      100,
      (r) => results.push(r),
      () => {},
    );
    clock.defer(
      new Promise<string>((resolve) => (finish = resolve)),
      200,
      (r) => results.push(r),
      () => {},
    );
    await settle();
    clock.runDue();
    expect(results).toEqual([]);
    expect(clock.blocked).toBe(false);
    cpu.count = 20;
    clock.runDue();
    expect(results).toEqual(["quick"]);
    cpu.count = 40;
    clock.runDue();
    expect(clock.blocked).toBe(true);
    finish("slow");
    await settle();
    expect(clock.blocked).toBe(false);
    clock.runDue();
    expect(results).toEqual(["quick", "slow"]);
  });

  test("work that is late holds back the timers after it, not those before", async () => {
    const { cpu, clock } = setUp();
    const order: string[] = [];
    clock.createTimer("before", () => order.push("before")).armAt(50);
    clock.createTimer("after", () => order.push("after")).armAt(150);
    let finish: () => void = () => {};
    clock.defer(
      new Promise<void>((resolve) => (finish = resolve)),
      100,
      () => order.push("work"),
      () => {},
    );
    cpu.count = 100;
    clock.runDue();
    expect(order).toEqual(["before"]);
    finish();
    await settle();
    clock.runDue();
    expect(order).toEqual(["before", "work", "after"]);
  });

  test("skipped time is saved", () => {
    const { cpu, clock } = setUp();
    clock.passHaltedUntil(12345);
    const other = setUp();
    other.cpu.count = cpu.count = 10;
    other.clock.restore(clock.save());
    expect(other.clock.nowNs()).toBe(clock.nowNs());
  });
});

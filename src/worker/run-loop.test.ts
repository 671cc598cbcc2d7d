import { expect, test } from "vitest";
import type { RunExit } from "../core/core.ts";
import type { EventLoop } from "./event-loop.ts";
import { HostClock } from "./host-clock.ts";
import { InstructionClock } from "./instruction-clock.ts";
import { RunLoop } from "./run-loop.ts";

/** A processor that counts, and halts or faults where it is told. */
class FakeCore {
  count = 0;
  isHalted = false;
  haltAt = Infinity;
  exitWith: RunExit = "budget";
  stop = false;
  runs: number[] = [];
  onRun: () => void = () => {};
  run(max: number): RunExit {
    this.runs.push(max);
    this.stop = false;
    this.onRun();
    if (this.stop) return "stopRequested";
    this.count += Math.min(max, this.haltAt - this.count);
    if (this.count >= this.haltAt) {
      this.isHalted = true;
      return "halted";
    }
    return this.exitWith;
  }
  requestStop(): void {
    this.stop = true;
  }
  instructions(): number {
    return this.count;
  }
  nextTimerNs(): number {
    return Infinity;
  }
  timerDue(): void {}
  halted(): boolean {
    return this.isHalted;
  }
}

function setUp(kind: "host" | "instructions") {
  const core = new FakeCore();
  const asked: string[] = [];
  let turn: () => void = () => {};
  const eventLoop: EventLoop = {
    soon: () => void asked.push("soon"),
    later: (ms) => void asked.push(`later ${Math.round(ms)}`),
    cancel: () => void asked.push("cancel"),
    nap: () => false,
    close: () => {},
  };
  const events = { tripleFaults: 0, limits: 0, failures: [] as unknown[], goOn: false };
  const loop = new RunLoop(
    {
      onTripleFault: () => (events.tripleFaults++, events.goOn),
      onLimit: () => void events.limits++,
      onFailure: (error) => void events.failures.push(error),
    },
    (callback) => {
      turn = callback;
      return eventLoop;
    },
  );
  const host = { ms: 0 };
  const clock = kind === "host" ? new HostClock(loop, () => host.ms, 0) : new InstructionClock(loop, () => core.count);
  loop.connect(core, clock);
  const next = () => {
    asked.length = 0;
    turn();
    return asked.slice();
  };
  return { core, clock, loop, events, host, next };
}

test("a running processor asks for the next turn at once", () => {
  const { core, loop, next } = setUp("host");
  loop.start();
  expect(next()).toEqual(["soon"]);
  expect(core.count).toBeGreaterThan(0);
  expect(Math.max(...core.runs)).toBeLessThanOrEqual(50_000);
});

test("a halted processor sleeps until its next timer, and for good where there is none", () => {
  const { core, clock, loop, next } = setUp("host");
  core.isHalted = true;
  loop.start();
  expect(next()).toEqual([]);
  const timer = clock.createTimer("t", () => {});
  timer.armAt(250e6);
  expect(next()).toEqual(["later 250"]);
  expect(core.runs).toEqual([]);
});

test("an event wakes a sleeping loop", () => {
  const { core, loop, next } = setUp("host");
  core.isHalted = true;
  loop.start();
  next();
  core.isHalted = false;
  loop.wake();
  next();
  expect(core.count).toBeGreaterThan(0);
});

test("on instruction time a halt jumps to the timer, and instructions end exactly at it", () => {
  const { core, clock, loop, next } = setUp("instructions");
  core.haltAt = 1000;
  const fired: number[] = [];
  clock
    .createTimer("wake", () => {
      fired.push(clock.nowNs());
      core.isHalted = false;
      core.haltAt = Infinity;
    })
    .armAt(1e6);
  clock.createTimer("later", () => fired.push(clock.nowNs())).armAt(1e6 + 5000);
  loop.stopAt(1_000_000);
  loop.start();
  while (loop.running) next();
  expect(fired).toEqual([1e6, 1e6 + 5000]);
});

test("the loop stops exactly at the instruction asked for", () => {
  const { core, loop, events, next } = setUp("instructions");
  loop.stopAt(123_457);
  loop.start();
  while (loop.running) next();
  expect(core.count).toBe(123_457);
  expect(events.limits).toBe(1);
});

test("a timer set by a device in the middle of a run ends that run", () => {
  const { core, clock, loop, next } = setUp("instructions");
  const timer = clock.createTimer("t", () => {});
  let stopped = false;
  core.onRun = () => {
    if (core.runs.length !== 1) return;
    timer.armAt(clock.nowNs() + 10);
    stopped = core.stop;
  };
  loop.stopAt(100_000);
  loop.start();
  next();
  expect(stopped).toBe(true);
});

test("a triple fault stops the loop, or goes on where the machine was reset", () => {
  const { core, loop, events, next } = setUp("host");
  core.exitWith = "tripleFault";
  loop.start();
  next();
  expect(events.tripleFaults).toBe(1);
  expect(loop.running).toBe(false);
});

test("an exception in a device is reported and stops the loop", () => {
  const { core, loop, events, next } = setUp("host");
  core.onRun = () => {
    throw new Error("bug");
  };
  loop.start();
  next();
  expect(loop.running).toBe(false);
  expect(events.failures).toHaveLength(1);
});

test("a stop from inside a device call ends the run", () => {
  const { core, loop, next } = setUp("host");
  core.onRun = () => loop.stop();
  loop.start();
  next();
  expect(core.stop).toBe(true);
  expect(core.count).toBe(0);
});

test("a processor that may run a part of the time rests in between, whatever wakes it", () => {
  const { core, loop, next } = setUp("host");
  const busy = (): void => {
    const until = performance.now() + 1;
    while (performance.now() < until);
  };
  core.onRun = busy;
  loop.limitTo(0.1);
  loop.start();
  let asked = next();
  for (let turns = 0; asked[0] === "soon" && turns < 100; turns++) asked = next();
  expect(asked[0]).toMatch(/^later \d+$/);
  const runs = core.runs.length;
  loop.wake();
  expect(next()[0]).toMatch(/^later \d+$/);
  expect(core.runs.length).toBe(runs);
  expect(loop.times().heldBackMs).toBeGreaterThan(0);
  loop.limitTo(1);
  expect(next()).toEqual(["soon"]);
  expect(core.runs.length).toBeGreaterThan(runs);
});

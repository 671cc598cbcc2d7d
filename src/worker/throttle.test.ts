import { expect, test } from "vitest";
import { Throttle } from "./throttle.ts";

/** Runs whenever it may, in pieces, over so long. @returns how much it ran */
function run(throttle: Throttle, fromMs: number, lastsMs: number, pieceMs: number, busy = true): number {
  let ranMs = 0;
  let nowMs = fromMs;
  while (nowMs < fromMs + lastsMs) {
    const restMs = throttle.restMs(nowMs);
    if (restMs > 0) nowMs += restMs;
    else {
      if (busy) {
        throttle.spend(pieceMs);
        ranMs += pieceMs;
      }
      nowMs += pieceMs;
    }
  }
  return ranMs;
}

test.each([
  [0.5, 0.3],
  [0.25, 8],
  [0.01, 0.3],
  [0.9, 2],
])("with %f of the time it runs that much, in pieces of %f ms", (fraction, pieceMs) => {
  const throttle = new Throttle();
  throttle.setFraction(fraction, 0);
  const ranMs = run(throttle, 0, 20_000, pieceMs);
  // What it may gather beforehand, and a piece that went over.
  expect(ranMs).toBeGreaterThan(20_000 * fraction - pieceMs - 5);
  expect(ranMs).toBeLessThan(20_000 * fraction + 21 + pieceMs);
  expect(throttle.restedTotalMs(20_000)).toBeGreaterThan(20_000 * (1 - fraction) - 50);
});

test("without a limit nothing rests", () => {
  const throttle = new Throttle();
  expect(run(throttle, 0, 1000, 8)).toBe(1000);
  expect(throttle.restedTotalMs(1000)).toBe(0);
});

test("credit of a time without work is not gathered", () => {
  const throttle = new Throttle();
  throttle.setFraction(0.5, 0);
  run(throttle, 0, 60_000, 1, false);
  expect(run(throttle, 60_000, 1000, 1)).toBeLessThan(525);
});

test("a limit that is taken away ends the rest", () => {
  const throttle = new Throttle();
  throttle.setFraction(0.01, 0);
  throttle.spend(100);
  expect(throttle.restMs(1)).toBeGreaterThan(1000);
  throttle.setFraction(1, 2);
  expect(throttle.restMs(2)).toBe(0);
  expect(throttle.restedTotalMs(50)).toBe(1);
});

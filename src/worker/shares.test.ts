import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { dealOut, fractionAmong, SharesBoard } from "./shares.ts";

const rounded = (parts: number[]): number[] => parts.map((part) => Math.round(part * 1000) / 1000);

test("processors that suffice are not dealt out", () => {
  expect(dealOut([{ shares: 100, wanted: 1 }, { shares: 500, wanted: 0.7 }], 2)).toEqual([1, 0.7]); // prettier-ignore
});

test("who competes gets them by shares, and what one leaves the others get", () => {
  expect(rounded(dealOut([{ shares: 300, wanted: 1 }, { shares: 100, wanted: 1 }], 1))).toEqual([0.75, 0.25]); // prettier-ignore
  // Four times as many shares than one processor's worth.
  expect(rounded(dealOut([{ shares: 400, wanted: 1 }, { shares: 100, wanted: 1 }, { shares: 100, wanted: 1 }], 2))).toEqual([1, 0.5, 0.5]); // prettier-ignore
  expect(rounded(dealOut([{ shares: 100, wanted: 0.1 }, { shares: 300, wanted: 1 }, { shares: 100, wanted: 1 }], 1))).toEqual([0.1, 0.675, 0.225]); // prettier-ignore
});

test("equal shares are the host's business", () => {
  const other = { shares: 100, wanted: 1 };
  expect(fractionAmong({ shares: 100, wanted: 1 }, [other, other], 1)).toBe(1);
  expect(fractionAmong({ shares: 50, wanted: 1 }, [{ shares: 100, wanted: 0.01 }], 1)).toBe(1);
  expect(fractionAmong({ shares: 50, wanted: 1 }, [other], 1)).toBeCloseTo(1 / 3);
  expect(fractionAmong({ shares: 50, wanted: 1 }, [other], 2)).toBe(1);
});

beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] }));
afterEach(() => void vi.useRealTimers());

test("machines hear of each other, and of one that has stopped", async () => {
  const fractions = { small: 1, large: 1 };
  const board = (name: "small" | "large", processorShares: number): SharesBoard =>
    new SharesBoard({
      processors: 1,
      limits: () => ({ executionCapPercent: 100, processorShares }),
      takeWanted: () => 1,
      mayRun: (fraction) => (fractions[name] = fraction),
    });
  const small = board("small", 100);
  const large = board("large", 300);
  small.start();
  large.start();
  const second = async (): Promise<void> => {
    vi.advanceTimersByTime(1000);
    // Messages come by the event loop.
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await second();
  await second();
  expect(rounded([fractions.small, fractions.large])).toEqual([0.25, 0.75]);
  large.stop();
  await second();
  await second();
  expect(fractions).toEqual({ small: 1, large: 1 });
  small.close();
  large.close();
});

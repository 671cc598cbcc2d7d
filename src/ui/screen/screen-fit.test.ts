import { expect, test } from "vitest";
import { fitScreen } from "./screen-fit.ts";

const text = { widthPx: 720, heightPx: 400, aspect: 4 / 3 };
const square = { widthPx: 640, heightPx: 480, aspect: 4 / 3 };

test("the picture fills the room in one direction and keeps its aspect", () => {
  const { width, height } = fitScreen(text, 1200, 700, 1);
  expect(height).toBeCloseTo(700);
  expect(width / height).toBeCloseTo(4 / 3);
  expect(fitScreen(text, 360, 700, 1)).toMatchObject({ width: 360, height: 270, crisp: false });
});

test("a little room is given up for whole pixels", () => {
  expect(fitScreen(square, 1400, 1000, 1)).toEqual({ width: 1280, height: 960, crisp: true });
  expect(fitScreen(square, 700, 520, 1)).toEqual({ width: 640, height: 480, crisp: true });
});

test("not so much that the picture gets small", () => {
  expect(fitScreen(square, 1200, 900, 1)).toEqual({ width: 1200, height: 900, crisp: false });
});

test("device pixels count, not CSS pixels", () => {
  expect(fitScreen(square, 1000, 500, 2)).toEqual({ width: 640, height: 480, crisp: true });
});

test("nothing is larger than the room", () => {
  for (const mode of [text, square, { widthPx: 1920, heightPx: 1200, aspect: 1.6 }])
    for (const [roomWidth, roomHeight] of [[300, 900], [1023, 767], [3000, 200]] as const) {
      const { width, height } = fitScreen(mode, roomWidth, roomHeight, 1.25);
      expect(width).toBeLessThanOrEqual(roomWidth + 1e-6);
      expect(height).toBeLessThanOrEqual(roomHeight + 1e-6);
    } // prettier-ignore
});

test("no room is no division by zero", () => {
  const { width, height } = fitScreen(text, 0, 0, 1);
  expect(width).toBeGreaterThan(0);
  expect(Number.isFinite(height)).toBe(true);
});

test("whole multiples, and one for one, whatever the room", () => {
  expect(fitScreen(square, 1300, 1100, 1, "integer")).toEqual({ width: 1280, height: 960, crisp: true });
  expect(fitScreen(square, 500, 1100, 1, "integer")).toEqual({ width: 640, height: 480, crisp: true });
  expect(fitScreen(square, 1000, 1000, 2, "integer")).toEqual({ width: 960, height: 720, crisp: true });
  expect(fitScreen(text, 300, 200, 2, "original")).toEqual({ width: 720, height: 400, crisp: true });
});

import { expect, test } from "vitest";
import { StickyModifiers } from "./sticky-modifiers.ts";

function keys() {
  const told: string[] = [];
  const sticky = new StickyModifiers({ key: (code, down) => void told.push(`${down ? "+" : "-"}${code}`) });
  return { sticky, told };
}

test("a tapped modifier holds for one key", () => {
  const { sticky, told } = keys();
  sticky.tap("ControlLeft");
  expect(sticky.stateOf("ControlLeft")).toBe("next");
  sticky.press("KeyC");
  sticky.lift("KeyC");
  sticky.press("KeyD");
  sticky.lift("KeyD");
  expect(told).toEqual(["+ControlLeft", "+KeyC", "-KeyC", "-ControlLeft", "+KeyD", "-KeyD"]);
});

test("two modifiers together; tapped twice one stays until it is tapped again", () => {
  const { sticky, told } = keys();
  sticky.tap("ControlLeft");
  sticky.tap("AltLeft");
  sticky.tap("AltLeft");
  sticky.press("F1");
  sticky.lift("F1");
  expect(told).toEqual(["+ControlLeft", "+AltLeft", "+F1", "-F1", "-ControlLeft"]);
  expect(sticky.stateOf("AltLeft")).toBe("locked");
  sticky.tap("AltLeft");
  expect(told.at(-1)).toBe("-AltLeft");
});

test("all is released when the keyboard goes away, and a key that was not down is not lifted", () => {
  const { sticky, told } = keys();
  sticky.lift("KeyA");
  sticky.tap("ShiftLeft");
  sticky.press("KeyA");
  sticky.releaseAll();
  expect(told).toEqual(["+ShiftLeft", "+KeyA", "-KeyA", "-ShiftLeft"]);
  expect(sticky.stateOf("ShiftLeft")).toBe("up");
});

import { expect, test } from "vitest";
import { VmError } from "./vm-api.ts";
import { asVmError, fromPlain, isPlainVmError, toPlain } from "./vm-error.ts";

test("a VmError survives a structured clone in its plain form", () => {
  const there = structuredClone(toPlain(new VmError("badMedia", "the ISO is cut short")));
  expect(isPlainVmError(there)).toBe(true);
  const back = fromPlain(there);
  expect(back).toBeInstanceOf(VmError);
  expect(back).toMatchObject({ code: "badMedia", message: "the ISO is cut short" });
});

test("what is no VmError becomes one of the code that the caller names", () => {
  expect(asVmError(new RangeError("no memory"), "outOfMemory")).toMatchObject({
    code: "outOfMemory",
    message: "no memory",
  });
  expect(asVmError("text")).toMatchObject({ code: "internal", message: "text" });
});

test("only faults of ours carry their stack", () => {
  expect(toPlain(new Error("bug")).stack).toContain("bug");
  expect(toPlain(new VmError("badConfig", "x")).stack).toBeUndefined();
});

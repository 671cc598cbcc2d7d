import { expect, test } from "vitest";
import { readReport } from "./run-image.ts";

test("reads the cases of a test, and how it ended", () => {
  const output = "enabling apic\r\nPASS: one\r\nFAIL: two\r\nSKIP: three\r\nSUMMARY: 3 tests\r\n";
  expect(readReport(output, 3, "")).toEqual({ passes: 1, failed: ["two"], ending: "" });
  expect(readReport("PASS: one\n", 1, "")).toEqual({ passes: 1, failed: [], ending: "" });
});

test("a test that neither passes nor fails has a reason", () => {
  expect(readReport("PASS: one\n", 3, "posada: timed out after 20 s").ending).toBe("did not end");
  expect(readReport("PASS: one\nUnhandled exception 13 #GP(0) at ip 400275\n", 127, "").ending).toMatch(/^Unhandled/);
  expect(readReport("SKIP: no such feature\n", 77, "").ending).toBe("ended with status 77");
});

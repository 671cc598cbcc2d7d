import { expect, test, vi } from "vitest";
import { checkHost, missingFeatures } from "./host-check.ts";

test("names what is missing", () => {
  // Node has WebAssembly with SIMD and compression streams, but no Worker of a browser.
  expect(missingFeatures()).toEqual(["module Workers"]);
  expect(checkHost).toThrow(/lacks module Workers,/);
});

test("a host without WebAssembly is named for that alone", () => {
  vi.stubGlobal("WebAssembly", undefined);
  expect(missingFeatures()).toEqual(["WebAssembly"]);
  vi.unstubAllGlobals();
});

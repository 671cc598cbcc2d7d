import { expect, test, vi } from "vitest";
import { checkHost, missingFeatures } from "./host-check.ts";

test("names what is missing", () => {
  // Node has WebAssembly with SIMD and compression streams, but no Worker and no OffscreenCanvas of a browser.
  expect(missingFeatures()).toEqual(["module Workers", "OffscreenCanvas"]);
  expect(checkHost).toThrow(/lacks module Workers and OffscreenCanvas/);
});

test("a host without WebAssembly is named for that alone", () => {
  vi.stubGlobal("WebAssembly", undefined);
  expect(missingFeatures()).toEqual(["WebAssembly"]);
  vi.unstubAllGlobals();
});

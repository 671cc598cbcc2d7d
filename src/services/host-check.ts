/** Whether this browser has what a machine needs; what is missing is named in one sentence. */
import { VmError } from "../protocol/vm-api.ts";
import { said } from "../shared/said.ts";

/** A module with one function that makes a vector: `(func (drop (i8x16.splat (i32.const 0))))`. */
const SIMD_MODULE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x09, 0x01, 0x07, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x1a, 0x0b],
);

const needs: readonly [string, () => boolean][] = [
  ["WebAssembly", () => typeof WebAssembly === "object"],
  ["WebAssembly SIMD", () => WebAssembly.validate(SIMD_MODULE)],
  ["module Workers", () => typeof Worker === "function"],
  ["compression streams", () => typeof CompressionStream === "function"],
];

/** @returns the features that are missing, by name. */
export function missingFeatures(): string[] {
  const missing: string[] = [];
  for (const [name, isThere] of needs) {
    if (name !== "WebAssembly" && missing.includes("WebAssembly")) break;
    if (!isThere()) missing.push(name);
  }
  return missing;
}

/** @throws VmError `unsupportedHost` */
export function checkHost(): void {
  const missing = missingFeatures();
  if (missing.length > 0)
    throw new VmError(
      "unsupportedHost",
      said`This browser lacks ${missing.join(", ")}, which a machine needs; a current Chrome, Edge, Firefox or Safari has it.`,
    );
}

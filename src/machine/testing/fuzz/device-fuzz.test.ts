/**
 * A short run of the device fuzzer; `npm run fuzz:devices` is the long one. The board with a core needs build/core.wasm
 * (npm run core).
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DeviceFuzzer, type FuzzTarget } from "./device-fuzzer.ts";
import { fuzzTargets } from "./fuzz-targets.ts";
import { boardOfRealCore } from "./guest-traffic.ts";

const ACCESSES = 50_000;
const SEED = 1;
const core = new URL("../../../../build/core.wasm", import.meta.url);

async function stands(target: FuzzTarget): Promise<void> {
  const fuzzer = new DeviceFuzzer(target, SEED);
  await fuzzer.run(ACCESSES);
  expect(fuzzer.progress.accesses).toBeGreaterThanOrEqual(ACCESSES);
  expect(fuzzer.progress.roundTrips).toBeGreaterThan(0);
}

describe("device fuzzer", () => {
  it.each(fuzzTargets.map((target) => [target.name, target] as const))(
    "%s stands random traffic",
    (_name, target) => stands(target),
    60_000,
  );

  it.skipIf(!existsSync(core))(
    "a board with the core stands random programs",
    () => stands(boardOfRealCore(new WebAssembly.Module(readFileSync(core)))),
    60_000,
  );
});

/** A short run of random code in every mode; `npm run fuzz:code` is the long one. Needs build/core.wasm (npm run core). */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CodeFuzzer } from "./code-fuzzer.ts";
import { CODE_MODES } from "./code-modes.ts";
import { BACKENDS } from "./fuzz-machine.ts";

const SEED = 1;
const CASES = 3;
const core = new URL("../../../../build/core.wasm", import.meta.url);

describe.skipIf(!existsSync(core))("random bytes as code, interpreted and compiled", () => {
  const module = existsSync(core) ? new WebAssembly.Module(readFileSync(core)) : undefined;

  it.each(CODE_MODES.map((mode) => [mode.name, mode] as const))(
    "%s",
    async (_name, mode) => {
      const fuzzer = new CodeFuzzer(module!, mode, SEED, BACKENDS);
      await fuzzer.series(0, undefined, CASES);
      expect(fuzzer.progress.cases).toBe(CASES);
      expect(fuzzer.progress.instructions).toBeGreaterThan(1000);
    },
    60_000,
  );
});

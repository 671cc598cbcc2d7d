/** A short run of the fuzzer over every parser; `npm run fuzz:images` gives each a million inputs. */
import { describe, expect, it } from "vitest";
import { fuzzTarget } from "./image-fuzzer.ts";
import { allTargets } from "./targets.ts";

describe("hostile files", { timeout: 120_000 }, () => {
  it.each(allTargets.map((target) => [target.name, target] as const))("%s", async (_name, target) => {
    const seeds = target.seeds();
    if (seeds === null) return console.warn(`${target.name}: skipped, its seeds need a program that is missing`); // prettier-ignore
    const run = await fuzzTarget({ ...target, seeds: () => seeds }, { seed: 1, inputs: 200 });
    expect(run.inputs).toBe(200);
    // Some are refused and some are not: else the changes are of no use.
    expect(run.refused).toBeGreaterThan(10);
    expect(run.refused).toBeLessThan(200);
  });
});

/** SingleStepTests' vectors from a real 80286 in real mode, in the form that wasm/test/case-80286.ts reads. */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { differenceSince80286, opcodesIn, readMasks, readOpcode, runCase80286 } from "../wasm/test/case-80286.ts";
import { TestCore } from "../wasm/test/harness.ts";
import { type Context, type Outcome, type Suite, Tally } from "./suite.ts";

function digest(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(join(folder, "80286-real")).sort())
    hash.update(name).update(readFileSync(join(folder, "80286-real", name)));
  return hash.digest("hex").slice(0, 16);
}

/** Documented instructions apart from the rest, by the suite's own word. */
const group = (status: string | undefined) => (status ? `opcodes with status "${status}"` : "documented instructions");

function run({ folder, filter }: Context): Outcome {
  const tally = new Tally();
  const core = new TestCore();
  const masks = readMasks(folder);
  for (const opcode of opcodesIn(folder).filter((name) => name.includes(filter))) {
    const { status, flagsMask, cases } = readOpcode(folder, opcode, masks);
    for (const test of cases) {
      const what = runCase80286(core, test, flagsMask);
      if (what)
        tally.fail(group(status), { name: `${test.name} (${test.bytes})`, what, reason: differenceSince80286(test) });
      else tally.pass(group(status));
    }
  }
  return tally.outcome(`SHA-256 ${digest(folder)} (a sample of the SingleStepTests 80286 suite 1.0.0)`);
}

export const vectors80286: Suite = {
  id: "80286",
  title: "SingleStepTests 80286, real mode",
  needs: "the folder that holds 80286-real and 80286-real-masks.json",
  programs: [],
  run,
};

/** The real processor as the judge of integer instructions: compiles and runs integer.c. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pattern } from "./integer-layout.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
let program = "";

/** Runs the cases; throws with the reason when the program cannot be built or run. */
export function askProcessorForIntegers(inputs: Uint8Array): Uint8Array {
  if (!program) {
    const file = join(root, "build/test", `integer-${process.pid}`);
    mkdirSync(dirname(file), { recursive: true });
    const gcc = spawnSync("gcc", ["-O1", "-fno-stack-protector", "-o", file, join(here, "integer.c")], {
      encoding: "utf8",
    });
    if (gcc.status !== 0) throw new Error(gcc.stderr);
    program = file;
  }
  const run = spawnSync(program, [], { input: Buffer.concat([pattern, inputs]), maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`the processor's program ended with ${run.status} ${run.signal} ${run.stderr}`);
  return new Uint8Array(run.stdout);
}

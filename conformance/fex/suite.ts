/**
 * FEX-Emu's `unittests/ASM` and `unittests/32Bit_ASM`: instructions in user mode, one flat image a case. With `--native` every
 * case also runs on the processor of this machine, and a failure says what that one answers.
 */
import { commitOf } from "../revision.ts";
import { type Context, type Outcome, type Suite, Tally } from "../suite.ts";
import { UserProcess } from "../user-process.ts";
import { ENTRY, type FexCase, assemble, readCases } from "./case.ts";
import { compareRegisters } from "./compare.ts";
import { NativeProcessor } from "./native.ts";
import { REASONS, whyNotRun } from "./reasons.ts";

const FOLDERS = ["ASM", "32Bit_ASM"];
/** A case of the suite is short; the longest, a benchmark, needs some hundred thousand. */
const MAX_INSTRUCTIONS = 50_000_000;
/** Then a new machine: what the engine does to link a module grows with those that the table has known. */
const MOST_REGIONS = 1000;
const HLT = 0xf4;
const VECTOR_GP = 13;

/** What the core makes of a case: empty where all is as expected. */
function runOnCore(process: UserProcess, test: FexCase, image: Uint8Array): string {
  const bytes = BigInt(image.length + 0xfff) & ~0xfffn;
  process.start(test.is64, [{ base: ENTRY, bytes }, ...test.regions], ENTRY);
  process.write(ENTRY, image);
  for (const { at, bytes: data } of test.memory) process.write(at, data);
  const ending = process.run(MAX_INSTRUCTIONS);
  if (!ending) return `still running after ${MAX_INSTRUCTIONS} instructions`;
  const { vector, error, rip, address } = ending;
  if (vector !== VECTOR_GP || process.read(rip) !== HLT)
    return (
      `exception ${vector} (${error.toString(16)}) at ${rip.toString(16)}` +
      (vector === 14 ? `, address ${address.toString(16)}` : "")
    );
  return compareRegisters(test, process.registers());
}

function group(test: FexCase): string {
  const parts = test.name.split("/");
  return parts.length > 2 ? `${parts[0]}/${parts[1]}` : `${parts[0]} (no group)`;
}

function run({ folder, cache, filter, switches, log }: Context): Outcome {
  const tally = new Tally();
  const native = switches.has("native") ? new NativeProcessor(cache) : undefined;
  let process = new UserProcess();
  let agreeing = 0;
  let rejected = 0;
  for (const test of FOLDERS.flatMap((name) => readCases(folder, name))) {
    if (!test.name.includes(filter)) continue;
    const notRun = whyNotRun(test);
    if (notRun) {
      tally.skip(notRun, test.name);
      continue;
    }
    const { image, path } = assemble(folder, test, cache);
    if (process.core.ex.statRegions!() > MOST_REGIONS) process = new UserProcess();
    let what: string;
    try {
      what = runOnCore(process, test, image);
    } catch (error) {
      what = (error as Error).message;
    }
    let answer = "";
    if (native) {
      const state = native.run(test, path, image);
      answer = typeof state === "string" ? state : compareRegisters(test, state);
      if (answer) rejected++;
      else agreeing++;
    }
    if (!what) tally.pass(group(test));
    else {
      const nativeWord = native ? `; real processor: ${answer || "as the suite expects"}` : "";
      tally.fail(group(test), { name: test.name, what: what + nativeWord, reason: REASONS[test.name] });
      if (!REASONS[test.name]) log(`${test.name}: ${what}${nativeWord}`);
    }
    if (!what && answer) log(`${test.name}: passes on the core, but the real processor: ${answer}`);
  }
  const notes = native
    ? [`The processor of the machine passes ${agreeing} of the ${agreeing + rejected} cases run.`]
    : [];
  return tally.outcome(commitOf(folder), notes);
}

export const fex: Suite = {
  id: "fex",
  title: "FEX-Emu/FEX, unittests/ASM and unittests/32Bit_ASM",
  needs: "a checkout of github.com/FEX-Emu/FEX; nasm (and for --native a C compiler on x86-64 Linux)",
  programs: ["nasm"],
  run,
};

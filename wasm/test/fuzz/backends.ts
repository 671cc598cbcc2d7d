/**
 * What the fuzzer compares with the real processor: each way in which the core can carry out an instruction. A backend says
 * which groups it has, and runs a case (layout.ts) to its result. The interpreter runs all of them; whatever makes code
 * of instructions is added to BACKENDS.
 */
import type { Group } from "../native/integer-cases.ts";
import { UserRunner } from "../native/user-runner.ts";
import { JitRunner, canCompile } from "./jit-runner.ts";

export interface CaseRunner {
  run(input: Uint8Array, result: Uint8Array): void;
}

export interface Backend {
  name: string;
  covers(group: Group): boolean;
  create(): CaseRunner;
}

export const BACKENDS: readonly Backend[] = [
  { name: "interpreter", covers: () => true, create: () => new UserRunner() },
  // Protected mode with PAE and without long mode.
  { name: "legacy", covers: (group) => group.mode === 32 && !isOfLongMode(group), create: () => new UserRunner(true) },
  { name: "jit", covers: canCompile, create: () => new JitRunner() },
];

/** Instructions whose results tell that the processor is in long mode: code segments with L, and NT in IRET. */
function isOfLongMode({ row }: Group): boolean {
  return /^(CALL_FAR|JMP_FAR|RET_FAR|IRET|LAR|LSL|VERR|VERW|SYS)/.test(row.semantic);
}

/** The backends of a list of names, separated by commas. */
export function backendsOf(names: string): Backend[] {
  return names.split(",").map((name) => {
    const backend = BACKENDS.find((b) => b.name === name);
    if (!backend) throw new Error(`there is no backend "${name}": ${BACKENDS.map((b) => b.name).join(", ")}`);
    return backend;
  });
}

/** The real processor as the judge: compiles and runs processor.c, and says which processor answered. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CASE_SIZE, FP_AFTER_RESET, IN_FP, RESULT_SIZE } from "../fuzz/layout.ts";
import { INPUT_SIZE, OUTPUT_SIZE, pattern } from "./integer-layout.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
/** What a processor needs to be asked about every row of the tables (as /proc/cpuinfo calls it). */
const NEEDED = [
  "mmx",
  "fxsr",
  "sse4_2",
  "aes",
  "pclmulqdq",
  "movbe",
  "popcnt",
  "fsgsbase",
  "xsave",
  "rdrand",
  "rdtscp",
];

export interface HostProcessor {
  vendor: "AMD" | "Intel" | "other";
  /** Maker, name, family, model and stepping. */
  name: string;
}

/** The processor of this host, or why it cannot be asked. */
export function hostProcessor(): HostProcessor | string {
  if (arch() !== "x64" || platform() !== "linux") return "the host is not x86-64 Linux";
  let info: string;
  try {
    info = readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "/proc/cpuinfo cannot be read";
  }
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(info)?.[1] ?? "";
  const flags = new Set(field("flags").split(" "));
  const missing = NEEDED.filter((flag) => !flags.has(flag));
  if (missing.length) return `the processor lacks ${missing.join(", ")}`;
  if (spawnSync("gcc", ["--version"]).status !== 0) return "gcc is missing";
  const maker = field("vendor_id");
  return {
    vendor: maker === "AuthenticAMD" ? "AMD" : maker === "GenuineIntel" ? "Intel" : "other",
    name: `${maker} "${field("model name")}" family ${field("cpu family")} model ${field("model")} stepping ${field("stepping")}`,
  };
}

let program = "";

function compiled(): string {
  if (program) return program;
  const file = join(root, "build/test", `processor-${process.pid}`);
  mkdirSync(dirname(file), { recursive: true });
  const source = join(here, "processor.c");
  const gcc = spawnSync("gcc", ["-O1", "-fno-stack-protector", "-o", file, source], { encoding: "utf8" });
  if (gcc.status !== 0) throw new Error(gcc.stderr);
  return (program = file);
}

/** Runs cases of CASE_SIZE bytes; throws with the reason when the program cannot be built or run. */
export function askProcessor(cases: Uint8Array): Uint8Array {
  const run = spawnSync(compiled(), [], { input: Buffer.concat([pattern, cases]), maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`the processor's program ended with ${run.status} ${run.signal} ${run.stderr}`);
  if (run.stdout.length / RESULT_SIZE !== cases.length / CASE_SIZE)
    throw new Error("the processor's program left cases out");
  return new Uint8Array(run.stdout);
}

/** Cases of integer instructions: the units for floating point are as after a reset, and are not looked at. */
export function askProcessorForIntegers(inputs: Uint8Array): Uint8Array {
  const count = inputs.length / INPUT_SIZE;
  const cases = new Uint8Array(count * CASE_SIZE);
  for (let i = 0; i < count; i++) {
    cases.set(inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE), i * CASE_SIZE);
    cases.set(FP_AFTER_RESET, i * CASE_SIZE + IN_FP);
  }
  const results = askProcessor(cases);
  const outputs = new Uint8Array(count * OUTPUT_SIZE);
  for (let i = 0; i < count; i++)
    outputs.set(results.subarray(i * RESULT_SIZE, i * RESULT_SIZE + OUTPUT_SIZE), i * OUTPUT_SIZE);
  return outputs;
}

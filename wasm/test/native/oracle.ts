/**
 * The real processor as the judge: compiles and runs oracle.c. Only where gcc is there and the processor is an AMD one
 * with everything that is asked: other makers' processors differ in a few details that the manuals leave open
 * (TOP after EMMS, CVTPI2PS from memory).
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../../..");
const NEEDED = ["mmx", "fxsr", "sse4_2", "aes", "pclmulqdq", "avx2"];

function isSuitable(): boolean {
  if (arch() !== "x64") return false;
  try {
    const info = readFileSync("/proc/cpuinfo", "utf8");
    const flags = new Set(/^flags\s*:(.*)$/m.exec(info)?.[1]?.split(" "));
    return (
      info.includes("AuthenticAMD") &&
      NEEDED.every((flag) => flags.has(flag)) &&
      spawnSync("gcc", ["--version"]).status === 0
    );
  } catch {
    return false;
  }
}

export const oracleIsHere = isSuitable();

/** Runs the cases; throws with the reason when the program cannot be built or run. */
export function askProcessor(inputs: Uint8Array): Uint8Array {
  const program = join(root, "build/test", `oracle-${process.pid}`);
  mkdirSync(dirname(program), { recursive: true });
  const gcc = spawnSync("gcc", ["-O1", "-mno-red-zone", "-fno-pie", "-no-pie", "-o", program, join(here, "oracle.c")], {
    encoding: "utf8",
  });
  if (gcc.status !== 0) throw new Error(gcc.stderr);
  const run = spawnSync(program, [], { input: inputs, maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`the oracle ended with ${run.status} ${run.signal}`);
  return new Uint8Array(run.stdout);
}

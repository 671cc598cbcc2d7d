/** What scripts/fuzz-devices.mjs bundles: one target, driven in slices, with a line after each. */
import { DeviceFuzzer, type FuzzTarget } from "./device-fuzzer.ts";
import { fuzzTargets } from "./fuzz-targets.ts";
import { boardOfRealCore } from "./guest-traffic.ts";

export interface FuzzRun {
  name: string;
  seed: number;
  accesses: number;
  /** Stops early when the process has used this much processor time. */
  seconds: number;
  report(progress: { accesses: number; roundTrips: number; cpuSeconds: number }): void;
}

const SLICE = 50_000;

export const targetNames = (): string[] => [...fuzzTargets.map(({ name }) => name), "board-with-core"];

/** @throws Error with the seed and the last steps. @param core the compiled core, for the board that runs one */
export async function fuzz(run: FuzzRun, core: WebAssembly.Module): Promise<void> {
  const found = fuzzTargets.find(({ name }) => name === run.name);
  const target: FuzzTarget = found ?? boardOfRealCore(core);
  const fuzzer = new DeviceFuzzer(target, run.seed);
  while (fuzzer.progress.accesses < run.accesses && cpuSeconds() < run.seconds) {
    await fuzzer.run(Math.min(SLICE, run.accesses - fuzzer.progress.accesses));
    run.report({ ...fuzzer.progress, cpuSeconds: cpuSeconds() });
  }
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

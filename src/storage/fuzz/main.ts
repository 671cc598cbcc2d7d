/** What `npm run fuzz:images` bundles: the targets by name, and the fuzzer. */
import { fuzzTarget, type FuzzRun } from "./image-fuzzer.ts";
import { allTargets } from "./targets.ts";

export const targetNames = (): string[] => allTargets.map(({ name }) => name);

/** @returns null where the seeds cannot be made here */
export async function fuzz(options: {
  name: string;
  seed: number;
  inputs: number;
  seconds: number;
  report: (inputs: number) => void;
}): Promise<FuzzRun | null> {
  const target = allTargets.find(({ name }) => name === options.name)!;
  const seeds = target.seeds();
  if (seeds === null) return null;
  return fuzzTarget({ ...target, seeds: () => seeds }, { ...options, onProgress: (run) => options.report(run.inputs) });
}

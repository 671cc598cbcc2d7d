/** What scripts/fuzz-code.mjs bundles: one mode, series after series. */
import { CODE_MODES } from "./code-modes.ts";
import { CodeFuzzer, type CodeFuzzProgress } from "./code-fuzzer.ts";
import { BACKENDS, type BackendName } from "./fuzz-machine.ts";

export interface CodeFuzzRun {
  mode: string;
  seed: number;
  firstSeries: number;
  mostSeries: number;
  backends: readonly string[];
  /** Stops after the series under way when the process has used this much processor time. */
  seconds: number;
  report(progress: CodeFuzzProgress & { cpuSeconds: number }): void;
}

const REPORT_EVERY_MS = 1000;

export const modeNames = (): string[] => CODE_MODES.map(({ name }) => name);
export const backendNames = (): readonly string[] => BACKENDS;

/** @throws Error with what makes it happen again */
export async function fuzz(run: CodeFuzzRun, module: WebAssembly.Module): Promise<void> {
  const mode = CODE_MODES.find(({ name }) => name === run.mode)!;
  const fuzzer = new CodeFuzzer(module, mode, run.seed, run.backends as readonly BackendName[]);
  const { progress } = fuzzer;
  let reported = 0;
  const sign = (): void => {
    if (Date.now() - reported < REPORT_EVERY_MS) return;
    reported = Date.now();
    run.report({ ...progress, cpuSeconds: cpuSeconds() });
  };
  for (let series = run.firstSeries; series < run.firstSeries + run.mostSeries && cpuSeconds() < run.seconds; series++)
    await fuzzer.series(series, sign);
  run.report({ ...progress, cpuSeconds: cpuSeconds() });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

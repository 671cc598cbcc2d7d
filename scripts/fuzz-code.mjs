#!/usr/bin/env node
/**
 * `npm run fuzz:code`: random bytes executed as code, in every mode, on a whole machine; interpreted and compiled side by
 * side. A process per mode.
 *
 *   --mode NAME     only this one (repeatable)     --seconds N    of processor time per mode (60)
 *   --series N      begin with this one (0)        --count N      at most so many series
 *   --backends LIST interpreter,jit                --seed N       (1)
 *   --list          names of modes
 *
 * An exception of the host, a run that does not come back within a minute, memory touched beside the guest's, and machines that
 * part are reported with what makes them happen again. Exit status 1 where there was one.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { bundleFuzzer, watchChild } from "./lib/fuzz-child.mjs";
import { at } from "./lib/process.mjs";

const corePath = at("build", "core.wasm");
const HANG_MS = 60_000;

const { values: options } = parseArgs({
  options: {
    mode: { type: "string", multiple: true },
    seconds: { type: "string", default: "60" },
    seed: { type: "string", default: "1" },
    series: { type: "string", default: "0" },
    count: { type: "string", default: "Infinity" },
    backends: { type: "string", default: "interpreter,jit" },
    list: { type: "boolean", default: false },
    child: { type: "boolean", default: false },
    bundle: { type: "string", default: "" },
  },
});

/** In the child: one mode. */
async function drive(mode) {
  const { fuzz } = await import(pathToFileURL(options.bundle).href);
  await fuzz(
    {
      mode,
      seed: Number(options.seed),
      firstSeries: Number(options.series),
      mostSeries: Number(options.count),
      backends: options.backends.split(","),
      seconds: Number(options.seconds),
      report: (progress) => process.send?.(progress),
    },
    new WebAssembly.Module(readFileSync(corePath)),
  );
}

/** @returns true when the machine survived */
async function driveInChild(mode, bundle) {
  const passedOn = ["seed", "series", "count", "backends", "seconds"].flatMap((name) => [`--${name}`, options[name]]);
  const args = ["--child", "--bundle", bundle, "--mode", mode, ...passedOn];
  const end = await watchChild(fileURLToPath(import.meta.url), args, HANG_MS);
  const p = end.progress ?? { series: 0, cases: 0, bursts: 0, instructions: 0, compiledInstructions: 0, tripleFaults: 0, longestRunMs: 0, cpuSeconds: 0 }; // prettier-ignore
  const what =
    `${p.series} series, ${p.cases} cases, ${p.bursts} bursts, ${p.instructions} instructions ` +
    `(${p.compiledInstructions} compiled), ${p.tripleFaults} triple faults, longest run ${p.longestRunMs.toFixed(0)} ms, ${p.cpuSeconds.toFixed(0)} s of processor time`;
  const place = `series ${Number(options.series) + p.series}, case ${p.cases}`;
  const verdict = end.hangs ? `HANGS in ${place}` : end.status === 0 ? "ok" : "FAILED";
  console.log(`${mode.padEnd(16)} seed ${options.seed}: ${what}: ${verdict}`);
  return end.status === 0 && !end.hangs;
}

if (options.child) await drive(options.mode[0]);
else {
  if (!existsSync(corePath)) {
    console.error("fuzz:code: build/core.wasm is missing; npm run core makes it");
    process.exit(1);
  }
  const bundle = await bundleFuzzer(at("src", "worker", "testing", "code-fuzz", "main.ts"), "code");
  const { modeNames, backendNames } = await import(pathToFileURL(bundle).href);
  const modes = options.mode ?? modeNames();
  const isKnown = modes.every((name) => modeNames().includes(name));
  if (options.list || !isKnown || !options.backends.split(",").every((name) => backendNames().includes(name))) {
    console.log(`modes: ${modeNames().join(", ")}; backends: ${backendNames().join(", ")}`);
    process.exit(options.list ? 0 : 2);
  }
  let failed = 0;
  for (const mode of modes) if (!(await driveInChild(mode, bundle))) failed++;
  console.log(`${failed} of ${modes.length} modes failed`);
  process.exit(failed === 0 ? 0 : 1);
}

#!/usr/bin/env node
/**
 * `npm run fuzz:images`: changed disk images, packages, partition tables and file systems for every parser, a million
 * inputs each, a process per parser.
 *
 *   --target NAME   only this one (repeatable)    --inputs N   per parser      --seed N    a run can be had again
 *   --seconds N     per parser, then the next     --list       names of parsers
 *
 * A parser that fails in another way than by one typed sentence is reported with its seed and input; one that makes no
 * progress for five minutes hangs, and is ended. Exit status 1 where any did.
 */
import { spawn } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { bundleForNode } from "./lib/node-bundle.mjs";
import { at } from "./lib/process.mjs";

const bundle = at("build", "fuzz-images", "main.mjs");
const HANG_SECONDS = 300;
/** Caches are bounded, so the heap need not be large. */
const HEAP_MIB = 512;

const { values: options } = parseArgs({
  options: {
    target: { type: "string", multiple: true },
    inputs: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "Infinity" },
    list: { type: "boolean", default: false },
    child: { type: "boolean", default: false },
  },
});

/** In the child: one parser. */
async function drive(name) {
  const { fuzz } = await import(pathToFileURL(bundle).href);
  const run = await fuzz({
    name,
    seed: Number(options.seed),
    inputs: Number(options.inputs),
    seconds: Number(options.seconds),
    report: (inputs) => process.send?.({ inputs }),
  });
  process.send?.(run ? { inputs: run.inputs, refused: run.refused, reasons: run.reasons.size } : { skipped: true });
  process.disconnect?.();
}

/** @returns true when the parser stood it */
function driveInChild(name) {
  const args = ["--child", "--target", name, "--seed", options.seed, "--inputs", options.inputs];
  const child = spawn(
    process.execPath,
    [`--max-old-space-size=${HEAP_MIB}`, fileURLToPath(import.meta.url), ...args, "--seconds", options.seconds],
    { stdio: ["ignore", "inherit", "inherit", "ipc"] },
  );
  const started = Date.now();
  let progress = { inputs: 0 };
  // Seconds of ours, not of the clock: a machine that sleeps, or stops all of this, is no hang.
  let silentSeconds = 0;
  let hung = false;
  const watchdog = setInterval(() => {
    if (++silentSeconds < HANG_SECONDS) return;
    hung = true;
    child.kill("SIGKILL");
  }, 1000);
  child.on("message", (message) => {
    progress = message;
    silentSeconds = 0;
  });
  return new Promise((resolve) => {
    child.on("close", (status) => {
      clearInterval(watchdog);
      const seconds = (Date.now() - started) / 1000;
      if (progress.skipped) {
        console.log(`${name.padEnd(20)} skipped: its seeds need a program that is missing`);
        return resolve(true);
      }
      const what = `${progress.inputs} inputs, ${progress.refused ?? "?"} refused for ${progress.reasons ?? "?"} reasons, ${seconds.toFixed(1)} s`;
      const verdict = hung ? "HANGS" : status === 0 ? "ok" : "FAILED";
      console.log(`${name.padEnd(20)} seed ${options.seed}: ${what}: ${verdict}`);
      resolve(status === 0 && !hung);
    });
  });
}

if (options.child) await drive(options.target[0]);
else {
  await bundleForNode({ main: at("src", "storage", "fuzz", "main.ts") }, at("build", "fuzz-images"), { minify: false });
  const { targetNames } = await import(pathToFileURL(bundle).href);
  const names = targetNames();
  const unknown = (options.target ?? []).filter((name) => !names.includes(name));
  if (options.list || unknown.length > 0) {
    console.log(`parsers: ${names.join(", ")}`);
    process.exit(unknown.length > 0 ? 2 : 0);
  }
  let failed = 0;
  for (const name of options.target ?? names) if (!(await driveInChild(name))) failed++;
  console.log(`${failed} of ${(options.target ?? names).length} parsers failed`);
  process.exit(failed === 0 ? 0 : 1);
}

#!/usr/bin/env node
/**
 * `npm run fuzz:devices`: random register traffic for every device, 10 million accesses each, a process per device.
 *
 *   --device NAME   only this one (repeatable)    --accesses N   per device      --seed N    a run can be had again
 *   --seconds N     per device, then the next     --list         names of devices
 *
 * A device that throws or answers nonsense is reported with its seed and its last steps; one that makes no progress for
 * a minute hangs, and is ended. Exit status 1 where any did.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { at, root } from "./lib/process.mjs";

const bundle = at("build", "fuzz", "main.mjs");
const corePath = at("build", "core.wasm");
const HANG_MS = 60_000;

const { values: options } = parseArgs({
  options: {
    device: { type: "string", multiple: true },
    accesses: { type: "string", default: "10000000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "Infinity" },
    list: { type: "boolean", default: false },
    child: { type: "boolean", default: false },
  },
});

async function buildBundle() {
  const { build } = await import("vite");
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    publicDir: false,
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: true,
      target: "node20",
      minify: false,
      outDir: at("build", "fuzz"),
      emptyOutDir: true,
      rolldownOptions: {
        input: { main: at("src", "machine", "testing", "fuzz", "main.ts") },
        output: { entryFileNames: "[name].mjs" },
      },
    },
  });
}

/** In the child: one device. */
async function drive(name) {
  const { fuzz } = await import(pathToFileURL(bundle).href);
  await fuzz(
    {
      name,
      seed: Number(options.seed),
      accesses: Number(options.accesses),
      seconds: Number(options.seconds),
      report: (progress) => process.send?.(progress),
    },
    new WebAssembly.Module(readFileSync(corePath)),
  );
}

/** @returns true when the device stood the traffic */
function driveInChild(name) {
  const args = ["--child", "--device", name, "--seed", options.seed, "--accesses", options.accesses];
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), ...args, "--seconds", options.seconds], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const started = Date.now();
  let progress = { accesses: 0, roundTrips: 0 };
  let lastSign = Date.now();
  let hung = false;
  const watchdog = setInterval(() => {
    if (Date.now() - lastSign < HANG_MS) return;
    hung = true;
    child.kill("SIGKILL");
  }, 1000);
  child.on("message", (message) => {
    progress = message;
    lastSign = Date.now();
  });
  return new Promise((resolve) => {
    child.on("close", (status) => {
      clearInterval(watchdog);
      const seconds = (Date.now() - started) / 1000;
      const what = `${progress.accesses} accesses, ${progress.roundTrips} round trips, ${seconds.toFixed(1)} s`;
      const verdict = hung ? `HANGS after ${progress.accesses} accesses` : status === 0 ? "ok" : "FAILED";
      console.log(`${name.padEnd(24)} seed ${options.seed}: ${what}: ${verdict}`);
      resolve(status === 0 && !hung);
    });
  });
}

if (options.child) await drive(options.device[0]);
else {
  if (!existsSync(corePath)) {
    console.error("fuzz:devices: build/core.wasm is missing; npm run core makes it");
    process.exit(1);
  }
  await buildBundle();
  const { targetNames } = await import(pathToFileURL(bundle).href);
  const names = targetNames();
  const unknown = (options.device ?? []).filter((name) => !names.includes(name));
  if (options.list || unknown.length > 0) {
    console.log(`devices: ${names.join(", ")}`);
    process.exit(unknown.length > 0 ? 2 : 0);
  }
  let failed = 0;
  for (const name of options.device ?? names) if (!(await driveInChild(name))) failed++;
  console.log(`${failed} of ${(options.device ?? names).length} devices failed`);
  process.exit(failed === 0 ? 0 : 1);
}

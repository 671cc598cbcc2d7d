#!/usr/bin/env node
/**
 * `npm run fuzz:devices`: random register traffic for every device, 10 million accesses each, a process per device.
 *
 *   --device NAME   only this one (repeatable)    --accesses N   per device      --seed N    a run can be had again
 *   --seconds N     of processor time per device  --list         names of devices
 *
 * A device that throws or answers nonsense is reported with its seed and its last steps; one that makes no progress for
 * a minute hangs, and is ended. Exit status 1 where any did.
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
    device: { type: "string", multiple: true },
    accesses: { type: "string", default: "10000000" },
    seed: { type: "string", default: "1" },
    seconds: { type: "string", default: "Infinity" },
    list: { type: "boolean", default: false },
    child: { type: "boolean", default: false },
    bundle: { type: "string", default: "" },
  },
});

/** In the child: one device. */
async function drive(name) {
  const { fuzz } = await import(pathToFileURL(options.bundle).href);
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
async function driveInChild(name) {
  const args = ["--child", "--device", name, "--seed", options.seed, "--accesses", options.accesses];
  const script = fileURLToPath(import.meta.url);
  const end = await watchChild(script, [...args, "--bundle", bundle, "--seconds", options.seconds], HANG_MS);
  const { accesses, roundTrips, cpuSeconds } = end.progress ?? { accesses: 0, roundTrips: 0, cpuSeconds: 0 };
  const what = `${accesses} accesses, ${roundTrips} round trips, ${cpuSeconds.toFixed(1)} s of processor time`;
  const verdict = end.hangs ? `HANGS after ${accesses} accesses` : end.status === 0 ? "ok" : "FAILED";
  console.log(`${name.padEnd(24)} seed ${options.seed}: ${what}: ${verdict}`);
  return end.status === 0 && !end.hangs;
}

let bundle;
if (options.child) await drive(options.device[0]);
else {
  if (!existsSync(corePath)) {
    console.error("fuzz:devices: build/core.wasm is missing; npm run core makes it");
    process.exit(1);
  }
  bundle = await bundleFuzzer(at("src", "machine", "testing", "fuzz", "main.ts"), "devices");
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

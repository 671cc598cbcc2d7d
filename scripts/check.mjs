#!/usr/bin/env node
/** `npm run check`: types, lint, format and dependency rules. All are run; any failure fails. */
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { readLayout, writeLayoutTwin } from "./lib/layout-twin.mjs";
import { writeOpcodeTwin } from "./lib/opcode-twin.mjs";
import { at, nodeBin, run } from "./lib/process.mjs";

/** @returns how many checks passed and failed. */
export async function check() {
  const generator = at("wasm", "isa", "generate.mjs");
  const folders = ["src", "cli", "wasm"].filter((folder) => existsSync(at(folder)));
  writeLayoutTwin(readLayout());
  writeOpcodeTwin();
  const steps = [
    // Generated types are part of what is checked.
    ...(existsSync(generator) ? [["generated tables", process.execPath, [generator]]] : []),
    ["types", nodeBin("tsc"), ["--noEmit", "-p", "."]],
    ["lint", nodeBin("eslint"), ["--max-warnings", "0", "."]],
    ["format", nodeBin("prettier"), ["--check", "--log-level", "warn", "."]],
    ["dependency rules", nodeBin("depcruise"), ["--config", ".dependency-cruiser.cjs", ...folders]],
  ];
  const failed = [];
  for (const [what, command, args] of steps) {
    console.log(`check: ${what}`);
    if ((await run(command, args)) !== 0) failed.push(what);
  }
  if (failed.length > 0) console.error(`check: failed: ${failed.join(", ")}`);
  return { passed: steps.length - failed.length, failed: failed.length };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { failed } = await check();
  process.exit(failed === 0 ? 0 : 1);
}

#!/usr/bin/env node
/**
 * `npm test`: the set-up, then checks, unit tests, tests of the core and browser tests. The last line counts them
 * all: "N passed, N failed" (and what was skipped, by name, above it).
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { at, nodeBin, run } from "./lib/process.mjs";
import { setup } from "./setup.mjs";

const results = at("build", "test-results");

/** Reads a JSON report; a runner that left none has failed as a whole. */
function report(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return null;
  }
}

/** @returns counts, at least one failure where the runner itself failed. */
function counts(name, passed, failed, skipped, status) {
  return { name, passed, failed: failed === 0 && status !== 0 ? 1 : failed, skipped };
}

/**
 * Tests of the core that run a second time, with every instruction compiled before it runs.
 */
const COMPILED = [
  "system-faults",
  "system-transfers",
  "system-events",
  "system-more",
  "system-debug",
  "system-exceptions",
  "system-tasks",
  "system-task-switch",
  "system-v86",
  "system-nmi",
  "system-wraps",
  "system-wraps-real",
  "system-code",
  "system-translations",
]
  .concat("processor", "cpu-features")
  .map((name) => `wasm/test/${name}.test.ts`);

const vitest = () => runVitest("unit tests", "vitest", []);
const compiledCode = () => runVitest("core tests, compiled", "vitest-compiled", COMPILED, { POSADA_JIT: "0" });

async function runVitest(name, fileName, filters, env = {}) {
  const file = at("build", "test-results", `${fileName}.json`);
  const status = await run(
    nodeBin("vitest"),
    ["run", ...filters, "--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
    { env: { ...process.env, ...env } },
  );
  const result = report(file);
  return counts(name, result?.numPassedTests ?? 0, result?.numFailedTests ?? 0, result?.numPendingTests ?? 0, status);
}

/** The guests that take seconds; `npm run boot-table -- --long` boots the others as well. */
const guests = () => runVitest("guest tests", "guests", ["--config", at("guests", "vitest.config.ts")]);

/** The core's own runner, for tests that need assembled guests; it ends with the same kind of line. */
async function core() {
  const script = at("wasm", "test", "run.mjs");
  if (!existsSync(script)) return null;
  let tail = "";
  const status = await new Promise((resolve) => {
    import("node:child_process").then(({ spawn }) => {
      const child = spawn(process.execPath, [script], { cwd: at("."), stdio: ["inherit", "pipe", "inherit"] });
      child.stdout.on("data", (bytes) => {
        process.stdout.write(bytes);
        tail = (tail + bytes).slice(-500);
      });
      child.on("close", (code) => resolve(code ?? 1));
    });
  });
  const line = /(\d+) passed, (\d+) failed(?:, (\d+) skipped)?/.exec(tail);
  return counts("core tests", Number(line?.[1] ?? 0), Number(line?.[2] ?? 0), Number(line?.[3] ?? 0), status);
}

async function browser() {
  if (!existsSync(at("scripts", "e2e.mjs"))) return null;
  const file = at("build", "test-results", "e2e.json");
  const status = await run(process.execPath, [at("scripts", "e2e.mjs"), "--reporter=list,json"], {
    env: { ...process.env, PLAYWRIGHT_JSON_OUTPUT_NAME: file },
  });
  const stats = report(file)?.stats;
  return counts(
    "browser tests",
    (stats?.expected ?? 0) + (stats?.flaky ?? 0),
    stats?.unexpected ?? 0,
    stats?.skipped ?? 0,
    status,
  );
}

await setup("test");
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const { check } = await import("./check.mjs");
const all = [{ name: "checks", skipped: 0, ...(await check()) }];
for (const runner of [vitest, compiledCode, core, guests, browser]) {
  const result = await runner();
  if (result) all.push(result);
}
console.log("");
for (const { name, passed, failed, skipped } of all)
  console.log(`${name}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
const total = (field) => all.reduce((sum, result) => sum + result[field], 0);
console.log(`${total("passed")} passed, ${total("failed")} failed`);
process.exit(total("failed") === 0 ? 0 : 1);

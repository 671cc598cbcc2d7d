/** What the fuzzers of machines share: their TypeScript as one file for Node, and a child process that is ended when it hangs. */
import { spawn } from "node:child_process";
import { bundleForNode } from "./node-bundle.mjs";
import { at } from "./process.mjs";

const TICK_MS = 1000;

/** Bundles a TypeScript entry. @returns the file's path */
export async function bundleFuzzer(entry, name) {
  const outDir = at("build", "fuzz-bundles", name);
  await bundleForNode({ main: entry }, outDir, { minify: false });
  return `${outDir}/main.mjs`;
}

/**
 * Runs a script of ours in a child that sends its progress now and then; without a sign for `hangMs` it is killed.
 * @returns how it ended, with what it sent last
 */
export function watchChild(script, args, hangMs) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const started = Date.now();
  let progress = null;
  // Ticks of our own, not time: whoever stops both of us for a while makes no hang of it.
  let silentMs = 0;
  let hangs = false;
  const watchdog = setInterval(() => {
    if ((silentMs += TICK_MS) < hangMs) return;
    hangs = true;
    child.kill("SIGKILL");
  }, TICK_MS);
  child.on("message", (message) => {
    progress = message;
    silentMs = 0;
  });
  return new Promise((resolve) => {
    child.on("close", (status) => {
      clearInterval(watchdog);
      resolve({ status, hangs, progress, seconds: (Date.now() - started) / 1000 });
    });
  });
}

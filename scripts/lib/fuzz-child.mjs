/** What the fuzzers of machines share: their TypeScript as one file for Node, and a child process that is ended when it hangs. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { bundleForNode } from "./node-bundle.mjs";
import { at } from "./process.mjs";

const TICK_MS = 1000;
/** A child that does nothing for so many times its allowance waits for something that does not come. */
const IDLE_FACTOR = 30;
/** Of the times in /proc, on Linux. [proc(5)] */
const PROC_TICK_MS = 10;

/** Bundles a TypeScript entry. @returns the file's path */
export async function bundleFuzzer(entry, name) {
  const outDir = at("build", "fuzz-bundles", name);
  await bundleForNode({ main: entry }, outDir, { minify: false });
  return `${outDir}/main.mjs`;
}

/** Processor time of a process in milliseconds, 0 where the system does not tell. */
function processorMs(pid) {
  try {
    // The name, in brackets, may hold spaces; utime and stime are the 14th and 15th field.
    const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) * PROC_TICK_MS;
  } catch {
    return 0;
  }
}

/**
 * Runs a script of ours in a child that sends its progress now and then; without a sign for `hangMs` of processor time it
 * is killed: on a busy machine it may be its turn but seldom.
 * @returns how it ended, with what it sent last
 */
export function watchChild(script, args, hangMs) {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const started = Date.now();
  let progress = null;
  // Ticks of our own, not time: whoever stops both of us for a while makes no hang of it.
  let silentMs = 0;
  let processorMsAtSign = 0;
  let hangs = false;
  const watchdog = setInterval(() => {
    silentMs += TICK_MS;
    const used = processorMs(child.pid);
    const usedMs = used === 0 ? silentMs : used - processorMsAtSign;
    if (usedMs < hangMs && silentMs < hangMs * IDLE_FACTOR) return;
    hangs = true;
    child.kill("SIGKILL");
  }, TICK_MS);
  child.on("message", (message) => {
    progress = message;
    silentMs = 0;
    processorMsAtSign = processorMs(child.pid);
  });
  return new Promise((resolve) => {
    child.on("close", (status) => {
      clearInterval(watchdog);
      resolve({ status, hangs, progress, seconds: (Date.now() - started) / 1000 });
    });
  });
}

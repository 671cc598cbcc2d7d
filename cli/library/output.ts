/** What the library's commands print. */
import { existsSync } from "node:fs";
import type { JobOptions, JobProgress, LibrarySink, MachineState } from "../../src/protocol/library.ts";
import { NodeFileSink } from "../../src/storage/convert/node-file-sink.ts";
import { sizeInWords } from "../../src/storage/media-check.ts";
import { fail } from "./arguments.ts";

export const stateWords: Record<MachineState, string> = {
  poweredOff: "powered off",
  starting: "starting",
  running: "running",
  paused: "paused",
  saving: "saving",
  saved: "saved",
  restoring: "restoring",
  stopping: "stopping",
  aborted: "aborted",
  inaccessible: "inaccessible",
};

/** Columns as wide as they must be. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, n) => cell.padEnd(widths[n]!)).join("  ").trimEnd()).join("\n"); // prettier-ignore
}

export const when = (ms: number | null): string =>
  ms === null ? "never" : new Date(ms).toISOString().replace(/\..*/, "Z");

/** A line that is written over while a job runs, where somebody looks; Ctrl-C gives the job up. */
export async function job<T>(quiet: boolean, work: (options: JobOptions) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  const shown = !quiet && process.stderr.isTTY;
  process.once("SIGINT", onSignal);
  try {
    return await work({ signal: stop.signal, ...(shown ? { onProgress: show } : {}) });
  } finally {
    process.off("SIGINT", onSignal);
    if (shown) process.stderr.write("\r\x1b[K");
  }
}

function show({ phase, doneBytes, totalBytes, bytesPerSecond }: JobProgress): void {
  const part = totalBytes ? `${Math.floor((doneBytes * 100) / totalBytes)} %` : sizeInWords(doneBytes);
  process.stderr.write(`\r\x1b[K${phase} ${part}, ${sizeInWords(bytesPerSecond)} a second`);
}

/** Writes a new file; nothing of it is there where that fails. */
export async function intoFile(path: string, write: (sink: LibrarySink) => Promise<void>): Promise<void> {
  if (existsSync(path)) fail(`${path} is there already`);
  const sink = await NodeFileSink.create(path);
  try {
    await write(sink);
  } catch (error) {
    await sink.discard();
    throw error;
  }
  await sink.finish();
}

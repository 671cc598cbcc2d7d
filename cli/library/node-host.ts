/** What commands are given in Node: files by their paths, machines that run in other processes, a terminal or a pipe. */
import { existsSync, readFileSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, resolve } from "node:path";
import type { JobOptions, JobProgress, LibrarySink, MachineRecord } from "../../src/protocol/library.ts";
import type { CommandHost, OpenedFile, OpenOptions, PlainFile } from "../../src/services/commands/command-host.ts";
import { englishCommands } from "../../src/services/commands/command-words.ts";
import type { ControlRequest } from "../../src/services/commands/control-request.ts";
import { fail } from "../../src/services/commands/usage-error.ts";
import type { MachineLibrary } from "../../src/services/library/machine-library.ts";
import { NodeFileSink } from "../../src/storage/convert/node-file-sink.ts";
import { sizeInWords } from "../../src/storage/media-check.ts";
import { NodeFileStore } from "../../src/storage/node-file-store.ts";
import { openFile } from "../open-file.ts";
import { askControl } from "./control.ts";

const PROGRESS_MS = 200;

export class NodeHost implements CommandHost {
  readonly say = englishCommands;

  /** @param opened null for commands that need no library */
  constructor(
    readonly place: string,
    private readonly opened: MachineLibrary | null,
  ) {}

  get library(): MachineLibrary {
    return this.opened!;
  }

  print(text: string): void {
    console.log(text);
  }

  warn(text: string): void {
    console.error(`posada: ${text}`);
  }

  write(text: string | Uint8Array): Promise<void> {
    return new Promise((done) => process.stdout.write(text, () => done()));
  }

  /** A line that is written over while a job runs, where somebody looks; Ctrl-C gives the job up. */
  async job<T>(quiet: boolean, work: (options: JobOptions) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const onSignal = (): void => stop.abort();
    const shown = !quiet && process.stderr.isTTY;
    process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
    try {
      return await work({ signal: stop.signal, ...(shown ? { onProgress: progressLine() } : {}) });
    } finally {
      process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
      if (shown) process.stderr.write("\r\x1b[K");
    }
  }

  async openFile(path: string): Promise<PlainFile> {
    return { name: basename(path), contents: await NodeFileStore.open(path, { readOnly: true }) };
  }

  openImage(path: string, options: OpenOptions): Promise<OpenedFile> {
    return openFile(path, options);
  }

  async readText(path: string): Promise<string> {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      return fail(`${path} cannot be read: ${(error as Error).message}`);
    }
  }

  async intoFile(path: string, write: (sink: LibrarySink) => Promise<void>, source?: string): Promise<void> {
    if (source === undefined) {
      if (existsSync(path)) fail(`${path} is there already`);
    } else if ((await whereIs(path)) === (await whereIs(source))) fail(this.say.sameFile);
    const sink = await NodeFileSink.create(path);
    try {
      await write(sink);
    } catch (error) {
      await sink.discard();
      throw error;
    }
    await sink.finish();
  }

  ask(machine: MachineRecord, request: ControlRequest): Promise<unknown> {
    return askControl(this.place, machine.id, request);
  }
}

const whereIs = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));

function progressLine(): (progress: JobProgress) => void {
  let shownAt = 0;
  return ({ phase, doneBytes, totalBytes, bytesPerSecond }) => {
    if (Date.now() - shownAt < PROGRESS_MS) return;
    shownAt = Date.now();
    const part = totalBytes ? `${Math.floor((doneBytes * 100) / totalBytes)} %` : sizeInWords(doneBytes);
    process.stderr.write(`\r\x1b[K${phase} ${part}, ${sizeInWords(bytesPerSecond)} a second`);
  };
}

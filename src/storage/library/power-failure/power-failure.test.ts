/**
 * Kills a process in the midst of writes, flushes and snapshots (SIGKILL), again and again over the same folder, and looks
 * at what is there: everything that was said to be durable, no torn sector, and no layer that the catalogue does not know.
 * KILLS=N for more rounds. (A killed process does not lose what the system has in its caches; that flushes wait for
 * `fdatasync` is seen by strace, where there is one.)
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { beforeAll, describe, expect, it } from "vitest";
import { scratchFolder } from "../../test-support/scratch-folder.ts";
import { hasProgram, runProgram, SeededRandom } from "../../test-support/tools.ts";
import { FolderStorage } from "../folder-storage.ts";
import { LayeredDisk } from "../layered-disk.ts";
import { DISK_BYTES, recordIn, SLOT_BYTES, SLOTS, stackIn } from "./records.ts";

const KILLS = Number(process.env.KILLS ?? 8);
const scratch = scratchFolder();
let script = "";

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: "error",
    build: {
      ssr: fileURLToPath(new URL("writer.ts", import.meta.url)),
      outDir: scratch.folder,
      emptyOutDir: false,
      rolldownOptions: { output: { entryFileNames: "writer.mjs" } },
    },
  });
  script = scratch.path("writer.mjs");
});

interface Said {
  began: number;
  /** Of each slot, the last record that was durable. */
  durable: number[];
  flushes: number;
}

/** Lets the writer run for so long, kills it, and tells what it said last. */
async function killAfter(child: ChildProcess, ms: number, said: Said): Promise<void> {
  let text = "";
  let onReady = (): void => {};
  const ready = new Promise<void>((resolve) => (onReady = resolve));
  let errors = "";
  child.stderr!.on("data", (bytes: Buffer) => (errors += bytes.toString()));
  child.stdout!.on("data", (bytes: Buffer) => {
    text += bytes.toString();
    if (text.includes("ready\n")) onReady();
  });
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  await Promise.race([ready, ended]);
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, ms))]);
  child.kill("SIGKILL");
  await ended;
  expect(errors).toBe("");
  // A flush is about what this process wrote; what another wrote and did not flush may be lost for good.
  let since = said.began + 1;
  for (const [, word, digits] of text.matchAll(/^(began|durable) (\d+)$/gm)) {
    const number = Number(digits);
    if (word === "began") said.began = number;
    else {
      for (; since <= number; since++) said.durable[since % SLOTS] = since;
      said.flushes++;
    }
  }
}

async function look(folder: string, { began, durable }: Said): Promise<void> {
  const storage = new FolderStorage(folder);
  const { layers } = await storage.catalogue.read();
  for (const id of await storage.layers.list()) expect(layers[id], id).toBeDefined();
  const keepers = await Promise.all(stackIn({ layers } as never).map((id) => storage.layers.open(id, false)));
  const disk = await LayeredDisk.open(keepers, { sizeBytes: DISK_BYTES, writable: false });
  for (let slot = 0; slot < SLOTS; slot++) {
    const bytes = await disk.read(slot * SLOT_BYTES, SLOT_BYTES);
    for (let at = 0; at < SLOT_BYTES; at += 512) {
      const number = recordIn(bytes.subarray(at, at + 512));
      const isOwn = number === -1 || number % SLOTS === slot;
      if (!isOwn || number < durable[slot]! || number > began)
        expect.fail(
          `sector ${at / 512} of slot ${slot} is of record ${number}; durable was ${durable[slot]!}, begun ${began}`,
        );
    }
  }
  await disk.close();
}

describe("a library in a folder whose process is killed", () => {
  it(`has all that was durable, ${KILLS} times`, { timeout: 60_000 + KILLS * 2000 }, async () => {
    const folder = scratch.path("killed");
    const random = new SeededRandom(Number(process.env.SEED ?? 1));
    const said: Said = { began: -1, durable: new Array<number>(SLOTS).fill(-1), flushes: 0 };
    for (let round = 0; round < KILLS; round++) {
      const child = spawn(process.execPath, [script, folder, String(random.next()), String(said.began + 1)]);
      await killAfter(child, random.below(300), said);
      await look(folder, said);
    }
    expect(said.flushes).toBeGreaterThan(KILLS);
  });

  it.skipIf(!hasProgram("strace"))("has waited for the disk before it says so", () => {
    const log = scratch.path("trace.txt");
    const line = `timeout -s KILL 3 strace -f -e trace=write,pwrite64,fdatasync,fsync -s 60 -o ${log} ${process.execPath} ${script} ${scratch.path("traced")} 7 0 | grep -q x; cat ${log}`;
    const calls = runProgram("sh", ["-c", line]).split("\n");
    let unsynced = 0;
    let seen = 0;
    for (const call of calls) {
      if (/ (p?write64|write)\(\d+, "(durable|began|ready)/.test(call)) {
        if (!call.includes('"durable')) continue;
        expect(unsynced, call).toBe(0);
        seen++;
      } else if (/ pwrite64\(/.test(call) && !call.includes("resumed")) unsynced++;
      else if (/fdatasync(\(\d+\)| resumed>\)) *= 0/.test(call)) unsynced = 0;
    }
    expect(seen).toBeGreaterThan(0);
  });
});

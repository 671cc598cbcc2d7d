/**
 * What the library's work costs on this machine: a snapshot of a running Linux, its restore, a chain of
 * snapshots, hot and linked clones, the disk's speed beside plain IndexedDB, idle machines. Each line says how it was measured;
 * docs/library.md keeps what came out. Select by `-- -g NAME`; MEMORY_MIB=512, DISK_MIB=256, CLONES=10.
 */
import { test } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import { hear, LibrarySite, makeLinux, said, send, start, startWithDisk } from "../../e2e/support/library-site.ts";
import type { CaptureRequest, CaptureResult } from "../../src/protocol/vm-api.ts";
import { memoryMiB, processorMs } from "./processes.ts";

const MEMORY_MIB = Number(process.env.MEMORY_MIB ?? 512);
const DISK_MIB = Number(process.env.DISK_MIB ?? 256);
const CLONES = Number(process.env.CLONES ?? 10);
const ROUNDS = 3;

let site: LibrarySite;
let context: BrowserContext;
let page: Page;
test.beforeAll(async () => void (site = await LibrarySite.start()));
test.afterAll(() => site.close());
test.beforeEach(async ({}, { title }) => {
  context = await site.launch(title);
  page = await site.open(context);
});
test.afterEach(() => context.close());

const tell = (what: string, figures: Record<string, unknown>): void =>
  console.log(`\n${what}: ${JSON.stringify(figures)}`);
const median = (numbers: number[]): number => [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!;
const ratio = (part: number, whole: number): number => Math.round((part / whole) * 100) / 100;
/** By the guest's clock, which goes with the host's. @returns MB/s */
const speedOf = (text: string, bytes: number): number => {
  const [from, to] = [...text.matchAll(/^(\d+\.\d+) \d/gm)].map(([, seconds]) => Number(seconds));
  return Math.round(bytes / 1e6 / (to! - from!));
};

/** Something that the guest does, and how fast. */
async function timed(id: string, command: string, bytes: number): Promise<number> {
  const drop = "sync; echo 3 > /proc/sys/vm/drop_caches";
  await send(page, id, `${drop}; cat /proc/uptime; ${command}; cat /proc/uptime; echo do''ne\n`);
  await hear(page, id, "done", 300_000);
  return speedOf(await said(page, id), bytes);
}

const closeRun = (id: string): Promise<void> => page.evaluate((machine) => window.library.runOf(machine)!.close(), id);

test("snapshots, restore and hot clone", async () => {
  const id = await makeLinux(page, MEMORY_MIB);
  await startWithDisk(page, id);
  // A disk in use: it is written to and flushed all the time.
  const use = "while true; do date | dd of=/dev/sda bs=4k conv=fsync,notrunc 2>/dev/null; sleep 0.1; done &";
  await send(page, id, `(${use}) ; sleep 2; head -c 3 /dev/sda; echo in u''se\n`);
  await hear(page, id, "in use");
  const taken = await page.evaluate(async (machine) => {
    const { library } = window;
    const live = library.runs.liveOf(machine)!;
    const { api } = live;
    const captures: { pauseMs: number; storedMiB: number }[] = [];
    const capture = async (request: CaptureRequest): Promise<CaptureResult> => {
      const result = await api.capture(request);
      const { pauseMs, storedBytes } = result;
      captures.push({ pauseMs: Math.round(pauseMs), storedMiB: Math.round(storedBytes / 2 ** 20) });
      return result;
    };
    const watched = new Proxy(api, {
      get: (target, name, receiver) =>
        name === "capture" ? capture : (Reflect.get(target, name, receiver) as unknown),
    });
    Object.defineProperty(live, "api", { value: watched });
    const ms: number[] = [];
    const timed = async <T>(work: () => Promise<T>): Promise<T> => {
      const began = performance.now();
      const result = await work();
      ms.push(Math.round(performance.now() - began));
      return result;
    };
    await timed(() => library.takeSnapshot(machine, "One"));
    const { id: snapshot } = await timed(() => library.takeSnapshot(machine, "Two"));
    await timed(() => library.clone(machine, { name: "Twin", how: "linked" }));
    return { captures, ms, snapshot };
  }, id);
  const [first, second, clone] = taken.captures.map((capture, n) => ({ ...capture, ms: taken.ms[n] }));
  tell("snapshots of a running Linux", { MEMORY_MIB, first, second, clone });
  for (let round = 0; round < ROUNDS; round++) {
    await closeRun(id);
    const times = await page.evaluate(
      async ({ machine, snapshot }) => {
        const { library } = window;
        const marks = [performance.now()];
        await library.restoreSnapshot(machine, snapshot);
        marks.push(performance.now());
        const run = await library.run(machine);
        const canvas = document.body.appendChild(document.createElement("canvas"));
        void run.session.showOn(canvas);
        await run.session.whenLoaded();
        marks.push(performance.now());
        await run.start();
        marks.push(performance.now());
        // The worker has drawn, and a frame of the page has passed.
        await window.library.runs.liveOf(machine)!.api.screenText();
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        canvas.remove();
        marks.push(performance.now());
        return marks.slice(1).map((mark, n) => Math.round(mark - marks[n]!));
      },
      { machine: id, snapshot: taken.snapshot },
    );
    const [restored, made, filled, drawn] = times;
    tell("restore to a live screen, ms", {
      catalogue: restored,
      made,
      filled,
      drawn,
      all: times.reduce((a, b) => a + b, 0),
    });
  }
});

test("a chain of snapshots", async () => {
  const id = await makeLinux(page, 128, DISK_MIB);
  await startWithDisk(page, id);
  // One piece of noise again and again: nothing here looks for what is alike.
  const fill = `head -c 1048576 /dev/urandom >/tmp/noise; for n in $(seq ${DISK_MIB}); do cat /tmp/noise; done >/dev/sda`;
  await send(page, id, `${fill}; sync; echo fil''led\n`);
  await hear(page, id, "filled", 300_000);
  // The same contents without a chain, and a chain in which each member has a part of the disk.
  await closeRun(id);
  const flat = await page.evaluate(async (machine) => {
    const { library } = window;
    return (await library.clone(machine, { name: "Flat", how: "full" })).id;
  }, id);
  await startWithDisk(page, id);
  const SNAPSHOTS = 30;
  for (let n = 0; n < SNAPSHOTS; n++) {
    await page.evaluate((machine) => window.library.takeSnapshot(machine, "link"), id);
    const places = Array.from({ length: 8 }, (_, k) => (n + k * SNAPSHOTS) % DISK_MIB);
    const write = `for n in ${places.join(" ")}; do dd if=/tmp/noise of=/dev/sda bs=1M seek=$n conv=notrunc 2>/dev/null; done`;
    await send(page, id, `${write}; sync; echo chan''ged\n`);
    await hear(page, id, "changed");
  }
  await startWithDisk(page, flat);
  const read = `dd if=/dev/sda of=/dev/null bs=1M count=${DISK_MIB} iflag=direct 2>/dev/null`;
  const speeds: { chain: number[]; flat: number[] } = { chain: [], flat: [] };
  for (let round = 0; round < ROUNDS; round++) {
    speeds.chain.push(await timed(id, read, DISK_MIB << 20));
    speeds.flat.push(await timed(flat, read, DISK_MIB << 20));
  }
  tell("reading a disk, MB/s, over 30 snapshots and without", {
    ...speeds,
    ratio: ratio(median(speeds.chain), median(speeds.flat)),
  });
});

test("the disk beside plain IndexedDB", async () => {
  const id = await makeLinux(page, 128, DISK_MIB);
  await startWithDisk(page, id);
  const bytes = DISK_MIB << 20;
  const figures: Record<string, number[]> = {};
  const note = (what: string, speed: number): unknown => (figures[what] ??= []).push(speed);
  for (let round = 0; round < ROUNDS; round++) {
    const plain = await plainIndexedDb(bytes);
    note("write", plain.write);
    note("read", plain.read);
    // Straight from and to the disk; and through the guest's page cache, where its processor has the most to do.
    for (const [name, flag] of [
      ["guest", "direct"],
      ["cached", ""],
    ] as const) {
      const write = `dd if=/dev/zero of=/dev/sda bs=1M count=${DISK_MIB} conv=fsync ${flag && `oflag=${flag}`} 2>/dev/null`;
      const read = `dd if=/dev/sda of=/dev/null bs=1M count=${DISK_MIB} ${flag && `iflag=${flag}`} 2>/dev/null`;
      note(`${name}Write`, await timed(id, write, bytes));
      note(`${name}Read`, await timed(id, read, bytes));
    }
  }
  const of = (part: string, whole: string): number => ratio(median(figures[part]!), median(figures[whole]!));
  tell("sequential, MB/s, in the guest and by plain IndexedDB", {
    ...figures,
    writeRatio: of("guestWrite", "write"),
    readRatio: of("guestRead", "read"),
    cachedWriteRatio: of("cachedWrite", "write"),
    cachedReadRatio: of("cachedRead", "read"),
  });
});

/** As fast as this browser goes: records of 1 MiB, durable at the end. @returns MB/s */
function plainIndexedDb(bytes: number): Promise<{ write: number; read: number }> {
  return page.evaluate(async (total) => {
    const RECORD = 1 << 20;
    const done = <T>(request: IDBRequest<T>): Promise<T> =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error!);
      });
    const name = `plain-${Math.random()}`;
    const open = indexedDB.open(name);
    open.onupgradeneeded = () => open.result.createObjectStore("records");
    const database = await done(open);
    const bytesOf = (n: number): Uint8Array => {
      const record = new Uint32Array(RECORD / 4);
      for (let i = 0; i < record.length; i++) record[i] = Math.imul(i + n, 0x9e3779b1);
      return new Uint8Array(record.buffer);
    };
    const records = Array.from({ length: 16 }, (_, n) => bytesOf(n));
    let began = performance.now();
    for (let at = 0; at < total / RECORD; at += 4) {
      const transaction = database.transaction("records", "readwrite", {
        durability: at + 4 >= total / RECORD ? "strict" : "relaxed",
      });
      for (let n = at; n < at + 4; n++) transaction.objectStore("records").put(records[n % 16]!, n);
      await new Promise((resolve, reject) => {
        transaction.oncomplete = resolve;
        transaction.onerror = reject;
      });
    }
    const write = performance.now() - began;
    began = performance.now();
    for (let at = 0; at < total / RECORD; at += 4) {
      const store = database.transaction("records").objectStore("records");
      await Promise.all([0, 1, 2, 3].map((n) => done(store.get(at + n) as IDBRequest<Uint8Array>)));
    }
    const read = performance.now() - began;
    database.close();
    await done(indexedDB.deleteDatabase(name));
    const speed = (ms: number): number => Math.round(total / 1000 / ms);
    return { write: speed(write), read: speed(read) };
  }, bytes);
}

test("linked clones at once, and idle machines", async ({}, { title }) => {
  const id = await makeLinux(page, MEMORY_MIB);
  const processes = site.processesOf(title);
  const before = memoryMiB(processes);
  await startWithDisk(page, id);
  const one = memoryMiB(processes) - before;
  const ids = await page.evaluate(
    async ({ machine, count }) => {
      const { library } = window;
      const made: string[] = [];
      for (let n = 0; n < count; n++)
        made.push((await library.clone(machine, { name: `Clone ${n}`, how: "linked" })).id);
      return made;
    },
    { machine: id, count: CLONES },
  );
  await closeRun(id);
  const began = Date.now();
  for (const clone of ids) await start(page, clone);
  const startMs = Math.round((Date.now() - began) / CLONES);
  const ofClones = memoryMiB(processes) - before;
  for (const clone of ids) {
    await send(page, clone, "date > /tmp/x; echo a''live\n");
    await hear(page, clone, "alive");
  }
  const afterWork = memoryMiB(processes) - before;
  tell("linked clones at once, MiB", { CLONES, MEMORY_MIB, one, ofClones, afterWork, startMsEach: startMs });
  // Whatever the start brought with it is over.
  await page.waitForTimeout(15_000);
  const SPAN_MS = 20_000;
  const beganCpu = processorMs(processes);
  await page.waitForTimeout(SPAN_MS);
  tell("idle machines, % of one processor", {
    CLONES,
    percent: Math.round(((processorMs(processes) - beganCpu) * 100) / SPAN_MS),
  });
});

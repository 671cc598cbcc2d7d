/**
 * A library in a real browser's IndexedDB, by the library's own code in a page of its own: a Linux writes to a kept disk, with
 * flushes, while its tab is crashed, or the whole browser killed, at random moments; everything that it was told is
 * durable is there afterwards. And a snapshot of the running machine, its restore and a clone, with how long they took.
 * KILLS=N for more rounds.
 */
import { createReadStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, expect, test } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import { build } from "vite";
import type { CaptureRequest } from "../src/protocol/vm-api.ts";
import type { PageLibrary as PageLibraryClass } from "../src/services/library/page-library.ts";

const KILLS = Number(process.env.KILLS ?? 2);
const root = fileURLToPath(new URL("..", import.meta.url));
const guests = join(root, "public", "guests");
const types: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

let folder = "";
let server: Server;
let address = "";

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "posada-kept-"));
  await build({
    configFile: false,
    root,
    base: "./",
    logLevel: "error",
    publicDir: false,
    worker: { format: "es" },
    build: {
      target: "es2022",
      outDir: join(folder, "site"),
      assetsInlineLimit: 0,
      rolldownOptions: {
        preserveEntrySignatures: "exports-only",
        input: { library: join(root, "src/services/library/page-library.ts") },
        output: { entryFileNames: "[name].js" },
      },
    },
  });
  server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url!, "http://x").pathname));
    const file = path.startsWith("/guests/") ? join(guests, path.slice(8)) : join(folder, "site", path);
    if (path === "/")
      return void response
        .setHeader("Content-Type", "text/html")
        .end("<!doctype html><title>kept</title><canvas></canvas>");
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
    createReadStream(file).pipe(response);
  }).listen(0);
  address = `http://localhost:${(server.address() as AddressInfo).port}/`;
});

test.afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

declare global {
  interface Window {
    library: PageLibraryClass;
    said: string;
  }
}

async function open(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(address);
  await page.evaluate(async () => {
    const { PageLibrary } = (await import(`${location.origin}/library.js`)) as { PageLibrary: typeof PageLibraryClass };
    window.library = new PageLibrary({ baseUrl: location.href });
    await window.library.open();
  });
  return page;
}

function launch(profile: string): Promise<BrowserContext> {
  const executablePath = existsSync(chromium.executablePath()) ? undefined : "/usr/bin/chromium";
  return chromium.launchPersistentContext(profile, {
    ...(executablePath ? { executablePath } : {}),
    args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
  });
}

/** The browser that has this profile: the process that names it and is nobody's renderer. */
function processesOf(profile: string): number[] {
  const words = (pid: string): string[] => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    } catch {
      return [];
    }
  };
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => words(pid).includes(`--user-data-dir=${profile}`)).map(Number);
}

/** A machine with a kept disk whose kernel is fetched from the site. */
async function make(page: Page, memoryMiB: number): Promise<string> {
  return page.evaluate(async (memory) => {
    const { library } = window;
    const at = (file: string) => new URL(`guests/${file}`, location.href).href;
    const disk = await library.createDisk("disk", 64 << 20);
    const kernel = await library.addUrlMedium("file", at("vmlinuz-amd64"), "kernel");
    const initrd = await library.addUrlMedium("file", at("initrd-amd64.gz"), "initrd");
    const { id } = await library.create({
      name: "Linux",
      hardware: { memoryMiB: memory, commandLine: "console=ttyS0 mitigations=off cryptomgr.notests" },
      media: { disk0: disk.id, kernel: kernel.id, initrd: initrd.id },
    });
    return id;
  }, memoryMiB);
}

/** Starts it, and waits for its prompt. */
async function start(page: Page, id: string, prompt: string | null): Promise<void> {
  await page.evaluate(async (machine) => {
    const run = await window.library.run(machine);
    window.said = "";
    const decoder = new TextDecoder();
    run.session.addEventListener(
      "serial",
      (event) => (window.said += decoder.decode((event as CustomEvent<Uint8Array>).detail, { stream: true })),
    );
    await run.start();
  }, id);
  if (prompt) await expect.poll(() => page.evaluate(() => window.said), { timeout: 170_000 }).toContain(prompt);
}

const send = (page: Page, id: string, text: string): Promise<void> =>
  page.evaluate(({ machine, words }) => window.library.runOf(machine)!.session.serialWrite(new TextEncoder().encode(words)), { machine: id, words: text }); // prettier-ignore

/** The drivers are loaded; without them /dev/sda would be a file in the guest's memory. */
async function withDisk(page: Page, id: string): Promise<void> {
  await send(page, id, "disks >/dev/null; test -b /dev/sda && echo disk re''ady\n");
  await expect.poll(() => page.evaluate(() => window.said), { timeout: 120_000 }).toContain("disk ready");
}

/** Each record is a sector with its number, written to a place of its own; "durable N" follows its flush. */
const LOAD = `n=$FROM; while true; do printf '%-511d\\n' $n | dd of=/dev/sda bs=512 seek=$((n*3)) conv=fsync 2>/dev/null && echo durable $n; n=$((n+1)); done\n`;

test("everything that was flushed is there after the tab crashed or the browser was killed", async () => {
  test.setTimeout(120_000 + KILLS * 90_000);
  const profile = join(folder, "profile");
  let context = await launch(profile);
  let page = await open(context);
  const id = await make(page, 128);
  let next = 0;
  const ranges: { from: number; to: number }[] = [];
  for (let round = 0; round <= KILLS; round++) {
    await start(page, id, "# ");
    await withDisk(page, id);
    // What was said to be durable before, read from the disk by the guest.
    for (const { from, to } of ranges) {
      await page.evaluate(() => (window.said = ""));
      const read = `for n in $(seq ${from} ${to}); do dd if=/dev/sda bs=512 skip=$((n*3)) count=1 2>/dev/null | head -c 8 | tr -d ' \\n'; echo; done`;
      await send(page, id, `${read}; echo check''ed\n`);
      await expect.poll(() => page.evaluate(() => window.said), { timeout: 120_000 }).toContain("checked");
      const found = await page.evaluate(() => window.said.match(/^\d+(?=\r?$)/gm) ?? []);
      expect(found.map(Number)).toEqual(Array.from({ length: to - from + 1 }, (_, n) => from + n));
    }
    if (round === KILLS) break;
    await page.evaluate(() => (window.said = ""));
    let said = "";
    // The page is asked often, for it says nothing any more when it is gone.
    await send(page, id, LOAD.replace("$FROM", String(next)));
    const until = Date.now() + 1500 + Math.random() * 4000;
    while (Date.now() < until) {
      said = await page.evaluate(() => window.said);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    if (round % 2 === 0) {
      await Promise.race([
        page.goto("chrome://crash").catch(() => {}),
        new Promise((resolve) => setTimeout(resolve, 3000)),
      ]);
      await page.close();
    } else {
      for (const pid of processesOf(profile)) process.kill(pid, "SIGKILL");
      await context.close().catch(() => {});
      context = await launch(profile);
    }
    const numbers = [...said.matchAll(/^durable (\d+)\r\n/gm)].map(([, number]) => Number(number));
    expect(numbers.length).toBeGreaterThan(0);
    ranges.push({ from: next, to: numbers.at(-1)! });
    next = numbers.at(-1)! + 1000;
    page = await open(context);
    await expect.poll(() => page.evaluate((machine) => window.library.refresh().then(() => window.library.machine(machine)!.runs), id)).toBe(null); // prettier-ignore
    expect(await page.evaluate((machine) => window.library.machine(machine)!.state, id)).toBe("aborted");
  }
  const count = ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  console.log(`${count} flushed records over ${KILLS} crashes, all there`);
  await context.close();
});

test("a running machine is kept, brought back, and cloned while it goes on", async () => {
  test.setTimeout(400_000);
  const context = await launch(join(folder, "profile-2"));
  const page = await open(context);
  const id = await make(page, Number(process.env.MEMORY_MIB ?? 512));
  await start(page, id, "# ");
  await withDisk(page, id);
  await send(
    page,
    id,
    "dd if=/dev/urandom of=/dev/sda bs=64k count=100 conv=fsync 2>/dev/null; md5sum /dev/sda; echo writ''ten\n",
  );
  await expect.poll(() => page.evaluate(() => window.said), { timeout: 120_000 }).toContain("written");
  const times = await page.evaluate(async (machine) => {
    const { library } = window;
    const { api } = library.runs.liveOf(machine)!;
    const pauses: number[] = [];
    const stored: number[] = [];
    // The library's own requests, with what the worker says of them.
    Object.defineProperty(library.runs.liveOf(machine)!, "api", {
      value: new Proxy(api, {
        get: (target, name, receiver) =>
          name === "capture"
            ? async (request: CaptureRequest) => {
                const result = await api.capture(request);
                pauses.push(Math.round(result.pauseMs));
                stored.push(Math.round(result.storedBytes / 2 ** 20));
                return result;
              }
            : (Reflect.get(target, name, receiver) as unknown),
      }),
    });
    const timed = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
      const started = performance.now();
      const result = await work();
      return [Math.round(performance.now() - started), result];
    };
    const [first] = await timed(() => library.takeSnapshot(machine, "One"));
    const [second, two] = await timed(() => library.takeSnapshot(machine, "Two"));
    const [hot, clone] = await timed(() => library.clone(machine, { name: "Twin", how: "linked" }));
    return { first, second, hot, pauses, stored, two: two.id, clone: clone.id, state: clone.state };
  }, id);
  expect(times.state).toBe("saved");
  expect(times.stored[1]!).toBeLessThan(times.stored[0]! / 2);
  const said = await page.evaluate(() => window.said);
  const sum = /([0-9a-f]{32}) {2}\/dev\/sda/.exec(said)![1]!;
  await send(page, id, "echo original go''es on\n");
  await expect.poll(() => page.evaluate(() => window.said)).toContain("original goes on");
  const twin = times.clone;
  const restoreMs = await page.evaluate(async (machine) => {
    const run = await window.library.run(machine);
    await run.session.whenLoaded();
    window.said = "";
    run.session.addEventListener(
      "serial",
      (event) => (window.said += new TextDecoder().decode((event as CustomEvent<Uint8Array>).detail)),
    );
    const started = performance.now();
    await run.start();
    return Math.round(performance.now() - started);
  }, twin);
  await send(page, twin, "echo 3 > /proc/sys/vm/drop_caches; md5sum /dev/sda; echo twin''ned\n");
  await expect.poll(() => page.evaluate(() => window.said), { timeout: 120_000 }).toContain("twinned");
  expect(await page.evaluate(() => window.said)).toContain(sum);
  await send(page, twin, "dd if=/dev/zero of=/dev/sda bs=64k count=10 conv=fsync 2>/dev/null; echo wro''te\n");
  await expect.poll(() => page.evaluate(() => window.said)).toContain("wrote");
  // Suspended, and gone on with.
  await page.evaluate((machine) => window.library.runOf(machine)!.saveState(), twin);
  expect(await page.evaluate((machine) => window.library.machine(machine), twin)).toMatchObject({
    state: "saved",
    runs: null,
  });
  await start(page, twin, null);
  await send(page, twin, "echo a''wake\n");
  await expect.poll(() => page.evaluate(() => window.said)).toContain("awake");
  // The original, back to where it was.
  await page.evaluate((machine) => window.library.runOf(machine)!.close(), id);
  await page.evaluate(({ machine, snapshot }) => window.library.restoreSnapshot(machine, snapshot), {
    machine: id,
    snapshot: times.two,
  });
  await start(page, id, null);
  await send(page, id, "echo 3 > /proc/sys/vm/drop_caches; md5sum /dev/sda; echo ba''ck\n");
  await expect.poll(() => page.evaluate(() => window.said), { timeout: 120_000 }).toContain("back");
  expect(await page.evaluate(() => window.said)).toContain(sum);
  console.log(JSON.stringify({ ...times, restoreMs }));
  await context.close();
});

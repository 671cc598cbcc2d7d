/**
 * A page of its own over the library's own code (`src/services/library/page-library.ts`), served from here: for stories
 * about what is kept, in browsers that are crashed, killed and started again with the same profile.
 */
import { createReadStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, expect } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import { build } from "vite";
import { isolationHeaders } from "../../scripts/lib/isolation.mjs";
import type { PageLibrary as PageLibraryClass } from "../../src/services/library/page-library.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const guests = join(root, "public", "guests");
/** Limits of time are so many times as long: for a machine that does other things as well. */
export const PATIENCE = Number(process.env.PATIENCE ?? 1);
const types: Record<string, string> = { ".js": "text/javascript", ".wasm": "application/wasm", ".html": "text/html" };

declare global {
  interface Window {
    library: PageLibraryClass;
    /** What machines wrote on their first serial line since they were started here, by id. */
    said: Record<string, string>;
  }
}

export class LibrarySite {
  private constructor(
    /** For profiles and other files; it goes when the site does. */
    readonly folder: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<LibrarySite> {
    const folder = mkdtempSync(join(tmpdir(), "posada-kept-"));
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
    const server = createServer((request, response) => {
      for (const [name, value] of Object.entries(isolationHeaders)) response.setHeader(name, value);
      const path = normalize(decodeURIComponent(new URL(request.url!, "http://x").pathname));
      const file = path.startsWith("/guests/") ? join(guests, path.slice(8)) : join(folder, "site", path);
      if (path === "/")
        return void response
          .setHeader("Content-Type", "text/html")
          .end('<!doctype html><title>kept</title><input type="file"><canvas></canvas>');
      if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
      response.setHeader("Content-Type", types[extname(file)] ?? "application/octet-stream");
      createReadStream(file).pipe(response);
    }).listen(0);
    return new LibrarySite(folder, server);
  }

  close(): void {
    this.server.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A browser with a profile of that name, which it keeps. */
  launch(profile: string): Promise<BrowserContext> {
    const executablePath = existsSync(chromium.executablePath()) ? undefined : "/usr/bin/chromium";
    return chromium.launchPersistentContext(join(this.folder, profile), {
      ...(executablePath ? { executablePath } : {}),
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    });
  }

  /** Ends the browser of a profile as a power failure would. */
  kill(profile: string): void {
    for (const pid of this.processesOf(profile)) process.kill(pid, "SIGKILL");
  }

  /** The processes that name a profile; renderers do not. */
  processesOf(profile: string): number[] {
    const words = (pid: string): string[] => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      } catch {
        return [];
      }
    };
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return pids.filter((pid) => words(pid).includes(`--user-data-dir=${join(this.folder, profile)}`)).map(Number);
  }

  /** A page with the library open. */
  async open(context: BrowserContext): Promise<Page> {
    const page = await context.newPage();
    await page.goto(`http://localhost:${(this.server.address() as AddressInfo).port}/`);
    await page.evaluate(async () => {
      const { PageLibrary } = (await import(`${location.origin}/library.js`)) as {
        PageLibrary: typeof PageLibraryClass;
      };
      window.said = {};
      window.library = new PageLibrary({ baseUrl: location.href });
      await window.library.open();
    });
    return page;
  }
}

/** Ends the page, or its whole browser, without a word to it. @returns the browser that there is now */
export async function crash(
  site: LibrarySite,
  profile: string,
  context: BrowserContext,
  page: Page,
  what: "tab" | "browser",
): Promise<BrowserContext> {
  if (what === "tab") {
    await Promise.race([
      page.goto("chrome://crash").catch(() => {}),
      new Promise((resolve) => setTimeout(resolve, 3000)),
    ]);
    await page.close();
    return context;
  }
  site.kill(profile);
  await context.close().catch(() => {});
  return site.launch(profile);
}

/** A machine with an empty kept disk, whose kernel is fetched from the site. @returns its id */
export function makeLinux(page: Page, memoryMiB: number, diskMiB = 64): Promise<string> {
  return page.evaluate(
    async ({ memory, diskBytes }) => {
      const { library } = window;
      const at = (file: string) => new URL(`guests/${file}`, location.href).href;
      const disk = await library.createDisk("disk", diskBytes);
      const kernel = await library.addUrlMedium("file", at("vmlinuz-amd64"), "kernel");
      const initrd = await library.addUrlMedium("file", at("initrd-amd64.gz"), "initrd");
      const { id } = await library.create({
        name: `Linux ${library.machines.length}`,
        hardware: { memoryMiB: memory, commandLine: "console=ttyS0 mitigations=off cryptomgr.notests" },
        media: { disk0: disk.id, kernel: kernel.id, initrd: initrd.id },
      });
      return id;
    },
    { memory: memoryMiB, diskBytes: diskMiB << 20 },
  );
}

/** Makes its session and starts it or goes on with it. @returns how long the start took, in milliseconds */
export function start(page: Page, id: string): Promise<number> {
  return page.evaluate(async (machine) => {
    const run = await window.library.run(machine);
    window.said[machine] = "";
    const decoder = new TextDecoder();
    run.session.addEventListener("serial", (event) => {
      window.said[machine] += decoder.decode((event as CustomEvent<Uint8Array>).detail, { stream: true });
    });
    await run.session.whenLoaded();
    const began = performance.now();
    await run.start();
    return Math.round(performance.now() - began);
  }, id);
}

export const said = (page: Page, id: string): Promise<string> => page.evaluate((machine) => window.said[machine]!, id);

/** Waits until the machine has written that. */
export async function hear(page: Page, id: string, text: string | RegExp, timeoutMs = 120_000): Promise<void> {
  const heard = expect.poll(() => said(page, id), { timeout: timeoutMs * PATIENCE });
  await (typeof text === "string" ? heard.toContain(text) : heard.toMatch(text));
}

/** Types on the serial line. */
export async function send(page: Page, id: string, text: string): Promise<void> {
  await page.evaluate(
    ({ machine, words }) => {
      window.said[machine] = "";
      window.library.runOf(machine)!.session.serialWrite(new TextEncoder().encode(words));
    },
    { machine: id, words: text },
  );
}

/** Our Linux, to its prompt and with the drivers of its disk; without them /dev/sda would be a file in memory. */
export async function startWithDisk(page: Page, id: string): Promise<void> {
  await start(page, id);
  await hear(page, id, "# ", 170_000);
  await send(page, id, "disks >/dev/null; test -b /dev/sda && echo disk re''ady\n");
  await hear(page, id, "disk ready");
}

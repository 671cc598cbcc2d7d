/**
 * How long it takes, and how much is loaded, from the address typed to the default guest's prompt: at the first visit over a line
 * of 10 Mbit/s, at the second, and without a network; from a server that compresses code, and from one that does not. The prompt
 * is taken for live when it shows a key that was pressed. LOG=1 tells what each visit asked for.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, test } from "@playwright/test";
import type { BrowserContext, Page } from "@playwright/test";
import type { VmScreen } from "../../src/ui/screen/vm-screen.ts";
import { SlowLine } from "./slow-line.ts";
// @ts-expect-error a script without types
import { fileHandler } from "../../scripts/lib/static-server.mjs";

const dist = fileURLToPath(new URL("../../dist/", import.meta.url));
const BYTES_A_SECOND = 10e6 / 8;
const LATENCY_MS = 20;
const LOOK_MS = 20;
const VISITS = Number(process.env.VISITS ?? 3);

interface Visit {
  promptMs: number;
  promptBytes: number;
  liveMs: number;
}

/** Of a page that is opened at this moment: milliseconds and bytes to the prompt, and milliseconds to a key that it shows. */
async function timeToPrompt(page: Page, url: string, line: SlowLine): Promise<Visit> {
  const before = line.bytes;
  await page.goto(`${url}?autostart=1`, { waitUntil: "commit" });
  const until = (pattern: string) =>
    page.evaluate(
      ([text, ms]) =>
        new Promise<number>((resolve) => {
          const look = async (): Promise<void> => {
            const machine = document.querySelector<VmScreen>("vm-screen")?.machine;
            const lines = machine?.phase === "ready" ? await machine.screenText().catch(() => null) : null;
            const shown = (lines ?? []).map((line) => line.trimEnd()).filter(Boolean);
            if (new RegExp(text).test(shown.join("\n"))) resolve(performance.now());
            else setTimeout(() => void look(), ms);
          };
          void look();
        }),
      [pattern, LOOK_MS] as const,
    );
  const promptMs = await until("posada:\\S*# *$");
  const promptBytes = line.bytes - before;
  await page.keyboard.press("x");
  return { promptMs, promptBytes, liveMs: await until("posada:\\S*# x$") };
}

/** Until the line has been idle for so long. */
async function idle(line: SlowLine, quietMs: number): Promise<void> {
  for (let before = -1; before !== line.bytes;) {
    before = line.bytes;
    await new Promise((resolve) => setTimeout(resolve, quietMs));
  }
}

const servers = [
  { name: "compressing", compress: true },
  { name: "plain", compress: false },
];

for (const { name, compress } of servers)
  test(`visits, ${name} server`, async () => {
    test.skip(!existsSync(join(dist, "guests", "saved")), "the site has no saved state (npm run build)");
    const answer = fileHandler(dist, { compress });
    let asked: string[] = [];
    let beganMs = performance.now();
    const server = createServer((request, response) => {
      const atMs = Math.round(performance.now() - beganMs);
      response.on("finish", () =>
        asked.push(`${atMs} ms ${String(response.getHeader("Content-Length"))} ${request.url}`),
      );
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const line = new SlowLine((server.address() as AddressInfo).port, BYTES_A_SECOND, LATENCY_MS);
    const url = await line.open();
    const profile = await mkdtemp(join(tmpdir(), "posada-visits-"));
    const browser = async <T>(use: (context: BrowserContext, page: Page) => Promise<T>): Promise<T> => {
      const context = await chromium.launchPersistentContext(profile, {
        executablePath: existsSync(chromium.executablePath()) ? undefined : "/usr/bin/chromium",
        args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
      });
      try {
        return await use(context, context.pages()[0] ?? (await context.newPage()));
      } finally {
        await context.close();
      }
    };
    const told = (what: string, { promptMs, liveMs, promptBytes }: Visit, bytes: number): void => {
      const [prompt, live] = [promptMs, liveMs].map((ms) => `${(ms / 1000).toFixed(2)} s`);
      const [before, until] = [promptBytes, bytes].map((each) => `${(each / 1e6).toFixed(2)} MB`);
      console.log(`${what}: prompt after ${prompt} and ${before}, shows a key after ${live} and ${until}`);
      if (process.env.LOG) console.log(asked.map((each) => `    ${each}`).join("\n"));
    };
    try {
      await browser(async (_, page) => {
        [asked, beganMs] = [[], performance.now()];
        const times = await timeToPrompt(page, url, line);
        told("first visit, 10 Mbit/s", times, line.bytes);
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
        await idle(line, 4000);
        console.log(`  everything, in the background: ${(line.bytes / 1e6).toFixed(2)} MB`);
      });
      const again = async (what: string): Promise<void> => {
        for (let n = 0; n < VISITS; n++)
          await browser(async (context, page) => {
            let before = line.bytes;
            [asked, beganMs] = [[], performance.now()];
            told(`${what}, browser just started`, await timeToPrompt(page, url, line), line.bytes - before);
            await page.close();
            const next = await context.newPage();
            before = line.bytes;
            [asked, beganMs] = [[], performance.now()];
            told(`${what}, browser open`, await timeToPrompt(next, url, line), line.bytes - before);
          });
      };
      await again("second visit, 10 Mbit/s");
      line.close();
      await again("without a network");
    } finally {
      line.close();
      server.closeAllConnections();
      server.close();
      await rm(profile, { recursive: true, force: true });
    }
  });

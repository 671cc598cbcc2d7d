/** Story: the app is installed, opens and starts a kept guest without a network, and takes a new version without harm. */
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { expectNoViolations } from "./support/axe.ts";
import { guest } from "./support/guests.ts";
import { DEFAULT_GUEST, expectOnScreen, expectState, floppy, PROMPT, startButton } from "./support/page.ts";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));

test.use({ serviceWorkers: "allow" });

/** A host of its own for the site: one that sends no headers of ours, can bring out a new version, and can go away. */
class Host {
  version = "";
  private readonly server = createServer((request, response) => void this.answer(request.url!, response));

  constructor(private readonly site: string) {}

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(url: string, response: ServerResponse): Promise<void> {
    const found = await fetch(new URL(url.slice(1), this.site));
    let body = Buffer.from(await found.arrayBuffer());
    if (url.startsWith("/service-worker.js")) body = Buffer.concat([body, Buffer.from(this.version)]);
    response.writeHead(found.status, { "Content-Type": found.headers.get("Content-Type") ?? "", "Content-Length": body.length }); // prettier-ignore
    response.end(body);
  }
}

/** Until the service worker has all of the app and answers for this page. */
async function installed(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller) return;
    await new Promise((resolve) =>
      navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }),
    );
  });
}

test("what is loaded until the page can be used fits into 350 KB", () => {
  test.skip(!existsSync(`${dist}index.html`), "the site is not built");
  const html = readFileSync(`${dist}index.html`, "utf8");
  const files = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file!);
  expect(files.length).toBeGreaterThan(1);
  const sizes = files.map((file) => gzipSync(readFileSync(dist + file)).length);
  const total = gzipSync(html).length + sizes.reduce((sum, size) => sum + size, 0);
  console.log(`app shell: ${total} bytes gzipped in ${files.length + 1} files`);
  expect(total).toBeLessThanOrEqual(350 * 1024);
});

test("a kept guest starts without a network, and the page is isolated where the host sends no headers", async ({
  page,
  baseURL,
}) => {
  guest("vmlinuz-cloud-amd64");
  const host = new Host(baseURL!);
  const url = await host.open();
  await page.goto(url);
  expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(false);
  await installed(page);
  const keep = page.getByRole("button", { name: `Keep ${DEFAULT_GUEST} for offline use` });
  await keep.click();
  await expect(page.getByText(/Starts offline \([23]\d MiB\)/)).toBeVisible();
  await expectNoViolations(page);

  await host.close();
  await page.reload();
  expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(true);
  await expect(page.getByText(/Starts offline/)).toBeVisible();
  await startButton(page).click();
  await expectOnScreen(page, PROMPT);
  await page.getByRole("button", { name: "Power off" }).click();
  await page.getByRole("button", { name: "Leave machine" }).click();
  await page.getByRole("button", { name: `Keep ${DEFAULT_GUEST} no longer` }).click();
  await expect(keep).toBeVisible();
  const kept = await page.evaluate(async () =>
    (await (await caches.open("posada-guests")).keys()).map((each) => each.url),
  );
  expect(kept.filter((each) => /vmlinuz|initrd/.test(each))).toEqual([]);
});

test("a new version waits for running machines, and is taken when none is on", async ({ page, baseURL }) => {
  const host = new Host(baseURL!);
  await page.goto(await host.open());
  await installed(page);
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Open image…" }).click();
  await (await chooser).setFiles([floppy("hello.img", "Hello")]);
  await expectState(page, "running");
  host.version = "// the next version";
  await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
    while (!registration.waiting) await new Promise((resolve) => setTimeout(resolve, 100));
  });
  await page.waitForTimeout(500);
  await expect(page.getByText("A new version of Posada is ready.")).toHaveCount(0);
  await expectState(page, "running");
  await page.getByRole("button", { name: "Power off" }).click();
  await expect(page.getByText("A new version of Posada is ready.")).toBeVisible();
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: "Load it" }).click()]);
  await expect(startButton(page)).toBeVisible();
  await expect(page.getByText("A new version of Posada is ready.")).toHaveCount(0);
  await host.close();
});

test("the app can be installed, and opens the files that the desktop gives it", async ({ page }) => {
  const manifest = JSON.parse(readFileSync(`${dist}manifest.webmanifest`, "utf8")) as {
    icons: { src: string; sizes: string }[];
    file_handlers: { accept: Record<string, string[]> }[];
  };
  const endings = manifest.file_handlers.flatMap(({ accept }) => Object.values(accept).flat());
  for (const ending of [".iso", ".img", ".ova", ".qcow2", ".vdi", ".vmdk"]) expect(endings).toContain(ending);
  for (const size of ["192x192", "512x512"]) expect(manifest.icons.some(({ sizes }) => sizes === size)).toBe(true);
  for (const { src } of manifest.icons) expect(existsSync(dist + src), src).toBe(true);
  const { buffer } = floppy("", "Hello from the desktop");
  await page.addInitScript((base64) => {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    Object.defineProperty(window, "launchQueue", {
      value: {
        setConsumer: (consumer: (launch: object) => void) =>
          consumer({ files: [{ getFile: async () => new File([bytes], "desktop.img") }] }),
      },
    });
  }, buffer.toString("base64"));
  await page.goto("./");
  await expectOnScreen(page, /Hello from the desktop/);
});

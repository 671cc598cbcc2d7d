/** A program in one file, opened from the disk without a server: it runs, takes keys and files, and ends with its status. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@playwright/test";
import { guest } from "./support/guests.ts";
import { posada } from "./support/posada.ts";

const FIREFOX = "/usr/bin/firefox-esr";
const READY_MS = 60_000;

/** Greets whoever types a name, counts the words of a file, and ends with the number of words as its status. */
const PROGRAM = `echo "Name?"; read name; words=$(wc -w <text.txt); echo "Hello $name: $words words" | tee greeting.txt; sleep 1; exit $words`;

let folder: string;
let page: string;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  guest("initrd-cloud-amd64.gz");
  folder = await mkdtemp(join(tmpdir(), "posada-packed-"));
  page = join(folder, "greeter.html");
  const done = await posada("pack", page, "--title", "Greeter", "--files", "--program", PROGRAM, "--watch", "1");
  expect(done.stderr).toContain("greeter.html: Greeter");
  expect(done.status).toBe(0);
  await writeFile(join(folder, "text.txt"), "four words in it\n");
});

test.afterAll(async () => {
  if (folder) await rm(folder, { recursive: true, force: true });
});

test("in Chromium", async ({ page: tab }) => {
  const asked: string[] = [];
  tab.on("request", (request) => {
    if (/^https?:/.test(request.url())) asked.push(request.url());
  });
  await tab.goto(pathToFileURL(page).href);
  await expect(tab).toHaveTitle("Greeter");
  await tab.locator("input[type=file]").setInputFiles(join(folder, "text.txt"));
  await tab.getByRole("button", { name: "Start" }).click();
  await expect(tab.getByRole("status")).toHaveText("Running", { timeout: READY_MS });
  await tab.locator("canvas").click();
  await tab.waitForTimeout(1500);
  await tab.keyboard.type("ada\n", { delay: 60 });
  await expect(tab.getByRole("status")).toHaveText("The program has ended with status 4.", { timeout: READY_MS });
  await expect(tab.locator("html")).toHaveAttribute("data-exit-status", "4");
  const download = tab.waitForEvent("download");
  await tab.getByRole("link", { name: "greeting.txt" }).click();
  expect(await readFile(await (await download).path(), "utf8")).toBe("Hello ada: 4 words\n");
  expect(asked).toEqual([]);
});

test("in Firefox, in Spanish", async () => {
  test.skip(!existsSync(FIREFOX), "Firefox ESR is not here (Debian: firefox-esr)");
  const { launch } = await import("puppeteer-core");
  const browser = await launch({
    browser: "firefox",
    executablePath: FIREFOX,
    extraPrefsFirefox: { "intl.accept_languages": "es" },
  });
  try {
    const tab = await browser.newPage();
    await tab.goto(pathToFileURL(page).href);
    const chooser = await tab.waitForSelector("input[type=file]");
    await chooser!.uploadFile(join(folder, "text.txt"));
    const status = () => tab.$eval("[role=status]", (line) => line.textContent);
    await tab.click("button");
    await expect.poll(status, { timeout: READY_MS }).toBe("En marcha");
    await tab.click("canvas");
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await tab.keyboard.type("ada\n", { delay: 60 });
    await expect.poll(status, { timeout: READY_MS }).toBe("El programa ha terminado con el estado 4.");
    const text = await tab.$eval("a[download]", async (link) => (await fetch((link as HTMLAnchorElement).href)).text());
    expect(text).toBe("Hello ada: 4 words\n");
  } finally {
    await browser.close();
  }
});

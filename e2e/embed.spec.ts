/** Story: another page puts a machine into itself with posada.js. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import type { Machine, MachineOptions } from "../src/embed/posada.ts";
import { guest } from "./support/guests.ts";

/** What the test page keeps for the tests. */
declare global {
  interface Window {
    vm: Machine;
    serialText: string;
    log: string[];
    make(options: MachineOptions): Promise<string>;
  }
}

/** Beside posada.js, but not in its folder: the module finds its own files wherever it is loaded from. */
const folder = fileURLToPath(new URL("../dist/e2e-page", import.meta.url));

const html = `<!doctype html><meta charset="utf-8"><title>embed</title><canvas></canvas>
<script type="module">
import { createMachine } from "../posada.js";
window.serialText = "";
window.log = [];
window.make = async (options) => {
  try {
    const vm = (window.vm = await createMachine({ canvas: document.querySelector("canvas"), ...options }));
    const decoder = new TextDecoder();
    vm.addEventListener("serial", (event) => (window.serialText += decoder.decode(event.detail, { stream: true })));
    for (const name of ["statechange", "screenmode", "error", "exit"])
      vm.addEventListener(name, (event) => window.log.push(name + " " + JSON.stringify(event.detail)));
    return "made";
  } catch (error) {
    return error.code + ": " + error.message;
  }
};
document.title = "ready";
</script>`;

test.beforeAll(() => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/index.html`, html);
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(page: Page): Promise<void> {
  await page.goto("e2e-page/index.html");
  await expect(page).toHaveTitle("ready");
}

const make = (page: Page, options: MachineOptions) =>
  page.evaluate((json) => window.make(JSON.parse(json) as MachineOptions), JSON.stringify(options));
const serial = (page: Page) => page.evaluate(() => window.serialText);
const state = (page: Page) => page.evaluate(() => window.vm.state);

function debian(): MachineOptions {
  guest("vmlinuz-cloud-amd64");
  return {
    memoryMiB: 256,
    kernel: "../guests/vmlinuz-cloud-amd64",
    initrd: "../guests/initrd-cloud-amd64.gz",
    commandLine: "console=ttyS0 console=tty0 mitigations=off cryptomgr.notests",
  };
}

test("Debian 64-bit: prompt on screen and serial, keyboard, pause, save and restore, power off by ACPI", async ({
  page,
}) => {
  await open(page);
  expect(await make(page, debian())).toBe("made");
  expect(await state(page)).toBe("poweredOff");
  await page.evaluate(() => window.vm.start());
  await expect.poll(() => serial(page), { timeout: 120_000 }).toContain("posada:");

  await page.evaluate(() => window.vm.serialWrite("uname -m\n"));
  await expect.poll(() => serial(page)).toContain("x86_64\r\n");

  await page.evaluate(() => window.vm.typeText("echo $((6*7))_typed\n"));
  await expect.poll(() => page.evaluate(async () => (await window.vm.screenText())?.join("\n"))).toContain("42_typed");

  const stats = await page.evaluate(() => window.vm.stats());
  expect(stats.instructions).toBeGreaterThan(1e8);
  expect(stats.wasmMemoryBytes - 256 * 2 ** 20).toBeLessThanOrEqual(64 * 2 ** 20);

  await page.evaluate(() => window.vm.pause());
  const paused = await page.evaluate(async () => (await window.vm.stats()).instructions);
  expect(await page.evaluate(async () => (await window.vm.stats()).instructions)).toBe(paused);
  await page.evaluate(() => window.vm.resume());

  const size = await page.evaluate(async () => {
    const saved = await window.vm.save();
    await window.vm.restore(saved);
    return saved.size;
  });
  expect(size).toBeLessThan(128 * 2 ** 20);
  expect(await state(page)).toBe("running");
  await page.evaluate(() => window.vm.serialWrite("echo $((2+3))_alive\n"));
  await expect.poll(() => serial(page)).toContain("5_alive");

  // The canvas shows what the guest's screen shows: more than one color.
  const png = await page.evaluate(async () => (await window.vm.screenshot()).size);
  expect(png).toBeGreaterThan(1000);
  const colors = await page.locator("canvas").screenshot();
  expect(colors.length).toBeGreaterThan(1000);

  await page.evaluate(() => window.vm.serialWrite("poweroff\n"));
  await expect.poll(() => state(page)).toBe("poweredOff");
  expect((await page.evaluate(() => window.log)).filter((line) => line.startsWith("error"))).toEqual([]);
  await page.evaluate(() => window.vm.dispose());
});

test("an idle prompt leaves its processor halted", async ({ page }) => {
  await open(page);
  await make(page, debian());
  await page.evaluate(() => window.vm.start());
  await expect.poll(() => serial(page), { timeout: 120_000 }).toContain("posada:");
  await page.waitForTimeout(2000);
  const share = await page.evaluate(async () => {
    const before = await window.vm.stats();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const after = await window.vm.stats();
    return (after.haltedMs - before.haltedMs) / (after.wallMs - before.wallMs);
  });
  expect(share).toBeGreaterThan(0.95);
});

test("bad input is refused with one sentence, and the page can go on", async ({ page }) => {
  await open(page);
  const attempts: [string, RegExp][] = await Promise.resolve([
    ["{ memoryMiB: 1e6 }", /^badConfig: memoryMiB is 1000000/],
    ["{ kernel: 'nowhere.bin' }", /^unreachable: The kernel at .*404/],
    ["{ cdrom: 'http://127.0.0.1:9/x.iso' }", /^unreachable: CD \(x\.iso\)/],
    ["{ kernel: new Uint8Array(5000) }", /^badMedia: Kernel: .*neither/],
    ["{ cdrom: new Blob(['xx']) }", /^badMedia: CD: .*too small/],
    ["{ floppy: new Uint8Array(1000) }", /^badMedia: Floppy: /],
    ["{ disks: [new Uint8Array(1000)] }", /^badMedia: Disk 1: /],
    ["{ processors: 2 }", /^badConfig: processors is 2/],
  ]);
  for (const [options, words] of attempts) {
    const answer = await page.evaluate(
      (source) => window.make(new Function(`return (${source})`)() as MachineOptions),
      options,
    );
    expect(answer, options).toMatch(words);
  }
  expect(await page.evaluate(() => window.make({ memoryMiB: 64 }))).toBe("made");
  await page.evaluate(() => window.vm.dispose());
});

test("a page without cross-origin isolation can run a machine, too", async ({ page }) => {
  test.skip(!existsSync(folder), "the site is not built");
  // The headers go; everything else stays.
  await page.route("**/*", async (route) => {
    const response = await route.fetch();
    const headers = { ...response.headers() };
    delete headers["cross-origin-opener-policy"];
    delete headers["cross-origin-embedder-policy"];
    await route.fulfill({ response, headers });
  });
  await open(page);
  expect(await page.evaluate(() => window.crossOriginIsolated)).toBe(false);
  await make(page, { ...debian(), memoryMiB: 128 });
  await page.evaluate(() => window.vm.start());
  await expect.poll(() => serial(page), { timeout: 120_000 }).toContain("posada:");
  await page.evaluate(() => window.vm.dispose());
});

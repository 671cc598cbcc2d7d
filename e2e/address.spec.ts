/** The page's address: machines by URL, and what is said of bad values. */
import { expect, test } from "@playwright/test";
import { expectOnScreen, expectState, floppy, PROMPT, startButton, withOtherServer } from "./support/page.ts";

const alert = "problem-list .problem";
const KERNEL = "kernel=guests/vmlinuz-cloud-amd64&initrd=guests/initrd-cloud-amd64.gz";

test("autostart boots the machine that the address describes", async ({ page }) => {
  await page.goto(`./?${KERNEL}&append=console%3Dtty0+posada.test%3D1&memory=192&cpus=1&autostart=1`);
  await expectState(page, "running");
  await expectOnScreen(page, PROMPT);
  await page.locator("vm-screen canvas").click();
  await page.keyboard.type("cat /proc/cmdline\n", { delay: 40 });
  await expectOnScreen(page, /console=tty0 posada\.test=1/);
});

test("without autostart it stands ready", async ({ page }) => {
  await page.goto(`./?${KERNEL}&memory=192`);
  await expect(page.getByText("Ready to start")).toBeVisible({ timeout: 60_000 });
  await expectState(page, "poweredOff");
  await page.getByRole("button", { name: "Start", exact: true }).first().click();
  await expectState(page, "running");
});

test("memory and autostart alone are for the default guest", async ({ page }) => {
  await page.goto("./?memory=192&autostart=1");
  await expectState(page, "running");
  expect(await page.evaluate(() => document.querySelector("vm-screen")!.machine!.plan.memoryMiB)).toBe(192);
});

test("a floppy by address boots, also from another server that allows it", async ({ page }) => {
  const { buffer } = floppy("", "Hello by address");
  await withOtherServer(buffer, true, async (url) => {
    await page.goto(`./?floppy=${encodeURIComponent(url)}&autostart=1`);
    await expectOnScreen(page, /Hello by address/);
  });
});

for (const [query, sentence] of [
  ["memory=lots", "“memory” is “lots”, but must be a whole number from 2 to 3072."],
  ["memory=999999", "“memory” is “999999”"],
  ["cpus=64", "“cpus” is “64”, but machines have 1 processor"],
  ["cdrom=http://", "“cdrom” is not an address that can be opened: “http://”."],
  ["disk=file:///etc/passwd", "“disk” is an address that a page cannot read"],
  ["initrd=a", "“initrd” is given without “kernel”."],
  ["autostart=maybe", "“autostart” is “maybe”, but must be 1 or 0."],
  ["floppy=", "“floppy” is empty"],
] as const)
  test(`?${query} is named, and the page stays usable`, async ({ page }) => {
    await page.goto(`./?${query}${query.startsWith("autostart") ? "" : "&autostart=1"}`);
    await expect(page.locator(alert)).toHaveCount(1);
    await expect(page.locator(alert)).toContainText(sentence);
    await expect(startButton(page)).toBeEnabled();
    await expect(page.locator("vm-screen")).toHaveCount(0);
  });

test("every bad value is named, and one that means nothing too", async ({ page }) => {
  await page.goto("./?memory=x&cpus=y&colour=red");
  await expect(page.locator(alert)).toHaveCount(3);
  await expect(page.locator(alert).last()).toContainText("“colour” is no parameter");
});

test("an address without a file is named", async ({ page }) => {
  await page.goto("./?cdrom=guests/nothing.iso&autostart=1");
  await expect(page.locator(alert)).toContainText("There is no file at");
  await expect(page.locator(alert)).toContainText("nothing.iso");
  await expect(startButton(page)).toBeEnabled();
});

test("a server that does not allow reading is named", async ({ page }) => {
  await withOtherServer(floppy("", "secret").buffer, false, async (url) => {
    await page.goto(`./?floppy=${encodeURIComponent(url)}&autostart=1`);
    await expect(page.locator(alert)).toContainText("does not allow this page to read");
  });
  await expect(startButton(page)).toBeEnabled();
});

test("a web page in place of a kernel is refused", async ({ page }) => {
  await page.goto("./?kernel=index.html&autostart=1");
  await expect(page.locator(alert)).toHaveCount(1);
  await expect(startButton(page)).toBeEnabled();
});

test("a browser that lacks something is told what", async ({ page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, "Worker"));
  await page.goto("./");
  await expect(page.locator(alert)).toContainText("This browser cannot run machines");
  await expect(page.locator(alert)).toContainText("module Workers");
});

test("a browser without OffscreenCanvas draws the screen in the page", async ({ page }) => {
  await page.addInitScript(() => {
    Reflect.deleteProperty(window, "OffscreenCanvas");
    Reflect.deleteProperty(HTMLCanvasElement.prototype, "transferControlToOffscreen");
  });
  const { buffer } = floppy("", "Drawn by the page");
  await withOtherServer(buffer, true, async (url) => {
    await page.goto(`./?floppy=${encodeURIComponent(url)}&autostart=1`);
    await expectOnScreen(page, /Drawn by the page/);
  });
  const brightPixels = (): Promise<number> =>
    page.locator("vm-screen canvas").evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
      return data.filter((value, at) => at % 4 === 0 && value > 100).length;
    });
  await expect.poll(brightPixels).toBeGreaterThan(100);
});

test("a page without guests says so", async ({ page }) => {
  await page.route("**/guests/manifest.json", (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto("./");
  await expect(page.locator(alert)).toContainText("guests/manifest.json");
  await expect(page.getByText("npm run guests")).toBeVisible();
  await expect(page.getByRole("button", { name: "Open image…" })).toBeEnabled();
});

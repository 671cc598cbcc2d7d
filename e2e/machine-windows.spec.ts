/** A machine's screen beyond the page's one view: a video of it, a window of its own, several machines side by side. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { expectNoViolations } from "./support/axe.ts";
import { expectOnScreen, expectState, floppy, openFiles, screen } from "./support/page.ts";

const tool = (page: Page, name: string | RegExp) => page.getByRole("button", { name, exact: true });

async function chooseScreen(page: Page, name: string): Promise<void> {
  await tool(page, "Size of the screen").click();
  await page.getByRole("menuitem", { name }).click();
}

test("a video of the screen is recorded and handed over", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, floppy("film.img", "On film"));
  await expectOnScreen(page, /On film/);
  await tool(page, "Record a video").click();
  await expect(page.getByText(/Recording 0:0[1-9]/)).toBeVisible();
  const download = page.waitForEvent("download");
  await tool(page, "Record a video").press("Enter");
  const file = await download;
  expect(file.suggestedFilename()).toMatch(/^film\.img .*\.webm$/);
  const bytes = readFileSync(await file.path());
  expect(bytes.readUInt32BE(0)).toBe(0x1a45dfa3); // [RFC 8794] EBML
  // The browser itself can play it, and it shows what was on the screen: light text on black.
  // In a page of its own: this one's policy lets it play nothing.
  const player = await page.context().newPage();
  const seen = await player.evaluate(async (base64) => {
    const video = document.createElement("video");
    video.muted = true;
    video.src = URL.createObjectURL(
      new Blob([Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))], { type: "video/webm" }),
    );
    await video.play();
    await new Promise((done) => setTimeout(done, 300));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    const context = canvas.getContext("2d")!;
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    let light = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at]! > 100) light++;
    return { width: video.videoWidth, height: video.videoHeight, light };
  }, bytes.toString("base64"));
  await player.close();
  expect(seen.width).toBe(1440);
  expect(seen.height).toBe(1080);
  expect(seen.light).toBeGreaterThan(500);
  expect(seen.light).toBeLessThan(200_000);
  // A machine that is left while it is recorded leaves its video.
  await tool(page, "Record a video").click();
  await expect(page.getByText(/Recording 0:0[1-9]/)).toBeVisible();
  const last = page.waitForEvent("download");
  await tool(page, "Leave machine").click();
  await page.getByRole("button", { name: "Pull the plug and leave" }).click();
  expect((await last).suggestedFilename()).toMatch(/\.webm$/);
});

test("the screen goes into a window of its own, and comes back", async ({ page, context }) => {
  await page.goto("./");
  await openFiles(page, floppy("apart.img", "Apart"));
  await expectOnScreen(page, /Apart/);
  const opened = context.waitForEvent("page");
  await chooseScreen(page, "In a window of its own");
  const own = await opened;
  await expect(own.locator("machine-window canvas")).toBeFocused();
  await expect(own).toHaveTitle("apart.img");
  await expect(screen(page)).toHaveCount(0);
  await expect(page.getByText("Its screen is in a window of its own")).toBeVisible();
  const lit = () =>
    own.locator("machine-window canvas").evaluate((canvas: HTMLCanvasElement) => {
      const copy = document.createElement("canvas");
      [copy.width, copy.height] = [canvas.width, canvas.height];
      const context = copy.getContext("2d")!;
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      return data.some((value, i) => i % 4 === 0 && value > 100);
    });
  await expect.poll(lit).toBe(true);
  // Styles came along: the screen takes what room there is.
  expect(await own.evaluate(() => document.querySelector("machine-window .own")!.clientHeight - innerHeight)).toBe(0);
  await expectNoViolations(own);
  await own.keyboard.press("ControlRight");
  await expect(own.getByRole("button", { name: "Pause" })).toBeFocused();
  await own.keyboard.press("Enter");
  await expectState(page, "paused");
  await own.getByRole("button", { name: "Resume" }).click();
  await expectState(page, "running");
  const closed = own.waitForEvent("close");
  await own.getByRole("button", { name: "Back to the page" }).click();
  await closed;
  await expect(screen(page)).toBeVisible();
  await expectOnScreen(page, /Apart/);

  // From the page it is called back as well, and it goes when the machine goes.
  const again = context.waitForEvent("page");
  await chooseScreen(page, "In a window of its own");
  const second = await again;
  await expect(second.locator("machine-window canvas")).toBeVisible();
  const gone = second.waitForEvent("close");
  await page.getByRole("button", { name: "Bring it back" }).click();
  await gone;
  await expect(screen(page)).toBeVisible();
  const third = context.waitForEvent("page");
  await chooseScreen(page, "In a window of its own");
  const ended = (await third).waitForEvent("close");
  await tool(page, "Leave machine").click();
  await page.getByRole("button", { name: "Pull the plug and leave" }).click();
  await ended;
});

test("several machines side by side, each with its keyboard", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, floppy("one.img", "Number one"));
  await expectOnScreen(page, /Number one/);
  await page.getByRole("link", { name: "Posada, to the start page" }).click();
  await openFiles(page, floppy("two.img", "Number two"));
  await expectOnScreen(page, /Number two/);
  await page.getByRole("button", { name: "Side by side" }).press("Enter");
  const tiles = page.locator("machine-tiles li");
  await expect(tiles).toHaveCount(2);
  await expect(tiles.locator("canvas")).toHaveCount(2);
  await tiles.first().locator("canvas").click();
  await expect(tiles.first()).toHaveClass("current");
  await expect(page).toHaveTitle(/^one\.img/);
  await page.keyboard.press("ControlRight");
  await expect(page.getByRole("button", { name: "Pause: one.img" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expectState(page, "paused");
  await expect(tiles.nth(1)).toContainText("Running");
  await expectNoViolations(page);
  await page.getByRole("button", { name: "Show alone: two.img" }).click();
  await expect(page.locator("machine-tiles")).toHaveCount(0);
  await expect(page).toHaveTitle(/^two\.img/);
  await expectOnScreen(page, /Number two/);
});

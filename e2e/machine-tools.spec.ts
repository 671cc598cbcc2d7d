/** What stands around a machine in view: size of the screen, keys, typed text, figures, log; several machines at once. */
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { bootDefaultGuest, expectOnScreen, expectState, floppy, openFiles, screen } from "./support/page.ts"; // prettier-ignore

async function choose(page: Page, menu: string, item: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: menu, exact: true }).click();
  await page
    .getByRole("menuitem", { name: item })
    .or(page.getByRole("menuitemcheckbox", { name: item }))
    .click();
}

test("text is typed, keys of the screen are keys, and modifiers stick", async ({ page }) => {
  await bootDefaultGuest(page);
  await choose(page, "Keys", /Type text/);
  await page.getByLabel("Text", { exact: true }).fill("echo “one two” | tr a-z A-Z # ñ\n");
  await expect(page.getByText("they are left out: ñ")).toBeVisible();
  await page.getByRole("button", { name: "Type", exact: true }).click();
  await expectOnScreen(page, /^ONE TWO$/m);
  await expect(page.getByRole("dialog")).toHaveCount(0);

  await choose(page, "Keys", "PC keyboard on the screen");
  const keyboard = page.getByRole("region", { name: "PC keyboard" });
  const shift = keyboard.getByRole("button", { name: "Shift", exact: true });
  const strike = async (...names: string[]) => {
    for (const name of names) await keyboard.getByRole("button", { name, exact: true }).click();
  };
  await screen(page).click();
  await strike("e", "c", "h", "o", "Space bar");
  await shift.click();
  await expect(shift).toHaveAttribute("aria-pressed", "true");
  await strike("h");
  await expect(shift).toHaveAttribute("aria-pressed", "false");
  await strike("i", "Enter");
  await expectOnScreen(page, /^Hi$/m);
  await expect(screen(page)).toBeFocused();
});

test("the screen fits, is a whole multiple, or as large as it is, and that is remembered", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, floppy("hello.img", "Hello"));
  await expectOnScreen(page, /Hello/);
  const size = () => screen(page).evaluate((canvas) => [canvas.clientWidth, canvas.clientHeight]);
  const fit = await size();
  expect(fit).not.toEqual([720, 400]);
  await choose(page, "Size of the screen", "Original size");
  await expect.poll(size).toEqual([720, 400]);
  await choose(page, "Size of the screen", "Fit to the window");
  await expect.poll(size).toEqual(fit);
  await choose(page, "Size of the screen", "Original size");
  await page.goto("./");
  await openFiles(page, floppy("hello.img", "Hello"));
  await expect.poll(size).toEqual([720, 400]);
});

test("figures as charts and as a table; the log is searched and kept", async ({ page }) => {
  await bootDefaultGuest(page);
  await page.getByRole("button", { name: "Session information" }).click();
  const info = page.getByRole("region", { name: "Session information" });
  await expect(info.locator(".uplot")).toHaveCount(4);
  await info.getByRole("button", { name: "Table" }).click();
  await expect(info.getByRole("row", { name: /^Speed [\d.]+ MIPS/ })).toBeVisible();
  await expect(info.getByRole("row", { name: /^Compiled \d+/ })).toBeVisible();
  await page.getByRole("button", { name: "Log", exact: true }).click();
  const log = page.getByRole("region", { name: "Log" });
  await expect(log.getByRole("listitem").filter({ hasText: "Running" })).toHaveCount(1);
  await log.getByRole("searchbox").fill("720 × 400");
  await expect(log.getByRole("listitem").filter({ hasText: "Running" })).toHaveCount(0);
  await expect(log.getByRole("listitem").first()).toContainText("720 × 400");
  const download = page.waitForEvent("download");
  await log.getByRole("button", { name: "Save" }).click();
  expect((await download).suggestedFilename()).toMatch(/\.log$/);
});

test("one machine goes on while the start page is looked at", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, floppy("hello.img", "Hello"));
  await expectOnScreen(page, /Hello/);
  await page.getByRole("link", { name: "Posada, to the start page" }).click();
  await expect(page.locator("html")).not.toHaveAttribute("data-vm-state");
  const open = page.getByRole("navigation", { name: "Open machines" });
  // Its picture is live: what it shows is not all of one color.
  const colors = () =>
    open.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d")!;
      context.drawImage(canvas, 0, 0);
      return new Set(new Uint32Array(context.getImageData(0, 0, copy.width, copy.height).data.buffer)).size;
    });
  await expect.poll(colors).toBeGreaterThan(1);
  await open.getByRole("button", { name: /^hello/ }).click();
  await expectState(page, "running");
  await expectOnScreen(page, /Hello/);
});

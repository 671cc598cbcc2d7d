/** The command line in the page: machines made, run, snapshotted and carried away by commands, with the keyboard alone. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { expectNoViolations } from "./support/axe.ts";
import { floppy } from "./support/page.ts";

/** What the terminal shows, as it reads it to screen readers. */
const shown = (page: Page) => page.locator("command-terminal .xterm-accessibility-tree");

async function enter(page: Page, line: string): Promise<void> {
  await page.keyboard.type(line);
  await page.keyboard.press("Enter");
}

test("a machine's life by commands, without the mouse", async ({ page }) => {
  await page.goto("./");
  await page.getByRole("button", { name: "Terminal", exact: true }).focus();
  await page.keyboard.press("Enter");
  const terminal = shown(page);
  await expect(terminal).toContainText("posada>");
  await enter(page, "list");
  await expect(terminal).toContainText("There is no machine in this browser yet");

  const chooser = page.waitForEvent("filechooser");
  await enter(page, "import boot.img --name Boot");
  await (await chooser).setFiles(floppy("boot.img", "By command"));
  await expect(terminal).toContainText(/[a-z0-9]{10,}/);
  await enter(page, 'create "First machine" --memory 16 --floppy Boot --new-disk 8M');
  await page.keyboard.type("sta");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(terminal).toContainText("start  stats");
  await page.keyboard.type("rt f");
  await page.keyboard.press("Tab");
  await expect(terminal).toContainText("start 'First machine'");
  await page.keyboard.press("Enter");
  await expect(async () => {
    await enter(page, "info 'First machine'");
    await expect(terminal).toContainText(/State: +running/, { timeout: 1000 });
  }).toPass();
  await enter(page, "clear");
  await enter(page, "snapshot take 'First machine' Early");
  await enter(page, "snapshot list 'First machine'");
  await expect(terminal).toContainText(/Early \(running, .*\*/);
  await enter(page, "clone 'First machine' Twin");
  await enter(page, "pause 'First machine'");
  await enter(page, "resume 'First machine'");
  await enter(page, "savestate 'First machine'");
  await enter(page, "clear");
  await enter(page, "list");
  await expect(terminal).toContainText(/First machine +saved/);
  await expect(terminal).toContainText(/Twin +(saved|powered off)/);
  await enter(page, "discard-state 'First machine'");
  await enter(page, "delete Twin");
  const download = page.waitForEvent("download");
  await enter(page, "export 'First machine' away.ova");
  const file = await download;
  expect(file.suggestedFilename()).toBe("away.ova");
  expect(
    readFileSync(await file.path())
      .subarray(257, 262)
      .toString(),
  ).toBe("ustar");

  // The way out by keyboard, and everything is still there when one comes back.
  await page.keyboard.press("Escape");
  await expect(page.locator("main")).toBeFocused();
  await page.getByRole("button", { name: "Machines", exact: true }).press("Enter");
  await expect(page.getByRole("heading", { name: "First machine", exact: true })).toBeVisible();
  await page.getByRole("button", { name: "Terminal", exact: true }).press("Enter");
  await expect(shown(page)).toContainText("export 'First machine' away.ova");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect(shown(page)).toContainText(/delete Twin.*delete Twin/s);
});

test("by mouse, in Spanish, and axe is content", async ({ page }) => {
  await page.goto("./");
  await page.getByLabel("Language").selectOption("es");
  await page.getByRole("button", { name: "Terminal", exact: true }).click();
  await page.locator("command-terminal .xterm").click();
  await expect(shown(page)).toContainText("posada>");
  await enter(page, "help");
  await expect(shown(page)).toContainText("suspende en disco");
  await enter(page, "baila");
  await expect(shown(page)).toContainText("comando desconocido: «baila»");
  await expectNoViolations(page);
});

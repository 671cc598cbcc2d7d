/** Everything in the library without a mouse: only Tab, arrows, Enter, Space and Escape, and what is typed. */
import { expect, test } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import { expectState, floppy } from "./support/page.ts";
import type { TestFile } from "./support/page.ts";

const MOST_STEPS = 90;

/** Goes to a control by Tab alone, as somebody does who has no mouse. */
async function tabTo(page: Page, control: Locator, key = "Tab"): Promise<void> {
  for (let i = 0; i < MOST_STEPS; i++) {
    if (await hasFocus(control)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${String(control)} is not reached by ${key}`);
}

const hasFocus = async (control: Locator): Promise<boolean> =>
  (await control.count()) > 0 && control.first().evaluate((element) => element === document.activeElement);

const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true });

async function press(page: Page, control: Locator, key = "Enter"): Promise<void> {
  await tabTo(page, control);
  await page.keyboard.press(key);
}

/** Chooses in a menu that is open: by arrows, and Enter. */
async function choose(page: Page, item: Locator): Promise<void> {
  await expect(item).toBeVisible();
  for (let i = 0; i < 25; i++) {
    if (await hasFocus(item)) return page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
  }
  throw new Error(`${String(item)} is not reached by arrows`);
}

const card = (page: Page, name: string): Locator =>
  page.locator("library-page .card").filter({ has: page.getByRole("heading", { name, exact: true }) });

async function act(page: Page, name: string, action: string): Promise<void> {
  await press(page, button(card(page, name), `Actions for ${name}`));
  await choose(page, card(page, name).getByRole("menuitem", { name: action }));
}

async function pickFile(page: Page, control: Locator, file: TestFile | string): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await press(page, control);
  await (await chooser).setFiles(file);
}

test("a machine is made, started, snapshotted, branched, changed, carried away and removed by keyboard", async ({
  page,
}) => {
  test.setTimeout(300_000);
  await page.goto("./");
  await expect(button(page, "New machine…")).toBeVisible();
  // The wizard.
  await press(page, button(page, "New machine…"));
  const wizard = page.getByRole("dialog", { name: "New machine" });
  await pickFile(page, button(wizard, "Choose files…"), floppy("boot.img", "By keyboard"));
  await expect(wizard.getByLabel("Name", { exact: true })).toHaveValue("boot");
  await tabTo(page, wizard.getByLabel("Name", { exact: true }));
  await page.keyboard.press("Control+A");
  await page.keyboard.type("keys");
  await press(page, button(wizard, "Next"));
  await tabTo(page, wizard.getByLabel("New disk"));
  await page.keyboard.press("Control+A");
  await page.keyboard.type("0.01");
  await press(page, button(wizard, "Next"));
  await press(page, button(wizard, "Create"));
  await expectState(page, "running");
  await expect(page.locator("vm-screen canvas")).toBeFocused();

  // Out of the guest, and a snapshot of it.
  await page.keyboard.press("ControlRight");
  await press(page, button(page, "Take a snapshot"));
  await expect(page.getByRole("dialog").getByLabel("Name")).toBeFocused();
  await page.keyboard.type("running");
  await page.keyboard.press("Enter");
  await expect(page.locator(".toast")).toHaveText("Snapshot “running” taken");
  await press(page, button(page, "Leave machine"));
  await press(page, button(page.getByRole("dialog"), "Pull the plug and leave"));
  await expect(card(page, "keys")).toContainText("Powered off");

  // The tree of snapshots: arrows choose, and buttons below act on what is chosen.
  await press(page, button(page, "Details of keys"));
  const details = page.getByRole("complementary", { name: "Details of keys" });
  const item = details.locator("wa-tree-item").filter({ hasText: "running" }).first();
  await tabTo(page, item);
  await page.keyboard.press("Enter");
  await press(page, button(details, "Rename…"));
  await page.keyboard.type("renamed");
  await page.keyboard.press("Enter");
  await expect(details.getByRole("tree")).toContainText("renamed");
  await press(page, button(details, "Branch…"));
  await tabTo(page, page.getByRole("dialog").getByLabel("Name"));
  await page.keyboard.press("Control+A");
  await page.keyboard.type("branch");
  await page.keyboard.press("Enter");
  await expect(card(page, "branch")).toBeVisible();
  await press(page, button(details, "Restore"));
  await press(page, button(page.getByRole("dialog"), "Restore"));
  await expect(card(page, "keys")).toContainText("Saved");
  await press(page, button(details, "Delete…"));
  await press(page, button(page.getByRole("dialog"), "Delete…"));
  await expect(details.getByText("None yet.")).toBeVisible();

  // Saved state away, settings, a clone.
  await act(page, "keys", "Discard saved state");
  await press(page, button(page.getByRole("dialog"), "Discard"));
  await expect(card(page, "keys")).toContainText("Powered off");
  await act(page, "keys", "Settings…");
  const editor = page.getByRole("dialog");
  await tabTo(page, editor.getByRole("tab", { name: "General" }));
  await page.keyboard.press("ArrowRight");
  await expect(editor.getByRole("tab", { name: "Hardware" })).toBeFocused();
  await tabTo(page, editor.getByLabel("Memory"));
  await page.keyboard.press("Control+A");
  await page.keyboard.type("40");
  await page.keyboard.press("Enter");
  await expect(editor).toHaveCount(0);
  await expect(details).toContainText("40 MiB");
  await act(page, "keys", "Clone…");
  await tabTo(page, page.getByRole("dialog").getByLabel("Name"));
  await page.keyboard.press("Control+A");
  await page.keyboard.type("copy");
  await page.keyboard.press("Enter");
  await expect(card(page, "copy")).toBeVisible();

  // Away as a package, removed, and back.
  const download = page.waitForEvent("download");
  await act(page, "keys", "Export as OVA");
  const path = await (await download).path();
  await act(page, "keys", "Remove…");
  await press(page, button(page.getByRole("dialog"), "Remove"));
  await expect(card(page, "keys")).toHaveCount(0);
  await pickFile(page, button(page, "Import…"), path);
  await expect(page.locator("library-page .card")).toHaveCount(3);

  // Media: files on one, one renamed, one removed.
  await press(page, button(page, "Media"));
  const disk = page.locator("media-page .medium").filter({ hasText: "Not used by any machine" });
  await pickFile(page, button(page, "Import…"), floppy("spare.img", "Spare"));
  await expect(disk).toHaveCount(1);
  await press(page, button(disk, "Actions for spare"));
  await choose(page, disk.getByRole("menuitem", { name: "Rename…" }));
  await page.keyboard.type("tyre");
  await page.keyboard.press("Enter");
  await press(page, button(disk, "Layers of tyre"));
  await expect(disk).toContainText("Imported from spare.img");
  await press(page, button(disk, "Actions for tyre"));
  await choose(page, disk.getByRole("menuitem", { name: "Remove…" }));
  await press(page, button(page.getByRole("dialog"), "Remove…"));
  await expect(disk).toHaveCount(0);
});

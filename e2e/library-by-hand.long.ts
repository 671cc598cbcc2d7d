/**
 * Everything in the library, twice: by keyboard alone (Tab, arrows, Enter, and what is typed), and by mouse. A machine
 * is made, started, snapshotted, branched, changed, cloned, carried away, brought back and removed.
 */
import { expect, test } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import { expectState, floppy } from "./support/page.ts";
import type { TestFile } from "./support/page.ts";

/** How somebody reaches what is on the page. */
interface Hand {
  press(control: Locator): Promise<void>;
  /** Of a menu that is open. */
  choose(item: Locator): Promise<void>;
  /** A row of the tree of snapshots. */
  row(item: Locator): Promise<void>;
  /** One of a row of tabs, the one after that which is open. */
  nextTab(open: Locator, next: Locator): Promise<void>;
  enter(field: Locator, text: string): Promise<void>;
  /** The form of a dialog is right as it is. */
  confirm(dialog: Locator): Promise<void>;
}

const MOST_STEPS = 120;

const hasFocus = async (control: Locator): Promise<boolean> =>
  (await control.count()) > 0 && control.first().evaluate((element) => element === document.activeElement);

/** Goes to a control as somebody does who has no mouse. */
async function stepTo(page: Page, control: Locator, key: string): Promise<void> {
  await expect(control.first()).toBeVisible();
  for (let i = 0; i < MOST_STEPS; i++) {
    if (await hasFocus(control)) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${String(control)} is not reached by ${key}`);
}

function byKeyboard(page: Page): Hand {
  const press = async (control: Locator) => {
    await stepTo(page, control, "Tab");
    await page.keyboard.press("Enter");
  };
  return {
    press,
    row: press,
    async choose(item) {
      await stepTo(page, item, "ArrowDown");
      await page.keyboard.press("Enter");
    },
    async nextTab(open, next) {
      await stepTo(page, open, "Tab");
      await page.keyboard.press("ArrowRight");
      await expect(next).toBeFocused();
    },
    async enter(field, text) {
      await stepTo(page, field, "Tab");
      await page.keyboard.press("Control+A");
      await page.keyboard.type(text);
    },
    confirm: () => page.keyboard.press("Enter"),
  };
}

function byMouse(page: Page): Hand {
  const press = (control: Locator) => control.first().click();
  return {
    press,
    choose: press,
    row: (item) => item.locator(".name").first().click(),
    nextTab: (_open, next) => press(next),
    async enter(field, text) {
      await field.click({ clickCount: 3 });
      await page.keyboard.press("Control+A");
      await page.keyboard.type(text);
    },
    confirm: (dialog) => dialog.locator("button[type=submit]").click(),
  };
}

const button = (within: Page | Locator, name: string) => within.getByRole("button", { name, exact: true });

for (const [how, handOf] of [
  ["keyboard", byKeyboard],
  ["mouse", byMouse],
] as const)
  // prettier-ignore
  test(`the whole library by ${how}`, async ({ page }) => {
    test.setTimeout(600_000);
    const hand = handOf(page);
    const card = (name: string): Locator =>
      page.locator("library-page .card").filter({ has: page.getByRole("heading", { name, exact: true }) });
    const act = async (name: string, action: string): Promise<void> => {
      await hand.press(button(card(name), `Actions for ${name}`));
      await hand.choose(card(name).getByRole("menuitem", { name: action }));
    };
    const pickFile = async (control: Locator, file: TestFile | string): Promise<void> => {
      const chooser = page.waitForEvent("filechooser");
      await hand.press(control);
      await (await chooser).setFiles(file);
    };
    const dialog = page.getByRole("dialog");

    await page.goto("./");
    await expect(button(page, "New machine…")).toBeVisible();
    // The wizard.
    await hand.press(button(page, "New machine…"));
    const wizard = page.getByRole("dialog", { name: "New machine" });
    await pickFile(button(wizard, "Choose files…"), floppy("boot.img", "By hand"));
    await expect(wizard.getByLabel("Name", { exact: true })).toHaveValue("boot");
    await hand.enter(wizard.getByLabel("Name", { exact: true }), "keys");
    await hand.press(button(wizard, "Next"));
    await hand.enter(wizard.getByLabel("New disk"), "0.01");
    await hand.press(button(wizard, "Next"));
    await hand.press(button(wizard, "Create"));
    await expectState(page, "running");
    await expect(page.locator("vm-screen canvas")).toBeFocused();

    // Out of the guest, and two snapshots, one after the other.
    for (const name of ["first", "second"]) {
      await page.keyboard.press("ControlRight");
      await hand.press(button(page, "Take a snapshot"));
      await expect(dialog.getByLabel("Name")).toBeFocused();
      await hand.enter(dialog.getByLabel("Name"), name);
      await hand.confirm(dialog);
      await expect(page.locator(".toast")).toHaveText(`Snapshot “${name}” taken`);
    }
    await hand.press(button(page, "Leave machine"));
    await hand.press(button(dialog, "Pull the plug and leave"));
    await expect(card("keys")).toContainText("Powered off");

    // The tree of snapshots: what is chosen is acted upon below.
    await hand.press(button(page, "Details of keys"));
    const details = page.getByRole("complementary", { name: "Details of keys" });
    const tree = details.getByRole("tree");
    const row = (name: RegExp) => tree.getByRole("treeitem", { name });
    await expect(row(/^Current state/)).toBeVisible();
    await hand.row(row(/^first/));
    await hand.press(button(details, "Rename…"));
    await hand.enter(dialog.getByLabel("Name"), "renamed");
    await hand.confirm(dialog);
    await expect(tree).toContainText("renamed");
    await hand.press(button(details, "Branch…"));
    await hand.enter(dialog.getByLabel("Name"), "branch");
    await hand.confirm(dialog);
    await expect(card("branch")).toBeVisible();
    await hand.press(button(details, "Restore"));
    await hand.press(button(dialog, "Restore"));
    await expect(card("keys")).toContainText("Saved");
    await hand.press(button(details, "Delete…"));
    await hand.press(button(dialog, "Delete…"));
    await expect(tree).not.toContainText("renamed");

    // Saved state away, settings, a clone.
    await act("keys", "Discard saved state");
    await hand.press(button(dialog, "Discard"));
    await expect(card("keys")).toContainText("Powered off");
    await act("keys", "Settings…");
    await hand.nextTab(dialog.getByRole("tab", { name: "General" }), dialog.getByRole("tab", { name: "Hardware" }));
    await hand.enter(dialog.getByLabel("Memory"), "40");
    await hand.confirm(dialog);
    await expect(dialog).toHaveCount(0);
    await expect(details).toContainText("40 MiB");
    await act("keys", "Clone…");
    await hand.enter(dialog.getByLabel("Name"), "copy");
    await hand.confirm(dialog);
    await expect(card("copy")).toBeVisible();

    // Away as a package, removed, and back.
    const download = page.waitForEvent("download");
    await act("keys", "Export as OVA");
    const path = await (await download).path();
    await act("keys", "Remove…");
    await hand.press(button(dialog, "Remove"));
    await expect(card("keys")).toHaveCount(0);
    await pickFile(button(page, "Import…"), path);
    await expect(page.locator("library-page .card")).toHaveCount(3);

    // Media: one is brought, renamed, looked at, removed.
    await hand.press(button(page, "Media"));
    const spare = page.locator("media-page .medium").filter({ hasText: "Not used by any machine" });
    await pickFile(button(page, "Import…"), floppy("spare.img", "Spare"));
    await expect(spare).toHaveCount(1);
    await hand.press(button(spare, "Actions for spare"));
    await hand.choose(spare.getByRole("menuitem", { name: "Rename…" }));
    await hand.enter(dialog.getByLabel("Name"), "tyre");
    await hand.confirm(dialog);
    await hand.press(button(spare, "Layers of tyre"));
    await expect(spare).toContainText("Imported from spare.img");
    await hand.press(button(spare, "Actions for tyre"));
    await hand.choose(spare.getByRole("menuitem", { name: "Remove…" }));
    await hand.press(button(dialog, "Remove…"));
    await expect(spare).toHaveCount(0);
  });

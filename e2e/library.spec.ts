/** Machines that are kept: made by the wizard, run, saved, snapshotted, cloned, changed, carried away, removed. */
import { expect, test } from "@playwright/test";
import type { Locator, Page } from "@playwright/test";
import { cd, expectOnScreen, expectState, floppy, startButton } from "./support/page.ts";
import type { TestFile } from "./support/page.ts";

/** Makes a machine on the wizard's one page. */
async function makeMachine(
  page: Page,
  name: string,
  file: TestFile,
  { group = "", start = false } = {},
): Promise<void> {
  await page.getByRole("button", { name: "New machine…" }).click();
  const wizard = page.getByRole("dialog", { name: "New machine" });
  await wizard.getByLabel("All on one page").check();
  const chooser = page.waitForEvent("filechooser");
  await wizard.getByRole("button", { name: "Choose files…" }).click();
  await (await chooser).setFiles(file);
  await expect(wizard.getByText(file.name, { exact: true })).toBeVisible();
  await wizard.getByLabel("Name", { exact: true }).fill(name);
  if (group) await wizard.getByLabel("Group").fill(group);
  await wizard.getByLabel("New disk").fill("0");
  await wizard.getByLabel("New disk").press("Tab");
  if (!start) await wizard.getByLabel("Start it right away").uncheck();
  await wizard.getByRole("button", { name: "Create" }).click();
  await expect(wizard).toHaveCount(0);
  if (!start) await expect(card(page, name)).toBeVisible();
}

const card = (page: Page, name: string): Locator =>
  page.locator("library-page .card").filter({ has: page.getByRole("heading", { name, exact: true }) });

async function act(page: Page, name: string, action: string): Promise<void> {
  await card(page, name)
    .getByRole("button", { name: `Actions for ${name}` })
    .click();
  await card(page, name).getByRole("menuitem", { name: action }).click();
}

test("a machine is made step by step, starts, and is still there when the page comes back", async ({ page }) => {
  await page.goto("./");
  await page.getByRole("button", { name: "New machine…" }).click();
  const wizard = page.getByRole("dialog", { name: "New machine" });
  const chooser = page.waitForEvent("filechooser");
  await wizard.getByRole("button", { name: "Choose files…" }).click();
  await (await chooser).setFiles(cd("system.iso", "Kept machine"));
  await expect(wizard.getByLabel("Name", { exact: true })).toHaveValue("system");
  await wizard.getByLabel("Operating system").selectOption("FreeDOS");
  await wizard.getByRole("button", { name: "Next" }).click();
  await expect(wizard.getByLabel("Memory")).toHaveValue("64");
  await expect(wizard.getByLabel("New disk")).toHaveValue("0.5");
  await wizard.getByLabel("Memory").fill("1");
  await wizard.getByLabel("Memory").press("Tab");
  await expect(wizard.getByText("A whole number from 2 to 3072.")).toBeVisible();
  await expect(wizard.getByRole("button", { name: "Next" })).toBeDisabled();
  await wizard.getByLabel("Memory").fill("32");
  await wizard.getByLabel("Memory").press("Tab");
  await wizard.getByRole("button", { name: "Next" }).click();
  await expect(wizard.getByText("512 MiB")).toBeVisible();
  await wizard.getByRole("button", { name: "Create" }).click();
  await expectState(page, "running");
  await expectOnScreen(page, /Kept machine/);
  await page.getByRole("button", { name: "Leave machine" }).click();
  await page.getByRole("button", { name: "Save its state" }).click();
  await expect(card(page, "system")).toContainText("Saved");

  await page.reload();
  await expect(card(page, "system")).toContainText("Saved");
  await expect(startButton(page)).toBeVisible();
  await card(page, "system").getByRole("button", { name: "Start: system" }).click();
  await expectState(page, "running");
  await expectOnScreen(page, /Kept machine/);
});

test("what a wish asks beyond this device is said before", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, "deviceMemory", { get: () => 1 });
    navigator.storage.estimate = async () => ({ quota: 2 ** 30, usage: 0 });
  });
  await page.goto("./");
  await page.getByRole("button", { name: "New machine…" }).click();
  const wizard = page.getByRole("dialog");
  await wizard.getByLabel("Operating system").selectOption("Ubuntu");
  await expect(wizard.getByText(/This device says it has 1 GiB of memory/)).toBeVisible();
  await expect(wizard.getByText(/lets the page keep 1 GiB more/)).toBeVisible();
});

test("snapshots: taken while it runs, branched, renamed, restored, deleted", async ({ page }) => {
  await page.goto("./");
  await makeMachine(page, "tree", floppy("boot.img", "Snapshot me"), { start: true });
  await expectOnScreen(page, /Snapshot me/);
  await page.getByRole("button", { name: "Take a snapshot" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("first");
  await page.getByRole("dialog").getByLabel("Description").fill("as it began");
  await page.getByRole("dialog").getByRole("button", { name: "Take a snapshot" }).click();
  await expect(page.locator(".toast")).toHaveText("Snapshot “first” taken");
  await page.getByRole("button", { name: "Leave machine" }).click();
  await page.getByRole("button", { name: "Pull the plug and leave" }).click();

  const details = page.getByRole("complementary", { name: "Details of tree" });
  const tree = details.getByRole("tree", { name: "Snapshots" });
  await tree.getByText("first", { exact: true }).click();
  await expect(details.getByText("as it began")).toBeVisible();
  await expect(details.getByText(/with its memory/)).toBeVisible();
  await details.getByRole("button", { name: "Branch…" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("branch");
  await page.getByRole("dialog").getByRole("button", { name: "Clone…" }).click();
  await expect(card(page, "branch")).toBeVisible();
  await details.getByRole("button", { name: "Rename…" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("the beginning");
  await page.getByRole("dialog").getByRole("button", { name: "Rename…" }).click();
  await expect(tree.getByText("the beginning")).toBeVisible();
  await details.getByRole("button", { name: "Restore" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restore" }).click();
  await expect(card(page, "tree")).toContainText("Saved");
  await card(page, "tree").getByRole("button", { name: "Start: tree" }).click();
  await expectState(page, "running");
  await expectOnScreen(page, /Snapshot me/);
  await page.getByRole("button", { name: "Machines", exact: true }).click();
  await tree.getByText("the beginning", { exact: true }).click();
  await details.getByRole("button", { name: "Delete…" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete…" }).click();
  await expect(details.getByText("None yet.")).toBeVisible();
});

test("groups start and stop together; search, order and list; a clone; removal", async ({ page }) => {
  await page.goto("./");
  await makeMachine(page, "alpha", floppy("a.img", "Alpha"), { group: "Lab" });
  await makeMachine(page, "beta", floppy("b.img", "Beta"), { group: "Lab/Inner" });
  await makeMachine(page, "gamma", floppy("c.img", "Gamma"));
  const lab = page.getByRole("region", { name: "Group Lab" });
  await expect(lab.locator(".card")).toHaveCount(2);
  await lab.getByRole("button", { name: "Start all of Lab" }).click();
  await expect(lab.locator(".card").filter({ hasText: "Running" })).toHaveCount(2);
  await expect(page.locator("html")).not.toHaveAttribute("data-vm-state");
  await lab.getByRole("button", { name: "Save the state of all of Lab" }).click();
  await expect(lab.locator(".card").filter({ hasText: "Saved" })).toHaveCount(2);

  await page.getByRole("searchbox", { name: "Search machines" }).fill("gam");
  await expect(page.locator("library-page .card")).toHaveCount(1);
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: "List" }).click();
  await page.getByLabel("Sort by").selectOption("Created");
  await expect(page.locator("library-page ul.list")).toHaveCount(3);
  await act(page, "gamma", "Clone…");
  await page.getByRole("dialog").getByLabel("Name").fill("delta");
  await page.getByRole("dialog").getByRole("button", { name: "Clone…" }).click();
  await expect(card(page, "delta")).toBeVisible();
  await act(page, "gamma", "Remove…");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await expect(card(page, "gamma")).toBeVisible();
  await act(page, "gamma", "Remove…");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(card(page, "gamma")).toHaveCount(0);
  await expect(card(page, "delta")).toBeVisible();
});

test("settings are changed while it is off; a CD goes into a running machine", async ({ page }) => {
  await page.goto("./");
  await makeMachine(page, "box", floppy("a.img", "Box"));
  await act(page, "box", "Settings…");
  const editor = page.getByRole("dialog");
  await editor.getByLabel("Name").fill("renamed");
  await editor.getByRole("tab", { name: "Hardware" }).click();
  await editor.getByLabel("Memory").fill("48");
  await editor.getByRole("button", { name: "Floppy sooner" }).click();
  await editor.getByRole("tab", { name: "Hardware" }).press("ArrowRight");
  await editor.getByRole("button", { name: "New disk…: Disk 1" }).click();
  await editor.getByLabel("Size of the new disk in GiB").fill("1.5");
  await editor.getByRole("button", { name: "Make it" }).click();
  await expect(editor.getByLabel("Disk 1", { exact: true })).toContainText("1.5 GiB");
  await editor.getByRole("button", { name: "Save" }).click();
  await expect(editor).toHaveCount(0);
  const details = page.getByRole("complementary", { name: "Details of renamed" });
  await expect(details).toContainText("48 MiB");
  await expect(details).toContainText("Disk, Floppy, CD");
  await expect(details).toContainText("1.5 GiB");

  await card(page, "renamed").getByRole("button", { name: "Start: renamed" }).click();
  await expectOnScreen(page, /Box/);
  await page.getByRole("button", { name: "Machines", exact: true }).click();
  await act(page, "renamed", "Settings…");
  await editor.getByRole("tab", { name: "Hardware" }).click();
  await expect(editor.getByLabel("Memory")).toBeDisabled();
  await editor.getByRole("tab", { name: "Drives" }).click();
  const chooser = page.waitForEvent("filechooser");
  await editor.getByRole("button", { name: "From a file…: CD drive" }).click();
  await (await chooser).setFiles(cd("other.iso", "x"));
  await expect(editor.getByLabel("CD drive", { exact: true })).toContainText("other");
  await editor.getByRole("button", { name: "Cancel" }).click();
  await expect(details).toContainText("other");
});

test("a machine is carried away as OVA and comes back; media are looked into and cleared away", async ({ page }) => {
  await page.goto("./");
  await makeMachine(page, "traveller", floppy("a.img", "Travelling"));
  await act(page, "traveller", "Settings…");
  await page.getByRole("tab", { name: "Drives" }).click();
  await page.getByRole("button", { name: "New disk…: Disk 1" }).click();
  await page.getByLabel("Size of the new disk in GiB").fill("0.01");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  const download = page.waitForEvent("download");
  await act(page, "traveller", "Export as OVA");
  const file = await download;
  expect(file.suggestedFilename()).toBe("traveller.ova");
  await act(page, "traveller", "Remove…");
  await page.getByLabel("Also remove its disks and images").uncheck();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("No machines are kept yet.")).toBeVisible();

  await page.getByRole("button", { name: "Media", exact: true }).click();
  await expect(page.locator("media-page .medium")).toHaveCount(2);
  await page.getByRole("button", { name: "Remove unused (2)" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove…" }).click();
  await expect(page.locator("media-page .medium")).toHaveCount(0);

  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Import…" }).click();
  await (await chooser).setFiles(await file.path());
  await page.getByRole("button", { name: "Machines", exact: true }).click();
  await expect(card(page, "traveller")).toBeVisible();
});

test("the files of a medium are listed and handed out", async ({ page }) => {
  await page.goto("./");
  await page.getByRole("button", { name: "Media", exact: true }).click();
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Import…" }).click();
  await (await chooser).setFiles(fatFloppy("letters.img", "LETTER.TXT", "Dear innkeeper"));
  await page.getByRole("button", { name: "Files on letters" }).click();
  const files = page.getByRole("dialog", { name: "Files on letters" });
  const download = page.waitForEvent("download");
  await files.getByRole("button", { name: /Download LETTER\.TXT/i }).click();
  const path = await (await download).path();
  expect((await import("node:fs")).readFileSync(path, "utf8")).toBe("Dear innkeeper");
});

test("what is only tried can be kept", async ({ page }) => {
  await page.goto("./");
  await startButton(page).click();
  await expectState(page, "running");
  await page.getByRole("button", { name: "Keep this machine" }).click();
  const wizard = page.getByRole("dialog", { name: "New machine" });
  await expect(wizard.getByLabel("Name", { exact: true })).toHaveValue("Debian, 64-bit kernel with BusyBox");
  await wizard.getByRole("button", { name: "Next" }).click();
  await wizard.getByRole("button", { name: "Next" }).click();
  await wizard.getByLabel("Start it right away").uncheck();
  await wizard.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Machines", exact: true }).click();
  await expect(card(page, "Debian, 64-bit kernel with BusyBox")).toContainText("Powered off");
});

/** A FAT12 floppy with one file in one cluster. [FAT] "Boot sector", "Directory" */
function fatFloppy(name: string, shortName: string, text: string): TestFile {
  const file = floppy(name, "");
  const { buffer } = file;
  buffer.set([0xeb, 0x3c, 0x90], 0);
  for (const [at, value] of [[11, 512], [14, 1], [17, 224], [19, 2880], [22, 9], [24, 18], [26, 2]] as const) buffer.writeUInt16LE(value, at); // prettier-ignore
  buffer[13] = 1;
  buffer[16] = 2;
  buffer[21] = 0xf0;
  for (const fat of [512, 10 * 512]) buffer.set([0xf0, 0xff, 0xff, 0xff, 0x0f], fat);
  const entry = 19 * 512;
  const [stem, ending] = shortName.split(".");
  buffer.write(stem!.padEnd(8) + ending!.padEnd(3), entry, "latin1");
  buffer[entry + 11] = 0x20;
  buffer.writeUInt16LE(2, entry + 26);
  buffer.writeUInt32LE(text.length, entry + 28);
  buffer.write(text, 33 * 512, "latin1");
  return file;
}

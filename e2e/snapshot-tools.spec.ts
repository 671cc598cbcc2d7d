/** Snapshots gone through by time and compared; images converted, partition by partition; limits on a machine's speed. */
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import type { PosadaApp } from "../src/ui/app/posada-app.ts";
import { expectNoViolations } from "./support/axe.ts";
import { fatDisk, machineWithPast } from "./support/past-machine.ts";

const card = (page: Page, name: string) =>
  page.locator("library-page .card").filter({ has: page.getByRole("heading", { name, exact: true }) });

test("snapshots: through time with a slider, what changed on the disk, and automatic ones", async ({ page }) => {
  await page.goto("./");
  await expect(page.getByRole("button", { name: "New machine…" })).toBeVisible();
  await machineWithPast(page);
  await page.getByRole("button", { name: "Machines", exact: true }).click();
  await card(page, "past").getByRole("button", { name: "Details of past" }).press("Enter");
  const details = page.getByRole("complementary", { name: "Details of past" });
  const tree = details.getByRole("tree", { name: "Snapshots" });
  await expect(tree).toContainText(/Morning\s*\d+ B/);

  await details.getByRole("button", { name: "Timeline" }).press("Enter");
  const slider = details.getByRole("slider", { name: "Moment" });
  await expect(slider).toHaveAttribute("aria-valuetext", /^Evening, /);
  await slider.press("ArrowLeft");
  await expect(slider).toHaveAttribute("aria-valuetext", /^Morning, /);
  await expect(details.locator("snapshot-timeline")).toContainText(/1 of 2.*automatic/);
  await expectNoViolations(page);
  await details.getByRole("button", { name: "Tree" }).click();

  await tree.getByText("Evening", { exact: true }).click();
  await details.getByRole("button", { name: "What changed…" }).click();
  const dialog = page.getByRole("dialog", { name: "What changed on “past”" });
  await expect(dialog.getByLabel("From")).toHaveValue(/.+/);
  await dialog.getByRole("button", { name: "Compare" }).press("Enter");
  const results = dialog.getByRole("region", { name: "Changes" });
  await expect(results.getByRole("row", { name: /changed \/LETTER\.TXT 5 B 14 B/i })).toBeVisible();
  await expect(results.getByRole("row", { name: /added \/NEW\.TXT – 3 B/i })).toBeVisible();
  await expect(results.getByRole("row", { name: /removed \/OLD\.TXT 3 B –/i })).toBeVisible();
  await expect(results.getByText("The files of this volume cannot be read")).toBeVisible();
  await expectNoViolations(page);
  await dialog.getByLabel("From").selectOption("Evening");
  await dialog.getByLabel("To").selectOption("Current state");
  await dialog.getByRole("button", { name: "Compare" }).click();
  await expect(results.getByText("No file is different.")).toBeVisible();
  await page.keyboard.press("Escape");

  await details.getByLabel("Automatic snapshots").selectOption("every 15 minutes");
  await details.getByLabel("of them").selectOption("the last 3");
  await page.reload();
  await card(page, "past").getByRole("button", { name: "Details of past" }).click();
  await expect(details.getByLabel("Automatic snapshots")).toHaveValue("15");
  await expect(details.getByLabel("of them")).toHaveValue("3");
});

test("an image is converted: its partitions with names and sizes, those that come along, what becomes of it", async ({
  page,
}) => {
  await page.goto("./");
  await page.getByRole("button", { name: "Media", exact: true }).press("Enter");
  await page.getByRole("button", { name: "Convert…" }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Convert an image" });
  const pick = async () => {
    const chooser = page.waitForEvent("filechooser");
    await dialog.getByRole("button", { name: "Choose files…" }).press("Enter");
    await (await chooser).setFiles(fatDisk("laptop.img", { "LETTER.TXT": "hello" }));
  };
  await pick();
  await expect(dialog.getByRole("row", { name: /1: FAT12, starts FAT12 “INNKEEPER” 2 MiB/ })).toBeVisible();
  await expect(dialog.getByRole("row", { name: /2: Linux – 2 MiB/ })).toBeVisible();
  await expectNoViolations(page);
  await dialog.getByLabel("Bring partition 2").press("Space");
  await dialog.getByLabel("Name").fill("From the laptop");
  await dialog.getByRole("button", { name: "Convert", exact: true }).press("Enter");
  await expect(page.locator(".toast")).toHaveText("“From the laptop” converted");
  await expect(card(page, "From the laptop")).toBeVisible();

  await page.getByRole("button", { name: "Media", exact: true }).click();
  const medium = page.locator("media-page .medium").filter({ hasText: "From the laptop" });
  await medium.getByRole("button", { name: "Files on From the laptop" }).click();
  await expect(page.getByRole("dialog").getByText(/LETTER\.TXT/i)).toBeVisible();
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Convert…" }).click();
  await pick();
  await dialog.getByLabel("A file, as a download").check();
  await dialog.getByLabel("Format").selectOption("VMDK (VMware)");
  const download = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Convert", exact: true }).click();
  expect((await download).suggestedFilename()).toBe("laptop.vmdk");

  await page.getByRole("button", { name: "Convert…" }).click();
  const chooser = page.waitForEvent("filechooser");
  await dialog.getByRole("button", { name: "Choose files…" }).click();
  await (await chooser).setFiles({ name: "broken.qcow2", mimeType: "", buffer: Buffer.concat([Buffer.from("QFI\xfb", "latin1"), Buffer.alloc(600)]) }); // prettier-ignore
  await expect(dialog.getByRole("alert")).toBeVisible();
  await expect(dialog.getByRole("button", { name: "Convert", exact: true })).toBeDisabled();
});

test("a machine's speed is limited and its shares are set, also while it runs", async ({ page }) => {
  await page.goto("./");
  await page.locator("posada-app").waitFor({ state: "attached" }); // its language is loaded first
  await page.evaluate(async () => {
    const { clerk } = document.querySelector("posada-app") as PosadaApp;
    const file = new File([new Uint8Array(1440 * 1024).fill(0xfe, 0, 510)], "spin.img");
    // jmp $: a guest that is never idle
    const bytes = new Uint8Array(await file.arrayBuffer());
    bytes.set([0xeb, 0xfe], 0);
    bytes.set([0x55, 0xaa], 510);
    const floppy = await clerk!.library.importMedium(new File([bytes], "spin.img"), { kind: "floppy" });
    await clerk!.library.create({ name: "spin", media: { floppy: floppy.id }, hardware: { memoryMiB: 16 } });
  });
  await page.getByRole("button", { name: "Machines", exact: true }).click();
  await card(page, "spin").getByRole("button", { name: "Start: spin" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-vm-state", "running");
  await page.getByRole("button", { name: "Machines", exact: true }).click();
  await card(page, "spin").getByRole("button", { name: "Actions for spin" }).click();
  await card(page, "spin").getByRole("menuitem", { name: "Settings…" }).click();
  const editor = page.getByRole("dialog");
  await editor.getByRole("tab", { name: "Hardware" }).click();
  await editor.getByLabel("Speed limit").fill("0");
  await expect(editor.getByRole("button", { name: "Save" })).toBeDisabled();
  await editor.getByLabel("Speed limit").fill("20");
  await editor.getByLabel("Shares").fill("50");
  await editor.getByRole("button", { name: "Save" }).click();
  await card(page, "spin").getByRole("button", { name: "Details of spin" }).click();
  await expect(page.getByRole("complementary", { name: "Details of spin" })).toContainText("at most 20%, 50 shares");
  // It is held back, and says so itself.
  const heldBack = () =>
    page.evaluate(async () => {
      const { desk } = document.querySelector("posada-app") as PosadaApp;
      const { api } = desk.machines[0]!.session as unknown as { api: { stats(): Promise<{ heldBackMs: number }> } };
      return (await api.stats()).heldBackMs;
    });
  await expect.poll(heldBack).toBeGreaterThan(500);
});

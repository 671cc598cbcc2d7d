/** Story: a link to a moment. A file is edited in the default guest; whoever opens the link goes on with that file there. */
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { guest } from "./support/guests.ts";
import { bootDefaultGuest, expectOnScreen, expectState, screen, screenText, typeForGuest } from "./support/page.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

/** All of the memory is looked at, and what it was is read again. */
const LOOK_MS = 120_000;

test("a file that was just edited is there for whoever opens the link", async ({ page, context }) => {
  guest("saved/debian-cloud-amd64/machine.json");
  await bootDefaultGuest(page);
  await typeForGuest(page, "vi note.txt\n");
  await expectOnScreen(page, /^- note\.txt/m);
  await typeForGuest(page, "ihello from before");
  await page.keyboard.press("Escape");
  // Text that follows at once would be taken for the rest of a key's sequence.
  await expectOnScreen(page, /^- note\.txt \[Modified\]/m);
  await typeForGuest(page, ":wq\n");
  await expectOnScreen(page, /posada:\S*# *$/);
  await typeForGuest(page, "clear; cat note.txt\n");
  await expectOnScreen(page, /^hello from before$/m);

  await page.getByRole("button", { name: "Share" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox", { name: "As it is now" }).check();
  const status = dialog.locator(".moment [role=status]");
  await expect(status).toContainText(/of changes, in the link itself|too much for a link/, { timeout: LOOK_MS });
  console.log(await status.innerText());
  // Whoever hosts the file of changes, where they do not fit into the link.
  let hosted: Buffer | null = null;
  if (!(await status.innerText()).includes("in the link itself")) {
    const saved = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Save the file" }).click();
    hosted = readFileSync(await (await saved).path());
    await context.route("**/states/note", (route) => route.fulfill({ body: hosted! }));
    const address = dialog.getByRole("textbox", { name: "Address of the file of changes" });
    await address.fill(new URL("states/note", page.url()).href);
  }
  await dialog.getByRole("button", { name: "Copy link" }).click();
  await expect(dialog.getByText("Link copied")).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  console.log(`a link of ${link.length} characters`);
  expect(link).toContain("#machine=2.");
  expect(link.length).toBeLessThanOrEqual(32 * 1024);
  await page.keyboard.press("Escape");
  await expectState(page, "running");

  await test.step("opened: it goes on", async () => {
    const other = await context.newPage();
    await other.goto(link);
    await expect(other.getByRole("dialog")).toContainText("Saved state");
    await other.getByRole("button", { name: "Load and start" }).click();
    await expectOnScreen(other, /^hello from before$/m);
    await screen(other).click();
    await typeForGuest(other, "clear; cat note.txt; uname -m\n");
    await expectOnScreen(other, /^hello from before\nx86_64$/m);
    await other.close();
  });

  await test.step("changed on its way: one sentence, and nothing runs", async () => {
    const other = await context.newPage();
    const middle = Math.floor(link.length / 2);
    await other.goto(link.slice(0, middle) + (link[middle] === "A" ? "B" : "A") + link.slice(middle + 1));
    await expect(other.getByRole("alert")).toContainText("This link is damaged or cut short.");
    expect(await screenText(other)).toBe("");
    await other.close();
  });

  if (hosted)
    await test.step("a file of changes that is another one: one sentence, and nothing runs", async () => {
      hosted!.writeUInt8(hosted!.at(-1)! ^ 1, hosted!.length - 1);
      const other = await context.newPage();
      await other.goto(link);
      await other.getByRole("button", { name: "Load and start" }).click();
      await expect(other.getByRole("alert")).toContainText("its SHA-256 is another one");
      expect(await screenText(other)).toBe("");
      await other.close();
    });
});

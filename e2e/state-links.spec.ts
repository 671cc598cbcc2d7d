/** Story: a link to a moment. A file is edited in the default guest; whoever opens the link goes on with that file there. */
import { expect, test } from "@playwright/test";
import { guest } from "./support/guests.ts";
import { bootDefaultGuest, expectOnScreen, expectState, screen, screenText, type } from "./support/page.ts";

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

test("a file that was just edited is there for whoever opens the link", async ({ page, context }) => {
  guest("saved/debian-cloud-amd64/machine.json");
  await bootDefaultGuest(page);
  await type(page, "vi note.txt\n");
  await expectOnScreen(page, /note\.txt/);
  await type(page, "ihello from before");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Shift+Z");
  await page.keyboard.press("Shift+Z");
  await expectOnScreen(page, /posada:\S*# *$/);
  await type(page, "clear; cat note.txt\n");
  await expectOnScreen(page, /^hello from before$/m);

  await page.getByRole("button", { name: "Share" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox", { name: "As it is now" }).check();
  await expect(dialog.getByText(/of changes, in the link itself|too much for a link/)).toBeVisible();
  console.log(await dialog.locator(".moment [role=status]").innerText());
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
    await type(other, "clear; cat note.txt; uname -m\n");
    await expectOnScreen(other, /^hello from before\nx86_64$/m);
    await other.close();
  });

  await test.step("changed on its way, or of another state: one sentence, and nothing runs", async () => {
    const other = await context.newPage();
    const middle = Math.floor(link.length / 2);
    await other.goto(link.slice(0, middle) + (link[middle] === "A" ? "B" : "A") + link.slice(middle + 1));
    await expect(other.getByRole("alert")).toContainText("This link is damaged or cut short.");
    expect(await screenText(other)).toBe("");
    await other.close();
  });
});

/** For everyone: by keyboard alone, without axe violations, in either color scheme, on a phone, in both languages. */
import { expect, test } from "@playwright/test";
import type { Page } from "@playwright/test";
import { expectNoViolations } from "./support/axe.ts";
import { expectOnScreen, expectState, floppy, openFiles, screen, startButton } from "./support/page.ts";

const HELLO = floppy("hello.img", "Hello");

/** Presses Tab until the named control has the focus. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  const control = page.getByRole("button", { name, exact: true }).first();
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    if (await control.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`${String(name)} is not reached by Tab`);
}

for (const colorScheme of ["light", "dark"] as const)
  for (const [device, viewport] of [
    ["desktop", { width: 1280, height: 800 }],
    ["phone", { width: 390, height: 844 }],
  ] as const)
    test(`no axe violations: ${colorScheme}, ${device}`, async ({ browser }) => {
      const page = await (await browser.newContext({ colorScheme, viewport, locale: "en-US" })).newPage();
      await page.goto(test.info().project.use.baseURL + "?memory=x");
      await expect(startButton(page)).toBeVisible();
      await expectNoViolations(page);
      await page.getByRole("button", { name: "Guest files" }).click();
      await expect(page.getByRole("dialog")).toBeVisible();
      await expectNoViolations(page);
      await page.keyboard.press("Escape");
      await openFiles(page, HELLO);
      await expectOnScreen(page, /Hello/);
      await expectNoViolations(page);
      await page.getByRole("button", { name: "Pause" }).click();
      await page.getByRole("button", { name: "Drives" }).click();
      await expect(page.getByRole("menuitem", { name: /Insert CD/ })).toBeVisible();
      await expectNoViolations(page);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Serial console" }).click();
      await expect(page.locator("serial-console .xterm")).toBeVisible();
      await expectNoViolations(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
      await page.context().close();
    });

for (const [colorScheme, viewport] of [
  ["light", { width: 1280, height: 800 }],
  ["dark", { width: 390, height: 844 }],
] as const)
  test(`no axe violations around a machine: ${colorScheme}, ${viewport.width} wide`, async ({ browser }) => {
    const page = await (await browser.newContext({ colorScheme, viewport, locale: "en-US" })).newPage();
    await page.goto(test.info().project.use.baseURL!);
    await openFiles(page, HELLO);
    await expectOnScreen(page, /Hello/);
    for (const panel of ["Session information", "Log"]) {
      await page.getByRole("button", { name: panel, exact: true }).click();
      await expect(page.getByRole("region", { name: panel })).toBeVisible();
      await expectNoViolations(page);
    }
    await page.getByRole("button", { name: "Keys", exact: true }).click();
    await page.getByRole("menuitemcheckbox", { name: "PC keyboard on the screen" }).click();
    await expect(page.getByRole("region", { name: "PC keyboard" })).toBeVisible();
    await expectNoViolations(page);
    await page.getByRole("button", { name: "Leave machine" }).click();
    await expectNoViolations(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await page.context().close();
  });

for (const [colorScheme, viewport] of [
  ["light", { width: 1280, height: 800 }],
  ["dark", { width: 390, height: 844 }],
] as const)
  test(`no axe violations among machines that are kept: ${colorScheme}, ${viewport.width} wide`, async ({
    browser,
  }) => {
    const page = await (await browser.newContext({ colorScheme, viewport, locale: "en-US" })).newPage();
    await page.goto(test.info().project.use.baseURL!);
    await page.getByRole("button", { name: "New machine…" }).click();
    await page.getByLabel("All on one page").check();
    await page.getByLabel("Operating system").selectOption("Alpine Linux");
    await page.getByLabel("Group").fill("Lab");
    await page.getByLabel("Start it right away").uncheck();
    await expectNoViolations(page);
    await page.getByRole("button", { name: "Create" }).click();
    const details = page.getByRole("complementary");
    await expect(details).toBeVisible();
    await details.getByRole("button", { name: "Take a snapshot" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take a snapshot" }).click();
    await details.getByText("Snapshot 1").click();
    await expect(details.getByRole("button", { name: "Branch…" })).toBeVisible();
    await expectNoViolations(page);
    await details.getByRole("button", { name: /^Settings/ }).click();
    await page.getByRole("tab", { name: "Drives" }).click();
    await expectNoViolations(page);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Media", exact: true }).click();
    await expect(page.locator("media-page .medium")).toHaveCount(1);
    await expectNoViolations(page);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    await page.context().close();
  });

test("everything by keyboard: start, give the keyboard back, pause, leave", async ({ page }) => {
  await page.goto("./");
  await expect(startButton(page)).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await tabTo(page, "Start Debian, 64-bit kernel with BusyBox");
  await page.keyboard.press("Enter");
  await expectState(page, "running");
  await expect(screen(page)).toBeFocused();
  await page.keyboard.press("Tab"); // the guest's
  await expect(screen(page)).toBeFocused();
  await page.keyboard.press("ControlRight");
  await expect(page.getByRole("button", { name: "Pause" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expectState(page, "paused");
  await page.keyboard.press("ControlRight");
  await tabTo(page, "Power off");
  await page.keyboard.press("Enter");
  await expectState(page, "poweredOff");
  await tabTo(page, "Leave machine");
  await page.keyboard.press("Enter");
  await expect(startButton(page)).toBeVisible();
});

test("states are told to screen readers, and the screen says how to get out of it", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, HELLO);
  const live = page.locator('[role="status"][aria-live="polite"]');
  await expect(live).toHaveText("Running");
  await expect(screen(page)).toHaveAccessibleName("Screen of hello.img");
  await expect(screen(page)).toHaveAccessibleDescription(/Right Ctrl gives the keyboard back/);
  await page.getByRole("button", { name: "Pause" }).click();
  await expect(live).toHaveText("Paused");
});

test("keys are released in the guest when the focus goes", async ({ page }) => {
  await page.goto("./");
  await openFiles(page, HELLO);
  await expectOnScreen(page, /Hello/);
  const keys = await page.evaluateHandle(() => {
    const told: string[] = [];
    const machine = document.querySelector("vm-screen")!.machine!;
    machine.key = (code, down) => told.push(`${down ? "+" : "-"}${code}`);
    return told;
  });
  await page.keyboard.down("ShiftLeft");
  await page.keyboard.down("KeyA");
  await page.getByRole("button", { name: "Serial console" }).focus();
  expect(await keys.jsonValue()).toEqual(["+ShiftLeft", "+KeyA", "-ShiftLeft", "-KeyA"]);
});

test("the language is the browser's, can be changed, and is remembered", async ({ browser }) => {
  const context = await browser.newContext({ locale: "es-MX" });
  const page = await context.newPage();
  const url = test.info().project.use.baseURL!;
  await page.goto(url);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Un PC entero en esta pestaña");
  await expect(page.locator("html")).toHaveAttribute("lang", "es");
  await expectNoViolations(page);
  await page.getByLabel("Idioma").selectOption("English");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("A whole PC in this tab");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await context.close();
});

test("colors follow the system until they are chosen, and are remembered", async ({ browser }) => {
  const context = await browser.newContext({ colorScheme: "dark", locale: "en-US" });
  const page = await context.newPage();
  await page.goto(test.info().project.use.baseURL!);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await expect(startButton(page)).toBeVisible();
  const dark = await background();
  await page.getByRole("button", { name: "Colors: As the system" }).click();
  await expect(page.getByRole("button", { name: "Colors: Light" })).toBeVisible();
  const light = await background();
  expect(light).not.toBe(dark);
  await page.reload();
  await expect(page.getByRole("button", { name: "Colors: Light" })).toBeVisible();
  expect(await background()).toBe(light);
  await context.close();
});

test("wrong memory is said at its field and not taken", async ({ page }) => {
  await page.goto("./");
  await page.getByLabel("Memory").fill("1");
  await page.getByLabel("Memory").press("Tab");
  await expect(page.getByText("Memory must be a whole number from 2 to 3072 MiB, or empty.")).toBeVisible();
  await expect(page.getByLabel("Memory")).toHaveAttribute("aria-invalid", "true");
});

/** The other ready-made machines: each boots to its prompt on the screen and on the serial line, and ends by ACPI. */
import { expect, test } from "@playwright/test";
import { expectOnScreen, expectState, PROMPT, screen, serialText, type } from "./support/page.ts";

for (const [title, machine] of [
  ["Debian, generic 64-bit kernel", "x86_64"],
  ["Debian, 32-bit kernel", "i686"],
] as const)
  test(`${title}: prompt, uname says ${machine}, power off`, async ({ page }) => {
    test.setTimeout(300_000); // their kernels are packed with xz
    await page.goto("./");
    await page.getByRole("button", { name: `Start ${title}` }).click();
    await expectOnScreen(page, PROMPT, 170_000);
    await expect.poll(() => serialText(page)).toMatch(/posada:\S*# /);
    await screen(page).click();
    await type(page, "uname -m\n");
    await expectOnScreen(page, new RegExp(`^${machine}$`, "m"));
    await type(page, "poweroff\n");
    await expectState(page, "poweredOff");
  });

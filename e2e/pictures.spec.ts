/** Takes the pictures of the README: `POSADA_PICTURES=1 npm run e2e -- pictures`. */
import { fileURLToPath } from "node:url";
import { test } from "@playwright/test";
import { bootDefaultGuest, DEFAULT_GUEST, expectOnScreen, PROMPT, startButton, type } from "./support/page.ts";

test.skip(!process.env.POSADA_PICTURES, "makes files; asked for by POSADA_PICTURES=1");
test.use({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });

const picture = (name: string) => fileURLToPath(new URL(`../docs/images/${name}.png`, import.meta.url));

test("start page and running machine", async ({ page }) => {
  await page.goto("./");
  await startButton(page).waitFor();
  await page.screenshot({ path: picture("start") });
  await bootDefaultGuest(page);
  await type(page, "clear; uname -a; free -m; ls /\n");
  await page.waitForTimeout(2500);
  await page.screenshot({ path: picture("running") });
});

test("machines that are kept", async ({ page }) => {
  await page.goto("./");
  const made: [name: string, system: string, group: string][] = [
    ["Web server", "Alpine Linux", "Lab"],
    ["Database", "Debian", "Lab"],
    ["Old games", "FreeDOS", ""],
    ["Windows 98", "Windows 98", ""],
    ["Plan 9", "Plan 9", ""],
  ];
  for (const [name, system, group] of made) {
    await page.getByRole("button", { name: "New machine…" }).click();
    const wizard = page.getByRole("dialog");
    await wizard.getByLabel("All on one page").check();
    if (system === "Debian") {
      await wizard.getByLabel("or a ready machine").selectOption(DEFAULT_GUEST);
      await wizard.getByLabel("New disk").fill("8");
    }
    await wizard.getByLabel("Operating system").selectOption(system);
    await wizard.getByLabel("Name", { exact: true }).fill(name);
    await wizard.getByLabel("Group").fill(group);
    if (name !== "Database") await wizard.getByLabel("Start it right away").uncheck();
    await wizard.getByRole("button", { name: "Create" }).click();
    if (name === "Database") {
      await expectOnScreen(page, PROMPT);
      await page.getByRole("button", { name: "Take a snapshot" }).click();
      await page.getByRole("dialog").getByLabel("Name").fill("Fresh");
      await page.getByRole("dialog").getByRole("button", { name: "Take a snapshot" }).click();
      await page.locator(".toast").waitFor();
      await page.getByRole("button", { name: "Machines", exact: true }).click();
    } else await page.getByRole("heading", { level: 2, name }).waitFor();
  }
  await page.getByRole("button", { name: "Details of Database" }).click();
  await page.waitForTimeout(6000);
  await page.screenshot({ path: picture("library") });
});

/** Takes the pictures of the README: `POSADA_PICTURES=1 npm run e2e -- pictures`. */
import { fileURLToPath } from "node:url";
import { test } from "@playwright/test";
import { bootDefaultGuest, startButton, type } from "./support/page.ts";

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

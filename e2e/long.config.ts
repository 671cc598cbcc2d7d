/**
 * Stories that take minutes each and are not in `npm test`: `npm run e2e:long`. Some serve pages of their own, some use what
 * is built in dist/.
 */
import { defineConfig } from "@playwright/test";
import quick from "../playwright.config.ts";

// Given as two, servers of both would be started.
export default defineConfig({
  ...quick,
  testDir: ".",
  testMatch: "*.long.ts",
  // Of what comes before a story; each sets its own.
  timeout: 240_000,
  outputDir: "../test-results",
  webServer: { ...(quick.webServer as object), cwd: ".." } as NonNullable<typeof quick.webServer>,
});

/** Stories that take minutes each and are not in `npm test`: `npm run e2e:long`. They serve their own pages. */
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  testMatch: "*.long.ts",
  workers: 1,
  // Of what comes before a story; each sets its own.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: "list",
  outputDir: "../test-results",
});

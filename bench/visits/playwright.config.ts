/** `npm run bench:visits`: what a first, a second and a visit without a network take. Figures, no tests. */
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  testMatch: "*.bench.ts",
  workers: 1,
  timeout: 100_000,
  expect: { timeout: 120_000 },
  reporter: "line",
  outputDir: "../../test-results",
});

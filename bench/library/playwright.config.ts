/** `npm run bench:library`: how long the library's work takes in a browser. Figures, no tests; they serve their own pages. */
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  testMatch: "*.bench.ts",
  workers: 1,
  timeout: 900_000,
  expect: { timeout: 120_000 },
  reporter: "line",
  outputDir: "../../test-results",
});

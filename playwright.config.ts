/** Browser and whole-guest tests: `npm run e2e`. They use what is built in dist/. */
import { existsSync } from "node:fs";
import { chromium, defineConfig } from "@playwright/test";

const port = Number(process.env.POSADA_E2E_PORT ?? 8087);
/** Debian's Chromium where Playwright has installed none of its own. */
const executablePath = existsSync(chromium.executablePath()) ? undefined : "/usr/bin/chromium";

export default defineConfig({
  testDir: "e2e",
  // A guest wants a processor of its own.
  workers: 1,
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: "list",
  outputDir: "test-results",
  use: {
    baseURL: `http://localhost:${port}/`,
    ...devicesOf(),
    trace: "retain-on-failure",
    // It would answer in place of what a story puts between; the stories about it allow it.
    serviceWorkers: "block",
  },
  webServer: {
    command: `node scripts/serve.mjs --port ${port}`,
    url: `http://localhost:${port}/index.html`,
    reuseExistingServer: false,
  },
});

function devicesOf() {
  return {
    browserName: "chromium" as const,
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      // Without a sandbox where the tests run as root, as in a container.
      args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
    },
  };
}

/** Browser tests. Where no browser of Playwright's own is installed, the system's Chromium is used. */
import { existsSync } from "node:fs";
import { chromium, defineConfig } from "@playwright/test";

const PORT = Number(process.env.POSADA_E2E_PORT ?? 8093);
const systemChromium = process.env.CHROMIUM ?? "/usr/bin/chromium";
const executablePath = existsSync(chromium.executablePath()) ? undefined : systemChromium;

export default defineConfig({
  testDir: ".",
  outputDir: "../test-results",
  // Machines are loud neighbours: each emulates a whole processor.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${PORT}/`,
    viewport: { width: 1280, height: 800 },
    locale: "en-US",
    trace: "retain-on-failure",
    launchOptions: {
      ...(executablePath ? { executablePath } : {}),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  webServer: { command: `node serve.mjs ${PORT}`, url: `http://127.0.0.1:${PORT}/`, reuseExistingServer: false },
});

/** Unit tests on a core that counts what it runs: see scripts/coverage.mjs. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: ["src/**/*.test.ts", "wasm/**/*.test.ts"],
    environment: "node",
    setupFiles: [fileURLToPath(new URL("vitest-setup.ts", import.meta.url))],
    // The counting core takes one instruction at a time.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});

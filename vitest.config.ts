import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "cli/**/*.test.ts",
      "wasm/**/*.test.ts",
      "conformance/**/*.test.ts",
      "scripts/**/*.test.mjs",
    ],
    environment: "node",
    // One for each of two processors: by itself Vitest leaves one of them free.
    maxWorkers: 2,
    // For tests that wait for what never comes; how long the others take is the machine's business.
    testTimeout: 60_000,
  },
});

/** The boot table: whole guests, some of them long. See scripts/guest-tests.mjs. */
import { defineConfig } from "vitest/config";

const isLong = process.env.POSADA_LONG_GUESTS === "1";

export default defineConfig({
  test: {
    include: isLong ? ["guests/**/*.test.ts", "guests/**/*.long.ts"] : ["guests/**/*.test.ts"],
    environment: "node",
    // A guest wants a processor of its own.
    maxWorkers: 2,
    // The guests' own time is what is waited for; this only ends what hangs.
    testTimeout: isLong ? 7_200_000 : 900_000,
  },
});

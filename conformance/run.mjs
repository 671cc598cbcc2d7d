#!/usr/bin/env node
/** Starts main.ts: Vite turns the TypeScript into what Node runs. */
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const { module } = await runnerImport(main, { configFile: false, logLevel: "error" });
try {
  process.exitCode = (await module.main(process.argv.slice(2))) === 0 ? 0 : 1;
} catch (error) {
  console.error(`conformance: ${error.message}`);
  if (process.env.POSADA_DEBUG) console.error(error.stack);
  process.exitCode = 2;
}

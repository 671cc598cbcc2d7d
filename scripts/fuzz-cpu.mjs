#!/usr/bin/env node
/**
 * `npm run fuzz:cpu`: random instructions from the opcode tables, on the processor of this host and on the core
 * (docs/fuzzer.md; `-- --help` tells the options). The fuzzer is TypeScript, which Vite loads.
 */
import { runnerImport } from "vite";
import { at } from "./lib/process.mjs";

const { module } = await runnerImport(at("wasm", "test", "fuzz", "main.ts"), { root: at("."), logLevel: "error" });
process.exitCode = await module.main(process.argv.slice(2));

#!/usr/bin/env node
/**
 * Compiles the processor core, wasm/index.ts -> build/core.wasm, and what unpacks kernels, wasm/unpack/index.ts ->
 * build/unpack.wasm (always optimised: it is small).
 *
 *   node scripts/build-core.mjs            optimised, plain memory: build/core.wasm
 *   node scripts/build-core.mjs --shared   optimised, shared memory for several processors: build/core.shared.wasm
 *   node scripts/build-core.mjs --debug    not optimised, quick to compile, slow to run: build/core.debug.wasm
 *   node scripts/build-core.mjs --coverage one that counts which opcode rows it runs: build/core.coverage.wasm
 *   --force                                also when no input changed
 *
 * The opcode tables and their twins in src are generated first. Nothing is done where no input changed since the last
 * build with the same options; the digest of the inputs is kept beside the result.
 */
import { existsSync } from "node:fs";
import { compileWasm } from "./lib/compile-wasm.mjs";
import { filesBelow } from "./lib/inputs.mjs";
import { readLayout, writeLayoutTwin } from "./lib/layout-twin.mjs";
import { writeOpcodeTwin } from "./lib/opcode-twin.mjs";
import { at, runOrStop } from "./lib/process.mjs";

const options = new Set(process.argv.slice(2));
const debug = options.has("--debug");
const shared = options.has("--shared");
const coverage = options.has("--coverage");
const name = coverage ? "core.coverage" : debug ? "core.debug" : shared ? "core.shared" : "core";
const layout = readLayout();
writeLayoutTwin(layout);
writeOpcodeTwin();

const flags = [
  "--runtime", "stub",
  "--memoryBase", String(layout.get("STATIC_DATA_BASE")),
  "--importMemory",
  "--exportTable",
  "--enable", "simd",
  // Addresses are 32 bits wide here, whatever usize may be elsewhere.
  "--disableWarning", "201",
  // Exported only to keep them out of line; the host never calls them.
  "--disableWarning", "112",
  ...(debug ? ["-O0", "--debug"] : ["-O3", "--noAssert"]),
  ...(coverage ? ["--use", "COVERAGE=1"] : []),
  // The largest memory a 32-bit core can have; what a machine really gets is fixed when it is created.
  ...(shared ? ["--enable", "threads", "--sharedMemory", "--initialMemory", "64", "--maximumMemory", "65536"] : []),
]; // prettier-ignore

const unpackerFlags = [
  ...["--runtime", "stub", "--importMemory", "--enable", "simd", "--disableWarning", "201"],
  ...["-O3", "--noAssert"],
];
const force = options.has("--force");
await compileWasm({
  name: "unpack",
  what: "the unpacker",
  entry: "wasm/unpack/index.ts",
  flags: unpackerFlags,
  inputs: filesBelow([at("wasm", "unpack")]),
  force,
});

const generator = at("wasm", "isa", "generate.mjs");
const apart = ["test", "generated", "unpack"].map((folder) => at("wasm", folder));
const isInput = (file) => /\.(ts|mjs|json)$/.test(file) && !apart.some((folder) => file.startsWith(folder));
await compileWasm({
  name,
  what: "the core",
  entry: "wasm/index.ts",
  flags,
  inputs: filesBelow([at("wasm")], isInput),
  force,
  prepare: async () => {
    if (existsSync(generator)) await runOrStop("Generating the opcode tables", process.execPath, [generator]);
  },
});

#!/usr/bin/env node
/**
 * Compiles the processor core: wasm/index.ts -> build/core.wasm.
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
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { digestOf, filesBelow } from "./lib/inputs.mjs";
import { readLayout, writeLayoutTwin } from "./lib/layout-twin.mjs";
import { writeOpcodeTwin } from "./lib/opcode-twin.mjs";
import { at, runOrStop } from "./lib/process.mjs";

const options = new Set(process.argv.slice(2));
const debug = options.has("--debug");
const shared = options.has("--shared");
const coverage = options.has("--coverage");
const name = coverage ? "core.coverage" : debug ? "core.debug" : shared ? "core.shared" : "core";
const output = at("build", `${name}.wasm`);
const stamp = at("build", `${name}.inputs`);

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

const generator = at("wasm", "isa", "generate.mjs");
const isInput = (file) =>
  /\.(ts|mjs|json)$/.test(file) && !file.startsWith(at("wasm", "test")) && !file.startsWith(at("wasm", "generated"));
const version = JSON.parse(readFileSync(at("node_modules", "assemblyscript", "package.json"), "utf8")).version;
const digest = digestOf(filesBelow([at("wasm")], isInput), version, ...flags);

const current = existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest;
if (current && !options.has("--force")) {
  console.log(`${name}.wasm is up to date.`);
  process.exit(0);
}

mkdirSync(at("build"), { recursive: true });
if (existsSync(generator)) await runOrStop("Generating the opcode tables", process.execPath, [generator]);

const began = performance.now();
const temporary = at("build", `${name}.${process.pid}.tmp.wasm`);
process.on("exit", () => rmSync(temporary, { force: true }));
await runOrStop("Compiling the core", process.execPath, [
  at("node_modules", "assemblyscript", "bin", "asc.js"),
  "wasm/index.ts",
  ...flags,
  "--outFile",
  temporary,
]);
renameSync(temporary, output);
writeFileSync(stamp, digest);

const bytes = readFileSync(output);
const kib = (size) => `${(size / 1024).toFixed(1)} KiB`;
console.log(
  `build/${name}.wasm: ${kib(bytes.length)}, ${kib(gzipSync(bytes, { level: 9 }).length)} gzipped, ` +
    `in ${((performance.now() - began) / 1000).toFixed(1)} s`,
);

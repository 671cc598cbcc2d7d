/** AssemblyScript to build/NAME.wasm, unless nothing changed since: the digest of the inputs is kept beside the result. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { digestOf } from "./inputs.mjs";
import { at, runOrStop } from "./process.mjs";

const kib = (size) => `${(size / 1024).toFixed(1)} KiB`;

/**
 * @param what in words, as in "Compiling the core"
 * @param inputs all files that the result depends on
 * @param prepare called before the compiler
 */
export async function compileWasm({ name, what, entry, flags, inputs, force, prepare = async () => {} }) {
  const output = at("build", `${name}.wasm`);
  const stamp = at("build", `${name}.inputs`);
  const version = JSON.parse(readFileSync(at("node_modules", "assemblyscript", "package.json"), "utf8")).version;
  const digest = digestOf(inputs, version, ...flags);
  if (!force && existsSync(output) && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) {
    console.log(`${name}.wasm is up to date.`);
    return;
  }
  mkdirSync(at("build"), { recursive: true });
  await prepare();
  const began = performance.now();
  const temporary = at("build", `${name}.${process.pid}.tmp.wasm`);
  process.on("exit", () => rmSync(temporary, { force: true }));
  const compiler = at("node_modules", "assemblyscript", "bin", "asc.js");
  await runOrStop(`Compiling ${what}`, process.execPath, [compiler, entry, ...flags, "--outFile", temporary]);
  renameSync(temporary, output);
  writeFileSync(stamp, digest);
  const bytes = readFileSync(output);
  console.log(
    `build/${name}.wasm: ${kib(bytes.length)}, ${kib(gzipSync(bytes, { level: 9 }).length)} gzipped, ` +
      `in ${((performance.now() - began) / 1000).toFixed(1)} s`,
  );
}

#!/usr/bin/env node
/**
 * `npm run bench [-- options]`: how fast the machine is.
 *
 * Where the peer benchmark is present (../shared/bench/peers), it is called with the options given: it boots the same
 * Linux on several engines in one run and prints ratios. Elsewhere, or with --own, small loops run on the bare core and
 * their nanoseconds per guest instruction are printed: median and minimum of short interleaved rounds.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { at, run, runOrStop } from "../scripts/lib/process.mjs";
import { loops } from "./loops.mjs";

const ROUNDS = 9;
const INSTRUCTIONS = 4_000_000;
/** V8 enters optimised code only when a function is called again. */
const PER_CALL = 20_000;
const RAM_BYTES = 16 << 20;

const args = process.argv.slice(2);
const peers = at("..", "shared", "bench", "peers", "host", "bench.mjs");
if (existsSync(peers) && !args.includes("--own")) {
  await runOrStop("The build", process.execPath, [at("scripts", "build.mjs"), "--if-changed"]);
  const given = args.length > 0 ? args : ["--engines", "posada:686,v86:686", "--only", "int,int64,vm,shell,sha256", "--scale", "10", "--runs", "1"]; // prettier-ignore
  process.exit(await run(process.execPath, [peers, ...given]));
}

await runOrStop("Building the core", process.execPath, [at("scripts", "build-core.mjs")]);
const { TestCore } = await bundled("wasm/test/harness.ts");
const times = new Map(loops.map(({ name }) => [name, []]));
const cores = loops.map((loop) => ({ loop, core: loop.load(new TestCore(RAM_BYTES)) }));
for (let round = 0; round < ROUNDS; round++)
  for (const { loop, core } of cores) {
    const before = core.ex.instructions(core.cpu);
    const began = performance.now();
    for (let done = 0; done < INSTRUCTIONS; done += PER_CALL) core.ex.run(core.cpu, PER_CALL);
    const retired = core.ex.instructions(core.cpu) - before;
    times.get(loop.name).push(((performance.now() - began) * 1e6) / retired);
  }
console.log("| loop | ns per instruction, minimum | median | million instructions a second |\n|---|---|---|---|");
for (const [name, list] of times) {
  const sorted = list.sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  console.log(`| ${name} | ${sorted[0].toFixed(2)} | ${median.toFixed(2)} | ${(1000 / median).toFixed(0)} |`);
}

/** A TypeScript module as Node can import it. */
async function bundled(path) {
  const { build } = await import("vite");
  const outDir = at("build", "bench");
  await build({
    configFile: false,
    root: at("."),
    logLevel: "error",
    publicDir: false,
    build: { ssr: path, outDir, emptyOutDir: true, rolldownOptions: { output: { entryFileNames: "module.mjs" } } },
  });
  process.env.POSADA_CORE ??= at("build", "core.wasm");
  readFileSync(process.env.POSADA_CORE);
  return import(join(outDir, "module.mjs"));
}

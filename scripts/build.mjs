#!/usr/bin/env node
/**
 * Builds everything into dist/: the core, the static site with posada.js, its types, and the Node command
 * (dist/cli/). `--if-changed` skips the site where none of its inputs changed; `--cli` builds the command alone,
 * around the core that is there.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import { digestOf, filesBelow } from "./lib/inputs.mjs";
import { bundleForPack } from "./lib/pack-bundle.mjs";
import { makeSavedStates } from "./guests/saved-state.mjs";
import { bundleForNode } from "./lib/node-bundle.mjs";
import { at, nodeBin, runOrStop } from "./lib/process.mjs";

const stamp = at("build", "site.inputs");
/** What the machine's worker loads beside its script. */
const modules = [at("build", "core.wasm"), at("build", "unpack.wasm")];

/** Guests are only copied: their names and sizes stand for them. */
function siteDigest() {
  const paths = [
    at("src"),
    at("cli"),
    at("index.html"),
    at("embed.html"),
    at("vite.config.ts"),
    at("package-lock.json"),
    ...modules,
  ];
  const sources = filesBelow(paths, (file) => !file.endsWith(".test.ts"));
  const statics = filesBelow([at("public")], (file) => !file.startsWith(at("public", "guests")));
  const ours = digestOf([...sources, ...statics], process.env.POSADA_SITE_URL ?? "");
  const manifest = at("public", "guests", "manifest.json");
  // A build changes the manifest itself, where it makes a saved state.
  return () => `${ours} ${existsSync(manifest) ? digestOf([manifest]) : ""}`;
}

/** The Node side: the command and its machine worker, with the core and the unpacker beside them. */
async function buildCli() {
  const input = { posada: at("cli", "main.ts"), "machine-worker": at("src", "worker", "entry-node.ts") };
  await bundleForNode(input, "dist/cli", { chunkFileNames: "[name]-[hash].mjs" });
  for (const module of modules) copyFileSync(module, at("dist", "cli", basename(module)));
}

/** dist/posada.d.ts, dist/posada-machine.d.ts and the types it refers to, for those who embed a machine. */
async function buildTypes() {
  const types = at("dist", "types");
  await runOrStop("Writing the types of posada.js", nodeBin("tsc"), [
    "-p", "tsconfig.embed.json", "--outDir", types,
  ]); // prettier-ignore
  const visit = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) visit(path);
      else writeFileSync(path, readFileSync(path, "utf8").replace(/(from "|import\(")(\.[^"]*)\.ts"/g, '$1$2.js"'));
    }
  };
  visit(types);
  for (const name of ["posada", "posada-machine"])
    writeFileSync(at("dist", `${name}.d.ts`), `export * from "./types/embed/${name}.js";\n`);
}

const cliAlone = process.argv.includes("--cli") && modules.every((module) => existsSync(module));
if (!cliAlone) await runOrStop("Building the core", process.execPath, [at("scripts", "build-core.mjs")]);
if (cliAlone) {
  await buildCli();
  process.exit(0);
}
const digest = siteDigest();
if (process.argv.includes("--if-changed") && existsSync(stamp) && existsSync(at("dist", "index.html"))) {
  if (readFileSync(stamp, "utf8") === digest()) {
    console.log("dist/ is up to date.");
    process.exit(0);
  }
}
mkdirSync(at("build"), { recursive: true });
rmSync(stamp, { force: true });
await runOrStop("Building the site", nodeBin("vite"), ["build", "--logLevel", "warn"]);
await buildCli();
await buildTypes();
await bundleForPack(at("dist", "pack"), modules);
await makeSavedStates();
writeFileSync(`${stamp}.tmp`, digest());
renameSync(`${stamp}.tmp`, stamp);
console.log("The site is in dist/, the command in dist/cli/.");

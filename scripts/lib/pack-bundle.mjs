/** Classic scripts for `posada pack`: the page's and its Worker's, each in one file, with the modules beside them. */
import { copyFileSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { at, root } from "./process.mjs";

/** Where the page's client would start a Worker by its address: here it is handed one. */
const noWorkerAddress = {
  name: "no-worker-address",
  enforce: "pre",
  resolveId: (id) => (id.endsWith("?worker&url") ? "\0no-worker" : null),
  load: (id) => (id === "\0no-worker" ? 'export default "";' : null),
};

/** @param modules WebAssembly files */
export async function bundleForPack(outDir, modules) {
  const { build } = await import("vite");
  const entries = { page: at("src", "pack", "main.ts"), worker: at("src", "worker", "entry-packed.ts") };
  for (const [name, entry] of Object.entries(entries))
    await build({
      configFile: false,
      root,
      logLevel: "error",
      publicDir: false,
      plugins: [noWorkerAddress],
      build: {
        target: "es2022",
        outDir,
        emptyOutDir: false,
        lib: { entry, formats: ["iife"], name: "posada", fileName: () => `${name}.js` },
      },
    });
  mkdirSync(outDir, { recursive: true });
  for (const module of modules) copyFileSync(module, join(outDir, basename(module)));
}

/** TypeScript for Node: entries with all that they import, as modules in one folder. */
import { root } from "./process.mjs";

/** @param input entry files by the name of the module that they become */
export async function bundleForNode(input, outDir, { minify, chunkFileNames } = {}) {
  const { build } = await import("vite");
  await build({
    configFile: false,
    root,
    logLevel: "warn",
    publicDir: false,
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: true,
      target: "node20",
      ...(minify === undefined ? {} : { minify }),
      outDir,
      emptyOutDir: true,
      rolldownOptions: {
        input,
        output: { entryFileNames: "[name].mjs", ...(chunkFileNames ? { chunkFileNames } : {}) },
      },
    },
  });
}

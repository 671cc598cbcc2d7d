/**
 * Builds the static site: index.html (the page), posada.js (the embed module, under a name that stays) and the files
 * of public/. Every URL is relative, so that dist/ works from any path.
 */
import { defineConfig } from "vite";
import { isolationHeaders } from "./scripts/lib/isolation.mjs";

export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    // The core stays a file of its own: streaming compilation needs its MIME type.
    assetsInlineLimit: 0,
    rolldownOptions: {
      preserveEntrySignatures: "exports-only",
      input: { index: "index.html", posada: "src/embed/posada.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "posada" ? "posada.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  worker: { format: "es" },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});

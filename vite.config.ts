/**
 * Builds the static site: index.html (the page), embed.html (for iframes), posada.js and posada-machine.js (the
 * embed modules, under names that stay) and the files of public/. Every URL is relative, so that dist/ works from any path.
 */
import { defineConfig } from "vite";
import type { Plugin } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { isolationHeaders } from "./scripts/lib/isolation.mjs";
import { withSiteUrl } from "./scripts/lib/previews.mjs";
import { policyOf } from "./scripts/lib/security.mjs";

/** Each page carries its policy, for hosts that send no headers. While it is edited Vite puts styles and scripts into it. */
const contentPolicies: Plugin = {
  name: "content-security-policies",
  apply: "build",
  transformIndexHtml: {
    order: "post",
    handler: (html) =>
      html.replace(
        /<meta charset="utf-8" \/>/,
        (charset) => `${charset}\n    <meta http-equiv="Content-Security-Policy" content="${policyOf(html)}" />`,
      ),
  },
};

/** Previews of links want whole addresses, which only whoever hosts the site knows: POSADA_SITE_URL. */
const previews: Plugin = {
  name: "previews",
  apply: "build",
  transformIndexHtml(html) {
    const { POSADA_SITE_URL: siteUrl } = process.env;
    return siteUrl ? withSiteUrl(html, siteUrl) : html;
  },
};

/** `src/app/early.ts` is to run before the page's own script has come; that imports it as well. */
const earlyScript: Plugin = {
  name: "early-script",
  apply: "build",
  transformIndexHtml(_, { bundle, filename }) {
    if (!filename.endsWith("index.html")) return;
    const chunk = Object.values(bundle ?? {}).find((each) => each.type === "chunk" && each.name === "early");
    if (!chunk) throw new Error("The build has no early script.");
    const attrs = { type: "module", async: true, crossorigin: true, src: `./${chunk.fileName}` };
    return [{ tag: "script", attrs, injectTo: "head" }];
  },
};

export default defineConfig({
  base: "./",
  plugins: [
    earlyScript,
    previews,
    contentPolicies,
    VitePWA({
      strategies: "injectManifest",
      srcDir: "src/app",
      filename: "service-worker.ts",
      // The page registers it itself, and public/ has the manifest.
      injectRegister: false,
      manifest: false,
      injectManifest: {
        globPatterns: ["**/*.{html,js,css,wasm,svg,png,webmanifest}"],
        // Guests are kept where a person wants them; the rest is not the app's.
        globIgnores: [
          "guests/**",
          "cli/**",
          "types/**",
          "examples/**",
          "e2e-*/**",
          "preview.png",
          "posada.js",
          "posada-machine.js",
        ],
        maximumFileSizeToCacheInBytes: 8 * 2 ** 20,
        // Its files have a hash in their names.
        dontCacheBustURLsMatching: /^assets\/|^posada-.*-[\w-]{8}\.js$/,
      },
    }),
  ],
  build: {
    target: "es2022",
    // The core stays a file of its own: streaming compilation needs its MIME type.
    assetsInlineLimit: 0,
    rolldownOptions: {
      preserveEntrySignatures: "exports-only",
      input: {
        index: "index.html",
        early: "src/app/early.ts",
        embed: "embed.html",
        posada: "src/embed/posada.ts",
        "posada-machine": "src/embed/posada-machine.ts",
      },
      output: {
        entryFileNames: ({ name }) => (name.startsWith("posada") ? `${name}.js` : "assets/[name]-[hash].js"),
        // What the two modules share finds guests/ beside itself, so it stands beside them.
        chunkFileNames: ({ name }) => (name.startsWith("posada") ? "[name]-[hash].js" : "assets/[name]-[hash].js"),
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  worker: { format: "es" },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});

/** The page that is a program in one file: everything that it needs is an element of it. */
import { compress } from "../publish/compress.ts";
import { escapeHtml } from "../publish/page.ts";

export interface PackedPage {
  title: string;
  description: string | undefined;
  /** machine.json */
  definition: unknown;
  /** The page's own script, a classic one. */
  script: string;
  parts: Record<"worker" | "core" | "unpacker", Uint8Array>;
  /** The machine's files, which are packed already, by name. */
  files: ReadonlyMap<string, Uint8Array>;
}

const STYLE = `
html { color-scheme: light dark; background: light-dark(#faf4ea, #1b1410); color: light-dark(#2b211a, #f3e9dc);
  font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; align-items: center; gap: 12px; }
canvas { width: min(100vw, 133vh); max-width: 100%; height: auto; aspect-ratio: 4 / 3; background: #000; image-rendering: auto;
  outline: none; }
canvas:focus { box-shadow: 0 0 0 3px #c8643c; }
p, ul { margin: 0 16px; }
form { padding: 12px; display: flex; flex-wrap: wrap; gap: 12px; align-items: center; }
@media (max-height: 700px) { canvas { width: min(100vw, 110vh); } }
`;

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Text of a script element: it ends nowhere but at its end. */
const inScript = (text: string): string => text.replace(/<\/(script)/gi, "<\\/$1").replace(/<!--/g, "<\\!--");

export function packedHtml({ title, description, definition, script, parts, files }: PackedPage): string {
  const data = (attributes: string, text: string) => `<script type="text/plain" ${attributes}>${text}</script>`;
  return `${[
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title>`,
    ...(description === undefined ? [] : [`<meta name="description" content="${escapeHtml(description)}">`]),
    `<style>${STYLE}</style>`,
    "</head>",
    "<body>",
    "<noscript>This file runs a whole PC in the page, for which it needs JavaScript.</noscript>",
    `<script type="application/json" id="machine">${JSON.stringify(definition).replace(/</g, "\\u003c")}</script>`,
    ...Object.entries(parts).map(([id, bytes]) =>
      data(`id="${id}" data-bytes="${bytes.length}"`, base64(compress(bytes))),
    ),
    ...Array.from(files, ([name, bytes]) => data(`data-file="${name}"`, base64(bytes))),
    `<script>${inScript(script)}</script>`,
    "</body>",
    "</html>",
  ].join("\n")}\n`;
}

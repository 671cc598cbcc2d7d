/**
 * What the compiler of hot code writes for a few dozen instructions, compared with the text that is kept (golden/*.txt): a
 * change in the quality of code shows in review. `npm run golden` writes the texts anew. Needs build/core.wasm.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { GOLDEN } from "./golden/cases.ts";
import { goldenText } from "./golden/emit.ts";

const RENEW = process.env.RENEW_GOLDEN !== undefined;
const PARTS = /^(?=### )/m;

describe.each(Object.entries(GOLDEN))("%s", (name, cases) => {
  const file = new URL(`./golden/${name}.txt`, import.meta.url);
  const texts = cases.map(goldenText);
  if (RENEW) writeFileSync(file, texts.join("\n"));
  const kept = existsSync(file) ? readFileSync(file, "utf8").split(PARTS) : [];

  it("keeps as many texts as there are cases", () => {
    expect(kept).toHaveLength(cases.length);
  });

  it.each(texts.map((text, i) => [text.slice(4, text.indexOf("\n")), text, i] as const))("%s", (_, text, i) => {
    expect(text.trimEnd(), "npm run golden writes it anew").toBe(kept[i]?.trimEnd());
  });
});

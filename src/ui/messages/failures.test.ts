/**
 * What a visitor can be told of failures has its Spanish: the sentences are looked for where they are said, in the
 * templates behind `said` and the texts that errors are made of.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { afterEach, expect, test, vi } from "vitest";
// @lit/localize tells a window.
vi.hoisted(() => vi.stubGlobal("window", new EventTarget()));
import { LibraryError } from "../../protocol/library.ts";
import { VmError } from "../../protocol/vm-api.ts";
import { fromPlain, toPlain } from "../../protocol/vm-error.ts";
import { inEnglish, said } from "../../shared/said.ts";
import { damaged } from "../../storage/formats/image-error.ts";
import { esFailures } from "./es-failures.ts";
import { language } from "./language.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
/** Errors whose text is for people, and functions that make one; the text is the last that they are given. */
const SPEAKERS =
  /^(Image|Storage|Quota|Library|Vm|Machine|BootImage|Unpack|State|TypeText|CoreMemory|Permanent)Error$|^(damaged|bad)$/;
/** Without a page: the command, folders of libraries, tests; other people's pages. */
const ELSEWHERE = /\.test\.ts$|\/testing\/|\/fuzz\/|\/node-|\/folder-|platform-node|^src\/embed\//;

const hasWords = (sentence: string) => /\p{L}/u.test(sentence.replace(/\{\d+\}/g, ""));

function sentencesIn(path: string, source: string): { sentence: string; where: string }[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.ES2022, true);
  const found: { sentence: string; where: string }[] = [];
  const add = (node: ts.Node, sentence: string) => {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart());
    // Of parts alone: "{0}: {1}".
    if (hasWords(sentence)) found.push({ sentence, where: `${path}:${line + 1}` });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && node.tag.getText() === "said") {
      const { template } = node;
      if (ts.isNoSubstitutionTemplateLiteral(template)) add(node, template.text);
      else add(node, [template.head, ...template.templateSpans.map(({ literal }) => literal)].map(({ text }, i) => (i === 0 ? text : `{${i - 1}}${text}`)).join("")); // prettier-ignore
    }
    if ((ts.isNewExpression(node) || ts.isCallExpression(node)) && SPEAKERS.test(node.expression.getText())) {
      const internal = node.arguments?.[0]?.getText() === '"internal"';
      const last = node.arguments?.at(-1);
      if (last && !internal && ts.isTemplateExpression(last)) throw new Error(`${path}: ${last.getText()} is not said`);
      if (last && !internal && ts.isStringLiteralLike(last)) add(last, last.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const all = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .map((path) => `src/${path}`)
  .filter((path) => path.endsWith(".ts") && !ELSEWHERE.test(path))
  .flatMap((path) => sentencesIn(path, readFileSync(root + path, "utf8")));

afterEach(() => language.set("en"));

test("each sentence has its Spanish", () => {
  expect(all.length).toBeGreaterThan(300);
  expect(all.filter(({ sentence }) => !(sentence in esFailures))).toEqual([]);
});

test("each Spanish sentence is of one that is said, and has its parts", () => {
  const english = new Set(all.map(({ sentence }) => sentence));
  const unused = Object.keys(esFailures).filter((sentence) => hasWords(sentence) && !english.has(sentence));
  expect(unused).toEqual([]);
  const parts = (text: string) => [...new Set(text.match(/\{\d+\}/g))].sort();
  for (const [sentence, spanish] of Object.entries(esFailures))
    expect(parts(spanish), sentence).toEqual(parts(sentence));
});

test("a failure is said in the language of now, with what is inside of it", async () => {
  const error = (() => {
    try {
      damaged("VDI", said`its type ${7} is not known`);
    } catch (thrown) {
      return thrown as Error;
    }
  })()!;
  expect(error.message).toBe("This VDI image is damaged: its type 7 is not known.");
  expect(language.failure(error)).toBe(error.message);
  await language.set("es");
  expect(language.failure(error)).toBe("Esta imagen VDI está dañada: no se conoce su tipo 7.");
});

test("it keeps its parts between threads", async () => {
  const error = fromPlain(structuredClone(toPlain(new VmError("badMedia", said`The floppy image has ${5} bytes; no floppy disk is of that size.`)))); // prettier-ignore
  await language.set("es");
  expect(language.failure(error)).toMatch(/tiene 5 bytes/);
});

test("what an engine says is left as it is, and known for that", async () => {
  const foreign = new LibraryError("storage", "The operation failed for reasons {of} its own");
  await language.set("es");
  expect(language.failure(foreign)).toBe("The operation failed for reasons {of} its own");
  expect([language.knows(foreign.said), language.knows("This file is empty.")]).toEqual([false, true]);
});

test("parts are put in once: what looks like a place in a name is a name", () => {
  expect(inEnglish(said`"${"{1}"}" is a disk of "${"x"}" already.`)).toBe('"{1}" is a disk of "x" already.');
});

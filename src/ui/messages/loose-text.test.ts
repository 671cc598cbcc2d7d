/**
 * No element says anything that is not a message: there are no words in a template of src/ui or src/app, be it between
 * tags, in an attribute that people see or hear, or as a string that stands in for one of these.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const SEEN =
  /\s\.?(title|label|alt|placeholder|hint|text|name|heading|aria-(?:label|description|valuetext|roledescription))=(["']?)$/;
const SEEN_WHOLE =
  /\s(title|label|alt|placeholder|hint|heading|aria-(?:label|description|valuetext|roledescription))=(["'])(.*?)\2/g;
/** Names that are the same in any language. */
const NAMES = /\b(Posada|MIPS|GiB|MiB|COM1|OVA|CD|https)\b|\/s\b/g;

const hasWords = (text: string) => /\p{L}{2,}/u.test(text.replace(/&\w+;/g, "").replace(NAMES, ""));

/** Words in a template of Lit's, as strings that show where they stand. */
function looseWords(template: ts.TaggedTemplateExpression): string[] {
  const found: string[] = [];
  const { template: parts } = template;
  const strings = ts.isNoSubstitutionTemplateLiteral(parts)
    ? [parts.text]
    : [parts.head.text, ...parts.templateSpans.map(({ literal }) => literal.text)];
  const expressions = ts.isNoSubstitutionTemplateLiteral(parts)
    ? []
    : parts.templateSpans.map(({ expression }) => expression);
  let html = "";
  strings.forEach((string, i) => {
    html += string;
    const expression = expressions[i];
    if (!expression) return;
    const inTag = html.lastIndexOf("<") > html.lastIndexOf(">");
    const seen = !inTag || SEEN.test(html) || /\s(title|alt|placeholder|aria-label)="[^"]*$/.test(html);
    if (seen) found.push(...strandedStrings(expression));
    html += inTag ? "\u0001" : "";
  });
  for (const [, name, , value] of html.matchAll(SEEN_WHOLE)) if (hasWords(value!)) found.push(`${name}="${value}"`);
  for (const between of html.replace(/<!--.*?-->/gs, "").split(/<[^>]*>/))
    if (hasWords(between)) found.push(between.trim());
  return found;
}

/** Strings that the expression may come to. */
function strandedStrings(expression: ts.Expression): string[] {
  if (ts.isStringLiteral(expression) || ts.isNoSubstitutionTemplateLiteral(expression))
    return hasWords(expression.text) ? [expression.text] : [];
  if (ts.isTemplateExpression(expression)) {
    const own = [expression.head.text, ...expression.templateSpans.map(({ literal }) => literal.text)].filter(hasWords);
    return [...own, ...expression.templateSpans.flatMap((span) => strandedStrings(span.expression))];
  }
  if (ts.isConditionalExpression(expression))
    return [...strandedStrings(expression.whenTrue), ...strandedStrings(expression.whenFalse)];
  if (ts.isParenthesizedExpression(expression)) return strandedStrings(expression.expression);
  if (ts.isBinaryExpression(expression)) {
    const { kind } = expression.operatorToken;
    const sides = [ts.SyntaxKind.PlusToken, ts.SyntaxKind.QuestionQuestionToken, ts.SyntaxKind.BarBarToken];
    if (sides.includes(kind as (typeof sides)[number]))
      return [...strandedStrings(expression.left), ...strandedStrings(expression.right)];
    if (kind === ts.SyntaxKind.AmpersandAmpersandToken) return strandedStrings(expression.right);
  }
  return [];
}

function findAll(source: string): string[] {
  const file = ts.createSourceFile("element.ts", source, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isTaggedTemplateExpression(node) && ts.isIdentifier(node.tag) && node.tag.text === "html")
      found.push(...looseWords(node));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

test("loose words are found wherever they stand", () => {
  expect(findAll("html`<p>${a}Hello</p>`")).toEqual(["Hello"]);
  expect(findAll('html`<p title="Hello"></p>`')).toEqual(['title="Hello"']);
  expect(findAll("html`<p>${on ? `${n} on` : html`<b>off</b>`}</p>`")).toEqual([" on", "off"]);
  expect(findAll('html`<p aria-label=${name || "none"}>${x}</p>`')).toEqual(["none"]);
  expect(findAll('html`<p aria-label="${name}: on"></p>`')).toEqual([`aria-label="\u0001: on"`]);
  expect(findAll('html`<p class="big" id=${a ? "one" : "two"} @click=${() => x}>${a} · ${b} &nbsp;</p>`')).toEqual([]);
});

const root = fileURLToPath(new URL("../../../", import.meta.url));

test("no element says what is not a message", () => {
  const files = ["src/ui/", "src/app/"].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" }).map((path) => folder + path),
  );
  const elements = files.filter((path) => /(?<!\.test)\.ts$/.test(path));
  expect(elements.length).toBeGreaterThan(50);
  const loose = elements.flatMap((path) =>
    findAll(readFileSync(root + path, "utf8")).map((words) => `${path}: ${words}`),
  );
  expect(loose).toEqual([]);
}, 60_000);

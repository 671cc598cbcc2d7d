/** The page docs/conformance.md: a section for each suite, between two markers; what stands outside them is left alone. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import type { Failure, Outcome, Suite } from "./suite.ts";

const begin = (id: string) => `<!-- ${id}: written by npm run conformance -->`;
const end = (id: string) => `<!-- end of ${id} -->`;

const NAMES_SHOWN = 8;

const INTRODUCTION = `# Conformance

What other people's test suites say about the processor core. None of them is part of the project: \`npm run conformance\` runs
them from folders that it is given, and writes the sections below. A failure stands here with its reason; [SDM1], [SDM2] and [SDM3]
are the volumes of Intel's Software Developer's Manual, [APM3] is volume 3 of AMD's.
`;

/** Text for a cell of a table. */
const cell = (text: string) => text.replaceAll("|", "\\|").replaceAll("<", "&lt;").replaceAll("\n", " ");

/** The first few names of a list. */
function some(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN).map((name) => `\`${name}\``);
  return shown.join(", ") + (names.length > NAMES_SHOWN ? ", …" : "");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""];
}

export function section(suite: Suite, { revision, groups, failures, skipped, notes = [] }: Outcome): string {
  const total = (field: "cases" | "passes") => groups.reduce((count, group) => count + group[field], 0);
  const lines = [
    `## ${suite.title}`,
    "",
    `Revision ${revision}. ${total("passes")} of ${total("cases")} cases pass.${notes.map((note) => ` ${note}`).join("")}`,
    "",
    `Run with \`npm run conformance -- ${suite.id}=FOLDER\`; needs ${suite.needs}.`,
    "",
    ...table(
      ["group", "cases", "passes"],
      groups.map(({ name, cases, passes }) => [name, String(cases), String(passes)]),
    ),
  ];
  if (failures.length > 0) {
    const byReason = new Map<string, Failure[]>();
    for (const failure of failures) {
      const reason = failure.reason ?? "not explained yet";
      byReason.set(reason, [...(byReason.get(reason) ?? []), failure]);
    }
    lines.push("Failures:", "");
    lines.push(
      ...table(
        ["cases", "why", "which", "what (the first)"],
        [...byReason].map(([reason, list]) => [
          String(list.length),
          reason,
          some(list.map(({ name }) => name)),
          list[0]!.what,
        ]),
      ),
    );
  }
  if (skipped.length > 0) {
    lines.push("Left out:", "");
    lines.push(
      ...table(
        ["cases", "why", "which"],
        skipped.map(({ reason, names }) => [String(names.length), reason, some(names)]),
      ),
    );
  }
  return lines.join("\n").trimEnd();
}

/** Puts a suite's section into the page, in place of its former one. */
export async function writePage(path: string, suite: Suite, outcome: Outcome): Promise<void> {
  const page = existsSync(path) ? readFileSync(path, "utf8") : INTRODUCTION;
  const text = `${begin(suite.id)}\n\n${section(suite, outcome)}\n\n${end(suite.id)}`;
  const from = page.indexOf(begin(suite.id));
  const to = page.indexOf(end(suite.id));
  const next =
    from >= 0 && to > from
      ? page.slice(0, from) + text + page.slice(to + end(suite.id).length)
      : `${page.trimEnd()}\n\n${text}\n`;
  writeFileSync(path, await format(next, { ...(await resolveConfig(path)), parser: "markdown" }));
}

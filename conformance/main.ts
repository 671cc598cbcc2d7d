/**
 * `npm run conformance -- [SUITE=FOLDER]… [--only TEXT] [--write] [--native]`: runs suites from outside on the core and says what
 * passes. Nothing of them is part of the project: a suite's folder is named on the command line or in the environment
 * (POSADA_SUITE_FEX and the like), and one without a folder is skipped by name.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RowCounter } from "./coverage.ts";
import { fex } from "./fex/suite.ts";
import { kvmUnitTests } from "./kvm-unit-tests/suite.ts";
import { linuxSelftests } from "./linux-selftests.ts";
import { qemuTests } from "./qemu-tests.ts";
import { writePage } from "./report.ts";
import type { Outcome, Suite } from "./suite.ts";
import { test386 } from "./test386.ts";
import { testfloat } from "./testfloat/suite.ts";
import { vectors80286 } from "./vectors-80286.ts";

const SUITES: readonly Suite[] = [fex, testfloat, test386, vectors80286, kvmUnitTests, linuxSelftests, qemuTests];
const root = fileURLToPath(new URL("..", import.meta.url));

const HELP = `npm run conformance -- [SUITE=FOLDER]... [--only TEXT] [--write] [--native]

  SUITE=FOLDER   runs a suite; the folder may also stand in POSADA_SUITE_<SUITE>
  --only TEXT    only cases whose name contains TEXT (the result is not written)
  --write        writes the results to docs/conformance.md
  --native       asks the processor of this machine as well, where the suite can

${SUITES.map(({ id, title, needs }) => `  ${id.padEnd(12)} ${title}\n${" ".repeat(15)}${needs}`).join("\n")}
`;

interface Options {
  readonly folders: ReadonlyMap<string, string>;
  readonly filter: string;
  readonly switches: ReadonlySet<string>;
}

function parse(words: readonly string[]): Options {
  const folders = new Map<string, string>();
  const switches = new Set<string>();
  let filter = "";
  for (const { id } of SUITES) {
    const named = process.env[`POSADA_SUITE_${id.toUpperCase().replaceAll("-", "_")}`];
    if (named) folders.set(id, named);
  }
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const given = /^([a-z0-9-]+)=(.+)$/.exec(word);
    if (word === "--only") filter = words[++i] ?? "";
    else if (word.startsWith("--")) switches.add(word.slice(2));
    else if (given && SUITES.some(({ id }) => id === given[1])) folders.set(given[1]!, given[2]!);
    else throw new Error(`"${word}" is no suite and no option; see --help`);
  }
  return { folders, filter, switches };
}

const onPath = (program: string): boolean =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** Why a suite cannot be run here, or nothing. */
function obstacle(suite: Suite, folder: string | undefined): string {
  if (folder === undefined) return `no folder given (needs ${suite.needs})`;
  if (!existsSync(folder)) return `${folder} does not exist`;
  const missing = suite.programs.filter((program) => !onPath(program));
  return missing.length > 0 ? `needs ${missing.join(", ")}` : "";
}

const sum = (outcome: Outcome, field: "cases" | "passes"): number =>
  outcome.groups.reduce((total, group) => total + group[field], 0);

function summary(suite: Suite, outcome: Outcome): string {
  const left = outcome.skipped.reduce((total, { names }) => total + names.length, 0);
  const explained = outcome.failures.filter(({ reason }) => reason).length;
  return (
    `${suite.id}: ${sum(outcome, "passes")} of ${sum(outcome, "cases")} pass; ${outcome.failures.length} failures, ` +
    `${explained} of them explained; ${left} left out`
  );
}

/** Runs what was asked for; the number of failures that nobody has explained. */
export async function main(words: readonly string[]): Promise<number> {
  const options = parse(words);
  if (options.switches.has("help")) {
    console.log(HELP);
    return 0;
  }
  let unexplained = 0;
  const rows = new RowCounter();
  for (const suite of SUITES) {
    const folder = options.folders.get(suite.id);
    const why = obstacle(suite, folder);
    if (why) {
      console.log(`${suite.id}: skipped: ${why}`);
      continue;
    }
    const cache = join(root, "build", "conformance", suite.id);
    mkdirSync(cache, { recursive: true });
    const log = (line: string) => console.log(`  ${line}`);
    const outcome = await suite.run({ ...options, folder: folder!, cache, log });
    rows.write(join(root, "build", "coverage"), suite.id);
    for (const { name, what, reason } of outcome.failures) if (!reason) console.log(`  FAILED ${name}: ${what}`);
    console.log(summary(suite, outcome));
    unexplained += outcome.failures.filter(({ reason }) => !reason).length;
    writeFileSync(join(cache, "result.json"), `${JSON.stringify(outcome, null, 1)}\n`);
    if (options.switches.has("write") && !options.filter)
      await writePage(join(root, "docs", "conformance.md"), suite, outcome);
  }
  return unexplained;
}

/**
 * The command `npm run fuzz:cpu`. What agreed is kept in build/fuzz, so that a run can be stopped at any time and goes on with
 * the same seed, first with what did not agree; it begins anew when the core has changed. Counts by row, of all seeds, are left in build/coverage/fuzz.json.
 */
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { Group } from "../native/integer-cases.ts";
import { describeCase } from "../native/integer-compare.ts";
import { INPUT_SIZE } from "../native/integer-layout.ts";
import { hostProcessor } from "../native/processor.ts";
import { BACKENDS, backendsOf } from "./backends.ts";
import { type Difference, Fuzzer, allGroups, casesByRow, groupId, recordVectors, tableRows } from "./fuzz.ts";
import { rowsNotAsked } from "./rows.ts";
import { foundLine } from "./vectors.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const at = (...parts: string[]) => join(root, ...parts);
const vectors = (name: string) => at("wasm", "test", "vectors", name);
const RECORDED_SEED = 1;
const RECORDED_CASES = 10;
/** Progress is written that often, in milliseconds. */
const SAVE_EVERY_MS = 5000;

const USAGE = `npm run fuzz:cpu -- [options]
  --seed N         other cases (1)
  --cases N        cases of each row in each kind of code (2000)
  --rows REGEXP    only rows like this, for example "ADD in 64" or "^0F A4"
  --time SECONDS   stop after so long; the next run with this seed goes on
  --backends LIST  of ${BACKENDS.map((b) => b.name).join(", ")} (all)
  --fresh          forget what earlier runs with this seed have done
  --record         ask this processor for the vectors of the repository
  --list           rows that are not asked, and why`;

interface Progress {
  core: string;
  seed: number;
  backends: string;
  host: string;
  /** Cases by group that agreed. */
  groups: Record<string, number>;
}

function loadProgress(file: string, fresh: Progress): Progress {
  if (!existsSync(file)) return fresh;
  const saved = JSON.parse(readFileSync(file, "utf8")) as Progress;
  const isSame = saved.core === fresh.core && saved.host === fresh.host;
  return isSame ? saved : fresh;
}

/** Cases of all seeds with this core, by group: what the interpreter ran. */
function allSeeds(core: string): (group: Group) => number {
  const folder = at("build", "fuzz");
  const files = readdirSync(folder).filter((name) => /^interpreter\b.*\.json$/.test(name));
  const runs = files
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Progress)
    .filter((progress) => progress.core === core);
  return (group) => runs.reduce((sum, { groups }) => sum + (groups[groupId(group)] ?? 0), 0);
}

function writeCounts(name: string, counts: Record<string, number>): void {
  mkdirSync(at("build", "coverage"), { recursive: true });
  writeFileSync(at("build", "coverage", name), `${JSON.stringify(counts, null, 1)}\n`);
}

export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: "string", default: "1" },
      cases: { type: "string", default: "2000" },
      rows: { type: "string", default: "" },
      time: { type: "string", default: "" },
      backends: { type: "string", default: BACKENDS.map((b) => b.name).join() },
      fresh: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (values.list) {
    for (const { key, reason } of rowsNotAsked(tableRows())) console.log(`${key}: ${reason}`);
    return 0;
  }
  const host = hostProcessor();
  if (typeof host === "string") {
    console.error(`The processor of this host cannot be asked: ${host}.`);
    return 2;
  }
  if (values.record) {
    writeFileSync(vectors("fuzz.bin.gz"), recordVectors(host, RECORDED_SEED, RECORDED_CASES));
    console.log(`Recorded ${allGroups().length * RECORDED_CASES} cases of ${host.name}.`);
    return 0;
  }
  const core = process.env["POSADA_CORE"] ?? at("build", "core.wasm");
  if (!existsSync(core)) {
    console.error("build/core.wasm is missing: npm run core");
    return 2;
  }
  const digest = createHash("sha256").update(readFileSync(core)).digest("hex");
  return fuzz(host, digest, {
    seed: Number(values.seed),
    casesPerGroup: Number(values.cases),
    rows: new RegExp(values.rows),
    seconds: values.time ? Number(values.time) : Infinity,
    backends: values.backends,
    fresh: values.fresh,
  });
}

interface Settings {
  seed: number;
  casesPerGroup: number;
  rows: RegExp;
  seconds: number;
  backends: string;
  fresh: boolean;
}

function fuzz(host: Exclude<ReturnType<typeof hostProcessor>, string>, core: string, settings: Settings): number {
  const { seed, casesPerGroup, rows, seconds } = settings;
  const all = allGroups();
  const groups = all.filter((group) => rows.test(group.name));
  const file = at("build", "fuzz", `${settings.backends.replace(/,/g, "-")}-${seed}.json`);
  mkdirSync(dirname(file), { recursive: true });
  const none: Progress = { core, seed, backends: settings.backends, host: host.name, groups: {} };
  const progress = settings.fresh ? none : loadProgress(file, none);
  const doneOf = (group: Group) => progress.groups[groupId(group)] ?? 0;
  const total = () => all.reduce((sum, group) => sum + doneOf(group), 0);
  let differences = 0;
  const began = performance.now();
  const before = total();
  let saved = began;
  console.log(
    `${host.name}; seed ${seed}; ${groups.length} groups, ${casesPerGroup} cases each; ${before} done before.`,
  );
  const fuzzer = new Fuzzer({
    groups,
    host,
    backends: backendsOf(settings.backends),
    seed,
    casesPerGroup,
    done: doneOf,
    progress: (group, cases) => {
      progress.groups[groupId(group)] = doneOf(group) + cases;
    },
    failed: (group, count) => {
      differences += count;
      console.log(`${group.name}: ${count} differences`);
    },
    differs: report,
    unanswered: (group, input) =>
      console.log(`${group.name}: never ended on the processor: ${describeCase(input.subarray(0, INPUT_SIZE))}`),
    shouldStop: () => {
      const now = performance.now();
      if (now - saved > SAVE_EVERY_MS) {
        writeFileSync(file, JSON.stringify(progress));
        saved = now;
      }
      return (now - began) / 1000 > seconds;
    },
  });
  const isComplete = fuzzer.fuzz();
  writeFileSync(file, JSON.stringify(progress));
  const bySeeds = allSeeds(core);
  writeCounts("fuzz.json", casesByRow(all, bySeeds));
  const ran = total() - before;
  const took = (performance.now() - began) / 1000;
  console.log(
    `${ran} cases in ${took.toFixed(0)} s; ${total()} with this seed and core, ${differences} differences; ` +
      `${all.reduce((sum, group) => sum + bySeeds(group), 0)} with all seeds` +
      `${isComplete ? "" : "; not complete, the next run goes on"}.`,
  );
  return differences ? 1 : 0;
}

/** Says how a case differs, and keeps it: the line is for wasm/test/vectors/found.txt. */
function report({ group, backend, text, found }: Difference): void {
  console.log(`${group.name}, ${backend}: ${text}`);
  appendFileSync(vectors("found.txt"), `${foundLine(found)}\n`);
}

/** Counts of the vectors in the repository by row, for the coverage page. */
export function writeVectorCounts(found: readonly { key: string }[], casesPerGroup: number): void {
  const counts = casesByRow(allGroups(), () => casesPerGroup);
  for (const { key } of found) if (counts[key] !== undefined) counts[key]++;
  writeCounts("fuzz-vectors.json", counts);
}

#!/usr/bin/env node
/**
 * `npm run coverage`: writes docs/instruction-coverage.md, which says for every row of the opcode tables which tests run it,
 * and how often. Status 1 where a row is run by none.
 *
 *   node scripts/coverage.mjs             unit tests on a core that counts (build/core.coverage.wasm), then the page
 *   node scripts/coverage.mjs --guests    boots guests on it as well
 *   node scripts/coverage.mjs --page      the page alone, from what is in build/coverage/
 *
 * Any other suite takes part by leaving build/coverage/NAME.json: { "opcode | operands | semantic": count, … }.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { readTables, rowKey } from "../wasm/isa/read-tables.mjs";
import { at, nodeBin, run, runOrStop } from "./lib/process.mjs";

const options = new Set(process.argv.slice(2));
const folder = at("build", "coverage");
const parts = join(folder, "parts");
const core = at("build", "core.coverage.wasm");
const page = at("docs", "instruction-coverage.md");

const linux = (id) => [
  ...["--kernel", `vmlinuz-${id}`, "--initrd", `initrd-${id}.gz`, "--append", "console=ttyS0", "--until", "posada:"],
];
/** Guests whose boot is counted: arguments of `posada run`, files by their names in public/guests/. */
const GUESTS = [
  ["linux-amd64", ...linux("cloud-amd64")],
  ["linux-686", ...linux("686")],
  ["ovmf", "--pflash", "OVMF_CODE_4M.fd,ro", "--pflash", "OVMF_VARS_4M.fd,discard", "--until", "Shell>"],
];
const GUEST_TIMEOUT_S = 1200;
/** Rows that no test runs are named up to this many. */
const MAX_NAMED = 80;

mkdirSync(folder, { recursive: true });
if (!options.has("--page")) {
  await runOrStop("Building the counting core", process.execPath, [at("scripts", "build-core.mjs"), "--coverage"]);
  rmSync(parts, { recursive: true, force: true });
  const env = { ...process.env, POSADA_CORE: core };
  const status = await run(nodeBin("vitest"), ["run", "-c", at("scripts", "coverage", "vitest.config.ts")], { env });
  if (status !== 0) console.error("coverage: some tests failed; what they ran counts all the same.");
  if (options.has("--guests")) bootGuests(env);
}
gather("unit tests", /\.test\.ts\.json$/);
gather("guests", /^guest-.*\.json$/);
process.exit(writePage());

function read(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** Adds up what the parts of a suite have counted, if there are any. */
function gather(suite, names) {
  const found = existsSync(parts) ? readdirSync(parts).filter((name) => names.test(name)) : [];
  if (found.length === 0) return;
  const totals = {};
  for (const counts of found.map((name) => read(join(parts, name))))
    for (const [key, count] of Object.entries(counts)) totals[key] = (totals[key] ?? 0) + count;
  writeFileSync(join(folder, `${suite}.json`), `${JSON.stringify(totals, null, 1)}\n`);
}

function bootGuests(env) {
  const place = (word) =>
    existsSync(at("public", "guests", word.replace(/,.*/, ""))) ? at("public", "guests", word) : word;
  for (const [name, ...words] of GUESTS) {
    console.log(`coverage: booting ${name}`);
    const file = join(parts, `guest-${name}.json`);
    const more = ["--coverage", file, "--timeout", String(GUEST_TIMEOUT_S)];
    const args = [at("cli", "posada.mjs"), "run", "--memory", "256", ...words.map(place), ...more];
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: "utf8", maxBuffer: 1 << 28 });
    if (status !== 0) console.error(`coverage: ${name} ended with status ${status}: ${stderr.trim()}`);
  }
}

/** @returns the exit status */
function writePage() {
  const rows = readTables(at("wasm", "isa"));
  const suites = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ name: basename(name, ".json"), counts: read(join(folder, name)) }));
  /** The unit tests by file. */
  const files = existsSync(parts)
    ? readdirSync(parts)
        .filter((name) => name.endsWith(".test.ts.json"))
        .sort()
        .map((name) => ({
          name: name.replace(/^.*-test-|^src-|\.test\.ts\.json$/g, ""),
          counts: read(join(parts, name)),
        }))
    : [];
  const keys = rows.map(rowKey);
  const untested = keys.filter((key) => !suites.some(({ counts }) => counts[key] > 0));
  const strangers = suites.flatMap(({ name, counts }) =>
    Object.keys(counts)
      .filter((key) => !keys.includes(key))
      .map((key) => `${name}: ${key}`),
  );
  for (const stranger of strangers) console.error(`coverage: no row of the tables: ${stranger}`);

  const cell = (text) => String(text).replaceAll("|", "\\|");
  const lines = [
    "# Which tests run which instructions",
    "",
    "Written by `npm run coverage` from the opcode tables: every row, and how often each suite runs it. Counted are",
    "instructions that are run, or that fault; not what is only decoded. The last column names the unit tests' files.",
    "",
    `${rows.length} rows, ${rows.length - untested.length} of them tested.`,
    "",
    `| suite | rows | instructions |`,
    `| --- | ---: | ---: |`,
    ...suites.map(({ name, counts }) => {
      const values = keys.map((key) => counts[key] ?? 0);
      return `| ${name} | ${values.filter((count) => count > 0).length} | ${values.reduce((a, b) => a + b, 0)} |`;
    }),
    "",
  ];
  let file = "";
  for (const [i, row] of rows.entries()) {
    if (row.file !== file) {
      file = row.file;
      lines.push(`## ${basename(file, ".ts")}`, "");
      lines.push(`| opcode | operands | semantic | ${suites.map(({ name }) => name).join(" | ")} | in |`);
      lines.push(`| --- | --- | --- |${" ---: |".repeat(suites.length)} --- |`);
    }
    const [opcode, operands, semantic] = keys[i].split(" | ").map((column) => column.trim());
    const counts = suites.map((suite) => suite.counts[keys[i]] ?? 0);
    const by = files.filter((each) => each.counts[keys[i]] > 0).map(({ name }) => name);
    lines.push(
      `| ${cell(opcode)} | ${cell(operands)} | ${cell(semantic)} | ${counts.join(" | ")} | ${by.join(", ")} |`,
    );
    if (rows[i + 1]?.file !== file) lines.push("");
  }
  writeFileSync(page, lines.join("\n"));
  spawnSync(nodeBin("prettier"), ["--write", page]);
  console.log(`coverage: ${rows.length} rows, ${untested.length} of them run by no test; docs/instruction-coverage.md`);
  for (const key of untested.slice(0, MAX_NAMED)) console.log(`  ${key}`);
  return untested.length === 0 && strangers.length === 0 ? 0 : 1;
}

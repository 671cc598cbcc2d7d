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

/** Guests whose boot is counted: arguments of `posada run`. */
const GUESTS = [
  ["linux-amd64", "--kernel", "vmlinuz-cloud-amd64", "--initrd", "initrd-cloud-amd64.gz", "--until", "posada:"],
  ["linux-686", "--kernel", "vmlinuz-686", "--initrd", "initrd-686.gz", "--until", "posada:"],
  ["ovmf", "--pflash", "OVMF.fd,discard", "--until", "Shell>"],
];

mkdirSync(folder, { recursive: true });
if (!options.has("--page")) {
  await runOrStop("Building the counting core", process.execPath, [at("scripts", "build-core.mjs"), "--coverage"]);
  rmSync(parts, { recursive: true, force: true });
  const env = { ...process.env, POSADA_CORE: core };
  const status = await run(nodeBin("vitest"), ["run", "-c", at("scripts", "coverage", "vitest.config.ts")], { env });
  if (status !== 0) console.error("coverage: some tests failed; what they ran counts all the same.");
  if (existsSync(parts))
    write(
      "unit tests",
      readdirSync(parts).map((name) => read(join(parts, name))),
    );
  if (options.has("--guests")) bootGuests(env);
}
process.exit(writePage());

function read(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

function write(name, all) {
  const totals = {};
  for (const counts of all) for (const [key, count] of Object.entries(counts)) totals[key] = (totals[key] ?? 0) + count;
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(totals, null, 1)}\n`);
}

function bootGuests(env) {
  const counted = [];
  for (const [name, ...words] of GUESTS) {
    const args = words.map((word) =>
      existsSync(at("public", "guests", word.replace(/,.*/, ""))) ? at("public", "guests", word) : word,
    );
    const file = join(parts, `${name}.json`);
    console.log(`coverage: booting ${name}`);
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        at("cli", "posada.mjs"),
        "run",
        "--memory",
        "256",
        ...args,
        "--append",
        "console=ttyS0",
        "--coverage",
        file,
        "--timeout",
        "1200",
      ],
      { env, encoding: "utf8", maxBuffer: 1 << 28 },
    );
    if (status !== 0) console.error(`coverage: ${name} ended with status ${status}: ${stderr.trim()}`);
    if (existsSync(file)) counted.push(read(file));
  }
  write("guests", counted);
}

/** @returns the exit status */
function writePage() {
  const rows = readTables(at("wasm", "isa"));
  const suites = readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ name: basename(name, ".json"), counts: read(join(folder, name)) }));
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
    "instructions that are run, or that fault; not what is only decoded.",
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
      lines.push(`| opcode | operands | semantic | ${suites.map(({ name }) => name).join(" | ")} |`);
      lines.push(`| --- | --- | --- |${" ---: |".repeat(suites.length)}`);
    }
    const [opcode, operands, semantic] = keys[i].split(" | ").map((column) => column.trim());
    const counts = suites.map((suite) => suite.counts[keys[i]] ?? 0);
    lines.push(`| ${cell(opcode)} | ${cell(operands)} | ${cell(semantic)} | ${counts.join(" | ")} |`);
    if (rows[i + 1]?.file !== file) lines.push("");
  }
  writeFileSync(page, lines.join("\n"));
  spawnSync(nodeBin("prettier"), ["--write", page]);
  console.log(`coverage: ${rows.length} rows, ${untested.length} of them run by no test; docs/instruction-coverage.md`);
  for (const key of untested) console.log(`  ${key}`);
  return untested.length === 0 && strangers.length === 0 ? 0 : 1;
}

/**
 * x87 instructions against a real processor: recorded results everywhere (wasm/test/vectors/x87.bin.gz), and live ones where
 * gcc and an x86-64 processor are there. Every row of the table, edge values and random operands, all rounding and
 * precision modes, masked and unmasked exceptions, empty registers; the whole state is compared, but for the pointers.
 * X87_CASES sets the live cases a form, X87_ONLY (a regular expression) picks forms, POSADA_RECORD=1 records anew.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript without types
import { readTables } from "../isa/read-tables.mjs";
import type { Row } from "./native/cases.ts";
import { INPUT_SIZE, OUTPUT_SIZE, TRANSCENDENTAL, type X87Form, casesOf, formsOf } from "./native/x87-cases.ts";
import { X87Runner, agrees, describeState, forgetPointers } from "./native/x87-runner.ts";
import {
  type Section,
  VECTOR_CASES,
  VECTOR_CASES_ST,
  packVectors,
  readVectors,
  unpackResults,
} from "./native/x87-vectors.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const vectorFile = join(here, "vectors/x87.bin.gz");
const LIVE_CASES = Number(process.env["X87_CASES"] ?? 60);
/** The first test compiles the core. */
const TIMEOUT_MS = 60_000;
const ONLY = process.env["X87_ONLY"];
const recording = process.env["POSADA_RECORD"] === "1";

/** Whole-state images are tested in x87-state.test.ts. */
const ELSEWHERE = new Set(["FLDENV", "FNSTENV", "FNSAVE", "FRSTOR"]);

const rows = (readTables(join(here, "../isa")) as (Row & { file: string })[]).filter(
  (row) => row.file === "x87.ts" && !ELSEWHERE.has(row.semantic),
);
const forms = rows.flatMap(formsOf).filter((form) => !ONLY || new RegExp(ONLY).test(form.name));
const named = forms.map((form) => [form.name, form] as const);
const recordedCases = (form: X87Form) => (form.name.includes(" ST(") ? VECTOR_CASES_ST : VECTOR_CASES);

const oracle = join(root, "build/test/x87-oracle");
const available = arch() === "x64" && spawnSync("gcc", ["--version"]).status === 0;

function buildOracle(): void {
  mkdirSync(dirname(oracle), { recursive: true });
  const source = join(here, "native/x87-oracle.c");
  const gcc = spawnSync("gcc", ["-O1", "-mno-red-zone", "-fno-pie", "-no-pie", "-o", oracle, source], {
    encoding: "utf8",
  });
  if (gcc.status !== 0) throw new Error(gcc.stderr);
}

/** What the processor of this host makes of the cases. */
function live(inputs: Uint8Array): Uint8Array {
  const run = spawnSync(oracle, [], { input: inputs, maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`the oracle ended with ${run.status} ${run.signal}`);
  const results = new Uint8Array(run.stdout);
  for (let at = 0; at < results.length; at += OUTPUT_SIZE) forgetPointers(results.subarray(at, at + OUTPUT_SIZE));
  return results;
}

let shared: X87Runner | undefined;

/** Runs the cases on the core; says how the first few that differ do. */
function differences(form: X87Form, inputs: Uint8Array, results: Uint8Array): string {
  const runner = (shared ??= new X87Runner());
  const output = new Uint8Array(OUTPUT_SIZE);
  const failures: string[] = [];
  const isApproximate = TRANSCENDENTAL.test(form.row.semantic);
  let count = 0;
  for (let i = 0; i * INPUT_SIZE < inputs.length; i++) {
    const input = inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE);
    const expected = results.subarray(i * OUTPUT_SIZE, (i + 1) * OUTPUT_SIZE);
    runner.run(form, input, output);
    if (agrees(output, expected, isApproximate)) continue;
    if (++count > 4) continue;
    const [before, want, got] = [
      describeState(input, true),
      describeState(expected, false),
      describeState(output, false),
    ];
    failures.push(`case ${i}\n in   ${before}\n want ${want}\n got  ${got}`);
  }
  return count ? `${count} differ\n${failures.join("\n")}` : "";
}

describe.skipIf(recording)("x87 as recorded from a real processor", () => {
  const vectors = existsSync(vectorFile) ? readVectors(readFileSync(vectorFile)) : new Map();
  it.each(named)(
    "%s",
    (name, form) => {
      const inputs = casesOf(form, recordedCases(form));
      expect(differences(form, inputs, unpackResults(vectors, name, inputs))).toBe("");
    },
    TIMEOUT_MS,
  );
});

describe.skipIf(!available || recording)("x87 on the processor of this host (needs gcc and x86-64)", () => {
  beforeAll(buildOracle);
  it.each(named)(
    "%s",
    (_name, form) => {
      const inputs = casesOf(form, LIVE_CASES);
      expect(differences(form, inputs, live(inputs))).toBe("");
    },
    TIMEOUT_MS,
  );
});

it.runIf(recording)("records the processor's results", () => {
  buildOracle();
  const sections = forms.map((form): Section => {
    const inputs = casesOf(form, recordedCases(form));
    return { name: form.name, inputs, results: live(inputs) };
  });
  mkdirSync(dirname(vectorFile), { recursive: true });
  writeFileSync(vectorFile, packVectors(sections));
});

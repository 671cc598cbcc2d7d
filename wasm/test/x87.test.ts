/**
 * x87 instructions against results that were recorded on a real processor (wasm/test/vectors/x87.bin.gz): edge values and random
 * operands, all rounding and precision modes, masked and unmasked exceptions, empty registers; the whole state is
 * compared, but for the pointers. More rows, other values and live processors: fuzz.test.ts.
 * X87_ONLY (a regular expression) picks forms.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript without types
import { readTables } from "../isa/read-tables.mjs";
import { type Row, seedOf } from "./native/cases.ts";
import { INPUT_SIZE, OUTPUT_SIZE, TRANSCENDENTAL, type X87Form, casesOf, formsOf } from "./native/x87-cases.ts";
import { X87Runner, agrees, describeState } from "./native/x87-runner.ts";
import { VECTOR_CASES, VECTOR_CASES_ST, readVectors, unpackResults } from "./native/x87-vectors.ts";

const here = dirname(fileURLToPath(import.meta.url));
const vectorFile = join(here, "vectors/x87.bin.gz");
/** The first test compiles the core. */
const TIMEOUT_MS = 60_000;
const ONLY = process.env["X87_ONLY"];

/** Whole-state images are tested in x87-state.test.ts. */
const ELSEWHERE = new Set(["FLDENV", "FNSTENV", "FNSAVE", "FRSTOR"]);

const rows = (readTables(join(here, "../isa")) as (Row & { file: string })[]).filter(
  (row) => row.file === "x87.ts" && !ELSEWHERE.has(row.semantic),
);
const vectors = readVectors(readFileSync(vectorFile));
const forms = rows
  .flatMap(formsOf)
  .filter((form) => vectors.has(seedOf(form.name)) && (!ONLY || new RegExp(ONLY).test(form.name)));
const named = forms.map((form) => [form.name, form] as const);
const recordedCases = (form: X87Form) => (form.name.includes(" ST(") ? VECTOR_CASES_ST : VECTOR_CASES);

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

describe("x87 as recorded from a real processor", () => {
  it.each(named)(
    "%s",
    (name, form) => {
      const inputs = casesOf(form, recordedCases(form));
      expect(differences(form, inputs, unpackResults(vectors, name, inputs))).toBe("");
    },
    TIMEOUT_MS,
  );
});

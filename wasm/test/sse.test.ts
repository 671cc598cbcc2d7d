/**
 * Rows of the MMX and SSE tables, every form and size, against results that were recorded on an AMD processor: edge values and
 * random operands in all MXCSR modes, with results, flags and faults. They run on the handlers alone and as machine code on the
 * whole core. More rows, other values and live processors: fuzz.test.ts. SSE_ONLY (a regular expression) picks rows.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript without types
import { readTables } from "../isa/read-tables.mjs";
import type { Form, Row } from "./native/cases.ts";
import {
  ARITH_FLAGS, IN_FLAGS, IN_MXCSR, INPUT_SIZE, OUT_FAULT, OUT_FLAGS, OUT_FPU, OUT_MXCSR, OUT_MEMORY, OUTPUT_SIZE, Random, formsOf, keyOf, seedOf,
  writeInput,
} from "./native/cases.ts"; // prettier-ignore
import { type SseCore, buildCore } from "./native/core-runner.ts";
import { WholeCoreRunner } from "./native/whole-core-runner.ts";
import { VECTOR_CASES, readVectors } from "./native/vectors.ts";

const here = dirname(fileURLToPath(import.meta.url));
const vectorFile = join(here, "vectors/sse.bin.gz");
const coreFile = process.env["POSADA_CORE"] ?? join(here, "../../build/core.wasm");
const ONLY = process.env["SSE_ONLY"];

/** Tested in sse-state.test.ts: whole-state images, and approximations that differ between processors. */
const ELSEWHERE = new Set([
  "FXSAVE",
  "FXRSTOR",
  "XSAVE",
  "XSAVEOPT",
  "XRSTOR",
  "CLFLUSH",
  "RCPPS",
  "RCPSS",
  "RSQRTPS",
  "RSQRTSS",
]);

const rows = (readTables(join(here, "../isa")) as (Row & { file: string })[]).filter(
  (row) => /^(mmx|sse)/.test(row.file) && !ELSEWHERE.has(row.semantic) && (!ONLY || new RegExp(ONLY).test(row.text)),
);
const recorded = readVectors(readFileSync(vectorFile));
const forms: Form[] = rows.flatMap(formsOf).filter((form) => recorded.has(form));
const nameOf = (form: Form) =>
  `${form.row.text.replace(/\s+/g, " ")}${form.memory ? " (memory)" : ""}${form.wide ? " (REX.W)" : ""}${form.word ? " (66)" : ""}`;

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function describeState(bytes: Uint8Array, isInput: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const q = (at: number) => view.getBigUint64(at, true).toString(16).padStart(16, "0");
  const base = isInput ? 24 : 16;
  const x = (i: number) => `${q(base + 24 + i * 16 + 8)}_${q(base + 24 + i * 16)}`;
  const word = (at: number) => view.getUint32(at, true).toString(16);
  return [
    isInput
      ? `code ${hex(bytes.subarray(1, 1 + bytes[0]!))} mxcsr ${word(IN_MXCSR)} flags ${word(IN_FLAGS)}`
      : `fault ${word(OUT_FAULT)} mxcsr ${word(OUT_MXCSR)} flags ${word(OUT_FLAGS)} fpu ${word(OUT_FPU)}`,
    `rax ${q(base)} rcx ${q(base + 8)} rdx ${q(base + 16)}`,
    `x0 ${x(0)} x1 ${x(1)} x2 ${x(2)}`,
    `m0 ${q(base + 72)} m1 ${q(base + 80)} mem ${q(base + 96)}_${q(base + 88)} ${q(base + 112)}_${q(base + 104)}`,
  ].join("\n    ");
}

/** Inputs of one form, `count` cases. */
function makeInputs(form: Form, count: number): Uint8Array {
  const inputs = new Uint8Array(count * INPUT_SIZE);
  const random = new Random(seedOf(keyOf(form)));
  for (let i = 0; i < count; i++) writeInput(form, random, inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE));
  return inputs;
}

/** Flags that are not arithmetic do not count, nor do registers after a fault (they were not recorded). */
function normalize(expected: Uint8Array): Uint8Array {
  const view = new DataView(expected.buffer, expected.byteOffset, OUTPUT_SIZE);
  view.setUint32(OUT_FLAGS, view.getUint32(OUT_FLAGS, true) & ARITH_FLAGS, true);
  if (view.getUint32(OUT_FAULT, true)) expected.fill(0, OUT_FLAGS, OUT_MEMORY);
  return expected;
}

let core: SseCore;
beforeAll(async () => {
  core = await buildCore(rows, forms);
}, 120_000);

function compare(form: Form, inputs: Uint8Array, results: Uint8Array, count: number, runner: SseCore = core): void {
  const output = new Uint8Array(OUTPUT_SIZE);
  const failures: string[] = [];
  for (let i = 0; i < count && failures.length < 3; i++) {
    const input = inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE);
    const expected = normalize(results.slice(i * OUTPUT_SIZE, (i + 1) * OUTPUT_SIZE));
    runner.run(form, input, output);
    if (hex(output) !== hex(expected))
      failures.push(
        `case ${i}\n in ${describeState(input, true)}\n want ${describeState(expected, false)}\n got ${describeState(output, false)}`,
      );
  }
  expect(failures.join("\n")).toBe("");
}

describe("MMX and SSE against recorded results", () => {
  it.each(forms.map((form) => [nameOf(form), form] as const))("%s", (_name, form) => {
    const inputs = makeInputs(form, VECTOR_CASES);
    compare(form, inputs, recorded.resultsFor(form, inputs), VECTOR_CASES);
  });
});

describe.skipIf(!existsSync(coreFile))("MMX and SSE as machine code on the whole core (needs npm run core)", () => {
  let whole: WholeCoreRunner;
  beforeAll(() => {
    whole = new WholeCoreRunner();
  });
  it.each(forms.map((form) => [nameOf(form), form] as const))("%s", (_name, form) => {
    const inputs = makeInputs(form, VECTOR_CASES);
    compare(form, inputs, recorded.resultsFor(form, inputs), VECTOR_CASES, whole);
  });
});

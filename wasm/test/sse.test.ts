/**
 * MMX and SSE instructions against the real processor: live where gcc and an x86-64 processor are there. Every row of
 * the MMX and SSE tables, every form and size, edge values and random operands, all MXCSR modes.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript without types
import { readTables } from "../isa/read-tables.mjs";
import type { Form, Row } from "./native/cases.ts";
import {
  ARITH_FLAGS, INPUT_SIZE, IN_FLAGS, IN_MXCSR, OUT_FAULT, OUT_FLAGS, OUT_FPU, OUT_MXCSR, OUTPUT_SIZE, Random, formsOf, seedOf, writeInput,
} from "./native/cases.ts"; // prettier-ignore
import { type SseCore, buildCore } from "./native/core-runner.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const CASES = Number(process.env["SSE_CASES"] ?? 300);
const ONLY = process.env["SSE_ONLY"];

/** Tested elsewhere: whole-state images; approximations that differ between processors; no operands to compare. */
const ELSEWHERE = new Set(["FXSAVE", "FXRSTOR", "XSAVE", "XSAVEOPT", "XRSTOR", "CLFLUSH", "RCPPS", "RCPSS", "RSQRTPS", "RSQRTSS"]);

const rows = (readTables(join(here, "../isa")) as (Row & { file: string })[]).filter(
  (row) => /^(mmx|sse)/.test(row.file) && !ELSEWHERE.has(row.semantic) && (!ONLY || new RegExp(ONLY).test(row.text)),
);
const forms: Form[] = rows.flatMap(formsOf);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

function describeState(bytes: Uint8Array, isInput: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const q = (at: number) => view.getBigUint64(at, true).toString(16).padStart(16, "0");
  const base = isInput ? 24 : 16;
  const x = (i: number) => `${q(base + 24 + i * 16 + 8)}_${q(base + 24 + i * 16)}`;
  return [
    isInput ? `code ${hex(bytes.subarray(1, 1 + bytes[0]!))} mxcsr ${view.getUint32(IN_MXCSR, true).toString(16)} flags ${view.getUint32(IN_FLAGS, true).toString(16)}`
      : `fault ${view.getUint32(OUT_FAULT, true)} mxcsr ${view.getUint32(OUT_MXCSR, true).toString(16)} flags ${view.getUint32(OUT_FLAGS, true).toString(16)} fpu ${view.getUint32(OUT_FPU, true).toString(16)}`,
    `rax ${q(base)} rcx ${q(base + 8)} rdx ${q(base + 16)}`,
    `x0 ${x(0)} x1 ${x(1)} x2 ${x(2)}`,
    `m0 ${q(base + 72)} m1 ${q(base + 80)} mem ${q(base + 96)}_${q(base + 88)} ${q(base + 112)}_${q(base + 104)}`,
  ].join("\n    ");
}

const available = arch() === "x64" && spawnSync("gcc", ["--version"]).status === 0;

describe.skipIf(!available)("MMX and SSE against the processor of this host (needs gcc and x86-64)", () => {
  let core: SseCore;
  let results: Uint8Array;
  const inputs = new Uint8Array(forms.length * CASES * INPUT_SIZE);

  beforeAll(async () => {
    mkdirSync(join(root, "build/test"), { recursive: true });
    const oracle = join(root, "build/test/oracle");
    const gcc = spawnSync("gcc", ["-O1", "-mno-red-zone", "-fno-pie", "-no-pie", "-o", oracle, join(here, "native/oracle.c")], { encoding: "utf8" });
    if (gcc.status !== 0) throw new Error(gcc.stderr);
    forms.forEach((form, f) => {
      const random = new Random(seedOf(form.row.text + (form.memory ? "m" : "r") + (form.wide ? "w" : "") + (form.word ? "6" : "")));
      for (let i = 0; i < CASES; i++) {
        const at = (f * CASES + i) * INPUT_SIZE;
        writeInput(form, random, inputs.subarray(at, at + INPUT_SIZE));
      }
    });
    core = await buildCore(rows, forms);
    const run = spawnSync(oracle, [], { input: inputs, maxBuffer: 1 << 30 });
    if (run.status !== 0) throw new Error(`the oracle ended with ${run.status} ${run.signal}`);
    results = new Uint8Array(run.stdout);
  }, 120_000);

  it.each(forms.map((form, index) => [`${form.row.text.replace(/\s+/g, " ")}${form.memory ? " (memory)" : ""}${form.wide ? " (REX.W)" : ""}${form.word ? " (66)" : ""}`, form, index] as const))("%s", (_name, form, f) => {
    const output = new Uint8Array(OUTPUT_SIZE);
    const failures: string[] = [];
    for (let i = 0; i < CASES && failures.length < 3; i++) {
      const n = f * CASES + i;
      const input = inputs.subarray(n * INPUT_SIZE, (n + 1) * INPUT_SIZE);
      const expected = results.slice(n * OUTPUT_SIZE, (n + 1) * OUTPUT_SIZE);
      const view = new DataView(expected.buffer);
      view.setUint32(OUT_FLAGS, view.getUint32(OUT_FLAGS, true) & ARITH_FLAGS, true);
      if (view.getUint32(OUT_FAULT, true)) expected.fill(0, 8, 104);
      core.run(form, input, output);
      if (hex(output) !== hex(expected)) failures.push(`case ${i}\n in ${describeState(input, true)}\n want ${describeState(expected, false)}\n got ${describeState(output, false)}`);
    }
    expect(failures.join("\n")).toBe("");
  });
});

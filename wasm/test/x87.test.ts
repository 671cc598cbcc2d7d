/**
 * x87 instructions against the real processor: live where gcc and an x86-64 processor are there. Every row of the
 * table, edge values and random operands, all rounding and precision modes, masked and unmasked exceptions, empty registers.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { arch } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript without types
import { readTables } from "../isa/read-tables.mjs";
import type { Row } from "./native/cases.ts";
import { INPUT_SIZE, OUTPUT_SIZE, TRANSCENDENTAL, casesOf, formsOf } from "./native/x87-cases.ts";
import { X87Runner, agrees, describeState, forgetPointers } from "./native/x87-runner.ts";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const CASES = Number(process.env["X87_CASES"] ?? 400);
const ONLY = process.env["X87_ONLY"];

/** Tested elsewhere: whole-state images. */
const ELSEWHERE = new Set(["FLDENV", "FNSTENV", "FNSAVE", "FRSTOR"]);

const rows = (readTables(join(here, "../isa")) as (Row & { file: string })[]).filter(
  (row) => row.file === "x87.ts" && !ELSEWHERE.has(row.semantic),
);
const forms = rows.flatMap(formsOf).filter((form) => !ONLY || new RegExp(ONLY).test(form.name));

const available = arch() === "x64" && spawnSync("gcc", ["--version"]).status === 0;

describe.skipIf(!available)("x87 against the processor of this host (needs gcc and x86-64)", () => {
  let runner: X87Runner;
  let oracle: string;

  beforeAll(() => {
    mkdirSync(join(root, "build/test"), { recursive: true });
    oracle = join(root, "build/test/x87-oracle");
    const gcc = spawnSync(
      "gcc",
      ["-O1", "-mno-red-zone", "-fno-pie", "-no-pie", "-o", oracle, join(here, "native/x87-oracle.c")],
      { encoding: "utf8" },
    );
    if (gcc.status !== 0) throw new Error(gcc.stderr);
    runner = new X87Runner();
  }, 60_000);

  it.each(forms.map((form) => [form.name, form] as const))("%s", (_name, form) => {
    const inputs = casesOf(form, CASES);
    const native = spawnSync(oracle, [], { input: inputs, maxBuffer: 1 << 30 });
    if (native.status !== 0) throw new Error(`the oracle ended with ${native.status} ${native.signal}`);
    const results = new Uint8Array(native.stdout);
    const output = new Uint8Array(OUTPUT_SIZE);
    const failures: string[] = [];
    let count = 0;
    for (let i = 0; i < CASES; i++) {
      const input = inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE);
      const expected = results.subarray(i * OUTPUT_SIZE, (i + 1) * OUTPUT_SIZE);
      forgetPointers(expected);
      runner.run(form, input, output);
      if (agrees(output, expected, TRANSCENDENTAL.test(form.row.semantic))) continue;
      if (++count <= 4)
        failures.push(
          `case ${i}\n in   ${describeState(input, true)}\n want ${describeState(expected, false)}\n got  ${describeState(output, false)}`,
        );
    }
    expect(count ? `${count} of ${CASES} differ\n${failures.join("\n")}` : "").toBe("");
  });
});

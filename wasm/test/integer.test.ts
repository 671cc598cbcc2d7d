/**
 * The integer table, and what user programs may run of the system table, against results that were recorded on an AMD processor:
 * all sizes, forms, prefixes and addressing modes in 64-, 32- and 16-bit code, with edge values, faults, error codes and CR2.
 * More rows, other values and live processors: fuzz.test.ts. INTEGER_ONLY (a regular expression) picks groups.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript without types
import { readTables } from "../isa/read-tables.mjs";
import { type Group, groupsOf, makeCases } from "./native/integer-cases.ts";
import { describeCase, describeResult, differences, normalize } from "./native/integer-compare.ts";
import { INPUT_SIZE, OUTPUT_SIZE } from "./native/integer-layout.ts";
import { IntegerRunner } from "./native/user-runner.ts";
import { VECTOR_CASES, readIntegerVectors } from "./native/integer-vectors.ts";

const here = dirname(fileURLToPath(import.meta.url));
const vectorFile = join(here, "vectors/integer.bin.gz");
const coreFile = process.env["POSADA_CORE"] ?? join(here, "../../build/core.wasm");
const ONLY = process.env["INTEGER_ONLY"];

const isWanted = (group: Group) => !ONLY || new RegExp(ONLY).test(group.name);
const recorded = readIntegerVectors(readFileSync(vectorFile));
const groups = groupsOf(readTables(join(here, "../isa"))).filter((group) => recorded.has(group) && isWanted(group));

function compare(runner: IntegerRunner, group: Group, inputs: Uint8Array, results: Uint8Array): void {
  const got = new Uint8Array(OUTPUT_SIZE);
  const failures: string[] = [];
  const count = inputs.length / INPUT_SIZE;
  for (let i = 0; i < count && failures.length < 3; i++) {
    const input = inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE);
    const expected = results.slice(i * OUTPUT_SIZE, (i + 1) * OUTPUT_SIZE);
    runner.run(input, got);
    normalize(group.row, input, expected);
    normalize(group.row, input, got);
    const names = differences(expected, got);
    if (names.length)
      failures.push(
        `case ${i}: ${names.join(", ")}\n in   ${describeCase(input)}\n want ${describeResult(expected, names)}\n got  ${describeResult(got, names)}`,
      );
  }
  expect(failures.join("\n")).toBe("");
}

describe.skipIf(!existsSync(coreFile))("integer instructions against recorded results (needs npm run core)", () => {
  let runner: IntegerRunner;
  beforeAll(() => {
    runner = new IntegerRunner();
  });
  it.each(groups.map((group) => [group.name, group] as const))("%s", (_name, group) => {
    const inputs = makeCases(group, VECTOR_CASES);
    compare(runner, group, inputs, recorded.resultsFor(group, inputs));
  });

  let legacy: IntegerRunner;
  beforeAll(() => {
    legacy = new IntegerRunner(true);
  });
  const groups32 = groups.filter(({ mode }) => mode === 32);
  it.each(groups32.map((group) => [group.name, group] as const))("%s without long mode", (_name, group) => {
    const inputs = makeCases(group, VECTOR_CASES);
    compare(legacy, group, inputs, recorded.resultsFor(group, inputs));
  });
});

/**
 * Every row of the integer table, and what user programs may run of the system table, against the real processor: all sizes,
 * forms, prefixes and addressing modes in 64-, 32- and 16-bit code, with edge values, faults, error codes and CR2.
 * Recorded results are checked everywhere; more cases run live where the processor of the host can be the judge.
 *
 * INTEGER_CASES sets the live cases a group, INTEGER_ROUND gives other ones, INTEGER_ONLY (a regular expression) picks groups,
 * POSADA_RECORD=1 records anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error: plain JavaScript without types
import { readTables } from "../isa/read-tables.mjs";
import { type Group, groupsOf, makeCases } from "./native/integer-cases.ts";
import { describeCase, describeResult, differences, normalize } from "./native/integer-compare.ts";
import { INPUT_SIZE, OUTPUT_SIZE } from "./native/integer-layout.ts";
import { askProcessorForIntegers } from "./native/integer-oracle.ts";
import { IntegerRunner } from "./native/integer-runner.ts";
import { VECTOR_CASES, packIntegerVectors, unpackIntegerVectors } from "./native/integer-vectors.ts";
import { sequenceGroups } from "./native/integer-sequences.ts";
import { oracleIsHere } from "./native/oracle.ts";

const here = dirname(fileURLToPath(import.meta.url));
const vectorFile = join(here, "vectors/integer.bin.gz");
const coreFile = process.env["POSADA_CORE"] ?? join(here, "../../build/core.wasm");
const LIVE_CASES = Math.max(VECTOR_CASES, Number(process.env["INTEGER_CASES"] ?? 40));
const recording = process.env["POSADA_RECORD"] === "1";
const ROUND = recording ? 0 : Number(process.env["INTEGER_ROUND"] ?? 1);
const ONLY = process.env["INTEGER_ONLY"];

const isWanted = (group: Group) => !ONLY || new RegExp(ONLY).test(group.name);
const singles = groupsOf(readTables(join(here, "../isa")));
const groups = singles.filter(isWanted);

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

describe.skipIf(recording || !existsSync(coreFile))(
  "integer instructions against recorded results (needs npm run core)",
  () => {
    let resultsFor: ReturnType<typeof unpackIntegerVectors>;
    let runner: IntegerRunner;
    beforeAll(() => {
      resultsFor = unpackIntegerVectors(readFileSync(vectorFile));
      runner = new IntegerRunner();
    });
    it.each(groups.map((group) => [group.name, group] as const))("%s", (_name, group) => {
      const inputs = makeCases(group, VECTOR_CASES);
      compare(runner, group, inputs, resultsFor(group, inputs));
    });

    let legacy: IntegerRunner;
    beforeAll(() => {
      legacy = new IntegerRunner(true);
    });
    const groups32 = groups.filter(({ mode }) => mode === 32);
    it.each(groups32.map((group) => [group.name, group] as const))("%s without long mode", (_name, group) => {
      const inputs = makeCases(group, VECTOR_CASES);
      compare(legacy, group, inputs, resultsFor(group, inputs));
    });
  },
);

describe.skipIf(!oracleIsHere || !existsSync(coreFile))(
  "integer instructions against the processor of this host (needs gcc and an AMD x86-64 processor)",
  () => {
    const live = [...groups, ...sequenceGroups(singles).filter(isWanted)];
    let inputs: Uint8Array[];
    let results: Uint8Array[];
    let runner: IntegerRunner;
    beforeAll(() => {
      inputs = live.map((group) => makeCases(group, LIVE_CASES, ROUND));
      const all = askProcessorForIntegers(Buffer.concat(inputs));
      results = live.map((_, g) => all.subarray(g * LIVE_CASES * OUTPUT_SIZE, (g + 1) * LIVE_CASES * OUTPUT_SIZE));
      runner = new IntegerRunner();
      if (!recording) return;
      mkdirSync(dirname(vectorFile), { recursive: true });
      const cleaned = groups.map((group, g) => {
        const copy = results[g]!.slice();
        for (let i = 0; i < LIVE_CASES; i++)
          normalize(
            group.row,
            inputs[g]!.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE),
            copy.subarray(i * OUTPUT_SIZE, (i + 1) * OUTPUT_SIZE),
          );
        return copy;
      });
      writeFileSync(vectorFile, packIntegerVectors(groups, inputs, cleaned));
    }, 120_000);
    it.each(live.map((group, index) => [group.name, group, index] as const))("%s", (_name, group, index) => {
      compare(runner, group, inputs[index]!, results[index]!);
    });
  },
);

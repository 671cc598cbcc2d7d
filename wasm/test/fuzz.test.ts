/**
 * Every row of the opcode tables that a program at level 3 can run, against real processors: recorded results everywhere, what the
 * fuzzer once found, and a short run of the fuzzer itself where the processor of this host can be asked.
 * `npm run fuzz:cpu` is the long version (docs/fuzzer.md). FUZZ_CASES sets the live cases of a row in a kind of code.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BACKENDS, type CaseRunner } from "./fuzz/backends.ts";
import { agrees, describeDifference } from "./fuzz/compare.ts";
import { Fuzzer, allGroups, readVectorFile, tableRows } from "./fuzz/fuzz.ts";
import { makeFuzzCases } from "./fuzz/generate.ts";
import { JitRunner } from "./fuzz/jit-runner.ts";
import { CASE_SIZE, RESULT_SIZE } from "./fuzz/layout.ts";
import { writeVectorCounts } from "./fuzz/main.ts";
import { NOT_ASKED, type TableRow, rowKey } from "./fuzz/rows.ts";
import { type RecordedVectors, readFound, unpackVectors } from "./fuzz/vectors.ts";
import type { Group } from "./native/integer-cases.ts";
import { hostProcessor } from "./native/processor.ts";

const coreFile = process.env["POSADA_CORE"] ?? fileURLToPath(new URL("../../build/core.wasm", import.meta.url));
const hasCore = existsSync(coreFile);
const LIVE_CASES = Number(process.env["FUZZ_CASES"] ?? 4);
/** Recorded cases of a group that run as compiled code. */
const JIT_CASES = 1;
const TIMEOUT_MS = 120_000;

const rows = tableRows();
const groups = allGroups();
/** Groups of a file of tables and a kind of code are one test: thousands of them would be slower than what they do. */
const suites = new Map<string, Group[]>();
for (const group of groups) {
  const name = `${(group.row as Partial<TableRow>).file ?? "sequences"}, ${group.mode}-bit code`;
  suites.set(name, [...(suites.get(name) ?? []), group]);
}

const found = readFound(readFileSync(new URL("vectors/found.txt", import.meta.url), "utf8"));
const rowOf = (key: string) => rows.find((row) => rowKey(row) === key);

describe.skipIf(!hasCore)("instructions as recorded from a real processor (needs npm run core)", () => {
  let recorded: RecordedVectors;
  beforeAll(() => {
    recorded = unpackVectors(readVectorFile("fuzz.bin.gz"));
  });
  afterAll(() => {
    writeVectorCounts(found, recorded.head.casesPerGroup);
  });
  for (const backend of BACKENDS) {
    const covered = [...suites]
      .map(([name, members]) => [name, members.filter((group) => backend.covers(group))] as const)
      .filter(([, members]) => members.length);
    let runner: CaseRunner | undefined;
    it.each(covered)(
      `${backend.name}: %s`,
      (_name, members) => {
        runner ??= backend.create();
        const { seed, casesPerGroup, maker } = recorded.head;
        // Each case is a module of its own to compile.
        const count = runner instanceof JitRunner ? JIT_CASES : casesPerGroup;
        const got = new Uint8Array(RESULT_SIZE);
        const failures: string[] = [];
        for (const group of members) {
          const cases = makeFuzzCases(group, seed, 0, casesPerGroup);
          const results = recorded.resultsFor(group, cases);
          for (let i = 0; i < count && failures.length < 3; i++) {
            const input = cases.subarray(i * CASE_SIZE, (i + 1) * CASE_SIZE);
            const expected = results.subarray(i * RESULT_SIZE, (i + 1) * RESULT_SIZE);
            runner.run(input, got);
            if (!agrees(group.row, maker, input, expected, got))
              failures.push(`${group.name}, case ${i}: ${describeDifference(input, expected, got)}`);
          }
        }
        expect(failures.join("\n")).toBe("");
        if (runner instanceof JitRunner) expect(runner.compiled).toBeGreaterThan((members.length * count) / 2);
      },
      TIMEOUT_MS,
    );
  }
});

describe.skipIf(!hasCore)("what the fuzzer once found (needs npm run core)", () => {
  const runner = new Map<string, CaseRunner>();
  it.each(found.map((vector, i) => [`${i + 1}: ${vector.key}`, vector] as const))("%s", (_name, vector) => {
    const { key, maker, input } = vector;
    const row = rowOf(key);
    expect(row, "the row is still in the tables").toBeDefined();
    const backend = BACKENDS[0]!;
    if (!runner.has(backend.name)) runner.set(backend.name, backend.create());
    const got = new Uint8Array(RESULT_SIZE);
    const expected = vector.result.slice();
    runner.get(backend.name)!.run(input, got);
    const isSame = agrees(row!, maker, input, expected, got);
    expect(isSame ? "" : describeDifference(input, expected, got)).toBe("");
  });
});

const host = hostProcessor();

describe.skipIf(!hasCore || typeof host === "string")(
  `the fuzzer on the processor of this host${typeof host === "string" ? ` (${host})` : ""}`,
  () => {
    it(
      `${LIVE_CASES} cases of each row in each kind of code`,
      () => {
        if (typeof host === "string") return;
        const texts: string[] = [];
        let count = 0;
        new Fuzzer({
          groups,
          host,
          backends: BACKENDS.slice(0, 1),
          seed: 2,
          casesPerGroup: LIVE_CASES,
          done: () => 0,
          progress: (_group, cases) => void (count += cases),
          failed: () => {},
          differs: ({ group, text }) => void texts.push(`${group.name}: ${text}`),
          unanswered: () => {},
          shouldStop: () => texts.length > 3,
        }).fuzz();
        expect(texts.join("\n")).toBe("");
        expect(count).toBeGreaterThan(groups.length * LIVE_CASES * 0.99);
      },
      TIMEOUT_MS,
    );
  },
);

describe("rows that the fuzzer leaves to the tests of the system", () => {
  it("are all in the tables", () => {
    const semantics = new Set(rows.map((row) => row.semantic));
    expect(Object.keys(NOT_ASKED).filter((semantic) => !semantics.has(semantic))).toEqual([]);
  });
});

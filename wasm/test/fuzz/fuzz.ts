/**
 * The differential fuzzer's loop: makes cases of each group, asks the real processor, runs them on the core's backends, and
 * reports what differs, shrunk. Cases are numbered in blocks of a group; a run that was stopped goes on where it was.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-expect-error: plain JavaScript without types
import { readTables } from "../../isa/read-tables.mjs";
import { seedOf } from "../native/cases.ts";
import type { Group } from "../native/integer-cases.ts";
import { OUT_VECTOR } from "../native/integer-layout.ts";
import { type HostProcessor, askProcessor } from "../native/processor.ts";
import type { Backend, CaseRunner } from "./backends.ts";
import { agrees, describeDifference, normalizeResult } from "./compare.ts";
import { encodingOf } from "./encoding.ts";
import { makeFuzzCases } from "./generate.ts";
import { CASE_SIZE, RESULT_SIZE } from "./layout.ts";
import { type TableRow, fuzzGroups, fuzzKey, rowKey } from "./rows.ts";
import { shrink } from "./shrink.ts";
import { type FoundVector, type VectorHead, packVectors } from "./vectors.ts";

const here = dirname(fileURLToPath(import.meta.url));
/** Cases that are made, asked and run at once. */
const BATCH_CASES = 4096;
/** Differences of a group that are looked at. */
const SHOWN = 3;
/** What processor.c reports of a case that never ended. */
const NOT_ANSWERED = 255;

export const tableRows = (): TableRow[] => readTables(join(here, "../../isa")) as TableRow[];
export const allGroups = (): Group[] => fuzzGroups(tableRows());

/** Names a group in files of progress. */
export const groupId = (group: Group): string => seedOf(fuzzKey(group)).toString(16);

export interface Difference {
  group: Group;
  backend: string;
  text: string;
  found: FoundVector;
}

export interface FuzzRun {
  groups: Group[];
  host: HostProcessor;
  backends: readonly Backend[];
  seed: number;
  casesPerGroup: number;
  /** Cases of a group that are done already. */
  done(group: Group): number;
  /** After a block that agreed: how many more cases are done. */
  progress(group: Group, cases: number): void;
  /** After a block that did not: it is not done, and nor is what follows in its group. */
  failed(group: Group, differences: number): void;
  differs(difference: Difference): void;
  /** The processor's program never came back from this case. */
  unanswered(group: Group, input: Uint8Array): void;
  /** Whether to stop before the next batch. */
  shouldStop(): boolean;
}

interface Block {
  group: Group;
  first: number;
  count: number;
  cases: Uint8Array;
}

/** The next blocks of all groups, in turn; a block has at most BLOCK_CASES. */
const BLOCK_CASES = 512;

function* blocksOf(run: FuzzRun, broken: ReadonlySet<Group>): Generator<Block> {
  for (let first = 0; first < run.casesPerGroup; first += BLOCK_CASES)
    for (const group of run.groups) {
      const count = Math.min(BLOCK_CASES, run.casesPerGroup - first);
      if (run.done(group) >= first + count || broken.has(group)) continue;
      if (!run.backends.some((backend) => backend.covers(group))) continue;
      const cases = makeFuzzCases(group, run.seed, first / BLOCK_CASES, count);
      yield { group, first, count, cases };
    }
}

export class Fuzzer {
  private readonly runners = new Map<Backend, CaseRunner>();
  /** Groups with differences: they are not gone on with. */
  private readonly broken = new Set<Group>();
  private readonly run: FuzzRun;

  constructor(run: FuzzRun) {
    this.run = run;
  }

  /** Runs until everything is done or it is to stop; true if everything is done. */
  fuzz(): boolean {
    let batch: Block[] = [];
    let size = 0;
    for (const block of blocksOf(this.run, this.broken)) {
      batch.push(block);
      size += block.count;
      if (size < BATCH_CASES) continue;
      this.runBatch(batch);
      batch = [];
      size = 0;
      if (this.run.shouldStop()) return false;
    }
    if (batch.length) this.runBatch(batch);
    return true;
  }

  private runner(backend: Backend): CaseRunner {
    let runner = this.runners.get(backend);
    if (!runner) this.runners.set(backend, (runner = backend.create()));
    return runner;
  }

  private runBatch(batch: Block[]): void {
    const results = askProcessor(batch.length === 1 ? batch[0]!.cases : Buffer.concat(batch.map((b) => b.cases)));
    let at = 0;
    for (const block of batch) {
      const own = results.subarray(at * RESULT_SIZE, (at + block.count) * RESULT_SIZE);
      at += block.count;
      this.runBlock(block, own);
    }
  }

  private runBlock({ group, count, cases }: Block, results: Uint8Array): void {
    const { row } = group;
    const got = new Uint8Array(RESULT_SIZE);
    let answered = 0;
    let differences = 0;
    const inputs: Uint8Array[] = [];
    const expected: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const input = cases.subarray(i * CASE_SIZE, (i + 1) * CASE_SIZE);
      const result = results.subarray(i * RESULT_SIZE, (i + 1) * RESULT_SIZE);
      if (result[OUT_VECTOR] === NOT_ANSWERED) {
        this.run.unanswered(group, input);
        continue;
      }
      normalizeResult(row, encodingOf(input), input, result);
      inputs.push(input);
      expected.push(result);
      answered++;
    }
    for (const backend of this.run.backends) {
      if (!backend.covers(group)) continue;
      const runner = this.runner(backend);
      for (let i = 0; i < answered; i++) {
        runner.run(inputs[i]!, got);
        if (agrees(row, this.run.host.vendor, inputs[i]!, expected[i]!, got)) continue;
        if (++differences <= SHOWN) this.report(group, backend, inputs[i]!, expected[i]!, got);
      }
    }
    if (!differences) this.run.progress(group, count);
    else {
      this.broken.add(group);
      this.run.failed(group, differences);
    }
  }

  private report(group: Group, backend: Backend, input: Uint8Array, expected: Uint8Array, got: Uint8Array): void {
    const { row } = group;
    const maker = this.run.host.vendor;
    const text = describeDifference(input, expected, got);
    const small = shrink(row, maker, this.runner(backend), input);
    const result = askProcessor(small);
    normalizeResult(row, encodingOf(small), small, result);
    this.run.differs({ group, backend: backend.name, text, found: { key: rowKey(row), maker, input: small, result } });
  }
}

/** Asks the real processor for the vectors of all groups. */
export function recordVectors(host: HostProcessor, seed: number, casesPerGroup: number): Uint8Array {
  const groups = allGroups();
  const head: VectorHead = { processor: host.name, maker: host.vendor, seed, casesPerGroup };
  const cases = groups.map((group) => makeFuzzCases(group, seed, 0, casesPerGroup));
  const answers = askProcessor(Buffer.concat(cases));
  const results = groups.map((group, g) => {
    const own = answers.subarray(g * casesPerGroup * RESULT_SIZE, (g + 1) * casesPerGroup * RESULT_SIZE);
    for (let i = 0; i < casesPerGroup; i++) {
      const input = cases[g]!.subarray(i * CASE_SIZE, (i + 1) * CASE_SIZE);
      const result = own.subarray(i * RESULT_SIZE, (i + 1) * RESULT_SIZE);
      if (result[OUT_VECTOR] === NOT_ANSWERED) throw new Error(`${group.name}: case ${i} never ended`);
      normalizeResult(group.row, encodingOf(input), input, result);
    }
    return own;
  });
  return packVectors(head, groups, cases, results);
}

/** Cases by row, for the coverage page: `counts` by group. */
export function casesByRow(groups: readonly Group[], counts: (group: Group) => number): Record<string, number> {
  const byRow: Record<string, number> = {};
  for (const group of groups) {
    if (group.sequenceLength) continue;
    const key = rowKey(group.row);
    byRow[key] = (byRow[key] ?? 0) + counts(group);
  }
  return byRow;
}

export function readVectorFile(name: string): Uint8Array {
  return readFileSync(join(here, "../vectors", name));
}

/**
 * What real processors answered, kept in the repository so that the tests pass on any machine:
 *
 *   wasm/test/vectors/fuzz.bin.gz    cases of every group, made again from a seed; of a result only what differs from "nothing
 *                                    but RIP has changed"
 *   wasm/test/vectors/found.txt      cases that once differed, shrunk: a line each, with the whole case and result
 *
 * fuzz.bin: u32 size of the head, the head (JSON: processor, maker, seed, cases a group), then a section a group: u32 hash of its
 * key, u32 digest of its cases, u32 size, then a record a case: u8 count of words that differ, then for each its
 * number, how many bytes of the difference follow, and these.
 */
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from "node:zlib";
import { seedOf } from "../native/cases.ts";
import type { Group } from "../native/integer-cases.ts";
import { FLAGS_COMPARED, IN_CODE, IN_FLAGS, IN_FS_BASE, IN_GS_BASE, IN_LENGTH, IN_MODE, IN_REGISTERS, OUT_FLAGS, OUT_REGISTERS, OUT_RIP, OUT_VECTOR, SELECTOR } from "../native/integer-layout.ts"; // prettier-ignore
import { FS_BASE32, GS_BASE32, MODES } from "../native/integer-layout.ts";
import { normalizeResult, startOf } from "./compare.ts";
import { encodingOf } from "./encoding.ts";
import { CASE_SIZE, FP_BYTES, IN_FP, OUT_FP, OUT_FS_BASE, OUT_GS_BASE, OUT_SELECTORS, RESULT_SIZE } from "./layout.ts";
import type { Maker } from "./makers.ts";
import { fuzzKey } from "./rows.ts";

export interface VectorHead {
  processor: string;
  maker: Maker;
  seed: number;
  casesPerGroup: number;
}

const WORDS = RESULT_SIZE / 8;
const BREAKPOINT = 3;
const SECTION_HEAD = 12;

function digest(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** What most instructions leave: everything as before, and the breakpoint behind them. In the form that is compared. */
function baseline(group: Group, input: Uint8Array): DataView {
  const from = new DataView(input.buffer, input.byteOffset, CASE_SIZE);
  const bytes = new Uint8Array(RESULT_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(OUT_VECTOR, BREAKPOINT, true);
  view.setBigUint64(OUT_RIP, BigInt(startOf(input) + input[IN_LENGTH]! + 1), true);
  view.setUint32(OUT_FLAGS, from.getUint32(IN_FLAGS, true) & FLAGS_COMPARED, true);
  for (let i = 0; i < 16; i++)
    view.setBigUint64(OUT_REGISTERS + i * 8, from.getBigUint64(IN_REGISTERS + i * 8, true), true);
  const mode = input[IN_MODE]!;
  const [cs, ss, ds] = [
    [SELECTOR.code64, SELECTOR.data, SELECTOR.data],
    [SELECTOR.code32, SELECTOR.data, SELECTOR.data],
    [SELECTOR.code16, SELECTOR.stack16, SELECTOR.data16],
  ][mode]! as [number, number, number];
  const [fs, gs] = mode === 0 ? [0, 0] : [SELECTOR.fs, SELECTOR.gs];
  [ds, cs, ss, ds, fs, gs].forEach((selector, i) => view.setUint16(OUT_SELECTORS + i * 2, selector, true));
  view.setBigUint64(OUT_FS_BASE, mode === 0 ? from.getBigUint64(IN_FS_BASE, true) : BigInt(FS_BASE32), true);
  view.setBigUint64(OUT_GS_BASE, mode === 0 ? from.getBigUint64(IN_GS_BASE, true) : BigInt(GS_BASE32), true);
  bytes.set(input.subarray(IN_FP, IN_FP + FP_BYTES), OUT_FP);
  normalizeResult(group.row, encodingOf(input), input, bytes);
  return view;
}

function packResult(group: Group, input: Uint8Array, result: Uint8Array, to: number[]): void {
  const view = new DataView(result.buffer, result.byteOffset, RESULT_SIZE);
  const base = baseline(group, input);
  const words: number[] = [];
  let count = 0;
  for (let i = 0; i < WORDS; i++) {
    let difference = view.getBigUint64(i * 8, true) ^ base.getBigUint64(i * 8, true);
    if (!difference) continue;
    count++;
    const bytes: number[] = [];
    for (; difference; difference >>= 8n) bytes.push(Number(difference & 0xffn));
    words.push(i, bytes.length, ...bytes);
  }
  to.push(count, ...words);
}

/** `cases[g]` and `results[g]` (in the form that is compared) belong to `groups[g]`. */
export function packVectors(head: VectorHead, groups: Group[], cases: Uint8Array[], results: Uint8Array[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(head));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  const sections = groups.map((group, g) => {
    const records: number[] = [];
    for (let i = 0; i < head.casesPerGroup; i++)
      packResult(
        group,
        cases[g]!.subarray(i * CASE_SIZE, (i + 1) * CASE_SIZE),
        results[g]!.subarray(i * RESULT_SIZE, (i + 1) * RESULT_SIZE),
        records,
      );
    const section = Buffer.alloc(SECTION_HEAD);
    section.writeUInt32LE(seedOf(fuzzKey(group)), 0);
    section.writeUInt32LE(digest(cases[g]!), 4);
    section.writeUInt32LE(records.length, 8);
    return Buffer.concat([section, Buffer.from(records)]);
  });
  return gzipSync(Buffer.concat([size, text, ...sections]), { level: 9 });
}

export interface RecordedVectors {
  head: VectorHead;
  /** The results for the cases of a group; an error says what to do where the file does not have them. */
  resultsFor(group: Group, cases: Uint8Array): Uint8Array;
}

export function unpackVectors(file: Uint8Array): RecordedVectors {
  const packed = gunzipSync(file);
  const start = 4 + packed.readUInt32LE(0);
  const head = JSON.parse(packed.toString("utf8", 4, start)) as VectorHead;
  const sections = new Map<number, number>();
  for (let at = start; at < packed.length; at += SECTION_HEAD + packed.readUInt32LE(at + 8))
    sections.set(packed.readUInt32LE(at), at);
  const resultsFor = (group: Group, cases: Uint8Array) => {
    let at = sections.get(seedOf(fuzzKey(group)));
    if (at === undefined || packed.readUInt32LE(at + 4) !== digest(cases))
      throw new Error(`${group.name}: no results for these cases; record them with npm run fuzz:cpu -- --record`);
    at += SECTION_HEAD;
    const results = new Uint8Array(head.casesPerGroup * RESULT_SIZE);
    for (let i = 0; i < head.casesPerGroup; i++) {
      const view = baseline(group, cases.subarray(i * CASE_SIZE, (i + 1) * CASE_SIZE));
      for (let count = packed[at++]!; count > 0; count--) {
        const word = packed[at++]!;
        const bytes = packed[at++]!;
        let difference = 0n;
        for (let b = 0; b < bytes; b++) difference |= BigInt(packed[at++]!) << BigInt(8 * b);
        view.setBigUint64(word * 8, view.getBigUint64(word * 8, true) ^ difference, true);
      }
      results.set(new Uint8Array(view.buffer), i * RESULT_SIZE);
    }
    return results;
  };
  return { head, resultsFor };
}

// ---- differences that were found

/** A case that once differed. */
export interface FoundVector {
  /** What names its row. */
  key: string;
  maker: Maker;
  input: Uint8Array;
  /** The processor's result, in the form that is compared. */
  result: Uint8Array;
}

const SEPARATOR = " ; ";
const packed = (bytes: Uint8Array) => deflateRawSync(bytes, { level: 9 }).toString("base64");

/** One line: row, code segment and code for people; maker, case and result for the test. */
export function foundLine({ key, maker, input, result }: FoundVector): string {
  const code = Buffer.from(input.subarray(IN_CODE, IN_CODE + input[IN_LENGTH]!)).toString("hex");
  return [key, `${MODES[input[IN_MODE]!]}-bit ${code}`, maker, packed(input), packed(result)].join(SEPARATOR);
}

/** Reads found.txt; lines that begin with # are remarks. */
export function readFound(text: string): FoundVector[] {
  return text
    .split("\n")
    .filter((line) => line && !line.startsWith("#"))
    .map((line) => {
      const [key, , maker, input, result] = line.split(SEPARATOR) as [string, string, Maker, string, string];
      const bytes = (base64: string) => new Uint8Array(inflateRawSync(Buffer.from(base64, "base64")));
      return { key, maker, input: bytes(input), result: bytes(result) };
    });
}

/**
 * Results of an AMD processor for integer instructions, kept in the repository: wasm/test/vectors/integer.bin.gz. Inputs
 * are made again by integer-cases.ts; of a result only what is not as before, with RIP behind the instruction, is kept.
 *
 * One section a group: u32 hash of the group, u32 digest of its inputs, u16 size, then a record a case:
 * u32 mask of the words that differ, then for each a byte that says how many bytes of the difference follow.
 */
import { gunzipSync } from "node:zlib";
import { seedOf } from "./cases.ts";
import { type Group, groupKey } from "./integer-cases.ts";
import {
  CODE, CODE16_BASE, FLAGS_COMPARED, IN_CODE_OFFSET, IN_FLAGS, IN_LENGTH, IN_MODE, IN_REGISTERS, INPUT_SIZE, OUT_FLAGS, OUT_REGISTERS, OUT_RIP, OUT_VECTOR, OUTPUT_SIZE,
} from "./integer-layout.ts"; // prettier-ignore

export const VECTOR_CASES = 40;
const WORDS = OUTPUT_SIZE / 8;
const BREAKPOINT = 3;

/** What most instructions leave: everything as before, and the breakpoint behind them. */
function baseline(input: Uint8Array): DataView {
  const from = new DataView(input.buffer, input.byteOffset, INPUT_SIZE);
  const view = new DataView(new ArrayBuffer(OUTPUT_SIZE));
  view.setUint32(OUT_VECTOR, BREAKPOINT, true);
  const base = CODE - (input[IN_MODE] === 2 ? CODE16_BASE : 0);
  view.setBigUint64(OUT_RIP, BigInt(base + from.getUint16(IN_CODE_OFFSET, true) + input[IN_LENGTH]! + 1), true);
  view.setBigUint64(OUT_FLAGS, BigInt(from.getUint32(IN_FLAGS, true) & FLAGS_COMPARED), true);
  for (let i = 0; i < 16; i++)
    view.setBigUint64(OUT_REGISTERS + i * 8, from.getBigUint64(IN_REGISTERS + i * 8, true), true);
  return view;
}

function digest(inputs: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of inputs) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

export interface IntegerVectors {
  has(group: Group): boolean;
  /** Results for the first VECTOR_CASES inputs of a group. */
  resultsFor(group: Group, inputs: Uint8Array): Uint8Array;
}

export function readIntegerVectors(file: Uint8Array): IntegerVectors {
  const packed = gunzipSync(file);
  const sections = new Map<number, number>();
  for (let at = 0; at < packed.length; at += 10 + packed.readUInt16LE(at + 8))
    sections.set(packed.readUInt32LE(at), at);
  const sectionOf = (group: Group) => sections.get(seedOf(groupKey(group)));
  const resultsFor = (group: Group, inputs: Uint8Array) => {
    let at = sectionOf(group);
    if (at === undefined || packed.readUInt32LE(at + 4) !== digest(inputs.subarray(0, VECTOR_CASES * INPUT_SIZE)))
      throw new Error(`${group.name}: these inputs are not the ones that were recorded`);
    at += 10;
    const results = new Uint8Array(VECTOR_CASES * OUTPUT_SIZE);
    for (let i = 0; i < VECTOR_CASES; i++) {
      const view = baseline(inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE));
      const mask = packed.readUInt32LE(at);
      at += 4;
      for (let word = 0; word < WORDS; word++) {
        if (!((mask >>> word) & 1)) continue;
        const bytes = packed[at++]!;
        let difference = 0n;
        for (let b = 0; b < bytes; b++) difference |= BigInt(packed[at++]!) << BigInt(8 * b);
        view.setBigUint64(word * 8, view.getBigUint64(word * 8, true) ^ difference, true);
      }
      results.set(new Uint8Array(view.buffer), i * OUTPUT_SIZE);
    }
    return results;
  };
  return { has: (group) => sectionOf(group) !== undefined, resultsFor };
}

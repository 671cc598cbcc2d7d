/**
 * Results of an AMD processor, kept in the repository: wasm/test/vectors/sse.bin.gz. Inputs are made again by cases.ts; a
 * result is kept as its difference from the input, which is mostly zeros. One section a form: u32 key hash, u32
 * digest of the inputs, then VECTOR_CASES results.
 */
import { gunzipSync } from "node:zlib";
import type { Form } from "./cases.ts";
import { INPUT_SIZE, OUTPUT_SIZE, OUT_RAX, IN_RAX, keyOf, seedOf } from "./cases.ts";

export const VECTOR_CASES = 12;
const SECTION = 8 + VECTOR_CASES * OUTPUT_SIZE;
const FIELDS = OUTPUT_SIZE - OUT_RAX;

/** Registers and memory stand in the same order in inputs and results. */
function difference(input: Uint8Array, result: Uint8Array): void {
  for (let i = 0; i < FIELDS; i++) result[OUT_RAX + i]! ^= input[IN_RAX + i]!;
}

function digest(inputs: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of inputs) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

export interface SseVectors {
  has(form: Form): boolean;
  /** Results for the first VECTOR_CASES inputs of a form. */
  resultsFor(form: Form, inputs: Uint8Array): Uint8Array;
}

export function readVectors(file: Uint8Array): SseVectors {
  const packed = new Uint8Array(gunzipSync(file));
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length);
  const sections = new Map<number, number>();
  for (let at = 0; at < packed.length; at += SECTION) sections.set(view.getUint32(at, true), at);
  const sectionOf = (form: Form) => sections.get(seedOf(keyOf(form)));
  const resultsFor = (form: Form, inputs: Uint8Array) => {
    const at = sectionOf(form);
    if (at === undefined || view.getUint32(at + 4, true) !== digest(inputs.subarray(0, VECTOR_CASES * INPUT_SIZE)))
      throw new Error(`${form.row.text}: these inputs are not the ones that were recorded`);
    const results = packed.slice(at + 8, at + SECTION);
    for (let i = 0; i < VECTOR_CASES; i++)
      difference(
        inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE),
        results.subarray(i * OUTPUT_SIZE, (i + 1) * OUTPUT_SIZE),
      );
    return results;
  };
  return { has: (form) => sectionOf(form) !== undefined, resultsFor };
}

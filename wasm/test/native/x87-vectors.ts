/**
 * Results of the real processor for x87 instructions, kept in the repository: wasm/test/vectors/x87.bin.gz. Inputs are made
 * again by x87-cases.ts; of a result only the difference to its input is kept, with registers at their physical numbers,
 * so that nearly all of it is zero and compresses well.
 *
 * A section a form: u32 hash of its name, u32 digest of its inputs, u32 count, then a record of OUTPUT_SIZE bytes a case.
 */
import { gunzipSync } from "node:zlib";
import { seedOf } from "./cases.ts";
import {
  IN_FLAGS,
  IN_MEMORY,
  IN_RAX,
  IN_STATE,
  INPUT_SIZE,
  OUT_FLAGS,
  OUT_MEMORY,
  OUT_RAX,
  OUT_STATE,
  OUTPUT_SIZE,
  STATE_BYTES,
  STATE_REGISTERS,
  STATE_STATUS,
} from "./x87-cases.ts";
import { forgetPointers } from "./x87-runner.ts";

/** Cases a form with a memory operand or a fixed encoding; ST(i) comes in four forms. */
export const VECTOR_CASES = 64;
export const VECTOR_CASES_ST = 20;

const HEADER = 12;
const REGISTER_BYTES = 10;

/** Rotates the registers of a state image between stack order and physical order. */
function rotate(output: Uint8Array, top: number): void {
  const at = OUT_STATE + STATE_REGISTERS;
  const registers = output.slice(at, at + 8 * REGISTER_BYTES);
  for (let i = 0; i < 8; i++)
    output.set(registers.subarray(i * REGISTER_BYTES, (i + 1) * REGISTER_BYTES), at + ((i + top) & 7) * REGISTER_BYTES);
}

const topOf = (output: Uint8Array) => (output[OUT_STATE + STATE_STATUS + 1]! >> 3) & 7;

/** What an instruction that does nothing would give, in physical order. */
function baseline(input: Uint8Array): Uint8Array {
  const output = new Uint8Array(OUTPUT_SIZE);
  output.set(input.subarray(IN_FLAGS, IN_FLAGS + 4), OUT_FLAGS);
  output.set(input.subarray(IN_RAX, IN_RAX + 8), OUT_RAX);
  output.set(input.subarray(IN_MEMORY, IN_MEMORY + 16), OUT_MEMORY);
  output.set(input.subarray(IN_STATE, IN_STATE + STATE_BYTES), OUT_STATE);
  forgetPointers(output);
  rotate(output, topOf(output));
  return output;
}

/** The recorded results by the hash of a form's name. */
export function readVectors(file: Uint8Array): Map<number, { inputDigest: number; records: Uint8Array }> {
  const bytes = new Uint8Array(gunzipSync(file));
  const view = new DataView(bytes.buffer);
  const sections = new Map<number, { inputDigest: number; records: Uint8Array }>();
  for (let at = 0; at < bytes.length;) {
    const end = at + HEADER + view.getUint32(at + 8, true) * OUTPUT_SIZE;
    const section = { inputDigest: view.getUint32(at + 4, true), records: bytes.subarray(at + HEADER, end) };
    sections.set(view.getUint32(at, true), section);
    at = end;
  }
  return sections;
}

/** The results of a form, made from its records; throws where they were recorded for other inputs. */
export function unpackResults(vectors: ReturnType<typeof readVectors>, name: string, inputs: Uint8Array): Uint8Array {
  const section = vectors.get(seedOf(name) >>> 0);
  if (section?.inputDigest !== digest(inputs))
    throw new Error(`${name}: these inputs are not the ones that were recorded`);
  const results = new Uint8Array(section.records.length);
  for (let i = 0; i * OUTPUT_SIZE < results.length; i++) {
    const base = baseline(inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE));
    const result = results.subarray(i * OUTPUT_SIZE, (i + 1) * OUTPUT_SIZE);
    for (let n = 0; n < OUTPUT_SIZE; n++) result[n] = section.records[i * OUTPUT_SIZE + n]! ^ base[n]!;
    rotate(result, -topOf(result));
  }
  return results;
}

function digest(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

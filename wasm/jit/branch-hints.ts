/**
 * Which branches of emitted code are seldom taken (a TLB miss, a way out of the region): the engine moves what lies there out of
 * the way, so that hot code stays together in the host's instruction cache. Engines without hints ignore them.
 * [WASM-HINTS] custom section "metadata.code.branch_hint": per function the byte offsets of `if` instructions, and 0 or 1
 */
import { JIT_BODY, JIT_MODULE, JIT_MODULE_SIZE, JIT_SCRATCH } from "../layout";
import { at, byte, copyBytes, fillLength, fillNumber, leb, reserveLength, startAt } from "./encoder";

/** Of the function under way: offsets in JIT_BODY, u32 each. */
const NOTED: usize = JIT_SCRATCH + 0xa000;
const NOTED_MOST: u32 = 0x1800;
/** Of the module under way, as they go into the section. */
export const HINTS_SIZE: u32 = 0x1_0000;
const ENCODED: usize = JIT_MODULE + JIT_MODULE_SIZE - HINTS_SIZE;
/** A hint takes at most four bytes of offset, its size and its value. */
const HINT_BYTES: u32 = 6;
const SECTION_CUSTOM: u8 = 0;
const RARELY: u8 = 0;

let noted: u32 = 0;
let functions: u32 = 0;
let encoded: usize = ENCODED;

export function beginModuleHints(): void {
  functions = 0;
  encoded = ENCODED;
}

export function beginFunctionHints(): void {
  noted = 0;
}

/** The `if` that is written next is seldom taken. */
export function hintRare(): void {
  if (noted == NOTED_MOST) return;
  store<u32>(NOTED + (noted << 2), <u32>(at - JIT_BODY));
  noted++;
}

/** Keeps the hints of the function with this index, whose body lies `shift` bytes behind the start of its locals. */
export function keepFunctionHints(index: u32, shift: u32): void {
  if (noted == 0 || encoded + noted * HINT_BYTES + 16 > ENCODED + HINTS_SIZE) return;
  const place = at;
  startAt(encoded);
  leb(index);
  leb(noted);
  for (let n: u32 = 0; n < noted; n++) {
    leb(load<u32>(NOTED + (n << 2)) + shift);
    leb(1);
    byte(RARELY);
  }
  encoded = at;
  functions++;
  startAt(place);
}

/** Before the code section. */
export function writeHints(): void {
  if (functions == 0) return;
  byte(SECTION_CUSTOM);
  const section = reserveLength();
  const name = "metadata.code.branch_hint";
  leb(name.length);
  for (let i = 0; i < name.length; i++) byte(<u8>name.charCodeAt(i));
  const counted = reserveLength();
  fillNumber(counted, functions);
  copyBytes(ENCODED, <u32>(encoded - ENCODED));
  fillLength(section);
}

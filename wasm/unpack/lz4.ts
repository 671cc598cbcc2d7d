/**
 * LZ4 blocks: sequences of literals and a match. Works in pieces, so that an engine can change to better code between two.
 * Reference: [LZ4-BLOCK] lz4_Block_format.md
 */
import { copyMatch } from "./copy";
import { BAD_REFERENCE, CUT_OFF, DONE, MORE, TOO_LONG } from "./layout";

const LEAST_MATCH: u32 = 4;
/** A length of this in a token goes on in the next bytes. */
const LONG: u32 = 15;
/** Output bytes of a piece. */
const PIECE: usize = 1 << 17;

let at: usize = 0;
let inputEnd: usize = 0;
let first: usize = 0;
let out: usize = 0;
let outputEnd: usize = 0;

/** All in addresses. */
export function beginLz4(input: usize, inputLast: usize, output: usize, outputLast: usize): void {
  at = input;
  inputEnd = inputLast;
  first = out = output;
  outputEnd = outputLast;
}

/** Where the output has been written to. */
export function lz4Out(): usize {
  return out;
}

export function stepLz4(): i32 {
  let from = at;
  let to = out;
  const pieceEnd = to + PIECE;
  while (from < inputEnd && to < pieceEnd) {
    const token: u32 = load<u8>(from++);
    let literals: u32 = token >>> 4;
    if (literals == LONG) {
      let more: u32;
      do {
        if (from >= inputEnd) return CUT_OFF;
        more = load<u8>(from++);
        literals += more;
      } while (more == 0xff);
    }
    if (literals > <u32>(inputEnd - from)) return CUT_OFF;
    if (literals > <u32>(outputEnd - to)) return TOO_LONG;
    if (literals <= 16) v128.store(to, v128.load(from));
    else memory.copy(to, from, literals);
    from += literals;
    to += literals;
    if (from == inputEnd) break; // the last sequence has literals only
    if (inputEnd - from < 2) return CUT_OFF;
    const distance: u32 = load<u16>(from);
    from += 2;
    let length: u32 = token & 15;
    if (length == LONG) {
      let more: u32;
      do {
        if (from >= inputEnd) return CUT_OFF;
        more = load<u8>(from++);
        length += more;
      } while (more == 0xff);
    }
    length += LEAST_MATCH;
    if (distance == 0 || distance > <u32>(to - first)) return BAD_REFERENCE;
    if (length > <u32>(outputEnd - to)) return TOO_LONG;
    copyMatch(to, distance, length);
    to += length;
  }
  at = from;
  out = to;
  return from == inputEnd ? DONE : MORE;
}

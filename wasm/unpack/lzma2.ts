/**
 * LZMA2, as in .xz files: chunks that are stored, or coded by LZMA's range coder. One dictionary, the output itself: the
 * whole of it is in memory. A call decodes one chunk, so that an engine can change to better code between two of them.
 *
 * The coder's state is in locals of one function, and the steps of its trees have no branches: bits of literals and
 * distances cannot be foreseen, and a wrong guess costs more than the step.
 * References: [XZ-FORMAT] 1.2.0, "5.3.1. LZMA2"; [LZMA-SPEC] Igor Pavlov, "LZMA specification" (2015)
 */
import { copyMatch } from "./copy";
import { BAD_CHUNK, BAD_END, BAD_PROPERTIES, BAD_REFERENCE, CUT_OFF, DONE, MORE, PROBABILITIES, TOO_LONG } from "./layout";

const PROBABILITY_BITS: u32 = 11;
const PROBABILITY_ONE: i32 = 1 << 11;
const PROBABILITY_START: u16 = 1 << 10;
const MOVE_BITS: i32 = 5;
const TOP: u32 = 1 << 24;

const STATES: u32 = 12;
const LENGTH_STATES: u32 = 4;
const MATCH_LENGTH_MIN: u32 = 2;
const END_POSITION_MODEL: u32 = 14;
const ALIGN_BITS: u32 = 4;
/** LZMA2 keeps lc + lp at most 4. */
const MAX_LITERAL_BITS: u32 = 4;
const PROPERTIES_MAX: u32 = 9 * 5 * 5;

// Where each table of probabilities begins, in bytes; each is 16 bits wide.
const IS_MATCH: usize = PROBABILITIES;
const IS_REP: usize = IS_MATCH + 2 * STATES * 16;
const IS_REP_0: usize = IS_REP + 2 * STATES;
const IS_REP_1: usize = IS_REP_0 + 2 * STATES;
const IS_REP_2: usize = IS_REP_1 + 2 * STATES;
const IS_REP_0_LONG: usize = IS_REP_2 + 2 * STATES;
const DISTANCE_SLOT: usize = IS_REP_0_LONG + 2 * STATES * 16;
const DISTANCE: usize = DISTANCE_SLOT + 2 * LENGTH_STATES * 64;
const ALIGN: usize = DISTANCE + 2 * 128;
const MATCH_LENGTH: usize = ALIGN + 2 * 16;
const LENGTH_CHOICE_2: usize = 2;
const LENGTH_LOW: usize = 2 * 2;
const LENGTH_MIDDLE: usize = LENGTH_LOW + 2 * 16 * 8;
const LENGTH_HIGH: usize = LENGTH_MIDDLE + 2 * 16 * 8;
const LENGTH_SIZE: usize = LENGTH_HIGH + 2 * 256;
const REP_LENGTH: usize = MATCH_LENGTH + LENGTH_SIZE;
const LITERAL: usize = REP_LENGTH + LENGTH_SIZE;
const LITERAL_SIZE: u32 = 2 * 0x300;
const PROBABILITIES_END: usize = LITERAL + (LITERAL_SIZE << MAX_LITERAL_BITS);

let at: usize = 0;
let inputEnd: usize = 0;
let out: usize = 0;
let outputEnd: usize = 0;
/** Where the dictionary begins; positions count from here. */
let dictionary: usize = 0;
let hasDictionary: bool = false;
let hasProperties: bool = false;
let needsState: bool = false;
let state: u32 = 0;
let rep0: u32 = 0;
let rep1: u32 = 0;
let rep2: u32 = 0;
let rep3: u32 = 0;
let lc: u32 = 0;
let lp: u32 = 0;
let pb: u32 = 0;

/** All in addresses. What comes out must fill the output to its end. */
export function beginLzma2(input: usize, inputLast: usize, output: usize, outputLast: usize): void {
  at = input;
  inputEnd = inputLast;
  out = output;
  outputEnd = outputLast;
  hasDictionary = false;
  hasProperties = false;
  needsState = true;
}

/** Where the input has been read to. */
export function lzma2At(): usize {
  return at;
}

/** The next chunk. */
export function stepLzma2(): i32 {
  if (at >= inputEnd) return CUT_OFF;
  const control: u32 = load<u8>(at++);
  if (control == 0) return out == outputEnd ? DONE : CUT_OFF;
  if (control == 1 || control >= 0xe0) {
    dictionary = out;
    hasDictionary = true;
  }
  if (!hasDictionary) return BAD_CHUNK;
  if (control < 0x80) return storedChunk(control);
  if (inputEnd - at < 5) return CUT_OFF;
  const size = (((control & 0x1f) << 16) | ((<u32>load<u8>(at)) << 8) | load<u8>(at, 1)) + 1;
  const packedSize = (((<u32>load<u8>(at, 2)) << 8) | load<u8>(at, 3)) + 1;
  at += 4;
  const reset = (control >> 5) & 3;
  if (reset >= 2) {
    if (!setProperties(load<u8>(at++))) return BAD_PROPERTIES;
    hasProperties = true;
  }
  if (!hasProperties) return BAD_CHUNK;
  if (reset >= 1) resetState();
  else if (needsState) return BAD_CHUNK;
  if (inputEnd - at < packedSize) return CUT_OFF;
  if (outputEnd - out < size) return TOO_LONG;
  return decodeChunk(at + packedSize, out + size);
}

function storedChunk(control: u32): i32 {
  if (control > 2) return BAD_CHUNK;
  if (inputEnd - at < 2) return CUT_OFF;
  const size = (((<u32>load<u8>(at)) << 8) | load<u8>(at, 1)) + 1;
  at += 2;
  if (inputEnd - at < size) return CUT_OFF;
  if (outputEnd - out < size) return TOO_LONG;
  memory.copy(out, at, size);
  at += size;
  out += size;
  needsState = true;
  return MORE;
}

function setProperties(byte: u32): bool {
  lc = byte % 9;
  lp = (byte / 9) % 5;
  pb = byte / 45;
  return byte < PROPERTIES_MAX && lc + lp <= MAX_LITERAL_BITS;
}

function resetState(): void {
  for (let entry = PROBABILITIES; entry < PROBABILITIES_END; entry += 2) store<u16>(entry, PROBABILITY_START);
  state = 0;
  rep0 = rep1 = rep2 = rep3 = 0;
  needsState = false;
}

// ---- the range coder

@inline function boundOf(range: u32, entry: usize): u32 {
  return (range >>> PROBABILITY_BITS) * <u32>load<u16>(entry);
}

/** A zero was decoded: it becomes more likely. */
@inline function sawZero(entry: usize): void {
  const probability: i32 = load<u16>(entry);
  store<u16>(entry, probability + ((PROBABILITY_ONE - probability) >> MOVE_BITS));
}

@inline function sawOne(entry: usize): void {
  const probability: i32 = load<u16>(entry);
  store<u16>(entry, probability - (probability >> MOVE_BITS));
}

/** All ones where the next bit is zero. */
@inline function zeroMask(code: u32, bound: u32): i32 {
  return <i32>((<i64>code - <i64>bound) >> 63);
}

/** Either of the two above, without a branch: subtracting (p - 2048 + 31) / 32, rounded down, is what adding (2048 - p) / 32 is. */
@inline function saw(entry: usize, isZero: i32): void {
  const probability: i32 = load<u16>(entry);
  store<u16>(entry, probability - ((probability + (isZero & (31 - PROBABILITY_ONE))) >> MOVE_BITS));
}

/** One chunk: decodes up to `end`. Exported to be a function of its own, which the engine can replace by a better one. */
export function decodeChunk(chunkEnd: usize, end: usize): i32 {
  if (chunkEnd - at < 5) return CUT_OFF;
  if (load<u8>(at) != 0) return BAD_CHUNK;
  let input = at + 5;
  let range: u32 = 0xffff_ffff;
  let code: u32 = bswap<u32>(load<u32>(at, 1));
  let to = out;
  let bound: u32 = 0;
  let now = state;
  let distance = rep0;
  const positionMask: u32 = (1 << pb) - 1;
  const literalMask: u32 = (1 << lp) - 1;
  const literalShift = 8 - lc;

  while (to < end) {
    // At most a few dozen bytes are read for a symbol: so many lie behind the input in any case.
    if (input > chunkEnd) return CUT_OFF;
    const position: u32 = <u32>(to - dictionary);
    const place: usize = ((now << 4) + (position & positionMask)) << 1;
    let entry: usize = IS_MATCH + place;
    bound = boundOf(range, entry);
    if (code < bound) {
      range = bound;
      sawZero(entry);
      if (range < TOP) {
        range <<= 8;
        code = (code << 8) | load<u8>(input++);
      }
      const before: u32 = to > dictionary ? load<u8>(to - 1) : 0;
      const literal: usize = LITERAL + <usize>(LITERAL_SIZE * (((position & literalMask) << lc) + (before >>> literalShift)));
      let symbol: u32 = 1;
      if (now >= 7) {
        // After a match the byte that would have gone on it is a hint: the tables above the first are for its bits.
        let match = (<u32>load<u8>(to - distance - 1)) << 1;
        let hinted: u32 = 0x100;
        do {
          const matchBit = match & hinted;
          entry = literal + ((hinted + matchBit + symbol) << 1);
          bound = boundOf(range, entry);
          const isZero = zeroMask(code, bound);
          saw(entry, isZero);
          range -= bound;
          range += (bound - range) & isZero;
          code -= bound & ~isZero;
          symbol = symbol + symbol + 1 + isZero;
          hinted &= ~(matchBit ^ (~isZero & 0x100));
          match <<= 1;
          if (range < TOP) {
            range <<= 8;
            code = (code << 8) | load<u8>(input++);
          }
        } while (symbol < 0x100);
        now = now < 10 ? now - 3 : now - 6;
      } else {
        do {
          entry = literal + (symbol << 1);
          bound = boundOf(range, entry);
          const isZero = zeroMask(code, bound);
          saw(entry, isZero);
          range -= bound;
          range += (bound - range) & isZero;
          code -= bound & ~isZero;
          symbol = symbol + symbol + 1 + isZero;
          if (range < TOP) {
            range <<= 8;
            code = (code << 8) | load<u8>(input++);
          }
        } while (symbol < 0x100);
        now = now < 4 ? 0 : now - 3;
      }
      store<u8>(to++, symbol);
      continue;
    }
    range -= bound;
    code -= bound;
    sawOne(entry);
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | load<u8>(input++);
    }

    let lengths: usize = REP_LENGTH;
    let isNew = false;
    entry = IS_REP + (now << 1);
    bound = boundOf(range, entry);
    if (code < bound) {
      range = bound;
      sawZero(entry);
      isNew = true;
      lengths = MATCH_LENGTH;
    } else {
      range -= bound;
      code -= bound;
      sawOne(entry);
      if (range < TOP) {
        range <<= 8;
        code = (code << 8) | load<u8>(input++);
      }
      entry = IS_REP_0 + (now << 1);
      bound = boundOf(range, entry);
      if (code < bound) {
        range = bound;
        sawZero(entry);
        if (range < TOP) {
          range <<= 8;
          code = (code << 8) | load<u8>(input++);
        }
        entry = IS_REP_0_LONG + place;
        bound = boundOf(range, entry);
        if (code < bound) {
          range = bound;
          sawZero(entry);
          if (range < TOP) {
            range <<= 8;
            code = (code << 8) | load<u8>(input++);
          }
          if (distance >= position) return BAD_REFERENCE;
          store<u8>(to, load<u8>(to - distance - 1));
          to++;
          now = now < 7 ? 9 : 11;
          continue;
        }
        range -= bound;
        code -= bound;
        sawOne(entry);
      } else {
        range -= bound;
        code -= bound;
        sawOne(entry);
        if (range < TOP) {
          range <<= 8;
          code = (code << 8) | load<u8>(input++);
        }
        let again = rep1;
        entry = IS_REP_1 + (now << 1);
        bound = boundOf(range, entry);
        if (code < bound) {
          range = bound;
          sawZero(entry);
        } else {
          range -= bound;
          code -= bound;
          sawOne(entry);
          if (range < TOP) {
            range <<= 8;
            code = (code << 8) | load<u8>(input++);
          }
          again = rep2;
          entry = IS_REP_2 + (now << 1);
          bound = boundOf(range, entry);
          if (code < bound) {
            range = bound;
            sawZero(entry);
          } else {
            range -= bound;
            code -= bound;
            sawOne(entry);
            again = rep3;
            rep3 = rep2;
          }
          rep2 = rep1;
        }
        rep1 = distance;
        distance = again;
      }
    }
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | load<u8>(input++);
    }

    // Its length.
    let tree: usize = lengths + LENGTH_LOW + ((position & positionMask) << 4);
    let limit: u32 = 8;
    let length: u32 = MATCH_LENGTH_MIN - 8;
    bound = boundOf(range, lengths);
    if (code < bound) {
      range = bound;
      sawZero(lengths);
    } else {
      range -= bound;
      code -= bound;
      sawOne(lengths);
      if (range < TOP) {
        range <<= 8;
        code = (code << 8) | load<u8>(input++);
      }
      entry = lengths + LENGTH_CHOICE_2;
      bound = boundOf(range, entry);
      if (code < bound) {
        range = bound;
        sawZero(entry);
        tree += LENGTH_MIDDLE - LENGTH_LOW;
        length += 8;
      } else {
        range -= bound;
        code -= bound;
        sawOne(entry);
        tree = lengths + LENGTH_HIGH;
        limit = 256;
        length = MATCH_LENGTH_MIN + 16 - 256;
      }
    }
    if (range < TOP) {
      range <<= 8;
      code = (code << 8) | load<u8>(input++);
    }
    let node: u32 = 1;
    do {
      entry = tree + (node << 1);
      bound = boundOf(range, entry);
      const isZero = zeroMask(code, bound);
      saw(entry, isZero);
      range -= bound;
      range += (bound - range) & isZero;
      code -= bound & ~isZero;
      node = node + node + 1 + isZero;
      if (range < TOP) {
        range <<= 8;
        code = (code << 8) | load<u8>(input++);
      }
    } while (node < limit);
    length += node;

    if (!isNew) now = now < 7 ? 8 : 11;
    else {
      now = now < 7 ? 7 : 10;
      rep3 = rep2;
      rep2 = rep1;
      rep1 = distance;
      // Its distance: a slot, which says how many bits there are; the middle ones are not modelled.
      tree = DISTANCE_SLOT + (min<u32>(length - MATCH_LENGTH_MIN, LENGTH_STATES - 1) << 7);
      node = 1;
      do {
        entry = tree + (node << 1);
        bound = boundOf(range, entry);
        const isZero = zeroMask(code, bound);
        saw(entry, isZero);
        range -= bound;
        range += (bound - range) & isZero;
        code -= bound & ~isZero;
        node = node + node + 1 + isZero;
        if (range < TOP) {
          range <<= 8;
          code = (code << 8) | load<u8>(input++);
        }
      } while (node < 64);
      const slot = node - 64;
      distance = slot;
      if (slot >= 4) {
        let bits = (slot >> 1) - 1;
        distance = (2 | (slot & 1)) << bits;
        if (slot < END_POSITION_MODEL) tree = DISTANCE + ((distance - slot) << 1);
        else {
          let middle: u32 = 0;
          for (bits -= ALIGN_BITS; bits > 0; bits--) {
            range >>>= 1;
            const isZero = zeroMask(code, range);
            code -= range & ~isZero;
            middle = middle + middle + 1 + isZero;
            if (range < TOP) {
              range <<= 8;
              code = (code << 8) | load<u8>(input++);
            }
          }
          distance += middle << ALIGN_BITS;
          tree = ALIGN;
          bits = ALIGN_BITS;
        }
        // The lowest bits come first.
        node = 1;
        for (let bit: u32 = 0; bit < bits; bit++) {
          entry = tree + (node << 1);
          bound = boundOf(range, entry);
          const isZero = zeroMask(code, bound);
          saw(entry, isZero);
          range -= bound;
          range += (bound - range) & isZero;
          code -= bound & ~isZero;
          node = node + node + 1 + isZero;
          distance += (1 + isZero) << bit;
          if (range < TOP) {
            range <<= 8;
            code = (code << 8) | load<u8>(input++);
          }
        }
      }
    }
    if (distance >= position) return BAD_REFERENCE;
    if (length > <u32>(end - to)) return TOO_LONG;
    copyMatch(to, distance + 1, length);
    to += length;
  }
  out = to;
  at = input;
  state = now;
  rep0 = distance;
  return input == chunkEnd && code == 0 ? MORE : BAD_END;
}

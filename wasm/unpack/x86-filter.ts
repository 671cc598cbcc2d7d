/**
 * Undoes the filter for x86 code: targets of CALL and JMP stand as addresses counted from the start of the block, which
 * repeat; here they become distances again. Works in pieces: it remembers where the last opcode stood.
 * References: [XZ-FORMAT] 1.2.0, "5.3.2. Branch/Call/Jump Filters"; [LZMA-SDK] "x86 BCJ filter"
 */

/** Opcode and a 32-bit distance. */
const INSTRUCTION_BYTES: usize = 5;

let start: usize = 0;
let last: usize = 0;
/** For each of the three bytes before: whether it was an opcode that was left alone. */
let mask: u32 = 0;
let previous: isize = 0;

export function beginX86(from: usize, end: usize): void {
  start = from;
  last = end;
  mask = 0;
  previous = -<isize>INSTRUCTION_BYTES;
}

/** The highest byte of a distance within 16 MiB. */
@inline function isPlain(byte: u32): bool {
  return byte == 0 || byte == 0xff;
}

/** Which of the last bytes may stand for an opcode: none, one, or the two oldest. */
@inline function isAllowed(pattern: u32): bool {
  return ((0b00010111 >>> pattern) & 1) != 0;
}

/** How far back the newest of them is from the distance's highest byte. */
@inline function bytesBack(pattern: u32): u32 {
  return 32 - clz<u32>(pattern);
}

/** @returns the first place from `at` on where one of the opcodes stands, or one from which none is left */
@inline function findOpcode(at: usize): usize {
  const opcode = v128.splat<u8>(0xe8);
  const clearLowest = v128.splat<u8>(0xfe);
  while (at + INSTRUCTION_BYTES <= last) {
    const found = i8x16.bitmask(i8x16.eq(v128.and(v128.load(at), clearLowest), opcode));
    if (found != 0) return at + ctz<i32>(found);
    at += 16;
  }
  return at;
}

/** From `from` up to about `until`; @returns where to go on, or the end of the block. */
export function stepX86(from: usize, until: usize): usize {
  let at = from;
  while (at < until) {
    at = findOpcode(at);
    if (at + INSTRUCTION_BYTES > last) return last;
    const place = <isize>(at - start);
    const distance = place - previous;
    previous = place;
    if (distance > 3) mask = 0;
    else {
      mask = (mask << <u32>(distance - 1)) & 7;
      if (mask != 0 && (!isAllowed(mask) || isPlain(load<u8>(at + 4 - bytesBack(mask))))) {
        mask = (mask << 1) | 1;
        at++;
        continue;
      }
    }
    if (!isPlain(load<u8>(at, 4))) {
      mask = (mask << 1) | 1;
      at++;
      continue;
    }
    let source = load<u32>(at, 1);
    let target: u32 = 0;
    for (;;) {
      target = source - <u32>(place + INSTRUCTION_BYTES);
      if (mask == 0) break;
      const shift = bytesBack(mask) << 3;
      if (!isPlain((target >>> (24 - shift)) & 0xff)) break;
      source = target ^ ((1 << (32 - shift)) - 1);
    }
    // The highest byte is the sign again.
    store<u32>(at, (target & 0x00ff_ffff) | (0 - (target & 0x0100_0000)), 1);
    mask = 0;
    at += INSTRUCTION_BYTES;
  }
  return at;
}

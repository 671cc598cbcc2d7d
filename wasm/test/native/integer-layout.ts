/**
 * Where the cases of integer instructions live and how they are handed to the real processor: the same numbers as in
 * processor.c. All addresses are linear; the core maps the same ones.
 *
 * Three kinds of code segment are used, as a 64-bit kernel offers them: 64-bit, 32-bit flat, and 16-bit with segments of
 * 44 KiB from a local descriptor table.
 */

export type Mode = 64 | 32 | 16;
export const MODES: readonly Mode[] = [64, 32, 16];

export const CODE = 0x20_0000;
export const CODE_BYTES = 0x2000;
/** Read and write; then a page to read; then nothing. */
export const DATA = 0x30_0000;
export const DATA_BYTES = 0x2000;
export const READ_ONLY_BYTES = 0x1000;
export const STACK = 0x40_0000;
export const STACK_BYTES = 0x2000;
/** The data once more, out of reach of 32 bits. */
export const HIGH = 0x7000_0000_0000n;

export const DATA16_BASE = 0x2f_8000;
export const CODE16_BASE = 0x1f_8000;
export const STACK16_BASE = 0x3f_8000;
export const SEGMENT16_LIMIT = 0xafff;
/** FS and GS outside 64-bit mode: 4 GiB each. */
export const FS_BASE32 = 0x2f_4000;
export const GS_BASE32 = 0xffff_f000;

export const SELECTOR = {
  code64: 0x33,
  code32: 0x23,
  data: 0x2b,
  code16: 0x07,
  data16: 0x0f,
  stack16: 0x17,
  fs: 0x1f,
  gs: 0x27,
} as const;

export const INPUT_SIZE = 240;
export const IN_MODE = 0;
export const IN_LENGTH = 1;
export const IN_CODE = 2;
export const IN_CODE_OFFSET = 18;
export const IN_FLAGS = 20;
export const IN_REGISTERS = 24;
export const IN_FS_BASE = 152;
export const IN_GS_BASE = 160;
export const IN_AT = 168;
export const IN_BYTES = 176;
export const PATCH_BYTES = 32;

export const OUTPUT_SIZE = 208;
export const OUT_VECTOR = 0;
export const OUT_ERROR = 4;
export const OUT_CR2 = 8;
export const OUT_RIP = 16;
export const OUT_FLAGS = 24;
export const OUT_REGISTERS = 32;
export const OUT_CHANGED = 160;
export const OUT_HASH = 164;
export const OUT_FIRST = 168;
export const OUT_BYTES = 172;
export const OUT_SAMPLE_BYTES = 36;

export const FLAG = {
  cf: 1,
  pf: 4,
  af: 0x10,
  zf: 0x40,
  sf: 0x80,
  tf: 0x100,
  if: 0x200,
  df: 0x400,
  of: 0x800,
  nt: 0x4000,
  ac: 0x4_0000,
  id: 0x20_0000,
} as const;
export const ARITH_FLAGS = 0x8d5;
/** What a case can change and the kernel hands back. */
export const FLAGS_COMPARED = ARITH_FLAGS | FLAG.df | FLAG.nt | FLAG.ac | FLAG.id;

/** Bytes of data, read-only page and stack before a case puts its own there: runs of equal bytes in the second half of the data. */
export const pattern: Uint8Array = makePattern();

function makePattern(): Uint8Array {
  const bytes = new Uint8Array(DATA_BYTES + READ_ONLY_BYTES + STACK_BYTES);
  let state = 0x1234_5678;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state >>> 16;
  };
  for (let at = 0; at < bytes.length;) {
    const run = at >= DATA_BYTES / 2 && at < DATA_BYTES + READ_ONLY_BYTES ? 1 + (next() & 63) : 1;
    const value = next() & 0xff;
    for (let i = 0; i < run && at < bytes.length; i++) bytes[at++] = value;
  }
  return bytes;
}

/** The regions that a case can write, and where their pattern stands. */
export const REGIONS = [
  { start: DATA, bytes: DATA_BYTES, patternAt: 0 },
  { start: STACK, bytes: STACK_BYTES, patternAt: DATA_BYTES + READ_ONLY_BYTES },
] as const;

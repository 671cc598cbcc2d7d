/**
 * What unpacks kernels, as a WebAssembly module of its own: it has its own memory, made for one file and given up with it,
 * and is loaded where there is something to unpack. The host (src/core/unpacker.ts) reads containers, calls what is here
 * step by step, and turns the numbers of ./layout into words. Whatever the bytes are, nothing is read or written outside
 * the two areas and the slack behind them.
 */
import { INPUT as INPUT_ADDR, SLACK as SLACK_BYTES } from "./layout";

export const INPUT: usize = INPUT_ADDR;
export const SLACK: u32 = SLACK_BYTES;

export { beginLzma2, decodeChunk, lzma2At, stepLzma2 } from "./lzma2";
export { beginX86, stepX86 } from "./x86-filter";
export { beginLz4, lz4Out, stepLz4 } from "./lz4";
export { crc32 } from "./crc32";

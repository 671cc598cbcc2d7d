/**
 * The unpacker's own linear memory: tables at fixed places, then what is packed, then room for what it becomes. The host
 * makes it as large as both need; nothing is allocated in here.
 *
 *   0x0000   probabilities of the range coder
 *   0x8000   tables for CRC-32
 *   0x10000  packed bytes, SLACK, unpacked bytes, SLACK
 */
export const PROBABILITIES: usize = 0;
export const CRC_TABLES: usize = 0x8000;
export const INPUT: usize = 0x10000;

/** Bytes behind both areas that may be read or written without harm: loops look at their bounds once a symbol only. */
export const SLACK: u32 = 128;

// How a step ended.
export const MORE: i32 = 0;
export const DONE: i32 = 1;
export const CUT_OFF: i32 = 2;
export const BAD_CHUNK: i32 = 3;
export const BAD_PROPERTIES: i32 = 4;
export const BAD_REFERENCE: i32 = 5;
export const BAD_END: i32 = 6;
export const TOO_LONG: i32 = 7;

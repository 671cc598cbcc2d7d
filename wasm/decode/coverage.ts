/**
 * Which rows of the opcode tables are run, and how often: only in a core built with `asc --use COVERAGE=1`
 * (scripts/build-core.mjs --coverage), whose run loop takes one instruction at a time. The counters are no part of the
 * machine's state.
 */
import { ROW_COUNT } from "../generated/tables";
import { Rec } from "./record";

const NO_ROW: u32 = 0xffff;
/** Behind the record proper. */
const OFF_ROW: usize = 32;
const COUNTS: usize = isDefined(COVERAGE) ? memory.data(ROW_COUNT * 8, 8) : 0;

/** Remembers the row of a decoded instruction. */
@inline export function noteRow(rec: Rec, row: u32): void {
  if (isDefined(COVERAGE)) store<u16>(changetype<usize>(rec), <u16>row, OFF_ROW);
}

/** Of a record that stands for no row. */
@inline export function noteNoRow(rec: Rec): void {
  if (isDefined(COVERAGE)) store<u16>(changetype<usize>(rec), <u16>NO_ROW, OFF_ROW);
}

/** The instruction at `rec` is about to be run. */
@inline export function countRow(rec: usize): void {
  if (isDefined(COVERAGE)) {
    const row: u32 = load<u16>(rec, OFF_ROW);
    if (row != NO_ROW) store<u64>(COUNTS + row * 8, load<u64>(COUNTS + row * 8) + 1);
  }
}

/** Where the counters are: u64 each, by the row's number. 0 in a core that does not count. */
export function coverageCounts(): usize {
  return COUNTS;
}

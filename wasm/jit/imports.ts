/** What an emitted module imports besides memory and table: functions of the core, by their index in the module. */
import { OP_CALL, byte, leb } from "./encoder";

/** settleFlags(cpu, kind, x, y, r, t) */
export const IMPORT_SETTLE: u32 = 0;
/** pagePointer(cpu, linearAddr, sizeBytes and rights) → host pointer, or 0: let the interpreter do it */
export const IMPORT_POINTER: u32 = 1;
/** leaveRegion(cpu, exit, budget, kind, x, y, r, t) */
export const IMPORT_LEAVE: u32 = 2;
/** leaveAfter(cpu, exit, budget): a handler asks to stop */
export const IMPORT_LEAVE_AFTER: u32 = 3;
/** leaveTo(cpu, linearAddr, budget): a target that is not in the jump cache */
export const IMPORT_LEAVE_TO: u32 = 4;
/** Upper halves of 128-bit products. */
export const IMPORT_MUL_HIGH: u32 = 5;
export const IMPORT_MUL_HIGH_SIGNED: u32 = 6;
/** carryOf(cpu, kind, x, y, r, t): CF */
export const IMPORT_CARRY: u32 = 7;
/** runEnding(cpu, rec, budget): whether to go on behind the instruction */
export const IMPORT_ENDING: u32 = 8;
/** findKnown(cpu, linearAddr): the trace there, which the jump cache now knows, or 0 */
export const IMPORT_FIND: u32 = 9;
/** isExact32, isExact64 (operation, x, y, r), and of all lanes isExactPs, isExactPd: whether a result needed no rounding */
export const IMPORT_EXACT: u32 = 10;
/** readFlags(cpu): the EFLAGS image */
export const IMPORT_READ_FLAGS: u32 = 14;
/** popPlainFlags(cpu, image): whether that was all there was to do */
export const IMPORT_POP_FLAGS: u32 = 15;
/** segmentForRegion(cpu, index, selector) */
export const IMPORT_SEGMENT: u32 = 16;
/** Of x87 instructions (jit/x87-short.ts): x87Load, x87LoadInteger, x87Operate (cpu, rec, raw, offset), x87OperateStack, x87Peek (cpu, rec),
 * x87Stored(cpu, rec, offset) */
export const IMPORT_X87_LOAD: u32 = 17;
export const IMPORT_X87_LOAD_INTEGER: u32 = 18;
export const IMPORT_X87_OPERATE: u32 = 19;
export const IMPORT_X87_OPERATE_STACK: u32 = 20;
export const IMPORT_X87_PEEK: u32 = 21;
export const IMPORT_X87_STORED: u32 = 22;
export const IMPORTED_FUNCTIONS: u32 = 23;

export function call(index: u32): void {
  byte(OP_CALL);
  leb(index);
}

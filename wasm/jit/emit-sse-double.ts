/**
 * Addition, subtraction and multiplication of one double: the hottest of SSE arithmetic, with conditions that are narrower than
 * those of jit/emit-sse-float.ts and cost a third. The handler runs where they do not hold. They are, for x ∘ y = r:
 *
 *   + −   r normal and not too near the ends; neither operand denormal
 *   ×     r the same; neither operand denormal or zero
 *   PE clear or not masked: rounding to nearest, and r exact:
 *         r − x = y and r − y = x: the difference from the greater operand is exact, so one of the two proves it
 *         [Dekker 1971]; × has 26 significant bits in both operands, or asks sse/float-fast.ts
 *   PE set and masked: rounding to nearest
 */
import { REC_MEM, Rec } from "../decode/record";
import { Cpu } from "../cpu/state";
import { MXCSR_PE, MXCSR_PM, MXCSR_RC } from "../sse/mxcsr";
import { hintRare } from "./branch-hints";
import { Emit } from "./emit-backend";
import { emitHandler } from "./emit-handler";
import { point, xmm } from "./emit-simd";
import { LOCAL_DOUBLE_R, LOCAL_DOUBLE_X, LOCAL_DOUBLE_Y, LOCAL_EXIT, cpuBase, operandBase } from "./emit-values";
import {
  OP_BLOCK, OP_BR, OP_BR_IF, OP_I32_AND, OP_I32_EQ, OP_I32_EQZ, OP_I32_GE_U, OP_I32_LOAD, OP_I32_LT_U, OP_I32_OR, OP_I32_SHL, OP_I32_SUB, OP_I32_WRAP_I64, OP_I64_ADD, OP_I64_LOAD, OP_I64_LT_U, OP_I64_SHL, OP_I64_SHR_U, TYPE_NONE,
  byte, i32Const, i64Const, localGet, localTee, memoryAccess,
} from "./encoder";
import { IMPORT_EXACT, call } from "./imports";

/** Numbers of the operations, as in sse/float-fast.ts. */
export const ADD: u32 = 0;
export const SUB: u32 = 1;
export const MUL: u32 = 2;

const F64_LOAD: u8 = 0x2b;
const F64_STORE: u8 = 0x39;
const F64_NE: u8 = 0x62;
const F64_ADD: u8 = 0xa0;
const F64_SUB: u8 = 0xa1;
const F64_MUL: u8 = 0xa2;
const I64_REINTERPRET_F64: u8 = 0xbd;
const EXACT_DOUBLE: u32 = IMPORT_EXACT + 1;

// Upper halves of doubles, without their sign and shifted up by one.
const LEAST_NORMAL_HIGH: u32 = 0x0020_0000;
const LEAST_RESULT_HIGH: u32 = 0x0040_0000;
const INFINITY_HIGH: u32 = 0xffe0_0000;
/** A whole double, as that, less one: what is below is denormal, and zero is above everything. */
const DENORMAL_END: u64 = 0x001f_ffff_ffff_ffff;
/** Bits of the significand that two factors may not have, that 26 × 27 bits make an exact product. */
const LOWER_HALF: u32 = 0x07ff_ffff;
const HIGH: u32 = 4;

function open(b: Emit): u32 {
  byte(OP_BLOCK);
  byte(TYPE_NONE);
  b.depth++;
  return b.depth;
}

function leaveRarely(b: Emit, level: u32): void {
  hintRare();
  b.branchTo(OP_BR_IF, level);
}

/** XMM g ← XMM g ∘ XMM or memory e. */
export function emitDouble(b: Emit, rec: Rec, operation: u32): void {
  const isMemory = (rec.flags & REC_MEM) != 0;
  const g = xmm(rec.g);
  if (isMemory) point(b, rec, 3, false, false);
  const e = isMemory ? 0 : xmm(rec.e);
  const done = open(b);
  const slow = open(b);
  cpuBase();
  memoryAccess(F64_LOAD, g);
  localTee(LOCAL_DOUBLE_X);
  operandBase(isMemory);
  memoryAccess(F64_LOAD, e);
  localTee(LOCAL_DOUBLE_Y);
  byte(operation == ADD ? F64_ADD : operation == SUB ? F64_SUB : F64_MUL);
  localTee(LOCAL_DOUBLE_R);
  leaveUnlessSafe(b, slow);
  if (operation == MUL) {
    leaveIfSmall(b, false, g, slow);
    leaveIfSmall(b, isMemory, e, slow);
  } else {
    leaveIfDenormal(b, false, g, slow);
    leaveIfDenormal(b, isMemory, e, slow);
  }
  const settled = open(b);
  cpuBase();
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("mxcsr"));
  i32Const(MXCSR_RC | MXCSR_PE | MXCSR_PM);
  byte(OP_I32_AND);
  localTee(LOCAL_EXIT);
  i32Const(MXCSR_PE | MXCSR_PM);
  byte(OP_I32_EQ);
  b.branchTo(OP_BR_IF, settled);
  localGet(LOCAL_EXIT);
  i32Const(MXCSR_RC);
  byte(OP_I32_AND);
  leaveRarely(b, slow);
  if (operation == MUL) leaveUnlessExactProduct(b, isMemory, g, e, slow);
  else leaveUnlessExactSum(b, operation == SUB, slow);
  b.close();
  cpuBase();
  localGet(LOCAL_DOUBLE_R);
  memoryAccess(F64_STORE, g);
  b.branchTo(OP_BR, done);
  b.close();
  const dirty = b.dirty;
  const kind = b.kind;
  emitHandler(b, rec);
  b.dirty = dirty;
  b.kind = kind;
  b.close();
}

/** [f64] → [] */
function leaveUnlessSafe(b: Emit, slow: u32): void {
  byte(I64_REINTERPRET_F64);
  i64Const(32);
  byte(OP_I64_SHR_U);
  byte(OP_I32_WRAP_I64);
  i32Const(1);
  byte(OP_I32_SHL);
  i32Const(LEAST_RESULT_HIGH);
  byte(OP_I32_SUB);
  i32Const(INFINITY_HIGH - LEAST_RESULT_HIGH);
  byte(OP_I32_GE_U);
  leaveRarely(b, slow);
}

function leaveIfSmall(b: Emit, isMemory: bool, offset: u32, slow: u32): void {
  operandBase(isMemory);
  memoryAccess(OP_I32_LOAD, offset + HIGH);
  i32Const(1);
  byte(OP_I32_SHL);
  i32Const(LEAST_NORMAL_HIGH);
  byte(OP_I32_LT_U);
  leaveRarely(b, slow);
}

function leaveIfDenormal(b: Emit, isMemory: bool, offset: u32, slow: u32): void {
  operandBase(isMemory);
  memoryAccess(OP_I64_LOAD, offset);
  i64Const(1);
  byte(OP_I64_SHL);
  i64Const(~(<u64>0));
  byte(OP_I64_ADD);
  i64Const(DENORMAL_END);
  byte(OP_I64_LT_U);
  leaveRarely(b, slow);
}

/** r − x ≠ y or r − y ≠ x; for a difference x − r ≠ y or r + y ≠ x. */
function leaveUnlessExactSum(b: Emit, isDifference: bool, slow: u32): void {
  localGet(isDifference ? LOCAL_DOUBLE_X : LOCAL_DOUBLE_R);
  localGet(isDifference ? LOCAL_DOUBLE_R : LOCAL_DOUBLE_X);
  byte(F64_SUB);
  localGet(LOCAL_DOUBLE_Y);
  byte(F64_NE);
  leaveRarely(b, slow);
  localGet(LOCAL_DOUBLE_R);
  localGet(LOCAL_DOUBLE_Y);
  byte(isDifference ? F64_ADD : F64_SUB);
  localGet(LOCAL_DOUBLE_X);
  byte(F64_NE);
  leaveRarely(b, slow);
}

function leaveUnlessExactProduct(b: Emit, isMemory: bool, g: u32, e: u32, slow: u32): void {
  cpuBase();
  memoryAccess(OP_I32_LOAD, g);
  operandBase(isMemory);
  memoryAccess(OP_I32_LOAD, e);
  byte(OP_I32_OR);
  i32Const(LOWER_HALF);
  byte(OP_I32_AND);
  b.openRareIf();
  i32Const(MUL);
  bits(LOCAL_DOUBLE_X);
  bits(LOCAL_DOUBLE_Y);
  bits(LOCAL_DOUBLE_R);
  call(EXACT_DOUBLE);
  byte(OP_I32_EQZ);
  b.branchTo(OP_BR_IF, slow);
  b.close();
}

function bits(local: u32): void {
  localGet(local);
  byte(I64_REINTERPRET_F64);
}

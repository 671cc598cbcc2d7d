/**
 * SSE arithmetic on floating-point lanes by the host's own instructions, where their answer is what x86 gives and no flag of
 * MXCSR changes: the same conditions as in sse/float-fast.ts (rounding to nearest, no denormal operand, a result that is normal
 * with room to the smallest one or an exact zero, PE set or an exact result). Infinities and NaNs among the operands show in
 * the result. Otherwise the handler runs.
 */
import { REC_MEM, Rec } from "../decode/record";
import { Cpu } from "../cpu/state";
import { FLOAT_OF_ID } from "../generated/translate";
import { MXCSR_PE, MXCSR_PM, MXCSR_RC } from "../sse/mxcsr";
import { Emit } from "./emit-backend";
import { emitHandler } from "./emit-handler";
import { MUL, emitDouble } from "./emit-sse-double";
import { V128_LOAD, V128_STORE, XMMWORD_LOG2, allow, point, simd, simdAccess, xmm } from "./emit-simd";
import { LOCAL_EXIT, LOCAL_PACKED_R, LOCAL_PACKED_X, LOCAL_PACKED_Y, Val, cpuBase, operandBase } from "./emit-values";
import {
  OP_I32_AND, OP_I32_EQZ, OP_I32_LOAD, OP_I32_NE, OP_I32_OR, OP_I32_WRAP_I64, OP_I64_EQZ, OP_I64_EXTEND_I32_U, OP_I64_LOAD, OP_I64_LOAD32_U, OP_I64_LT_U, OP_I64_STORE, OP_I64_STORE32, byte, i32Const, localGet, localSet,
  localTee, memoryAccess,
} from "./encoder";
import { IMPORT_EXACT, call } from "./imports";

const KIND_SHIFT: u32 = 8;
const KIND_PS: u32 = 0;
const KIND_PD: u32 = 1;
const KIND_SS: u32 = 2;
const KIND_SD: u32 = 3;
const OPERATION_SHIFT: u32 = 11;
/** By number, as in sse/float-fast.ts. */
const DIV: u32 = 3;
const UNARY: u32 = 0x400;

const F32_REINTERPRET_I32: u8 = 0xbe;
const I32_REINTERPRET_F32: u8 = 0xbc;
const F64_REINTERPRET_I64: u8 = 0xbf;
const I64_REINTERPRET_F64: u8 = 0xbd;
const V128_CONST: u32 = 0x0c;
const V128_NOT: u32 = 0x4d;
const V128_AND: u32 = 0x4e;
const V128_OR: u32 = 0x50;
const V128_ANY_TRUE: u32 = 0x53;
const I32X4_LT_U: u32 = 0x3a;
const F32X4_EQ: u32 = 0x41;
const F64X2_EQ: u32 = 0x47;
const I32X4_SHL: u32 = 0xab;
const I32X4_SUB: u32 = 0xb1;
const I64X2_SHL: u32 = 0xcb;
const I64X2_SHR_U: u32 = 0xcd;
const I64X2_LT_S: u32 = 0xd8;
const I64X2_GT_S: u32 = 0xd9;

// Values without their sign, in the upper bits of a lane: below the least normal one there are denormals and zero.
const LEAST_NORMAL_SINGLE: u64 = 0x0100_0000_0000_0000;
const LEAST_NORMAL_DOUBLE: u64 = 0x0020_0000_0000_0000;
const INFINITY_SINGLE: u64 = 0xff00_0000_0000_0000;
const INFINITY_DOUBLE: u64 = 0xffe0_0000_0000_0000;

/** False if the record is none of them, or its address needs the interpreter. */
export function emitSseFloat(b: Emit, rec: Rec): bool {
  const what: u32 = load<u16>(FLOAT_OF_ID + (<usize>rec.id << 1));
  if (what == 0) return false;
  const isMemory = (rec.flags & REC_MEM) != 0;
  if (isMemory && !b.canAddress(b.cpu, rec)) return false;
  allow(b);
  const kind = (what >> KIND_SHIFT) & 3;
  if (kind == KIND_SD && !(what & UNARY) && what >> OPERATION_SHIFT <= MUL) emitDouble(b, rec, what >> OPERATION_SHIFT);
  else if (kind == KIND_PS || kind == KIND_PD) packed(b, rec, what, kind == KIND_PD);
  else scalar(b, rec, what, kind == KIND_SS ? 2 : 3);
  return true;
}

/** The handler where the condition on the wasm stack holds, which is seldom; what follows runs otherwise, up to `close`. */
function orHandler(b: Emit, rec: Rec): void {
  b.openRareIf();
  const dirty = b.dirty;
  const kind = b.kind;
  emitHandler(b, rec);
  b.dirty = dirty;
  b.kind = kind;
  b.otherwise();
}

function loadMode(bits: u32): void {
  cpuBase();
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("mxcsr"));
  i32Const(bits);
  byte(OP_I32_AND);
}

/**
 * [i32] → [i32] holds as well if another rounding than to nearest is asked for, or if an inexact result would be noted (PE is clear, or
 * not masked) and this one is; between this and `closeExact` the arguments of isExact… are written.
 */
function openExact(b: Emit): void {
  loadMode(MXCSR_RC);
  byte(OP_I32_OR);
  localSet(LOCAL_EXIT);
  loadMode(MXCSR_PE | MXCSR_PM);
  i32Const(MXCSR_PE | MXCSR_PM);
  byte(OP_I32_NE);
  b.openIf();
}

function closeExact(b: Emit, kind: u32): void {
  call(IMPORT_EXACT + (kind == KIND_SS ? 0 : kind == KIND_SD ? 1 : kind == KIND_PS ? 2 : 3));
  byte(OP_I32_EQZ);
  localGet(LOCAL_EXIT);
  byte(OP_I32_OR);
  localSet(LOCAL_EXIT);
  b.close();
  localGet(LOCAL_EXIT);
}

// ---- one lane

function scalar(b: Emit, rec: Rec, what: u32, sizeLog2: u32): void {
  const isUnary = (what & UNARY) != 0;
  const operation = what >> OPERATION_SHIFT;
  const isMemory = (rec.flags & REC_MEM) != 0;
  if (isMemory) point(b, rec, sizeLog2, false, false);
  const y = loadLane(b, isMemory, isMemory ? 0 : xmm(rec.e), sizeLog2);
  const x = isUnary ? y : loadLane(b, false, xmm(rec.g), sizeLog2);
  if (!isUnary) asFloat(b, x, sizeLog2);
  asFloat(b, y, sizeLog2);
  byte(<u8>what);
  byte(sizeLog2 == 2 ? I32_REINTERPRET_F32 : I64_REINTERPRET_F64);
  if (sizeLog2 == 2) byte(OP_I64_EXTEND_I32_U);
  const result = b.define();
  const least = sizeLog2 == 2 ? LEAST_NORMAL_SINGLE : LEAST_NORMAL_DOUBLE;
  const infinity = sizeLog2 == 2 ? INFINITY_SINGLE : INFINITY_DOUBLE;
  // From twice the least normal number up to infinity, or zero that was not rounded to it.
  isBetween(b, result, sizeLog2, least * 2, infinity);
  isZero(b, result, sizeLog2);
  if (operation == MUL) {
    isZero(b, x, sizeLog2);
    isZero(b, y, sizeLog2);
    byte(OP_I32_OR);
    byte(OP_I32_AND);
  } else if (operation == DIV) {
    isZero(b, x, sizeLog2);
    byte(OP_I32_AND);
  }
  byte(OP_I32_OR);
  byte(OP_I32_EQZ);
  isBetween(b, y, sizeLog2, 1, least);
  byte(OP_I32_OR);
  if (!isUnary) {
    isBetween(b, x, sizeLog2, 1, least);
    byte(OP_I32_OR);
  }
  openExact(b);
  i32Const(operation);
  b.get(x);
  b.get(y);
  b.get(result);
  closeExact(b, sizeLog2 == 2 ? KIND_SS : KIND_SD);
  orHandler(b, rec);
  cpuBase();
  b.get(result);
  memoryAccess(sizeLog2 == 2 ? OP_I64_STORE32 : OP_I64_STORE, xmm(rec.g));
  b.close();
}

function loadLane(b: Emit, isMemory: bool, offset: u32, sizeLog2: u32): Val {
  operandBase(isMemory);
  memoryAccess(sizeLog2 == 2 ? OP_I64_LOAD32_U : OP_I64_LOAD, offset);
  return b.define();
}

function asFloat(b: Emit, bits: Val, sizeLog2: u32): void {
  b.get(bits);
  if (sizeLog2 == 2) byte(OP_I32_WRAP_I64);
  byte(sizeLog2 == 2 ? F32_REINTERPRET_I32 : F64_REINTERPRET_I64);
}

/** [i32] whether the value without its sign, at the upper end of 64 bits, is from `first` up to `end`. */
function isBetween(b: Emit, bits: Val, sizeLog2: u32, first: u64, end: u64): void {
  const size = b.shl(bits, b.const(sizeLog2 == 2 ? 33 : 1));
  b.get(b.sub(size, b.const(first)));
  b.get(b.const(end - first));
  byte(OP_I64_LT_U);
}

function isZero(b: Emit, bits: Val, sizeLog2: u32): void {
  b.get(b.shl(bits, b.const(sizeLog2 == 2 ? 33 : 1)));
  byte(OP_I64_EQZ);
}

// ---- all lanes

function packed(b: Emit, rec: Rec, what: u32, isDouble: bool): void {
  const isUnary = (what & UNARY) != 0;
  const operation = what >> OPERATION_SHIFT;
  const isMemory = (rec.flags & REC_MEM) != 0;
  if (isMemory) point(b, rec, XMMWORD_LOG2, false, true);
  if (!isUnary) {
    cpuBase();
    simdAccess(V128_LOAD, xmm(rec.g));
    localTee(LOCAL_PACKED_X);
  }
  operandBase(isMemory);
  simdAccess(V128_LOAD, isMemory ? 0 : xmm(rec.e));
  localTee(LOCAL_PACKED_Y);
  simd(what & 0xff);
  localSet(LOCAL_PACKED_R);
  const least = isDouble ? LEAST_NORMAL_DOUBLE : LEAST_NORMAL_SINGLE;
  lanesBetween(LOCAL_PACKED_R, isDouble, least * 2, isDouble ? INFINITY_DOUBLE : INFINITY_SINGLE);
  zeroLanes(LOCAL_PACKED_R, isDouble);
  if (operation == MUL) {
    zeroLanes(LOCAL_PACKED_X, isDouble);
    zeroLanes(LOCAL_PACKED_Y, isDouble);
    simd(V128_OR);
    simd(V128_AND);
  } else if (operation == DIV) {
    zeroLanes(LOCAL_PACKED_X, isDouble);
    simd(V128_AND);
  }
  simd(V128_OR);
  simd(V128_NOT);
  lanesBetween(LOCAL_PACKED_Y, isDouble, isDouble ? 2 : <u64>1 << 32, least);
  simd(V128_OR);
  if (!isUnary) {
    lanesBetween(LOCAL_PACKED_X, isDouble, isDouble ? 2 : <u64>1 << 32, least);
    simd(V128_OR);
  }
  simd(V128_ANY_TRUE);
  openExact(b);
  i32Const(operation);
  localGet(isUnary ? LOCAL_PACKED_Y : LOCAL_PACKED_X);
  localGet(LOCAL_PACKED_Y);
  localGet(LOCAL_PACKED_R);
  closeExact(b, isDouble ? KIND_PD : KIND_PS);
  orHandler(b, rec);
  cpuBase();
  localGet(LOCAL_PACKED_R);
  simdAccess(V128_STORE, xmm(rec.g));
  b.close();
}

/** [v128] lanes whose value without its sign is from `first` up to `end`, which are given as for one lane. */
function lanesBetween(local: u32, isDouble: bool, first: u64, end: u64): void {
  if (isDouble) {
    // There is no unsigned comparison of 64-bit lanes: the sign is taken away instead.
    size64(local);
    splat((first >> 1) - 1);
    simd(I64X2_GT_S);
    size64(local);
    splat(end >> 1);
    simd(I64X2_LT_S);
    simd(V128_AND);
    return;
  }
  localGet(local);
  i32Const(1);
  simd(I32X4_SHL);
  splat((first >> 32) * 0x1_0000_0001);
  simd(I32X4_SUB);
  splat(((end - first) >> 32) * 0x1_0000_0001);
  simd(I32X4_LT_U);
}

function zeroLanes(local: u32, isDouble: bool): void {
  localGet(local);
  splat(0);
  simd(isDouble ? F64X2_EQ : F32X4_EQ);
}

function size64(local: u32): void {
  localGet(local);
  i32Const(1);
  simd(I64X2_SHL);
  i32Const(1);
  simd(I64X2_SHR_U);
}

function splat(lane: u64): void {
  simd(V128_CONST);
  for (let i: u64 = 0; i < 128; i += 8) byte(<u8>(lane >> (i & 63)));
}

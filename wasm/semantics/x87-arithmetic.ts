/**
 * x87 arithmetic: + − × ÷ in all operand forms, and FSQRT FRNDINT FSCALE FXTRACT FPREM FPREM1.
 *
 * Operations are computed as ST(0) op other. FSUB ST(i), ST(0) is ST(i) − ST(0) and so the reversed one of these.
 * [SDM1] 8.3.5, table 8-5; [SDM2]
 */
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import { OP_ADD, OP_DIV, OP_DIVR, OP_MUL, OP_SUB, OP_SUBR, operate, squareRoot } from "../fpu/arithmetic";
import { FSW_C2, FSW_DE, Float80, indefinite, isSpecial, raiseFpu } from "../fpu/float80";
import { fromInteger, isDenormalNarrow, widen } from "../fpu/narrow";
import { extractExponent, extractSignificand, remainder, remainderCodes, remainderCodesMask, scale } from "../fpu/remainder";
import { roundToInteger } from "../fpu/round";
import { operateWithNarrow, operateWithRegister } from "../fpu/short";
import { getSt, isEmpty, overflow, pop, push, setSt, settle, underflow } from "../fpu/stack";
import { readMem } from "./sse-operands";
import { noteInstruction, noteMemory, setPointers } from "./x87-pointers";

/** Writes ST(i) unless an unmasked exception forbids it, then pops. */
@inline function finish(cpu: Cpu, i: u32, result: Float80, pops: bool): void {
  if (!settle(cpu)) return;
  setSt(cpu, i, result);
  if (pops) pop(cpu);
}

/** The response to an empty source. */
function finishUnderflow(cpu: Cpu, i: u32, pops: bool): void {
  if (!underflow(cpu)) return;
  setSt(cpu, i, indefinite());
  if (pops) pop(cpu);
}

/** ST(0) ← ST(0) op a memory operand, already widened; `isDenormal` as it stood in memory. */
function withMemory(cpu: Cpu, rec: Rec, op: u32, b: Float80, isDenormal: bool): void {
  noteMemory(cpu, rec);
  if (isEmpty(cpu, 0)) {
    finishUnderflow(cpu, 0, false);
    return;
  }
  const a = getSt(cpu, 0);
  if (isDenormal && !isSpecial(a)) raiseFpu(FSW_DE);
  finish(cpu, 0, operate(op, cpu.fpuControl, a, b), false);
}

@inline function withReal<T>(cpu: Cpu, rec: Rec, op: u32): void {
  const raw = readMem<T>(cpu, rec);
  if (cpu.fault) return;
  if (operateWithNarrow<T>(cpu, op, raw)) setPointers(cpu, rec);
  else withMemory(cpu, rec, op, widen<T>(raw), isDenormalNarrow<T>(raw));
}

@inline function withInteger<T>(cpu: Cpu, rec: Rec, op: u32): void {
  const raw = readMem<T>(cpu, rec);
  if (cpu.fault) return;
  withMemory(cpu, rec, op, fromInteger(raw), false);
}

/** ST(0) op ST(i), to one of them. */
function withRegister(cpu: Cpu, rec: Rec, op: u32, toOther: bool, pops: bool): void {
  const i: u32 = rec.modrm & 7;
  noteInstruction(cpu, rec);
  if (operateWithRegister(cpu, op, i, toOther)) {
    if (pops) pop(cpu);
    return;
  }
  const to = toOther ? i : 0;
  if (isEmpty(cpu, 0) || isEmpty(cpu, i)) {
    finishUnderflow(cpu, to, pops);
    return;
  }
  finish(cpu, to, operate(op, cpu.fpuControl, getSt(cpu, 0), getSt(cpu, i)), pops);
}

// ---- FADD
export function FADD_M32(cpu: Cpu, rec: Rec): void {
  withReal<u32>(cpu, rec, OP_ADD);
}
export function FADD_M64(cpu: Cpu, rec: Rec): void {
  withReal<u64>(cpu, rec, OP_ADD);
}
export function FADD_M16I(cpu: Cpu, rec: Rec): void {
  withInteger<i16>(cpu, rec, OP_ADD);
}
export function FADD_M32I(cpu: Cpu, rec: Rec): void {
  withInteger<i32>(cpu, rec, OP_ADD);
}
export function FADD_ST(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_ADD, false, false);
}
export function FADD_TO(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_ADD, true, false);
}
export function FADD_P(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_ADD, true, true);
}

// ---- FMUL
export function FMUL_M32(cpu: Cpu, rec: Rec): void {
  withReal<u32>(cpu, rec, OP_MUL);
}
export function FMUL_M64(cpu: Cpu, rec: Rec): void {
  withReal<u64>(cpu, rec, OP_MUL);
}
export function FMUL_M16I(cpu: Cpu, rec: Rec): void {
  withInteger<i16>(cpu, rec, OP_MUL);
}
export function FMUL_M32I(cpu: Cpu, rec: Rec): void {
  withInteger<i32>(cpu, rec, OP_MUL);
}
export function FMUL_ST(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_MUL, false, false);
}
export function FMUL_TO(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_MUL, true, false);
}
export function FMUL_P(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_MUL, true, true);
}

// ---- FSUB
export function FSUB_M32(cpu: Cpu, rec: Rec): void {
  withReal<u32>(cpu, rec, OP_SUB);
}
export function FSUB_M64(cpu: Cpu, rec: Rec): void {
  withReal<u64>(cpu, rec, OP_SUB);
}
export function FSUB_M16I(cpu: Cpu, rec: Rec): void {
  withInteger<i16>(cpu, rec, OP_SUB);
}
export function FSUB_M32I(cpu: Cpu, rec: Rec): void {
  withInteger<i32>(cpu, rec, OP_SUB);
}
export function FSUB_ST(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_SUB, false, false);
}
export function FSUB_TO(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_SUBR, true, false);
}
export function FSUB_P(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_SUBR, true, true);
}

// ---- FSUBR
export function FSUBR_M32(cpu: Cpu, rec: Rec): void {
  withReal<u32>(cpu, rec, OP_SUBR);
}
export function FSUBR_M64(cpu: Cpu, rec: Rec): void {
  withReal<u64>(cpu, rec, OP_SUBR);
}
export function FSUBR_M16I(cpu: Cpu, rec: Rec): void {
  withInteger<i16>(cpu, rec, OP_SUBR);
}
export function FSUBR_M32I(cpu: Cpu, rec: Rec): void {
  withInteger<i32>(cpu, rec, OP_SUBR);
}
export function FSUBR_ST(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_SUBR, false, false);
}
export function FSUBR_TO(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_SUB, true, false);
}
export function FSUBR_P(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_SUB, true, true);
}

// ---- FDIV
export function FDIV_M32(cpu: Cpu, rec: Rec): void {
  withReal<u32>(cpu, rec, OP_DIV);
}
export function FDIV_M64(cpu: Cpu, rec: Rec): void {
  withReal<u64>(cpu, rec, OP_DIV);
}
export function FDIV_M16I(cpu: Cpu, rec: Rec): void {
  withInteger<i16>(cpu, rec, OP_DIV);
}
export function FDIV_M32I(cpu: Cpu, rec: Rec): void {
  withInteger<i32>(cpu, rec, OP_DIV);
}
export function FDIV_ST(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_DIV, false, false);
}
export function FDIV_TO(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_DIVR, true, false);
}
export function FDIV_P(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_DIVR, true, true);
}

// ---- FDIVR
export function FDIVR_M32(cpu: Cpu, rec: Rec): void {
  withReal<u32>(cpu, rec, OP_DIVR);
}
export function FDIVR_M64(cpu: Cpu, rec: Rec): void {
  withReal<u64>(cpu, rec, OP_DIVR);
}
export function FDIVR_M16I(cpu: Cpu, rec: Rec): void {
  withInteger<i16>(cpu, rec, OP_DIVR);
}
export function FDIVR_M32I(cpu: Cpu, rec: Rec): void {
  withInteger<i32>(cpu, rec, OP_DIVR);
}
export function FDIVR_ST(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_DIVR, false, false);
}
export function FDIVR_TO(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_DIV, true, false);
}
export function FDIVR_P(cpu: Cpu, rec: Rec): void {
  withRegister(cpu, rec, OP_DIV, true, true);
}

// ---- one operand

export function FSQRT(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (isEmpty(cpu, 0)) finishUnderflow(cpu, 0, false);
  else finish(cpu, 0, squareRoot(cpu.fpuControl, getSt(cpu, 0)), false);
}

export function FRNDINT(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (isEmpty(cpu, 0)) finishUnderflow(cpu, 0, false);
  else finish(cpu, 0, roundToInteger(cpu.fpuControl, getSt(cpu, 0)), false);
}

// ---- ST(0) and ST(1)

export function FSCALE(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (isEmpty(cpu, 0) || isEmpty(cpu, 1)) finishUnderflow(cpu, 0, false);
  else finish(cpu, 0, scale(cpu.fpuControl, getSt(cpu, 0), getSt(cpu, 1)), false);
}

function partialRemainder(cpu: Cpu, rec: Rec, nearest: bool): void {
  noteInstruction(cpu, rec);
  if (isEmpty(cpu, 0) || isEmpty(cpu, 1)) {
    finishUnderflow(cpu, 0, false);
    cpu.fpuStatus &= <u16>~FSW_C2;
    return;
  }
  const result = remainder(cpu.fpuControl, getSt(cpu, 0), getSt(cpu, 1), nearest);
  if (!settle(cpu)) {
    cpu.fpuStatus &= <u16>~FSW_C2;
    return;
  }
  cpu.fpuStatus = <u16>((cpu.fpuStatus & ~remainderCodesMask()) | remainderCodes());
  setSt(cpu, 0, result);
}

export function FPREM(cpu: Cpu, rec: Rec): void {
  partialRemainder(cpu, rec, false);
}

export function FPREM1(cpu: Cpu, rec: Rec): void {
  partialRemainder(cpu, rec, true);
}

/** Two results: the exponent where the operand was, the significand above it. */
export function FXTRACT(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (isEmpty(cpu, 0)) {
    if (!underflow(cpu)) return;
    setSt(cpu, 0, indefinite());
    push(cpu, indefinite());
    return;
  }
  if (!isEmpty(cpu, 7)) {
    if (!overflow(cpu)) return;
    setSt(cpu, 0, indefinite());
    push(cpu, indefinite());
    return;
  }
  const a = getSt(cpu, 0);
  const exponent = extractExponent(a);
  const significand = extractSignificand(a);
  if (!settle(cpu)) return;
  setSt(cpu, 0, exponent);
  push(cpu, significand);
}

/**
 * SSE, SSE2 and SSE3 arithmetic on single and double: ADD SUB MUL DIV SQRT MIN MAX, packed and scalar; HADD HSUB ADDSUB;
 * RCP and RSQRT. How a lane is computed stands in sse/float-fast.ts and sse/soft-float.ts. A result is
 * written only if no exception is unmasked.
 *
 * RCP and RSQRT are given to the full precision of single, where processors promise 12 bits and differ from each other.
 * They raise no exceptions, take denormals for zero and give zero for tiny results.
 * [SDM1] 10.4.1, 11.4.1, 11.5; [SDM2] ADDPS …, RCPPS
 */
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import {
  FAdd, FDiv, FMax, FMin, FMul, FSqrt, FSub, arith32, arith64, arithPd, arithPs, isPlain32, isPlain64, isSafe32, isSafe64, isUsualMode, select32,
  select64, selectPd, selectPs,
} from "../sse/float-fast";
import { commitFlags } from "../sse/mxcsr";
import { getXmm, getXmmLow, setXmm, setXmmLow } from "../sse/registers";
import { defaultNan, infinity, isDenormal, isNan, isZero, magnitude, quiet, signBit, signOf } from "../sse/soft-float";
import { readW, readWLow } from "./sse-operands";

@inline function finish(cpu: Cpu, rec: Rec, result: v128): void {
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, result);
}

@inline function arithmeticPs<OP>(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  finish(cpu, rec, arithPs<OP>(cpu, cpu.mxcsr, getXmm(cpu, rec.g), y));
}

@inline function arithmeticPd<OP>(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  finish(cpu, rec, arithPd<OP>(cpu, cpu.mxcsr, getXmm(cpu, rec.g), y));
}

/** The usual case first: nothing but PE can change, and PE is settled. */
@inline function arithmeticSs<OP>(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  const x = getXmmLow<u32>(cpu, rec.g);
  if (isUsualMode(cpu.mxcsr) && isPlain32(x) && isPlain32(y)) {
    const usual = reinterpret<u32>(changetype<OP>(0).hard32(reinterpret<f32>(x), reinterpret<f32>(y)));
    if (isSafe32(usual)) {
      setXmmLow<u32>(cpu, rec.g, usual);
      return;
    }
  }
  cpu.simdFlags = 0;
  const result = arith32<OP>(cpu, cpu.mxcsr, x, y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u32>(cpu, rec.g, result);
}

@inline function arithmeticSd<OP>(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  const x = getXmmLow<u64>(cpu, rec.g);
  if (isUsualMode(cpu.mxcsr) && isPlain64(x) && isPlain64(y)) {
    const usual = reinterpret<u64>(changetype<OP>(0).hard64(reinterpret<f64>(x), reinterpret<f64>(y)));
    if (isSafe64(usual)) {
      setXmmLow<u64>(cpu, rec.g, usual);
      return;
    }
  }
  cpu.simdFlags = 0;
  const result = arith64<OP>(cpu, cpu.mxcsr, x, y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u64>(cpu, rec.g, result);
}

export function ADDPS(cpu: Cpu, rec: Rec): void { arithmeticPs<FAdd>(cpu, rec); }
export function ADDPD(cpu: Cpu, rec: Rec): void { arithmeticPd<FAdd>(cpu, rec); }
export function ADDSS(cpu: Cpu, rec: Rec): void { arithmeticSs<FAdd>(cpu, rec); }
export function ADDSD(cpu: Cpu, rec: Rec): void { arithmeticSd<FAdd>(cpu, rec); }
export function SUBPS(cpu: Cpu, rec: Rec): void { arithmeticPs<FSub>(cpu, rec); }
export function SUBPD(cpu: Cpu, rec: Rec): void { arithmeticPd<FSub>(cpu, rec); }
export function SUBSS(cpu: Cpu, rec: Rec): void { arithmeticSs<FSub>(cpu, rec); }
export function SUBSD(cpu: Cpu, rec: Rec): void { arithmeticSd<FSub>(cpu, rec); }
export function MULPS(cpu: Cpu, rec: Rec): void { arithmeticPs<FMul>(cpu, rec); }
export function MULPD(cpu: Cpu, rec: Rec): void { arithmeticPd<FMul>(cpu, rec); }
export function MULSS(cpu: Cpu, rec: Rec): void { arithmeticSs<FMul>(cpu, rec); }
export function MULSD(cpu: Cpu, rec: Rec): void { arithmeticSd<FMul>(cpu, rec); }
export function DIVPS(cpu: Cpu, rec: Rec): void { arithmeticPs<FDiv>(cpu, rec); }
export function DIVPD(cpu: Cpu, rec: Rec): void { arithmeticPd<FDiv>(cpu, rec); }
export function DIVSS(cpu: Cpu, rec: Rec): void { arithmeticSs<FDiv>(cpu, rec); }
export function DIVSD(cpu: Cpu, rec: Rec): void { arithmeticSd<FDiv>(cpu, rec); }

// ---- square root of W; the fast paths ask both operands to be plain, so W is given twice

export function SQRTPS(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  finish(cpu, rec, arithPs<FSqrt>(cpu, cpu.mxcsr, y, y));
}

export function SQRTPD(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  finish(cpu, rec, arithPd<FSqrt>(cpu, cpu.mxcsr, y, y));
}

export function SQRTSS(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const result = arith32<FSqrt>(cpu, cpu.mxcsr, y, y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u32>(cpu, rec.g, result);
}

export function SQRTSD(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const result = arith64<FSqrt>(cpu, cpu.mxcsr, y, y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u64>(cpu, rec.g, result);
}

// ---- minimum and maximum

@inline function extremePs<OP>(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  finish(cpu, rec, selectPs<OP>(cpu, cpu.mxcsr, getXmm(cpu, rec.g), y));
}

@inline function extremePd<OP>(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  finish(cpu, rec, selectPd<OP>(cpu, cpu.mxcsr, getXmm(cpu, rec.g), y));
}

@inline function extremeSs<OP>(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const result = select32<OP>(cpu, cpu.mxcsr, getXmmLow<u32>(cpu, rec.g), y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u32>(cpu, rec.g, result);
}

@inline function extremeSd<OP>(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const result = select64<OP>(cpu, cpu.mxcsr, getXmmLow<u64>(cpu, rec.g), y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u64>(cpu, rec.g, result);
}

export function MINPS(cpu: Cpu, rec: Rec): void { extremePs<FMin>(cpu, rec); }
export function MINPD(cpu: Cpu, rec: Rec): void { extremePd<FMin>(cpu, rec); }
export function MINSS(cpu: Cpu, rec: Rec): void { extremeSs<FMin>(cpu, rec); }
export function MINSD(cpu: Cpu, rec: Rec): void { extremeSd<FMin>(cpu, rec); }
export function MAXPS(cpu: Cpu, rec: Rec): void { extremePs<FMax>(cpu, rec); }
export function MAXPD(cpu: Cpu, rec: Rec): void { extremePd<FMax>(cpu, rec); }
export function MAXSS(cpu: Cpu, rec: Rec): void { extremeSs<FMax>(cpu, rec); }
export function MAXSD(cpu: Cpu, rec: Rec): void { extremeSd<FMax>(cpu, rec); }

// ---- SSE3: horizontal, and alternating subtraction and addition

@inline function horizontalPs<OP>(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  cpu.simdFlags = 0;
  finish(cpu, rec, arithPs<OP>(cpu, cpu.mxcsr, i32x4.shuffle(x, y, 0, 2, 4, 6), i32x4.shuffle(x, y, 1, 3, 5, 7)));
}

@inline function horizontalPd<OP>(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  cpu.simdFlags = 0;
  finish(cpu, rec, arithPd<OP>(cpu, cpu.mxcsr, i64x2.shuffle(x, y, 0, 2), i64x2.shuffle(x, y, 1, 3)));
}

export function HADDPS(cpu: Cpu, rec: Rec): void { horizontalPs<FAdd>(cpu, rec); }
export function HADDPD(cpu: Cpu, rec: Rec): void { horizontalPd<FAdd>(cpu, rec); }
export function HSUBPS(cpu: Cpu, rec: Rec): void { horizontalPs<FSub>(cpu, rec); }
export function HSUBPD(cpu: Cpu, rec: Rec): void { horizontalPd<FSub>(cpu, rec); }

export function ADDSUBPS(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  const mxcsr = cpu.mxcsr;
  cpu.simdFlags = 0;
  let r = i32x4.splat(arith32<FSub>(cpu, mxcsr, i32x4.extract_lane(x, 0), i32x4.extract_lane(y, 0)));
  r = i32x4.replace_lane(r, 1, arith32<FAdd>(cpu, mxcsr, i32x4.extract_lane(x, 1), i32x4.extract_lane(y, 1)));
  r = i32x4.replace_lane(r, 2, arith32<FSub>(cpu, mxcsr, i32x4.extract_lane(x, 2), i32x4.extract_lane(y, 2)));
  r = i32x4.replace_lane(r, 3, arith32<FAdd>(cpu, mxcsr, i32x4.extract_lane(x, 3), i32x4.extract_lane(y, 3)));
  finish(cpu, rec, r);
}

export function ADDSUBPD(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  const mxcsr = cpu.mxcsr;
  cpu.simdFlags = 0;
  const r = i64x2.splat(arith64<FSub>(cpu, mxcsr, i64x2.extract_lane(x, 0), i64x2.extract_lane(y, 0)));
  finish(cpu, rec, i64x2.replace_lane(r, 1, arith64<FAdd>(cpu, mxcsr, i64x2.extract_lane(x, 1), i64x2.extract_lane(y, 1))));
}

// ---- approximations

function reciprocal(a: u32): u32 {
  if (isNan<u32>(a)) return quiet<u32>(a);
  if (isZero<u32>(a) || isDenormal<u32>(a)) return (a & signBit<u32>()) | infinity<u32>();
  const result = reinterpret<u32>(<f32>1 / reinterpret<f32>(a));
  return isDenormal<u32>(result) ? result & signBit<u32>() : result;
}

function reciprocalRoot(a: u32): u32 {
  if (isNan<u32>(a)) return quiet<u32>(a);
  if (isZero<u32>(a) || isDenormal<u32>(a)) return (a & signBit<u32>()) | infinity<u32>();
  if (signOf<u32>(a)) return defaultNan<u32>();
  if (magnitude<u32>(a) == infinity<u32>()) return 0;
  return reinterpret<u32>(<f32>(1 / sqrt<f64>(<f64>reinterpret<f32>(a))));
}

export function RCPSS(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  setXmmLow<u32>(cpu, rec.g, reciprocal(y));
}

export function RSQRTSS(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  setXmmLow<u32>(cpu, rec.g, reciprocalRoot(y));
}

export function RCPPS(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  let r = i32x4.splat(reciprocal(i32x4.extract_lane(y, 0)));
  r = i32x4.replace_lane(r, 1, reciprocal(i32x4.extract_lane(y, 1)));
  r = i32x4.replace_lane(r, 2, reciprocal(i32x4.extract_lane(y, 2)));
  setXmm(cpu, rec.g, i32x4.replace_lane(r, 3, reciprocal(i32x4.extract_lane(y, 3))));
}

export function RSQRTPS(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  let r = i32x4.splat(reciprocalRoot(i32x4.extract_lane(y, 0)));
  r = i32x4.replace_lane(r, 1, reciprocalRoot(i32x4.extract_lane(y, 1)));
  r = i32x4.replace_lane(r, 2, reciprocalRoot(i32x4.extract_lane(y, 2)));
  setXmm(cpu, rec.g, i32x4.replace_lane(r, 3, reciprocalRoot(i32x4.extract_lane(y, 3))));
}

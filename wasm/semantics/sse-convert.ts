/**
 * CVT instructions of SSE and SSE2: integers, singles and doubles to one another, in XMM, MMX and general registers.
 * A result that does not fit gives the integer indefinite (only the sign bit) and IE. Instructions that touch
 * MMX registers enter MMX state; with a memory source CVTPI2PS and CVTPI2PD do not (as AMD processors have it; [SDM2]
 * says so of CVTPI2PD alone).
 * [SDM1] 10.4.3, 11.4.1.6, 11.6.14; [SDM2] CVTDQ2PD …
 */
import { checkMmx } from "../cpu/fpu-checks";
import { readE, setReg } from "../cpu/operand";
import { Cpu } from "../cpu/state";
import { REC_MEM, Rec } from "../decode/record";
import { fromInteger32, fromInteger64, narrow, roundingMode, toInteger32, toInteger64, widen } from "../sse/convert-fast";
import { commitFlags } from "../sse/mxcsr";
import { enterMmx, fromHalves, fromLow, setMm, setXmm, setXmmLow } from "../sse/registers";
import { ROUND_ZERO } from "../sse/soft-float";
import { readQ, readW, readWLow } from "./sse-operands";

// ---- one value to or from a general register: T is u32 or u64

export function CVTSI2SS<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  let r: u32;
  if (sizeof<T>() == 4) r = fromInteger32<i32>(cpu, cpu.mxcsr, <i32>value);
  else r = fromInteger32<i64>(cpu, cpu.mxcsr, <i64>value);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u32>(cpu, rec.g, r);
}

export function CVTSI2SD<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  let r: u64;
  if (sizeof<T>() == 4) r = fromInteger64<i32>(cpu, cpu.mxcsr, <i32>value);
  else r = fromInteger64<i64>(cpu, cpu.mxcsr, <i64>value);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u64>(cpu, rec.g, r);
}

@inline function singleToGeneral<T>(cpu: Cpu, rec: Rec, mode: u32): void {
  const x = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  let r: T;
  if (sizeof<T>() == 4) r = <T>toInteger32<i32>(cpu, cpu.mxcsr, mode, x);
  else r = <T>toInteger32<i64>(cpu, cpu.mxcsr, mode, x);
  if (commitFlags(cpu, cpu.simdFlags)) setReg<T>(cpu, rec.g, r);
}

@inline function doubleToGeneral<T>(cpu: Cpu, rec: Rec, mode: u32): void {
  const x = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  let r: T;
  if (sizeof<T>() == 4) r = <T>toInteger64<i32>(cpu, cpu.mxcsr, mode, x);
  else r = <T>toInteger64<i64>(cpu, cpu.mxcsr, mode, x);
  if (commitFlags(cpu, cpu.simdFlags)) setReg<T>(cpu, rec.g, r);
}

export function CVTSS2SI<T>(cpu: Cpu, rec: Rec): void { singleToGeneral<T>(cpu, rec, roundingMode(cpu.mxcsr)); }
export function CVTTSS2SI<T>(cpu: Cpu, rec: Rec): void { singleToGeneral<T>(cpu, rec, ROUND_ZERO); }
export function CVTSD2SI<T>(cpu: Cpu, rec: Rec): void { doubleToGeneral<T>(cpu, rec, roundingMode(cpu.mxcsr)); }
export function CVTTSD2SI<T>(cpu: Cpu, rec: Rec): void { doubleToGeneral<T>(cpu, rec, ROUND_ZERO); }

// ---- packed values and doublewords

@inline function pair(low: u32, high: u32): u64 {
  return <u64>low | (<u64>high << 32);
}

/** Two singles of `x` to doublewords. */
@inline function singlesToPair(cpu: Cpu, mode: u32, x: u64): u64 {
  const low = toInteger32<i32>(cpu, cpu.mxcsr, mode, <u32>x);
  return pair(low, toInteger32<i32>(cpu, cpu.mxcsr, mode, <u32>(x >> 32)));
}

/** Two doubles to doublewords. */
@inline function doublesToPair(cpu: Cpu, mode: u32, x: v128): u64 {
  const low = toInteger64<i32>(cpu, cpu.mxcsr, mode, i64x2.extract_lane(x, 0));
  return pair(low, toInteger64<i32>(cpu, cpu.mxcsr, mode, i64x2.extract_lane(x, 1)));
}

/** Two doublewords to singles. */
@inline function pairToSingles(cpu: Cpu, x: u64): u64 {
  const low = fromInteger32<i32>(cpu, cpu.mxcsr, <i32>x);
  return pair(low, fromInteger32<i32>(cpu, cpu.mxcsr, <i32>(x >> 32)));
}

export function CVTDQ2PS(cpu: Cpu, rec: Rec): void {
  const x = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const low = pairToSingles(cpu, i64x2.extract_lane(x, 0));
  const r = fromHalves(low, pairToSingles(cpu, i64x2.extract_lane(x, 1)));
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, r);
}

@inline function singlesToDwords(cpu: Cpu, rec: Rec, mode: u32): void {
  const x = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const low = singlesToPair(cpu, mode, i64x2.extract_lane(x, 0));
  const r = fromHalves(low, singlesToPair(cpu, mode, i64x2.extract_lane(x, 1)));
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, r);
}

export function CVTPS2DQ(cpu: Cpu, rec: Rec): void { singlesToDwords(cpu, rec, roundingMode(cpu.mxcsr)); }
export function CVTTPS2DQ(cpu: Cpu, rec: Rec): void { singlesToDwords(cpu, rec, ROUND_ZERO); }

/** Exact. */
export function CVTDQ2PD(cpu: Cpu, rec: Rec): void {
  const x = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, f64x2.convert_low_i32x4_s(fromLow(x)));
}

@inline function doublesToDwords(cpu: Cpu, rec: Rec, mode: u32): void {
  const x = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = doublesToPair(cpu, mode, x);
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, fromLow(r));
}

export function CVTPD2DQ(cpu: Cpu, rec: Rec): void { doublesToDwords(cpu, rec, roundingMode(cpu.mxcsr)); }
export function CVTTPD2DQ(cpu: Cpu, rec: Rec): void { doublesToDwords(cpu, rec, ROUND_ZERO); }

// ---- MMX: the rows ask for SSE state, the handlers for MMX state

export function CVTPI2PS(cpu: Cpu, rec: Rec): void {
  const isRegister = !(rec.flags & REC_MEM);
  if (isRegister && !checkMmx(cpu)) return;
  const x = readQ(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = pairToSingles(cpu, x);
  if (!commitFlags(cpu, cpu.simdFlags)) return;
  if (isRegister) enterMmx(cpu);
  setXmmLow<u64>(cpu, rec.g, r);
}

export function CVTPI2PD(cpu: Cpu, rec: Rec): void {
  const isRegister = !(rec.flags & REC_MEM);
  if (isRegister && !checkMmx(cpu)) return;
  const x = readQ(cpu, rec);
  if (cpu.fault) return;
  if (isRegister) enterMmx(cpu);
  setXmm(cpu, rec.g, f64x2.convert_low_i32x4_s(fromLow(x)));
}

@inline function toMmx(cpu: Cpu, rec: Rec, value: u64): void {
  if (!commitFlags(cpu, cpu.simdFlags)) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, value);
}

@inline function singlesToMmx(cpu: Cpu, rec: Rec, mode: u32): void {
  if (!checkMmx(cpu)) return;
  const x = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  toMmx(cpu, rec, singlesToPair(cpu, mode, x));
}

@inline function doublesToMmx(cpu: Cpu, rec: Rec, mode: u32): void {
  if (!checkMmx(cpu)) return;
  const x = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  toMmx(cpu, rec, doublesToPair(cpu, mode, x));
}

export function CVTPS2PI(cpu: Cpu, rec: Rec): void { singlesToMmx(cpu, rec, roundingMode(cpu.mxcsr)); }
export function CVTTPS2PI(cpu: Cpu, rec: Rec): void { singlesToMmx(cpu, rec, ROUND_ZERO); }
export function CVTPD2PI(cpu: Cpu, rec: Rec): void { doublesToMmx(cpu, rec, roundingMode(cpu.mxcsr)); }
export function CVTTPD2PI(cpu: Cpu, rec: Rec): void { doublesToMmx(cpu, rec, ROUND_ZERO); }

// ---- single and double

export function CVTSS2SD(cpu: Cpu, rec: Rec): void {
  const x = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = widen(cpu, cpu.mxcsr, x);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u64>(cpu, rec.g, r);
}

export function CVTSD2SS(cpu: Cpu, rec: Rec): void {
  const x = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = narrow(cpu, cpu.mxcsr, x);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u32>(cpu, rec.g, r);
}

export function CVTPS2PD(cpu: Cpu, rec: Rec): void {
  const x = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const low = widen(cpu, cpu.mxcsr, <u32>x);
  const r = fromHalves(low, widen(cpu, cpu.mxcsr, <u32>(x >> 32)));
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, r);
}

export function CVTPD2PS(cpu: Cpu, rec: Rec): void {
  const x = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const low = narrow(cpu, cpu.mxcsr, i64x2.extract_lane(x, 0));
  const r = pair(low, narrow(cpu, cpu.mxcsr, i64x2.extract_lane(x, 1)));
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, fromLow(r));
}

/**
 * SSE4.1 on floating point: ROUND and the dot products DPPS and DPPD. [SDM2] ROUNDPS, DPPS, DPPD; [SDM1] 12.8.4, 12.8.6
 */
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import { roundingMode } from "../sse/convert-fast";
import { FAdd, FMul, arith32, arith64, isPlain32, isPlain64 } from "../sse/float-fast";
import { MXCSR_PE, MXCSR_PM, commitFlags } from "../sse/mxcsr";
import { getXmm, setXmm, setXmmLow } from "../sse/registers";
import { softRound } from "../sse/soft-convert";
import { ROUND_DOWN, ROUND_NEAREST, ROUND_UP } from "../sse/soft-float";
import { readW, readWLow } from "./sse-operands";

/** Immediate of ROUND: take the mode from MXCSR; report no PE. */
const ROUND_BY_MXCSR: u32 = 4;
const ROUND_QUIET: u32 = 8;

@inline function host<F>(mode: u32, x: F): F {
  return mode == ROUND_NEAREST ? nearest<F>(x) : mode == ROUND_DOWN ? floor<F>(x) : mode == ROUND_UP ? ceil<F>(x) : trunc<F>(x);
}

/** PE stays as it is: set and masked already, or not to be reported. */
@inline function inexactIsSettled(mxcsr: u32, control: u32): bool {
  return (control & ROUND_QUIET) != 0 || (mxcsr & (MXCSR_PE | MXCSR_PM)) == (MXCSR_PE | MXCSR_PM);
}

function round32(cpu: Cpu, control: u32, a: u32): u32 {
  const mxcsr = cpu.mxcsr;
  const mode = control & ROUND_BY_MXCSR ? roundingMode(mxcsr) : control & 3;
  if (isPlain32(a)) {
    const r = host<f32>(mode, reinterpret<f32>(a));
    if (r == reinterpret<f32>(a) || inexactIsSettled(mxcsr, control)) return reinterpret<u32>(r);
  }
  return softRound<u32>(cpu, mxcsr, mode, (control & ROUND_QUIET) != 0, a);
}

function round64(cpu: Cpu, control: u32, a: u64): u64 {
  const mxcsr = cpu.mxcsr;
  const mode = control & ROUND_BY_MXCSR ? roundingMode(mxcsr) : control & 3;
  if (isPlain64(a)) {
    const r = host<f64>(mode, reinterpret<f64>(a));
    if (r == reinterpret<f64>(a) || inexactIsSettled(mxcsr, control)) return reinterpret<u64>(r);
  }
  return softRound<u64>(cpu, mxcsr, mode, (control & ROUND_QUIET) != 0, a);
}

export function ROUNDSS(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = round32(cpu, <u32>rec.imm, y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u32>(cpu, rec.g, r);
}

export function ROUNDSD(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = round64(cpu, <u32>rec.imm, y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u64>(cpu, rec.g, r);
}

export function ROUNDPS(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const control = <u32>rec.imm;
  let r = i32x4.splat(round32(cpu, control, i32x4.extract_lane(y, 0)));
  r = i32x4.replace_lane(r, 1, round32(cpu, control, i32x4.extract_lane(y, 1)));
  r = i32x4.replace_lane(r, 2, round32(cpu, control, i32x4.extract_lane(y, 2)));
  r = i32x4.replace_lane(r, 3, round32(cpu, control, i32x4.extract_lane(y, 3)));
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, r);
}

export function ROUNDPD(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = i64x2.splat(round64(cpu, <u32>rec.imm, i64x2.extract_lane(y, 0)));
  const both = i64x2.replace_lane(r, 1, round64(cpu, <u32>rec.imm, i64x2.extract_lane(y, 1)));
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, both);
}

/** The product of one lane, or +0 where the immediate leaves the lane out. */
@inline function product32(cpu: Cpu, control: u32, lane: u32, a: u32, b: u32): u32 {
  return (control >> (4 + lane)) & 1 ? arith32<FMul>(cpu, cpu.mxcsr, a, b) : 0;
}

/** (p0 + p1) + (p2 + p3), each step rounded, into the lanes that the low bits of the immediate name. */
export function DPPS(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  const control = <u32>rec.imm;
  cpu.simdFlags = 0;
  const p0 = product32(cpu, control, 0, i32x4.extract_lane(x, 0), i32x4.extract_lane(y, 0));
  const p1 = product32(cpu, control, 1, i32x4.extract_lane(x, 1), i32x4.extract_lane(y, 1));
  const p2 = product32(cpu, control, 2, i32x4.extract_lane(x, 2), i32x4.extract_lane(y, 2));
  const p3 = product32(cpu, control, 3, i32x4.extract_lane(x, 3), i32x4.extract_lane(y, 3));
  if (!commitFlags(cpu, cpu.simdFlags)) return;
  const low = arith32<FAdd>(cpu, cpu.mxcsr, p0, p1);
  const high = arith32<FAdd>(cpu, cpu.mxcsr, p2, p3);
  if (!commitFlags(cpu, cpu.simdFlags)) return;
  const sum = arith32<FAdd>(cpu, cpu.mxcsr, low, high);
  if (!commitFlags(cpu, cpu.simdFlags)) return;
  let r = i32x4.splat(control & 1 ? sum : 0);
  r = i32x4.replace_lane(r, 1, control & 2 ? sum : 0);
  r = i32x4.replace_lane(r, 2, control & 4 ? sum : 0);
  setXmm(cpu, rec.g, i32x4.replace_lane(r, 3, control & 8 ? sum : 0));
}

export function DPPD(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  const control = <u32>rec.imm;
  cpu.simdFlags = 0;
  const p0 = control & 0x10 ? arith64<FMul>(cpu, cpu.mxcsr, i64x2.extract_lane(x, 0), i64x2.extract_lane(y, 0)) : 0;
  const p1 = control & 0x20 ? arith64<FMul>(cpu, cpu.mxcsr, i64x2.extract_lane(x, 1), i64x2.extract_lane(y, 1)) : 0;
  if (!commitFlags(cpu, cpu.simdFlags)) return;
  const sum = arith64<FAdd>(cpu, cpu.mxcsr, p0, p1);
  if (!commitFlags(cpu, cpu.simdFlags)) return;
  const r = i64x2.splat(control & 1 ? sum : 0);
  setXmm(cpu, rec.g, i64x2.replace_lane(r, 1, control & 2 ? sum : 0));
}

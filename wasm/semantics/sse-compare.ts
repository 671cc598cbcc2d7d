/**
 * Comparison of singles and doubles: CMPPS … with the eight predicates, COMIS and UCOMIS into EFLAGS.
 * [SDM2] CMPPS table 3-1, COMISS, UCOMISS
 */
import { setArithFlags } from "../cpu/flags";
import { Cpu, FLAG_CF, FLAG_PF, FLAG_ZF } from "../cpu/state";
import { Rec } from "../decode/record";
import { isPlain32, isPlain64 } from "../sse/float-fast";
import { commitFlags } from "../sse/mxcsr";
import { getXmm, getXmmLow, setXmm, setXmmLow } from "../sse/registers";
import {
  RELATION_EQUAL, RELATION_GREATER, RELATION_LESS, RELATION_UNORDERED, softCompare,
} from "../sse/soft-float";
import { readW, readWLow } from "./sse-operands";

@inline function relation32(cpu: Cpu, a: u32, b: u32, quietIsInvalid: bool): u32 {
  if (isPlain32(a) && isPlain32(b)) {
    const x = reinterpret<f32>(a), y = reinterpret<f32>(b);
    return x < y ? RELATION_LESS : x == y ? RELATION_EQUAL : RELATION_GREATER;
  }
  return softCompare<u32>(cpu, cpu.mxcsr, a, b, quietIsInvalid);
}

@inline function relation64(cpu: Cpu, a: u64, b: u64, quietIsInvalid: bool): u32 {
  if (isPlain64(a) && isPlain64(b)) {
    const x = reinterpret<f64>(a), y = reinterpret<f64>(b);
    return x < y ? RELATION_LESS : x == y ? RELATION_EQUAL : RELATION_GREATER;
  }
  return softCompare<u64>(cpu, cpu.mxcsr, a, b, quietIsInvalid);
}

/** Relations that make predicate 0…7 (EQ LT LE UNORD NEQ NLT NLE ORD) true, four bits each. */
const ACCEPTED: u32 =
  RELATION_EQUAL |
  (RELATION_LESS << 4) |
  ((RELATION_LESS | RELATION_EQUAL) << 8) |
  (RELATION_UNORDERED << 12) |
  ((RELATION_LESS | RELATION_GREATER | RELATION_UNORDERED) << 16) |
  ((RELATION_EQUAL | RELATION_GREATER | RELATION_UNORDERED) << 20) |
  ((RELATION_GREATER | RELATION_UNORDERED) << 24) |
  ((RELATION_LESS | RELATION_EQUAL | RELATION_GREATER) << 28);

/** LT, LE, NLT and NLE take a quiet NaN for invalid. */
@inline function isOrdering(predicate: u32): bool {
  return ((predicate + 1) & 2) != 0;
}

function compare32(cpu: Cpu, predicate: u32, a: u32, b: u32): u32 {
  return relation32(cpu, a, b, isOrdering(predicate)) & (ACCEPTED >> (predicate << 2)) ? 0xffff_ffff : 0;
}

function compare64(cpu: Cpu, predicate: u32, a: u64, b: u64): u64 {
  return relation64(cpu, a, b, isOrdering(predicate)) & (ACCEPTED >> (predicate << 2)) ? 0xffff_ffff_ffff_ffff : 0;
}

export function CMPPS_VWI(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  const predicate = <u32>rec.imm & 7;
  cpu.simdFlags = 0;
  let r = i32x4.splat(compare32(cpu, predicate, i32x4.extract_lane(x, 0), i32x4.extract_lane(y, 0)));
  r = i32x4.replace_lane(r, 1, compare32(cpu, predicate, i32x4.extract_lane(x, 1), i32x4.extract_lane(y, 1)));
  r = i32x4.replace_lane(r, 2, compare32(cpu, predicate, i32x4.extract_lane(x, 2), i32x4.extract_lane(y, 2)));
  r = i32x4.replace_lane(r, 3, compare32(cpu, predicate, i32x4.extract_lane(x, 3), i32x4.extract_lane(y, 3)));
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, r);
}

export function CMPPD_VWI(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  const predicate = <u32>rec.imm & 7;
  cpu.simdFlags = 0;
  let r = i64x2.splat(compare64(cpu, predicate, i64x2.extract_lane(x, 0), i64x2.extract_lane(y, 0)));
  r = i64x2.replace_lane(r, 1, compare64(cpu, predicate, i64x2.extract_lane(x, 1), i64x2.extract_lane(y, 1)));
  if (commitFlags(cpu, cpu.simdFlags)) setXmm(cpu, rec.g, r);
}

export function CMPSS_VWI(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = compare32(cpu, <u32>rec.imm & 7, getXmmLow<u32>(cpu, rec.g), y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u32>(cpu, rec.g, r);
}

export function CMPSD_VWI(cpu: Cpu, rec: Rec): void {
  const y = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  const r = compare64(cpu, <u32>rec.imm & 7, getXmmLow<u64>(cpu, rec.g), y);
  if (commitFlags(cpu, cpu.simdFlags)) setXmmLow<u64>(cpu, rec.g, r);
}

// ---- into EFLAGS: ZF PF CF; OF, SF and AF become 0

function setRelation(cpu: Cpu, relation: u32): void {
  if (!commitFlags(cpu, cpu.simdFlags)) return;
  let flags: u32 = 0;
  if (relation == RELATION_UNORDERED) flags = FLAG_ZF | FLAG_PF | FLAG_CF;
  else if (relation == RELATION_LESS) flags = FLAG_CF;
  else if (relation == RELATION_EQUAL) flags = FLAG_ZF;
  setArithFlags(cpu, flags);
}

@inline function compareSingle(cpu: Cpu, rec: Rec, quietIsInvalid: bool): void {
  const y = readWLow<u32>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  setRelation(cpu, relation32(cpu, getXmmLow<u32>(cpu, rec.g), y, quietIsInvalid));
}

@inline function compareDouble(cpu: Cpu, rec: Rec, quietIsInvalid: bool): void {
  const y = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  cpu.simdFlags = 0;
  setRelation(cpu, relation64(cpu, getXmmLow<u64>(cpu, rec.g), y, quietIsInvalid));
}

export function COMISS(cpu: Cpu, rec: Rec): void { compareSingle(cpu, rec, true); }
export function COMISD(cpu: Cpu, rec: Rec): void { compareDouble(cpu, rec, true); }
export function UCOMISS(cpu: Cpu, rec: Rec): void { compareSingle(cpu, rec, false); }
export function UCOMISD(cpu: Cpu, rec: Rec): void { compareDouble(cpu, rec, false); }

/**
 * Effective addresses: from a decoded memory operand to a linear address, with the segment checks that the mode asks
 * for. In flat and 64-bit code nothing is left to check and the address is a sum.
 * [SDM1] 3.7.5, [SDM3] 5.3 limit checking, 5.5 type checking, [APM2] 4.5.3 canonical form
 */
import {
  ATTR_DB, ATTR_P, ATTR_S, Cpu, OFF_SEGMENTS, SEG_CS, SEG_FS, SEG_SS, Segment, TYPE_CODE, TYPE_EXPAND_DOWN, TYPE_READABLE, TYPE_WRITABLE,
  is64, isRealOrV86, ptr, segment,
} from "./state";
import { VECTOR_GP, VECTOR_SS, raiseCode } from "./fault";
import { REC_ADDRSIZE_SHIFT, REC_EA_32, REC_EA_64, REC_EA_64_SEG, REC_EA_MASK, Rec, addrSizeLog2 } from "../decode/record";

export const ACCESS_READ: u32 = 0;
export const ACCESS_WRITE: u32 = 1;
/** Read and then written: the segment must allow both. */
export const ACCESS_RMW: u32 = 3;

const CANONICAL_SHIFT: u64 = 16;

/** Bits 63 to 47 are equal. */
@inline export function isCanonical(linearAddr: u64): bool {
  return <u64>((<i64>(linearAddr << CANONICAL_SHIFT)) >> <i64>CANONICAL_SHIFT) == linearAddr;
}

/** Where the instruction pointer is for a linear address of code. */
@inline export function ripOf(cpu: Cpu, linearAddr: u64): u64 {
  return is64(cpu) ? linearAddr : (linearAddr - segment(cpu, SEG_CS).base) & 0xffff_ffff;
}

@inline function sum(cpu: Cpu, rec: Rec): u64 {
  return load<u64>(ptr(cpu) + rec.base) + (load<u64>(ptr(cpu) + rec.indexReg) << rec.scale) + <u64>(<i64>rec.disp);
}

/** Offset part of the memory operand, masked to the address size (LEA; base of far pointers). */
export function effectiveOffset(cpu: Cpu, rec: Rec): u64 {
  const offset = sum(cpu, rec);
  const size = addrSizeLog2(rec);
  if (size == 3) return offset;
  return size == 2 ? offset & 0xffff_ffff : offset & 0xffff;
}

/**
 * Linear address of the memory operand of `rec` for an access of `sizeBytes`. May raise #GP or #SS: check `cpu.fault`.
 */
@inline export function linear(cpu: Cpu, rec: Rec, sizeBytes: u32, access: u32): u64 {
  const kind: u32 = rec.flags & REC_EA_MASK;
  if (kind == REC_EA_64) return sum(cpu, rec);
  if (kind == REC_EA_32) return sum(cpu, rec) & 0xffff_ffff;
  return linearGeneral(cpu, rec, sizeBytes, access);
}

export function linearGeneral(cpu: Cpu, rec: Rec, sizeBytes: u32, access: u32): u64 {
  if ((rec.flags & REC_EA_MASK) == REC_EA_64_SEG) return sum(cpu, rec) + segment(cpu, rec.seg).base;
  return segLinear(cpu, rec.seg, effectiveOffset(cpu, rec), sizeBytes, access);
}

/** #SS for the stack segment, #GP for the others. */
export function raiseSegment(cpu: Cpu, segIndex: u32, errorCode: u32): void {
  raiseCode(cpu, segIndex == SEG_SS ? VECTOR_SS : VECTOR_GP, errorCode);
}

/** Linear address of `offset` in a segment, checked for an access of `sizeBytes`; raises #GP(0) or #SS(0). */
export function segLinear(cpu: Cpu, segIndex: u32, offset: u64, sizeBytes: u32, access: u32): u64 {
  const seg = segment(cpu, segIndex);
  if (is64(cpu)) return segIndex >= SEG_FS ? seg.base + offset : offset;
  if (!segmentAllows(cpu, seg, segIndex, <u32>offset, sizeBytes, access)) {
    raiseSegment(cpu, segIndex, 0);
    return 0;
  }
  return (seg.base + offset) & 0xffff_ffff;
}

/** Type and limit check of a data access outside 64-bit mode. */
export function segmentAllows(cpu: Cpu, seg: Segment, segIndex: u32, offset: u32, sizeBytes: u32, access: u32): bool {
  const attr: u32 = seg.attr;
  if (!isRealOrV86(cpu)) {
    if (!(attr & ATTR_P) || !(attr & ATTR_S)) return false; // null or unusable
    if (attr & TYPE_CODE) {
      if (access & ACCESS_WRITE) return false;
      if (!(attr & TYPE_READABLE)) return false;
    } else if (access & ACCESS_WRITE && !(attr & TYPE_WRITABLE)) return false;
  }
  const last = <u64>offset + (sizeBytes - 1);
  if ((attr & (TYPE_CODE | TYPE_EXPAND_DOWN)) == TYPE_EXPAND_DOWN && attr & ATTR_S) {
    const top: u64 = attr & ATTR_DB ? 0xffff_ffff : 0xffff;
    return offset > seg.limit && last <= top;
  }
  return last <= seg.limit;
}

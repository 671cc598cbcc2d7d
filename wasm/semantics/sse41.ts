/**
 * SSE4.1 on packed integers and lanes: multiplication, minimum and maximum, widening, blends, insertion and extraction, PTEST,
 * MPSADBW, PHMINPOSUW; PCMPGTQ of SSE4.2. [SDM1] 12.8 – 12.10; [SDM2] BLENDPS …
 */
import { readE, setReg } from "../cpu/operand";
import { setArithFlags } from "../cpu/flags";
import { Cpu, FLAG_CF, FLAG_ZF, OFF_XMM, ptr } from "../cpu/state";
import { REC_MEM, Rec } from "../decode/record";
import { getXmm, setXmm } from "../sse/registers";
import { vw, vwImm, vwUnaryLow } from "./sse-forms";
import { readMem, readW, writeMem } from "./sse-operands";

@unmanaged @final export class PMULLD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.mulI32(x, y); } }
@unmanaged @final export class PCMPEQQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.equal64(x, y); } }
@unmanaged @final export class PCMPGTQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.greaterS64(x, y); } }
@unmanaged @final export class PACKUSDW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.narrowU32(x, y); } }
@unmanaged @final export class PMINSB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.minS8(x, y); } }
@unmanaged @final export class PMINSD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.minS32(x, y); } }
@unmanaged @final export class PMINUW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.minU16(x, y); } }
@unmanaged @final export class PMINUD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.minU32(x, y); } }
@unmanaged @final export class PMAXSB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.maxS8(x, y); } }
@unmanaged @final export class PMAXSD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.maxS32(x, y); } }
@unmanaged @final export class PMAXUW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.maxU16(x, y); } }
@unmanaged @final export class PMAXUD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.maxU32(x, y); } }
/** Even doublewords, signed. */
@unmanaged @final export class PMULDQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.mulWideLowS32(b.even32(x, x), b.even32(y, y)); } }
@unmanaged @final export class PMOVSXBW { @inline apply<B, X>(b: B, x: X): X { return b.widenLowS8(x); } }
@unmanaged @final export class PMOVSXBD { @inline apply<B, X>(b: B, x: X): X { return b.widenLowS16(b.widenLowS8(x)); } }
@unmanaged @final export class PMOVSXBQ { @inline apply<B, X>(b: B, x: X): X { return b.widenLowS32(b.widenLowS16(b.widenLowS8(x))); } }
@unmanaged @final export class PMOVSXWD { @inline apply<B, X>(b: B, x: X): X { return b.widenLowS16(x); } }
@unmanaged @final export class PMOVSXWQ { @inline apply<B, X>(b: B, x: X): X { return b.widenLowS32(b.widenLowS16(x)); } }
@unmanaged @final export class PMOVSXDQ { @inline apply<B, X>(b: B, x: X): X { return b.widenLowS32(x); } }
@unmanaged @final export class PMOVZXBW { @inline apply<B, X>(b: B, x: X): X { return b.widenLowU8(x); } }
@unmanaged @final export class PMOVZXBD { @inline apply<B, X>(b: B, x: X): X { return b.widenLowU16(b.widenLowU8(x)); } }
@unmanaged @final export class PMOVZXBQ { @inline apply<B, X>(b: B, x: X): X { return b.widenLowU32(b.widenLowU16(b.widenLowU8(x))); } }
@unmanaged @final export class PMOVZXWD { @inline apply<B, X>(b: B, x: X): X { return b.widenLowU16(x); } }
@unmanaged @final export class PMOVZXWQ { @inline apply<B, X>(b: B, x: X): X { return b.widenLowU32(b.widenLowU16(x)); } }
@unmanaged @final export class PMOVZXDQ { @inline apply<B, X>(b: B, x: X): X { return b.widenLowU32(x); } }

// ---- blends: by the bits of an immediate, or by sign bits of XMM0
/** Lanes of y where the bit of the immediate is set: each lane's bit is brought to a compare. */
@unmanaged @final export class PBLENDW {
  @inline apply<B, X>(b: B, x: X, y: X, control: u32): X { return b.select(y, x, b.laneMask16(control)); }
}
@unmanaged @final export class BLENDPS {
  @inline apply<B, X>(b: B, x: X, y: X, control: u32): X { return b.select(y, x, b.laneMask32(control)); }
}
@unmanaged @final export class BLENDPD {
  @inline apply<B, X>(b: B, x: X, y: X, control: u32): X { return b.select(y, x, b.laneMask64(control)); }
}

/** Eight words: sums of absolute differences of four bytes of y with the bytes of x from each position on. */
@unmanaged @final export class MPSADBW {
  @inline apply<B, X>(b: B, x: X, y: X, control: u32): X {
    const at: u32 = control & 4;
    const block: u8 = <u8>((control & 3) << 2);
    let sum = b.differenceU8(b.shiftRightBytes(x, at), b.swizzle(y, b.splat8(block)));
    sum = b.addI16(sum, b.differenceU8(b.shiftRightBytes(x, at + 1), b.swizzle(y, b.splat8(block + 1))));
    sum = b.addI16(sum, b.differenceU8(b.shiftRightBytes(x, at + 2), b.swizzle(y, b.splat8(block + 2))));
    return b.addI16(sum, b.differenceU8(b.shiftRightBytes(x, at + 3), b.swizzle(y, b.splat8(block + 3))));
  }
}

export function PMULLD_VW(cpu: Cpu, rec: Rec): void { vw<PMULLD>(cpu, rec); }
export function PCMPEQQ_VW(cpu: Cpu, rec: Rec): void { vw<PCMPEQQ>(cpu, rec); }
export function PCMPGTQ_VW(cpu: Cpu, rec: Rec): void { vw<PCMPGTQ>(cpu, rec); }
export function PACKUSDW_VW(cpu: Cpu, rec: Rec): void { vw<PACKUSDW>(cpu, rec); }
export function PMINSB_VW(cpu: Cpu, rec: Rec): void { vw<PMINSB>(cpu, rec); }
export function PMINSD_VW(cpu: Cpu, rec: Rec): void { vw<PMINSD>(cpu, rec); }
export function PMINUW_VW(cpu: Cpu, rec: Rec): void { vw<PMINUW>(cpu, rec); }
export function PMINUD_VW(cpu: Cpu, rec: Rec): void { vw<PMINUD>(cpu, rec); }
export function PMAXSB_VW(cpu: Cpu, rec: Rec): void { vw<PMAXSB>(cpu, rec); }
export function PMAXSD_VW(cpu: Cpu, rec: Rec): void { vw<PMAXSD>(cpu, rec); }
export function PMAXUW_VW(cpu: Cpu, rec: Rec): void { vw<PMAXUW>(cpu, rec); }
export function PMAXUD_VW(cpu: Cpu, rec: Rec): void { vw<PMAXUD>(cpu, rec); }
export function PMULDQ_VW(cpu: Cpu, rec: Rec): void { vw<PMULDQ>(cpu, rec); }
export function PMOVSXBW_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVSXBW, u64>(cpu, rec); }
export function PMOVSXBD_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVSXBD, u32>(cpu, rec); }
export function PMOVSXBQ_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVSXBQ, u16>(cpu, rec); }
export function PMOVSXWD_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVSXWD, u64>(cpu, rec); }
export function PMOVSXWQ_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVSXWQ, u32>(cpu, rec); }
export function PMOVSXDQ_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVSXDQ, u64>(cpu, rec); }
export function PMOVZXBW_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVZXBW, u64>(cpu, rec); }
export function PMOVZXBD_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVZXBD, u32>(cpu, rec); }
export function PMOVZXBQ_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVZXBQ, u16>(cpu, rec); }
export function PMOVZXWD_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVZXWD, u64>(cpu, rec); }
export function PMOVZXWQ_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVZXWQ, u32>(cpu, rec); }
export function PMOVZXDQ_VW(cpu: Cpu, rec: Rec): void { vwUnaryLow<PMOVZXDQ, u64>(cpu, rec); }
export function PBLENDW_VWI(cpu: Cpu, rec: Rec): void { vwImm<PBLENDW>(cpu, rec); }
export function BLENDPS_VWI(cpu: Cpu, rec: Rec): void { vwImm<BLENDPS>(cpu, rec); }
export function BLENDPD_VWI(cpu: Cpu, rec: Rec): void { vwImm<BLENDPD>(cpu, rec); }
export function MPSADBW_VWI(cpu: Cpu, rec: Rec): void { vwImm<MPSADBW>(cpu, rec); }

export function PBLENDVB(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, v128.bitselect(y, getXmm(cpu, rec.g), i8x16.shr_s(getXmm(cpu, 0), 7)));
}

export function BLENDVPS(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, v128.bitselect(y, getXmm(cpu, rec.g), i32x4.shr_s(getXmm(cpu, 0), 31)));
}

export function BLENDVPD(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, v128.bitselect(y, getXmm(cpu, rec.g), i64x2.shr_s(getXmm(cpu, 0), 63)));
}

/** ZF: no bit in common; CF: no bit of W outside V. */
export function PTEST(cpu: Cpu, rec: Rec): void {
  const y = readW(cpu, rec);
  if (cpu.fault) return;
  const x = getXmm(cpu, rec.g);
  let flags: u32 = 0;
  if (!v128.any_true(v128.and(x, y))) flags |= FLAG_ZF;
  if (!v128.any_true(v128.andnot(y, x))) flags |= FLAG_CF;
  setArithFlags(cpu, flags);
}

/** The smallest word and its index; the lowest of equals. */
export function PHMINPOSUW(cpu: Cpu, rec: Rec): void {
  const x = readW(cpu, rec);
  if (cpu.fault) return;
  let least = i16x8.min_u(x, i16x8.shuffle(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
  least = i16x8.min_u(least, i16x8.shuffle(least, least, 2, 3, 0, 1, 6, 7, 4, 5));
  least = i16x8.min_u(least, i16x8.shuffle(least, least, 1, 0, 3, 2, 5, 4, 7, 6));
  const index = ctz<u32>(i16x8.bitmask(i16x8.eq(x, least)));
  setXmm(cpu, rec.g, i32x4.replace_lane(i32x4.splat(0), 0, <u32>i16x8.extract_lane_u(least, 0) | (index << 16)));
}

// ---- one lane in or out; a register destination takes 32 bits, memory only the lane

@inline function laneAt(cpu: Cpu, n: u32, offset: u32): usize {
  return ptr(cpu) + OFF_XMM + (n << 4) + offset;
}

export function PEXTRB(cpu: Cpu, rec: Rec): void {
  const value = load<u8>(laneAt(cpu, rec.g, <u32>rec.imm & 15));
  if (rec.flags & REC_MEM) writeMem<u8>(cpu, rec, value);
  else setReg<u32>(cpu, rec.e, value);
}

export function PEXTRW_EV(cpu: Cpu, rec: Rec): void {
  const value = load<u16>(laneAt(cpu, rec.g, (<u32>rec.imm & 7) << 1));
  if (rec.flags & REC_MEM) writeMem<u16>(cpu, rec, value);
  else setReg<u32>(cpu, rec.e, value);
}

/** PEXTRD and PEXTRQ. */
export function PEXTRD<T>(cpu: Cpu, rec: Rec): void {
  const index = <u32>rec.imm & (16 / sizeof<T>() - 1);
  const value = load<T>(laneAt(cpu, rec.g, index * sizeof<T>()));
  if (rec.flags & REC_MEM) writeMem<T>(cpu, rec, value);
  else setReg<T>(cpu, rec.e, value);
}

export function EXTRACTPS(cpu: Cpu, rec: Rec): void {
  const value = load<u32>(laneAt(cpu, rec.g, (<u32>rec.imm & 3) << 2));
  if (rec.flags & REC_MEM) writeMem<u32>(cpu, rec, value);
  else setReg<u32>(cpu, rec.e, value);
}

export function PINSRB(cpu: Cpu, rec: Rec): void {
  const value = rec.flags & REC_MEM ? readMem<u8>(cpu, rec) : <u8>readE<u32>(cpu, rec);
  if (cpu.fault) return;
  store<u8>(laneAt(cpu, rec.g, <u32>rec.imm & 15), value);
}

/** PINSRD and PINSRQ. */
export function PINSRD<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  const index = <u32>rec.imm & (16 / sizeof<T>() - 1);
  store<T>(laneAt(cpu, rec.g, index * sizeof<T>()), value);
}

/** Bits 7–6 select the lane of a register source, 5–4 the destination, 3–0 what becomes zero. */
export function INSERTPS(cpu: Cpu, rec: Rec): void {
  const control = <u32>rec.imm;
  const value = rec.flags & REC_MEM ? readMem<u32>(cpu, rec) : load<u32>(laneAt(cpu, rec.e, (control >> 4) & 12));
  if (cpu.fault) return;
  store<u32>(laneAt(cpu, rec.g, (control >> 2) & 12), value);
  for (let i: u32 = 0; i < 4; i++) if ((control >> i) & 1) store<u32>(laneAt(cpu, rec.g, i << 2), 0);
}

/**
 * Packed shifts, and permutations of bytes, words and doublewords: PSLL, PSRL, PSRA, PSLLDQ, PSRLDQ, PACK, PUNPCK,
 * PSHUF, SHUFPS, SHUFPD, PINSRW, PEXTRW. Shift operations take the count as a number: an immediate, or the
 * low 64 bits of a source, cut to 255 by the operand form.
 * [SDM1] 9.4.3, 9.4.6, 11.4.1; [SDM2] PSLLW …, PUNPCKLBW …, PSHUFD
 */
import { readE, setReg } from "../cpu/operand";
import { Cpu, ptr, OFF_XMM } from "../cpu/state";
import { REC_MEM, Rec } from "../decode/record";
import { enterMmx, getMm, setMm } from "../sse/registers";
import { pqHigh, pqJoined, pqLow32, pqUnaryImm, shiftImm, shiftImmMmx, shiftPq, shiftVw, vw, vwImm, vwUnaryImm } from "./sse-forms";
import { readMem } from "./sse-operands";

// ---- shifts
@unmanaged @final export class PSLLW { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shl16(x, count); } }
@unmanaged @final export class PSLLD { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shl32(x, count); } }
@unmanaged @final export class PSLLQ { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shl64(x, count); } }
@unmanaged @final export class PSRLW { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shrU16(x, count); } }
@unmanaged @final export class PSRLD { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shrU32(x, count); } }
@unmanaged @final export class PSRLQ { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shrU64(x, count); } }
@unmanaged @final export class PSRAW { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shrS16(x, count); } }
@unmanaged @final export class PSRAD { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shrS32(x, count); } }
@unmanaged @final export class PSLLDQ { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shiftLeftBytes(x, count); } }
@unmanaged @final export class PSRLDQ { @inline apply<B, X>(b: B, x: X, count: u32): X { return b.shiftRightBytes(x, count); } }

export function PSLLW_VW(cpu: Cpu, rec: Rec): void { shiftVw<PSLLW>(cpu, rec); }
export function PSLLW_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSLLW>(cpu, rec); }
export function PSLLW_PQ(cpu: Cpu, rec: Rec): void { shiftPq<PSLLW>(cpu, rec); }
export function PSLLW_NI(cpu: Cpu, rec: Rec): void { shiftImmMmx<PSLLW>(cpu, rec); }
export function PSLLD_VW(cpu: Cpu, rec: Rec): void { shiftVw<PSLLD>(cpu, rec); }
export function PSLLD_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSLLD>(cpu, rec); }
export function PSLLD_PQ(cpu: Cpu, rec: Rec): void { shiftPq<PSLLD>(cpu, rec); }
export function PSLLD_NI(cpu: Cpu, rec: Rec): void { shiftImmMmx<PSLLD>(cpu, rec); }
export function PSLLQ_VW(cpu: Cpu, rec: Rec): void { shiftVw<PSLLQ>(cpu, rec); }
export function PSLLQ_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSLLQ>(cpu, rec); }
export function PSLLQ_PQ(cpu: Cpu, rec: Rec): void { shiftPq<PSLLQ>(cpu, rec); }
export function PSLLQ_NI(cpu: Cpu, rec: Rec): void { shiftImmMmx<PSLLQ>(cpu, rec); }
export function PSRLW_VW(cpu: Cpu, rec: Rec): void { shiftVw<PSRLW>(cpu, rec); }
export function PSRLW_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSRLW>(cpu, rec); }
export function PSRLW_PQ(cpu: Cpu, rec: Rec): void { shiftPq<PSRLW>(cpu, rec); }
export function PSRLW_NI(cpu: Cpu, rec: Rec): void { shiftImmMmx<PSRLW>(cpu, rec); }
export function PSRLD_VW(cpu: Cpu, rec: Rec): void { shiftVw<PSRLD>(cpu, rec); }
export function PSRLD_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSRLD>(cpu, rec); }
export function PSRLD_PQ(cpu: Cpu, rec: Rec): void { shiftPq<PSRLD>(cpu, rec); }
export function PSRLD_NI(cpu: Cpu, rec: Rec): void { shiftImmMmx<PSRLD>(cpu, rec); }
export function PSRLQ_VW(cpu: Cpu, rec: Rec): void { shiftVw<PSRLQ>(cpu, rec); }
export function PSRLQ_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSRLQ>(cpu, rec); }
export function PSRLQ_PQ(cpu: Cpu, rec: Rec): void { shiftPq<PSRLQ>(cpu, rec); }
export function PSRLQ_NI(cpu: Cpu, rec: Rec): void { shiftImmMmx<PSRLQ>(cpu, rec); }
export function PSRAW_VW(cpu: Cpu, rec: Rec): void { shiftVw<PSRAW>(cpu, rec); }
export function PSRAW_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSRAW>(cpu, rec); }
export function PSRAW_PQ(cpu: Cpu, rec: Rec): void { shiftPq<PSRAW>(cpu, rec); }
export function PSRAW_NI(cpu: Cpu, rec: Rec): void { shiftImmMmx<PSRAW>(cpu, rec); }
export function PSRAD_VW(cpu: Cpu, rec: Rec): void { shiftVw<PSRAD>(cpu, rec); }
export function PSRAD_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSRAD>(cpu, rec); }
export function PSRAD_PQ(cpu: Cpu, rec: Rec): void { shiftPq<PSRAD>(cpu, rec); }
export function PSRAD_NI(cpu: Cpu, rec: Rec): void { shiftImmMmx<PSRAD>(cpu, rec); }
export function PSLLDQ_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSLLDQ>(cpu, rec); }
export function PSRLDQ_UI(cpu: Cpu, rec: Rec): void { shiftImm<PSRLDQ>(cpu, rec); }

// ---- packs: the lanes of both sources narrowed with saturation
@unmanaged @final export class PACKSSWB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.narrowS16(x, y); } }
@unmanaged @final export class PACKUSWB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.narrowU16(x, y); } }
@unmanaged @final export class PACKSSDW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.narrowS32(x, y); } }

export function PACKSSWB_VW(cpu: Cpu, rec: Rec): void { vw<PACKSSWB>(cpu, rec); }
export function PACKSSWB_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PACKSSWB>(cpu, rec); }
export function PACKUSWB_VW(cpu: Cpu, rec: Rec): void { vw<PACKUSWB>(cpu, rec); }
export function PACKUSWB_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PACKUSWB>(cpu, rec); }
export function PACKSSDW_VW(cpu: Cpu, rec: Rec): void { vw<PACKSSDW>(cpu, rec); }
export function PACKSSDW_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PACKSSDW>(cpu, rec); }

// ---- interleaving
@unmanaged @final export class PUNPCKLBW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.interleaveLow8(x, y); } }
@unmanaged @final export class PUNPCKLWD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.interleaveLow16(x, y); } }
@unmanaged @final export class PUNPCKLDQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.interleaveLow32(x, y); } }
@unmanaged @final export class PUNPCKLQDQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.interleaveLow64(x, y); } }
@unmanaged @final export class PUNPCKHBW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.interleaveHigh8(x, y); } }
@unmanaged @final export class PUNPCKHWD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.interleaveHigh16(x, y); } }
@unmanaged @final export class PUNPCKHDQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.interleaveHigh32(x, y); } }
@unmanaged @final export class PUNPCKHQDQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.interleaveHigh64(x, y); } }

export function PUNPCKLBW_VW(cpu: Cpu, rec: Rec): void { vw<PUNPCKLBW>(cpu, rec); }
export function PUNPCKLWD_VW(cpu: Cpu, rec: Rec): void { vw<PUNPCKLWD>(cpu, rec); }
export function PUNPCKLDQ_VW(cpu: Cpu, rec: Rec): void { vw<PUNPCKLDQ>(cpu, rec); }
export function PUNPCKLQDQ_VW(cpu: Cpu, rec: Rec): void { vw<PUNPCKLQDQ>(cpu, rec); }
export function PUNPCKHBW_VW(cpu: Cpu, rec: Rec): void { vw<PUNPCKHBW>(cpu, rec); }
export function PUNPCKHWD_VW(cpu: Cpu, rec: Rec): void { vw<PUNPCKHWD>(cpu, rec); }
export function PUNPCKHDQ_VW(cpu: Cpu, rec: Rec): void { vw<PUNPCKHDQ>(cpu, rec); }
export function PUNPCKHQDQ_VW(cpu: Cpu, rec: Rec): void { vw<PUNPCKHQDQ>(cpu, rec); }
export function PUNPCKLBW_PQ(cpu: Cpu, rec: Rec): void { pqLow32<PUNPCKLBW>(cpu, rec); }
export function PUNPCKHBW_PQ(cpu: Cpu, rec: Rec): void { pqHigh<PUNPCKLBW>(cpu, rec); }
export function PUNPCKLWD_PQ(cpu: Cpu, rec: Rec): void { pqLow32<PUNPCKLWD>(cpu, rec); }
export function PUNPCKHWD_PQ(cpu: Cpu, rec: Rec): void { pqHigh<PUNPCKLWD>(cpu, rec); }
export function PUNPCKLDQ_PQ(cpu: Cpu, rec: Rec): void { pqLow32<PUNPCKLDQ>(cpu, rec); }
export function PUNPCKHDQ_PQ(cpu: Cpu, rec: Rec): void { pqHigh<PUNPCKLDQ>(cpu, rec); }

// ---- permutations by an immediate
@unmanaged @final export class PSHUFD { @inline apply<B, X>(b: B, x: X, control: u32): X { return b.shuffle32(x, control); } }
@unmanaged @final export class PSHUFLW { @inline apply<B, X>(b: B, x: X, control: u32): X { return b.shuffleLow16(x, control); } }
@unmanaged @final export class PSHUFHW { @inline apply<B, X>(b: B, x: X, control: u32): X { return b.shuffleHigh16(x, control); } }
@unmanaged @final export class SHUFPS { @inline apply<B, X>(b: B, x: X, y: X, control: u32): X { return b.shuffleTwo32(x, y, control); } }
/** Bit 0 selects the half of x, bit 1 that of y: the doubleword control that says the same. */
@unmanaged @final export class SHUFPD {
  @inline apply<B, X>(b: B, x: X, y: X, control: u32): X {
    return b.shuffleTwo32(x, y, 0x44 + (control & 1) * 0xa + ((control >> 1) & 1) * 0xa0);
  }
}

export function PSHUFD_VWI(cpu: Cpu, rec: Rec): void { vwUnaryImm<PSHUFD>(cpu, rec); }
export function PSHUFLW_VWI(cpu: Cpu, rec: Rec): void { vwUnaryImm<PSHUFLW>(cpu, rec); }
export function PSHUFHW_VWI(cpu: Cpu, rec: Rec): void { vwUnaryImm<PSHUFHW>(cpu, rec); }
export function PSHUFW(cpu: Cpu, rec: Rec): void { pqUnaryImm<PSHUFLW>(cpu, rec); }
export function SHUFPS_VWI(cpu: Cpu, rec: Rec): void { vwImm<SHUFPS>(cpu, rec); }
export function SHUFPD_VWI(cpu: Cpu, rec: Rec): void { vwImm<SHUFPD>(cpu, rec); }

// ---- one word in or out

/** PINSRW V,E,I: from memory only the word is read. */
export function PINSRW_VE(cpu: Cpu, rec: Rec): void {
  const value = rec.flags & REC_MEM ? readMem<u16>(cpu, rec) : <u16>readE<u32>(cpu, rec);
  if (cpu.fault) return;
  store<u16>(ptr(cpu) + (rec.g << 4) + ((<u32>rec.imm & 7) << 1), value, OFF_XMM);
}

export function PINSRW_PE(cpu: Cpu, rec: Rec): void {
  const value = rec.flags & REC_MEM ? readMem<u16>(cpu, rec) : <u16>readE<u32>(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  const shift: u64 = (<u64>rec.imm & 3) << 4;
  setMm(cpu, rec.g, (getMm(cpu, rec.g) & ~(0xffff << shift)) | (<u64>value << shift));
}

/** PEXTRW G,U,I. */
export function PEXTRW_GU(cpu: Cpu, rec: Rec): void {
  setReg<u32>(cpu, rec.g, load<u16>(ptr(cpu) + (rec.e << 4) + ((<u32>rec.imm & 7) << 1), OFF_XMM));
}

export function PEXTRW_GN(cpu: Cpu, rec: Rec): void {
  enterMmx(cpu);
  setReg<u32>(cpu, rec.g, <u32>(getMm(cpu, rec.e) >> ((<u64>rec.imm & 3) << 4)) & 0xffff);
}

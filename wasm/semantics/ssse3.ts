/**
 * SSSE3 on MMX and XMM registers: PSHUFB, PALIGNR, horizontal sums, PMADDUBSW, PMULHRSW, PSIGN, PABS. Each operation is stated
 * once over a backend, as in semantics/sse-integer.ts. [SDM1] 12.5; [SDM2] PABSB …
 */
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import { lanes } from "../sse/lanes";
import { enterMmx, fromHalves, getMm, lowHalf, setMm } from "../sse/registers";
import { pq, pqJoined, pqUnary, vw, vwImm, vwUnary } from "./sse-forms";
import { readQ } from "./sse-operands";

/** An index with its top bit set gives zero; past 15 the backend's swizzle does so too. */
@unmanaged @final export class PSHUFB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.swizzle(x, b.and(y, b.splat8(0x8f))); } }
@unmanaged @final export class PSHUFB_MMX { @inline apply<B, X>(b: B, x: X, y: X): X { return b.swizzle(x, b.and(y, b.splat8(0x87))); } }
/** Bytes from `count` on of y with x above it. */
@unmanaged @final export class PALIGNR { @inline apply<B, X>(b: B, x: X, y: X, count: u32): X { return b.alignBytes(y, x, count); } }
@unmanaged @final export class PHADDW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addI16(b.even16(x, y), b.odd16(x, y)); } }
@unmanaged @final export class PHADDD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addI32(b.even32(x, y), b.odd32(x, y)); } }
@unmanaged @final export class PHADDSW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addSatS16(b.even16(x, y), b.odd16(x, y)); } }
@unmanaged @final export class PHSUBW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subI16(b.even16(x, y), b.odd16(x, y)); } }
@unmanaged @final export class PHSUBD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subI32(b.even32(x, y), b.odd32(x, y)); } }
@unmanaged @final export class PHSUBSW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subSatS16(b.even16(x, y), b.odd16(x, y)); } }
/** Unsigned bytes of x times signed bytes of y; each product fits 16 bits, their sums saturate. */
@unmanaged @final export class PMADDUBSW {
  @inline apply<B, X>(b: B, x: X, y: X): X {
    const even = b.mulI16(b.and(x, b.splat16(0xff)), b.shrS16(b.shl16(y, 8), 8));
    return b.addSatS16(even, b.mulI16(b.shrU16(x, 8), b.shrS16(y, 8)));
  }
}
/** The backend's instruction saturates -1 · -1, x86 wraps. */
@unmanaged @final export class PMULHRSW {
  @inline apply<B, X>(b: B, x: X, y: X): X {
    const least = b.splat16(0x8000);
    return b.xor(b.mulRoundQ15(x, y), b.and(b.equal16(x, least), b.equal16(y, least)));
  }
}
@unmanaged @final export class PSIGNB {
  @inline apply<B, X>(b: B, x: X, y: X): X {
    const negative = b.greaterS8(b.zero(), y);
    return b.andNot(b.equal8(y, b.zero()), b.subI8(b.xor(x, negative), negative));
  }
}
@unmanaged @final export class PSIGNW {
  @inline apply<B, X>(b: B, x: X, y: X): X {
    const negative = b.greaterS16(b.zero(), y);
    return b.andNot(b.equal16(y, b.zero()), b.subI16(b.xor(x, negative), negative));
  }
}
@unmanaged @final export class PSIGND {
  @inline apply<B, X>(b: B, x: X, y: X): X {
    const negative = b.greaterS32(b.zero(), y);
    return b.andNot(b.equal32(y, b.zero()), b.subI32(b.xor(x, negative), negative));
  }
}
@unmanaged @final export class PABSB { @inline apply<B, X>(b: B, x: X): X { return b.abs8(x); } }
@unmanaged @final export class PABSW { @inline apply<B, X>(b: B, x: X): X { return b.abs16(x); } }
@unmanaged @final export class PABSD { @inline apply<B, X>(b: B, x: X): X { return b.abs32(x); } }

export function PHADDW_VW(cpu: Cpu, rec: Rec): void { vw<PHADDW>(cpu, rec); }
export function PHADDW_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PHADDW>(cpu, rec); }
export function PHADDD_VW(cpu: Cpu, rec: Rec): void { vw<PHADDD>(cpu, rec); }
export function PHADDD_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PHADDD>(cpu, rec); }
export function PHADDSW_VW(cpu: Cpu, rec: Rec): void { vw<PHADDSW>(cpu, rec); }
export function PHADDSW_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PHADDSW>(cpu, rec); }
export function PHSUBW_VW(cpu: Cpu, rec: Rec): void { vw<PHSUBW>(cpu, rec); }
export function PHSUBW_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PHSUBW>(cpu, rec); }
export function PHSUBD_VW(cpu: Cpu, rec: Rec): void { vw<PHSUBD>(cpu, rec); }
export function PHSUBD_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PHSUBD>(cpu, rec); }
export function PHSUBSW_VW(cpu: Cpu, rec: Rec): void { vw<PHSUBSW>(cpu, rec); }
export function PHSUBSW_PQ(cpu: Cpu, rec: Rec): void { pqJoined<PHSUBSW>(cpu, rec); }
export function PMADDUBSW_VW(cpu: Cpu, rec: Rec): void { vw<PMADDUBSW>(cpu, rec); }
export function PMADDUBSW_PQ(cpu: Cpu, rec: Rec): void { pq<PMADDUBSW>(cpu, rec); }
export function PMULHRSW_VW(cpu: Cpu, rec: Rec): void { vw<PMULHRSW>(cpu, rec); }
export function PMULHRSW_PQ(cpu: Cpu, rec: Rec): void { pq<PMULHRSW>(cpu, rec); }
export function PSIGNB_VW(cpu: Cpu, rec: Rec): void { vw<PSIGNB>(cpu, rec); }
export function PSIGNB_PQ(cpu: Cpu, rec: Rec): void { pq<PSIGNB>(cpu, rec); }
export function PSIGNW_VW(cpu: Cpu, rec: Rec): void { vw<PSIGNW>(cpu, rec); }
export function PSIGNW_PQ(cpu: Cpu, rec: Rec): void { pq<PSIGNW>(cpu, rec); }
export function PSIGND_VW(cpu: Cpu, rec: Rec): void { vw<PSIGND>(cpu, rec); }
export function PSIGND_PQ(cpu: Cpu, rec: Rec): void { pq<PSIGND>(cpu, rec); }
export function PABSB_VW(cpu: Cpu, rec: Rec): void { vwUnary<PABSB>(cpu, rec); }
export function PABSB_PQ(cpu: Cpu, rec: Rec): void { pqUnary<PABSB>(cpu, rec); }
export function PABSW_VW(cpu: Cpu, rec: Rec): void { vwUnary<PABSW>(cpu, rec); }
export function PABSW_PQ(cpu: Cpu, rec: Rec): void { pqUnary<PABSW>(cpu, rec); }
export function PABSD_VW(cpu: Cpu, rec: Rec): void { vwUnary<PABSD>(cpu, rec); }
export function PABSD_PQ(cpu: Cpu, rec: Rec): void { pqUnary<PABSD>(cpu, rec); }
export function PSHUFB_VW(cpu: Cpu, rec: Rec): void { vw<PSHUFB>(cpu, rec); }
export function PSHUFB_PQ(cpu: Cpu, rec: Rec): void { pq<PSHUFB_MMX>(cpu, rec); }
export function PALIGNR_VWI(cpu: Cpu, rec: Rec): void { vwImm<PALIGNR>(cpu, rec); }

/** PALIGNR P,Q,I: a shift of the two joined. */
export function PALIGNR_PQI(cpu: Cpu, rec: Rec): void {
  const y = readQ(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, lowHalf(lanes().shiftRightBytes(fromHalves(y, getMm(cpu, rec.g)), <u32>rec.imm & 0xff)));
}

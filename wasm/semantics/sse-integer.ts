/**
 * Packed integer arithmetic, comparison and logic of MMX and SSE2. Each operation is stated once, as a class over a backend
 * `B` and its values `X`; the handlers below give it its operand forms. Logic also serves the floating-point
 * forms (ANDPS, XORPD …), which are the same on bits.
 * [SDM1] 9.4, 11.4.2; [SDM2] PADDB … PXOR
 */
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import { pq, vw } from "./sse-forms";

@unmanaged @final export class PADDB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addI8(x, y); } }
@unmanaged @final export class PADDW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addI16(x, y); } }
@unmanaged @final export class PADDD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addI32(x, y); } }
@unmanaged @final export class PADDQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addI64(x, y); } }
@unmanaged @final export class PADDSB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addSatS8(x, y); } }
@unmanaged @final export class PADDSW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addSatS16(x, y); } }
@unmanaged @final export class PADDUSB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addSatU8(x, y); } }
@unmanaged @final export class PADDUSW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.addSatU16(x, y); } }
@unmanaged @final export class PSUBB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subI8(x, y); } }
@unmanaged @final export class PSUBW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subI16(x, y); } }
@unmanaged @final export class PSUBD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subI32(x, y); } }
@unmanaged @final export class PSUBQ { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subI64(x, y); } }
@unmanaged @final export class PSUBSB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subSatS8(x, y); } }
@unmanaged @final export class PSUBSW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subSatS16(x, y); } }
@unmanaged @final export class PSUBUSB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subSatU8(x, y); } }
@unmanaged @final export class PSUBUSW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.subSatU16(x, y); } }
@unmanaged @final export class PMULLW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.mulI16(x, y); } }
@unmanaged @final export class PMADDWD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.dotS16(x, y); } }
@unmanaged @final export class PAVGB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.averageU8(x, y); } }
@unmanaged @final export class PAVGW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.averageU16(x, y); } }
@unmanaged @final export class PMINUB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.minU8(x, y); } }
@unmanaged @final export class PMINSW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.minS16(x, y); } }
@unmanaged @final export class PMAXUB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.maxU8(x, y); } }
@unmanaged @final export class PMAXSW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.maxS16(x, y); } }
@unmanaged @final export class PCMPEQB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.equal8(x, y); } }
@unmanaged @final export class PCMPEQW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.equal16(x, y); } }
@unmanaged @final export class PCMPEQD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.equal32(x, y); } }
@unmanaged @final export class PCMPGTB { @inline apply<B, X>(b: B, x: X, y: X): X { return b.greaterS8(x, y); } }
@unmanaged @final export class PCMPGTW { @inline apply<B, X>(b: B, x: X, y: X): X { return b.greaterS16(x, y); } }
@unmanaged @final export class PCMPGTD { @inline apply<B, X>(b: B, x: X, y: X): X { return b.greaterS32(x, y); } }
@unmanaged @final export class PAND { @inline apply<B, X>(b: B, x: X, y: X): X { return b.and(x, y); } }
@unmanaged @final export class PANDN { @inline apply<B, X>(b: B, x: X, y: X): X { return b.andNot(x, y); } }
@unmanaged @final export class POR { @inline apply<B, X>(b: B, x: X, y: X): X { return b.or(x, y); } }
@unmanaged @final export class PXOR { @inline apply<B, X>(b: B, x: X, y: X): X { return b.xor(x, y); } }

/** High halves of the signed products. */
@unmanaged @final export class PMULHW {
  @inline apply<B, X>(b: B, x: X, y: X): X { return b.odd16(b.mulWideLowS16(x, y), b.mulWideHighS16(x, y)); }
}
/** High halves of the unsigned products. */
@unmanaged @final export class PMULHUW {
  @inline apply<B, X>(b: B, x: X, y: X): X { return b.odd16(b.mulWideLowU16(x, y), b.mulWideHighU16(x, y)); }
}
/** Even doublewords multiplied to quadwords. */
@unmanaged @final export class PMULUDQ {
  @inline apply<B, X>(b: B, x: X, y: X): X { return b.mulWideLowU32(b.even32(x, x), b.even32(y, y)); }
}
/** Sums of absolute differences of eight bytes, in the low word of each half. */
@unmanaged @final export class PSADBW {
  @inline apply<B, X>(b: B, x: X, y: X): X {
    const quarters = b.pairSumU16(b.pairSumU8(b.subI8(b.maxU8(x, y), b.minU8(x, y))));
    return b.addI64(b.and(quarters, b.splat64(0xffff_ffff)), b.shrU64(quarters, 32));
  }
}

export function PADDB_VW(cpu: Cpu, rec: Rec): void { vw<PADDB>(cpu, rec); }
export function PADDB_PQ(cpu: Cpu, rec: Rec): void { pq<PADDB>(cpu, rec); }
export function PADDW_VW(cpu: Cpu, rec: Rec): void { vw<PADDW>(cpu, rec); }
export function PADDW_PQ(cpu: Cpu, rec: Rec): void { pq<PADDW>(cpu, rec); }
export function PADDD_VW(cpu: Cpu, rec: Rec): void { vw<PADDD>(cpu, rec); }
export function PADDD_PQ(cpu: Cpu, rec: Rec): void { pq<PADDD>(cpu, rec); }
export function PADDQ_VW(cpu: Cpu, rec: Rec): void { vw<PADDQ>(cpu, rec); }
export function PADDQ_PQ(cpu: Cpu, rec: Rec): void { pq<PADDQ>(cpu, rec); }
export function PADDSB_VW(cpu: Cpu, rec: Rec): void { vw<PADDSB>(cpu, rec); }
export function PADDSB_PQ(cpu: Cpu, rec: Rec): void { pq<PADDSB>(cpu, rec); }
export function PADDSW_VW(cpu: Cpu, rec: Rec): void { vw<PADDSW>(cpu, rec); }
export function PADDSW_PQ(cpu: Cpu, rec: Rec): void { pq<PADDSW>(cpu, rec); }
export function PADDUSB_VW(cpu: Cpu, rec: Rec): void { vw<PADDUSB>(cpu, rec); }
export function PADDUSB_PQ(cpu: Cpu, rec: Rec): void { pq<PADDUSB>(cpu, rec); }
export function PADDUSW_VW(cpu: Cpu, rec: Rec): void { vw<PADDUSW>(cpu, rec); }
export function PADDUSW_PQ(cpu: Cpu, rec: Rec): void { pq<PADDUSW>(cpu, rec); }
export function PSUBB_VW(cpu: Cpu, rec: Rec): void { vw<PSUBB>(cpu, rec); }
export function PSUBB_PQ(cpu: Cpu, rec: Rec): void { pq<PSUBB>(cpu, rec); }
export function PSUBW_VW(cpu: Cpu, rec: Rec): void { vw<PSUBW>(cpu, rec); }
export function PSUBW_PQ(cpu: Cpu, rec: Rec): void { pq<PSUBW>(cpu, rec); }
export function PSUBD_VW(cpu: Cpu, rec: Rec): void { vw<PSUBD>(cpu, rec); }
export function PSUBD_PQ(cpu: Cpu, rec: Rec): void { pq<PSUBD>(cpu, rec); }
export function PSUBQ_VW(cpu: Cpu, rec: Rec): void { vw<PSUBQ>(cpu, rec); }
export function PSUBQ_PQ(cpu: Cpu, rec: Rec): void { pq<PSUBQ>(cpu, rec); }
export function PSUBSB_VW(cpu: Cpu, rec: Rec): void { vw<PSUBSB>(cpu, rec); }
export function PSUBSB_PQ(cpu: Cpu, rec: Rec): void { pq<PSUBSB>(cpu, rec); }
export function PSUBSW_VW(cpu: Cpu, rec: Rec): void { vw<PSUBSW>(cpu, rec); }
export function PSUBSW_PQ(cpu: Cpu, rec: Rec): void { pq<PSUBSW>(cpu, rec); }
export function PSUBUSB_VW(cpu: Cpu, rec: Rec): void { vw<PSUBUSB>(cpu, rec); }
export function PSUBUSB_PQ(cpu: Cpu, rec: Rec): void { pq<PSUBUSB>(cpu, rec); }
export function PSUBUSW_VW(cpu: Cpu, rec: Rec): void { vw<PSUBUSW>(cpu, rec); }
export function PSUBUSW_PQ(cpu: Cpu, rec: Rec): void { pq<PSUBUSW>(cpu, rec); }
export function PMULLW_VW(cpu: Cpu, rec: Rec): void { vw<PMULLW>(cpu, rec); }
export function PMULLW_PQ(cpu: Cpu, rec: Rec): void { pq<PMULLW>(cpu, rec); }
export function PMADDWD_VW(cpu: Cpu, rec: Rec): void { vw<PMADDWD>(cpu, rec); }
export function PMADDWD_PQ(cpu: Cpu, rec: Rec): void { pq<PMADDWD>(cpu, rec); }
export function PAVGB_VW(cpu: Cpu, rec: Rec): void { vw<PAVGB>(cpu, rec); }
export function PAVGB_PQ(cpu: Cpu, rec: Rec): void { pq<PAVGB>(cpu, rec); }
export function PAVGW_VW(cpu: Cpu, rec: Rec): void { vw<PAVGW>(cpu, rec); }
export function PAVGW_PQ(cpu: Cpu, rec: Rec): void { pq<PAVGW>(cpu, rec); }
export function PMINUB_VW(cpu: Cpu, rec: Rec): void { vw<PMINUB>(cpu, rec); }
export function PMINUB_PQ(cpu: Cpu, rec: Rec): void { pq<PMINUB>(cpu, rec); }
export function PMINSW_VW(cpu: Cpu, rec: Rec): void { vw<PMINSW>(cpu, rec); }
export function PMINSW_PQ(cpu: Cpu, rec: Rec): void { pq<PMINSW>(cpu, rec); }
export function PMAXUB_VW(cpu: Cpu, rec: Rec): void { vw<PMAXUB>(cpu, rec); }
export function PMAXUB_PQ(cpu: Cpu, rec: Rec): void { pq<PMAXUB>(cpu, rec); }
export function PMAXSW_VW(cpu: Cpu, rec: Rec): void { vw<PMAXSW>(cpu, rec); }
export function PMAXSW_PQ(cpu: Cpu, rec: Rec): void { pq<PMAXSW>(cpu, rec); }
export function PCMPEQB_VW(cpu: Cpu, rec: Rec): void { vw<PCMPEQB>(cpu, rec); }
export function PCMPEQB_PQ(cpu: Cpu, rec: Rec): void { pq<PCMPEQB>(cpu, rec); }
export function PCMPEQW_VW(cpu: Cpu, rec: Rec): void { vw<PCMPEQW>(cpu, rec); }
export function PCMPEQW_PQ(cpu: Cpu, rec: Rec): void { pq<PCMPEQW>(cpu, rec); }
export function PCMPEQD_VW(cpu: Cpu, rec: Rec): void { vw<PCMPEQD>(cpu, rec); }
export function PCMPEQD_PQ(cpu: Cpu, rec: Rec): void { pq<PCMPEQD>(cpu, rec); }
export function PCMPGTB_VW(cpu: Cpu, rec: Rec): void { vw<PCMPGTB>(cpu, rec); }
export function PCMPGTB_PQ(cpu: Cpu, rec: Rec): void { pq<PCMPGTB>(cpu, rec); }
export function PCMPGTW_VW(cpu: Cpu, rec: Rec): void { vw<PCMPGTW>(cpu, rec); }
export function PCMPGTW_PQ(cpu: Cpu, rec: Rec): void { pq<PCMPGTW>(cpu, rec); }
export function PCMPGTD_VW(cpu: Cpu, rec: Rec): void { vw<PCMPGTD>(cpu, rec); }
export function PCMPGTD_PQ(cpu: Cpu, rec: Rec): void { pq<PCMPGTD>(cpu, rec); }
export function PAND_VW(cpu: Cpu, rec: Rec): void { vw<PAND>(cpu, rec); }
export function PAND_PQ(cpu: Cpu, rec: Rec): void { pq<PAND>(cpu, rec); }
export function PANDN_VW(cpu: Cpu, rec: Rec): void { vw<PANDN>(cpu, rec); }
export function PANDN_PQ(cpu: Cpu, rec: Rec): void { pq<PANDN>(cpu, rec); }
export function POR_VW(cpu: Cpu, rec: Rec): void { vw<POR>(cpu, rec); }
export function POR_PQ(cpu: Cpu, rec: Rec): void { pq<POR>(cpu, rec); }
export function PXOR_VW(cpu: Cpu, rec: Rec): void { vw<PXOR>(cpu, rec); }
export function PXOR_PQ(cpu: Cpu, rec: Rec): void { pq<PXOR>(cpu, rec); }
export function PMULHW_VW(cpu: Cpu, rec: Rec): void { vw<PMULHW>(cpu, rec); }
export function PMULHW_PQ(cpu: Cpu, rec: Rec): void { pq<PMULHW>(cpu, rec); }
export function PMULHUW_VW(cpu: Cpu, rec: Rec): void { vw<PMULHUW>(cpu, rec); }
export function PMULHUW_PQ(cpu: Cpu, rec: Rec): void { pq<PMULHUW>(cpu, rec); }
export function PMULUDQ_VW(cpu: Cpu, rec: Rec): void { vw<PMULUDQ>(cpu, rec); }
export function PMULUDQ_PQ(cpu: Cpu, rec: Rec): void { pq<PMULUDQ>(cpu, rec); }
export function PSADBW_VW(cpu: Cpu, rec: Rec): void { vw<PSADBW>(cpu, rec); }
export function PSADBW_PQ(cpu: Cpu, rec: Rec): void { pq<PSADBW>(cpu, rec); }

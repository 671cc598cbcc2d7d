/**
 * MMX and SSE moves: whole registers, scalars, halves, non-temporal and masked stores, moves to and from general
 * registers, sign masks. Non-temporal hints have no effect here: the caches of the machine are not modelled.
 * [SDM2] MOVAPS … MOVNTQ, MASKMOVDQU, PMOVMSKB, LDDQU
 */
import { ACCESS_WRITE, segLinear } from "../cpu/address";
import { readE, setReg, writeE } from "../cpu/operand";
import { Cpu } from "../cpu/state";
import { REC_MEM, Rec, addrSizeLog2 } from "../decode/record";
import { memReadForWrite, memWrite } from "../mmu/access";
import {
  enterMmx, fromLow, getMm, getXmm, getXmmHigh, getXmmLow, highHalf, lowHalf, setMm, setXmm, setXmmHigh, setXmmLow,
} from "../sse/registers";
import { readMem, readMem128, readMem128Aligned, readQ, readWLow, writeMem, writeMem128, writeMem128Aligned } from "./sse-operands";

// ---- 16 bytes

/** MOVAPS, MOVAPD, MOVDQA V,W. */
export function MOV128_VW(cpu: Cpu, rec: Rec): void {
  if (rec.flags & REC_MEM) {
    const value = readMem128Aligned(cpu, rec);
    if (cpu.fault) return;
    setXmm(cpu, rec.g, value);
  } else setXmm(cpu, rec.g, getXmm(cpu, rec.e));
}

/** MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ W,V. */
export function MOV128_WV(cpu: Cpu, rec: Rec): void {
  const value = getXmm(cpu, rec.g);
  if (rec.flags & REC_MEM) writeMem128Aligned(cpu, rec, value);
  else setXmm(cpu, rec.e, value);
}

/** MOVUPS, MOVUPD, MOVDQU, LDDQU V,W. */
export function MOVU128_VW(cpu: Cpu, rec: Rec): void {
  if (rec.flags & REC_MEM) {
    const value = readMem128(cpu, rec);
    if (cpu.fault) return;
    setXmm(cpu, rec.g, value);
  } else setXmm(cpu, rec.g, getXmm(cpu, rec.e));
}

export function MOVU128_WV(cpu: Cpu, rec: Rec): void {
  const value = getXmm(cpu, rec.g);
  if (rec.flags & REC_MEM) writeMem128(cpu, rec, value);
  else setXmm(cpu, rec.e, value);
}

// ---- scalars: from memory the rest of the register becomes zero, from a register it stays

export function MOVSS_VW(cpu: Cpu, rec: Rec): void {
  if (rec.flags & REC_MEM) {
    const value = readMem<u32>(cpu, rec);
    if (cpu.fault) return;
    setXmm(cpu, rec.g, fromLow(value));
  } else setXmmLow<u32>(cpu, rec.g, getXmmLow<u32>(cpu, rec.e));
}

export function MOVSS_WV(cpu: Cpu, rec: Rec): void {
  const value = getXmmLow<u32>(cpu, rec.g);
  if (rec.flags & REC_MEM) writeMem<u32>(cpu, rec, value);
  else setXmmLow<u32>(cpu, rec.e, value);
}

export function MOVSD_VW(cpu: Cpu, rec: Rec): void {
  if (rec.flags & REC_MEM) {
    const value = readMem<u64>(cpu, rec);
    if (cpu.fault) return;
    setXmm(cpu, rec.g, fromLow(value));
  } else setXmmLow<u64>(cpu, rec.g, getXmmLow<u64>(cpu, rec.e));
}

export function MOVSD_WV(cpu: Cpu, rec: Rec): void {
  const value = getXmmLow<u64>(cpu, rec.g);
  if (rec.flags & REC_MEM) writeMem<u64>(cpu, rec, value);
  else setXmmLow<u64>(cpu, rec.e, value);
}

// ---- halves

/** MOVLPS, MOVLPD V,M; MOVHLPS V,U. */
export function MOVLPS_VW(cpu: Cpu, rec: Rec): void {
  if (rec.flags & REC_MEM) {
    const value = readMem<u64>(cpu, rec);
    if (cpu.fault) return;
    setXmmLow<u64>(cpu, rec.g, value);
  } else setXmmLow<u64>(cpu, rec.g, getXmmHigh(cpu, rec.e));
}

export function MOVLPS_MV(cpu: Cpu, rec: Rec): void {
  writeMem<u64>(cpu, rec, getXmmLow<u64>(cpu, rec.g));
}

/** MOVHPS, MOVHPD V,M; MOVLHPS V,U. */
export function MOVHPS_VW(cpu: Cpu, rec: Rec): void {
  if (rec.flags & REC_MEM) {
    const value = readMem<u64>(cpu, rec);
    if (cpu.fault) return;
    setXmmHigh(cpu, rec.g, value);
  } else setXmmHigh(cpu, rec.g, getXmmLow<u64>(cpu, rec.e));
}

export function MOVHPS_MV(cpu: Cpu, rec: Rec): void {
  writeMem<u64>(cpu, rec, getXmmHigh(cpu, rec.g));
}

/** MOVQ V,W: the upper half becomes zero. */
export function MOVQ_VW(cpu: Cpu, rec: Rec): void {
  const value = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, fromLow(value));
}

/** MOVQ W,V: a register destination is zero-extended. */
export function MOVQ_WV(cpu: Cpu, rec: Rec): void {
  const value = getXmmLow<u64>(cpu, rec.g);
  if (rec.flags & REC_MEM) writeMem<u64>(cpu, rec, value);
  else setXmm(cpu, rec.e, fromLow(value));
}

// ---- general registers

/** MOVD, MOVQ V,E. */
export function MOVD_VE<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, fromLow(<u64>value));
}

/** MOVD, MOVQ E,V. */
export function MOVD_EV<T>(cpu: Cpu, rec: Rec): void {
  writeE<T>(cpu, rec, getXmmLow<T>(cpu, rec.g));
}

/** MOVD, MOVQ P,E. */
export function MOVD_PE<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, <u64>value);
}

/** MOVD, MOVQ E,P. */
export function MOVD_EP<T>(cpu: Cpu, rec: Rec): void {
  writeE<T>(cpu, rec, <T>getMm(cpu, rec.g));
  if (cpu.fault) return;
  enterMmx(cpu);
}

/** MOVNTI M,G: no check of CR0. */
export function MOVNTI<T>(cpu: Cpu, rec: Rec): void {
  writeMem<T>(cpu, rec, load<T>(changetype<usize>(cpu) + rec.g));
}

// ---- MMX

/** MOVQ P,Q. */
export function MOVQ_PQ(cpu: Cpu, rec: Rec): void {
  const value = readQ(cpu, rec);
  if (cpu.fault) return;
  enterMmx(cpu);
  setMm(cpu, rec.g, value);
}

/** MOVQ Q,P; MOVNTQ M,P. */
export function MOVQ_QP(cpu: Cpu, rec: Rec): void {
  const value = getMm(cpu, rec.g);
  if (rec.flags & REC_MEM) {
    writeMem<u64>(cpu, rec, value);
    if (cpu.fault) return;
    enterMmx(cpu);
  } else {
    enterMmx(cpu);
    setMm(cpu, rec.e, value);
  }
}

/** MOVQ2DQ V,N. */
export function MOVQ2DQ(cpu: Cpu, rec: Rec): void {
  enterMmx(cpu);
  setXmm(cpu, rec.g, fromLow(getMm(cpu, rec.e)));
}

/** MOVDQ2Q P,U. */
export function MOVDQ2Q(cpu: Cpu, rec: Rec): void {
  enterMmx(cpu);
  setMm(cpu, rec.g, getXmmLow<u64>(cpu, rec.e));
}

// ---- sign masks

export function MOVMSKPS(cpu: Cpu, rec: Rec): void {
  setReg<u32>(cpu, rec.g, i32x4.bitmask(getXmm(cpu, rec.e)));
}

export function MOVMSKPD(cpu: Cpu, rec: Rec): void {
  setReg<u32>(cpu, rec.g, i64x2.bitmask(getXmm(cpu, rec.e)));
}

export function PMOVMSKB_GU(cpu: Cpu, rec: Rec): void {
  setReg<u32>(cpu, rec.g, i8x16.bitmask(getXmm(cpu, rec.e)));
}

export function PMOVMSKB_GN(cpu: Cpu, rec: Rec): void {
  enterMmx(cpu);
  setReg<u32>(cpu, rec.g, i8x16.bitmask(fromLow(getMm(cpu, rec.e))));
}

// ---- duplicating moves

export function MOVSLDUP(cpu: Cpu, rec: Rec): void {
  const value = rec.flags & REC_MEM ? readMem128Aligned(cpu, rec) : getXmm(cpu, rec.e);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, i32x4.shuffle(value, value, 0, 0, 2, 2));
}

export function MOVSHDUP(cpu: Cpu, rec: Rec): void {
  const value = rec.flags & REC_MEM ? readMem128Aligned(cpu, rec) : getXmm(cpu, rec.e);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, i32x4.shuffle(value, value, 1, 1, 3, 3));
}

export function MOVDDUP(cpu: Cpu, rec: Rec): void {
  const value = readWLow<u64>(cpu, rec);
  if (cpu.fault) return;
  setXmm(cpu, rec.g, i64x2.splat(value));
}

// ---- masked stores to DS:(E/R)DI

/**
 * Stores the bytes of `data` whose mask byte has its sign bit set. Where the bytes lie in two pages, the second one is
 * asked for first, so that a fault leaves memory as it was.
 */
function storeMasked(cpu: Cpu, rec: Rec, dataLow: u64, dataHigh: u64, mask: u32, sizeBytes: u32): void {
  let offset = cpu.rdi;
  const addressSize = addrSizeLog2(rec);
  if (addressSize == 2) offset &= 0xffff_ffff;
  else if (addressSize == 1) offset &= 0xffff;
  const linearAddr = segLinear(cpu, rec.seg, offset, sizeBytes, ACCESS_WRITE);
  if (cpu.fault || !mask) return;
  const last = linearAddr + (31 - clz<u32>(mask));
  if (((linearAddr + ctz<u32>(mask)) ^ last) & ~0xfff) {
    memReadForWrite<u8>(cpu, last);
    if (cpu.fault) return;
  }
  for (let i: u32 = 0; i < sizeBytes; i++) {
    if (!((mask >> i) & 1)) continue;
    memWrite<u8>(cpu, linearAddr + i, <u8>((i < 8 ? dataLow : dataHigh) >> ((i & 7) << 3)));
    if (cpu.fault) return;
  }
}

export function MASKMOVDQU(cpu: Cpu, rec: Rec): void {
  const data = getXmm(cpu, rec.g);
  storeMasked(cpu, rec, lowHalf(data), highHalf(data), i8x16.bitmask(getXmm(cpu, rec.e)), 16);
}

export function MASKMOVQ(cpu: Cpu, rec: Rec): void {
  storeMasked(cpu, rec, getMm(cpu, rec.g), 0, i8x16.bitmask(fromLow(getMm(cpu, rec.e))), 8);
  if (cpu.fault) return;
  enterMmx(cpu);
}

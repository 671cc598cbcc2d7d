/**
 * Loading segment registers. Real mode sets base = selector * 16 and keeps limit and attributes, so that the limits of a
 * visit to protected mode stay ("big real mode"); virtual-8086 mode sets all of them; protected mode reads descriptors.
 * A null selector makes the register unusable (P clear) with base 0, in long mode also for FS and GS.
 * [SDM3] 3.4.3, 3.4.4, 5.4 – 5.7, 20.1, 20.2 – [SDM2] MOV, LLDT, LTR – [APM2] 4.5
 */
import { sysWrite } from "../mmu/system-access";
import {
  SELECTOR_ERROR_MASK, SELECTOR_RPL, SELECTOR_TI, SYS_BUSY, SYS_LDT, SYS_TSS16_AVAILABLE, SYS_TSS_AVAILABLE, descAttr, descBase, descDpl, descIsCode, descIsConforming,
  descIsPresent, descIsReadable, descIsSystem, descIsWritableData, descLimit, descType, descriptorAddress, fetchDescriptor, fetchDescriptorHigh,
  isNullSelector, markAccessed,
} from "./descriptors";
import { VECTOR_GP, VECTOR_NP, VECTOR_SS, VECTOR_TS, raiseCode, raiseGP } from "./fault";
import { updateMode } from "./mode";
import { isCanonical } from "./address";
import {
  ATTR_AVL, ATTR_DB, ATTR_DPL_SHIFT, ATTR_G, ATTR_L, ATTR_P, ATTR_S, Cpu, EFER_LMA, SEG_CS, SEG_FS, SEG_LDTR, SEG_SS, SEG_TR, Segment, TYPE_ACCESSED, TYPE_WRITABLE,
  is64, isRealOrV86, isV86, segment,
} from "./state";

/** A present, accessed, writable data segment: what real and virtual-8086 mode put into every register. */
export const ATTR_REAL: u32 = ATTR_P | ATTR_S | TYPE_WRITABLE | TYPE_ACCESSED;
const ATTR_DPL3: u32 = 3 << ATTR_DPL_SHIFT;

/** Fills a register from a descriptor, without checks. */
export function setSegment(cpu: Cpu, index: u32, selector: u32, desc: u64): void {
  const seg = segment(cpu, index);
  seg.selector = <u16>selector;
  seg.attr = <u16>descAttr(desc);
  seg.limit = descLimit(desc);
  seg.base = descBase(desc);
}

/** A selector that names no segment. `dpl` matters for SS in 64-bit mode only. */
export function setNullSegment(cpu: Cpu, index: u32, selector: u32, dpl: u32): void {
  const seg = segment(cpu, index);
  seg.selector = <u16>selector;
  seg.attr = <u16>(dpl << ATTR_DPL_SHIFT);
  seg.limit = 0;
  seg.base = 0;
}

/** Real mode: only the base changes; the limit, D/B and granularity stay. */
export function setRealSegment(cpu: Cpu, index: u32, selector: u32): void {
  const seg = segment(cpu, index);
  seg.selector = <u16>selector;
  seg.base = <u64>(selector & 0xffff) << 4;
  seg.attr = <u16>((<u32>seg.attr & (ATTR_AVL | ATTR_DB | ATTR_G)) | ATTR_REAL);
}

/** Virtual-8086 mode: 64 KiB, data, DPL 3. */
export function setV86Segment(cpu: Cpu, index: u32, selector: u32): void {
  const seg = segment(cpu, index);
  seg.selector = <u16>selector;
  seg.base = <u64>(selector & 0xffff) << 4;
  seg.limit = 0xffff;
  seg.attr = <u16>(ATTR_REAL | ATTR_DPL3);
}

/** In real or virtual-8086 mode. */
export function setParagraphSegment(cpu: Cpu, index: u32, selector: u32): void {
  if (isV86(cpu)) setV86Segment(cpu, index, selector);
  else setRealSegment(cpu, index, selector);
}

/** Loads ES, SS, DS, FS or GS as MOV and POP do. Nothing has changed if it faults. The caller sees to `updateMode`. */
export function loadSegment(cpu: Cpu, index: u32, selector: u32): void {
  if (isRealOrV86(cpu)) setParagraphSegment(cpu, index, selector);
  else if (index == SEG_SS) loadStackSegment(cpu, selector);
  else loadDataSegment(cpu, index, selector, VECTOR_GP);
}

/** `loadSegment` followed by `updateMode`, unless the mode cannot have changed: FS, GS, or a segment like the one before. */
export function loadSegmentAndMode(cpu: Cpu, index: u32, selector: u32): void {
  const seg = segment(cpu, index);
  const attr = seg.attr, limit = seg.limit, base = seg.base;
  loadSegment(cpu, index, selector);
  if (cpu.fault || index >= SEG_FS) return;
  if (seg.attr != attr || seg.limit != limit || seg.base != base) updateMode(cpu);
}

/** DS, ES, FS, GS in protected mode; `vector` is #GP, or #TS while a task is being switched to. */
export function loadDataSegment(cpu: Cpu, index: u32, selector: u32, vector: u32): void {
  if (isNullSelector(selector)) {
    setNullSegment(cpu, index, selector, 0);
    return;
  }
  const desc = fetchDescriptor(cpu, selector, vector);
  if (cpu.fault) return;
  const code = selector & SELECTOR_ERROR_MASK;
  if (!descIsReadable(desc)) {
    raiseCode(cpu, vector, code);
    return;
  }
  const dpl = descDpl(desc);
  if (!descIsConforming(desc) && (dpl < (selector & SELECTOR_RPL) || dpl < cpu.cpl)) {
    raiseCode(cpu, vector, code);
    return;
  }
  if (!descIsPresent(desc)) {
    raiseCode(cpu, VECTOR_NP, code);
    return;
  }
  const accessed = markAccessed(cpu, selector, desc);
  if (!cpu.fault) setSegment(cpu, index, selector, accessed);
}

function loadStackSegment(cpu: Cpu, selector: u32): void {
  if (isNullSelector(selector)) {
    if (is64(cpu) && cpu.cpl < 3 && (selector & SELECTOR_RPL) == cpu.cpl) setNullSegment(cpu, SEG_SS, selector, cpu.cpl);
    else raiseGP(cpu, 0);
    return;
  }
  const desc = fetchStackDescriptor(cpu, selector, cpu.cpl, VECTOR_GP);
  if (cpu.fault) return;
  const accessed = markAccessed(cpu, selector, desc);
  if (!cpu.fault) setSegment(cpu, SEG_SS, selector, accessed);
}

/** Reads and checks the descriptor of a stack for privilege level `cpl`: `vector`(selector) or #SS(selector). Null is the caller's. */
export function fetchStackDescriptor(cpu: Cpu, selector: u32, cpl: u32, vector: u32): u64 {
  const desc = fetchDescriptor(cpu, selector, vector);
  if (cpu.fault) return 0;
  const code = selector & SELECTOR_ERROR_MASK;
  if ((selector & SELECTOR_RPL) != cpl || !descIsWritableData(desc) || descDpl(desc) != cpl) raiseCode(cpu, vector, code);
  else if (!descIsPresent(desc)) raiseCode(cpu, VECTOR_SS, code);
  return desc;
}

/** The same for the stack of an inner level or of a new task, whose selector must not be null: #TS. */
export function fetchInnerStackDescriptor(cpu: Cpu, selector: u32, cpl: u32): u64 {
  if (!isNullSelector(selector)) return fetchStackDescriptor(cpu, selector, cpl, VECTOR_TS);
  raiseCode(cpu, VECTOR_TS, 0);
  return 0;
}

/**
 * Reads and checks the code segment that a gate leads to: present, not less privileged than CPL, in long mode 64-bit code; more privileged (and not
 * conforming) only if `mayGoInner`. [SDM3] 5.8.3.1, 6.12.1, 6.14.1
 */
export function fetchGateCode(cpu: Cpu, selector: u32, mayGoInner: bool): u64 {
  if (isNullSelector(selector)) {
    raiseGP(cpu, 0);
    return 0;
  }
  const desc = fetchDescriptor(cpu, selector, VECTOR_GP);
  if (cpu.fault) return 0;
  const code = selector & SELECTOR_ERROR_MASK;
  const dpl = descDpl(desc);
  const isInner = !descIsConforming(desc) && dpl < cpu.cpl;
  const isWrongSize = (cpu.efer & EFER_LMA) != 0 && (descAttr(desc) & (ATTR_L | ATTR_DB)) != ATTR_L;
  if (!descIsCode(desc) || dpl > cpu.cpl || isWrongSize || (isInner && !mayGoInner)) raiseGP(cpu, code);
  else if (!descIsPresent(desc)) raiseCode(cpu, VECTOR_NP, code);
  return desc;
}

/** CS and the privilege level with it; `desc` has been checked. */
export function setCodeSegment(cpu: Cpu, selector: u32, desc: u64, cpl: u32): void {
  setSegment(cpu, SEG_CS, (selector & ~SELECTOR_RPL) | cpl, desc);
  cpu.cpl = cpl;
}

/** LLDT, and the LDT of a new task. `vector` is #GP or #TS. */
export function loadLdtr(cpu: Cpu, selector: u32, vector: u32): void {
  if (isNullSelector(selector)) {
    setNullSegment(cpu, SEG_LDTR, selector, 0);
    return;
  }
  const code = selector & SELECTOR_ERROR_MASK;
  if (selector & SELECTOR_TI) {
    raiseCode(cpu, vector, code);
    return;
  }
  const desc = fetchDescriptor(cpu, selector, vector);
  if (cpu.fault) return;
  if (!descIsSystem(desc) || descType(desc) != SYS_LDT) {
    raiseCode(cpu, vector, code);
    return;
  }
  // A new task's LDT that is not present is #TS as well. [SDM3] table 7-1
  if (!descIsPresent(desc)) {
    raiseCode(cpu, vector == VECTOR_GP ? VECTOR_NP : vector, code);
    return;
  }
  const high = cpu.efer & EFER_LMA ? systemBaseHigh(cpu, selector, desc) : 0;
  if (cpu.fault) return;
  setSegment(cpu, SEG_LDTR, selector, desc);
  segment(cpu, SEG_LDTR).base |= high;
}

/** LTR: the descriptor becomes busy. */
export function loadTr(cpu: Cpu, selector: u32): void {
  const code = selector & SELECTOR_ERROR_MASK;
  if (isNullSelector(selector)) {
    raiseGP(cpu, 0);
    return;
  }
  if (selector & SELECTOR_TI) {
    raiseGP(cpu, code);
    return;
  }
  const desc = fetchDescriptor(cpu, selector, VECTOR_GP);
  if (cpu.fault) return;
  const type = descType(desc);
  const isLong = (cpu.efer & EFER_LMA) != 0;
  if (!descIsSystem(desc) || (type != SYS_TSS_AVAILABLE && (isLong || type != SYS_TSS16_AVAILABLE))) {
    raiseGP(cpu, code);
    return;
  }
  if (!descIsPresent(desc)) {
    raiseCode(cpu, VECTOR_NP, code);
    return;
  }
  const high = isLong ? systemBaseHigh(cpu, selector, desc) : 0;
  if (cpu.fault) return;
  const busy = desc | (<u64>SYS_BUSY << 40);
  sysWrite<u8>(cpu, descriptorAddress(cpu, selector, 8, VECTOR_GP) + 5, <u8>(busy >> 40));
  if (cpu.fault) return;
  setSegment(cpu, SEG_TR, selector, busy);
  segment(cpu, SEG_TR).base |= high;
}

/** Bits 32–63 of the base of a 16-byte system descriptor, in place. Raises #GP(selector) for a base that is not canonical. */
function systemBaseHigh(cpu: Cpu, selector: u32, desc: u64): u64 {
  const high = fetchDescriptorHigh(cpu, selector, VECTOR_GP) << 32;
  if (!cpu.fault && !isCanonical(descBase(desc) | high)) raiseGP(cpu, selector & SELECTOR_ERROR_MASK);
  return high;
}

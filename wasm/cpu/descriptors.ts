/**
 * Descriptors of the GDT and LDT: reading them with supervisor rights, taking them apart, marking them accessed or busy.
 * A descriptor travels as the u64 that stands in memory.
 * [SDM3] 3.4.5 segment descriptors, 3.5 system descriptors, 7.2.2 TSS descriptors – [APM2] 4.7, 4.8
 */
import { sysRead, sysWrite } from "../mmu/system-access";
import { raiseCode } from "./fault";
import { ATTR_G, ATTR_P, ATTR_S, Cpu, SEG_LDTR, TYPE_ACCESSED, TYPE_CODE, TYPE_CONFORMING, TYPE_READABLE, TYPE_WRITABLE, segment } from "./state";

export const SELECTOR_RPL: u32 = 3;
export const SELECTOR_TI: u32 = 4;
/** What of a selector stands in an error code. */
export const SELECTOR_ERROR_MASK: u32 = 0xfffc;

/** System descriptor types (S = 0). In long mode, types 2, 9, 11, 12, 14, 15 are the 64-bit ones. */
export const SYS_TSS16_AVAILABLE: u32 = 1;
export const SYS_LDT: u32 = 2;
export const SYS_TSS16_BUSY: u32 = 3;
export const SYS_CALL_GATE16: u32 = 4;
export const SYS_TASK_GATE: u32 = 5;
export const SYS_INTERRUPT_GATE16: u32 = 6;
export const SYS_TRAP_GATE16: u32 = 7;
export const SYS_TSS_AVAILABLE: u32 = 9;
export const SYS_TSS_BUSY: u32 = 11;
export const SYS_CALL_GATE: u32 = 12;
export const SYS_INTERRUPT_GATE: u32 = 14;
export const SYS_TRAP_GATE: u32 = 15;
/** In a TSS type: the bit that tells busy from available. */
export const SYS_BUSY: u32 = 2;
/** In a gate or TSS type: 32-bit (64-bit in long mode) rather than 16-bit. */
export const SYS_32BIT: u32 = 8;

@inline export function descBase(desc: u64): u64 {
  return ((desc >> 16) & 0xff_ffff) | ((desc >> 32) & 0xff00_0000);
}

/** In bytes, granularity applied. */
@inline export function descLimit(desc: u64): u32 {
  const raw = <u32>(desc & 0xffff) | (<u32>(desc >> 32) & 0xf_0000);
  return (desc >> 55) & 1 ? (raw << 12) | 0xfff : raw;
}

/** Attributes in the form of `Segment.attr`. */
@inline export function descAttr(desc: u64): u32 {
  return (<u32>(desc >> 40) & 0xff) | (<u32>(desc >> 44) & 0xf00);
}

@inline export function descType(desc: u64): u32 {
  return <u32>(desc >> 40) & 0xf;
}

@inline export function descDpl(desc: u64): u32 {
  return <u32>(desc >> 45) & 3;
}

@inline export function descIsPresent(desc: u64): bool {
  return (descAttr(desc) & ATTR_P) != 0;
}

@inline export function descIsSystem(desc: u64): bool {
  return (descAttr(desc) & ATTR_S) == 0;
}

@inline export function descIsCode(desc: u64): bool {
  return (descAttr(desc) & (ATTR_S | TYPE_CODE)) == (ATTR_S | TYPE_CODE);
}

@inline export function descIsConforming(desc: u64): bool {
  return (descAttr(desc) & (ATTR_S | TYPE_CODE | TYPE_CONFORMING)) == (ATTR_S | TYPE_CODE | TYPE_CONFORMING);
}

@inline export function descIsWritableData(desc: u64): bool {
  return (descAttr(desc) & (ATTR_S | TYPE_CODE | TYPE_WRITABLE)) == (ATTR_S | TYPE_WRITABLE);
}

/** A segment that a data selector register may hold: data, or readable code. */
@inline export function descIsReadable(desc: u64): bool {
  const attr = descAttr(desc);
  return (attr & ATTR_S) != 0 && (!(attr & TYPE_CODE) || (attr & TYPE_READABLE) != 0);
}

@inline export function isNullSelector(selector: u32): bool {
  return (selector & SELECTOR_ERROR_MASK) == 0;
}

// Gates
@inline export function gateSelector(gate: u64): u32 {
  return <u32>(gate >> 16) & 0xffff;
}

/** The offset of a 16-bit gate is its low word. */
@inline export function gateOffset(gate: u64): u64 {
  const low = gate & 0xffff;
  return descType(gate) & SYS_32BIT ? low | ((gate >> 32) & 0xffff_0000) : low;
}

@inline export function gateParameterCount(gate: u64): u32 {
  return <u32>(gate >> 32) & 0x1f;
}

/** Linear address of the descriptor that `selector` names, or raises `vector`(selector) when its table does not reach that far. */
export function descriptorAddress(cpu: Cpu, selector: u32, sizeBytes: u32, vector: u32): u64 {
  let base = cpu.gdtrBase;
  let limit = cpu.gdtrLimit;
  if (selector & SELECTOR_TI) {
    const ldtr = segment(cpu, SEG_LDTR);
    if (!(ldtr.attr & ATTR_P)) {
      raiseCode(cpu, vector, selector & SELECTOR_ERROR_MASK);
      return 0;
    }
    base = ldtr.base;
    limit = ldtr.limit;
  }
  const offset = selector & 0xfff8;
  if (<u64>offset + (sizeBytes - 1) > limit) raiseCode(cpu, vector, selector & SELECTOR_ERROR_MASK);
  return base + offset;
}

/** Reads the descriptor that `selector` (not null) names. Raises `vector`(selector), or a page fault. */
export function fetchDescriptor(cpu: Cpu, selector: u32, vector: u32): u64 {
  const linearAddr = descriptorAddress(cpu, selector, 8, vector);
  if (cpu.fault) return 0;
  return sysRead<u64>(cpu, linearAddr);
}

/** The upper half of a 16-byte descriptor (long mode). Its type field must be 0. */
export function fetchDescriptorHigh(cpu: Cpu, selector: u32, vector: u32): u64 {
  const linearAddr = descriptorAddress(cpu, selector, 16, vector);
  if (cpu.fault) return 0;
  const high = sysRead<u64>(cpu, linearAddr + 8);
  if (!cpu.fault && (high >> 40) & 0x1f) raiseCode(cpu, vector, selector & SELECTOR_ERROR_MASK);
  return high;
}

/** Sets the accessed bit in memory, where it is clear. Returns the descriptor with the bit set. May page-fault. */
export function markAccessed(cpu: Cpu, selector: u32, desc: u64): u64 {
  const bit = <u64>TYPE_ACCESSED << 40;
  if (desc & bit) return desc;
  const linearAddr = tableBase(cpu, selector) + (selector & 0xfff8);
  sysWrite<u8>(cpu, linearAddr + 5, <u8>((desc | bit) >> 40));
  return desc | bit;
}

/** Sets or clears the busy bit of a TSS descriptor in the GDT. May page-fault. */
export function writeBusy(cpu: Cpu, selector: u32, busy: bool): void {
  const linearAddr = cpu.gdtrBase + (selector & 0xfff8) + 5;
  const type: u32 = sysRead<u8>(cpu, linearAddr);
  if (cpu.fault) return;
  sysWrite<u8>(cpu, linearAddr, <u8>(busy ? type | SYS_BUSY : type & ~SYS_BUSY));
}

@inline function tableBase(cpu: Cpu, selector: u32): u64 {
  return selector & SELECTOR_TI ? segment(cpu, SEG_LDTR).base : cpu.gdtrBase;
}

/** The 4 GiB descriptors that SYSCALL, SYSENTER and their returns load without reading memory. */
@inline export function fixedDescriptor(attr: u32): u64 {
  return 0x000f_0000_0000_ffff | (<u64>(attr & 0xff) << 40) | (<u64>((attr | ATTR_G) & 0xf00) << 44);
}

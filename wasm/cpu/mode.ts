/**
 * What follows from the control registers, the segment registers and the flags: the mode bits that decoded code depends
 * on, and the TLB set that memory accesses use. Kept in the struct, so that the hot paths test one word.
 *
 * Fills never go into the empty set: while data breakpoints or alignment checks are active every access misses and
 * takes the slow path, which looks at each one.
 * [SDM3] 2.2, 3.4.5, 4.6, 5.2 – [APM2] 4.8
 */
import { TLB_ARRAY_SIZE, TLB_OFFSET } from "../layout";
import { closeStackWindow } from "../mmu/stack-window";
import {
  ATTR_DB, ATTR_L, ATTR_P, ATTR_S, CR0_AM, CR0_PE, CR4_SMAP, Cpu, EFER_LMA, EVENT_STEP, FLAG_AC, FLAG_TF, FLAG_VM, JUMP_MODE_SHIFT, MODE_16, MODE_32, MODE_64,
  MODE_CS_CHECKED, MODE_FLAT, MODE_SS32, MODE_USER, SEG_CS, SEG_DS, SEG_ES, SEG_SS, Segment, TYPE_CODE, TYPE_EXPAND_DOWN, TYPE_READABLE, isFlatData, segment,
} from "./state";
import { hasDataBreakpoints, hasInstructionBreakpoints } from "./debug";

export const TLB_SET_USER: u32 = 0;
export const TLB_SET_SUPERVISOR: u32 = 1;
export const TLB_SET_SUPERVISOR_AC: u32 = 2;
export const TLB_SET_EMPTY: u32 = 3;

const FLAT_LIMIT: u32 = 0xffff_ffff;

/** Recomputes `mode`, `tlbRead` and `tlbWrite`. Called after anything that changes CR0, EFER, CS, SS, DS, ES, CPL, EFLAGS.TF/AC/VM or DR7. */
export function updateMode(cpu: Cpu): void {
  const cs = segment(cpu, SEG_CS);
  let mode: u32;
  if (cpu.efer & EFER_LMA && cs.attr & ATTR_L) mode = MODE_64 | MODE_FLAT;
  else {
    mode = cs.attr & ATTR_DB ? MODE_32 : MODE_16;
    if (segment(cpu, SEG_SS).attr & ATTR_DB) mode |= MODE_SS32;
    if (isFlat(cpu)) mode |= MODE_FLAT;
    if (cs.limit != FLAT_LIMIT) mode |= MODE_CS_CHECKED;
  }
  if (cpu.cpl == 3) mode |= MODE_USER;
  cpu.mode = mode;
  cpu.jumpTag = (cpu.cpl == 3 ? cpu.userGeneration : cpu.supervisorGeneration) | (<u64>mode << JUMP_MODE_SHIFT);
  if (cpu.eflags & FLAG_TF || hasInstructionBreakpoints(cpu)) cpu.events |= EVENT_STEP;
  updateTlbSet(cpu);
}

/** The part of `updateMode` that a change of CPL, EFLAGS.AC, CR0.AM, CR4.SMAP or DR7 asks for. */
export function updateTlbSet(cpu: Cpu): void {
  let set: u32 = rightsSet(cpu);
  if (hasDataBreakpoints(cpu) || checksAlignment(cpu)) set = TLB_SET_EMPTY;
  closeStackWindow(cpu);
  cpu.tlbRead = tlbArray(cpu, set, 0);
  cpu.tlbWrite = tlbArray(cpu, set, 1);
}

/** The set that the access rights alone choose. */
export function rightsSet(cpu: Cpu): u32 {
  if (cpu.cpl == 3) return TLB_SET_USER;
  return cpu.cr4 & CR4_SMAP && cpu.eflags & FLAG_AC ? TLB_SET_SUPERVISOR_AC : TLB_SET_SUPERVISOR;
}

@inline export function tlbArray(cpu: Cpu, set: u32, isWrite: u32): u32 {
  return cpu.tables + TLB_OFFSET + (set * 2 + isWrite) * TLB_ARRAY_SIZE;
}

/** Misaligned accesses raise #AC. [SDM3] 6.15 */
@inline export function checksAlignment(cpu: Cpu): bool {
  return cpu.cpl == 3 && (cpu.eflags & FLAG_AC) != 0 && (cpu.cr0 & CR0_AM) != 0;
}

function isFlat(cpu: Cpu): bool {
  const cs = segment(cpu, SEG_CS);
  if (cs.base != 0 || cs.limit != FLAT_LIMIT) return false;
  const isReal = !(cpu.cr0 & CR0_PE) || (cpu.eflags & FLAG_VM) != 0;
  if (!isReal && (cs.attr & (ATTR_P | ATTR_S | TYPE_READABLE)) != (ATTR_P | ATTR_S | TYPE_READABLE)) return false;
  return isFlat32(segment(cpu, SEG_DS), isReal) && isFlat32(segment(cpu, SEG_ES), isReal) && isFlat32(segment(cpu, SEG_SS), isReal);
}

@inline function isFlat32(seg: Segment, isReal: bool): bool {
  if (!isReal) return isFlatData(seg);
  const isExpandDown = seg.attr & ATTR_S && (<u32>seg.attr & (TYPE_CODE | TYPE_EXPAND_DOWN)) == TYPE_EXPAND_DOWN;
  return seg.base == 0 && seg.limit == FLAT_LIMIT && !isExpandDown;
}

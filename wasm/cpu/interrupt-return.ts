/**
 * IRET, IRETD and IRETQ in every mode: real, virtual-8086 (with and without VME), protected mode to the same or an outer
 * level, to virtual-8086 mode, to the previous task; long mode to 64-bit and compatibility mode. Ends NMI blocking.
 * [SDM2] IRET – [SDM3] 7.4, 20.2.3, 20.3 – [APM2] 8.9.3
 */
import { PENDING_RF, hasInstructionBreakpoints } from "./debug";
import { SELECTOR_ERROR_MASK, SELECTOR_RPL, SELECTOR_TI, fetchDescriptor, isNullSelector, markAccessed } from "./descriptors";
import { targetOf, commitReturn, fetchReturnCode, fetchReturnStack } from "./far-transfer";
import { VECTOR_TS, raiseCode, raiseGP } from "./fault";
import { writeFlags } from "./flags";
import { sysRead } from "../mmu/system-access";
import { updateMode } from "./mode";
import { flagsWritableMask } from "./models";
import { setCodeSegment, setParagraphSegment, setV86Segment } from "./segments";
import { moveStackPointer, peekStack } from "./stack";
import {
  CR0_PE, CR4_VME, Cpu, EFER_LMA, EVENT_NMI_BLOCKED, FLAG_AC, FLAG_DF, FLAG_ID, FLAG_IF, FLAG_IOPL, FLAG_NT, FLAG_RF, FLAG_TF, FLAG_VIF, FLAG_VIP, FLAG_VM,
  FLAGS_ARITH, SEG_CS, SEG_DS, SEG_ES, SEG_FS, SEG_GS, SEG_SS, SEG_TR, iopl, is64, isV86, segment,
} from "./state";
import { SWITCH_IRET, switchTask } from "./task-switch";

const V86_LIMIT: u32 = 0xffff;
/** What IRET may always load. */
const FLAGS_COMMON: u32 = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_NT;
const FLAGS_UPPER: u32 = FLAG_RF | FLAG_AC | FLAG_ID;

export function interruptReturn(cpu: Cpu, sizeBytes: u32): void {
  if (!(cpu.cr0 & CR0_PE)) realReturn(cpu, sizeBytes);
  else if (isV86(cpu)) v86Return(cpu, sizeBytes);
  else if (cpu.eflags & FLAG_NT) taskReturn(cpu);
  else protectedReturn(cpu, sizeBytes);
  if (cpu.fault) return;
  cpu.events &= ~EVENT_NMI_BLOCKED;
  // RF matters only to instruction breakpoints; without one it would only cost a single step.
  cpu.pendingDebug &= ~PENDING_RF;
  if (cpu.eflags & FLAG_RF && !hasInstructionBreakpoints(cpu)) cpu.eflags &= ~FLAG_RF;
}

function realReturn(cpu: Cpu, sizeBytes: u32): void {
  const mask = sizeBytes == 2 ? FLAGS_COMMON | FLAG_IF | FLAG_IOPL : FLAGS_COMMON | FLAG_IF | FLAG_IOPL | FLAGS_UPPER;
  paragraphReturn(cpu, sizeBytes, mask);
}

/** Pops IP, CS, FLAGS in real or virtual-8086 mode; `mask` says which flags change. */
function paragraphReturn(cpu: Cpu, sizeBytes: u32, mask: u32): void {
  const size = <i64>sizeBytes;
  const rip = peekStack(cpu, sizeBytes, 0);
  if (cpu.fault) return;
  const selector = <u32>peekStack(cpu, sizeBytes, size) & 0xffff;
  if (cpu.fault) return;
  const flags = <u32>peekStack(cpu, sizeBytes, 2 * size);
  if (cpu.fault) return;
  if (rip > segment(cpu, SEG_CS).limit) {
    raiseGP(cpu, 0);
    return;
  }
  moveStackPointer(cpu, 3 * size);
  setParagraphSegment(cpu, SEG_CS, selector);
  cpu.rip = rip;
  writeFlags(cpu, flags, mask & flagsWritableMask(cpu));
  updateMode(cpu);
}

function v86Return(cpu: Cpu, sizeBytes: u32): void {
  if (iopl(cpu) == 3) {
    paragraphReturn(cpu, sizeBytes, sizeBytes == 2 ? FLAGS_COMMON | FLAG_IF : FLAGS_COMMON | FLAG_IF | FLAGS_UPPER);
    return;
  }
  if (sizeBytes != 2 || !(cpu.cr4 & CR4_VME)) {
    raiseGP(cpu, 0);
    return;
  }
  const image = <u32>peekStack(cpu, 2, 4);
  if (cpu.fault) return;
  if (image & FLAG_TF || (image & FLAG_IF && cpu.eflags & FLAG_VIP)) {
    raiseGP(cpu, 0);
    return;
  }
  paragraphReturn(cpu, 2, FLAGS_COMMON);
  if (cpu.fault) return;
  // IF of the image is the virtual one. [SDM3] 20.3.3.4
  cpu.eflags = image & FLAG_IF ? cpu.eflags | FLAG_VIF : cpu.eflags & ~FLAG_VIF;
}

/** NT is set: back to the task that the link field names. */
function taskReturn(cpu: Cpu): void {
  if (cpu.efer & EFER_LMA) {
    raiseGP(cpu, 0);
    return;
  }
  const link: u32 = sysRead<u16>(cpu, segment(cpu, SEG_TR).base);
  if (cpu.fault) return;
  if (link & SELECTOR_TI || isNullSelector(link)) {
    raiseCode(cpu, VECTOR_TS, link & SELECTOR_ERROR_MASK);
    return;
  }
  const desc = fetchDescriptor(cpu, link, VECTOR_TS);
  if (!cpu.fault) switchTask(cpu, link, desc, SWITCH_IRET, false, 0, false);
}

function protectedReturn(cpu: Cpu, sizeBytes: u32): void {
  const size = <i64>sizeBytes;
  const offset = peekStack(cpu, sizeBytes, 0);
  if (cpu.fault) return;
  const selector = <u32>peekStack(cpu, sizeBytes, size) & 0xffff;
  if (cpu.fault) return;
  const flags = <u32>peekStack(cpu, sizeBytes, 2 * size);
  if (cpu.fault) return;
  if (flags & FLAG_VM && cpu.cpl == 0 && sizeBytes == 4 && !(cpu.efer & EFER_LMA)) {
    returnToV86(cpu, <u32>offset, selector, flags);
    return;
  }
  const desc = fetchReturnCode(cpu, selector);
  if (cpu.fault) return;
  const rip = targetOf(cpu, desc, offset);
  if (cpu.fault) return;

  const oldCpl = cpu.cpl;
  const newCpl = selector & SELECTOR_RPL;
  if (newCpl > oldCpl || is64(cpu)) {
    const rsp = peekStack(cpu, sizeBytes, 3 * size);
    if (cpu.fault) return;
    const ss = <u32>peekStack(cpu, sizeBytes, 4 * size) & 0xffff;
    if (cpu.fault) return;
    const ssDesc = fetchReturnStack(cpu, ss, newCpl, desc);
    if (cpu.fault) return;
    commitReturn(cpu, selector, desc, rip, ss, ssDesc, rsp);
    if (cpu.fault) return;
  } else {
    const accessed = markAccessed(cpu, selector, desc);
    if (cpu.fault) return;
    moveStackPointer(cpu, 3 * size);
    setCodeSegment(cpu, selector, accessed, newCpl);
    cpu.rip = rip;
  }
  writeFlags(cpu, flags, returnFlagsMask(cpu, sizeBytes, oldCpl) & flagsWritableMask(cpu));
  updateMode(cpu);
}

/** The flags that level `cpl` may change by IRET. */
function returnFlagsMask(cpu: Cpu, sizeBytes: u32, cpl: u32): u32 {
  let mask = FLAGS_COMMON;
  if (sizeBytes != 2) mask |= FLAGS_UPPER;
  if (cpl <= iopl(cpu)) mask |= FLAG_IF;
  if (cpl == 0) {
    mask |= FLAG_IOPL;
    if (sizeBytes != 2) mask |= FLAG_VIF | FLAG_VIP;
  }
  return mask;
}

/** From level 0 to a virtual-8086 program: SP, SS, ES, DS, FS, GS follow the flags. */
function returnToV86(cpu: Cpu, eip: u32, cs: u32, flags: u32): void {
  const esp = peekStack(cpu, 4, 12);
  if (cpu.fault) return;
  const ss = <u32>peekStack(cpu, 4, 16);
  if (cpu.fault) return;
  const es = <u32>peekStack(cpu, 4, 20);
  if (cpu.fault) return;
  const ds = <u32>peekStack(cpu, 4, 24);
  if (cpu.fault) return;
  const fs = <u32>peekStack(cpu, 4, 28);
  if (cpu.fault) return;
  const gs = <u32>peekStack(cpu, 4, 32);
  if (cpu.fault) return;
  if (eip > V86_LIMIT) {
    raiseGP(cpu, 0);
    return;
  }
  writeFlags(cpu, flags, ((FLAGS_COMMON | FLAGS_UPPER | FLAG_IF | FLAG_IOPL | FLAG_VIF | FLAG_VIP) & flagsWritableMask(cpu)) | FLAG_VM);
  setV86Segment(cpu, SEG_CS, cs);
  setV86Segment(cpu, SEG_SS, ss);
  setV86Segment(cpu, SEG_ES, es);
  setV86Segment(cpu, SEG_DS, ds);
  setV86Segment(cpu, SEG_FS, fs);
  setV86Segment(cpu, SEG_GS, gs);
  cpu.rip = eip;
  cpu.rsp = esp;
  cpu.cpl = 3;
  updateMode(cpu);
}

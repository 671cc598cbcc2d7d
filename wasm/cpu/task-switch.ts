/**
 * Hardware task switches between 16- and 32-bit TSSs, by JMP, CALL, IRET with NT set, or a task gate. Long mode has none.
 *
 * Everything that can fault in the old task's context (descriptor checks, page faults on either TSS) happens first. Then
 * the old state is saved and the new one becomes current; faults of loading its segments belong to the new task: they are left
 * as an event, EVENT_TASK_FAULT, which cpu/exceptions.ts delivers before anything else happens.
 * [SDM3] 7.2 – 7.3, tables 7-1 and 7-2 – [APM2] 12.2, 12.3
 */
import { setCr3 } from "./control-registers";
import {
  SELECTOR_ERROR_MASK, SELECTOR_RPL, SELECTOR_TI, SYS_32BIT, SYS_BUSY, descDpl, descIsCode, descIsConforming, descIsPresent, descIsSystem, descLimit, descType,
  fetchDescriptor, isNullSelector, markAccessed, writeBusy,
} from "./descriptors";
import { DR6_BT, PENDING_RF, PENDING_STEP } from "./debug";
import { VECTOR_GP, VECTOR_NP, VECTOR_PF, VECTOR_TS, raiseCode, raiseGP } from "./fault";
import { readFlags, setArithFlags } from "./flags";
import { sysRead, sysWrite } from "../mmu/system-access";
import { updateMode } from "./mode";
import { flagsWritableMask } from "./models";
import { fetchInnerStackDescriptor, loadDataSegment, loadLdtr, setNullSegment, setSegment, setV86Segment } from "./segments";
import { pushSized } from "./stack";
import {
  CR0_PG, CR0_TS, Cpu, EVENT_DEBUG, EVENT_TASK_FAULT, FLAG_NT, FLAG_VM, FLAGS_ARITH, SEG_CS, SEG_DS, SEG_ES, SEG_FS, SEG_GS, SEG_LDTR, SEG_SS, SEG_TR, STOP_EVENT, STOP_FAULT, ptr,
  segment,
} from "./state";

/** Why the task is switched: decides about busy bits, the back link and NT. */
export const SWITCH_JUMP: u32 = 0;
export const SWITCH_CALL: u32 = 1;
export const SWITCH_IRET: u32 = 2;
/** An interrupt or exception through a task gate. */
export const SWITCH_GATE: u32 = 3;

const TSS_LINK: u32 = 0;
const TSS32_CR3: u32 = 0x1c;
const TSS32_EIP: u32 = 0x20;
const TSS32_EFLAGS: u32 = 0x24;
const TSS32_REGISTERS: u32 = 0x28;
const TSS32_SEGMENTS: u32 = 0x48;
const TSS32_LDT: u32 = 0x60;
const TSS32_TRAP: u32 = 0x64;
const TSS32_LIMIT: u32 = 0x67;
const TSS16_IP: u32 = 0x0e;
const TSS16_FLAGS: u32 = 0x10;
const TSS16_REGISTERS: u32 = 0x12;
const TSS16_SEGMENTS: u32 = 0x22;
const TSS16_LDT: u32 = 0x2a;
const TSS16_LIMIT: u32 = 0x2b;
const TSS16_FLAGS_MASK: u32 = 0x7fd5;
/** L0–L3 and LE are cleared by a task switch. */
const DR7_LOCAL: u64 = 0x155;
const UPPER_OF_16BIT_TASK: u64 = 0xffff_0000;

/** A switch through a task gate: `tssSelector` comes from the gate. */
export function switchTaskByGate(cpu: Cpu, tssSelector: u32, source: u32, hasErrorCode: bool, errorCode: u32, external: bool): void {
  const code = tssSelector & SELECTOR_ERROR_MASK;
  if (tssSelector & SELECTOR_TI || isNullSelector(tssSelector)) {
    raiseGP(cpu, code);
    return;
  }
  const desc = fetchDescriptor(cpu, tssSelector, VECTOR_GP);
  if (cpu.fault) return;
  switchTask(cpu, tssSelector, desc, source, hasErrorCode, errorCode, external);
}

/**
 * Switches to the task of `desc`, whose privilege the caller has checked. `cpu.rip` is what the old task will resume at. Raises
 * #GP, #TS, #NP or a page fault in the old task.
 */
export function switchTask(cpu: Cpu, selector: u32, desc: u64, source: u32, hasErrorCode: bool, errorCode: u32, external: bool): void {
  const code = selector & SELECTOR_ERROR_MASK;
  const type = descType(desc);
  const wanted: u32 = source == SWITCH_IRET ? 1 | SYS_BUSY : 1;
  if (!descIsSystem(desc) || (type & ~SYS_32BIT) != wanted) {
    raiseCode(cpu, source == SWITCH_IRET ? VECTOR_TS : VECTOR_GP, code);
    return;
  }
  if (!descIsPresent(desc)) {
    raiseCode(cpu, VECTOR_NP, code);
    return;
  }
  const is32 = (type & SYS_32BIT) != 0;
  if (descLimit(desc) < (is32 ? TSS32_LIMIT : TSS16_LIMIT)) {
    raiseCode(cpu, VECTOR_TS, code);
    return;
  }
  const oldTr = segment(cpu, SEG_TR);
  const oldIs32 = (oldTr.attr & SYS_32BIT) != 0;
  // The new TSS becomes TR's while it is read, so it is built in place; the old base is kept.
  const oldBase = oldTr.base;
  const oldSelector: u32 = oldTr.selector;
  probeTss(cpu, oldBase, oldIs32);
  const oldLow = cpu.seg14;
  const oldHigh = cpu.seg15;
  setSegment(cpu, SEG_TR, selector, desc);
  const newBase = segment(cpu, SEG_TR).base;
  probeTss(cpu, newBase, is32);
  // GDT entries that will be written below.
  if (!cpu.fault && source != SWITCH_CALL && source != SWITCH_GATE) writeBusy(cpu, oldSelector, false);
  if (!cpu.fault && source != SWITCH_IRET) writeBusy(cpu, selector, true);
  if (cpu.fault) {
    cpu.seg14 = oldLow;
    cpu.seg15 = oldHigh;
    return;
  }
  let flags = readFlags(cpu);
  if (source == SWITCH_IRET) flags &= ~FLAG_NT;
  if (oldIs32) saveTss32(cpu, oldBase, flags);
  else saveTss16(cpu, oldBase, flags);
  if (source == SWITCH_CALL || source == SWITCH_GATE) sysWrite<u16>(cpu, newBase + TSS_LINK, <u16>oldSelector);
  segment(cpu, SEG_TR).attr |= <u16>SYS_BUSY;

  cpu.cr0 |= CR0_TS;
  cpu.dr7 &= ~DR7_LOCAL;
  cpu.pendingDebug &= ~(PENDING_STEP | PENDING_RF);
  const nested = source == SWITCH_CALL || source == SWITCH_GATE ? FLAG_NT : 0;
  if (is32) loadTss32(cpu, newBase, nested);
  else loadTss16(cpu, newBase, nested);
  enterTask(cpu, is32, hasErrorCode, errorCode, external);
}

/** Raises the page faults of reading and writing a whole TSS. */
function probeTss(cpu: Cpu, base: u64, is32: bool): void {
  probeByte(cpu, base);
  probeByte(cpu, base + (is32 ? TSS32_LIMIT : TSS16_LIMIT));
}

function probeByte(cpu: Cpu, linearAddr: u64): void {
  if (cpu.fault) return;
  const value = sysRead<u8>(cpu, linearAddr);
  if (!cpu.fault) sysWrite<u8>(cpu, linearAddr, value);
}

@inline function register(cpu: Cpu, n: u32): u64 {
  return load<u64>(ptr(cpu) + (n << 3));
}

function saveTss32(cpu: Cpu, base: u64, flags: u32): void {
  sysWrite<u32>(cpu, base + TSS32_EIP, <u32>cpu.rip);
  sysWrite<u32>(cpu, base + TSS32_EFLAGS, flags);
  for (let n: u32 = 0; n < 8; n++) sysWrite<u32>(cpu, base + TSS32_REGISTERS + n * 4, <u32>register(cpu, n));
  for (let n: u32 = 0; n < 6; n++) sysWrite<u16>(cpu, base + TSS32_SEGMENTS + n * 4, segment(cpu, n).selector);
}

function saveTss16(cpu: Cpu, base: u64, flags: u32): void {
  sysWrite<u16>(cpu, base + TSS16_IP, <u16>cpu.rip);
  sysWrite<u16>(cpu, base + TSS16_FLAGS, <u16>flags);
  for (let n: u32 = 0; n < 8; n++) sysWrite<u16>(cpu, base + TSS16_REGISTERS + n * 2, <u16>register(cpu, n));
  for (let n: u32 = 0; n < 4; n++) sysWrite<u16>(cpu, base + TSS16_SEGMENTS + n * 2, segment(cpu, n).selector);
}

/** Selectors only: hidden parts follow in `enterTask`. Until then the registers are unusable. */
function takeSelector(cpu: Cpu, index: u32, selector: u32): void {
  setNullSegment(cpu, index, selector, 0);
}

function loadTss32(cpu: Cpu, base: u64, nested: u32): void {
  const cr3: u64 = sysRead<u32>(cpu, base + TSS32_CR3);
  const trap = sysRead<u16>(cpu, base + TSS32_TRAP);
  cpu.rip = sysRead<u32>(cpu, base + TSS32_EIP);
  takeFlags(cpu, (sysRead<u32>(cpu, base + TSS32_EFLAGS) & (flagsWritableMask(cpu) | FLAG_VM)) | nested);
  for (let n: u32 = 0; n < 8; n++) store<u64>(ptr(cpu) + (n << 3), sysRead<u32>(cpu, base + TSS32_REGISTERS + n * 4));
  for (let n: u32 = 0; n < 6; n++) takeSelector(cpu, n, sysRead<u16>(cpu, base + TSS32_SEGMENTS + n * 4));
  takeSelector(cpu, SEG_LDTR, sysRead<u16>(cpu, base + TSS32_LDT));
  if (trap & 1) {
    cpu.pendingDebug |= DR6_BT;
    cpu.events |= EVENT_DEBUG;
  }
  if (cpu.cr0 & CR0_PG) setCr3(cpu, cr3);
}

function loadTss16(cpu: Cpu, base: u64, nested: u32): void {
  cpu.rip = sysRead<u16>(cpu, base + TSS16_IP);
  takeFlags(cpu, (<u32>sysRead<u16>(cpu, base + TSS16_FLAGS) & TSS16_FLAGS_MASK) | nested);
  for (let n: u32 = 0; n < 8; n++) store<u64>(ptr(cpu) + (n << 3), UPPER_OF_16BIT_TASK | <u64>sysRead<u16>(cpu, base + TSS16_REGISTERS + n * 2));
  for (let n: u32 = 0; n < 4; n++) takeSelector(cpu, n, sysRead<u16>(cpu, base + TSS16_SEGMENTS + n * 2));
  takeSelector(cpu, SEG_FS, 0);
  takeSelector(cpu, SEG_GS, 0);
  takeSelector(cpu, SEG_LDTR, sysRead<u16>(cpu, base + TSS16_LDT));
}

function takeFlags(cpu: Cpu, flags: u32): void {
  setArithFlags(cpu, flags);
  cpu.eflags = (flags & ~FLAGS_ARITH) | 2;
}

/** The new task is current: its segments are loaded, then the error code is pushed. A fault in that is the new task's. */
function enterTask(cpu: Cpu, is32: bool, hasErrorCode: bool, errorCode: u32, external: bool): void {
  const isVirtual = (cpu.eflags & FLAG_VM) != 0;
  cpu.cpl = isVirtual ? 3 : <u32>segment(cpu, SEG_CS).selector & SELECTOR_RPL;
  updateMode(cpu);
  if (!cpu.fault) loadTaskSegments(cpu, isVirtual);
  updateMode(cpu);
  if (!cpu.fault && hasErrorCode) pushSized(cpu, is32 ? 4 : 2, errorCode);
  if (!cpu.fault && <u32>cpu.rip > segment(cpu, SEG_CS).limit) raiseGP(cpu, 0);
  if (!cpu.fault) return;
  if (external && cpu.faultVector != VECTOR_PF) cpu.faultCode |= 1;
  cpu.fault = 0;
  cpu.stop = (cpu.stop & ~STOP_FAULT) | STOP_EVENT;
  cpu.events |= EVENT_TASK_FAULT;
}

function loadTaskSegments(cpu: Cpu, isVirtual: bool): void {
  const ldt: u32 = segment(cpu, SEG_LDTR).selector;
  loadLdtr(cpu, ldt, VECTOR_TS);
  if (cpu.fault) return;
  if (isVirtual) {
    for (let index: u32 = 0; index < 6; index++) setV86Segment(cpu, index, segment(cpu, index).selector);
    return;
  }
  loadTaskCode(cpu);
  if (cpu.fault) return;
  const ss: u32 = segment(cpu, SEG_SS).selector;
  let desc = fetchInnerStackDescriptor(cpu, ss, cpu.cpl);
  if (cpu.fault) return;
  desc = markAccessed(cpu, ss, desc);
  if (cpu.fault) return;
  setSegment(cpu, SEG_SS, ss, desc);
  loadTaskData(cpu, SEG_ES);
  loadTaskData(cpu, SEG_DS);
  loadTaskData(cpu, SEG_FS);
  loadTaskData(cpu, SEG_GS);
}

function loadTaskData(cpu: Cpu, index: u32): void {
  if (!cpu.fault) loadDataSegment(cpu, index, segment(cpu, index).selector, VECTOR_TS);
}

function loadTaskCode(cpu: Cpu): void {
  const selector: u32 = segment(cpu, SEG_CS).selector;
  const code = selector & SELECTOR_ERROR_MASK;
  if (isNullSelector(selector)) {
    raiseCode(cpu, VECTOR_TS, 0);
    return;
  }
  let desc = fetchDescriptor(cpu, selector, VECTOR_TS);
  if (cpu.fault) return;
  const dpl = descDpl(desc);
  if (!descIsCode(desc) || (descIsConforming(desc) ? dpl > cpu.cpl : dpl != cpu.cpl)) {
    raiseCode(cpu, VECTOR_TS, code);
    return;
  }
  if (!descIsPresent(desc)) {
    raiseCode(cpu, VECTOR_NP, code);
    return;
  }
  desc = markAccessed(cpu, selector, desc);
  if (!cpu.fault) setSegment(cpu, SEG_CS, selector, desc);
}

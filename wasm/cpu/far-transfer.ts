/**
 * Far CALL, JMP and RET: same privilege, conforming segments, call gates (16-, 32-, 64-bit) with parameter copy, task
 * gates and TSSs. IRET is in cpu/interrupt-return.ts. Nothing has changed when one of them faults.
 * [SDM2] CALL, JMP, RET – [SDM3] 5.8 – [APM2] 4.8.3, 4.11
 */
import {
  SELECTOR_ERROR_MASK, SELECTOR_RPL, SYS_32BIT, SYS_CALL_GATE, SYS_CALL_GATE16, SYS_TASK_GATE, SYS_TSS16_AVAILABLE, SYS_TSS_AVAILABLE,
  descAttr, descDpl, descIsCode, descIsConforming, descIsPresent, descIsSystem, descLimit, descType, fetchDescriptor, fetchDescriptorHigh, gateOffset,
  gateParameterCount, gateSelector, isNullSelector, markAccessed,
} from "./descriptors";
import { VECTOR_GP, VECTOR_NP, VECTOR_SS, raiseCode, raiseGP } from "./fault";
import { updateMode, updateTlbSet } from "./mode";
import { fetchGateCode, fetchInnerStackDescriptor, fetchStackDescriptor, setCodeSegment, setNullSegment, setParagraphSegment, setSegment } from "./segments";
import { isCanonical } from "./address";
import { moveStackPointer, peekStack, pokeStack, pushSized, setStackPointer } from "./stack";
import {
  ATTR_DB, ATTR_DPL_SHIFT, ATTR_L, ATTR_P, ATTR_S, Cpu, EFER_LMA, OFF_PARAMETERS, SEG_CS, SEG_SS, Segment, TYPE_CODE, TYPE_CONFORMING, isRealOrV86, ptr, segment,
} from "./state";
import { sysWrite } from "../mmu/system-access";
import { SWITCH_CALL, SWITCH_JUMP, switchTask, switchTaskByGate } from "./task-switch";
import { innerStack, innerStack64 } from "./tss";

@inline function isLongCode(cpu: Cpu, desc: u64): bool {
  return (cpu.efer & EFER_LMA) != 0 && (descAttr(desc) & ATTR_L) != 0;
}

/**
 * The instruction pointer that `offset` is in the code segment `desc`; raises #GP(0) if it lies outside. Code that is not 64-bit
 * has no more than 32 bits of it: processors ignore the others, where the manuals compare all of them with the limit.
 */
export function targetOf(cpu: Cpu, desc: u64, offset: u64): u64 {
  if (isLongCode(cpu, desc)) {
    if (!isCanonical(offset)) raiseGP(cpu, 0);
    return offset;
  }
  const short = offset & 0xffff_ffff;
  if (short > descLimit(desc)) raiseGP(cpu, 0);
  return short;
}

/** Long mode knows no code segment that is both 64-bit and default-32. Raises #GP(selector). */
export function checkLongBits(cpu: Cpu, selector: u32, desc: u64): void {
  if (cpu.efer & EFER_LMA && (descAttr(desc) & (ATTR_L | ATTR_DB)) == (ATTR_L | ATTR_DB)) raiseGP(cpu, selector & SELECTOR_ERROR_MASK);
}

/** `offset` is already cut to the operand size. */
export function farJump(cpu: Cpu, selector: u32, offset: u64): void {
  if (isRealOrV86(cpu)) paragraphJump(cpu, selector, offset);
  else protectedTransfer(cpu, selector, offset, 0);
}

/** Far CALL with return address of `sizeBytes` words; `cpu.rip` is the return address. */
export function farCall(cpu: Cpu, selector: u32, offset: u64, sizeBytes: u32): void {
  if (!isRealOrV86(cpu)) {
    protectedTransfer(cpu, selector, offset, sizeBytes);
    return;
  }
  if (offset > segment(cpu, SEG_CS).limit) {
    raiseGP(cpu, 0);
    return;
  }
  pushReturnAddress(cpu, sizeBytes);
  if (!cpu.fault) paragraphJump(cpu, selector, offset);
}

function paragraphJump(cpu: Cpu, selector: u32, offset: u64): void {
  if (offset > segment(cpu, SEG_CS).limit) {
    raiseGP(cpu, 0);
    return;
  }
  setParagraphSegment(cpu, SEG_CS, selector);
  cpu.rip = offset;
  updateMode(cpu);
}

/** CS and the instruction pointer on the current stack. */
function pushReturnAddress(cpu: Cpu, sizeBytes: u32): void {
  const size = <i64>sizeBytes;
  pokeStack(cpu, sizeBytes, -size, segment(cpu, SEG_CS).selector);
  pokeStack(cpu, sizeBytes, -2 * size, cpu.rip);
  if (!cpu.fault) moveStackPointer(cpu, -2 * size);
}

/** JMP (`callBytes` 0) or CALL (operand size in bytes) in protected mode. */
function protectedTransfer(cpu: Cpu, selector: u32, offset: u64, callBytes: u32): void {
  if (isNullSelector(selector)) {
    raiseGP(cpu, 0);
    return;
  }
  const desc = fetchDescriptor(cpu, selector, VECTOR_GP);
  if (cpu.fault) return;
  if (descIsSystem(desc)) {
    throughSystemDescriptor(cpu, selector, desc, callBytes);
    return;
  }
  const dpl = descDpl(desc);
  const isAllowed = descIsConforming(desc) ? dpl <= cpu.cpl : dpl == cpu.cpl && (selector & SELECTOR_RPL) <= cpu.cpl;
  const code = selector & SELECTOR_ERROR_MASK;
  if (!descIsCode(desc) || !isAllowed) {
    raiseGP(cpu, code);
    return;
  }
  checkLongBits(cpu, selector, desc);
  if (!cpu.fault && !descIsPresent(desc)) raiseCode(cpu, VECTOR_NP, code);
  if (!cpu.fault) transferSameLevel(cpu, selector, desc, offset, callBytes);
}

function transferSameLevel(cpu: Cpu, selector: u32, desc: u64, offset: u64, callBytes: u32): void {
  const rip = targetOf(cpu, desc, offset);
  if (cpu.fault) return;
  const accessed = markAccessed(cpu, selector, desc);
  if (!cpu.fault && callBytes) pushReturnAddress(cpu, callBytes);
  if (cpu.fault) return;
  setCodeSegment(cpu, selector, accessed, cpu.cpl);
  cpu.rip = rip;
  updateMode(cpu);
}

/** Gates and TSSs. */
function throughSystemDescriptor(cpu: Cpu, selector: u32, desc: u64, callBytes: u32): void {
  const code = selector & SELECTOR_ERROR_MASK;
  const type = descType(desc);
  const isTask = type == SYS_TASK_GATE || type == SYS_TSS_AVAILABLE || type == SYS_TSS16_AVAILABLE;
  const isLong = (cpu.efer & EFER_LMA) != 0;
  const isCallGate = type == SYS_CALL_GATE || (type == SYS_CALL_GATE16 && !isLong);
  const dpl = descDpl(desc);
  if ((!isCallGate && (isLong || !isTask)) || dpl < cpu.cpl || dpl < (selector & SELECTOR_RPL)) {
    raiseGP(cpu, code);
    return;
  }
  if (!descIsPresent(desc)) {
    raiseCode(cpu, VECTOR_NP, code);
    return;
  }
  const source = callBytes ? SWITCH_CALL : SWITCH_JUMP;
  if (isCallGate) throughCallGate(cpu, selector, desc, callBytes != 0);
  else if (type == SYS_TASK_GATE) switchTaskByGate(cpu, gateSelector(desc), source, false, 0, false);
  else switchTask(cpu, selector, desc, source, false, 0, false);
}

function throughCallGate(cpu: Cpu, gateSelectorValue: u32, gate: u64, isCall: bool): void {
  const isLong = (cpu.efer & EFER_LMA) != 0;
  let offset = gateOffset(gate);
  if (isLong) {
    offset |= fetchDescriptorHigh(cpu, gateSelectorValue, VECTOR_GP) << 32;
    if (cpu.fault) return;
  }
  const selector = gateSelector(gate);
  const desc = fetchGateCode(cpu, selector, isCall);
  if (cpu.fault) return;
  const dpl = descDpl(desc);
  const isInner = !descIsConforming(desc) && dpl < cpu.cpl;
  const sizeBytes: u32 = isLong ? 8 : descType(gate) & SYS_32BIT ? 4 : 2;
  if (!isInner) {
    transferSameLevel(cpu, selector, desc, offset, isCall ? sizeBytes : 0);
    return;
  }
  const rip = targetOf(cpu, desc, offset);
  if (cpu.fault) return;
  const accessed = markAccessed(cpu, selector, desc);
  if (cpu.fault) return;
  if (isLong) enterInner64(cpu, dpl);
  else enterInner(cpu, dpl, sizeBytes, gateParameterCount(gate));
  if (cpu.fault) return;
  setCodeSegment(cpu, selector, accessed, dpl);
  cpu.rip = rip;
  updateMode(cpu);
}

/** Switches to the stack of level `cpl` and pushes SS, SP, the parameters, CS, IP there. */
function enterInner(cpu: Cpu, cpl: u32, sizeBytes: u32, parameterCount: u32): void {
  const stack = innerStack(cpu, cpl);
  if (cpu.fault) return;
  const ss = <u32>(stack >> 32);
  let desc = fetchInnerStackDescriptor(cpu, ss, cpl);
  if (cpu.fault) return;
  for (let n: u32 = 0; n < parameterCount; n++) {
    store<u32>(ptr(cpu) + OFF_PARAMETERS + n * 4, <u32>peekStack(cpu, sizeBytes, n * sizeBytes));
    if (cpu.fault) return;
  }
  desc = markAccessed(cpu, ss, desc);
  if (cpu.fault) return;

  // The new stack is taken on trial; a fault takes everything back.
  const oldSs = segment(cpu, SEG_SS).selector;
  const oldLow = cpu.seg4;
  const oldHigh = cpu.seg5;
  const oldRsp = cpu.rsp;
  const oldCpl = cpu.cpl;
  setSegment(cpu, SEG_SS, ss, desc);
  cpu.rsp = stack & 0xffff_ffff;
  cpu.cpl = cpl;
  updateTlbSet(cpu);
  pushSized(cpu, sizeBytes, oldSs);
  pushSized(cpu, sizeBytes, oldRsp);
  for (let n = parameterCount; n > 0; n--) pushSized(cpu, sizeBytes, load<u32>(ptr(cpu) + OFF_PARAMETERS + (n - 1) * 4));
  if (!cpu.fault) pushReturnAddress(cpu, sizeBytes);
  if (!cpu.fault) return;
  if (cpu.faultVector == VECTOR_SS) cpu.faultCode = ss & SELECTOR_ERROR_MASK;
  cpu.seg4 = oldLow;
  cpu.seg5 = oldHigh;
  cpu.rsp = oldRsp;
  cpu.cpl = oldCpl;
  updateTlbSet(cpu);
}

/** The same in long mode: RSP from the TSS, SS null, no parameters. */
function enterInner64(cpu: Cpu, cpl: u32): void {
  const top = innerStack64(cpu, cpl);
  if (cpu.fault) return;
  if (!isCanonical(top) || !isCanonical(top - 32)) {
    raiseCode(cpu, VECTOR_SS, 0);
    return;
  }
  pushSystem(cpu, top - 8, segment(cpu, SEG_SS).selector);
  pushSystem(cpu, top - 16, cpu.rsp);
  pushSystem(cpu, top - 24, segment(cpu, SEG_CS).selector);
  pushSystem(cpu, top - 32, cpu.rip);
  if (cpu.fault) return;
  cpu.rsp = top - 32;
  setNullSegment(cpu, SEG_SS, cpl, cpl);
}

function pushSystem(cpu: Cpu, linearAddr: u64, value: u64): void {
  if (!cpu.fault) sysWrite<u64>(cpu, linearAddr, value);
}

/** RET far: `popBytes` more are taken off the stack (off both stacks when it returns to an outer level). */
export function farReturn(cpu: Cpu, sizeBytes: u32, popBytes: u32): void {
  const size = <i64>sizeBytes;
  const offset = peekStack(cpu, sizeBytes, 0);
  if (cpu.fault) return;
  const selector = <u32>peekStack(cpu, sizeBytes, size) & 0xffff;
  if (cpu.fault) return;
  if (isRealOrV86(cpu)) {
    if (offset > segment(cpu, SEG_CS).limit) {
      raiseGP(cpu, 0);
      return;
    }
    moveStackPointer(cpu, 2 * size + popBytes);
    paragraphJump(cpu, selector, offset);
    return;
  }
  const desc = fetchReturnCode(cpu, selector);
  if (cpu.fault) return;
  const rip = targetOf(cpu, desc, offset);
  if (cpu.fault) return;
  const newCpl = selector & SELECTOR_RPL;
  if (newCpl > cpu.cpl) {
    returnToOuter(cpu, sizeBytes, 2 * size + popBytes, popBytes, selector, desc, rip);
    return;
  }
  const accessed = markAccessed(cpu, selector, desc);
  if (cpu.fault) return;
  moveStackPointer(cpu, 2 * size);
  setCodeSegment(cpu, selector, accessed, newCpl);
  cpu.rip = rip;
  updateMode(cpu);
  // The parameters are released when the code segment is the new one: in 64-bit code RSP has all its bits. [SDM2] RET
  moveStackPointer(cpu, popBytes);
}

/** Reads and checks the code segment that RET or IRET goes back to: #GP(0), #GP(selector), #NP(selector). */
export function fetchReturnCode(cpu: Cpu, selector: u32): u64 {
  if (isNullSelector(selector)) {
    raiseGP(cpu, 0);
    return 0;
  }
  const desc = fetchDescriptor(cpu, selector, VECTOR_GP);
  if (cpu.fault) return 0;
  const code = selector & SELECTOR_ERROR_MASK;
  const rpl = selector & SELECTOR_RPL;
  const dpl = descDpl(desc);
  if (!descIsCode(desc) || rpl < cpu.cpl || (descIsConforming(desc) ? dpl > rpl : dpl != rpl)) {
    raiseGP(cpu, code);
    return 0;
  }
  checkLongBits(cpu, selector, desc);
  if (!cpu.fault && !descIsPresent(desc)) raiseCode(cpu, VECTOR_NP, code);
  return desc;
}

/**
 * Reads and checks the stack that RET or IRET goes back to, for level `cpl`. A null selector (0 is returned, no fault) is allowed
 * for 64-bit code below level 3.
 */
export function fetchReturnStack(cpu: Cpu, selector: u32, cpl: u32, codeDesc: u64): u64 {
  if (!isNullSelector(selector)) return fetchStackDescriptor(cpu, selector, cpl, VECTOR_GP);
  if (!isLongCode(cpu, codeDesc) || cpl == 3 || (selector & SELECTOR_RPL) != cpl) raiseGP(cpu, 0);
  return 0;
}

/** RET to a less privileged level: SS:SP stand at `stackDelta`. */
function returnToOuter(cpu: Cpu, sizeBytes: u32, stackDelta: i64, popBytes: u32, selector: u32, desc: u64, rip: u64): void {
  const newCpl = selector & SELECTOR_RPL;
  const rsp = peekStack(cpu, sizeBytes, stackDelta);
  if (cpu.fault) return;
  const ss = <u32>peekStack(cpu, sizeBytes, stackDelta + sizeBytes) & 0xffff;
  if (cpu.fault) return;
  const ssDesc = fetchReturnStack(cpu, ss, newCpl, desc);
  if (cpu.fault) return;
  commitReturn(cpu, selector, desc, rip, ss, ssDesc, rsp + popBytes);
}

/** Loads CS:RIP and SS:RSP and drops what the outer level may not keep. Faults only before it changes anything. */
export function commitReturn(cpu: Cpu, selector: u32, desc: u64, rip: u64, ss: u32, ssDesc: u64, rsp: u64): void {
  const newCpl = selector & SELECTOR_RPL;
  const accessed = markAccessed(cpu, selector, desc);
  if (cpu.fault) return;
  if (isNullSelector(ss)) setNullSegment(cpu, SEG_SS, ss, newCpl);
  else {
    const ssAccessed = markAccessed(cpu, ss, ssDesc);
    if (cpu.fault) return;
    setSegment(cpu, SEG_SS, ss, ssAccessed);
  }
  const isOuter = newCpl > cpu.cpl;
  setCodeSegment(cpu, selector, accessed, newCpl);
  cpu.rip = rip;
  updateMode(cpu);
  setStackPointer(cpu, rsp);
  if (isOuter) {
    dropInnerSegments(cpu);
    updateMode(cpu);
  }
}

/**
 * Data segments that the new privilege level could not have loaded become null. A null selector becomes 0, whatever its RPL;
 * the base stays, which FS and GS have in 64-bit mode. [SDM3] 5.8.6 – [SDM2] IRET
 */
export function dropInnerSegments(cpu: Cpu): void {
  for (let index: u32 = 0; index < 6; index++) {
    if (index == SEG_CS || index == SEG_SS) continue;
    const seg: Segment = segment(cpu, index);
    const attr: u32 = seg.attr;
    if (!(attr & ATTR_P)) {
      if (isNullSelector(seg.selector)) seg.selector = 0;
      continue;
    }
    const isConforming = (attr & (ATTR_S | TYPE_CODE | TYPE_CONFORMING)) == (ATTR_S | TYPE_CODE | TYPE_CONFORMING);
    if (!isConforming && ((attr >> ATTR_DPL_SHIFT) & 3) < cpu.cpl) {
      seg.selector = 0;
      seg.attr = 0;
    }
  }
}

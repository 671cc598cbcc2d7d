/**
 * Delivery of one interrupt or exception through the IVT or IDT, in every mode. All or nothing: when it faults itself,
 * `cpu.fault` is set and the interrupted context is untouched (except after a task switch has begun, whose later faults
 * belong to the new task and are delivered there). Which exception follows a failed delivery is cpu/exceptions.ts.
 *
 *   kind                EXT   DPL of the gate is checked   virtual-8086: IOPL, redirection
 *   KIND_EXTERNAL       1     no                           no        INTR, NMI
 *   KIND_EXCEPTION      1     no                           no
 *   KIND_INT1           1     no                           no        INT1 (F1)
 *   KIND_TRAP           0     yes                          no        INT3 (CC), INTO
 *   KIND_SOFTWARE       0     yes                          yes       INT n (CD)
 *
 * [SDM3] 6.10 – 6.14, 20.1.4, 20.3 – [SDM2] INT n – [APM2] 8.2, 8.7, 8.9
 */
import { memRead, memWrite } from "../mmu/access";
import { sysRead, sysWrite } from "../mmu/system-access";
import {
  SELECTOR_ERROR_MASK, SYS_32BIT, SYS_INTERRUPT_GATE, SYS_INTERRUPT_GATE16, SYS_TASK_GATE, SYS_TRAP_GATE, SYS_TRAP_GATE16, descDpl, descIsConforming,
  descIsPresent, descIsSystem, descLimit, descType, gateOffset, gateSelector, markAccessed,
} from "./descriptors";
import { PENDING_RF, PENDING_STEP } from "./debug";
import { VECTOR_BP, VECTOR_DB, VECTOR_DF, VECTOR_GP, VECTOR_MC, VECTOR_NP, VECTOR_OF, VECTOR_SS, VECTOR_TS, raiseCode, raiseGP } from "./fault";
import { readFlags } from "./flags";
import { updateMode, updateTlbSet } from "./mode";
import { fetchGateCode, fetchInnerStackDescriptor, setCodeSegment, setNullSegment, setRealSegment, setSegment, setV86Segment } from "./segments";
import { isCanonical } from "./address";
import { pokeStack, moveStackPointer, pushSized } from "./stack";
import {
  CR0_PE, CR4_VME, Cpu, EFER_LMA, FLAG_AC, FLAG_IF, FLAG_IOPL, FLAG_NT, FLAG_RF, FLAG_TF, FLAG_VIF, FLAG_VM, SEG_CS, SEG_DS, SEG_ES, SEG_FS, SEG_GS, SEG_SS,
  iopl, isV86, segment,
} from "./state";
import { SWITCH_GATE, switchTaskByGate } from "./task-switch";
import { traceInterrupt } from "./trace";
import { innerStack, innerStack64, interruptStack, redirectionBit } from "./tss";

export const KIND_EXTERNAL: u32 = 0;
export const KIND_EXCEPTION: u32 = 1;
export const KIND_INT1: u32 = 2;
export const KIND_TRAP: u32 = 3;
export const KIND_SOFTWARE: u32 = 4;

/** Added to a vector in an error code: the code names an IDT entry. */
const ERROR_IDT: u32 = 2;
const ERROR_EXT: u32 = 1;

@inline function isSoftware(kind: u32): bool {
  return kind >= KIND_TRAP;
}

@inline function idtError(vector: u32): u32 {
  return vector * 8 + ERROR_IDT;
}

/**
 * Delivers `vector` at `cpu.rip`. `errorCode` is pushed if `hasErrorCode` (not in real mode). On success `cpu.rip` and the mode are the handler's; check `cpu.fault`.
 */
export function interrupt(cpu: Cpu, vector: u32, kind: u32, hasErrorCode: bool, errorCode: u32): void {
  traceInterrupt(cpu, vector, kind, isSoftware(kind), hasErrorCode, errorCode);
  if (!(cpu.cr0 & CR0_PE)) realModeInterrupt(cpu, vector);
  else if (cpu.efer & EFER_LMA) longModeInterrupt(cpu, vector, kind, hasErrorCode, errorCode);
  else protectedInterrupt(cpu, vector, kind, hasErrorCode, errorCode);
  if (cpu.fault) {
    if (!isSoftware(kind) && carriesSelector(cpu.faultVector)) cpu.faultCode |= ERROR_EXT;
    return;
  }
  cpu.pendingDebug &= ~(PENDING_STEP | PENDING_RF);
  cpu.shadow = 0;
  updateMode(cpu);
}

@inline function carriesSelector(vector: u32): bool {
  return vector >= VECTOR_TS && vector <= VECTOR_GP;
}

/** FLAGS as they are pushed: RF is set so that a restarted instruction does not hit its breakpoint again. [SDM3] 18.3.1.1 */
function flagsImage(cpu: Cpu, vector: u32, kind: u32): u32 {
  const flags = readFlags(cpu);
  if (kind != KIND_EXCEPTION) return flags;
  const isFault = vector != VECTOR_DB && vector != VECTOR_DF && vector != VECTOR_MC && vector != VECTOR_BP && vector != VECTOR_OF;
  return isFault ? flags | FLAG_RF : flags;
}

/** [SDM3] 20.1.4 */
function realModeInterrupt(cpu: Cpu, vector: u32): void {
  if (vector * 4 + 3 > cpu.idtrLimit) {
    raiseGP(cpu, idtError(vector));
    return;
  }
  const entry: u32 = sysRead<u32>(cpu, cpu.idtrBase + vector * 4);
  if (cpu.fault) return;
  pushVectorFrame(cpu, readFlags(cpu), entry);
  if (cpu.fault) return;
  setRealSegment(cpu, SEG_CS, entry >> 16);
  cpu.rip = entry & 0xffff;
  cpu.eflags &= ~(FLAG_IF | FLAG_TF | FLAG_AC | FLAG_RF);
}

/** The three words of a real-mode frame. Checks that the handler lies inside the CS limit first. */
function pushVectorFrame(cpu: Cpu, flags: u32, entry: u32): void {
  if ((entry & 0xffff) > segment(cpu, SEG_CS).limit) {
    raiseGP(cpu, 0);
    return;
  }
  pokeStack(cpu, 2, -2, flags);
  pokeStack(cpu, 2, -4, segment(cpu, SEG_CS).selector);
  pokeStack(cpu, 2, -6, cpu.rip);
  if (!cpu.fault) moveStackPointer(cpu, -6);
}

/** INT n that VME sends to the virtual-8086 program's own vector table. [SDM3] 20.3.3.4, table 20-2 methods 5 and 6 */
function redirectedInterrupt(cpu: Cpu, vector: u32): void {
  const entry: u32 = memRead<u32>(cpu, vector * 4);
  if (cpu.fault) return;
  const flags = readFlags(cpu);
  if (iopl(cpu) == 3) {
    pushVectorFrame(cpu, flags, entry);
    if (cpu.fault) return;
    cpu.eflags &= ~FLAG_IF;
  } else {
    const virtualIf = flags & FLAG_VIF ? FLAG_IF : 0;
    pushVectorFrame(cpu, (flags & ~FLAG_IF) | virtualIf | FLAG_IOPL, entry);
    if (cpu.fault) return;
    cpu.eflags &= ~FLAG_VIF;
  }
  cpu.eflags &= ~(FLAG_TF | FLAG_RF);
  setV86Segment(cpu, SEG_CS, entry >> 16);
  cpu.rip = entry & 0xffff;
}

function protectedInterrupt(cpu: Cpu, vector: u32, kind: u32, hasErrorCode: bool, errorCode: u32): void {
  if (kind == KIND_SOFTWARE && isV86(cpu)) {
    if (cpu.cr4 & CR4_VME) {
      const toProtected = redirectionBit(cpu, vector);
      if (cpu.fault) return;
      if (!toProtected) {
        redirectedInterrupt(cpu, vector);
        return;
      }
    }
    if (iopl(cpu) < 3) {
      raiseGP(cpu, 0);
      return;
    }
  }
  if (vector * 8 + 7 > cpu.idtrLimit) {
    raiseGP(cpu, idtError(vector));
    return;
  }
  const gate = sysRead<u64>(cpu, cpu.idtrBase + vector * 8);
  if (cpu.fault) return;
  const type = descType(gate);
  const isGate = type == SYS_TASK_GATE || type == SYS_INTERRUPT_GATE || type == SYS_TRAP_GATE || type == SYS_INTERRUPT_GATE16 || type == SYS_TRAP_GATE16;
  if (!descIsSystem(gate) || !isGate || (isSoftware(kind) && descDpl(gate) < cpu.cpl)) {
    raiseGP(cpu, idtError(vector));
    return;
  }
  if (!descIsPresent(gate)) {
    raiseCode(cpu, VECTOR_NP, idtError(vector));
    return;
  }
  if (type == SYS_TASK_GATE) {
    switchTaskByGate(cpu, gateSelector(gate), SWITCH_GATE, hasErrorCode, errorCode, !isSoftware(kind));
    return;
  }
  throughGate(cpu, vector, kind, gate, hasErrorCode, errorCode);
}

/** Interrupt and trap gates outside long mode. */
function throughGate(cpu: Cpu, vector: u32, kind: u32, gate: u64, hasErrorCode: bool, errorCode: u32): void {
  const selector = gateSelector(gate);
  let desc = fetchGateCode(cpu, selector, true);
  if (cpu.fault) return;
  const dpl = descDpl(desc);
  const isInner = !descIsConforming(desc) && dpl < cpu.cpl;
  // From virtual-8086 mode only level 0 can be reached. [SDM3] 20.3.1
  if (isV86(cpu) && (!isInner || dpl != 0)) {
    raiseGP(cpu, selector & SELECTOR_ERROR_MASK);
    return;
  }
  const rip = gateOffset(gate);
  if (<u32>rip > descLimit(desc)) {
    raiseGP(cpu, 0);
    return;
  }
  desc = markAccessed(cpu, selector, desc);
  if (cpu.fault) return;

  const sizeBytes: u32 = descType(gate) & SYS_32BIT ? 4 : 2;
  const flags = flagsImage(cpu, vector, kind);
  if (isInner) pushInnerFrame(cpu, sizeBytes, dpl, flags, hasErrorCode, errorCode);
  else pushFrame(cpu, sizeBytes, flags, hasErrorCode, errorCode);
  if (cpu.fault) return;

  setCodeSegment(cpu, selector, desc, isInner ? dpl : cpu.cpl);
  cpu.rip = rip;
  cpu.eflags &= ~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM);
  if (descType(gate) == SYS_INTERRUPT_GATE || descType(gate) == SYS_INTERRUPT_GATE16) cpu.eflags &= ~FLAG_IF;
}

/** FLAGS, CS, IP and the error code, on the current stack. */
function pushFrame(cpu: Cpu, sizeBytes: u32, flags: u32, hasErrorCode: bool, errorCode: u32): void {
  const size = <i64>sizeBytes;
  pokeStack(cpu, sizeBytes, -size, flags);
  pokeStack(cpu, sizeBytes, -2 * size, segment(cpu, SEG_CS).selector);
  pokeStack(cpu, sizeBytes, -3 * size, cpu.rip);
  if (hasErrorCode) pokeStack(cpu, sizeBytes, -4 * size, errorCode);
  if (!cpu.fault) moveStackPointer(cpu, -(hasErrorCode ? 4 : 3) * size);
}

/** The same on the stack of level `cpl`, with the old SS and SP above (and, from virtual-8086 mode, the data segments). */
function pushInnerFrame(cpu: Cpu, sizeBytes: u32, cpl: u32, flags: u32, hasErrorCode: bool, errorCode: u32): void {
  const stack = innerStack(cpu, cpl);
  if (cpu.fault) return;
  const ss = <u32>(stack >> 32);
  let desc = fetchInnerStackDescriptor(cpu, ss, cpl);
  if (cpu.fault) return;
  desc = markAccessed(cpu, ss, desc);
  if (cpu.fault) return;

  // The new stack is taken on trial; a fault takes everything back.
  const oldSs = segment(cpu, SEG_SS).selector;
  const oldLow = cpu.seg4;
  const oldHigh = cpu.seg5;
  const oldRsp = cpu.rsp;
  const oldCpl = cpu.cpl;
  const oldFlags = cpu.eflags;
  setSegment(cpu, SEG_SS, ss, desc);
  cpu.rsp = stack & 0xffff_ffff;
  cpu.cpl = cpl;
  cpu.eflags &= ~FLAG_VM;
  updateTlbSet(cpu);
  const fromV86 = (oldFlags & FLAG_VM) != 0;
  if (fromV86) {
    pushSized(cpu, sizeBytes, segment(cpu, SEG_GS).selector);
    pushSized(cpu, sizeBytes, segment(cpu, SEG_FS).selector);
    pushSized(cpu, sizeBytes, segment(cpu, SEG_DS).selector);
    pushSized(cpu, sizeBytes, segment(cpu, SEG_ES).selector);
  }
  pushSized(cpu, sizeBytes, oldSs);
  pushSized(cpu, sizeBytes, oldRsp);
  if (!cpu.fault) pushFrame(cpu, sizeBytes, flags, hasErrorCode, errorCode);
  if (cpu.fault) {
    if (cpu.faultVector == VECTOR_SS) cpu.faultCode = ss & SELECTOR_ERROR_MASK;
    cpu.seg4 = oldLow;
    cpu.seg5 = oldHigh;
    cpu.rsp = oldRsp;
    cpu.cpl = oldCpl;
    cpu.eflags = oldFlags;
    updateTlbSet(cpu);
    return;
  }
  if (fromV86) for (let index: u32 = 0; index < 6; index++) if (index != SEG_CS && index != SEG_SS) setNullSegment(cpu, index, 0, 0);
}

/** [SDM3] 6.14 – [APM2] 8.9 */
function longModeInterrupt(cpu: Cpu, vector: u32, kind: u32, hasErrorCode: bool, errorCode: u32): void {
  if (vector * 16 + 15 > cpu.idtrLimit) {
    raiseGP(cpu, idtError(vector));
    return;
  }
  const gate = sysRead<u64>(cpu, cpu.idtrBase + vector * 16);
  if (cpu.fault) return;
  const type = descType(gate);
  if (!descIsSystem(gate) || (type != SYS_INTERRUPT_GATE && type != SYS_TRAP_GATE) || (isSoftware(kind) && descDpl(gate) < cpu.cpl)) {
    raiseGP(cpu, idtError(vector));
    return;
  }
  if (!descIsPresent(gate)) {
    raiseCode(cpu, VECTOR_NP, idtError(vector));
    return;
  }
  const selector = gateSelector(gate);
  let desc = fetchGateCode(cpu, selector, true);
  if (cpu.fault) return;
  const rip = gateOffset(gate) | (sysRead<u64>(cpu, cpu.idtrBase + vector * 16 + 8) << 32);
  if (cpu.fault) return;
  if (!isCanonical(rip)) {
    raiseGP(cpu, 0);
    return;
  }
  desc = markAccessed(cpu, selector, desc);
  if (cpu.fault) return;

  const newCpl = descIsConforming(desc) ? cpu.cpl : descDpl(desc);
  const isInner = newCpl < cpu.cpl;
  const ist = <u32>(gate >> 32) & 7;
  let top = cpu.rsp;
  if (ist) top = interruptStack(cpu, ist);
  else if (isInner) top = innerStack64(cpu, newCpl);
  if (cpu.fault) return;
  top &= ~(<u64>0xf);
  if (!isCanonical(top) || !isCanonical(top - 48)) {
    raiseCode(cpu, VECTOR_SS, 0);
    return;
  }
  const frame = pushFrame64(cpu, newCpl, top, flagsImage(cpu, vector, kind), hasErrorCode, errorCode);
  if (cpu.fault) return;

  cpu.rsp = frame;
  if (isInner) setNullSegment(cpu, SEG_SS, newCpl, newCpl);
  setCodeSegment(cpu, selector, desc, newCpl);
  cpu.rip = rip;
  cpu.eflags &= ~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM);
  if (type == SYS_INTERRUPT_GATE) cpu.eflags &= ~FLAG_IF;
}

/** Writes SS, RSP, RFLAGS, CS, RIP and the error code below `top`. Returns the new stack pointer. */
function pushFrame64(cpu: Cpu, cpl: u32, top: u64, flags: u32, hasErrorCode: bool, errorCode: u32): u64 {
  writeFrame(cpu, cpl, top - 8, segment(cpu, SEG_SS).selector);
  writeFrame(cpu, cpl, top - 16, cpu.rsp);
  writeFrame(cpu, cpl, top - 24, flags);
  writeFrame(cpu, cpl, top - 32, segment(cpu, SEG_CS).selector);
  writeFrame(cpu, cpl, top - 40, cpu.rip);
  if (!hasErrorCode) return top - 40;
  writeFrame(cpu, cpl, top - 48, errorCode);
  return top - 48;
}

/** A slot of the frame is written with the rights of the level whose stack it is. */
function writeFrame(cpu: Cpu, cpl: u32, linearAddr: u64, value: u64): void {
  if (cpu.fault) return;
  if (cpl == 3) memWrite<u64>(cpu, linearAddr, value);
  else sysWrite<u64>(cpu, linearAddr, value);
}

/**
 * The register stack of a processor, and how an instruction ends: exceptions become sticky, ES and B follow, and an
 * unmasked exception keeps the result away.
 *
 * Registers stand at physical numbers (R0–R7); TOP is in the status word, and fpuTag has a bit for each register that is not
 * empty. [SDM1] 8.1.2 – 8.1.7, 8.5.1.1 (stack faults), 8.6
 */
import { FSW_ES, ferrChanged } from "../cpu/fpu-checks";
import { Cpu, OFF_FPR, ptr } from "../cpu/state";
import { BEFORE_RESULT, EXCEPTIONS, FSW_B, FSW_C1, FSW_IE, FSW_SF, Float80, indefinite, raiseFpu, raisedFlags } from "./float80";

export const FSW_TOP_SHIFT: u32 = 11;
export const FSW_TOP: u32 = 0x3800;
/** What FNCLEX clears. */
export const FSW_CLEARED: u32 = FSW_B | FSW_ES | FSW_SF | EXCEPTIONS;

@inline export function top(cpu: Cpu): u32 {
  return (<u32>cpu.fpuStatus >> FSW_TOP_SHIFT) & 7;
}

@inline export function setTop(cpu: Cpu, value: u32): void {
  cpu.fpuStatus = <u16>((cpu.fpuStatus & ~FSW_TOP) | ((value & 7) << FSW_TOP_SHIFT));
}

/** ST(i) → physical register. */
@inline export function physical(cpu: Cpu, i: u32): u32 {
  return (top(cpu) + i) & 7;
}

@inline export function isEmpty(cpu: Cpu, i: u32): bool {
  return !((cpu.fpuTag >> <u8>physical(cpu, i)) & 1);
}

@inline export function getSt(cpu: Cpu, i: u32): Float80 {
  return v128.load(ptr(cpu) + (physical(cpu, i) << 4), OFF_FPR);
}

/** Writes ST(i) and marks it as in use. */
@inline export function setSt(cpu: Cpu, i: u32, value: Float80): void {
  const n = physical(cpu, i);
  v128.store(ptr(cpu) + (n << 4), value, OFF_FPR);
  cpu.fpuTag |= <u8>(<u32>1 << n);
}

@inline export function markEmpty(cpu: Cpu, i: u32): void {
  cpu.fpuTag &= <u8>~(<u32>1 << physical(cpu, i));
}

@inline export function pop(cpu: Cpu): void {
  markEmpty(cpu, 0);
  setTop(cpu, top(cpu) + 1);
}

@inline export function push(cpu: Cpu, value: Float80): void {
  setTop(cpu, top(cpu) - 1);
  setSt(cpu, 0, value);
}

// ---- how an instruction ends

/** ES and B say whether an unmasked exception is pending; after any change of the status or control word. */
export function updateSummary(cpu: Cpu): void {
  const pending = (cpu.fpuStatus & ~cpu.fpuControl & EXCEPTIONS) != 0;
  cpu.fpuStatus = <u16>(pending ? cpu.fpuStatus | (FSW_ES | FSW_B) : cpu.fpuStatus & ~(FSW_ES | FSW_B));
  ferrChanged(cpu);
}

/**
 * Makes what was raised sticky and sets C1. Returns true if the result may be written: an exception that is found before
 * there is a result keeps the later ones from being reported, and the operands as they are.
 */
export function settle(cpu: Cpu): bool {
  let flags = raisedFlags();
  const unmasked = flags & ~(<u32>cpu.fpuControl) & EXCEPTIONS;
  if (!unmasked) {
    cpu.fpuStatus = <u16>((cpu.fpuStatus & ~FSW_C1) | flags);
    return true;
  }
  const blocks = (unmasked & BEFORE_RESULT) != 0;
  // C1 of a stack fault stays: it says which one it was.
  if (blocks) flags &= flags & FSW_SF ? BEFORE_RESULT | FSW_SF | FSW_C1 : BEFORE_RESULT;
  cpu.fpuStatus = <u16>((cpu.fpuStatus & ~FSW_C1) | flags | FSW_ES | FSW_B);
  ferrChanged(cpu);
  return !blocks;
}

/** `settle` for instructions that leave C1 as it is when there is no stack fault. */
export function settleKeepingC1(cpu: Cpu): bool {
  const c1 = cpu.fpuStatus & FSW_C1;
  const writes = settle(cpu);
  cpu.fpuStatus |= <u16>c1;
  return writes;
}

/** A source is empty. Returns true if the masked response, the indefinite value, is to be written. */
export function underflow(cpu: Cpu): bool {
  raiseFpu(FSW_IE | FSW_SF);
  return settle(cpu);
}

/** There is no room for a push. Returns true if the masked response is to be pushed. */
export function overflow(cpu: Cpu): bool {
  raiseFpu(FSW_IE | FSW_SF | FSW_C1);
  return settle(cpu);
}

/** True if there is room for a push; otherwise the response to a stack overflow is given. Before anything is computed. */
export function hasRoom(cpu: Cpu): bool {
  if (isEmpty(cpu, 7)) return true;
  if (overflow(cpu)) push(cpu, indefinite());
  return false;
}

/** Makes exceptions sticky and pushes `value` unless one of them is unmasked; of these only IE keeps a load away. */
export function settlePush(cpu: Cpu, value: Float80): void {
  if (settle(cpu) || !(raisedFlags() & FSW_IE)) push(cpu, value);
}

/**
 * Debug registers: which breakpoints are armed, and the traps that wait for the end of the instruction.
 *
 * Data and I/O breakpoints are traps: the access path notes the DR6 bits in `pendingDebug` and asks for attention;
 * cpu/interrupts.ts raises #DB between instructions. Instruction breakpoints are faults, looked at before an instruction
 * runs. While a breakpoint of either kind is enabled the core leaves its fast paths (cpu/mode.ts, EVENT_STEP).
 * DR6 bits of breakpoints that are not enabled stay clear, as the manual allows.
 * [SDM3] 18.2 debug registers, 18.3 debug exceptions – [APM2] 13.1
 */
import { CR4_DE, Cpu, EVENT_DEBUG, FLAG_RF, FLAG_TF, STOP_EVENT } from "./state";

export const DR6_B0: u32 = 1;
export const DR6_B_MASK: u32 = 0xf;
export const DR6_BD: u32 = 1 << 13;
export const DR6_BS: u32 = 1 << 14;
export const DR6_BT: u32 = 1 << 15;
/** Bits that read as ones. */
export const DR6_FIXED: u32 = 0xffff_0ff0;
/** Bits that software can change: B0–B3, BD, BS, BT. */
export const DR6_WRITABLE: u32 = 0xe00f;
export const DR7_FIXED: u32 = 0x400;
/** Enable bits, LE, GE, GD and the R/W and LEN fields. */
export const DR7_WRITABLE: u32 = 0xffff_23ff;
export const DR7_GD: u32 = 1 << 13;

/** pendingDebug: TF was set when the instruction under way began, so #DB follows it. */
export const PENDING_STEP: u32 = 1 << 31;
/** pendingDebug: RF was set when the instruction under way began, so it is cleared after it. */
export const PENDING_RF: u32 = 1 << 30;
/** pendingDebug: one instruction is to run before the next boundary; `stepMark` tells whether it has. */
export const PENDING_ARMED: u32 = 1 << 29;
/** pendingDebug bits that are DR6 bits. */
export const PENDING_DR6: u32 = DR6_B_MASK | DR6_BD | DR6_BS | DR6_BT;

export const BREAK_EXECUTE: u32 = 0;
export const BREAK_WRITE: u32 = 1;
export const BREAK_IO: u32 = 2;
export const BREAK_READ_WRITE: u32 = 3;

@inline function isEnabled(dr7: u32, n: u32): bool {
  return ((dr7 >> (n * 2)) & 3) != 0;
}

@inline function breakKind(dr7: u32, n: u32): u32 {
  return (dr7 >> (16 + n * 4)) & 3;
}

/** LEN field: 1, 2, 8 or 4 bytes. */
@inline function breakLength(dr7: u32, n: u32): u32 {
  const length = (dr7 >> (18 + n * 4)) & 3;
  return length == 2 ? 8 : length + 1;
}

@inline function breakAddress(cpu: Cpu, n: u32): u64 {
  return load<u64>(changetype<usize>(cpu) + (n << 3), offsetof<Cpu>("dr0"));
}

export function hasDataBreakpoints(cpu: Cpu): bool {
  const dr7 = <u32>cpu.dr7;
  if (!(dr7 & 0xff)) return false;
  for (let n: u32 = 0; n < 4; n++) if (isEnabled(dr7, n) && breakKind(dr7, n) & BREAK_WRITE) return true;
  return false;
}

export function hasInstructionBreakpoints(cpu: Cpu): bool {
  const dr7 = <u32>cpu.dr7;
  if (!(dr7 & 0xff)) return false;
  for (let n: u32 = 0; n < 4; n++) if (isEnabled(dr7, n) && breakKind(dr7, n) == BREAK_EXECUTE) return true;
  return false;
}

/** DR6 bits of the instruction breakpoints at `linearAddr`. */
export function instructionBreakpoints(cpu: Cpu, linearAddr: u64): u32 {
  const dr7 = <u32>cpu.dr7;
  if (!(dr7 & 0xff)) return 0;
  let hits: u32 = 0;
  for (let n: u32 = 0; n < 4; n++)
    if (isEnabled(dr7, n) && breakKind(dr7, n) == BREAK_EXECUTE && breakAddress(cpu, n) == linearAddr) hits |= DR6_B0 << n;
  return hits;
}

function noteHits(cpu: Cpu, kindMask: u32, address: u64, sizeBytes: u32): void {
  const dr7 = <u32>cpu.dr7;
  let hits: u32 = 0;
  for (let n: u32 = 0; n < 4; n++) {
    if (!isEnabled(dr7, n) || !((1 << breakKind(dr7, n)) & kindMask)) continue;
    const length: u64 = breakLength(dr7, n);
    const start = breakAddress(cpu, n) & ~(length - 1);
    if (address < start + length && start < address + sizeBytes) hits |= DR6_B0 << n;
  }
  if (!hits) return;
  cpu.pendingDebug |= hits;
  cpu.events |= EVENT_DEBUG;
  cpu.stop |= STOP_EVENT;
}

/** Called by the slow path of memory accesses once the access itself can no longer fault. */
export function noteDataAccess(cpu: Cpu, linearAddr: u64, sizeBytes: u32, isWrite: bool): void {
  if (cpu.dr7 & 0xff) noteHits(cpu, isWrite ? (1 << BREAK_WRITE) | (1 << BREAK_READ_WRITE) : 1 << BREAK_READ_WRITE, linearAddr, sizeBytes);
}

/** I/O breakpoints work only with CR4.DE. */
export function notePortAccess(cpu: Cpu, port: u32, sizeBytes: u32): void {
  if (cpu.dr7 & 0xff && cpu.cr4 & CR4_DE) noteHits(cpu, 1 << BREAK_IO, port, sizeBytes);
}

/**
 * After an element of a repeated string instruction: RF is set as long as elements are left, so that a breakpoint on the
 * instruction does not stop it again, and frames of what comes in between have RF. [SDM3] 18.3.1.1
 */
@inline export function markRepetition(cpu: Cpu, isUnfinished: bool): void {
  if (!isUnfinished) cpu.eflags &= ~FLAG_RF;
  else {
    cpu.eflags |= FLAG_RF;
    cpu.pendingDebug &= ~PENDING_RF;
  }
}

/** DR6 of a #DB that a breakpoint or general detect causes: B0–B3 say which of them matched now, the others only gather. [APM2] 13.1.1.3 */
export function reportInDr6(cpu: Cpu, bits: u32): void {
  if (bits & (DR6_B_MASK | DR6_BD)) cpu.dr6 &= ~(<u64>DR6_B_MASK);
  cpu.dr6 |= bits;
}

/** A #DB has been delivered by INT1: what MOV SS had put off is part of it, not another one; general detect ends. [SDM3] 6.8.3, 18.2.3 */
export function joinDebugTraps(cpu: Cpu): void {
  reportInDr6(cpu, cpu.pendingDebug & DR6_B_MASK);
  cpu.pendingDebug &= ~DR6_B_MASK;
  cpu.events &= ~EVENT_DEBUG;
  cpu.dr7 &= ~(<u64>DR7_GD);
}

/** TF asks for a trap after the instruction whose boundary this is (SYSCALL, SYSRET, IRET look at the new TF). */
@inline export function armSingleStep(cpu: Cpu): void {
  if (cpu.eflags & FLAG_TF) cpu.pendingDebug |= PENDING_STEP;
  else cpu.pendingDebug &= ~PENDING_STEP;
}

/**
 * The stack of far transfers, interrupt frames and whoever else needs sized pushes. Each access is checked against SS
 * and raises #SS(0); nothing is committed by a peek or a poke: `moveStackPointer` does that last.
 * [SDM1] 6.2 – [SDM3] 5.3
 */
import { memRead, memReadForWrite, memWrite } from "../mmu/access";
import { ACCESS_READ, ACCESS_WRITE, isCanonical, segmentAllows } from "./address";
import { VECTOR_SS, raiseCode } from "./fault";
import { ATTR_DB, Cpu, FLAT_END, SEG_SS, is64, isFlatData, segment } from "./state";

/** The bits of RSP that this mode's stack uses. */
@inline export function stackMask(cpu: Cpu): u64 {
  if (is64(cpu)) return ~(<u64>0);
  return segment(cpu, SEG_SS).attr & ATTR_DB ? 0xffff_ffff : 0xffff;
}

/** Adds to SP, ESP or RSP, whichever the mode uses. */
export function moveStackPointer(cpu: Cpu, deltaBytes: i64): void {
  setStackPointer(cpu, cpu.rsp + <u64>deltaBytes);
}

/** Sets SP, ESP (its upper half becomes 0) or RSP. */
export function setStackPointer(cpu: Cpu, value: u64): void {
  const mask = stackMask(cpu);
  cpu.rsp = mask == 0xffff ? (cpu.rsp & 0xffff_0000) | (value & mask) : value & mask;
}

/** Linear address of the stack slot `deltaBytes` from the stack pointer. Raises #SS(0). */
export function stackLinear(cpu: Cpu, deltaBytes: i64, sizeBytes: u32, access: u32): u64 {
  const offset = (cpu.rsp + <u64>deltaBytes) & stackMask(cpu);
  if (is64(cpu)) {
    if (!isCanonical(offset) || !isCanonical(offset + (sizeBytes - 1))) raiseCode(cpu, VECTOR_SS, 0);
    return offset;
  }
  const ss = segment(cpu, SEG_SS);
  // Not by the mode: it is the one before, while a stack of an inner level is being entered.
  if (isFlatData(ss) && offset <= FLAT_END) return offset;
  if (!segmentAllows(cpu, ss, SEG_SS, <u32>offset, sizeBytes, access)) raiseCode(cpu, VECTOR_SS, 0);
  return (ss.base + offset) & 0xffff_ffff;
}

/** Reads the `sizeBytes` (2, 4, 8) at `deltaBytes` from the stack pointer, which stays. May fault. */
export function peekStack(cpu: Cpu, sizeBytes: u32, deltaBytes: i64): u64 {
  const linearAddr = stackLinear(cpu, deltaBytes, sizeBytes, ACCESS_READ);
  if (cpu.fault) return 0;
  if (sizeBytes == 2) return memRead<u16>(cpu, linearAddr);
  if (sizeBytes == 4) return memRead<u32>(cpu, linearAddr);
  return memRead<u64>(cpu, linearAddr);
}

/** Writes at `deltaBytes` from the stack pointer, which stays. May fault. */
export function pokeStack(cpu: Cpu, sizeBytes: u32, deltaBytes: i64, value: u64): void {
  if (cpu.fault) return;
  const linearAddr = stackLinear(cpu, deltaBytes, sizeBytes, ACCESS_WRITE);
  if (cpu.fault) return;
  if (sizeBytes == 2) memWrite<u16>(cpu, linearAddr, <u16>value);
  else if (sizeBytes == 4) memWrite<u32>(cpu, linearAddr, <u32>value);
  else memWrite<u64>(cpu, linearAddr, value);
}

/** Faults as a write to that slot would, and writes nothing. */
export function checkPoke(cpu: Cpu, sizeBytes: u32, deltaBytes: i64): void {
  const linearAddr = stackLinear(cpu, deltaBytes, sizeBytes, ACCESS_WRITE);
  if (!cpu.fault) readForWrite(cpu, linearAddr, sizeBytes);
}

/** The same for a linear address. */
export function readForWrite(cpu: Cpu, linearAddr: u64, sizeBytes: u32): void {
  if (sizeBytes == 2) memReadForWrite<u16>(cpu, linearAddr);
  else if (sizeBytes == 4) memReadForWrite<u32>(cpu, linearAddr);
  else memReadForWrite<u64>(cpu, linearAddr);
}

/** Pushes; the stack pointer moves only if the write worked. Check `cpu.fault`. */
export function pushSized(cpu: Cpu, sizeBytes: u32, value: u64): void {
  pokeStack(cpu, sizeBytes, -(<i64>sizeBytes), value);
  if (!cpu.fault) moveStackPointer(cpu, -(<i64>sizeBytes));
}

/** Pops; the stack pointer moves only if the read worked. Check `cpu.fault`. */
export function popSized(cpu: Cpu, sizeBytes: u32): u64 {
  const value = peekStack(cpu, sizeBytes, 0);
  if (!cpu.fault) moveStackPointer(cpu, sizeBytes);
  return value;
}

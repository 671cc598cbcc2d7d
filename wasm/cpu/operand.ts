/**
 * Operands of a decoded instruction for handlers that are plain functions `(cpu, rec)`. `T` is u8, u16, u32 or u64.
 * Writing a 32-bit register clears its upper half. [SDM1] 3.4.1.1
 */
import { memRead, memWrite } from "../mmu/access";
import { REC_MEM, Rec } from "../decode/record";
import { ACCESS_READ, ACCESS_RMW, ACCESS_WRITE, linear } from "./address";
import { Cpu, ptr } from "./state";

/** Reads the general register at byte offset `off` in Cpu. */
@inline export function getReg<T>(cpu: Cpu, off: u32): T {
  return load<T>(ptr(cpu) + off);
}

@inline export function setReg<T>(cpu: Cpu, off: u32, value: T): void {
  if (sizeof<T>() == 4) store<u64>(ptr(cpu) + off, <u64>(<u32>value));
  else store<T>(ptr(cpu) + off, value);
}

/** The E operand. May fault: check `cpu.fault` before using the value. */
@inline export function readE<T>(cpu: Cpu, rec: Rec): T {
  if (!(rec.flags & REC_MEM)) return load<T>(ptr(cpu) + rec.e);
  const linearAddr = linear(cpu, rec, sizeof<T>(), ACCESS_READ);
  if (cpu.fault) return <T>0;
  return memRead<T>(cpu, linearAddr);
}

/** Writes the E operand. May fault. */
@inline export function writeE<T>(cpu: Cpu, rec: Rec, value: T): void {
  if (!(rec.flags & REC_MEM)) {
    setReg<T>(cpu, rec.e, value);
    return;
  }
  const linearAddr = linear(cpu, rec, sizeof<T>(), ACCESS_WRITE);
  if (cpu.fault) return;
  memWrite<T>(cpu, linearAddr, value);
}

/** Linear address of a memory E operand for reading, then writing back. Follow with `memRead`, then `memWrite`. */
@inline export function linearRmw(cpu: Cpu, rec: Rec, sizeBytes: u32): u64 {
  return linear(cpu, rec, sizeBytes, ACCESS_RMW);
}

@inline export function readG<T>(cpu: Cpu, rec: Rec): T {
  return load<T>(ptr(cpu) + rec.g);
}

@inline export function writeG<T>(cpu: Cpu, rec: Rec, value: T): void {
  setReg<T>(cpu, rec.g, value);
}

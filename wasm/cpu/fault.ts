/**
 * How an instruction says that it faults. The handler calls one of these and returns at once, having changed no
 * architectural state; the run loop sees `cpu.fault` and delivers the exception (cpu/exceptions.ts).
 * [SDM3] 6.3 – 6.5
 */
import { Cpu, FAULT_PENDING, STOP_FAULT } from "./state";

export const VECTOR_DE: u32 = 0;
export const VECTOR_DB: u32 = 1;
export const VECTOR_NMI: u32 = 2;
export const VECTOR_BP: u32 = 3;
export const VECTOR_OF: u32 = 4;
export const VECTOR_BR: u32 = 5;
export const VECTOR_UD: u32 = 6;
export const VECTOR_NM: u32 = 7;
export const VECTOR_DF: u32 = 8;
export const VECTOR_TS: u32 = 10;
export const VECTOR_NP: u32 = 11;
export const VECTOR_SS: u32 = 12;
export const VECTOR_GP: u32 = 13;
export const VECTOR_PF: u32 = 14;
export const VECTOR_MF: u32 = 16;
export const VECTOR_AC: u32 = 17;
export const VECTOR_MC: u32 = 18;
export const VECTOR_XM: u32 = 19;

/** Raises exception `vector` with `errorCode` (0 where it has none). The first one of an instruction counts. */
export function raiseCode(cpu: Cpu, vector: u32, errorCode: u32): void {
  if (cpu.fault) return;
  cpu.fault = FAULT_PENDING;
  cpu.faultVector = vector;
  cpu.faultCode = errorCode;
  cpu.stop |= STOP_FAULT;
}

export function raise(cpu: Cpu, vector: u32): void {
  raiseCode(cpu, vector, 0);
}

export function raiseUD(cpu: Cpu): void {
  raiseCode(cpu, VECTOR_UD, 0);
}

/** #GP(selector or 0). */
export function raiseGP(cpu: Cpu, errorCode: u32): void {
  raiseCode(cpu, VECTOR_GP, errorCode);
}

@inline export function faulted(cpu: Cpu): bool {
  return cpu.fault != 0;
}

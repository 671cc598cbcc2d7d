/**
 * Operands of MMX and SSE instructions: W and Q are a register or memory. 16-byte memory operands must be aligned, except
 * in the instructions that say otherwise (MOVUPS, MOVDQU, LDDQU, PCMPxSTRx). All readers may fault: check `cpu.fault`.
 * [SDM1] 11.4.4, [SDM2] 2.4 exception types 2 and 4
 */
import { ACCESS_READ, ACCESS_WRITE, linear } from "../cpu/address";
import { raiseGP } from "../cpu/fault";
import { Cpu } from "../cpu/state";
import { REC_MEM, Rec } from "../decode/record";
import { memRead, memRead128, memWrite, memWrite128 } from "../mmu/access";
import { getMm, getXmm, getXmmLow } from "../sse/registers";

/** Aligned 16-byte memory operand. */
@inline export function readMem128Aligned(cpu: Cpu, rec: Rec): v128 {
  const linearAddr = linear(cpu, rec, 16, ACCESS_READ);
  if (!cpu.fault) {
    if (!(<u32>linearAddr & 15)) return memRead128(cpu, linearAddr);
    raiseGP(cpu, 0);
  }
  return i64x2.splat(0);
}

@inline export function readMem128(cpu: Cpu, rec: Rec): v128 {
  const linearAddr = linear(cpu, rec, 16, ACCESS_READ);
  if (cpu.fault) return i64x2.splat(0);
  return memRead128(cpu, linearAddr);
}

/** Memory operand of `sizeof<T>()` bytes. */
@inline export function readMem<T>(cpu: Cpu, rec: Rec): T {
  const linearAddr = linear(cpu, rec, sizeof<T>(), ACCESS_READ);
  if (cpu.fault) return <T>0;
  return memRead<T>(cpu, linearAddr);
}

@inline export function writeMem<T>(cpu: Cpu, rec: Rec, value: T): void {
  const linearAddr = linear(cpu, rec, sizeof<T>(), ACCESS_WRITE);
  if (cpu.fault) return;
  memWrite<T>(cpu, linearAddr, value);
}

@inline export function writeMem128Aligned(cpu: Cpu, rec: Rec, value: v128): void {
  const linearAddr = linear(cpu, rec, 16, ACCESS_WRITE);
  if (cpu.fault) return;
  if (<u32>linearAddr & 15) raiseGP(cpu, 0);
  else memWrite128(cpu, linearAddr, value);
}

@inline export function writeMem128(cpu: Cpu, rec: Rec, value: v128): void {
  const linearAddr = linear(cpu, rec, 16, ACCESS_WRITE);
  if (cpu.fault) return;
  memWrite128(cpu, linearAddr, value);
}

// The memory halves are functions of their own: they have many callers, and register operands should not pay for a call.

function readWMemory(cpu: Cpu, rec: Rec): v128 {
  return readMem128Aligned(cpu, rec);
}

function readWMemoryUnaligned(cpu: Cpu, rec: Rec): v128 {
  return readMem128(cpu, rec);
}

function readLowMemory<T>(cpu: Cpu, rec: Rec): T {
  return readMem<T>(cpu, rec);
}

/** W operand of 16 bytes, aligned in memory. */
@inline export function readW(cpu: Cpu, rec: Rec): v128 {
  if (!(rec.flags & REC_MEM)) return getXmm(cpu, rec.e);
  return readWMemory(cpu, rec);
}

/** W operand of 16 bytes at any address. */
@inline export function readWUnaligned(cpu: Cpu, rec: Rec): v128 {
  if (!(rec.flags & REC_MEM)) return getXmm(cpu, rec.e);
  return readWMemoryUnaligned(cpu, rec);
}

/** Lowest lane of a W operand; in memory only that many bytes are read. */
@inline export function readWLow<T>(cpu: Cpu, rec: Rec): T {
  if (!(rec.flags & REC_MEM)) return getXmmLow<T>(cpu, rec.e);
  return readLowMemory<T>(cpu, rec);
}

/** Q operand: MMX register or 8 bytes in memory. */
@inline export function readQ(cpu: Cpu, rec: Rec): u64 {
  if (!(rec.flags & REC_MEM)) return getMm(cpu, rec.e);
  return readLowMemory<u64>(cpu, rec);
}

/** Q operand of which only 32 bits are read from memory (PUNPCKL). */
@inline export function readQLow32(cpu: Cpu, rec: Rec): u64 {
  if (!(rec.flags & REC_MEM)) return getMm(cpu, rec.e);
  return <u64>readLowMemory<u32>(cpu, rec);
}

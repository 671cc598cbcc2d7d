/**
 * Far transfers and software interrupts as instructions; what they do is in cpu/far-transfer.ts, cpu/interrupt-return.ts
 * and cpu/interrupts.ts. [SDM2] CALL, JMP, RET, IRET, INT n, BOUND, UD
 */
import { ACCESS_READ, linear } from "../cpu/address";
import { farCall, farJump, farReturn } from "../cpu/far-transfer";
import { VECTOR_BP, VECTOR_BR, VECTOR_DB, VECTOR_OF, raise, raiseUD } from "../cpu/fault";
import { getOF } from "../cpu/flags";
import { interruptReturn } from "../cpu/interrupt-return";
import { joinDebugTraps } from "../cpu/debug";
import { KIND_INT1, KIND_SOFTWARE, KIND_TRAP, interrupt } from "../cpu/interrupts";
import { isAmd } from "../cpu/models";
import { Cpu, is64, ptr } from "../cpu/state";
import { Rec, opSizeLog2 } from "../decode/record";
import { memRead } from "../mmu/access";

@inline function sizeBytes(rec: Rec): u32 {
  return 1 << opSizeLog2(rec);
}

@inline function cutToSize(value: u64, bytes: u32): u64 {
  return bytes == 2 ? value & 0xffff : bytes == 4 ? value & 0xffff_ffff : value;
}

/** The part of a far pointer or table pointer that follows in memory. */
@inline export function laterLinear(cpu: Cpu, linearAddr: u64, deltaBytes: u32): u64 {
  return is64(cpu) ? linearAddr + deltaBytes : (linearAddr + deltaBytes) & 0xffff_ffff;
}

/**
 * Bytes of the offset in a far pointer in memory. Processors of AMD have none of 64 bits: with REX.W they read m16:32 (READ_MEM.z),
 * though CALL pushes 64-bit words (PUSH.v). Intel's read m16:64. [APM3] CALL (Far), JMP (Far), LxS – [SDM2] CALL, JMP
 */
@inline export function farOffsetBytes(cpu: Cpu, rec: Rec): u32 {
  const bytes = sizeBytes(rec);
  return bytes == 8 && isAmd(cpu) ? 4 : bytes;
}

@inline function immediateOffset(rec: Rec): u64 {
  return cutToSize(<u64>rec.imm & 0xffff_ffff, sizeBytes(rec));
}

@inline function immediateSelector(rec: Rec): u32 {
  return <u32>(<u64>rec.imm >> 32) & 0xffff;
}

/** Offset of a far pointer of `bytes` at `linearAddr`. */
function readOffset(cpu: Cpu, linearAddr: u64, bytes: u32): u64 {
  if (bytes == 2) return memRead<u16>(cpu, linearAddr);
  if (bytes == 4) return memRead<u32>(cpu, linearAddr);
  return memRead<u64>(cpu, linearAddr);
}

export function JMP_FAR_A(cpu: Cpu, rec: Rec): void {
  farJump(cpu, immediateSelector(rec), immediateOffset(rec));
}

export function CALL_FAR_A(cpu: Cpu, rec: Rec): void {
  farCall(cpu, immediateSelector(rec), immediateOffset(rec), sizeBytes(rec));
}

export function JMP_FAR_M(cpu: Cpu, rec: Rec): void {
  const bytes = farOffsetBytes(cpu, rec);
  const linearAddr = linear(cpu, rec, bytes + 2, ACCESS_READ);
  if (cpu.fault) return;
  const offset = readOffset(cpu, linearAddr, bytes);
  if (cpu.fault) return;
  const selector: u32 = memRead<u16>(cpu, laterLinear(cpu, linearAddr, bytes));
  if (!cpu.fault) farJump(cpu, selector, offset);
}

export function CALL_FAR_M(cpu: Cpu, rec: Rec): void {
  const bytes = farOffsetBytes(cpu, rec);
  const linearAddr = linear(cpu, rec, bytes + 2, ACCESS_READ);
  if (cpu.fault) return;
  const offset = readOffset(cpu, linearAddr, bytes);
  if (cpu.fault) return;
  const selector: u32 = memRead<u16>(cpu, laterLinear(cpu, linearAddr, bytes));
  if (!cpu.fault) farCall(cpu, selector, offset, sizeBytes(rec));
}

export function RET_FAR(cpu: Cpu, rec: Rec): void {
  farReturn(cpu, sizeBytes(rec), 0);
}

export function RET_FAR_I(cpu: Cpu, rec: Rec): void {
  farReturn(cpu, sizeBytes(rec), <u32>rec.imm & 0xffff);
}

export function IRET(cpu: Cpu, rec: Rec): void {
  interruptReturn(cpu, sizeBytes(rec));
}

export function INT_N(cpu: Cpu, rec: Rec): void {
  interrupt(cpu, <u32>rec.imm & 0xff, KIND_SOFTWARE, false, 0);
}

export function INT3(cpu: Cpu, _rec: Rec): void {
  interrupt(cpu, VECTOR_BP, KIND_TRAP, false, 0);
}

export function INTO(cpu: Cpu, _rec: Rec): void {
  if (getOF(cpu)) interrupt(cpu, VECTOR_OF, KIND_TRAP, false, 0);
}

/** Its #DB is also the one for a data breakpoint that MOV SS or POP SS has put off. */
export function INT1(cpu: Cpu, _rec: Rec): void {
  interrupt(cpu, VECTOR_DB, KIND_INT1, false, 0);
  if (!cpu.fault) joinDebugTraps(cpu);
}

/** The index is signed, and both bounds belong to the array. */
export function BOUND(cpu: Cpu, rec: Rec): void {
  const bytes = sizeBytes(rec);
  const linearAddr = linear(cpu, rec, bytes, ACCESS_READ);
  if (cpu.fault) return;
  const lower = readOffset(cpu, linearAddr, bytes);
  if (cpu.fault) return;
  linear(cpu, rec, bytes * 2, ACCESS_READ); // the upper bound must be inside the segment as well
  if (cpu.fault) return;
  const upper = readOffset(cpu, laterLinear(cpu, linearAddr, bytes), bytes);
  if (cpu.fault) return;
  const index = load<u32>(ptr(cpu) + rec.g);
  const isOutside = bytes == 2
    ? <i16>index < <i16>lower || <i16>index > <i16>upper
    : <i32>index < <i32>lower || <i32>index > <i32>upper;
  if (isOutside) raise(cpu, VECTOR_BR);
}

/** UD0, UD1, UD2, RSM outside system management mode. */
export function UD(cpu: Cpu, _rec: Rec): void {
  raiseUD(cpu);
}

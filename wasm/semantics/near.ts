/**
 * Near transfers in every mode, with all checks. Flat and 64-bit code mostly uses the short forms in the interpreter's
 * main switch instead (wasm/interp/run.template.ts, chosen by wasm/decode/specialize.ts).
 * The run loop has set `cpu.rip` to the next instruction.
 * [SDM2] CALL JMP RET Jcc LOOP JCXZ
 */
import { isCanonical } from "../cpu/address";
import { VECTOR_GP, VECTOR_SS, raiseGP } from "../cpu/fault";
import { condition, getZF } from "../cpu/flags";
import { readE } from "../cpu/operand";
import { checkPoke, moveStackPointer, peekStack, pushSized, readForWrite } from "../cpu/stack";
import { Cpu, SEG_CS, is64, segment } from "../cpu/state";
import { Rec, addrSizeLog2, opSizeLog2 } from "../decode/record";

/** IP, EIP or RIP for a target, cut to the operand size. */
@inline function cutTarget(rec: Rec, target: u64): u64 {
  const size = opSizeLog2(rec);
  return size == 1 ? target & 0xffff : size == 2 ? target & 0xffff_ffff : target;
}

/** CS reaches it, or it is canonical. */
@inline function isReachable(cpu: Cpu, target: u64): bool {
  return is64(cpu) ? isCanonical(target) : target <= segment(cpu, SEG_CS).limit;
}

/** A target cut to the operand size; raises #GP(0) where there can be no code. */
function checkedTarget(cpu: Cpu, rec: Rec, target: u64): u64 {
  target = cutTarget(rec, target);
  if (!isReachable(cpu, target)) raiseGP(cpu, 0);
  return target;
}

/** Where a relative transfer goes; the record holds the target from codeBase, here the displacement is wanted. */
@inline function relative(cpu: Cpu, rec: Rec): u64 {
  return cpu.rip + <u64>(rec.imm - <i64>(<u32>rec.pageOffset + rec.length));
}

@inline function relativeTarget(cpu: Cpu, rec: Rec): u64 {
  return checkedTarget(cpu, rec, relative(cpu, rec));
}

function jump(cpu: Cpu, target: u64): void {
  if (!cpu.fault) cpu.rip = target;
}

export function JCC(cpu: Cpu, rec: Rec): void {
  if (condition(cpu, rec.opcode & 15)) jump(cpu, relativeTarget(cpu, rec));
}

export function JMP_J(cpu: Cpu, rec: Rec): void {
  jump(cpu, relativeTarget(cpu, rec));
}

export function JMP_E<T>(cpu: Cpu, rec: Rec): void {
  const target = <u64>readE<T>(cpu, rec);
  if (cpu.fault) return;
  jump(cpu, checkedTarget(cpu, rec, target));
}

function call(cpu: Cpu, rec: Rec, to: u64): void {
  const target = cutTarget(rec, to);
  const sizeBytes: u32 = 1 << opSizeLog2(rec);
  if (!isReachable(cpu, target)) {
    // The stack's fault comes before the target's.
    checkPoke(cpu, sizeBytes, -(<i64>sizeBytes));
    raiseGP(cpu, 0);
    return;
  }
  pushSized(cpu, sizeBytes, cpu.rip);
  jump(cpu, target);
}

export function CALL_J(cpu: Cpu, rec: Rec): void {
  call(cpu, rec, relative(cpu, rec));
}

export function CALL_E<T>(cpu: Cpu, rec: Rec): void {
  const target = <u64>readE<T>(cpu, rec);
  if (cpu.fault) return;
  call(cpu, rec, target);
}

/** What CALL in the interpreter's main switch (flat or 64-bit code) does when it cannot push, or has no canonical target. */
export function refuseCall(cpu: Cpu, stackAddr: u64, sizeBytes: u32): void {
  if (!cpu.fault) readForWrite(cpu, stackAddr, sizeBytes);
  // The record's segment is that of the target's operand, the stack's is SS.
  if (cpu.fault && cpu.faultVector == VECTOR_GP) cpu.faultVector = VECTOR_SS;
  raiseGP(cpu, 0);
}

function returnNear(cpu: Cpu, rec: Rec, extraBytes: i64): void {
  const sizeBytes: u32 = 1 << opSizeLog2(rec);
  const target = checkedTarget(cpu, rec, peekStack(cpu, sizeBytes, 0));
  if (cpu.fault) return;
  moveStackPointer(cpu, <i64>sizeBytes + extraBytes);
  cpu.rip = target;
}

export function RET(cpu: Cpu, rec: Rec): void {
  returnNear(cpu, rec, 0);
}

export function RET_I(cpu: Cpu, rec: Rec): void {
  returnNear(cpu, rec, rec.imm & 0xffff);
}

/** CX, ECX or RCX by address size, less one; written only when the transfer cannot fault any more. */
@inline function countAfter(cpu: Cpu, rec: Rec): u64 {
  const size = addrSizeLog2(rec);
  const count = cpu.rcx - 1;
  return size == 1 ? count & 0xffff : size == 2 ? count & 0xffff_ffff : count;
}

function loop(cpu: Cpu, rec: Rec, alsoIf: bool): void {
  const count = countAfter(cpu, rec);
  if (count != 0 && alsoIf) {
    const target = relativeTarget(cpu, rec);
    if (cpu.fault) return;
    cpu.rip = target;
  }
  cpu.rcx = addrSizeLog2(rec) == 1 ? (cpu.rcx & ~(<u64>0xffff)) | count : count;
}

export function LOOP(cpu: Cpu, rec: Rec): void {
  loop(cpu, rec, true);
}
export function LOOPE(cpu: Cpu, rec: Rec): void {
  loop(cpu, rec, getZF(cpu));
}
export function LOOPNE(cpu: Cpu, rec: Rec): void {
  loop(cpu, rec, !getZF(cpu));
}

export function JCXZ(cpu: Cpu, rec: Rec): void {
  const size = addrSizeLog2(rec);
  const count = size == 1 ? cpu.rcx & 0xffff : size == 2 ? cpu.rcx & 0xffff_ffff : cpu.rcx;
  if (count == 0) jump(cpu, relativeTarget(cpu, rec));
}

/**
 * Near transfers in every mode, with all checks. Flat and 64-bit code mostly uses the short forms in the interpreter's
 * main switch instead (wasm/interp/run.template.ts, chosen by wasm/decode/specialize.ts).
 * The run loop has set `cpu.rip` to the next instruction.
 * [SDM2] CALL JMP RET Jcc LOOP JCXZ
 */
import { raiseGP } from "../cpu/fault";
import { condition, getZF } from "../cpu/flags";
import { readE } from "../cpu/operand";
import { isCanonical } from "../cpu/address";
import { moveStackPointer, peekStack, pushSized } from "../cpu/stack";
import { Cpu, SEG_CS, is64, segment } from "../cpu/state";
import { Rec, addrSizeLog2, opSizeLog2 } from "../decode/record";

/** IP, EIP or RIP for a target, cut to the operand size; raises #GP(0) where CS does not reach or it is not canonical. */
function checkedTarget(cpu: Cpu, rec: Rec, target: u64): u64 {
  const size = opSizeLog2(rec);
  if (size == 1) target &= 0xffff;
  else if (size == 2) target &= 0xffff_ffff;
  const reachable = is64(cpu) ? isCanonical(target) : target <= segment(cpu, SEG_CS).limit;
  if (!reachable) raiseGP(cpu, 0);
  return target;
}

@inline function relativeTarget(cpu: Cpu, rec: Rec): u64 {
  // The record holds the target from codeBase; here the displacement is wanted.
  return checkedTarget(cpu, rec, cpu.rip + <u64>(rec.imm - <i64>(<u32>rec.pageOffset + rec.length)));
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

@inline function call(cpu: Cpu, rec: Rec, target: u64): void {
  if (cpu.fault) return;
  pushSized(cpu, 1 << opSizeLog2(rec), cpu.rip);
  jump(cpu, target);
}

export function CALL_J(cpu: Cpu, rec: Rec): void {
  call(cpu, rec, relativeTarget(cpu, rec));
}

export function CALL_E<T>(cpu: Cpu, rec: Rec): void {
  const target = <u64>readE<T>(cpu, rec);
  if (cpu.fault) return;
  call(cpu, rec, checkedTarget(cpu, rec, target));
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

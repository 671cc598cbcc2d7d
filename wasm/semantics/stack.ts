/**
 * PUSH, POP and stack frames. RSP moves last, so a fault leaves everything as it was.
 * The forms without checks that flat and 64-bit code mostly uses stand in the interpreter's main switch.
 * [SDM2] PUSH POP PUSHA POPA ENTER LEAVE
 */
import { readE, readG, setReg, writeE, writeG } from "../cpu/operand";
import { checkPoke, moveStackPointer, peekStack, pokeStack, popSized, pushSized, setStackPointer, stackMask } from "../cpu/stack";
import { Cpu, ptr } from "../cpu/state";
import { Rec, opSizeLog2 } from "../decode/record";

export function PUSH_R<T>(cpu: Cpu, rec: Rec): void {
  pushSized(cpu, sizeof<T>(), <u64>readG<T>(cpu, rec));
}

export function PUSH_I<T>(cpu: Cpu, rec: Rec): void {
  pushSized(cpu, sizeof<T>(), <u64>rec.imm);
}

export function PUSH_E<T>(cpu: Cpu, rec: Rec): void {
  const value = <u64>readE<T>(cpu, rec);
  if (cpu.fault) return;
  pushSized(cpu, sizeof<T>(), value);
}

export function POP_R<T>(cpu: Cpu, rec: Rec): void {
  const value = <T>popSized(cpu, sizeof<T>());
  if (cpu.fault) return;
  writeG<T>(cpu, rec, value);
}

/** An address that uses RSP sees it after the pop. */
export function POP_E<T>(cpu: Cpu, rec: Rec): void {
  const before = cpu.rsp;
  const value = <T>popSized(cpu, sizeof<T>());
  if (cpu.fault) return;
  writeE<T>(cpu, rec, value);
  if (cpu.fault) cpu.rsp = before;
}

export function PUSHA(cpu: Cpu, rec: Rec): void {
  const size: u32 = opSizeLog2(rec) == 1 ? 2 : 4;
  // AX CX DX BX SP BP SI DI; SP as it was before.
  for (let i: u32 = 0; i < 8; i++) pokeStack(cpu, size, -(<i64>((i + 1) * size)), load<u64>(ptr(cpu) + i * 8));
  if (cpu.fault) return;
  moveStackPointer(cpu, -(<i64>(8 * size)));
}

export function POPA(cpu: Cpu, rec: Rec): void {
  const size: u32 = opSizeLog2(rec) == 1 ? 2 : 4;
  // A fault half-way leaves the registers that were read; ESP has not moved, so the instruction can start again.
  for (let i: u32 = 8; i > 0; i--) {
    const value = peekStack(cpu, size, <i64>((8 - i) * size));
    if (cpu.fault) return;
    if (i == 5) continue; // the stored SP is passed over
    if (size == 2) setReg<u16>(cpu, (i - 1) * 8, <u16>value);
    else setReg<u32>(cpu, (i - 1) * 8, <u32>value);
  }
  moveStackPointer(cpu, 8 * size);
}

export function ENTER(cpu: Cpu, rec: Rec): void {
  const sizeBytes: u32 = 1 << opSizeLog2(rec);
  const allocated = rec.imm & 0xffff;
  const level: u32 = (<u32>(rec.imm >> 16)) & 31;
  let depth: i64 = -(<i64>sizeBytes);
  pokeStack(cpu, sizeBytes, depth, cpu.rbp);
  if (cpu.fault) return;
  // On a 16-bit stack the upper half of ESP stays, and gets into EBP with a 32-bit operand size.
  const mask = stackMask(cpu);
  const frame = (cpu.rsp & ~mask) | ((cpu.rsp + <u64>depth) & mask);
  for (let i: u32 = 1; i < level; i++) {
    // The frames of the outer levels, counted from rSP.
    const value = peekStack(cpu, sizeBytes, <i64>(cpu.rbp - cpu.rsp) - <i64>(i * sizeBytes));
    if (cpu.fault) return;
    depth -= sizeBytes;
    pokeStack(cpu, sizeBytes, depth, value);
    if (cpu.fault) return;
  }
  if (level > 0) {
    depth -= sizeBytes;
    pokeStack(cpu, sizeBytes, depth, frame);
    if (cpu.fault) return;
  }
  depth -= allocated;
  // The new top of the stack must be writable, or the instruction faults. [SDM2] ENTER
  checkPoke(cpu, sizeBytes, depth);
  if (cpu.fault) return;
  moveStackPointer(cpu, depth);
  if (sizeBytes == 2) setReg<u16>(cpu, 40, <u16>frame);
  else if (sizeBytes == 4) setReg<u32>(cpu, 40, <u32>frame);
  else cpu.rbp = frame;
}

export function LEAVE(cpu: Cpu, rec: Rec): void {
  const sizeBytes: u32 = 1 << opSizeLog2(rec);
  const before = cpu.rsp;
  setStackPointer(cpu, cpu.rbp);
  const value = popSized(cpu, sizeBytes);
  if (cpu.fault) {
    cpu.rsp = before;
    return;
  }
  if (sizeBytes == 2) setReg<u16>(cpu, 40, <u16>value);
  else if (sizeBytes == 4) setReg<u32>(cpu, 40, <u32>value);
  else cpu.rbp = value;
}

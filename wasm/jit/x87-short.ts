/**
 * x87 loads, stores and arithmetic with memory for a region that is under way, where they are what fpu/short.ts is for: the code has
 * reached the operand already and knows its offset, and it has looked that nothing keeps x87 instructions away. [SDM1] 8.3
 */
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import { operateWithNarrow, operateWithRegister, peekNarrow, pushInteger, pushNarrow, storedShort } from "../fpu/short";
import { pop } from "../fpu/stack";
import { setInstruction, setPointersTo } from "../semantics/x87-pointers";

/** Set in the opcodes of the forms with double precision (DC, DD), clear in those with single (D8, D9). */
const OPCODE_DOUBLE: u32 = 4;
/** The same bit in the forms with registers: the result goes to ST(i) (DC, DE). */
const OPCODE_TO_OTHER: u32 = 4;
/** In these, set in DE. */
const OPCODE_POPS: u32 = 2;
/** ModRM.reg of FSTP; FST is 2. */
const REG_POPS: u32 = 3;

@inline function reg(rec: Rec): u32 {
  return (<u32>rec.modrm >> 3) & 7;
}

/** Imported, as those below. FLD m32, m64. @returns false where the handler has to do it; nothing has changed then. */
export function x87Load(cpu: Cpu, rec: Rec, raw: u64, offset: u64): bool {
  if (!(rec.opcode & OPCODE_DOUBLE ? pushNarrow<u64>(cpu, raw) : pushNarrow<u32>(cpu, <u32>raw))) return false;
  setPointersTo(cpu, rec, offset);
  return true;
}

/** FILD of all sizes; `value` is sign-extended. */
export function x87LoadInteger(cpu: Cpu, rec: Rec, value: i64, offset: u64): bool {
  if (!pushInteger(cpu, value)) return false;
  setPointersTo(cpu, rec, offset);
  return true;
}

/** FADD, FMUL, FSUB, FSUBR m32, m64. */
export function x87Operate(cpu: Cpu, rec: Rec, raw: u64, offset: u64): bool {
  if (!(rec.opcode & OPCODE_DOUBLE ? operateWithNarrow<u64>(cpu, reg(rec), raw) : operateWithNarrow<u32>(cpu, reg(rec), <u32>raw))) return false;
  setPointersTo(cpu, rec, offset);
  return true;
}

/** FADD, FMUL, FSUB, FSUBR with ST(i), either way round, and popping. */
export function x87OperateStack(cpu: Cpu, rec: Rec): bool {
  if (!operateWithRegister(cpu, reg(rec), rec.modrm & 7, (rec.opcode & OPCODE_TO_OTHER) != 0)) return false;
  if (rec.opcode & OPCODE_POPS) pop(cpu);
  setInstruction(cpu, rec);
  return true;
}

/** What FST and FSTP m32, m64 store, never 0; or 0. */
export function x87Peek(cpu: Cpu, rec: Rec): u64 {
  return rec.opcode & OPCODE_DOUBLE ? peekNarrow<u64>(cpu) : <u64>peekNarrow<u32>(cpu);
}

/** After that has been stored. */
export function x87Stored(cpu: Cpu, rec: Rec, offset: u64): void {
  storedShort(cpu, reg(rec) == REG_POPS);
  setPointersTo(cpu, rec, offset);
}

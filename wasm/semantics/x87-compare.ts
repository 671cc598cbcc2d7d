/**
 * x87 comparison: to the condition codes (FCOM, FUCOM, FTST, FXAM) or to ZF PF CF (FCOMI, FUCOMI).
 * An empty register compares as unordered, with a stack fault. [SDM1] 8.3.6; [SDM2]
 */
import { setArithFlags } from "../cpu/flags";
import { Cpu, FLAG_CF, FLAG_PF, FLAG_ZF } from "../cpu/state";
import { Rec } from "../decode/record";
import { CONDITIONS, UNORDERED, compare, examine } from "../fpu/compare";
import { FSW_C0, FSW_C1, FSW_C2, FSW_C3, FSW_DE, Float80, isSpecial, raiseFpu, zero } from "../fpu/float80";
import { fromInteger, isDenormalNarrow, widen } from "../fpu/narrow";
import { getSt, isEmpty, pop, settle, settleKeepingC1, underflow } from "../fpu/stack";
import { readMem } from "./sse-operands";
import { noteInstruction, noteMemory } from "./x87-pointers";

@inline function setConditions(cpu: Cpu, codes: u32): void {
  cpu.fpuStatus = <u16>((cpu.fpuStatus & ~CONDITIONS) | codes);
}

/** Compares ST(0), or answers to its being empty (`isFree`): true if the codes are to be written. */
function order(cpu: Cpu, b: Float80, isFree: bool, isQuiet: bool): u32 {
  if (isFree) {
    underflow(cpu);
    return UNORDERED;
  }
  return compare(getSt(cpu, 0), b, isQuiet);
}

function toStatus(cpu: Cpu, b: Float80, isFree: bool, isQuiet: bool, pops: u32): void {
  const codes = order(cpu, b, isFree, isQuiet);
  const ends = settle(cpu);
  setConditions(cpu, codes);
  if (!ends) return;
  if (pops > 0) pop(cpu);
  if (pops > 1) pop(cpu);
}

function compareMemory(cpu: Cpu, rec: Rec, b: Float80, isDenormal: bool, pops: u32): void {
  noteMemory(cpu, rec);
  const isFree = isEmpty(cpu, 0);
  if (isDenormal && !isFree && !isSpecial(getSt(cpu, 0))) raiseFpu(FSW_DE);
  toStatus(cpu, b, isFree, false, pops);
}

function compareReal<T>(cpu: Cpu, rec: Rec, pops: u32): void {
  const raw = readMem<T>(cpu, rec);
  if (!cpu.fault) compareMemory(cpu, rec, widen<T>(raw), isDenormalNarrow<T>(raw), pops);
}

function compareInteger<T>(cpu: Cpu, rec: Rec, pops: u32): void {
  const raw = readMem<T>(cpu, rec);
  if (!cpu.fault) compareMemory(cpu, rec, fromInteger(raw), false, pops);
}

function compareRegister(cpu: Cpu, rec: Rec, i: u32, isQuiet: bool, pops: u32): void {
  noteInstruction(cpu, rec);
  toStatus(cpu, getSt(cpu, i), isEmpty(cpu, 0) || isEmpty(cpu, i), isQuiet, pops);
}

/** ZF PF CF stand for C3 C2 C0; OF SF AF become 0. */
function compareToFlags(cpu: Cpu, rec: Rec, isQuiet: bool, pops: bool): void {
  noteInstruction(cpu, rec);
  const i: u32 = rec.modrm & 7;
  const codes = order(cpu, getSt(cpu, i), isEmpty(cpu, 0) || isEmpty(cpu, i), isQuiet);
  const ends = settleKeepingC1(cpu);
  setArithFlags(cpu, (codes & FSW_C3 ? FLAG_ZF : 0) | (codes & FSW_C2 ? FLAG_PF : 0) | (codes & FSW_C0 ? FLAG_CF : 0));
  if (ends && pops) pop(cpu);
}

export function FCOM_M32(cpu: Cpu, rec: Rec): void {
  compareReal<u32>(cpu, rec, 0);
}

export function FCOMP_M32(cpu: Cpu, rec: Rec): void {
  compareReal<u32>(cpu, rec, 1);
}

export function FCOM_M64(cpu: Cpu, rec: Rec): void {
  compareReal<u64>(cpu, rec, 0);
}

export function FCOMP_M64(cpu: Cpu, rec: Rec): void {
  compareReal<u64>(cpu, rec, 1);
}

export function FICOM_M16(cpu: Cpu, rec: Rec): void {
  compareInteger<i16>(cpu, rec, 0);
}

export function FICOMP_M16(cpu: Cpu, rec: Rec): void {
  compareInteger<i16>(cpu, rec, 1);
}

export function FICOM_M32(cpu: Cpu, rec: Rec): void {
  compareInteger<i32>(cpu, rec, 0);
}

export function FICOMP_M32(cpu: Cpu, rec: Rec): void {
  compareInteger<i32>(cpu, rec, 1);
}

export function FCOM_ST(cpu: Cpu, rec: Rec): void {
  compareRegister(cpu, rec, rec.modrm & 7, false, 0);
}

export function FCOMP_ST(cpu: Cpu, rec: Rec): void {
  compareRegister(cpu, rec, rec.modrm & 7, false, 1);
}

export function FCOMPP(cpu: Cpu, rec: Rec): void {
  compareRegister(cpu, rec, 1, false, 2);
}

export function FUCOM(cpu: Cpu, rec: Rec): void {
  compareRegister(cpu, rec, rec.modrm & 7, true, 0);
}

export function FUCOMP(cpu: Cpu, rec: Rec): void {
  compareRegister(cpu, rec, rec.modrm & 7, true, 1);
}

export function FUCOMPP(cpu: Cpu, rec: Rec): void {
  compareRegister(cpu, rec, 1, true, 2);
}

export function FCOMI(cpu: Cpu, rec: Rec): void {
  compareToFlags(cpu, rec, false, false);
}

export function FCOMIP(cpu: Cpu, rec: Rec): void {
  compareToFlags(cpu, rec, false, true);
}

export function FUCOMI(cpu: Cpu, rec: Rec): void {
  compareToFlags(cpu, rec, true, false);
}

export function FUCOMIP(cpu: Cpu, rec: Rec): void {
  compareToFlags(cpu, rec, true, true);
}

export function FTST(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  toStatus(cpu, zero(0), isEmpty(cpu, 0), false, 0);
}

/** Looks also at empty registers; never an exception. */
export function FXAM(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  cpu.fpuStatus = <u16>((cpu.fpuStatus & ~(CONDITIONS | FSW_C1)) | examine(getSt(cpu, 0), isEmpty(cpu, 0)));
}

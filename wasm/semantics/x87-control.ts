/**
 * x87 control: initialization, control and status word, stack pointer and tags, and the instructions that do nothing.
 * None of these moves FIP, FDP and FOP. The 80287's FENI, FDISI and FSETPM do nothing on later processors.
 * [SDM1] 8.1, 8.3.10; [SDM2]
 */
import { VECTOR_NM, raise } from "../cpu/fault";
import { FSW_ES, pendingException } from "../cpu/fpu-checks";
import { CR0_MP, CR0_TS, Cpu, ptr } from "../cpu/state";
import { Rec } from "../decode/record";
import { FSW_C1 } from "../fpu/float80";
import { FSW_CLEARED, markEmpty, pop, setTop, top, updateSummary } from "../fpu/stack";
import { readMem, writeMem } from "./sse-operands";

const FCW_INIT: u16 = 0x37f;
/** Bits of the control word that can be set, and the one that reads as 1. */
const FCW_WRITABLE: u16 = 0x1f3f;
const FCW_FIXED: u16 = 0x40;

/** FNINIT; also what FNSAVE leaves. The registers keep their contents. [SDM2] FINIT */
export function initFpu(cpu: Cpu): void {
  cpu.fpuControl = FCW_INIT;
  cpu.fpuStatus = 0;
  cpu.fpuTag = 0;
  cpu.fpuOpcode = 0;
  cpu.fpuIp = 0;
  cpu.fpuCs = 0;
  cpu.fpuDp = 0;
  cpu.fpuDs = 0;
  updateSummary(cpu);
}

/** Unmasking an exception that has happened makes it pending. */
export function setControl(cpu: Cpu, value: u16): void {
  cpu.fpuControl = (value & FCW_WRITABLE) | FCW_FIXED;
  updateSummary(cpu);
}

export function FNINIT(cpu: Cpu, _rec: Rec): void {
  initFpu(cpu);
}

export function FNCLEX(cpu: Cpu, _rec: Rec): void {
  cpu.fpuStatus &= <u16>~FSW_CLEARED;
  updateSummary(cpu);
}

export function FLDCW(cpu: Cpu, rec: Rec): void {
  const value = readMem<u16>(cpu, rec);
  if (!cpu.fault) setControl(cpu, value);
}

export function FNSTCW(cpu: Cpu, rec: Rec): void {
  writeMem<u16>(cpu, rec, cpu.fpuControl);
}

export function FNSTSW(cpu: Cpu, rec: Rec): void {
  writeMem<u16>(cpu, rec, cpu.fpuStatus);
}

export function FNSTSW_AX(cpu: Cpu, _rec: Rec): void {
  store<u16>(ptr(cpu), cpu.fpuStatus);
}

@inline function clearC1(cpu: Cpu): void {
  cpu.fpuStatus &= <u16>~FSW_C1;
}

export function FINCSTP(cpu: Cpu, _rec: Rec): void {
  setTop(cpu, top(cpu) + 1);
  clearC1(cpu);
}

export function FDECSTP(cpu: Cpu, _rec: Rec): void {
  setTop(cpu, top(cpu) - 1);
  clearC1(cpu);
}

/** C1 becomes 0 as on AMD processors. */
export function FFREE(cpu: Cpu, rec: Rec): void {
  markEmpty(cpu, rec.modrm & 7);
  clearC1(cpu);
}

/** Not in the manual: FFREE, then pop. */
export function FFREEP(cpu: Cpu, rec: Rec): void {
  markEmpty(cpu, rec.modrm & 7);
  clearC1(cpu);
  pop(cpu);
}

/** FNOP waits for exceptions; FENI, FDISI and FSETPM do not. */
export function FNOP(_cpu: Cpu, _rec: Rec): void {}

/** WAIT looks at TS only with MP, and not at EM. [SDM3] 2.5, table 2-2 */
export function FWAIT(cpu: Cpu, _rec: Rec): void {
  if ((cpu.cr0 & (CR0_MP | CR0_TS)) == (CR0_MP | CR0_TS)) raise(cpu, VECTOR_NM);
  else if (cpu.fpuStatus & FSW_ES) pendingException(cpu);
}

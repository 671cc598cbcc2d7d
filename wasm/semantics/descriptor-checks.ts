/**
 * Instructions that ask about descriptors or load the table registers: LAR LSL VERR VERW ARPL, LLDT LTR SLDT STR,
 * LGDT LIDT SGDT SIDT. [SDM2] – [SDM3] 5.10, 2.4 – UMIP: [SDM3] 2.5
 */
import { ACCESS_READ, ACCESS_WRITE, isCanonical, linear } from "../cpu/address";
import {
  SELECTOR_RPL, SYS_CALL_GATE, SYS_CALL_GATE16, SYS_LDT, SYS_TASK_GATE, SYS_TSS16_AVAILABLE, SYS_TSS16_BUSY, SYS_TSS_AVAILABLE, SYS_TSS_BUSY,
  descDpl, descIsCode, descIsConforming, descIsReadable, descIsSystem, descIsWritableData, descLimit, descType, fetchDescriptor, isNullSelector,
} from "../cpu/descriptors";
import { VECTOR_GP, VECTOR_PF, raiseGP } from "../cpu/fault";
import { arithFlags, setArithFlags } from "../cpu/flags";
import { readE, setReg, writeE } from "../cpu/operand";
import { loadLdtr, loadTr } from "../cpu/segments";
import { CR4_UMIP, Cpu, EFER_LMA, FLAG_ZF, SEG_LDTR, SEG_TR, STOP_FAULT, is64, ptr, segment } from "../cpu/state";
import { Rec, opSizeLog2 } from "../decode/record";
import { memRead, memWrite } from "../mmu/access";
import { laterLinear } from "./far";
import { storeSelector } from "./segment-moves";

/** User-mode instruction prevention: true if #GP(0) was raised. */
export function forbiddenByUmip(cpu: Cpu): bool {
  if (!(cpu.cr4 & CR4_UMIP) || cpu.cpl == 0) return false;
  raiseGP(cpu, 0);
  return true;
}

function setZero(cpu: Cpu, value: bool): void {
  setArithFlags(cpu, (arithFlags(cpu) & ~FLAG_ZF) | (value ? FLAG_ZF : 0));
}

/** The descriptor of `selector`, or 0 if there is none that one may look at; page faults stay, other faults do not. */
function lookUp(cpu: Cpu, selector: u32): u64 {
  if (isNullSelector(selector)) return 0;
  const desc = fetchDescriptor(cpu, selector, VECTOR_GP);
  if (!cpu.fault) return desc;
  if (cpu.faultVector != VECTOR_PF) {
    cpu.fault = 0;
    cpu.stop &= ~STOP_FAULT;
  }
  return 0;
}

/** Conforming code may be looked at from everywhere. */
function isVisible(cpu: Cpu, selector: u32, desc: u64): bool {
  if (descIsConforming(desc)) return true;
  const dpl = descDpl(desc);
  return dpl >= cpu.cpl && dpl >= (selector & SELECTOR_RPL);
}

@inline function isLongMode(cpu: Cpu): bool {
  return (cpu.efer & EFER_LMA) != 0;
}

/** [SDM2] LAR, table 3-53 */
function larKnows(cpu: Cpu, type: u32): bool {
  switch (type) {
    case SYS_LDT:
    case SYS_TSS_AVAILABLE:
    case SYS_TSS_BUSY:
    case SYS_CALL_GATE:
      return true;
    case SYS_TSS16_AVAILABLE:
    case SYS_TSS16_BUSY:
    case SYS_CALL_GATE16:
    case SYS_TASK_GATE:
      return !isLongMode(cpu);
    default:
      return false;
  }
}

/** [SDM2] LSL, table 3-55: gates have no limit. */
function lslKnows(cpu: Cpu, type: u32): bool {
  return larKnows(cpu, type) && type != SYS_CALL_GATE && type != SYS_CALL_GATE16 && type != SYS_TASK_GATE;
}

function writeResult(cpu: Cpu, rec: Rec, value: u32): void {
  if (opSizeLog2(rec) == 1) setReg<u16>(cpu, rec.g, <u16>value);
  else setReg<u64>(cpu, rec.g, value);
}

export function LAR(cpu: Cpu, rec: Rec): void {
  const selector: u32 = readE<u16>(cpu, rec);
  if (cpu.fault) return;
  const desc = lookUp(cpu, selector);
  if (cpu.fault) return;
  const isKnown = desc != 0 && isVisible(cpu, selector, desc) && (!descIsSystem(desc) || larKnows(cpu, descType(desc)));
  if (isKnown) writeResult(cpu, rec, <u32>(desc >> 32) & 0x00ff_ff00);
  setZero(cpu, isKnown);
}

export function LSL(cpu: Cpu, rec: Rec): void {
  const selector: u32 = readE<u16>(cpu, rec);
  if (cpu.fault) return;
  const desc = lookUp(cpu, selector);
  if (cpu.fault) return;
  const isKnown = desc != 0 && isVisible(cpu, selector, desc) && (!descIsSystem(desc) || lslKnows(cpu, descType(desc)));
  if (isKnown) writeResult(cpu, rec, descLimit(desc));
  setZero(cpu, isKnown);
}

export function VERR(cpu: Cpu, rec: Rec): void {
  const selector: u32 = readE<u16>(cpu, rec);
  if (cpu.fault) return;
  const desc = lookUp(cpu, selector);
  if (cpu.fault) return;
  setZero(cpu, desc != 0 && descIsReadable(desc) && isVisible(cpu, selector, desc));
}

export function VERW(cpu: Cpu, rec: Rec): void {
  const selector: u32 = readE<u16>(cpu, rec);
  if (cpu.fault) return;
  const desc = lookUp(cpu, selector);
  if (cpu.fault) return;
  setZero(cpu, desc != 0 && !descIsCode(desc) && descIsWritableData(desc) && isVisible(cpu, selector, desc));
}

/**
 * Raises the RPL of the destination selector to that of the source. Memory is written, and must be writable, only if the selector changes.
 */
export function ARPL(cpu: Cpu, rec: Rec): void {
  const source: u32 = load<u16>(ptr(cpu) + rec.g);
  const selector: u32 = readE<u16>(cpu, rec);
  if (cpu.fault) return;
  const isLower = (selector & SELECTOR_RPL) < (source & SELECTOR_RPL);
  if (isLower) {
    writeE<u16>(cpu, rec, <u16>((selector & ~SELECTOR_RPL) | (source & SELECTOR_RPL)));
    if (cpu.fault) return;
  }
  setZero(cpu, isLower);
}

export function SLDT(cpu: Cpu, rec: Rec): void {
  if (!forbiddenByUmip(cpu)) storeSelector(cpu, rec, segment(cpu, SEG_LDTR).selector);
}

export function STR(cpu: Cpu, rec: Rec): void {
  if (!forbiddenByUmip(cpu)) storeSelector(cpu, rec, segment(cpu, SEG_TR).selector);
}

/** #UD in real mode comes before #GP for the privilege level, so the level is looked at here. */
export function LLDT(cpu: Cpu, rec: Rec): void {
  if (cpu.cpl) {
    raiseGP(cpu, 0);
    return;
  }
  const selector: u32 = readE<u16>(cpu, rec);
  if (!cpu.fault) loadLdtr(cpu, selector, VECTOR_GP);
}

export function LTR(cpu: Cpu, rec: Rec): void {
  if (cpu.cpl) {
    raiseGP(cpu, 0);
    return;
  }
  const selector: u32 = readE<u16>(cpu, rec);
  if (!cpu.fault) loadTr(cpu, selector);
}

/** Limit and base of a table register, to memory. With a 16-bit operand size all 32 bits of the base are stored as well. */
function storeTable(cpu: Cpu, rec: Rec, base: u64, limit: u32): void {
  if (forbiddenByUmip(cpu)) return;
  const is64Bit = is64(cpu);
  const linearAddr = linear(cpu, rec, is64Bit ? 10 : 6, ACCESS_WRITE);
  if (cpu.fault) return;
  // The second part first: if it faults, nothing was stored.
  if (is64Bit) memWrite<u64>(cpu, linearAddr + 2, base);
  else memWrite<u32>(cpu, laterLinear(cpu, linearAddr, 2), <u32>base);
  if (!cpu.fault) memWrite<u16>(cpu, linearAddr, <u16>limit);
}

export function SGDT(cpu: Cpu, rec: Rec): void {
  storeTable(cpu, rec, cpu.gdtrBase, cpu.gdtrLimit);
}

export function SIDT(cpu: Cpu, rec: Rec): void {
  storeTable(cpu, rec, cpu.idtrBase, cpu.idtrLimit);
}

/** Base of a pseudo-descriptor; 24 bits with a 16-bit operand size. Raises #GP(0) if it is not canonical. */
function readTableBase(cpu: Cpu, rec: Rec, linearAddr: u64): u64 {
  const at = laterLinear(cpu, linearAddr, 2);
  if (!is64(cpu)) {
    const base = memRead<u32>(cpu, at);
    return opSizeLog2(rec) == 1 ? base & 0x00ff_ffff : base;
  }
  const base = memRead<u64>(cpu, at);
  if (!cpu.fault && !isCanonical(base)) raiseGP(cpu, 0);
  return base;
}

/** LGDT and LIDT: limit and base change together, or nothing if a part faults. */
function loadTable(cpu: Cpu, rec: Rec, isInterrupts: bool): void {
  const linearAddr = linear(cpu, rec, is64(cpu) ? 10 : 6, ACCESS_READ);
  if (cpu.fault) return;
  const limit: u32 = memRead<u16>(cpu, linearAddr);
  if (cpu.fault) return;
  const base = readTableBase(cpu, rec, linearAddr);
  if (cpu.fault) return;
  if (isInterrupts) {
    cpu.idtrBase = base;
    cpu.idtrLimit = limit;
  } else {
    cpu.gdtrBase = base;
    cpu.gdtrLimit = limit;
  }
}

export function LGDT(cpu: Cpu, rec: Rec): void {
  loadTable(cpu, rec, false);
}

export function LIDT(cpu: Cpu, rec: Rec): void {
  loadTable(cpu, rec, true);
}

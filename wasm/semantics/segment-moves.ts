/**
 * Segment registers as operands: MOV, PUSH, POP, LDS LES LSS LFS LGS, and the FS and GS bases.
 * Loading SS holds off interrupts and debug traps for one instruction.
 * [SDM2] MOV, POP, LDS, RDFSBASE, WRFSBASE, SWAPGS – [SDM3] 6.8.3
 */
import { ACCESS_READ, ACCESS_WRITE, isCanonical, linear } from "../cpu/address";
import { raiseGP, raiseUD } from "../cpu/fault";
import { readE, setReg } from "../cpu/operand";
import { loadSegmentAndMode } from "../cpu/segments";
import { popSized, pushSized } from "../cpu/stack";
import { CR4_FSGSBASE, Cpu, SEG_CS, SEG_DS, SEG_ES, SEG_FS, SEG_GS, SEG_SS, SHADOW_SS, ptr, segment } from "../cpu/state";
import { REC_MEM, Rec, opSizeLog2 } from "../decode/record";
import { memRead, memWrite } from "../mmu/access";
import { farOffsetBytes, laterLinear } from "./far";

/** Stores a 16-bit value as SMSW, SLDT, STR and MOV from Sreg do: 16 bits to memory, zero-extended into registers. */
export function storeSelector(cpu: Cpu, rec: Rec, value: u32): void {
  if (rec.flags & REC_MEM) {
    const linearAddr = linear(cpu, rec, 2, ACCESS_WRITE);
    if (!cpu.fault) memWrite<u16>(cpu, linearAddr, <u16>value);
  } else if (opSizeLog2(rec) == 1) setReg<u16>(cpu, rec.e, <u16>value);
  else setReg<u64>(cpu, rec.e, value & 0xffff);
}

export function MOV_E_S(cpu: Cpu, rec: Rec): void {
  if (rec.g > SEG_GS) {
    raiseUD(cpu);
    return;
  }
  storeSelector(cpu, rec, segment(cpu, rec.g).selector);
}

export function MOV_S_E(cpu: Cpu, rec: Rec): void {
  if (rec.g > SEG_GS || rec.g == SEG_CS) {
    raiseUD(cpu);
    return;
  }
  const selector: u32 = readE<u16>(cpu, rec);
  if (!cpu.fault) loadAndShadow(cpu, rec.g, selector);
}

function loadAndShadow(cpu: Cpu, index: u32, selector: u32): void {
  loadSegmentAndMode(cpu, index, selector);
  if (!cpu.fault && index == SEG_SS) cpu.shadow = SHADOW_SS;
}

/** The register stands in bits 3–5 of every opcode that pushes or pops one. */
@inline function opcodeSegment(rec: Rec): u32 {
  return (<u32>rec.opcode >> 3) & 7;
}

export function PUSH_S(cpu: Cpu, rec: Rec): void {
  pushSized(cpu, 1 << opSizeLog2(rec), segment(cpu, opcodeSegment(rec)).selector);
}

export function POP_S(cpu: Cpu, rec: Rec): void {
  const before = cpu.rsp;
  const selector = <u32>popSized(cpu, 1 << opSizeLog2(rec)) & 0xffff;
  if (cpu.fault) return;
  loadAndShadow(cpu, opcodeSegment(rec), selector);
  if (cpu.fault) cpu.rsp = before;
}

/** Loads segment register `index` and the G operand from a far pointer. */
function loadFarPointer(cpu: Cpu, rec: Rec, index: u32): void {
  const bytes = farOffsetBytes(cpu, rec);
  const linearAddr = linear(cpu, rec, bytes + 2, ACCESS_READ);
  if (cpu.fault) return;
  const offset: u64 = bytes == 2 ? memRead<u16>(cpu, linearAddr) : bytes == 4 ? memRead<u32>(cpu, linearAddr) : memRead<u64>(cpu, linearAddr);
  if (cpu.fault) return;
  const selector: u32 = memRead<u16>(cpu, laterLinear(cpu, linearAddr, bytes));
  if (cpu.fault) return;
  loadSegmentAndMode(cpu, index, selector);
  if (cpu.fault) return;
  if (bytes == 2) setReg<u16>(cpu, rec.g, <u16>offset);
  else setReg<u64>(cpu, rec.g, offset);
}

export function LES(cpu: Cpu, rec: Rec): void {
  loadFarPointer(cpu, rec, SEG_ES);
}

export function LDS(cpu: Cpu, rec: Rec): void {
  loadFarPointer(cpu, rec, SEG_DS);
}

export function LSS(cpu: Cpu, rec: Rec): void {
  loadFarPointer(cpu, rec, SEG_SS);
}

export function LFS(cpu: Cpu, rec: Rec): void {
  loadFarPointer(cpu, rec, SEG_FS);
}

export function LGS(cpu: Cpu, rec: Rec): void {
  loadFarPointer(cpu, rec, SEG_GS);
}

function readBase(cpu: Cpu, rec: Rec, index: u32): void {
  if (!(cpu.cr4 & CR4_FSGSBASE)) raiseUD(cpu);
  else if (opSizeLog2(rec) == 3) setReg<u64>(cpu, rec.e, segment(cpu, index).base);
  else setReg<u32>(cpu, rec.e, <u32>segment(cpu, index).base);
}

function writeBase(cpu: Cpu, rec: Rec, index: u32): void {
  if (!(cpu.cr4 & CR4_FSGSBASE)) {
    raiseUD(cpu);
    return;
  }
  const value: u64 = opSizeLog2(rec) == 3 ? load<u64>(ptr(cpu) + rec.e) : load<u32>(ptr(cpu) + rec.e);
  if (!isCanonical(value)) raiseGP(cpu, 0);
  else segment(cpu, index).base = value;
}

export function RDFSBASE(cpu: Cpu, rec: Rec): void {
  readBase(cpu, rec, SEG_FS);
}

export function RDGSBASE(cpu: Cpu, rec: Rec): void {
  readBase(cpu, rec, SEG_GS);
}

export function WRFSBASE(cpu: Cpu, rec: Rec): void {
  writeBase(cpu, rec, SEG_FS);
}

export function WRGSBASE(cpu: Cpu, rec: Rec): void {
  writeBase(cpu, rec, SEG_GS);
}

export function SWAPGS(cpu: Cpu, _rec: Rec): void {
  const gs = segment(cpu, SEG_GS);
  const base = gs.base;
  gs.base = cpu.msrKernelGsBase;
  cpu.msrKernelGsBase = base;
}

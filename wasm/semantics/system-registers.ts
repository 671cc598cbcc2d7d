/**
 * MOV to and from control and debug registers, LMSW SMSW CLTS, XGETBV XSETBV. The operand is as wide as the mode:
 * 64 bits in 64-bit mode, 32 elsewhere, whatever the prefixes. [SDM2] MOV CR, MOV DR – [SDM3] 2.5, 2.6, 18.2
 */
import { apicReadTpr, apicWriteTpr } from "../cpu/apic";
import { readBreakAddress, writeBreakAddress, writeCr0, writeCr3, writeCr4, writeDr6, writeDr7 } from "../cpu/control-registers";
import { DR6_BD, DR7_GD, reportInDr6 } from "../cpu/debug";
import { hasLockedCr8 } from "../cpu/cpuid";
import { VECTOR_DB, raise, raiseGP, raiseUD } from "../cpu/fault";
import { readE, setReg } from "../cpu/operand";
import { CR0_PE, CR0_TS, CR4_DE, CR4_OSXSAVE, Cpu, FLAG_RF, is64, ptr } from "../cpu/state";
import { REC_LOCK, REC_MEM, Rec, opSizeLog2 } from "../decode/record";
import { forbiddenByUmip } from "./descriptor-checks";
import { storeSelector } from "./segment-moves";

/** MP, EM, TS and PE: what LMSW can load. */
const LMSW_MASK: u64 = 0xf;
const TPR_MASK: u64 = 0xf;
const XCR0_X87: u32 = 1;
const XCR0_SSE: u32 = 2;
const CR8_INDEX: u32 = 8;
const DR6_INDEX: u32 = 6;
const DR7_INDEX: u32 = 7;

@inline function readRegister(cpu: Cpu, rec: Rec): u64 {
  const value = load<u64>(ptr(cpu) + rec.e);
  return is64(cpu) ? value : value & 0xffff_ffff;
}

@inline function writeRegister(cpu: Cpu, rec: Rec, value: u64): void {
  store<u64>(ptr(cpu) + rec.e, is64(cpu) ? value : value & 0xffff_ffff);
}

/**
 * The number of the control register; one that does not exist is #UD at any privilege level, the others are for level 0.
 * LOCK makes CR8 of CR0, so that it can be reached outside 64-bit mode. [APM3] MOV CRn
 */
function controlRegister(cpu: Cpu, rec: Rec): u32 {
  let n: u32 = rec.g;
  const locked = (rec.flags & REC_LOCK) != 0;
  if (locked) n = CR8_INDEX;
  if (n == 1 || (n > 4 && n != CR8_INDEX) || (locked && (rec.g != 0 || !hasLockedCr8(cpu)))) raiseUD(cpu);
  else if (cpu.cpl) raiseGP(cpu, 0);
  return n;
}

export function MOV_R_C(cpu: Cpu, rec: Rec): void {
  const n = controlRegister(cpu, rec);
  if (cpu.fault) return;
  switch (n) {
    case 0: writeRegister(cpu, rec, cpu.cr0); break;
    case 2: writeRegister(cpu, rec, cpu.cr2); break;
    case 3: writeRegister(cpu, rec, cpu.cr3); break;
    case 4: writeRegister(cpu, rec, cpu.cr4); break;
    default: writeRegister(cpu, rec, apicReadTpr(cpu) >> 4); break;
  }
}

export function MOV_C_R(cpu: Cpu, rec: Rec): void {
  const n = controlRegister(cpu, rec);
  if (cpu.fault) return;
  const value = readRegister(cpu, rec);
  switch (n) {
    case 0: writeCr0(cpu, value); break;
    case 2: cpu.cr2 = value; break;
    case 3: writeCr3(cpu, value); break;
    case 4: writeCr4(cpu, value); break;
    default:
      if (value & ~TPR_MASK) raiseGP(cpu, 0);
      else apicWriteTpr(cpu, <u32>value << 4);
  }
}

/** DR4 and DR5 are names of DR6 and DR7 unless CR4.DE is set. Raises #UD, or #DB with general detect. */
function debugRegister(cpu: Cpu, rec: Rec): u32 {
  let n: u32 = rec.g;
  if (n > DR7_INDEX || ((n == 4 || n == 5) && cpu.cr4 & CR4_DE)) {
    raiseUD(cpu);
    return 0;
  }
  if (n == 4 || n == 5) n += 2;
  if (cpu.dr7 & DR7_GD) {
    reportInDr6(cpu, DR6_BD);
    cpu.eflags |= FLAG_RF; // a fault, unlike other #DB: RF is in its frame. [SDM3] 18.3.1.1
    raise(cpu, VECTOR_DB);
  }
  return n;
}

export function MOV_R_D(cpu: Cpu, rec: Rec): void {
  const n = debugRegister(cpu, rec);
  if (cpu.fault) return;
  writeRegister(cpu, rec, n == DR6_INDEX ? cpu.dr6 : n == DR7_INDEX ? cpu.dr7 : readBreakAddress(cpu, n));
}

export function MOV_D_R(cpu: Cpu, rec: Rec): void {
  const n = debugRegister(cpu, rec);
  if (cpu.fault) return;
  const value = readRegister(cpu, rec);
  if (n == DR6_INDEX) writeDr6(cpu, value);
  else if (n == DR7_INDEX) writeDr7(cpu, value);
  else writeBreakAddress(cpu, n, value);
}

export function SMSW(cpu: Cpu, rec: Rec): void {
  if (forbiddenByUmip(cpu)) return;
  if (rec.flags & REC_MEM || opSizeLog2(rec) == 1) storeSelector(cpu, rec, <u32>cpu.cr0 & 0xffff);
  else if (opSizeLog2(rec) == 2) setReg<u32>(cpu, rec.e, <u32>cpu.cr0);
  else setReg<u64>(cpu, rec.e, cpu.cr0);
}

/** Can set PE, but not clear it. */
export function LMSW(cpu: Cpu, rec: Rec): void {
  const source: u64 = readE<u16>(cpu, rec);
  if (cpu.fault) return;
  writeCr0(cpu, (cpu.cr0 & ~(LMSW_MASK & ~CR0_PE)) | (source & LMSW_MASK));
}

export function CLTS(cpu: Cpu, _rec: Rec): void {
  cpu.cr0 &= ~CR0_TS;
}

export function XGETBV(cpu: Cpu, _rec: Rec): void {
  if (!(cpu.cr4 & CR4_OSXSAVE)) {
    raiseUD(cpu);
    return;
  }
  if (<u32>cpu.rcx) {
    raiseGP(cpu, 0);
    return;
  }
  cpu.rax = cpu.xcr0 & 0xffff_ffff;
  cpu.rdx = cpu.xcr0 >> 32;
}

export function XSETBV(cpu: Cpu, _rec: Rec): void {
  if (!(cpu.cr4 & CR4_OSXSAVE)) {
    raiseUD(cpu);
    return;
  }
  const value = <u32>cpu.rax;
  const isForbidden = cpu.cpl != 0 || <u32>cpu.rcx != 0 || <u32>cpu.rdx != 0 || !(value & XCR0_X87) || (value & ~(XCR0_X87 | XCR0_SSE)) != 0;
  if (isForbidden) raiseGP(cpu, 0);
  else cpu.xcr0 = value;
}

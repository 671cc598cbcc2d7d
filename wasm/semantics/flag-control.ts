/**
 * Instructions on the flags register: CLI STI PUSHF POPF LAHF SAHF CLC STC CMC CLD STD, with IOPL, virtual-8086 mode
 * extensions and protected-mode virtual interrupts. STAC and CLAC open and close SMAP.
 * [SDM2] CLI, STI, POPF, PUSHF – [SDM3] 20.3.3.3, 20.3.4 (tables 20-1, 20-2)
 */
import { MASKABLE } from "../cpu/events";
import { raiseGP, raiseUD } from "../cpu/fault";
import { arithFlags, readFlags, setArithFlags, writeFlags } from "../cpu/flags";
import { updateMode, updateTlbSet } from "../cpu/mode";
import { flagsWritableMask } from "../cpu/models";
import { popSized, pushSized } from "../cpu/stack";
import {
  CR0_PE, CR4_PVI, CR4_VME, Cpu, FLAG_AC, FLAG_CF, FLAG_DF, FLAG_ID, FLAG_IF, FLAG_IOPL, FLAG_NT, FLAG_OF, FLAG_RF, FLAG_TF, FLAG_VIF, FLAG_VIP, FLAG_VM,
  FLAGS_ARITH, SHADOW_STI, iopl, isV86,
} from "../cpu/state";
import { Rec, opSizeLog2 } from "../decode/record";

const POPF_ANY: u32 = FLAGS_ARITH | FLAG_TF | FLAG_DF | FLAG_NT;
const POPF_UPPER: u32 = FLAG_AC | FLAG_ID;

/** Which flag CLI and STI change: IF, VIF, or none (0, #GP). */
function interruptFlag(cpu: Cpu): u32 {
  if (!(cpu.cr0 & CR0_PE) || cpu.cpl <= iopl(cpu)) return FLAG_IF;
  if (isV86(cpu)) return cpu.cr4 & CR4_VME ? FLAG_VIF : 0;
  return cpu.cpl == 3 && cpu.cr4 & CR4_PVI ? FLAG_VIF : 0;
}

export function CLI(cpu: Cpu, _rec: Rec): void {
  const flag = interruptFlag(cpu);
  if (!flag) raiseGP(cpu, 0);
  else cpu.eflags &= ~flag;
}

/** Interrupts stay off until the instruction after STI is done, if they were off before. */
export function STI(cpu: Cpu, _rec: Rec): void {
  const flag = interruptFlag(cpu);
  if (!flag || (flag == FLAG_VIF && cpu.eflags & FLAG_VIP)) {
    raiseGP(cpu, 0);
    return;
  }
  if (flag == FLAG_IF && !(cpu.eflags & FLAG_IF)) cpu.shadow = SHADOW_STI;
  cpu.eflags |= flag;
}

/** In virtual-8086 mode below IOPL 3: only 16-bit, and only with VME. Raises #GP(0). */
function checkVirtualFlags(cpu: Cpu, bytes: u32): bool {
  if (!isV86(cpu) || iopl(cpu) == 3) return false;
  if (bytes != 2 || !(cpu.cr4 & CR4_VME)) raiseGP(cpu, 0);
  return true;
}

export function PUSHF(cpu: Cpu, rec: Rec): void {
  const bytes: u32 = 1 << opSizeLog2(rec);
  const isVirtual = checkVirtualFlags(cpu, bytes);
  if (cpu.fault) return;
  let image = readFlags(cpu) & ~(FLAG_VM | FLAG_RF);
  if (isVirtual) image = (image & ~FLAG_IF) | (image & FLAG_VIF ? FLAG_IF : 0) | FLAG_IOPL;
  pushSized(cpu, bytes, image);
}

/** What POPF may change, outside virtual-8086 mode. */
function popMask(cpu: Cpu, bytes: u32): u32 {
  let mask = POPF_ANY;
  if (bytes != 2) mask |= POPF_UPPER;
  if (!(cpu.cr0 & CR0_PE) || cpu.cpl == 0) mask |= FLAG_IOPL | FLAG_IF;
  else if (cpu.cpl <= iopl(cpu)) mask |= FLAG_IF;
  return mask & flagsWritableMask(cpu);
}

/**
 * For compiled code: POPF of more than 16 bits, if no mode changes and no interrupt waits for it; the stack pointer is the caller's.
 * @returns whether it is done; else nothing has changed
 */
export function popPlainFlags(cpu: Cpu, image: u32): i32 {
  const mask = popMask(cpu, 4);
  const changed = (cpu.eflags ^ image) & mask & ~FLAGS_ARITH;
  if (changed & ~(FLAG_IF | FLAG_DF)) return 0;
  if (changed & image & FLAG_IF && cpu.events & MASKABLE) return 0;
  writeFlags(cpu, image, mask);
  return 1;
}

export function POPF(cpu: Cpu, rec: Rec): void {
  const bytes: u32 = 1 << opSizeLog2(rec);
  const isVirtual = checkVirtualFlags(cpu, bytes);
  if (cpu.fault) return;
  const before = cpu.rsp;
  const image = <u32>popSized(cpu, bytes);
  if (cpu.fault) return;
  if (isVirtual) {
    popVirtualFlags(cpu, image);
    if (cpu.fault) cpu.rsp = before;
    return;
  }
  const mask = popMask(cpu, bytes);
  const changed = (cpu.eflags ^ image) & mask;
  writeFlags(cpu, image, mask);
  if (changed & (FLAG_TF | FLAG_AC)) updateMode(cpu);
}

/** VME: the program's IF is VIF. */
function popVirtualFlags(cpu: Cpu, image: u32): void {
  if (image & FLAG_TF || (image & FLAG_IF && cpu.eflags & FLAG_VIP)) {
    raiseGP(cpu, 0);
    return;
  }
  writeFlags(cpu, image, POPF_ANY);
  cpu.eflags = image & FLAG_IF ? cpu.eflags | FLAG_VIF : cpu.eflags & ~FLAG_VIF;
  updateMode(cpu);
}

/** Byte offset of AH. */
const OFF_AH: u32 = 1;

export function LAHF(cpu: Cpu, _rec: Rec): void {
  store<u8>(changetype<usize>(cpu), <u8>(arithFlags(cpu) | 2), OFF_AH);
}

export function SAHF(cpu: Cpu, _rec: Rec): void {
  const image: u32 = load<u8>(changetype<usize>(cpu), OFF_AH);
  setArithFlags(cpu, (arithFlags(cpu) & FLAG_OF) | (image & (FLAGS_ARITH & ~FLAG_OF)));
}

export function CLC(cpu: Cpu, _rec: Rec): void {
  cpu.flagAux &= ~FLAG_CF;
}

export function STC(cpu: Cpu, _rec: Rec): void {
  cpu.flagAux |= FLAG_CF;
}

export function CMC(cpu: Cpu, _rec: Rec): void {
  cpu.flagAux ^= FLAG_CF;
}

export function CLD(cpu: Cpu, _rec: Rec): void {
  cpu.eflags &= ~FLAG_DF;
}

export function STD(cpu: Cpu, _rec: Rec): void {
  cpu.eflags |= FLAG_DF;
}

/** #UD, not #GP, above level 0. [SDM2] CLAC */
export function CLAC(cpu: Cpu, _rec: Rec): void {
  if (cpu.cpl) {
    raiseUD(cpu);
    return;
  }
  cpu.eflags &= ~FLAG_AC;
  updateTlbSet(cpu);
}

export function STAC(cpu: Cpu, _rec: Rec): void {
  if (cpu.cpl) {
    raiseUD(cpu);
    return;
  }
  cpu.eflags |= FLAG_AC;
  updateTlbSet(cpu);
}

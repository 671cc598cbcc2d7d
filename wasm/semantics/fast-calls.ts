/**
 * SYSCALL, SYSRET, SYSENTER, SYSEXIT. The vendor is AMD: SYSCALL works in legacy mode too, SYSENTER and SYSEXIT do not exist
 * in long mode, SYSRET does not check RCX. SYSRET gives SS all its attributes, as processors of the other vendor do.
 * [APM2] 6.1, 6.2 – [SDM2] SYSCALL, SYSRET, SYSENTER, SYSEXIT
 */
import { armSingleStep } from "../cpu/debug";
import { fixedDescriptor } from "../cpu/descriptors";
import { raiseGP, raiseUD } from "../cpu/fault";
import { readFlags, writeFlags } from "../cpu/flags";
import { updateMode } from "../cpu/mode";
import { setCodeSegment, setSegment } from "../cpu/segments";
import {
  ATTR_DB, ATTR_DPL_SHIFT, ATTR_L, ATTR_P, ATTR_S, CR0_PE, Cpu, EFER_LMA, EFER_SCE, FLAG_IF, FLAG_RF, FLAG_VM, SEG_SS, TYPE_ACCESSED, TYPE_CODE, TYPE_READABLE,
  TYPE_WRITABLE, is64,
} from "../cpu/state";
import { Rec, opSizeLog2 } from "../decode/record";

const CODE: u32 = ATTR_P | ATTR_S | TYPE_CODE | TYPE_READABLE | TYPE_ACCESSED;
const DATA: u32 = ATTR_P | ATTR_S | TYPE_WRITABLE | TYPE_ACCESSED | ATTR_DB;
const DPL3: u32 = 3 << ATTR_DPL_SHIFT;
/** RFLAGS bits that SYSRET takes from R11: all but VM and RF. */
const SYSRET_FLAGS: u32 = 0x003c_7fd7;
const ALL_FLAGS: u32 = 0xffff_ffff;

/** CS and SS for `cpl`, flat, without reading descriptors. */
function loadFixed(cpu: Cpu, codeSelector: u32, codeSize: u32, stackSelector: u32, cpl: u32): void {
  const dpl: u32 = cpl == 3 ? DPL3 : 0;
  setCodeSegment(cpu, codeSelector & 0xffff, fixedDescriptor(CODE | codeSize | dpl), cpl);
  setSegment(cpu, SEG_SS, (stackSelector & 0xfffc) | cpl, fixedDescriptor(DATA | dpl));
}

export function SYSCALL(cpu: Cpu, _rec: Rec): void {
  if (!(cpu.efer & EFER_SCE) || !(cpu.cr0 & CR0_PE)) {
    raiseUD(cpu);
    return;
  }
  const selector = <u32>(cpu.msrStar >> 32) & 0xfffc;
  const flags = readFlags(cpu);
  const from64 = is64(cpu);
  cpu.rcx = from64 ? cpu.rip : cpu.rip & 0xffff_ffff;
  if (cpu.efer & EFER_LMA) {
    cpu.r11 = flags & ~FLAG_RF;
    cpu.rip = from64 ? cpu.msrLstar : cpu.msrCstar;
    loadFixed(cpu, selector, ATTR_L, selector + 8, 0);
    writeFlags(cpu, flags & ~(<u32>cpu.msrSfmask | FLAG_RF), ALL_FLAGS);
  } else {
    cpu.rip = cpu.msrStar & 0xffff_ffff;
    loadFixed(cpu, selector, ATTR_DB, selector + 8, 0);
    writeFlags(cpu, flags & ~(FLAG_IF | FLAG_VM | FLAG_RF), ALL_FLAGS);
  }
  updateMode(cpu);
  armSingleStep(cpu);
}

export function SYSRET(cpu: Cpu, rec: Rec): void {
  if (!(cpu.efer & EFER_SCE) || !(cpu.cr0 & CR0_PE)) {
    raiseUD(cpu);
    return;
  }
  if (cpu.cpl) {
    raiseGP(cpu, 0);
    return;
  }
  const selector = <u32>(cpu.msrStar >> 48);
  if (is64(cpu) && opSizeLog2(rec) == 3) {
    cpu.rip = cpu.rcx;
    loadFixed(cpu, selector + 16, ATTR_L, selector + 8, 3);
  } else {
    cpu.rip = cpu.rcx & 0xffff_ffff;
    loadFixed(cpu, selector, ATTR_DB, selector + 8, 3);
  }
  if (cpu.efer & EFER_LMA) writeFlags(cpu, <u32>cpu.r11, SYSRET_FLAGS | FLAG_RF);
  else cpu.eflags |= FLAG_IF;
  cpu.eflags &= ~FLAG_RF;
  updateMode(cpu);
  armSingleStep(cpu);
}

export function SYSENTER(cpu: Cpu, _rec: Rec): void {
  if (cpu.efer & EFER_LMA) {
    raiseUD(cpu);
    return;
  }
  const selector = <u32>cpu.msrSysenterCs & 0xfffc;
  if (!(cpu.cr0 & CR0_PE) || selector == 0) {
    raiseGP(cpu, 0);
    return;
  }
  cpu.eflags &= ~(FLAG_VM | FLAG_IF | FLAG_RF);
  loadFixed(cpu, selector, ATTR_DB, selector + 8, 0);
  cpu.rsp = cpu.msrSysenterEsp & 0xffff_ffff;
  cpu.rip = cpu.msrSysenterEip & 0xffff_ffff;
  updateMode(cpu);
}

export function SYSEXIT(cpu: Cpu, _rec: Rec): void {
  if (cpu.efer & EFER_LMA) {
    raiseUD(cpu);
    return;
  }
  const selector = <u32>cpu.msrSysenterCs & 0xfffc;
  if (!(cpu.cr0 & CR0_PE) || selector == 0 || cpu.cpl) {
    raiseGP(cpu, 0);
    return;
  }
  loadFixed(cpu, selector + 16, ATTR_DB, selector + 24, 3);
  cpu.rsp = cpu.rcx & 0xffff_ffff;
  cpu.rip = cpu.rdx & 0xffff_ffff;
  updateMode(cpu);
}

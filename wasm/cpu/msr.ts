/**
 * Model-specific registers: RDMSR and WRMSR by number, with the checks that raise #GP(0). A register that the processor's
 * model does not have raises it too, but for a few of AMD's that systems touch without asking (hardware configuration,
 * errata switches): those keep what is written and do nothing.
 * [SDM4] – [APM2] appendix A – [KVM] Documentation/virt/kvm/x86/msr.rst
 */
import { apicBaseChanged } from "./apic";
import { x2apicRead, x2apicReadable, x2apicWrite } from "./apic-registers";
import { APIC_BASE_BSP, APIC_BASE_ENABLE, APIC_BASE_EXTENDED } from "./apic-state";
import { apicSetDeadline, apicTscChanged } from "./apic-timer";
import { raiseGP } from "./fault";
import { setSystemTime, setWallClock, writeSystemTime } from "./kvm-clock";
import {
  FEAT_APIC, FEAT_KVM, FEAT_LONGMODE, FEAT_MCA, FEAT_MTRR, FEAT_NX, FEAT_PAT, FEAT_RDTSCP, FEAT_SYSCALL, FEAT_SYSENTER, FEAT_TSC, FEAT_TSC_ADJUST, FEAT_TSC_DEADLINE, FEAT_X2APIC, hasFeature, isAmd,
  physAddrBits,
} from "./models";
import { updateMode } from "./mode";
import { HWCR_MC_STATUS_WRITE, hasAmdMsr, readAmdMsr, resetAmdMsrs, writeAmdMsr } from "./msr-amd";
import { MC_BANKS, MsrMisc, OFF_BANKS, miscOf } from "./msr-state";
import { MTRRCAP, isMtrr, readMtrr, resetMtrrs, writeMtrr } from "./mtrr";
import { isCanonical } from "./address";
import { CR0_PG, CR4_PCIDE, Cpu, EFER_LMA, EFER_LME, EFER_NXE, EFER_SCE, OFF_MSR_MISC, SEG_FS, SEG_GS, STOP_CODE, ptr, segment } from "./state";
import { moveTsc, readTsc, writeTsc } from "./tsc";
import { eferChanged } from "../mmu/control";
import { flushAll } from "../mmu/tlb";

const MSR_MC_ADDR_P5: u32 = 0x0;
const MSR_MC_TYPE_P5: u32 = 0x1;
const MSR_TSC: u32 = 0x10;
const MSR_KVM_WALL_CLOCK: u32 = 0x11;
const MSR_KVM_SYSTEM_TIME: u32 = 0x12;
const MSR_PLATFORM_ID: u32 = 0x17;
const MSR_APIC_BASE: u32 = 0x1b;
const MSR_EBL_CR_POWERON: u32 = 0x2a;
const MSR_TSC_ADJUST: u32 = 0x3b;
const MSR_BIOS_UPDT_TRIG: u32 = 0x79;
const MSR_BIOS_SIGN_ID: u32 = 0x8b;
const MSR_MTRRCAP: u32 = 0xfe;
const MSR_BBL_CR_CTL3: u32 = 0x11e;
const MSR_SYSENTER_CS: u32 = 0x174;
const MSR_SYSENTER_ESP: u32 = 0x175;
const MSR_SYSENTER_EIP: u32 = 0x176;
const MSR_MCG_CAP: u32 = 0x179;
const MSR_MCG_STATUS: u32 = 0x17a;
const MSR_MCG_CTL: u32 = 0x17b;
const MSR_MISC_ENABLE: u32 = 0x1a0;
const MSR_DEBUGCTL: u32 = 0x1d9;
const MSR_LAST_BRANCH_FROM: u32 = 0x1db;
const MSR_LAST_INT_TO: u32 = 0x1de;
const MSR_PAT: u32 = 0x277;
const MSR_MC0_CTL: u32 = 0x400;
const MSR_TSC_DEADLINE: u32 = 0x6e0;
const MSR_X2APIC_FIRST: u32 = 0x800;
const MSR_X2APIC_LAST: u32 = 0x8ff;
const MSR_KVM_WALL_CLOCK_NEW: u32 = 0x4b56_4d00;
const MSR_KVM_SYSTEM_TIME_NEW: u32 = 0x4b56_4d01;
const MSR_EFER: u32 = 0xc000_0080;
const MSR_STAR: u32 = 0xc000_0081;
const MSR_LSTAR: u32 = 0xc000_0082;
const MSR_CSTAR: u32 = 0xc000_0083;
const MSR_SFMASK: u32 = 0xc000_0084;
const MSR_FS_BASE: u32 = 0xc000_0100;
const MSR_GS_BASE: u32 = 0xc000_0101;
const MSR_KERNEL_GS_BASE: u32 = 0xc000_0102;
const MSR_TSC_AUX: u32 = 0xc000_0103;
/** EFER bit 21: automatic IBRS, announced by CPUID 8000_0021. There is nothing that it would have to hold back. */
const EFER_AUTO_IBRS: u64 = 0x20_0000;
/** Power-up value: WB, WT, UC-, UC, twice. */
const PAT_RESET: u64 = 0x0007_0406_0007_0406;
const MISC_ENABLE_FAST_STRING: u64 = 1;
const PATCH_LEVEL: u64 = 0x0a00_11d1;
/** Count of banks; MCG_CTL is there. */
const MCG_CAP: u64 = 0x100 | MC_BANKS;
const DEBUGCTL_WRITABLE: u64 = 0x3f;
const TSC_AUX_WRITABLE: u64 = 0xffff_ffff;
/** Power-up values. The clocks go on: machine time does not start again at a reset. */
export function resetMsrs(cpu: Cpu): void {
  cpu.msrStar = 0;
  cpu.msrLstar = 0;
  cpu.msrCstar = 0;
  cpu.msrSfmask = 0;
  cpu.msrKernelGsBase = 0;
  cpu.msrSysenterCs = 0;
  cpu.msrSysenterEsp = 0;
  cpu.msrSysenterEip = 0;
  cpu.msrPat = PAT_RESET;
  cpu.msrTscAux = 0;
  cpu.msrMiscEnable = MISC_ENABLE_FAST_STRING;
  cpu.msrKvmSystemTime = 0;
  cpu.msrKvmWallClock = 0;
  cpu.msrDebugCtl = 0;
  const misc = miscOf(cpu);
  memory.fill(ptr(cpu) + OFF_MSR_MISC, 0, offsetof<MsrMisc>("randomKey0"));
  resetAmdMsrs(cpu);
  misc.patchLevel = isAmd(cpu) ? PATCH_LEVEL : 0;
  resetMtrrs(cpu);
  writeTsc(cpu, 0);
}

// ---- reading

export function readMsr(cpu: Cpu, msr: u32): u64 {
  if (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST) {
    const reg = msr - MSR_X2APIC_FIRST;
    if (hasFeature(cpu, FEAT_X2APIC) && x2apicReadable(cpu, reg)) return x2apicRead(cpu, reg);
    return unknown(cpu);
  }
  if (isMtrr(msr)) return hasFeature(cpu, FEAT_MTRR) ? readMtrr(cpu, msr) : unknown(cpu);
  if (isMcBank(msr)) return hasFeature(cpu, FEAT_MCA) ? load<u64>(bankSlot(cpu, msr)) : unknown(cpu);
  if (msr >> 16 == 0xc001) return isAmd(cpu) && hasAmdMsr(msr) ? readAmdMsr(cpu, msr) : unknown(cpu);
  if (!exists(cpu, msr)) return unknown(cpu);
  switch (msr) {
    case MSR_TSC: return readTsc(cpu);
    case MSR_KVM_WALL_CLOCK:
    case MSR_KVM_WALL_CLOCK_NEW: return cpu.msrKvmWallClock;
    case MSR_KVM_SYSTEM_TIME:
    case MSR_KVM_SYSTEM_TIME_NEW: return cpu.msrKvmSystemTime;
    case MSR_APIC_BASE: return cpu.msrApicBase;
    case MSR_TSC_ADJUST: return miscOf(cpu).tscAdjust;
    case MSR_EBL_CR_POWERON: return miscOf(cpu).eblCr;
    case MSR_BIOS_SIGN_ID: return miscOf(cpu).patchLevel;
    case MSR_MTRRCAP: return MTRRCAP;
    case MSR_SYSENTER_CS: return cpu.msrSysenterCs;
    case MSR_SYSENTER_ESP: return cpu.msrSysenterEsp;
    case MSR_SYSENTER_EIP: return cpu.msrSysenterEip;
    case MSR_MCG_CAP: return MCG_CAP;
    case MSR_MCG_STATUS: return miscOf(cpu).mcgStatus;
    case MSR_MCG_CTL: return miscOf(cpu).mcgCtl;
    case MSR_MISC_ENABLE: return cpu.msrMiscEnable;
    case MSR_DEBUGCTL: return cpu.msrDebugCtl;
    case MSR_PAT: return cpu.msrPat;
    case MSR_TSC_DEADLINE: return cpu.msrTscDeadline;
    case MSR_EFER: return cpu.efer;
    case MSR_STAR: return cpu.msrStar;
    case MSR_LSTAR: return cpu.msrLstar;
    case MSR_CSTAR: return cpu.msrCstar;
    case MSR_SFMASK: return cpu.msrSfmask;
    case MSR_FS_BASE: return segment(cpu, SEG_FS).base;
    case MSR_GS_BASE: return segment(cpu, SEG_GS).base;
    case MSR_KERNEL_GS_BASE: return cpu.msrKernelGsBase;
    case MSR_TSC_AUX: return cpu.msrTscAux;
    default: return 0; // those of `exists` that read as zero
  }
}

function unknown(cpu: Cpu): u64 {
  raiseGP(cpu, 0);
  return 0;
}

/** Whether the model has the MSR, for all that are not in a range of their own. */
function exists(cpu: Cpu, msr: u32): bool {
  switch (msr) {
    case MSR_MC_ADDR_P5:
    case MSR_MC_TYPE_P5:
    case MSR_MCG_CAP:
    case MSR_MCG_STATUS:
    case MSR_MCG_CTL:
      return hasFeature(cpu, FEAT_MCA);
    case MSR_TSC:
      return hasFeature(cpu, FEAT_TSC);
    case MSR_KVM_WALL_CLOCK:
    case MSR_KVM_SYSTEM_TIME:
    case MSR_KVM_WALL_CLOCK_NEW:
    case MSR_KVM_SYSTEM_TIME_NEW:
      return hasFeature(cpu, FEAT_KVM);
    case MSR_APIC_BASE:
      return hasFeature(cpu, FEAT_APIC);
    case MSR_TSC_ADJUST:
      return hasFeature(cpu, FEAT_TSC_ADJUST);
    case MSR_PLATFORM_ID:
    case MSR_EBL_CR_POWERON:
    case MSR_BIOS_UPDT_TRIG:
    case MSR_BBL_CR_CTL3:
    case MSR_MISC_ENABLE:
      return hasFeature(cpu, FEAT_MTRR) && !isAmd(cpu);
    case MSR_BIOS_SIGN_ID:
    case MSR_MTRRCAP:
    case MSR_DEBUGCTL:
      return hasFeature(cpu, FEAT_MTRR);
    case MSR_SYSENTER_CS:
    case MSR_SYSENTER_ESP:
    case MSR_SYSENTER_EIP:
      return hasFeature(cpu, FEAT_SYSENTER);
    case MSR_PAT:
      return hasFeature(cpu, FEAT_PAT);
    case MSR_TSC_DEADLINE:
      return hasFeature(cpu, FEAT_TSC_DEADLINE);
    case MSR_EFER:
    case MSR_STAR:
      return hasFeature(cpu, FEAT_SYSCALL);
    case MSR_LSTAR:
    case MSR_CSTAR:
    case MSR_SFMASK:
    case MSR_FS_BASE:
    case MSR_GS_BASE:
    case MSR_KERNEL_GS_BASE:
      return hasFeature(cpu, FEAT_LONGMODE);
    case MSR_TSC_AUX:
      return hasFeature(cpu, FEAT_RDTSCP);
    default:
      return msr >= MSR_LAST_BRANCH_FROM && msr <= MSR_LAST_INT_TO && hasFeature(cpu, FEAT_MTRR);
  }
}

@inline function isMcBank(msr: u32): bool {
  return msr >= MSR_MC0_CTL && msr < MSR_MC0_CTL + 4 * MC_BANKS;
}

@inline function bankSlot(cpu: Cpu, msr: u32): usize {
  return ptr(cpu) + OFF_MSR_MISC + OFF_BANKS + ((msr - MSR_MC0_CTL) << 3);
}

// ---- writing

export function writeMsr(cpu: Cpu, msr: u32, value: u64): void {
  if (!tryWrite(cpu, msr, value)) raiseGP(cpu, 0);
}

/** False: #GP(0). */
function tryWrite(cpu: Cpu, msr: u32, value: u64): bool {
  if (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST) return hasFeature(cpu, FEAT_X2APIC) && x2apicWrite(cpu, msr - MSR_X2APIC_FIRST, value);
  if (isMtrr(msr)) return hasFeature(cpu, FEAT_MTRR) && writeMtrr(cpu, msr, value);
  if (isMcBank(msr)) return hasFeature(cpu, FEAT_MCA) && writeBank(cpu, msr, value);
  if (msr >> 16 == 0xc001) return isAmd(cpu) && hasAmdMsr(msr) && writeAmdMsr(cpu, msr, value);
  if (!exists(cpu, msr)) return false;
  switch (msr) {
    case MSR_TSC:
      miscOf(cpu).tscAdjust += writeTsc(cpu, value);
      tscChanged(cpu);
      return true;
    case MSR_TSC_ADJUST:
      moveTsc(cpu, value - miscOf(cpu).tscAdjust);
      miscOf(cpu).tscAdjust = value;
      tscChanged(cpu);
      return true;
    case MSR_KVM_WALL_CLOCK:
    case MSR_KVM_WALL_CLOCK_NEW:
      setWallClock(cpu, value);
      return true;
    case MSR_KVM_SYSTEM_TIME:
    case MSR_KVM_SYSTEM_TIME_NEW:
      setSystemTime(cpu, value);
      return true;
    case MSR_APIC_BASE: return writeApicBase(cpu, value);
    case MSR_EBL_CR_POWERON:
      miscOf(cpu).eblCr = value;
      return true;
    case MSR_MC_ADDR_P5:
    case MSR_MC_TYPE_P5:
    case MSR_BIOS_UPDT_TRIG:
    case MSR_BIOS_SIGN_ID:
    case MSR_BBL_CR_CTL3:
    case MSR_PLATFORM_ID:
      return true; // written before a read, or to load microcode, which there is none of
    case MSR_SYSENTER_CS:
      cpu.msrSysenterCs = value & 0xffff_ffff;
      return true;
    case MSR_SYSENTER_ESP:
      if (!isCanonical(value)) return false;
      cpu.msrSysenterEsp = value;
      return true;
    case MSR_SYSENTER_EIP:
      if (!isCanonical(value)) return false;
      cpu.msrSysenterEip = value;
      return true;
    case MSR_MCG_STATUS:
      miscOf(cpu).mcgStatus = value & 7;
      return true;
    case MSR_MCG_CTL:
      miscOf(cpu).mcgCtl = value;
      return true;
    case MSR_MISC_ENABLE:
      cpu.msrMiscEnable = value;
      return true;
    case MSR_DEBUGCTL:
      if (value & ~DEBUGCTL_WRITABLE) return false;
      cpu.msrDebugCtl = value;
      return true;
    case MSR_PAT: return writePat(cpu, value);
    case MSR_TSC_DEADLINE:
      apicSetDeadline(cpu, value);
      return true;
    case MSR_EFER: return writeEfer(cpu, value);
    case MSR_STAR:
      cpu.msrStar = value;
      return true;
    case MSR_LSTAR:
      if (!isCanonical(value)) return false;
      cpu.msrLstar = value;
      return true;
    case MSR_CSTAR:
      if (!isCanonical(value)) return false;
      cpu.msrCstar = value;
      return true;
    case MSR_SFMASK:
      if (value >> 32) return false;
      cpu.msrSfmask = value;
      return true;
    case MSR_FS_BASE:
      if (!isCanonical(value)) return false;
      segment(cpu, SEG_FS).base = value;
      return true;
    case MSR_GS_BASE:
      if (!isCanonical(value)) return false;
      segment(cpu, SEG_GS).base = value;
      return true;
    case MSR_KERNEL_GS_BASE:
      if (!isCanonical(value)) return false;
      cpu.msrKernelGsBase = value;
      return true;
    case MSR_TSC_AUX:
      if (value & ~TSC_AUX_WRITABLE) return false;
      cpu.msrTscAux = value;
      return true;
    default: return false; // read-only: MTRRCAP, MCG_CAP, last-branch records
  }
}

function tscChanged(cpu: Cpu): void {
  writeSystemTime(cpu);
  apicTscChanged(cpu);
}

/** [SDM3] 10.4.4, 10.12.5: from off to xAPIC to x2APIC, and off from either; no other way. */
function writeApicBase(cpu: Cpu, value: u64): bool {
  const old = cpu.msrApicBase;
  const address = ((<u64>1 << physAddrBits(cpu)) - 1) & ~(<u64>0xfff);
  const modeBits: u64 = APIC_BASE_ENABLE | (hasFeature(cpu, FEAT_X2APIC) ? APIC_BASE_EXTENDED : 0);
  if (value & ~(address | modeBits | APIC_BASE_BSP)) return false;
  const mode = <u32>value & (APIC_BASE_ENABLE | APIC_BASE_EXTENDED);
  const oldMode = <u32>old & (APIC_BASE_ENABLE | APIC_BASE_EXTENDED);
  if (mode == APIC_BASE_EXTENDED) return false;
  if (oldMode == (APIC_BASE_ENABLE | APIC_BASE_EXTENDED) && mode == APIC_BASE_ENABLE) return false;
  if (oldMode == 0 && mode == (APIC_BASE_ENABLE | APIC_BASE_EXTENDED)) return false;
  cpu.msrApicBase = (value & ~(<u64>APIC_BASE_BSP)) | (old & APIC_BASE_BSP);
  apicBaseChanged(cpu, old);
  flushAll(cpu);
  return true;
}

/** Memory types 0, 1, 4–7 in each byte. [SDM3] 11.12.2 */
function writePat(cpu: Cpu, value: u64): bool {
  for (let shift: u64 = 0; shift < 64; shift += 8) {
    const type = <u32>(value >> shift) & 0xff;
    if (type > 7 || type == 2 || type == 3) return false;
  }
  cpu.msrPat = value;
  return true;
}

/** [APM2] 3.1.7, 14.6 */
function writeEfer(cpu: Cpu, value: u64): bool {
  let writable = EFER_SCE;
  if (hasFeature(cpu, FEAT_NX)) writable |= EFER_NXE;
  if (hasFeature(cpu, FEAT_LONGMODE)) writable |= EFER_LME | EFER_AUTO_IBRS;
  // LMA is the processor's; writing it has no effect.
  if (value & ~(writable | EFER_LMA)) return false;
  const old = cpu.efer;
  if ((value ^ old) & EFER_LME && cpu.cr0 & CR0_PG) return false;
  if (old & EFER_LME && !(value & EFER_LME) && cpu.cr4 & CR4_PCIDE) return false;
  cpu.efer = (value & writable) | (old & EFER_LMA);
  eferChanged(cpu, old);
  updateMode(cpu);
  cpu.stop |= STOP_CODE;
  return true;
}

/** Control registers take anything; status, address and misc only 0, which clears them, unless HWCR allows more. */
function writeBank(cpu: Cpu, msr: u32, value: u64): bool {
  const isControl = (msr & 3) == 0;
  const mayForge = (miscOf(cpu).hwcr & HWCR_MC_STATUS_WRITE) != 0;
  if (!isControl && value != 0 && !mayForge) return false;
  store<u64>(bankSlot(cpu, msr), value);
  return true;
}

/**
 * Writing CR0, CR3, CR4 and the debug registers: reserved bits, forbidden combinations, entering and leaving protected
 * mode, paging and long mode. What a change means to address translation is in mmu/control.ts.
 * [SDM3] 2.5, 9.8.5, 18.2 – [SDM2] MOV CR, MOV DR – [APM2] 3.1, 14.6
 */
import { SYS_32BIT } from "./descriptors";
import { DR6_FIXED, DR6_WRITABLE, DR7_FIXED, DR7_WRITABLE } from "./debug";
import { raiseGP } from "./fault";
import {
  FEAT_DE, FEAT_FSGSBASE, FEAT_FXSR, FEAT_MCA, FEAT_PAE, FEAT_PCID, FEAT_PGE, FEAT_PSE, FEAT_SMAP, FEAT_SMEP, FEAT_SSE, FEAT_TSC, FEAT_UMIP, FEAT_VME, FEAT_XSAVE,
  hasFeature, physAddrBits,
} from "./models";
import { updateMode } from "./mode";
import { cr0Changed, cr3Written, cr4Changed, preparePaging } from "../mmu/control";
import {
  ATTR_L, ATTR_P, CR0_AM, CR0_CD, CR0_EM, CR0_ET, CR0_MP, CR0_NE, CR0_NW, CR0_PE, CR0_PG, CR0_TS, CR0_WP, CR4_DE, CR4_FSGSBASE, CR4_MCE, CR4_OSFXSR,
  CR4_OSXMMEXCPT, CR4_OSXSAVE, CR4_PAE, CR4_PCE, CR4_PCIDE, CR4_PGE, CR4_PSE, CR4_PVI, CR4_SMAP, CR4_SMEP, CR4_TSD, CR4_UMIP, CR4_VME, Cpu, EFER_LMA, EFER_LME, SEG_CS, SEG_TR, STOP_CODE, segment,
} from "./state";

const CR0_DEFINED: u64 = CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD | CR0_PG;
const HIGH_HALF: u64 = 0xffff_ffff_0000_0000;
const CR3_PCID_MASK: u64 = 0xfff;
/** With CR4.PCIDE, bit 63 of the source asks to keep translations; it is not stored. */
const CR3_KEEP: u64 = 0x8000_0000_0000_0000;

/** MOV to CR0, LMSW. May raise #GP(0). */
export function writeCr0(cpu: Cpu, requested: u64): void {
  if (requested & HIGH_HALF) {
    raiseGP(cpu, 0);
    return;
  }
  const value = (requested & CR0_DEFINED) | CR0_ET;
  const old = cpu.cr0;
  if ((value & CR0_PG && !(value & CR0_PE)) || (value & CR0_NW && !(value & CR0_CD))) {
    raiseGP(cpu, 0);
    return;
  }
  const startsPaging = (value & ~old & CR0_PG) != 0;
  const stopsPaging = (old & ~value & CR0_PG) != 0;
  if (startsPaging && cpu.efer & EFER_LME && !mayEnterLongMode(cpu)) {
    raiseGP(cpu, 0);
    return;
  }
  // Paging ends neither in 64-bit code nor while PCIDs are on. [SDM2] MOV CR
  if (stopsPaging && (cpu.cr4 & CR4_PCIDE || (cpu.efer & EFER_LMA && segment(cpu, SEG_CS).attr & ATTR_L))) {
    raiseGP(cpu, 0);
    return;
  }
  if (!preparePaging(cpu, value, cpu.cr3, cpu.cr4, false)) {
    if (!cpu.fault) raiseGP(cpu, 0);
    return;
  }
  cpu.cr0 = value;
  if (startsPaging && cpu.efer & EFER_LME) cpu.efer |= EFER_LMA;
  if (stopsPaging) cpu.efer &= ~EFER_LMA;
  if (!(value & CR0_PE)) cpu.cpl = 0;
  cr0Changed(cpu, old);
  updateMode(cpu);
  cpu.stop |= STOP_CODE;
}

/** PAE on, CS not 64-bit, no 16-bit TSS. [SDM3] 9.8.5 */
function mayEnterLongMode(cpu: Cpu): bool {
  if (!(cpu.cr4 & CR4_PAE) || segment(cpu, SEG_CS).attr & ATTR_L) return false;
  const tr = segment(cpu, SEG_TR);
  return !(tr.attr & ATTR_P) || (tr.attr & SYS_32BIT) != 0 || (tr.selector & 0xfffc) == 0;
}

/** MOV to CR3. May raise #GP(0). */
export function writeCr3(cpu: Cpu, requested: u64): void {
  const usesPcid = (cpu.cr4 & CR4_PCIDE) != 0;
  const value = usesPcid ? requested & ~CR3_KEEP : requested;
  const reserved = cpu.efer & EFER_LMA ? ~(((<u64>1) << physAddrBits(cpu)) - 1) : HIGH_HALF;
  if (value & reserved) {
    raiseGP(cpu, 0);
    return;
  }
  setCr3(cpu, requested);
}

/** Loads CR3 without looking at reserved bits (task switches); #GP(0) only for the pointers of PAE paging. */
export function setCr3(cpu: Cpu, requested: u64): void {
  const value = cpu.cr4 & CR4_PCIDE ? requested & ~CR3_KEEP : requested;
  if (!preparePaging(cpu, cpu.cr0, value, cpu.cr4, true)) {
    if (!cpu.fault) raiseGP(cpu, 0);
    return;
  }
  const old = cpu.cr3;
  cpu.cr3 = value;
  cr3Written(cpu, old, requested);
  cpu.stop |= STOP_CODE;
}

/** The CR4 bits that this CPU model has. [SDM3] 2.5, each under its CPUID feature */
function cr4Defined(cpu: Cpu): u64 {
  let bits: u64 = 0;
  if (hasFeature(cpu, FEAT_VME)) bits |= CR4_VME | CR4_PVI;
  if (hasFeature(cpu, FEAT_TSC)) bits |= CR4_TSD | CR4_PCE;
  if (hasFeature(cpu, FEAT_DE)) bits |= CR4_DE;
  if (hasFeature(cpu, FEAT_PSE)) bits |= CR4_PSE;
  if (hasFeature(cpu, FEAT_PAE)) bits |= CR4_PAE;
  if (hasFeature(cpu, FEAT_MCA)) bits |= CR4_MCE;
  if (hasFeature(cpu, FEAT_PGE)) bits |= CR4_PGE;
  if (hasFeature(cpu, FEAT_FXSR)) bits |= CR4_OSFXSR;
  if (hasFeature(cpu, FEAT_SSE)) bits |= CR4_OSXMMEXCPT;
  if (hasFeature(cpu, FEAT_UMIP)) bits |= CR4_UMIP;
  if (hasFeature(cpu, FEAT_FSGSBASE)) bits |= CR4_FSGSBASE;
  if (hasFeature(cpu, FEAT_PCID)) bits |= CR4_PCIDE;
  if (hasFeature(cpu, FEAT_XSAVE)) bits |= CR4_OSXSAVE;
  if (hasFeature(cpu, FEAT_SMEP)) bits |= CR4_SMEP;
  if (hasFeature(cpu, FEAT_SMAP)) bits |= CR4_SMAP;
  return bits;
}

/** MOV to CR4. May raise #GP(0). */
export function writeCr4(cpu: Cpu, value: u64): void {
  const old = cpu.cr4;
  const isLong = (cpu.efer & EFER_LMA) != 0;
  const startsPcid = (value & ~old & CR4_PCIDE) != 0;
  const isForbidden = (value & ~cr4Defined(cpu)) != 0 || (isLong && !(value & CR4_PAE)) || (startsPcid && (!isLong || (cpu.cr3 & CR3_PCID_MASK) != 0));
  if (isForbidden) {
    raiseGP(cpu, 0);
    return;
  }
  if (!preparePaging(cpu, cpu.cr0, cpu.cr3, value, false)) {
    if (!cpu.fault) raiseGP(cpu, 0);
    return;
  }
  cpu.cr4 = value;
  cr4Changed(cpu, old);
  updateMode(cpu);
  cpu.stop |= STOP_CODE;
}

/** DR0–DR3. Addresses that are not canonical never match. */
export function writeBreakAddress(cpu: Cpu, n: u32, value: u64): void {
  store<u64>(changetype<usize>(cpu) + (n << 3), value, offsetof<Cpu>("dr0"));
}

export function readBreakAddress(cpu: Cpu, n: u32): u64 {
  return load<u64>(changetype<usize>(cpu) + (n << 3), offsetof<Cpu>("dr0"));
}

export function writeDr6(cpu: Cpu, value: u64): void {
  if (value & HIGH_HALF) raiseGP(cpu, 0);
  else cpu.dr6 = (value & DR6_WRITABLE) | DR6_FIXED;
}

export function writeDr7(cpu: Cpu, value: u64): void {
  if (value & HIGH_HALF) {
    raiseGP(cpu, 0);
    return;
  }
  cpu.dr7 = (value & DR7_WRITABLE) | DR7_FIXED;
  updateMode(cpu);
}

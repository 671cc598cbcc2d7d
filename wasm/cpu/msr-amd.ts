/**
 * MSRs of AMD processors that systems touch without asking for a feature: hardware configuration, memory tops, errata
 * switches. They keep what is written and change nothing; loading microcode and system management do nothing either.
 *
 * The four performance counters that every processor of the line has ([APM2] 13.2.1) are there, but do not count: they
 * and their selectors stay zero whatever is written, by which systems find out that they are of no use.
 * [APM2] appendix A
 */
import { miscOf } from "./msr-state";
import { Cpu } from "./state";

const MSR_PERF_EVT_SEL0: u32 = 0xc001_0000;
const MSR_PERF_CTR3: u32 = 0xc001_0007;
const MSR_SYSCFG: u32 = 0xc001_0010;
const MSR_HWCR: u32 = 0xc001_0015;
const MSR_TOP_MEM: u32 = 0xc001_001a;
const MSR_TOP_MEM2: u32 = 0xc001_001d;
const MSR_NB_CFG: u32 = 0xc001_001f;
const MSR_PATCH_LOADER: u32 = 0xc001_0020;
const MSR_INT_PENDING: u32 = 0xc001_0055;
const MSR_MMIO_CONF_BASE: u32 = 0xc001_0058;
const MSR_SMM_BASE: u32 = 0xc001_0111;
const MSR_SMM_MASK: u32 = 0xc001_0113;
const MSR_VM_CR: u32 = 0xc001_0114;
const MSR_CPUID_7_FEATURES: u32 = 0xc001_1002;
const MSR_CPUID_1_FEATURES: u32 = 0xc001_1004;
const MSR_CPUID_EXT_FEATURES: u32 = 0xc001_1005;
const MSR_LS_CFG: u32 = 0xc001_1020;
const MSR_IC_CFG: u32 = 0xc001_1021;
const MSR_DC_CFG: u32 = 0xc001_1022;
const MSR_BU_CFG: u32 = 0xc001_1023;
const MSR_DE_CFG: u32 = 0xc001_1029;
const MSR_BU_CFG2: u32 = 0xc001_102a;

/** DE_CFG bit 1: LFENCE serializes. */
const DE_CFG_RESET: u64 = 2;
/** VM_CR.SVMDIS: there is no SVM, and it cannot be switched on. */
const VM_CR_SVM_DISABLED: u64 = 0x10;
/** McStatusWrEn: machine-check status may be written with anything. */
export const HWCR_MC_STATUS_WRITE: u64 = 0x4_0000;
/** TscFreqSel: the TSC counts at the frequency of P-state 0. */
const HWCR_TSC_FREQUENCY: u64 = 0x100_0000;
/** HWCR bits that may be set: McStatusWrEn, and those that select behaviour which is the same here either way. */
const HWCR_WRITABLE: u64 = HWCR_TSC_FREQUENCY | HWCR_MC_STATUS_WRITE | 0x158;

export function resetAmdMsrs(cpu: Cpu): void {
  const misc = miscOf(cpu);
  misc.deCfg = DE_CFG_RESET;
  misc.hwcr = HWCR_TSC_FREQUENCY;
}

/** Whether it is one of those; all others above 0xC0010000 raise #GP(0). */
export function hasAmdMsr(msr: u32): bool {
  switch (msr) {
    case MSR_SYSCFG:
    case MSR_HWCR:
    case MSR_TOP_MEM:
    case MSR_TOP_MEM2:
    case MSR_NB_CFG:
    case MSR_INT_PENDING:
    case MSR_VM_CR:
    case MSR_LS_CFG:
    case MSR_IC_CFG:
    case MSR_DC_CFG:
    case MSR_DE_CFG:
    case MSR_BU_CFG2:
    case MSR_PATCH_LOADER:
    case MSR_MMIO_CONF_BASE:
    case MSR_SMM_BASE:
    case MSR_SMM_BASE + 1:
    case MSR_SMM_MASK:
    case MSR_BU_CFG:
    case MSR_CPUID_7_FEATURES:
    case MSR_CPUID_1_FEATURES:
    case MSR_CPUID_EXT_FEATURES:
      return true;
    default:
      return msr >= MSR_PERF_EVT_SEL0 && msr <= MSR_PERF_CTR3;
  }
}

export function readAmdMsr(cpu: Cpu, msr: u32): u64 {
  const misc = miscOf(cpu);
  switch (msr) {
    case MSR_SYSCFG: return misc.syscfg;
    case MSR_HWCR: return misc.hwcr;
    case MSR_TOP_MEM: return misc.topMem;
    case MSR_TOP_MEM2: return misc.topMem2;
    case MSR_NB_CFG: return misc.nbCfg;
    case MSR_INT_PENDING: return misc.intPending;
    case MSR_VM_CR: return VM_CR_SVM_DISABLED;
    case MSR_LS_CFG: return misc.lsCfg;
    case MSR_IC_CFG: return misc.icCfg;
    case MSR_DC_CFG: return misc.dcCfg;
    case MSR_DE_CFG: return misc.deCfg;
    case MSR_BU_CFG2: return misc.buCfg2;
    default: return 0;
  }
}

/** Writes are never refused: what cannot change stays. */
export function writeAmdMsr(cpu: Cpu, msr: u32, value: u64): bool {
  const misc = miscOf(cpu);
  switch (msr) {
    case MSR_SYSCFG: misc.syscfg = value; break;
    case MSR_HWCR: misc.hwcr = value & HWCR_WRITABLE; break;
    case MSR_TOP_MEM: misc.topMem = value; break;
    case MSR_TOP_MEM2: misc.topMem2 = value; break;
    case MSR_NB_CFG: misc.nbCfg = value; break;
    case MSR_INT_PENDING: misc.intPending = value; break;
    case MSR_LS_CFG: misc.lsCfg = value; break;
    case MSR_IC_CFG: misc.icCfg = value; break;
    case MSR_DC_CFG: misc.dcCfg = value; break;
    case MSR_DE_CFG: misc.deCfg = value | DE_CFG_RESET; break;
    case MSR_BU_CFG2: misc.buCfg2 = value; break;
    default: break;
  }
  return true;
}

/**
 * Processor models: which features each shows by CPUID and lets programs use. The decoder asks for the features that the
 * opcode tables name (feat=NAME); whoever handles control registers, MSRs and flags asks for the rest.
 *
 *   0  default     everything the core has; an AMD vendor string, as its system instructions behave like AMD's where vendors differ
 *   1  x86-64-v2   the psABI's level 2 and what every 64-bit system needs
 *   2  pentium3    a Coppermine: no long mode, no NX, SSE
 *   3  pentium     a P54C without its APIC
 *   4  486         no CPUID: EFLAGS.ID cannot be changed
 *
 * The family of the 64-bit models is one whose speculation errata are all declared absent (cpu/cpuid.ts), so that
 * systems do not add detours against them to every indirect branch.
 * [SDM2] CPUID – [APM3] appendix E – [ABI] System V x86-64, 3.1.1 (micro-architecture levels)
 */
import { Cpu, FLAG_AC, FLAG_DF, FLAG_ID, FLAG_IF, FLAG_IOPL, FLAG_NT, FLAG_RF, FLAG_TF, FLAG_VIF, FLAG_VIP, FLAGS_ARITH } from "./state";

export const MODEL_DEFAULT: u32 = 0;
export const MODEL_X86_64_V2: u32 = 1;
export const MODEL_PENTIUM3: u32 = 2;
export const MODEL_PENTIUM: u32 = 3;
export const MODEL_486: u32 = 4;

/** Features are numbered from 1; 0 means "none asked for". */
export const FEAT_NONE: u32 = 0;
export const FEAT_FPU: u32 = 1;
export const FEAT_TSC: u32 = 2;
export const FEAT_MSR: u32 = 3;
export const FEAT_CX8: u32 = 4;
export const FEAT_CMOV: u32 = 5;
export const FEAT_MMX: u32 = 6;
export const FEAT_SSE: u32 = 7;
export const FEAT_SSE2: u32 = 8;
export const FEAT_SSE3: u32 = 9;
export const FEAT_SSSE3: u32 = 10;
export const FEAT_SSE41: u32 = 11;
export const FEAT_SSE42: u32 = 12;
export const FEAT_POPCNT: u32 = 13;
export const FEAT_AES: u32 = 14;
export const FEAT_PCLMUL: u32 = 15;
export const FEAT_MOVBE: u32 = 16;
export const FEAT_RDRAND: u32 = 17;
export const FEAT_XSAVE: u32 = 18;
export const FEAT_FXSR: u32 = 19;
export const FEAT_CX16: u32 = 20;
export const FEAT_LAHF64: u32 = 21;
export const FEAT_FSGSBASE: u32 = 22;
export const FEAT_RDTSCP: u32 = 23;
export const FEAT_SYSENTER: u32 = 24;
export const FEAT_SYSCALL: u32 = 25;
export const FEAT_CLFSH: u32 = 26;
export const FEAT_CLFLUSH: u32 = FEAT_CLFSH;
export const FEAT_MONITOR: u32 = 27;
export const FEAT_SMAP: u32 = 28;
export const FEAT_INVPCID: u32 = 29;
export const FEAT_LONGMODE: u32 = 30;
export const FEAT_RDSEED: u32 = 31;
export const FEAT_PCID: u32 = 32;
export const FEAT_SMEP: u32 = 33;
export const FEAT_UMIP: u32 = 34;
export const FEAT_GIGABYTE_PAGES: u32 = 35;
export const FEAT_PSE36: u32 = 36;
export const FEAT_PSE: u32 = 37;
export const FEAT_PAE: u32 = 38;
export const FEAT_PGE: u32 = 39;
export const FEAT_VME: u32 = 40;
export const FEAT_MTRR: u32 = 41;
export const FEAT_PAT: u32 = 42;
export const FEAT_NX: u32 = 43;
export const FEAT_APIC: u32 = 44;
export const FEAT_X2APIC: u32 = 45;
export const FEAT_TSC_DEADLINE: u32 = 46;
/** Paravirtual clock and the CPUID leaves of a hypervisor. */
export const FEAT_KVM: u32 = 47;
export const FEAT_CPUID: u32 = 48;
/** Machine check exception and architecture. */
export const FEAT_MCA: u32 = 49;
export const FEAT_DE: u32 = 50;
/** REP MOVSB and STOSB are the fast way. */
export const FEAT_ERMS: u32 = 51;
export const FEAT_PREFETCHW: u32 = 52;
export const FEAT_XSAVEOPT: u32 = 53;
export const FEAT_TSC_ADJUST: u32 = 54;

@inline function bit(feature: u32): u64 {
  return <u64>1 << feature;
}

/** What the 486 has: the table's rows for it name no feature. */
const I486: u64 = bit(FEAT_FPU);
const PENTIUM: u64 = I486 | bit(FEAT_CPUID) | bit(FEAT_VME) | bit(FEAT_DE) | bit(FEAT_PSE) | bit(FEAT_TSC) | bit(FEAT_MSR) | bit(FEAT_MCA) | bit(FEAT_CX8);
const PENTIUM3: u64 =
  PENTIUM | bit(FEAT_PAE) | bit(FEAT_APIC) | bit(FEAT_SYSENTER) | bit(FEAT_MTRR) | bit(FEAT_PGE) | bit(FEAT_CMOV) | bit(FEAT_PAT) | bit(FEAT_PSE36) |
  bit(FEAT_MMX) | bit(FEAT_FXSR) | bit(FEAT_SSE);
const X86_64_V2: u64 =
  PENTIUM3 | bit(FEAT_SSE2) | bit(FEAT_SSE3) | bit(FEAT_SSSE3) | bit(FEAT_SSE41) | bit(FEAT_SSE42) | bit(FEAT_POPCNT) | bit(FEAT_CX16) | bit(FEAT_LAHF64) |
  bit(FEAT_SYSCALL) | bit(FEAT_CLFSH) | bit(FEAT_LONGMODE) | bit(FEAT_NX) | bit(FEAT_X2APIC) | bit(FEAT_TSC_DEADLINE) | bit(FEAT_KVM);
const DEFAULT: u64 =
  X86_64_V2 | bit(FEAT_AES) | bit(FEAT_PCLMUL) | bit(FEAT_MOVBE) | bit(FEAT_RDRAND) | bit(FEAT_RDSEED) | bit(FEAT_XSAVE) | bit(FEAT_FSGSBASE) |
  bit(FEAT_RDTSCP) | bit(FEAT_MONITOR) | bit(FEAT_SMEP) | bit(FEAT_SMAP) | bit(FEAT_UMIP) | bit(FEAT_PCID) | bit(FEAT_INVPCID) | bit(FEAT_GIGABYTE_PAGES) |
  bit(FEAT_ERMS) | bit(FEAT_PREFETCHW) | bit(FEAT_TSC_ADJUST) | bit(FEAT_XSAVEOPT);

function features(model: u32): u64 {
  if (model == MODEL_DEFAULT) return DEFAULT;
  if (model == MODEL_X86_64_V2) return X86_64_V2;
  if (model == MODEL_PENTIUM3) return PENTIUM3;
  return model == MODEL_PENTIUM ? PENTIUM : I486;
}

/** Whether the processor has a feature (FEAT_…; FEAT_NONE: true). */
export function hasFeature(cpu: Cpu, feature: u32): bool {
  return ((features(cpu.model) | 1) >> feature & 1) != 0;
}

@inline export function isAmd(cpu: Cpu): bool {
  return cpu.model <= MODEL_X86_64_V2;
}

/** Family, model and stepping: EAX of CPUID leaf 1, and EDX after reset. */
export function modelSignature(cpu: Cpu): u32 {
  switch (cpu.model) {
    case MODEL_PENTIUM3: return 0x686;
    case MODEL_PENTIUM: return 0x52c;
    case MODEL_486: return 0x435;
    default: return 0x00a0_0f11; // family 19h, model 1, stepping 1
  }
}

/** Width of physical addresses in bits. */
export function physAddrBits(cpu: Cpu): u32 {
  if (cpu.model <= MODEL_X86_64_V2) return 40;
  return cpu.model == MODEL_PENTIUM3 ? 36 : 32;
}

/** The EFLAGS bits that exist and that POPF, IRET and task switches can change, before privilege is looked at. */
export function flagsWritableMask(cpu: Cpu): u32 {
  let mask = FLAGS_ARITH | FLAG_TF | FLAG_IF | FLAG_DF | FLAG_IOPL | FLAG_NT | FLAG_RF | FLAG_AC;
  if (hasFeature(cpu, FEAT_CPUID)) mask |= FLAG_ID;
  if (hasFeature(cpu, FEAT_VME)) mask |= FLAG_VIF | FLAG_VIP;
  return mask;
}

/**
 * CPUID: what the processor says about itself, leaf by leaf, from the model's features (cpu/models.ts).
 *
 * The 64-bit models declare every known speculation erratum absent: an emulated processor does not speculate, and the
 * detours that systems take on real ones cost time. The hypervisor leaves are KVM's, for its clock.
 * [SDM2] CPUID – [APM3] appendix E – [KVM] Documentation/virt/kvm/x86/cpuid.rst
 */
import { APIC_BASE_ENABLE } from "./apic-state";
import {
  FEAT_AES, FEAT_APIC, FEAT_CLFSH, FEAT_CMOV, FEAT_CX16, FEAT_CX8, FEAT_DE, FEAT_ERMS, FEAT_FPU, FEAT_FSGSBASE, FEAT_FXSR, FEAT_GIGABYTE_PAGES, FEAT_INVPCID, FEAT_KVM,
  FEAT_LAHF64, FEAT_LONGMODE, FEAT_MCA, FEAT_MMX, FEAT_MONITOR, FEAT_MOVBE, FEAT_MSR, FEAT_MTRR, FEAT_NX, FEAT_PAE, FEAT_PAT, FEAT_PCID, FEAT_PCLMUL, FEAT_PGE, FEAT_POPCNT,
  FEAT_PREFETCHW, FEAT_PSE, FEAT_PSE36, FEAT_RDRAND, FEAT_RDSEED, FEAT_RDTSCP, FEAT_SMAP, FEAT_SMEP, FEAT_SSE, FEAT_SSE2, FEAT_SSE3, FEAT_SSE41, FEAT_SSE42, FEAT_SSSE3,
  FEAT_SYSCALL, FEAT_SYSENTER, FEAT_TSC, FEAT_TSC_ADJUST, FEAT_TSC_DEADLINE, FEAT_UMIP, FEAT_VME, FEAT_X2APIC, FEAT_XSAVE, FEAT_XSAVEOPT, MODEL_PENTIUM, MODEL_PENTIUM3,
  hasFeature, isAmd, modelSignature, physAddrBits,
} from "./models";
import { CR4_OSXSAVE, Cpu } from "./state";
import { TSC_KHZ } from "./tsc";
import { machine } from "../mmu/machine";

const LEAF_FEATURES: u32 = 1;
const LEAF_CACHE_DESCRIPTORS: u32 = 2;
const LEAF_MONITOR: u32 = 5;
const LEAF_POWER: u32 = 6;
const LEAF_EXTENDED_FEATURES: u32 = 7;
const LEAF_TOPOLOGY: u32 = 0xb;
const LEAF_XSAVE: u32 = 0xd;
const LEAF_HYPERVISOR: u32 = 0x4000_0000;
const LEAF_KVM_FEATURES: u32 = 0x4000_0001;
const LEAF_TIMING: u32 = 0x4000_0010;
const LEAF_AMD: u32 = 0x8000_0000;
const LAST_AMD: u32 = 0x8000_0021;

const CLFLUSH_BYTES: u32 = 64;
const VIRTUAL_ADDRESS_BITS: u32 = 48;
/** Legacy area and header of XSAVE; there are no components above SSE. */
const XSAVE_BYTES: u32 = 576;
const XCR0_SUPPORTED: u32 = 3;
const HYPERVISOR_BIT: u32 = 1 << 31;
const OSXSAVE_BIT: u32 = 1 << 27;
const APIC_BIT: u32 = 1 << 9;
const ALT_MOV_CR8_BIT: u32 = 1 << 4;
/** KVM_FEATURE_CLOCKSOURCE, NOP_IO_DELAY, CLOCKSOURCE2, CLOCKSOURCE_STABLE_BIT. */
const KVM_FEATURES: u32 = 1 | 2 | 8 | (1 << 24);
/** 32 KiB, 8-way, 64-byte lines; 512 KiB likewise. */
const L1_CACHE: u32 = 0x2008_0140;
const L2_CACHE: u32 = 0x0200_6140;
/** 64 entries, fully associative, of either size. */
const L1_TLB: u32 = 0xff40_ff40;
/** 8000_0008 EBX: FXSAVE always stores the error pointers; SSB and branch type confusion do not exist here. */
const AMD_XSAVE_ERROR_POINTERS: u32 = 1 << 2;
const AMD_SSB_NO: u32 = 1 << 26;
const AMD_BTC_NO: u32 = 1 << 29;
/** 8000_0021 EAX: LFENCE serializes, null selectors clear the base, automatic IBRS, SRSO does not exist. */
const AMD_LFENCE_SERIALIZES: u32 = 1 << 2;
const AMD_NULL_SELECTOR_CLEARS_BASE: u32 = 1 << 6;
const AMD_AUTO_IBRS: u32 = 1 << 8;
const AMD_SRSO_NO: u32 = 1 << 29;
/** 8000_0021 ECX: transient scheduler attacks do not exist. */
const AMD_TSA_NO: u32 = 6;

const VENDOR_AMD: usize = memory.data<u8>([0x41, 0x75, 0x74, 0x68, 0x65, 0x6e, 0x74, 0x69, 0x63, 0x41, 0x4d, 0x44]); // AuthenticAMD
const VENDOR_INTEL: usize = memory.data<u8>([0x47, 0x65, 0x6e, 0x75, 0x69, 0x6e, 0x65, 0x49, 0x6e, 0x74, 0x65, 0x6c]); // GenuineIntel
const VENDOR_KVM: usize = memory.data<u8>([0x4b, 0x56, 0x4d, 0x4b, 0x56, 0x4d, 0x4b, 0x56, 0x4d, 0, 0, 0]); // KVMKVMKVM
/** "Posada virtual CPU", 48 bytes. */
const BRAND: usize = memory.data<u8>([
  0x50, 0x6f, 0x73, 0x61, 0x64, 0x61, 0x20, 0x76, 0x69, 0x72, 0x74, 0x75, 0x61, 0x6c, 0x20, 0x43, 0x50, 0x55, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
]);

@inline function flag(cpu: Cpu, feature: u32, bit: u32): u32 {
  return <u32>hasFeature(cpu, feature) << bit;
}

@inline function answer(cpu: Cpu, eax: u32, ebx: u32, ecx: u32, edx: u32): void {
  cpu.rax = eax;
  cpu.rbx = ebx;
  cpu.rcx = ecx;
  cpu.rdx = edx;
}

/** Executes CPUID for `leaf` and `subleaf`. */
export function cpuid(cpu: Cpu, leaf: u32, subleaf: u32): void {
  if (leaf >= LEAF_AMD) extendedLeaf(cpu, leaf);
  else if (leaf >= LEAF_HYPERVISOR && leaf < LEAF_HYPERVISOR + 0x100 && hasFeature(cpu, FEAT_KVM)) hypervisorLeaf(cpu, leaf);
  else basicLeaf(cpu, leaf, subleaf);
}

function lastBasicLeaf(cpu: Cpu): u32 {
  if (cpu.model == MODEL_PENTIUM) return LEAF_FEATURES;
  if (cpu.model == MODEL_PENTIUM3) return LEAF_CACHE_DESCRIPTORS;
  return LEAF_XSAVE;
}

function basicLeaf(cpu: Cpu, leaf: u32, subleaf: u32): void {
  switch (leaf) {
    case 0: {
      const vendor = isAmd(cpu) ? VENDOR_AMD : VENDOR_INTEL;
      answer(cpu, lastBasicLeaf(cpu), load<u32>(vendor), load<u32>(vendor, 8), load<u32>(vendor, 4));
      return;
    }
    case LEAF_FEATURES: {
      const lineSize = hasFeature(cpu, FEAT_CLFSH) ? (CLFLUSH_BYTES / 8) << 8 : 0;
      const isMultiple = machine().cpuCount > 1;
      const ids = hasFeature(cpu, FEAT_APIC) ? (cpu.index << 24) | (isMultiple ? machine().cpuCount << 16 : 0) : 0;
      answer(cpu, modelSignature(cpu), lineSize | ids, features1Ecx(cpu), features1Edx(cpu) | (<u32>isMultiple << 28));
      return;
    }
    case LEAF_CACHE_DESCRIPTORS:
      // TLBs as of every Pentium III; 16+16 KiB L1, 256 KiB L2.
      if (cpu.model == MODEL_PENTIUM3) answer(cpu, 0x0302_0101, 0, 0, 0x0c04_0882);
      else answer(cpu, 0, 0, 0, 0);
      return;
    case LEAF_MONITOR:
      // No C-states in EDX: HLT is the better way to wait.
      if (hasFeature(cpu, FEAT_MONITOR)) answer(cpu, CLFLUSH_BYTES, CLFLUSH_BYTES, 3, 0);
      else answer(cpu, 0, 0, 0, 0);
      return;
    case LEAF_POWER:
      answer(cpu, isAmd(cpu) ? 4 : 0, 0, 0, 0); // the APIC timer never stops
      return;
    case LEAF_EXTENDED_FEATURES:
      if (subleaf == 0 && isAmd(cpu)) extendedFeatures(cpu);
      else answer(cpu, 0, 0, 0, 0);
      return;
    case LEAF_TOPOLOGY:
      topology(cpu, subleaf);
      return;
    case LEAF_XSAVE:
      xsaveLeaf(cpu, subleaf);
      return;
    default:
      answer(cpu, 0, 0, 0, 0);
  }
}

function features1Ecx(cpu: Cpu): u32 {
  let ecx =
    flag(cpu, FEAT_SSE3, 0) | flag(cpu, FEAT_PCLMUL, 1) | flag(cpu, FEAT_MONITOR, 3) | flag(cpu, FEAT_SSSE3, 9) | flag(cpu, FEAT_CX16, 13) | flag(cpu, FEAT_PCID, 17) |
    flag(cpu, FEAT_SSE41, 19) | flag(cpu, FEAT_SSE42, 20) | flag(cpu, FEAT_X2APIC, 21) | flag(cpu, FEAT_MOVBE, 22) | flag(cpu, FEAT_POPCNT, 23) |
    flag(cpu, FEAT_TSC_DEADLINE, 24) | flag(cpu, FEAT_AES, 25) | flag(cpu, FEAT_XSAVE, 26) | flag(cpu, FEAT_RDRAND, 30);
  if (hasFeature(cpu, FEAT_XSAVE) && cpu.cr4 & CR4_OSXSAVE) ecx |= OSXSAVE_BIT;
  if (hasFeature(cpu, FEAT_KVM)) ecx |= HYPERVISOR_BIT;
  return ecx;
}

/** Without the bit for several processors in a package. */
function features1Edx(cpu: Cpu): u32 {
  return commonEdx(cpu) | flag(cpu, FEAT_SYSENTER, 11) | flag(cpu, FEAT_CLFSH, 19) | flag(cpu, FEAT_SSE, 25) | flag(cpu, FEAT_SSE2, 26);
}

/** What leaf 1 and leaf 8000_0001 have in common. */
function commonEdx(cpu: Cpu): u32 {
  const edx =
    flag(cpu, FEAT_FPU, 0) | flag(cpu, FEAT_VME, 1) | flag(cpu, FEAT_DE, 2) | flag(cpu, FEAT_PSE, 3) | flag(cpu, FEAT_TSC, 4) | flag(cpu, FEAT_MSR, 5) |
    flag(cpu, FEAT_PAE, 6) | flag(cpu, FEAT_MCA, 7) | flag(cpu, FEAT_CX8, 8) | flag(cpu, FEAT_MTRR, 12) | flag(cpu, FEAT_PGE, 13) |
    (flag(cpu, FEAT_MCA, 14) & flag(cpu, FEAT_MTRR, 14)) | flag(cpu, FEAT_CMOV, 15) | flag(cpu, FEAT_PAT, 16) | flag(cpu, FEAT_PSE36, 17) | flag(cpu, FEAT_MMX, 23) |
    flag(cpu, FEAT_FXSR, 24);
  return <u32>cpu.msrApicBase & APIC_BASE_ENABLE ? edx | APIC_BIT : edx;
}

function extendedFeatures(cpu: Cpu): void {
  const ebx =
    flag(cpu, FEAT_FSGSBASE, 0) | flag(cpu, FEAT_TSC_ADJUST, 1) | flag(cpu, FEAT_SMEP, 7) | flag(cpu, FEAT_ERMS, 9) | flag(cpu, FEAT_INVPCID, 10) |
    flag(cpu, FEAT_RDSEED, 18) | flag(cpu, FEAT_SMAP, 20);
  answer(cpu, 0, ebx, flag(cpu, FEAT_UMIP, 2), flag(cpu, FEAT_ERMS, 4));
}

/** One thread a core, all cores in one package. */
function topology(cpu: Cpu, subleaf: u32): void {
  const count = machine().cpuCount;
  const shift: u32 = count > 1 ? 32 - clz<u32>(count - 1) : 0;
  if (subleaf == 0) answer(cpu, 0, 1, 0x100, cpu.index);
  else if (subleaf == 1) answer(cpu, shift, count, 0x201, cpu.index);
  else answer(cpu, 0, 0, subleaf & 0xff, cpu.index);
}

function xsaveLeaf(cpu: Cpu, subleaf: u32): void {
  if (!hasFeature(cpu, FEAT_XSAVE) || subleaf > 1) answer(cpu, 0, 0, 0, 0);
  else if (subleaf == 0) answer(cpu, XCR0_SUPPORTED, XSAVE_BYTES, XSAVE_BYTES, 0);
  else answer(cpu, flag(cpu, FEAT_XSAVEOPT, 0), 0, 0, 0);
}

function hypervisorLeaf(cpu: Cpu, leaf: u32): void {
  if (leaf == LEAF_HYPERVISOR) answer(cpu, LEAF_TIMING, load<u32>(VENDOR_KVM), load<u32>(VENDOR_KVM, 4), load<u32>(VENDOR_KVM, 8));
  else if (leaf == LEAF_KVM_FEATURES) answer(cpu, KVM_FEATURES, 0, 0, 0);
  else if (leaf == LEAF_TIMING) answer(cpu, TSC_KHZ, TSC_KHZ, 0, 0); // TSC and APIC timer
  else answer(cpu, 0, 0, 0, 0);
}

/** LOCK MOV CR0 is MOV CR8. [APM3] E.4.1, CPUID Fn8000_0001_ECX[AltMovCr8] */
export function hasLockedCr8(cpu: Cpu): bool {
  return isAmd(cpu) && hasFeature(cpu, FEAT_APIC) && hasFeature(cpu, FEAT_LONGMODE);
}

function extendedLeaf(cpu: Cpu, leaf: u32): void {
  if (!isAmd(cpu)) {
    // These processors answer as for their last basic leaf.
    basicLeaf(cpu, lastBasicLeaf(cpu), 0);
    return;
  }
  switch (leaf) {
    case 0x8000_0000:
      answer(cpu, LAST_AMD, load<u32>(VENDOR_AMD), load<u32>(VENDOR_AMD, 8), load<u32>(VENDOR_AMD, 4));
      return;
    case 0x8000_0001: {
      const ecx = flag(cpu, FEAT_LAHF64, 0) | (hasLockedCr8(cpu) ? ALT_MOV_CR8_BIT : 0) | flag(cpu, FEAT_PREFETCHW, 8);
      const edx =
        commonEdx(cpu) | flag(cpu, FEAT_SYSCALL, 11) | flag(cpu, FEAT_NX, 20) | (flag(cpu, FEAT_SSE, 22) & flag(cpu, FEAT_MMX, 22)) | flag(cpu, FEAT_GIGABYTE_PAGES, 26) |
        flag(cpu, FEAT_RDTSCP, 27) | flag(cpu, FEAT_LONGMODE, 29);
      answer(cpu, modelSignature(cpu), 0, ecx, edx);
      return;
    }
    case 0x8000_0002:
    case 0x8000_0003:
    case 0x8000_0004: {
      const part = BRAND + (leaf - 0x8000_0002) * 16;
      answer(cpu, load<u32>(part), load<u32>(part, 4), load<u32>(part, 8), load<u32>(part, 12));
      return;
    }
    case 0x8000_0005:
      answer(cpu, L1_TLB, L1_TLB, L1_CACHE, L1_CACHE);
      return;
    case 0x8000_0006:
      answer(cpu, 0, 0, L2_CACHE, 0);
      return;
    case 0x8000_0007:
      answer(cpu, 0, 0, 0, 0x100); // invariant TSC
      return;
    case 0x8000_0008: {
      const count = machine().cpuCount;
      answer(cpu, physAddrBits(cpu) | (VIRTUAL_ADDRESS_BITS << 8), AMD_XSAVE_ERROR_POINTERS | AMD_SSB_NO | AMD_BTC_NO, count - 1, 0);
      return;
    }
    case 0x8000_0021:
      answer(cpu, AMD_LFENCE_SERIALIZES | AMD_NULL_SELECTOR_CLEARS_BASE | AMD_AUTO_IBRS | AMD_SRSO_NO, 0, AMD_TSA_NO, 0);
      return;
    default:
      answer(cpu, 0, 0, 0, 0);
  }
}

/**
 * CPUID, model-specific registers, the time-stamp counter, random numbers and TLB invalidation.
 * [SDM2] CPUID, RDMSR, WRMSR, RDTSC, RDTSCP, RDPMC, RDRAND, RDSEED, INVLPG, INVPCID
 */
import { ACCESS_READ, effectiveOffset, isCanonical, linear } from "../cpu/address";
import { cpuid } from "../cpu/cpuid";
import { raiseGP } from "../cpu/fault";
import { setArithFlags } from "../cpu/flags";
import { readMsr, writeMsr } from "../cpu/msr";
import { getReg, setReg } from "../cpu/operand";
import { nextRandom } from "../cpu/random";
import { CR4_PCIDE, CR4_TSD, Cpu, FLAG_CF, SEG_FS, is64, segment } from "../cpu/state";
import { readTsc } from "../cpu/tsc";
import { Rec } from "../decode/record";
import { memRead } from "../mmu/access";
import { flushAll, flushNonGlobal, flushPage } from "../mmu/tlb";

const PCID_MASK: u64 = 0xfff;
/** INVPCID types. */
const INVPCID_ADDRESS: u64 = 0;
const INVPCID_CONTEXT: u64 = 1;
const INVPCID_ALL_WITH_GLOBAL: u64 = 2;
const INVPCID_ALL: u64 = 3;

export function CPUID(cpu: Cpu, _rec: Rec): void {
  cpuid(cpu, <u32>cpu.rax, <u32>cpu.rcx);
}

export function RDMSR(cpu: Cpu, _rec: Rec): void {
  const value = readMsr(cpu, <u32>cpu.rcx);
  if (cpu.fault) return;
  cpu.rax = value & 0xffff_ffff;
  cpu.rdx = value >> 32;
}

export function WRMSR(cpu: Cpu, _rec: Rec): void {
  writeMsr(cpu, <u32>cpu.rcx, (cpu.rax & 0xffff_ffff) | (cpu.rdx << 32));
}

/** CR4.TSD keeps the counter from programs. */
function tscForbidden(cpu: Cpu): bool {
  if (!(cpu.cr4 & CR4_TSD) || cpu.cpl == 0) return false;
  raiseGP(cpu, 0);
  return true;
}

export function RDTSC(cpu: Cpu, _rec: Rec): void {
  if (tscForbidden(cpu)) return;
  const value = readTsc(cpu);
  cpu.rax = value & 0xffff_ffff;
  cpu.rdx = value >> 32;
}

export function RDTSCP(cpu: Cpu, _rec: Rec): void {
  if (tscForbidden(cpu)) return;
  const value = readTsc(cpu);
  cpu.rax = value & 0xffff_ffff;
  cpu.rdx = value >> 32;
  cpu.rcx = cpu.msrTscAux & 0xffff_ffff;
}

/** There are no performance counters: every number is one too high. */
export function RDPMC(cpu: Cpu, _rec: Rec): void {
  raiseGP(cpu, 0);
}

/** RDRAND and RDSEED: always a number (CF), the other flags 0. */
export function RDRAND<T>(cpu: Cpu, rec: Rec): void {
  setReg<T>(cpu, rec.e, <T>nextRandom(cpu));
  setArithFlags(cpu, FLAG_CF);
}

/** No segment limit and no canonical check: an address that cannot be mapped is not in the TLB. */
export function INVLPG(cpu: Cpu, rec: Rec): void {
  const offset = effectiveOffset(cpu, rec);
  if (!is64(cpu)) flushPage(cpu, (segment(cpu, rec.seg).base + offset) & 0xffff_ffff);
  else flushPage(cpu, rec.seg >= SEG_FS ? segment(cpu, rec.seg).base + offset : offset);
}

/** The TLB holds translations of the current PCID only, and global ones. */
export function INVPCID(cpu: Cpu, rec: Rec): void {
  const linearAddr = linear(cpu, rec, 16, ACCESS_READ);
  if (cpu.fault) return;
  const pcid = memRead<u64>(cpu, linearAddr);
  if (cpu.fault) return;
  const address = memRead<u64>(cpu, linearAddr + 8);
  if (cpu.fault) return;
  const type = is64(cpu) ? getReg<u64>(cpu, rec.g) : <u64>getReg<u32>(cpu, rec.g);
  const hasPcids = (cpu.cr4 & CR4_PCIDE) != 0;
  const namesContext = type == INVPCID_ADDRESS || type == INVPCID_CONTEXT;
  if (type > INVPCID_ALL || pcid & ~PCID_MASK || (namesContext && pcid != 0 && !hasPcids) || (type == INVPCID_ADDRESS && !isCanonical(address))) {
    raiseGP(cpu, 0);
    return;
  }
  const isCurrent = pcid == (hasPcids ? cpu.cr3 & PCID_MASK : 0);
  if (type == INVPCID_ADDRESS) {
    if (isCurrent) flushPage(cpu, address);
  } else if (type == INVPCID_CONTEXT) {
    if (isCurrent) flushNonGlobal(cpu);
  } else if (type == INVPCID_ALL_WITH_GLOBAL) flushAll(cpu);
  else flushNonGlobal(cpu);
}

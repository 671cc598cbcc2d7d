/** What the tests of the MMU, the local APIC, CPUID and the MSRs call: one processor, no interpreter. */
import { apicAcknowledge, apicDeliver, apicInit, apicReset, apicSetLint0, apicWriteTpr } from "../../cpu/apic";
import { apicMmioRead, apicMmioWrite } from "../../cpu/apic-registers";
import { apicNextTimerNs, apicTimerDue } from "../../cpu/apic-timer";
import { cpuid } from "../../cpu/cpuid";
import { updateMode } from "../../cpu/mode";
import { hasFeature, modelSignature } from "../../cpu/models";
import { readMsr, resetMsrs, writeMsr } from "../../cpu/msr";
import { nextRandom, seedRandom } from "../../cpu/random";
import { Cpu, SEG_CS, ptr, segment } from "../../cpu/state";
import { readTsc } from "../../cpu/tsc";
import { flushTraces } from "../../decode/trace-cache";
import { HEADER_SIZE, indexTrace } from "../../decode/code-index";
import { CPU_BASE, CPU_SIZE, CPU_TABLES_BASE, PAGE_SIZE, RAM_BASE, TRACE_ARENA_BASE } from "../../layout";
import { memRead, memRead128, memReadForWrite, memWrite, memWrite128 } from "../../mmu/access";
import { cr0Changed, cr3Written, cr4Changed, eferChanged, preparePaging } from "../../mmu/control";
import { initMachine, descOf } from "../../mmu/physical";
import { lastPageBits, translate } from "../../mmu/page-walk";
import { sysRead, sysWrite } from "../../mmu/system-access";
import { fetchByte, translateCode } from "../../mmu/code-access";
import { adoptTlb, evictWrites, flushAll, flushNonGlobal, flushPage, initTlb } from "../../mmu/tlb";

export { a20Enabled, busMasterRead, busMasterWrite, mapVideoMemory, notifyWrite, prepareRom, setA20, setLowPage, takeDirtyPages } from "../../mmu/host-access";

const cpu: Cpu = changetype<Cpu>(CPU_BASE);

export function init(ramBytes: u32, vramBytes: u32, model: u32): u32 {
  const end = initMachine(ramBytes, vramBytes, 1);
  memory.fill(ptr(cpu), 0, CPU_SIZE);
  cpu.tables = <u32>CPU_TABLES_BASE;
  cpu.model = model;
  cpu.eflags = 2;
  initTlb(cpu);
  flushTraces(cpu);
  resetMsrs(cpu);
  apicReset(cpu);
  updateMode(cpu);
  return end;
}

export function ramBase(): u32 { return <u32>RAM_BASE; }

// ---- state
export function setControl(cr0: u64, cr3: u64, cr4: u64, efer: u64): bool {
  const old0 = cpu.cr0, old3 = cpu.cr3, old4 = cpu.cr4, oldEfer = cpu.efer;
  cpu.efer = efer;
  if (!preparePaging(cpu, cr0, cr3, cr4, true)) {
    cpu.efer = oldEfer;
    return false;
  }
  cpu.cr0 = cr0;
  cpu.cr3 = cr3 & ~(<u64>1 << 63);
  cpu.cr4 = cr4;
  cr0Changed(cpu, old0);
  cr4Changed(cpu, old4);
  eferChanged(cpu, oldEfer);
  cr3Written(cpu, old3, cr3);
  // CS is 64-bit code in long mode.
  segment(cpu, SEG_CS).attr = <u16>(efer & 0x400 ? 0xa9b : 0xc9b);
  updateMode(cpu);
  return true;
}
/** Changes CPL and flags without a flush, as transfers of control do. */
export function setPrivilege(cpl: u32, eflags: u32): void {
  cpu.cpl = cpl;
  cpu.eflags = eflags | 2;
  updateMode(cpu);
}
export function setDr(dr0: u64, dr7: u64): void { cpu.dr0 = dr0; cpu.dr7 = dr7; updateMode(cpu); }
export function pendingDebug(): u32 { return cpu.pendingDebug; }
export function clearPendingDebug(): void { cpu.pendingDebug = 0; cpu.events = 0; }
/** -1 for none, else vector << 16 | error code; clears it. */
export function takeFault(): i32 {
  if (!cpu.fault) return -1;
  cpu.fault = 0;
  return <i32>((cpu.faultVector << 16) | cpu.faultCode);
}
export function cr2(): u64 { return cpu.cr2; }
export function stop(): u32 { const s = cpu.stop; cpu.stop = 0; return s; }
export function events(): u32 { return cpu.events; }
export function activity(): u32 { return cpu.activity; }
export function tlbLogCount(): u32 { return cpu.tlbLogCount; }

// ---- translation and access
export function walk(linearAddr: u64, access: u32): u64 { return translate(cpu, linearAddr, access); }
export function pageBits(): u32 { return lastPageBits(); }
export function read(linearAddr: u64, sizeBytes: u32): u64 {
  if (sizeBytes == 1) return memRead<u8>(cpu, linearAddr);
  if (sizeBytes == 2) return memRead<u16>(cpu, linearAddr);
  if (sizeBytes == 4) return memRead<u32>(cpu, linearAddr);
  return memRead<u64>(cpu, linearAddr);
}
export function readForWrite(linearAddr: u64, sizeBytes: u32): u64 {
  if (sizeBytes == 1) return memReadForWrite<u8>(cpu, linearAddr);
  if (sizeBytes == 2) return memReadForWrite<u16>(cpu, linearAddr);
  if (sizeBytes == 4) return memReadForWrite<u32>(cpu, linearAddr);
  return memReadForWrite<u64>(cpu, linearAddr);
}
export function write(linearAddr: u64, sizeBytes: u32, value: u64): void {
  if (sizeBytes == 1) memWrite<u8>(cpu, linearAddr, <u8>value);
  else if (sizeBytes == 2) memWrite<u16>(cpu, linearAddr, <u16>value);
  else if (sizeBytes == 4) memWrite<u32>(cpu, linearAddr, <u32>value);
  else memWrite<u64>(cpu, linearAddr, value);
}
/** Through memory, so that no v128 crosses the boundary. */
export function read128(linearAddr: u64, outPtr: usize): void { v128.store(outPtr, memRead128(cpu, linearAddr)); }
export function write128(linearAddr: u64, inPtr: usize): void { memWrite128(cpu, linearAddr, v128.load(inPtr)); }
export function sysRead32(linearAddr: u64): u32 { return sysRead<u32>(cpu, linearAddr); }
export function sysWrite32(linearAddr: u64, value: u32): void { sysWrite<u32>(cpu, linearAddr, value); }
export function codePointer(linearAddr: u64): u32 { return <u32>translateCode(cpu, linearAddr); }
export function codeByte(linearAddr: u64): u32 { return fetchByte(cpu, linearAddr); }
export function invlpg(linearAddr: u64): void { flushPage(cpu, linearAddr); }
export function flush(): void { flushAll(cpu); }
export function flushLocal(): void { flushNonGlobal(cpu); }
/** As the trace cache does when it decodes code: here one trace of the whole page. */
export function markCodePage(hostPtr: u32): void {
  evictWrites(cpu, hostPtr);
  store<u64>(descOf(hostPtr), ~(<u64>0));
  const trace = TRACE_ARENA_BASE + HEADER_SIZE;
  memory.fill(TRACE_ARENA_BASE, 0, HEADER_SIZE);
  store<u32>(TRACE_ARENA_BASE, hostPtr, 8);
  store<u16>(TRACE_ARENA_BASE, <u16>cpu.mode, 12);
  store<u16>(TRACE_ARENA_BASE, <u16>PAGE_SIZE, 20);
  indexTrace(cpu, trace, hostPtr);
}
export function codeMask(hostPtr: u32): u64 { return load<u64>(descOf(hostPtr)); }
/** After the struct and the tables were put in place from outside. */
export function restored(): void { updateMode(cpu); adoptTlb(cpu, 0); }

// ---- processor
export function runCpuid(leaf: u32, subleaf: u32, outPtr: usize): void {
  cpuid(cpu, leaf, subleaf);
  store<u32>(outPtr, <u32>cpu.rax);
  store<u32>(outPtr, <u32>cpu.rbx, 4);
  store<u32>(outPtr, <u32>cpu.rcx, 8);
  store<u32>(outPtr, <u32>cpu.rdx, 12);
}
export function rdmsr(msr: u32): u64 { return readMsr(cpu, msr); }
export function wrmsr(msr: u32, value: u64): void { writeMsr(cpu, msr, value); }
export function rdtsc(): u64 { return readTsc(cpu); }
export function has(feature: u32): bool { return hasFeature(cpu, feature); }
export function signature(): u32 { return modelSignature(cpu); }
export function seed(a: u64, b: u64, c: u64, d: u64): void { seedRandom(cpu, a, b, c, d); }
export function random(): u64 { return nextRandom(cpu); }

// ---- local APIC
export function apicRead(offset: u32): u32 { return apicMmioRead(cpu, offset, 4); }
export function apicWrite(offset: u32, value: u32): void { apicMmioWrite(cpu, offset, 4, value); }
export function acknowledge(): i32 { return apicAcknowledge(cpu); }
export function lint0(level: bool): void { apicSetLint0(cpu, level); }
export function deliver(destination: u32, logical: bool, mode: u32, vector: u32, level: bool): void { apicDeliver(destination, logical, mode, vector, level); }
export function tpr(value: u32): void { apicWriteTpr(cpu, value); }
export function nextTimer(): f64 { return apicNextTimerNs(cpu); }
export function timerDue(now: f64): void { apicTimerDue(cpu, now); }
export function initApic(): void { apicInit(cpu); }

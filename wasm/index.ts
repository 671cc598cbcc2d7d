/**
 * What the core offers to the host: flat functions over numbers; the typed face is src/core. `cpu` is the address of a
 * processor's struct (`cpuPointer`). Values of 64 bits that the host handles often are doubles (exact below 2^53).
 */
import { apicDeliver, apicSetLint0 } from "./cpu/apic";
import { apicNextTimerNs, apicTimerDue } from "./cpu/apic-timer";
import { hasInstructionBreakpoints } from "./cpu/debug";
import { wouldWake } from "./cpu/events";
import { readFlags, writeFlags } from "./cpu/flags";
import { updateMode } from "./cpu/mode";
import { resetCpu } from "./cpu/reset";
import { Cpu, EVENT_NMI, EVENT_STEP, FLAG_RF, FLAG_TF, MODE_SIZE_MASK, STOP_EVENT, STOP_HOST, ptr, segment } from "./cpu/state";
import { pagesDropped } from "./decode/code-index";
import { arenaFlushes, arenaSweeps, flushTraces, tracesBuilt } from "./decode/trace-cache";
import { HANDLERS } from "./generated/handlers";
import { instructionsRetired, runCpu } from "./interp/run-loop";
import { CPU_BASE, CPU_SIZE, CPU_TABLES_BASE, CPU_TABLES_SIZE, HANDLER_TABLE, ROM_BASE } from "./layout";
import { compiledInstructions, configureJit, regionsCompiled, regionsRefused } from "./jit/compiler";
import { EXIT_COUNTS } from "./jit/exits";
import { cpuAt, initMachine } from "./mmu/physical";
import { adoptTlb, flushAll, initTlb, tlbFills } from "./mmu/tlb";

export { pagePointer } from "./mmu/slow-access";
export { mulHighI64, mulHighU64 } from "./cpu/wide-multiply";
export { carryOf, settleFlags } from "./jit/flag-kinds";
export { leaveAfter, leaveRegion, leaveTo } from "./jit/exits";
export { runEnding } from "./jit/run-ending";
export { segmentForRegion } from "./jit/segment-load";
export { x87Load, x87LoadInteger, x87Operate, x87OperateStack, x87Peek, x87Stored } from "./jit/x87-short";
export { popPlainFlags } from "./semantics/flag-control";
export { readFlags } from "./cpu/flags";
export { batchSize, batchTrace, compileRegions, configureJit, installRegion, jitEpoch, jitSweeps, linkAtOnce, regionsWaiting } from "./jit/compiler";
export { limitRegions } from "./jit/region";
export { takeDroppedRegions } from "./decode/code-index";
export { isExact32, isExact64, isExactPd, isExactPs } from "./sse/float-fast";
export { findKnown } from "./decode/trace-cache";
export { useTailCalls } from "./jit/emit-transfer";
export { useSharedMemory } from "./jit/emit-module";
export { seedRandom } from "./cpu/random";
export { setTraced } from "./cpu/trace";
export { coverageCounts } from "./decode/coverage";
export { lookAtCode } from "./mmu/look";
export { a20Enabled, awaitPages, busMasterRead, busMasterWrite, mapFlash, mapVideoMemory, notifyWrite, prepareRom, setA20, setFlashBusy, setLowPage, takeDirtyPages } from "./mmu/host-access";

/**
 * Lays out a new machine; once for each instance and machine. Returns the end of what it uses in bytes.
 * `isFirst` is false for further instances on the same (shared) memory.
 */
export function init(ramBytes: u32, vramBytes: u32, cpuCount: u32, isFirst: bool): u32 {
  for (let i = 0; i < HANDLERS.length; i++) store<u32>(HANDLER_TABLE + (<u32>i << 2), load<u32>(changetype<usize>(HANDLERS[i])));
  if (!isFirst) return 0;
  const end = initMachine(ramBytes, vramBytes, cpuCount);
  for (let i: u32 = 0; i < cpuCount; i++) {
    const cpu = cpuAt(i);
    memory.fill(ptr(cpu), 0, CPU_SIZE);
    cpu.index = i;
    cpu.tables = <u32>(CPU_TABLES_BASE + i * CPU_TABLES_SIZE);
    initTlb(cpu);
  }
  configureJit(cpuAt(0), false, 0);
  return end;
}

export function cpuPointer(index: u32): usize {
  return CPU_BASE + index * CPU_SIZE;
}

/** RESET#: the processor's power-up state; `model` as in cpu/models.ts. */
export function reset(cpu: Cpu, model: u32): void {
  cpu.model = model;
  resetCpu(cpu);
  flushAll(cpu);
  updateMode(cpu);
}

/** Runs at most `maxInstructions`: EXIT_… of interp/run-loop.ts. */
export function run(cpu: Cpu, maxInstructions: i32): i32 {
  return runCpu(cpu, maxInstructions);
}

/** Makes `run` return after the instruction under way. */
export function requestStop(cpu: Cpu): void {
  cpu.stop |= STOP_HOST;
}

export function instructions(cpu: Cpu): f64 {
  return <f64>instructionsRetired(cpu);
}

/** A processor that waits has something to do. */
export function wakes(cpu: Cpu): bool {
  return wouldWake(cpu);
}

export function setIntr(cpu: Cpu, asserted: bool): void {
  apicSetLint0(cpu, asserted);
  cpu.stop |= STOP_EVENT;
}

export function pulseNmi(cpu: Cpu): void {
  cpu.events |= EVENT_NMI;
  cpu.stop |= STOP_EVENT;
}

export function deliverInterrupt(destination: u32, logical: bool, deliveryMode: u32, vector: u32, levelTriggered: bool): void {
  apicDeliver(destination, logical, deliveryMode, vector, levelTriggered);
}

/** Machine time of the local APIC's next timer event, Infinity for none. */
export function nextTimerNs(cpu: Cpu): f64 {
  return apicNextTimerNs(cpu);
}

export function timerDue(cpu: Cpu, nowNs: f64): void {
  apicTimerDue(cpu, nowNs);
}

// ---- registers, for loaders, tests and traces

/** General register 0…15 in encoding order. */
export function getGpr(cpu: Cpu, n: u32): u64 {
  return load<u64>(ptr(cpu) + (n << 3));
}
export function setGpr(cpu: Cpu, n: u32, value: u64): void {
  store<u64>(ptr(cpu) + (n << 3), value);
}
export function getRip(cpu: Cpu): u64 {
  return cpu.rip;
}
export function setRip(cpu: Cpu, value: u64): void {
  cpu.rip = value;
}
export function getRflags(cpu: Cpu): u32 {
  return readFlags(cpu);
}
export function setRflags(cpu: Cpu, value: u32): void {
  writeFlags(cpu, value, 0xffff_ffff);
  updateMode(cpu);
}
/** Hidden parts included; `attr` as in cpu/state.ts. Segment 0…7: ES CS SS DS FS GS LDTR TR. */
export function setSegment(cpu: Cpu, index: u32, selector: u32, attr: u32, limit: u32, base: u64): void {
  const seg = segment(cpu, index);
  seg.selector = <u16>selector;
  seg.attr = <u16>attr;
  seg.limit = limit;
  seg.base = base;
}
export function getSelector(cpu: Cpu, index: u32): u32 {
  return segment(cpu, index).selector;
}
export function getSegmentBase(cpu: Cpu, index: u32): u64 {
  return segment(cpu, index).base;
}
export function getSegmentLimit(cpu: Cpu, index: u32): u32 {
  return segment(cpu, index).limit;
}
/** As in cpu/state.ts. */
export function getSegmentAttributes(cpu: Cpu, index: u32): u32 {
  return segment(cpu, index).attr;
}
/** GDTR (0) and IDTR (1). */
export function getTableBase(cpu: Cpu, index: u32): u64 {
  return index == 0 ? cpu.gdtrBase : cpu.idtrBase;
}
export function getTableLimit(cpu: Cpu, index: u32): u32 {
  return index == 0 ? cpu.gdtrLimit : cpu.idtrLimit;
}
/** DR0…DR3, DR6, DR7. */
export function getDebug(cpu: Cpu, n: u32): u64 {
  return n == 6 ? cpu.dr6 : n == 7 ? cpu.dr7 : load<u64>(ptr(cpu) + (n << 3), offsetof<Cpu>("dr0"));
}
export function getPrivilege(cpu: Cpu): u32 {
  return cpu.cpl;
}
/** Interrupts wait for the end of the next instruction (STI, MOV SS). */
export function inShadow(cpu: Cpu): bool {
  if (cpu.shadow != 0) return true;
  // Events have been looked at already: then the next instruction runs alone, for this reason or one of three others.
  return (cpu.events & EVENT_STEP) != 0 && !(cpu.eflags & (FLAG_TF | FLAG_RF)) && !hasInstructionBreakpoints(cpu);
}
/** ACTIVITY_… of cpu/state.ts. */
export function activity(cpu: Cpu): u32 {
  return cpu.activity;
}
/** 16, 32 or 64. */
export function codeBits(cpu: Cpu): u32 {
  return <u32>16 << (cpu.mode & MODE_SIZE_MASK);
}
/** Control registers as they are, without the checks of MOV: for loaders. Then `stateSet`. */
export function setControl(cpu: Cpu, cr0: u64, cr3: u64, cr4: u64, efer: u64): void {
  cpu.cr0 = cr0;
  cpu.cr3 = cr3;
  cpu.cr4 = cr4;
  cpu.efer = efer;
}
export function getControl(cpu: Cpu, n: u32): u64 {
  return n == 0 ? cpu.cr0 : n == 2 ? cpu.cr2 : n == 3 ? cpu.cr3 : n == 4 ? cpu.cr4 : cpu.efer;
}
export function setTables(cpu: Cpu, gdtBase: u64, gdtLimit: u32, idtBase: u64, idtLimit: u32): void {
  cpu.gdtrBase = gdtBase;
  cpu.gdtrLimit = gdtLimit;
  cpu.idtrBase = idtBase;
  cpu.idtrLimit = idtLimit;
}
/** Recomputes what follows from registers that were set from outside. */
export function stateSet(cpu: Cpu): void {
  cpu.cpl = segment(cpu, 1).selector & (cpu.cr0 & 1 ? 3 : 0);
  flushAll(cpu);
  updateMode(cpu);
}

/** After the processor's struct was restored: decoded code is dropped, what the TLB held stays; memory was `romBase` on when it was saved. */
export function restored(cpu: Cpu, romBase: u32): void {
  updateMode(cpu);
  adoptTlb(cpu, <u32>ROM_BASE - romBase);
  cpu.jitTarget = 0;
  cpu.jitExit = 0;
  cpu.jitFlagKind = 0;
  flushTraces(cpu);
}

// ---- counters

export function statTraces(): u32 {
  return tracesBuilt;
}
export function statFlushes(): u32 {
  return arenaFlushes + arenaSweeps + pagesDropped;
}
export function statTlbMisses(): u32 {
  return tlbFills;
}

export function statRegions(): u32 {
  return regionsCompiled;
}
export function statRefused(): u32 {
  return regionsRefused;
}
export function statCompiledInstructions(): f64 {
  return <f64>compiledInstructions;
}
/** Exits of compiled code by reason, in the order of EXIT_… (jit/exits.ts). */
export function statExits(why: u32): u32 {
  return EXIT_COUNTS[why];
}

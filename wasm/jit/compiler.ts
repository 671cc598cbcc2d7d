/**
 * Which traces are compiled, and when: the run loop asks for those that are hot; the host takes them in batches, compiles
 * the modules while the interpreter goes on, and brings back a table index for each. A trace whose page was written
 * meanwhile is gone, and what was compiled from it is not used.
 */
import { ripOf } from "../cpu/address";
import { TLB_SET_EMPTY, tlbArray } from "../cpu/mode";
import { Cpu, MODE_32, MODE_64, MODE_CS_CHECKED, MODE_FLAT, MODE_SIZE_MASK, MODE_SS32 } from "../cpu/state";
import { dropRegion, findByHost, headerOf, heatAtStart, heatOf, isDense, jumpKey, jumpSlot, noRegion, regionOf, setHeat, setRegion, setRegionDefaults, startHeat } from "../decode/code-index";
import { Rec } from "../decode/record";
import { arenaFlushes, arenaSweeps, findKnown, flushTraces } from "../decode/trace-cache";
import { JIT_QUEUE, JIT_QUEUE_ENTRIES, PAGE_MASK } from "../layout";
import { LEFT } from "./emit-handler";
import { addRegion, beginModule, finishModule } from "./emit-module";
import { traceAt, viaTable } from "./emit-transfer";
import { EXIT_AT_INSTRUCTION, EXIT_BRANCH, EXIT_BUDGET, Exit, emptyArena, hasRoom } from "./exits";
import { settleDeferred } from "./flag-kinds";
import { blockCount, traceOfBlock } from "./region";

/** Regions need less than this, so that with so much left one can always be entered. */
export const LEAST_BUDGET: i32 = 256;
/** Calls of the guest that may nest as calls of the host. */
const MAX_DEPTH: i32 = 100;
/** Entries before a trace that was asked for may be asked for again. */
const HEAT_WHILE_WAITING: u32 = 5000;
const NEVER_HOT: u32 = ~(<u32>0);
/** So often a branch out of a region is taken before the region is compiled again with what lies there. */
const RECOMPILE_AT: u32 = 500;
/** What the exits and records of one region can take. */
const REGION_ROOM: u32 = 0x1_0000;

let queued: u32 = 0;
let batch: u32 = 0;
let epoch: u32 = 0;
let isOn = false;
/** What is hot is compiled before it is executed. */
export let linksAtOnce = false;

// ---- counters for stats()
export let regionsCompiled: u32 = 0;
export let regionsRefused: u32 = 0;
export let compiledInstructions: u64 = 0;

/** Switches the compiler on (a trace is hot after `threshold` entries) or off. Decoded code is dropped. */
export function configureJit(cpu: Cpu, on: bool, threshold: u32): void {
  isOn = on;
  setRegionDefaults(load<u32>(changetype<usize>(regionStub)), on ? threshold : NEVER_HOT);
  flushTraces(cpu);
}

/** For tests of the compiler: the run loop has the host compile a hot trace before it goes on. */
export function linkAtOnce(on: bool): void {
  linksAtOnce = on;
}

/** Everything that was compiled went with the traces it came from. */
function startOver(): void {
  epoch = arenaFlushes;
  queued = 0;
  emptyArena();
}

@inline function slot(n: u32): usize {
  return JIT_QUEUE + (n << 2);
}

function canCompile(mode: u32): bool {
  const size = mode & MODE_SIZE_MASK;
  if (size == MODE_64) return true;
  return size == MODE_32 && (mode & (MODE_FLAT | MODE_SS32 | MODE_CS_CHECKED)) == (MODE_FLAT | MODE_SS32);
}

@inline function isCurrent(trace: usize): bool {
  const header = headerOf(trace);
  return findByHost(load<u32>(header, 8), load<u16>(header, 12)) == trace;
}

/** A trace was entered often: it will be compiled if that was in a short time, or else counted anew. */
export function considerRegion(cpu: Cpu, trace: usize): void {
  if (isDense(cpu, trace)) requestRegion(trace);
  else startHeat(cpu, trace);
}

/** The trace will be compiled, if it can be. */
function requestRegion(trace: usize): void {
  if (!isOn || !canCompile(load<u16>(headerOf(trace), 12)) || !isCurrent(trace)) {
    setHeat(trace, NEVER_HOT);
    return;
  }
  if (epoch != arenaFlushes) startOver();
  setHeat(trace, HEAT_WHILE_WAITING);
  if (queued == JIT_QUEUE_ENTRIES) return;
  store<u32>(slot(queued), <u32>trace);
  queued++;
}

export function regionsWaiting(): u32 {
  return epoch == arenaFlushes ? queued : 0;
}

/**
 * Writes a module with at most `most` of the regions that wait. Between runs only.
 * @returns its size in bytes, 0 for none. It stands at JIT_MODULE; `batchTrace` names its functions.
 */
export function compileRegions(cpu: Cpu, most: u32): u32 {
  if (epoch != arenaFlushes) startOver();
  beginModule();
  batch = 0;
  let taken: u32 = 0;
  while (taken < queued && batch < most) {
    if (!hasRoom(REGION_ROOM)) {
      flushTraces(cpu);
      startOver();
      return 0;
    }
    const trace: usize = load<u32>(slot(taken));
    if (isCurrent(trace) && !isCovered(trace)) {
      if (addRegion(cpu, trace)) {
        coverBlocks(cpu);
        store<u32>(slot(JIT_QUEUE_ENTRIES + batch), <u32>trace);
        batch++;
      } else if (batch > 0) break; // the module is full
      else refuse(trace);
    }
    taken++;
  }
  queued -= taken;
  memory.copy(slot(0), slot(taken), queued << 2);
  return batch == 0 ? 0 : finishModule();
}

/**
 * The blocks of the region that was written last are counted anew. All blocks of a loop become hot at the same time, and one region
 * with the whole loop is enough: another one is worth while only where the loop is still entered elsewhere.
 */
function coverBlocks(cpu: Cpu): void {
  for (let n: u32 = 1; n < blockCount; n++) {
    const trace = traceOfBlock(n);
    if (trace != 0 && regionOf(trace) == noRegion) startHeat(cpu, trace);
  }
}

/** A trace that waits counts down from HEAT_WHILE_WAITING, until a region covers it. */
@inline function isCovered(trace: usize): bool {
  return regionOf(trace) == noRegion && heatOf(trace) <= heatAtStart;
}

function refuse(trace: usize): void {
  setHeat(trace, NEVER_HOT);
  regionsRefused++;
}

export function batchSize(): u32 {
  return batch;
}
export function batchTrace(n: u32): u32 {
  return load<u32>(slot(JIT_QUEUE_ENTRIES + n));
}
/** Changes when places of the arena may have got other traces: what is being compiled then is of no use. */
export function jitSweeps(): u32 {
  return arenaSweeps;
}
/** Changes when everything compiled has become void. */
export function jitEpoch(): u32 {
  return arenaFlushes;
}

/** The region of `trace`, compiled in `epochThen`, has got a place in the table; false if it is of no use any more. */
export function installRegion(trace: usize, epochThen: u32, tableIndex: u32): bool {
  if (epochThen != arenaFlushes || !isCurrent(trace)) return false;
  dropRegion(trace); // it was compiled again
  setRegion(trace, tableIndex);
  setHeat(trace, 0);
  regionsCompiled++;
  return true;
}

/** Stands in the table for regions that are not compiled: back to the run loop. */
export function regionStub(cpu: Cpu, budget: i32, _depth: i32): i32 {
  settleDeferred(cpu);
  const trace: usize = cpu.jitTarget;
  cpu.rip = ripOf(cpu, cpu.codeBase + changetype<Rec>(trace).pageOffset);
  cpu.budget = budget;
  cpu.jitExit = 0;
  return LEFT;
}

/** A compiled region can be entered: nothing wants to see every access or instruction. */
@inline export function mayRun(cpu: Cpu, trace: usize): bool {
  return regionOf(trace) != noRegion && cpu.budget >= LEAST_BUDGET && cpu.tlbRead != tlbArray(cpu, TLB_SET_EMPTY, 0);
}

/** Runs compiled code from `trace` on. @returns whether the interpreter has to execute the next instruction. */
export function runRegions(cpu: Cpu, trace: usize): bool {
  const before = cpu.budget;
  let budget = before;
  let next = regionOf(trace);
  cpu.jitTarget = <u32>trace;
  cpu.jitExit = 0;
  while (true) {
    const result = call_indirect<i32>(next, cpu, budget, MAX_DEPTH);
    if (result == LEFT) break;
    if (result < LEFT) {
      next = viaTable(result);
      budget = cpu.budget;
      continue;
    }
    // The guest's RET, of a call that is not under way here.
    budget = result;
    const target = cpu.jitLinear;
    const slot = jumpSlot(cpu, target);
    const known: usize = load<u64>(slot) == jumpKey(cpu, target) ? load<u32>(slot, 8) : findKnown(cpu, target);
    if (known == 0 || regionOf(known) == noRegion) {
      settleDeferred(cpu);
      cpu.rip = ripOf(cpu, target);
      cpu.budget = budget;
      break;
    }
    next = regionOf(known);
    cpu.codeBase = target & PAGE_MASK;
    cpu.jitTarget = <u32>known;
  }
  compiledInstructions += <u64>(before - cpu.budget);
  if (cpu.jitExit == 0) return false;
  const exit = changetype<Exit>(<usize>cpu.jitExit);
  if (exit.why == EXIT_BRANCH && exit.taken == RECOMPILE_AT && traceAt(exit.trace, exit.pageOffset) != 0) requestRegion(exit.trace);
  return exit.why == EXIT_AT_INSTRUCTION || exit.why == EXIT_BUDGET;
}

/**
 * Decoded code: traces of records, made from code bytes where the processor gets to and found again by linear address
 * or by where the bytes live (decode/code-index.ts, which also says what a trace's header holds), so that one copy serves
 * every address space that maps the page.
 *
 * A trace lies in one page: records never name absolute addresses, only offsets from codeBase. An instruction that
 * crosses into the next page makes a trace of its own, which lives only in the jump cache (the next page may change).
 *
 * Records of traces that were dropped stay readable until the arena is reused, so the running trace can finish its
 * instruction. The arena is filled from start to end; when it is full, what has been dropped and pages in which nothing was
 * compiled are given up, and the gaps are filled. If that does not give enough, it is emptied as a whole.
 */
import { FETCH_BUFFER, NEW_TRACE, PAGE_MASK, PAGE_SIZE, SCRATCH_TRACE, TRACE_ARENA_BASE, TRACE_ARENA_END } from "../layout";
import { ID_BUDGET_END, ID_FALLTHROUGH } from "../generated/tables";
import { raiseGP } from "../cpu/fault";
import { isCanonical } from "../cpu/address";
import { Cpu, MODE_CS_CHECKED, SEG_CS, is64, segment } from "../cpu/state";
import { descOf } from "../mmu/physical";
import { codeIsGlobal, fetchByte, translateCode } from "../mmu/code-access";
import { rightsSet } from "../cpu/mode";
import { evictWrites, probeExecute, probedGlobal } from "../mmu/tlb";
import { HEADER_BYTES, HEADER_SIZE, bytesOf, cacheJump, chunkMask, clearIndex, dropColdPages, findByHost, flushJumpCache, headerOf, indexTrace, jumpKey, jumpSlot, noRegion, setHeat, setRegion, startHeat } from "./code-index";
import { decode, decodedEnds } from "./decode";
import { REC_CROSSES_PAGE, REC_SIZE, Rec } from "./record";

const MAX_RECORDS: u32 = 64;

/** In the place of hostPtr: a gap, whose size stands in the place of the heat. */
const GAP: u32 = 0xffff_ffff;
/** So much of the arena must be free after a sweep. */
const LEAST_FREE: u32 = <u32>(TRACE_ARENA_END - TRACE_ARENA_BASE) / 4;

/** The gap that is being filled. */
let arenaNext: u32 = <u32>TRACE_ARENA_BASE;
let gapEnd: u32 = <u32>TRACE_ARENA_END;
/** Counters for stats(): traces decoded, arena swept, arena emptied. */
export let tracesBuilt: u32 = 0;
export let arenaSweeps: u32 = 0;
export let arenaFlushes: u32 = 0;

/** Instructions in a trace. */
@inline export function traceCount(trace: usize): i32 {
  return load<u16>(trace - HEADER_SIZE, 14);
}

/** Forgets all decoded code. */
export function flushTraces(cpu: Cpu): void {
  clearIndex(cpu);
  arenaNext = <u32>TRACE_ARENA_BASE;
  gapEnd = <u32>TRACE_ARENA_END;
  arenaFlushes++;
}

@inline function isGap(block: u32): bool {
  return load<u32>(block, 8) == GAP;
}

@inline function blockBytes(block: u32): u32 {
  return isGap(block) ? load<u32>(block, 24) : HEADER_SIZE + (load<u16>(block, 14) + 1) * REC_SIZE;
}

function makeGap(block: u32, sizeBytes: u32): void {
  store<u32>(block, GAP, 8);
  store<u32>(block, sizeBytes, 24);
}

/** Makes `arenaNext` a place for a trace of that size. */
function makeRoom(cpu: Cpu, sizeBytes: u32): void {
  if (arenaNext + sizeBytes <= gapEnd) return;
  if (nextGap(sizeBytes)) return;
  if (sweep(cpu) >= LEAST_FREE) {
    arenaNext = gapEnd = <u32>TRACE_ARENA_BASE;
    if (nextGap(sizeBytes)) return;
  }
  flushTraces(cpu);
}

/** Goes on to the next gap that is large enough; false if there is none up to the end. */
function nextGap(sizeBytes: u32): bool {
  if (arenaNext < gapEnd) makeGap(arenaNext, gapEnd - arenaNext);
  while (gapEnd < <u32>TRACE_ARENA_END) {
    arenaNext = gapEnd;
    while (gapEnd < <u32>TRACE_ARENA_END && isGap(gapEnd)) gapEnd += blockBytes(gapEnd);
    if (gapEnd - arenaNext >= sizeBytes) return true;
    if (arenaNext < gapEnd) makeGap(arenaNext, gapEnd - arenaNext);
    while (gapEnd < <u32>TRACE_ARENA_END && !isGap(gapEnd)) gapEnd += blockBytes(gapEnd);
  }
  arenaNext = gapEnd;
  return false;
}

/** Makes gaps of all traces that are in no index any more. @returns bytes in gaps; the arena is one row of blocks before and after. */
function sweep(cpu: Cpu): u32 {
  dropColdPages();
  let free: u32 = 0;
  for (let block = <u32>TRACE_ARENA_BASE; block < <u32>TRACE_ARENA_END; ) {
    const sizeBytes = blockBytes(block);
    const isLive = !isGap(block) && findByHost(load<u32>(block, 8), load<u16>(block, 12)) == block + HEADER_SIZE;
    if (!isLive) {
      makeGap(block, sizeBytes);
      free += sizeBytes;
    }
    block += sizeBytes;
  }
  flushJumpCache(cpu);
  arenaSweeps++;
  return free;
}

@inline export function linearRip(cpu: Cpu): u64 {
  return is64(cpu) ? cpu.rip : (segment(cpu, SEG_CS).base + cpu.rip) & 0xffff_ffff;
}

/**
 * The trace to run at `cpu.rip`; sets codeBase. 0 if fetching faults (the fault is raised) or the code was not in
 * memory and has been put into the scratch trace: see `runsScratch`.
 */
export function findTrace(cpu: Cpu): usize {
  const linearAddr = linearRip(cpu);
  const slot = jumpSlot(cpu, linearAddr);
  let trace: usize;
  // An address that is not canonical could look like one of another generation.
  if (load<u64>(slot) == jumpKey(cpu, linearAddr) && isCanonical(linearAddr)) trace = load<u32>(slot, 8);
  else {
    if (!is64(cpu) && cpu.rip > segment(cpu, SEG_CS).limit) {
      raiseGP(cpu, 0);
      return 0;
    }
    trace = findSlow(cpu, linearAddr);
    if (trace == 0) return 0;
  }
  cpu.codeBase = linearAddr & PAGE_MASK;
  if (cpu.mode & MODE_CS_CHECKED && cpu.rip + bytesOf(trace) - 1 > segment(cpu, SEG_CS).limit) return withinLimit(cpu, trace);
  return trace;
}

function findSlow(cpu: Cpu, linearAddr: u64): usize {
  const hostPtr = translateCode(cpu, linearAddr);
  if (cpu.fault) return 0;
  if (hostPtr == 0) return fetchOutsideMemory(cpu, linearAddr);
  let isGlobal = codeIsGlobal;
  let trace = findByHost(<u32>hostPtr, cpu.mode);
  if (trace == 0) {
    trace = build(cpu, <u32>hostPtr, linearAddr);
    if (trace == 0) return 0;
    isGlobal = isGlobal && codeIsGlobal; // of the second page, where the instruction goes on there
  }
  cacheJump(cpu, linearAddr, trace, isGlobal);
  return trace;
}

/**
 * For compiled code that the jump cache has not helped: the trace at a linear address that was decoded and that the TLB grants,
 * entered into the jump cache; 0 if finding it takes more than a look.
 */
export function findKnown(cpu: Cpu, linearAddr: u64): usize {
  const hostPtr = probeExecute(cpu, rightsSet(cpu), linearAddr);
  if (hostPtr == 0 || !isCanonical(linearAddr)) return 0;
  const trace = findByHost(<u32>hostPtr, cpu.mode);
  if (trace != 0) cacheJump(cpu, linearAddr, trace, probedGlobal);
  return trace;
}

function build(cpu: Cpu, hostPtr: u32, linearAddr: u64): usize {
  const made = NEW_TRACE + HEADER_SIZE;
  const pageStart = hostPtr & ~(PAGE_SIZE - 1);
  const pageEnd = pageStart + PAGE_SIZE;
  let p = hostPtr;
  let count: u32 = 0;
  let ends = false;
  let secondPage: u32 = 0;
  while (count < MAX_RECORDS && p < pageEnd && !ends) {
    const rec = changetype<Rec>(made + count * REC_SIZE);
    rec.pageOffset = <u16>(p - pageStart);
    rec.index = <u8>count;
    let length = decode(cpu, p, pageEnd - p, rec);
    if (length == 0) {
      if (count != 0) break;
      secondPage = gatherAcross(cpu, p, pageEnd - p, linearAddr);
      if (cpu.fault) return 0;
      length = decode(cpu, FETCH_BUFFER, 15, rec);
      rec.flags |= <u16>REC_CROSSES_PAGE;
      ends = true;
    } else ends = decodedEnds;
    p += length;
    count++;
  }
  finishTrace(cpu, made, count, <u32>(p - pageStart));
  const sizeBytes = HEADER_SIZE + (count + 1) * REC_SIZE;
  makeRoom(cpu, sizeBytes);
  const trace: usize = arenaNext + HEADER_SIZE;
  memory.copy(trace, made, sizeBytes - HEADER_SIZE);
  const header = headerOf(trace);
  store<u32>(header, hostPtr, 8);
  store<u16>(header, <u16>cpu.mode, 12);
  store<u16>(header, <u16>count, 14);
  store<u32>(header, secondPage, 16);
  store<u16>(header, <u16>(p - hostPtr), HEADER_BYTES);
  store<u32>(header, 0, 4);
  startHeat(cpu, trace);
  setRegion(trace, noRegion);
  markCode(cpu, hostPtr, min<u32>(p, pageEnd) - hostPtr);
  if (p > pageEnd) {
    if (secondPage) markCode(cpu, secondPage, p - pageEnd);
    store<u32>(header, 0, 0);
  } else indexTrace(cpu, trace, hostPtr);
  arenaNext += sizeBytes;
  tracesBuilt++;
  return trace;
}

/**
 * The record behind the last one: goes on with what follows in memory. Where CS has a limit, that is the run loop's to find: what
 * follows may lie beyond the limit.
 */
function finishTrace(cpu: Cpu, trace: usize, count: u32, pageOffset: u32): void {
  const rec = changetype<Rec>(trace + count * REC_SIZE);
  rec.id = <u16>(cpu.mode & MODE_CS_CHECKED ? ID_BUDGET_END : ID_FALLTHROUGH);
  rec.index = <u8>count;
  rec.length = 0;
  rec.pageOffset = <u16>pageOffset;
  rec.imm = pageOffset;
  rec.link = 0;
}

/** Puts the bytes of an instruction that crosses a page into FETCH_BUFFER; returns the host page of the second half. */
function gatherAcross(cpu: Cpu, hostPtr: u32, available: u32, linearAddr: u64): u32 {
  memory.copy(FETCH_BUFFER, hostPtr, available);
  let next = (linearAddr & PAGE_MASK) + PAGE_SIZE;
  if (!is64(cpu)) next &= 0xffff_ffff;
  const second = <u32>translateCode(cpu, next);
  if (cpu.fault) return 0;
  if (second) memory.copy(FETCH_BUFFER + available, second, 15 - available);
  else for (let i: u32 = 0; i < 15 - available; i++) store<u8>(FETCH_BUFFER + available + i, fetchByte(cpu, next + i));
  return second;
}

/** Notes in the page's descriptor that these bytes have been decoded; from now on writes to the page are looked at. */
function markCode(cpu: Cpu, hostPtr: u32, sizeBytes: u32): void {
  const desc = descOf(hostPtr);
  const mask = load<u64>(desc);
  if (mask == 0) evictWrites(cpu, hostPtr);
  store<u64>(desc, mask | chunkMask(hostPtr, sizeBytes));
}

/** A trace of the first `count` instructions of another one, which then returns to the run loop. */
export function cutTrace(trace: usize, count: u32): usize {
  const copy = SCRATCH_TRACE + HEADER_SIZE;
  memory.copy(SCRATCH_TRACE, headerOf(trace), HEADER_SIZE + (count + 1) * REC_SIZE);
  store<u16>(SCRATCH_TRACE, <u16>count, 14);
  const end = changetype<Rec>(copy + count * REC_SIZE);
  end.id = <u16>ID_BUDGET_END;
  end.index = <u8>count;
  return copy;
}

/** As many instructions as lie below the CS limit; an instruction that crosses it raises #GP(0). */
function withinLimit(cpu: Cpu, trace: usize): usize {
  const limit: u64 = segment(cpu, SEG_CS).limit;
  const start = changetype<Rec>(trace).pageOffset;
  let count: u32 = 0;
  while (<i32>count < traceCount(trace)) {
    const rec = changetype<Rec>(trace + count * REC_SIZE);
    if (cpu.rip + <u64>(rec.pageOffset - start + rec.length - 1) > limit) break;
    count++;
  }
  if (count == 0) {
    raiseGP(cpu, 0);
    return 0;
  }
  return cutTrace(trace, count);
}

/** Code that is in a device or nowhere: one instruction, decoded afresh each time. */
function fetchOutsideMemory(cpu: Cpu, linearAddr: u64): usize {
  for (let i: u32 = 0; i < 15; i++) {
    const address = is64(cpu) ? linearAddr + i : (linearAddr + i) & 0xffff_ffff;
    if (i != 0 && !(address & 0xfff)) {
      // Only bytes that the instruction needs may fault: look at them when the first page is not enough.
      const trace = scratchFrom(cpu, linearAddr, i);
      if (trace) return trace;
    }
    const hostPtr = translateCode(cpu, address);
    if (cpu.fault) return 0;
    store<u8>(FETCH_BUFFER + i, hostPtr ? load<u8>(hostPtr) : fetchByte(cpu, address));
  }
  return scratchFrom(cpu, linearAddr, 15);
}

function scratchFrom(cpu: Cpu, linearAddr: u64, available: u32): usize {
  const trace = SCRATCH_TRACE + HEADER_SIZE;
  const rec = changetype<Rec>(trace);
  rec.pageOffset = <u16>(linearAddr & 0xfff);
  rec.index = 0;
  const length = decode(cpu, FETCH_BUFFER, available, rec);
  if (length == 0) return 0;
  finishTrace(cpu, trace, 1, <u32>rec.pageOffset + length);
  store<u32>(SCRATCH_TRACE, 0, 8);
  store<u16>(SCRATCH_TRACE, 1, 14);
  store<u16>(SCRATCH_TRACE, <u16>length, HEADER_BYTES);
  setHeat(trace, ~(<u32>0));
  setRegion(trace, noRegion);
  changetype<Rec>(trace + REC_SIZE).id = <u16>ID_BUDGET_END;
  return trace;
}

/** Links a direct branch to its target in the same page, once that has been decoded; 0 if it has not. */
export function linkInPage(cpu: Cpu, recPtr: usize): usize {
  const rec = changetype<Rec>(recPtr);
  const hostPtr = load<u32>(recPtr - <u32>rec.index * REC_SIZE - HEADER_SIZE, 8);
  if (hostPtr == 0) return 0;
  const target = findByHost((hostPtr & ~(PAGE_SIZE - 1)) + <u32>rec.imm, cpu.mode);
  if (target) rec.link = <u32>target;
  return target;
}

/**
 * The index of decoded code: traces by where their bytes live in linear memory (hostPtr) and by mode, the traces of each
 * page, and what takes them away when those bytes are written. Traces are made and found in decode/trace-cache.ts; here
 * is the part that the MMU needs, which knows nothing of decoding.
 *
 * The jump cache in front goes from linear address and mode straight to a trace, and holds only what the TLB would
 * grant; it is emptied with the TLB. What the supervisor runs in global pages outlives a new address space, as it does in
 * the TLB: user code and supervisor code are of different generations, and the latter begins a new one only if there is
 * any outside global pages.
 *
 *   header of a trace, 32 bytes before its first record:
 *     0 u32 next trace of the page   4 u32 next in hash chain   8 u32 hostPtr (0: not from memory)   12 u16 mode, u16 count
 *    16 u32 host page of the second half, 0 if none            20 u16 bytes, and COMPUTED; u16 when counting entries began
 *    24 u32 entries left until it is hot                       28 u32 table index of its compiled region, or of a stub
 *
 * When bytes that were decoded are written, all traces of their page go: direct links never leave a page, so none can
 * point to what is gone.
 */
import { CODE_PAGES_BITS, CODE_PAGES_OFFSET, JIT_DROPPED, JIT_DROPPED_ENTRIES, JUMP_CACHE_ENTRIES, JUMP_CACHE_OFFSET, PAGE_DESC_SIZE, PAGE_MASK, PAGE_SIZE, TRACE_HASH_BASE, TRACE_HASH_ENTRIES } from "../layout";
import { Cpu, JUMP_GENERATION, JUMP_GENERATIONS, MODE_USER, STOP_CODE, is64 } from "../cpu/state";
import { machine } from "../mmu/machine";
import { clearAllCode, descOf } from "../mmu/physical";

export const HEADER_SIZE: u32 = 32;
export const HEADER_BYTES: u32 = 20;
export const HEADER_HEAT: u32 = 24;
/** Beside the length: a computed jump of the same page has led here. */
const COMPUTED: u32 = 0x8000;
export const HEADER_FUNCTION: u32 = 28;

/** Instructions in a unit of the time in which entries are counted, as a power of two. */
const HEAT_TIME_SHIFT: u64 = 20;
/** A trace is hot if all its entries came in so many units. */
const HEAT_WINDOW: u32 = 16;

@inline export function bytesOf(trace: usize): u32 {
  return load<u16>(trace - HEADER_SIZE, HEADER_BYTES) & ~COMPUTED;
}
@inline export function isComputedTarget(trace: usize): bool {
  return (load<u16>(trace - HEADER_SIZE, HEADER_BYTES) & COMPUTED) != 0;
}

/** A computed jump of the page that runs leads to `linearAddr`. */
@inline export function noteComputedJump(cpu: Cpu, linearAddr: u64): void {
  if (linearAddr - cpu.codeBase >= PAGE_SIZE) return;
  const slot = jumpSlot(cpu, linearAddr);
  if (load<u64>(slot) != jumpKey(cpu, linearAddr)) return;
  const header: usize = load<u32>(slot, 8) - HEADER_SIZE;
  store<u16>(header, <u16>(load<u16>(header, HEADER_BYTES) | COMPUTED), HEADER_BYTES);
}

/** Table index of what stands for a region that is not compiled. */
export let noRegion: u32 = 0;
/** How often a trace is entered before it is hot. */
export let heatAtStart: u32 = ~(<u32>0);

export function setRegionDefaults(stub: u32, heat: u32): void {
  noRegion = stub;
  heatAtStart = heat;
}

@inline export function heatOf(trace: usize): u32 {
  return load<u32>(trace - HEADER_SIZE, HEADER_HEAT);
}
@inline export function setHeat(trace: usize, heat: u32): void {
  store<u32>(trace - HEADER_SIZE, heat, HEADER_HEAT);
}
@inline function heatTime(cpu: Cpu): u32 {
  return <u32>((cpu.retired + <u64>(cpu.budgetStart - cpu.budget)) >> HEAT_TIME_SHIFT) & 0xffff;
}

/** Counts the entries of a trace from the start. */
export function startHeat(cpu: Cpu, trace: usize): void {
  setHeat(trace, heatAtStart);
  store<u16>(trace - HEADER_SIZE, <u16>heatTime(cpu), 22);
}

/**
 * Whether the entries came close together. What runs once in a long round with much else is the slower for being compiled: its
 * code is never in the host's caches, and has many times the size of the records that the interpreter reads.
 */
export function isDense(cpu: Cpu, trace: usize): bool {
  return ((heatTime(cpu) - load<u16>(trace - HEADER_SIZE, 22)) & 0xffff) < HEAT_WINDOW;
}

@inline export function regionOf(trace: usize): u32 {
  return load<u32>(trace - HEADER_SIZE, HEADER_FUNCTION);
}
/** Regions that were dropped since the host has last asked; beyond JIT_DROPPED_ENTRIES they are only counted. */
export let droppedRegions: u32 = 0;

export function takeDroppedRegions(): u32 {
  const count = droppedRegions;
  droppedRegions = 0;
  return count;
}

/** The trace has no region any more; the host frees its place in the table. */
export function dropRegion(trace: usize): void {
  const region = regionOf(trace);
  if (region == noRegion) return;
  if (droppedRegions < JIT_DROPPED_ENTRIES) store<u32>(JIT_DROPPED + (droppedRegions << 2), region);
  droppedRegions++;
  setRegion(trace, noRegion);
}

@inline export function setRegion(trace: usize, tableIndex: u32): void {
  store<u32>(trace - HEADER_SIZE, tableIndex, HEADER_FUNCTION);
}

/** Chunks of a page that its descriptor tells apart. */
const CHUNK_SHIFT: u32 = 6;
/** [SDM2] 2.3.11 */
const MAX_INSTRUCTION_BYTES: u32 = 15;

/** Counter for stats(): pages whose traces were dropped. */
export let pagesDropped: u32 = 0;

@inline export function headerOf(trace: usize): usize {
  return trace - HEADER_SIZE;
}

@inline export function jumpKey(cpu: Cpu, linearAddr: u64): u64 {
  return linearAddr ^ cpu.jumpTag;
}
@inline export function jumpSlot(cpu: Cpu, linearAddr: u64): usize {
  const hash = <u32>linearAddr ^ (<u32>linearAddr >> 10);
  return cpu.tables + JUMP_CACHE_OFFSET + ((hash & (JUMP_CACHE_ENTRIES - 1)) << 4);
}

@inline function hashSlot(hostPtr: u32, mode: u32): usize {
  const hash = hostPtr ^ (hostPtr >> 13) ^ (mode << 7);
  return TRACE_HASH_BASE + ((hash & (TRACE_HASH_ENTRIES - 1)) << 2);
}

/** Keys of the generation before fit no canonical address any more; after 256 generations the entries themselves are cleared. */
function generationAfter(cpu: Cpu, generation: u64): u64 {
  const next = (generation + JUMP_GENERATION) & JUMP_GENERATIONS;
  // All ones is no key: mode bits are never all ones.
  if (next == 0) memory.fill(cpu.tables + JUMP_CACHE_OFFSET, 0xff, JUMP_CACHE_ENTRIES * 16);
  return next;
}

function newUserGeneration(cpu: Cpu): void {
  cpu.userGeneration = generationAfter(cpu, cpu.userGeneration);
  memory.fill(codePages(cpu, true), 0, CODE_PAGES_BITS >> 3);
}

@inline function codePages(cpu: Cpu, isUser: bool): usize {
  return <usize>cpu.tables + CODE_PAGES_OFFSET + (isUser ? 0 : CODE_PAGES_BITS >> 3);
}

/** Number of the bit that stands for the page of a linear address. */
@inline function pageBit(linearAddr: u64): u32 {
  const page = <u32>(linearAddr >> 12);
  return (page ^ (page >> 12)) & (CODE_PAGES_BITS - 1);
}

function noteCodePage(cpu: Cpu, linearAddr: u64): void {
  const bit = pageBit(linearAddr);
  const at = codePages(cpu, (cpu.mode & MODE_USER) != 0) + (bit >> 3);
  store<u8>(at, <u8>(<u32>load<u8>(at) | (<u32>1 << (bit & 7))));
}

/** Whether the jump cache may have code of the page of `linearAddr`. */
function mayHaveCode(cpu: Cpu, linearAddr: u64): bool {
  const bit = pageBit(linearAddr);
  const either: u32 = load<u8>(codePages(cpu, true) + (bit >> 3)) | load<u8>(codePages(cpu, false) + (bit >> 3));
  return ((either >> (bit & 7)) & 1) != 0;
}

function enterGeneration(cpu: Cpu): void {
  const generation = cpu.mode & MODE_USER ? cpu.userGeneration : cpu.supervisorGeneration;
  cpu.jumpTag = (cpu.jumpTag & ~JUMP_GENERATIONS) | generation;
  cpu.stop |= STOP_CODE;
}

/** Empties the jump cache. */
export function flushJumpCache(cpu: Cpu): void {
  newUserGeneration(cpu);
  cpu.supervisorGeneration = generationAfter(cpu, cpu.supervisorGeneration);
  memory.fill(codePages(cpu, false), 0, CODE_PAGES_BITS >> 3);
  cpu.localSupervisorCode = false;
  enterGeneration(cpu);
}

/** Takes out of the jump cache what is not in global pages. */
export function flushLocalCode(cpu: Cpu): void {
  if (cpu.localSupervisorCode || cpu.mode & MODE_USER) flushJumpCache(cpu);
  else newUserGeneration(cpu);
}

/** Takes code of the page of `linearAddr` out of the jump cache. */
export function flushCodePage(cpu: Cpu, linearAddr: u64): void {
  if (mayHaveCode(cpu, linearAddr)) flushJumpCache(cpu);
}

/** Enters the trace for code at `linearAddr` in the present mode; `isGlobal`: all of it is in global pages. */
export function cacheJump(cpu: Cpu, linearAddr: u64, trace: usize, isGlobal: bool): void {
  const slot = jumpSlot(cpu, linearAddr);
  store<u64>(slot, jumpKey(cpu, linearAddr));
  store<u32>(slot, <u32>trace, 8);
  if (!isGlobal && !(cpu.mode & MODE_USER)) cpu.localSupervisorCode = true;
  noteCodePage(cpu, linearAddr);
  // A single instruction may go on in the next page.
  const last = linearAddr + bytesOf(trace) - 1;
  if ((last ^ linearAddr) & PAGE_MASK) noteCodePage(cpu, is64(cpu) ? last : last & 0xffff_ffff);
}

/** Empties the index and the page descriptors: no code has been decoded. */
export function clearIndex(cpu: Cpu): void {
  // A machine that is new has used none of it.
  for (let slot = TRACE_HASH_BASE, end = slot + TRACE_HASH_ENTRIES * 4; slot < end; slot += 8) if (load<u64>(slot) != 0) store<u64>(slot, 0);
  memory.fill(cpu.tables + JUMP_CACHE_OFFSET, 0xff, JUMP_CACHE_ENTRIES * 16); // a restored generation may be one that was in use here
  clearAllCode();
  flushJumpCache(cpu);
}

/** The trace decoded from `hostPtr` in `mode`, or 0. */
export function findByHost(hostPtr: u32, mode: u32): usize {
  let trace: usize = load<u32>(hashSlot(hostPtr, mode));
  while (trace != 0) {
    const header = headerOf(trace);
    if (load<u32>(header, 8) == hostPtr && load<u16>(header, 12) == <u16>mode) return trace;
    trace = load<u32>(header, 4);
  }
  return 0;
}

/** Enters a trace, decoded from `hostPtr` in the present mode, into its hash chain and the list of its page. */
export function indexTrace(cpu: Cpu, trace: usize, hostPtr: u32): void {
  const header = headerOf(trace);
  const hash = hashSlot(hostPtr, cpu.mode);
  store<u32>(header, load<u32>(hash), 4);
  store<u32>(hash, <u32>trace);
  const desc = descOf(hostPtr);
  store<u32>(header, load<u32>(desc, 8), 0);
  store<u32>(desc, <u32>trace, 8);
}

/** The chunks of its page that `sizeBytes` at `hostPtr` touch, as bits; bytes beyond the page do not count. */
export function chunkMask(hostPtr: u32, sizeBytes: u32): u64 {
  const first: u64 = (hostPtr & (PAGE_SIZE - 1)) >> CHUNK_SHIFT;
  const last: u64 = min<u32>((hostPtr & (PAGE_SIZE - 1)) + sizeBytes - 1, PAGE_SIZE - 1) >> CHUNK_SHIFT;
  return (~(<u64>0) >> (63 - last)) & (~(<u64>0) << first);
}

/** Bytes that an instruction across the page's bounds may have: its trace is in no list. */
@inline function mayCross(hostPtr: u32, sizeBytes: u32): bool {
  const offset = hostPtr & (PAGE_SIZE - 1);
  return offset < MAX_INSTRUCTION_BYTES || offset + sizeBytes > PAGE_SIZE - MAX_INSTRUCTION_BYTES;
}

/** Whether a trace of the list has been decoded from any of these bytes: data may lie close to code and be written often. */
function holdsAny(trace: usize, hostPtr: u32, sizeBytes: u32): bool {
  while (trace != 0) {
    const header = headerOf(trace);
    const start = load<u32>(header, 8);
    if (hostPtr < start + bytesOf(trace) && start < hostPtr + sizeBytes) return true;
    trace = load<u32>(header, 0);
  }
  return false;
}

/** The slow path of writes calls this for bytes in a page with decoded code (all inside one page). */
export function codeWritten(cpu: Cpu, hostPtr: u32, sizeBytes: u32): void {
  const desc = descOf(hostPtr);
  if (!(load<u64>(desc) & chunkMask(hostPtr, sizeBytes))) return;
  let trace: usize = load<u32>(desc, 8);
  if (!mayCross(hostPtr, sizeBytes) && !holdsAny(trace, hostPtr, sizeBytes)) return;
  while (trace != 0) {
    const header = headerOf(trace);
    unlink(trace, load<u32>(header, 8), load<u16>(header, 12));
    dropRegion(trace);
    trace = load<u32>(header, 0);
  }
  store<u64>(desc, 0);
  store<u32>(desc, 0, 8);
  pagesDropped++;
  flushJumpCache(cpu);
}

/** Drops the traces of pages in which nothing was compiled. The jump cache may still hold them. */
export function dropColdPages(): void {
  const m = machine();
  for (let n: u32 = 0; n < m.pageCount; n++) {
    const desc = m.descBase + n * PAGE_DESC_SIZE;
    const first: usize = load<u32>(desc, 8);
    if (first == 0 || hasRegion(first)) continue;
    for (let trace = first; trace != 0; trace = load<u32>(headerOf(trace), 0)) unlink(trace, load<u32>(headerOf(trace), 8), load<u16>(headerOf(trace), 12));
    store<u64>(desc, 0);
    store<u32>(desc, 0, 8);
  }
}

function hasRegion(first: usize): bool {
  for (let trace = first; trace != 0; trace = load<u32>(headerOf(trace), 0)) if (regionOf(trace) != noRegion) return true;
  return false;
}

function unlink(trace: usize, hostPtr: u32, mode: u32): void {
  let slot = hashSlot(hostPtr, mode);
  while (true) {
    const other: usize = load<u32>(slot);
    if (other == 0) return;
    if (other == trace) {
      store<u32>(slot, load<u32>(headerOf(trace), 4));
      return;
    }
    slot = headerOf(other) + 4;
  }
}

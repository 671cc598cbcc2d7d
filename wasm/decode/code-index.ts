/**
 * The index of decoded code: traces by where their bytes live in linear memory (hostPtr) and by mode, the traces of each
 * page, and what takes them away when those bytes are written. Traces are made and found in decode/trace-cache.ts; here
 * is the part that the MMU needs, which knows nothing of decoding.
 *
 * The jump cache in front goes from linear address and mode straight to a trace, and holds only what the TLB would
 * grant; it is emptied with the TLB.
 *
 *   header of a trace, 32 bytes before its first record:
 *     0 u32 next trace of the page   4 u32 next in hash chain   8 u32 hostPtr (0: not from memory)   12 u16 mode, u16 count
 *    16 u32 host page of the second half, 0 if none            20 u32 bytes
 *    24 u32 entries left until it is hot                       28 u32 table index of its compiled region, or of a stub
 *
 * When bytes that were decoded are written, all traces of their page go: direct links never leave a page, so none can
 * point to what is gone.
 */
import { JIT_DROPPED, JIT_DROPPED_ENTRIES, JUMP_CACHE_ENTRIES, JUMP_CACHE_OFFSET, PAGE_SIZE, TRACE_HASH_BASE, TRACE_HASH_ENTRIES } from "../layout";
import { Cpu, JUMP_GENERATION, JUMP_GENERATIONS, STOP_CODE } from "../cpu/state";
import { clearAllCode, descOf } from "../mmu/physical";

export const HEADER_SIZE: u32 = 32;
export const HEADER_HEAT: u32 = 24;
export const HEADER_FUNCTION: u32 = 28;

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
export function flushJumpCache(cpu: Cpu): void {
  cpu.jumpTag = (cpu.jumpTag & ~JUMP_GENERATIONS) | ((cpu.jumpTag + JUMP_GENERATION) & JUMP_GENERATIONS);
  // All ones is no key: mode bits are never all ones.
  if (!(cpu.jumpTag & JUMP_GENERATIONS)) memory.fill(cpu.tables + JUMP_CACHE_OFFSET, 0xff, JUMP_CACHE_ENTRIES * 16);
  cpu.stop |= STOP_CODE;
}

/** Empties the index and the page descriptors: no code has been decoded. */
export function clearIndex(cpu: Cpu): void {
  memory.fill(TRACE_HASH_BASE, 0, TRACE_HASH_ENTRIES * 4);
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
    if (hostPtr < start + load<u32>(header, 20) && start < hostPtr + sizeBytes) return true;
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

/**
 * The TLB behind mmu/access.ts: filling it, emptying it, and taking away write entries of pages that want to see their writes.
 *
 * Three filled sets (user, supervisor, supervisor with EFLAGS.AC), each with a read and a write array; permission is in the
 * tag. An entry's flags word keeps what the tag does not say. Every slot that is filled is noted once in a log, so that a
 * flush costs what was filled; when the log is full, flushes go through the arrays instead. PCIDs are not tags: a change of
 * address space drops everything that is not global, which is more than the architecture asks.
 *
 * A slot that a flush has left unlogged is all ones. Parts of large pages have entries of their own; a bit map by hashed
 * address tells INVLPG whether there can be any to look for.
 * [SDM3] 4.10 – [APM2] 5.5
 */
import { flushCodePage, flushJumpCache, flushLocalCode } from "../decode/code-index";
import {
  PAGE_MASK, PAGE_SIZE, ROM_BASE, TLB_ARRAY_SIZE, TLB_ENTRIES, TLB_LARGE_BITS, TLB_LARGE_OFFSET, TLB_LOG_ENTRIES, TLB_LOG_OFFSET, TLB_OFFSET, TLB_SETS,
} from "../layout";
import { TLB_SET_EMPTY, tlbArray } from "../cpu/mode";
import { Cpu } from "../cpu/state";
import { NOTE_TLB_FILL, NOTE_TLB_FLUSH, traceMmu } from "../cpu/trace";
import { PAGE_EXECUTE, PAGE_GIANT, PAGE_GLOBAL, PAGE_LARGE } from "./page-walk";
import { cpuAt, machine } from "./machine";
import { markDirty, setWriters, writersOf } from "./physical";
import { closeStackWindow } from "./stack-window";
import { tlbSlot } from "./tlb-entry";

/** Entry flags: PAGE_GLOBAL, PAGE_EXECUTE, PAGE_LARGE and PAGE_GIANT as the walk gave them, and: */
const ENTRY_UNLOGGED: u32 = 0x8000_0000;
const ENTRY_KEPT: u32 = PAGE_GLOBAL | PAGE_EXECUTE | PAGE_LARGE | PAGE_GIANT;
const EMPTY_TAG: u64 = ~(<u64>0);
const ENTRY_SIZE: u32 = 16;
const LARGE_SHIFT: u64 = 22;
const GIANT_SHIFT: u64 = 30;

/** Empties every array, the log, and the set that stays empty for good. For a processor that is new or restored. */
export function initTlb(cpu: Cpu): void {
  memory.fill(<usize>cpu.tables + TLB_OFFSET, 0xff, TLB_SETS * 2 * TLB_ARRAY_SIZE);
  cpu.tlbLogCount = 0;
  memory.fill(<usize>cpu.tables + TLB_LARGE_OFFSET, 0, TLB_LARGE_BITS >> 3);
  flushJumpCache(cpu);
  closeStackWindow(cpu);
}

@inline function logSlot(cpu: Cpu, n: u32): usize {
  return <usize>cpu.tables + TLB_LOG_OFFSET + (n << 2);
}

@inline function logged(cpu: Cpu, n: u32): usize {
  return load<u32>(logSlot(cpu, n));
}

@inline function isOverflown(cpu: Cpu): bool {
  return cpu.tlbLogCount >= TLB_LOG_ENTRIES;
}

@inline function arraysStart(cpu: Cpu): usize {
  return <usize>cpu.tables + TLB_OFFSET;
}

@inline function arraysEnd(cpu: Cpu): usize {
  return <usize>cpu.tables + TLB_OFFSET + TLB_SET_EMPTY * 2 * TLB_ARRAY_SIZE;
}

/** Whether the slot belongs to a write array. */
@inline function isWriteSlot(cpu: Cpu, slot: usize): bool {
  return (((slot - arraysStart(cpu)) / TLB_ARRAY_SIZE) & 1) != 0;
}

/** Counter for stats(): entries made, each after a miss. */
export let tlbFills: u32 = 0;

/** Enters the page of `linearAddr`, which is at host page `hostPage`, into the read or write array of `set`. */
export function fillTlb(cpu: Cpu, set: u32, isWrite: u32, linearAddr: u64, hostPage: usize, pageBits: u32): void {
  const slot: usize = tlbSlot(tlbArray(cpu, set, isWrite), linearAddr);
  const isNew = (load<u32>(slot, 12) & ENTRY_UNLOGGED) != 0;
  let unlogged: u32 = 0;
  if (isNew) {
    if (isOverflown(cpu)) unlogged = ENTRY_UNLOGGED;
    else {
      store<u32>(logSlot(cpu, cpu.tlbLogCount), <u32>slot);
      cpu.tlbLogCount++;
    }
  }
  tlbFills++;
  const linearPage = linearAddr & PAGE_MASK;
  traceMmu(NOTE_TLB_FILL, linearPage | set | (isWrite << 4), <u64>hostPage | pageBits);
  store<u64>(slot, linearPage);
  store<u32>(slot, <u32>hostPage - <u32>linearPage, 8);
  store<u32>(slot, (pageBits & ENTRY_KEPT) | unlogged, 12);
  if (pageBits & PAGE_LARGE) noteLarge(cpu, linearAddr >> LARGE_SHIFT);
  if (pageBits & PAGE_GIANT) noteLarge(cpu, linearAddr >> GIANT_SHIFT);
  if (isWrite) setWriters(hostPage, writersOf(hostPage) | (1 << cpu.index));
}

/** Whether the page that `probeExecute` has found last is global. */
export let probedGlobal: bool = false;

/**
 * Host pointer of the code byte at `linearAddr` if the read array of `set` knows that it may be executed there, else 0.
 */
@inline export function probeExecute(cpu: Cpu, set: u32, linearAddr: u64): usize {
  const slot: usize = tlbSlot(tlbArray(cpu, set, 0), linearAddr);
  const flags = load<u32>(slot, 12);
  if (load<u64>(slot) != (linearAddr & PAGE_MASK) || !(flags & PAGE_EXECUTE)) return 0;
  probedGlobal = (flags & PAGE_GLOBAL) != 0;
  return <u32>linearAddr + load<u32>(slot, 8);
}

@inline function largeByte(cpu: Cpu, key: u64): usize {
  return <usize>cpu.tables + TLB_LARGE_OFFSET + ((<u32>(key ^ (key >> 12)) & (TLB_LARGE_BITS - 1)) >> 3);
}

@inline function largeBit(key: u64): u32 {
  const place = <u32>(key ^ (key >> 12)) & 7;
  return 1 << place;
}

@inline function noteLarge(cpu: Cpu, key: u64): void {
  const at = largeByte(cpu, key);
  store<u8>(at, load<u8>(at) | largeBit(key));
}

@inline function mayHaveLarge(cpu: Cpu, key: u64): bool {
  return (load<u8>(largeByte(cpu, key)) & largeBit(key)) != 0;
}

/** Makes the slot miss; it stays in the log. */
@inline function dropEntry(slot: usize): void {
  store<u64>(slot, EMPTY_TAG);
}

/** Makes the slot as it was when new, out of the log. */
@inline function clearSlot(slot: usize): void {
  store<u64>(slot, EMPTY_TAG);
  store<u32>(slot, ~(<u32>0), 12);
}

/** Drops everything, global pages too: CR0, CR4, EFER or the memory map changed. */
export function flushAll(cpu: Cpu): void {
  traceMmu(NOTE_TLB_FLUSH, 0, 0);
  closeStackWindow(cpu);
  if (isOverflown(cpu)) memory.fill(arraysStart(cpu), 0xff, arraysEnd(cpu) - arraysStart(cpu));
  else for (let n: u32 = 0, count = cpu.tlbLogCount; n < count; n++) clearSlot(logged(cpu, n));
  cpu.tlbLogCount = 0;
  memory.fill(<usize>cpu.tables + TLB_LARGE_OFFSET, 0, TLB_LARGE_BITS >> 3);
  flushJumpCache(cpu);
}

/** Drops what is not global: MOV to CR3. */
export function flushNonGlobal(cpu: Cpu): void {
  traceMmu(NOTE_TLB_FLUSH, 1, 0);
  closeStackWindow(cpu);
  if (isOverflown(cpu)) rebuildLog(cpu);
  else {
    let kept: u32 = 0;
    for (let n: u32 = 0, count = cpu.tlbLogCount; n < count; n++) {
      const slot = logged(cpu, n);
      if (load<u64>(slot) != EMPTY_TAG && load<u32>(slot, 12) & PAGE_GLOBAL) {
        store<u32>(logSlot(cpu, kept), <u32>slot);
        kept++;
      } else clearSlot(slot);
    }
    cpu.tlbLogCount = kept;
  }
  flushLocalCode(cpu);
}

/** After an overflow: goes through the arrays, keeps global entries and logs them anew. */
function rebuildLog(cpu: Cpu): void {
  cpu.tlbLogCount = 0;
  for (let slot = arraysStart(cpu), end = arraysEnd(cpu); slot < end; slot += ENTRY_SIZE) {
    const flags = load<u32>(slot, 12);
    if (load<u64>(slot) == EMPTY_TAG || !(flags & PAGE_GLOBAL)) clearSlot(slot);
    else if (isOverflown(cpu)) store<u32>(slot, flags | ENTRY_UNLOGGED, 12);
    else {
      store<u32>(slot, flags & ~ENTRY_UNLOGGED, 12);
      store<u32>(logSlot(cpu, cpu.tlbLogCount), <u32>slot);
      cpu.tlbLogCount++;
    }
  }
}

/** Drops the page that holds `linearAddr`, global or not, with all its parts if it is a large one: INVLPG. */
export function flushPage(cpu: Cpu, linearAddr: u64): void {
  traceMmu(NOTE_TLB_FLUSH, 2, linearAddr);
  closeStackWindow(cpu);
  const linearPage = linearAddr & PAGE_MASK;
  for (let n: u32 = 0; n < TLB_SET_EMPTY * 2; n++) {
    const slot: usize = tlbSlot(<u32>arraysStart(cpu) + n * TLB_ARRAY_SIZE, linearAddr);
    if (load<u64>(slot) == linearPage) dropEntry(slot);
  }
  if (mayHaveLarge(cpu, linearAddr >> LARGE_SHIFT) || mayHaveLarge(cpu, linearAddr >> GIANT_SHIFT)) {
    flushLarge(cpu, linearAddr);
    flushJumpCache(cpu);
  } else flushCodePage(cpu, linearAddr);
}

/** Drops entries that were parts of a large page around `linearAddr`. */
function flushLarge(cpu: Cpu, linearAddr: u64): void {
  if (isOverflown(cpu)) {
    for (let slot = arraysStart(cpu), end = arraysEnd(cpu); slot < end; slot += ENTRY_SIZE) dropIfSameLarge(slot, linearAddr);
  } else {
    for (let n: u32 = 0, count = cpu.tlbLogCount; n < count; n++) dropIfSameLarge(logged(cpu, n), linearAddr);
  }
}

@inline function dropIfSameLarge(slot: usize, linearAddr: u64): void {
  const tag = load<u64>(slot);
  if (tag == EMPTY_TAG) return;
  const flags = load<u32>(slot, 12);
  const difference = tag ^ linearAddr;
  if ((flags & PAGE_LARGE && difference >> LARGE_SHIFT == 0) || (flags & PAGE_GIANT && difference >> GIANT_SHIFT == 0)) dropEntry(slot);
}

/** Takes away the write entries of `cpu` for host pages from `first` up to `end`. */
function evictWriteRange(cpu: Cpu, first: usize, end: usize): void {
  closeStackWindow(cpu);
  if (isOverflown(cpu)) {
    for (let slot = arraysStart(cpu), last = arraysEnd(cpu); slot < last; slot += ENTRY_SIZE) dropIfWrites(cpu, slot, first, end);
  } else {
    for (let n: u32 = 0, count = cpu.tlbLogCount; n < count; n++) dropIfWrites(cpu, logged(cpu, n), first, end);
  }
}

@inline function dropIfWrites(cpu: Cpu, slot: usize, first: usize, end: usize): void {
  const tag = load<u64>(slot);
  if (tag == EMPTY_TAG || !isWriteSlot(cpu, slot)) return;
  const hostPage: usize = <u32>tag + load<u32>(slot, 8);
  if (hostPage >= first && hostPage < end) dropEntry(slot);
}

/**
 * After the arrays were restored with a saved processor: notes in the page descriptors and dirty bytes, which are not saved, what the write entries
 * stand for, and that video memory is to be shown anew. `moved`: how much further on memory lies than where it was saved.
 */
export function adoptTlb(cpu: Cpu, moved: u32): void {
  closeStackWindow(cpu);
  for (let slot = arraysStart(cpu), end = arraysEnd(cpu); slot < end; slot += ENTRY_SIZE) {
    const tag = load<u64>(slot);
    if (tag == EMPTY_TAG) continue;
    store<u32>(slot, load<u32>(slot, 8) + moved, 8);
    if (!isWriteSlot(cpu, slot)) continue;
    const hostPage: usize = <u32>tag + load<u32>(slot, 8);
    setWriters(hostPage, writersOf(hostPage) | (1 << cpu.index));
    markDirty(hostPage);
  }
  const m = machine();
  for (let offset: u32 = 0; offset < m.vramBytes; offset += PAGE_SIZE) markDirty(m.vramBase + offset);
}

/** The host page at `hostPage` has got its first decoded code: from now on its writes take the slow path. */
export function evictWrites(cpu: Cpu, hostPage: usize): void {
  const page = hostPage & ~(<usize>PAGE_SIZE - 1);
  const writers = writersOf(page);
  if (!(writers & (1 << cpu.index))) return;
  setWriters(page, writers & ~(1 << cpu.index));
  evictWriteRange(cpu, page, page + PAGE_SIZE);
}

/**
 * Tells which of `count` pages from host page `start` were written since the last call with the same `consumer` bit, as a bit map at
 * `outPtr`, and begins anew. All processors' write entries for the pages are taken away. Returns how many pages were dirty.
 */
export function collectDirty(start: usize, count: u32, consumer: u32, outPtr: usize): u32 {
  const dirtyBytes = machine().dirtyBase + ((start - ROM_BASE) >> 12);
  memory.fill(outPtr, 0, (count + 7) >> 3);
  let found: u32 = 0;
  let writers: u32 = 0;
  for (let n: u32 = 0; n < count; n++) {
    const dirty: u32 = load<u8>(dirtyBytes + n);
    if (!(dirty & consumer)) continue;
    store<u8>(dirtyBytes + n, dirty & ~consumer);
    store<u8>(outPtr + (n >> 3), load<u8>(outPtr + (n >> 3)) | <u8>(<u32>1 << (n & 7)));
    found++;
    const hostPage = start + n * PAGE_SIZE;
    writers |= writersOf(hostPage);
    setWriters(hostPage, 0);
  }
  for (let index: u32 = 0; writers; index++, writers >>= 1) if (writers & 1) evictWriteRange(cpuAt(index), start, start + count * PAGE_SIZE);
  return found;
}

/**
 * String instructions, alone and repeated. A repeated one does at most VISIT_LIMIT elements (MOVS and STOS: RUN_VISIT_LIMIT), then is
 * visited again (STOP_REPEAT: RIP stays), so that interrupts get in; each visit counts as one instruction, whatever way its bytes
 * took: the way depends on what the TLB holds and on what has been decoded, the count must not.
 * Where both pages are plain memory, whole runs inside a page are copied or filled at once, upwards and downwards.
 * Registers follow element by element: a fault in the middle leaves what was done. [SDM1] 7.3.9.3
 */
import { PAGE_SIZE } from "../layout";
import { ACCESS_READ, ACCESS_WRITE, segLinear } from "../cpu/address";
import { compare } from "../cpu/alu-flags";
import { PENDING_STEP, markRepetition } from "../cpu/debug";
import { getZF } from "../cpu/flags";
import { setReg } from "../cpu/operand";
import { Cpu, FLAG_DF, FLAT_END, MODE_FLAT, SEG_ES, SEG_FS, STOP_EVENT, STOP_FAULT, STOP_HOST, STOP_REPEAT, ptr } from "../cpu/state";
import { REC_REP, REC_REPNE, Rec, addrSizeLog2 } from "../decode/record";
import { memRead, memWrite } from "../mmu/access";
import { POINTER_WRITE, pagePointer } from "../mmu/slow-access";
import { tlbPointer } from "../mmu/tlb-entry";

const VISIT_LIMIT: u64 = 4096;
/** In runs inside pages: about thirty pages of bytes, which takes a few microseconds. */
const RUN_VISIT_LIMIT: u64 = 0x2_0000;
/** Fewer elements than these are done one by one. */
const RUN_LEAST: u64 = 4;
/** Byte offsets of RCX, RSI and RDI in Cpu. */
const OFF_RCX: u32 = 8;
const OFF_RSI: u32 = 48;
const OFF_RDI: u32 = 56;

@inline function addressMask(rec: Rec): u64 {
  const size = addrSizeLog2(rec);
  return size == 3 ? ~(<u64>0) : size == 2 ? 0xffff_ffff : 0xffff;
}

/** Writes an index or count register with the width of the address size. */
@inline function setIndex(cpu: Cpu, off: u32, value: u64, mask: u64): void {
  if (mask == 0xffff) store<u16>(ptr(cpu) + off, <u16>value);
  else store<u64>(ptr(cpu) + off, value & mask);
}

@inline function advance(cpu: Cpu, off: u32, deltaBytes: i64, mask: u64): void {
  setIndex(cpu, off, load<u64>(ptr(cpu) + off) + <u64>deltaBytes, mask);
}

@inline function step<T>(cpu: Cpu): i64 {
  return cpu.eflags & FLAG_DF ? -(<i64>sizeof<T>()) : <i64>sizeof<T>();
}

/** segLinear, shorter where the segment is flat and the offset not at its end. */
@inline function linearIn<T>(cpu: Cpu, seg: u32, offset: u64, access: u32): u64 {
  if (cpu.mode & MODE_FLAT && seg < SEG_FS && offset <= FLAT_END) return offset;
  return segLinear(cpu, seg, offset, sizeof<T>(), access);
}

@inline function sourceLinear<T>(cpu: Cpu, rec: Rec, mask: u64): u64 {
  return linearIn<T>(cpu, rec.seg, cpu.rsi & mask, ACCESS_READ);
}

@inline function destLinear<T>(cpu: Cpu, mask: u64, access: u32): u64 {
  return linearIn<T>(cpu, SEG_ES, cpu.rdi & mask, access);
}

/** Host pointer of the element at `linearAddr` where its page is plain memory, 0 otherwise; the TLB knows the page then. */
@inline function runPointer<T>(cpu: Cpu, linearAddr: u64, isWrite: bool): usize {
  const hostPtr = tlbPointer(isWrite ? cpu.tlbWrite : cpu.tlbRead, linearAddr);
  if (hostPtr) return hostPtr;
  if (!pagePointer(cpu, linearAddr, sizeof<T>() | (isWrite ? POINTER_WRITE : 0))) return 0;
  // A page in which there is code may be written in places, and is not in the TLB.
  return tlbPointer(isWrite ? cpu.tlbWrite : cpu.tlbRead, linearAddr);
}

/** Elements from the one at `linearAddr` on, in the direction of delta, that lie whole inside its page. */
@inline function inPage<T>(linearAddr: u64, delta: i64): u64 {
  const offset = linearAddr & 0xfff;
  if (delta > 0) return (PAGE_SIZE - offset) / sizeof<T>();
  return offset + sizeof<T>() > PAGE_SIZE ? 0 : offset / sizeof<T>() + 1;
}

/** Elements until the offset in `off` would wrap at the address size. */
@inline function untilWrap<T>(cpu: Cpu, off: u32, delta: i64, mask: u64): u64 {
  if (mask == ~(<u64>0)) return RUN_VISIT_LIMIT;
  const offset = load<u64>(ptr(cpu) + off) & mask;
  if (delta > 0) return (mask - offset + 1) / sizeof<T>();
  return offset + (sizeof<T>() - 1) > mask ? 0 : offset / sizeof<T>() + 1;
}

/** The lowest address of a run of `bytes` whose first element is at `host`. */
@inline function lowest<T>(host: usize, bytes: u32, delta: i64): usize {
  return delta > 0 ? host : host - bytes + <u32>sizeof<T>();
}

const EVENTS: u32 = STOP_FAULT | STOP_EVENT | STOP_HOST;

/** At the end of a visit: asks for another one when elements are left. */
@inline function finish(cpu: Cpu, count: u64): void {
  markRepetition(cpu, count != 0);
  if (count != 0) cpu.stop |= STOP_REPEAT;
}

/** Elements to do in this visit: single step traps after each one. [SDM3] 18.3.1.4 */
@inline function visitLength(cpu: Cpu, count: u64, limit: u64): u64 {
  return cpu.pendingDebug & PENDING_STEP ? min<u64>(count, 1) : min<u64>(count, limit);
}

export function MOVS<T>(cpu: Cpu, rec: Rec): void {
  const mask = addressMask(rec);
  const delta = step<T>(cpu);
  if (!(rec.flags & (REC_REP | REC_REPNE))) {
    moveOne<T>(cpu, rec, mask, delta);
    return;
  }
  let count = cpu.rcx & mask;
  let left = visitLength(cpu, count, RUN_VISIT_LIMIT);
  while (left != 0) {
    let done: u64 = left > RUN_LEAST ? copyRun<T>(cpu, rec, mask, delta, left) : 0;
    if (done == 0) {
      done = 1;
      moveOne<T>(cpu, rec, mask, delta);
      if (cpu.fault) return;
    }
    count -= done;
    left -= done;
    setIndex(cpu, OFF_RCX, count, mask);
    if (cpu.stop & EVENTS) break;
  }
  finish(cpu, count);
}

function moveOne<T>(cpu: Cpu, rec: Rec, mask: u64, delta: i64): void {
  const from = sourceLinear<T>(cpu, rec, mask);
  if (cpu.fault) return;
  const value = memRead<T>(cpu, from);
  if (cpu.fault) return;
  const to = destLinear<T>(cpu, mask, ACCESS_WRITE);
  if (cpu.fault) return;
  memWrite<T>(cpu, to, value);
  if (cpu.fault) return;
  advance(cpu, OFF_RSI, delta, mask);
  advance(cpu, OFF_RDI, delta, mask);
}

/** Copies what lies inside one source and one destination page; 0 where it must go one by one. */
function copyRun<T>(cpu: Cpu, rec: Rec, mask: u64, delta: i64, limit: u64): u64 {
  const from = sourceLinear<T>(cpu, rec, mask);
  const to = destLinear<T>(cpu, mask, ACCESS_WRITE);
  if (cpu.fault) {
    // The slow way raises it again, in its order.
    cpu.fault = 0;
    cpu.stop &= ~STOP_FAULT;
    return 0;
  }
  const toHost = runPointer<T>(cpu, to, true);
  // Looked for last: nothing that is done for it takes a page out of the TLB.
  const fromHost = toHost ? runPointer<T>(cpu, from, false) : 0;
  if (fromHost == 0) return 0;
  let n = min<u64>(limit, min<u64>(inPage<T>(from, delta), inPage<T>(to, delta)));
  n = min<u64>(n, min<u64>(untilWrap<T>(cpu, OFF_RSI, delta, mask), untilWrap<T>(cpu, OFF_RDI, delta, mask)));
  if (n == 0) return 0;
  n = min<u64>(n, withinSegments<T>(cpu, rec, mask, delta, n, true));
  if (n == 0) return 0;
  const bytes = <u32>n * sizeof<T>();
  const source = lowest<T>(fromHost, bytes, delta);
  const target = lowest<T>(toHost, bytes, delta);
  const repeats = delta > 0 ? target > source && target < source + bytes : target < source && source < target + bytes;
  if (repeats) {
    // The source is being overwritten on the way: elements repeat.
    const last: usize = <usize>(bytes - <u32>sizeof<T>());
    for (let i: u32 = 0; i < bytes; i += sizeof<T>()) {
      const at: usize = delta > 0 ? <usize>i : last - i;
      store<T>(target + at, load<T>(source + at));
    }
  } else memory.copy(target, source, bytes);
  const moved = <i64>n * delta;
  advance(cpu, OFF_RSI, moved, mask);
  advance(cpu, OFF_RDI, moved, mask);
  return n;
}

/** n, or 0 where the last of n elements would fail a segment check that the first one passed. */
function withinSegments<T>(cpu: Cpu, rec: Rec, mask: u64, delta: i64, n: u64, source: bool): u64 {
  const last = <u64>(<i64>(n - 1) * delta);
  if (source) linearIn<T>(cpu, rec.seg, (cpu.rsi + last) & mask, ACCESS_READ);
  linearIn<T>(cpu, SEG_ES, (cpu.rdi + last) & mask, ACCESS_WRITE);
  if (!cpu.fault) return n;
  cpu.fault = 0;
  cpu.stop &= ~STOP_FAULT;
  return 0;
}

export function STOS<T>(cpu: Cpu, rec: Rec): void {
  const mask = addressMask(rec);
  const delta = step<T>(cpu);
  if (!(rec.flags & (REC_REP | REC_REPNE))) {
    storeOne<T>(cpu, mask, delta);
    return;
  }
  let count = cpu.rcx & mask;
  let left = visitLength(cpu, count, RUN_VISIT_LIMIT);
  while (left != 0) {
    let done: u64 = left > RUN_LEAST ? fillRun<T>(cpu, rec, mask, delta, left) : 0;
    if (done == 0) {
      done = 1;
      storeOne<T>(cpu, mask, delta);
      if (cpu.fault) return;
    }
    count -= done;
    left -= done;
    setIndex(cpu, OFF_RCX, count, mask);
    if (cpu.stop & EVENTS) break;
  }
  finish(cpu, count);
}

function storeOne<T>(cpu: Cpu, mask: u64, delta: i64): void {
  const to = destLinear<T>(cpu, mask, ACCESS_WRITE);
  if (cpu.fault) return;
  memWrite<T>(cpu, to, <T>cpu.rax);
  if (cpu.fault) return;
  advance(cpu, OFF_RDI, delta, mask);
}

/** An element all of whose bytes are the same. */
@inline function repeatedByte<T>(value: u8): u64 {
  return <u64>(<T>(<u64>value * 0x0101_0101_0101_0101));
}

function fillRun<T>(cpu: Cpu, rec: Rec, mask: u64, delta: i64, limit: u64): u64 {
  const to = destLinear<T>(cpu, mask, ACCESS_WRITE);
  if (cpu.fault) {
    cpu.fault = 0;
    cpu.stop &= ~STOP_FAULT;
    return 0;
  }
  const toHost = runPointer<T>(cpu, to, true);
  if (toHost == 0) return 0;
  let n = min<u64>(limit, min<u64>(inPage<T>(to, delta), untilWrap<T>(cpu, OFF_RDI, delta, mask)));
  if (n == 0) return 0;
  n = min<u64>(n, withinSegments<T>(cpu, rec, mask, delta, n, false));
  if (n == 0) return 0;
  const bytes = <u32>n * sizeof<T>();
  const target = lowest<T>(toHost, bytes, delta);
  const value = <T>cpu.rax;
  if (<u64>value == repeatedByte<T>(<u8>value)) memory.fill(target, <u8>value, bytes);
  else for (let i: u32 = 0; i < bytes; i += sizeof<T>()) store<T>(target + i, value);
  advance(cpu, OFF_RDI, <i64>n * delta, mask);
  return n;
}

export function LODS<T>(cpu: Cpu, rec: Rec): void {
  const mask = addressMask(rec);
  const delta = step<T>(cpu);
  const repeated = (rec.flags & (REC_REP | REC_REPNE)) != 0;
  let count: u64 = repeated ? cpu.rcx & mask : 1;
  let left = visitLength(cpu, count, VISIT_LIMIT);
  while (left != 0) {
    const from = sourceLinear<T>(cpu, rec, mask);
    if (cpu.fault) return;
    const value = memRead<T>(cpu, from);
    if (cpu.fault) return;
    setReg<T>(cpu, 0, value);
    advance(cpu, OFF_RSI, delta, mask);
    count--;
    left--;
    if (repeated) setIndex(cpu, OFF_RCX, count, mask);
    if (cpu.stop & EVENTS) break;
  }
  finish(cpu, count);
}

/** REPE goes on while ZF is set, REPNE while it is clear. */
@inline function goesOn(cpu: Cpu, rec: Rec): bool {
  return getZF(cpu) == ((rec.flags & REC_REP) != 0);
}

/** CMPS compares [rSI] with ES:[rDI], SCAS the accumulator with ES:[rDI]. */
@inline function compareRun<T>(cpu: Cpu, rec: Rec, withSource: bool): void {
  const mask = addressMask(rec);
  const delta = step<T>(cpu);
  const repeated = (rec.flags & (REC_REP | REC_REPNE)) != 0;
  let count: u64 = repeated ? cpu.rcx & mask : 1;
  let left = visitLength(cpu, count, VISIT_LIMIT);
  while (left != 0) {
    // ES:rDI is read first: it is the one that faults when both would.
    const second = destLinear<T>(cpu, mask, ACCESS_READ);
    if (cpu.fault) return;
    const y = memRead<T>(cpu, second);
    if (cpu.fault) return;
    let x = <T>cpu.rax;
    if (withSource) {
      const first = sourceLinear<T>(cpu, rec, mask);
      if (cpu.fault) return;
      x = memRead<T>(cpu, first);
      if (cpu.fault) return;
    }
    compare<T>(cpu, <u64>x, <u64>y);
    if (withSource) advance(cpu, OFF_RSI, delta, mask);
    advance(cpu, OFF_RDI, delta, mask);
    count--;
    left--;
    if (repeated) {
      setIndex(cpu, OFF_RCX, count, mask);
      if (!goesOn(cpu, rec)) count = 0; // done
      if (count == 0) break;
    }
    if (cpu.stop & EVENTS) break;
  }
  finish(cpu, count);
}

export function CMPS<T>(cpu: Cpu, rec: Rec): void {
  compareRun<T>(cpu, rec, true);
}

export function SCAS<T>(cpu: Cpu, rec: Rec): void {
  compareRun<T>(cpu, rec, false);
}

export function MOVS8(cpu: Cpu, rec: Rec): void { MOVS<u8>(cpu, rec); }
export function STOS8(cpu: Cpu, rec: Rec): void { STOS<u8>(cpu, rec); }
export function LODS8(cpu: Cpu, rec: Rec): void { LODS<u8>(cpu, rec); }
export function CMPS8(cpu: Cpu, rec: Rec): void { CMPS<u8>(cpu, rec); }
export function SCAS8(cpu: Cpu, rec: Rec): void { SCAS<u8>(cpu, rec); }

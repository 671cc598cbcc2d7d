/**
 * What mmu/access.ts does on a TLB miss: page-crossing accesses, walks and fills, devices, ROM, pages with decoded code,
 * and, while the empty TLB set is in force, alignment checks and data breakpoints for every access.
 *
 * An access that touches two pages has both translated before either is touched. Devices see aligned 8- and 16-byte accesses
 * as doublewords, page-crossing ones as bytes.
 * [SDM3] 4.7, 6.15 (#PF, #AC), 18.2 – [SDM1] 3.3.7.1 canonical addresses
 */
import { chunkMask, codeWritten } from "../decode/code-index";
import { Rec } from "../decode/record";
import { PAGE_SIZE } from "../layout";
import { isCanonical, raiseSegment } from "../cpu/address";
import { noteDataAccess } from "../cpu/debug";
import { VECTOR_AC, raiseCode } from "../cpu/fault";
import { TLB_SET_EMPTY, TLB_SET_SUPERVISOR, checksAlignment, rightsSet, tlbArray } from "../cpu/mode";
import { Cpu, EFER_LMA, MODE_FLAT, SEG_DS, SEG_FS, STOP_FAULT, is64 } from "../cpu/state";
import { PAGE_DIRTY, WALK_IMPLICIT, WALK_READ, WALK_USER, WALK_WRITE, lastPageBits, translate } from "./page-walk";
import { WRITE_IGNORED, codeMaskOf, deviceRead, deviceWrite, markDirty, readPointer, writePointer } from "./physical";
import { openStackWindow } from "./stack-window";
import { fillTlb } from "./tlb";
import { tlbPointer } from "./tlb-entry";

const OFFSET_MASK: u32 = PAGE_SIZE - 1;

// ---- explicit accesses, with the rights of CPL

export function readSlow(cpu: Cpu, linearAddr: u64, sizeBytes: u32): u64 {
  if (!checkExplicit(cpu, linearAddr, sizeBytes)) return 0;
  const value = readWalked(cpu, linearAddr, sizeBytes, explicitAccess(cpu, WALK_READ), rightsSet(cpu));
  if (isWatched(cpu) && !cpu.fault) noteDataAccess(cpu, linearAddr, sizeBytes, false);
  return value;
}

/** Reads what `writeSlow` will write: page faults say "write", and nothing has changed after one. */
export function readForWriteSlow(cpu: Cpu, linearAddr: u64, sizeBytes: u32): u64 {
  if (!checkExplicit(cpu, linearAddr, sizeBytes)) return 0;
  const value = readWalked(cpu, linearAddr, sizeBytes, explicitAccess(cpu, WALK_WRITE), rightsSet(cpu));
  if (isWatched(cpu) && !cpu.fault) noteDataAccess(cpu, linearAddr, sizeBytes, false);
  return value;
}

export function writeSlow(cpu: Cpu, linearAddr: u64, sizeBytes: u32, value: u64): void {
  if (!checkExplicit(cpu, linearAddr, sizeBytes)) return;
  writeWalked(cpu, linearAddr, sizeBytes, value, explicitAccess(cpu, WALK_WRITE), rightsSet(cpu));
  if (isWatched(cpu) && !cpu.fault) noteDataAccess(cpu, linearAddr, sizeBytes, true);
}

export function read128Slow(cpu: Cpu, linearAddr: u64): v128 {
  if (!checkCanonical(cpu, linearAddr, 16) || !checkTop(cpu, linearAddr, 16)) return i64x2.splat(0);
  const access = explicitAccess(cpu, WALK_READ);
  const set = rightsSet(cpu);
  const high = linearAddr + 8;
  // Translated as a whole first, so that a fault in the second half comes before a device is read.
  if (crossesPage(linearAddr, 16)) {
    translate(cpu, linearAddr, access);
    if (!cpu.fault) translate(cpu, wrap(cpu, lastByte(linearAddr, 16), access) & ~(<u64>OFFSET_MASK), access);
    if (cpu.fault) return i64x2.splat(0);
  }
  const low64 = readWalked(cpu, linearAddr, 8, access, set);
  if (cpu.fault) return i64x2.splat(0);
  const high64 = readWalked(cpu, wrap(cpu, high, access), 8, access, set);
  if (isWatched(cpu) && !cpu.fault) noteDataAccess(cpu, linearAddr, 16, false);
  return i64x2.replace_lane(i64x2.splat(<i64>low64), 1, <i64>high64);
}

export function write128Slow(cpu: Cpu, linearAddr: u64, value: v128): void {
  if (!checkCanonical(cpu, linearAddr, 16) || !checkTop(cpu, linearAddr, 16)) return;
  const access = explicitAccess(cpu, WALK_WRITE);
  const set = rightsSet(cpu);
  if (crossesPage(linearAddr, 16)) {
    translate(cpu, linearAddr, access);
    if (!cpu.fault) translate(cpu, wrap(cpu, lastByte(linearAddr, 16), access) & ~(<u64>OFFSET_MASK), access);
    if (cpu.fault) return;
  }
  writeWalked(cpu, linearAddr, 8, <u64>i64x2.extract_lane(value, 0), access, set);
  if (cpu.fault) return;
  writeWalked(cpu, wrap(cpu, linearAddr + 8, access), 8, <u64>i64x2.extract_lane(value, 1), access, set);
  if (isWatched(cpu)) noteDataAccess(cpu, linearAddr, 16, true);
}

/**
 * Checks that `sizeBytes` at `linearAddr` could be written, as a write would, without writing: for stores whose parts must all
 * succeed or none (FSAVE, FXSAVE, XSAVE, ENTER, BOUND-like probes). Raises the fault.
 */
export function probeWrite(cpu: Cpu, linearAddr: u64, sizeBytes: u32): void {
  probe(cpu, linearAddr, sizeBytes, explicitAccess(cpu, WALK_WRITE));
}

export function probeRead(cpu: Cpu, linearAddr: u64, sizeBytes: u32): void {
  probe(cpu, linearAddr, sizeBytes, explicitAccess(cpu, WALK_READ));
}

function probe(cpu: Cpu, linearAddr: u64, sizeBytes: u32, access: u32): void {
  if (!checkCanonical(cpu, linearAddr, sizeBytes)) return;
  translate(cpu, linearAddr, access);
  if (cpu.fault || !crossesPage(linearAddr, sizeBytes)) return;
  translate(cpu, wrap(cpu, lastByte(linearAddr, sizeBytes), access) & ~(<u64>OFFSET_MASK), access);
}

/** Argument of `pagePointer`: the size in bytes, and these bits for write access, for access by way of the stack pointer, and where it must be aligned. */
export const POINTER_WRITE: u32 = 0x100;
export const POINTER_STACK: u32 = 0x200;
export const POINTER_ALIGNED: u32 = 0x400;

/**
 * For compiled code whose access missed the TLB: host pointer of `linearAddr` where that is plain memory inside one page, and
 * for writes holds no decoded code; the TLB is filled. 0 otherwise, and nothing has happened: the interpreter executes the
 * instruction, with its fault or device.
 */
export function pagePointer(cpu: Cpu, linearAddr: u64, what: u32): usize {
  const sizeBytes = what & 0xff;
  if (what & POINTER_ALIGNED && linearAddr & (sizeBytes - 1)) return 0;
  if (what & POINTER_STACK) {
    const hostPtr = stackPointer(cpu, linearAddr, what);
    if (hostPtr) return hostPtr;
  }
  if (crossesPage(linearAddr, sizeBytes) || isWatched(cpu) || (cpu.efer & EFER_LMA && !isCanonical(linearAddr))) return 0;
  const isWrite = (what & POINTER_WRITE) != 0;
  const cr2 = cpu.cr2;
  const physAddr = translate(cpu, linearAddr, explicitAccess(cpu, isWrite ? WALK_WRITE : WALK_READ));
  if (cpu.fault) {
    cpu.cr2 = cr2;
    cpu.fault = 0;
    cpu.stop &= ~STOP_FAULT;
    return 0;
  }
  // The walk has written to a page table that is code as well.
  if (cpu.stop) return 0;
  const pageBits = lastPageBits();
  const hostPtr = readPointer(cpu, physAddr);
  if (!hostPtr) return 0;
  if (!isWrite) fillTlb(cpu, rightsSet(cpu), 0, linearAddr, hostPtr & ~(<usize>OFFSET_MASK), pageBits);
  else {
    if (writePointer(cpu, physAddr) != hostPtr || codeMaskOf(hostPtr) & chunkMask(<u32>hostPtr, sizeBytes)) return 0;
    markDirty(hostPtr);
    fillWrite(cpu, rightsSet(cpu), linearAddr, physAddr, hostPtr, pageBits);
  }
  return hostPtr;
}

/** Where the stack window may have moved to: host pointer by the TLB, else 0. */
function stackPointer(cpu: Cpu, linearAddr: u64, what: u32): usize {
  if (crossesPage(linearAddr, what & 0xff)) return 0;
  openStackWindow(cpu, linearAddr);
  return tlbPointer(what & POINTER_WRITE ? cpu.tlbWrite : cpu.tlbRead, linearAddr);
}

// ---- implicit supervisor accesses: see mmu/system-access.ts

export function sysReadSlow(cpu: Cpu, linearAddr: u64, sizeBytes: u32): u64 {
  if (!checkCanonical(cpu, linearAddr, sizeBytes)) return 0;
  return readWalked(cpu, wrap(cpu, linearAddr, WALK_IMPLICIT), sizeBytes, WALK_READ | WALK_IMPLICIT, TLB_SET_SUPERVISOR);
}

export function sysWriteSlow(cpu: Cpu, linearAddr: u64, sizeBytes: u32, value: u64): void {
  if (!checkCanonical(cpu, linearAddr, sizeBytes)) return;
  writeWalked(cpu, wrap(cpu, linearAddr, WALK_IMPLICIT), sizeBytes, value, WALK_WRITE | WALK_IMPLICIT, TLB_SET_SUPERVISOR);
}

// ---- checks

@inline function crossesPage(linearAddr: u64, sizeBytes: u32): bool {
  return (<u32>linearAddr & OFFSET_MASK) + sizeBytes > PAGE_SIZE;
}

@inline function lastByte(linearAddr: u64, sizeBytes: u32): u64 {
  return linearAddr + (sizeBytes - 1);
}

/** Linear addresses have 32 bits outside 64-bit mode; those of system tables have 64 in all of long mode. */
@inline function wrap(cpu: Cpu, linearAddr: u64, access: u32): u64 {
  const isWide = access & WALK_IMPLICIT ? (cpu.efer & EFER_LMA) != 0 : is64(cpu);
  return isWide ? linearAddr : linearAddr & 0xffff_ffff;
}

@inline function explicitAccess(cpu: Cpu, access: u32): u32 {
  return cpu.cpl == 3 ? access | WALK_USER : access;
}

/** The empty TLB set is in force: something wants to see every access. */
@inline function isWatched(cpu: Cpu): bool {
  return cpu.tlbRead == tlbArray(cpu, TLB_SET_EMPTY, 0);
}

/** #GP(0), or #SS(0) for a stack reference, when the address is not canonical in long mode. */
function checkCanonical(cpu: Cpu, linearAddr: u64, sizeBytes: u32): bool {
  if (cpu.fault) return false;
  if (!(cpu.efer & EFER_LMA) || (isCanonical(linearAddr) && isCanonical(lastByte(linearAddr, sizeBytes)))) return true;
  const rec = changetype<Rec>(<usize>cpu.rec);
  raiseSegment(cpu, cpu.rec ? <u32>rec.seg : SEG_DS, 0);
  return false;
}

/** In flat segments nothing looks at limits before; what reaches past 4 GiB has missed the TLB and ends here. [SDM3] 5.3 */
function checkTop(cpu: Cpu, linearAddr: u64, sizeBytes: u32): bool {
  if (lastByte(linearAddr, sizeBytes) <= 0xffff_ffff || !(cpu.mode & MODE_FLAT) || is64(cpu) || !cpu.rec) return true;
  const rec = changetype<Rec>(<usize>cpu.rec);
  if (rec.seg >= SEG_FS) return true;
  raiseSegment(cpu, rec.seg, 0);
  return false;
}

function checkExplicit(cpu: Cpu, linearAddr: u64, sizeBytes: u32): bool {
  if (!checkCanonical(cpu, linearAddr, sizeBytes) || !checkTop(cpu, linearAddr, sizeBytes)) return false;
  if (<u32>linearAddr & (sizeBytes - 1) && checksAlignment(cpu)) {
    raiseCode(cpu, VECTOR_AC, 0);
    return false;
  }
  return true;
}

// ---- the access itself

function readWalked(cpu: Cpu, linearAddr: u64, sizeBytes: u32, access: u32, set: u32): u64 {
  if (crossesPage(linearAddr, sizeBytes)) return readCrossing(cpu, linearAddr, sizeBytes, access);
  const physAddr = translate(cpu, linearAddr, access);
  if (cpu.fault) return 0;
  const pageBits = lastPageBits();
  const hostPtr = readPointer(cpu, physAddr);
  if (!hostPtr) return deviceRead(cpu, physAddr, sizeBytes);
  if (access & WALK_WRITE) fillWrite(cpu, set, linearAddr, physAddr, hostPtr, pageBits);
  else fillTlb(cpu, set, 0, linearAddr, hostPtr & ~(<usize>OFFSET_MASK), pageBits);
  return loadSized(hostPtr, sizeBytes);
}

function writeWalked(cpu: Cpu, linearAddr: u64, sizeBytes: u32, value: u64, access: u32, set: u32): void {
  if (crossesPage(linearAddr, sizeBytes)) {
    writeCrossing(cpu, linearAddr, sizeBytes, value, access);
    return;
  }
  const physAddr = translate(cpu, linearAddr, access);
  if (cpu.fault) return;
  const pageBits = lastPageBits();
  const hostPtr = writePointer(cpu, physAddr);
  if (hostPtr == WRITE_IGNORED) return;
  if (!hostPtr) {
    deviceWrite(cpu, physAddr, sizeBytes, value);
    return;
  }
  storeSized(hostPtr, sizeBytes, value);
  markDirty(hostPtr);
  fillWrite(cpu, set, linearAddr, physAddr, hostPtr, pageBits);
  if (codeMaskOf(hostPtr)) codeWritten(cpu, <u32>hostPtr, sizeBytes);
}

/** A write entry serves reads for writing too, so both must go to the same memory; pages with code must see each write. */
function fillWrite(cpu: Cpu, set: u32, linearAddr: u64, physAddr: u64, hostPtr: usize, pageBits: u32): void {
  if (!(pageBits & PAGE_DIRTY) || codeMaskOf(hostPtr)) return;
  if (readPointer(cpu, physAddr) != hostPtr || writePointer(cpu, physAddr) != hostPtr) return;
  markDirty(hostPtr);
  fillTlb(cpu, set, 1, linearAddr, hostPtr & ~(<usize>OFFSET_MASK), pageBits);
}

function readCrossing(cpu: Cpu, linearAddr: u64, sizeBytes: u32, access: u32): u64 {
  const firstBytes = PAGE_SIZE - (<u32>linearAddr & OFFSET_MASK);
  const phys0 = translate(cpu, linearAddr, access);
  if (cpu.fault) return 0;
  const phys1 = translate(cpu, wrap(cpu, linearAddr + firstBytes, access), access);
  if (cpu.fault) return 0;
  let value: u64 = 0;
  for (let i: u32 = 0; i < sizeBytes; i++) value |= <u64>readByte(cpu, i < firstBytes ? phys0 + i : phys1 + (i - firstBytes)) << (i << 3);
  return value;
}

function writeCrossing(cpu: Cpu, linearAddr: u64, sizeBytes: u32, value: u64, access: u32): void {
  const firstBytes = PAGE_SIZE - (<u32>linearAddr & OFFSET_MASK);
  const phys0 = translate(cpu, linearAddr, access);
  if (cpu.fault) return;
  const phys1 = translate(cpu, wrap(cpu, linearAddr + firstBytes, access), access);
  if (cpu.fault) return;
  for (let i: u32 = 0; i < sizeBytes; i++) writeByte(cpu, i < firstBytes ? phys0 + i : phys1 + (i - firstBytes), <u32>(value >> (i << 3)) & 0xff);
}

/** One byte by physical address, as `cpu` sees it. */
export function readByte(cpu: Cpu, physAddr: u64): u32 {
  const hostPtr = readPointer(cpu, physAddr);
  return hostPtr ? load<u8>(hostPtr) : <u32>deviceRead(cpu, physAddr, 1) & 0xff;
}

export function writeByte(cpu: Cpu, physAddr: u64, value: u32): void {
  const hostPtr = writePointer(cpu, physAddr);
  if (hostPtr == WRITE_IGNORED) return;
  if (!hostPtr) {
    deviceWrite(cpu, physAddr, 1, value);
    return;
  }
  store<u8>(hostPtr, value);
  markDirty(hostPtr);
  if (codeMaskOf(hostPtr)) codeWritten(cpu, <u32>hostPtr, 1);
}

/** Four bytes at `physAddr`, inside one page, that the processor itself writes. */
export function writePhys32(cpu: Cpu, physAddr: u64, value: u32): void {
  const hostPtr = writePointer(cpu, physAddr);
  if (hostPtr <= WRITE_IGNORED) return;
  store<u32>(hostPtr, value);
  markDirty(hostPtr);
  if (codeMaskOf(hostPtr)) codeWritten(cpu, <u32>hostPtr, 4);
}

@inline function loadSized(hostPtr: usize, sizeBytes: u32): u64 {
  if (sizeBytes == 8) return load<u64>(hostPtr);
  if (sizeBytes == 4) return load<u32>(hostPtr);
  return sizeBytes == 2 ? <u64>load<u16>(hostPtr) : <u64>load<u8>(hostPtr);
}

@inline function storeSized(hostPtr: usize, sizeBytes: u32, value: u64): void {
  if (sizeBytes == 8) store<u64>(hostPtr, value);
  else if (sizeBytes == 4) store<u32>(hostPtr, <u32>value);
  else if (sizeBytes == 2) store<u16>(hostPtr, <u16>value);
  else store<u8>(hostPtr, <u8>value);
}

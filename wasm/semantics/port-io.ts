/**
 * IN, OUT, INS, OUTS. Ports are guarded by IOPL and the I/O permission bitmap. Repeated transfers between a port and one
 * page of RAM go to the device as a block; otherwise items go one by one. A long repetition returns to the run loop
 * now and then with the instruction still to be finished, so that interrupts get in.
 * [SDM1] 18.5 – [SDM2] IN, OUT, INS, OUTS
 */
import { portRead, portReadBlock, portWrite, portWriteBlock } from "../host";
import { ACCESS_READ, ACCESS_WRITE, segLinear, segmentAllows } from "../cpu/address";
import { PENDING_STEP, markRepetition, notePortAccess } from "../cpu/debug";
import { setReg } from "../cpu/operand";
import { CR0_PE, Cpu, FLAG_DF, MODE_16, MODE_64, MODE_SIZE_MASK, SEG_ES, SEG_FS, STOP_EVENT, STOP_FAULT, STOP_HOST, iopl, is64, isV86, ptr, segment } from "../cpu/state";
import { checkIoBitmap } from "../cpu/tss";
import { REC_REP, REC_REPNE, Rec, addrSizeLog2, opSizeLog2 } from "../decode/record";
import { PAGE_OFFSET_MASK, PAGE_SIZE } from "../layout";
import { memRead, memWrite } from "../mmu/access";
import { probeWrite } from "../mmu/slow-access";
import { tlbPointer } from "../mmu/tlb-entry";

/** Items of a repeated transfer before the run loop is asked. */
const ITEMS_PER_VISIT: u32 = 4096;

/** Byte offsets in Cpu. */
const OFF_RCX: u32 = 8;
const OFF_RSI: u32 = 48;
const OFF_RDI: u32 = 56;

/** Raises #GP(0) where the program may not touch these ports. */
function checkPorts(cpu: Cpu, port: u32, sizeBytes: u32): void {
  if (cpu.cr0 & CR0_PE && (cpu.cpl > iopl(cpu) || isV86(cpu))) checkIoBitmap(cpu, port, sizeBytes);
}

/** Byte, or word/doubleword by operand size (REX.W changes nothing). Bit 0 of every I/O opcode tells. */
@inline function itemSize(rec: Rec): u32 {
  if (!(rec.opcode & 1)) return 1;
  return opSizeLog2(rec) == 1 ? 2 : 4;
}

function input(cpu: Cpu, rec: Rec, port: u32): void {
  const sizeBytes = itemSize(rec);
  checkPorts(cpu, port, sizeBytes);
  if (cpu.fault) return;
  const value = portRead(port, sizeBytes);
  if (sizeBytes == 1) setReg<u8>(cpu, 0, <u8>value);
  else if (sizeBytes == 2) setReg<u16>(cpu, 0, <u16>value);
  else setReg<u32>(cpu, 0, value);
  notePortAccess(cpu, port, sizeBytes);
}

function output(cpu: Cpu, rec: Rec, port: u32): void {
  const sizeBytes = itemSize(rec);
  checkPorts(cpu, port, sizeBytes);
  if (cpu.fault) return;
  portWrite(port, sizeBytes, cutItem(<u32>cpu.rax, sizeBytes));
  notePortAccess(cpu, port, sizeBytes);
}

@inline function cutItem(value: u32, sizeBytes: u32): u32 {
  return sizeBytes == 1 ? value & 0xff : sizeBytes == 2 ? value & 0xffff : value;
}

export function IN_I(cpu: Cpu, rec: Rec): void {
  input(cpu, rec, <u32>rec.imm & 0xff);
}

export function IN_DX(cpu: Cpu, rec: Rec): void {
  input(cpu, rec, <u32>cpu.rdx & 0xffff);
}

export function OUT_I(cpu: Cpu, rec: Rec): void {
  output(cpu, rec, <u32>rec.imm & 0xff);
}

export function OUT_DX(cpu: Cpu, rec: Rec): void {
  output(cpu, rec, <u32>cpu.rdx & 0xffff);
}

/** A count or index register, cut to the address size. */
@inline function readIndex(cpu: Cpu, off: u32, size: u32): u64 {
  const value = load<u64>(ptr(cpu) + off);
  return size == 3 ? value : size == 2 ? value & 0xffff_ffff : value & 0xffff;
}

@inline function writeIndex(cpu: Cpu, off: u32, size: u32, value: u64): void {
  if (size == 1) store<u16>(ptr(cpu) + off, <u16>value);
  else store<u64>(ptr(cpu) + off, size == 3 ? value : value & 0xffff_ffff);
}

/** Lets the run loop come back to this instruction. `cpu.rip` is the next one. */
function resumeHere(cpu: Cpu, rec: Rec): void {
  const start = cpu.rip - rec.length;
  const size = cpu.mode & MODE_SIZE_MASK;
  cpu.rip = size == MODE_64 ? start : size == MODE_16 ? start & 0xffff : start & 0xffff_ffff;
}

/** How many of `count` items fit between `linearAddr` and the end of its page, going up. */
@inline function itemsInPage(linearAddr: u64, sizeBytes: u32, count: u64): u32 {
  const room: u32 = (PAGE_SIZE - <u32>(linearAddr & PAGE_OFFSET_MASK)) / sizeBytes;
  return count < <u64>room ? <u32>count : room;
}

/** Linear address of a block of `bytes`, or 0 if the segment does not allow all of it: then the items go one by one up to the fault. */
function blockLinear(cpu: Cpu, segIndex: u32, offset: u64, bytes: u32, access: u32): u64 {
  const seg = segment(cpu, segIndex);
  if (is64(cpu)) return segIndex >= SEG_FS ? seg.base + offset : offset;
  return segmentAllows(cpu, seg, segIndex, <u32>offset, bytes, access) ? (seg.base + offset) & 0xffff_ffff : 0;
}

/** One item from the port to ES:[index]. Memory is checked before the device is asked. */
function inputItem(cpu: Cpu, port: u32, sizeBytes: u32, offset: u64): void {
  const linearAddr = segLinear(cpu, SEG_ES, offset, sizeBytes, ACCESS_WRITE);
  if (cpu.fault) return;
  probeWrite(cpu, linearAddr, sizeBytes);
  if (cpu.fault) return;
  const value = portRead(port, sizeBytes);
  if (sizeBytes == 1) memWrite<u8>(cpu, linearAddr, <u8>value);
  else if (sizeBytes == 2) memWrite<u16>(cpu, linearAddr, <u16>value);
  else memWrite<u32>(cpu, linearAddr, value);
  notePortAccess(cpu, port, sizeBytes);
}

function outputItem(cpu: Cpu, rec: Rec, port: u32, sizeBytes: u32, offset: u64): void {
  const linearAddr = segLinear(cpu, rec.seg, offset, sizeBytes, ACCESS_READ);
  if (cpu.fault) return;
  const value: u32 = sizeBytes == 1 ? memRead<u8>(cpu, linearAddr) : sizeBytes == 2 ? memRead<u16>(cpu, linearAddr) : memRead<u32>(cpu, linearAddr);
  if (cpu.fault) return;
  portWrite(port, sizeBytes, value);
  notePortAccess(cpu, port, sizeBytes);
}

/** INS (`isInput`) and OUTS, with and without REP. Registers always tell how far it came. */
function transfer(cpu: Cpu, rec: Rec, isInput: bool): void {
  const addrSize = addrSizeLog2(rec);
  const sizeBytes = itemSize(rec);
  const port = <u32>cpu.rdx & 0xffff;
  const repeats = (rec.flags & (REC_REP | REC_REPNE)) != 0;
  let count: u64 = repeats ? readIndex(cpu, OFF_RCX, addrSize) : 1;
  checkPorts(cpu, port, sizeBytes);
  if (cpu.fault || count == 0) return;
  const offIndex = isInput ? OFF_RDI : OFF_RSI;
  const down = (cpu.eflags & FLAG_DF) != 0;
  // A pending single step and breakpoints take the items one by one.
  const isStepped = (cpu.pendingDebug & PENDING_STEP) != 0;
  let left: u32 = isStepped ? 1 : ITEMS_PER_VISIT;
  while (true) {
    const index = readIndex(cpu, offIndex, addrSize);
    let done: u32 = 0;
    if (repeats && !down && !isStepped && !(cpu.dr7 & 0xff)) done = transferBlock(cpu, rec, isInput, port, sizeBytes, index, min<u64>(count, left));
    if (done == 0) {
      if (isInput) inputItem(cpu, port, sizeBytes, index);
      else outputItem(cpu, rec, port, sizeBytes, index);
      if (cpu.fault) return;
      done = 1;
    }
    const moved = <u64>done * sizeBytes;
    writeIndex(cpu, offIndex, addrSize, down ? index - moved : index + moved);
    if (!repeats) return;
    count -= done;
    writeIndex(cpu, OFF_RCX, addrSize, count);
    markRepetition(cpu, count != 0);
    if (count == 0) return;
    left -= done;
    // Not for STOP_CODE: what has been decoded must not be seen in how many visits there are.
    if (left == 0 || cpu.stop & (STOP_FAULT | STOP_EVENT | STOP_HOST)) {
      resumeHere(cpu, rec);
      return;
    }
  }
}

/** As many items as the device takes at once inside one page of memory; 0 where that is not possible. */
function transferBlock(cpu: Cpu, rec: Rec, isInput: bool, port: u32, sizeBytes: u32, index: u64, count: u64): u32 {
  const segIndex: u32 = isInput ? SEG_ES : rec.seg;
  const access = isInput ? ACCESS_WRITE : ACCESS_READ;
  const items = itemsInPage(blockLinear(cpu, segIndex, index, sizeBytes, access), sizeBytes, count);
  if (items < 2) return 0;
  const bytes = items * sizeBytes;
  // A 16-bit index must not wrap inside the block.
  if (addrSizeLog2(rec) == 1 && index + bytes > 0x1_0000) return 0;
  const linearAddr = blockLinear(cpu, segIndex, index, bytes, access);
  const pointer = linearAddr ? tlbPointer(isInput ? cpu.tlbWrite : cpu.tlbRead, linearAddr) : 0;
  if (!pointer) return 0;
  const done = isInput ? portReadBlock(port, sizeBytes, pointer, items) : portWriteBlock(port, sizeBytes, pointer, items);
  return done > items ? items : done;
}

export function INS(cpu: Cpu, rec: Rec): void {
  transfer(cpu, rec, true);
}

export function OUTS(cpu: Cpu, rec: Rec): void {
  transfer(cpu, rec, false);
}

/**
 * The emitting backend: the same methods as the executing one (wasm/interp/backend.ts), but each writes WebAssembly. Values
 * and flags are its base classes' business; here are operands: general registers live in locals for the whole region,
 * memory is reached through the TLB, inline.
 *
 * Nothing emitted raises a fault. Where an access does not hit, the core looks for the page; if that is not plain memory,
 * or the walk would fault, the region is left at the instruction and the interpreter executes it.
 */
import { ATTR_P, Cpu, HIDDEN_FLAT, HIDDEN_MASK, HIDDEN_SHIFT, OFF_CODE_BASE, OFF_SEGMENTS, OFF_ZERO, SEG_FS } from "../cpu/state";
import { REC_EA_32, REC_EA_64, REC_EA_64_SEG, REC_EA_GENERAL, REC_EA_MASK, REC_MEM, Rec, addrSizeLog2 } from "../decode/record";
import { PAGE_MASK, TLB_ENTRIES } from "../layout";
import { POINTER_ALIGNED, POINTER_STACK, POINTER_WRITE } from "../mmu/slow-access";
import { EmitFlags } from "./emit-flags";
import { LOCAL_EXIT, LOCAL_HOST, LOCAL_REGISTERS, LOCAL_SLOT, Val, cpuBase } from "./emit-values";
import {
  OP_BR, OP_I32_ADD, OP_I32_AND, OP_I32_EQZ, OP_I32_LOAD, OP_I32_SHR_U, OP_I64_ADD, OP_I64_AND, OP_I64_LOAD, OP_I64_LOAD16_U, OP_I64_LOAD32_U, OP_I64_LOAD8_U, OP_I64_NE,
  OP_I64_SHR_U, OP_I64_STORE, OP_I64_STORE16, OP_I64_STORE32, OP_I64_STORE8, byte, i32Const, i64Const, localGet, localSet, localTee, memoryAccess,
} from "./encoder";
import { EXIT_AT_INSTRUCTION, Exit, newExit } from "./exits";
import { IMPORT_POINTER, call } from "./imports";

const OFF_RSP: u32 = 32;

@unmanaged @final
export class Emit extends EmitFlags {
  /** General registers that the region touches, and those that may differ from the struct here (a bit each). */
  used: u32;
  dirty: u32;
  /** Level of the block around the whole region: leaving it goes to the common way out. */
  exitLevel: u32;
  /** Level of the block around that one: leaving it goes by the jump cache. */
  crossLevel: u32;
  /** Registers that the whole region uses, once the first pass has found out. */
  regionUses: u32;
  /** Registers that were written anywhere so far. */
  everWritten: u32;
  /** Code of privilege level 3. */
  isUser: bool;
  /** log2 of the size of addresses of code: 2, or 3 in 64-bit mode. */
  addressSize: u32;
  /** The record under way, its number in the block, and the region's entry. */
  rec: Rec;
  indexInBlock: u32;
  entryTrace: u32;
  /** Nothing is kept: the first of two passes. */
  isTrial: bool;
  /** In this block it has been looked at that SSE may be used (jit/emit-simd.ts). */
  sseIsOn: bool;
  private rmwUnderWay: bool;
  /** The next access goes by way of the stack pointer. */
  isStack: bool;
  /** Code at level 3 always uses the same arrays of the TLB: their addresses, or 0 where they are looked up. */
  tlbRead: u32;
  tlbWrite: u32;

  begin(rec: Rec, indexInBlock: u32, sizeLog2: u32): void {
    this.startInstruction(sizeLog2);
    this.rec = rec;
    this.indexInBlock = indexInBlock;
    this.rmwUnderWay = false;
    this.isStack = false;
  }

  // ---- leaving
  /** Leaves the region at the instruction under way, which has changed nothing yet. */
  leaveHere(why: u8): void {
    this.leaveAt(this.rec.pageOffset, this.rec.pageOffset + this.rec.length, this.indexInBlock, why);
  }
  /** The same where the i32 on the wasm stack is not 0. */
  leaveIf(): void {
    this.openRareIf();
    this.leaveHere(EXIT_AT_INSTRUCTION);
    this.close();
  }
  leaveAt(pageOffset: u32, nextOffset: u32, count: u32, why: u8): void {
    const exit = this.isTrial ? changetype<Exit>(0x80_0000) : newExit(pageOffset, nextOffset, count, this.kind, why, this.entryTrace);
    i32Const(<u32>changetype<usize>(exit));
    localSet(LOCAL_EXIT);
    this.branchTo(OP_BR, this.exitLevel);
  }

  // ---- registers
  local(register: u32): u32 {
    this.used |= 1 << register;
    return LOCAL_REGISTERS + register;
  }
  private wroteLocal(register: u32): void {
    this.dirty |= 1 << register;
    this.everWritten |= 1 << register;
    localSet(this.local(register));
  }
  inMemory<F>(rec: Rec): bool {
    return (rec.flags & REC_MEM) != 0;
  }
  /** Whole registers are the local itself: valid until the register is set. */
  reg<S>(off: u32): Val {
    const whole = changetype<Val>(<usize>this.local(off >> 3));
    if (this.log2<S>() == 3) return whole;
    return this.trunc<S>(off & 7 ? this.shr(whole, this.const(8)) : whole);
  }
  setReg<S>(off: u32, value: Val): void {
    const register = off >> 3;
    const size = this.log2<S>();
    // A 32-bit result is zero-extended already: the whole register is written.
    if (size >= 2) this.get(value);
    else {
      const whole = changetype<Val>(<usize>this.local(register));
      const places: u64 = off & 7 ? 8 : 0;
      const kept = this.and(whole, this.const(~(this.mask<S>() << places)));
      this.get(this.or(kept, this.shl(value, this.const(places))));
    }
    this.wroteLocal(register);
  }
  imm<S>(rec: Rec): Val {
    return this.const(<u64>rec.imm & this.mask<S>());
  }

  // ---- addresses
  /** Whether `addressOf` can compute the memory operand's address. */
  canAddress(cpu: Cpu, rec: Rec): bool {
    if ((rec.flags & REC_EA_MASK) != REC_EA_GENERAL) return true;
    if (addrSizeLog2(rec) != 2 || rec.seg < SEG_FS) return false;
    // FS and GS with a base: data without a limit, if not now then when the code runs (now another mode may be under way).
    const hidden = load<u64>(changetype<usize>(cpu) + OFF_SEGMENTS + (<u32>rec.seg << 4)) >> HIDDEN_SHIFT;
    return (hidden & HIDDEN_MASK) == HIDDEN_FLAT || !(hidden & <u64>ATTR_P);
  }
  /** Base, index and displacement, not cut. */
  sumOf(rec: Rec): Val {
    let sum = this.const(<u64>(<i64>rec.disp));
    if (rec.indexReg != OFF_ZERO) {
      const index = changetype<Val>(<usize>this.local(<u32>rec.indexReg >> 3));
      sum = this.add(this.shl(index, this.const(rec.scale)), sum);
    }
    if (rec.base == OFF_CODE_BASE) {
      cpuBase();
      memoryAccess(OP_I64_LOAD, OFF_CODE_BASE);
      sum = this.add(this.define(), sum);
    } else if (rec.base != OFF_ZERO) sum = this.add(changetype<Val>(<usize>this.local(<u32>rec.base >> 3)), sum);
    return sum;
  }
  private segmentWord(segment: u32, offset: u32): void {
    cpuBase();
    memoryAccess(OP_I64_LOAD, OFF_SEGMENTS + (segment << 4) + offset);
  }
  addressOf(rec: Rec): Val {
    const kind: u32 = rec.flags & REC_EA_MASK;
    this.isStack = (kind == REC_EA_32 || kind == REC_EA_64) && rec.base == OFF_RSP && rec.indexReg == OFF_ZERO;
    const sum = this.sumOf(rec);
    if (kind == REC_EA_64) return sum;
    if (kind == REC_EA_32) return this.low32(sum);
    if (kind == REC_EA_64_SEG) {
      this.segmentWord(rec.seg, 8);
      return this.add(sum, this.define());
    }
    this.segmentWord(rec.seg, 0);
    i64Const(HIDDEN_SHIFT);
    byte(OP_I64_SHR_U);
    i64Const(HIDDEN_MASK);
    byte(OP_I64_AND);
    i64Const(HIDDEN_FLAT);
    byte(OP_I64_NE);
    this.leaveIf();
    this.segmentWord(rec.seg, 8);
    const base = this.define();
    return this.low32(this.add(sum, base));
  }
  /** The processor for which code is compiled; only its segment attributes are looked at. */
  cpu: Cpu;
  addressRead<S>(rec: Rec): Val { return this.addressOf(rec); }
  addressWrite<S>(rec: Rec): Val { return this.addressOf(rec); }
  addressRmw<S>(rec: Rec): Val { return this.addressOf(rec); }

  // ---- memory
  /** LOCAL_HOST ← host pointer of the address, or the region is left. */
  point(address: Val, isWrite: bool, sizeLog2: u32): void {
    const isStack = this.isStack;
    this.isStack = false;
    if (isStack && sizeLog2 <= 3) this.pointStack(address, isWrite, 1 << sizeLog2);
    else this.pointAnywhere(address, isWrite, 1 << sizeLog2, false);
  }
  /** The same for an operand that must be aligned: the region is left where it is not. */
  pointAligned(address: Val, isWrite: bool, sizeBytes: u32): void {
    this.pointAnywhere(address, isWrite, sizeBytes, true);
  }
  /** The same in the stack window, if the access is aligned and thus in one page. */
  private pointStack(address: Val, isWrite: bool, sizeBytes: u32): void {
    this.openStackMiss(address, isWrite, sizeBytes);
    this.otherwise();
    this.hostInStack(address);
    localSet(LOCAL_HOST);
    this.close();
  }
  /** Opens what runs, with LOCAL_HOST, where the access is not in the stack window. */
  private openStackMiss(address: Val, isWrite: bool, sizeBytes: u32): void {
    this.get(address);
    i64Const(PAGE_MASK | <u64>(sizeBytes - 1));
    byte(OP_I64_AND);
    cpuBase();
    memoryAccess(OP_I64_LOAD, offsetof<Cpu>("stackPage"));
    byte(OP_I64_NE);
    this.openRareIf();
    this.callPointer(address, sizeBytes | POINTER_STACK | (isWrite ? POINTER_WRITE : 0));
  }
  private hostInStack(address: Val): void {
    this.getWrapped(address);
    cpuBase();
    memoryAccess(OP_I32_LOAD, offsetof<Cpu>("stackAddend"));
    byte(OP_I32_ADD);
  }
  private callPointer(address: Val, what: u32): void {
    cpuBase();
    this.get(address);
    i32Const(what);
    call(IMPORT_POINTER);
    localTee(LOCAL_HOST);
    byte(OP_I32_EQZ);
    this.leaveIf();
  }
  private pointAnywhere(address: Val, isWrite: bool, sizeBytes: u32, aligned: bool): void {
    this.openMiss(address, isWrite, sizeBytes, aligned);
    this.otherwise();
    this.hostByTlb(address, isWrite);
    localSet(LOCAL_HOST);
    this.close();
  }
  /** Opens what runs, with LOCAL_HOST, where the TLB does not know the address; LOCAL_SLOT is where it would. */
  private openMiss(address: Val, isWrite: bool, sizeBytes: u32, aligned: bool): void {
    const array = isWrite ? this.tlbWrite : this.tlbRead;
    // In 32 bits, which is shorter: the number of the slot is in the low half of the address.
    this.getWrapped(address);
    i32Const(8);
    byte(OP_I32_SHR_U);
    i32Const((TLB_ENTRIES - 1) << 4);
    byte(OP_I32_AND);
    if (array == 0) {
      cpuBase();
      memoryAccess(OP_I32_LOAD, isWrite ? offsetof<Cpu>("tlbWrite") : offsetof<Cpu>("tlbRead"));
      byte(OP_I32_ADD);
    }
    localSet(LOCAL_SLOT);
    // An aligned operand lies in one page; another one does not equal the tag.
    this.get(address);
    if (sizeBytes > 1 && !aligned) {
      i64Const(sizeBytes - 1);
      byte(OP_I64_ADD);
    }
    i64Const(aligned ? PAGE_MASK | <u64>(sizeBytes - 1) : PAGE_MASK);
    byte(OP_I64_AND);
    localGet(LOCAL_SLOT);
    memoryAccess(OP_I64_LOAD, array);
    byte(OP_I64_NE);
    this.openRareIf();
    this.callPointer(address, sizeBytes | (isWrite ? POINTER_WRITE : 0) | (aligned ? POINTER_ALIGNED : 0));
  }
  private hostByTlb(address: Val, isWrite: bool): void {
    this.getWrapped(address);
    localGet(LOCAL_SLOT);
    memoryAccess(OP_I32_LOAD, (isWrite ? this.tlbWrite : this.tlbRead) + 8);
    byte(OP_I32_ADD);
  }
  private loadAt(sizeLog2: u32): void {
    memoryAccess(sizeLog2 == 0 ? OP_I64_LOAD8_U : sizeLog2 == 1 ? OP_I64_LOAD16_U : sizeLog2 == 2 ? OP_I64_LOAD32_U : OP_I64_LOAD, 0);
  }
  private storeAt(value: Val, sizeLog2: u32): void {
    this.get(value);
    memoryAccess(sizeLog2 == 0 ? OP_I64_STORE8 : sizeLog2 == 1 ? OP_I64_STORE16 : sizeLog2 == 2 ? OP_I64_STORE32 : OP_I64_STORE, 0);
  }
  private loadHost(sizeLog2: u32): Val {
    localGet(LOCAL_HOST);
    this.loadAt(sizeLog2);
    return this.define();
  }
  // The access itself is written on both ways: where a pointer came of either, the engine would extend it to 64 bits once more.
  load<S>(address: Val): Val {
    const size = this.log2<S>();
    const isStack = this.isStack;
    this.isStack = false;
    if (isStack) this.openStackMiss(address, false, 1 << size);
    else this.openMiss(address, false, 1 << size, false);
    const value = this.temp();
    localGet(LOCAL_HOST);
    this.loadAt(size);
    localSet(value);
    this.otherwise();
    if (isStack) this.hostInStack(address);
    else this.hostByTlb(address, false);
    this.loadAt(size);
    localSet(value);
    this.close();
    return changetype<Val>(<usize>value);
  }
  loadForWrite<S>(address: Val): Val {
    this.point(address, true, this.log2<S>());
    this.rmwUnderWay = true;
    return this.loadHost(this.log2<S>());
  }
  store<S>(address: Val, value: Val): void {
    const size = this.log2<S>();
    if (this.rmwUnderWay) {
      localGet(LOCAL_HOST);
      this.storeAt(value, size);
      return;
    }
    const isStack = this.isStack;
    this.isStack = false;
    if (isStack) this.openStackMiss(address, true, 1 << size);
    else this.openMiss(address, true, 1 << size, false);
    localGet(LOCAL_HOST);
    this.storeAt(value, size);
    this.otherwise();
    if (isStack) this.hostInStack(address);
    else this.hostByTlb(address, true);
    this.storeAt(value, size);
    this.close();
  }
  /** The way out is written where the access is. */
  faulted(): bool {
    return false;
  }
}

/**
 * How a region goes on elsewhere. To a trace in the same page: by the table index in that trace's header, which is a stub
 * until the trace is compiled. To another page or an address that is computed: by the jump cache, in one place at the end of
 * the function. Where nothing is known, back to the run loop.
 */
import { findByHost, headerOf, HEADER_FUNCTION } from "../decode/code-index";
import { REC_MEM, Rec } from "../decode/record";
import { Cpu, OFF_CODE_BASE } from "../cpu/state";
import { JUMP_CACHE_ENTRIES, JUMP_CACHE_OFFSET, PAGE_MASK, PAGE_SIZE } from "../layout";
import { Emit } from "./emit-backend";
import { LOCAL_BUDGET, LOCAL_CPU, LOCAL_EXIT, LOCAL_LINEAR, LOCAL_SLOT, Val } from "./emit-values";
import { TYPE_REGION, pop, push, spill } from "./emit-instruction";
import {
  OP_BR, OP_I32_ADD, OP_I32_AND, OP_I32_LOAD, OP_I32_SHL, OP_I32_SHR_U, OP_I32_STORE, OP_I32_SUB, OP_I32_WRAP_I64, OP_I32_XOR, OP_I64_AND, OP_I64_EQ, OP_I64_LOAD, OP_I64_NE, OP_I64_SHL,
  OP_I64_SHR_S, OP_I64_STORE, OP_I64_XOR, OP_RETURN, OP_RETURN_CALL_INDIRECT, byte, i32Const, i64Const, leb, localGet, localSet, localTee, memoryAccess,
} from "./encoder";
import { EXIT_AT_INSTRUCTION, EXIT_BRANCH } from "./exits";
import { IMPORT_LEAVE_TO, call } from "./imports";
import { Block, END_CALL, END_CALL_E, END_JMP_E, END_RET } from "./region";

type ANY = f64;

const CANONICAL_SHIFT: u64 = 16;
const RSP: u32 = 32;

/** The engine has tail calls; without them a region returns the table index of the next. */
export let hasTailCalls = true;
export function useTailCalls(on: bool): void {
  hasTailCalls = on;
}

/** The instructions of the block are done. */
export function payFor(count: u32): void {
  localGet(LOCAL_BUDGET);
  i32Const(count);
  byte(OP_I32_SUB);
  localSet(LOCAL_BUDGET);
}

/** Enters the region whose table index is on the wasm stack, above its arguments. */
function enterRegion(): void {
  if (hasTailCalls) {
    byte(OP_RETURN_CALL_INDIRECT);
    leb(TYPE_REGION);
    leb(0);
  } else byte(OP_RETURN);
}

/** What a region is called with; without tail calls the run loop takes the budget from the struct. */
function passArguments(): void {
  localGet(LOCAL_CPU);
  localGet(LOCAL_BUDGET);
  // Two instructions for one: the store takes both off the stack.
  if (!hasTailCalls) memoryAccess(OP_I32_STORE, offsetof<Cpu>("budget"));
}

/** Everything back into the struct. */
function put(b: Emit): void {
  b.settle();
  spill(b, b.dirty);
}

/** Goes on at an offset from codeBase that is no block of the region. */
export function leaveFor(b: Emit, trace: usize, offset: i64): void {
  if (<u64>offset >= PAGE_SIZE) {
    localGet(LOCAL_CPU);
    memoryAccess(OP_I64_LOAD, OFF_CODE_BASE);
    const target = b.add(b.define(), b.const(<u64>offset));
    goTo(b, target);
    return;
  }
  const header = headerOf(trace);
  const hostPtr = load<u32>(header, 8);
  const target = findByHost((hostPtr & ~(PAGE_SIZE - 1)) + <u32>offset, load<u16>(header, 12));
  if (target == 0) {
    b.leaveAt(<u32>offset, <u32>offset, 0, EXIT_BRANCH);
    return;
  }
  put(b);
  localGet(LOCAL_CPU);
  i32Const(<u32>target);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("jitTarget"));
  passArguments();
  i32Const(<u32>headerOf(target));
  memoryAccess(OP_I32_LOAD, HEADER_FUNCTION);
  enterRegion();
}

/** Goes to a linear address (an offset in CS where that is flat), by the jump cache. */
function goTo(b: Emit, target: Val): void {
  b.sizeLog2 = b.addressSize;
  b.get(b.trunc<ANY>(target));
  localSet(LOCAL_LINEAR);
  put(b);
  b.branchTo(OP_BR, b.crossLevel);
}

/** Leaves the region at the instruction if its target is not canonical. */
function checkCanonical(b: Emit, target: Val): void {
  if (b.sizeLog2 != 3) return;
  b.get(target);
  i64Const(CANONICAL_SHIFT);
  byte(OP_I64_SHL);
  i64Const(CANONICAL_SHIFT);
  byte(OP_I64_SHR_S);
  b.get(target);
  byte(OP_I64_NE);
  b.openIf();
  b.leaveHere(EXIT_AT_INSTRUCTION);
  b.close();
}

function operand(b: Emit, rec: Rec): Val {
  if (rec.flags & REC_MEM) return b.load<ANY>(b.addressOf(rec));
  b.get(b.reg<ANY>(rec.e));
  return b.define();
}

function pushReturn(b: Emit, rec: Rec): void {
  localGet(LOCAL_CPU);
  memoryAccess(OP_I64_LOAD, OFF_CODE_BASE);
  push(b, b.trunc<ANY>(b.add(b.define(), b.const(rec.pageOffset + rec.length))));
}

/** Writes a call, return or computed jump, the last record of its block. False if the region has to be left at it. */
export function emitTransfer(b: Emit, cpu: Cpu, trace: usize, from: Block, rec: Rec): bool {
  const index: u32 = from.count - 1;
  b.begin(rec, index, b.addressSize);
  if (from.end == END_CALL) {
    pushReturn(b, rec);
    payFor(from.count);
    leaveFor(b, trace, rec.imm);
    return true;
  }
  if (from.end == END_RET) {
    // RSP moves only when the target is known to be good.
    const target = b.load<ANY>(b.reg<ANY>(RSP));
    checkCanonical(b, target);
    b.setReg<ANY>(RSP, b.trunc<ANY>(b.add(b.reg<ANY>(RSP), b.const(<u64>1 << b.sizeLog2))));
    payFor(from.count);
    goTo(b, target);
    return true;
  }
  if (from.end != END_JMP_E && from.end != END_CALL_E) return false;
  if (rec.flags & REC_MEM && !b.canAddress(cpu, rec)) return false;
  const target = operand(b, rec);
  checkCanonical(b, target);
  if (from.end == END_CALL_E) pushReturn(b, rec);
  payFor(from.count);
  goTo(b, target);
  return true;
}

/** The common way by the jump cache: LOCAL_LINEAR is where to, everything is back in the struct. [jumpSlot, jumpKey] */
export function emitCross(b: Emit): void {
  localGet(LOCAL_CPU);
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("tables"));
  localGet(LOCAL_LINEAR);
  byte(OP_I32_WRAP_I64);
  localTee(LOCAL_SLOT);
  localGet(LOCAL_SLOT);
  i32Const(10);
  byte(OP_I32_SHR_U);
  byte(OP_I32_XOR);
  i32Const(JUMP_CACHE_ENTRIES - 1);
  byte(OP_I32_AND);
  i32Const(4);
  byte(OP_I32_SHL);
  byte(OP_I32_ADD);
  localTee(LOCAL_SLOT);
  memoryAccess(OP_I64_LOAD, JUMP_CACHE_OFFSET);
  localGet(LOCAL_LINEAR);
  localGet(LOCAL_CPU);
  memoryAccess(OP_I64_LOAD, offsetof<Cpu>("jumpTag"));
  byte(OP_I64_XOR);
  byte(OP_I64_EQ);
  b.openIf();
  localGet(LOCAL_CPU);
  localGet(LOCAL_LINEAR);
  i64Const(PAGE_MASK);
  byte(OP_I64_AND);
  memoryAccess(OP_I64_STORE, OFF_CODE_BASE);
  localGet(LOCAL_CPU);
  localGet(LOCAL_SLOT);
  memoryAccess(OP_I32_LOAD, JUMP_CACHE_OFFSET + 8);
  localTee(LOCAL_EXIT);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("jitTarget"));
  passArguments();
  localGet(LOCAL_EXIT);
  i32Const(<u32>headerOf(0));
  byte(OP_I32_ADD);
  memoryAccess(OP_I32_LOAD, HEADER_FUNCTION);
  enterRegion();
  b.close();
  localGet(LOCAL_CPU);
  localGet(LOCAL_LINEAR);
  localGet(LOCAL_BUDGET);
  call(IMPORT_LEAVE_TO);
  i32Const(0);
  byte(OP_RETURN);
}

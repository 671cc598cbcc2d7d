/**
 * How a region goes on elsewhere. To a trace in the same page: by the table index in that trace's header, which is a stub
 * until the trace is compiled. To another page or an address that is computed: by the jump cache. Where nothing is known,
 * back to the run loop.
 *
 * Branches are tail calls. The guest's CALL is a call, so that its RET is a return, which the host's processor predicts: the
 * region comes back with the target in `cpu.jitLinear`, and goes on behind the call if that is where it leads. If it leads
 * elsewhere, or something wants the run loop, it returns in its turn; nothing is taken from that the guest calls and returns
 * in pairs. Whatever changes mappings, modes or code leaves for the run loop, so that no region is left waiting across it.
 */
import { findByHost, headerOf, HEADER_FUNCTION } from "../decode/code-index";
import { REC_MEM, Rec } from "../decode/record";
import { Cpu, OFF_CODE_BASE } from "../cpu/state";
import { JUMP_CACHE_ENTRIES, JUMP_CACHE_OFFSET, PAGE_MASK, PAGE_SIZE } from "../layout";
import { Emit } from "./emit-backend";
import { LOCAL_BUDGET, LOCAL_CODE_BASE, LOCAL_DEPTH, LOCAL_EXIT, LOCAL_LINEAR, LOCAL_RESULT, LOCAL_SLOT, Val, cpuBase } from "./emit-values";
import { LEFT, TYPE_REGION, reload, spill } from "./emit-handler";
import { dropTop, loadTop, push } from "./emit-stack";
import {
  OP_BR, OP_CALL_INDIRECT, OP_I32_ADD, OP_I32_AND, OP_I32_EQZ, OP_I32_LOAD, OP_I32_LT_S, OP_I32_OR, OP_I32_SHL, OP_I32_SHR_U, OP_I32_STORE, OP_I32_SUB, OP_I32_WRAP_I64, OP_I32_XOR, OP_I64_AND,
  OP_I64_LOAD, OP_I64_NE, OP_I64_SHL, OP_I64_SHR_S, OP_I64_STORE, OP_I64_XOR, OP_LOOP, OP_RETURN, OP_RETURN_CALL_INDIRECT, OP_UNREACHABLE, TYPE_NONE, byte, i32Const, i64Const, leb, localGet, localSet,
  localTee, memoryAccess,
} from "./encoder";
import { EXIT_BRANCH } from "./exits";
import { IMPORT_FIND, IMPORT_LEAVE_TO, call } from "./imports";
import { KIND_DEFERRED } from "./flag-kinds";
import { Block, END_CALL, END_JMP_E, END_RET } from "./region";

type ANY = f64;

const CANONICAL_SHIFT: u64 = 16;
/** [SDM2] 2.3.11 */
const MAX_INSTRUCTION_BYTES: i64 = 15;

/** The engine has tail calls; without them a region returns `viaTable` of the next one's index, to whoever called it. */
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

/** What a region returns for the one with this table index to be run in its place; the budget is in the struct. */
@inline export function viaTable(index: i32): i32 {
  return LEFT - 1 - index;
}

/** Enters the region whose table index is on the wasm stack, above its arguments. */
function enterRegion(): void {
  if (hasTailCalls) {
    byte(OP_RETURN_CALL_INDIRECT);
    leb(TYPE_REGION);
    leb(0);
    return;
  }
  localSet(LOCAL_RESULT);
  i32Const(LEFT - 1);
  localGet(LOCAL_RESULT);
  byte(OP_I32_SUB);
  byte(OP_RETURN);
}

/** Calls the region whose table index is on the wasm stack, above its arguments: LOCAL_RESULT. */
function callRegion(b: Emit): void {
  byte(OP_CALL_INDIRECT);
  leb(TYPE_REGION);
  leb(0);
  localSet(LOCAL_RESULT);
  if (hasTailCalls) return;
  byte(OP_LOOP);
  byte(TYPE_NONE);
  b.depth++;
  const level = b.depth;
  localGet(LOCAL_RESULT);
  i32Const(LEFT);
  byte(OP_I32_LT_S);
  b.openIf();
  cpuBase();
  cpuBase();
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("budget"));
  oneDeeper();
  i32Const(LEFT - 1);
  localGet(LOCAL_RESULT);
  byte(OP_I32_SUB);
  byte(OP_CALL_INDIRECT);
  leb(TYPE_REGION);
  leb(0);
  localSet(LOCAL_RESULT);
  b.branchTo(OP_BR, level);
  b.close();
  b.close();
}

function oneDeeper(): void {
  localGet(LOCAL_DEPTH);
  i32Const(1);
  byte(OP_I32_SUB);
}

/** What a region is called with; without tail calls a branch leaves the budget in the struct. */
function passArguments(isCall: bool): void {
  if (isCall || hasTailCalls) {
    cpuBase();
    localGet(LOCAL_BUDGET);
    if (isCall) oneDeeper();
    else localGet(LOCAL_DEPTH);
    return;
  }
  cpuBase();
  localGet(LOCAL_BUDGET);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("budget"));
}

/** Everything where the next region looks for it. */
function put(b: Emit): void {
  b.defer();
  spill(b, b.dirty);
}

@inline function isInPage(offset: i64): bool {
  return <u64>offset < PAGE_SIZE;
}

/** An instruction there cannot go on in the next page: one that does is known to the jump cache alone. */
@inline function surelyInPage(offset: i64): bool {
  return offset >= 0 && offset <= <i64>PAGE_SIZE - MAX_INSTRUCTION_BYTES;
}

/** The trace at an offset of the page, 0 if none is known. */
export function traceAt(trace: usize, offset: i64): usize {
  const header = headerOf(trace);
  const hostPtr = load<u32>(header, 8);
  return findByHost((hostPtr & ~(PAGE_SIZE - 1)) + <u32>offset, load<u16>(header, 12));
}

/** Puts the table index of the region of a trace in this page on the wasm stack, above its arguments. */
function passTrace(target: usize, isCall: bool): void {
  cpuBase();
  i32Const(<u32>target);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("jitTarget"));
  passArguments(isCall);
  i32Const(<u32>headerOf(target));
  memoryAccess(OP_I32_LOAD, HEADER_FUNCTION);
}

/** Goes on at an offset from codeBase that is no block of the region. */
export function leaveFor(b: Emit, trace: usize, offset: i64): void {
  const target = isInPage(offset) ? traceAt(trace, offset) : 0;
  if (target == 0 && !surelyInPage(offset)) {
    cpuBase();
    memoryAccess(OP_I64_LOAD, OFF_CODE_BASE);
    goTo(b, b.add(b.define(), b.const(<u64>offset)));
    return;
  }
  if (target == 0) {
    b.leaveAt(<u32>offset, <u32>offset, 0, EXIT_BRANCH);
    return;
  }
  put(b);
  passTrace(target, false);
  enterRegion();
}

/** Goes to a linear address (an offset in CS where that is flat), by the jump cache. */
export function goTo(b: Emit, target: Val): void {
  b.sizeLog2 = b.addressSize;
  b.get(b.trunc<ANY>(target));
  localSet(LOCAL_LINEAR);
  put(b);
  b.branchTo(OP_BR, b.crossLevel);
}

/** Leaves the region at the instruction if its target is not canonical. */
export function checkCanonical(b: Emit, target: Val): void {
  if (b.sizeLog2 != 3) return;
  b.get(target);
  i64Const(CANONICAL_SHIFT);
  byte(OP_I64_SHL);
  i64Const(CANONICAL_SHIFT);
  byte(OP_I64_SHR_S);
  b.get(target);
  byte(OP_I64_NE);
  b.leaveIf();
}

/** The target of a computed transfer. */
export function operand(b: Emit, rec: Rec): Val {
  if (rec.flags & REC_MEM) return b.load<ANY>(b.addressOf(rec));
  b.get(b.reg<ANY>(rec.e));
  return b.define();
}

/** Pushes the return address; LOCAL_CODE_BASE ← codeBase. */
function pushReturn(b: Emit, rec: Rec): void {
  cpuBase();
  memoryAccess(OP_I64_LOAD, OFF_CODE_BASE);
  localSet(LOCAL_CODE_BASE);
  push(b, returnAddress(b, rec));
}

function returnAddress(b: Emit, rec: Rec): Val {
  return b.trunc<ANY>(b.add(changetype<Val>(<usize>LOCAL_CODE_BASE), b.const(rec.pageOffset + rec.length)));
}

/**
 * Writes a call, the last record of its block, up to where it has come back. False if the region has to be left at it.
 * Everything is in the struct and has been read again when the code goes on.
 */
export function emitCall(b: Emit, cpu: Cpu, trace: usize, from: Block, rec: Rec): bool {
  b.begin(rec, from.count - 1, b.addressSize);
  const isDirect = from.end == END_CALL;
  let target: Val = changetype<Val>(0);
  if (!isDirect) {
    if (rec.flags & REC_MEM && !b.canAddress(cpu, rec)) return false;
    target = operand(b, rec);
    checkCanonical(b, target);
  }
  pushReturn(b, rec);
  payFor(from.count);
  const known = isDirect && isInPage(rec.imm) ? traceAt(trace, rec.imm) : 0;
  if (known != 0 || (isDirect && surelyInPage(rec.imm))) {
    if (known == 0) {
      b.leaveAt(<u32>rec.imm, <u32>rec.imm, 0, EXIT_BRANCH);
      byte(OP_UNREACHABLE);
    } else {
      put(b);
      passTrace(known, true);
      callRegion(b);
    }
  } else {
    if (isDirect) target = b.add(changetype<Val>(<usize>LOCAL_CODE_BASE), b.const(<u64>rec.imm));
    b.get(b.trunc<ANY>(target));
    localSet(LOCAL_LINEAR);
    put(b);
    probe(b);
    passProbed(true);
    callRegion(b);
  }
  comeBack(b, rec);
  return true;
}

/** After a call: returns in its turn unless the guest's return leads behind the call. */
function comeBack(b: Emit, rec: Rec): void {
  localGet(LOCAL_RESULT);
  i32Const(0);
  byte(OP_I32_LT_S);
  cpuBase();
  memoryAccess(OP_I64_LOAD, offsetof<Cpu>("jitLinear"));
  b.get(returnAddress(b, rec));
  byte(OP_I64_NE);
  byte(OP_I32_OR);
  b.openRareIf();
  localGet(LOCAL_RESULT);
  byte(OP_RETURN);
  b.close();
  localGet(LOCAL_RESULT);
  localSet(LOCAL_BUDGET);
  cpuBase();
  localGet(LOCAL_CODE_BASE);
  memoryAccess(OP_I64_STORE, OFF_CODE_BASE);
  b.kind = KIND_DEFERRED;
  b.dirty = 0;
  reload(b.regionUses);
}

/** Writes a return or computed jump, the last record of its block. False if the region has to be left at it. */
export function emitTransfer(b: Emit, cpu: Cpu, from: Block, rec: Rec): bool {
  b.begin(rec, from.count - 1, b.addressSize);
  if (from.end == END_RET) {
    // RSP moves only when the target is known to be good.
    const target = loadTop(b);
    checkCanonical(b, target);
    dropTop(b);
    payFor(from.count);
    cpuBase();
    b.get(target);
    memoryAccess(OP_I64_STORE, offsetof<Cpu>("jitLinear"));
    put(b);
    localGet(LOCAL_BUDGET);
    byte(OP_RETURN);
    return true;
  }
  if (from.end != END_JMP_E) return false;
  if (rec.flags & REC_MEM && !b.canAddress(cpu, rec)) return false;
  const target = operand(b, rec);
  checkCanonical(b, target);
  payFor(from.count);
  goTo(b, target);
  return true;
}

/** LOCAL_SLOT ← where the jump cache knows LOCAL_LINEAR, or the region is left. [jumpSlot, jumpKey] */
function probe(b: Emit): void {
  cpuBase();
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
  cpuBase();
  memoryAccess(OP_I64_LOAD, offsetof<Cpu>("jumpTag"));
  byte(OP_I64_XOR);
  byte(OP_I64_NE);
  b.openRareIf();
  cpuBase();
  localGet(LOCAL_LINEAR);
  call(IMPORT_FIND);
  byte(OP_I32_EQZ);
  b.openRareIf();
  leaveToLinear();
  b.close();
  b.close();
}

/** Puts arguments and table index of what `probe` has found on the wasm stack. */
function passProbed(isCall: bool): void {
  cpuBase();
  localGet(LOCAL_LINEAR);
  i64Const(PAGE_MASK);
  byte(OP_I64_AND);
  memoryAccess(OP_I64_STORE, OFF_CODE_BASE);
  cpuBase();
  localGet(LOCAL_SLOT);
  memoryAccess(OP_I32_LOAD, JUMP_CACHE_OFFSET + 8);
  localTee(LOCAL_EXIT);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("jitTarget"));
  passArguments(isCall);
  localGet(LOCAL_EXIT);
  i32Const(<u32>headerOf(0));
  byte(OP_I32_ADD);
  memoryAccess(OP_I32_LOAD, HEADER_FUNCTION);
}

/** To LOCAL_LINEAR by way of the run loop. */
function leaveToLinear(): void {
  cpuBase();
  localGet(LOCAL_LINEAR);
  localGet(LOCAL_BUDGET);
  call(IMPORT_LEAVE_TO);
  i32Const(LEFT);
  byte(OP_RETURN);
}

/** The common way by the jump cache: LOCAL_LINEAR is where to, everything is back in the struct. */
export function emitCross(b: Emit): void {
  probe(b);
  passProbed(false);
  enterRegion();
}

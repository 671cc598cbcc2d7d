/**
 * A region as one WebAssembly function with structured control flow: blocks are placed by the dominator tree, loops become
 * loops, and a place where paths meet is what follows a wasm block (the construction of Ramsey, "Beyond Relooper", 2022).
 *
 *   function (cpu, budget, depth) → budget left, after the guest's RET (jit/emit-transfer.ts); LEFT: back to the run loop
 *     registers ← struct
 *     block cross
 *       block exit
 *         if too little budget, or calls nest too deep: exit
 *         … the region …
 *       end
 *       struct ← registers; leaveRegion; return 0
 *     end
 *     by the jump cache to LOCAL_LINEAR
 *
 * It is written twice: the first pass finds which registers each block writes.
 */
import { REC_MEM, Rec, REC_SIZE } from "../decode/record";
import { headerOf } from "../decode/code-index";
import { TLB_SET_USER, tlbArray } from "../cpu/mode";
import { Cpu, MODE_64, OFF_CODE_BASE, MODE_SIZE_MASK, MODE_USER } from "../cpu/state";
import { JIT_BODY, JIT_BODY_SIZE, PAGE_SIZE } from "../layout";
import { Emit } from "./emit-backend";
import { F64_LOCALS, I32_LOCALS, LOCAL_BUDGET, LOCAL_DEPTH, LOCAL_EXIT, LOCAL_FLAG_R, LOCAL_FLAG_T, LOCAL_FLAG_X, LOCAL_FLAG_Y, LOCAL_KIND, PARAMETERS, V128_LOCALS, Val, cpuBase, writeForCpu } from "./emit-values";
import { beginFunctionHints, keepFunctionHints } from "./branch-hints";
import { LEFT, emitEnding, reload, spill } from "./emit-handler";
import { emitInstruction } from "./emit-instruction";
import { emitSystem } from "./emit-system";
import { checkCanonical, emitCall, emitCross, emitTransfer, goTo, leaveFor, operand, payFor } from "./emit-transfer";
import {
  OP_BLOCK, OP_BR, OP_I32_LT_S, OP_I32_OR, OP_I32_SUB, OP_I64_EQ, OP_I64_LOAD, OP_I64_LT_U, OP_LOOP, OP_RETURN, OP_UNREACHABLE, TYPE_F64, TYPE_I32, TYPE_I64, TYPE_NONE, TYPE_V128, at, byte, copyBytes, fillLength, i32Const, i64Const, leb, localGet, memoryAccess, reserveLength, startAt,
} from "./encoder";
import { EXIT_AT_INSTRUCTION, EXIT_BUDGET } from "./exits";
import { KIND_DEFERRED, KIND_LOCAL } from "./flag-kinds";
import { analyseFlow, findDirty, goesBack, inOrder, reachable } from "./flow";
import { IMPORT_LEAVE, call } from "./imports";
import { Block, EMITTER, EMITTER_CONSTANTS, END_HANDLER, END_JCC, END_JMP, END_JMP_E, END_LEAVE, END_NEXT, END_STRAIGHT, NESTING, NO_BLOCK, block, discover, endsWithCall, instructionCount } from "./region";

let nested: u32 = 0;
let theCpu: Cpu = changetype<Cpu>(0);
let theTrace: usize = 0;

// ---- what the code is nested in: block numbers with the level of their loop or of what they follow

const LOOP_OF: u32 = 0x100;

function nest(what: u32, level: u32): void {
  store<u32>(NESTING + (nested << 2), what | (level << 16));
  nested++;
}

function levelOf(what: u32): u32 {
  for (let n = nested; n > 0; n--) {
    const entry = load<u32>(NESTING + ((n - 1) << 2));
    if ((entry & 0xffff) == what) return entry >> 16;
  }
  return 0;
}

function open(b: Emit, opcode: u8): void {
  byte(opcode);
  byte(TYPE_NONE);
  b.depth++;
}

/** The block dominated by `number` where paths meet, with the greatest place in the order below `place`. */
function mergeBefore(number: u32, place: u32): u32 {
  while (place > 0) {
    place--;
    const candidate = inOrder(place);
    if (place != 0 && block(candidate).immediateDominator == number && block(candidate).isMerge) return candidate;
  }
  return NO_BLOCK;
}

// ---- the tree of blocks

/** The block and all that it dominates. */
function tree(b: Emit, number: u32): void {
  const here = block(number);
  if (here.isLoop) {
    b.noteKind();
    b.kind = KIND_LOCAL;
    open(b, OP_LOOP);
    nest(LOOP_OF | number, b.depth);
  }
  within(b, number, reachable);
  if (here.isLoop) {
    nested--;
    b.close();
  }
}

/** The block, nested in a wasm block for each place where paths that start in it meet. */
function within(b: Emit, number: u32, place: u32): void {
  const merge = mergeBefore(number, place);
  if (merge == NO_BLOCK) {
    body(b, number);
    return;
  }
  open(b, OP_BLOCK);
  nest(merge, b.depth);
  within(b, number, block(merge).order);
  nested--;
  b.close();
  b.kind = KIND_LOCAL;
  tree(b, merge);
}

function body(b: Emit, number: u32): void {
  const here = block(number);
  b.dirty = b.isTrial ? 0 : here.dirtyAtStart;
  b.sseIsOn = false;
  const straight: u32 = here.end == END_NEXT ? here.count : here.count - 1;
  for (let n: u32 = 0; n < straight; n++) {
    const rec = changetype<Rec>(<usize>here.records + n * REC_SIZE);
    if (!emitInstruction(b, theCpu, rec, n)) {
      if (b.isTrial) here.written = b.dirty;
      b.leaveHere(EXIT_AT_INSTRUCTION);
      return;
    }
  }
  if (b.isTrial) here.written = b.dirty;
  ending(b, number, here);
}

function ending(b: Emit, number: u32, here: Block): void {
  const rec = changetype<Rec>(<usize>here.records + (here.count - 1) * REC_SIZE);
  const end = here.end;
  if (endsWithCall(end)) {
    if (emitCall(b, theCpu, theTrace, here, rec)) {
      if (here.nextOffset < PAGE_SIZE) needBudget(b, here.nextOffset);
      goOn(b, number, here.next, here.nextOffset);
    } else b.leaveHere(EXIT_AT_INSTRUCTION);
    return;
  }
  if (end == END_STRAIGHT) {
    b.begin(rec, here.count - 1, 0);
    emitSystem(b, rec);
    if (b.isTrial) here.written = b.dirty;
    payFor(here.count);
    goOn(b, number, here.next, here.nextOffset);
    return;
  }
  if (end == END_HANDLER) {
    emitEnding(b, rec, here.count - 1);
    payFor(here.count);
    goOn(b, number, here.next, here.nextOffset);
    return;
  }
  if (end == END_JMP_E && here.targets != 0) {
    if (!emitSwitch(b, number, here, rec)) {
      b.begin(rec, here.count - 1, 0);
      b.leaveHere(EXIT_AT_INSTRUCTION);
    }
    return;
  }
  if (end == END_LEAVE || (end != END_NEXT && end != END_JMP && end != END_JCC)) {
    if (end == END_LEAVE || !emitTransfer(b, theCpu, here, rec)) {
      b.begin(rec, here.count - 1, 0);
      b.leaveHere(EXIT_AT_INSTRUCTION);
    }
    return;
  }
  payFor(here.count);
  b.begin(rec, here.count - 1, 0);
  if (end == END_NEXT) goOn(b, number, here.next, here.nextOffset);
  else if (end == END_JMP) goOn(b, number, here.taken, here.takenOffset);
  else {
    b.condition(<u32>rec.opcode & 15);
    b.openIf();
    const kind = b.kind;
    const dirty = b.dirty;
    goOn(b, number, here.taken, here.takenOffset);
    b.otherwise();
    b.kind = kind;
    b.dirty = dirty;
    b.begin(rec, here.count - 1, 0);
    goOn(b, number, here.next, here.nextOffset);
    b.close();
    byte(OP_UNREACHABLE);
  }
}

/** A computed jump that leads to blocks of the region, or elsewhere by the jump cache. False if the region has to be left at it. */
function emitSwitch(b: Emit, number: u32, here: Block, rec: Rec): bool {
  b.begin(rec, here.count - 1, b.addressSize);
  if (rec.flags & REC_MEM && !b.canAddress(theCpu, rec)) return false;
  const target = operand(b, rec);
  checkCanonical(b, target);
  payFor(here.count);
  cpuBase();
  memoryAccess(OP_I64_LOAD, OFF_CODE_BASE);
  const offset = b.sub(target, b.define());
  const kind = b.kind;
  const dirty = b.dirty;
  chooseBlock(b, number, here.targets, offset, kind, dirty);
  b.begin(rec, here.count - 1, b.addressSize);
  b.kind = kind;
  b.dirty = dirty;
  goTo(b, target);
  return true;
}

/** Goes on at the one of `blocks` that starts at `offset`, found by halves; what follows runs if none does. */
function chooseBlock(b: Emit, from: u32, blocks: u64, offset: Val, kind: u32, dirty: u32): void {
  const middle = nthByStart(blocks, <u32>popcnt(blocks) >> 1);
  const start = block(middle).start;
  localGet(<u32>changetype<usize>(offset));
  i64Const(start);
  if (popcnt(blocks) == 1) {
    byte(OP_I64_EQ);
    b.openIf();
    b.kind = kind;
    b.dirty = dirty;
    goOn(b, from, middle, start);
    b.close();
    return;
  }
  byte(OP_I64_LT_U);
  b.openIf();
  const below = blocksBelow(blocks, start);
  chooseBlock(b, from, below, offset, kind, dirty);
  b.otherwise();
  chooseBlock(b, from, blocks & ~below, offset, kind, dirty);
  b.close();
}

function blocksBelow(blocks: u64, start: u32): u64 {
  let below: u64 = 0;
  for (let left = blocks; left != 0; left &= left - 1) if (<u32>block(<u32>ctz(left)).start < start) below |= left & (~left + 1);
  return below;
}

/** The one with `n` others that start before it. */
function nthByStart(blocks: u64, n: u32): u32 {
  for (let left = blocks; left != 0; left &= left - 1) {
    const number = <u32>ctz(left);
    if (<u32>popcnt(blocksBelow(blocks, block(number).start)) == n) return number;
  }
  return 0;
}

function goOn(b: Emit, from: u32, to: u32, offset: i32): void {
  if (to == NO_BLOCK) {
    leaveFor(b, theTrace, offset);
    return;
  }
  if (goesBack(from, to)) {
    b.noteKind();
    needBudget(b, block(to).start);
    b.branchTo(OP_BR, levelOf(LOOP_OF | to));
  } else if (block(to).isMerge) {
    b.noteKind();
    b.branchTo(OP_BR, levelOf(to));
  } else tree(b, to);
}

/** The budget never ends at an STI, whose shadow is not written out: no interrupt comes before the next instruction is done. */
const SHADOW: u32 = 1;

/** Leaves at `offset` unless the budget covers every path to the next look. */
function needBudget(b: Emit, offset: u32): void {
  localGet(LOCAL_BUDGET);
  i32Const(instructionCount + SHADOW);
  byte(OP_I32_LT_S);
  b.openRareIf();
  b.leaveAt(offset, offset, 0, EXIT_BUDGET);
  b.close();
}

/** At the entry: leaves as needBudget does, also where calls nest too deep. */
function checkEntry(b: Emit, offset: u32): void {
  localGet(LOCAL_BUDGET);
  i32Const(instructionCount + SHADOW);
  byte(OP_I32_SUB);
  localGet(LOCAL_DEPTH);
  byte(OP_I32_OR);
  i32Const(0);
  byte(OP_I32_LT_S);
  b.openRareIf();
  b.leaveAt(offset, offset, 0, EXIT_BUDGET);
  b.close();
}

// ---- the function

function writeBody(b: Emit, isTrial: bool): void {
  startAt(JIT_BODY);
  beginFunctionHints();
  b.isTrial = isTrial;
  b.startValues(EMITTER_CONSTANTS);
  b.kind = KIND_DEFERRED;
  b.dirty = 0;
  nested = 0;
  open(b, OP_BLOCK);
  b.crossLevel = b.depth;
  open(b, OP_BLOCK);
  b.exitLevel = b.depth;
  checkEntry(b, block(0).start);
  tree(b, 0);
  byte(OP_UNREACHABLE);
  b.close();
  spill(b, b.everWritten);
  cpuBase();
  localGet(LOCAL_EXIT);
  localGet(LOCAL_BUDGET);
  localGet(LOCAL_KIND);
  localGet(LOCAL_FLAG_X);
  localGet(LOCAL_FLAG_Y);
  localGet(LOCAL_FLAG_R);
  localGet(LOCAL_FLAG_T);
  call(IMPORT_LEAVE);
  i32Const(LEFT);
  byte(OP_RETURN);
  b.close();
  emitCross(b);
}

/**
 * Writes the function of the region that starts with `trace` at the encoder's place, as an entry of a code section: number
 * `index` of the module.
 * False if it is too large; nothing is written then.
 */
export function emitRegion(cpu: Cpu, trace: usize, index: u32, limit: usize): bool {
  const place = at;
  theCpu = cpu;
  theTrace = trace;
  const b = changetype<Emit>(EMITTER);
  b.cpu = cpu;
  b.entryTrace = <u32>trace;
  b.used = 0;
  b.regionUses = 0;
  b.everWritten = 0;
  const mode: u32 = load<u16>(headerOf(trace), 12);
  b.addressSize = (mode & MODE_SIZE_MASK) == MODE_64 ? 3 : 2;
  writeForCpu(changetype<usize>(cpu));
  b.isUser = (mode & MODE_USER) != 0;
  b.tlbRead = b.isUser ? tlbArray(cpu, TLB_SET_USER, 0) : 0;
  b.tlbWrite = b.isUser ? tlbArray(cpu, TLB_SET_USER, 1) : 0;
  discover(trace);
  analyseFlow();
  writeBody(b, true);
  b.regionUses = b.used;
  findDirty();
  writeBody(b, false);
  const bytes = <u32>(at - JIT_BODY);
  startAt(place);
  if (bytes > JIT_BODY_SIZE || place + bytes + 512 > limit) return false;
  const length = reserveLength();
  const start = at;
  leb(4);
  leb(I32_LOCALS);
  byte(TYPE_I32);
  leb(V128_LOCALS);
  byte(TYPE_V128);
  leb(F64_LOCALS);
  byte(TYPE_F64);
  leb(b.maxTemp - PARAMETERS - I32_LOCALS - V128_LOCALS - F64_LOCALS);
  byte(TYPE_I64);
  reload(b.used);
  keepFunctionHints(index, <u32>(at - start));
  copyBytes(JIT_BODY, bytes);
  byte(0x0b);
  fillLength(length);
  return true;
}

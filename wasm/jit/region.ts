/**
 * A region: the basic blocks that are compiled into one function. All lie in one page and one mode, and can be reached from
 * the entry without leaving decoded code: a branch target that no trace starts at has never been executed, and stays
 * outside. What a call calls is another region; the code behind the call belongs to this one.
 *
 * At most 64 blocks, so that sets of blocks are words. Everything lies in JIT_SCRATCH until the next region is looked at:
 *
 *   0x0000  u32[4096]  record by offset in the page        0x4000  u8[4096]  LEADER, TARGET
 *   0x5000  u16[…]     offsets still to be looked at       0x6000  Block[64]
 *   0x7000  the emitter's fields, then its constants       0x8000  what the structured code is nested in (jit/emit-region.ts)
 *   0x9000  a record that is made for one instruction
 */
import { Rec, REC_CROSSES_PAGE, REC_MEM, REC_SIZE, opSizeLog2 } from "../decode/record";
import { findByHost, headerOf, heatAtStart, heatOf, isComputedTarget } from "../decode/code-index";
import {
  ID_BUDGET_END, ID_CALL_E_FAST32, ID_CALL_E_FAST64, ID_CALL_FAST32, ID_CALL_FAST64, ID_FALLTHROUGH, ID_JCC_FAST_0, ID_JMP_E_FAST32, ID_JMP_E_FAST64, ID_JMP_FAST, ID_MOV_S_E__ends, ID_POPF__ends, ID_POP_S__ends,
  ID_RET_FAST32, ID_RET_FAST64, ID_STI__ends, ID_TOO_LONG, ID_UNDEFINED,
} from "../generated/tables";
import { MODE_64, MODE_SIZE_MASK, MODE_USER, SEG_CS, SEG_GS, SEG_SS } from "../cpu/state";
import { ENDS_BASE } from "../generated/handlers";
import { JIT_SCRATCH, PAGE_SIZE } from "../layout";
import { descOf } from "../mmu/physical";

/** How a block ends. */
export const END_NEXT: u8 = 0;
export const END_JCC: u8 = 1;
export const END_JMP: u8 = 2;
export const END_CALL: u8 = 3;
export const END_RET: u8 = 4;
export const END_JMP_E: u8 = 5;
export const END_CALL_E: u8 = 6;
/** By an instruction that the interpreter executes. */
export const END_LEAVE: u8 = 7;
/** By an instruction that ends a trace; what is done for it is written out, and the region goes on behind it (jit/emit-system.ts). */
export const END_STRAIGHT: u8 = 9;
/** By a handler after which the run loop looks around: mostly it has nothing to do, and the region goes on. */
export const END_HANDLER: u8 = 8;

export const NO_BLOCK: u8 = 0xff;

@unmanaged @final
export class Block {
  /** Blocks that surely were passed on the way to this one, itself included; then the ones that lead here. */
  dominators: u64;
  predecessors: u64;
  /** Its instructions, one after another; `last` is the one it ends with (count − 1), or none (END_NEXT). */
  records: u32;
  count: u16;
  end: u8;
  /** Blocks it goes to: where a branch is taken, and otherwise. NO_BLOCK: outside. */
  taken: u8;
  next: u8;
  /** Place in reverse postorder, NO_BLOCK where it cannot be reached. */
  order: u8;
  immediateDominator: u8;
  isLoop: bool;
  /** Reached from several places by forward branches. */
  isMerge: bool;
  start: u16;
  /** Offsets of the same; takenOffset counts from codeBase and may lie outside the page. */
  nextOffset: u16;
  takenOffset: i32;
  /** General registers that this block writes, and that may have been written before it. */
  written: u32;
  dirtyAtStart: u32;
  /** Blocks that the computed jump at its end is known to lead to. */
  targets: u64;
}

const MAX_BLOCKS: u32 = 64;
const MAX_INSTRUCTIONS: u32 = 200;
let mostInstructions: u32 = MAX_INSTRUCTIONS;
/** Targets of the computed jumps of a page that are looked for. */
const MAX_TARGETS: u32 = 24;
/** In LEADERS: a block starts here; a computed jump has led here. */
const LEADER: u8 = 1;
const TARGET: u8 = 2;
/** Left out: what has been entered less than the threshold divided by two to this. */
const RARE_SHIFT: u32 = 5;
/** Records have their number in the block in a byte. */
const MAX_IN_BLOCK: u32 = 200;
const BLOCK_SIZE: u32 = 64;
const MAP: usize = JIT_SCRATCH;
const LEADERS: usize = JIT_SCRATCH + 0x4000;
const WORK: usize = JIT_SCRATCH + 0x5000;
const BLOCKS: usize = JIT_SCRATCH + 0x6000;
export const EMITTER: usize = JIT_SCRATCH + 0x7000;
export const EMITTER_CONSTANTS: usize = JIT_SCRATCH + 0x7800;
export const NESTING: usize = JIT_SCRATCH + 0x8000;
/** A record as the emitter wants to have it. */
export const ABSOLUTE_RECORD: usize = JIT_SCRATCH + 0x9000;

/** The region that was looked at last. */
export let blockCount: u32 = 0;
export let instructionCount: u32 = 0;

/** Host page and mode of the region under way. */
let page: u32 = 0;
let mode: u32 = 0;
let workCount: u32 = 0;
let leaderCount: u32 = 0;
/** The targets of computed jumps have been looked for. */
let hasTargets = false;

/** For tests of the compiler: regions of at most so many instructions; 0: as many as there is room for. */
export function limitRegions(most: u32): void {
  mostInstructions = most == 0 || most > MAX_INSTRUCTIONS ? MAX_INSTRUCTIONS : most;
}

@inline export function block(number: u32): Block {
  return changetype<Block>(BLOCKS + number * BLOCK_SIZE);
}

/** The trace that starts with the block; 0 if none does. */
export function traceOfBlock(number: u32): usize {
  return findByHost(page + block(number).start, mode);
}

@inline function recordAt(offset: u32): usize {
  return load<u32>(MAP + (offset << 2));
}

@inline function isLeader(offset: u32): bool {
  return (load<u8>(LEADERS + offset) & LEADER) != 0;
}

function makeLeader(offset: u32): void {
  const marks = load<u8>(LEADERS + offset);
  if (marks & LEADER) return;
  store<u8>(LEADERS + offset, marks | LEADER);
  leaderCount++;
}

function lookAtLater(offset: i64): void {
  if (<u64>offset >= PAGE_SIZE || leaderCount >= MAX_BLOCKS - 2) return;
  store<u16>(WORK + (workCount << 1), <u16>offset);
  workCount++;
}

@inline function isCall(id: u32): bool { return id == ID_CALL_FAST32 || id == ID_CALL_FAST64; }
@inline function isReturn(id: u32): bool { return id == ID_RET_FAST32 || id == ID_RET_FAST64; }
@inline function isJumpE(id: u32): bool { return id == ID_JMP_E_FAST32 || id == ID_JMP_E_FAST64; }
/** Everything is in the struct when the block after this one is come to. */
@inline export function putsBack(end: u8): bool { return endsWithCall(end) || end == END_HANDLER; }
/** The block ends with a call: it goes on behind it. */
@inline export function endsWithCall(end: u8): bool { return end == END_CALL || end == END_CALL_E; }
@inline function isCallE(id: u32): bool { return id == ID_CALL_E_FAST32 || id == ID_CALL_E_FAST64; }
@inline export function isBranch(id: u32): bool { return id - ID_JCC_FAST_0 < 16; }

/** How a block ends with this record; END_NEXT if it does not. */
function endOf(rec: Rec): u8 {
  const id: u32 = rec.id;
  if (isBranch(id)) return END_JCC;
  if (id == ID_JMP_FAST) return END_JMP;
  if (isCall(id)) return END_CALL;
  if (isReturn(id)) return END_RET;
  if (isJumpE(id)) return END_JMP_E;
  if (isCallE(id)) return END_CALL_E;
  if (id == ID_UNDEFINED || id == ID_TOO_LONG || id == ID_BUDGET_END || rec.flags & REC_CROSSES_PAGE) return END_LEAVE;
  if (goesStraightOn(rec)) return END_STRAIGHT;
  return id >= ENDS_BASE ? END_HANDLER : END_NEXT;
}

/** The segment register that a PUSH or POP names in its opcode. */
export function segmentOf(rec: Rec): u32 {
  return (<u32>rec.opcode >> 3) & 7;
}

/** Of those that end a trace: stated for compiled code as well. Loading SS casts a shadow and stays out. */
function goesStraightOn(rec: Rec): bool {
  const id: u32 = rec.id;
  if (id == ID_STI__ends) return !(mode & MODE_USER);
  if (id == ID_MOV_S_E__ends) return !(rec.flags & REC_MEM) && rec.g <= SEG_GS && rec.g != SEG_CS && rec.g != SEG_SS;
  if (opSizeLog2(rec) != ((mode & MODE_SIZE_MASK) == MODE_64 ? 3 : 2)) return false;
  return id == ID_POPF__ends || (id == ID_POP_S__ends && segmentOf(rec) != SEG_SS);
}

/** Finds the blocks of the region that starts with `trace`. */
export function discover(trace: usize): void {
  memory.fill(MAP, 0, 0x5000);
  const header = headerOf(trace);
  const hostPtr = load<u32>(header, 8);
  page = hostPtr & ~(PAGE_SIZE - 1);
  mode = load<u16>(header, 12);
  instructionCount = 0;
  leaderCount = 0;
  workCount = 0;
  hasTargets = false;
  const entry = hostPtr - page;
  lookAtLater(entry);
  for (let n: u32 = 0; n < workCount && n < 2000; n++) {
    const offset: u32 = load<u16>(WORK + (n << 1));
    if (recordAt(offset) == 0) {
      const known = offset == entry ? trace : findByHost(page + offset, mode);
      // What is seldom come to is left out.
      if (known == 0 || (known != trace && heatAtStart - heatOf(known) < heatAtStart >> RARE_SHIFT)) continue;
      walk(known);
      if (recordAt(offset) == 0) continue;
    }
    makeLeader(offset);
  }
  makeBlocks(entry);
}

/** Where computed jumps inside the page have led to: cases of a switch, instructions of a guest's interpreter. */
function lookAtTargets(): void {
  if (hasTargets) return;
  hasTargets = true;
  let count: u32 = 0;
  for (let trace: usize = load<u32>(descOf(page), 8); trace != 0 && count < MAX_TARGETS; trace = load<u32>(headerOf(trace), 0)) {
    const header = headerOf(trace);
    if (!isComputedTarget(trace) || load<u16>(header, 12) != <u16>mode) continue;
    const offset = load<u32>(header, 8) - page;
    store<u8>(LEADERS + offset, load<u8>(LEADERS + offset) | TARGET);
    lookAtLater(offset);
    count++;
  }
}

/** Notes the records of a trace up to its end or to what is known already. */
function walk(trace: usize): void {
  let rec = trace;
  while (instructionCount < mostInstructions) {
    const r = changetype<Rec>(rec);
    const offset: u32 = r.pageOffset;
    if (r.id == ID_FALLTHROUGH) {
      lookAtLater(r.imm);
      return;
    }
    if (offset >= PAGE_SIZE) return;
    if (recordAt(offset) != 0) {
      makeLeader(offset);
      return;
    }
    store<u32>(MAP + (offset << 2), <u32>rec);
    instructionCount++;
    const end = endOf(r);
    if (end == END_JCC) {
      const next = offset + r.length;
      lookAtLater(r.imm);
      if (next < PAGE_SIZE) makeLeader(next);
    } else if (end != END_NEXT) {
      if (end == END_JMP) lookAtLater(r.imm);
      else if (end == END_JMP_E) lookAtTargets();
      else if (putsBack(end) || end == END_STRAIGHT) lookAtLater(offset + r.length);
      return;
    }
    rec += REC_SIZE;
  }
}

/** Cuts what was found into blocks; the entry is block 0. */
function makeBlocks(entry: u32): void {
  blockCount = 0;
  addBlock(entry);
  for (let offset: u32 = 0; offset < PAGE_SIZE && blockCount < MAX_BLOCKS; offset++)
    if (isLeader(offset) && offset != entry && recordAt(offset) != 0) addBlock(offset);
  for (let n: u32 = 0; n < blockCount; n++) {
    const b = block(n);
    b.taken = b.end == END_JCC || b.end == END_JMP ? blockAt(b.takenOffset) : NO_BLOCK;
    b.targets = b.end == END_JMP_E ? targetBlocks() : 0;
    b.next = b.end == END_JCC || b.end == END_NEXT || b.end == END_STRAIGHT || putsBack(b.end) ? blockAt(b.nextOffset) : NO_BLOCK;
  }
}

function targetBlocks(): u64 {
  let targets: u64 = 0;
  for (let n: u32 = 0; n < blockCount; n++) if (load<u8>(LEADERS + block(n).start) & TARGET) targets |= <u64>1 << n;
  return targets;
}

function blockAt(offset: i32): u8 {
  for (let n: u32 = 0; n < blockCount; n++) if (<i32>block(n).start == offset) return <u8>n;
  return NO_BLOCK;
}

function addBlock(start: u32): void {
  const b = block(blockCount++);
  b.start = <u16>start;
  b.records = <u32>recordAt(start);
  b.written = 0;
  let offset = start;
  let count: u32 = 0;
  let rec = recordAt(start);
  while (true) {
    const r = changetype<Rec>(rec);
    count++;
    offset += r.length;
    const end = endOf(r);
    if (end != END_NEXT) {
      b.end = end;
      b.takenOffset = <i32>r.imm;
      break;
    }
    // Goes on in the same trace, up to the next block or to code that was not walked.
    if (offset >= PAGE_SIZE || isLeader(offset) || recordAt(offset) != rec + REC_SIZE || count == MAX_IN_BLOCK) {
      if (count == MAX_IN_BLOCK && offset < PAGE_SIZE) makeLeader(offset);
      b.end = END_NEXT;
      break;
    }
    rec += REC_SIZE;
  }
  b.count = <u16>count;
  b.nextOffset = <u16>offset;
}

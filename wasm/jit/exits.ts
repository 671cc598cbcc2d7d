/**
 * Ways out of a compiled region: for each, where the guest is then and how many instructions of the block under way
 * are done. Emitted code only names the description; what follows from it is done here, in the cold.
 *
 * Descriptions and copies of records live in an arena that is emptied with the trace arena.
 */
import { ripOf } from "../cpu/address";
import { Cpu, STOP_REPEAT } from "../cpu/state";
import { Rec } from "../decode/record";
import { JIT_ARENA_BASE, JIT_ARENA_END, PAGE_MASK } from "../layout";
import { KIND_LOCAL, KIND_STRUCT, settleDeferred, settleFlags } from "./flag-kinds";

@unmanaged @final
export class Exit {
  /** Offset of the instruction from codeBase: where to go on. */
  pageOffset: u16;
  /** Offset of what follows it. */
  nextOffset: u16;
  /** Instructions of the block before it. */
  count: u16;
  /** Kind of the flags, or KIND_LOCAL. */
  kind: u8;
  why: u8;
  /** Entry of the region. */
  trace: u32;
  /** How often it was taken. */
  taken: u32;
}

/** The interpreter has to execute this instruction. */
export const EXIT_AT_INSTRUCTION: u8 = 0;
/** Too little of the budget is left to go on without looking. */
export const EXIT_BUDGET: u8 = 1;
/** The target of a branch that had not been decoded when the region was compiled. */
export const EXIT_BRANCH: u8 = 2;
/** After a handler: it faulted, or asks to stop. */
export const EXIT_HANDLER: u8 = 3;
/** To a computed target that the jump cache does not know. */
export const EXIT_TARGET: u8 = 4;

const EXIT_SIZE: u32 = 16;

let arenaNext: u32 = <u32>JIT_ARENA_BASE;
/** Why regions were left, for stats(): by EXIT_…. */
export const EXIT_COUNTS: StaticArray<u32> = [0, 0, 0, 0, 0];

export function emptyArena(): void {
  arenaNext = <u32>JIT_ARENA_BASE;
}

@inline export function hasRoom(sizeBytes: u32): bool {
  return arenaNext + sizeBytes <= <u32>JIT_ARENA_END;
}

export function allocate(sizeBytes: u32): usize {
  const place = arenaNext;
  arenaNext += (sizeBytes + 7) & ~7;
  return place;
}

export function newExit(pageOffset: u32, nextOffset: u32, count: u32, kind: u32, why: u8, trace: usize): Exit {
  const exit = changetype<Exit>(allocate(EXIT_SIZE));
  exit.pageOffset = <u16>pageOffset;
  exit.nextOffset = <u16>nextOffset;
  exit.count = <u16>count;
  exit.kind = <u8>kind;
  exit.why = why;
  exit.trace = <u32>trace;
  exit.taken = 0;
  return exit;
}

@inline function goOnAt(cpu: Cpu, linearAddr: u64, budget: i32): void {
  cpu.rip = ripOf(cpu, linearAddr);
  cpu.budget = budget;
}

/** Imported by emitted code: registers are back in the struct, flags are as `exit` says. */
export function leaveRegion(cpu: Cpu, exit: Exit, budget: i32, kind: u32, x: u64, y: u64, r: u64, t: u64): void {
  settleFlags(cpu, exit.kind == KIND_LOCAL ? kind : <u32>exit.kind, x, y, r, t);
  goOnAt(cpu, cpu.codeBase + <u64>exit.pageOffset, budget - <i32>exit.count);
  exit.taken++;
  cpu.jitExit = <u32>changetype<usize>(exit);
  count(exit.why);
}

/** After a handler that left something in `cpu.stop`; registers and flags are in the struct. */
export function leaveAfter(cpu: Cpu, exit: Exit, budget: i32): void {
  cpu.jitFlagKind = KIND_STRUCT;
  const stays = cpu.fault != 0 || (cpu.stop & STOP_REPEAT) != 0;
  cpu.stop &= ~STOP_REPEAT;
  goOnAt(cpu, cpu.codeBase + <u64>(stays ? exit.pageOffset : exit.nextOffset), budget - <i32>exit.count - 1);
  cpu.jitExit = 0;
  count(EXIT_HANDLER);
}

/** To a linear address; flags are deferred. */
export function leaveTo(cpu: Cpu, linearAddr: u64, budget: i32): void {
  settleDeferred(cpu);
  goOnAt(cpu, linearAddr, budget);
  cpu.codeBase = linearAddr & PAGE_MASK;
  cpu.jitExit = 0;
  count(EXIT_TARGET);
}

/** One more way out of that kind. */
@inline export function count(why: u32): void {
  unchecked(EXIT_COUNTS[why]++);
}

/**
 * Instructions that end a trace (MOV to a control register, IRET, INVLPG, …), executed for a region that is under way: what
 * the interpreter and the run loop do for them is done here, so that the region goes on if nothing else is to be done.
 */
import { ripOf } from "../cpu/address";
import { wantsEvents } from "../cpu/events";
import { TLB_SET_EMPTY, tlbArray } from "../cpu/mode";
import { ACTIVITY_RUNNING, Cpu, EVENT_STEP } from "../cpu/state";
import { Rec } from "../decode/record";
import { COLD_BASE } from "../generated/handlers";
import { HANDLER_TABLE } from "../layout";
import { EXIT_HANDLER, count } from "./exits";
import { KIND_STRUCT } from "./flag-kinds";

/** The run loop would go straight on, and nothing wants to see every access. */
@inline function nothingWaits(cpu: Cpu): bool {
  if (cpu.stop != 0 || cpu.activity != ACTIVITY_RUNNING || cpu.tlbRead == tlbArray(cpu, TLB_SET_EMPTY, 0)) return false;
  return !wantsEvents(cpu) && !(cpu.events & EVENT_STEP);
}

/**
 * Imported: registers and flags are in the struct, `rec` is a copy with its place in the block.
 * @returns whether the region goes on behind it; else everything is set to leave.
 */
export function runEnding(cpu: Cpu, rec: Rec, budget: i32): i32 {
  const mode = cpu.mode;
  const mapping = cpu.jumpTag;
  const here = ripOf(cpu, cpu.codeBase + <u64>rec.pageOffset);
  const next = ripOf(cpu, cpu.codeBase + <u64>(rec.pageOffset + rec.length));
  cpu.jitFlagKind = KIND_STRUCT;
  cpu.rec = <u32>changetype<usize>(rec);
  cpu.budget = budget;
  cpu.rip = next;
  call_indirect<void>(load<u32>(HANDLER_TABLE + ((<u32>rec.id - COLD_BASE) << 2)), cpu, rec);
  cpu.budget = budget - 1 - <i32>rec.index;
  if (cpu.fault) cpu.rip = here;
  else if (cpu.rip == next && cpu.mode == mode && cpu.jumpTag == mapping && nothingWaits(cpu)) return 1;
  cpu.jitExit = 0;
  count(EXIT_HANDLER);
  return 0;
}

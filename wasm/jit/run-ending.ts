/**
 * Instructions that end a trace (CLI, STI, POPF, MOV to a control register, …), executed for a region that is under way: what
 * the interpreter and the run loop do for them is done here, so that the region goes on if nothing else is to be done.
 */
import { ripOf } from "../cpu/address";
import { handleEvents, wantsEvents } from "../cpu/events";
import { TLB_SET_EMPTY, tlbArray } from "../cpu/mode";
import { ACTIVITY_RUNNING, Cpu, EVENT_STEP, STOP_FAULT } from "../cpu/state";
import { Rec } from "../decode/record";
import { findTrace } from "../decode/trace-cache";
import { COLD_BASE } from "../generated/handlers";
import { stepOne } from "../interp/step";
import { HANDLER_TABLE } from "../layout";
import { EXIT_HANDLER, count } from "./exits";
import { KIND_STRUCT } from "./flag-kinds";

/** What `rec.link` says in the copy that a region keeps: the instruction behind is executed as well, in its shadow. */
export const WITH_NEXT: u32 = 1;

/** Nothing stops the run loop here, and nothing wants to see every access. */
@inline function isUndisturbed(cpu: Cpu): bool {
  return cpu.stop == 0 && cpu.activity == ACTIVITY_RUNNING && cpu.tlbRead != tlbArray(cpu, TLB_SET_EMPTY, 0);
}

/** The run loop would go straight on. */
@inline function nothingWaits(cpu: Cpu): bool {
  return isUndisturbed(cpu) && !wantsEvents(cpu) && !(cpu.events & EVENT_STEP);
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
  else if (cpu.rip == next && cpu.mode == mode && cpu.jumpTag == mapping) {
    const goesOn = rec.link == WITH_NEXT ? runShadowed(cpu, next) : nothingWaits(cpu);
    if (goesOn && cpu.mode == mode && cpu.jumpTag == mapping) return 1;
  }
  cpu.jitExit = 0;
  count(EXIT_HANDLER);
  return 0;
}

/** One more turn of the run loop, for the instruction at `rip` in the shadow of the one before. @returns as `runEnding` */
function runShadowed(cpu: Cpu, rip: u64): bool {
  cpu.rec = 0;
  if (!isUndisturbed(cpu)) return false;
  if (wantsEvents(cpu)) handleEvents(cpu);
  if (cpu.rip != rip || !isUndisturbed(cpu)) return false;
  const codeBase = cpu.codeBase;
  const trace = findTrace(cpu);
  if (cpu.fault) {
    // The run loop fetches again, with this fault.
    cpu.fault = 0;
    cpu.stop &= ~STOP_FAULT;
    return false;
  }
  stepOne(cpu, trace);
  if (cpu.fault || cpu.codeBase != codeBase || !isUndisturbed(cpu)) return false;
  if (wantsEvents(cpu)) handleEvents(cpu);
  return cpu.rip == ripOf(cpu, codeBase + <u64>(changetype<Rec>(trace).pageOffset + changetype<Rec>(trace).length)) && nothingWaits(cpu);
}

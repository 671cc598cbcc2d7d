/**
 * The outer loop: between traces it delivers faults, lets events in, steps where stepping is asked for, finds the next
 * trace and runs it. Stops exactly after the number of instructions asked for. An instruction that faults counts, and
 * so does each visit of a repeated string instruction: every turn of the loop uses some of the budget.
 */
import { deliverFault } from "../cpu/exceptions";
import { handleEvents, wantsEvents } from "../cpu/events";
import { ACTIVITY_RUNNING, ACTIVITY_SHUTDOWN, Cpu, EVENT_STEP, STOP_HOST } from "../cpu/state";
import { heatOf, noRegion, regionOf, setHeat } from "../decode/code-index";
import { cutTrace, findTrace, traceCount } from "../decode/trace-cache";
import { countRow } from "../decode/coverage";
import { Rec } from "../decode/record";
import { execute } from "../generated/run";
import { linkRegions } from "../host";
import { LEAST_BUDGET, considerRegion, linksAtOnce, mayRun, runRegions } from "../jit/compiler";
import { stepOne } from "./step";

export const EXIT_BUDGET: i32 = 0;
export const EXIT_HALTED: i32 = 1;
export const EXIT_TRIPLE_FAULT: i32 = 2;
export const EXIT_STOP_REQUESTED: i32 = 3;

/** Runs at most `maxInstructions` and says why it returned (EXIT_…). */
export function runCpu(cpu: Cpu, maxInstructions: i32): i32 {
  cpu.budget = maxInstructions;
  cpu.budgetStart = maxInstructions;
  let exit = EXIT_BUDGET;
  let mustInterpret = false;
  while (true) {
    if (cpu.fault) deliverFault(cpu);
    cpu.rec = 0; // no instruction is under way: a record of zeros
    const stop = cpu.stop;
    cpu.stop = 0;
    if (stop & STOP_HOST) {
      exit = EXIT_STOP_REQUESTED;
      break;
    }
    if (wantsEvents(cpu) || cpu.activity != ACTIVITY_RUNNING) {
      handleEvents(cpu);
      if (cpu.activity != ACTIVITY_RUNNING) {
        exit = cpu.activity == ACTIVITY_SHUTDOWN ? EXIT_TRIPLE_FAULT : EXIT_HALTED;
        break;
      }
      if (cpu.stop & STOP_HOST) continue;
    }
    if (cpu.budget <= 0) break;
    let trace = findTrace(cpu);
    if (cpu.fault) {
      cpu.budget--; // fetching faulted
      continue;
    }
    if (isDefined(COVERAGE)) {
      countRow(trace);
      stepOne(cpu, trace);
      continue;
    }
    if (cpu.events & EVENT_STEP) {
      stepOne(cpu, trace);
      continue;
    }
    if (mustInterpret) mustInterpret = false;
    else if (heatOf(trace) > 1) setHeat(trace, heatOf(trace) - 1);
    else if (mayRun(cpu, trace)) {
      mustInterpret = runRegions(cpu, trace);
      continue;
    } else if (regionOf(trace) == noRegion) {
      considerRegion(cpu, trace);
      if (linksAtOnce && cpu.budget >= LEAST_BUDGET) {
        linkRegions();
        trace = findTrace(cpu); // all traces may have been dropped
        if (mayRun(cpu, trace)) {
          mustInterpret = runRegions(cpu, trace);
          continue;
        }
      }
    }
    if (cpu.budget < traceCount(trace)) execute(cpu, cutTrace(trace, cpu.budget));
    else execute(cpu, trace);
  }
  cpu.retired += <u64>(cpu.budgetStart - cpu.budget);
  cpu.budgetStart = 0;
  cpu.budget = 0;
  return exit;
}

/** Instructions retired, exact also while an instruction is under way (the clock of deterministic machines). */
export function instructionsRetired(cpu: Cpu): u64 {
  if (cpu.budgetStart == 0) return cpu.retired;
  return cpu.retired + <u64>(cpu.budgetStart - cpu.budget) + changetype<Rec>(<usize>cpu.rec).index;
}


/** Exactly one instruction, whatever the budget: after the shadow of STI, with TF, where each instruction is counted by row. */
import { Cpu } from "../cpu/state";
import { cutTrace } from "../decode/trace-cache";
import { execute } from "../generated/run";

/** Executes the first instruction of the trace, which begins at `cpu.rip`. */
export function stepOne(cpu: Cpu, trace: usize): void {
  const rest = cpu.budget - 1;
  cpu.budget = 1;
  cpu.budgetStart -= rest;
  execute(cpu, cutTrace(trace, 1));
  cpu.budget += rest;
  cpu.budgetStart += rest;
}

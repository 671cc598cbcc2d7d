/** What is not an instruction. [SDM3] 6.15 #UD, #GP ("instruction longer than 15 bytes") */
import { raiseGP, raiseUD } from "../cpu/fault";
import { Cpu } from "../cpu/state";

export function raiseUndefined(cpu: Cpu): void {
  raiseUD(cpu);
}

export function raiseTooLong(cpu: Cpu): void {
  raiseGP(cpu, 0);
}

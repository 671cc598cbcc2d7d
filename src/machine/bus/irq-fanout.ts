/** One wire into several interrupt controllers: an ISA or PCI line that reaches both the 8259 pair and the IOAPIC. */
import type { IrqLine } from "./irq-line.ts";

export function fanOut(...targets: readonly IrqLine[]): IrqLine {
  return {
    set: (asserted) => {
      for (const target of targets) target.set(asserted);
    },
  };
}

/** A line that leads nowhere, for devices whose interrupt is not wired. */
export const unconnectedLine: IrqLine = { set: () => {} };

/**
 * The sixteen ISA interrupt lines as wired OR: each reaches the 8259 pair and the I/O APIC input that the ACPI tables
 * name (IRQ0 is input 2, the others keep their number).
 */
import { fanOut } from "./bus/irq-fanout.ts";
import { SharedIrqLine, type IrqLine } from "./bus/irq-line.ts";
import type { PicPair } from "./chipset/pic.ts";

export const ISA_IRQS = 16;
const TIMER_IRQ = 0;
const TIMER_GSI = 2;

export class IsaInterrupts {
  /** Told of every change that reaches the controllers, while lines are traced. */
  watcher: ((irq: number, asserted: boolean) => void) | null = null;
  private readonly lines: SharedIrqLine[];

  /** @param gsi a new source on an I/O APIC input */
  constructor(pic: PicPair, gsi: (gsi: number) => IrqLine) {
    this.lines = Array.from({ length: ISA_IRQS }, (_, irq) => {
      const input = irq === TIMER_IRQ ? TIMER_GSI : irq;
      const watched = { set: (asserted: boolean) => this.watcher?.(irq, asserted) };
      return new SharedIrqLine(fanOut(pic.irqLine(irq), gsi(input), watched));
    });
  }

  /** A new source on ISA interrupt `irq`. */
  input(irq: number): IrqLine {
    return this.lines[irq]!.input();
  }
}

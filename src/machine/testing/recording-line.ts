/** An interrupt line that remembers its level and counts rising edges, for tests. */
import type { IrqLine } from "../bus/irq-line.ts";

export class RecordingLine implements IrqLine {
  level = false;
  rises = 0;

  set(asserted: boolean): void {
    if (asserted && !this.level) this.rises++;
    this.level = asserted;
  }
}

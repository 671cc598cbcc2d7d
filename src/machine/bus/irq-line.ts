/** A wire from a device to an interrupt controller. Levels, not edges: the controller decides what it looks at. */
export interface IrqLine {
  set(asserted: boolean): void;
}

/** A line that several sources may hold (PCI INTx, wired OR): asserted while at least one holds it. */
export class SharedIrqLine {
  private readonly holders = new Set<number>();
  private nextHolder = 0;

  constructor(private readonly target: IrqLine) {}

  /** A new source on this line. */
  input(): IrqLine {
    const holder = this.nextHolder++;
    return {
      set: (asserted) => {
        if (asserted) this.holders.add(holder);
        else this.holders.delete(holder);
        this.target.set(this.holders.size > 0);
      },
    };
  }
}

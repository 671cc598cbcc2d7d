/** What of a machine is written down while it runs, for a developer. */
export interface TraceOptions {
  /** Names of src/machine/trace-categories.ts: cpu, asm, int, mmu, irq, and devices. */
  categories: string[];
  /** The first and the first no longer traced instruction, counted from power-on. */
  fromInstruction: number;
  toInstruction: number;
  /** A path in Node; null: the error output. */
  file: string | null;
}

/**
 * Runs cases as compiled code: the first time a case is executed, which makes its code hot; then its region is compiled and
 * linked, and it runs again from the same state. What the compiler leaves to the interpreter (the exception, ends of
 * regions) runs there, as it does in a machine. 16-bit code is not compiled.
 */
import type { Group } from "../native/integer-cases.ts";
import { UserRunner } from "../native/user-runner.ts";

export function canCompile({ mode }: Group): boolean {
  return mode !== 16;
}

/** Then a new machine: what the engine does to link a module grows with the modules that a table has known. */
const CASES_A_MACHINE = 200;
/** Regions are entered when there is as much left as the longest may need. */
const BUDGET = 1000;

export class JitRunner extends UserRunner {
  private compiledBefore = 0;
  private cases = 0;

  constructor() {
    super(false, 0);
  }

  /** Regions that were compiled. */
  get compiled(): number {
    return this.compiledBefore + this.core.ex.statRegions!();
  }

  override run(input: Uint8Array, output: Uint8Array): void {
    if (this.cases++ % CASES_A_MACHINE === CASES_A_MACHINE - 1) {
      this.compiledBefore = this.compiled;
      this.start();
    }
    this.putCode(input);
    this.pass(input, output);
    this.pass(input, output); // run() of the core links what waits before it begins
    this.removeCode(input);
  }

  protected override execute(): void {
    this.core.run(BUDGET);
  }
}

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

/** Regions are entered when there is as much left as the longest may need. */
const BUDGET = 1000;

export class JitRunner extends UserRunner {
  constructor() {
    super(false, 0);
  }

  /** Regions that were compiled. */
  get compiled(): number {
    return this.core.ex.statRegions!();
  }

  override run(input: Uint8Array, output: Uint8Array): void {
    this.putCode(input);
    this.pass(input, output);
    this.pass(input, output); // run() of the core links what waits before it begins
    this.removeCode(input);
  }

  protected override execute(): void {
    this.core.run(BUDGET);
  }
}

/** What tests and replay need beyond VmApi. */
import type { TraceOptions } from "./trace-options.ts";
import type { VmApi } from "./vm-api.ts";

export interface ReplayApi extends VmApi {
  /**
   * Runs exactly so many instructions from where the machine stands (switched off or paused), then pauses it. Repeats
   * exactly on the instruction clock.
   */
  runInstructions(count: number): Promise<void>;

  /**
   * The same for a span of the machine's own time, halted or not. Both end early where the machine is switched off or
   * fails.
   */
  runFor(guestMs: number): Promise<void>;

  /** Writes down what the machine does, from its next start on. Only where the host has files (Node). */
  trace(options: TraceOptions): Promise<void>;

  /** How often each row of the opcode tables was run, by its text; null for a core that does not count. */
  coverage(): Promise<Record<string, number> | null>;

  /** The boot processor's registers as lines, for a person. */
  registers(): Promise<string>;

  /** As in VmApi, and how the machine is left. */
  restore(saved: Uint8Array, then?: "running" | "paused"): Promise<void>;
}

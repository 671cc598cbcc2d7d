/** What tests and replay need beyond VmApi. */
import type { TraceOptions } from "./trace-options.ts";
import type { VmApi } from "./vm-api.ts";

/** What a machine used, in the order in which it did so first. */
export interface Touched {
  /** Pages of 4 KiB. */
  ramPages: number[];
  /** By drive: [offset, length] in bytes. */
  reads: Record<string, [offset: number, lengthBytes: number][]>;
  /** Sizes of RAM, video memory and ROM, as they are in a saved state. */
  regionBytes: number[];
}

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

  /** Notes from now on, in order, which pages of RAM are used and which parts of drives are read. Not while it runs. */
  watchTouched(): Promise<void>;
  touched(): Promise<Touched>;

  /** How often each row of the opcode tables was run, by its text; null for a core that does not count. */
  coverage(): Promise<Record<string, number> | null>;

  /** The boot processor's registers as lines, for a person. */
  registers(): Promise<string>;

  /** As in VmApi, and how the machine is left. */
  restore(saved: Uint8Array, then?: "running" | "paused"): Promise<void>;
}

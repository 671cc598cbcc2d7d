/** What a machine did in the time between two readings of its counters. */
import type { VmStats } from "../protocol/vm-api.ts";

export interface VmRates {
  instructionsPerSecond: number;
  /** 0…1 of the time. */
  haltedShare: number;
  /** Whether anything was moved. */
  diskActive: boolean;
  cdromActive: boolean;
  floppyActive: boolean;
}

/** @returns null where no time has passed, or the counters began anew. */
export function ratesBetween(before: VmStats, after: VmStats): VmRates | null {
  const wallMs = after.wallMs - before.wallMs;
  const instructions = after.instructions - before.instructions;
  if (wallMs <= 0 || instructions < 0) return null;
  const moved = (stats: { readBytes: number; writtenBytes?: number }) => stats.readBytes + (stats.writtenBytes ?? 0);
  return {
    instructionsPerSecond: (instructions * 1000) / wallMs,
    haltedShare: Math.min(1, Math.max(0, (after.haltedMs - before.haltedMs) / wallMs)),
    diskActive: moved(after.disk) !== moved(before.disk),
    cdromActive: moved(after.cdrom) !== moved(before.cdrom),
    floppyActive: moved(after.floppy) !== moved(before.floppy),
  };
}

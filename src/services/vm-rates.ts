/** What a machine did in the time between two readings of its counters. */
import type { VmStats } from "../protocol/vm-api.ts";

export interface VmRates {
  instructionsPerSecond: number;
  /** 0…1 of the time. */
  haltedShare: number;
  /** 0…1 of the instructions that ran in compiled code; null where none ran. */
  jitShare: number | null;
  /** What the machine has of this page's memory. */
  memoryBytes: number;
  readBytesPerSecond: number;
  writtenBytesPerSecond: number;
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
  const read = (stats: VmStats) => stats.disk.readBytes + stats.cdrom.readBytes + stats.floppy.readBytes;
  const written = (stats: VmStats) => stats.disk.writtenBytes + stats.floppy.writtenBytes;
  const perSecond = (count: number) => (Math.max(0, count) * 1000) / wallMs;
  const share = (part: number, whole: number) => Math.min(1, Math.max(0, part / whole));
  return {
    instructionsPerSecond: perSecond(instructions),
    haltedShare: share(after.haltedMs - before.haltedMs, wallMs),
    jitShare: instructions > 0 ? share(after.jit.instructions - before.jit.instructions, instructions) : null,
    memoryBytes: after.wasmMemoryBytes,
    readBytesPerSecond: perSecond(read(after) - read(before)),
    writtenBytesPerSecond: perSecond(written(after) - written(before)),
    diskActive: moved(after.disk) !== moved(before.disk),
    cdromActive: moved(after.cdrom) !== moved(before.cdrom),
    floppyActive: moved(after.floppy) !== moved(before.floppy),
  };
}

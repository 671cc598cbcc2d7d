/**
 * What a loader hands to the machine for a boot without firmware: bytes to place in memory, and the processor state at
 * which the kernel is entered. Loaders are pure functions from files to this.
 */
import type { EntryState, SegmentState } from "../../core/entry-state.ts";
import { SaidError } from "../../shared/said.ts";

export type { EntryState, SegmentState };

export interface MemoryWrite {
  physAddr: number;
  bytes: Uint8Array;
}

export interface BootImage {
  /** Named for people: "Linux 6.1.0, 64-bit entry". */
  description: string;
  memory: MemoryWrite[];
  entry: EntryState;
}

/** A file that cannot be booted; the message is one sentence for people. */
export class BootImageError extends SaidError {
  override name = "BootImageError";
}

/** One entry of the BIOS memory map. [ACPI] 15.1, table 15-1 */
export interface MemoryRange {
  base: number;
  sizeBytes: number;
  type: number;
}

export const MEMORY_RAM = 1;
export const MEMORY_RESERVED = 2;
export const MEMORY_ACPI = 3;
export const MEMORY_NVS = 4;

export const CR0_PE = 1 << 0;
export const CR0_ET = 1 << 4;
export const CR0_NE = 1 << 5;
export const CR0_WP = 1 << 16;
export const CR0_PG = 0x80000000;
export const CR4_PAE = 1 << 5;
export const EFER_LME = 1 << 8;
export const EFER_LMA = 1 << 10;
/** Bit 1 of EFLAGS is always one; interrupts are off. */
export const RFLAGS_RESET = 0x2;

const ATTR_DATA_RW = 0x93;
const ATTR_CODE_RX = 0x9b;
const ATTR_L = 0x200;
const ATTR_DB = 0x400;
const ATTR_G = 0x800;

/** A flat 4 GiB segment; 64-bit code carries L instead of D. */
export function flatSegment(selector: number, kind: "data" | "code32" | "code64"): SegmentState {
  const attributes =
    kind === "data" ? ATTR_DATA_RW | ATTR_DB | ATTR_G : ATTR_CODE_RX | ATTR_G | (kind === "code32" ? ATTR_DB : ATTR_L);
  return { selector, base: 0, limit: 0xffffffff, attributes };
}

/** The 8-byte descriptor that `segment` was loaded from, for a GDT in memory. [SDM3] 3.4.5 */
export function descriptorOf(segment: SegmentState): Uint8Array {
  const { base, limit, attributes } = segment;
  const units = (attributes & ATTR_G) !== 0 ? limit >>> 12 : limit;
  return new Uint8Array([
    units,
    units >>> 8,
    base,
    base >>> 8,
    base >>> 16,
    attributes,
    ((units >>> 16) & 15) | ((attributes >>> 4) & 0xf0),
    base >>> 24,
  ]);
}

/** A GDT of null descriptors with `segments` at their selectors. */
export function gdtOf(...segments: SegmentState[]): Uint8Array {
  const highest = Math.max(...segments.map(({ selector }) => selector));
  const bytes = new Uint8Array((highest & ~7) + 8);
  for (const segment of segments) bytes.set(descriptorOf(segment), segment.selector & ~7);
  return bytes;
}

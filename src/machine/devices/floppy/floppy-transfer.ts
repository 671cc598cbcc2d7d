/**
 * The data commands' progress through sectors: which sector is next, when a transfer is at its end, and what C, H, R, N
 * the result phase shows. Pure bookkeeping, kept apart from registers and time.
 *
 * References: [82077AA] 5.1.1 "Read Data", tables 5-4 and 5-5 (result phase).
 */
import type { StateValue } from "../../device.ts";
import type { CommandName } from "./floppy-registers.ts";

export interface Transfer {
  command: CommandName;
  drive: number;
  /** Head lines of the drive. */
  head: number;
  /** What the sectors' IDs must say. */
  c: number;
  h: number;
  r: number;
  n: number;
  eot: number;
  multitrack: boolean;
  skip: boolean;
  /** Sectors that VERIFY or FORMAT still has to do; Infinity where terminal count decides. */
  sectorsLeft: number;
  fill: number;
  /** Bytes that are read and not yet taken by the host, or taken from the host and not yet written. */
  pending: Uint8Array;
  /** Bytes of the current run that DMA took before it was masked. */
  partialBytes: number;
  /** The bytes in `pending` are the last ones: terminal count has come. */
  last: boolean;
}

/** Steps over `sectors` sectors. @returns "more", or "end" when EOT of the last side was reached. */
export function advance(transfer: Transfer, sectors: number): "more" | "end" {
  transfer.sectorsLeft -= sectors;
  transfer.r += sectors;
  if (transfer.r <= transfer.eot) return "more";
  transfer.r = 1;
  if (transfer.multitrack && transfer.head === 0) {
    transfer.head = 1;
    transfer.h ^= 1;
    return "more";
  }
  transfer.c = (transfer.c + 1) & 0xff;
  if (transfer.multitrack) transfer.h ^= 1;
  return "end";
}

export const saveTransfer = (transfer: Transfer): StateValue => ({ ...transfer, pending: transfer.pending.slice() });
export const restoreTransfer = (state: StateValue): Transfer => {
  const saved = state as unknown as Transfer;
  return { ...saved, pending: saved.pending.slice() };
};

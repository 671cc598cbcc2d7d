/**
 * Which files belong to a published disk or state: those that its list names. For whoever keeps all of them, and needs to know
 * nothing else of it.
 */
import { readPacks } from "./block-index.ts";
import type { StoredPacks } from "./block-index.ts";
import { unwrapIndex } from "./published-store.ts";

export interface NamedPart {
  /** The hash of its contents; it lies beside the list. */
  name: string;
  fileBytes: number;
}

/** @param list the file that lists the parts @throws StorageError */
export function partsIn(list: Uint8Array): NamedPart[] {
  return readPacks(unwrapIndex(list) as unknown as StoredPacks).packs.map(({ name, fileBytes }) => ({
    name,
    fileBytes,
  }));
}

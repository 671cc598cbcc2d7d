/** All that a library needs of its host: a browser's IndexedDB, a folder, or memory for tests. */
import type { StorageUse } from "../../protocol/library.ts";
import type { StoragePlace } from "../../protocol/machine-config.ts";
import type { BlobKeeper } from "./blob-keeper.ts";
import { MemoryBlobs } from "./blob-keeper.ts";
import type { CatalogueKeeper } from "./catalogue.ts";
import { MemoryCatalogue } from "./catalogue.ts";
import type { LayerStore } from "./layers.ts";
import { MemoryLayers } from "./layers.ts";
import type { Locks } from "./locks.ts";
import { MemoryLocks } from "./locks.ts";

export interface LibraryStorage {
  /** How another thread finds the same layers and blobs. */
  readonly place: StoragePlace;
  readonly catalogue: CatalogueKeeper;
  readonly locks: Locks;
  readonly layers: LayerStore;
  readonly blobs: BlobKeeper;
  use(): Promise<StorageUse>;
  persist(): Promise<boolean>;
}

export function memoryStorage(): LibraryStorage {
  return {
    place: { kind: "memory" },
    catalogue: new MemoryCatalogue(),
    locks: new MemoryLocks(),
    layers: new MemoryLayers(),
    blobs: new MemoryBlobs(),
    use: async () => ({ usedBytes: 0, quotaBytes: null, persisted: false }),
    persist: async () => false,
  };
}

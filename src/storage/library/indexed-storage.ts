/**
 * A library in a browser's storage: three databases (so that lists never wait for a machine's writes), Web Locks, and what
 * the browser says of its quota.
 */
import type { StorageUse } from "../../protocol/library.ts";
import type { StoragePlace } from "../../protocol/machine-config.ts";
import { IndexedBlobs } from "./indexed-blobs.ts";
import { IndexedCatalogue } from "./indexed-catalogue.ts";
import { IndexedLayers } from "./indexed-layers.ts";
import type { LibraryStorage } from "./library-storage.ts";
import { WebLocks } from "./locks.ts";

export class IndexedStorage implements LibraryStorage {
  readonly place: StoragePlace;
  readonly catalogue: IndexedCatalogue;
  readonly locks: WebLocks;
  readonly layers: IndexedLayers;
  readonly blobs: IndexedBlobs;

  constructor(name = "posada") {
    this.place = { kind: "indexedDb", name };
    this.catalogue = new IndexedCatalogue(name);
    this.locks = new WebLocks(`${name}-`);
    this.layers = new IndexedLayers(name);
    this.blobs = new IndexedBlobs(name);
  }

  async use(): Promise<StorageUse> {
    const [{ usage = 0, quota }, persisted] = await Promise.all([
      navigator.storage.estimate(),
      navigator.storage.persisted(),
    ]);
    return { usedBytes: usage, quotaBytes: quota ?? null, persisted };
  }

  persist(): Promise<boolean> {
    return navigator.storage.persist();
  }
}

/**
 * A library in a browser's storage: three databases (so that lists never wait for a machine's writes), Web Locks, and what
 * the browser says of its quota.
 */
import type { StorageUse } from "../../protocol/library.ts";
import type { StoragePlace } from "../../protocol/machine-config.ts";
import { StorageError } from "../block-store.ts";
import { IndexedBlobs } from "./indexed-blobs.ts";
import { IndexedCatalogue } from "./indexed-catalogue.ts";
import { IndexedLayers } from "./indexed-layers.ts";
import type { LibraryStorage } from "./library-storage.ts";
import { WebLocks } from "./locks.ts";
import type { Locks } from "./locks.ts";

export class IndexedStorage implements LibraryStorage {
  readonly place: StoragePlace;
  readonly catalogue: IndexedCatalogue;
  readonly locks: Locks;
  readonly layers: IndexedLayers;
  readonly blobs: IndexedBlobs;

  constructor(name = "posada") {
    this.place = { kind: "indexedDb", name };
    this.catalogue = new IndexedCatalogue(name);
    // Pages that did not come by https have none of these; what is kept can be looked at there all the same.
    this.locks = (navigator.locks as LockManager | undefined) ? new WebLocks(`${name}-`) : noLocks;
    this.layers = new IndexedLayers(name);
    this.blobs = new IndexedBlobs(name);
  }

  async use(): Promise<StorageUse> {
    if (!(navigator.storage as StorageManager | undefined)) return { usedBytes: 0, quotaBytes: null, persisted: false };
    const [{ usage = 0, quota }, persisted] = await Promise.all([
      navigator.storage.estimate(),
      navigator.storage.persisted(),
    ]);
    return { usedBytes: usage, quotaBytes: quota ?? null, persisted };
  }

  async persist(): Promise<boolean> {
    return (await (navigator.storage as StorageManager | undefined)?.persist()) ?? false;
  }
}

/** Without locks two tabs could run one machine, and destroy its disks. */
const noLocks: Locks = {
  async take() {
    throw new StorageError("Here the browser does not let a page lock what it keeps; that needs an https address.");
  },
  async held() {
    return new Set();
  },
  whenFree() {
    return () => {};
  },
};

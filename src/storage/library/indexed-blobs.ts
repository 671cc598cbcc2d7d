/** Blobs of a library in IndexedDB, by their names. */
import { get, promisifyRequest } from "idb-keyval";
import type { UseStore } from "idb-keyval";
import type { BlobKeeper } from "./blob-keeper.ts";
import { strictStore } from "./indexed-db.ts";

export class IndexedBlobs implements BlobKeeper {
  private readonly store: UseStore;

  constructor(name: string) {
    this.store = strictStore(`${name}-blobs`);
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    return get<Uint8Array>(name, this.store);
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.putMany([[name, bytes]]);
  }

  async putMany(pieces: readonly [name: string, bytes: Uint8Array][]): Promise<void> {
    await this.store("readwrite", (store) => {
      for (const [name, bytes] of pieces) store.put(bytes, name);
      return promisifyRequest(store.transaction);
    });
  }

  async delete(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.store("readwrite", (store) => {
      for (const name of names) store.delete(name);
      return promisifyRequest(store.transaction);
    });
  }

  async list(prefix: string): Promise<string[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return (await this.store("readonly", (store) => promisifyRequest(store.getAllKeys(range)))) as string[];
  }
}

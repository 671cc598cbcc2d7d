/**
 * Blobs of a library in IndexedDB, by their names. Large ones are kept as Blobs, which the browser has in files: whoever has such a Blob
 * can read parts of it, and in a worker at once.
 *
 * Reference: [FILEAPI] W3C File API, 6.5 (FileReaderSync).
 */
import { get, getMany, promisifyRequest } from "idb-keyval";
import type { UseStore } from "idb-keyval";
import { StorageError } from "../block-store.ts";
import { said } from "../../shared/said.ts";
import type { BlobKeeper, OpenPiece } from "./blob-keeper.ts";
import { strictStore } from "./indexed-db.ts";

/** Below this a value is written and read faster beside its key. */
const LARGE_BYTES = 1 << 16;

type Kept = Uint8Array | Blob;

export class IndexedBlobs implements BlobKeeper {
  private readonly store: UseStore;

  constructor(name: string) {
    this.store = strictStore(`${name}-blobs`);
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const kept = await get<Kept>(name, this.store);
    if (!(kept instanceof Blob)) return kept;
    return new Uint8Array(await kept.arrayBuffer().catch((error: unknown) => unreadable(error)));
  }

  async open(names: readonly string[]): Promise<(OpenPiece | undefined)[]> {
    // A page's own thread has none.
    if (typeof FileReaderSync === "undefined") return names.map(() => undefined);
    const reader = new FileReaderSync();
    const pieces = await getMany<Kept>([...names], this.store);
    return pieces.map((kept) => (kept instanceof Blob ? openBlob(kept, reader) : undefined));
  }

  put(name: string, bytes: Uint8Array): Promise<void> {
    return this.putMany([[name, bytes]]);
  }

  async putMany(pieces: readonly [name: string, bytes: Uint8Array][]): Promise<void> {
    await this.store("readwrite", (store) => {
      for (const [name, bytes] of pieces) store.put(asKept(bytes), name);
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

function asKept(bytes: Uint8Array): Kept {
  return bytes.length < LARGE_BYTES || typeof Blob === "undefined"
    ? bytes
    : new Blob([bytes as Uint8Array<ArrayBuffer>]);
}

function openBlob(blob: Blob, reader: FileReaderSync): OpenPiece {
  return {
    length: blob.size,
    readNow(at, length) {
      try {
        return new Uint8Array(reader.readAsArrayBuffer(blob.slice(at, at + length)));
      } catch (error) {
        return unreadable(error);
      }
    },
  };
}

/** @throws StorageError */
function unreadable(error: unknown): never {
  throw new StorageError(said`The browser's storage failed: ${(error as Error).message}`);
}

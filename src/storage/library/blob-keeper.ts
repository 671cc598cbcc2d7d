/** A piece that can be read at any moment, without giving way to anything else. It must not be removed meanwhile. */
export interface OpenPiece {
  readonly length: number;
  /** @throws StorageError where it cannot be read any more */
  readNow(at: number, length: number): Uint8Array;
}

/** Pieces of bytes by name: pictures, saved memories. Names are parts joined by "/". */
export interface BlobKeeper {
  get(name: string): Promise<Uint8Array | undefined>;
  /** Undefined for those that are not there, and for those that cannot be read so, which `get` has all the same. */
  open(names: readonly string[]): Promise<(OpenPiece | undefined)[]>;
  /** Resolves when it is durable; a reader sees the whole old or the whole new piece. @throws StorageError */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** The same for several, in one go; after a crash any of them may be there. The buffers may be used anew afterwards. */
  putMany(pieces: readonly [name: string, bytes: Uint8Array][]): Promise<void>;
  delete(names: readonly string[]): Promise<void>;
  /** All names that begin with `prefix`, with their lengths where the keeper knows them without reading. */
  list(prefix: string): Promise<string[]>;
}

export class MemoryBlobs implements BlobKeeper {
  private readonly blobs = new Map<string, Uint8Array>();

  async get(name: string): Promise<Uint8Array | undefined> {
    return this.blobs.get(name)?.slice();
  }

  async open(names: readonly string[]): Promise<(OpenPiece | undefined)[]> {
    return names.map((name) => {
      const bytes = this.blobs.get(name);
      return bytes && { length: bytes.length, readNow: (at, length) => bytes.slice(at, at + length) };
    });
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.blobs.set(name, bytes.slice());
  }

  async putMany(pieces: readonly [name: string, bytes: Uint8Array][]): Promise<void> {
    for (const [name, bytes] of pieces) await this.put(name, bytes);
  }

  async delete(names: readonly string[]): Promise<void> {
    for (const name of names) this.blobs.delete(name);
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.blobs.keys()].filter((name) => name.startsWith(prefix));
  }
}

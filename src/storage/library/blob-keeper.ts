/** Pieces of bytes by name: pictures, saved memories. Names are parts joined by "/". */
export interface BlobKeeper {
  get(name: string): Promise<Uint8Array | undefined>;
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

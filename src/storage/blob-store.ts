/** A read-only BlockStore over a Blob or File: the browser reads only the slices that are asked for. */
import { assert } from "../shared/assert.ts";
import { StorageError, type BlockStore } from "./block-store.ts";
import { assertRange } from "./memory-store.ts";

export class BlobStore implements BlockStore {
  readonly readOnly = true;
  readonly sizeBytes: number;

  constructor(private readonly blob: Blob) {
    this.sizeBytes = blob.size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await this.blob.slice(offset, offset + length).arrayBuffer());
    } catch {
      throw new StorageError("The file can no longer be read: it was changed, moved or removed since it was opened.");
    }
    if (bytes.length !== length) throw new StorageError("The file has become shorter since it was opened.");
    return bytes;
  }

  async write(): Promise<void> {
    assert(false, "write to a read-only store");
  }

  async flush(): Promise<void> {}
}

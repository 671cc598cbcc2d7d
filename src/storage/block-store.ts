import { SaidError } from "../shared/said.ts";

/** Bytes behind a disk, CD or floppy. Implementations stack: a copy-on-write overlay over a Blob over a URL. */
export interface BlockStore {
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  /** Exactly `length` bytes from `offset`; the caller stays inside `sizeBytes`. @throws StorageError */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** @throws StorageError */
  write(offset: number, bytes: Uint8Array): Promise<void>;
  /** Resolves when everything written before is durable, as far as this store can make it. */
  flush(): Promise<void>;
  /** The bytes are no longer needed; may read back as zeros. */
  discard?(offset: number, length: number): Promise<void>;
  close?(): Promise<void>;
}

/** The host could not read or write; the message is for people. */
export class StorageError extends SaidError {
  override name = "StorageError";
}

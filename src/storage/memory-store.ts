/**
 * A BlockStore in memory. Either over bytes that are there (an ArrayBuffer, used in place) or sparse and zero-filled:
 * chunks are allocated when something other than zeros is written to them.
 */
import { assert } from "../shared/assert.ts";
import type { BlockStore } from "./block-store.ts";

const CHUNK_BYTES = 64 * 1024;

export interface MemoryStoreOptions {
  readOnly?: boolean;
}

/** Over `bytes` themselves: writes change them. */
export class MemoryStore implements BlockStore {
  readonly sizeBytes: number;
  readonly readOnly: boolean;
  private readonly bytes: Uint8Array;

  constructor(bytes: ArrayBuffer | Uint8Array, options: MemoryStoreOptions = {}) {
    this.bytes = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
    this.sizeBytes = this.bytes.length;
    this.readOnly = options.readOnly ?? false;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    return this.bytes.slice(offset, offset + length);
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    assertRange(this, offset, bytes.length);
    assert(!this.readOnly, "write to a read-only store");
    this.bytes.set(bytes, offset);
  }

  async flush(): Promise<void> {}

  async discard(offset: number, length: number): Promise<void> {
    assertRange(this, offset, length);
    if (!this.readOnly) this.bytes.fill(0, offset, offset + length);
  }
}

/** `sizeBytes` of zeros that cost nothing until they are written. */
export class SparseMemoryStore implements BlockStore {
  readonly readOnly = false;
  private readonly chunks = new Map<number, Uint8Array>();

  constructor(readonly sizeBytes: number) {}

  /** Memory in use. */
  get allocatedBytes(): number {
    return this.chunks.size * CHUNK_BYTES;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const result = new Uint8Array(length);
    forEachChunk(offset, length, (index, within, at, count) => {
      const chunk = this.chunks.get(index);
      if (chunk) result.set(chunk.subarray(within, within + count), at);
    });
    return result;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    assertRange(this, offset, bytes.length);
    forEachChunk(offset, bytes.length, (index, within, at, count) => {
      const piece = bytes.subarray(at, at + count);
      let chunk = this.chunks.get(index);
      if (!chunk) {
        if (piece.every((byte) => byte === 0)) return;
        chunk = new Uint8Array(CHUNK_BYTES);
        this.chunks.set(index, chunk);
      }
      chunk.set(piece, within);
    });
  }

  async flush(): Promise<void> {}

  async discard(offset: number, length: number): Promise<void> {
    assertRange(this, offset, length);
    forEachChunk(offset, length, (index, within, _at, count) => {
      if (count === CHUNK_BYTES) this.chunks.delete(index);
      else this.chunks.get(index)?.fill(0, within, within + count);
    });
  }
}

function forEachChunk(
  offset: number,
  length: number,
  visit: (index: number, within: number, at: number, count: number) => void,
): void {
  for (let at = 0; at < length;) {
    const index = Math.floor((offset + at) / CHUNK_BYTES);
    const within = offset + at - index * CHUNK_BYTES;
    const count = Math.min(CHUNK_BYTES - within, length - at);
    visit(index, within, at, count);
    at += count;
  }
}

/** Callers stay inside the store by contract; anything else is a bug of ours. */
export function assertRange(store: BlockStore, offset: number, length: number): void {
  assert(
    offset >= 0 && length >= 0 && offset + length <= store.sizeBytes,
    `bytes ${offset}+${length} are outside a store of ${store.sizeBytes}`,
  );
}

/**
 * Copy-on-write in memory over a base that is never written: chunks of 64 KiB are copied when they first change. The
 * changed chunks are the store's state, so that a saved machine carries its "discard" writes with it.
 */
import { said } from "../shared/said.ts";
import type { BlockStore } from "./block-store.ts";
import { StorageError } from "./block-store.ts";
import { assertRange } from "./memory-store.ts";

export const OVERLAY_CHUNK_BYTES = 64 * 1024;

/** Plain data; MessagePack can carry it. */
export interface OverlayState {
  version: 1;
  sizeBytes: number;
  chunkBytes: number;
  /** Changed chunks, and their bytes one after the other; the last chunk of the store may be short. */
  changed: number[];
  bytes: Uint8Array;
  /** Chunks that were discarded and read as zeros. */
  zeroed: number[];
  [field: string]: number | number[] | Uint8Array;
}

export class OverlayStore implements BlockStore {
  readonly readOnly = false;
  readonly sizeBytes: number;
  /** null: discarded, reads as zeros. */
  private readonly chunks = new Map<number, Uint8Array | null>();
  /** Writes run one after the other: two that share a chunk must not both copy it from the base. */
  private tail: Promise<void> = Promise.resolve();

  constructor(private readonly base: BlockStore) {
    this.sizeBytes = base.sizeBytes;
  }

  /** Memory that changed chunks take. */
  get changedBytes(): number {
    let total = 0;
    for (const chunk of this.chunks.values()) total += chunk?.length ?? 0;
    return total;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const result = new Uint8Array(length);
    const waits: Promise<void>[] = [];
    for (const run of this.runs(offset, length)) {
      if (run.chunk) result.set(run.chunk.subarray(run.within, run.within + run.length), run.at);
      else if (run.chunk === undefined)
        waits.push(this.base.read(offset + run.at, run.length).then((bytes) => result.set(bytes, run.at)));
    }
    await Promise.all(waits);
    return result;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    assertRange(this, offset, bytes.length);
    return this.inOrder(() => this.writeChunks(offset, bytes));
  }

  async flush(): Promise<void> {
    await this.tail;
  }

  async discard(offset: number, length: number): Promise<void> {
    assertRange(this, offset, length);
    return this.inOrder(async () => {
      for (const piece of this.pieces(offset, length)) {
        if (piece.length === this.chunkLength(piece.index)) this.chunks.set(piece.index, null);
        else await this.writeChunks(offset + piece.at, new Uint8Array(piece.length));
      }
    });
  }

  async close(): Promise<void> {
    await this.base.close?.();
  }

  /** Everything that differs from the base. A write under way is in it wholly or, for each chunk, not at all. */
  save(): OverlayState {
    const changed: number[] = [];
    const zeroed: number[] = [];
    for (const [index, chunk] of this.chunks) (chunk ? changed : zeroed).push(index);
    const bytes = new Uint8Array(this.changedBytes);
    let at = 0;
    for (const index of changed) {
      const chunk = this.chunks.get(index)!;
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return { version: 1, sizeBytes: this.sizeBytes, chunkBytes: OVERLAY_CHUNK_BYTES, changed, bytes, zeroed };
  }

  /** Replaces what was changed here. @throws StorageError when the state is not of this disk. */
  restore(state: OverlayState): void {
    if (state.version !== 1 || state.chunkBytes !== OVERLAY_CHUNK_BYTES)
      throw new StorageError("The saved disk changes are of a form that this Posada does not read.");
    if (state.sizeBytes !== this.sizeBytes)
      throw new StorageError(
        said`The saved state belongs to a disk of ${state.sizeBytes} bytes, but the disk given has ${this.sizeBytes}.`,
      );
    const total = state.changed.reduce((sum, index) => sum + this.chunkLength(index), 0);
    if (total !== state.bytes.length) throw new StorageError("The saved disk changes are damaged.");
    this.chunks.clear();
    for (const index of state.zeroed) this.chunks.set(index, null);
    let at = 0;
    for (const index of state.changed) {
      const length = this.chunkLength(index);
      this.chunks.set(index, state.bytes.slice(at, at + length));
      at += length;
    }
  }

  private async writeChunks(offset: number, bytes: Uint8Array): Promise<void> {
    for (const { index, within, at, length } of this.pieces(offset, bytes.length)) {
      const piece = bytes.subarray(at, at + length);
      const chunkLength = this.chunkLength(index);
      const chunk = this.chunks.get(index);
      if (chunk) {
        chunk.set(piece, within);
        continue;
      }
      let copy: Uint8Array;
      if (chunk === null || length === chunkLength) copy = new Uint8Array(chunkLength);
      else copy = (await this.base.read(index * OVERLAY_CHUNK_BYTES, chunkLength)).slice();
      copy.set(piece, within);
      this.chunks.set(index, copy);
    }
  }

  private inOrder(action: () => Promise<void>): Promise<void> {
    const result = this.tail.then(action);
    this.tail = result.catch(() => {});
    return result;
  }

  private chunkLength(index: number): number {
    return Math.max(0, Math.min(OVERLAY_CHUNK_BYTES, this.sizeBytes - index * OVERLAY_CHUNK_BYTES));
  }

  /** The parts of a range, chunk by chunk; `at` counts from `offset`. */
  private *pieces(
    offset: number,
    length: number,
  ): Generator<{ index: number; within: number; at: number; length: number }> {
    for (let at = 0; at < length;) {
      const index = Math.floor((offset + at) / OVERLAY_CHUNK_BYTES);
      const within = offset + at - index * OVERLAY_CHUNK_BYTES;
      const count = Math.min(OVERLAY_CHUNK_BYTES - within, length - at);
      yield { index, within, at, length: count };
      at += count;
    }
  }

  /** The same with neighbours that the base holds joined, so that the base is asked once for them. */
  private *runs(offset: number, length: number) {
    let open: { chunk: undefined; within: number; at: number; length: number } | undefined;
    for (const { index, within, at, length: count } of this.pieces(offset, length)) {
      const chunk = this.chunks.get(index);
      if (chunk === undefined) {
        if (open) open.length += count;
        else open = { chunk, within, at, length: count };
        continue;
      }
      if (open) yield open;
      open = undefined;
      yield { chunk, within, at, length: count };
    }
    if (open) yield open;
  }
}

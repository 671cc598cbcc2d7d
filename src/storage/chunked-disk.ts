/**
 * A virtual disk that is kept in chunks: dynamic (a chunk exists when something was written to it), over a parent or not.
 * Where chunks are kept is another's matter (`ChunkKeeper`: memory, a database); these are the operations on them:
 * reading and writing, discarding, resizing, compacting. A chunk that is known to be zeros is kept as a mark, and only
 * where a parent would show through.
 */
import type { BlockStore } from "./block-store.ts";
import { StorageError } from "./block-store.ts";
import { stretchOf, type DiskImage, type ImageInfo, type Stretch } from "./formats/disk-image.ts";
import { isZero } from "./formats/fields.ts";
import { assertRange } from "./memory-store.ts";

/** A chunk, or the mark that it reads as zeros. */
export type KeptChunk = Uint8Array | "zeros";

/** Where the chunks of one disk are. */
export interface ChunkKeeper {
  /** undefined where there is none. */
  get(index: number): Promise<KeptChunk | undefined>;
  put(index: number, chunk: KeptChunk): Promise<void>;
  delete(index: number): Promise<void>;
  /** The numbers of all chunks that are kept, in any order. */
  list(): Promise<number[]>;
  /** Resolves when all of that is durable. */
  flush(): Promise<void>;
}

export const DISK_CHUNK_BYTES = 64 * 1024;
const SECTOR_BYTES = 512;

/** For tests, and for machines that keep nothing. */
export class MemoryKeeper implements ChunkKeeper {
  readonly chunks = new Map<number, KeptChunk>();

  async get(index: number): Promise<KeptChunk | undefined> {
    return this.chunks.get(index);
  }

  async put(index: number, chunk: KeptChunk): Promise<void> {
    this.chunks.set(index, chunk);
  }

  async delete(index: number): Promise<void> {
    this.chunks.delete(index);
  }

  async list(): Promise<number[]> {
    return [...this.chunks.keys()];
  }

  async flush(): Promise<void> {}
}

export class ChunkedDisk implements DiskImage {
  readonly readOnly = false;
  /** Writes run one after the other: two that share a chunk must not both copy it. */
  private tail: Promise<void> = Promise.resolve();
  private length: number;

  /** @param parent what shows through where no chunk is; it may be shorter or longer than the disk */
  constructor(
    private readonly keeper: ChunkKeeper,
    sizeBytes: number,
    private readonly parent: BlockStore | null = null,
  ) {
    checkDiskSize(sizeBytes);
    this.length = sizeBytes;
  }

  get sizeBytes(): number {
    return this.length;
  }

  get info(): ImageInfo {
    const parent = this.parent && "info" in this.parent ? (this.parent as DiskImage).info : null;
    const variant = this.parent ? "overlay" : "dynamic";
    return { format: "raw", variant, sizeBytes: this.length, fileBytes: 0, clusterBytes: DISK_CHUNK_BYTES, details: {}, parent }; // prettier-ignore
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const result = new Uint8Array(length);
    await Promise.all(
      [...piecesIn(offset, length)].map(async ({ index, within, at, count }) => {
        const chunk = await this.keeper.get(index);
        if (chunk === "zeros") return;
        if (chunk) result.set(chunk.subarray(within, within + count), at);
        else result.set(await this.readParent(offset + at, count), at);
      }),
    );
    return result;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    assertRange(this, offset, bytes.length);
    return this.inOrder(async () => {
      for (const { index, within, at, count } of piecesIn(offset, bytes.length))
        await this.putPart(index, within, bytes.subarray(at, at + count));
    });
  }

  /** Chunks that lie in the range are given back; the ends of it are overwritten with zeros. */
  async discard(offset: number, length: number): Promise<void> {
    assertRange(this, offset, length);
    return this.inOrder(async () => {
      for (const { index, within, at, count } of piecesIn(offset, length)) {
        const whole = within === 0 && (count === DISK_CHUNK_BYTES || offset + at + count === this.length);
        if (whole) await this.putZeros(index);
        // Nothing is made only to hold zeros.
        else if (!(await this.readsAsZeros(index))) await this.putPart(index, within, new Uint8Array(count));
      }
    });
  }

  async flush(): Promise<void> {
    await this.tail;
    await this.keeper.flush();
  }

  async close(): Promise<void> {
    await this.flush();
    await this.parent?.close?.();
  }

  async stretchAt(offset: number, maxBytes = Infinity): Promise<Stretch> {
    const index = Math.floor(offset / DISK_CHUNK_BYTES);
    const lengthBytes = Math.min(maxBytes, (index + 1) * DISK_CHUNK_BYTES - offset, this.length - offset);
    const chunk = await this.keeper.get(index);
    if (chunk) return { lengthBytes, zero: chunk === "zeros" };
    if (!this.parent || offset >= this.parent.sizeBytes) return { lengthBytes, zero: true };
    return stretchOf(this.parent, offset, lengthBytes);
  }

  /**
   * Longer disks have zeros at their end, whatever the parent has there.
   * @param options.discardEnd must be said where the disk becomes shorter and what is cut off is not zeros
   * @throws StorageError
   */
  async resize(sizeBytes: number, options: { discardEnd?: boolean } = {}): Promise<void> {
    checkDiskSize(sizeBytes);
    return this.inOrder(async () => {
      if (sizeBytes > this.length) return this.grow(sizeBytes);
      if (!options.discardEnd && !(await this.isZeroFrom(sizeBytes)))
        throw new StorageError("What lies behind the new end of this disk is not empty; it would be lost.");
      const chunks = Math.ceil(sizeBytes / DISK_CHUNK_BYTES);
      for (const index of await this.keeper.list()) if (index >= chunks) await this.keeper.delete(index);
      const within = sizeBytes % DISK_CHUNK_BYTES;
      const last = within > 0 ? await this.keeper.get(chunks - 1) : undefined;
      this.length = sizeBytes;
      // What was cut off must not come back when the disk grows again.
      if (last instanceof Uint8Array) await this.keeper.put(chunks - 1, cutAt(last, within));
    });
  }

  /**
   * Gives back chunks that hold nothing of their own: zeros, or what the parent has as well.
   * @returns how many
   */
  async compact(options: { signal?: AbortSignal } = {}): Promise<number> {
    let freed = 0;
    for (const index of (await this.keeper.list()).sort((a, b) => a - b)) {
      options.signal?.throwIfAborted();
      await this.inOrder(async () => {
        const chunk = await this.keeper.get(index);
        if (!chunk) return;
        const below = await this.parentChunk(index);
        const own = chunk === "zeros" ? new Uint8Array(DISK_CHUNK_BYTES) : chunk;
        if (equal(own, below)) await this.keeper.delete(index);
        else if (chunk !== "zeros" && isZero(chunk)) await this.keeper.put(index, "zeros");
        else return;
        freed++;
      });
    }
    return freed;
  }

  private async grow(sizeBytes: number): Promise<void> {
    const before = this.length;
    this.length = sizeBytes;
    if (!this.parent || this.parent.sizeBytes <= before) return;
    // The parent is longer than this disk was: what it has there was not part of this disk.
    const end = Math.min(sizeBytes, this.parent.sizeBytes);
    for (const { index, within, count } of piecesIn(before, end - before)) {
      if (within === 0) await this.putZeros(index);
      else await this.putPart(index, within, new Uint8Array(count));
    }
  }

  private async isZeroFrom(offset: number): Promise<boolean> {
    for (let at = offset; at < this.length;) {
      const { lengthBytes, zero } = await this.stretchAt(at);
      if (!zero && !isZero(await this.read(at, lengthBytes))) return false;
      at += lengthBytes;
    }
    return true;
  }

  private async putPart(index: number, within: number, bytes: Uint8Array): Promise<void> {
    if (bytes.length === DISK_CHUNK_BYTES) return this.keeper.put(index, bytes.slice());
    const chunk = await this.keeper.get(index);
    const copy = chunk === undefined ? await this.parentChunk(index) : chunk === "zeros" ? new Uint8Array(DISK_CHUNK_BYTES) : chunk.slice(); // prettier-ignore
    copy.set(bytes, within);
    await this.keeper.put(index, copy);
  }

  private async putZeros(index: number): Promise<void> {
    if (this.parent && index * DISK_CHUNK_BYTES < this.parent.sizeBytes) await this.keeper.put(index, "zeros");
    else await this.keeper.delete(index);
  }

  private async readsAsZeros(index: number): Promise<boolean> {
    const chunk = await this.keeper.get(index);
    if (chunk !== undefined) return chunk === "zeros";
    return !this.parent || index * DISK_CHUNK_BYTES >= this.parent.sizeBytes;
  }

  private async parentChunk(index: number): Promise<Uint8Array> {
    const chunk = new Uint8Array(DISK_CHUNK_BYTES);
    const start = index * DISK_CHUNK_BYTES;
    const count = Math.min(DISK_CHUNK_BYTES, this.length - start);
    chunk.set(await this.readParent(start, count));
    return chunk;
  }

  private async readParent(offset: number, length: number): Promise<Uint8Array> {
    const present = this.parent ? Math.max(0, Math.min(length, this.parent.sizeBytes - offset)) : 0;
    return present > 0 ? this.parent!.read(offset, present) : new Uint8Array(0);
  }

  private inOrder(action: () => Promise<void>): Promise<void> {
    const result = this.tail.then(action);
    this.tail = result.catch(() => {});
    return result;
  }
}

function checkDiskSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % SECTOR_BYTES !== 0)
    throw new StorageError(`A disk has a whole number of ${SECTOR_BYTES}-byte sectors; ${sizeBytes} bytes are not.`);
}

function cutAt(chunk: Uint8Array, within: number): Uint8Array {
  return chunk.slice().fill(0, within);
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** The parts of a range, chunk by chunk; `at` counts from `offset`. */
function* piecesIn(
  offset: number,
  length: number,
): Generator<{ index: number; within: number; at: number; count: number }> {
  for (let at = 0; at < length;) {
    const index = Math.floor((offset + at) / DISK_CHUNK_BYTES);
    const within = offset + at - index * DISK_CHUNK_BYTES;
    const count = Math.min(DISK_CHUNK_BYTES - within, length - at);
    yield { index, within, at, count };
    at += count;
  }
}

/** Copies all that `source` holds into `disk`, which is as long or longer, and so far empty. */
export async function fillFrom(
  disk: ChunkedDisk,
  source: BlockStore,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  for (let offset = 0; offset < source.sizeBytes;) {
    options.signal?.throwIfAborted();
    const { lengthBytes, zero } = await stretchOf(source, offset, 16 * DISK_CHUNK_BYTES);
    if (!zero) {
      const bytes = await source.read(offset, lengthBytes);
      for (const { within, at, count } of piecesIn(offset, bytes.length)) {
        const part = bytes.subarray(at, at + count);
        if (within > 0 || !isZero(part)) await disk.write(offset + at, part);
      }
    }
    offset += lengthBytes;
  }
}

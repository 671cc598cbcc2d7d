/**
 * A disk over a stack of layers, of which the top one is written. What the guest writes is gathered in memory and goes to
 * the top layer when the guest flushes, when there is much of it, or when the guest rests; a flush is over when all that
 * was written before is durable. An index made at the beginning says which layer has each chunk, so that a read costs the
 * same over one layer or thirty. Reads that follow each other are read ahead.
 *
 * A snapshot freezes the top layer between two instructions of the guest (`freeze`): what was gathered belongs to the
 * frozen layer and is written to it later; the next flush waits for that too.
 */
import { assert } from "../../shared/assert.ts";
import { StorageError } from "../block-store.ts";
import { MAX_DISK_BYTES } from "../formats/disk-image.ts";
import type { DiskImage, ImageInfo, Stretch } from "../formats/disk-image.ts";
import { isZero } from "../formats/fields.ts";
import { assertRange } from "../memory-store.ts";
import { ChunkCache } from "./chunk-cache.ts";
import { ChunkIndex } from "./chunk-index.ts";
import { CHUNK_BYTES } from "./layers.ts";
import type { LayerChunk, LayerKeeper } from "./layers.ts";
import { checkDiskSize, piecesIn } from "./pieces.ts";
import { HAS_BYTES, HAS_ZEROS, WrittenLayer } from "./written-layer.ts";

const READ_AHEAD_BYTES = 1 << 20;
/** Two reads in a row that follow each other are a pattern. */
const READS_IN_ROW = 2;
/** As many layers as the index has numbers for; chains are merged long before. */
const MAX_LAYERS = 65_000;

export interface LayeredDiskOptions {
  sizeBytes: number;
  writable: boolean;
  /** Told of failures of writes that nobody waits for. */
  onFailure?: (error: unknown) => void;
}

export class LayeredDisk implements DiskImage {
  readonly readOnly: boolean;
  /** Of all layers below the top, from the bottom up; frozen ones. */
  private readonly lower: LayerKeeper[] = [];
  /** The number of the lower layer that has a chunk, plus one. */
  private readonly below = new ChunkIndex();
  private top: WrittenLayer;
  /** Was the top until the last snapshot; still has something to write. */
  private frozen: WrittenLayer | null = null;
  private readonly cache: ChunkCache;
  /** Writes run one after the other: two that share a chunk must not both copy it. */
  private tail: Promise<void> = Promise.resolve();
  private length: number;
  private nextOffset = -1;
  private readsInRow = 0;

  private constructor(
    top: LayerKeeper,
    private readonly options: LayeredDiskOptions,
  ) {
    assert(options.sizeBytes > 0 && options.sizeBytes <= MAX_DISK_BYTES, "a disk has a length");
    this.length = options.sizeBytes;
    this.readOnly = !options.writable;
    this.top = this.writtenLayer(top);
    this.cache = new ChunkCache((indexes) => this.fetch(indexes));
  }

  /** @param stack from the top down @throws StorageError */
  static async open(stack: readonly LayerKeeper[], options: LayeredDiskOptions): Promise<LayeredDisk> {
    assert(stack.length > 0 && stack.length < MAX_LAYERS, "a disk has layers");
    const disk = new LayeredDisk(stack[0]!, options);
    for (const keeper of stack.slice(1).reverse()) {
      disk.lower.push(keeper);
      for (const { index, zeros } of await keeper.list()) disk.below.set(index, zeros ? 0 : disk.lower.length);
    }
    for (const { index, zeros } of await stack[0]!.list()) disk.top.kept.set(index, zeros ? HAS_ZEROS : HAS_BYTES);
    return disk;
  }

  get sizeBytes(): number {
    return this.length;
  }

  get info(): ImageInfo {
    const variant = this.lower.length > 0 ? "overlay" : "dynamic";
    return { format: "raw", variant, sizeBytes: this.length, fileBytes: 0, clusterBytes: CHUNK_BYTES, details: {}, parent: null }; // prettier-ignore
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const result = new Uint8Array(length);
    const missing: { index: number; within: number; at: number; count: number }[] = [];
    for (const piece of piecesIn(offset, length)) {
      const known = this.atHand(piece.index);
      if (known instanceof Uint8Array) result.set(known.subarray(piece.within, piece.within + piece.count), piece.at);
      else if (known === undefined) missing.push(piece);
    }
    this.readAhead(offset, length);
    if (missing.length > 0) {
      const chunks = await this.cache.read(missing.map(({ index }) => index));
      missing.forEach(({ within, at, count }, i) => result.set(chunks[i]!.subarray(within, within + count), at));
    }
    return result;
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    assertRange(this, offset, bytes.length);
    assert(!this.readOnly, "write to a read-only store");
    return this.inOrder(async () => {
      for (const { index, within, at, count } of piecesIn(offset, bytes.length))
        await this.putPart(index, within, bytes.subarray(at, at + count));
      await this.top.makeRoom();
    });
  }

  /** Chunks that lie in the range are given back; the ends of it are overwritten with zeros. */
  async discard(offset: number, length: number): Promise<void> {
    assertRange(this, offset, length);
    assert(!this.readOnly, "write to a read-only store");
    return this.inOrder(async () => {
      for (const { index, within, at, count } of piecesIn(offset, length)) {
        const whole = within === 0 && (count === CHUNK_BYTES || offset + at + count === this.length);
        // Nothing is made only to hold zeros.
        if (this.readsAsZeros(index)) continue;
        if (whole) this.put(index, "zeros");
        else await this.putPart(index, within, new Uint8Array(count));
      }
      await this.top.makeRoom();
    });
  }

  async flush(): Promise<void> {
    await this.tail;
    const { top } = this;
    await this.settleFrozen();
    await top.flush();
  }

  async close(): Promise<void> {
    try {
      if (!this.readOnly) await this.flush();
    } finally {
      this.top.stop();
      for (const keeper of [this.top.keeper, ...this.lower]) await keeper.close();
    }
  }

  /**
   * From now on what is written goes to `keeper`, a new layer; what was written before belongs to the layer that was on
   * top. Takes no time. @returns a promise for when that layer is complete and durable
   */
  freeze(keeper: LayerKeeper): Promise<void> {
    assert(this.frozen === null && !this.readOnly, "one snapshot at a time");
    const before = this.top;
    before.stop();
    this.lower.push(before.keeper);
    const number = this.lower.length;
    for (const [index, kind] of before.kept.entries()) this.below.set(index, kind === HAS_ZEROS ? 0 : number);
    before.kept.clear();
    before.onKept = (index, kind) => this.below.set(index, kind === HAS_BYTES ? number : 0);
    // The index tells no more what is below the frozen layer; a mark too many does no harm.
    before.hasBelow = () => true;
    this.frozen = before;
    this.top = this.writtenLayer(keeper);
    return this.settleFrozen();
  }

  /** Whether a freeze may be begun: the one before is over. */
  get canFreeze(): boolean {
    return this.frozen === null;
  }

  async stretchAt(offset: number, maxBytes = Infinity): Promise<Stretch> {
    const limit = Math.min(this.length, offset + maxBytes);
    const first = Math.floor(offset / CHUNK_BYTES);
    const end = Math.ceil(limit / CHUNK_BYTES);
    const zero = this.readsAsZeros(first);
    let index = first + 1;
    while (index < end && this.readsAsZeros(index) === zero) {
      index++;
      if (zero && this.top.isEmpty && this.frozen === null)
        index = Math.min(this.below.skipEmpty(index, end), this.top.kept.skipEmpty(index, end));
    }
    return { lengthBytes: Math.min(limit, index * CHUNK_BYTES) - offset, zero };
  }

  /**
   * Makes the disk longer or shorter. Longer disks have zeros at their end, whatever a layer has there from before.
   * The new length must be put into the catalogue before a shorter and after a longer disk is used.
   * @param options.discardEnd must be said where the disk becomes shorter and what is cut off is not zeros
   * @throws StorageError
   */
  async resize(sizeBytes: number, options: { discardEnd?: boolean } = {}): Promise<void> {
    checkDiskSize(sizeBytes);
    if (sizeBytes < this.length && !options.discardEnd && !(await this.isZeroFrom(sizeBytes)))
      throw new StorageError("What lies behind the new end of this disk is not empty; it would be lost.");
    const before = this.length;
    this.length = Math.max(before, sizeBytes);
    if (sizeBytes > before) await this.clearFrom(before);
    this.length = sizeBytes;
  }

  /** Gives back chunks of the top layer that hold nothing of their own. @returns how many bytes */
  async compact(options: { signal?: AbortSignal; onChunk?: (index: number) => void } = {}): Promise<number> {
    await this.flush();
    let freedChunks = 0;
    for (const [index, kind] of [...this.top.kept.entries()]) {
      options.signal?.throwIfAborted();
      options.onChunk?.(index);
      if (kind !== HAS_BYTES) continue;
      await this.inOrder(async () => {
        const own = await this.chunk(index);
        const lower = this.below.get(index) > 0 ? await this.lowerChunk(index) : null;
        if (isZero(own)) this.put(index, "zeros");
        else if (lower && equal(own, lower)) this.top.forget(index);
        else return;
        this.cache.drop(index);
        freedChunks++;
        await this.top.makeRoom();
      });
    }
    await this.flush();
    return freedChunks * CHUNK_BYTES;
  }

  private writtenLayer(keeper: LayerKeeper): WrittenLayer {
    return new WrittenLayer(keeper, {
      hasBelow: (index) => this.below.get(index) > 0 || this.frozen?.gathered(index) !== undefined,
      onSettled: (index, bytes) => this.cache.add(index, bytes),
      onFailure: (error) => this.options.onFailure?.(error),
    });
  }

  private async settleFrozen(): Promise<void> {
    const { frozen } = this;
    if (!frozen) return;
    await frozen.flush();
    if (this.frozen === frozen) this.frozen = null;
  }

  /** A chunk without waiting; undefined where it must be fetched. */
  private atHand(index: number): LayerChunk | undefined {
    const written = this.top.gathered(index) ?? this.frozen?.gathered(index);
    if (written) return written;
    return this.readsAsZeros(index) ? "zeros" : this.cache.get(index);
  }

  private readsAsZeros(index: number): boolean {
    const written = this.top.gathered(index) ?? this.frozen?.gathered(index);
    if (written) return written === "zeros";
    const own = this.top.kept.get(index);
    return own === 0 ? this.below.get(index) === 0 : own === HAS_ZEROS;
  }

  /** Bytes of a chunk that must not be changed. */
  private async chunk(index: number): Promise<Uint8Array> {
    const known = this.atHand(index);
    if (known === "zeros") return new Uint8Array(CHUNK_BYTES);
    return known ?? (await this.cache.read([index]))[0]!;
  }

  private async lowerChunk(index: number): Promise<Uint8Array> {
    const chunk = (await this.lower[this.below.get(index) - 1]!.get([index])).get(index);
    if (!(chunk instanceof Uint8Array)) throw lost();
    return chunk;
  }

  /** From the layers that have them. */
  private async fetch(indexes: readonly number[]): Promise<Map<number, Uint8Array>> {
    const byLayer = new Map<LayerKeeper, number[]>();
    for (const index of indexes) {
      const own = this.top.kept.get(index) === HAS_BYTES;
      const keeper = own ? this.top.keeper : this.lower[this.below.get(index) - 1];
      if (!keeper) continue;
      const wanted = byLayer.get(keeper) ?? [];
      wanted.push(index);
      byLayer.set(keeper, wanted);
    }
    const result = new Map<number, Uint8Array>();
    await Promise.all(
      Array.from(byLayer, async ([keeper, wanted]) => {
        const found = await keeper.get(wanted);
        for (const index of wanted) if (!(found.get(index) instanceof Uint8Array)) throw lost();
        // Neighbours that came along count only where no other layer hides them.
        for (const [index, chunk] of found)
          if (chunk instanceof Uint8Array && this.ownerOf(index) === keeper) result.set(index, chunk);
      }),
    );
    return result;
  }

  private ownerOf(index: number): LayerKeeper | undefined {
    const own = this.top.kept.get(index);
    if (own !== 0) return own === HAS_BYTES ? this.top.keeper : undefined;
    return this.lower[this.below.get(index) - 1];
  }

  private readAhead(offset: number, length: number): void {
    this.readsInRow = offset === this.nextOffset ? this.readsInRow + 1 : 0;
    this.nextOffset = offset + length;
    if (this.readsInRow < READS_IN_ROW) return;
    const first = Math.ceil(this.nextOffset / CHUNK_BYTES);
    const last = Math.floor(Math.min(this.nextOffset + READ_AHEAD_BYTES, this.length) / CHUNK_BYTES);
    const wanted: number[] = [];
    for (let index = first; index < last; index++) if (this.atHand(index) === undefined) wanted.push(index);
    // Little by little would be many small requests.
    if (wanted.length * CHUNK_BYTES * 2 >= READ_AHEAD_BYTES) this.cache.readAhead(wanted);
  }

  private async putPart(index: number, within: number, bytes: Uint8Array): Promise<void> {
    if (bytes.length === CHUNK_BYTES) return this.put(index, bytes.slice());
    if (this.top.change(index, within, bytes)) return;
    const copy = (await this.chunk(index)).slice();
    copy.set(bytes, within);
    this.put(index, copy);
  }

  private put(index: number, chunk: LayerChunk): void {
    this.top.put(index, chunk);
    this.cache.drop(index);
  }

  private async isZeroFrom(offset: number): Promise<boolean> {
    for (let at = offset; at < this.length;) {
      const { lengthBytes, zero } = await this.stretchAt(at, 64 * CHUNK_BYTES);
      if (!zero && !isZero(await this.read(at, lengthBytes))) return false;
      at += lengthBytes;
    }
    return true;
  }

  private async clearFrom(offset: number): Promise<void> {
    const first = Math.floor(offset / CHUNK_BYTES);
    const within = offset % CHUNK_BYTES;
    // The indexes know what is kept, not what is gathered.
    await this.flush();
    await this.inOrder(async () => {
      const present = [this.top.kept, this.below].flatMap((index) =>
        Array.from(index.entries(first), ([each]) => each),
      );
      for (const index of new Set(present)) {
        if (this.readsAsZeros(index)) continue;
        if (index === first && within > 0) await this.putPart(index, within, new Uint8Array(CHUNK_BYTES - within));
        else this.put(index, "zeros");
        await this.top.makeRoom();
      }
    });
    await this.flush();
  }

  private inOrder(action: () => Promise<void>): Promise<void> {
    const result = this.tail.then(action);
    this.tail = result.catch(() => {});
    return result;
  }
}

function lost(): StorageError {
  return new StorageError("A part of this disk is not where it was kept: the library is damaged.");
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** Read-only stores made of parts of others: a window into one, and a disk put together from pieces. */
import { assert } from "../shared/assert.ts";
import type { BlockStore } from "./block-store.ts";
import { stretchOf, type DiskImage, type ImageInfo, type Stretch } from "./formats/disk-image.ts";
import { assertRange } from "./memory-store.ts";

/** Bytes of a store from `start` on: a partition. Closing it leaves the store open. */
export class SliceStore implements BlockStore {
  readonly readOnly = true;

  constructor(
    private readonly base: BlockStore,
    private readonly start: number,
    readonly sizeBytes: number,
  ) {
    assertRange(base, start, sizeBytes);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    return this.base.read(this.start + offset, length);
  }

  stretchAt(offset: number, maxBytes = Infinity): Promise<Stretch> {
    return stretchOf(this.base, this.start + offset, Math.min(maxBytes, this.sizeBytes - offset));
  }

  async write(): Promise<void> {
    assert(false, "write to a read-only store");
  }

  async flush(): Promise<void> {}
}

export interface Segment {
  start: number;
  sizeBytes: number;
  source: Uint8Array | { store: BlockStore; offset: number };
}

/** Zeros, but for segments that do not overlap. */
export class ComposedStore implements DiskImage {
  readonly readOnly = true;
  private readonly segments: Segment[];

  constructor(
    readonly sizeBytes: number,
    segments: readonly Segment[],
  ) {
    this.segments = segments.filter((segment) => segment.sizeBytes > 0).sort((a, b) => a.start - b.start);
    let end = 0;
    for (const segment of this.segments) {
      assert(segment.start >= end, "segments do not overlap");
      end = segment.start + segment.sizeBytes;
    }
    assert(end <= sizeBytes, "segments are inside the store");
  }

  get info(): ImageInfo {
    return { format: "raw", variant: "composed", sizeBytes: this.sizeBytes, fileBytes: 0, clusterBytes: 0, details: {}, parent: null }; // prettier-ignore
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const result = new Uint8Array(length);
    await Promise.all(
      this.segments.map(async ({ start, sizeBytes, source }) => {
        const from = Math.max(offset, start);
        const end = Math.min(offset + length, start + sizeBytes);
        if (from >= end) return;
        const within = from - start;
        const bytes = source instanceof Uint8Array ? source.subarray(within, within + end - from) : await source.store.read(source.offset + within, end - from); // prettier-ignore
        result.set(bytes, from - offset);
      }),
    );
    return result;
  }

  async stretchAt(offset: number, maxBytes = Infinity): Promise<Stretch> {
    const limit = Math.min(maxBytes, this.sizeBytes - offset);
    const segment = this.segments.find(({ start, sizeBytes }) => start + sizeBytes > offset);
    if (!segment) return { lengthBytes: limit, zero: true };
    if (segment.start > offset) return { lengthBytes: Math.min(limit, segment.start - offset), zero: true };
    const within = offset - segment.start;
    const left = Math.min(limit, segment.sizeBytes - within);
    if (segment.source instanceof Uint8Array) return { lengthBytes: left, zero: false };
    return stretchOf(segment.source.store, segment.source.offset + within, left);
  }

  async write(): Promise<void> {
    assert(false, "write to a read-only store");
  }

  async flush(): Promise<void> {}
}

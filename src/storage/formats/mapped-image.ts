/**
 * What all formats with tables have in common: a part of the disk is nowhere (zeros), in a file, packed in a file, or in
 * the parent. A format says where (`locate`); this class joins neighbours, unpacks, and goes to the parent.
 */
import { assert } from "../../shared/assert.ts";
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { assertRange } from "../memory-store.ts";
import type { DiskImage, ImageInfo, Stretch } from "./disk-image.ts";
import { checkInside } from "./paged-reader.ts";

/** Where a part of the disk is. `lengthBytes` is at least 1 and at most what was asked for. */
export type Place =
  | { kind: "zero"; lengthBytes: number }
  | { kind: "parent"; lengthBytes: number }
  | { kind: "file"; lengthBytes: number; file: BlockStore; fileOffset: number }
  /** `within` the bytes that `unpack` gives; `key` names the cluster. */
  | { kind: "packed"; lengthBytes: number; key: number; within: number; unpack: () => Promise<Uint8Array> };

/** Clusters that stay unpacked: readers go through them in pieces smaller than a cluster. */
const MAX_UNPACKED_BYTES = 4 * 1024 * 1024;
/** A stretch is not followed further than this many places, so that its cost is bounded. */
const MAX_PLACES_IN_STRETCH = 4096;

export abstract class MappedImage implements DiskImage {
  readonly readOnly = true;
  private readonly unpacked = new Map<number, Promise<Uint8Array>>();
  private unpackedBytes = 0;

  constructor(
    readonly info: ImageInfo,
    protected readonly parent: DiskImage | null,
    private readonly files: BlockStore[],
  ) {}

  get sizeBytes(): number {
    return this.info.sizeBytes;
  }

  /** @throws StorageError */
  protected abstract locate(offset: number, maxBytes: number): Promise<Place>;

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const result = new Uint8Array(length);
    const waits: Promise<void>[] = [];
    const fetch = (at: number, count: number, from: () => Promise<Uint8Array>): void => {
      const wait = from().then((bytes) => result.set(bytes.length === count ? bytes : bytes.subarray(0, count), at));
      // It is waited for below; until then a failure must not count as one that nobody sees.
      wait.catch(() => {});
      waits.push(wait);
    };
    let open: { at: number; lengthBytes: number; file: BlockStore; fileOffset: number } | null = null;
    const closeOpen = (): void => {
      if (!open) return;
      const { at, lengthBytes, file, fileOffset } = open;
      open = null;
      fetch(at, lengthBytes, () => file.read(fileOffset, lengthBytes));
    };
    try {
      for (let at = 0; at < length;) {
        const place = await this.locate(offset + at, length - at);
        const { lengthBytes } = place;
        assert(lengthBytes > 0 && lengthBytes <= length - at, "a place has a length");
        if (place.kind === "file") {
          checkInside(place.file, place.fileOffset, lengthBytes, said`a part of the disk`);
          const next: typeof open = open;
          if (next && next.file === place.file && next.fileOffset + next.lengthBytes === place.fileOffset)
            next.lengthBytes += lengthBytes;
          else {
            closeOpen();
            open = { at, lengthBytes, file: place.file, fileOffset: place.fileOffset };
          }
        } else {
          closeOpen();
          if (place.kind === "packed")
            fetch(at, lengthBytes, async () => (await this.unpackedCluster(place)).subarray(place.within));
          else if (place.kind === "parent") this.readParent(offset + at, lengthBytes, at, fetch);
        }
        at += lengthBytes;
      }
      closeOpen();
    } finally {
      await Promise.all(waits);
    }
    return result;
  }

  async stretchAt(offset: number, maxBytes = Infinity): Promise<Stretch> {
    const limit = Math.min(maxBytes, this.sizeBytes - offset);
    let lengthBytes = 0;
    let zero: boolean | undefined;
    for (let places = 0; lengthBytes < limit && places < MAX_PLACES_IN_STRETCH; places++) {
      const next = await this.oneStretch(offset + lengthBytes, limit - lengthBytes);
      if (zero !== undefined && next.zero !== zero) break;
      zero = next.zero;
      lengthBytes += next.lengthBytes;
    }
    return { lengthBytes, zero: zero ?? true };
  }

  async write(): Promise<void> {
    assert(false, "write to a read-only store");
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    for (const file of this.files) await file.close?.();
    await this.parent?.close?.();
  }

  private async oneStretch(offset: number, maxBytes: number): Promise<Stretch> {
    const { kind, lengthBytes } = await this.locate(offset, maxBytes);
    if (kind !== "parent") return { lengthBytes, zero: kind === "zero" };
    if (!this.parent || offset >= this.parent.sizeBytes) return { lengthBytes, zero: true };
    return this.parent.stretchAt(offset, lengthBytes);
  }

  /** What lies behind the end of a shorter parent reads as zeros. */
  private readParent(
    offset: number,
    lengthBytes: number,
    at: number,
    fetch: (at: number, count: number, from: () => Promise<Uint8Array>) => void,
  ): void {
    const { parent } = this;
    const present = parent ? Math.min(lengthBytes, parent.sizeBytes - offset) : 0;
    if (parent && present > 0) fetch(at, present, () => parent.read(offset, present));
  }

  private unpackedCluster(place: Place & { kind: "packed" }): Promise<Uint8Array> {
    const known = this.unpacked.get(place.key);
    if (known) {
      this.unpacked.delete(place.key);
      this.unpacked.set(place.key, known);
      return known;
    }
    const cluster = place.unpack();
    this.unpacked.set(place.key, cluster);
    this.unpackedBytes += this.info.clusterBytes;
    cluster.catch(() => this.forget(place.key));
    for (const oldest of this.unpacked.keys()) {
      if (this.unpackedBytes <= MAX_UNPACKED_BYTES || this.unpacked.size <= 1) break;
      this.forget(oldest);
    }
    return cluster;
  }

  private forget(key: number): void {
    if (this.unpacked.delete(key)) this.unpackedBytes -= this.info.clusterBytes;
  }
}

/** What the readers of all formats give: a read-only store that knows which of its parts hold nothing. */
import type { BlockStore } from "../block-store.ts";

export type ImageFormat = "raw" | "vdi" | "vmdk" | "vhd" | "vhdx" | "qcow2";

export interface ImageInfo {
  format: ImageFormat;
  /** The format's own word for its kind: "dynamic", "streamOptimized", "version 3", … */
  variant: string;
  /** As the guest sees the disk. */
  sizeBytes: number;
  /** What the files of this image (without its parents) take. */
  fileBytes: number;
  /** The unit in which the image is allocated, 0 where it is not. */
  clusterBytes: number;
  /** Other facts that are shown to people. */
  details: Record<string, string | number | boolean>;
  parent: ImageInfo | null;
}

/** A stretch of a disk: `zero` where nothing is stored and it reads as zeros. */
export interface Stretch {
  lengthBytes: number;
  zero: boolean;
}

export interface DiskImage extends BlockStore {
  readonly info: ImageInfo;
  /** The stretch that begins at `offset` (inside the disk): from one byte to `maxBytes` (all that is left) long. */
  stretchAt(offset: number, maxBytes?: number): Promise<Stretch>;
}

/** A disk may be larger than this only on paper: VHDX, the largest of the formats, ends here. [MS-VHDX] 1.3 */
export const MAX_DISK_BYTES = 2 ** 46;

/** The stretches of any store, as far as it knows them. */
export async function stretchOf(store: BlockStore, offset: number, maxBytes = Infinity): Promise<Stretch> {
  if ("stretchAt" in store) return (store as DiskImage).stretchAt(offset, maxBytes);
  return { lengthBytes: Math.min(store.sizeBytes - offset, maxBytes), zero: false };
}

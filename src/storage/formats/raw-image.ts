/** A raw image as a DiskImage: the bytes of the file are the bytes of the disk. A last part of a sector is filled up. */
import type { DiskImage } from "./disk-image.ts";
import { MAX_DISK_BYTES } from "./disk-image.ts";
import { roundUp } from "./fields.ts";
import { ImageError } from "./image-error.ts";
import { MappedImage, type Place } from "./mapped-image.ts";
import type { OpenContext } from "./open-context.ts";

const SECTOR_BYTES = 512;

class RawImage extends MappedImage {
  constructor(private readonly file: OpenContext["file"]) {
    const sizeBytes = roundUp(file.sizeBytes, SECTOR_BYTES);
    const info = { format: "raw", variant: "raw", sizeBytes, fileBytes: file.sizeBytes } as const;
    super({ ...info, clusterBytes: 0, details: {}, parent: null }, null, [file]);
  }

  protected async locate(offset: number, maxBytes: number): Promise<Place> {
    const present = this.file.sizeBytes - offset;
    if (present <= 0) return { kind: "zero", lengthBytes: maxBytes };
    return { kind: "file", lengthBytes: Math.min(maxBytes, present), file: this.file, fileOffset: offset };
  }
}

export async function openRaw({ file }: OpenContext): Promise<DiskImage> {
  if (file.sizeBytes === 0) throw new ImageError("truncated", "This file is empty.");
  if (file.sizeBytes > MAX_DISK_BYTES) throw new ImageError("absurd", "This file is larger than any disk.");
  return new RawImage(file);
}

/** The chunks that a range of a disk touches. */
import { said } from "../../shared/said.ts";
import { StorageError } from "../block-store.ts";
import { MAX_DISK_BYTES } from "../formats/disk-image.ts";
import { CHUNK_BYTES } from "./layers.ts";

const SECTOR_BYTES = 512;

export interface ChunkPiece {
  index: number;
  within: number;
  /** Counts from the beginning of the range. */
  at: number;
  count: number;
}

export function* piecesIn(offset: number, length: number): Generator<ChunkPiece> {
  for (let at = 0; at < length;) {
    const index = Math.floor((offset + at) / CHUNK_BYTES);
    const within = offset + at - index * CHUNK_BYTES;
    const count = Math.min(CHUNK_BYTES - within, length - at);
    yield { index, within, at, count };
    at += count;
  }
}

/** @throws StorageError */
export function checkDiskSize(sizeBytes: number): void {
  if (!Number.isSafeInteger(sizeBytes) || sizeBytes <= 0 || sizeBytes % SECTOR_BYTES !== 0)
    throw new StorageError(
      said`A disk has a whole number of ${SECTOR_BYTES}-byte sectors; ${sizeBytes} bytes are not.`,
    );
  if (sizeBytes > MAX_DISK_BYTES) throw new StorageError("A disk of this size cannot be: 64 TiB are the most.");
}

/**
 * A file of a published machine, unpacked: Zstandard where it begins with that format's magic number, else raw deflate.
 * Both are unpacked here and now, without promises: a guest that waits for a page of its memory stands in the middle of an
 * instruction.
 *
 * References: [RFC 8878] 3.1.1 (Zstandard frames), [RFC 1951] (deflate).
 */
import { inflateSync } from "fflate";
import { decompress } from "fzstd";
import { StorageError } from "../block-store.ts";

const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/** @param rawBytes what it must come to @throws StorageError */
export function unpackFile(packed: Uint8Array, rawBytes: number): Uint8Array {
  const isZstd = ZSTD_MAGIC.every((byte, i) => packed[i] === byte);
  let raw: Uint8Array;
  try {
    // A byte more than there may be shows that there is more. Zstandard says itself how long it is.
    raw = isZstd ? decompress(packed) : inflateSync(packed, { out: new Uint8Array(rawBytes + 1) });
  } catch {
    throw new StorageError("A file of the published machine is damaged.");
  }
  if (raw.length !== rawBytes) throw new StorageError("A file of the published machine is damaged or cut short.");
  return raw;
}

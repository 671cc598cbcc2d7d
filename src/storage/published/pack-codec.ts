/**
 * A file of a published machine, unpacked: Zstandard where it begins with that format's magic number, else raw deflate.
 * Both can be unpacked here and now, without promises: a guest that waits for a page of its memory stands in the middle of an
 * instruction. Where there is time, the host itself unpacks deflate, beside this thread and several times as fast.
 *
 * References: [RFC 8878] 3.1.1 (Zstandard frames), [RFC 1951] (deflate), [Compression Streams] 4.
 */
import { inflateSync } from "fflate";
import { decompress } from "fzstd";
import { StorageError } from "../block-store.ts";

const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

const isZstd = (packed: Uint8Array) => ZSTD_MAGIC.every((byte, i) => packed[i] === byte);
const damaged = () => new StorageError("A file of the published machine is damaged.");
const otherLength = () => new StorageError("A file of the published machine is damaged or cut short.");

/** @param rawBytes what it must come to @throws StorageError */
export function unpackFile(packed: Uint8Array, rawBytes: number): Uint8Array {
  let raw: Uint8Array;
  try {
    // A byte more than there may be shows that there is more. Zstandard says itself how long it is.
    raw = isZstd(packed) ? decompress(packed) : inflateSync(packed, { out: new Uint8Array(rawBytes + 1) });
  } catch {
    throw damaged();
  }
  if (raw.length !== rawBytes) throw otherLength();
  return raw;
}

/** The same, by the host where it can. @param rawBytes what it must come to @throws StorageError */
export async function unpackFileSoon(packed: Uint8Array, rawBytes: number): Promise<Uint8Array> {
  const inflate = isZstd(packed) ? null : hostInflate();
  if (!inflate) return unpackFile(packed, rawBytes);
  const raw = new Uint8Array(rawBytes);
  const reader = new Blob([packed as Uint8Array<ArrayBuffer>]).stream().pipeThrough(inflate).getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw damaged();
    });
    if (done) break;
    if (at + value.length > rawBytes) {
      await reader.cancel();
      throw otherLength();
    }
    raw.set(value, at);
    at += value.length;
  }
  if (at !== rawBytes) throw otherLength();
  return raw;
}

/** Some browsers have these streams without this format. */
function hostInflate(): ReadableWritablePair<Uint8Array, Uint8Array<ArrayBuffer>> | null {
  try {
    return new DecompressionStream("deflate-raw");
  } catch {
    return null;
  }
}

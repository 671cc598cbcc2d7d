/**
 * Compressed clusters: exactly one cluster of bytes out of a range that may go on with something else.
 *
 * References: [RFC 1950] 2.2 (zlib), [RFC 1951] (deflate), [RFC 8878] 3.1.1 (Zstandard frames). Not read: dictionaries.
 */
import { inflateSync } from "fflate";
import { decompress } from "fzstd";
import { little } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { damaged } from "./image-error.ts";

/** A raw deflate stream, as QCOW2 has it. @throws ImageError "damaged" */
export function inflateCluster(format: string, packed: Uint8Array, clusterBytes: number): Uint8Array {
  // A stream that holds more than a cluster does not grow the buffer.
  const out = new Uint8Array(clusterBytes);
  try {
    const bytes = inflateSync(packed, { out });
    if (bytes.length === clusterBytes) return bytes;
  } catch {
    damaged(format, "a compressed part cannot be unpacked");
  }
  damaged(format, "a compressed part is too short");
}

/** The same inside a zlib stream, as VMDK has it. */
export function unzlibCluster(format: string, packed: Uint8Array, clusterBytes: number): Uint8Array {
  const [method = 0, flags = 0] = packed;
  const isZlib = (method & 15) === 8 && method >> 4 <= 7 && ((method << 8) | flags) % 31 === 0 && (flags & 0x20) === 0;
  if (!isZlib) damaged(format, "a compressed part is no zlib stream");
  return inflateCluster(format, packed.subarray(2), clusterBytes);
}

const ZSTD_MAGIC = 0xfd2fb528;
const BLOCK_RAW = 0;
const BLOCK_RLE = 1;
const BLOCK_COMPRESSED = 2;
/** Writers of clusters of at most 2 MiB need no more. */
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;

/** One Zstandard frame. @throws ImageError "damaged" */
export function unzstdCluster(format: string, packed: Uint8Array, clusterBytes: number): Uint8Array {
  const frame = zstdFrame(format, packed, clusterBytes);
  try {
    const bytes = decompress(frame, new Uint8Array(clusterBytes));
    if (bytes.length === clusterBytes) return bytes;
  } catch {
    damaged(format, "a compressed part cannot be unpacked");
  }
  damaged(format, "a compressed part is too short");
}

/** The frame at the start of `packed`, without what follows it. [RFC 8878] 3.1.1 */
function zstdFrame(format: string, packed: Uint8Array, clusterBytes: number): Uint8Array {
  const cut = (): never => damaged(format, "a compressed part is cut short");
  const fields = little(packed);
  if (packed.length < 6 || fields.u32(0) !== ZSTD_MAGIC) damaged(format, "a compressed part is no Zstandard frame");
  const descriptor = packed[4]!;
  const singleSegment = (descriptor & 0x20) !== 0;
  if ((descriptor & 3) !== 0) damaged(format, "a compressed part needs a dictionary");
  const sizeFlag = descriptor >> 6;
  const sizeFieldBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag;
  let at = 5;
  if (!singleSegment) {
    const exponent = 10 + (packed[at]! >> 3);
    if (2 ** exponent * (1 + (packed[at]! & 7) / 8) > MAX_WINDOW_BYTES) damaged(format, "a compressed part needs too much memory"); // prettier-ignore
    at++;
  }
  if (at + sizeFieldBytes > packed.length) cut();
  const contentBytes = contentSize(fields, at, sizeFieldBytes) ?? clusterBytes;
  if (contentBytes !== clusterBytes) damaged(format, "a compressed part has another length than a cluster");
  at += sizeFieldBytes;
  for (let last = false; !last;) {
    if (at + 3 > packed.length) cut();
    const header = packed[at]! | (packed[at + 1]! << 8) | (packed[at + 2]! << 16);
    const type = (header >> 1) & 3;
    if (type !== BLOCK_RAW && type !== BLOCK_RLE && type !== BLOCK_COMPRESSED)
      damaged(format, "a compressed part has a block of no known kind");
    at += 3 + (type === BLOCK_RLE ? 1 : header >> 3);
    last = (header & 1) !== 0;
  }
  if ((descriptor & 4) !== 0) at += 4;
  if (at > packed.length) cut();
  return packed.subarray(0, at);
}

function contentSize(fields: Fields, at: number, fieldBytes: number): number | undefined {
  switch (fieldBytes) {
    case 1:
      return fields.u8(at);
    case 2:
      return fields.u16(at) + 256;
    case 4:
      return fields.u32(at);
    case 8:
      return fields.u64(at);
    default:
      return undefined;
  }
}

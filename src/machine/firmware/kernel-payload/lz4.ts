/**
 * LZ4 in the "legacy" frame, as Linux packs kernels with it: blocks of up to 8 MiB, each with its packed size in front.
 * Reference: [LZ4-FRAME] "Legacy frame"
 */
import { UnpackError, type Unpacker } from "../../../core/unpacker.ts";

const MAGIC_BYTES = 4;

/** @param sizeBytes what it becomes. @throws UnpackError */
export function unpackLz4(unpacker: Unpacker, file: Uint8Array, sizeBytes: number): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const work = unpacker.open(file, sizeBytes);
  let out = 0;
  for (let at = MAGIC_BYTES; at + 4 <= file.length && out < sizeBytes;) {
    const packedBytes = view.getUint32(at, true);
    at += 4;
    if (packedBytes > file.length - at) throw new UnpackError("it is cut off");
    out = work.lz4(at, packedBytes, out);
    at += packedBytes;
  }
  if (out !== sizeBytes) throw new UnpackError("it is shorter than announced");
  return work.output;
}

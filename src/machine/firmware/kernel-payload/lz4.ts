/**
 * LZ4 in the "legacy" frame, as Linux packs kernels with it: blocks of up to 8 MiB, each with its packed size in front.
 * References: [LZ4-FRAME] "Legacy frame"; [LZ4-BLOCK] lz4_Block_format.md
 */
import { UnpackError } from "./lzma2.ts";

const MAGIC_BYTES = 4;
const LEAST_MATCH = 4;

/** @param sizeBytes what it becomes. @throws UnpackError */
export function unpackLz4(file: Uint8Array, sizeBytes: number): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const output = new Uint8Array(sizeBytes);
  let out = 0;
  for (let at = MAGIC_BYTES; at + 4 <= file.length && out < sizeBytes;) {
    const packedBytes = view.getUint32(at, true);
    at += 4;
    if (packedBytes > file.length - at) throw new UnpackError("it is cut off");
    out = unpackBlock(file.subarray(at, at + packedBytes), output, out);
    at += packedBytes;
  }
  if (out !== sizeBytes) throw new UnpackError("it is shorter than announced");
  return output;
}

function unpackBlock(block: Uint8Array, output: Uint8Array, start: number): number {
  let at = 0;
  let out = start;
  const more = (length: number): number => {
    if (length !== 15) return length;
    let sum = 15;
    for (;;) {
      const byte = block[at++] ?? 0;
      sum += byte;
      if (byte !== 255) return sum;
    }
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = more(token >> 4);
    if (at + literals > block.length || out + literals > output.length) throw new UnpackError("it is cut off");
    output.set(block.subarray(at, at + literals), out);
    at += literals;
    out += literals;
    if (at >= block.length) break; // the last sequence has literals only
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const length = more(token & 15) + LEAST_MATCH;
    if (distance === 0 || distance > out - start || out + length > output.length)
      throw new UnpackError("it refers to what is not there");
    for (let from = out - distance, last = out + length; out < last;) output[out++] = output[from++]!;
  }
  return out;
}

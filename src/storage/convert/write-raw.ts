/** A raw image: the bytes of the disk. Empty stretches are skipped, so that a file has holes there. */
import type { BlockStore } from "../block-store.ts";
import { isZero } from "../formats/fields.ts";
import { CountingSink, type ByteSink } from "./byte-sink.ts";
import { piecesOf, ProgressMeter, type CopyOptions } from "./copy-loop.ts";

const UNIT_BYTES = 64 * 1024;

export async function writeRaw(source: BlockStore, sink: ByteSink, options: CopyOptions): Promise<void> {
  const out = new CountingSink(sink);
  const meter = new ProgressMeter("write", source.sizeBytes, options);
  meter.report(0, 0);
  for await (const { offset, bytes } of piecesOf(source, UNIT_BYTES)) {
    for (let at = 0; at < bytes.length; at += UNIT_BYTES) {
      const unit = bytes.subarray(at, at + UNIT_BYTES);
      if (isZero(unit)) continue;
      await out.skipTo(offset + at);
      await out.write(unit);
    }
    meter.report(offset + bytes.length, bytes.length);
  }
  await out.skipTo(source.sizeBytes);
  meter.report(source.sizeBytes, 0);
}

/** Fills an empty layer from a store: reads the next piece while one is being written, and keeps nothing for zeros. */
import type { JobOptions } from "../../protocol/library.ts";
import type { BlockStore } from "../../storage/block-store.ts";
import { ProgressMeter, piecesOf } from "../../storage/convert/copy-loop.ts";
import { isZero } from "../../storage/formats/fields.ts";
import { CHUNK_BYTES } from "../../storage/library/layers.ts";
import type { LayerChunk, LayerKeeper } from "../../storage/library/layers.ts";
import { copyOptions } from "./copy-options.ts";

/** @param keeper is closed behind it, however it ends */
export async function copyIntoLayer(source: BlockStore, keeper: LayerKeeper, options: JobOptions): Promise<void> {
  const meter = new ProgressMeter("write", source.sizeBytes, copyOptions(options));
  let writing: Promise<void> = Promise.resolve();
  try {
    meter.report(0, 0);
    for await (const { offset, bytes } of piecesOf(source, CHUNK_BYTES)) {
      const puts = new Map<number, LayerChunk>();
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        const part = bytes.subarray(at, at + CHUNK_BYTES);
        if (isZero(part)) continue;
        const chunk = new Uint8Array(CHUNK_BYTES);
        chunk.set(part);
        puts.set((offset + at) / CHUNK_BYTES, chunk);
      }
      await writing;
      writing = keeper.commit(puts, []);
      // Awaited in the next round; a failure until then is no failure that nobody sees.
      writing.catch(() => {});
      meter.report(offset + bytes.length, bytes.length);
    }
    await writing;
    meter.report(source.sizeBytes, 0);
  } finally {
    await writing.catch(() => {});
    await keeper.close();
  }
}

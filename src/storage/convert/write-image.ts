/** Writes a disk as an image of any format that is written. */
import { assert } from "../../shared/assert.ts";
import type { BlockStore } from "../block-store.ts";
import { ImageError } from "../formats/image-error.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { CopyOptions } from "./copy-loop.ts";
import { writeQcow2 } from "./write-qcow2.ts";
import { writeRaw } from "./write-raw.ts";
import { writeVdi } from "./write-vdi.ts";
import { writeVhdDynamic, writeVhdFixed } from "./write-vhd.ts";
import { writeVmdkStream } from "./write-vmdk-stream.ts";

/** "vhd" is dynamic, "vmdk" streamOptimized. */
export type WrittenFormat = "raw" | "vdi" | "vmdk" | "vhd" | "vhd-fixed" | "qcow2";

const writers: Record<WrittenFormat, (source: BlockStore, sink: ByteSink, options: CopyOptions) => Promise<void>> = {
  raw: writeRaw,
  vdi: writeVdi,
  vmdk: writeVmdkStream,
  vhd: writeVhdDynamic,
  "vhd-fixed": writeVhdFixed,
  qcow2: writeQcow2,
};

export const writtenFormats = Object.keys(writers) as WrittenFormat[];

/**
 * Writes all of `source`, which must not change meanwhile: formats with tables read it twice, first to learn what is in
 * use. The sink is left open.
 * @throws StorageError; the signal's reason where it is given up
 */
export async function writeImage(
  source: BlockStore,
  format: WrittenFormat,
  sink: ByteSink,
  options: CopyOptions = {},
): Promise<void> {
  assert(writers[format], `an image format that is written: ${format}`);
  if (source.sizeBytes === 0) throw new ImageError("unsupported", "An empty disk has no image.");
  await writers[format](source, sink, options);
}

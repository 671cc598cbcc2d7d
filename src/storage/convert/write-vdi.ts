/**
 * A dynamic VDI image. The layout is that of VirtualBox: header, map of blocks of 1 MiB, then the blocks in use, from a
 * whole mebibyte on. Its fields are described in formats/vdi-image.ts.
 */
import type { BlockStore } from "../block-store.ts";
import { roundUp } from "../formats/fields.ts";
import { ImageError } from "../formats/image-error.ts";
import { VDI_BLOCK_FREE, VDI_HEADER_BYTES, VDI_SIGNATURE, VDI_SIGNATURE_AT, vdiTypes } from "../formats/vdi-image.ts";
import { CountingSink, type ByteSink } from "./byte-sink.ts";
import { forEachUsed, scanUsed, type CopyOptions } from "./copy-loop.ts";
import { FieldWriter, randomUuid } from "./fields-writer.ts";

const BLOCK_BYTES = 2 ** 20;
const SECTOR_BYTES = 512;
const VERSION_1_1 = 0x00010001;
/** From the field at 0x48 to the end of the last one. */
const HEADER_FIELDS_BYTES = 400;
/** 16 TB: VirtualBox reads the map whole, and so does this. */
const MAX_BLOCKS = 2 ** 24;

export async function writeVdi(source: BlockStore, sink: ByteSink, options: CopyOptions): Promise<void> {
  const sizeBytes = roundUp(source.sizeBytes, SECTOR_BYTES);
  const blocks = Math.ceil(sizeBytes / BLOCK_BYTES);
  if (blocks > MAX_BLOCKS) throw new ImageError("unsupported", "This disk is too large for a VDI image.");
  const used = await scanUsed(source, BLOCK_BYTES, options);
  const dataOffset = roundUp(VDI_HEADER_BYTES + blocks * 4, BLOCK_BYTES);
  const out = new CountingSink(sink);
  const header = new FieldWriter(VDI_HEADER_BYTES, true)
    .text(0, "<<< Posada Virtual Disk Image >>>\n")
    .u32(VDI_SIGNATURE_AT, VDI_SIGNATURE)
    .u32(VDI_SIGNATURE_AT + 4, VERSION_1_1)
    .u32(0x48, HEADER_FIELDS_BYTES)
    .u32(0x4c, vdiTypes.dynamic)
    .u32(0x154, VDI_HEADER_BYTES)
    .u32(0x158, dataOffset)
    .u32(0x168, SECTOR_BYTES)
    .u64(0x170, sizeBytes)
    .u32(0x178, BLOCK_BYTES)
    .u32(0x180, blocks)
    .u32(0x184, used.count)
    .raw(0x188, randomUuid())
    .raw(0x198, randomUuid());
  await out.write(header.bytes);
  await out.write(blockMap(blocks, (block) => used.has(block)));
  await out.skipTo(dataOffset);
  await forEachUsed(source, used, options, (_block, bytes) => out.write(bytes));
}

function blockMap(blocks: number, isUsed: (block: number) => boolean): Uint8Array {
  const map = new FieldWriter(blocks * 4, true);
  let next = 0;
  for (let block = 0; block < blocks; block++) map.u32(block * 4, isUsed(block) ? next++ : VDI_BLOCK_FREE);
  return map.bytes;
}

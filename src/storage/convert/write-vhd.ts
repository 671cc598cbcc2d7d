/**
 * VHD images, dynamic and fixed.
 *
 * Reference: [VHD] Microsoft, Virtual Hard Disk Image Format Specification 1.0; its appendix computes the geometry.
 */
import type { BlockStore } from "../block-store.ts";
import { roundUp } from "../formats/fields.ts";
import { ImageError } from "../formats/image-error.ts";
import {
  VHD_BLOCK_UNUSED,
  VHD_COOKIE,
  VHD_DYNAMIC_COOKIE,
  VHD_DYNAMIC_HEADER_BYTES,
  VHD_FOOTER_BYTES,
  vhdChecksum,
  vhdTypes,
} from "../formats/vhd-image.ts";
import { CountingSink, type ByteSink } from "./byte-sink.ts";
import { forEachUsed, scanUsed, type CopyOptions } from "./copy-loop.ts";
import { FieldWriter, randomUuid } from "./fields-writer.ts";
import { writeRaw } from "./write-raw.ts";

const SECTOR_BYTES = 512;
const BLOCK_BYTES = 2 * 2 ** 20;
const BITMAP_BYTES = BLOCK_BYTES / SECTOR_BYTES / 8;
/** 2040 GiB: what Virtual PC and Hyper-V take. */
const MAX_SIZE_BYTES = 2040 * 2 ** 30;
/** Seconds from 1970 to 2000, from which VHD counts. */
const VHD_EPOCH_SECONDS = 946_684_800;
const NO_OFFSET = 0xffffffffffffffffn;
/** Programs that know this one take the disk's length from the footer, not from its rounded geometry. */
const CREATOR = "win ";
const CREATOR_OS = "Wi2k";

export async function writeVhdFixed(source: BlockStore, sink: ByteSink, options: CopyOptions): Promise<void> {
  const sizeBytes = checkedSize(source);
  const out = new CountingSink(sink);
  await writeRaw(source, out, options);
  await out.skipTo(sizeBytes);
  await out.write(vhdFooter(sizeBytes, "fixed", NO_OFFSET));
}

export async function writeVhdDynamic(source: BlockStore, sink: ByteSink, options: CopyOptions): Promise<void> {
  const sizeBytes = checkedSize(source);
  const used = await scanUsed(source, BLOCK_BYTES, options);
  const blocks = Math.ceil(sizeBytes / BLOCK_BYTES);
  const tableOffset = VHD_FOOTER_BYTES + VHD_DYNAMIC_HEADER_BYTES;
  const dataOffset = roundUp(tableOffset + blocks * 4, SECTOR_BYTES);
  const out = new CountingSink(sink);
  const footer = vhdFooter(sizeBytes, "dynamic", BigInt(VHD_FOOTER_BYTES));
  await out.write(footer);
  const header = new FieldWriter(VHD_DYNAMIC_HEADER_BYTES, false)
    .text(0, VHD_DYNAMIC_COOKIE)
    .u64(8, NO_OFFSET)
    .u64(16, tableOffset)
    .u32(24, 0x00010000)
    .u32(28, blocks)
    .u32(32, BLOCK_BYTES);
  header.u32(36, vhdChecksum(header.bytes, 36));
  await out.write(header.bytes);
  const table = new FieldWriter(dataOffset - tableOffset, false);
  table.bytes.fill(0xff);
  let next = 0;
  for (let block = 0; block < blocks; block++) {
    const sector = (dataOffset + next * (BITMAP_BYTES + BLOCK_BYTES)) / SECTOR_BYTES;
    if (used.has(block)) next++;
    table.u32(block * 4, used.has(block) ? sector : VHD_BLOCK_UNUSED);
  }
  await out.write(table.bytes);
  const allSectors = new Uint8Array(BITMAP_BYTES).fill(0xff);
  await forEachUsed(source, used, options, async (_block, bytes) => {
    await out.write(allSectors);
    await out.write(bytes);
  });
  await out.write(footer);
}

function checkedSize(source: BlockStore): number {
  const sizeBytes = roundUp(source.sizeBytes, SECTOR_BYTES);
  if (sizeBytes > MAX_SIZE_BYTES)
    throw new ImageError("unsupported", "VHD images end at 2040 GB; this disk is larger.");
  return sizeBytes;
}

export function vhdFooter(sizeBytes: number, type: keyof typeof vhdTypes, dataOffset: bigint): Uint8Array {
  const footer = new FieldWriter(VHD_FOOTER_BYTES, false)
    .text(0, VHD_COOKIE)
    .u32(8, 2)
    .u32(12, 0x00010000)
    .u64(16, dataOffset)
    .u32(24, Math.floor(Date.now() / 1000) - VHD_EPOCH_SECONDS)
    .text(28, CREATOR)
    .u32(32, 0x00060001)
    .text(36, CREATOR_OS)
    .u64(40, sizeBytes)
    .u64(48, sizeBytes)
    .raw(56, geometry(sizeBytes / SECTOR_BYTES))
    .u32(60, vhdTypes[type])
    .raw(68, randomUuid());
  return footer.u32(64, vhdChecksum(footer.bytes, 64)).bytes;
}

/** Cylinders, heads and sectors that come near the disk's length. [VHD] "CHS Calculation" */
function geometry(totalSectors: number): Uint8Array {
  const sectors = Math.min(totalSectors, 65535 * 16 * 255);
  let sectorsPerTrack = 17;
  let heads: number;
  if (sectors >= 65535 * 16 * 63) [sectorsPerTrack, heads] = [255, 16];
  else {
    const tracks = (): number => Math.floor(sectors / sectorsPerTrack);
    heads = Math.max(4, Math.floor((tracks() + 1023) / 1024));
    if (tracks() >= heads * 1024 || heads > 16) [sectorsPerTrack, heads] = [31, 16];
    if (tracks() >= heads * 1024) [sectorsPerTrack, heads] = [63, 16];
  }
  const bytes = new Uint8Array([0, 0, heads, sectorsPerTrack]);
  const cylinders = Math.floor(Math.floor(sectors / sectorsPerTrack) / heads);
  bytes.set([cylinders >> 8, cylinders & 0xff]);
  return bytes;
}

/**
 * Hyper-V's VHDX: fixed, dynamic and differencing, with its log replayed where the file was not closed. The block table
 * holds one entry a block, and after each "chunk" of blocks one for the bitmap of their sectors.
 *
 * Reference: [MS-VHDX] 2.5 (block allocation table, states), 2.6.2 (metadata).
 */
import { said } from "../../shared/said.ts";
import { ClusterClaims } from "./cluster-claims.ts";
import type { DiskImage, ImageInfo } from "./disk-image.ts";
import { latin1, little } from "./fields.ts";
import { damaged, ImageError } from "./image-error.ts";
import { MappedImage, type Place } from "./mapped-image.ts";
import type { OpenContext } from "./open-context.ts";
import { PagedReader, checkInside, readInside } from "./paged-reader.ts";
import { withLogReplayed } from "./vhdx-log.ts";
import {
  MIB,
  VHDX_FIXED_BYTES,
  VHDX_SIGNATURE,
  readVhdxHeader,
  readVhdxMetadata,
  readVhdxRegions,
  type VhdxMetadata,
  type VhdxRegions,
} from "./vhdx-metadata.ts";

/** [MS-VHDX] 2.5.1.1 */
const blockStates = { notPresent: 0, undefined: 1, zero: 2, unmapped: 3, present: 6, partial: 7 } as const;
/** Sectors that one bitmap of 1 MiB speaks of. */
const SECTORS_IN_BITMAP = 2 ** 23;
const BITMAP_BYTES = MIB;

class VhdxImage extends MappedImage {
  private readonly tables: PagedReader;
  private readonly claims: ClusterClaims;
  /** Blocks between two bitmap entries. */
  private readonly chunkBlocks: number;

  constructor(
    private readonly file: OpenContext["file"],
    private readonly metadata: VhdxMetadata,
    private readonly regions: VhdxRegions,
    info: ImageInfo,
    parent: DiskImage | null,
  ) {
    super(info, parent, [file]);
    this.tables = new PagedReader(file);
    this.chunkBlocks = (SECTORS_IN_BITMAP * metadata.sectorBytes) / metadata.blockBytes;
    const blocks = Math.ceil(metadata.sizeBytes / metadata.blockBytes);
    // A differencing image has the bitmap of its last chunk as well. [MS-VHDX] 2.5
    const bitmaps = metadata.parent
      ? Math.ceil(blocks / this.chunkBlocks)
      : Math.floor((blocks - 1) / this.chunkBlocks);
    const entries = metadata.parent ? bitmaps * (this.chunkBlocks + 1) : blocks + bitmaps;
    if (entries * 8 > regions.bat.lengthBytes) damaged("VHDX", said`its block table is too short for ${blocks} blocks`);
    this.claims = new ClusterClaims("VHDX", MIB);
    this.claims.addFixed(said`headers`, 0, VHDX_FIXED_BYTES);
    this.claims.addFixed(said`block table`, regions.bat.offset, regions.bat.lengthBytes);
    this.claims.addFixed(said`metadata`, regions.metadata.offset, regions.metadata.lengthBytes);
  }

  protected async locate(offset: number, maxBytes: number): Promise<Place> {
    const { blockBytes } = this.metadata;
    const block = Math.floor(offset / blockBytes);
    const within = offset - block * blockBytes;
    const lengthBytes = Math.min(maxBytes, blockBytes - within);
    const { state, fileOffset } = await this.entry(block + Math.floor(block / this.chunkBlocks));
    switch (state) {
      case blockStates.notPresent:
        return { kind: this.parent ? "parent" : "zero", lengthBytes };
      case blockStates.undefined:
      case blockStates.zero:
      case blockStates.unmapped:
        return { kind: "zero", lengthBytes };
      case blockStates.present:
        this.claims.claim(said`block`, block, fileOffset, blockBytes);
        return { kind: "file", lengthBytes, file: this.file, fileOffset: fileOffset + within };
      case blockStates.partial:
        if (!this.parent) damaged("VHDX", said`block ${block} is there in parts, but there is no parent`);
        this.claims.claim(said`block`, block, fileOffset, blockBytes);
        return this.locatePartial(offset, lengthBytes, block, fileOffset + within);
      default:
        damaged("VHDX", said`block ${block} has no known state (${state})`);
    }
  }

  /** By the bitmap: sectors that are here, or in the parent. */
  private async locatePartial(offset: number, maxBytes: number, block: number, fileOffset: number): Promise<Place> {
    const { sectorBytes } = this.metadata;
    const chunk = Math.floor(block / this.chunkBlocks);
    const bitmap = await this.entry((chunk + 1) * this.chunkBlocks + chunk);
    if (bitmap.state !== blockStates.present) damaged("VHDX", said`the sectors of block ${block} are not listed`);
    this.claims.claim(said`bitmap`, chunk, bitmap.fileOffset, BITMAP_BYTES);
    const firstOfChunk = chunk * SECTORS_IN_BITMAP;
    const first = Math.floor(offset / sectorBytes) - firstOfChunk;
    const last = Math.floor((offset + maxBytes - 1) / sectorBytes) - firstOfChunk;
    const start = first >> 3;
    const bits = await this.tables.read(bitmap.fileOffset + start, (last >> 3) - start + 1, said`a sector bitmap`);
    // Bit 0 of a byte is the first sector. [MS-VHDX] 2.5.1.2
    const isSet = (sector: number): boolean => (bits[(sector >> 3) - start]! & (1 << (sector & 7))) !== 0;
    const present = isSet(first);
    let end = first + 1;
    while (end <= last && isSet(end) === present) end++;
    const lengthBytes = Math.min(maxBytes, (end + firstOfChunk) * sectorBytes - offset);
    return present ? { kind: "file", lengthBytes, file: this.file, fileOffset } : { kind: "parent", lengthBytes };
  }

  private async entry(index: number): Promise<{ state: number; fileOffset: number }> {
    const fields = little(await this.tables.read(this.regions.bat.offset + index * 8, 8, said`the block table`));
    // Bits 0-2: state; bits 20-63: place in mebibytes.
    return { state: fields.u32(0) & 7, fileOffset: fields.u32(4) * 2 ** 32 + (fields.u32(0) >>> 20) * MIB };
  }
}

export async function openVhdx(context: OpenContext): Promise<DiskImage> {
  const signature = latin1(await readInside(context.file, 0, VHDX_SIGNATURE.length, said`the header`));
  if (signature !== VHDX_SIGNATURE) damaged("VHDX", "it does not begin as one");
  const header = await readVhdxHeader(context.file);
  const file = await withLogReplayed(context.file, header);
  const regions = await readVhdxRegions(file);
  checkInside(file, regions.bat.offset, regions.bat.lengthBytes, said`the block table`);
  const metadata = await readVhdxMetadata(file, regions.metadata);
  const parent = metadata.parent ? await openVhdxParent(context, metadata.parent) : null;
  const info: ImageInfo = {
    format: "vhdx",
    variant: parent ? "differencing" : metadata.fixed ? "fixed" : "dynamic",
    sizeBytes: metadata.sizeBytes,
    fileBytes: context.file.sizeBytes,
    clusterBytes: metadata.blockBytes,
    details: { uuid: header.dataWriteGuid, sectorBytes: metadata.sectorBytes, logReplayed: header.logGuid !== null },
    parent: parent?.info ?? null,
  };
  return new VhdxImage(file, metadata, regions, info, parent);
}

async function openVhdxParent(context: OpenContext, locator: Map<string, string>): Promise<DiskImage> {
  const names = ["relative_path", "absolute_win32_path", "volume_path"].flatMap((key) => locator.get(key) ?? []);
  const parent = await context.openParent(names);
  // The parent is known by the mark of its last change; either of two may be meant. [MS-VHDX] 2.6.2.6.3
  const marks = ["parent_linkage", "parent_linkage2"].map((key) =>
    locator.get(key)?.replace(/[{}]/g, "").toLowerCase(),
  );
  if (parent.info.format === "vhdx" && !marks.includes(parent.info.details.uuid as string))
    throw new ImageError("mismatch", "The parent of this VHDX image was changed since, or is another one.");
  return parent;
}

/**
 * The fixed places of a VHDX file: headers, region table, and the metadata that says what disk it is.
 *
 * Reference: [MS-VHDX] 2.2 (headers, regions), 2.6 (metadata). Little-endian.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { crc32cWithout } from "./crc32.ts";
import { MAX_DISK_BYTES } from "./disk-image.ts";
import { isPowerOfTwo, little, type Fields } from "./fields.ts";
import { damaged, ImageError } from "./image-error.ts";
import { checkInside, readInside } from "./paged-reader.ts";

export const VHDX_SIGNATURE = "vhdxfile";
export const VHDX_HEADER_BYTES = 4096;
export const VHDX_HEADER_PLACES = [64 * 1024, 128 * 1024] as const;
const REGION_TABLE_PLACES = [192 * 1024, 256 * 1024] as const;
const REGION_TABLE_BYTES = 64 * 1024;
export const MIB = 2 ** 20;
/** Headers and region tables; the rest of a file is laid out in whole mebibytes behind them. */
export const VHDX_FIXED_BYTES = MIB;
const NO_LOG = "00000000-0000-0000-0000-000000000000";
const REGION_BAT = "2dc27766-f623-4200-9d64-115e9bfd4a08";
const REGION_METADATA = "8b7ca206-4790-4b9a-b8fe-575f050f886e";
const METADATA_TABLE_BYTES = 64 * 1024;
const MAX_ENTRIES = 2047;
const MAX_ITEM_BYTES = 1024 * 1024;
const ITEM_FILE_PARAMETERS = "caa16737-fa36-4d43-b3b6-33f0aa44e76b";
const ITEM_DISK_SIZE = "2fa54224-cd1b-4876-b211-5dbed83bf4b8";
const ITEM_DISK_ID = "beca12ab-b2e6-4523-93ef-c309e000c746";
const ITEM_LOGICAL_SECTOR = "8141bf1d-a96f-4709-ba47-f233a8faab5f";
const ITEM_PHYSICAL_SECTOR = "cda348c7-445d-4471-9cc9-e9885251c556";
const ITEM_PARENT_LOCATOR = "a8d35f2d-b30b-454d-abf7-d3d84834ab0c";
const LOCATOR_VHDX = "b04aefb7-d19e-4a81-b789-25b8e9445913";
const known = new Set([ITEM_FILE_PARAMETERS, ITEM_DISK_SIZE, ITEM_DISK_ID, ITEM_LOGICAL_SECTOR, ITEM_PHYSICAL_SECTOR, ITEM_PARENT_LOCATOR]); // prettier-ignore

export interface VhdxHeader {
  /** null where the log is empty. */
  logGuid: string | null;
  logOffset: number;
  logBytes: number;
  dataWriteGuid: string;
}

export interface VhdxRegion {
  offset: number;
  lengthBytes: number;
}

export interface VhdxRegions {
  bat: VhdxRegion;
  metadata: VhdxRegion;
}

export interface VhdxMetadata {
  sizeBytes: number;
  blockBytes: number;
  sectorBytes: number;
  fixed: boolean;
  /** What a differencing image says of its parent: `parent_linkage`, `relative_path`, … */
  parent: Map<string, string> | null;
}

/** The current one of the two headers. [MS-VHDX] 2.2.2 */
export async function readVhdxHeader(file: BlockStore): Promise<VhdxHeader> {
  let current: Fields | undefined;
  for (const place of VHDX_HEADER_PLACES) {
    const bytes = await readInside(file, place, VHDX_HEADER_BYTES, said`a header`);
    const fields = little(bytes);
    if (fields.text(0, 4) !== "head" || fields.u32(4) !== crc32cWithout(bytes, 4)) continue;
    if (!current || fields.bits64(8) > current.bits64(8)) current = fields;
  }
  if (!current) damaged("VHDX", "neither of its headers has the right checksum");
  if (current.u16(66) !== 1)
    throw new ImageError("unsupported", said`VHDX images of version ${current.u16(66)} are not read.`);
  const logGuid = current.guid(48);
  const header = { logOffset: current.u64(72), logBytes: current.u32(68), dataWriteGuid: current.guid(32) };
  if (logGuid === NO_LOG) return { ...header, logGuid: null };
  if (current.u16(64) !== 0)
    throw new ImageError("unsupported", said`VHDX logs of version ${current.u16(64)} are not read.`);
  return { ...header, logGuid };
}

/** [MS-VHDX] 2.2.3 @param file with its log replayed */
export async function readVhdxRegions(file: BlockStore): Promise<VhdxRegions> {
  for (const place of REGION_TABLE_PLACES) {
    const bytes = await readInside(file, place, REGION_TABLE_BYTES, said`a region table`);
    const fields = little(bytes);
    const count = fields.u32(8);
    if (fields.text(0, 4) !== "regi" || fields.u32(4) !== crc32cWithout(bytes, 4) || count > MAX_ENTRIES) continue;
    return regionsOf(file, fields, count);
  }
  damaged("VHDX", "neither of its region tables has the right checksum");
}

function regionsOf(file: BlockStore, fields: Fields, count: number): VhdxRegions {
  let bat: VhdxRegion | undefined;
  let metadata: VhdxRegion | undefined;
  for (let i = 0; i < count; i++) {
    const at = 16 + 32 * i;
    const guid = fields.guid(at);
    const region = { offset: fields.u64(at + 16), lengthBytes: fields.u32(at + 24) };
    if (guid !== REGION_BAT && guid !== REGION_METADATA) {
      if ((fields.u32(at + 28) & 1) !== 0) throw new ImageError("unsupported", said`This VHDX image needs a region that is not known here (${guid}).`); // prettier-ignore
      continue;
    }
    if (region.offset < VHDX_FIXED_BYTES) damaged("VHDX", "a region lies over its headers");
    checkInside(file, region.offset, region.lengthBytes, said`a region`);
    if (guid === REGION_BAT ? bat : metadata) damaged("VHDX", "a region is there twice");
    if (guid === REGION_BAT) bat = region;
    else metadata = region;
  }
  if (!bat || !metadata) damaged("VHDX", "its block table or its metadata is not there");
  if (bat.offset < metadata.offset + metadata.lengthBytes && metadata.offset < bat.offset + bat.lengthBytes)
    damaged("VHDX", "its regions overlap");
  return { bat, metadata };
}

/** [MS-VHDX] 2.6 */
export async function readVhdxMetadata(file: BlockStore, region: VhdxRegion): Promise<VhdxMetadata> {
  if (region.lengthBytes < METADATA_TABLE_BYTES) damaged("VHDX", "its metadata is too short");
  const table = little(await file.read(region.offset, METADATA_TABLE_BYTES));
  const count = table.u16(10);
  if (table.text(0, 8) !== "metadata" || count > MAX_ENTRIES) damaged("VHDX", "its metadata table is not there");
  const items = new Map<string, Fields>();
  for (let i = 0; i < count; i++) {
    const at = 32 + 32 * i;
    const guid = table.guid(at);
    const [offset, lengthBytes, flags] = [table.u32(at + 16), table.u32(at + 20), table.u32(at + 24)];
    if (!known.has(guid)) {
      if ((flags & 4) !== 0) throw new ImageError("unsupported", said`This VHDX image needs metadata that are not known here (${guid}).`); // prettier-ignore
      continue;
    }
    if (lengthBytes > MAX_ITEM_BYTES || offset + lengthBytes > region.lengthBytes)
      damaged("VHDX", "a part of its metadata is outside of their region");
    items.set(guid, little(await file.read(region.offset + offset, lengthBytes)));
  }
  return metadataOf(items);
}

function metadataOf(items: Map<string, Fields>): VhdxMetadata {
  const item = (guid: string, lengthBytes: number): Fields => {
    const fields = items.get(guid);
    if (!fields || fields.length < lengthBytes) damaged("VHDX", "its metadata are incomplete");
    return fields;
  };
  const parameters = item(ITEM_FILE_PARAMETERS, 8);
  const flags = parameters.u32(4);
  const metadata: VhdxMetadata = {
    sizeBytes: item(ITEM_DISK_SIZE, 8).u64(0),
    blockBytes: parameters.u32(0),
    sectorBytes: item(ITEM_LOGICAL_SECTOR, 4).u32(0),
    fixed: (flags & 1) !== 0,
    parent: (flags & 2) !== 0 ? parentOf(item(ITEM_PARENT_LOCATOR, 20)) : null,
  };
  const { sizeBytes, blockBytes, sectorBytes } = metadata;
  if (sectorBytes !== 512 && sectorBytes !== 4096) damaged("VHDX", said`sectors of ${sectorBytes} bytes`);
  if (!isPowerOfTwo(blockBytes) || blockBytes < MIB || blockBytes > 256 * MIB)
    damaged("VHDX", said`its blocks of ${blockBytes} bytes are no power of two from 1 to 256 MB`);
  if (sizeBytes > MAX_DISK_BYTES) throw new ImageError("absurd", said`This VHDX image says that its disk has ${sizeBytes} bytes.`); // prettier-ignore
  if (sizeBytes === 0 || sizeBytes % sectorBytes !== 0) damaged("VHDX", said`a disk of ${sizeBytes} bytes`);
  return metadata;
}

/** [MS-VHDX] 2.6.2.6 */
function parentOf(fields: Fields): Map<string, string> {
  if (fields.guid(0) !== LOCATOR_VHDX) throw new ImageError("unsupported", "This VHDX image names its parent in a way that is not known here."); // prettier-ignore
  const text = (at: number, lengthBytes: number): string => {
    if (at + lengthBytes > fields.length) damaged("VHDX", "the name of its parent is outside of its place");
    return new TextDecoder("utf-16le").decode(fields.slice(at, lengthBytes));
  };
  const found = new Map<string, string>();
  const count = fields.u16(18);
  if (20 + 12 * count > fields.length) damaged("VHDX", "the name of its parent is outside of its place");
  for (let i = 0; i < count; i++) {
    const at = 20 + 12 * i;
    found.set(text(fields.u32(at), fields.u16(at + 8)), text(fields.u32(at + 4), fields.u16(at + 10)));
  }
  return found;
}

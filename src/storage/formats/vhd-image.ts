/**
 * Virtual PC's VHD: fixed (raw with a footer), dynamic (blocks, each with a bitmap of its sectors) and differencing.
 * The length of the disk is the footer's "current size", as VirtualBox and Hyper-V take it, not its geometry.
 * A damaged footer at the end is made good by the copy at the beginning.
 *
 * Reference: [VHD] Microsoft, Virtual Hard Disk Image Format Specification 1.0. Big-endian.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { ClusterClaims } from "./cluster-claims.ts";
import type { DiskImage, ImageInfo } from "./disk-image.ts";
import { MAX_DISK_BYTES } from "./disk-image.ts";
import { big, isPowerOfTwo, latin1, roundUp, type Fields } from "./fields.ts";
import { damaged, ImageError } from "./image-error.ts";
import { MappedImage, type Place } from "./mapped-image.ts";
import type { OpenContext } from "./open-context.ts";
import { PagedReader, checkInside, readInside } from "./paged-reader.ts";

export const VHD_FOOTER_BYTES = 512;
export const VHD_COOKIE = "conectix";
export const VHD_DYNAMIC_HEADER_BYTES = 1024;
export const VHD_DYNAMIC_COOKIE = "cxsparse";
export const VHD_BLOCK_UNUSED = 0xffffffff;
const SECTOR_BYTES = 512;
const LARGEST_BLOCK = 256 * 2 ** 20;
export const vhdTypes = { fixed: 2, dynamic: 3, differencing: 4 } as const;
/** Where the parent's name is kept: platform codes of the locators. [VHD] "Parent locator" */
const LOCATOR_RELATIVE = "W2ru";
const LOCATOR_ABSOLUTE = "W2ku";
const LOCATORS = 8;
const MAX_NAME_BYTES = 4096;

interface VhdFooter {
  variant: keyof typeof vhdTypes;
  dataOffset: number;
  sizeBytes: number;
  uuid: string;
  creator: string;
}

interface VhdHeader {
  tableOffset: number;
  blocks: number;
  blockBytes: number;
  parentUuid: string;
}

/** One's complement of the sum of all bytes but the checksum's own. [VHD] "Checksum" */
export function vhdChecksum(bytes: Uint8Array, checksumAt: number): number {
  let sum = 0;
  bytes.forEach((byte, at) => (sum += at >= checksumAt && at < checksumAt + 4 ? 0 : byte));
  return ~sum >>> 0;
}

export const isVhdFooter = (bytes: Uint8Array): boolean =>
  bytes.length === VHD_FOOTER_BYTES &&
  latin1(bytes.subarray(0, 8)) === VHD_COOKIE &&
  big(bytes).u32(64) === vhdChecksum(bytes, 64);

class VhdFixedImage extends MappedImage {
  constructor(
    private readonly file: BlockStore,
    info: ImageInfo,
  ) {
    super(info, null, [file]);
  }

  protected async locate(offset: number, maxBytes: number): Promise<Place> {
    return { kind: "file", lengthBytes: maxBytes, file: this.file, fileOffset: offset };
  }
}

class VhdDynamicImage extends MappedImage {
  private readonly tables: PagedReader;
  private readonly claims: ClusterClaims;
  private readonly bitmapBytes: number;

  constructor(
    private readonly file: BlockStore,
    private readonly header: VhdHeader,
    info: ImageInfo,
    parent: DiskImage | null,
    headerOffset: number,
  ) {
    super(info, parent, [file]);
    this.tables = new PagedReader(file);
    this.bitmapBytes = roundUp(header.blockBytes / SECTOR_BYTES / 8, SECTOR_BYTES);
    this.claims = new ClusterClaims("VHD", header.blockBytes + this.bitmapBytes);
    this.claims.addFixed(said`footer's copy`, 0, VHD_FOOTER_BYTES);
    this.claims.addFixed(said`header`, headerOffset, VHD_DYNAMIC_HEADER_BYTES);
    this.claims.addFixed(said`block table`, header.tableOffset, header.blocks * 4);
  }

  protected async locate(offset: number, maxBytes: number): Promise<Place> {
    const { blockBytes, tableOffset } = this.header;
    const block = Math.floor(offset / blockBytes);
    const within = offset - block * blockBytes;
    let lengthBytes = Math.min(maxBytes, blockBytes - within);
    const absent = this.parent ? "parent" : "zero";
    const sector = big(await this.tables.read(tableOffset + block * 4, 4, said`the block table`)).u32(0);
    if (sector === VHD_BLOCK_UNUSED) return { kind: absent, lengthBytes };
    const start = sector * SECTOR_BYTES;
    this.claims.claim(said`block`, block, start, this.bitmapBytes + blockBytes);
    const bitmap = await this.tables.read(start, this.bitmapBytes, said`a block`);
    const [first, last] = [Math.floor(within / SECTOR_BYTES), Math.floor((within + lengthBytes - 1) / SECTOR_BYTES)];
    const present = isSet(bitmap, first);
    // A run of sectors that are all here, or all not.
    for (let next = first + 1; next <= last; next++) {
      // Whole bytes first: most bitmaps are full.
      if (next % 8 === 0 && next + 8 <= last && bitmap[next >> 3] === (present ? 0xff : 0)) next += 7;
      else if (isSet(bitmap, next) !== present) {
        lengthBytes = next * SECTOR_BYTES - within;
        break;
      }
    }
    if (!present) return { kind: absent, lengthBytes };
    return { kind: "file", lengthBytes, file: this.file, fileOffset: start + this.bitmapBytes + within };
  }
}

/** Bit 7 of a byte is the first sector. */
function isSet(bitmap: Uint8Array, sector: number): boolean {
  return (bitmap[sector >> 3]! & (0x80 >> (sector & 7))) !== 0;
}

export async function openVhd(context: OpenContext): Promise<DiskImage> {
  const { file } = context;
  const footer = readFooter(await findFooter(file));
  const info: ImageInfo = {
    format: "vhd",
    variant: footer.variant,
    sizeBytes: footer.sizeBytes,
    fileBytes: file.sizeBytes,
    clusterBytes: 0,
    details: { uuid: footer.uuid, creator: footer.creator },
    parent: null,
  };
  if (footer.variant === "fixed") {
    checkInside(file, 0, footer.sizeBytes + VHD_FOOTER_BYTES, said`the end of the disk`);
    return new VhdFixedImage(file, info);
  }
  const headerBytes = await readInside(file, footer.dataOffset, VHD_DYNAMIC_HEADER_BYTES, said`the header`);
  const header = readDynamicHeader(headerBytes, footer.sizeBytes);
  checkInside(file, header.tableOffset, header.blocks * 4, said`the block table`);
  const parent = footer.variant === "differencing" ? await openVhdParent(context, big(headerBytes), header) : null;
  const known = { ...info, clusterBytes: header.blockBytes, parent: parent?.info ?? null };
  return new VhdDynamicImage(file, header, known, parent, footer.dataOffset);
}

/** At the end of the file, or its copy at the beginning. */
async function findFooter(file: BlockStore): Promise<Uint8Array> {
  if (file.sizeBytes < VHD_FOOTER_BYTES) throw new ImageError("truncated", "This VHD image is cut short.");
  const last = await file.read(file.sizeBytes - VHD_FOOTER_BYTES, VHD_FOOTER_BYTES);
  if (isVhdFooter(last)) return last;
  const first = await file.read(0, VHD_FOOTER_BYTES);
  if (isVhdFooter(first)) return first;
  damaged("VHD", "neither its footer nor the copy of it has the right checksum");
}

function readFooter(bytes: Uint8Array): VhdFooter {
  const fields = big(bytes);
  if (fields.u32(12) >>> 16 !== 1) throw new ImageError("unsupported", said`VHD images of version ${fields.u32(12) >>> 16} are not read.`); // prettier-ignore
  const type = fields.u32(60);
  const variant = ([...Object.entries(vhdTypes)] as [keyof typeof vhdTypes, number][]).find(([, n]) => n === type)?.[0];
  if (!variant) damaged("VHD", said`its type ${type} is not known`);
  const sizeBytes = fields.u64(48);
  if (sizeBytes > MAX_DISK_BYTES) throw new ImageError("absurd", said`This VHD image says that its disk has ${sizeBytes} bytes.`); // prettier-ignore
  if (sizeBytes === 0 || sizeBytes % SECTOR_BYTES !== 0) damaged("VHD", said`a disk of ${sizeBytes} bytes`);
  return { variant, sizeBytes, dataOffset: fields.u64(16), uuid: fields.guid(68), creator: fields.text(28, 4).trim() };
}

function readDynamicHeader(bytes: Uint8Array, sizeBytes: number): VhdHeader {
  const fields = big(bytes);
  if (fields.text(0, 8) !== VHD_DYNAMIC_COOKIE) damaged("VHD", "the header of its blocks is not where it should be");
  if (fields.u32(36) !== vhdChecksum(bytes, 36)) damaged("VHD", "the header of its blocks has a wrong checksum");
  const header = { tableOffset: fields.u64(16), blocks: fields.u32(28), blockBytes: fields.u32(32), parentUuid: fields.guid(40) }; // prettier-ignore
  if (!isPowerOfTwo(header.blockBytes) || header.blockBytes < SECTOR_BYTES || header.blockBytes > LARGEST_BLOCK)
    damaged("VHD", said`its blocks of ${header.blockBytes} bytes are no power of two`);
  if (header.blocks < Math.ceil(sizeBytes / header.blockBytes))
    damaged("VHD", said`${header.blocks} blocks are too few for its ${sizeBytes} bytes`);
  return header;
}

async function openVhdParent(context: OpenContext, fields: Fields, header: VhdHeader): Promise<DiskImage> {
  const names = await parentNames(context.file, fields);
  const parent = await context.openParent(names);
  if (parent.info.format === "vhd" && parent.info.details.uuid !== header.parentUuid)
    throw new ImageError("mismatch", said`This VHD image was made from another parent: the one with the UUID ${header.parentUuid}.`); // prettier-ignore
  return parent;
}

/** Relative name first, then the absolute one, then the plain one in the header. */
async function parentNames(file: BlockStore, fields: Fields): Promise<string[]> {
  const found = new Map<string, string>();
  for (let i = 0; i < LOCATORS; i++) {
    const at = 576 + 24 * i;
    const code = fields.text(at, 4);
    if (code !== LOCATOR_RELATIVE && code !== LOCATOR_ABSOLUTE) continue;
    const lengthBytes = fields.u32(at + 8);
    if (lengthBytes > MAX_NAME_BYTES) damaged("VHD", "the name of its parent has no end");
    const bytes = await readInside(file, fields.u64(at + 16), lengthBytes, said`the name of the parent`);
    found.set(code, new TextDecoder("utf-16le").decode(bytes));
  }
  const plain = new TextDecoder("utf-16be").decode(fields.slice(64, 512)).replace(/\0.*$/s, "");
  return [found.get(LOCATOR_RELATIVE), found.get(LOCATOR_ABSOLUTE), plain].filter((name) => !!name) as string[];
}

/**
 * A sparse extent of a VMDK image: grains behind two levels of tables; compressed in streams. Where the grain directory
 * is at the end (streams), the header is read again from the footer.
 *
 * Reference: [VMDK] "Hosted Sparse Extents", "Stream-Optimized Compressed Sparse Extents". Little-endian.
 */
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { ClusterClaims } from "./cluster-claims.ts";
import { MAX_DISK_BYTES } from "./disk-image.ts";
import { isPowerOfTwo, little, type Fields } from "./fields.ts";
import { damaged, ImageError } from "./image-error.ts";
import type { Place } from "./mapped-image.ts";
import { PagedReader, checkInside, readInside } from "./paged-reader.ts";
import { unzlibCluster } from "./unpack.ts";
import { MAX_DESCRIPTOR_BYTES, VMDK_SECTOR_BYTES as SECTOR } from "./vmdk-descriptor.ts";

export const VMDK_SPARSE_MAGIC = 0x564d444b;
export const VMDK_SPARSE_HEADER_BYTES = 512;
export const vmdkFlags = { newlineTest: 1, redundantTable: 2, zeroedGrain: 4, compressed: 1 << 16, markers: 1 << 17 };
/** Value of `gdOffset` in the header of a stream: the directory is where the footer says. */
const DIRECTORY_AT_END = 0xffffffff;
export const VMDK_COMPRESSION_DEFLATE = 1;
const GRAIN_ABSENT = 0;
const GRAIN_ZERO = 1;
/** Before each compressed grain: its sector (64 bit) and its length. */
const GRAIN_MARKER_BYTES = 12;
const MAX_GRAIN_BYTES = 16 * 2 ** 20;

export interface VmdkSparseHeader {
  version: number;
  flags: number;
  sizeBytes: number;
  grainBytes: number;
  descriptorOffset: number;
  descriptorBytes: number;
  tableEntries: number;
  directoryOffset: number;
  compressed: boolean;
}

export class VmdkSparseExtent {
  private readonly tables: PagedReader;
  private readonly claims: ClusterClaims;
  private readonly directoryEntries: number;

  private constructor(
    private readonly file: BlockStore,
    readonly header: VmdkSparseHeader,
    private readonly hasParent: boolean,
  ) {
    this.tables = new PagedReader(file);
    const { grainBytes, tableEntries, sizeBytes, directoryOffset } = header;
    this.directoryEntries = Math.ceil(sizeBytes / (grainBytes * tableEntries));
    checkInside(file, directoryOffset, this.directoryEntries * 4, said`the grain directory`);
    // Compressed grains stand as close as sectors.
    this.claims = new ClusterClaims("VMDK", header.compressed ? SECTOR : Math.min(grainBytes, tableEntries * 4));
    this.claims.addFixed(said`header`, 0, VMDK_SPARSE_HEADER_BYTES);
    this.claims.addFixed(said`descriptor`, header.descriptorOffset, header.descriptorBytes);
    this.claims.addFixed(said`grain directory`, directoryOffset, this.directoryEntries * 4);
  }

  static async open(file: BlockStore, hasParent: boolean): Promise<VmdkSparseExtent> {
    return new VmdkSparseExtent(file, await readVmdkSparseHeader(file), hasParent);
  }

  /** @param key added to the grain's number where it is packed, to tell extents apart */
  async locate(offset: number, maxBytes: number, key: number): Promise<Place> {
    const { grainBytes, tableEntries, flags, compressed } = this.header;
    const grain = Math.floor(offset / grainBytes);
    const within = offset - grain * grainBytes;
    const lengthBytes = Math.min(maxBytes, grainBytes - within);
    const absent = this.hasParent ? "parent" : "zero";
    const table = Math.floor(grain / tableEntries);
    if (table >= this.directoryEntries) damaged("VMDK", "an extent is longer than its tables");
    const tableSector = await this.u32(this.header.directoryOffset + table * 4, said`the grain directory`);
    if (tableSector === GRAIN_ABSENT) {
      const tableEnd = (table + 1) * tableEntries * grainBytes;
      return { kind: absent, lengthBytes: Math.min(maxBytes, tableEnd - offset) };
    }
    this.claims.claim(said`grain table`, table, tableSector * SECTOR, tableEntries * 4);
    const sector = await this.u32(tableSector * SECTOR + (grain % tableEntries) * 4, said`a grain table`);
    if (sector === GRAIN_ABSENT) return { kind: absent, lengthBytes };
    if (sector === GRAIN_ZERO && (flags & vmdkFlags.zeroedGrain) !== 0) return { kind: "zero", lengthBytes };
    const start = sector * SECTOR;
    this.claims.claim(said`grain`, grain, start, compressed ? SECTOR : grainBytes);
    if (compressed)
      return { kind: "packed", lengthBytes, key: key + grain, within, unpack: () => this.unpack(grain, start) };
    return { kind: "file", lengthBytes, file: this.file, fileOffset: start + within };
  }

  private async unpack(grain: number, start: number): Promise<Uint8Array> {
    const { grainBytes } = this.header;
    const marker = little(await readInside(this.file, start, GRAIN_MARKER_BYTES, said`a compressed grain`));
    if (marker.u64(0) * SECTOR !== grain * grainBytes) damaged("VMDK", said`grain ${grain} is not where it should be`);
    const packedBytes = marker.u32(8);
    if (packedBytes > 2 * grainBytes + SECTOR) damaged("VMDK", said`grain ${grain} has ${packedBytes} bytes`);
    const packed = await readInside(this.file, start + GRAIN_MARKER_BYTES, packedBytes, said`a compressed grain`);
    return unzlibCluster("VMDK", packed, grainBytes);
  }

  private async u32(offset: number, what: Said): Promise<number> {
    return little(await this.tables.read(offset, 4, what)).u32(0);
  }
}

/** @throws ImageError */
export async function readVmdkSparseHeader(file: BlockStore): Promise<VmdkSparseHeader> {
  const first = little(await readInside(file, 0, VMDK_SPARSE_HEADER_BYTES, said`the header`));
  if (first.text(0, 4) === "COWD") throw new ImageError("unsupported", "Sparse VMDK files of ESX servers (COWD) are not read."); // prettier-ignore
  if (first.u32(0) !== VMDK_SPARSE_MAGIC) damaged("VMDK", "a sparse extent does not begin as one");
  // Both halves are all ones.
  if (first.u32(56) !== DIRECTORY_AT_END || first.u32(60) !== DIRECTORY_AT_END) return headerOf(first);
  // The footer, and the marker of the end behind it, are the last two sectors.
  const footer = little(await readInside(file, file.sizeBytes - 2 * SECTOR, SECTOR, said`the footer`));
  if (footer.u32(0) !== VMDK_SPARSE_MAGIC) throw new ImageError("truncated", "This VMDK image is cut short: its end is not there."); // prettier-ignore
  return headerOf(footer);
}

function headerOf(fields: Fields): VmdkSparseHeader {
  const version = fields.u32(4);
  if (version < 1 || version > 3)
    throw new ImageError("unsupported", said`VMDK files of version ${version} are not read.`);
  const flags = fields.u32(8);
  const compressed = (flags & vmdkFlags.compressed) !== 0;
  const header: VmdkSparseHeader = {
    version,
    flags,
    sizeBytes: fields.u64(12) * SECTOR,
    grainBytes: fields.u64(20) * SECTOR,
    descriptorOffset: fields.u64(28) * SECTOR,
    descriptorBytes: fields.u64(36) * SECTOR,
    tableEntries: fields.u32(44),
    directoryOffset: fields.u64(56) * SECTOR,
    compressed,
  };
  if ((flags & vmdkFlags.newlineTest) !== 0 && fields.text(73, 4) !== "\n \r\n")
    damaged("VMDK", "it was sent as a text, and its line ends were changed");
  if (compressed && (fields.u16(77) !== VMDK_COMPRESSION_DEFLATE || (flags & vmdkFlags.markers) === 0))
    throw new ImageError("unsupported", "This VMDK image is compressed in a way that is not read.");
  if (!isPowerOfTwo(header.grainBytes) || header.grainBytes < 8 * SECTOR || header.grainBytes > MAX_GRAIN_BYTES)
    damaged("VMDK", said`its grains of ${header.grainBytes} bytes are no power of two from 4 KB to 16 MB`);
  if (header.tableEntries < 1 || header.tableEntries > 4096) damaged("VMDK", said`its tables have ${header.tableEntries} entries`); // prettier-ignore
  if (header.sizeBytes > MAX_DISK_BYTES) throw new ImageError("absurd", said`This VMDK image says that its disk has ${header.sizeBytes} bytes.`); // prettier-ignore
  if (header.sizeBytes === 0) damaged("VMDK", "a disk of no bytes");
  if (header.descriptorBytes > MAX_DESCRIPTOR_BYTES)
    damaged("VMDK", said`its descriptor has ${header.descriptorBytes} bytes`);
  return header;
}

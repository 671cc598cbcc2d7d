/**
 * QEMU's QCOW2: clusters behind two levels of tables, compressed or not, over a backing file. Versions 2 and 3, zlib and
 * Zstandard, subclusters. Of snapshots inside the file only their number is read. Not read: encryption, external
 * data files. Reference counts are not needed for reading, and not looked at.
 *
 * Reference: [QCOW2] QEMU, docs/interop/qcow2.txt, "Cluster mapping", "Extended L2 Entries". Big-endian.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { ClusterClaims } from "./cluster-claims.ts";
import type { DiskImage, ImageInfo } from "./disk-image.ts";
import { big, roundUp } from "./fields.ts";
import { damaged } from "./image-error.ts";
import { MappedImage, type Place } from "./mapped-image.ts";
import type { OpenContext } from "./open-context.ts";
import { PagedReader, checkInside } from "./paged-reader.ts";
import { readQcow2Header, type Qcow2Header } from "./qcow2-header.ts";
import { inflateCluster, unzstdCluster } from "./unpack.ts";

const SECTOR_BYTES = 512;
const SUBCLUSTERS = 32;
/** Of the upper half of an L2 entry. */
const ENTRY_COMPRESSED = 1 << 30;
const ENTRY_ZERO = 1;
const OFFSET_HIGH = 0x00ffffff;
const OFFSET_LOW = 0xfffffe00;

class Qcow2Image extends MappedImage {
  private readonly tables: PagedReader;
  private readonly claims: ClusterClaims;
  private readonly entryBytes: number;
  private readonly l2Entries: number;

  constructor(
    private readonly file: BlockStore,
    private readonly header: Qcow2Header,
    info: ImageInfo,
    parent: DiskImage | null,
  ) {
    super(info, parent, [file]);
    this.tables = new PagedReader(file);
    this.entryBytes = header.extendedL2 ? 16 : 8;
    this.l2Entries = header.clusterBytes / this.entryBytes;
    this.claims = new ClusterClaims("QCOW2", header.clusterBytes);
    this.claims.addFixed(said`header`, 0, header.clusterBytes);
    this.claims.addFixed(said`table of tables`, header.l1Offset, header.l1Entries * 8);
    if (header.refcountOffset > 0)
      this.claims.addFixed(said`table of reference counts`, header.refcountOffset, header.refcountBytes);
  }

  protected async locate(offset: number, maxBytes: number): Promise<Place> {
    const { clusterBytes, l1Offset } = this.header;
    const absent = this.parent ? "parent" : "zero";
    const cluster = Math.floor(offset / clusterBytes);
    const within = offset - cluster * clusterBytes;
    const l1Index = Math.floor(cluster / this.l2Entries);
    const l2Offset = offsetIn(
      big(await this.tables.read(l1Offset + l1Index * 8, 8, said`the table of tables`)).slice(0, 8),
    );
    if (l2Offset === 0) {
      const end = (l1Index + 1) * this.l2Entries * clusterBytes;
      return { kind: absent, lengthBytes: Math.min(maxBytes, end - offset) };
    }
    if (l2Offset % clusterBytes !== 0) damaged("QCOW2", said`table ${l1Index} is not at a cluster`);
    this.claims.claim(said`table`, l1Index, l2Offset, clusterBytes);
    const entryAt = l2Offset + (cluster % this.l2Entries) * this.entryBytes;
    const entry = (await this.tables.read(entryAt, this.entryBytes, said`a table`)).slice();
    const lengthBytes = Math.min(maxBytes, clusterBytes - within);
    const high = big(entry).u32(0);
    if ((high & ENTRY_COMPRESSED) !== 0) return this.locateCompressed(cluster, entry, within, lengthBytes);
    if (this.header.extendedL2) return this.locateSubclusters(cluster, entry, within, lengthBytes);
    if ((entry[7]! & ENTRY_ZERO) !== 0 && this.header.version >= 3) return { kind: "zero", lengthBytes };
    const fileOffset = this.clusterOffset(cluster, entry);
    if (fileOffset === 0) return { kind: absent, lengthBytes };
    return { kind: "file", lengthBytes, file: this.file, fileOffset: fileOffset + within };
  }

  private clusterOffset(cluster: number, entry: Uint8Array): number {
    const fileOffset = offsetIn(entry);
    if (fileOffset === 0) return 0;
    if (fileOffset % this.header.clusterBytes !== 0) damaged("QCOW2", said`cluster ${cluster} begins inside another`);
    this.claims.claim(said`cluster`, cluster, fileOffset, this.header.clusterBytes);
    return fileOffset;
  }

  /** The lower 32 bits of the bitmap say which subclusters are in the file, the upper ones which are zeros. */
  private locateSubclusters(cluster: number, entry: Uint8Array, within: number, maxBytes: number): Place {
    const subBytes = this.header.clusterBytes / SUBCLUSTERS;
    const bits = big(entry);
    const [zeros, here] = [bits.u32(8), bits.u32(12)];
    if ((zeros & here) !== 0) damaged("QCOW2", said`cluster ${cluster} is both in the file and zeros`);
    const stateOf = (sub: number): number => (((zeros >>> sub) & 1) << 1) | ((here >>> sub) & 1);
    const first = Math.floor(within / subBytes);
    const last = Math.floor((within + maxBytes - 1) / subBytes);
    const state = stateOf(first);
    let end = first + 1;
    while (end <= last && stateOf(end) === state) end++;
    const lengthBytes = Math.min(maxBytes, end * subBytes - within);
    if (state === 2) return { kind: "zero", lengthBytes };
    if (state === 0) return { kind: this.parent ? "parent" : "zero", lengthBytes };
    const fileOffset = this.clusterOffset(cluster, entry);
    if (fileOffset === 0) damaged("QCOW2", said`cluster ${cluster} has parts in the file, but no place there`);
    return { kind: "file", lengthBytes, file: this.file, fileOffset: fileOffset + within };
  }

  /** Offset in bytes, then the number of sectors after the first. [QCOW2] "Compressed Clusters Descriptor" */
  private locateCompressed(cluster: number, entry: Uint8Array, within: number, lengthBytes: number): Place {
    const { clusterBytes } = this.header;
    const word = big(entry).bits64(0);
    const offsetBits = BigInt(62 - (Math.log2(clusterBytes) - 8));
    const fileOffset = Number(word & ((1n << offsetBits) - 1n));
    const sectors = Number((word & ((1n << 62n) - 1n)) >> offsetBits) + 1;
    const packedBytes = sectors * SECTOR_BYTES - (fileOffset % SECTOR_BYTES);
    const unpack = async (): Promise<Uint8Array> => {
      checkInside(this.file, fileOffset, 1, said`a compressed cluster`);
      // The last sector of the file need not be whole.
      const packed = await this.file.read(fileOffset, Math.min(packedBytes, this.file.sizeBytes - fileOffset));
      const unpackCluster = this.header.compression === "zstd" ? unzstdCluster : inflateCluster;
      return unpackCluster("QCOW2", packed, clusterBytes);
    };
    return { kind: "packed", lengthBytes, key: cluster, within, unpack };
  }
}

/** Bits 9 to 55. */
function offsetIn(entry: Uint8Array): number {
  const fields = big(entry);
  return (fields.u32(0) & OFFSET_HIGH) * 2 ** 32 + ((fields.u32(4) & OFFSET_LOW) >>> 0);
}

export async function openQcow2(context: OpenContext): Promise<DiskImage> {
  const { file } = context;
  const header = await readQcow2Header(file);
  const { backingName, backingFormat } = header;
  const parent = backingName !== null ? await context.openParent([backingName], backingFormat ?? undefined) : null;
  const info: ImageInfo = {
    format: "qcow2",
    variant: `version ${header.version}`,
    // A disk is whole sectors.
    sizeBytes: roundUp(header.sizeBytes, SECTOR_BYTES),
    fileBytes: file.sizeBytes,
    clusterBytes: header.clusterBytes,
    details: {
      compression: header.compression,
      subclusters: header.extendedL2,
      snapshots: header.snapshots,
      dirty: header.dirty,
      corrupt: header.corrupt,
    },
    parent: parent?.info ?? null,
  };
  return new Qcow2Image(file, header, info, parent);
}

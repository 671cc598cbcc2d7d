/**
 * A streamOptimized VMDK image, the kind that goes into OVF packages: compressed grains, then their tables, then the
 * directory and a footer that says where it is. Written in one go: nothing must be known before.
 *
 * Reference: [VMDK] VMware, Virtual Disk Format 5.0, "Stream-Optimized Compressed Sparse Extents".
 */
import type { BlockStore } from "../block-store.ts";
import { isZero, roundUp } from "../formats/fields.ts";
import { ImageError } from "../formats/image-error.ts";
import {
  vmdkFlags,
  VMDK_COMPRESSION_DEFLATE,
  VMDK_SPARSE_HEADER_BYTES,
  VMDK_SPARSE_MAGIC,
} from "../formats/vmdk-sparse.ts";
import { CountingSink, type ByteSink } from "./byte-sink.ts";
import { filled, piecesOf, ProgressMeter, type CopyOptions } from "./copy-loop.ts";
import { FieldWriter } from "./fields-writer.ts";

const SECTOR = 512;
const GRAIN_BYTES = 64 * 1024;
const TABLE_ENTRIES = 512;
const DESCRIPTOR_SECTORS = 20;
/** Header and descriptor, up to a grain. */
const OVERHEAD_SECTORS = 128;
const DIRECTORY_AT_END = 0xffffffffffffffffn;
const markers = { end: 0, table: 1, directory: 2, footer: 3 } as const;
/** Places in the file are 32-bit sectors. */
const MAX_FILE_BYTES = 2 ** 32 * SECTOR;
/** Grains that are being compressed while others are written. */
const AHEAD = 8;

export interface VmdkOptions extends CopyOptions {
  /** What tells this content from other (CID); random where it is not given. */
  contentId?: number;
}

export async function writeVmdkStream(source: BlockStore, sink: ByteSink, options: VmdkOptions): Promise<void> {
  const sizeBytes = roundUp(source.sizeBytes, SECTOR);
  const out = new CountingSink(sink);
  await out.write(header(sizeBytes, DIRECTORY_AT_END));
  await out.write(descriptor(sizeBytes, options.contentId ?? crypto.getRandomValues(new Uint32Array(1))[0]!));
  await out.skipTo(OVERHEAD_SECTORS * SECTOR);
  const grains = new GrainWriter(out, Math.ceil(sizeBytes / (GRAIN_BYTES * TABLE_ENTRIES)));
  const meter = new ProgressMeter("write", source.sizeBytes, options);
  meter.report(0, 0);
  for await (const { offset, bytes } of piecesOf(source, GRAIN_BYTES)) {
    for (let at = 0; at < bytes.length; at += GRAIN_BYTES) {
      const grain = filled(bytes.subarray(at, at + GRAIN_BYTES), GRAIN_BYTES);
      if (!isZero(grain)) await grains.add((offset + at) / GRAIN_BYTES, grain);
    }
    meter.report(offset + bytes.length, bytes.length);
  }
  const directoryAt = await grains.finish();
  await out.write(marker(1, markers.footer));
  await out.write(header(sizeBytes, BigInt(directoryAt / SECTOR)));
  await out.write(marker(0, markers.end));
  meter.report(source.sizeBytes, 0);
}

/** Grains in their order; each full table behind the last of its grains. */
class GrainWriter {
  private readonly directory: FieldWriter;
  private readonly waiting: { grain: number; packed: Promise<Uint8Array> }[] = [];
  private table: { index: number; entries: FieldWriter } | null = null;

  constructor(
    private readonly out: CountingSink,
    tables: number,
  ) {
    this.directory = new FieldWriter(roundUp(tables * 4, SECTOR), true);
  }

  async add(grain: number, bytes: Uint8Array): Promise<void> {
    const packed = deflate(bytes);
    packed.catch(() => {}); // awaited in its turn
    this.waiting.push({ grain, packed });
    if (this.waiting.length > AHEAD) await this.writeNext();
  }

  /** @returns where the grain directory is in the file */
  async finish(): Promise<number> {
    while (this.waiting.length > 0) await this.writeNext();
    await this.writeTable();
    await this.out.write(marker(this.directory.bytes.length / SECTOR, markers.directory));
    const directoryAt = this.out.position;
    await this.out.write(this.directory.bytes);
    return directoryAt;
  }

  private async writeNext(): Promise<void> {
    const { grain, packed } = this.waiting.shift()!;
    const bytes = await packed;
    const index = Math.floor(grain / TABLE_ENTRIES);
    if (this.table?.index !== index) await this.writeTable();
    this.table ??= { index, entries: new FieldWriter(TABLE_ENTRIES * 4, true) };
    if (this.out.position + 2 * GRAIN_BYTES > MAX_FILE_BYTES)
      throw new ImageError("unsupported", "A VMDK image ends at 2 TB, and this disk would not fit in.");
    this.table.entries.u32((grain % TABLE_ENTRIES) * 4, this.out.position / SECTOR);
    const place = new FieldWriter(12, true).u64(0, (grain * GRAIN_BYTES) / SECTOR).u32(8, bytes.length);
    await this.out.write(place.bytes);
    await this.out.write(bytes);
    await this.out.align(SECTOR);
  }

  private async writeTable(): Promise<void> {
    if (!this.table) return;
    await this.out.write(marker((TABLE_ENTRIES * 4) / SECTOR, markers.table));
    this.directory.u32(this.table.index * 4, this.out.position / SECTOR);
    await this.out.write(this.table.entries.bytes);
    this.table = null;
  }
}

/** A zlib stream. */
async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new CompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes as Uint8Array<ArrayBuffer>).then(() => writer.close());
  const packed = new Uint8Array(await new Response(stream.readable).arrayBuffer());
  await written;
  return packed;
}

/** A sector that says what follows; `size` is 0, which tells it from a grain. */
function marker(sectors: number, type: number): Uint8Array {
  return new FieldWriter(SECTOR, true).u64(0, sectors).u32(12, type).bytes;
}

function header(sizeBytes: number, directorySector: bigint): Uint8Array {
  return new FieldWriter(VMDK_SPARSE_HEADER_BYTES, true)
    .u32(0, VMDK_SPARSE_MAGIC)
    .u32(4, 3)
    .u32(8, vmdkFlags.newlineTest | vmdkFlags.compressed | vmdkFlags.markers)
    .u64(12, sizeBytes / SECTOR)
    .u64(20, GRAIN_BYTES / SECTOR)
    .u64(28, 1)
    .u64(36, DESCRIPTOR_SECTORS)
    .u32(44, TABLE_ENTRIES)
    .u64(56, directorySector)
    .u64(64, OVERHEAD_SECTORS)
    .text(73, "\n \r\n")
    .u16(77, VMDK_COMPRESSION_DEFLATE).bytes;
}

function descriptor(sizeBytes: number, contentNumber: number): Uint8Array {
  const contentId = contentNumber.toString(16).padStart(8, "0");
  const sectors = sizeBytes / SECTOR;
  const cylinders = Math.min(16383, Math.max(1, Math.floor(sectors / (16 * 63))));
  const text = `# Disk DescriptorFile
version=1
CID=${contentId === "ffffffff" ? "fffffffe" : contentId}
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW ${sectors} SPARSE "disk.vmdk"

# The Disk Data Base
#DDB

ddb.virtualHWVersion = "4"
ddb.adapterType = "ide"
ddb.geometry.cylinders = "${cylinders}"
ddb.geometry.heads = "16"
ddb.geometry.sectors = "63"
`;
  return new FieldWriter(DESCRIPTOR_SECTORS * SECTOR, true).text(0, text).bytes;
}

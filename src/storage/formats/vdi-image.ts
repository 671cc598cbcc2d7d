/**
 * VirtualBox's VDI: a header, a map of blocks, blocks in the order of their first use. Dynamic, fixed and differencing
 * images; a differencing one knows its parent by a UUID alone, so the parent must be given. Not read: version 0, undo
 * images.
 *
 * There is no specification: the fields are known by what VirtualBox and QEMU write. Little-endian:
 * 0x40 signature, version; 0x48 header length, type, flags; 0x154 offset of map, of blocks; 0x168 sector length;
 * 0x170 disk length (64 bit); 0x178 block length, bytes before each block, blocks, blocks in use;
 * 0x188 UUIDs: of the image, of its last change, of its parent, of the parent's last change.
 */
import { said } from "../../shared/said.ts";
import { ClusterClaims } from "./cluster-claims.ts";
import type { DiskImage, ImageInfo } from "./disk-image.ts";
import { MAX_DISK_BYTES } from "./disk-image.ts";
import { little, isPowerOfTwo } from "./fields.ts";
import { damaged, ImageError } from "./image-error.ts";
import { MappedImage, type Place } from "./mapped-image.ts";
import type { OpenContext } from "./open-context.ts";
import { PagedReader, checkInside, readInside } from "./paged-reader.ts";

export const VDI_SIGNATURE = 0xbeda107f;
export const VDI_SIGNATURE_AT = 0x40;
export const VDI_HEADER_BYTES = 0x200;
export const VDI_BLOCK_FREE = 0xffffffff;
/** The block reads as zeros though a parent may have something there. */
export const VDI_BLOCK_ZERO = 0xfffffffe;
const SECTOR_BYTES = 512;
const LARGEST_BLOCK = 256 * 2 ** 20;

export const vdiTypes = { dynamic: 1, fixed: 2, undo: 3, differencing: 4 } as const;

interface VdiHeader {
  variant: "dynamic" | "fixed" | "differencing";
  mapOffset: number;
  dataOffset: number;
  sizeBytes: number;
  blockBytes: number;
  extraBytes: number;
  blocks: number;
  blocksInUse: number;
  uuid: string;
  parentUuid: string;
}

class VdiImage extends MappedImage {
  private readonly map: PagedReader;
  private readonly claims: ClusterClaims;

  constructor(
    private readonly file: OpenContext["file"],
    private readonly header: VdiHeader,
    info: ImageInfo,
    parent: DiskImage | null,
  ) {
    super(info, parent, [file]);
    this.map = new PagedReader(file);
    this.claims = new ClusterClaims("VDI", header.blockBytes + header.extraBytes);
    this.claims.addFixed(said`header`, 0, VDI_HEADER_BYTES);
    this.claims.addFixed(said`map`, header.mapOffset, header.blocks * 4);
  }

  protected async locate(offset: number, maxBytes: number): Promise<Place> {
    const { blockBytes, extraBytes, mapOffset, dataOffset } = this.header;
    const block = Math.floor(offset / blockBytes);
    const within = offset - block * blockBytes;
    const lengthBytes = Math.min(maxBytes, blockBytes - within);
    const entry = little(await this.map.read(mapOffset + block * 4, 4, said`the map`)).u32(0);
    if (entry === VDI_BLOCK_FREE) return { kind: this.parent ? "parent" : "zero", lengthBytes };
    if (entry === VDI_BLOCK_ZERO) return { kind: "zero", lengthBytes };
    if (entry >= this.header.blocks) damaged("VDI", said`block ${block} should be the file's ${entry}th, of ${this.header.blocks}`); // prettier-ignore
    const start = dataOffset + entry * (blockBytes + extraBytes) + extraBytes;
    this.claims.claim(said`block`, block, start, blockBytes);
    return { kind: "file", lengthBytes, file: this.file, fileOffset: start + within };
  }
}

export async function openVdi(context: OpenContext): Promise<DiskImage> {
  const { file } = context;
  const header = readHeader((await readInside(file, 0, VDI_HEADER_BYTES, said`the header`)).slice());
  checkInside(file, header.mapOffset, header.blocks * 4, said`the map of blocks`);
  if (header.dataOffset < header.mapOffset + header.blocks * 4) damaged("VDI", "its blocks begin inside its map");
  const parent = header.variant === "differencing" ? await openVdiParent(context, header.parentUuid) : null;
  const info: ImageInfo = {
    format: "vdi",
    variant: header.variant,
    sizeBytes: header.sizeBytes,
    fileBytes: file.sizeBytes,
    clusterBytes: header.blockBytes,
    details: { uuid: header.uuid, blocksInUse: header.blocksInUse, blocks: header.blocks },
    parent: parent?.info ?? null,
  };
  return new VdiImage(file, header, info, parent);
}

async function openVdiParent(context: OpenContext, parentUuid: string): Promise<DiskImage> {
  if (!context.options.parent)
    throw new ImageError(
      "missing",
      said`This VDI image holds only changes; give its parent as well, the image with the UUID ${parentUuid}.`,
    );
  const parent = await context.openParent([]);
  if (parent.info.format === "vdi" && parent.info.details.uuid !== parentUuid)
    throw new ImageError("mismatch", said`This VDI image was made from another parent: the one with the UUID ${parentUuid}.`); // prettier-ignore
  return parent;
}

function readHeader(bytes: Uint8Array): VdiHeader {
  const fields = little(bytes);
  const version = fields.u32(VDI_SIGNATURE_AT + 4);
  if (version >>> 16 !== 1)
    throw new ImageError("unsupported", said`VDI images of version ${version >>> 16} are not read.`);
  const type = fields.u32(0x4c);
  const variant = ([...Object.entries(vdiTypes)] as [keyof typeof vdiTypes, number][]).find(([, n]) => n === type)?.[0];
  if (!variant) damaged("VDI", said`its type ${type} is not known`);
  if (variant === "undo") throw new ImageError("unsupported", "VDI images for undoing changes are not read.");
  const header: VdiHeader = {
    variant,
    mapOffset: fields.u32(0x154),
    dataOffset: fields.u32(0x158),
    sizeBytes: fields.u64(0x170),
    blockBytes: fields.u32(0x178),
    extraBytes: fields.u32(0x17c),
    blocks: fields.u32(0x180),
    blocksInUse: fields.u32(0x184),
    uuid: fields.guid(0x188),
    parentUuid: fields.guid(0x1a8),
  };
  const { sizeBytes, blockBytes, extraBytes, blocks } = header;
  if (fields.u32(0x168) !== SECTOR_BYTES) damaged("VDI", said`its sectors of ${fields.u32(0x168)} bytes are not 512`);
  if (!isPowerOfTwo(blockBytes) || blockBytes < SECTOR_BYTES || blockBytes > LARGEST_BLOCK)
    damaged("VDI", said`its blocks of ${blockBytes} bytes are no power of two`);
  if (extraBytes % SECTOR_BYTES !== 0 || extraBytes > blockBytes)
    damaged("VDI", said`${extraBytes} bytes before each block`);
  if (sizeBytes > MAX_DISK_BYTES) throw new ImageError("absurd", said`This VDI image says that its disk has ${sizeBytes} bytes.`); // prettier-ignore
  if (sizeBytes === 0 || sizeBytes % SECTOR_BYTES !== 0) damaged("VDI", said`a disk of ${sizeBytes} bytes`);
  if (blocks < Math.ceil(sizeBytes / blockBytes))
    damaged("VDI", said`${blocks} blocks are too few for its ${sizeBytes} bytes`);
  return header;
}

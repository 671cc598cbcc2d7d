/**
 * VMware's VMDK: a descriptor, in a file of its own or inside the only extent, and one or more extents, flat or sparse.
 * Read: monolithicSparse, monolithicFlat, twoGbMaxExtentSparse, twoGbMaxExtentFlat, streamOptimized, vmfs (flat), and
 * children of these. Not read: real disks, and the sparse files of ESX servers (vmfsSparse, seSparse).
 *
 * Reference: [VMDK] VMware, Virtual Disk Format 5.0.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import type { DiskImage, ImageInfo } from "./disk-image.ts";
import { little } from "./fields.ts";
import { damaged, ImageError } from "./image-error.ts";
import { MappedImage, type Place } from "./mapped-image.ts";
import type { OpenContext } from "./open-context.ts";
import { checkInside, readInside } from "./paged-reader.ts";
import { MAX_DESCRIPTOR_BYTES, parseVmdkDescriptor, type VmdkDescriptor } from "./vmdk-descriptor.ts";
import { readVmdkSparseHeader, VMDK_SPARSE_MAGIC, VmdkSparseExtent, type VmdkSparseHeader } from "./vmdk-sparse.ts";

interface OpenExtent {
  start: number;
  sizeBytes: number;
  source: { kind: "zero" } | { kind: "flat"; file: BlockStore; fileOffset: number } | { kind: "sparse"; extent: VmdkSparseExtent }; // prettier-ignore
}

/** Grains of different extents have different keys. */
const KEYS_PER_EXTENT = 2 ** 40;

class VmdkImage extends MappedImage {
  constructor(
    private readonly extents: OpenExtent[],
    info: ImageInfo,
    parent: DiskImage | null,
    files: BlockStore[],
  ) {
    super(info, parent, files);
  }

  protected async locate(offset: number, maxBytes: number): Promise<Place> {
    const index = this.extentAt(offset);
    const { start, sizeBytes, source } = this.extents[index]!;
    const within = offset - start;
    const lengthBytes = Math.min(maxBytes, sizeBytes - within);
    if (source.kind === "zero") return { kind: "zero", lengthBytes };
    if (source.kind === "sparse") return source.extent.locate(within, lengthBytes, index * KEYS_PER_EXTENT);
    return { kind: "file", lengthBytes, file: source.file, fileOffset: source.fileOffset + within };
  }

  /** The last extent that begins at or before `offset`. */
  private extentAt(offset: number): number {
    let [low, high] = [0, this.extents.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.extents[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

export async function openVmdk(context: OpenContext): Promise<DiskImage> {
  const { file } = context;
  const magic = file.sizeBytes >= 4 ? little(await file.read(0, 4)).u32(0) : 0;
  if (magic !== VMDK_SPARSE_MAGIC) {
    const length = Math.min(file.sizeBytes, MAX_DESCRIPTOR_BYTES);
    return openExtents(context, parseVmdkDescriptor(new TextDecoder().decode(await file.read(0, length))), null);
  }
  const header = await readVmdkSparseHeader(file);
  if (header.descriptorOffset === 0 || header.descriptorBytes === 0) return openBareExtent(context, header);
  const text = await readInside(file, header.descriptorOffset, header.descriptorBytes, said`the descriptor`);
  return openExtents(context, parseVmdkDescriptor(new TextDecoder().decode(text)), header);
}

/** One extent of a split disk, opened by itself: what it holds is a part of the disk. */
async function openBareExtent({ file }: OpenContext, header: VmdkSparseHeader): Promise<DiskImage> {
  const extent = await VmdkSparseExtent.open(file, false);
  const info = infoOf("extent", header.sizeBytes, [file], header.grainBytes, null, {});
  return new VmdkImage([{ start: 0, sizeBytes: header.sizeBytes, source: { kind: "sparse", extent } }], info, null, [file]); // prettier-ignore
}

async function openExtents(
  context: OpenContext,
  descriptor: VmdkDescriptor,
  embedded: VmdkSparseHeader | null,
): Promise<DiskImage> {
  if (embedded && (descriptor.extents.length !== 1 || descriptor.extents[0]!.kind !== "sparse"))
    damaged("VMDK", "a descriptor inside an extent names other extents");
  const parent = descriptor.parentContentId !== null ? await openVmdkParent(context, descriptor) : null;
  const files: BlockStore[] = [];
  const extents: OpenExtent[] = [];
  let grainBytes = 0;
  let start = 0;
  for (const { kind, sizeBytes, fileName, fileOffset } of descriptor.extents) {
    let source: OpenExtent["source"] = { kind: "zero" };
    if (kind !== "zero") {
      const file = embedded ? context.file : (await context.findFile(fileName, said`extent`)).store;
      if (!embedded) files.push(file);
      if (kind === "flat") {
        checkInside(file, fileOffset, sizeBytes, said`the end of an extent`);
        source = { kind: "flat", file, fileOffset };
      } else {
        const extent = await VmdkSparseExtent.open(file, parent !== null);
        if (extent.header.sizeBytes < sizeBytes) damaged("VMDK", "an extent is shorter than its descriptor says");
        grainBytes = Math.max(grainBytes, extent.header.grainBytes);
        source = { kind: "sparse", extent };
      }
    }
    extents.push({ start, sizeBytes, source });
    start += sizeBytes;
  }
  const details = { contentId: descriptor.contentId, extents: extents.length };
  const all = [context.file, ...files];
  const info = infoOf(descriptor.createType || "custom", start, all, grainBytes, parent?.info ?? null, details);
  return new VmdkImage(extents, info, parent, all);
}

function infoOf(
  variant: string,
  sizeBytes: number,
  files: BlockStore[],
  clusterBytes: number,
  parent: ImageInfo | null,
  details: ImageInfo["details"],
): ImageInfo {
  const fileBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return { format: "vmdk", variant, sizeBytes, fileBytes, clusterBytes, details, parent };
}

async function openVmdkParent(context: OpenContext, descriptor: VmdkDescriptor): Promise<DiskImage> {
  const parent = await context.openParent(descriptor.parentName ? [descriptor.parentName] : []);
  if (parent.info.format === "vmdk" && parent.info.details.contentId !== descriptor.parentContentId)
    throw new ImageError("mismatch", "The parent of this VMDK image was changed since, or is another one.");
  return parent;
}

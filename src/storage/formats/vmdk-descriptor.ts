/**
 * The descriptor of a VMDK image: a text of keys and values, and of the extents that make up the disk.
 *
 * Reference: [VMDK] VMware, Virtual Disk Format 5.0, "The Descriptor File".
 */
import { said } from "../../shared/said.ts";
import { MAX_DISK_BYTES } from "./disk-image.ts";
import { damaged, ImageError } from "./image-error.ts";

export const VMDK_SECTOR_BYTES = 512;
/** Descriptors are a few hundred bytes; one inside a sparse extent has 20 sectors. */
export const MAX_DESCRIPTOR_BYTES = 64 * 1024;
const MAX_EXTENTS = 4096;
const NO_PARENT = "ffffffff";

export interface VmdkExtent {
  kind: "flat" | "sparse" | "zero";
  sizeBytes: number;
  /** Empty for "zero". */
  fileName: string;
  /** Where the extent begins in its file ("flat"). */
  fileOffset: number;
}

export interface VmdkDescriptor {
  createType: string;
  /** Of what is in the disk: a child keeps that of its parent. */
  contentId: string;
  /** null where there is no parent. */
  parentContentId: string | null;
  parentName: string;
  extents: VmdkExtent[];
  sizeBytes: number;
}

const extentLine = /^(RW|RDONLY|NOACCESS)\s+(\d+)\s+([A-Z]+)(?:\s+"([^"]*)")?(?:\s+(\d+))?/;
const kinds: Record<string, VmdkExtent["kind"]> = { FLAT: "flat", VMFS: "flat", SPARSE: "sparse", ZERO: "zero" };

/** @throws ImageError */
export function parseVmdkDescriptor(text: string): VmdkDescriptor {
  const keys = new Map<string, string>();
  const extents: VmdkExtent[] = [];
  for (const line of text.replace(/\0.*$/s, "").split(/\r?\n/)) {
    const trimmed = line.trim();
    const extent = extentLine.exec(trimmed);
    if (extent) {
      if (extents.length >= MAX_EXTENTS) throw new ImageError("absurd", said`This VMDK image has more than ${MAX_EXTENTS} extents.`); // prettier-ignore
      extents.push(extentOf(extent));
      continue;
    }
    const pair = /^([A-Za-z][\w.]*)\s*=\s*"?([^"]*)"?$/.exec(trimmed);
    if (pair) keys.set(pair[1]!.toLowerCase(), pair[2]!.trim());
  }
  const version = keys.get("version");
  if (version === undefined) damaged("VMDK", "its descriptor cannot be read");
  if (!["1", "2", "3"].includes(version)) throw new ImageError("unsupported", "VMDK descriptors of this version are not read."); // prettier-ignore
  if (keys.has("encryption.keysafe") || keys.has("keysafe")) throw new ImageError("encrypted", "This VMDK image is encrypted."); // prettier-ignore
  const createType = keys.get("createtype") ?? "";
  if (/device|rawdevicemap/i.test(createType))
    throw new ImageError("unsupported", said`This VMDK image stands for a real disk (${createType}), not for a file.`);
  if (extents.length === 0) damaged("VMDK", "its descriptor names no extents");
  const sizeBytes = extents.reduce((sum, extent) => sum + extent.sizeBytes, 0);
  if (sizeBytes > MAX_DISK_BYTES) throw new ImageError("absurd", said`This VMDK image says that its disk has ${sizeBytes} bytes.`); // prettier-ignore
  const parentContentId = keys.get("parentcid")?.toLowerCase() ?? NO_PARENT;
  return {
    createType,
    contentId: keys.get("cid")?.toLowerCase() ?? "",
    parentContentId: parentContentId === NO_PARENT ? null : parentContentId,
    parentName: keys.get("parentfilenamehint") ?? "",
    extents,
    sizeBytes,
  };
}

function extentOf([, access, sectors, type, name, offset]: RegExpExecArray): VmdkExtent {
  if (access === "NOACCESS") throw new ImageError("unsupported", "This VMDK image has an extent that may not be read.");
  const kind = kinds[type!];
  if (!kind) throw new ImageError("unsupported", said`VMDK extents of the kind ${type} are not read.`);
  const sizeBytes = Number(sectors) * VMDK_SECTOR_BYTES;
  if (sizeBytes === 0) damaged("VMDK", "an extent has no length");
  if (kind !== "zero" && !name) damaged("VMDK", "an extent has no file");
  return { kind, sizeBytes, fileName: name ?? "", fileOffset: Number(offset ?? 0) * VMDK_SECTOR_BYTES };
}

/**
 * Opens a disk image of any format that is read, known by its contents and never by its name. What has no mark of a format
 * is raw; what is marked as something that is no disk (an archive, a web page) is refused.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { recogniseBytes } from "../media-check.ts";
import type { DiskImage, ImageFormat } from "./disk-image.ts";
import { latin1, little, big } from "./fields.ts";
import { ImageError } from "./image-error.ts";
import { OpenContext, type OpenImageOptions } from "./open-context.ts";
import { openQcow2 } from "./qcow2-image.ts";
import { QCOW2_MAGIC } from "./qcow2-header.ts";
import { openRaw } from "./raw-image.ts";
import { openVdi, VDI_SIGNATURE, VDI_SIGNATURE_AT } from "./vdi-image.ts";
import { isVhdFooter, openVhd, VHD_COOKIE, VHD_FOOTER_BYTES } from "./vhd-image.ts";
import { openVhdx } from "./vhdx-image.ts";
import { VHDX_SIGNATURE } from "./vhdx-metadata.ts";
import { openVmdk } from "./vmdk-image.ts";
import { VMDK_SPARSE_MAGIC } from "./vmdk-sparse.ts";

const HEAD_BYTES = 1024;
const VMDK_TEXT = /^\s*#\s*Disk\s+DescriptorFile/i;

const openers: Record<ImageFormat, (context: OpenContext) => Promise<DiskImage>> = {
  raw: openRaw,
  vdi: openVdi,
  vmdk: openVmdk,
  vhd: openVhd,
  vhdx: openVhdx,
  qcow2: openQcow2,
};

/** @throws StorageError where the file cannot be read */
export async function detectFormat(file: BlockStore): Promise<ImageFormat> {
  const head = await file.read(0, Math.min(HEAD_BYTES, file.sizeBytes));
  if (head.length >= 8) {
    if (big(head).u32(0) === QCOW2_MAGIC) return "qcow2";
    if (little(head).u32(0) === VMDK_SPARSE_MAGIC || latin1(head.subarray(0, 4)) === "COWD") return "vmdk";
    if (latin1(head.subarray(0, 8)) === VHDX_SIGNATURE) return "vhdx";
    if (latin1(head.subarray(0, 8)) === VHD_COOKIE) return "vhd";
  }
  if (head.length >= VDI_SIGNATURE_AT + 4 && little(head).u32(VDI_SIGNATURE_AT) === VDI_SIGNATURE) return "vdi";
  if (VMDK_TEXT.test(latin1(head.subarray(0, 64)))) return "vmdk";
  // A fixed VHD is a raw image with something behind it.
  if (file.sizeBytes >= 2 * VHD_FOOTER_BYTES) {
    const tail = await file.read(file.sizeBytes - VHD_FOOTER_BYTES, VHD_FOOTER_BYTES);
    if (isVhdFooter(tail)) return "vhd";
  }
  return "raw";
}

/**
 * The disk in an image, read-only. Closing it closes `file` and all others that were opened for it; where opening fails,
 * `file` stays open.
 * @throws ImageError that says what is wrong with it, StorageError where it cannot be read
 */
export async function openImage(file: BlockStore, options: OpenImageOptions = {}): Promise<DiskImage> {
  const opened: BlockStore[] = [];
  try {
    const chain = options.id === undefined ? [] : [options.id];
    return await openNext(new OpenContext(file, options, chain, opened, openNext));
  } catch (error) {
    for (const other of opened) await other.close?.();
    throw error;
  }
}

async function openNext(context: OpenContext): Promise<DiskImage> {
  const format = context.options.format ?? (await detectFormat(context.file));
  if (format === "raw" && context.options.format === undefined) await refuseOther(context.file);
  return openers[format](context);
}

async function refuseOther(file: BlockStore): Promise<void> {
  const facts = recogniseBytes(await file.read(0, Math.min(HEAD_BYTES, file.sizeBytes)), file.sizeBytes);
  if (facts.kind === "webPage") throw new ImageError("unsupported", "This is a web page, not a disk image.");
  if (facts.kind === "compressed")
    throw new ImageError("unsupported", said`This file is compressed (${facts.format ?? ""}): unpack it first.`);
}

/**
 * The header of a QCOW2 file, versions 2 and 3, and its extensions.
 *
 * Reference: [QCOW2] QEMU, docs/interop/qcow2.txt, "Header", "Header extensions". Big-endian.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import type { ImageFormat } from "./disk-image.ts";
import { MAX_DISK_BYTES } from "./disk-image.ts";
import { big, type Fields } from "./fields.ts";
import { damaged, ImageError } from "./image-error.ts";
import { checkInside, readInside } from "./paged-reader.ts";

export const QCOW2_MAGIC = 0x514649fb;
const V2_HEADER_BYTES = 72;
const V3_HEADER_BYTES = 104;
export const qcow2Incompatible = { dirty: 1n, corrupt: 2n, dataFile: 4n, compression: 8n, extendedL2: 16n };
const KNOWN_INCOMPATIBLE = 31n;
const EXTENSION_END = 0;
const EXTENSION_BACKING_FORMAT = 0xe2792aca;
const MAX_BACKING_NAME = 1023;
const MAX_EXTENSIONS = 64;

export interface Qcow2Header {
  version: 2 | 3;
  clusterBytes: number;
  sizeBytes: number;
  l1Entries: number;
  l1Offset: number;
  refcountOffset: number;
  refcountBytes: number;
  snapshots: number;
  compression: "zlib" | "zstd";
  extendedL2: boolean;
  dirty: boolean;
  corrupt: boolean;
  /** null where there is none. */
  backingName: string | null;
  backingFormat: ImageFormat | null;
}

const formatNames: Record<string, ImageFormat> = { raw: "raw", file: "raw", qcow2: "qcow2", vdi: "vdi", vmdk: "vmdk", vpc: "vhd", vhdx: "vhdx" }; // prettier-ignore

/** @throws ImageError */
export async function readQcow2Header(file: BlockStore): Promise<Qcow2Header> {
  const bytes = await readInside(file, 0, Math.min(file.sizeBytes, V3_HEADER_BYTES + 8), said`the header`);
  const fields = big(bytes);
  if (fields.length < V2_HEADER_BYTES) throw new ImageError("truncated", "This QCOW2 image is cut short.");
  const version = fields.u32(4);
  if (version !== 2 && version !== 3)
    throw new ImageError("unsupported", said`QCOW images of version ${version} are not read.`);
  if (version === 3 && fields.length < V3_HEADER_BYTES) throw new ImageError("truncated", "This QCOW2 image is cut short."); // prettier-ignore
  if (fields.u32(32) !== 0) throw new ImageError("encrypted", "This QCOW2 image is encrypted.");
  const incompatible = version === 3 ? fields.bits64(72) : 0n;
  const has = (bit: bigint): boolean => (incompatible & bit) !== 0n;
  if ((incompatible & ~KNOWN_INCOMPATIBLE) !== 0n) throw new ImageError("unsupported", "This QCOW2 image has features that are not known here."); // prettier-ignore
  if (has(qcow2Incompatible.dataFile)) throw new ImageError("unsupported", "This QCOW2 image keeps its data in another file; that is not read."); // prettier-ignore
  const clusterBits = fields.u32(20);
  if (clusterBits < 9 || clusterBits > 21) damaged("QCOW2", said`its clusters of 2^${clusterBits} bytes are not from 512 bytes to 2 MB`); // prettier-ignore
  const headerBytes = version === 3 ? fields.u32(100) : V2_HEADER_BYTES;
  if (version === 3 && (headerBytes < V3_HEADER_BYTES || headerBytes > 2 ** clusterBits)) damaged("QCOW2", said`its header has ${headerBytes} bytes`); // prettier-ignore
  const header: Qcow2Header = {
    version,
    clusterBytes: 2 ** clusterBits,
    sizeBytes: fields.u64(24),
    l1Entries: fields.u32(36),
    l1Offset: fields.u64(40),
    refcountOffset: fields.u64(48),
    refcountBytes: fields.u32(56) * 2 ** clusterBits,
    snapshots: fields.u32(60),
    compression: has(qcow2Incompatible.compression) ? compressionOf(fields, headerBytes) : "zlib",
    extendedL2: has(qcow2Incompatible.extendedL2),
    dirty: has(qcow2Incompatible.dirty),
    corrupt: has(qcow2Incompatible.corrupt),
    backingName: await backingName(file, fields, 2 ** clusterBits),
    backingFormat: await backingFormat(file, headerBytes, 2 ** clusterBits),
  };
  checkSizes(file, header);
  return header;
}

function checkSizes(file: BlockStore, header: Qcow2Header): void {
  const { sizeBytes, clusterBytes, l1Entries, l1Offset, extendedL2 } = header;
  if (sizeBytes > MAX_DISK_BYTES) throw new ImageError("absurd", said`This QCOW2 image says that its disk has ${sizeBytes} bytes.`); // prettier-ignore
  if (sizeBytes === 0) damaged("QCOW2", "a disk of no bytes");
  // A cluster of a table with subclusters is at least 16 KiB. [QCOW2] "Extended L2 Entries"
  if (extendedL2 && clusterBytes < 2 ** 14) damaged("QCOW2", "its clusters are too small for subclusters");
  const l2Entries = clusterBytes / (extendedL2 ? 16 : 8);
  if (l1Entries < Math.ceil(sizeBytes / clusterBytes / l2Entries)) damaged("QCOW2", "its table of tables is too short for its disk"); // prettier-ignore
  if (l1Offset % clusterBytes !== 0 || l1Offset === 0) damaged("QCOW2", "its table of tables is not at a cluster");
  if (header.refcountOffset % clusterBytes !== 0) damaged("QCOW2", "its table of reference counts is not at a cluster");
  checkInside(file, l1Offset, l1Entries * 8, said`the table of tables`);
}

function compressionOf(fields: Fields, headerBytes: number): "zlib" | "zstd" {
  const kind = headerBytes > V3_HEADER_BYTES && fields.length > V3_HEADER_BYTES ? fields.u8(104) : 0;
  if (kind === 0) return "zlib";
  if (kind === 1) return "zstd";
  throw new ImageError("unsupported", "This QCOW2 image is compressed in a way that is not known here.");
}

async function backingName(file: BlockStore, fields: Fields, clusterBytes: number): Promise<string | null> {
  const [offset, lengthBytes] = [fields.u64(8), fields.u32(16)];
  if (offset === 0) return null;
  if (lengthBytes > MAX_BACKING_NAME || offset + lengthBytes > clusterBytes) damaged("QCOW2", "the name of its backing file is not in its place"); // prettier-ignore
  const name = new TextDecoder().decode(
    await readInside(file, offset, lengthBytes, said`the name of the backing file`),
  );
  if (/^json:|^[a-z][a-z0-9+.-]+:\/\//.test(name)) throw new ImageError("unsupported", "The backing file of this QCOW2 image is no plain file."); // prettier-ignore
  return name.replace(/^file:/, "");
}

/** The format that the image says its backing file has; without a word it is taken for what it looks like. */
async function backingFormat(file: BlockStore, headerBytes: number, clusterBytes: number): Promise<ImageFormat | null> {
  let at = headerBytes;
  for (let i = 0; i < MAX_EXTENSIONS && at + 8 <= Math.min(clusterBytes, file.sizeBytes); i++) {
    const head = big(await file.read(at, 8));
    const lengthBytes = head.u32(4);
    if (head.u32(0) === EXTENSION_END) return null;
    if (at + 8 + lengthBytes > clusterBytes) damaged("QCOW2", "an extension of its header has no end");
    if (head.u32(0) === EXTENSION_BACKING_FORMAT) {
      const name = new TextDecoder().decode(await readInside(file, at + 8, lengthBytes, said`the header`));
      const format = formatNames[name];
      if (!format)
        throw new ImageError("unsupported", "The backing file of this QCOW2 image has a format that is not read.");
      return format;
    }
    at += 8 + Math.ceil(lengthBytes / 8) * 8;
  }
  return null;
}

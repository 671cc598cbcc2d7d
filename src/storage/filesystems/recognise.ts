/**
 * What file system is in a partition: its kind, name, length and identity, by its first structures. Not read: what is in
 * it (see open-file-system.ts for those that are).
 *
 * References: [FAT] Microsoft, FAT: General Overview of On-Disk Format 1.03; [NTFS] by what Windows and ntfs-3g write;
 * [EXT4] Linux, Documentation/filesystems/ext4; [ECMA-119] 8; [XFS] XFS Algorithms & Data Structures, "Superblocks";
 * [BTRFS] btrfs on-disk format, "Superblock"; mkswap(8); LUKS and LVM by their marks alone.
 */
import type { BlockStore } from "../block-store.ts";
import { big, latin1, little, type Fields } from "../formats/fields.ts";
import { fatGeometry } from "./fat-geometry.ts";

export type FileSystemKind =
  | "fat12" | "fat16" | "fat32" | "exfat" | "ntfs" | "ext2" | "ext3" | "ext4" | "iso9660" | "swap" | "xfs" | "btrfs"
  | "luks" | "lvm" | "squashfs"; // prettier-ignore

export interface FileSystemFacts {
  kind: FileSystemKind;
  label: string;
  /** "" where there is none. */
  uuid: string;
  /** What the file system takes of its partition. */
  sizeBytes: number;
  /** null where it is not to be had without counting. */
  freeBytes: number | null;
}

const HEAD_BYTES = 68 * 1024;

/** null where nothing is recognised. @throws StorageError */
export async function recogniseFileSystem(store: BlockStore): Promise<FileSystemFacts | null> {
  const head = await store.read(0, Math.min(HEAD_BYTES, store.sizeBytes));
  if (head.length < 512) return null;
  const known = iso(head) ?? extended(head) ?? btrfs(head) ?? swap(head) ?? xfs(head) ?? (await ntfs(store, head)) ?? marks(head, store) ?? fat(head); // prettier-ignore
  if (known?.kind === "fat32") known.freeBytes = await fat32Free(store, head);
  return known;
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes).replace(/\0.*$/s, "").trimEnd();

const uuidOf = (fields: Fields, at: number): string => big(fields.slice(at, 16)).guid(0);

function iso(head: Uint8Array): FileSystemFacts | null {
  if (head.length < 34_816 || latin1(head.subarray(32_769, 32_774)) !== "CD001") return null;
  const fields = little(head.subarray(32_768, 34_816));
  const blockBytes = fields.u16(128) || 2048;
  return { kind: "iso9660", label: fields.text(40, 32).trim(), uuid: "", sizeBytes: fields.u32(80) * blockBytes, freeBytes: 0 }; // prettier-ignore
}

function extended(head: Uint8Array): FileSystemFacts | null {
  if (head.length < 2048) return null;
  const fields = little(head.subarray(1024, 2048));
  if (fields.u16(56) !== 0xef53 || fields.u32(24) > 6) return null;
  const [compatible, incompatible, readOnly] = [fields.u32(92), fields.u32(96), fields.u32(100)];
  // Extents, 64 bit, flexible groups, huge files, checksums: what only ext4 has.
  const isExt4 = (incompatible & 0x2c0) !== 0 || (readOnly & 0x478) !== 0;
  const kind = isExt4 ? "ext4" : (compatible & 4) !== 0 ? "ext3" : "ext2";
  const blockBytes = 1024 * 2 ** fields.u32(24);
  const high = (incompatible & 0x80) !== 0;
  const blocks = fields.u32(4) + (high ? fields.u32(336) * 2 ** 32 : 0);
  const free = fields.u32(12) + (high ? fields.u32(344) * 2 ** 32 : 0);
  return { kind, label: text(fields.slice(120, 16)), uuid: uuidOf(fields, 104), sizeBytes: blocks * blockBytes, freeBytes: free * blockBytes }; // prettier-ignore
}

function btrfs(head: Uint8Array): FileSystemFacts | null {
  const at = 0x10000;
  if (head.length < at + 0x400 || latin1(head.subarray(at + 0x40, at + 0x48)) !== "_BHRfS_M") return null;
  const fields = little(head.subarray(at, at + 0x400));
  const sizeBytes = fields.u64(0x70);
  return { kind: "btrfs", label: text(fields.slice(0x12b, 256)), uuid: uuidOf(fields, 0x20), sizeBytes, freeBytes: sizeBytes - fields.u64(0x78) }; // prettier-ignore
}

function swap(head: Uint8Array): FileSystemFacts | null {
  for (const pageBytes of [4096, 8192, 16384, 65536]) {
    if (head.length < pageBytes || latin1(head.subarray(pageBytes - 10, pageBytes)) !== "SWAPSPACE2") continue;
    const fields = little(head.subarray(1024, 1536));
    return { kind: "swap", label: text(fields.slice(28, 16)), uuid: uuidOf(fields, 12), sizeBytes: (fields.u32(4) + 1) * pageBytes, freeBytes: null }; // prettier-ignore
  }
  return null;
}

function xfs(head: Uint8Array): FileSystemFacts | null {
  const fields = big(head.subarray(0, 512));
  if (fields.text(0, 4) !== "XFSB") return null;
  const blockBytes = fields.u32(4);
  return { kind: "xfs", label: text(fields.slice(108, 12)), uuid: uuidOf(fields, 32), sizeBytes: fields.u64(8) * blockBytes, freeBytes: fields.u64(144) * blockBytes }; // prettier-ignore
}

/** The name is in the fourth record of the master file table. */
async function ntfs(store: BlockStore, head: Uint8Array): Promise<FileSystemFacts | null> {
  const fields = little(head.subarray(0, 512));
  const oem = fields.text(3, 8);
  if (oem === "EXFAT   ") {
    const sectorBytes = 2 ** Math.min(fields.u8(108), 12);
    return {
      kind: "exfat",
      label: "",
      uuid: serial(fields.u32(100)),
      sizeBytes: fields.u64(72) * sectorBytes,
      freeBytes: null,
    };
  }
  if (oem !== "NTFS    ") return null;
  const sectorBytes = fields.u16(11);
  const perCluster = fields.u8(13) > 128 ? 2 ** (256 - fields.u8(13)) : fields.u8(13);
  const clusterBytes = sectorBytes * perCluster;
  const recordSize = new Int8Array([fields.u8(64)])[0]!;
  const recordBytes = recordSize > 0 ? recordSize * clusterBytes : 2 ** -recordSize;
  const uuid = fields.bits64(72).toString(16).padStart(16, "0").toUpperCase();
  const facts: FileSystemFacts = { kind: "ntfs", label: "", uuid, sizeBytes: fields.u64(40) * sectorBytes, freeBytes: null }; // prettier-ignore
  const at = fields.u64(48) * clusterBytes + 3 * recordBytes;
  if (recordBytes < 512 || recordBytes > 65536 || !(at + recordBytes <= store.sizeBytes)) return facts;
  facts.label = ntfsVolumeName((await store.read(at, recordBytes)).slice());
  return facts;
}

const NTFS_VOLUME_NAME = 0x60;

/** Attributes begin where the record says; the last two bytes of its sectors do not matter for so short a name. */
function ntfsVolumeName(record: Uint8Array): string {
  const fields = little(record);
  if (fields.text(0, 4) !== "FILE") return "";
  for (let at = fields.u16(20); at + 24 <= record.length && fields.u32(at) !== 0xffffffff;) {
    const lengthBytes = fields.u32(at + 4);
    if (fields.u32(at) === NTFS_VOLUME_NAME && fields.u8(at + 8) === 0)
      return new TextDecoder("utf-16le").decode(record.subarray(at + fields.u16(at + 20), at + fields.u16(at + 20) + Math.min(fields.u32(at + 16), 256))); // prettier-ignore
    if (lengthBytes < 16) return "";
    at += lengthBytes;
  }
  return "";
}

function marks(head: Uint8Array, store: BlockStore): FileSystemFacts | null {
  const whole = { label: "", uuid: "", sizeBytes: store.sizeBytes, freeBytes: null };
  if (latin1(head.subarray(0, 6)) === "LUKS\xba\xbe")
    return { ...whole, kind: "luks", uuid: text(head.subarray(168, 208)) };
  if (head.length >= 1024 && latin1(head.subarray(512, 520)) === "LABELONE") return { ...whole, kind: "lvm" };
  if (latin1(head.subarray(0, 4)) === "hsqs") return { ...whole, kind: "squashfs", sizeBytes: little(head).u64(40) };
  return null;
}

function fat(head: Uint8Array): FileSystemFacts | null {
  const geometry = fatGeometry(head);
  if (!geometry) return null;
  const fields = little(head);
  const at = geometry.kind === "fat32" ? 64 : 36;
  // Bytes 2 of the extended part: 29h where a serial number and a name follow.
  const named = fields.u8(at + 2) === 0x29;
  const label = named ? fields.text(at + 7, 11).trim() : "";
  return {
    kind: geometry.kind,
    label: label === "NO NAME" ? "" : label,
    uuid: named || fields.u8(at + 2) === 0x28 ? serial(fields.u32(at + 3)) : "",
    sizeBytes: geometry.sectors * geometry.sectorBytes,
    freeBytes: null,
  };
}

const serial = (number: number): string => {
  const hex = number.toString(16).padStart(8, "0").toUpperCase();
  return `${hex.slice(0, 4)}-${hex.slice(4)}`;
};

/** The FSInfo sector keeps the number of free clusters, or all ones. [FAT] "FSInfo" */
async function fat32Free(store: BlockStore, head: Uint8Array): Promise<number | null> {
  const { sectorBytes, clusterBytes, clusters } = fatGeometry(head)!;
  const at = little(head).u16(48) * sectorBytes;
  if (at === 0 || at + 512 > store.sizeBytes) return null;
  const fields = little(await store.read(at, 512));
  if (fields.u32(0) !== 0x41615252 || fields.u32(484) !== 0x61417272 || fields.u32(488) > clusters) return null;
  return fields.u32(488) * clusterBytes;
}

/**
 * Recognises what a file is by its bytes, and says in one clear sentence what is wrong with it for the part that it is
 * to play. A `problem` means that it cannot work; a `warning`, that it probably will not boot.
 *
 * References: [ECMA-119] 8 (volume descriptors), [El Torito] 2 (boot record), [UEFI] 5 (MBR, GPT),
 * Linux Documentation/arch/x86/boot.rst (setup header), [Multiboot] 3.1, [Multiboot2] 3.1.
 */
import { said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import type { BlockStore } from "./block-store.ts";

export type MediaRole = "cdrom" | "floppy" | "disk" | "kernel" | "initrd" | "firmware";

export type MediaKind =
  | "empty"
  | "iso9660"
  | "udf"
  | "rawCd"
  | "gptDisk"
  | "mbrDisk"
  | "floppy"
  | "linuxKernel"
  | "multiboot"
  | "elf"
  | "initramfs"
  | "compressed"
  | "diskFormat"
  | "webPage"
  | "unknown";

/** Kinds that are only one thing; of those which no machine takes, the role whose judge says why. */
export const roleOfKind: Partial<Record<MediaKind, Exclude<MediaRole, "firmware">>> = {
  iso9660: "cdrom",
  udf: "cdrom",
  rawCd: "cdrom",
  gptDisk: "disk",
  mbrDisk: "disk",
  diskFormat: "disk",
  floppy: "floppy",
  linuxKernel: "kernel",
  multiboot: "kernel",
  elf: "kernel",
  initramfs: "initrd",
  empty: "disk",
  webPage: "disk",
};

export interface MediaFacts {
  kind: MediaKind;
  sizeBytes: number;
  /** For "compressed" and "diskFormat": which one, as people call it. */
  format?: string;
  /** ISO 9660 with an El Torito boot record. */
  elTorito: boolean;
  /** The first sector ends in 55 AA. */
  bootSignature: boolean;
  /** What the file's own structures say that it must at least hold. */
  neededBytes?: number;
  /** The name of an ISO 9660 volume. */
  volumeName?: string;
}

export interface MediaVerdict {
  problem?: Said | string;
  warning?: Said | string;
}

const SECTOR = 512;
const CD_BLOCK = 2048;
/** The volume descriptors start at block 16. */
const DESCRIPTORS_START = 16 * CD_BLOCK;
const HEAD_BYTES = DESCRIPTORS_START + 8 * CD_BLOCK;
const MULTIBOOT_SEARCH_BYTES = 8192;
const MULTIBOOT_MAGIC = 0x1badb002;
const MULTIBOOT2_SEARCH_BYTES = 32768;
const MULTIBOOT2_MAGIC = 0xe85250d6;
const KIB = 1024;
/** Sizes that floppy drives read: 5¼ and 3½ inch, with DMF and the usual extra tracks. */
const FLOPPY_SIZES = new Set([160, 180, 320, 360, 640, 720, 800, 820, 1200, 1440, 1600, 1680, 1722, 1743, 1760, 2880, 3200].map((kib) => kib * KIB)); // prettier-ignore
const LARGEST_FLOPPY = Math.max(...FLOPPY_SIZES);
const LARGEST_FIRMWARE = 16 * KIB * KIB;
/** Flash chips have sizes like this, and the code for the reset stands at the end. */
const FIRMWARE_STEP = 64 * KIB;
/** Old tools round a partition up to whole cylinders; that much beyond the end is no loss. */
const CYLINDER_BYTES = 255 * 63 * SECTOR;

const magics: { at: number; bytes: string | number[]; kind: MediaKind; format: string }[] = [
  { at: 0, bytes: [0x1f, 0x8b], kind: "compressed", format: "gzip" },
  { at: 0, bytes: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0], kind: "compressed", format: "xz" },
  { at: 0, bytes: "BZh", kind: "compressed", format: "bzip2" },
  { at: 0, bytes: [0x28, 0xb5, 0x2f, 0xfd], kind: "compressed", format: "Zstandard" },
  { at: 0, bytes: [0x50, 0x4b, 3, 4], kind: "compressed", format: "ZIP" },
  { at: 0, bytes: [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c], kind: "compressed", format: "7z" },
  { at: 0, bytes: [0x51, 0x46, 0x49, 0xfb], kind: "diskFormat", format: "QCOW2" },
  { at: 0, bytes: "KDMV", kind: "diskFormat", format: "VMDK" },
  { at: 0, bytes: "# Disk DescriptorFile", kind: "diskFormat", format: "VMDK" },
  { at: 0, bytes: "vhdxfile", kind: "diskFormat", format: "VHDX" },
  { at: 0, bytes: "conectix", kind: "diskFormat", format: "VHD" },
  { at: 0x40, bytes: [0x7f, 0x10, 0xda, 0xbe], kind: "diskFormat", format: "VDI" },
  { at: 0, bytes: "070701", kind: "initramfs", format: "cpio" },
  { at: 0, bytes: "070702", kind: "initramfs", format: "cpio" },
];

/** Reads the beginning of `store` and says what it holds. @throws StorageError */
export async function recognise(store: BlockStore): Promise<MediaFacts> {
  const head = await store.read(0, Math.min(store.sizeBytes, HEAD_BYTES));
  return recogniseBytes(head, store.sizeBytes);
}

/** The same from the first bytes of a file of `sizeBytes`. */
export function recogniseBytes(head: Uint8Array, sizeBytes: number): MediaFacts {
  const facts: MediaFacts = {
    kind: "unknown",
    sizeBytes,
    elTorito: false,
    bootSignature: head[510] === 0x55 && head[511] === 0xaa,
  };
  if (sizeBytes === 0) return { ...facts, kind: "empty" };
  return (
    recogniseIso(head, facts) ??
    recogniseByMagic(head, facts) ??
    recogniseKernel(head, facts) ??
    recogniseDisk(head, facts) ??
    recogniseFloppy(head, facts)
  );
}

function textAt(head: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(...head.subarray(offset, offset + length));
}

function u16(head: Uint8Array, offset: number): number {
  return (head[offset] ?? 0) | ((head[offset + 1] ?? 0) << 8);
}

function u32(head: Uint8Array, offset: number): number {
  return (u16(head, offset) | (u16(head, offset + 2) << 16)) >>> 0;
}

function recogniseIso(head: Uint8Array, facts: MediaFacts): MediaFacts | undefined {
  if (head[0] === 0 && head[11] === 0 && head.subarray(1, 11).every((b) => b === 0xff) && head.length > 16)
    return { ...facts, kind: "rawCd" };
  let found: MediaFacts | undefined;
  for (let at = DESCRIPTORS_START; at + 7 <= head.length; at += CD_BLOCK) {
    const standard = textAt(head, at + 1, 5);
    if (standard === "BEA01" || standard === "NSR02" || standard === "NSR03") found ??= { ...facts, kind: "udf" };
    if (standard !== "CD001") continue;
    if (found?.kind !== "iso9660") found = { ...facts, kind: "iso9660" };
    const type = head[at]!;
    if (type === 1) {
      found.neededBytes = u32(head, at + 80) * (u16(head, at + 128) || CD_BLOCK);
      found.volumeName = textAt(head, at + 40, 32).trim();
    } else if (type === 0 && textAt(head, at + 7, 23) === "EL TORITO SPECIFICATION") found.elTorito = true;
    else if (type === 255) break;
  }
  return found;
}

function recogniseByMagic(head: Uint8Array, facts: MediaFacts): MediaFacts | undefined {
  for (const { at, bytes, kind, format } of magics) {
    const wanted = typeof bytes === "string" ? [...bytes].map((char) => char.charCodeAt(0)) : bytes;
    if (wanted.every((byte, i) => head[at + i] === byte)) return { ...facts, kind, format };
  }
  const start = textAt(head, 0, 64).trimStart().toLowerCase();
  return start.startsWith("<!doctype html") || start.startsWith("<html") ? { ...facts, kind: "webPage" } : undefined;
}

function recogniseKernel(head: Uint8Array, facts: MediaFacts): MediaFacts | undefined {
  if (textAt(head, 0x202, 4) === "HdrS") {
    // setup_sects of 0 means 4; syssize counts 16-byte paragraphs.
    const neededBytes = ((head[0x1f1] || 4) + 1) * SECTOR + u32(head, 0x1f4) * 16;
    return { ...facts, kind: "linuxKernel", neededBytes };
  }
  for (let at = 0; at + 12 <= Math.min(head.length, MULTIBOOT_SEARCH_BYTES); at += 4)
    if (u32(head, at) === MULTIBOOT_MAGIC && (u32(head, at) + u32(head, at + 4) + u32(head, at + 8)) % 2 ** 32 === 0)
      return { ...facts, kind: "multiboot" };
  for (let at = 0; at + 16 <= Math.min(head.length, MULTIBOOT2_SEARCH_BYTES); at += 8) {
    const sum = u32(head, at) + u32(head, at + 4) + u32(head, at + 8) + u32(head, at + 12);
    if (u32(head, at) === MULTIBOOT2_MAGIC && sum % 2 ** 32 === 0) return { ...facts, kind: "multiboot" };
  }
  return textAt(head, 0, 4) === "\x7fELF" ? { ...facts, kind: "elf" } : undefined;
}

function recogniseDisk(head: Uint8Array, facts: MediaFacts): MediaFacts | undefined {
  if (textAt(head, SECTOR, 8) === "EFI PART") {
    const backup = u32(head, SECTOR + 32) + u32(head, SECTOR + 36) * 2 ** 32;
    return { ...facts, kind: "gptDisk", neededBytes: (backup + 1) * SECTOR };
  }
  if (!facts.bootSignature || facts.sizeBytes <= LARGEST_FLOPPY) return undefined;
  const entries = [0, 1, 2, 3].map((i) => 446 + 16 * i);
  // A boot sector without a partition table (a file system on the whole disk) has anything in these places.
  if (!entries.every((at) => head[at] === 0 || head[at] === 0x80)) return { ...facts, kind: "mbrDisk" };
  const ends = entries.map((at) => (head[at + 4] === 0 ? 0 : u32(head, at + 8) + u32(head, at + 12)));
  return { ...facts, kind: "mbrDisk", neededBytes: Math.max(SECTOR, ...ends.map((end) => end * SECTOR)) };
}

/** A FAT boot sector names the sectors of its disk; other file systems are known by their size alone. */
function recogniseFloppy(head: Uint8Array, facts: MediaFacts): MediaFacts {
  const jump = head[0] === 0xeb || head[0] === 0xe9;
  const fatSectors = facts.bootSignature && jump && u16(head, 11) === SECTOR ? u16(head, 19) : 0;
  const floppy = FLOPPY_SIZES.has(facts.sizeBytes) || FLOPPY_SIZES.has(fatSectors * SECTOR);
  if (!floppy) return facts;
  return { ...facts, kind: "floppy", ...(fatSectors > 0 ? { neededBytes: fatSectors * SECTOR } : {}) };
}

/** "12 KB", "1.4 MB" or "700 bytes": for people, in units of 1024. */
export function sizeInWords(sizeBytes: number): string {
  if (sizeBytes < KIB) return sizeBytes === 1 ? "1 byte" : `${sizeBytes} bytes`;
  const units = ["KB", "MB", "GB", "TB"];
  let value = sizeBytes / KIB;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= KIB;
    unit++;
  }
  const digits = value < 9.95 && value % 1 !== 0 ? value.toFixed(1) : value.toFixed(0);
  return `${digits.replace(/\.0$/, "")} ${units[unit]!}`;
}

/** Judges a file for the part that it is to play. */
export function judgeMedia(facts: MediaFacts, role: MediaRole): MediaVerdict {
  if (facts.kind === "empty") return { problem: said`This file is empty.` };
  if (facts.kind === "webPage")
    return {
      problem: said`This is a web page, not an image file; the address probably leads to a page about the file.`,
    };
  return judges[role](facts);
}

/** Both at once. @throws StorageError when the file cannot be read. */
export async function checkMedia(store: BlockStore, role: MediaRole): Promise<MediaVerdict> {
  return judgeMedia(await recognise(store), role);
}

const judges: Record<MediaRole, (facts: MediaFacts) => MediaVerdict> = {
  cdrom: judgeCdrom,
  floppy: judgeFloppy,
  disk: judgeDisk,
  kernel: judgeKernel,
  initrd: () => ({}),
  firmware: judgeFirmware,
};

function packed(facts: MediaFacts): Said | undefined {
  if (facts.kind === "compressed") return said`This file is compressed (${facts.format ?? ""}): unpack it first.`;
  if (facts.kind === "diskFormat") return said`This is a hard disk's image in ${facts.format ?? ""} format.`;
  return undefined;
}

function cutShort(facts: MediaFacts, what: Said, slack = 0): Said | undefined {
  const needed = facts.neededBytes ?? 0;
  if (needed <= facts.sizeBytes + slack) return undefined;
  return said`This ${what} is cut short: it should be ${sizeInWords(needed)} long, but the file has ${sizeInWords(facts.sizeBytes)}.`;
}

function judgeCdrom(facts: MediaFacts): MediaVerdict {
  if (facts.kind === "iso9660") {
    const problem = cutShort(facts, said`CD image`);
    if (problem) return { problem };
    return facts.elTorito
      ? {}
      : { warning: said`This CD image has no boot record (El Torito): no system starts from it.` };
  }
  if (facts.kind === "udf") return { warning: said`This image has a UDF file system alone: no system starts from it.` };
  if (facts.kind === "rawCd")
    return { problem: said`This CD image holds raw sectors of 2352 bytes (.bin); convert it to an ISO image first.` };
  const other = packed(facts);
  if (other) return { problem: other };
  if (facts.sizeBytes < DESCRIPTORS_START + CD_BLOCK)
    return {
      problem: said`This file is ${sizeInWords(facts.sizeBytes)}: too small for a CD image; it may be truncated.`,
    };
  return { problem: said`This is not a CD image: it has no ISO 9660 or UDF file system.` };
}

function judgeFloppy(facts: MediaFacts): MediaVerdict {
  const other = packed(facts);
  if (other) return { problem: other };
  const size = sizeInWords(facts.sizeBytes);
  if (facts.sizeBytes > LARGEST_FLOPPY) return { problem: said`This file is ${size}: too large for a floppy disk.` };
  const problem = cutShort(facts, said`floppy image`);
  if (problem) return { problem };
  // Boot images that fill only part of a disk are common (GRUB's rescue floppy); they say by their signature that they boot.
  const partial = facts.bootSignature && facts.sizeBytes % SECTOR === 0;
  if (!FLOPPY_SIZES.has(facts.sizeBytes) && !partial)
    return { problem: said`This file is ${size}: no floppy disk has that size; it may be truncated.` };
  return facts.bootSignature ? {} : { warning: said`This floppy image has no boot sector: no system starts from it.` };
}

function judgeDisk(facts: MediaFacts): MediaVerdict {
  // What is in it is looked at when it is opened (storage/formats).
  if (facts.kind === "diskFormat") return {};
  const other = packed(facts);
  if (other) return { problem: other };
  const size = sizeInWords(facts.sizeBytes);
  if (facts.sizeBytes < SECTOR)
    return { problem: said`This file is ${size}: too small for a disk image; it may be truncated.` };
  if (facts.sizeBytes % SECTOR !== 0)
    return {
      problem: said`This file is ${facts.sizeBytes} bytes: not a whole number of 512-byte sectors, so it is no raw disk image or is truncated.`,
    };
  if (facts.kind === "gptDisk" || facts.kind === "mbrDisk") {
    const problem = cutShort(facts, said`disk image`, facts.kind === "mbrDisk" ? CYLINDER_BYTES : 0);
    if (problem) return { problem };
  }
  return facts.bootSignature ? {} : { warning: said`This disk has no boot sector: no system starts from it.` };
}

function judgeKernel(facts: MediaFacts): MediaVerdict {
  switch (facts.kind) {
    case "linuxKernel": {
      const problem = cutShort(facts, said`Linux kernel`);
      return problem ? { problem } : {};
    }
    case "multiboot":
      return {};
    case "elf":
      return { problem: said`This ELF file has no Multiboot header, so it cannot be started directly as a kernel.` };
    default:
      return {
        problem:
          packed(facts) ??
          said`This file (${sizeInWords(facts.sizeBytes)}) is not a kernel that can be started directly: it is neither a Linux bzImage nor a Multiboot kernel.`,
      };
  }
}

function judgeFirmware(facts: MediaFacts): MediaVerdict {
  const other = packed(facts);
  if (other) return { problem: other };
  if (facts.sizeBytes > LARGEST_FIRMWARE)
    return { problem: said`This file is ${sizeInWords(facts.sizeBytes)}: too large for firmware.` };
  if (facts.sizeBytes % FIRMWARE_STEP !== 0)
    return {
      problem: said`This is no firmware, or it is cut short: its ${sizeInWords(facts.sizeBytes)} are not a multiple of 64 KB.`,
    };
  return {};
}

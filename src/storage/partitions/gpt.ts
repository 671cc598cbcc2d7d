/**
 * GUID partition tables: a header and its entries, both with a CRC, and a copy of them at the end of the disk that serves
 * where the first is damaged. Sectors of 512 or 4096 bytes.
 *
 * Reference: [UEFI] 5.3.2 (header), 5.3.3 (entries).
 */
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { crc32 } from "../formats/crc32.ts";
import { little } from "../formats/fields.ts";
import type { Partition } from "./partition-table.ts";

const SIGNATURE = "EFI PART";
const MIN_HEADER_BYTES = 92;
const CRC_AT = 16;
export const GPT_MIN_ENTRY_BYTES = 128;
/** Tables have 16 KiB. */
const MAX_TABLE_BYTES = 1024 * 1024;
const UNUSED = "00000000-0000-0000-0000-000000000000";
/** Attribute bit: legacy BIOS starts from here. [UEFI] 5.3.3 */
const LEGACY_BOOT = 4;

const typeNames: Record<string, Said | string> = {
  "c12a7328-f81f-11d2-ba4b-00a0c93ec93b": said`EFI system`,
  "21686148-6449-6e6f-744e-656564454649": said`BIOS boot`,
  "e3c9e316-0b5c-4db8-817d-f92df00215ae": said`Microsoft reserved`,
  "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7": said`Microsoft data`,
  "de94bba4-06d1-4d40-a16a-bfd50179d6ac": said`Windows recovery`,
  "0fc63daf-8483-4772-8e79-3d69d8477de4": "Linux",
  "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f": said`Linux swap`,
  "4f68bce3-e8cd-4db1-96e7-fbcaf984b709": said`Linux root (x86-64)`,
  "44479540-f297-41b2-9af7-d131d5f0458a": said`Linux root (x86)`,
  "bc13c2ff-59e6-4262-a352-b275fd6f7172": said`Linux extended boot`,
  "933ac7e1-2eb4-4f13-b844-0e14e2aef915": "Linux home",
  "e6d6d379-f507-44c2-a23c-238f2a3df928": "Linux LVM",
  "a19d880f-05fc-4d3b-a006-743f0f84911e": "Linux RAID",
  "ca7d7ccb-63ed-4c53-861c-1742536059cc": said`Linux encrypted`,
  "516e7cb4-6ecf-11d6-8ff8-00022d09712b": "FreeBSD",
  "48465300-0000-11aa-aa11-00306543ecac": "macOS",
  "7c3457ef-0000-11aa-aa11-00306543ecac": "macOS",
};

export interface Gpt {
  partitions: Partition[];
  warnings: Said[];
  sectorBytes: number;
  /** The header and the table as they are on the disk. */
  header: Uint8Array;
  entries: Uint8Array;
  entryBytes: number;
}

/** null where there is none, or none that can be trusted. @throws StorageError */
export async function readGpt(disk: BlockStore): Promise<Gpt | null> {
  for (const sectorBytes of [512, 4096]) {
    const last = Math.floor(disk.sizeBytes / sectorBytes) - 1;
    if (last < 2) continue;
    const first = await readCopy(disk, sectorBytes, 1);
    if (first) return first;
    const copy = await readCopy(disk, sectorBytes, last);
    if (copy) {
      copy.warnings.push(said`The partition table is damaged; its copy at the end of the disk was read.`);
      return copy;
    }
  }
  return null;
}

async function readCopy(disk: BlockStore, sectorBytes: number, sector: number): Promise<Gpt | null> {
  const header = await disk.read(sector * sectorBytes, sectorBytes);
  const fields = little(header);
  const headerBytes = fields.u32(12);
  if (fields.text(0, 8) !== SIGNATURE || headerBytes < MIN_HEADER_BYTES || headerBytes > sectorBytes) return null;
  const zeroed = header.slice(0, headerBytes);
  zeroed.fill(0, CRC_AT, CRC_AT + 4);
  if (crc32(zeroed) !== fields.u32(CRC_AT) || fields.u64(24) !== sector) return null;
  const [entriesAt, count, entryBytes] = [fields.u64(72) * sectorBytes, fields.u32(80), fields.u32(84)];
  const tableBytes = count * entryBytes;
  if (entryBytes < GPT_MIN_ENTRY_BYTES || tableBytes > MAX_TABLE_BYTES || entriesAt + tableBytes > disk.sizeBytes) return null; // prettier-ignore
  const entries = await disk.read(entriesAt, tableBytes);
  if (crc32(entries) !== fields.u32(88)) return null;
  const gpt: Gpt = {
    partitions: [],
    warnings: [],
    sectorBytes,
    header: header.slice(0, headerBytes),
    entries,
    entryBytes,
  };
  for (let i = 0; i < count; i++) addEntry(gpt, i, disk.sizeBytes);
  return gpt;
}

function addEntry(gpt: Gpt, index: number, diskBytes: number): void {
  const fields = little(gpt.entries.subarray(index * gpt.entryBytes, (index + 1) * gpt.entryBytes));
  const type = fields.guid(0);
  if (type === UNUSED) return;
  const [first, last] = [fields.u64(32), fields.u64(40)];
  if (last < first) return void gpt.warnings.push(said`Partition ${index + 1} ends before it begins.`);
  const partition: Partition = {
    number: index + 1,
    startBytes: first * gpt.sectorBytes,
    sizeBytes: (last - first + 1) * gpt.sectorBytes,
    type,
    typeName: typeNames[type] ?? said`type ${type}`,
    name: new TextDecoder("utf-16le").decode(fields.slice(56, 72)).replace(/\0.*$/s, ""),
    active: (fields.u8(48) & LEGACY_BOOT) !== 0,
    logical: false,
  };
  if (!(partition.startBytes + partition.sizeBytes <= diskBytes))
    gpt.warnings.push(said`Partition ${index + 1} goes beyond the end of the disk.`);
  gpt.partitions.push(partition);
}

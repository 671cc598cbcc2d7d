/**
 * Master boot records: four entries, and a chain of extended boot records behind one of them. Addresses by cylinder,
 * head and sector are not looked at.
 *
 * Reference: [UEFI] 5.2; extended partitions by what all systems do: each record has the partition, relative to itself,
 * and the next record, relative to the extended partition.
 */
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { little } from "../formats/fields.ts";
import type { Partition } from "./partition-table.ts";

export const MBR_SECTOR_BYTES = 512;
export const MBR_ENTRIES_AT = 446;
export const MBR_ENTRY_BYTES = 16;
const MAX_LOGICAL = 256;
const FIRST_LOGICAL = 5;
const extendedTypes = new Set([0x05, 0x0f, 0x85]);

const typeNames: Record<number, Said | string> = {
  0x01: "FAT12", 0x04: "FAT16", 0x06: "FAT16", 0x07: said`NTFS or exFAT`, 0x0b: "FAT32", 0x0c: "FAT32", 0x0e: "FAT16",
  0x11: said`hidden FAT12`, 0x16: said`hidden FAT16`, 0x1b: said`hidden FAT32`, 0x1c: said`hidden FAT32`, 0x27: said`Windows recovery`,
  0x39: "Plan 9", 0x63: "Unix", 0x81: "Minix", 0x82: said`Linux swap`, 0x83: "Linux", 0x8e: "Linux LVM", 0xa5: "FreeBSD",
  0xa6: "OpenBSD", 0xa9: "NetBSD", 0xaf: "macOS", 0xbe: said`Solaris boot`, 0xbf: "Solaris", 0xeb: "BeOS",
  0xee: "GPT", 0xef: said`EFI system`, 0xfd: "Linux RAID",
}; // prettier-ignore

export interface MbrPartition extends Partition {
  typeCode: number;
  /** Holds logical partitions. */
  extended: boolean;
  /** Sector of the record that has the entry, and the entry's number in it. */
  record: number;
  slot: number;
}

export interface Mbr {
  partitions: MbrPartition[];
  warnings: Said[];
  /** Sectors of the extended boot records. */
  records: number[];
}

/** null where the first sector is no boot record with a table. @throws StorageError */
export async function readMbr(disk: BlockStore): Promise<Mbr | null> {
  if (disk.sizeBytes < MBR_SECTOR_BYTES) return null;
  const first = await disk.read(0, MBR_SECTOR_BYTES);
  if (!isTable(first)) return null;
  const mbr: Mbr = { partitions: [], warnings: [], records: [] };
  for (let slot = 0; slot < 4; slot++) {
    const entry = entryOf(first, slot, 0, 0, slot + 1);
    if (entry) mbr.partitions.push(entry);
  }
  for (const extended of mbr.partitions.filter((entry) => entry.extended)) await readLogical(disk, extended, mbr);
  for (const { number, startBytes, sizeBytes, typeCode } of mbr.partitions)
    if (startBytes + sizeBytes > disk.sizeBytes && typeCode !== 0xee)
      mbr.warnings.push(said`Partition ${number} goes beyond the end of the disk.`);
  return mbr;
}

/** A file system on a whole disk has code where the entries would be: their first bytes tell. */
function isTable(sector: Uint8Array): boolean {
  if (sector[510] !== 0x55 || sector[511] !== 0xaa) return false;
  return [0, 1, 2, 3].every((slot) => (sector[MBR_ENTRIES_AT + MBR_ENTRY_BYTES * slot]! & 0x7f) === 0);
}

function entryOf(sector: Uint8Array, slot: number, base: number, record: number, number: number): MbrPartition | null {
  const fields = little(sector);
  const at = MBR_ENTRIES_AT + MBR_ENTRY_BYTES * slot;
  const [typeCode, sectors] = [fields.u8(at + 4), fields.u32(at + 12)];
  if (typeCode === 0 || sectors === 0) return null;
  return {
    number,
    startBytes: (base + fields.u32(at + 8)) * MBR_SECTOR_BYTES,
    sizeBytes: sectors * MBR_SECTOR_BYTES,
    typeCode,
    type: typeCode.toString(16).padStart(2, "0"),
    typeName: typeNames[typeCode] ?? said`type ${typeCode.toString(16).padStart(2, "0")}`,
    name: "",
    active: fields.u8(at) === 0x80,
    logical: record !== 0,
    extended: extendedTypes.has(typeCode),
    record,
    slot,
  };
}

async function readLogical(disk: BlockStore, extended: MbrPartition, mbr: Mbr): Promise<void> {
  const start = extended.startBytes / MBR_SECTOR_BYTES;
  let number = FIRST_LOGICAL + mbr.partitions.filter(({ logical }) => logical).length;
  const seen = new Set<number>();
  for (let record = start; ;) {
    const offset = record * MBR_SECTOR_BYTES;
    if (seen.has(record)) return void mbr.warnings.push(said`The chain of logical partitions comes back to itself.`);
    if (seen.size >= MAX_LOGICAL) return void mbr.warnings.push(said`The chain of logical partitions does not end.`);
    if (offset + MBR_SECTOR_BYTES > disk.sizeBytes) return void mbr.warnings.push(said`The chain of logical partitions leads out of the disk.`); // prettier-ignore
    seen.add(record);
    const sector = await disk.read(offset, MBR_SECTOR_BYTES);
    if (sector[510] !== 0x55 || sector[511] !== 0xaa) {
      mbr.warnings.push(said`The chain of logical partitions is broken.`);
      return;
    }
    mbr.records.push(record);
    const entry = entryOf(sector, 0, record, record, number);
    if (entry && !entry.extended) {
      mbr.partitions.push(entry);
      number++;
    }
    const next = entryOf(sector, 1, start, record, 0);
    if (!next?.extended) return;
    record = next.startBytes / MBR_SECTOR_BYTES;
  }
}

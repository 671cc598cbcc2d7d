/**
 * A disk with only some of another's partitions, that starts as the other did: everything stays at its place, with the
 * boot code and what loaders keep before the first partition; the others' places read as zeros and take no room in an
 * image, their entries are gone from the table, and the disk ends behind the last that was chosen.
 *
 * Reference: [UEFI] 5.2, 5.3; of the GPT both copies are written anew.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { StorageError } from "../block-store.ts";
import { ComposedStore, type Segment } from "../composed-store.ts";
import { crc32 } from "../formats/crc32.ts";
import { roundUp } from "../formats/fields.ts";
import { readGpt, type Gpt } from "./gpt.ts";
import { MBR_ENTRIES_AT, MBR_ENTRY_BYTES, MBR_SECTOR_BYTES as SECTOR, readMbr, type Mbr, type MbrPartition } from "./mbr.ts"; // prettier-ignore
import { readPartitionTable, type Partition } from "./partition-table.ts";

const MIB = 2 ** 20;
const EXTENDED = 0x05;

/**
 * @param numbers of the partitions to bring
 * @param options.sizeBytes how long the disk shall be, where longer than needed
 * @throws StorageError
 */
export async function bringPartitions(
  disk: BlockStore,
  numbers: readonly number[],
  options: { sizeBytes?: number } = {},
): Promise<ComposedStore> {
  const table = await readPartitionTable(disk);
  if (!table) throw new StorageError("This disk has no partition table.");
  const chosen = numbers.map((number) => {
    const partition = table.partitions.find((each) => each.number === number);
    if (!partition) throw new StorageError(said`This disk has no partition ${number}.`);
    if (partition.startBytes + partition.sizeBytes > disk.sizeBytes)
      throw new StorageError(said`Partition ${number} goes beyond the end of the disk.`);
    return partition;
  });
  if (chosen.length === 0) throw new StorageError("Choose at least one partition.");
  refuseOverlaps(chosen);
  const sizeBytes = roundUp(options.sizeBytes ?? 0, SECTOR);
  if (table.scheme === "gpt") return bringGpt(disk, (await readGpt(disk))!, chosen, sizeBytes);
  return bringMbr(disk, (await readMbr(disk))!, chosen, sizeBytes);
}

function refuseOverlaps(chosen: Partition[]): void {
  const sorted = [...chosen].sort((a, b) => a.startBytes - b.startBytes);
  sorted.slice(1).forEach((next, i) => {
    const before = sorted[i]!;
    if (next.startBytes < before.startBytes + before.sizeBytes)
      throw new StorageError(said`Partitions ${before.number} and ${next.number} overlap.`);
  });
}

/** @throws StorageError where a partition lies over a table */
function compose(sizeBytes: number, segments: Segment[]): ComposedStore {
  const sorted = segments.filter((each) => each.sizeBytes > 0).sort((a, b) => a.start - b.start);
  const overlap = sorted.some((each, i) => i > 0 && each.start < sorted[i - 1]!.start + sorted[i - 1]!.sizeBytes);
  const outside = sorted.some((each) => each.start + each.sizeBytes > sizeBytes);
  if (overlap || outside) throw new StorageError("A partition of this disk lies over its partition table.");
  return new ComposedStore(sizeBytes, sorted);
}

const segmentOf = (disk: BlockStore, { startBytes, sizeBytes }: Partition): Segment => ({
  start: startBytes,
  sizeBytes,
  source: { store: disk, offset: startBytes },
});

async function bringMbr(disk: BlockStore, mbr: Mbr, chosen: Partition[], atLeastBytes: number): Promise<ComposedStore> {
  const isChosen = (entry: MbrPartition): boolean => chosen.some(({ number }) => number === entry.number);
  const extended = mbr.partitions.find((entry) => entry.extended);
  const needsExtended = chosen.some(({ logical }) => logical);
  const end = Math.max(...chosen.map(({ startBytes, sizeBytes }) => startBytes + sizeBytes));
  const sizeBytes = Math.max(roundUp(end, MIB), atLeastBytes);
  const first = Math.min(...mbr.partitions.map(({ startBytes }) => startBytes));
  // The boot record, and what a loader keeps behind it.
  const start = (await disk.read(0, Math.max(SECTOR, Math.min(first, MIB)))).slice();
  for (const entry of mbr.partitions) {
    if (entry.logical || isChosen(entry) || (entry.extended && needsExtended)) continue;
    clearEntry(start, entry.slot);
  }
  if (extended && needsExtended) shortenEntry(start, extended.slot, extended.startBytes, sizeBytes);
  const segments = [{ start: 0, sizeBytes: start.length, source: start } as Segment, ...chosen.map((each) => segmentOf(disk, each))]; // prettier-ignore
  if (needsExtended) segments.push(...(await logicalRecords(disk, mbr, isChosen)));
  return compose(sizeBytes, segments);
}

/** A chain of the records of those that are brought; it begins where the extended partition does, with or without one. */
async function logicalRecords(
  disk: BlockStore,
  mbr: Mbr,
  isChosen: (entry: MbrPartition) => boolean,
): Promise<Segment[]> {
  const entryOf = (record: number): MbrPartition | undefined =>
    mbr.partitions.find((each) => each.logical && each.record === record && isChosen(each));
  const [first] = mbr.records;
  const kept = mbr.records.filter((record) => record === first || entryOf(record));
  return Promise.all(
    kept.map(async (record, i) => {
      const sector = (await disk.read(record * SECTOR, SECTOR)).slice();
      if (!entryOf(record)) clearEntry(sector, 0);
      clearEntry(sector, 1);
      const next = kept[i + 1];
      const entry = next === undefined ? undefined : entryOf(next);
      if (entry) link(sector, entry.record - first!, (entry.startBytes + entry.sizeBytes) / SECTOR - entry.record);
      return { start: record * SECTOR, sizeBytes: SECTOR, source: sector };
    }),
  );
}

/** The entry for the next record, in sectors from the beginning of the extended partition. */
function link(sector: Uint8Array, firstSector: number, sectors: number): void {
  const at = MBR_ENTRIES_AT + MBR_ENTRY_BYTES;
  const view = new DataView(sector.buffer, sector.byteOffset);
  // Cylinder, head and sector as they are written where they cannot say the place.
  sector.set([0, 0xfe, 0xff, 0xff, EXTENDED, 0xfe, 0xff, 0xff], at);
  view.setUint32(at + 8, firstSector, true);
  view.setUint32(at + 12, sectors, true);
}

function clearEntry(sector: Uint8Array, slot: number): void {
  const at = MBR_ENTRIES_AT + MBR_ENTRY_BYTES * slot;
  sector.fill(0, at, at + MBR_ENTRY_BYTES);
}

function shortenEntry(sector: Uint8Array, slot: number, startBytes: number, diskBytes: number): void {
  const view = new DataView(sector.buffer, sector.byteOffset);
  const at = MBR_ENTRIES_AT + MBR_ENTRY_BYTES * slot + 12;
  view.setUint32(at, Math.min(view.getUint32(at, true), (diskBytes - startBytes) / SECTOR), true);
}

async function bringGpt(disk: BlockStore, gpt: Gpt, chosen: Partition[], atLeastBytes: number): Promise<ComposedStore> {
  const { sectorBytes, entryBytes } = gpt;
  const entries = gpt.entries.slice();
  const kept = new Set(chosen.map(({ number }) => number - 1));
  for (let i = 0; i < entries.length / entryBytes; i++)
    if (!kept.has(i)) entries.fill(0, i * entryBytes, (i + 1) * entryBytes);
  const tableBytes = roundUp(entries.length, sectorBytes);
  const end = Math.max(...chosen.map(({ startBytes, sizeBytes }) => startBytes + sizeBytes));
  const sizeBytes = Math.max(roundUp(end + tableBytes + sectorBytes, MIB), roundUp(atLeastBytes, sectorBytes));
  const last = sizeBytes / sectorBytes - 1;
  const copyTable = sizeBytes - sectorBytes - tableBytes;
  const header = (here: number, other: number, table: number): Uint8Array => {
    const bytes = gpt.header.slice();
    const view = new DataView(bytes.buffer);
    view.setBigUint64(24, BigInt(here), true);
    view.setBigUint64(32, BigInt(other), true);
    view.setBigUint64(48, BigInt(copyTable / sectorBytes - 1), true);
    view.setBigUint64(72, BigInt(table), true);
    view.setUint32(88, crc32(entries), true);
    view.setUint32(16, 0, true);
    view.setUint32(16, crc32(bytes), true);
    return bytes;
  };
  const first = header(1, last, 2);
  const copy = header(last, 1, copyTable / sectorBytes);
  const firstPartition = Math.min(...gpt.partitions.map(({ startBytes }) => startBytes));
  const tableEnd = 2 * sectorBytes + tableBytes;
  return compose(sizeBytes, [
    { start: 0, sizeBytes: sectorBytes, source: protective(await disk.read(0, sectorBytes), last) },
    { start: sectorBytes, sizeBytes: first.length, source: first },
    { start: 2 * sectorBytes, sizeBytes: entries.length, source: entries },
    ...gapAfterTable(disk, tableEnd, Math.min(firstPartition, MIB)),
    ...chosen.map((each) => segmentOf(disk, each)),
    { start: copyTable, sizeBytes: entries.length, source: entries },
    { start: sizeBytes - sectorBytes, sizeBytes: copy.length, source: copy },
  ]);
}

function gapAfterTable(disk: BlockStore, start: number, end: number): Segment[] {
  return end > start ? [{ start, sizeBytes: end - start, source: { store: disk, offset: start } }] : [];
}

/** Its one entry covers the new disk; boot code and other entries (hybrid tables) stay. */
function protective(sector: Uint8Array, lastSector: number): Uint8Array {
  const bytes = sector.slice();
  const view = new DataView(bytes.buffer);
  for (let slot = 0; slot < 4; slot++) {
    const at = MBR_ENTRIES_AT + MBR_ENTRY_BYTES * slot;
    if (bytes[at + 4] === 0xee) view.setUint32(at + 12, Math.min(lastSector, 0xffffffff), true);
  }
  return bytes;
}

/**
 * The partitions of a disk, by its MBR (with extended partitions) or its GPT.
 *
 * Reference: [UEFI] 5.2 (MBR), 5.3 (GPT).
 */
import type { Said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { readGpt } from "./gpt.ts";
import { readMbr, type MbrPartition } from "./mbr.ts";

export interface Partition {
  /** As Linux counts them: logical partitions from 5 on. */
  number: number;
  startBytes: number;
  sizeBytes: number;
  /** "Linux", "FAT32", "EFI system", …, or the type's code. */
  typeName: Said | string;
  /** Two hexadecimal digits, or a GUID. */
  type: string;
  /** GPT only. */
  name: string;
  /** Marked as the one to start from. */
  active: boolean;
  /** Inside an extended partition. */
  logical: boolean;
}

export interface PartitionTable {
  scheme: "mbr" | "gpt";
  partitions: Partition[];
  /** What is wrong with the table, though it can be read. */
  warnings: Said[];
}

const PROTECTIVE = 0xee;

/** null where the disk has no partition table: one file system, or nothing. @throws StorageError */
export async function readPartitionTable(disk: BlockStore): Promise<PartitionTable | null> {
  const mbr = await readMbr(disk);
  const gpt = !mbr || mbr.partitions.some(({ typeCode }) => typeCode === PROTECTIVE) ? await readGpt(disk) : null;
  if (gpt) {
    const { partitions, warnings } = gpt;
    return { scheme: "gpt", partitions, warnings };
  }
  if (!mbr || mbr.partitions.length === 0) return null;
  return { scheme: "mbr", partitions: mbr.partitions.filter(({ extended }) => !extended).map(plain), warnings: mbr.warnings }; // prettier-ignore
}

function plain({ number, startBytes, sizeBytes, typeName, type, name, active, logical }: MbrPartition): Partition {
  return { number, startBytes, sizeBytes, typeName, type, name, active, logical };
}

/** File systems as those who made them write them. Names, not messages. */
import type { PartitionFacts } from "../../services/image-converter.ts";

type Facts = NonNullable<PartitionFacts["facts"]>;
type Kind = Facts["kind"];

const NAMES: Partial<Record<Kind, string>> = {
  fat12: "FAT12",
  fat16: "FAT16",
  fat32: "FAT32",
  exfat: "exFAT",
  ntfs: "NTFS",
  iso9660: "ISO 9660",
  xfs: "XFS",
  btrfs: "Btrfs",
  luks: "LUKS",
  lvm: "LVM",
  squashfs: "SquashFS",
};

/** undefined where there is none. */
export function fileSystemName(facts: Facts | null | undefined): string | undefined {
  return facts ? (NAMES[facts.kind] ?? facts.kind) : undefined;
}

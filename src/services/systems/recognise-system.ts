/**
 * Which operating system is on a medium: by its ISO 9660 volume and files, by the file systems of a disk's partitions, by
 * a floppy's boot sector, or by a kernel's own words. Only structures and small files are read. What is not recognised is
 * null: a person chooses then. Left out: contents of NTFS, UFS, XFS and Btrfs, which are known by their kind alone.
 *
 * References: [ECMA-119] 8.4; Linux Documentation/arch/x86/boot.rst (kernel_version, xloadflags); os-release(5).
 */
import { StorageError } from "../../storage/block-store.ts";
import type { BlockStore } from "../../storage/block-store.ts";
import { SliceStore } from "../../storage/composed-store.ts";
import { openFileSystem } from "../../storage/filesystems/open-file-system.ts";
import { recogniseFileSystem } from "../../storage/filesystems/recognise.ts";
import { openImage } from "../../storage/formats/open-image.ts";
import { recognise } from "../../storage/media-check.ts";
import { readPartitionTable } from "../../storage/partitions/partition-table.ts";
import type { Partition } from "../../storage/partitions/partition-table.ts";
import { bootSectorSystem } from "./boot-sector.ts";
import { cdSystem } from "./cd-clues.ts";
import { Files } from "./files.ts";
import { fatSystem, linuxRootSystem } from "./disk-clues.ts";
import { kernelSystem } from "./kernel-clues.ts";
import type { SystemFinding } from "./system-finding.ts";

/** @throws StorageError where the medium itself cannot be read */
export async function recogniseSystem(medium: BlockStore): Promise<SystemFinding | null> {
  const facts = await recognise(medium);
  switch (facts.kind) {
    case "iso9660":
      return settled(async () => cdSystem(new Files(await openFileSystem(medium)), facts.volumeName ?? ""));
    case "linuxKernel":
      return kernelSystem(medium);
    case "floppy":
      return (await wholeVolume(medium)) ?? bootSectorSystem(await firstSector(medium));
    case "diskFormat":
    case "gptDisk":
    case "mbrDisk":
    case "unknown":
      return settled(async () => diskSystem(await openImage(medium)));
    default:
      return null;
  }
}

/** What a damaged medium hides is only not recognised. */
async function settled(look: () => Promise<SystemFinding | null>): Promise<SystemFinding | null> {
  try {
    return await look();
  } catch (error) {
    if (error instanceof StorageError) return null;
    throw error;
  }
}

async function firstSector(medium: BlockStore): Promise<Uint8Array> {
  return medium.read(0, Math.min(512, medium.sizeBytes));
}

async function diskSystem(disk: BlockStore): Promise<SystemFinding | null> {
  const table = await readPartitionTable(disk);
  if (!table) return (await wholeVolume(disk)) ?? bootSectorSystem(await firstSector(disk));
  const findings: SystemFinding[] = [];
  for (const partition of table.partitions) {
    if (partition.startBytes + partition.sizeBytes > disk.sizeBytes) continue;
    const finding = await settled(() =>
      volumeSystem(new SliceStore(disk, partition.startBytes, partition.sizeBytes), partition),
    );
    if (finding) findings.push(finding);
  }
  // What was read in files is surer than what a partition is marked as.
  const surest = findings.sort((a, b) => b.certainty - a.certainty)[0];
  // A file system on the whole disk may have a table that only describes itself.
  return surest ?? wholeVolume(disk);
}

function wholeVolume(medium: BlockStore): Promise<SystemFinding | null> {
  return settled(() => volumeSystem(medium, null));
}

const markedAs: Record<string, SystemFinding["system"]> = {
  a5: "freebsd",
  a6: "openbsd",
  a9: "netbsd",
  "81": "minix",
  "39": "plan9",
  eb: "haiku",
  be: "solaris",
  bf: "solaris",
  "516e7cb4-6ecf-11d6-8ff8-00022d09712b": "freebsd",
};

async function volumeSystem(volume: BlockStore, partition: Partition | null): Promise<SystemFinding | null> {
  const facts = await recogniseFileSystem(volume);
  switch (facts?.kind) {
    case "ext2":
    case "ext3":
    case "ext4":
      return linuxRootSystem(new Files(await openFileSystem(volume)));
    case "fat12":
    case "fat16":
    case "fat32": {
      const sector = await firstSector(volume);
      return (await fatSystem(new Files(await openFileSystem(volume)))) ?? bootSectorSystem(sector);
    }
    case "ntfs":
      return { system: "windowsModern", label: "Windows", version: "", bits: null, installer: false, certainty: 1 };
    case "xfs":
    case "btrfs":
    case "swap":
    case "luks":
    case "lvm":
      return { system: "linux", label: "Linux", version: "", bits: null, installer: false, certainty: 0 };
    default: {
      const system = markedAs[partition?.type.toLowerCase() ?? ""];
      return system ? { system, label: "", version: "", bits: null, installer: false, certainty: 1 } : null;
    }
  }
}

/** Looking into a medium without starting it: its volumes, and the files of those whose file systems are read. */
import type { Said } from "../shared/said.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { SliceStore } from "../storage/composed-store.ts";
import type { FileSystem } from "../storage/filesystems/file-system.ts";
import { openFileSystem } from "../storage/filesystems/open-file-system.ts";
import { recogniseFileSystem } from "../storage/filesystems/recognise.ts";
import type { FileSystemFacts } from "../storage/filesystems/recognise.ts";
import { readPartitionTable } from "../storage/partitions/partition-table.ts";

export type { FileEntry, FileSystem } from "../storage/filesystems/file-system.ts";

export interface Volume {
  /** Of its partition; null: the medium has no partitions. */
  number: number | null;
  startBytes: number;
  sizeBytes: number;
  /** What the partition is marked as. */
  typeName: Said | string;
  /** null: no file system is recognised. */
  facts: FileSystemFacts | null;
  readable: boolean;
}

const READ = new Set(["fat12", "fat16", "fat32", "iso9660", "ext2", "ext3", "ext4"]);

export class MediumFiles {
  private constructor(
    private readonly store: BlockStore,
    readonly volumes: readonly Volume[],
  ) {}

  /** Takes the store; `close` closes it. @throws StorageError */
  static async open(store: BlockStore): Promise<MediumFiles> {
    const volumes: Volume[] = [];
    const look = async (part: BlockStore, start: number, number: number | null, typeName: Said | string) => {
      const facts = await recogniseFileSystem(part);
      volumes.push({ number, startBytes: start, sizeBytes: part.sizeBytes, typeName, facts, readable: facts !== null && READ.has(facts.kind) }); // prettier-ignore
    };
    const table = await readPartitionTable(store);
    for (const { number, startBytes, sizeBytes, typeName } of table?.partitions ?? [])
      // Some boot sectors have a table that only describes their own volume, from sector 0 on.
      if (startBytes > 0 && startBytes + sizeBytes <= store.sizeBytes)
        await look(new SliceStore(store, startBytes, sizeBytes), startBytes, number, typeName);
    // CDs that start from sticks have both: a table, and one file system over everything.
    const whole = await recogniseFileSystem(store);
    if (whole?.kind === "iso9660" || volumes.length === 0) await look(store, 0, null, "");
    return new MediumFiles(store, volumes);
  }

  /** @throws StorageError */
  openVolume(index: number): Promise<FileSystem> {
    return openFileSystem(new SliceStore(this.store, this.volumes[index]!.startBytes, this.volumes[index]!.sizeBytes));
  }

  async close(): Promise<void> {
    await this.store.close?.();
  }
}

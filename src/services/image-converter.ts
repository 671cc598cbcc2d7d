/**
 * Brings an image of a physical disk, or another hypervisor's machine, into the library or into another format: what is on
 * it, which of its partitions are to come along, and what becomes of them.
 */
import { LibraryError } from "../protocol/library.ts";
import type { ExportFormat, JobOptions, MachineRecord, MediumRecord } from "../protocol/library.ts";
import type { Said } from "../shared/said.ts";
import { BlobStore } from "../storage/blob-store.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { SliceStore } from "../storage/composed-store.ts";
import { writeImage } from "../storage/convert/write-image.ts";
import { recogniseFileSystem } from "../storage/filesystems/recognise.ts";
import type { FileSystemFacts } from "../storage/filesystems/recognise.ts";
import { BlobFileFinder } from "../storage/formats/blob-file-finder.ts";
import { openImage } from "../storage/formats/open-image.ts";
import { isTar, openOva, openOvf } from "../storage/ovf/package.ts";
import { bringPartitions } from "../storage/partitions/bring-partitions.ts";
import { readPartitionTable } from "../storage/partitions/partition-table.ts";
import type { Partition } from "../storage/partitions/partition-table.ts";
import { recogniseSystem } from "../storage/system-recognition.ts";
import { DownloadSink } from "./download-sink.ts";
import { copyOptions } from "./library/copy-options.ts";
import { orLibraryError } from "./library/library-errors.ts";
import type { MachineLibrary } from "./library/machine-library.ts";
import { MAX_MEMORY_MIB, MIN_MEMORY_MIB } from "./config-check.ts";
import { freeName } from "./machine-list.ts";
import { isSystemId } from "./systems/system-catalogue.ts";
import { defaultsFor } from "./systems/system-defaults.ts";

export interface PartitionFacts extends Partition {
  facts: FileSystemFacts | null;
}

export interface SourceDisk {
  name: string;
  sizeBytes: number;
  store: BlockStore;
  /** null: the disk has no partition table. */
  partitions: PartitionFacts[] | null;
  warnings: Said[];
}

/** What a person chose to convert. */
export interface ConversionSource {
  name: string;
  /** "qcow2", "vmdk", …, "ova". */
  format: string;
  disks: SourceDisk[];
  /** Of a package. */
  memoryMiB: number | null;
}

export type ConversionResult = { kind: "disk" | "machine"; name: string } | { kind: "file"; format: ExportFormat };

export class ImageConverter {
  constructor(private readonly library: MachineLibrary) {}

  /** @param files the image, and what it refers to: parents, extents, the disks of a package. @throws LibraryError */
  open(files: readonly File[]): Promise<ConversionSource> {
    return orLibraryError(async () => {
      const finder = new BlobFileFinder(files);
      const file = files.find(({ name }) => /\.ovf$/i.test(name)) ?? (await topOf(files, finder));
      const store = new BlobStore(file);
      const name = file.name.replace(/\.[^.]{1,6}$/, "");
      const ova = (await isTar(store))
        ? await openOva(store)
        : /\.ovf$/i.test(file.name)
          ? await openOvf(store, finder, file.name, file.name)
          : null;
      if (ova) {
        await ova.verify();
        const disks: SourceDisk[] = [];
        for (const [n, { fileName }] of ova.machine.disks.entries()) {
          const disk = await ova.openDisk(n);
          if (disk) disks.push(await lookAt(fileName, disk));
        }
        if (disks.length === 0) throw new LibraryError("badMedia", "This package has no disk with contents.");
        return { name: ova.machine.name || name, format: "ova", disks, memoryMiB: ova.machine.memoryMiB };
      }
      const image = await openImage(store, { finder, id: file.name });
      return { name, format: image.info.format, disks: [await lookAt(file.name, image)], memoryMiB: null };
    });
  }

  /**
   * @param partitions their numbers; null: the whole disk, as it is
   * @returns what was made: a medium, a machine, or the contents of a file
   */
  async convert(
    source: ConversionSource,
    disk: SourceDisk,
    partitions: readonly number[] | null,
    result: ConversionResult,
    options: JobOptions,
  ): Promise<MediumRecord | MachineRecord | Blob> {
    const { library } = this;
    const contents = await orLibraryError(async () =>
      partitions === null ? disk.store : bringPartitions(disk.store, partitions),
    );
    if (result.kind === "file") {
      const sink = new DownloadSink();
      await orLibraryError(() => writeImage(contents, result.format, sink, copyOptions(options)), options.signal);
      return sink.blob();
    }
    const osId = (await recogniseSystem(contents).catch(() => null)) ?? "other";
    const medium = await library.importContents(
      // The source stays open: more may be made of it.
      new SliceStore(contents, 0, contents.sizeBytes),
      {
        kind: "disk",
        name: freeName(result.name, library.media),
        origin: { fileName: disk.name, format: source.format },
        neededBytes: contents.sizeBytes,
      },
      options,
    );
    if (result.kind === "disk") return medium;
    const { memoryMiB, cpuModel, bootOrder } = defaultsFor(isSystemId(osId) ? osId : "other");
    const wanted = source.memoryMiB ?? memoryMiB;
    try {
      return await library.create({
        name: freeName(result.name, library.machines),
        osId,
        hardware: { memoryMiB: Math.min(MAX_MEMORY_MIB, Math.max(MIN_MEMORY_MIB, wanted)), cpuModel, bootOrder },
        media: { disk0: medium.id },
      });
    } catch (error) {
      await library.removeMedium(medium.id);
      throw error;
    }
  }
}

/** Of several files the one to which no other refers: an image refers to its parent, not the other way round. */
async function topOf(files: readonly File[], finder: BlobFileFinder): Promise<File> {
  const referred = new Set<string>();
  if (files.length > 1)
    for (const file of files)
      await openImage(new BlobStore(file), {
        id: file.name,
        finder: {
          async find(name) {
            const found = await finder.find(name);
            if (found && found.id !== file.name) referred.add(found.id);
            return found;
          },
        },
      }).catch(() => null); // an extent alone is no image
  const [first, ...others] = files.filter(({ name }) => !referred.has(name));
  if (!first) throw new LibraryError("badInput", "Choose the image to convert.");
  if (others.length > 0)
    throw new LibraryError("badInput", "Choose one image, and with it only files to which it refers.");
  return first;
}

async function lookAt(name: string, store: BlockStore): Promise<SourceDisk> {
  const { sizeBytes } = store;
  const whole = await recogniseFileSystem(store);
  const table = whole?.kind === "iso9660" ? null : await readPartitionTable(store);
  if (!table) return { name, sizeBytes, store, partitions: null, warnings: [] };
  const partitions: PartitionFacts[] = [];
  for (const partition of table.partitions) {
    const present = Math.min(partition.sizeBytes, sizeBytes - partition.startBytes);
    const facts = present > 0 ? await recogniseFileSystem(new SliceStore(store, partition.startBytes, present)) : null;
    partitions.push({ ...partition, facts });
  }
  return { name, sizeBytes, store, partitions, warnings: table.warnings };
}

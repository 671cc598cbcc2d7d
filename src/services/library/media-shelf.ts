/** The media of a library: made, imported, looked at, changed, exported. */
import { LibraryError } from "../../protocol/library.ts";
import type {
  ExportFormat,
  FileFacts,
  ImportOptions,
  JobOptions,
  LayerId,
  LibrarySink,
  MediumDetails,
  MediumId,
  MediumKind,
  MediumRecord,
  SnapshotOf,
} from "../../protocol/library.ts";
import { said } from "../../shared/said.ts";
import { BlobStore } from "../../storage/blob-store.ts";
import type { BlockStore } from "../../storage/block-store.ts";
import { writeImage } from "../../storage/convert/write-image.ts";
import { openImage } from "../../storage/formats/open-image.ts";
import { recognise, sizeInWords } from "../../storage/media-check.ts";
import { checkDiskSize } from "../../storage/library/pieces.ts";
import {
  addLayer,
  addMedium,
  checkedName,
  mediumIn,
  removeMedium,
  snapshotIn,
  stackOf,
  usersOf,
} from "./catalogue-edits.ts";
import { copyOptions } from "./copy-options.ts";
import { copyIntoLayer } from "./copy-into-layer.ts";
import { inspectFile } from "./inspect-file.ts";
import type { LibraryCore } from "./library-core.ts";
import { asLibraryError, orLibraryError } from "./library-errors.ts";

/** What must be left beside what an import needs: the catalogue, and a browser's own book-keeping. */
const SPARE_BYTES = 16 << 20;

export class MediaShelf {
  constructor(private readonly core: LibraryCore) {}

  async createDisk(name: string, sizeBytes: number): Promise<MediumRecord> {
    return this.core.update((draft) => {
      checkDiskSize(sizeBytes);
      const layer = addLayer(draft, { parent: null, sizeBytes }, this.core.now());
      return addMedium(draft, { kind: "disk", name, sizeBytes }, layer.id, this.core.now());
    });
  }

  inspect(file: Blob): Promise<FileFacts> {
    return orLibraryError(() => inspectFile(new BlobStore(file)));
  }

  async importMedium(file: Blob, options: ImportOptions = {}): Promise<MediumRecord> {
    const fileName = file instanceof File ? file.name : "";
    const facts = await this.inspect(file);
    const kind = options.kind ?? facts.kind;
    if (facts.problem !== undefined && (options.kind === undefined || options.kind === facts.kind))
      throw new LibraryError("badMedia", facts.problem);
    if (!kind) throw new LibraryError("badMedia", "This file is no medium that is known; say what it is.");
    const name = options.name ?? (fileName.replace(/\.[^.]{1,6}$/, "") || "Imported");
    const source = new BlobStore(file);
    const contents = await orLibraryError(() => contentsOf(source, kind));
    const origin = { fileName, format: facts.format };
    return this.importContents(contents, { kind, name, origin, neededBytes: file.size }, options);
  }

  /** Copies a store into a new medium, and closes it. */
  async importContents(
    contents: BlockStore,
    wanted: { kind: MediumKind; name: string; origin?: MediumRecord["origin"]; neededBytes: number },
    options: JobOptions,
  ): Promise<MediumRecord> {
    const { core } = this;
    const { signal } = options;
    try {
      checkedName(said`A medium`, wanted.name);
      await this.expectRoom(Math.min(wanted.neededBytes, contents.sizeBytes));
      return await core.job(async (job) => {
        const { sizeBytes } = contents;
        const layer = await core.update((draft) => addLayer(draft, { parent: null, sizeBytes, job }, core.now()));
        try {
          await copyIntoLayer(contents, await core.storage.layers.open(layer.id, true), options);
          return await core.update((draft) => {
            const { job: _, ...done } = draft.layers[layer.id]!;
            draft.layers[layer.id] = done;
            return addMedium(draft, { ...wanted, sizeBytes }, layer.id, core.now());
          });
        } catch (error) {
          await this.dropLayer(layer.id);
          throw asLibraryError(error, signal);
        }
      }, signal);
    } finally {
      await contents.close?.();
    }
  }

  addUrlMedium(kind: MediumKind, url: string, name: string): Promise<MediumRecord> {
    return this.core.update((draft) => addMedium(draft, { kind, name, url, sizeBytes: 0 }, null, this.core.now()));
  }

  async rename(id: MediumId, name: string): Promise<void> {
    await this.core.update((draft) => void (mediumIn(draft, id).name = checkedName(said`A medium`, name)));
  }

  async remove(id: MediumId): Promise<void> {
    await this.core.update((draft) => removeMedium(draft, id));
  }

  async details(id: MediumId): Promise<MediumDetails> {
    const { core } = this;
    const medium = mediumIn(core.catalogue, id);
    const usedBy = usersOf(core.catalogue, id).map(({ machine, slot, snapshot }) => ({
      machineId: machine.id,
      machineName: machine.name,
      slot,
      snapshotId: snapshot?.id ?? null,
    }));
    const chain: MediumDetails["chain"] = [];
    const stack = medium.layer === null ? [] : stackOf(core.catalogue, medium.layer);
    for (const layer of stack) {
      const users = this.usersOfLayer(layer);
      const keptBytes = await orLibraryError(() => core.storage.layers.keptBytes(layer));
      chain.push({ layer, keptBytes, shared: users.media.some((other) => other !== id) || users.snapshots.length > 0, ...users }); // prettier-ignore
    }
    const sum = (shared: boolean): number =>
      chain.filter((each) => each.shared === shared).reduce((total, { keptBytes }) => total + keptBytes, 0);
    return { medium, usedBy, chain, ownBytes: sum(false), sharedBytes: sum(true) };
  }

  async resize(id: MediumId, sizeBytes: number, options: { discardEnd?: boolean } = {}): Promise<void> {
    const { core } = this;
    const medium = this.ownDisk(id);
    await core.alone(core.usersAndItself(id), async () => {
      const disk = await core.openLayers(medium.layer!, medium.sizeBytes, true);
      try {
        // Longer: what is behind the end is cleared first. Shorter: what is cut off is given back first, and is lost anyway.
        if (sizeBytes < medium.sizeBytes) {
          await disk.resize(sizeBytes, options);
          await disk.resize(medium.sizeBytes);
        } else await disk.resize(sizeBytes);
        await disk.flush();
        await core.update((draft) => {
          mediumIn(draft, id).sizeBytes = sizeBytes;
          draft.layers[medium.layer!]!.sizeBytes = sizeBytes;
        });
      } finally {
        await disk.close();
      }
    });
  }

  async compact(id: MediumId, options: JobOptions = {}): Promise<number> {
    const { core } = this;
    const medium = this.ownDisk(id);
    const { signal, onProgress } = options;
    const started = performance.now();
    const onChunk = (doneBytes: number): void =>
      onProgress?.({
        phase: "checking",
        doneBytes,
        totalBytes: medium.sizeBytes,
        bytesPerSecond: (doneBytes * 1000) / (performance.now() - started),
      });
    return core.alone(core.usersAndItself(id), async () => {
      const disk = await core.openLayers(medium.layer!, medium.sizeBytes, true);
      try {
        return await disk.compact({ ...(signal ? { signal } : {}), onChunk });
      } catch (error) {
        throw asLibraryError(error, signal);
      } finally {
        await disk.close();
      }
    });
  }

  async export(
    id: MediumId,
    format: ExportFormat,
    sink: LibrarySink,
    options: JobOptions & { of?: SnapshotOf } = {},
  ): Promise<void> {
    const medium = mediumIn(this.core.catalogue, id);
    if (medium.kind !== "disk" && format !== "raw")
      throw new LibraryError("badInput", "Only disks have other formats; CDs, floppies and files are exported raw.");
    const write = async (): Promise<void> => {
      const disk = await this.openToRead(id, options.of);
      try {
        await writeImage(disk, format, sink, copyOptions(options));
      } catch (error) {
        throw asLibraryError(error, options.signal);
      } finally {
        await disk.close?.();
      }
    };
    const frozen = options.of !== undefined || medium.kind !== "disk";
    await this.core.alone(frozen ? [] : this.core.usersAndItself(id), write);
  }

  /** The contents of a medium, or what a snapshot has of it; read-only. The caller closes it. */
  async openToRead(id: MediumId, of?: SnapshotOf): Promise<BlockStore> {
    const { core } = this;
    const medium = mediumIn(core.catalogue, id);
    if (medium.layer === null)
      throw new LibraryError(
        "badInput",
        said`The contents of "${medium.name}" are not kept here, but at ${medium.url ?? ""}.`,
      );
    const layer = of ? (snapshotIn(core.stored(of.machine), of.snapshot).layers[id] ?? medium.layer) : medium.layer;
    return core.openLayers(layer, core.catalogue.layers[layer]!.sizeBytes, false);
  }

  private async expectRoom(neededBytes: number): Promise<void> {
    const { usedBytes, quotaBytes } = await orLibraryError(() => this.core.storage.use());
    if (quotaBytes === null) return;
    const leftBytes = Math.max(0, quotaBytes - usedBytes);
    if (neededBytes + SPARE_BYTES > leftBytes)
      throw new LibraryError(
        "quota",
        said`This needs up to ${sizeInWords(neededBytes)}, but only ${sizeInWords(leftBytes)} may still be kept here.`,
      );
  }

  private async dropLayer(id: LayerId): Promise<void> {
    await this.core.update((draft) => void delete draft.layers[id]);
    await this.core.storage.layers.remove(id);
  }

  private ownDisk(id: MediumId): MediumRecord {
    const medium = mediumIn(this.core.catalogue, id);
    if (medium.kind !== "disk" || medium.layer === null)
      throw new LibraryError("badInput", said`"${medium.name}" is no disk that is kept here.`);
    return medium;
  }

  private usersOfLayer(layer: LayerId): { snapshots: string[]; media: MediumId[] } {
    const { catalogue } = this.core;
    const below = (top: LayerId): boolean => stackOf(catalogue, top).includes(layer);
    return {
      media: Object.values(catalogue.media)
        .filter((medium) => medium.layer !== null && below(medium.layer))
        .map(({ id }) => id),
      snapshots: Object.values(catalogue.machines)
        .flatMap(({ snapshots }) => snapshots)
        .filter(({ layers }) => Object.values(layers).some(below))
        .map(({ id }) => id),
    };
  }
}

/** What an image of any format holds; the file itself for other media. */
async function contentsOf(source: BlockStore, kind: MediumKind): Promise<BlockStore> {
  if (kind !== "disk") return source;
  const { kind: found } = await recognise(source);
  // A fixed VHD has its mark at its end.
  return found === "mbrDisk" || found === "gptDisk" || found === "unknown" || found === "diskFormat"
    ? openImage(source)
    : source;
}

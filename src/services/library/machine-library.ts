/**
 * The machine library (`LibraryApi`) over a storage: a browser's IndexedDB, or a folder in Node. Its parts: catalogue-edits.ts
 * (what may be changed how), media-shelf.ts, snapshot-book.ts, live-runs.ts, layer-care.ts.
 */
import { LibraryError } from "../../protocol/library.ts";
import type {
  CloneOptions,
  ExportFormat,
  FileFacts,
  ImportOptions,
  JobOptions,
  LibraryApi,
  LibrarySink,
  MachineChange,
  MachineId,
  MachineRecord,
  MediumDetails,
  MediumId,
  MediumKind,
  MediumRecord,
  NewMachine,
  SnapshotId,
  SnapshotOf,
  SnapshotRecord,
  StorageUse,
} from "../../protocol/library.ts";
import type { StoragePlace } from "../../protocol/machine-config.ts";
import type { LogEntry } from "../../protocol/machine-log.ts";
import { said } from "../../shared/said.ts";
import { BlobStore } from "../../storage/blob-store.ts";
import type { BlockStore } from "../../storage/block-store.ts";
import type { LibraryStorage } from "../../storage/library/library-storage.ts";
import { openOva } from "../../storage/ovf/package.ts";
import type { OvfPackage } from "../../storage/ovf/package.ts";
import {
  checkedGroup,
  createMachine,
  forgetMachine,
  machineIn,
  modifyMachine,
  removeMedium,
  renameMachine,
  usersOf,
} from "./catalogue-edits.ts";
import { readLog } from "./kept-log.ts";
import { LayerCare } from "./layer-care.ts";
import { LibraryCore } from "./library-core.ts";
import { orLibraryError } from "./library-errors.ts";
import { LiveRuns } from "./live-runs.ts";
import { MediaShelf } from "./media-shelf.ts";
import { exportPackage, importPackage } from "./packages.ts";
import { SnapshotBook } from "./snapshot-book.ts";

export class MachineLibrary extends EventTarget implements LibraryApi {
  readonly runs: LiveRuns;
  protected readonly core: LibraryCore;
  private readonly shelf: MediaShelf;
  private readonly book: SnapshotBook;
  private readonly care: LayerCare;

  constructor(storage: LibraryStorage, now: () => number = Date.now) {
    super();
    this.core = new LibraryCore(storage, now);
    this.runs = new LiveRuns(this.core);
    this.care = new LayerCare(this.core);
    this.shelf = new MediaShelf(this.core);
    this.book = new SnapshotBook(this.core, this.runs, this.care);
    this.core.addEventListener("change", () => this.dispatchEvent(new Event("change")));
  }

  /** Where the library is. */
  get place(): StoragePlace {
    return this.core.storage.place;
  }

  open(): Promise<void> {
    return this.core.open();
  }

  /** Looks at once at what others may have changed. */
  refresh(): Promise<void> {
    return this.core.refresh();
  }

  get machines(): readonly MachineRecord[] {
    return this.core.machines;
  }

  get media(): readonly MediumRecord[] {
    return this.core.media;
  }

  machine(id: MachineId): MachineRecord | undefined {
    return this.core.machine(id);
  }

  medium(id: MediumId): MediumRecord | undefined {
    return this.core.medium(id);
  }

  async create(machine: NewMachine): Promise<MachineRecord> {
    const { id } = await this.core.update((draft) => createMachine(draft, machine, this.core.now()));
    return this.core.machine(id)!;
  }

  async modify(id: MachineId, change: MachineChange): Promise<void> {
    const { core } = this;
    await core.refresh();
    if (!core.isOff(id) && !core.here.has(id) && (change.hardware || change.media))
      throw new LibraryError("inUse", said`"${core.stored(id).name}" runs in another tab; change it there.`);
    const off = core.isOff(id) && core.stored(id).state !== "saved";
    await core.update((draft) => modifyMachine(draft, id, change, off));
  }

  async rename(id: MachineId, name: string): Promise<void> {
    await this.core.update((draft) => renameMachine(draft, id, name));
  }

  async setGroup(ids: readonly MachineId[], group: string): Promise<void> {
    const checked = checkedGroup(group);
    await this.core.update((draft) => {
      for (const id of ids) machineIn(draft, id).group = checked;
    });
  }

  async remove(id: MachineId, { media = false }: { media?: boolean } = {}): Promise<void> {
    const { core } = this;
    await core.alone([id], () =>
      core.update((draft) => {
        const used = forgetMachine(draft, id);
        if (media) for (const medium of used) if (usersOf(draft, medium).length === 0) removeMedium(draft, medium);
      }),
    );
    await this.care.tidy();
  }

  async thumbnail(id: MachineId, snapshot?: SnapshotId): Promise<Uint8Array | null> {
    return orLibraryError(async () => (await this.core.storage.blobs.get(`thumbnails/${snapshot ?? id}`)) ?? null);
  }

  log(id: MachineId): Promise<readonly LogEntry[]> {
    return orLibraryError(() => readLog(this.core.storage.blobs, id));
  }

  createDisk(name: string, sizeBytes: number): Promise<MediumRecord> {
    return this.shelf.createDisk(name, sizeBytes);
  }

  inspect(file: Blob): Promise<FileFacts> {
    return this.shelf.inspect(file);
  }

  importMedium(file: Blob, options?: ImportOptions): Promise<MediumRecord> {
    return this.shelf.importMedium(file, options);
  }

  addUrlMedium(kind: MediumKind, url: string, name: string): Promise<MediumRecord> {
    return this.shelf.addUrlMedium(kind, url, name);
  }

  renameMedium(id: MediumId, name: string): Promise<void> {
    return this.shelf.rename(id, name);
  }

  async removeMedium(id: MediumId): Promise<void> {
    await this.shelf.remove(id);
    await this.care.tidy();
  }

  /** The contents of a medium, or what a snapshot has of it; read-only. The caller closes it. */
  openToRead(id: MediumId, of?: SnapshotOf): Promise<BlockStore> {
    return this.shelf.openToRead(id, of);
  }

  mediumDetails(id: MediumId): Promise<MediumDetails> {
    return this.shelf.details(id);
  }

  resizeDisk(id: MediumId, sizeBytes: number, options?: { discardEnd?: boolean }): Promise<void> {
    return this.shelf.resize(id, sizeBytes, options);
  }

  compactDisk(id: MediumId, options?: JobOptions): Promise<number> {
    return this.shelf.compact(id, options);
  }

  exportMedium(
    id: MediumId,
    format: ExportFormat,
    sink: LibrarySink,
    options?: JobOptions & { of?: SnapshotOf },
  ): Promise<void> {
    return this.shelf.export(id, format, sink, options);
  }

  async importMachine(file: Blob, options: JobOptions & { name?: string } = {}): Promise<MachineRecord> {
    return this.importPackage(await orLibraryError(() => openOva(new BlobStore(file))), file.size, options);
  }

  /** The same for a package that is open already. */
  importPackage(
    ova: OvfPackage,
    packageBytes: number,
    options: JobOptions & { name?: string },
  ): Promise<MachineRecord> {
    return importPackage(this.core, this.shelf, ova, packageBytes, options);
  }

  /** A medium from contents that are open already; they are closed behind it. */
  importContents(
    contents: BlockStore,
    wanted: { kind: MediumKind; name: string; origin?: MediumRecord["origin"]; neededBytes: number },
    options: JobOptions,
  ): Promise<MediumRecord> {
    return this.shelf.importContents(contents, wanted, options);
  }

  exportMachine(id: MachineId, sink: LibrarySink, options: JobOptions = {}): Promise<void> {
    return exportPackage(this.core, this.shelf, id, sink, options);
  }

  async takeSnapshot(
    id: MachineId,
    name: string,
    options?: { description?: string; automatic?: boolean },
  ): Promise<SnapshotRecord> {
    return this.book.take(id, name, options);
  }

  restoreSnapshot(id: MachineId, snapshot: SnapshotId): Promise<void> {
    return this.book.restore(id, snapshot);
  }

  deleteSnapshot(id: MachineId, snapshot: SnapshotId): Promise<void> {
    return this.book.delete(id, snapshot);
  }

  renameSnapshot(id: MachineId, snapshot: SnapshotId, name: string, description?: string): Promise<void> {
    return this.book.rename(id, snapshot, name, description);
  }

  snapshotBytes(id: MachineId, snapshot: SnapshotId): Promise<number> {
    return this.book.bytesOf(id, snapshot);
  }

  clone(id: MachineId, options: CloneOptions): Promise<MachineRecord> {
    return this.book.clone(id, options);
  }

  discardSavedState(id: MachineId): Promise<void> {
    return this.book.discardSavedState(id);
  }

  /** Suspends a machine that runs here; whoever runs it ends it afterwards. */
  saveState(id: MachineId): Promise<void> {
    return this.book.saveState(id);
  }

  storageUse(): Promise<StorageUse> {
    return orLibraryError(() => this.core.storage.use());
  }

  persist(): Promise<boolean> {
    return orLibraryError(() => this.core.storage.persist());
  }

  tidy(): Promise<number> {
    return this.care.tidy();
  }
}

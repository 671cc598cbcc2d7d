/**
 * Does with machines and media of the library what a person asks for: what takes its time is a job, what fails is told at
 * the desk. Nothing here rejects. Fires "notice" (detail: LibraryNotice) for what is worth saying once.
 */
import type {
  CloneOptions,
  ExportFormat,
  LibraryApi,
  MachineChange,
  MachineId,
  MediumId,
  MediumKind,
  MediumRecord,
  SnapshotId,
} from "../protocol/library.ts";
import type { Desk } from "./desk.ts";
import { DownloadSink } from "./download-sink.ts";
import type { Jobs } from "./jobs.ts";
import type { LibraryRuns } from "./library/library-run.ts";
import type { MachineAction } from "./machine-actions.ts";
import { freeName } from "./machine-list.ts";

export type PageLibraryApi = LibraryApi & LibraryRuns;

export interface LibraryNotice {
  kind:
    "imported" | "exported" | "converted" | "cloned" | "created" | "snapshot" | "restored" | "removed" | "compacted";
  name: string;
  /** Of `compacted`: what was given back. */
  bytes?: number;
}

export class Clerk extends EventTarget {
  constructor(
    readonly library: PageLibraryApi,
    private readonly desk: Desk,
    readonly jobs: Jobs,
    private readonly saveFile: (blob: Blob, name: string) => void,
  ) {
    super();
  }

  /** What needs no further word. Other actions are asked about first. */
  async perform(action: MachineAction, ids: readonly MachineId[]): Promise<void> {
    const [id] = ids;
    switch (action) {
      case "start":
        if (ids.length === 1) return this.desk.openKept(id!, true);
        await Promise.all(ids.map((each) => this.desk.openKept(each, true, false)));
        return;
      case "show":
        return this.desk.openKept(id!, false);
      case "toFront":
        return this.library.bringToFront(id!);
      case "discardState":
        return void (await this.attempt(() => this.library.discardSavedState(id!)));
      default:
        await Promise.all(ids.map((each) => this.withOpen(action, each)));
    }
  }

  private async withOpen(action: MachineAction, id: MachineId): Promise<void> {
    const machine = this.desk.ofLibrary(id);
    if (!machine) return;
    const { session } = machine;
    switch (action) {
      case "pause":
        return session.pause();
      case "resume":
        return session.resume();
      case "reset":
        return session.reset();
      case "saveState":
        return this.desk.saveState(machine);
      case "shutDown":
        return this.desk.shutDown(machine);
      case "powerOff":
        return this.desk.close(machine);
    }
  }

  /** A machine whose session is open though it is off is closed, so that something can be done with it. */
  private async freed(id: MachineId): Promise<void> {
    const open = this.desk.ofLibrary(id);
    if (open && !open.isOn) await this.desk.close(open);
  }

  rename(id: MachineId, name: string): Promise<boolean> {
    return this.attempt(() => this.library.rename(id, name));
  }

  setGroup(ids: readonly MachineId[], group: string): Promise<boolean> {
    return this.attempt(() => this.library.setGroup(ids, group));
  }

  async modify(id: MachineId, change: MachineChange): Promise<boolean> {
    if (change.hardware || change.media) await this.freed(id);
    return this.attempt(() => this.library.modify(id, change));
  }

  /** At once where the machine runs here. */
  async insert(id: MachineId, slot: "cdrom" | "floppy", medium: MediumId | null): Promise<boolean> {
    const run = this.library.runOf(id);
    if (run && this.desk.ofLibrary(id)?.isOn) return this.attempt(() => run.insert(slot, medium));
    return this.modify(id, { media: { [slot]: medium } });
  }

  async remove(id: MachineId, media: boolean): Promise<void> {
    const name = this.nameOf(id);
    const open = this.desk.ofLibrary(id);
    if (open) await this.desk.close(open);
    if (await this.attempt(() => this.library.remove(id, { media }))) this.tell({ kind: "removed", name });
  }

  async takeSnapshot(id: MachineId, name: string, description: string): Promise<void> {
    await this.freed(id);
    if (await this.attempt(() => this.library.takeSnapshot(id, name, { description })))
      this.tell({ kind: "snapshot", name });
  }

  async restoreSnapshot(id: MachineId, snapshot: SnapshotId): Promise<void> {
    const open = this.desk.ofLibrary(id);
    const name = this.library.machine(id)?.snapshots.find((each) => each.id === snapshot)?.name ?? "";
    // What runs now is given up: the person was asked.
    if (open) await this.desk.close(open);
    if (await this.attempt(() => this.library.restoreSnapshot(id, snapshot))) this.tell({ kind: "restored", name });
  }

  renameSnapshot(id: MachineId, snapshot: SnapshotId, name: string, description: string): Promise<boolean> {
    return this.attempt(() => this.library.renameSnapshot(id, snapshot, name, description));
  }

  deleteSnapshot(id: MachineId, snapshot: SnapshotId): Promise<boolean> {
    return this.attempt(() => this.library.deleteSnapshot(id, snapshot));
  }

  async clone(id: MachineId, options: Omit<CloneOptions, "signal" | "onProgress">): Promise<void> {
    await this.freed(id);
    await this.job("clone", "cloned", options.name, (job) => this.library.clone(id, { ...options, ...job }));
  }

  async exportMachine(id: MachineId): Promise<void> {
    const name = this.nameOf(id);
    await this.freed(id);
    await this.job("export", "exported", name, async (job) => {
      const sink = new DownloadSink();
      await this.library.exportMachine(id, sink, job);
      this.saveFile(sink.blob(), `${fileName(name)}.ova`);
    });
  }

  async exportMedium(medium: MediumRecord, format: ExportFormat): Promise<void> {
    await this.job("export", "exported", medium.name, async (job) => {
      const sink = new DownloadSink();
      await this.library.exportMedium(medium.id, format, sink, job);
      const ending = medium.kind === "cdrom" ? "iso" : format === "raw" ? "img" : format.replace(/-.*/, "");
      this.saveFile(sink.blob(), `${fileName(medium.name)}.${ending}`);
    });
  }

  /** Machines of packages, media of everything else. */
  async importFiles(files: readonly File[]): Promise<void> {
    for (const file of files)
      await this.job("import", "imported", file.name, async (job) => {
        const facts = await this.library.inspect(file);
        if (facts.format === "ova") await this.library.importMachine(file, job);
        else await this.library.importMedium(file, job);
      });
  }

  importMedium(file: File, kind: MediumKind): Promise<MediumRecord | null> {
    return this.job("import", "imported", file.name, (job) => this.library.importMedium(file, { ...job, kind }));
  }

  /** @returns null where it failed */
  async createDisk(name: string, sizeBytes: number): Promise<MediumRecord | null> {
    const free = freeName(name, this.library.media);
    let disk: MediumRecord | null = null;
    await this.attempt(async () => (disk = await this.library.createDisk(free, sizeBytes)));
    return disk;
  }

  renameMedium(id: MediumId, name: string): Promise<boolean> {
    return this.attempt(() => this.library.renameMedium(id, name));
  }

  async removeMedia(ids: readonly MediumId[]): Promise<void> {
    for (const id of ids) {
      const name = this.library.medium(id)?.name ?? "";
      if (await this.attempt(() => this.library.removeMedium(id))) this.tell({ kind: "removed", name });
    }
  }

  resizeDisk(id: MediumId, sizeBytes: number): Promise<boolean> {
    return this.attempt(() => this.library.resizeDisk(id, sizeBytes));
  }

  async compactDisk(medium: MediumRecord): Promise<void> {
    try {
      const bytes = await this.jobs.run("compact", medium.name, (job) => this.library.compactDisk(medium.id, job));
      this.tell({ kind: "compacted", name: medium.name, bytes });
    } catch (error) {
      this.desk.tellError(error);
    }
  }

  persist(): Promise<boolean> {
    return this.attempt(() => this.library.persist());
  }

  /** Runs a job of which a person hears when it is done. @returns null where it failed or was given up */
  async job<T>(
    kind: Parameters<Jobs["run"]>[0],
    done: LibraryNotice["kind"],
    name: string,
    work: Parameters<typeof this.jobs.run<T>>[2],
  ): Promise<T | null> {
    try {
      const result = await this.jobs.run(kind, name, work);
      this.tell({ kind: done, name });
      return result;
    } catch (error) {
      this.desk.tellError(error);
      return null;
    }
  }

  private nameOf(id: MachineId): string {
    return this.library.machine(id)?.name ?? "";
  }

  private tell(notice: LibraryNotice): void {
    this.dispatchEvent(new CustomEvent("notice", { detail: notice }));
  }

  private async attempt(action: () => Promise<unknown>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.desk.tellError(error);
      return false;
    }
  }
}

/** What every file system takes. */
export function fileName(name: string): string {
  const plain = Array.from(name, (char) => (char < " " || '\\/:*?"<>|'.includes(char) ? "_" : char)).join("");
  return plain.trim() || "machine";
}

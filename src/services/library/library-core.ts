/**
 * What all parts of the library stand on: the catalogue as it was last seen, changes of it, and who may do what now. Fires
 * "change" when something in the catalogue, or where a machine runs, is different.
 */
import { LibraryError } from "../../protocol/library.ts";
import type {
  LayerId,
  MachineId,
  MachineRecord,
  MachineState,
  MediumId,
  MediumRecord,
} from "../../protocol/library.ts";
import { defaultLimits } from "../../protocol/machine-config.ts";
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { emptyCatalogue } from "../../storage/library/catalogue.ts";
import type { Catalogue, StoredMachine } from "../../storage/library/catalogue.ts";
import { LayeredDisk } from "../../storage/library/layered-disk.ts";
import type { LibraryStorage } from "../../storage/library/library-storage.ts";
import { jobLock, machineLock } from "../../storage/library/locks.ts";
import { machineIn, newId, stackOf, usersOf } from "./catalogue-edits.ts";
import { orLibraryError } from "./library-errors.ts";

/** States that a machine has only while somebody runs it. */
const LIVE: readonly MachineState[] = ["starting", "running", "paused", "saving", "restoring", "stopping"];

export class LibraryCore extends EventTarget {
  catalogue: Catalogue = emptyCatalogue();
  machines: readonly MachineRecord[] = [];
  media: readonly MediumRecord[] = [];
  /** Machines that run here. */
  readonly here = new Set<MachineId>();
  /** What those said last of their states: the catalogue cannot be told of it where there is no room. */
  readonly live = new Map<MachineId, { state: MachineState; reason?: Said | string }>();
  private held: ReadonlySet<string> = new Set();
  private readonly watched = new Map<MachineId, () => void>();

  constructor(
    readonly storage: LibraryStorage,
    readonly now: () => number = Date.now,
  ) {
    super();
  }

  async open(): Promise<void> {
    this.storage.catalogue.watch(() => void this.refresh());
    await this.refresh();
  }

  /** Looks at what others may have changed. */
  async refresh(): Promise<void> {
    await orLibraryError(async () => {
      const catalogue = await this.storage.catalogue.read();
      this.held = await this.storage.locks.held();
      this.show(catalogue);
    });
  }

  async update<T>(change: (draft: Catalogue) => T): Promise<T> {
    return orLibraryError(async () => {
      const { catalogue, result } = await this.storage.catalogue.update(change);
      this.held = await this.storage.locks.held();
      this.show(catalogue);
      return result;
    });
  }

  machine(id: MachineId): MachineRecord | undefined {
    return this.machines.find((machine) => machine.id === id);
  }

  medium(id: MediumId): MediumRecord | undefined {
    return this.catalogue.media[id];
  }

  /** Whether nobody runs the machine, here or elsewhere. */
  isOff(id: MachineId): boolean {
    return !this.here.has(id) && !this.held.has(machineLock(id));
  }

  /** Does something while nobody can run these machines, or work on these media. @throws LibraryError `inUse` */
  async alone<T>(ids: Iterable<MachineId | MediumId>, work: () => Promise<T>): Promise<T> {
    const releases: (() => Promise<void>)[] = [];
    try {
      for (const id of new Set(ids)) {
        const release = await orLibraryError(() => this.storage.locks.take(machineLock(id)));
        if (!release) {
          const machine = this.catalogue.machines[id];
          if (machine)
            throw new LibraryError("inUse", said`"${machine.name}" is in use; it must be powered off for that.`);
          throw new LibraryError(
            "inUse",
            said`Something is being done with "${this.medium(id)?.name ?? ""}"; it must be over first.`,
          );
        }
        releases.push(release);
      }
      return await orLibraryError(work);
    } finally {
      for (const release of releases) await release();
      if (releases.length > 0) await this.refresh();
    }
  }

  /** Does something under a lock that says, to whoever finds its traces, that it is still under way. */
  async job<T>(work: (job: string) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const job = newId();
    const release = await orLibraryError(() => this.storage.locks.take(jobLock(job)));
    try {
      signal?.throwIfAborted();
      return await orLibraryError(() => work(job), signal);
    } finally {
      await release?.();
    }
  }

  /** What must not be in use while a medium is changed: the machines that have it in a drive or a snapshot, and itself. */
  usersAndItself(id: MediumId): (MachineId | MediumId)[] {
    return [...usersOf(this.catalogue, id).map(({ machine }) => machine.id), id];
  }

  /** The contents of a layer with all below it. The caller closes it. @param sizeBytes of the disk */
  async openLayers(top: LayerId, sizeBytes: number, writable: boolean): Promise<LayeredDisk> {
    const { layers } = this.storage;
    return orLibraryError(async () => {
      const stack = stackOf(this.catalogue, top);
      const keepers = await Promise.all(stack.map((id, n) => layers.open(id, writable && n === 0)));
      return LayeredDisk.open(keepers, { sizeBytes, writable });
    });
  }

  private show(catalogue: Catalogue): void {
    if (catalogue.revision < this.catalogue.revision) return;
    this.catalogue = catalogue;
    this.machines = Object.values(catalogue.machines)
      .map((machine) => this.recordOf(machine))
      .sort((a, b) => a.name.localeCompare(b.name));
    this.media = Object.values(catalogue.media).sort((a, b) => a.name.localeCompare(b.name));
    this.watchOthers();
    this.dispatchEvent(new Event("change"));
  }

  private recordOf(stored: StoredMachine): MachineRecord {
    const runs = this.here.has(stored.id) ? "here" : this.held.has(machineLock(stored.id)) ? "elsewhere" : null;
    const record: MachineRecord = { ...stored, limits: stored.limits ?? defaultLimits, runs };
    const live = runs === "here" && stored.state !== "saved" ? this.live.get(stored.id) : undefined;
    if (live) {
      record.state = live.state;
      if (live.reason === undefined) delete record.stateReason;
      else record.stateReason = live.reason;
    }
    const missing = this.missingFrom(stored);
    if (runs === null && missing) Object.assign(record, { state: "inaccessible", stateReason: missing });
    else if (runs === null && LIVE.includes(stored.state))
      Object.assign(record, {
        state: "aborted",
        stateReason: said`The page in which it ran was closed, or failed.`,
      });
    return record;
  }

  private missingFrom(machine: StoredMachine): Said | undefined {
    for (const [slot, id] of Object.entries(machine.media)) {
      const medium = this.catalogue.media[id];
      if (!medium) return said`What was in ${slot} is not in the library any more.`;
      if (medium.layer !== null && !this.catalogue.layers[medium.layer])
        return said`The contents of "${medium.name}" are not in the library any more.`;
    }
    return undefined;
  }

  /** A tab that ends says nothing: its locks become free. */
  private watchOthers(): void {
    const elsewhere = new Set(this.machines.filter(({ runs }) => runs === "elsewhere").map(({ id }) => id));
    for (const [id, stop] of this.watched) {
      if (elsewhere.has(id)) continue;
      stop();
      this.watched.delete(id);
    }
    for (const id of elsewhere) {
      if (this.watched.has(id)) continue;
      const onFree = (): void => {
        this.watched.delete(id);
        void this.refresh();
      };
      this.watched.set(id, this.storage.locks.whenFree(machineLock(id), onFree));
    }
  }

  /** As stored. @throws LibraryError `notFound` */
  stored(id: MachineId): StoredMachine {
    return machineIn(this.catalogue, id);
  }
}

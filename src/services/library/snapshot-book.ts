/**
 * Snapshots, clones and saved states. All are the same two things: layers of disks that are frozen, with new ones on top,
 * and a memory. For a machine that runs, the catalogue names the new layers before its worker is asked to write to them:
 * they are empty until then, so at every moment what the catalogue says is what the guest was told is durable. The
 * snapshot itself is named when all of it is there.
 */
import { DISK_SLOTS, LibraryError } from "../../protocol/library.ts";
import type {
  Attachments,
  CloneOptions,
  LayerId,
  MachineId,
  MachineRecord,
  MediumId,
  MemoryId,
  SnapshotId,
  SnapshotRecord,
} from "../../protocol/library.ts";
import { defaultLimits } from "../../protocol/machine-config.ts";
import type { CaptureRequest } from "../../protocol/vm-api.ts";
import { said } from "../../shared/said.ts";
import type { Catalogue, StoredMachine } from "../../storage/library/catalogue.ts";
import {
  addLayer,
  addMedium,
  checkedName,
  createMachine,
  machineIn,
  mediumIn,
  neededLayers,
  newId,
  snapshotIn,
} from "./catalogue-edits.ts";
import { copyIntoLayer } from "./copy-into-layer.ts";
import type { LayerCare } from "./layer-care.ts";
import type { LibraryCore } from "./library-core.ts";
import { orLibraryError } from "./library-errors.ts";
import type { LiveMachine, LiveRuns } from "./live-runs.ts";

const PACK_BYTES = 1 << 20;

/** The disks that are kept, and their frozen layers. */
type FrozenLayers = Record<MediumId, LayerId>;

/** A moment of a machine: what was set, in the drives, on the disks and in the memory. */
type Moment = Pick<SnapshotRecord, "hardware" | "media" | "layers" | "memory">;

export class SnapshotBook {
  constructor(
    private readonly core: LibraryCore,
    private readonly runs: LiveRuns,
    private readonly care: LayerCare,
  ) {}

  async take(
    id: MachineId,
    name: string,
    { description = "", automatic = false }: { description?: string; automatic?: boolean } = {},
  ): Promise<SnapshotRecord> {
    const checked = checkedName(said`A snapshot`, name);
    const snapshotId = newId();
    const record = (machine: StoredMachine, moment: Moment): SnapshotRecord => {
      const snapshot: SnapshotRecord = {
        ...moment,
        id: snapshotId,
        parent: machine.currentSnapshot,
        name: checked,
        description,
        takenAt: this.core.now(),
        hasMemory: moment.memory !== null,
        automatic,
        thumbnailVersion: machine.thumbnailVersion,
      };
      machine.snapshots.push(snapshot);
      machine.currentSnapshot = snapshotId;
      return snapshot;
    };
    // The last picture may be a while old.
    await this.runs.takePicture(id);
    const snapshot = await this.momentOf(id, record);
    await this.copyThumbnail(id, snapshotId);
    return snapshot;
  }

  async restore(id: MachineId, snapshotId: SnapshotId): Promise<void> {
    const { core } = this;
    if (core.here.has(id))
      throw new LibraryError(
        "inUse",
        said`"${core.stored(id).name}" must be powered off before a snapshot is restored.`,
      );
    await core.alone([id], async () => {
      await core.update((draft) => {
        const machine = machineIn(draft, id);
        const snapshot = snapshotIn(machine, snapshotId);
        expectDisksFree(draft, id, snapshot.media);
        for (const [medium, layer] of Object.entries(snapshot.layers)) {
          const { sizeBytes } = draft.layers[layer]!;
          const disk = mediumIn(draft, medium);
          disk.layer = addLayer(draft, { parent: layer, sizeBytes }, core.now()).id;
          disk.sizeBytes = sizeBytes;
        }
        machine.hardware = structuredClone(snapshot.hardware);
        machine.media = { ...snapshot.media };
        machine.savedMemory = snapshot.memory;
        machine.state = snapshot.memory === null ? "poweredOff" : "saved";
        delete machine.stateReason;
        machine.currentSnapshot = snapshotId;
        machine.thumbnailVersion++;
      });
      await this.copyThumbnail(snapshotId, id);
    });
    await this.care.tidy();
  }

  async delete(id: MachineId, snapshotId: SnapshotId): Promise<void> {
    const { core } = this;
    const forget = (): Promise<void> =>
      core.update((draft) => {
        const machine = machineIn(draft, id);
        const { parent } = snapshotIn(machine, snapshotId);
        machine.snapshots = machine.snapshots.filter((each) => each.id !== snapshotId);
        for (const each of machine.snapshots) if (each.parent === snapshotId) each.parent = parent;
        if (machine.currentSnapshot === snapshotId) machine.currentSnapshot = parent;
      });
    // While it runs here its layers stay as they are; they are merged when it is off.
    if (core.here.has(id)) await forget();
    else await core.alone([id], forget);
    await this.care.tidy();
  }

  async rename(id: MachineId, snapshotId: SnapshotId, name: string, description?: string): Promise<void> {
    await this.core.update((draft) => {
      const snapshot = snapshotIn(machineIn(draft, id), snapshotId);
      snapshot.name = checkedName(said`A snapshot`, name);
      if (description !== undefined) snapshot.description = description;
    });
  }

  async bytesOf(id: MachineId, snapshotId: SnapshotId): Promise<number> {
    const { catalogue, storage } = this.core;
    const without = structuredClone(catalogue);
    const machine = machineIn(without, id);
    const { memory } = snapshotIn(machine, snapshotId);
    machine.snapshots = machine.snapshots.filter((each) => each.id !== snapshotId);
    const needed = neededLayers(without);
    const freed = [...neededLayers(catalogue)].filter((layer) => !needed.has(layer));
    let total = 0;
    for (const layer of freed) total += await orLibraryError(() => storage.layers.keptBytes(layer));
    const others = Object.values(catalogue.memories).filter((each) => each.id !== memory);
    const shared = new Set(others.flatMap(({ packs }) => packs));
    const own = memory === null ? [] : (catalogue.memories[memory]?.packs ?? []).filter((pack) => !shared.has(pack));
    return total + own.length * PACK_BYTES;
  }

  /** A new machine as the other is at this moment, or was at a snapshot. It is `saved` where that one was running. */
  async clone(id: MachineId, options: CloneOptions): Promise<MachineRecord> {
    const { core } = this;
    const { name, how, snapshot } = options;
    checkedName(said`A machine`, name);
    let cloneId = "";
    const record = (machine: StoredMachine, moment: Moment, draft: Catalogue): void => {
      cloneId = makeClone(draft, machine, moment, name, core.now()).id;
    };
    if (snapshot === undefined) await this.momentOf(id, record);
    else
      await core.update((draft) => {
        const machine = machineIn(draft, id);
        record(machine, structuredClone(snapshotIn(machine, snapshot)), draft);
      });
    await this.copyThumbnail(snapshot ?? id, cloneId);
    if (how === "full") {
      try {
        await this.separate(cloneId, options);
      } catch (error) {
        await core.update((draft) => forgetClone(draft, cloneId));
        await this.care.tidy();
        throw error;
      }
    }
    return core.machine(cloneId)!;
  }

  /** Suspends a machine that runs here. Its worker stands still afterwards and is to be ended. */
  async saveState(id: MachineId): Promise<void> {
    const live = this.liveOf(id);
    if (!live) throw new LibraryError("inUse", said`"${this.core.stored(id).name}" does not run here.`);
    await this.runs.takePicture(id);
    await this.core.job(async (job) => {
      const memory = await this.core.update((draft) => addMemory(draft, id, job, this.core.now()));
      const { packs } = await capture(live, this.requestFor(memory, {}, "stay"));
      await this.core.update((draft) => {
        finishMemory(draft, memory.id, packs);
        const machine = machineIn(draft, id);
        machine.savedMemory = memory.id;
        machine.state = "saved";
        delete machine.stateReason;
      });
    });
  }

  async discardSavedState(id: MachineId): Promise<void> {
    await this.core.alone([id], () =>
      this.core.update((draft) => {
        const machine = machineIn(draft, id);
        machine.savedMemory = null;
        if (machine.state === "saved") machine.state = "poweredOff";
      }),
    );
    await this.care.tidy();
  }

  /** Freezes what a machine is, running or not, and has `record` make something of it in the catalogue. */
  private async momentOf<T>(
    id: MachineId,
    record: (machine: StoredMachine, moment: Moment, draft: Catalogue) => T,
  ): Promise<T> {
    const { core } = this;
    const live = this.liveOf(id);
    if (live) return this.momentOfRunning(id, live, record);
    const now = (): Promise<T> =>
      core.update((draft) => {
        const machine = machineIn(draft, id);
        const layers = freezeDisks(draft, machine, core.now()).frozen;
        const memory = machine.state === "saved" ? machine.savedMemory : null;
        return record(machine, momentNow(machine, layers, memory), draft);
      });
    if (!core.here.has(id)) return core.alone([id], now);
    // It is off, but its worker has its disks open.
    throw new LibraryError("inUse", said`"${core.stored(id).name}" is open here; close it, or do this while it runs.`);
  }

  private momentOfRunning<T>(
    id: MachineId,
    live: LiveMachine,
    record: (machine: StoredMachine, moment: Moment, draft: Catalogue) => T,
  ): Promise<T> {
    const { core } = this;
    return core.job(async (job) => {
      const begun = await core.update((draft) => {
        const machine = machineIn(draft, id);
        const disks = freezeDisks(draft, machine, core.now());
        return { disks, memory: addMemory(draft, id, job, core.now()), moment: momentNow(machine, disks.frozen, null) };
      });
      const { packs } = await capture(live, this.requestFor(begun.memory, begun.disks.byDrive, "goOn"));
      const picture = this.runs.takePicture(id);
      const result = await core.update((draft) => {
        finishMemory(draft, begun.memory.id, packs);
        return record(machineIn(draft, id), { ...begun.moment, memory: begun.memory.id }, draft);
      });
      await picture;
      return result;
    });
  }

  private requestFor(
    memory: { id: MemoryId; packs: string[] },
    layers: Record<string, LayerId>,
    then: CaptureRequest["then"],
  ): CaptureRequest {
    return { memory: { place: this.core.storage.place, id: memory.id, mayUse: memory.packs }, layers, then };
  }

  private liveOf(id: MachineId): LiveMachine | null {
    const live = this.runs.liveOf(id);
    return live && (live.state === "running" || live.state === "paused") ? live : null;
  }

  /** Gives a linked clone disks of its own. */
  private async separate(id: MachineId, options: CloneOptions): Promise<void> {
    const { core } = this;
    await core.alone([id], () =>
      core.job(async (job) => {
        for (const medium of keptDisks(core.catalogue, core.stored(id).media)) {
          const { layer: from, sizeBytes } = mediumIn(core.catalogue, medium);
          const own = await core.update((draft) => addLayer(draft, { parent: null, sizeBytes, job }, core.now()));
          const source = await core.openLayers(from!, sizeBytes, false);
          try {
            await copyIntoLayer(source, await core.storage.layers.open(own.id, true), options);
          } finally {
            await source.close();
          }
          await core.update((draft) => {
            mediumIn(draft, medium).layer = own.id;
            const { job: _, ...done } = draft.layers[own.id]!;
            draft.layers[own.id] = done;
          });
        }
      }, options.signal),
    );
    await this.care.tidy();
  }

  private async copyThumbnail(from: string, to: string): Promise<void> {
    const { blobs } = this.core.storage;
    await orLibraryError(async () => {
      const picture = await blobs.get(`thumbnails/${from}`);
      if (picture) await blobs.put(`thumbnails/${to}`, picture);
    });
  }
}

async function capture(live: LiveMachine, request: CaptureRequest): Promise<{ packs: string[] }> {
  return orLibraryError(() => live.api.capture(request));
}

function momentNow(machine: StoredMachine, layers: FrozenLayers, memory: MemoryId | null): Moment {
  return { hardware: structuredClone(machine.hardware), media: { ...machine.media }, layers, memory };
}

function keptDisks(catalogue: Catalogue, media: Attachments): MediumId[] {
  return DISK_SLOTS.map((slot) => media[slot]).filter((id) => id !== undefined && mediumIn(catalogue, id).layer !== null) as MediumId[]; // prettier-ignore
}

/** New layers on top of a machine's disks. @returns what was on top, and the new ones by the drive of the worker */
function freezeDisks(
  draft: Catalogue,
  machine: StoredMachine,
  now: number,
): { frozen: FrozenLayers; byDrive: Record<string, LayerId> } {
  const frozen: FrozenLayers = {};
  const byDrive: Record<string, LayerId> = {};
  const disks = DISK_SLOTS.flatMap((slot) => machine.media[slot] ?? []);
  disks.forEach((id, n) => {
    const medium = mediumIn(draft, id);
    if (medium.layer === null) return;
    frozen[id] = medium.layer;
    medium.layer = addLayer(draft, { parent: medium.layer, sizeBytes: medium.sizeBytes }, now).id;
    byDrive[`disk${n}`] = medium.layer;
  });
  return { frozen, byDrive };
}

/** A memory that a job begins to write. It names the packs that the worker may name again, so that they stay. */
function addMemory(draft: Catalogue, id: MachineId, job: string, now: number): { id: MemoryId; packs: string[] } {
  const machine = machineIn(draft, id);
  const memories = [machine.savedMemory, machine.runsOn ?? null, ...machine.snapshots.map(({ memory }) => memory)];
  const all = memories.flatMap((each) => (each === null ? [] : (draft.memories[each]?.packs ?? [])));
  const memory = { id: newId(), createdAt: now, packs: [...new Set(all)], job };
  draft.memories[memory.id] = memory;
  return memory;
}

function finishMemory(draft: Catalogue, id: MemoryId, packs: string[]): void {
  const memory = draft.memories[id];
  if (!memory) throw new LibraryError("storage", "The memory that was saved is not in the library any more.");
  draft.memories[id] = { id, createdAt: memory.createdAt, packs };
}

function makeClone(
  draft: Catalogue,
  original: StoredMachine,
  moment: Moment,
  name: string,
  now: number,
): StoredMachine {
  const media: Attachments = { ...moment.media };
  for (const slot of DISK_SLOTS) {
    const id = media[slot];
    const layer = id === undefined ? undefined : moment.layers[id];
    if (id === undefined || layer === undefined) continue;
    const { sizeBytes } = draft.layers[layer]!;
    const own = addLayer(draft, { parent: layer, sizeBytes }, now);
    media[slot] = addMedium(
      draft,
      { kind: "disk", name: `${name} (${mediumIn(draft, id).name})`, sizeBytes },
      own.id,
      now,
    ).id;
  }
  const { group, osId, notes, limits = defaultLimits } = original;
  const clone = createMachine(draft, { name, group, osId, notes, hardware: moment.hardware, limits, media }, now);
  clone.savedMemory = moment.memory;
  if (moment.memory !== null) clone.state = "saved";
  clone.thumbnailVersion = original.thumbnailVersion;
  return clone;
}

function forgetClone(draft: Catalogue, id: MachineId): void {
  const machine = draft.machines[id];
  if (!machine) return;
  const disks = keptDisks(draft, machine.media);
  delete draft.machines[id];
  for (const disk of disks) delete draft.media[disk];
}

/** What a snapshot has in its drives may meanwhile be another machine's. */
function expectDisksFree(catalogue: Catalogue, self: MachineId, media: Attachments): void {
  for (const slot of DISK_SLOTS) {
    const id = media[slot];
    if (id === undefined || mediumIn(catalogue, id).layer === null) continue;
    const other = Object.values(catalogue.machines).find(
      (machine) => machine.id !== self && DISK_SLOTS.some((each) => machine.media[each] === id),
    );
    if (other)
      throw new LibraryError("inUse", said`"${mediumIn(catalogue, id).name}" is a disk of "${other.name}" now; take it out there first.`); // prettier-ignore
  }
}

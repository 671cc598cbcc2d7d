/**
 * Keeps the layers few: removes those that nobody needs, and merges a layer that only one other stands on, and no snapshot
 * or disk names, with that one. Each step can be cut off at any moment: chunks are copied to where they will be shown, then
 * the catalogue is changed, then what is left is removed; and until the catalogue has changed everything reads as before.
 */
import { LibraryError } from "../../protocol/library.ts";
import type { LayerId, MachineId, MediumId } from "../../protocol/library.ts";
import type { Catalogue } from "../../storage/library/catalogue.ts";
import type { LayerChunk, LayerKeeper } from "../../storage/library/layers.ts";
import { jobLock, machineLock } from "../../storage/library/locks.ts";
import { neededLayers, rootsOf, stackOf } from "./catalogue-edits.ts";
import type { LibraryCore } from "./library-core.ts";
import { orLibraryError } from "./library-errors.ts";

const CHUNKS_A_COMMIT = 128;

export class LayerCare {
  private underWay: Promise<number> | null = null;

  constructor(private readonly core: LibraryCore) {}

  /** @returns how many bytes were freed. One at a time; who asks meanwhile is given the next. */
  async tidy(): Promise<number> {
    await this.underWay?.catch(() => {});
    this.underWay ??= orLibraryError(() => this.tidyOnce()).finally(() => (this.underWay = null));
    return this.underWay;
  }

  private async tidyOnce(): Promise<number> {
    const { storage } = this.core;
    const before = (await storage.use()).usedBytes;
    // What is kept is listed before the catalogue is read: what comes into being later is not on the list.
    const layers = await storage.layers.list();
    const blobs = await storage.blobs.list("");
    const held = await storage.locks.held();
    const isDead = ({ job }: { job?: string }): boolean => job !== undefined && !held.has(jobLock(job));
    const runs = ({ id }: { id: MachineId }): boolean => held.has(machineLock(id));
    await this.core.refresh();
    if (this.hasGarbage(isDead, runs)) await this.core.update((draft) => forget(draft, isDead, runs));
    const { catalogue } = this.core;
    for (const id of layers) if (!catalogue.layers[id]) await storage.layers.remove(id);
    const named = namedBlobs(catalogue);
    const isNamed = (name: string): boolean => {
      const [kind, of] = name.split("/");
      return (
        named.has(`${kind}/${of}`) || (kind === "packs" && catalogue.memories[of!.split(".")[0]!]?.job !== undefined)
      );
    };
    await storage.blobs.delete(blobs.filter((name) => !isNamed(name)));
    for (let merged = true; merged;) merged = await this.mergeOne();
    return Math.max(0, before - (await storage.use()).usedBytes);
  }

  private hasGarbage(
    isDead: (each: { job?: string }) => boolean,
    runs: (machine: { id: MachineId }) => boolean,
  ): boolean {
    const { machines, layers, memories } = this.core.catalogue;
    const needed = neededMemories(this.core.catalogue);
    return (
      Object.values(machines).some((machine) => machine.runsOn !== undefined && !runs(machine)) ||
      [...Object.values(layers), ...Object.values(memories)].some(isDead) ||
      Object.values(memories).some(({ id, job }) => job === undefined && !needed.has(id)) ||
      neededLayers(this.core.catalogue).size < Object.keys(layers).length
    );
  }

  private async mergeOne(): Promise<boolean> {
    for (const { lower, upper } of mergeable(this.core.catalogue)) {
      const machines = machinesOver(this.core.catalogue, lower);
      if (machines.some((id) => !this.core.isOff(id))) continue;
      try {
        if (await this.core.alone(machines, () => this.merge(lower, upper))) return true;
      } catch (error) {
        // Somebody has begun to use one of them: another time.
        if (!(error instanceof LibraryError && error.code === "inUse")) throw error;
      }
    }
    return false;
  }

  /** @returns false where somebody changed the catalogue meanwhile */
  private async merge(lower: LayerId, upper: LayerId): Promise<boolean> {
    const { core } = this;
    const { layers } = core.storage;
    const stillSo = (catalogue: Catalogue): boolean =>
      mergeable(catalogue).some((pair) => pair.lower === lower && pair.upper === upper);
    const [below, above] = await Promise.all([layers.open(lower, true), layers.open(upper, true)]);
    let upwards: boolean;
    try {
      const [belowChunks, aboveChunks] = await Promise.all([below.list(), above.list()]);
      const hidden = new Set(aboveChunks.map(({ index }) => index));
      const shown = belowChunks.filter(({ index }) => !hidden.has(index));
      upwards = shown.length <= aboveChunks.length;
      const hasParent = core.catalogue.layers[lower]!.parent !== null;
      if (upwards) await copyChunks(below, above, shown.map(({ index }) => index), true); // prettier-ignore
      else await copyChunks(above, below, aboveChunks.map(({ index }) => index), hasParent); // prettier-ignore
    } finally {
      await below.close();
      await above.close();
    }
    const done = await core.update((draft) => {
      if (!stillSo(draft)) return false;
      if (upwards) draft.layers[upper]!.parent = draft.layers[lower]!.parent;
      else replaceLayer(draft, upper, lower);
      delete draft.layers[upwards ? lower : upper];
      return true;
    });
    if (done) await layers.remove(upwards ? lower : upper);
    return done;
  }
}

/** @param marks whether marks of zeros are needed in the target */
async function copyChunks(from: LayerKeeper, to: LayerKeeper, indexes: number[], marks: boolean): Promise<void> {
  const sorted = indexes.sort((a, b) => a - b);
  for (let at = 0; at < sorted.length; at += CHUNKS_A_COMMIT) {
    const part = sorted.slice(at, at + CHUNKS_A_COMMIT);
    const found = await from.get(part);
    const puts = new Map<number, LayerChunk>();
    const deletes: number[] = [];
    for (const index of part) {
      const chunk = found.get(index)!;
      if (chunk === "zeros" && !marks) deletes.push(index);
      else puts.set(index, chunk);
    }
    await to.commit(puts, deletes);
  }
}

/** Pairs of which the lower is named by nobody and has only the upper on it. */
function mergeable(catalogue: Catalogue): { lower: LayerId; upper: LayerId }[] {
  const roots = rootsOf(catalogue);
  const children = new Map<LayerId, LayerId[]>();
  for (const { id, parent } of Object.values(catalogue.layers))
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), id]);
  return [...children]
    .filter(([lower, upper]) => upper.length === 1 && !roots.has(lower) && catalogue.layers[lower])
    .map(([lower, upper]) => ({ lower, upper: upper[0]! }))
    .filter(({ upper }) => catalogue.layers[upper]!.job === undefined);
}

/** What must not be in use: machines whose disks or snapshots stand on a layer, and disks that are in no machine. */
function machinesOver(catalogue: Catalogue, layer: LayerId): (MachineId | MediumId)[] {
  const over = (top: LayerId): boolean => stackOf(catalogue, top).includes(layer);
  const media = Object.values(catalogue.media).filter((medium) => medium.layer !== null && over(medium.layer));
  const machines = Object.values(catalogue.machines)
    .filter(({ media, snapshots }) => {
      const tops = [media, ...snapshots.map((snapshot) => snapshot.media)]
        .flatMap((attached) => Object.values(attached))
        .flatMap((id) => catalogue.media[id]?.layer ?? []);
      return [...tops, ...snapshots.flatMap(({ layers }) => Object.values(layers))].some(over);
    })
    .map(({ id }) => id);
  return [...machines, ...media.map(({ id }) => id)];
}

function replaceLayer(draft: Catalogue, gone: LayerId, by: LayerId): void {
  draft.layers[by]!.sizeBytes = draft.layers[gone]!.sizeBytes;
  for (const layer of Object.values(draft.layers)) if (layer.parent === gone) layer.parent = by;
  for (const medium of Object.values(draft.media)) if (medium.layer === gone) medium.layer = by;
  for (const { snapshots } of Object.values(draft.machines))
    for (const { layers } of snapshots)
      for (const [medium, layer] of Object.entries(layers)) if (layer === gone) layers[medium] = by;
}

function forget(
  draft: Catalogue,
  isDead: (each: { job?: string }) => boolean,
  runs: (machine: { id: MachineId }) => boolean,
): void {
  for (const machine of Object.values(draft.machines)) if (!runs(machine)) delete machine.runsOn;
  for (const layer of Object.values(draft.layers)) if (isDead(layer)) delete draft.layers[layer.id];
  for (const memory of Object.values(draft.memories)) if (isDead(memory)) delete draft.memories[memory.id];
  const needed = neededLayers(draft);
  for (const id of Object.keys(draft.layers)) if (!needed.has(id)) delete draft.layers[id];
  const memories = neededMemories(draft);
  for (const { id, job } of Object.values(draft.memories))
    if (job === undefined && !memories.has(id)) delete draft.memories[id];
}

function neededMemories({ machines }: Catalogue): Set<string> {
  const all = Object.values(machines).flatMap(({ savedMemory, runsOn, snapshots }) => [
    savedMemory,
    runsOn ?? null,
    ...snapshots.map((each) => each.memory),
  ]);
  return new Set(all.filter((id) => id !== null));
}

/** The first two parts of the names of blobs that are needed. */
function namedBlobs({ machines, memories }: Catalogue): Set<string> {
  const named = new Set<string>();
  for (const machine of Object.values(machines)) {
    named.add(`thumbnails/${machine.id}`);
    named.add(`logs/${machine.id}`);
    for (const { id } of machine.snapshots) named.add(`thumbnails/${id}`);
  }
  for (const { id, packs } of Object.values(memories)) {
    named.add(`memories/${id}`);
    for (const pack of packs) named.add(`packs/${pack}`);
  }
  return named;
}

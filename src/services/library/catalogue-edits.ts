/**
 * Changes of a library's catalogue as plain functions on a draft: each checks all that can be wrong first. They wait for
 * nothing, so that a change is one step however many tabs there are.
 */
import { DISK_SLOTS, LibraryError, SLOTS, defaultHardware } from "../../protocol/library.ts";
import { defaultLimits } from "../../protocol/machine-config.ts";
import type { ExecutionLimits } from "../../protocol/machine-config.ts";
import type {
  Attachments,
  Hardware,
  LayerId,
  MachineChange,
  MachineId,
  MediumId,
  MediumKind,
  MediumRecord,
  NewMachine,
  Slot,
  SnapshotId,
  SnapshotRecord,
} from "../../protocol/library.ts";
import { said, saidBy } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import type { Catalogue, StoredLayer, StoredMachine } from "../../storage/library/catalogue.ts";
import { checkConfig } from "../config-check.ts";

const KIND_WORDS: Record<MediumKind, Said> = {
  disk: said`disk`,
  cdrom: said`CD`,
  floppy: said`floppy`,
  file: said`file`,
};
const MAX_NAME_LENGTH = 200;
const ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";
const ID_LENGTH = 12;

/** Short enough for keys of chunks, and with 62 bits of chance. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(ID_LENGTH)), (byte) => ID_LETTERS[byte % 36]).join("");
}

/** The media kind that a slot takes. */
export function kindFor(slot: Slot): MediumKind {
  if (slot === "cdrom" || slot === "floppy") return slot;
  return slot === "kernel" || slot === "initrd" ? "file" : "disk";
}

export function machineIn(catalogue: Catalogue, id: MachineId): StoredMachine {
  const machine = catalogue.machines[id];
  if (!machine) throw new LibraryError("notFound", "This machine is not in the library any more.");
  return machine;
}

export function mediumIn(catalogue: Catalogue, id: MediumId): MediumRecord {
  const medium = catalogue.media[id];
  if (!medium) throw new LibraryError("notFound", "This medium is not in the library any more.");
  return medium;
}

export function snapshotIn(machine: StoredMachine, id: SnapshotId): SnapshotRecord {
  const snapshot = machine.snapshots.find((each) => each.id === id);
  if (!snapshot) throw new LibraryError("notFound", said`There is no such snapshot of "${machine.name}" any more.`);
  return snapshot;
}

export function checkedName(what: Said, name: string): string {
  const trimmed = name.trim();
  if (trimmed === "") throw new LibraryError("badName", said`${what} needs a name.`);
  if (trimmed.length > MAX_NAME_LENGTH)
    throw new LibraryError(
      "badName",
      said`A name has up to ${MAX_NAME_LENGTH} letters; this one has ${trimmed.length}.`,
    );
  return trimmed;
}

/** Two machines of one name could not be told apart on a command line. */
function checkedMachineName(catalogue: Catalogue, name: string, self?: MachineId): string {
  const checked = checkedName(said`A machine`, name);
  const other = Object.values(catalogue.machines).find((each) => each.name === checked && each.id !== self);
  if (other) throw new LibraryError("badName", said`There is a machine "${checked}" already.`);
  return checked;
}

/** "Debian", or "Debian 2" where there is one. */
export function freeMachineName(catalogue: Catalogue, wanted: string): string {
  const taken = new Set(Object.values(catalogue.machines).map(({ name }) => name));
  const base = checkedName(said`A machine`, wanted.slice(0, MAX_NAME_LENGTH - 5));
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base} ${n}`;
  return name;
}

export function checkedGroup(group: string): string {
  const parts = group.split("/").map((part) => part.trim());
  if (group !== "" && parts.includes("")) throw new LibraryError("badName", "Each group in a path needs a name.");
  return parts.join("/");
}

function checkedHardware(hardware: Hardware, hasKernel: boolean): Hardware {
  const { memoryMiB, processors, cpuModel, bootOrder, commandLine } = hardware;
  try {
    const checked = checkConfig({ memoryMiB, processors, cpuModel, bootOrder });
    if (commandLine && !hasKernel)
      throw new LibraryError("badInput", "A kernel command line was given without a kernel.");
    return {
      memoryMiB: checked.memoryMiB,
      processors: checked.processors,
      cpuModel: checked.cpuModel,
      bootOrder: checked.bootOrder,
      ...(commandLine ? { commandLine } : {}),
    };
  } catch (error) {
    throw error instanceof LibraryError ? error : new LibraryError("badInput", saidBy(error));
  }
}

function checkedLimits(limits: ExecutionLimits): ExecutionLimits {
  try {
    const { executionCapPercent, processorShares } = checkConfig({ ...limits });
    return { executionCapPercent, processorShares };
  } catch (error) {
    throw new LibraryError("badInput", saidBy(error));
  }
}

function checkedAttachments(catalogue: Catalogue, media: Attachments, self?: MachineId): Attachments {
  const result: Attachments = {};
  for (const [slot, id] of Object.entries(media) as [Slot, MediumId | undefined][]) {
    if (id === undefined) continue;
    if (!SLOTS.includes(slot)) throw new LibraryError("badInput", said`A machine has no drive "${slot}".`);
    const medium = mediumIn(catalogue, id);
    if (medium.kind !== kindFor(slot))
      throw new LibraryError(
        "badInput",
        said`"${medium.name}" does not fit into ${slot}: it is a ${KIND_WORDS[medium.kind]}.`,
      );
    if (medium.kind === "disk" && !medium.url) {
      // Two machines that write to one disk would destroy it.
      const other = Object.values(catalogue.machines).find(
        (machine) => machine.id !== self && DISK_SLOTS.some((each) => machine.media[each] === id),
      );
      if (other) throw new LibraryError("inUse", said`"${medium.name}" is a disk of "${other.name}" already.`);
      if (Object.entries(result).some(([, used]) => used === id))
        throw new LibraryError("inUse", said`"${medium.name}" cannot be in the machine twice.`);
    }
    result[slot] = id;
  }
  if (result.initrd && !result.kernel) throw new LibraryError("badInput", "An initrd was given without a kernel.");
  return result;
}

export function createMachine(draft: Catalogue, wanted: NewMachine, now: number): StoredMachine {
  const media = checkedAttachments(draft, wanted.media ?? {});
  const machine: StoredMachine = {
    id: newId(),
    name: checkedMachineName(draft, wanted.name),
    group: checkedGroup(wanted.group ?? ""),
    osId: wanted.osId ?? "other",
    notes: wanted.notes ?? "",
    hardware: checkedHardware({ ...defaultHardware, ...wanted.hardware }, media.kernel !== undefined),
    limits: checkedLimits({ ...defaultLimits, ...wanted.limits }),
    media,
    state: "poweredOff",
    createdAt: now,
    lastRunAt: null,
    currentSnapshot: null,
    snapshots: [],
    savedMemory: null,
    thumbnailVersion: 0,
  };
  draft.machines[machine.id] = machine;
  return machine;
}

/** @param off whether the machine is off: while it is on or saved, only removable media and words can be changed */
export function modifyMachine(draft: Catalogue, id: MachineId, change: MachineChange, off: boolean): void {
  const machine = machineIn(draft, id);
  const media: Attachments = { ...machine.media };
  for (const [slot, medium] of Object.entries(change.media ?? {}) as [Slot, MediumId | null][]) {
    if (medium === null) delete media[slot];
    else media[slot] = medium;
    const removable = slot === "cdrom" || slot === "floppy";
    if (!off && (!removable || machine.state === "saved") && machine.media[slot] !== media[slot])
      throw new LibraryError("inUse", said`"${machine.name}" must be powered off for that.`);
  }
  if (change.hardware !== undefined && !off)
    throw new LibraryError("inUse", said`"${machine.name}" must be powered off for that.`);
  const checkedMedia = checkedAttachments(draft, media, id);
  machine.hardware = checkedHardware({ ...machine.hardware, ...change.hardware }, checkedMedia.kernel !== undefined);
  machine.media = checkedMedia;
  machine.limits = checkedLimits({ ...defaultLimits, ...machine.limits, ...change.limits });
  if (change.osId !== undefined) machine.osId = change.osId;
  if (change.notes !== undefined) machine.notes = change.notes;
}

export function renameMachine(draft: Catalogue, id: MachineId, name: string): void {
  machineIn(draft, id).name = checkedMachineName(draft, name, id);
}

/**
 * Forgets a machine with its snapshots; its media stay, and so do its memories until nobody needs them: clones may.
 * @returns the media that were in it or in its snapshots
 */
export function forgetMachine(draft: Catalogue, id: MachineId): MediumId[] {
  const machine = machineIn(draft, id);
  delete draft.machines[id];
  const states = [machine, ...machine.snapshots];
  const media = new Set(states.flatMap((state) => Object.values(state.media)));
  return [...media];
}

/** What uses a medium: machines, by their drives, and snapshots. */
export function usersOf(
  catalogue: Catalogue,
  id: MediumId,
): { machine: StoredMachine; slot: Slot; snapshot: SnapshotRecord | null }[] {
  return Object.values(catalogue.machines).flatMap((machine) =>
    [null, ...machine.snapshots].flatMap((snapshot) =>
      (Object.entries((snapshot ?? machine).media) as [Slot, MediumId][])
        .filter(([, medium]) => medium === id)
        .map(([slot]) => ({ machine, slot, snapshot })),
    ),
  );
}

export function removeMedium(draft: Catalogue, id: MediumId): void {
  const medium = mediumIn(draft, id);
  const user = usersOf(draft, id)[0];
  if (user) {
    const where = user.snapshot
      ? said`snapshot "${user.snapshot.name}" of "${user.machine.name}"`
      : said`"${user.machine.name}"`;
    throw new LibraryError("inUse", said`"${medium.name}" is used by ${where}.`);
  }
  delete draft.media[id];
}

/** A medium over a new layer, or over none where it stays on the web. */
export function addMedium(
  draft: Catalogue,
  wanted: { kind: MediumKind; name: string; sizeBytes: number; url?: string; origin?: MediumRecord["origin"] },
  layer: LayerId | null,
  now: number,
): MediumRecord {
  const { kind, name, sizeBytes, url, origin } = wanted;
  const medium: MediumRecord = {
    id: newId(),
    kind,
    name: checkedName(said`A medium`, name),
    sizeBytes,
    createdAt: now,
    layer,
    ...(url === undefined ? {} : { url }),
    ...(origin === undefined ? {} : { origin }),
  };
  draft.media[medium.id] = medium;
  return medium;
}

export function addLayer(
  draft: Catalogue,
  wanted: { parent: LayerId | null; sizeBytes: number; job?: string },
  now: number,
): StoredLayer {
  const layer: StoredLayer = { id: newId(), createdAt: now, ...wanted };
  draft.layers[layer.id] = layer;
  return layer;
}

/** A layer and all below it. */
export function stackOf(catalogue: Catalogue, top: LayerId): LayerId[] {
  const stack: LayerId[] = [];
  for (let id: LayerId | null = top; id !== null; id = catalogue.layers[id]!.parent) {
    if (!catalogue.layers[id] || stack.includes(id))
      throw new LibraryError("storage", "A disk of this library has lost a part of its contents.");
    stack.push(id);
  }
  return stack;
}

/** Layers that a disk, a snapshot or a job names itself. */
export function rootsOf(catalogue: Catalogue): Set<LayerId> {
  const roots = new Set<LayerId>();
  for (const { layer } of Object.values(catalogue.media)) if (layer !== null) roots.add(layer);
  for (const { snapshots } of Object.values(catalogue.machines))
    for (const { layers } of snapshots) for (const layer of Object.values(layers)) roots.add(layer);
  for (const layer of Object.values(catalogue.layers)) if (layer.job !== undefined) roots.add(layer.id);
  return roots;
}

/** Layers that are needed: named, or below one that is. */
export function neededLayers(catalogue: Catalogue): Set<LayerId> {
  const needed = new Set<LayerId>();
  for (const root of rootsOf(catalogue))
    for (let id: LayerId | null = root; id !== null && !needed.has(id); id = catalogue.layers[id]?.parent ?? null)
      needed.add(id);
  return needed;
}

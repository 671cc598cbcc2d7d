/**
 * The machine library as plain data: machines, media, snapshots, and what can be done with them (`LibraryApi`). One
 * implementation, `src/services/library`, serves the page (over IndexedDB) and the command (over a folder).
 *
 * The model: a machine has settings, and media in its drives. A medium's contents are a *stack of layers*; only the top
 * layer of a disk is ever written. A snapshot names, for every disk, the layer that was its top and is frozen since, and
 * perhaps the memory of the running machine. Layers are shared between disks, snapshots and clones; which there are is the
 * library's own business, and seen here only as sizes. docs/library.md tells more.
 */
import { SaidError } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import type { BootDevice, CpuModel, ExecutionLimits, MachineConfig } from "./machine-config.ts";
import type { LogEntry } from "./machine-log.ts";
import type { VmState } from "./vm-api.ts";

export type MachineId = string;
export type MediumId = string;
export type SnapshotId = string;
export type LayerId = string;
/** Of a saved memory with its device states. */
export type MemoryId = string;

/**
 * In the field's words: Powered Off, Starting, Running, Paused, Saving, Saved, Restoring, Stopping, Aborted, Inaccessible.
 * aborted: it failed, or the page in which it ran ended without a word. inaccessible: something of it is missing.
 */
export type MachineState = VmState | "saved" | "inaccessible";

/** Where a machine runs: in this page or process, in another, or nowhere. */
export type Whereabouts = "here" | "elsewhere" | null;

export const DISK_SLOTS = ["disk0", "disk1", "disk2"] as const;
export type DiskSlot = (typeof DISK_SLOTS)[number];
export const SLOTS = [...DISK_SLOTS, "cdrom", "floppy", "kernel", "initrd"] as const;
/** A drive, or the place of a file that the firmware loads. */
export type Slot = (typeof SLOTS)[number];

/** The settings that are not media, by their names in MachineConfig. */
export interface Hardware extends Pick<MachineConfig, "memoryMiB" | "processors" | "cpuModel" | "bootOrder"> {
  /** For a kernel in the slot `kernel`. */
  commandLine?: string;
}

export const defaultHardware: Readonly<Hardware> = {
  memoryMiB: 512,
  processors: 1,
  cpuModel: "default" as CpuModel,
  bootOrder: ["disk", "cdrom", "floppy"] as BootDevice[],
};

export type Attachments = Partial<Record<Slot, MediumId>>;

export interface MachineRecord {
  id: MachineId;
  name: string;
  /** Names of nested groups from the outside in, joined by "/"; "" for none. */
  group: string;
  /** "debian", "windows98", …; "other" where it is not known. The icon and defaults go by it. */
  osId: string;
  notes: string;
  hardware: Hardware;
  limits: ExecutionLimits;
  media: Attachments;
  state: MachineState;
  /** Why it is in that state, where there is something to say. */
  stateReason?: Said | string;
  runs: Whereabouts;
  /** Milliseconds since 1970. */
  createdAt: number;
  lastRunAt: number | null;
  /** The snapshot from which the current state branched off last; null: none. */
  currentSnapshot: SnapshotId | null;
  /** All of them; a tree by `parent`. */
  snapshots: SnapshotRecord[];
  /** What a resumed machine goes on from; only in state `saved`. */
  savedMemory: MemoryId | null;
  /** Grows with every new picture; ask `thumbnail()` for it. 0: there is none. */
  thumbnailVersion: number;
}

export interface SnapshotRecord {
  id: SnapshotId;
  parent: SnapshotId | null;
  name: string;
  description: string;
  takenAt: number;
  /** Memory and devices of the running machine are in it; otherwise it was off. */
  hasMemory: boolean;
  memory: MemoryId | null;
  /** What was set and in the drives. */
  hardware: Hardware;
  media: Attachments;
  /** The frozen layer of each disk. */
  layers: Record<MediumId, LayerId>;
  /** Taken by the library itself; such are the first to go. */
  automatic: boolean;
  thumbnailVersion: number;
}

/** file: a kernel or an initrd. */
export type MediumKind = "disk" | "cdrom" | "floppy" | "file";

export interface MediumRecord {
  id: MediumId;
  kind: MediumKind;
  name: string;
  /** As the guest sees it. */
  sizeBytes: number;
  createdAt: number;
  /** Set where the bytes stay on the web; then nothing of it is kept here, and writes live as long as the machine. */
  url?: string;
  /** The layer that is written; null with `url`. */
  layer: LayerId | null;
  /** What it was imported from. */
  origin?: { fileName: string; format: string };
}

/** Part of a medium's contents; what it lacks is in its parent. */
export interface LayerRecord {
  id: LayerId;
  parent: LayerId | null;
  sizeBytes: number;
  createdAt: number;
}

/** A medium with what has to be looked up. */
export interface MediumDetails {
  medium: MediumRecord;
  /** What its own layers take, and what it shares with snapshots or other disks. */
  ownBytes: number;
  sharedBytes: number;
  usedBy: { machineId: MachineId; machineName: string; slot: Slot; snapshotId: SnapshotId | null }[];
  /** From the top down. */
  chain: { layer: LayerId; keptBytes: number; shared: boolean; snapshots: SnapshotId[]; media: MediumId[] }[];
}

export interface StorageUse {
  /** By all that this site or folder holds. */
  usedBytes: number;
  /** What it may hold; null where the host does not say. */
  quotaBytes: number | null;
  /** The browser will not clear it by itself. */
  persisted: boolean;
}

/** How far a job is. `totalBytes` null: not known. */
export interface JobProgress {
  phase: "reading" | "writing" | "checking";
  doneBytes: number;
  totalBytes: number | null;
  bytesPerSecond: number;
}

export interface JobOptions {
  /** Gives the job up: it rejects with a LibraryError `cancelled`, and nothing of it is left. */
  signal?: AbortSignal;
  onProgress?: (progress: JobProgress) => void;
}

export interface NewMachine {
  name: string;
  group?: string;
  osId?: string;
  notes?: string;
  hardware?: Partial<Hardware>;
  limits?: Partial<ExecutionLimits>;
  media?: Attachments;
}

/** What may be changed by `modify`; hardware and disks only while the machine is off. Limits count at once, wherever it runs. */
export interface MachineChange {
  osId?: string;
  notes?: string;
  hardware?: Partial<Hardware>;
  limits?: Partial<ExecutionLimits>;
  /** null takes a medium out. */
  media?: Partial<Record<Slot, MediumId | null>>;
}

export interface ImportOptions extends JobOptions {
  /** Default: by what is in it. */
  kind?: MediumKind;
  /** Default: the file's name. */
  name?: string;
}

/** What a file turns out to be, before anything is imported. */
export interface FileFacts {
  kind: MediumKind | null;
  /** "raw", "vdi", "vmdk", "vhd", "vhdx", "qcow2", "iso", "ova". */
  format: string;
  sizeBytes: number;
  /** What is on it, where it is recognised. */
  osId: string;
  volumeName: string;
  /** Why it cannot be used; why it may not work. */
  problem?: Said | string;
  warning?: Said | string;
}

export type ExportFormat = "raw" | "vdi" | "vmdk" | "vhd" | "vhd-fixed" | "qcow2";

export interface CloneOptions extends JobOptions {
  name: string;
  /** linked: disks are overlays over the original's; full: they are copied. */
  how: "full" | "linked";
  /** Of this snapshot instead of the current state. */
  snapshot?: SnapshotId;
}

export type LibraryErrorCode =
  | "notFound"
  | "badName"
  | "badInput"
  | "badMedia"
  /** Somebody uses it, or the machine runs (perhaps elsewhere). */
  | "inUse"
  | "quota"
  | "cancelled"
  | "storage";

/** A failure in words a person understands. */
export class LibraryError extends SaidError {
  override name = "LibraryError";
  constructor(
    readonly code: LibraryErrorCode,
    message: Said | string,
  ) {
    super(message);
  }
}

/** A snapshot of a machine. */
export interface SnapshotOf {
  machine: MachineId;
  snapshot: SnapshotId;
}

/** What is written to one after the other: a download, a file. */
export interface LibrarySink {
  write(bytes: Uint8Array): Promise<void>;
  /** As many zeros; a file may leave a hole. */
  skip(lengthBytes: number): Promise<void>;
}

/**
 * The library. Its lists are at hand at once after `open()` and replaced, never changed; "change" is fired when something
 * in them is different, also by another tab. Methods reject with LibraryError.
 */
export interface LibraryApi extends EventTarget {
  open(): Promise<void>;
  readonly machines: readonly MachineRecord[];
  readonly media: readonly MediumRecord[];
  /** Undefined where there is none. */
  machine(id: MachineId): MachineRecord | undefined;
  medium(id: MediumId): MediumRecord | undefined;

  create(machine: NewMachine): Promise<MachineRecord>;
  modify(id: MachineId, change: MachineChange): Promise<void>;
  rename(id: MachineId, name: string): Promise<void>;
  /** Moves machines into a group; "" for none. */
  setGroup(ids: readonly MachineId[], group: string): Promise<void>;
  /** With its snapshots; with `media`, also the media that nobody else uses. Not while it runs. */
  remove(id: MachineId, options?: { media?: boolean }): Promise<void>;
  /** A picture (PNG) of the machine's screen when it was last looked at, or of a snapshot. */
  thumbnail(id: MachineId, snapshot?: SnapshotId): Promise<Uint8Array | null>;

  /** What happened to the machine in its sessions, also the one that runs (a second late), the oldest first. */
  log(id: MachineId): Promise<readonly LogEntry[]>;

  /** An empty disk; it takes space only as it is written. */
  createDisk(name: string, sizeBytes: number): Promise<MediumRecord>;
  inspect(file: Blob): Promise<FileFacts>;
  /** Copies the contents of an image, of any format, into the library. */
  importMedium(file: Blob, options?: ImportOptions): Promise<MediumRecord>;
  /** A medium whose bytes stay where they are. */
  addUrlMedium(kind: MediumKind, url: string, name: string): Promise<MediumRecord>;
  renameMedium(id: MediumId, name: string): Promise<void>;
  /** Not while a machine or a snapshot uses it. */
  removeMedium(id: MediumId): Promise<void>;
  mediumDetails(id: MediumId): Promise<MediumDetails>;
  resizeDisk(id: MediumId, sizeBytes: number, options?: { discardEnd?: boolean }): Promise<void>;
  /** Gives back what holds only zeros or what is the same below. @returns bytes */
  compactDisk(id: MediumId, options?: JobOptions): Promise<number>;
  /** Any medium; CDs, floppies and files are raw. Of a disk of a running machine only what a snapshot has. */
  exportMedium(id: MediumId, format: ExportFormat, sink: LibrarySink, options?: JobOptions & { of?: SnapshotOf }): Promise<void>; // prettier-ignore

  /** All machines of an OVA. */
  importMachine(file: Blob, options?: JobOptions & { name?: string }): Promise<MachineRecord>;
  /** As an OVA. */
  exportMachine(id: MachineId, sink: LibrarySink, options?: JobOptions): Promise<void>;

  /** Running: in this page, it pauses for an instant and goes on. Off: only the disks. */
  takeSnapshot(id: MachineId, name: string, options?: { description?: string; automatic?: boolean }): Promise<SnapshotRecord>; // prettier-ignore
  /** The machine must be off or saved: its current state is lost. It is `saved` afterwards where the snapshot has memory. */
  restoreSnapshot(id: MachineId, snapshot: SnapshotId): Promise<void>;
  /** What comes after it stays as it is. */
  deleteSnapshot(id: MachineId, snapshot: SnapshotId): Promise<void>;
  renameSnapshot(id: MachineId, snapshot: SnapshotId, name: string, description?: string): Promise<void>;
  /** What a snapshot alone holds: what its deletion gives back. */
  snapshotBytes(id: MachineId, snapshot: SnapshotId): Promise<number>;
  clone(id: MachineId, options: CloneOptions): Promise<MachineRecord>;
  /** Throws a saved state away: the machine is powered off. */
  discardSavedState(id: MachineId): Promise<void>;

  storageUse(): Promise<StorageUse>;
  /** Asks the browser not to clear the library by itself. @returns whether it agreed */
  persist(): Promise<boolean>;
  /** Frees what nobody needs: layers left by jobs that were cut off, what deleted snapshots had. @returns bytes */
  tidy(): Promise<number>;
}

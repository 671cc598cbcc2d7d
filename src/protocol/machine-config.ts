/**
 * What a machine is made of, as plain data that crosses threads. Defaults live in `defaultConfig`; checking in
 * `src/services/config-check.ts` words every problem for a person.
 */

/** Where a library keeps its bytes. Plain data, by which a machine's worker finds them as well. */
export type StoragePlace = { kind: "indexedDb"; name: string } | { kind: "folder"; path: string } | { kind: "memory" };

/** The contents of a medium in a library: a stack of layers (`protocol/library.ts`), from the top down. */
export interface KeptSource {
  kept: { place: StoragePlace; layers: string[]; sizeBytes: number; name: string };
}

/** A file elsewhere that must be the right one: nothing of another file is used. */
export interface CheckedSource {
  checked: {
    url: string;
    /** Hexadecimal; the whole file is read before it is used. Without it a file is read where it is needed. */
    sha256?: string;
    sizeBytes?: number;
  };
}

/**
 * A disk, a file or a saved state of a published machine, by the file that lists its parts; `src/storage/published`. Parts lie
 * beside it under names that are hashes of their contents.
 */
export interface PublishedSource {
  published: {
    /** Of the list. */
    url: string;
    name: string;
    /** All files, by their names, where they are not at an address. */
    files?: Record<string, Uint8Array>;
  };
}

/** Bytes of a medium or file: somewhere to fetch, already here, kept in a library, or published. */
export type MediaSource = string | Blob | ArrayBuffer | Uint8Array | KeptSource | CheckedSource | PublishedSource;

export function isKept(source: MediaSource): source is KeptSource {
  return typeof source === "object" && "kept" in source;
}

export function isChecked(source: MediaSource): source is CheckedSource {
  return typeof source === "object" && "checked" in source;
}

export function isPublished(source: MediaSource): source is PublishedSource {
  return typeof source === "object" && "published" in source;
}

/** Where it is fetched from; null: it is not. */
export function urlOf(source: MediaSource): string | null {
  if (typeof source === "string") return source;
  return isChecked(source) ? source.checked.url : null;
}

export type BootDevice = "cdrom" | "disk" | "floppy";
export type CpuModel = "default" | "486" | "pentium" | "pentium3" | "x86-64-v2";
export type ClockKind = "host" | "instructions";

export interface DiskConfig {
  source: MediaSource;
  /** discard: writes live as long as the machine; keep: they go back to where the image came from. */
  writable: "discard" | "keep";
}

/** A file that a Multiboot kernel is given beside itself. */
export interface ModuleConfig {
  source: MediaSource;
  commandLine: string;
}

/** A flash chip that holds firmware. */
export interface FlashConfig {
  source: MediaSource;
  /** no: the guest cannot change it; discard and keep: as for disks. */
  writable: "no" | "discard" | "keep";
}

/** How much of the host's processors a machine may have. */
export interface ExecutionLimits {
  /** 1 to 100: the processor runs at most that part of the time. */
  executionCapPercent: number;
  /** 1 to 1000. Machines that compete for the host's processors get them in this relation. */
  processorShares: number;
}

export const defaultLimits: Readonly<ExecutionLimits> = { executionCapPercent: 100, processorShares: 100 };

export interface MachineConfig extends ExecutionLimits {
  name?: string;
  memoryMiB: number;
  processors: number;
  cpuModel: CpuModel;
  /** Direct boot: a Linux kernel (bzImage) or a Multiboot kernel. */
  kernel?: MediaSource;
  /** For Multiboot kernels, in this order; an initrd comes behind them. */
  modules: ModuleConfig[];
  initrd?: MediaSource;
  commandLine?: string;
  floppy?: MediaSource;
  cdrom?: MediaSource;
  disks: DiskConfig[];
  bootOrder: BootDevice[];
  firmware?: MediaSource;
  /** In place of `firmware`: the first chip ends at 4 GiB, the next one lies below it. */
  flash: FlashConfig[];
  vgaFirmware?: MediaSource;
  /** What it goes on from when it is switched on for the first time. The kernel and what belongs to it are only read where it starts anew. */
  savedState?: PublishedSource;
  /** It is going to be given a captured state: what it would be started with is read only where it starts anew. */
  takesState?: boolean;
  /** What has changed since then. */
  savedStateDifference?: MediaSource;
  /** Where that state cannot be had or does not fit, the machine starts anew. */
  savedStateIsOptional?: boolean;
  clock: ClockKind;
  jit: boolean;
  /** How often a place in the code is come to before it is compiled; absent: the core's own choice. */
  jitThreshold?: number;
  /** The most instructions compiled as one piece; absent: as many as there is room for. */
  jitMaxBlock?: number;
  /** What a triple fault does: real machines reset; `stop` shows the failure. */
  onTripleFault: "reset" | "stop";
  /** The ports and the memory that the kvm-unit-tests look for. */
  testDevice: boolean;
}

export const defaultConfig: Readonly<MachineConfig> = {
  memoryMiB: 512,
  processors: 1,
  cpuModel: "default",
  modules: [],
  disks: [],
  flash: [],
  bootOrder: ["disk", "cdrom", "floppy"],
  clock: "host",
  jit: true,
  onTripleFault: "stop",
  testDevice: false,
  ...defaultLimits,
};

/**
 * What a machine is made of, as plain data that crosses threads. Defaults live in `defaultConfig`; checking in
 * `src/services/config-check.ts` words every problem for a person.
 */

/** Bytes of a medium or file: somewhere to fetch, or already here. */
export type MediaSource = string | Blob | ArrayBuffer | Uint8Array;

export type BootDevice = "cdrom" | "disk" | "floppy";
export type CpuModel = "default" | "486" | "pentium" | "pentium3" | "x86-64-v2";
export type ClockKind = "host" | "instructions";

export interface DiskConfig {
  source: MediaSource;
  /** discard: writes live as long as the machine; keep: they go back to where the image came from. */
  writable: "discard" | "keep";
}

export interface MachineConfig {
  name?: string;
  memoryMiB: number;
  processors: number;
  cpuModel: CpuModel;
  /** Direct boot: a Linux kernel (bzImage) or a Multiboot kernel. */
  kernel?: MediaSource;
  initrd?: MediaSource;
  commandLine?: string;
  floppy?: MediaSource;
  cdrom?: MediaSource;
  disks: DiskConfig[];
  bootOrder: BootDevice[];
  firmware?: MediaSource;
  vgaFirmware?: MediaSource;
  clock: ClockKind;
  jit: boolean;
  /** What a triple fault does: real machines reset; `stop` shows the failure. */
  onTripleFault: "reset" | "stop";
}

export const defaultConfig: Readonly<MachineConfig> = {
  memoryMiB: 512,
  processors: 1,
  cpuModel: "default",
  disks: [],
  bootOrder: ["disk", "cdrom", "floppy"],
  clock: "host",
  jit: true,
  onTripleFault: "stop",
};

/**
 * What a published machine says of itself: `machine.json` beside its files, which are named by hashes of their contents.
 * Fields may be added; a reader refuses a version that it does not know.
 */
import type { BootDevice, CpuModel } from "./machine-config.ts";

export const PUBLISHED_FORMAT = "posada-machine";
export const PUBLISHED_VERSION = 1;

export const PUBLISHED_MEDIA = ["kernel", "initrd", "cdrom", "floppy", "disk0", "disk1", "disk2", "firmware", "vgaFirmware"] as const; // prettier-ignore
export type PublishedRole = (typeof PUBLISHED_MEDIA)[number];

/** One of the two says where it is. */
export interface PublishedMedium {
  name: string;
  sizeBytes: number;
  /** The file that lists its parts. */
  list?: string;
  /** It stays where it is on the web, and is read from there. */
  url?: string;
}

/** For a machine that is there for one program, in a page of its own. */
export interface PublishedProgram {
  /** Whether the person is asked for files before it begins. */
  files: boolean;
}

export interface PublishedDefinition {
  format: typeof PUBLISHED_FORMAT;
  version: number;
  title: string;
  description?: string;
  /** A file with a picture of its screen. */
  picture?: string;
  memoryMiB: number;
  processors: number;
  cpuModel: CpuModel;
  bootOrder: BootDevice[];
  commandLine?: string;
  media: Partial<Record<PublishedRole, PublishedMedium>>;
  /** The file that lists the parts of the state from which it goes on. */
  state?: string;
  program?: PublishedProgram;
  /** Bytes of files until its screen lives, and of all. */
  firstBytes: number;
  totalBytes: number;
}

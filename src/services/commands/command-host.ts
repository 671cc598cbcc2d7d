/**
 * What commands are given by whoever runs them: the page's terminal or the `posada` command. A command knows the library;
 * files, and machines that run, are the host's.
 */
import type { JobOptions, LibrarySink, MachineRecord } from "../../protocol/library.ts";
import type { BlockStore } from "../../storage/block-store.ts";
import type { DiskImage, ImageFormat } from "../../storage/formats/disk-image.ts";
import type { OvfPackage } from "../../storage/ovf/package.ts";
import type { MachineLibrary } from "../library/machine-library.ts";
import type { CommandWords } from "./command-words.ts";
import type { ControlRequest } from "./control-request.ts";

export const readFormats: readonly ImageFormat[] = ["raw", "vdi", "vmdk", "vhd", "vhdx", "qcow2"];

export interface OpenOptions {
  fromFormat: ImageFormat | undefined;
  /** The parent of a differencing image, in place of the one that it names. */
  parent: string | undefined;
  /** Folders, beside that of the image, in which the files that it names may be. */
  lookIn: readonly string[];
}

/** An image with its parents and extents, or a package. */
export interface OpenedFile {
  /** One of the two is there. */
  image: DiskImage | null;
  package: OvfPackage | null;
  close(): Promise<void>;
}

/** A file as it is. */
export interface PlainFile {
  name: string;
  contents: BlockStore;
}

export interface CommandHost {
  readonly library: MachineLibrary;
  /** Where the library is, as a person says it. */
  readonly place: string;
  readonly say: CommandWords;
  /** One line or several. */
  print(text: string): void;
  /** What is no result: a warning. */
  warn(text: string): void;
  /** As it is, without an end of line. */
  write(text: string | Uint8Array): Promise<void>;
  /** Shows how far it is unless `quiet`; a person can give it up. */
  job<T>(quiet: boolean, work: (options: JobOptions) => Promise<T>): Promise<T>;
  /** @throws StorageError, UsageError */
  openFile(path: string): Promise<PlainFile>;
  /** What `openFile` found; the two are asked for the same path one after the other. @throws StorageError */
  openImage(path: string, options: OpenOptions): Promise<OpenedFile>;
  readText(path: string): Promise<string>;
  /** Writes a new file; nothing of it is there where that fails. `source`: what must not be written over. */
  intoFile(path: string, write: (sink: LibrarySink) => Promise<void>, source?: string): Promise<void>;
  /** Asks a machine that runs, here or in another process. @throws LibraryError */
  ask(machine: MachineRecord, request: ControlRequest): Promise<unknown>;
}

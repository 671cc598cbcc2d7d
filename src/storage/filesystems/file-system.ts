/**
 * Read-only file systems: listing a folder, reading a file piece by piece. What all kinds share is here: going along a
 * path, links, and bounds for what a damaged file system could ask for.
 */
import { said } from "../../shared/said.ts";
import { ImageError } from "../formats/image-error.ts";
import { shown } from "../formats/open-context.ts";
import type { FileSystemKind } from "./recognise.ts";

export interface FileEntry {
  name: string;
  kind: "file" | "folder" | "link" | "other";
  sizeBytes: number;
  modified: Date | null;
  /** Of a link. */
  target?: string;
}

export interface FileSystem {
  readonly kind: FileSystemKind;
  /** What is in a folder, without "." and "..". @throws StorageError */
  list(path: string): Promise<FileEntry[]>;
  /** About one file or folder; links are followed. @throws StorageError */
  stat(path: string): Promise<FileEntry>;
  /** A file's bytes in pieces. @throws StorageError */
  read(path: string): AsyncGenerator<Uint8Array>;
}

/** A file or folder as its file system knows it. */
export interface Node {
  entry: FileEntry;
}

const MAX_LINKS = 40;
const MAX_ENTRIES = 500_000;
const MAX_PATH = 4096;

export abstract class TreeFileSystem<N extends Node> implements FileSystem {
  abstract readonly kind: FileSystemKind;

  /** Whether names are the same that differ in case alone. */
  protected abstract get ignoresCase(): boolean;
  protected abstract root(): Promise<N>;
  /** Without "." and "..". */
  protected abstract children(folder: N): AsyncGenerator<N>;
  protected abstract content(file: N): AsyncGenerator<Uint8Array>;

  async list(path: string): Promise<FileEntry[]> {
    const folder = await this.walk(path);
    if (folder.entry.kind !== "folder")
      throw new ImageError("missing", said`"${shown(path)}" is a file, not a folder.`);
    const entries: FileEntry[] = [];
    for await (const { entry } of this.childrenOf(folder)) entries.push(entry);
    return entries;
  }

  async stat(path: string): Promise<FileEntry> {
    return (await this.walk(path)).entry;
  }

  async *read(path: string): AsyncGenerator<Uint8Array> {
    const file = await this.walk(path);
    if (file.entry.kind === "folder") throw new ImageError("missing", said`"${shown(path)}" is a folder, not a file.`);
    if (file.entry.kind !== "file") throw new ImageError("unsupported", said`"${shown(path)}" is no plain file.`);
    yield* this.content(file);
  }

  private async *childrenOf(folder: N): AsyncGenerator<N> {
    let count = 0;
    for await (const child of this.children(folder)) {
      if (++count > MAX_ENTRIES) throw new ImageError("absurd", said`A folder has more than ${MAX_ENTRIES} entries.`);
      yield child;
    }
  }

  /** Links inside the path and at its end are followed. */
  private async walk(path: string): Promise<N> {
    if (path.length > MAX_PATH) throw new ImageError("missing", "This path is too long.");
    let parts = path.split("/").filter((part) => part !== "" && part !== ".");
    let stack = [await this.root()];
    let links = 0;
    while (parts.length > 0) {
      const [part, ...rest] = parts;
      parts = rest;
      if (part === "..") {
        if (stack.length > 1) stack.pop();
        continue;
      }
      const here = stack.at(-1)!;
      if (here.entry.kind !== "folder") throw notThere(path);
      const next = await this.child(here, part!);
      if (!next) throw notThere(path);
      if (next.entry.kind !== "link") {
        stack.push(next);
        continue;
      }
      const target = next.entry.target ?? "";
      if (++links > MAX_LINKS || target.length > MAX_PATH) throw new ImageError("cyclic", said`"${shown(path)}" is a link that leads nowhere.`); // prettier-ignore
      if (target.startsWith("/")) stack = [stack[0]!];
      parts = [...target.split("/").filter((each) => each !== "" && each !== "."), ...parts];
    }
    return stack.at(-1)!;
  }

  private async child(folder: N, name: string): Promise<N | null> {
    const fold = (text: string): string => (this.ignoresCase ? text.toLowerCase() : text);
    const wanted = fold(name);
    for await (const child of this.childrenOf(folder)) if (fold(child.entry.name) === wanted) return child;
    return null;
  }
}

function notThere(path: string): ImageError {
  return new ImageError("missing", said`There is no "${shown(path)}" in this file system.`);
}

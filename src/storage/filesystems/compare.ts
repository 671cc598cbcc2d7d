/**
 * What is different between two states of a file system, as between two snapshots: by kind, length, time of change and
 * target, and by contents where only those could tell.
 */
import type { FileEntry, FileSystem } from "./file-system.ts";

export interface FileChange {
  path: string;
  change: "added" | "removed" | "changed";
  before: FileEntry | null;
  after: FileEntry | null;
}

export interface CompareOptions {
  signal?: AbortSignal;
  /** Also reads files whose length and time are the same. */
  contents?: boolean;
}

const MAX_DEPTH = 256;

/** In the order of paths; of a folder that was added or removed, all that is in it too. Links are not followed. */
export async function* compareFileSystems(
  before: FileSystem,
  after: FileSystem,
  options: CompareOptions = {},
): AsyncGenerator<FileChange> {
  yield* compareFolders(before, after, "", options, 0);
}

async function* compareFolders(
  before: FileSystem | null,
  after: FileSystem | null,
  folder: string,
  options: CompareOptions,
  depth: number,
): AsyncGenerator<FileChange> {
  options.signal?.throwIfAborted();
  if (depth > MAX_DEPTH) return;
  const [old, now] = await Promise.all([entriesOf(before, folder), entriesOf(after, folder)]);
  for (const name of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const path = `${folder}/${name}`;
    const [was, is] = [old.get(name) ?? null, now.get(name) ?? null];
    const wasFolder = was?.kind === "folder";
    const isFolder = is?.kind === "folder";
    if (!was) yield { path, change: "added", before: null, after: is };
    else if (!is) yield { path, change: "removed", before: was, after: null };
    else if (was.kind !== is.kind) yield { path, change: "changed", before: was, after: is };
    else if (!isFolder && !(await isSame(before!, after!, path, was, is, options))) yield { path, change: "changed", before: was, after: is }; // prettier-ignore
    if (wasFolder || isFolder)
      yield* compareFolders(wasFolder ? before : null, isFolder ? after : null, path, options, depth + 1);
  }
}

async function entriesOf(files: FileSystem | null, folder: string): Promise<Map<string, FileEntry>> {
  const entries = files ? await files.list(folder) : [];
  return new Map(entries.map((entry) => [entry.name, entry]));
}

async function isSame(
  before: FileSystem,
  after: FileSystem,
  path: string,
  was: FileEntry,
  is: FileEntry,
  options: CompareOptions,
): Promise<boolean> {
  if (was.sizeBytes !== is.sizeBytes || was.target !== is.target) return false;
  if (was.modified?.getTime() !== is.modified?.getTime()) return false;
  if (!options.contents || was.kind !== "file") return true;
  const [left, right] = [new ByteStream(before.read(path)), new ByteStream(after.read(path))];
  for (;;) {
    options.signal?.throwIfAborted();
    const [a, b] = [await left.peek(), await right.peek()];
    const count = Math.min(a.length, b.length);
    if (count === 0) return a.length === b.length;
    for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
    left.skip(count);
    right.skip(count);
  }
}

/** Pieces of two files are cut at different places. */
class ByteStream {
  private rest = new Uint8Array(0);

  constructor(private readonly pieces: AsyncGenerator<Uint8Array>) {}

  /** Empty at the end. */
  async peek(): Promise<Uint8Array> {
    while (this.rest.length === 0) {
      const { done, value } = await this.pieces.next();
      if (done) break;
      this.rest = value as Uint8Array<ArrayBuffer>;
    }
    return this.rest;
  }

  skip(count: number): void {
    this.rest = this.rest.subarray(count);
  }
}

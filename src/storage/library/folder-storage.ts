/**
 * A library in a folder, for Node alone:
 *
 *   library.json   the catalogue
 *   layers/        the contents of disks (folder-layers.ts)
 *   blobs/         pictures and saved memories, a file each
 *   locks/         who uses what (folder-locks.ts)
 */
import { mkdir, readFile, readdir, rm, stat, statfs, watch } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { StorageUse } from "../../protocol/library.ts";
import type { StoragePlace } from "../../protocol/machine-config.ts";
import { StorageError } from "../block-store.ts";
import type { BlobKeeper, OpenPiece } from "./blob-keeper.ts";
import { checkedCatalogue } from "./catalogue.ts";
import type { Catalogue, CatalogueKeeper } from "./catalogue.ts";
import { inFolder, openFile, replaceFile } from "./folder-files.ts";
import { FolderLayers } from "./folder-layers.ts";
import { FolderLocks } from "./folder-locks.ts";
import type { LibraryStorage } from "./library-storage.ts";

export const LAYERS_FOLDER = "layers";
export const BLOBS_FOLDER = "blobs";
const CATALOGUE = "library.json";

export class FolderStorage implements LibraryStorage {
  readonly place: StoragePlace;
  readonly catalogue: CatalogueKeeper;
  readonly locks: FolderLocks;
  readonly layers: FolderLayers;
  readonly blobs: BlobKeeper;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = resolve(folder);
    this.place = { kind: "folder", path: this.folder };
    this.locks = new FolderLocks(join(this.folder, "locks"));
    this.catalogue = new FolderCatalogue(this.folder, this.locks);
    this.layers = new FolderLayers(join(this.folder, LAYERS_FOLDER));
    this.blobs = new FolderBlobs(join(this.folder, BLOBS_FOLDER));
  }

  async use(): Promise<StorageUse> {
    return inFolder(this.folder, async () => {
      await mkdir(this.folder, { recursive: true });
      const { bavail, bsize } = await statfs(this.folder);
      const usedBytes = await bytesIn(this.folder);
      return { usedBytes, quotaBytes: usedBytes + bavail * bsize, persisted: true };
    });
  }

  async persist(): Promise<boolean> {
    return true;
  }
}

/** What the files take, holes not counted. */
async function bytesIn(folder: string): Promise<number> {
  let total = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const facts = await stat(join(entry.parentPath, entry.name)).catch(() => null);
    if (facts) total += Math.min(facts.size, facts.blocks * 512);
  }
  return total;
}

class FolderCatalogue implements CatalogueKeeper {
  private readonly path: string;

  constructor(
    private readonly folder: string,
    private readonly locks: FolderLocks,
  ) {
    this.path = join(folder, CATALOGUE);
  }

  async read(): Promise<Catalogue> {
    return inFolder(this.folder, async () => {
      const text = await readFile(this.path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return "null";
        throw error;
      });
      try {
        return checkedCatalogue(JSON.parse(text));
      } catch (error) {
        if (error instanceof StorageError) throw error;
        throw new StorageError(`${this.path} is damaged: it is not JSON.`);
      }
    });
  }

  async update<T>(change: (draft: Catalogue) => T): Promise<{ catalogue: Catalogue; result: T }> {
    return this.locks.briefly("catalogue", async () => {
      const draft = await this.read();
      const result = change(draft);
      draft.revision++;
      await inFolder(this.folder, () =>
        replaceFile(this.path, new TextEncoder().encode(JSON.stringify(draft, null, 1))),
      );
      return { catalogue: draft, result };
    });
  }

  watch(onChange: () => void): () => void {
    const stop = new AbortController();
    void (async () => {
      try {
        for await (const { filename } of watch(this.folder, { signal: stop.signal, persistent: false }))
          if (filename === CATALOGUE) onChange();
      } catch (error) {
        // A folder that cannot be watched is read when it is asked for.
        if (!stop.signal.aborted && (error as NodeJS.ErrnoException).code === undefined) throw error;
      }
    })();
    return () => stop.abort();
  }
}

export class FolderBlobs implements BlobKeeper {
  constructor(private readonly folder: string) {}

  async get(name: string): Promise<Uint8Array | undefined> {
    return inFolder(this.folder, () =>
      readFile(this.pathOf(name)).then(
        (bytes) => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length),
        (error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT") return undefined;
          throw error;
        },
      ),
    );
  }

  async open(names: readonly string[]): Promise<(OpenPiece | undefined)[]> {
    return inFolder(this.folder, () => Promise.all(names.map((name) => openFile(this.pathOf(name)))));
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const path = this.pathOf(name);
    await inFolder(this.folder, async () => {
      await mkdir(dirname(path), { recursive: true });
      await replaceFile(path, bytes);
    });
  }

  async putMany(pieces: readonly [name: string, bytes: Uint8Array][]): Promise<void> {
    await Promise.all(pieces.map(([name, bytes]) => this.put(name, bytes)));
  }

  async delete(names: readonly string[]): Promise<void> {
    await inFolder(this.folder, async () => {
      for (const name of names) await rm(this.pathOf(name), { force: true });
    });
  }

  async list(prefix: string): Promise<string[]> {
    return inFolder(this.folder, async () => {
      const entries = await readdir(this.folder, { withFileTypes: true, recursive: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith(".new"))
        .map((entry) => relative(this.folder, join(entry.parentPath, entry.name)).split(sep).join("/"))
        .filter((name) => name.startsWith(prefix));
    });
  }

  private pathOf(name: string): string {
    const path = resolve(this.folder, name);
    if (!path.startsWith(this.folder + sep)) throw new StorageError(`"${name}" is no name of a piece of a library.`);
    return path;
  }
}

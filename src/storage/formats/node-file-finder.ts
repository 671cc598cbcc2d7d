/**
 * Finds the parents and extents that an image names among the files of Node. An image can name any file: only those in
 * the folder of the first image, or in folders that were allowed, are opened. A name that leads elsewhere is looked for
 * there by its last part.
 */
import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve, win32 } from "node:path";
import { NodeFileStore } from "../node-file-store.ts";
import type { FileFinder, FoundFile } from "./open-context.ts";

export class NodeFileFinder implements FileFinder {
  private constructor(private readonly folders: readonly string[]) {}

  /** @param allowed further folders */
  static async beside(imagePath: string, allowed: readonly string[] = []): Promise<NodeFileFinder> {
    const folders = [dirname(resolve(imagePath)), ...allowed.map((folder) => resolve(folder))];
    return new NodeFileFinder(await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder))));
  }

  /** What `find` is given as `from`, and what cycles are known by. */
  static idOf(path: string): Promise<string> {
    return realpath(path).catch(() => resolve(path));
  }

  async find(name: string, from: string): Promise<FoundFile | null> {
    if (name.includes("\0")) return null;
    const plain = name.replaceAll("\\", "/");
    const last = basename(win32.basename(name));
    const candidates = [resolve(dirname(from), plain), ...this.folders.map((folder) => resolve(folder, last))];
    for (const candidate of candidates) {
      const path = await realpath(candidate).catch(() => null);
      if (path === null || !this.isAllowed(path)) continue;
      return { id: path, store: await NodeFileStore.open(path, { readOnly: true }) };
    }
    return null;
  }

  private isAllowed(path: string): boolean {
    return this.folders.some((folder) => {
      const way = relative(folder, path);
      return way !== "" && !way.startsWith("..") && !isAbsolute(way);
    });
  }
}

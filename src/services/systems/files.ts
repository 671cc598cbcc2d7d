/** Looking for files whose names may be in either case, and reading the small ones. Damage counts as absence. */
import { StorageError } from "../../storage/block-store.ts";
import type { FileSystem } from "../../storage/filesystems/file-system.ts";

const MAX_TEXT_BYTES = 16 * 1024;

export class Files {
  private readonly folders = new Map<string, Promise<string[]>>();

  constructor(private readonly system: FileSystem) {}

  async has(...paths: string[]): Promise<boolean> {
    for (const path of paths) if ((await this.find(path)) !== null) return true;
    return false;
  }

  /** Names in a folder; none where it is not there. */
  names(folder: string): Promise<string[]> {
    let names = this.folders.get(folder);
    if (!names) {
      names = this.list(folder);
      this.folders.set(folder, names);
    }
    return names;
  }

  /** The beginning of a text file; null where there is none. */
  async text(path: string): Promise<string | null> {
    const found = await this.find(path);
    if (found === null) return null;
    let bytes = new Uint8Array(0);
    try {
      for await (const piece of this.system.read(found)) {
        const longer = new Uint8Array(bytes.length + piece.length);
        longer.set(bytes);
        longer.set(piece, bytes.length);
        bytes = longer;
        if (bytes.length >= MAX_TEXT_BYTES) break;
      }
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return null;
    }
    return new TextDecoder().decode(bytes.subarray(0, MAX_TEXT_BYTES));
  }

  private async find(path: string): Promise<string | null> {
    let found = "";
    for (const part of path.split("/")) {
      const name = (await this.names(found)).find((each) => each.toLowerCase() === part.toLowerCase());
      if (name === undefined) return null;
      found += `/${name}`;
    }
    return found;
  }

  private async list(folder: string): Promise<string[]> {
    try {
      // Plain ISO 9660 writes a file without an extension as "NAME.".
      return (await this.system.list(folder)).map(({ name }) => name.replace(/\.$/, ""));
    } catch (error) {
      if (error instanceof StorageError) return [];
      throw error;
    }
  }
}

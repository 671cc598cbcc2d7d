/** Finds the parents and extents that an image names among files that the person gave with it, by the last part of names. */
import { BlobStore } from "../blob-store.ts";
import type { FileFinder, FoundFile } from "./open-context.ts";

export class BlobFileFinder implements FileFinder {
  constructor(private readonly files: readonly File[]) {}

  async find(name: string): Promise<FoundFile | null> {
    const wanted = lastPart(name).toLowerCase();
    const file =
      this.files.find((each) => each.name === lastPart(name)) ??
      this.files.find((each) => each.name.toLowerCase() === wanted);
    return file ? { id: file.name, store: new BlobStore(file) } : null;
  }
}

function lastPart(name: string): string {
  return name.split(/[\\/]/).at(-1) ?? name;
}

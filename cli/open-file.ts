/** Opens what a command is given: an image with its parents and extents, or an OVF package. */
import { basename } from "node:path";
import type { OpenedFile, OpenOptions } from "../src/services/commands/command-host.ts";
import { StorageError } from "../src/storage/block-store.ts";
import { NodeFileFinder } from "../src/storage/formats/node-file-finder.ts";
import type { OpenImageOptions } from "../src/storage/formats/open-context.ts";
import { openImage } from "../src/storage/formats/open-image.ts";
import { NodeFileStore } from "../src/storage/node-file-store.ts";
import { isTar, openOva, openOvf } from "../src/storage/ovf/package.ts";

/** @throws StorageError, with the file's name before what is wrong with it */
export async function openFile(path: string, options: OpenOptions): Promise<OpenedFile> {
  const file = await NodeFileStore.open(path, { readOnly: true });
  const close = (): Promise<void> => file.close();
  try {
    const finder = await NodeFileFinder.beside(path, options.lookIn);
    const id = await NodeFileFinder.idOf(path);
    if (options.fromFormat === undefined) {
      if (await isTar(file)) return { image: null, package: await openOva(file), close };
      if (/\.ovf$/i.test(path)) return { image: null, package: await openOvf(file, finder, id, basename(path)), close };
    }
    const how: OpenImageOptions = { finder, id };
    if (options.fromFormat) how.format = options.fromFormat;
    if (options.parent !== undefined) how.parent = (await openFile(options.parent, { ...options, parent: undefined, fromFormat: undefined })).image!; // prettier-ignore
    const image = await openImage(file, how);
    return { image, package: null, close: async () => image.close?.() };
  } catch (error) {
    await close();
    throw error instanceof StorageError ? new StorageError(`${path}: ${error.message}`) : error;
  }
}

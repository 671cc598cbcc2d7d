/** From a MediaSource to a BlockStore: a URL is read by ranges, a Blob by slices, bytes are used in place. */
import type { MediaSource } from "../protocol/machine-config.ts";
import type { Said } from "../shared/said.ts";
import { BlobStore } from "./blob-store.ts";
import { StorageError, type BlockStore } from "./block-store.ts";
import { openHttp, type HttpOptions } from "./http-range-store.ts";
import { checkMedia, type MediaRole } from "./media-check.ts";
import { MemoryStore } from "./memory-store.ts";
import { OverlayStore } from "./overlay-store.ts";

export interface OpenMediaOptions extends HttpOptions {
  /** Checks that the file can play this part. */
  role?: MediaRole;
}

export interface OpenedMedia {
  store: BlockStore;
  /** What the person should know although the machine can start, for example that a CD is not bootable. */
  warning?: Said | string;
}

/**
 * A read-only store over `source`. Put an OverlayStore over it (`openDiscardable`) where the guest may write.
 * @throws StorageError when the source cannot be read, or its contents are of no use for `role`; the text says why.
 */
export async function openMedia(source: MediaSource, options: OpenMediaOptions = {}): Promise<OpenedMedia> {
  const store = await openStore(source, options);
  if (!options.role) return { store };
  const { problem, warning } = await checkMedia(store, options.role);
  if (problem) {
    await store.close?.();
    throw new StorageError(problem);
  }
  return warning === undefined ? { store } : { store, warning };
}

/** The same with writes that live as long as the machine, and in its saved state. */
export async function openDiscardable(
  source: MediaSource,
  options: OpenMediaOptions = {},
): Promise<OpenedMedia & { store: OverlayStore }> {
  const opened = await openMedia(source, options);
  return { ...opened, store: new OverlayStore(opened.store) };
}

async function openStore(source: MediaSource, options: OpenMediaOptions): Promise<BlockStore> {
  if (typeof source === "string") return openHttp(source, options);
  if (source instanceof Blob) return new BlobStore(source);
  if ("checked" in source) throw new StorageError("A file that is to be checked is opened by who checks it.");
  if ("kept" in source) throw new StorageError("A medium of a library is opened by who has the library.");
  if ("published" in source) throw new StorageError("A published medium is opened by the machine that it belongs to.");
  return new MemoryStore(source, { readOnly: true });
}

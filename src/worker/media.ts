/**
 * Brings files and media to the machine: kernels and firmware as bytes, disks as stores. What can go wrong is said in
 * words with the file's role and where it came from.
 */
import type { BootModule, FlashImage } from "../machine/machine-parts.ts";
import { isChecked, isKept, isPublished } from "../protocol/machine-config.ts";
import type {
  CheckedSource,
  DiskConfig,
  FlashConfig,
  KeptSource,
  MediaSource,
  ModuleConfig,
  PublishedSource,
  StoragePlace,
} from "../protocol/machine-config.ts";
import { VmError } from "../protocol/vm-api.ts";
import { asSaid, said } from "../shared/said.ts";
import type { Said } from "../shared/said.ts";
import type { BlockStore } from "../storage/block-store.ts";
import { StorageError } from "../storage/block-store.ts";
import { ImageError } from "../storage/formats/image-error.ts";
import { openImage } from "../storage/formats/open-image.ts";
import type { BlobKeeper } from "../storage/library/blob-keeper.ts";
import { LayeredDisk } from "../storage/library/layered-disk.ts";
import type { LayerStore } from "../storage/library/layers.ts";
import { checkMedia, recognise } from "../storage/media-check.ts";
import type { MediaRole as StorageRole } from "../storage/media-check.ts";
import { MemoryStore } from "../storage/memory-store.ts";
import { openMedia } from "../storage/open-media.ts";
import { OverlayStore } from "../storage/overlay-store.ts";
import { PaddedStore } from "../storage/padded-store.ts";
import { filesAtHand, filesBeside } from "../storage/published/published-files.ts";
import type { FilesHost, PublishedFiles } from "../storage/published/published-files.ts";
import { PublishedStore } from "../storage/published/published-store.ts";
import { fetchFile } from "./fetch-file.ts";
import { roleTitle, roleWords } from "./role-words.ts";

/** 160, 180, 320, 360, 720 KB, 1.2, 1.44, 2.88 MB. */
const FLOPPY_KIB = [160, 180, 320, 360, 720, 1200, 1440, 2880];

export type FileKind = "kernel" | "initrd" | "firmware" | "vgaFirmware";
/** "kernel", "CD", …: the word by which messages name a file. */
export type MediaRole = string;
export type Progress = (what: MediaRole, doneBytes: number, totalBytes: number | null) => void;

/** What a host can open. */
export interface SourceOpener {
  /** All of a file. */
  bytes(source: MediaSource, role: MediaRole, progress: Progress): Promise<Uint8Array>;
  /** Read piece by piece where the source allows that; read-only. */
  open(source: MediaSource, role: MediaRole, progress: Progress): Promise<BlockStore>;
  /** The same for writing, where the host can write to such a source; null where it cannot. */
  openToWrite(source: MediaSource, role: MediaRole): Promise<BlockStore | null>;
  published(source: PublishedSource): PublishedFiles;
  /** @throws StorageError where such a place is not of this host */
  libraryAt(place: StoragePlace): { layers: LayerStore; blobs: BlobKeeper };
}

/** The media of a machine, checked for the part that they are to play. */
export class MediaLoader {
  constructor(
    private readonly opener: SourceOpener,
    private readonly progress: Progress,
    /** Told of writes to kept disks that failed while nobody waited. */
    private readonly onFailure: (error: unknown) => void = () => {},
  ) {}

  async file(source: MediaSource, role: MediaRole, kind: FileKind): Promise<Uint8Array> {
    let bytes = await this.bytes(source, role);
    // Multiboot kernels often come packed; loaders unpack them.
    if (kind === "kernel") bytes = await unpacked(bytes);
    if (kind !== "vgaFirmware") await this.check(new MemoryStore(bytes), source, role, kind);
    return bytes;
  }

  /** A file that says itself what it is. */
  plain(source: MediaSource, role: MediaRole): Promise<Uint8Array> {
    return this.bytes(source, role);
  }

  async cd(source: MediaSource): Promise<BlockStore> {
    return this.checked(await this.open(source, "CD"), source, "CD", "cdrom");
  }

  /** Writes live as long as the machine. */
  async floppy(source: MediaSource): Promise<OverlayStore> {
    const store = await this.checked(await this.open(source, "floppy"), source, "floppy", "floppy");
    // Images often leave out empty tracks at the end.
    const sizeBytes = FLOPPY_KIB.map((kib) => kib * 1024).find((bytes) => bytes >= store.sizeBytes);
    return new OverlayStore(new PaddedStore(store, sizeBytes ?? store.sizeBytes));
  }

  async disk({ source, writable }: DiskConfig, role: MediaRole): Promise<BlockStore> {
    if (isKept(source)) {
      const store = await this.explained(source, role, () => this.openKept(source, writable === "keep"));
      await this.checked(store, source, role, "disk");
      return writable === "keep" ? store : new OverlayStore(store);
    }
    if (writable === "discard") {
      const store = await this.checked(await this.open(source, role), source, role, "disk");
      return new OverlayStore(await this.inImage(store, source, role));
    }
    const store = await this.explained(source, role, () => this.opener.openToWrite(source, role));
    if (!store) throw cannotKeep(role);
    await this.checked(store, source, role, "disk");
    const { kind, format } = await recognise(store);
    if (kind !== "diskFormat") return store;
    await store.close?.();
    throw new VmError(
      "badConfig",
      said`${label(source, role)}: what the guest writes is kept in raw images only, and this is one in ${format ?? ""} format. Convert it, or use writable: "discard".`,
    );
  }

  /** The disk in a VDI, VMDK, VHD, VHDX or QCOW2 image, checked like a raw one; a raw image itself. */
  private async inImage(store: BlockStore, source: MediaSource, role: MediaRole): Promise<BlockStore> {
    if ((await recognise(store)).kind !== "diskFormat") return store;
    try {
      const disk = await openImage(store);
      await this.check(disk, source, role, "disk");
      return disk;
    } catch (error) {
      await store.close?.();
      if (error instanceof ImageError) throw new VmError("badMedia", said`${label(source, role)}: ${error.said}`);
      throw error;
    }
  }

  async module({ source, commandLine }: ModuleConfig, role: MediaRole): Promise<BootModule> {
    const bytes = await this.bytes(source, role);
    return { bytes: await unpacked(bytes), commandLine: `module ${commandLine}`.trim() };
  }

  /** A flash chip's contents, and the store to which its changes go where they are kept. */
  async flash({ source, writable }: FlashConfig, role: MediaRole): Promise<FlashImage> {
    const bytes = await this.bytes(source, role);
    if (writable !== "keep") return { bytes, readOnly: writable === "no", store: null };
    const store = await this.explained(source, role, () => this.opener.openToWrite(source, role));
    if (!store) throw cannotKeep(role);
    return { bytes, readOnly: false, store };
  }

  private open(source: MediaSource, role: MediaRole): Promise<BlockStore> {
    return this.explained(source, role, async () => {
      if (isKept(source)) return this.openKept(source, false);
      if (!isPublished(source)) return this.opener.open(source, role, this.progress);
      const store = await PublishedStore.open(listName(source), this.opener.published(source));
      void store.prefetch();
      return store;
    });
  }

  private async openKept({ kept }: KeptSource, writable: boolean): Promise<LayeredDisk> {
    const { layers } = this.opener.libraryAt(kept.place);
    const stack = await Promise.all(kept.layers.map((id, n) => layers.open(id, writable && n === 0)));
    return LayeredDisk.open(stack, { sizeBytes: kept.sizeBytes, writable, onFailure: this.onFailure });
  }

  private async bytes(source: MediaSource, role: MediaRole): Promise<Uint8Array> {
    if (!isKept(source) && !isPublished(source)) return this.opener.bytes(source, role, this.progress);
    const store = await this.open(source, role);
    try {
      return await this.explained(source, role, () => store.read(0, store.sizeBytes));
    } finally {
      await store.close?.();
    }
  }

  private async checked(store: BlockStore, source: MediaSource, role: MediaRole, kind: StorageRole) {
    try {
      await this.explained(source, role, () => this.check(store, source, role, kind));
    } catch (error) {
      await store.close?.();
      throw error;
    }
    return store;
  }

  private async check(store: BlockStore, source: MediaSource, role: MediaRole, kind: StorageRole): Promise<void> {
    const { problem } = await checkMedia(store, kind);
    if (problem) throw new VmError("badMedia", said`${label(source, role)}: ${asSaid(problem)}`);
  }

  /** What storage has to say, with what it is about. */
  async explained<T>(source: MediaSource, role: MediaRole, action: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      throw new VmError("unreachable", said`${label(source, role)}: ${error.said}`);
    }
  }
}

/** What is in a gzip file; other files as they are. Not for initrds, which kernels unpack themselves. [RFC 1952] 2.3.1 */
async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes.slice()]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new VmError("badMedia", "A gzip file among the kernel and its modules is damaged or cut short.");
  }
}

function cannotKeep(role: MediaRole): VmError {
  return new VmError(
    "badConfig",
    said`What the guest writes to ${roleWords(role)} cannot be kept: this host cannot write to where its image came from. Use writable: "discard".`,
  );
}

/** "CD (debian.iso)". */
function label(source: MediaSource, role: MediaRole): Said {
  const name = nameOf(source);
  return name ? said`${roleTitle(role)} (${name})` : roleTitle(role);
}

function nameOf(source: MediaSource): string {
  if (typeof source === "string") return fileName(source);
  if (source instanceof File) return source.name;
  if (isKept(source)) return source.kept.name;
  if (isPublished(source)) return source.published.name;
  return isChecked(source) ? fileName(source.checked.url) : "";
}

function fileName(url: string): string {
  const last =
    url
      .replace(/[?#].*$/, "")
      .split("/")
      .at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

/** By what every host has: fetch, Blobs and buffers. */
export const webOpener: SourceOpener = {
  bytes: loadBytes,
  async open(source, role, progress) {
    if (isChecked(source)) return openChecked(source, role, progress);
    return (await openMedia(source, { onProgress: (done, total) => progress(role, done, total) })).store;
  },
  async openToWrite() {
    return null;
  },
  published: (source) => publishedFiles(source),
  libraryAt() {
    throw new StorageError("A machine of this library does not run here.");
  },
};

export function publishedFiles({ published: { url, files } }: PublishedSource, host: FilesHost = {}): PublishedFiles {
  return files ? filesAtHand(files) : filesBeside(new URL(".", url).href, host);
}

/** Of the file that lists the parts. */
export function listName({ published: { url } }: PublishedSource): string {
  return fileName(url);
}

async function loadBytes(source: MediaSource, role: MediaRole, progress: Progress): Promise<Uint8Array> {
  if (isKept(source) || isPublished(source)) throw new VmError("internal", `The ${role} is read as a store.`);
  if (typeof source === "string") return fetchFile(source, role, progress);
  if (isChecked(source)) return fetchFile(source.checked.url, role, progress, source.checked);
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  try {
    return new Uint8Array(await source.arrayBuffer());
  } catch (error) {
    throw new VmError("badMedia", said`The ${roleWords(role)} could not be read: ${(error as Error).message}`);
  }
}

/** What has a checksum is read as a whole: its bytes are used only when all of them are known to be the right ones. */
async function openChecked(source: CheckedSource, role: MediaRole, progress: Progress): Promise<BlockStore> {
  const { url, sha256, sizeBytes } = source.checked;
  if (sha256 !== undefined)
    return new MemoryStore(await fetchFile(url, role, progress, source.checked), { readOnly: true });
  const { store } = await openMedia(url, { onProgress: (done, total) => progress(role, done, total) });
  if (sizeBytes === undefined || store.sizeBytes === sizeBytes) return store;
  await store.close?.();
  throw new StorageError(
    said`The file has ${store.sizeBytes} bytes, but ${sizeBytes} were expected: it is another file.`,
  );
}

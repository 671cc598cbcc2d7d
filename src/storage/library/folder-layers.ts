/**
 * Layers in a folder, for Node alone. A layer is two files: `ID.chunks`, slots of a chunk each, and `ID.index`, a journal that
 * says which chunk is in which slot. A commit writes slots, makes them durable, then appends to the journal what has
 * changed there and makes that durable. So the journal never names a slot whose bytes are not there; a record at its end
 * that was cut off by a crash has a wrong sum, and it and what follows count as not written. A chunk that has a slot is
 * overwritten in place, which a crash can leave half done, sector by sector, as on a disk. A slot is used anew only when
 * the record that gave it up is durable.
 *
 * The journal: 16 bytes "POSADALY", u32 version, u32 bytes in a chunk; then records of 16 bytes: u32 chunk, u32 what (0: the
 * layer has nothing for it, 1: a slot, 2: zeros), u32 slot, u32 CRC-32 of the 12 bytes before. Numbers are little-endian.
 */
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { LayerId } from "../../protocol/library.ts";
import { StorageError } from "../block-store.ts";
import { crc32 } from "../formats/crc32.ts";
import { inFolder, syncFolder } from "./folder-files.ts";
import { CHUNK_BYTES } from "./layers.ts";
import type { ChunkNumbers, LayerChunk, LayerKeeper, LayerStore } from "./layers.ts";

const MAGIC = new TextEncoder().encode("POSADALY");
const VERSION = 1;
const RECORD_BYTES = 16;
const NOTHING = 0;
const SLOT = 1;
const ZEROS = 2;
/** A journal is written anew when it has so many records more than there are chunks. */
const SPARE_RECORDS = 20_000;
/** -1 in a map of slots: the chunk reads as zeros. */
const NO_SLOT = -1;

export class FolderLayers implements LayerStore {
  constructor(private readonly folder: string) {}

  open(id: LayerId, writable: boolean): Promise<LayerKeeper> {
    return inFolder(this.folder, () => FolderLayer.open(this.folder, id, writable));
  }

  async remove(id: LayerId): Promise<void> {
    await inFolder(this.folder, async () => {
      // Without its index a layer has nothing.
      await rm(join(this.folder, `${id}.index`), { force: true });
      await rm(join(this.folder, `${id}.chunks`), { force: true });
    });
  }

  async list(): Promise<LayerId[]> {
    return inFolder(this.folder, async () => {
      const names = await readdir(this.folder).catch(() => []);
      return [
        ...new Set(names.filter((name) => /^\w+\.(index|chunks)$/.test(name)).map((name) => name.split(".")[0]!)),
      ];
    });
  }

  async keptBytes(id: LayerId): Promise<number> {
    const keeper = await this.open(id, false);
    const numbers = await keeper.list();
    await keeper.close();
    return numbers.filter(({ zeros }) => !zeros).length * CHUNK_BYTES;
  }
}

interface Files {
  chunks: FileHandle;
  index: FileHandle;
}

class FolderLayer implements LayerKeeper {
  /** The slot of each chunk, or NO_SLOT. */
  private readonly slots = new Map<number, number>();
  private readonly freeSlots: number[] = [];
  private slotCount = 0;
  private indexBytes = RECORD_BYTES;

  private constructor(
    private readonly folder: string,
    private readonly id: LayerId,
    private readonly writable: boolean,
    private files: Files | null,
  ) {}

  static async open(folder: string, id: LayerId, writable: boolean): Promise<FolderLayer> {
    const path = (kind: string): string => join(folder, `${id}.${kind}`);
    const index = await open(path("index"), writable ? "r+" : "r").catch(unlessMissing);
    if (!index) return new FolderLayer(folder, id, writable, null);
    let chunks: FileHandle | null = null;
    try {
      chunks = await open(path("chunks"), writable ? "r+" : "r");
      const layer = new FolderLayer(folder, id, writable, { chunks, index });
      await layer.readIndex(index);
      return layer;
    } catch (error) {
      await chunks?.close();
      await index.close();
      throw error;
    }
  }

  async list(): Promise<ChunkNumbers[]> {
    return Array.from(this.slots, ([index, slot]) => ({ index, zeros: slot === NO_SLOT }));
  }

  async get(indexes: readonly number[]): Promise<Map<number, LayerChunk>> {
    const found = new Map<number, LayerChunk>();
    const wanted: { index: number; slot: number }[] = [];
    for (const index of indexes) {
      const slot = this.slots.get(index);
      if (slot === NO_SLOT) found.set(index, "zeros");
      else if (slot !== undefined) wanted.push({ index, slot });
    }
    await inFolder(this.folder, () =>
      Promise.all(
        runsOf(wanted).map(async (run) => {
          const bytes = await this.readSlots(run[0]!.slot, run.length);
          run.forEach(({ index }, n) => found.set(index, bytes.subarray(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES)));
        }),
      ),
    );
    return found;
  }

  async commit(puts: ReadonlyMap<number, LayerChunk>, deletes: readonly number[]): Promise<void> {
    if (!this.writable) throw new StorageError("This layer of a disk is not to be written.");
    const gone = deletes.filter((index) => this.slots.has(index));
    if (puts.size + gone.length === 0) return;
    await inFolder(this.folder, async () => {
      const files = (this.files ??= await this.create());
      const placed: { index: number; slot: number; isNew: boolean; chunk: LayerChunk }[] = [];
      const taken: number[] = [];
      for (const [index, chunk] of puts) {
        const before = this.slots.get(index);
        const keeps = before !== undefined && before !== NO_SLOT;
        const slot = chunk === "zeros" ? NO_SLOT : keeps ? before : this.takeSlot(taken);
        placed.push({ index, slot, isNew: slot !== before, chunk });
      }
      try {
        await this.writeSlots(files.chunks, placed);
        const changed = placed.filter(({ isNew }) => isNew);
        const records = [
          ...changed.map(({ index, slot }) => ({ index, slot })),
          ...gone.map((index) => ({ index, slot: undefined })),
        ];
        await this.append(files.index, records);
        for (const { index, slot } of records) this.place(index, slot);
      } catch (error) {
        // What the journal does not name is free. (A half-written record is overwritten by the next.)
        this.freeSlots.push(...taken);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.files?.chunks.close();
    await this.files?.index.close();
    this.files = null;
  }

  private takeSlot(taken: number[]): number {
    const slot = this.freeSlots.pop() ?? this.slotCount++;
    taken.push(slot);
    return slot;
  }

  private place(index: number, slot: number | undefined): void {
    const before = this.slots.get(index);
    if (before !== undefined && before !== NO_SLOT) this.freeSlots.push(before);
    if (slot === undefined) this.slots.delete(index);
    else this.slots.set(index, slot);
  }

  private async create(): Promise<Files> {
    await mkdir(this.folder, { recursive: true });
    const chunks = await open(join(this.folder, `${this.id}.chunks`), "w+");
    const index = await open(join(this.folder, `${this.id}.index`), "w+");
    await writeAll(index, header(), 0);
    await index.datasync();
    await syncFolder(this.folder);
    return { chunks, index };
  }

  private async readSlots(slot: number, count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count * CHUNK_BYTES);
    for (let done = 0; done < bytes.length;) {
      const { bytesRead } = await this.files!.chunks.read(bytes, done, bytes.length - done, slot * CHUNK_BYTES + done);
      if (bytesRead === 0)
        throw new StorageError(`A disk's file in ${this.folder} is shorter than it was: ${this.id}.chunks.`);
      done += bytesRead;
    }
    return bytes;
  }

  private async writeSlots(file: FileHandle, placed: { slot: number; chunk: LayerChunk }[]): Promise<void> {
    const written = placed.filter(({ slot }) => slot !== NO_SLOT);
    if (written.length === 0) return;
    for (const run of runsOf(written)) {
      const bytes = new Uint8Array(run.length * CHUNK_BYTES);
      run.forEach(({ chunk }, n) => bytes.set(chunk as Uint8Array, n * CHUNK_BYTES));
      await writeAll(file, bytes, run[0]!.slot * CHUNK_BYTES);
    }
    await file.datasync();
  }

  private async append(file: FileHandle, records: { index: number; slot: number | undefined }[]): Promise<void> {
    if (records.length === 0) return;
    const bytes = encoded(records);
    await writeAll(file, bytes, this.indexBytes);
    await file.datasync();
    this.indexBytes += bytes.length;
  }

  private async readIndex(file: FileHandle): Promise<void> {
    const bytes = new Uint8Array(await file.readFile());
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Cut off while it was being made.
    if (bytes.length < RECORD_BYTES) return this.rewrite();
    if (!MAGIC.every((byte, i) => bytes[i] === byte) || view.getUint32(12, true) !== CHUNK_BYTES)
      throw new StorageError(`${this.id}.index in ${this.folder} is no index of a disk's layer, or is damaged.`);
    if (view.getUint32(8, true) !== VERSION)
      throw new StorageError(`${this.id}.index in ${this.folder} was written by a later version of Posada.`);
    let at = RECORD_BYTES;
    for (; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
      if (crc32(bytes.subarray(at, at + 12)) !== view.getUint32(at + 12, true)) break;
      const what = view.getUint32(at + 4, true);
      this.place(view.getUint32(at, true), what === NOTHING ? undefined : what === ZEROS ? NO_SLOT : view.getUint32(at + 8, true)); // prettier-ignore
    }
    this.indexBytes = at;
    this.findFreeSlots();
    if (!this.writable) return;
    // What lies behind must not be taken for a continuation of what is written there next.
    if (at < bytes.length) await file.truncate(at);
    if (at / RECORD_BYTES > this.slots.size + SPARE_RECORDS) await this.rewrite();
  }

  private findFreeSlots(): void {
    const used = new Set(this.slots.values());
    used.delete(NO_SLOT);
    this.slotCount = 0;
    for (const slot of used) this.slotCount = Math.max(this.slotCount, slot + 1);
    this.freeSlots.length = 0;
    for (let slot = this.slotCount - 1; slot >= 0; slot--) if (!used.has(slot)) this.freeSlots.push(slot);
  }

  /** The journal with nothing in it that is over. */
  private async rewrite(): Promise<void> {
    if (!this.writable) return;
    const path = join(this.folder, `${this.id}.index`);
    const records = encoded(Array.from(this.slots, ([index, slot]) => ({ index, slot })));
    const next = await open(`${path}.new`, "w+");
    await writeAll(next, header(), 0);
    await writeAll(next, records, RECORD_BYTES);
    await next.datasync();
    await rename(`${path}.new`, path);
    await syncFolder(this.folder);
    await this.files!.index.close();
    this.files!.index = next;
    this.indexBytes = RECORD_BYTES + records.length;
  }
}

function header(): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES);
  bytes.set(MAGIC);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, CHUNK_BYTES, true);
  return bytes;
}

function encoded(records: { index: number; slot: number | undefined }[]): Uint8Array {
  const bytes = new Uint8Array(records.length * RECORD_BYTES);
  const view = new DataView(bytes.buffer);
  records.forEach(({ index, slot }, n) => {
    const at = n * RECORD_BYTES;
    view.setUint32(at, index, true);
    view.setUint32(at + 4, slot === undefined ? NOTHING : slot === NO_SLOT ? ZEROS : SLOT, true);
    view.setUint32(at + 8, slot === undefined || slot === NO_SLOT ? 0 : slot, true);
    view.setUint32(at + 12, crc32(bytes.subarray(at, at + 12)), true);
  });
  return bytes;
}

/** Slots that follow each other, together. */
function runsOf<T extends { slot: number }>(all: T[]): T[][] {
  const runs: T[][] = [];
  for (const each of [...all].sort((a, b) => a.slot - b.slot)) {
    const run = runs.at(-1);
    if (run && run.at(-1)!.slot + 1 === each.slot && run.length < 64) run.push(each);
    else runs.push([each]);
  }
  return runs;
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

async function unlessMissing(error: NodeJS.ErrnoException): Promise<null> {
  if (error.code === "ENOENT") return null;
  throw error;
}

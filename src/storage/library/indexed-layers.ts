/**
 * Layers in IndexedDB. A record is a chunk under [layer, number], or eight neighbours under [layer, "wide", number / 8]: what
 * is written in large pieces is read and written about twice as fast so, while a guest's small write costs a small record.
 * (Chromium keeps values of 64 KiB and more as files beside its database and smaller ones in it.) Besides there are marks
 * without bytes: [layer, "zeros", number], and [layer, "none", number] for a chunk of a wide record that the layer does not
 * have any more. A chunk's own record or mark hides what a wide record has for it; a wide record with nothing left to show
 * goes. Which records there are is known from the keys, which are read once.
 */
import { promisifyRequest } from "idb-keyval";
import type { UseStore } from "idb-keyval";
import type { LayerId } from "../../protocol/library.ts";
import { keysUnder, strictStore } from "./indexed-db.ts";
import { CHUNK_BYTES } from "./layers.ts";
import type { ChunkNumbers, LayerChunk, LayerKeeper, LayerStore } from "./layers.ts";

const CHUNKS_IN_WIDE = 8;
const MARK = 1;

/** What a chunk's own record is. */
type Kind = "bytes" | "zeros" | "none";
type Key = [layer: LayerId, index: number] | [layer: LayerId, kind: "wide" | "zeros" | "none", index: number];

const wideOf = (index: number): number => Math.floor(index / CHUNKS_IN_WIDE);
const inWide = (wide: number): number[] => Array.from({ length: CHUNKS_IN_WIDE }, (_, n) => wide * CHUNKS_IN_WIDE + n);

export class IndexedLayers implements LayerStore {
  private readonly store: UseStore;

  constructor(name: string) {
    this.store = strictStore(`${name}-layers`);
  }

  open(id: LayerId): Promise<LayerKeeper> {
    return IndexedLayer.open(this.store, id);
  }

  async remove(id: LayerId): Promise<void> {
    await this.store("readwrite", (store) => {
      store.delete(keysUnder(id));
      return promisifyRequest(store.transaction);
    });
  }

  async list(): Promise<LayerId[]> {
    return this.store("readonly", async (store) => {
      const ids: LayerId[] = [];
      // From each layer to the next, over all its chunks.
      for (let range: IDBKeyRange | undefined; ;) {
        const [key] = (await promisifyRequest(store.getAllKeys(range, 1))) as Key[];
        if (!key) return ids;
        ids.push(key[0]);
        range = IDBKeyRange.lowerBound([key[0], []], true);
      }
    });
  }

  async keptBytes(id: LayerId): Promise<number> {
    return (await IndexedLayer.open(this.store, id)).keptBytes;
  }
}

class IndexedLayer implements LayerKeeper {
  private readonly single = new Map<number, Kind>();
  private readonly wide = new Set<number>();

  private constructor(
    private readonly store: UseStore,
    private readonly id: LayerId,
  ) {}

  static async open(store: UseStore, id: LayerId): Promise<IndexedLayer> {
    const layer = new IndexedLayer(store, id);
    const keys = await store("readonly", (entries) => promisifyRequest(entries.getAllKeys(keysUnder(id))));
    for (const key of keys as Key[]) {
      if (key.length === 2) layer.single.set(key[1], "bytes");
      else if (key[1] === "wide") layer.wide.add(key[2]);
      else layer.single.set(key[2], key[1]);
    }
    return layer;
  }

  get keptBytes(): number {
    const chunks = [...this.single.values()].filter((kind) => kind === "bytes").length;
    return (chunks + this.wide.size * CHUNKS_IN_WIDE) * CHUNK_BYTES;
  }

  async list(): Promise<ChunkNumbers[]> {
    const numbers: ChunkNumbers[] = [];
    for (const [index, kind] of this.single) if (kind !== "none") numbers.push({ index, zeros: kind === "zeros" });
    for (const wide of this.wide)
      for (const index of inWide(wide)) if (!this.single.has(index)) numbers.push({ index, zeros: false });
    return numbers;
  }

  async get(indexes: readonly number[]): Promise<Map<number, LayerChunk>> {
    const found = new Map<number, LayerChunk>();
    const singles: number[] = [];
    const wides = new Set<number>();
    for (const index of indexes) {
      const kind = this.single.get(index);
      if (kind === "zeros") found.set(index, "zeros");
      else if (kind === "bytes") singles.push(index);
      else if (kind === undefined && this.wide.has(wideOf(index))) wides.add(wideOf(index));
    }
    if (singles.length + wides.size === 0) return found;
    // What a wide record shows is decided now; it may change while it is being read.
    const shown = Array.from(wides, (wide) => ({
      wide,
      chunks: inWide(wide).filter((index) => !this.single.has(index)),
    }));
    await this.store("readonly", (store) => {
      const read = (key: Key): Promise<Uint8Array | undefined> => promisifyRequest(store.get(key));
      return Promise.all([
        ...singles.map(async (index) => {
          const bytes = await read([this.id, index]);
          if (bytes) found.set(index, bytes);
        }),
        ...shown.map(async ({ wide, chunks }) => {
          const bytes = await read([this.id, "wide", wide]);
          if (!bytes) return;
          for (const index of chunks) {
            const at = (index % CHUNKS_IN_WIDE) * CHUNK_BYTES;
            found.set(index, bytes.subarray(at, at + CHUNK_BYTES));
          }
        }),
      ]);
    });
    return found;
  }

  async commit(puts: ReadonlyMap<number, LayerChunk>, deletes: readonly number[]): Promise<void> {
    const widePuts = fullWides(puts);
    /** What the chunks' own records are afterwards; null: there is none. */
    const next = new Map<number, Kind | null>();
    for (const wide of widePuts) for (const index of inWide(wide)) next.set(index, null);
    for (const [index, chunk] of puts)
      if (!widePuts.has(wideOf(index))) next.set(index, chunk === "zeros" ? "zeros" : "bytes");
    for (const index of deletes) next.set(index, this.wide.has(wideOf(index)) ? "none" : null);
    const emptied = this.emptiedBy(next, widePuts);
    await this.store("readwrite", (store) => {
      for (const wide of widePuts) store.put(joined(inWide(wide).map((index) => puts.get(index) as Uint8Array)), [this.id, "wide", wide]); // prettier-ignore
      for (const wide of emptied) store.delete([this.id, "wide", wide]);
      for (const [index, kind] of next) {
        const before = this.single.get(index);
        if (before && before !== kind) store.delete(this.keyOf(index, before));
        if (kind === "bytes") store.put(alone(puts.get(index) as Uint8Array), [this.id, index]);
        else if (kind && before !== kind) store.put(MARK, this.keyOf(index, kind));
      }
      return promisifyRequest(store.transaction);
    });
    for (const [index, kind] of next)
      if (kind) this.single.set(index, kind);
      else this.single.delete(index);
    for (const wide of widePuts) this.wide.add(wide);
    for (const wide of emptied) this.wide.delete(wide);
  }

  async close(): Promise<void> {}

  private keyOf(index: number, kind: Kind): Key {
    return kind === "bytes" ? [this.id, index] : [this.id, kind, index];
  }

  /** Wide records that show nothing any more after a commit; the marks that hide their chunks are taken out of `next`. */
  private emptiedBy(next: Map<number, Kind | null>, widePuts: ReadonlySet<number>): number[] {
    const touched = new Set(Array.from(next.keys(), wideOf));
    const emptied: number[] = [];
    for (const wide of touched) {
      if (!this.wide.has(wide) || widePuts.has(wide)) continue;
      const kinds = inWide(wide).map((index) =>
        next.has(index) ? next.get(index)! : (this.single.get(index) ?? null),
      );
      if (kinds.includes(null)) continue;
      emptied.push(wide);
      for (const [n, index] of inWide(wide).entries()) if (kinds[n] === "none") next.set(index, null);
    }
    return emptied;
  }
}

/** Groups of eight neighbours that are all written, with bytes. */
function fullWides(puts: ReadonlyMap<number, LayerChunk>): Set<number> {
  const counts = new Map<number, number>();
  for (const [index, chunk] of puts)
    if (chunk !== "zeros") counts.set(wideOf(index), (counts.get(wideOf(index)) ?? 0) + 1);
  return new Set([...counts].filter(([, count]) => count === CHUNKS_IN_WIDE).map(([wide]) => wide));
}

function joined(chunks: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(CHUNKS_IN_WIDE * CHUNK_BYTES);
  chunks.forEach((chunk, n) => bytes.set(chunk, n * CHUNK_BYTES));
  return bytes;
}

/** Of a view, the database would keep all that lies under it. */
function alone(chunk: Uint8Array): Uint8Array {
  return chunk.byteLength === chunk.buffer.byteLength ? chunk : chunk.slice();
}

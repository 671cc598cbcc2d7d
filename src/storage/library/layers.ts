/**
 * Where the chunks of layers are kept. A layer is a part of a disk's contents: chunks by number, or marks that a chunk
 * reads as zeros though a layer below has something there.
 *
 * Why layers and not chunks found by their contents: a write is one put under a number that is known beforehand, without
 * a sum, a count of users or a look whether the contents are there already; a snapshot of a disk costs one record,
 * whatever its size; and what is shared needs no count that could be wrong after a crash, for which layers are below which
 * stands in the catalogue alone. What is given up: equal chunks that were written twice are kept twice.
 */
import type { LayerId } from "../../protocol/library.ts";

/**
 * The unit in which disks are kept. Small, because a guest that writes 4 KiB and flushes waits for a whole chunk; keepers
 * put neighbours together where that is faster.
 */
export const CHUNK_BYTES = 32 * 1024;

/** A chunk's bytes, always CHUNK_BYTES of them, or the mark that it reads as zeros. */
export type LayerChunk = Uint8Array | "zeros";

export interface ChunkNumbers {
  index: number;
  zeros: boolean;
}

/** The chunks of one layer. A layer that nothing was written to has none, and need not exist. */
export interface LayerKeeper {
  list(): Promise<ChunkNumbers[]>;
  /** Those that are kept, and perhaps some of their neighbours where these came along. @throws StorageError */
  get(indexes: readonly number[]): Promise<Map<number, LayerChunk>>;
  /**
   * Puts chunks and forgets others. Resolves when that is durable. After a crash before then some of it may be there, as on
   * a disk that loses its power: of each chunk, every sector is the old or the new one. Buffers do not change until then.
   * @throws StorageError (QuotaError where there is no room); then the layer reads as before, or as after
   */
  commit(puts: ReadonlyMap<number, LayerChunk>, deletes: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export interface LayerStore {
  /** Alone to write, where `writable`. */
  open(id: LayerId, writable: boolean): Promise<LayerKeeper>;
  remove(id: LayerId): Promise<void>;
  /** All layers that have something. */
  list(): Promise<LayerId[]>;
  /** What a layer takes, about. */
  keptBytes(id: LayerId): Promise<number>;
}

export class MemoryLayers implements LayerStore {
  readonly layers = new Map<LayerId, Map<number, LayerChunk>>();

  async open(id: LayerId): Promise<LayerKeeper> {
    const chunks = (): Map<number, LayerChunk> => this.layers.get(id) ?? new Map<number, LayerChunk>();
    return {
      list: async () => [...chunks()].map(([index, chunk]) => ({ index, zeros: chunk === "zeros" })),
      get: async (indexes) => {
        const found = new Map<number, LayerChunk>();
        for (const index of indexes) {
          const chunk = chunks().get(index);
          if (chunk) found.set(index, chunk);
        }
        return found;
      },
      commit: async (puts, deletes) => {
        const layer = chunks();
        this.layers.set(id, layer);
        for (const [index, chunk] of puts) layer.set(index, chunk === "zeros" ? chunk : chunk.slice());
        for (const index of deletes) layer.delete(index);
      },
      close: async () => {},
    };
  }

  async remove(id: LayerId): Promise<void> {
    this.layers.delete(id);
  }

  async list(): Promise<LayerId[]> {
    return [...this.layers.keys()];
  }

  async keptBytes(id: LayerId): Promise<number> {
    const chunks = [...(this.layers.get(id)?.values() ?? [])];
    return chunks.filter((chunk) => chunk !== "zeros").length * CHUNK_BYTES;
  }
}

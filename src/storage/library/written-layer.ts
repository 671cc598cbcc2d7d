/**
 * The layer that is being written: what was gathered in memory for it, and what its keeper has. Gathered chunks go to the
 * keeper some megabytes a time, neighbours together; each such commit is durable, so that a flush has only the rest to do.
 */
import { ChunkIndex } from "./chunk-index.ts";
import { CHUNK_BYTES } from "./layers.ts";
import type { LayerChunk, LayerKeeper } from "./layers.ts";

/** In `kept`. */
export const HAS_BYTES = 1;
export const HAS_ZEROS = 2;

/** From here on writing begins by itself. */
const MANY_CHUNKS = (4 << 20) / CHUNK_BYTES;
/** The writer waits from here on. */
const MOST_CHUNKS = (16 << 20) / CHUNK_BYTES;
const CHUNKS_A_COMMIT = (4 << 20) / CHUNK_BYTES;
/** What was written is made durable after so long, asked for or not. */
const LATEST_MS = 1000;

interface Gathered {
  chunk: LayerChunk | "forget";
  /** Being committed: its bytes must not change. */
  busy: boolean;
}

export interface WrittenLayerHost {
  /** Whether a layer below has bytes for this chunk. */
  hasBelow(index: number): boolean;
  onSettled(index: number, bytes: Uint8Array): void;
  onFailure(error: unknown): void;
}

export class WrittenLayer {
  /** What the keeper has: HAS_BYTES, HAS_ZEROS or 0. */
  readonly kept = new ChunkIndex();
  private readonly changes = new Map<number, Gathered>();
  private committing: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private stopped = false;

  /** What the keeper has from now on, of a chunk. */
  onKept = (index: number, kind: number): void => this.kept.set(index, kind);

  /** Whether a layer below has bytes for a chunk. */
  hasBelow: (index: number) => boolean;

  constructor(
    readonly keeper: LayerKeeper,
    private readonly host: WrittenLayerHost,
  ) {
    this.hasBelow = (index) => host.hasBelow(index);
  }

  get isEmpty(): boolean {
    return this.changes.size === 0;
  }

  /** What waits to be written; the bytes must not be changed. */
  gathered(index: number): LayerChunk | undefined {
    const change = this.changes.get(index);
    return change && change.chunk !== "forget" ? change.chunk : undefined;
  }

  /** The chunk is the layer's from now on, and not copied. */
  put(index: number, chunk: LayerChunk): void {
    this.changes.set(index, { chunk, busy: false });
    this.writeInTime();
  }

  /** The layer has nothing of its own for this chunk any more. */
  forget(index: number): void {
    this.changes.set(index, { chunk: "forget", busy: false });
    this.writeInTime();
  }

  /** Changes a part of a chunk where that is gathered. @returns whether it was */
  change(index: number, within: number, bytes: Uint8Array): boolean {
    const gathered = this.changes.get(index);
    if (!gathered || !(gathered.chunk instanceof Uint8Array)) return false;
    if (gathered.busy) this.changes.set(index, { chunk: gathered.chunk.slice(), busy: false });
    (this.changes.get(index)!.chunk as Uint8Array).set(bytes, within);
    return true;
  }

  /** Begins to write where much is gathered; waits where it is too much. @throws StorageError */
  async makeRoom(): Promise<void> {
    if (this.changes.size < MANY_CHUNKS) return;
    if (this.changes.size < MOST_CHUNKS) return this.writeMeanwhile();
    await this.committing;
    if (this.changes.size >= MOST_CHUNKS) await this.commitAll();
  }

  /** Resolves when all that was put before is durable. @throws StorageError */
  async flush(): Promise<void> {
    // What is being written was perhaps changed again meanwhile. Its failure is told to whoever began it.
    await this.committing?.catch(() => {});
    if (!this.isEmpty) await this.commitAll();
  }

  /** Nothing is written by itself any more. */
  stop(): void {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }

  private writeMeanwhile(): void {
    if (!this.committing) this.commitAll().catch((error: unknown) => this.host.onFailure(error));
  }

  private writeInTime(): void {
    if (this.timer !== null || this.stopped) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (!this.isEmpty && !this.stopped) this.writeMeanwhile();
    }, LATEST_MS);
    // In Node a disk alone does not keep a process.
    (this.timer as { unref?: () => void }).unref?.();
  }

  /** One at a time. What is put meanwhile waits for the next. */
  private commitAll(): Promise<void> {
    const before = this.committing ?? Promise.resolve();
    const work = before
      .catch(() => {})
      .then(() => this.commitEach())
      .finally(() => {
        if (this.committing === work) this.committing = null;
      });
    this.committing = work;
    return work;
  }

  private async commitEach(): Promise<void> {
    const all = [...this.changes].sort(([a], [b]) => a - b);
    for (const [, change] of all) change.busy = true;
    try {
      for (let at = 0; at < all.length; at += CHUNKS_A_COMMIT) await this.commit(all.slice(at, at + CHUNKS_A_COMMIT));
    } catch (error) {
      for (const [, change] of all) change.busy = false;
      throw error;
    }
  }

  private async commit(part: [number, Gathered][]): Promise<void> {
    const puts = new Map<number, LayerChunk>();
    const deletes: number[] = [];
    for (const [index, { chunk }] of part) {
      // A mark is needed only where something would show through.
      if (chunk === "forget" || (chunk === "zeros" && !this.hasBelow(index))) deletes.push(index);
      else puts.set(index, chunk);
    }
    await this.keeper.commit(puts, deletes);
    for (const index of deletes) this.onKept(index, 0);
    for (const [index, chunk] of puts) this.onKept(index, chunk === "zeros" ? HAS_ZEROS : HAS_BYTES);
    for (const [index, change] of part) {
      if (this.changes.get(index) !== change) continue;
      this.changes.delete(index);
      if (change.chunk instanceof Uint8Array) this.host.onSettled(index, change.chunk);
    }
  }
}

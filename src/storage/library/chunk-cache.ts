/** Chunks that were read or written lately, and those being read: nobody fetches one twice. */
import { CHUNK_BYTES } from "./layers.ts";

const MAX_CHUNKS = (8 << 20) / CHUNK_BYTES;

export class ChunkCache {
  /** The oldest first. */
  private readonly chunks = new Map<number, Uint8Array>();
  private readonly coming = new Map<number, Promise<Map<number, Uint8Array>>>();
  /** Counts changes: what came along uncalled for is old where there was any. */
  private drops = 0;

  /** @param fetch gives all that it is asked for, and perhaps more */
  constructor(private readonly fetch: (indexes: readonly number[]) => Promise<Map<number, Uint8Array>>) {}

  get(index: number): Uint8Array | undefined {
    const chunk = this.chunks.get(index);
    if (chunk) {
      this.chunks.delete(index);
      this.chunks.set(index, chunk);
    }
    return chunk;
  }

  add(index: number, chunk: Uint8Array): void {
    this.chunks.delete(index);
    this.chunks.set(index, chunk);
    for (const oldest of this.chunks.keys()) {
      if (this.chunks.size <= MAX_CHUNKS) break;
      this.chunks.delete(oldest);
    }
  }

  /** The chunk changes: what is being read of it is old. */
  drop(index: number): void {
    this.chunks.delete(index);
    this.coming.delete(index);
    this.drops++;
  }

  /** In the order asked. */
  async read(indexes: readonly number[]): Promise<Uint8Array[]> {
    const wanted = indexes.filter((index) => !this.chunks.has(index) && !this.coming.has(index));
    if (wanted.length > 0) this.begin(wanted).catch(() => {});
    const waits = indexes.map(async (index) => this.chunks.get(index) ?? (await this.coming.get(index)!).get(index)!);
    return Promise.all(waits);
  }

  /** What fails here fails again for whoever needs it. */
  readAhead(indexes: readonly number[]): void {
    const wanted = indexes.filter((index) => !this.chunks.has(index) && !this.coming.has(index));
    if (wanted.length > 0) this.begin(wanted).catch(() => {});
  }

  private begin(indexes: number[]): Promise<void> {
    const fetched = this.fetch(indexes);
    const { drops } = this;
    for (const index of indexes) this.coming.set(index, fetched);
    const forget = (): boolean[] =>
      indexes.map((index) => this.coming.get(index) === fetched && this.coming.delete(index));
    return fetched.then(
      (chunks) => {
        const current = forget();
        if (drops === this.drops) for (const [index, chunk] of chunks) this.add(index, chunk);
        else indexes.forEach((index, i) => current[i] && this.add(index, chunks.get(index)!));
      },
      (error: unknown) => {
        forget();
        throw error;
      },
    );
  }
}

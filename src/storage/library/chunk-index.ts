/** A small number for each chunk of a disk, 0 where nothing was said; takes memory only where something was. */
const PAGE_BITS = 12;
const PAGE_CHUNKS = 1 << PAGE_BITS;

export class ChunkIndex {
  private readonly pages = new Map<number, Uint16Array>();

  get(index: number): number {
    return this.pages.get(Math.floor(index / PAGE_CHUNKS))?.[index % PAGE_CHUNKS] ?? 0;
  }

  set(index: number, value: number): void {
    const number = Math.floor(index / PAGE_CHUNKS);
    let page = this.pages.get(number);
    if (!page) {
      if (value === 0) return;
      page = new Uint16Array(PAGE_CHUNKS);
      this.pages.set(number, page);
    }
    page[index % PAGE_CHUNKS] = value;
  }

  clear(): void {
    this.pages.clear();
  }

  /** All chunks from `start` on of which something was said, in their order. */
  *entries(start = 0): Generator<[index: number, value: number]> {
    for (const number of [...this.pages.keys()].sort((a, b) => a - b)) {
      const page = this.pages.get(number)!;
      for (let within = 0; within < PAGE_CHUNKS; within++) {
        const index = number * PAGE_CHUNKS + within;
        if (page[within] !== 0 && index >= start) yield [index, page[within]!];
      }
    }
  }

  /** The first chunk from `index` on that lies in a page where something was said; `end` where there is none. */
  skipEmpty(index: number, end: number): number {
    let at = index;
    while (at < end && !this.pages.has(Math.floor(at / PAGE_CHUNKS)))
      at = (Math.floor(at / PAGE_CHUNKS) + 1) * PAGE_CHUNKS;
    return Math.min(at, end);
  }
}

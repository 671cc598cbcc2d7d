/** A set of numbers as bits, in pages that exist where a bit is set. */

const PAGE_BITS = 1 << 15;

export class SparseBits {
  private readonly pages = new Map<number, Uint8Array>();

  /** @param maxPages of 4 KiB */
  constructor(private readonly maxPages = Infinity) {}

  has(index: number): boolean {
    const bit = index % PAGE_BITS;
    const page = this.pages.get(Math.floor(index / PAGE_BITS));
    return page !== undefined && (page[bit >> 3]! & (1 << (bit & 7))) !== 0;
  }

  /** @returns whether the bit was set before; null where no more can be noted. */
  testAndSet(index: number): boolean | null {
    const pageIndex = Math.floor(index / PAGE_BITS);
    let page = this.pages.get(pageIndex);
    if (!page) {
      if (this.pages.size >= this.maxPages) return null;
      this.pages.set(pageIndex, (page = new Uint8Array(PAGE_BITS / 8)));
    }
    const bit = index % PAGE_BITS;
    const mask = 1 << (bit & 7);
    const was = (page[bit >> 3]! & mask) !== 0;
    page[bit >> 3]! |= mask;
    return was;
  }
}

/**
 * Which 4 KiB pages of video memory were written since the picture was last drawn: those that the device wrote itself
 * (`mark`) and those that the core saw written through the linear frame buffer (`merge`).
 */
export const DIRTY_PAGE_SHIFT = 12;

export class DirtyPages {
  /** True while any page is dirty. */
  any = false;
  private readonly pages: Uint8Array;

  constructor(memoryBytes: number) {
    this.pages = new Uint8Array(Math.ceil(memoryBytes / (1 << DIRTY_PAGE_SHIFT)));
  }

  mark(page: number): void {
    this.pages[page] = 1;
    this.any = true;
  }

  markBytes(fromByte: number, lengthBytes: number): void {
    if (lengthBytes <= 0) return;
    this.pages.fill(1, fromByte >> DIRTY_PAGE_SHIFT, ((fromByte + lengthBytes - 1) >> DIRTY_PAGE_SHIFT) + 1);
    this.any = true;
  }

  /** Adds a bit set, a bit per page, low bit first. @returns true when it held any page. */
  merge(bits: Uint8Array): boolean {
    let found = false;
    for (let i = 0; i < bits.length; i++) {
      const byte = bits[i]!;
      if (byte === 0) continue;
      found = true;
      for (let bit = 0; bit < 8; bit++) if ((byte & (1 << bit)) !== 0) this.pages[i * 8 + bit] = 1;
    }
    if (found) this.any = true;
    return found;
  }

  /** True when a page of bytes `first`…`last` (inclusive) is dirty. */
  touches(firstByte: number, lastByte: number): boolean {
    for (let page = firstByte >> DIRTY_PAGE_SHIFT; page <= lastByte >> DIRTY_PAGE_SHIFT; page++)
      if (this.pages[page] !== 0) return true;
    return false;
  }

  clear(): void {
    if (!this.any) return;
    this.pages.fill(0);
    this.any = false;
  }
}

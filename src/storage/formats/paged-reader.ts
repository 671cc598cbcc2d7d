/**
 * Small reads of a file through a bounded cache of pages: tables of images and file systems are looked at entry by
 * entry, and must not stand in memory whole.
 */
import { said } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { ImageError } from "./image-error.ts";

const PAGE_BYTES = 32 * 1024;
const MAX_PAGES = 64;

export class PagedReader {
  /** In the order of their last use. */
  private readonly pages = new Map<number, Promise<Uint8Array>>();

  constructor(
    readonly file: BlockStore,
    private readonly maxPages = MAX_PAGES,
  ) {}

  /** `length` bytes, of which the caller changes none. @throws ImageError where the file ends before. */
  async read(offset: number, length: number, what: Said = said`a table`): Promise<Uint8Array> {
    checkInside(this.file, offset, length, what);
    const index = Math.floor(offset / PAGE_BYTES);
    const within = offset - index * PAGE_BYTES;
    if (within + length <= PAGE_BYTES) return (await this.page(index)).subarray(within, within + length);
    const result = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const place = offset + at;
      const pageIndex = Math.floor(place / PAGE_BYTES);
      const start = place - pageIndex * PAGE_BYTES;
      const part = (await this.page(pageIndex)).subarray(start, start + length - at);
      result.set(part, at);
      at += part.length;
    }
    return result;
  }

  private page(index: number): Promise<Uint8Array> {
    const known = this.pages.get(index);
    if (known) {
      this.pages.delete(index);
      this.pages.set(index, known);
      return known;
    }
    const start = index * PAGE_BYTES;
    const page = this.file.read(start, Math.min(PAGE_BYTES, this.file.sizeBytes - start));
    this.pages.set(index, page);
    page.catch(() => this.pages.delete(index));
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= this.maxPages) break;
      this.pages.delete(oldest);
    }
    return page;
  }
}

/** @throws ImageError "truncated" where the range is not in the file. */
export function checkInside(file: BlockStore, offset: number, length: number, what: Said): void {
  if (offset >= 0 && length >= 0 && offset + length <= file.sizeBytes) return;
  throw new ImageError(
    "truncated",
    said`This image is cut short or damaged: ${what} should be at byte ${offset}, but the file has ${file.sizeBytes} bytes.`,
  );
}

/** `file.read` for places that an image names. @throws ImageError "truncated" */
export async function readInside(file: BlockStore, offset: number, length: number, what: Said): Promise<Uint8Array> {
  checkInside(file, offset, length, what);
  return file.read(offset, length);
}

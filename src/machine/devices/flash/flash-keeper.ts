/**
 * Takes what the guest changes in a flash chip to the store behind it, a block at a time and one after the other, so that
 * the store holds whole blocks. Stands for the store towards its owner, who flushes and closes it.
 */
import type { BlockStore } from "../../../storage/block-store.ts";
import { FLASH_BLOCK_BYTES } from "./cfi-flash.ts";

export class FlashKeeper {
  private readonly dirty = new Set<number>();
  private writing: Promise<void> | null = null;

  constructor(
    private readonly cells: Uint8Array,
    private readonly store: BlockStore,
    private readonly onFailure: (error: Error) => void,
  ) {}

  changed(offset: number, length: number): void {
    for (let block = offset - (offset % FLASH_BLOCK_BYTES); block < offset + length; block += FLASH_BLOCK_BYTES)
      this.dirty.add(block);
    // Not at once: a block is programmed byte by byte.
    this.writing ??= Promise.resolve().then(() => this.write());
  }

  /** Resolves when all that was changed before is in the store. */
  async settled(): Promise<void> {
    while (this.writing) await this.writing;
  }

  private async write(): Promise<void> {
    try {
      // More may change while this is under way.
      while (this.dirty.size > 0) {
        for (const block of this.dirty) {
          this.dirty.delete(block);
          await this.store.write(block, this.cells.slice(block, block + FLASH_BLOCK_BYTES));
        }
        await this.store.flush();
      }
    } catch (error) {
      this.onFailure(error as Error);
    } finally {
      this.writing = null;
    }
  }
}

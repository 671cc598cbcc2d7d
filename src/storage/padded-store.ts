/** A store made longer by zeros at its end: images of floppies often leave out the empty tracks. Read-only. */
import { assert } from "../shared/assert.ts";
import type { BlockStore } from "./block-store.ts";
import { assertRange } from "./memory-store.ts";

export class PaddedStore implements BlockStore {
  readonly readOnly = true;

  constructor(
    private readonly base: BlockStore,
    readonly sizeBytes: number,
  ) {
    assert(sizeBytes >= base.sizeBytes, "a padded store is not shorter than what it pads");
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    assertRange(this, offset, length);
    const present = Math.max(0, Math.min(length, this.base.sizeBytes - offset));
    if (present === length) return this.base.read(offset, length);
    const result = new Uint8Array(length);
    if (present > 0) result.set(await this.base.read(offset, present));
    return result;
  }

  async write(): Promise<void> {
    assert(false, "write to a read-only store");
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    await this.base.close?.();
  }
}

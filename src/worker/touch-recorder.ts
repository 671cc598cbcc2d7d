/**
 * Notes what a machine uses: pages of RAM by the way in which pages come that are not there yet, and what is read of drives
 * by replacing their methods. Code that was decoded before is not seen, so a machine that has just been made is watched.
 */
import type { PageBringer, CoreInterface } from "../core/core.ts";
import type { Touched } from "../protocol/replay-api.ts";
import type { BlockStore } from "../storage/block-store.ts";

const PAGE_SHIFT = 12;

export class TouchRecorder implements PageBringer {
  /** Sets keep the order in which things came first. */
  private readonly pages = new Set<number>();
  private readonly reads: Touched["reads"] = {};

  constructor(core: Pick<CoreInterface, "awaitPages">, drives: ReadonlyMap<string, BlockStore>) {
    core.awaitPages(this);
    for (const [drive, store] of drives) {
      const noted: Touched["reads"][string] = (this.reads[drive] = []);
      const read = store.read.bind(store);
      store.read = (offset, length) => {
        noted.push([offset, length]);
        return read(offset, length);
      };
    }
  }

  bring(physAddr: number): void {
    this.pages.add(physAddr >>> PAGE_SHIFT);
  }

  touched(regionBytes: number[]): Touched {
    return { ramPages: [...this.pages], reads: this.reads, regionBytes };
  }
}

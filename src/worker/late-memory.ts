/**
 * The RAM of a machine that goes on from a memory in a library. Most of it is not wanted for long, so a page stays where it is
 * kept until the machine uses it for the first time; then the machine waits in the middle of that instruction, and the pages
 * kept beside it come along. So a machine takes of the host's memory what it works on, however many go on from the same one.
 */
import type { PageBringer } from "../core/core.ts";
import type { VmError } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import type { OpenPiece } from "../storage/library/blob-keeper.ts";
import { packOf, PAGE_BYTES, placeInPack } from "./memory-image.ts";

const PAGE_SHIFT = 12;
/** Pages of a pack that come in one read: it takes the browser longer to begin than to hand out these. */
const PAGES_A_READ = 8;

/** What of a machine the pages go into. */
export interface LateHost {
  awaitPages(bringer: PageBringer | null): void;
  /** A page could not be had; the machine cannot go on. */
  lost(error: VmError): void;
}

export class LateMemory implements PageBringer {
  /** The pages that were to come, in the order of where they are, and where that is. */
  private readonly pages: Uint32Array;
  private readonly places: Uint32Array;
  private left: number;

  /**
   * @param placeOf each page of RAM is, as a memory image has it; kept, to be 0 for pages that are there
   * @param packs those that can be read at any moment; pages of others must be in RAM already
   */
  constructor(
    private readonly ram: Uint8Array,
    private readonly placeOf: Uint32Array,
    private readonly packs: readonly (OpenPiece | undefined)[],
    private readonly host: LateHost,
  ) {
    const late: number[] = [];
    placeOf.forEach((place, page) => {
      if (place !== 0 && packs[packOf(place)]) late.push(page);
      else placeOf[page] = 0;
    });
    this.left = late.length;
    this.pages = Uint32Array.from(late).sort((a, b) => placeOf[a]! - placeOf[b]!);
    this.places = this.pages.map((page) => placeOf[page]!);
    host.awaitPages(this.isPartial ? this : null);
  }

  /** Whether pages are still to come. */
  get isPartial(): boolean {
    return this.left > 0;
  }

  bring(physAddr: number): void {
    const page = physAddr >>> PAGE_SHIFT;
    try {
      this.bringPage(page);
    } catch (error) {
      // The machine ends; it must not ask for the page in every instruction until then.
      this.placeOf[page] = 0;
      this.host.lost(asVmError(error));
    }
  }

  /** @throws StorageError */
  bringPage(page: number): void {
    const place = this.placeOf[page]!;
    if (place !== 0) this.read(place);
  }

  /** Brings all that is missing. @throws StorageError */
  bringAll(): void {
    for (const page of this.pages) this.bringPage(page);
  }

  /** The machine has another memory now: nothing is to come any more. */
  forget(): void {
    if (!this.isPartial) return;
    this.left = 0;
    this.placeOf.fill(0);
    this.host.awaitPages(null);
  }

  /** Brings what is kept around a place. */
  private read(place: number): void {
    const pack = this.packs[packOf(place)]!;
    const from = placeInPack(place) - (placeInPack(place) % PAGES_A_READ);
    const base = place - placeInPack(place);
    const bytes = pack.readNow(from * PAGE_BYTES, Math.min(PAGES_A_READ * PAGE_BYTES, pack.length - from * PAGE_BYTES));
    for (let n = this.firstFrom(base + from); n < this.places.length; n++) {
      const at = (this.places[n]! - base - from) * PAGE_BYTES;
      if (at + PAGE_BYTES > bytes.length) break;
      const page = this.pages[n]!;
      if (this.placeOf[page] === 0) continue;
      this.ram.set(bytes.subarray(at, at + PAGE_BYTES), page * PAGE_BYTES);
      this.placeOf[page] = 0;
      this.left--;
    }
    if (!this.isPartial) this.host.awaitPages(null);
  }

  /** The first of those that are at `place` or behind it. */
  private firstFrom(place: number): number {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.places[middle]! < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

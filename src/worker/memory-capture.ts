/**
 * Takes the memory of a running machine into a library. Pages are written while the guest runs (each of them as it is when
 * its turn comes); then the guest stands still, what it changed since is copied, and it goes on; that is written last.
 * Which pages a guest changes the core knows (dirty bytes), so a later capture writes only what changed since the one
 * before, and a page whose contents are known already, by their hash, is named and not written again.
 */
import type { DeviceState } from "../machine/device.ts";
import type { BlobKeeper } from "../storage/library/blob-keeper.ts";
import {
  encodeImage,
  hashPage,
  isZeroPage,
  PACK_BYTES,
  packName,
  PAGE_BYTES,
  PAGES_IN_PACK,
  stateName,
} from "./memory-image.ts";
import type { MemoryImage } from "./memory-image.ts";
import type { Regions, StateSummary } from "./saved-state.ts";

/** Tells which pages of a region were written since the last call, and begins anew. A bit for each page. */
export type TakeDirty = (region: number) => Uint8Array;

/** The memory of a machine as the capture sees it. */
export interface CapturedMachine {
  takeDirty: TakeDirty;
  /** Has a page in its place that may still be to come. What the guest wrote is there. */
  bring(region: number, page: number): void;
}

/** Packs that are being written at once. */
const MOST_WRITES = 4;
/** Pages looked at before the guest gets its turn. */
const PAGES_A_TURN = 1024;

export class MemoryCapture {
  /** What is known of the memory since the last capture or restore; null: nothing. */
  private base: Pick<MemoryImage, "packs" | "regions" | "hashes"> | null = null;
  /** What the memory began with and the core has watched since: read when it is wanted, for there may be no capture at all. */
  private begunWith: (() => Promise<MemoryImage | null>) | null = null;
  /** Where pages with this hash are. */
  private readonly known = new Map<string, number>();
  /** Regions of which nothing is known: every page is to be looked at. */
  private readonly fresh = new Set<number>();
  /** Pages that the next round looks at though nobody changed them, by region. */
  private readonly lost = new Map<number, number[]>();

  constructor(
    private readonly regions: Regions,
    private readonly machine: CapturedMachine,
    private readonly nextTurn: () => Promise<void> = () => new Promise((resolve) => setTimeout(resolve, 0)),
  ) {}

  /** The memory was filled by other means than the guest's: all of it counts as changed. */
  forget(): void {
    this.base = null;
    this.begunWith = null;
    this.known.clear();
    this.fresh.clear();
    this.lost.clear();
  }

  /** The memory is that of an image now, which `read` gives as long as it is kept. To be called before the guest runs. */
  adopt(read: () => Promise<MemoryImage | null>): void {
    this.forget();
    for (const region of this.regions.keys()) this.machine.takeDirty(region);
    this.begunWith = read;
  }

  private async begin(): Promise<Pick<MemoryImage, "packs" | "regions" | "hashes">> {
    const image = (await this.begunWith?.()) ?? null;
    this.begunWith = null;
    if (!image) return this.emptyBase();
    const { packs, regions, hashes } = image;
    const base = (this.base = { packs: [...packs], regions, hashes });
    regions.forEach((places, region) =>
      places.forEach((place, page) => place !== 0 && this.known.set(this.keyOf(region, page), place)),
    );
    return base;
  }

  /**
   * @param stop brings the guest to a stand, and `goOn` lets it run again; between them `atMoment` is called once
   * @returns how much was written, and all packs of the memory
   */
  async capture(work: {
    blobs: BlobKeeper;
    id: string;
    /** Packs of earlier captures that nobody removes meanwhile. */
    mayUse: ReadonlySet<string>;
    newName: () => string;
    summary: StateSummary;
    stop: () => void;
    /** At the moment of which the capture is. */
    atMoment: () => DeviceState;
    goOn: () => void;
  }): Promise<{ storedBytes: number; packs: string[]; pauseMs: number }> {
    const base = (this.base ??= await this.begin());
    this.loseAllBut(work.mayUse);
    const writer = new PackWriter(work.blobs, base.packs, work.newName);
    try {
      for (const [region, memory] of this.regions.entries()) {
        const words = wordsIn(memory);
        const placeOf = (page: number): number => {
          this.machine.bring(region, page);
          return page;
        };
        await this.store(region, this.changedPages(region), words, placeOf, writer, this.nextTurn);
      }
      const started = performance.now();
      work.stop();
      let devices: DeviceState;
      let late: { region: number; pages: number[]; copy: Uint32Array }[];
      try {
        devices = work.atMoment();
        late = this.regions.map((memory, region) => this.copyChanged(region, memory));
      } finally {
        work.goOn();
      }
      const pauseMs = performance.now() - started;
      for (const { region, pages, copy } of late)
        await this.store(region, pages, copy, (_, n) => n, writer, this.nextTurn);
      await writer.finish();
      const used = this.usedPacks();
      const state = encodeImage({ summary: work.summary, devices, ...used });
      await work.blobs.put(stateName(work.id), state);
      return { storedBytes: writer.writtenBytes + state.length, packs: used.packs, pauseMs };
    } catch (error) {
      // What was named may not have been written.
      this.forget();
      await writer.settled();
      throw error;
    }
  }

  private emptyBase(): Pick<MemoryImage, "packs" | "regions" | "hashes"> {
    const pages = this.regions.map((memory) => memory.length / PAGE_BYTES);
    for (const region of this.regions.keys()) this.fresh.add(region);
    return {
      packs: [],
      regions: pages.map((count) => new Uint32Array(count)),
      hashes: pages.map((count) => new Uint32Array(count * 4)),
    };
  }

  /** Pages in packs that may be gone are stored anew. */
  private loseAllBut(packs: ReadonlySet<string>): void {
    const base = this.base!;
    const gone = base.packs.map((name) => !packs.has(name));
    if (!gone.includes(true)) return;
    for (const [key, place] of this.known) if (gone[(place >>> 8) - 1]) this.known.delete(key);
    base.regions.forEach((places, region) => {
      const pages: number[] = [];
      places.forEach((place, page) => place !== 0 && gone[(place >>> 8) - 1] && pages.push(page));
      if (pages.length > 0) this.lost.set(region, pages);
    });
  }

  private changedPages(region: number): number[] {
    const count = this.regions[region]!.length / PAGE_BYTES;
    const dirty = this.machine.takeDirty(region);
    const isFresh = this.fresh.delete(region);
    const pages = new Set(this.lost.get(region));
    this.lost.delete(region);
    for (let page = 0; page < count; page++) if (isFresh || (dirty[page >> 3]! >> (page & 7)) & 1) pages.add(page);
    return [...pages];
  }

  /** Zeros, of which video memory is full, are noted at once; only the rest is copied. */
  private copyChanged(region: number, memory: Uint8Array): { region: number; pages: number[]; copy: Uint32Array } {
    const words = wordsIn(memory);
    const pages: number[] = [];
    for (const page of this.changedPages(region)) {
      if (isZeroPage(words, (page * PAGE_BYTES) / 4)) this.noteZeros(region, page);
      else pages.push(page);
    }
    const copy = new Uint8Array(pages.length * PAGE_BYTES);
    pages.forEach((page, n) => copy.set(memory.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES), n * PAGE_BYTES));
    return { region, pages, copy: new Uint32Array(copy.buffer) };
  }

  private noteZeros(region: number, page: number): void {
    this.base!.regions[region]![page] = 0;
    this.base!.hashes[region]!.fill(0, page * 4, page * 4 + 4);
  }

  /** @param placeOf where in `words` a page is, in pages */
  private async store(
    region: number,
    pages: number[],
    words: Uint32Array,
    placeOf: (page: number, n: number) => number,
    writer: PackWriter,
    nextTurn: () => Promise<void>,
  ): Promise<void> {
    const base = this.base!;
    const places = base.regions[region]!;
    const hashes = base.hashes[region]!;
    for (const [n, page] of pages.entries()) {
      const at = (placeOf(page, n) * PAGE_BYTES) / 4;
      if (isZeroPage(words, at)) this.noteZeros(region, page);
      else {
        hashPage(words, at, hashes, page * 4);
        const key = this.keyOf(region, page);
        let place = this.known.get(key);
        if (place === undefined) {
          place = writer.add(words, at);
          this.known.set(key, place);
        }
        places[page] = place;
      }
      if (writer.isFull || n % PAGES_A_TURN === PAGES_A_TURN - 1) {
        await writer.room();
        await nextTurn();
      }
    }
  }

  private keyOf(region: number, page: number): string {
    const hashes = this.base!.hashes[region]!;
    const at = page * 4;
    return String.fromCharCode(
      hashes[at]! & 0xffff, hashes[at]! >>> 16, hashes[at + 1]! & 0xffff, hashes[at + 1]! >>> 16,
      hashes[at + 2]! & 0xffff, hashes[at + 2]! >>> 16, hashes[at + 3]! & 0xffff, hashes[at + 3]! >>> 16,
    ); // prettier-ignore
  }

  /** The memory with only those packs in its list that have a page of it. */
  private usedPacks(): Pick<MemoryImage, "packs" | "regions" | "hashes"> {
    const { packs, regions, hashes } = this.base!;
    const used = new Set<number>();
    for (const places of regions) for (const place of places) if (place !== 0) used.add(place >>> 8);
    const sorted = [...used].sort((a, b) => a - b);
    const renamed = new Map(sorted.map((number, n) => [number, n + 1]));
    return {
      packs: sorted.map((number) => packs[number - 1]!),
      regions: regions.map((places) => places.map((place) => place === 0 ? 0 : renamed.get(place >>> 8)! * 256 + (place & 0xff))), // prettier-ignore
      hashes,
    };
  }
}

/** Gathers pages into packs and writes them, some at a time. */
class PackWriter {
  writtenBytes = 0;
  private pack: Uint8Array | null = null;
  private pages = 0;
  private readonly ready: [name: string, bytes: Uint8Array][] = [];
  private readonly writes = new Set<Promise<void>>();
  private failure: { error: unknown } | null = null;

  /** @param packs gets the names of new ones at its end */
  constructor(
    private readonly blobs: BlobKeeper,
    private readonly packs: string[],
    private readonly newName: () => string,
  ) {}

  get isFull(): boolean {
    return this.ready.length >= MOST_WRITES;
  }

  /** @returns where the page is now */
  add(words: Uint32Array, at: number): number {
    if (!this.pack) {
      this.pack = new Uint8Array(PACK_BYTES);
      this.pages = 0;
      this.packs.push(this.newName());
    }
    const page = new Uint8Array(words.buffer, words.byteOffset + at * 4, PAGE_BYTES);
    this.pack.set(page, this.pages * PAGE_BYTES);
    const place = this.packs.length * 256 + this.pages++;
    if (this.pages === PAGES_IN_PACK) this.close();
    return place;
  }

  /** Writes what is ready, and waits where much is being written. @throws StorageError */
  async room(): Promise<void> {
    this.begin();
    while (this.writes.size > 1) await Promise.race(this.writes);
    if (this.failure) throw this.failure.error;
  }

  async finish(): Promise<void> {
    if (this.pack) this.close();
    this.begin();
    await this.settled();
    if (this.failure) throw this.failure.error;
  }

  async settled(): Promise<void> {
    await Promise.all(this.writes);
  }

  private close(): void {
    const bytes = this.pages === PAGES_IN_PACK ? this.pack! : this.pack!.slice(0, this.pages * PAGE_BYTES);
    this.ready.push([packName(this.packs.at(-1)!), bytes]);
    this.pack = null;
  }

  private begin(): void {
    if (this.ready.length === 0) return;
    const pieces = this.ready.splice(0);
    for (const [, bytes] of pieces) this.writtenBytes += bytes.length;
    const write: Promise<void> = this.blobs
      .putMany(pieces)
      .catch((error: unknown) => void (this.failure ??= { error }))
      .finally(() => this.writes.delete(write));
    this.writes.add(write);
  }
}

function wordsIn(memory: Uint8Array): Uint32Array {
  return new Uint32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
}

/**
 * The saved state of a published machine. What the run that was watched wanted is there before the machine goes on; the
 * other pages of its RAM come while it runs, each at the latest when it is used for the first time: then the machine waits in
 * the middle of that instruction.
 *
 * Its index, a file like a published disk's: MessagePack of version, what the machine must be made of, the device states,
 * packs of pages, and for RAM, video memory and ROM the places of their pages (storage/published/block-index.ts).
 */
import { Encoder } from "@msgpack/msgpack";
import type { PageBringer } from "../core/core.ts";
import type { DeviceState } from "../machine/device.ts";
import { VmError } from "../protocol/vm-api.ts";
import { asVmError } from "../protocol/vm-error.ts";
import { said } from "../shared/said.ts";
import {
  blockAt,
  decodePlaces,
  encodePlaces,
  packAt,
  readPacks,
  storedPacks,
} from "../storage/published/block-index.ts";
import type { Pack, StoredPacks } from "../storage/published/block-index.ts";
import { unpackFile, unpackFileSoon } from "../storage/published/pack-codec.ts";
import type { PublishedFiles } from "../storage/published/published-files.ts";
import { unwrapIndex, unwrapIndexSoon } from "../storage/published/published-store.ts";
import type { Regions, StateSummary } from "./saved-state.ts";
import { decodeDifference, differ, encodeDifference, MAX_CHANGED_PAGES } from "./state-difference.ts";
import type { StateDifference } from "./state-difference.ts";

const VERSION = 1;
const PAGE_BYTES = 4096;
const PAGE_SHIFT = 12;
const MAX_PAGES_IN_REGION = 1 << 21;
const RAM_REGION = 0;
const READS_AT_ONCE = 6;

export interface StateIndex {
  summary: StateSummary;
  devices: DeviceState;
  packs: Pack[];
  first: number;
  /** Of RAM, video memory and ROM. */
  regions: Uint32Array[];
  /** What the guest has written to COM1 before, as far as it was kept. */
  serial: Uint8Array;
}

export function encodeStateIndex({ summary, devices, packs, first, regions, serial }: StateIndex): Uint8Array {
  return new Encoder({ useBigInt64: true, ignoreUndefined: true }).encode({
    version: VERSION,
    summary,
    devices,
    ...storedPacks(packs, first),
    regions: regions.map(encodePlaces),
    serial,
  });
}

/** @throws VmError or StorageError */
export function decodeStateIndex(bytes: Uint8Array): StateIndex {
  return stateIndexIn(unwrapIndex(bytes));
}

function stateIndexIn(stored: Record<string, unknown>): StateIndex {
  if (Number(stored.version) !== VERSION)
    throw new VmError("badState", said`The published state is of version ${Number(stored.version)}; this Posada reads version ${VERSION}.`); // prettier-ignore
  const { packs, first } = readPacks(stored as unknown as StoredPacks);
  const places = stored.regions as Uint8Array[];
  const isWhole =
    Array.isArray(places) &&
    places.every((each) => each instanceof Uint8Array) &&
    typeof stored.summary === "object" &&
    typeof stored.devices === "object";
  if (!isWhole) throw new VmError("badState", "The published state is damaged.");
  return {
    summary: stored.summary as StateSummary,
    devices: stored.devices as DeviceState,
    packs,
    first,
    regions: places.map((each) => decodePlaces(each, packs)),
    serial: stored.serial instanceof Uint8Array ? stored.serial : new Uint8Array(0),
  };
}

/** What of a machine the state goes into. */
export interface MemoryHost {
  awaitPages(bringer: PageBringer | null): void;
  /** A page could not be had; the machine cannot go on. */
  lost(error: VmError): void;
}

export class PublishedMemory implements PageBringer {
  /** Unpacked, by number, until the machine takes them. */
  private readonly waiting = new Map<number, Uint8Array>();
  private host: MemoryHost | null = null;
  private ram: Uint8Array = new Uint8Array(0);
  /** Of each page of RAM, whether it is still to come. */
  private absent = new Uint8Array(0);
  /** Pages of RAM by pack, those that are to come from it. */
  private readonly pagesOf = new Map<number, number[]>();

  private constructor(
    readonly index: StateIndex,
    private readonly name: string,
    private readonly files: PublishedFiles,
    private readonly difference: StateDifference | null,
  ) {}

  /**
   * Reads what the machine goes on with.
   * @param progress told of bytes, of all that will be read before this resolves
   * @param difference what has changed since the state was published
   */
  static async load(
    name: string,
    files: PublishedFiles,
    progress: (doneBytes: number, totalBytes: number) => void,
    difference: Uint8Array | null = null,
  ): Promise<PublishedMemory> {
    const listBytes = await files.get(name);
    const index = stateIndexIn(await unwrapIndexSoon(listBytes));
    const regionBytes = index.regions.map(({ length }) => length * PAGE_BYTES);
    const change = difference && decodeDifference(difference, name, regionBytes);
    const memory = new PublishedMemory(index, name, files, change);
    const wanted = memory.wantedFirst();
    const total = wanted.reduce((sum, pack) => sum + memory.index.packs[pack]!.fileBytes, listBytes.length);
    let done = listBytes.length;
    progress(done, total);
    let next = 0;
    const readOn = async (): Promise<void> => {
      while (next < wanted.length) {
        const pack = wanted[next++]!;
        const bytes = await files.get(memory.index.packs[pack]!.name);
        memory.waiting.set(pack, await memory.unpackSoon(pack, bytes));
        progress((done += bytes.length), total);
      }
    };
    await Promise.all(Array.from({ length: READS_AT_ONCE }, readOn));
    return memory;
  }

  /** What a machine must be made of, and what of it is not memory. */
  get image(): { summary: StateSummary; devices: DeviceState } {
    return { summary: this.index.summary, devices: this.difference?.devices ?? this.index.devices };
  }

  /** Whether pages of the machine are still to come. */
  get isPartial(): boolean {
    return this.pagesOf.size > 0;
  }

  /** Fills a machine that stands still, and whose RAM is zeros. @throws VmError when it has memories of other sizes */
  fill(regions: Regions, host: MemoryHost): void {
    const { index } = this;
    const fits =
      index.regions.length === regions.length &&
      index.regions.every((places, n) => places.length * PAGE_BYTES === regions[n]!.length);
    if (!fits) throw new VmError("badState", "The published state is of a machine with other memory.");
    this.host = host;
    this.ram = regions[RAM_REGION]!;
    this.absent = new Uint8Array(index.regions[RAM_REGION]!.length);
    index.regions.forEach((places, region) => {
      const memory = regions[region]!;
      places.forEach((place, page) => {
        if (place === 0) {
          if (region !== RAM_REGION) memory.fill(0, page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
          return;
        }
        const pack = packAt(place);
        const bytes = this.waiting.get(pack);
        if (bytes) memory.set(pageOf(bytes, place), page * PAGE_BYTES);
        else this.comesLater(pack, page);
      });
    });
    this.waiting.clear();
    this.change(regions);
    host.awaitPages(this.isPartial ? this : null);
  }

  bring(physAddr: number): void {
    const page = physAddr >>> PAGE_SHIFT;
    if (this.absent[page] !== 1) return;
    const pack = packAt(this.index.regions[RAM_REGION]![page]!);
    try {
      const bytes = this.files.getNow(this.index.packs[pack]!.name);
      if (!bytes) throw new VmError("internal", "A page of memory is missing where none can be waited for.");
      this.install(pack, this.unpack(pack, bytes));
    } catch (error) {
      // The machine ends; it must not ask for the page in every instruction until then.
      this.absent[page] = 0;
      this.host?.lost(asVmError(error));
    }
  }

  /** Brings all that is missing. @throws StorageError */
  async bringRest(): Promise<void> {
    for (const pack of [...this.pagesOf.keys()]) {
      if (!this.pagesOf.has(pack)) continue;
      const bytes = await this.files.get(this.index.packs[pack]!.name);
      const raw = await this.unpackSoon(pack, bytes);
      // Meanwhile the guest may have wanted it, or the memory is another's.
      if (this.pagesOf.has(pack)) this.install(pack, raw);
    }
  }

  /**
   * What has changed in memory since the state was published; the machine must stand still, and all pages have come.
   * @throws VmError where that is too much, StorageError where the state cannot be read again
   */
  async differenceTo(regions: Regions, devices: DeviceState): Promise<Uint8Array> {
    const { index } = this;
    const changed = new Map<number, Uint8Array>();
    const one = new Uint8Array(PAGE_BYTES);
    const key = (region: number, page: number): number => region * MAX_PAGES_IN_REGION + page;
    const look = (region: number, page: number, before: Uint8Array | null): void => {
      const at = page * PAGE_BYTES;
      if (!differ(regions[region]!.subarray(at, at + PAGE_BYTES), before, one)) return;
      if (changed.size === MAX_CHANGED_PAGES)
        throw new VmError(
          "badState",
          "Too much has changed since this machine was published; save its state as a file.",
        );
      changed.set(key(region, page), one.slice());
    };
    const byPack = new Map<number, [region: number, page: number][]>();
    index.regions.forEach((places, region) => {
      places.forEach((place, page) => {
        if (place === 0) return look(region, page, null);
        const pack = packAt(place);
        const pages = byPack.get(pack) ?? [];
        pages.push([region, page]);
        byPack.set(pack, pages);
      });
    });
    for (const [pack, pages] of byPack) {
      const bytes = await this.unpackSoon(pack, await this.files.get(index.packs[pack]!.name));
      for (const [region, page] of pages) look(region, page, pageOf(bytes, index.regions[region]![page]!));
    }
    const keys = [...changed.keys()].sort((a, b) => a - b);
    const pages = regions.map((_, region) =>
      Uint32Array.from(
        keys.filter((each) => Math.floor(each / MAX_PAGES_IN_REGION) === region),
        (each) => each % MAX_PAGES_IN_REGION,
      ),
    );
    const xor = new Uint8Array(keys.length * PAGE_BYTES);
    keys.forEach((each, n) => xor.set(changed.get(each)!, n * PAGE_BYTES));
    return encodeDifference({ base: this.name, devices, pages, xor });
  }

  /** The machine has another memory now: nothing is to come any more. */
  forget(): void {
    this.waiting.clear();
    this.pagesOf.clear();
    this.absent.fill(0);
    this.host?.awaitPages(null);
    this.host = null;
  }

  private comesLater(pack: number, page: number): void {
    this.absent[page] = 1;
    const pages = this.pagesOf.get(pack);
    if (pages) pages.push(page);
    else this.pagesOf.set(pack, [page]);
  }

  /** Brings the memory from what was published to what a link says. */
  private change(regions: Regions): void {
    if (!this.difference) return;
    const { pages, xor } = this.difference;
    let from = 0;
    pages.forEach((numbers, region) => {
      const memory = regions[region]!;
      for (const page of numbers) {
        const at = page * PAGE_BYTES;
        for (let i = 0; i < PAGE_BYTES; i++) memory[at + i]! ^= xor[from + i]!;
        from += PAGE_BYTES;
      }
    });
  }

  private install(pack: number, bytes: Uint8Array): void {
    const places = this.index.regions[RAM_REGION]!;
    for (const page of this.pagesOf.get(pack) ?? []) {
      this.ram.set(pageOf(bytes, places[page]!), page * PAGE_BYTES);
      this.absent[page] = 0;
    }
    this.pagesOf.delete(pack);
    if (!this.isPartial) this.host?.awaitPages(null);
  }

  /** Packs that must be there when the machine goes on. Only RAM can wait, and only where the host can. */
  private wantedFirst(): number[] {
    const { packs, first, regions } = this.index;
    const wanted = new Set(Array.from({ length: this.files.canReadNow ? first : packs.length }, (_, pack) => pack));
    for (const places of regions.slice(RAM_REGION + 1))
      for (const place of places) if (place !== 0) wanted.add(packAt(place));
    // What is told by its difference must be there.
    this.difference?.pages.forEach((numbers, region) => {
      for (const page of numbers) if (regions[region]![page] !== 0) wanted.add(packAt(regions[region]![page]!));
    });
    return [...wanted];
  }

  private unpack(pack: number, bytes: Uint8Array): Uint8Array {
    return unpackFile(bytes, this.index.packs[pack]!.blocks * PAGE_BYTES);
  }

  private unpackSoon(pack: number, bytes: Uint8Array): Promise<Uint8Array> {
    return unpackFileSoon(bytes, this.index.packs[pack]!.blocks * PAGE_BYTES);
  }
}

function pageOf(pack: Uint8Array, place: number): Uint8Array {
  const from = blockAt(place) * PAGE_BYTES;
  return pack.subarray(from, from + PAGE_BYTES);
}

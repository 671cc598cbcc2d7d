import { describe, expect, it } from "vitest";
import { MemoryBlobs } from "../storage/library/blob-keeper.ts";
import type { OpenPiece } from "../storage/library/blob-keeper.ts";
import { LateMemory } from "./late-memory.ts";
import { MemoryCapture } from "./memory-capture.ts";
import { PAGE_BYTES } from "./memory-image.ts";
import { fillRegions, openPacks, readImage } from "./memory-restore.ts";

const PAGES = 600;
const summary = { memoryMiB: 2, processors: 1, cpuModel: "default" as const };
const OFFSET = 123;

/** A machine whose memory is watched as the core does it. */
class Bench {
  readonly regions = [new Uint8Array(PAGES * PAGE_BYTES), new Uint8Array(2 * PAGE_BYTES), new Uint8Array(PAGE_BYTES)];
  readonly dirty = this.regions.map((region) => new Uint8Array(Math.ceil(region.length / PAGE_BYTES / 8)));
  late: LateMemory | null = null;
  readonly capturer = new MemoryCapture(
    this.regions,
    {
      takeDirty: (region) => {
        const bits = this.dirty[region]!.slice();
        this.dirty[region]!.fill(0);
        return bits;
      },
      bring: (region, page) => region === 0 && this.late?.bringPage(page),
    },
    async () => {},
  );

  constructor(
    readonly blobs: MemoryBlobs,
    private readonly prefix: string,
  ) {}

  get ram(): Uint8Array {
    return this.regions[0]!;
  }

  write(page: number, bytes: Uint8Array): void {
    this.late?.bring(page * PAGE_BYTES + OFFSET);
    this.ram.set(bytes, page * PAGE_BYTES);
    this.dirty[0]![page >> 3]! |= 1 << (page & 7);
  }

  pageAt(page: number): Uint8Array {
    return this.ram.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  }

  capture(id: string, mayUse: readonly string[] = []) {
    let names = 0;
    return this.capturer.capture({
      blobs: this.blobs,
      id,
      mayUse: new Set(mayUse),
      newName: () => `${this.prefix}${id}.${names++}`,
      summary,
      stop: () => {},
      atMoment: () => ({ version: 1 }),
      goOn: () => {},
    });
  }
}

const noise = (seed: number): Uint8Array =>
  new Uint8Array(new Uint32Array(PAGE_BYTES / 4).fill((seed + 1) * 0x9e3779b1).buffer);

/** A memory in which each page but every tenth is noise, and two are alike; and a machine that goes on from it. */
async function goesOn(change: (piece: OpenPiece) => OpenPiece | undefined = (piece) => piece) {
  const blobs = new MemoryBlobs();
  const first = new Bench(blobs, "a");
  for (let page = 0; page < PAGES; page++) if (page % 10 !== 0) first.write(page, noise(page));
  first.write(599, noise(7));
  first.regions[1]!.fill(5);
  const { packs } = await first.capture("first");

  const second = new Bench(blobs, "b");
  const image = await readImage(blobs, "first", second.regions);
  const reads: number[] = [];
  const opened = (await openPacks(blobs, image)).map((piece, pack) => {
    const readNow = (at: number, length: number): Uint8Array => {
      reads.push(pack);
      return piece!.readNow(at, length);
    };
    return change({ length: piece!.length, readNow });
  });
  const awaited: boolean[] = [];
  const lost: string[] = [];
  await fillRegions(blobs, image, second.regions, opened, [second.ram]);
  // Video memory and ROM are there from now on.
  reads.length = 0;
  second.late = new LateMemory(second.ram, image.regions[0]!, opened, {
    awaitPages: (bringer) => void awaited.push(bringer !== null),
    lost: (error) => void lost.push(error.message),
  });
  second.capturer.adopt(() => readImage(blobs, "first", second.regions));
  return { blobs, first, second, packs, reads, awaited, lost, late: second.late };
}

const there = ({ second, first }: { second: Bench; first: Bench }): number[] =>
  Array.from({ length: PAGES }, (_, page) => page).filter(
    (page) => page % 10 !== 0 && Buffer.compare(second.pageAt(page), first.pageAt(page)) === 0,
  );

describe("memory that comes when it is used", () => {
  it("begins with all but RAM", async () => {
    const bench = await goesOn();
    expect(bench.second.regions[1]).toEqual(bench.first.regions[1]);
    expect(there(bench)).toEqual([]);
    expect([bench.reads, bench.awaited, bench.late.isPartial]).toEqual([[], [true], true]);
  });

  it("brings a page with those kept beside it, and none twice", async () => {
    const bench = await goesOn();
    bench.late.bring(7 * PAGE_BYTES + OFFSET);
    // Places 0 to 7 of the pack: pages 1 to 9 without 0; page 599 is the same as 7.
    expect(there(bench)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 599]);
    bench.second.write(8, noise(1000));
    for (const page of [7, 8, 1, 599, 0]) bench.late.bring(page * PAGE_BYTES);
    expect(bench.second.pageAt(8)).toEqual(noise(1000));
    expect(bench.reads).toEqual([0]);
  });

  it("is whole when all have come, and asked no more", async () => {
    const bench = await goesOn();
    bench.second.write(8, noise(1000));
    bench.late.bringAll();
    expect(Buffer.compare(bench.second.pageAt(8), noise(1000))).toBe(0);
    expect(there(bench)).toHaveLength(540 - 1);
    expect([bench.late.isPartial, bench.awaited]).toEqual([false, [true, false]]);
  });

  it("is captured without the pages that nobody has used", async () => {
    const bench = await goesOn();
    bench.second.write(300, noise(3000));
    const { packs, storedBytes } = await bench.second.capture("next", bench.packs);
    expect(packs).toEqual([...bench.packs, "bnext.0"]);
    expect(storedBytes).toBeLessThan(60_000);
    expect(there(bench).length).toBeLessThan(20);
    const third = new Bench(bench.blobs, "c");
    await fillRegions(bench.blobs, await readImage(bench.blobs, "next", third.regions), third.regions);
    expect(Buffer.compare(third.pageAt(300), noise(3000))).toBe(0);
    expect(there({ second: third, first: bench.first })).toHaveLength(540);
  });

  it("is captured whole where its packs must not be named, or what it began with is gone", async () => {
    for (const isGone of [false, true]) {
      const bench = await goesOn();
      if (isGone) bench.second.capturer.adopt(async () => null);
      const { packs } = await bench.second.capture("next");
      expect(packs.filter((pack) => bench.packs.includes(pack))).toEqual([]);
      const third = new Bench(bench.blobs, "c");
      await fillRegions(bench.blobs, await readImage(bench.blobs, "next", third.regions), third.regions);
      expect(Buffer.compare(third.ram, bench.first.ram)).toBe(0);
    }
  });

  it("says once that a page cannot be had, and is not captured without it", async () => {
    let isGone = false;
    const bench = await goesOn(({ length, readNow }) => ({
      length,
      readNow: (...range) => {
        if (isGone) throw new Error("the disk is gone");
        return readNow(...range);
      },
    }));
    isGone = true;
    await expect(bench.second.capture("next")).rejects.toThrow("the disk is gone");
    bench.late.bring(7 * PAGE_BYTES);
    bench.late.bring(7 * PAGE_BYTES);
    expect(bench.lost).toEqual(["the disk is gone"]);
  });

  it("is there from the start where packs cannot be read at any moment", async () => {
    const bench = await goesOn(() => undefined);
    expect(Buffer.compare(bench.second.ram, bench.first.ram)).toBe(0);
    expect([bench.late.isPartial, bench.awaited]).toEqual([false, [false]]);
  });

  it("is let go when the machine gets another", async () => {
    const bench = await goesOn();
    bench.late.forget();
    bench.late.bring(7 * PAGE_BYTES);
    expect([there(bench), bench.reads, bench.awaited]).toEqual([[], [], [true, false]]);
  });
});

import { describe, expect, it } from "vitest";
import { MemoryBlobs } from "../storage/library/blob-keeper.ts";
import { SeededRandom } from "../storage/test-support/tools.ts";
import { MemoryCapture } from "./memory-capture.ts";
import { hashPage, PAGE_BYTES, PAGES_IN_PACK } from "./memory-image.ts";
import { fillRegions, readImage } from "./memory-restore.ts";

const PAGES = 600;
const summary = { memoryMiB: 2, processors: 1, cpuModel: "default" as const };

/** A memory whose writes are known, as the core knows a guest's. */
class Bench {
  readonly regions = [
    new Uint8Array(PAGES * PAGE_BYTES),
    new Uint8Array(8 * PAGE_BYTES),
    new Uint8Array(4 * PAGE_BYTES),
  ];
  readonly dirty = this.regions.map((region) => new Uint8Array(Math.ceil(region.length / PAGE_BYTES / 8)));
  readonly blobs = new MemoryBlobs();
  readonly random: SeededRandom;
  /** What the guest does whenever it gets a turn. */
  turn = (): void => {};
  bring = (_region: number, _page: number): void => {};
  standing = false;
  private names = 0;

  constructor(private readonly prefix = "") {
    this.random = new SeededRandom(prefix.length + 1);
  }

  readonly capturer = new MemoryCapture(
    this.regions,
    {
      takeDirty: (region) => {
        const bits = this.dirty[region]!.slice();
        this.dirty[region]!.fill(0);
        return bits;
      },
      bring: (region, page) => this.bring(region, page),
    },
    async () => this.turn(),
  );

  write(region: number, page: number, bytes: Uint8Array): void {
    expect(this.standing).toBe(false);
    this.regions[region]!.set(bytes, page * PAGE_BYTES);
    this.dirty[region]![page >> 3]! |= 1 << (page & 7);
  }

  randomPage(): Uint8Array {
    return new Uint8Array(Uint32Array.from({ length: PAGE_BYTES / 4 }, () => this.random.next()).buffer);
  }

  /** @returns what was stored, and the memory as it was at the moment of the capture */
  async capture(id: string, mayUse: string[] = []) {
    let moment: Uint8Array[] = [];
    const result = await this.capturer.capture({
      blobs: this.blobs,
      id,
      mayUse: new Set(mayUse),
      newName: () => `${this.prefix}${this.names++}`,
      summary,
      stop: () => (this.standing = true),
      atMoment: () => {
        moment = this.regions.map((region) => region.slice());
        return { version: 1, id };
      },
      goOn: () => (this.standing = false),
    });
    return { ...result, moment };
  }

  async restored(id: string): Promise<Uint8Array[]> {
    const regions = this.regions.map((region) => new Uint8Array(region.length).fill(0xee));
    const image = await readImage(this.blobs, id, regions);
    expect(image.devices).toEqual({ version: 1, id });
    await fillRegions(this.blobs, image, regions);
    return regions;
  }
}

function expectSame(left: Uint8Array[], right: Uint8Array[]): void {
  left.forEach((region, n) => expect(Buffer.compare(region, right[n]!)).toBe(0));
}

describe("memory that is captured", () => {
  it("comes back as it was at the moment, though the guest wrote all the while", async () => {
    const bench = new Bench();
    for (let page = 0; page < PAGES; page += 2) bench.write(0, page, bench.randomPage());
    bench.write(1, 3, bench.randomPage());
    bench.turn = () => {
      for (let n = 0; n < 20; n++)
        bench.write(
          0,
          bench.random.below(PAGES),
          bench.random.oneIn(3) ? new Uint8Array(PAGE_BYTES) : bench.randomPage(),
        );
      bench.write(2, 1, bench.randomPage());
    };
    const moments: Uint8Array[][] = [];
    let packs: string[] = [];
    for (let n = 0; n < 4; n++) {
      const result = await bench.capture(`m${n}`, packs);
      moments.push(result.moment);
      packs = [...new Set([...packs, ...result.packs])];
      bench.turn();
    }
    for (const [n, moment] of moments.entries()) expectSame(await bench.restored(`m${n}`), moment);
  });

  it("is stored once: pages that did not change, that are alike, or that came back", async () => {
    const bench = new Bench();
    const page = bench.randomPage();
    for (let n = 0; n < 500; n++) bench.write(0, n, n < 400 ? page : bench.randomPage());
    const first = await bench.capture("first");
    const pagesIn = (bytes: number) => Math.floor(bytes / PAGE_BYTES);
    // 101 different pages, and the list of where pages are.
    expect(pagesIn(first.storedBytes)).toBeLessThan(110);
    bench.write(0, 7, bench.randomPage());
    bench.write(0, 8, page);
    const second = await bench.capture("second", first.packs);
    expect(pagesIn(second.storedBytes) - 4).toBeLessThan(2);
    expect(second.packs).toEqual([...first.packs, expect.any(String)]);
    bench.write(0, 7, page);
    const third = await bench.capture("third", [...first.packs, ...second.packs]);
    expect(third.packs).toEqual(first.packs);
    for (const [id, { moment }] of Object.entries({ first, second, third }))
      expectSame(await bench.restored(id), moment);
  });

  it("names no pack that may be gone", async () => {
    const bench = new Bench();
    for (let n = 0; n < PAGES_IN_PACK + 10; n++) bench.write(0, n, bench.randomPage());
    const first = await bench.capture("first");
    await bench.blobs.delete(first.packs.map((pack) => `packs/${pack}`));
    const second = await bench.capture("second", []);
    expect(second.packs.some((pack) => first.packs.includes(pack))).toBe(false);
    expectSame(await bench.restored("second"), second.moment);
  });

  it("goes on from a memory that was restored", async () => {
    const bench = new Bench();
    for (let n = 0; n < 300; n++) bench.write(0, n, bench.randomPage());
    const first = await bench.capture("first");
    const other = new Bench("other");
    const image = await readImage(bench.blobs, "first", other.regions);
    await fillRegions(bench.blobs, image, other.regions);
    other.capturer.adopt(async () => image);
    for (const name of await bench.blobs.list("")) await other.blobs.put(name, (await bench.blobs.get(name))!);
    other.write(0, 299, other.randomPage());
    const next = await other.capture("next", first.packs);
    expect(next.packs).toHaveLength(first.packs.length + 1);
    expectSame(await other.restored("next"), next.moment);
  });

  it("says so where it cannot be stored, and is stored whole the next time", async () => {
    const bench = new Bench();
    for (let n = 0; n < 300; n++) bench.write(0, n, bench.randomPage());
    const { putMany } = bench.blobs;
    bench.blobs.putMany = () => Promise.reject(new Error("no room"));
    await expect(bench.capture("first")).rejects.toThrow("no room");
    expect(bench.standing).toBe(false);
    bench.blobs.putMany = putMany;
    const second = await bench.capture("second");
    expectSame(await bench.restored("second"), second.moment);
  });

  it("is refused where parts are missing or damaged", async () => {
    const bench = new Bench();
    bench.write(0, 0, bench.randomPage());
    const { packs } = await bench.capture("first");
    const state = (await bench.blobs.get("memories/first/state"))!;
    await expect(bench.restored("nothing")).rejects.toThrow(/not in the library any more/);
    for (let n = 0; n < 200; n++) {
      const bad = state.slice(0, bench.random.below(state.length));
      await bench.blobs.put("memories/bad/state", bad);
      await expect(bench.restored("bad")).rejects.toThrow();
    }
    await bench.blobs.put(`packs/${packs[0]!}`, new Uint8Array(100));
    await expect(bench.restored("first")).rejects.toThrow(/not in the library any more/);
  });

  it("has hashes in which every bit of a page counts", () => {
    const words = new Uint32Array(1024);
    const seen = new Set<string>();
    const out = new Uint32Array(4);
    const hash = (): string => {
      hashPage(words, 0, out, 0);
      return out.join();
    };
    for (let word = 0; word < 1024; word++)
      for (const bit of [0, 13, 31]) {
        words[word] = (1 << bit) >>> 0;
        seen.add(hash());
        words[word] = 0;
      }
    words[0] = 0xdeadbeef;
    for (let n = 1; n < 1024; n++) {
      words[n] = words[(n * 7 + 1) % 1024]! ^ n;
      seen.add(hash());
    }
    expect(seen.size).toBe(3 * 1024 + 1023);
  });
});

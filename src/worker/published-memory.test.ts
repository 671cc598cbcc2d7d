import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { Encoder } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { BlockPacker } from "../storage/published/block-packer.ts";
import { filesAtHand } from "../storage/published/published-files.ts";
import type { PublishedFiles } from "../storage/published/published-files.ts";
import { wrapIndex } from "../storage/published/published-store.ts";
import { encodeStateIndex, PublishedMemory } from "./published-memory.ts";

const PAGE = 4096;
const RAM_PAGES = 40;
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 32);
const deflate = (raw: Uint8Array) => new Uint8Array(deflateRawSync(raw));
const page = (value: number) => new Uint8Array(PAGE).fill(value);

/** RAM whose page n is full of n; 5 and 3 are wanted first; packs have 4 pages. Video memory 7, ROM 9. */
async function published(): Promise<{ list: string; files: Record<string, Uint8Array> }> {
  const files: Record<string, Uint8Array> = {};
  const keep = async (raw: Uint8Array) => {
    const file = deflate(raw);
    files[hash(file)] = file;
    return { name: hash(file), fileBytes: file.length };
  };
  const packer = new BlockPacker(PAGE, 4, keep, hash);
  const regions = [new Uint32Array(RAM_PAGES), new Uint32Array(1), new Uint32Array(1)];
  regions[1]![0] = await packer.add(page(77));
  regions[2]![0] = await packer.add(page(99));
  for (const n of [5, 3]) regions[0]![n] = await packer.add(page(n));
  const first = await packer.close();
  for (let n = 0; n < RAM_PAGES; n++) if (n !== 5 && n !== 3) regions[0]![n] = await packer.add(page(n));
  await packer.close();
  const summary = { memoryMiB: 1, processors: 1, cpuModel: "default" as const };
  const list = wrapIndex(
    encodeStateIndex({
      summary,
      devices: { version: 1 },
      packs: packer.packs,
      first,
      regions,
      serial: new Uint8Array(0),
    }),
    deflate,
  );
  files[hash(list)] = list;
  return { list: hash(list), files };
}

async function filled(
  change: (files: PublishedFiles) => PublishedFiles = (files) => files,
  difference: Uint8Array | null = null,
) {
  const { list, files } = await published();
  const asked: string[] = [];
  const inner = filesAtHand(files);
  const watched: PublishedFiles = {
    canReadNow: true,
    get: (name) => (asked.push(name), inner.get(name)),
    getNow: (name) => (asked.push(name), inner.getNow(name)),
  };
  const memory = await PublishedMemory.load(list, change(watched), () => {}, difference);
  const loaded = asked.length;
  const regions = [new Uint8Array(RAM_PAGES * PAGE), new Uint8Array(PAGE).fill(1), new Uint8Array(PAGE)];
  const awaited: boolean[] = [];
  const lost: string[] = [];
  memory.fill(regions, {
    awaitPages: (bringer) => awaited.push(bringer !== null),
    lost: (error) => lost.push(error.message),
  });
  return { memory, regions, ram: regions[0]!, awaited, lost, asked, loaded };
}

describe("the memory of a published machine", () => {
  it("begins with what was wanted first, video memory and ROM", async () => {
    const { ram, regions, loaded, awaited } = await filled();
    expect(loaded).toBe(2); // the list and one pack
    expect([ram[5 * PAGE], ram[3 * PAGE], ram[6 * PAGE], regions[1]![0], regions[2]![0]]).toEqual([5, 3, 0, 77, 99]);
    expect(awaited).toEqual([true]);
  });

  it("brings a page when it is used, with those of its pack, and once", async () => {
    const { memory, ram, asked, loaded } = await filled();
    memory.bring(6 * PAGE + 123);
    expect(ram.subarray(6 * PAGE, 7 * PAGE)).toEqual(page(6));
    const brought = Array.from({ length: RAM_PAGES }, (_, n) => n).filter((n) => n > 0 && ram[n * PAGE] === n);
    expect(brought).toHaveLength(2 + 4);
    ram[6 * PAGE] = 200;
    memory.bring(6 * PAGE);
    memory.bring(0); // zeros are nowhere
    expect(ram[6 * PAGE]).toBe(200);
    expect(asked).toHaveLength(loaded + 1);
  });

  it("brings the rest, but for what the guest has meanwhile, and then nobody is asked any more", async () => {
    const { memory, ram, awaited } = await filled();
    memory.bring(6 * PAGE);
    ram[6 * PAGE] = 200;
    await memory.bringRest();
    for (let n = 0; n < RAM_PAGES; n++) expect(ram[n * PAGE]).toBe(n === 6 ? 200 : n);
    expect([memory.isPartial, awaited]).toEqual([false, [true, false]]);
  });

  it("says once when a page cannot be had", async () => {
    const { memory, lost } = await filled((files) => ({
      ...files,
      getNow: () => {
        throw new Error("the line is dead");
      },
    }));
    memory.bring(6 * PAGE);
    memory.bring(6 * PAGE);
    expect(lost).toEqual(["the line is dead"]);
  });

  it("is whole from the start where the host cannot wait", async () => {
    const { ram, awaited } = await filled((files) => ({ ...files, canReadNow: false, getNow: () => null }));
    for (let n = 0; n < RAM_PAGES; n++) expect(ram[n * PAGE]).toBe(n);
    expect(awaited).toEqual([false]);
  });

  it("lets go of what is to come when the machine gets another memory", async () => {
    const { memory, ram, awaited } = await filled();
    memory.forget();
    memory.bring(6 * PAGE);
    await memory.bringRest();
    expect([ram[6 * PAGE], awaited.at(-1)]).toEqual([0, false]);
  });
});

describe("what has changed since a state was published", () => {
  const devices = { version: 1, count: 7n };

  async function changed(): Promise<Uint8Array> {
    const { memory, regions } = await filled();
    await memory.bringRest();
    const [ram, vram] = regions as [Uint8Array, Uint8Array];
    ram[8 * PAGE + 5] = 200; // one byte of a page of a later pack
    ram.fill(0, 9 * PAGE, 10 * PAGE);
    ram.set(page(123), 0); // a page of zeros before
    vram[3] = 1;
    return memory.differenceTo(regions, devices);
  }

  it("is small, and brings a machine that goes on from the state to that moment", async () => {
    const difference = await changed();
    expect(difference.length).toBeLessThan(400);
    const { memory, ram, regions, lost } = await filled((files) => files, difference);
    expect(memory.image.devices).toEqual(devices);
    expect([ram[8 * PAGE + 5], ram[8 * PAGE], ram[9 * PAGE], ram[9], regions[1]![3], regions[1]![4]]).toEqual(
      [200, 8, 0, 123, 1, 77], // prettier-ignore
    );
    // What did not change comes as ever, and nothing of it twice.
    memory.bring(30 * PAGE);
    await memory.bringRest();
    expect([ram[30 * PAGE], ram[8 * PAGE + 5], ram[0], lost.length]).toEqual([30, 200, 123, 0]);
    expect(await memory.differenceTo(regions, devices)).toEqual(difference);
  });

  it("is nothing where nothing changed", async () => {
    const { memory, regions } = await filled();
    await memory.bringRest();
    expect((await memory.differenceTo(regions, devices)).length).toBeLessThan(150);
  });

  const raw = (fields: object) => {
    const bytes = new Encoder({ useBigInt64: true }).encode({ version: 1, devices, pages: [new Uint8Array(0), new Uint8Array(0), new Uint8Array(0)], xor: new Uint8Array(0), ...fields }); // prettier-ignore
    return wrapIndex(bytes, deflate);
  };
  const claims = (bytes: number) => {
    const some = raw({});
    new DataView(some.buffer).setUint32(0, bytes, true);
    return some;
  };
  it.each([
    ["is empty", new Uint8Array(0), /damaged/],
    ["is cut short", raw({ base: "x" }).subarray(0, 30), /damaged/],
    ["is no MessagePack", wrapIndex(new Uint8Array([0xc1]), deflate), /damaged/],
    ["claims a gigabyte", claims(2 ** 30), /larger than any such state/],
    ["claims another length", claims(1000), /damaged/],
    ["is of a later version", raw({ version: 2 }), /version 2/],
    ["belongs to another state", raw({ base: "0".repeat(32) }), /belongs to another machine/],
  ])("one that %s is refused in words", async (_, difference, words) => {
    await expect(filled((files) => files, difference)).rejects.toThrow(words);
  });

  it.each([
    ["pages beyond the memory", { pages: [[0xff, 0xff, 0x03], [], []], xor: PAGE }],
    ["a page number without an end", { pages: [[0xff, 0xff, 0xff, 0xff, 0xff], [], []], xor: PAGE }],
    ["the same page twice", { pages: [[1, 0], [], []], xor: 2 * PAGE }],
    ["fewer pages than it names", { pages: [[1, 1], [], []], xor: PAGE }],
    ["more regions than there are", { pages: [[], [], [], []], xor: 0 }],
  ])("one with %s is refused in words", async (_, { pages, xor }) => {
    const { list } = await published();
    const difference = raw({ base: list, pages: pages.map((each) => Uint8Array.from(each)), xor: new Uint8Array(xor) });
    await expect(filled((files) => files, difference)).rejects.toThrow(/damaged/);
  });
});

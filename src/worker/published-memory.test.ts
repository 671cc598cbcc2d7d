import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
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

async function filled(change: (files: PublishedFiles) => PublishedFiles = (files) => files) {
  const { list, files } = await published();
  const asked: string[] = [];
  const inner = filesAtHand(files);
  const watched: PublishedFiles = {
    canReadNow: true,
    get: (name) => (asked.push(name), inner.get(name)),
    getNow: (name) => (asked.push(name), inner.getNow(name)),
  };
  const memory = await PublishedMemory.load(list, change(watched), () => {});
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

import { deflateRawSync } from "node:zlib";
import { createHash } from "node:crypto";
import { Encoder } from "@msgpack/msgpack";
import { describe, expect, it, vi } from "vitest";
import { BlockPacker } from "./block-packer.ts";
import { decodePlaces, encodePlaces, placeOf } from "./block-index.ts";
import { unpackFile, unpackFileSoon } from "./pack-codec.ts";
import { contentName, filesAtHand, filesBeside } from "./published-files.ts";
import { decodeDiskIndex, encodeDiskIndex, PublishedStore, wrapIndex } from "./published-store.ts";

const BLOCK = 512;
const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex").slice(0, 32);
const pack = (raw: Uint8Array) => new Uint8Array(deflateRawSync(raw));

/** A disk with these blocks as published files; `order` first. */
async function published(disk: Uint8Array, order: number[] = []) {
  const files: Record<string, Uint8Array> = {};
  const keep = async (raw: Uint8Array) => {
    const file = pack(raw);
    files[hash(file)] = file;
    return { name: hash(file), fileBytes: file.length };
  };
  const packer = new BlockPacker(BLOCK, 4, keep, hash);
  const places = new Uint32Array(Math.ceil(disk.length / BLOCK));
  const block = (n: number) => disk.subarray(n * BLOCK, (n + 1) * BLOCK);
  for (const n of order) places[n] = await packer.add(block(n));
  const first = await packer.close();
  for (let n = 0; n < places.length; n++) if (!order.includes(n)) places[n] = await packer.add(block(n));
  await packer.close();
  const index = { sizeBytes: disk.length, blockBytes: BLOCK, packs: packer.packs, first, places };
  const list = wrapIndex(encodeDiskIndex(index), pack);
  files[hash(list)] = list;
  return { files, list: hash(list), packs: packer.packs, first, places };
}

function disk(blocks: number, extra = 0): Uint8Array {
  const bytes = new Uint8Array(blocks * BLOCK + extra);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i / BLOCK) % 3 < 1 ? 0 : (i * 7 + (i >> 9) * 13) & 0xff;
  return bytes;
}

describe("a published disk", () => {
  it("reads as it was, also across blocks and in a last one that is short", async () => {
    const bytes = disk(30, 100);
    const { files, list } = await published(bytes, [7, 2]);
    const store = await PublishedStore.open(list, filesAtHand(files));
    expect(store.sizeBytes).toBe(bytes.length);
    expect(await store.read(0, bytes.length)).toEqual(bytes);
    expect(await store.read(700, 2000)).toEqual(bytes.slice(700, 2700));
    expect(await store.read(bytes.length - 3, 3)).toEqual(bytes.slice(-3));
    await expect(store.write()).rejects.toThrow(/cannot be written/);
  });

  it("keeps what is the same once, and zeros nowhere; what was wanted first is in the first packs", async () => {
    const bytes = new Uint8Array(20 * BLOCK);
    bytes
      .fill(1, 3 * BLOCK, 4 * BLOCK)
      .fill(1, 9 * BLOCK, 10 * BLOCK)
      .fill(2, 15 * BLOCK, 16 * BLOCK);
    const { packs, first, places } = await published(bytes, [15]);
    expect(packs.map(({ blocks }) => blocks)).toEqual([1, 1]);
    expect(first).toBe(1);
    expect([places[15], places[3], places[9], places[0]]).toEqual([placeOf(0, 0), placeOf(1, 0), placeOf(1, 0), 0]);
  });

  it("brings only the packs that are read, and each once", async () => {
    const bytes = disk(40).map((byte, i) => byte || (i % 251) + 1);
    const { files, list } = await published(bytes);
    const asked: string[] = [];
    const inner = filesAtHand(files);
    const store = await PublishedStore.open(list, {
      ...inner,
      get: (name) => (asked.push(name), inner.get(name)),
    });
    asked.length = 0;
    await Promise.all([store.read(0, 100), store.read(BLOCK, 100)]);
    await store.read(10, 10);
    expect(asked).toHaveLength(1);
  });

  it("is refused where its list or its parts are not what they should be", async () => {
    const bytes = disk(10);
    const { files, list, packs } = await published(bytes);
    const open = (list: Uint8Array) => () => decodeDiskIndex(list);
    expect(open(files[list]!.slice(0, 20))).toThrow(/damaged/);
    expect(open(new Uint8Array(0))).toThrow(/damaged/);
    const hostile = (fields: object) => wrapIndex(new Encoder().encode({ version: 1, sizeBytes: 1024, blockBytes: 512, packs: [], first: 0, places: new Uint8Array(8), ...fields }), pack); // prettier-ignore
    expect(open(hostile({}))).not.toThrow();
    expect(open(hostile({ version: 9 }))).toThrow(/version 9/);
    expect(open(hostile({ packs: [["../../secret", 1, 1]] }))).toThrow(/damaged/);
    expect(open(hostile({ sizeBytes: 2 ** 50 }))).toThrow(/damaged/);
    expect(open(hostile({ places: encodePlaces(Uint32Array.of(placeOf(3, 0), 0)) }))).toThrow(/damaged/);
    const gigabyte = new Uint8Array(64);
    new DataView(gigabyte.buffer).setUint32(0, 2 ** 30, true);
    expect(open(gigabyte)).toThrow(/damaged/);

    const store = await PublishedStore.open(list, filesAtHand({ ...files, [packs[0]!.name]: pack(new Uint8Array(5)) }));
    await expect(store.read(0, bytes.length)).rejects.toThrow(/damaged/);
    const without = await PublishedStore.open(list, filesAtHand({ [list]: files[list]! }));
    await expect(without.read(0, bytes.length)).rejects.toThrow(/missing/);
  });
});

describe("published files", () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const answering = (...responses: (() => Response)[]) => {
    let n = 0;
    return (async () => responses[Math.min(n++, responses.length - 1)]!()) as typeof fetch;
  };

  it("must hold what their names say; a server that fails is asked again", async () => {
    const name = await contentName(bytes);
    const from = (doFetch: typeof fetch) => filesBeside("https://a.example/data/", { fetch: doFetch, retryMs: 1 });
    const good = () => new Response(bytes);
    expect(await from(answering(() => new Response("no", { status: 503 }), good)).get(name)).toEqual(bytes);
    await expect(from(answering(() => new Response("changed"))).get(name)).rejects.toThrow(
      /does not hold what its name/,
    );
    await expect(from(answering(() => new Response("", { status: 404 }))).get(name)).rejects.toThrow(/answered 404/);
  });

  it("are read now where the host can wait", () => {
    const seen: string[] = [];
    const files = filesBeside("https://a.example/data/", {
      readNow: (url) => (seen.push(url), seen.length < 3 ? null : bytes),
    });
    expect([files.canReadNow, files.getNow("x")]).toEqual([true, bytes]);
    expect(seen).toEqual(Array(3).fill("https://a.example/data/x"));
    expect(filesBeside("https://a.example/").getNow("x")).toBe(null);
    expect(() => filesBeside("https://a.example/", { readNow: () => null }).getNow("x")).toThrow(/cannot be read/);
  });
});

it("Zstandard and deflate are both unpacked, and nothing of another length", () => {
  // zstd -19 of "posada\n" ten times
  const zstd = Uint8Array.from(atob("KLUv/SRGbQAAOHBvc2FkYQoBAJRUjG9b5nU="), (char) => char.charCodeAt(0));
  const text = new TextEncoder().encode("posada\n".repeat(10));
  expect(unpackFile(zstd, text.length)).toEqual(text);
  expect(unpackFile(pack(text), text.length)).toEqual(text);
  expect(() => unpackFile(zstd, text.length - 1)).toThrow(/damaged/);
  expect(() => unpackFile(pack(text), text.length - 1)).toThrow(/damaged/);
  expect(() => unpackFile(pack(text), text.length + 1)).toThrow(/damaged/);
});

it("the host unpacks the same, and refuses the same", async () => {
  const text = new TextEncoder().encode("the same again, ".repeat(5000));
  const packed = pack(text);
  expect(await unpackFileSoon(packed, text.length)).toEqual(text);
  await expect(unpackFileSoon(packed, text.length - 1)).rejects.toThrow(/damaged or cut short/);
  await expect(unpackFileSoon(packed, text.length + 1)).rejects.toThrow(/damaged or cut short/);
  await expect(unpackFileSoon(packed.subarray(0, packed.length - 3), text.length)).rejects.toThrow(/damaged/);
  await expect(
    unpackFileSoon(
      packed.map((byte) => ~byte),
      text.length,
    ),
  ).rejects.toThrow(/damaged/);
});

it("without the host's help it is unpacked all the same", async () => {
  vi.stubGlobal("DecompressionStream", undefined);
  try {
    const text = new TextEncoder().encode("again and again ".repeat(100));
    expect(await unpackFileSoon(pack(text), text.length)).toEqual(text);
  } finally {
    vi.unstubAllGlobals();
  }
});

it("places come back from their differences", () => {
  const packs = Array.from({ length: 3 }, () => ({ name: "", blocks: 256, fileBytes: 1 }));
  const places = Uint32Array.of(0, placeOf(0, 0), placeOf(0, 1), 0, placeOf(2, 255), placeOf(1, 4));
  expect(decodePlaces(encodePlaces(places), packs)).toEqual(places);
  expect(() => decodePlaces(encodePlaces(Uint32Array.of(placeOf(3, 0))), packs)).toThrow(/damaged/);
  expect(() => decodePlaces(new Uint8Array(3), packs)).toThrow(/damaged/);
});

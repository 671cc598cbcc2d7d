import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../memory-store.ts";
import { firstDifference, SeededRandom } from "../test-support/tools.ts";
import { scratchFolder } from "../test-support/scratch-folder.ts";
import { FolderLayers } from "./folder-layers.ts";
import { IndexedLayers } from "./indexed-layers.ts";
import { LayeredDisk } from "./layered-disk.ts";
import { CHUNK_BYTES as CHUNK, MemoryLayers } from "./layers.ts";
import type { LayerStore } from "./layers.ts";

const scratch = scratchFolder();

const stores: [string, () => LayerStore][] = [
  ["memory", () => new MemoryLayers()],
  ["IndexedDB", () => new IndexedLayers(`test-${Math.random()}`)],
  ["a folder", () => new FolderLayers(scratch.path(`layers-${Math.random()}`))],
];

async function opened(store: LayerStore, stack: string[], sizeBytes: number): Promise<LayeredDisk> {
  const keepers = await Promise.all(stack.map((id, n) => store.open(id, n === 0)));
  return LayeredDisk.open(keepers, { sizeBytes, writable: true });
}

describe.each(stores)("a disk of layers in %s", (_, makeStore) => {
  it.each([1, 2, 3])(
    "behaves as bytes do, with snapshots, resized, compacted and opened again (seed %i)",
    async (seed) => {
      const random = new SeededRandom(seed);
      const store = makeStore();
      let sizeBytes = 9 * CHUNK + 512;
      let model = new Uint8Array(sizeBytes);
      let stack = ["a0"];
      const snapshots: { stack: string[]; sizeBytes: number; bytes: Uint8Array }[] = [];
      let disk = await opened(store, stack, sizeBytes);
      for (let round = 0; round < 300; round++) {
        const offset = random.below(sizeBytes);
        const length = random.below(Math.min(sizeBytes - offset, 3 * CHUNK) + 1);
        const action = random.below(9);
        if (action < 3) {
          const bytes = random.oneIn(4) ? new Uint8Array(length) : random.bytes(length);
          await disk.write(offset, bytes);
          model.set(bytes, offset);
        } else if (action === 3) {
          await disk.discard(offset, length);
          model.fill(0, offset, offset + length);
        } else if (action === 4 && random.oneIn(4)) {
          sizeBytes = 512 * (1 + random.below((14 * CHUNK) / 512));
          await disk.resize(sizeBytes, { discardEnd: true });
          const next = new Uint8Array(sizeBytes);
          next.set(model.subarray(0, sizeBytes));
          model = next;
        } else if (action === 5 && random.oneIn(4)) await disk.compact();
        else if (action === 6 && random.oneIn(4)) await disk.flush();
        else if (action === 7 && random.oneIn(4)) {
          snapshots.push({ stack, sizeBytes, bytes: model.slice() });
          stack = [`a${stack.length}`, ...stack];
          const settled = disk.freeze(await store.open(stack[0]!, true));
          if (random.oneIn(2)) {
            await disk.write(0, Uint8Array.of(round));
            model[0] = round;
            if (sizeBytes >= 2 * CHUNK) {
              await disk.discard(CHUNK, CHUNK);
              model.fill(0, CHUNK, 2 * CHUNK);
            }
            await disk.flush();
          }
          await settled;
        } else if (action === 8 && random.oneIn(6)) {
          await disk.close();
          disk = await opened(store, stack, sizeBytes);
        } else expect(Buffer.compare(await disk.read(offset, length), model.subarray(offset, offset + length))).toBe(0);
      }
      expect(await firstDifference(disk, new MemoryStore(model))).toBeNull();
      await disk.close();
      for (const snapshot of snapshots) {
        const old = await opened(store, snapshot.stack, snapshot.sizeBytes);
        expect(await firstDifference(old, new MemoryStore(snapshot.bytes))).toBeNull();
        await old.close();
      }
    },
  );

  it("gives chunks back when they are discarded, and marks them where a layer below has something", async () => {
    const store = makeStore();
    const disk = await opened(store, ["below"], 4 * CHUNK);
    await disk.write(0, new Uint8Array(4 * CHUNK).fill(7));
    await disk.flush();
    expect(await store.keptBytes("below")).toBe(4 * CHUNK);
    await disk.discard(CHUNK - 10, 2 * CHUNK + 10);
    await disk.discard(CHUNK + 5, 100);
    await disk.close();
    expect(await numbers(store, "below")).toEqual([0, 3]);
    expect(await store.keptBytes("below")).toBe(2 * CHUNK);
    const child = await opened(store, ["above", "below"], 4 * CHUNK);
    await child.discard(0, 4 * CHUNK);
    expect(await child.stretchAt(0)).toEqual({ lengthBytes: 4 * CHUNK, zero: true });
    expect(await firstDifference(child, new MemoryStore(new Uint8Array(4 * CHUNK)))).toBeNull();
    await child.close();
    expect(await numbers(store, "above")).toEqual([0, 3]);
    expect(await store.keptBytes("above")).toBe(0);
  });

  it("compacts what is zeros or is below as well", async () => {
    const store = makeStore();
    const parent = await opened(store, ["below"], 4 * CHUNK);
    const bytes = new SeededRandom(1).bytes(4 * CHUNK);
    await parent.write(0, bytes);
    await parent.close();
    const disk = await opened(store, ["above", "below"], 6 * CHUNK);
    await disk.write(0, bytes.subarray(0, CHUNK));
    await disk.write(CHUNK, new Uint8Array(CHUNK));
    await disk.write(2 * CHUNK, new Uint8Array(CHUNK).fill(1));
    await disk.write(5 * CHUNK, new Uint8Array(CHUNK));
    expect(await disk.compact()).toBe(3 * CHUNK);
    await disk.close();
    expect(await numbers(store, "above")).toEqual([1, 2]);
  });

  it("does not lose data by shrinking unless told, and grows with zeros", async () => {
    const disk = await opened(makeStore(), ["a"], 4 * CHUNK);
    await disk.write(3 * CHUNK, Uint8Array.of(1));
    await expect(disk.resize(2 * CHUNK)).rejects.toThrow(/not empty; it would be lost/);
    await disk.resize(2 * CHUNK, { discardEnd: true });
    expect(disk.sizeBytes).toBe(2 * CHUNK);
    await disk.resize(4 * CHUNK);
    expect(await disk.read(3 * CHUNK, 1)).toEqual(Uint8Array.of(0));
    await expect(disk.resize(1000)).rejects.toThrow(/whole number of 512-byte sectors/);
    await disk.close();
  });

  it("reads ahead what was written, however it was gathered", async () => {
    const store = makeStore();
    const bytes = new SeededRandom(3).bytes(200 * CHUNK);
    const disk = await opened(store, ["a"], bytes.length);
    for (let at = 0; at < bytes.length; at += 3 * CHUNK) await disk.write(at, bytes.subarray(at, at + 3 * CHUNK));
    await disk.close();
    const again = await opened(store, ["a"], bytes.length);
    for (let at = 0; at < bytes.length; at += 8192)
      expect(Buffer.compare(await again.read(at, 8192), bytes.subarray(at, at + 8192))).toBe(0);
    await again.close();
  });
});

describe("a disk whose keeper fails", () => {
  it("keeps what was written, says so to who waits, and writes it when it can", async () => {
    const layers = new MemoryLayers();
    const keeper = await layers.open("a");
    let full = true;
    const failing = { ...keeper, commit: (...args: Parameters<typeof keeper.commit>) => full ? Promise.reject(new Error("no room")) : keeper.commit(...args) }; // prettier-ignore
    const disk = await LayeredDisk.open([failing], { sizeBytes: 64 * CHUNK, writable: true });
    await disk.write(0, Uint8Array.of(1, 2, 3));
    await expect(disk.flush()).rejects.toThrow("no room");
    expect(await disk.read(0, 3)).toEqual(Uint8Array.of(1, 2, 3));
    full = false;
    await disk.flush();
    expect(layers.layers.get("a")!.size).toBe(1);
  });

  it("does not gather without end", async () => {
    const keeper = await new MemoryLayers().open("a");
    const failing = { ...keeper, commit: () => Promise.reject(new Error("no room")) };
    const told: unknown[] = [];
    const disk = await LayeredDisk.open([failing], { sizeBytes: 4096 * CHUNK, writable: true, onFailure: (error) => told.push(error) }); // prettier-ignore
    const chunk = new Uint8Array(CHUNK).fill(1);
    let written = 0;
    await expect(
      (async () => {
        for (; written < 4096; written++) await disk.write(written * CHUNK, chunk);
      })(),
    ).rejects.toThrow("no room");
    expect(written * CHUNK).toBeLessThanOrEqual(20 << 20);
    expect(told.length).toBeGreaterThan(0);
  });
});

async function numbers(store: LayerStore, id: string): Promise<number[]> {
  const keeper = await store.open(id, false);
  const all = (await keeper.list()).map(({ index }) => index).sort((a, b) => a - b);
  await keeper.close();
  return all;
}

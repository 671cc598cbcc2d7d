import { describe, expect, it } from "vitest";
import { ChunkedDisk, DISK_CHUNK_BYTES as CHUNK, fillFrom, MemoryKeeper } from "./chunked-disk.ts";
import { MemoryStore, SparseMemoryStore } from "./memory-store.ts";
import { fillDisk, firstDifference, SeededRandom } from "./test-support/tools.ts";

describe("ChunkedDisk", () => {
  it.each([0, 3 * CHUNK + 1024, 20 * CHUNK])("behaves as bytes do, over a parent of %i bytes", async (parentBytes) => {
    const random = new SeededRandom(parentBytes + 1);
    const parent = parentBytes > 0 ? new MemoryStore(random.bytes(parentBytes), { readOnly: true }) : null;
    let sizeBytes = 9 * CHUNK + 512;
    let model = new Uint8Array(sizeBytes);
    if (parent) model.set((await parent.read(0, Math.min(parentBytes, sizeBytes))).subarray(0, sizeBytes));
    const disk = new ChunkedDisk(new MemoryKeeper(), sizeBytes, parent);
    for (let round = 0; round < 150; round++) {
      const offset = random.below(sizeBytes);
      const length = random.below(Math.min(sizeBytes - offset, 3 * CHUNK) + 1);
      const action = random.below(8);
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
      else expect(Buffer.compare(await disk.read(offset, length), model.subarray(offset, offset + length))).toBe(0);
    }
    expect(await firstDifference(disk, new MemoryStore(model))).toBeNull();
  });

  it("gives chunks back when they are discarded, and marks them where a parent has something", async () => {
    const keeper = new MemoryKeeper();
    const disk = new ChunkedDisk(keeper, 4 * CHUNK);
    await disk.write(0, new Uint8Array(4 * CHUNK).fill(7));
    await disk.discard(CHUNK - 10, 2 * CHUNK + 10);
    expect([...keeper.chunks.keys()].sort()).toEqual([0, 3]);
    await disk.discard(CHUNK + 5, 100);
    expect(keeper.chunks.size).toBe(2);
    const overlay = new MemoryKeeper();
    const child = new ChunkedDisk(overlay, 4 * CHUNK, disk);
    await child.discard(0, 4 * CHUNK);
    expect(await firstDifference(child, new MemoryStore(new Uint8Array(4 * CHUNK)))).toBeNull();
    expect([...overlay.chunks.values()]).toEqual(["zeros", "zeros", "zeros", "zeros"]);
    expect(await child.compact()).toBe(2);
    expect([...overlay.chunks.keys()].sort()).toEqual([0, 3]);
  });

  it("compacts what is zeros or the parent's", async () => {
    const parent = new MemoryStore(new SeededRandom(1).bytes(4 * CHUNK));
    const keeper = new MemoryKeeper();
    const disk = new ChunkedDisk(keeper, 6 * CHUNK, parent);
    await disk.write(0, await parent.read(0, CHUNK));
    await disk.write(CHUNK, new Uint8Array(CHUNK));
    await disk.write(2 * CHUNK, new Uint8Array(CHUNK).fill(1));
    await disk.write(5 * CHUNK, new Uint8Array(CHUNK));
    expect(await disk.compact()).toBe(3);
    expect([...keeper.chunks].map(([index, chunk]) => [index, chunk === "zeros"])).toEqual([[1, true], [2, false]]); // prettier-ignore
  });

  it("does not lose data by shrinking unless told", async () => {
    const disk = new ChunkedDisk(new MemoryKeeper(), 4 * CHUNK);
    await disk.write(3 * CHUNK, Uint8Array.of(1));
    await expect(disk.resize(2 * CHUNK)).rejects.toThrow(/not empty; it would be lost/);
    await disk.resize(4 * CHUNK - 512);
    await disk.discard(3 * CHUNK, CHUNK - 512);
    await disk.resize(2 * CHUNK);
    expect(disk.sizeBytes).toBe(2 * CHUNK);
    await expect(disk.resize(1000)).rejects.toThrow(/whole number of 512-byte sectors/);
  });

  it("is filled from an image, chunk by chunk, with nothing for zeros", async () => {
    const source = new SparseMemoryStore(20 * CHUNK + 1024);
    await fillDisk(source, 5, [0, 9 * CHUNK + 512]);
    const keeper = new MemoryKeeper();
    const disk = new ChunkedDisk(keeper, source.sizeBytes);
    await fillFrom(disk, source);
    expect(await firstDifference(disk, source)).toBeNull();
    expect(keeper.chunks.size).toBeLessThan(15);
  });
});

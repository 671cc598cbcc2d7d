import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { inEnglish } from "../shared/said.ts";
import { BlobStore } from "./blob-store.ts";
import { StorageError, type BlockStore } from "./block-store.ts";
import { MemoryStore, SparseMemoryStore } from "./memory-store.ts";
import { NodeFileStore } from "./node-file-store.ts";
import { openDiscardable, openMedia } from "./open-media.ts";
import { OVERLAY_CHUNK_BYTES, OverlayStore } from "./overlay-store.ts";

const numbered = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

/** Random reads, writes and discards against a plain array. */
async function compareWithArray(store: BlockStore, model: Uint8Array): Promise<void> {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  for (let round = 0; round < 200; round++) {
    const offset = random(model.length);
    const length = random(Math.min(model.length - offset, 150_000) + 1);
    const action = random(4);
    if (action === 0) {
      const bytes = numbered(length).map((byte) => byte ^ round);
      await store.write(offset, bytes);
      model.set(bytes, offset);
    } else if (action === 1 && store.discard) {
      await store.discard(offset, length);
      model.fill(0, offset, offset + length);
    } else {
      expect(Buffer.compare(await store.read(offset, length), model.subarray(offset, offset + length))).toBe(0);
    }
  }
}

describe("MemoryStore", () => {
  it("uses the given bytes in place", async () => {
    const bytes = new Uint8Array(1000);
    const store = new MemoryStore(bytes);
    await compareWithArray(store, new Uint8Array(1000));
    await store.write(10, new Uint8Array([1, 2]));
    expect([bytes[10], bytes[11]]).toEqual([1, 2]);
    await expect(store.read(999, 2)).rejects.toThrow(/outside/);
  });
});

describe("SparseMemoryStore", () => {
  it("behaves as zeros that were written over", async () => {
    await compareWithArray(new SparseMemoryStore(500_001), new Uint8Array(500_001));
  });

  it("takes memory only for what is not zero", async () => {
    const store = new SparseMemoryStore(2 ** 40);
    await store.write(2 ** 39, new Uint8Array(100_000));
    expect(store.allocatedBytes).toBe(0);
    await store.write(2 ** 39, new Uint8Array([1]));
    expect(store.allocatedBytes).toBe(65536);
  });
});

describe("BlobStore", () => {
  it("reads slices", async () => {
    const bytes = numbered(100_000);
    const store = new BlobStore(new Blob([bytes.slice()]));
    expect(await store.read(777, 5000)).toEqual(bytes.slice(777, 5777));
    expect(store.readOnly).toBe(true);
  });

  it("explains a file that changed under it", async () => {
    const gone = { size: 10, slice: () => ({ arrayBuffer: () => Promise.reject(new Error("NotReadableError")) }) };
    await expect(new BlobStore(gone as unknown as Blob).read(0, 10)).rejects.toThrow(StorageError);
  });
});

describe("OverlayStore", () => {
  it("reads through and keeps writes to itself", async () => {
    const base = numbered(400_123);
    const before = base.slice();
    const store = new OverlayStore(new MemoryStore(base, { readOnly: true }));
    await compareWithArray(store, base.slice());
    expect(Buffer.compare(base, before)).toBe(0);
  });

  it("does not lose writes that share a chunk", async () => {
    const store = new OverlayStore(new MemoryStore(numbered(200_000), { readOnly: true }));
    await Promise.all([store.write(10, new Uint8Array([1])), store.write(20, new Uint8Array([2]))]);
    const bytes = await store.read(0, 30);
    expect([bytes[10], bytes[20], bytes[15]]).toEqual([1, 2, numbered(16)[15]]);
  });

  it("asks the base once for neighbouring chunks", async () => {
    const asked: [number, number][] = [];
    const inner = new MemoryStore(numbered(10 * OVERLAY_CHUNK_BYTES));
    const base: BlockStore = {
      sizeBytes: inner.sizeBytes,
      readOnly: true,
      read: (offset, length) => (asked.push([offset, length]), inner.read(offset, length)),
      write: () => Promise.reject(new Error("not the base")),
      flush: async () => {},
    };
    const store = new OverlayStore(base);
    await store.write(3 * OVERLAY_CHUNK_BYTES, new Uint8Array(OVERLAY_CHUNK_BYTES));
    await store.read(100, 6 * OVERLAY_CHUNK_BYTES);
    expect(asked).toEqual([
      [100, 3 * OVERLAY_CHUNK_BYTES - 100],
      [4 * OVERLAY_CHUNK_BYTES, 2 * OVERLAY_CHUNK_BYTES + 100],
    ]);
  });

  it("carries its changes in its state", async () => {
    const bytes = numbered(300_000);
    const first = new OverlayStore(new MemoryStore(bytes, { readOnly: true }));
    const model = bytes.slice();
    await compareWithArray(first, model);
    const state = structuredClone(first.save());
    const second = new OverlayStore(new MemoryStore(bytes, { readOnly: true }));
    await second.write(5, new Uint8Array([99]));
    second.restore(state);
    expect(Buffer.compare(await second.read(0, 300_000), model)).toBe(0);
    const other = new OverlayStore(new MemoryStore(numbered(1000)));
    expect(() => other.restore(state)).toThrow(/disk of 300000 bytes/);
    expect(() => second.restore({ ...state, bytes: state.bytes.slice(1) })).toThrow(/damaged/);
  });

  it("passes on failures of the base, and goes on after them", async () => {
    let failing = true;
    const inner = new MemoryStore(numbered(100_000));
    const store = new OverlayStore({
      sizeBytes: 100_000,
      readOnly: true,
      read: (o, l) => (failing ? Promise.reject(new StorageError("gone")) : inner.read(o, l)),
      write: async () => {},
      flush: async () => {},
    });
    await expect(store.write(1, new Uint8Array(1))).rejects.toThrow("gone");
    failing = false;
    await store.write(1, new Uint8Array([42]));
    expect((await store.read(1, 1))[0]).toBe(42);
  });
});

describe("NodeFileStore", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "posada-test-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("reads and writes a file", async () => {
    const path = join(folder, "disk");
    const bytes = numbered(200_000);
    await writeFile(path, bytes);
    const store = await NodeFileStore.open(path, { readOnly: false });
    await compareWithArray(store, bytes.slice());
    await store.write(5, new Uint8Array([1, 2, 3]));
    await store.flush();
    await store.close();
    expect([...(await readFile(path)).subarray(5, 8)]).toEqual([1, 2, 3]);
  });

  it("says what is wrong with a path", async () => {
    await expect(NodeFileStore.open(join(folder, "none"), { readOnly: true })).rejects.toThrow(/There is no file/);
    await expect(NodeFileStore.open(folder, { readOnly: true })).rejects.toThrow(/folder/);
  });
});

describe("openMedia", () => {
  it("takes a Blob, an ArrayBuffer and a Uint8Array", async () => {
    const bytes = numbered(1024);
    for (const source of [new Blob([bytes.slice()]), bytes.slice().buffer as ArrayBuffer, bytes]) {
      const { store } = await openMedia(source);
      expect(await store.read(100, 4)).toEqual(bytes.slice(100, 104));
      expect(store.readOnly).toBe(true);
    }
  });

  it("refuses what cannot play its part, and keeps the original under writes", async () => {
    await expect(openMedia(new Uint8Array(12 * 1024), { role: "cdrom" })).rejects.toThrow(
      "This file is 12 KB: too small for a CD image; it may be truncated.",
    );
    const bytes = new Uint8Array(1024);
    const { store, warning } = await openDiscardable(bytes, { role: "disk" });
    expect(inEnglish(warning!)).toMatch(/no boot sector/);
    await store.write(0, new Uint8Array([1]));
    expect(bytes[0]).toBe(0);
  });
});

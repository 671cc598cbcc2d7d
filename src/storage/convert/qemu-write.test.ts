/**
 * Images that are written here, judged by qemu-img: `check` finds nothing (where the format has a check), `compare` finds
 * them equal, and `info` the same length. (Debian: qemu-utils.)
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { BlockStore } from "../block-store.ts";
import { openImage } from "../formats/open-image.ts";
import { SparseMemoryStore } from "../memory-store.ts";
import { NodeFileStore } from "../node-file-store.ts";
import { scratchFolder } from "../test-support/scratch-folder.ts";
import { fillDisk, firstDifference, hasProgram, runProgram, statusOf } from "../test-support/tools.ts";
import { MemorySink } from "./byte-sink.ts";
import type { CopyProgress } from "./copy-loop.ts";
import { NodeFileSink } from "./node-file-sink.ts";
import { writeImage, writtenFormats, type WrittenFormat } from "./write-image.ts";

const MIB = 2 ** 20;
const qemu = hasProgram("qemu-img");
const named: Record<WrittenFormat, string> = { raw: "raw", vdi: "vdi", vmdk: "vmdk", vhd: "vpc", "vhd-fixed": "vpc", qcow2: "qcow2" }; // prettier-ignore
/** Formats of which qemu-img can check images. */
const checked = new Set(["vdi", "vmdk", "qcow2"]);

async function exportTo(path: string, source: BlockStore, format: WrittenFormat): Promise<void> {
  const sink = await NodeFileSink.create(path);
  await writeImage(source, format, sink);
  await sink.finish();
}

const infoOf = (path: string, format: WrittenFormat): { "virtual-size": number } =>
  JSON.parse(runProgram("qemu-img", ["info", "-f", named[format], "--output=json", path])) as {
    "virtual-size": number;
  };

const disks: [string, number, number[]][] = [
  ["one sector", 512, [0]],
  ["empty, 3 MB", 3 * MIB, []],
  ["odd sectors", 5 * MIB + 3 * 512, [0, 2 * MIB - 512, 4 * MIB]],
  ["64 MB", 64 * MIB, [0, 3 * MIB + 512, 9 * MIB - 1024, 40 * MIB, 64 * MIB - 200_704]],
];

describe.skipIf(!qemu)("images written here pass qemu-img (qemu-utils)", { timeout: 60_000 }, () => {
  const scratch = scratchFolder();

  describe.each(disks)("%s", (name, sizeBytes, places) => {
    let source: SparseMemoryStore;
    const raw = (): string => scratch.path(`${name}.raw`);
    beforeAll(async () => {
      source = new SparseMemoryStore(sizeBytes);
      await fillDisk(source, sizeBytes, places);
      await exportTo(raw(), source, "raw");
    });

    it.each(writtenFormats)("%s", async (format) => {
      const path = scratch.path(`out.${format}`);
      await exportTo(path, source, format);
      expect(infoOf(path, format)["virtual-size"]).toBe(sizeBytes);
      if (checked.has(named[format]))
        expect(runProgram("qemu-img", ["check", "-f", named[format], path])).toMatch(/No errors/);
      const compare = ["compare", "-f", "raw", "-F", named[format], raw(), path];
      expect(runProgram("qemu-img", compare)).toMatch(/identical/);
      const image = await openImage(await NodeFileStore.open(path, { readOnly: true }));
      expect(await firstDifference(image, source)).toBeNull();
      await image.close?.();
    });
  });

  it.each(writtenFormats.filter((format) => format !== "raw" && format !== "vhd-fixed"))(
    "20 GB of almost nothing as %s: small, and equal",
    async (format) => {
      const source = new SparseMemoryStore(20 * 2 ** 30);
      const places = [0, 2 ** 31 - 70_000, 7 * 2 ** 30, 20 * 2 ** 30 - 200_704];
      await fillDisk(source, 3, places);
      const path = scratch.path(`large.${format}`);
      const sink = new MemorySink();
      await writeImage(sparse(source, places), format, sink);
      expect(sink.bytes().length).toBeLessThan(40 * MIB);
      const out = await NodeFileSink.create(path);
      await out.write(sink.bytes());
      await out.finish();
      if (checked.has(named[format])) expect(statusOf("qemu-img", ["check", "-f", named[format], path])).toBe(0);
      const image = await openImage(await NodeFileStore.open(path, { readOnly: true }));
      for (const at of [...places, 12 * 2 ** 30])
        expect(Buffer.compare(await image.read(at, 200_000), await source.read(at, 200_000))).toBe(0);
      await image.close?.();
    },
  );
});

/** A store that says where it may hold something: a mebibyte from each of `places` on. */
function sparse(source: SparseMemoryStore, places: readonly number[]): BlockStore {
  return Object.assign(Object.create(source) as SparseMemoryStore, {
    stretchAt: async (offset: number) => {
      const inside = places.find((place) => offset >= place && offset < place + MIB);
      if (inside !== undefined) return { lengthBytes: Math.min(inside + MIB, source.sizeBytes) - offset, zero: false };
      const next = Math.min(source.sizeBytes, ...places.filter((place) => place > offset));
      return { lengthBytes: next - offset, zero: true };
    },
  });
}

describe("writing an image", () => {
  const source = new SparseMemoryStore(20 * MIB);
  beforeAll(() => fillDisk(source, 4, [0, 5 * MIB, 15 * MIB]));

  it.each(writtenFormats)("%s reports how far it is, to the end", async (format) => {
    const seen: CopyProgress[] = [];
    await writeImage(source, format, new MemorySink(), { onProgress: (progress) => seen.push(progress) });
    expect(seen.at(-1)).toMatchObject({ phase: "write", doneBytes: 20 * MIB, totalBytes: 20 * MIB });
    for (const phase of ["scan", "write"] as const) {
      const done = seen.filter((progress) => progress.phase === phase).map(({ doneBytes }) => doneBytes);
      expect(done).toEqual([...done].sort((a, b) => a - b));
    }
  });

  it.each(writtenFormats)("%s is given up when asked, and leaves no file", async (format) => {
    const cancel = new AbortController();
    const writing = writeImage(source, format, new MemorySink(), {
      signal: cancel.signal,
      onProgress: ({ doneBytes }) => doneBytes > 4 * MIB && cancel.abort(new Error("enough")),
    });
    await expect(writing).rejects.toThrow("enough");
  });

  it("passes on a failing source and a failing sink", async () => {
    const broken: BlockStore = { ...source, sizeBytes: source.sizeBytes, readOnly: true, flush: async () => {}, write: async () => {}, read: () => Promise.reject(new Error("gone")) }; // prettier-ignore
    for (const format of writtenFormats) {
      await expect(writeImage(broken, format, new MemorySink())).rejects.toThrow("gone");
      const full = { write: () => Promise.reject(new Error("full")), skip: async () => {} };
      await expect(writeImage(source, format, full)).rejects.toThrow("full");
    }
  });
});

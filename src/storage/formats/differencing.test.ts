/** Children of VHD, VHDX and VDI images, logs to be replayed, and what is wrong with chains. (Debian: qemu-utils.) */
import { readFile, writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { writeImage } from "../convert/write-image.ts";
import { MemorySink } from "../convert/byte-sink.ts";
import { MemoryStore, SparseMemoryStore } from "../memory-store.ts";
import { NodeFileStore } from "../node-file-store.ts";
import { makeVhdChild, makeVhdxChild, moveIntoVhdxLog, vhdxPlaces } from "../test-support/patched-images.ts";
import { scratchFolder } from "../test-support/scratch-folder.ts";
import { fillDisk, firstDifference, hasProgram, runProgram } from "../test-support/tools.ts";
import type { DiskImage } from "./disk-image.ts";
import { NodeFileFinder } from "./node-file-finder.ts";
import type { FileFinder, OpenImageOptions } from "./open-context.ts";
import { openImage } from "./open-image.ts";

const MIB = 2 ** 20;
const SIZE = 8 * MIB;
const qemu = hasProgram("qemu-img") && hasProgram("qemu-io");
/** Sectors that the child has itself: runs, single ones, and the ends of its blocks. */
const ofChild = (sector: number): boolean => sector % 5 < 2 || (sector > 4000 && sector < 4200) || sector === 8191;

async function diskOf(seed: number): Promise<SparseMemoryStore> {
  const store = new SparseMemoryStore(SIZE);
  await fillDisk(store, seed, [0, MIB, 2 * MIB - 512, 4 * MIB, 7 * MIB]);
  return store;
}

/** What a child over a parent must read as, where the child's blocks are all there. */
async function mixed(
  parent: SparseMemoryStore,
  child: SparseMemoryStore,
  has: (sector: number) => boolean,
): Promise<MemoryStore> {
  const result = new MemoryStore(await parent.read(0, SIZE));
  for (let sector = 0; sector < SIZE / 512; sector++)
    if (has(sector)) await result.write(sector * 512, await child.read(sector * 512, 512));
  return result;
}

async function open(path: string, options: OpenImageOptions = {}): Promise<DiskImage> {
  const finder = await NodeFileFinder.beside(path);
  const store = await NodeFileStore.open(path, { readOnly: true });
  return openImage(store, { finder, id: await NodeFileFinder.idOf(path), ...options }).catch(async (error) => {
    await store.close();
    throw error;
  });
}

describe.skipIf(!qemu)("differencing images", { timeout: 60_000 }, () => {
  const scratch = scratchFolder();
  let parent: SparseMemoryStore;
  let child: SparseMemoryStore;
  beforeAll(async () => {
    [parent, child] = [await diskOf(11), await diskOf(12)];
    await writeFile(scratch.path("parent.raw"), await parent.read(0, SIZE));
    await writeFile(scratch.path("child.raw"), await child.read(0, SIZE));
    for (const [name, format, options] of [
      ["vhd", "vpc", "force_size=on"],
      ["vhdx", "vhdx", "block_size=8M"],
      ["vdi", "vdi", ""],
    ] as const)
      for (const which of ["parent", "child"])
        runProgram("qemu-img", ["convert", "-f", "raw", "-O", format, ...(options ? ["-o", options] : []), scratch.path(`${which}.raw`), scratch.path(`${which}.${name}`)]); // prettier-ignore
  });

  it("VHD: sectors by a bitmap, the parent by its name and UUID", async () => {
    const [image, below] = [await readFile(scratch.path("child.vhd")), await readFile(scratch.path("parent.vhd"))];
    makeVhdChild(image, below, "parent.vhd", ofChild);
    await writeFile(scratch.path("difference.vhd"), image);
    const opened = await open(scratch.path("difference.vhd"));
    expect(opened.info).toMatchObject({ variant: "differencing", parent: { format: "vhd" } });
    // Blocks that the child has not are the parent's.
    const whole = await openImage(new MemoryStore(await readFile(scratch.path("child.vhd"))));
    const has = new Set<number>();
    for (let at = 0; at < SIZE;) {
      const { lengthBytes, zero } = await whole.stretchAt(at);
      for (let i = at; !zero && i < at + lengthBytes; i += 512) has.add(i / 512);
      at += lengthBytes;
    }
    expect(await firstDifference(opened, await mixed(parent, child, (sector) => has.has(sector) && ofChild(sector)))).toBeNull(); // prettier-ignore
    await opened.close?.();
  });

  it("VHD: another parent is refused", async () => {
    const image = await readFile(scratch.path("child.vhd"));
    makeVhdChild(image, await readFile(scratch.path("parent.vhd")), "child.vhd", ofChild);
    await writeFile(scratch.path("wrong.vhd"), image);
    await expect(open(scratch.path("wrong.vhd"))).rejects.toMatchObject({ code: "mismatch" });
  });

  it("VHDX: a block that is partly there, the parent by its locator", async () => {
    const below = await openImage(new MemoryStore(await readFile(scratch.path("parent.vhdx"))));
    const image = makeVhdxChild(
      await readFile(scratch.path("child.vhdx")),
      below.info.details.uuid as string,
      "parent.vhdx",
      ofChild,
    );
    await writeFile(scratch.path("difference.vhdx"), image);
    const opened = await open(scratch.path("difference.vhdx"));
    expect(opened.info).toMatchObject({ variant: "differencing", parent: { format: "vhdx" } });
    expect(await firstDifference(opened, await mixed(parent, child, ofChild))).toBeNull();
    await opened.close?.();
    await writeFile(scratch.path("other.vhdx"), makeVhdxChild(await readFile(scratch.path("child.vhdx")), below.info.details.uuid as string, "child.vhdx", ofChild)); // prettier-ignore
    await expect(open(scratch.path("other.vhdx"))).rejects.toMatchObject({ code: "mismatch" });
  });

  it("VHDX: a log is replayed, as qemu-img replays it", async () => {
    const image = await readFile(scratch.path("child.vhdx"));
    const { bat, metadata } = vhdxPlaces(image);
    moveIntoVhdxLog(image, [bat, metadata + 64 * 1024, metadata]);
    const path = scratch.path("dirty.vhdx");
    await writeFile(path, image);
    const opened = await open(path);
    expect(opened.info.details.logReplayed).toBe(true);
    expect(await firstDifference(opened, child)).toBeNull();
    await opened.close?.();
    runProgram("qemu-img", ["check", "-r", "all", "-f", "vhdx", path]);
    expect(runProgram("qemu-img", ["compare", "-f", "raw", "-F", "vhdx", scratch.path("child.raw"), path])).toMatch(/identical/); // prettier-ignore
    // A log that was not written to its end cannot be replayed, and the image is not whole without it.
    image[vhdxPlaces(image).logOffset + 5000]! ^= 1;
    await expect(openImage(new MemoryStore(image))).rejects.toThrow(/its log cannot be used/);
  });

  it("VDI: over the parent that is given", async () => {
    const image = await readFile(scratch.path("child.vdi"));
    const parentImage = await readFile(scratch.path("parent.vdi"));
    image.writeUInt32LE(4, 0x4c);
    image.set(parentImage.subarray(0x188, 0x198), 0x1a8);
    const map = image.readUInt32LE(0x154);
    // The child has block 0 alone; block 1 is zeros whatever the parent has.
    for (let block = 1; block < SIZE / MIB; block++) image.writeUInt32LE(block === 1 ? 0xfffffffe : 0xffffffff, map + block * 4); // prettier-ignore
    await expect(openImage(new MemoryStore(image))).rejects.toThrow(/holds only changes; give its parent/);
    const below = await openImage(new MemoryStore(parentImage));
    const opened = await openImage(new MemoryStore(image), { parent: below });
    const expected = new MemoryStore(await parent.read(0, SIZE));
    await expected.write(0, await child.read(0, MIB));
    await expected.write(MIB, new Uint8Array(MIB));
    expect(await firstDifference(opened, expected)).toBeNull();
    const other = await openImage(new MemoryStore(await readFile(scratch.path("child.vdi"))));
    await expect(openImage(new MemoryStore(image), { parent: other })).rejects.toMatchObject({ code: "mismatch" });
  });

  it("chains that come back to themselves, go on for ever, or end in nothing, are refused", async () => {
    const make = (name: string, backing: string): string =>
      runProgram("qemu-img", ["create", "-u", "-f", "qcow2", "-F", "qcow2", "-b", backing, name, "1M"], { cwd: scratch.folder }); // prettier-ignore
    make("a.qcow2", "b.qcow2");
    make("b.qcow2", "c.qcow2");
    make("c.qcow2", "./a.qcow2");
    make("self.qcow2", "./self.qcow2");
    make("orphan.qcow2", "gone.qcow2");
    make("outside.qcow2", "/etc/hostname");
    for (const [name, code] of [
      ["a", "cyclic"],
      ["self", "cyclic"],
      ["orphan", "missing"],
      ["outside", "missing"],
    ])
      // prettier-ignore
      await expect(open(scratch.path(`${name}.qcow2`))).rejects.toMatchObject({ code });
    const bytes = await readFile(scratch.path("a.qcow2"));
    let found = 0;
    const endless: FileFinder = { find: async () => ({ id: `file ${++found}`, store: new MemoryStore(bytes) }) };
    await expect(openImage(new MemoryStore(bytes), { finder: endless })).rejects.toMatchObject({ code: "cyclic" });
    expect(found).toBeLessThan(300);
  });

  it("encrypted and external images are refused by name", async () => {
    const path = scratch.path("secret.qcow2");
    runProgram("qemu-img", ["create", "-f", "qcow2", "--object", "secret,id=s,data=x", "-o", "encrypt.format=luks,encrypt.key-secret=s,encrypt.iter-time=10", path, "1M"]); // prettier-ignore
    await expect(open(path)).rejects.toMatchObject({ code: "encrypted", message: "This QCOW2 image is encrypted." });
    runProgram("qemu-img", ["create", "-f", "qcow2", "-o", "data_file=data.raw", scratch.path("external.qcow2"), "1M"], { cwd: scratch.folder }); // prettier-ignore
    await expect(open(scratch.path("external.qcow2"))).rejects.toThrow(/keeps its data in another file/);
    await expect(openImage(new MemoryStore(new TextEncoder().encode("<!doctype html><html>".padEnd(600))))).rejects.toThrow(/web page/); // prettier-ignore
  });
});

describe("what claims too much", () => {
  it("a part that cannot be unpacked fails the read once, also while tables are still being read", async () => {
    const store = new SparseMemoryStore(80 * MIB);
    await fillDisk(store, 14, [0, 72 * MIB, 40 * MIB, 74 * MIB, 70 * MIB]);
    const sink = new MemorySink();
    await writeImage(store, "vmdk", sink);
    const bytes = sink.bytes();
    // The first grain, behind header and descriptor and its own 12 bytes.
    bytes.fill(0xff, 65536 + 12, 65536 + 4000);
    const file = new MemoryStore(bytes);
    const slowTables = Object.assign(Object.create(file) as MemoryStore, {
      read: async (offset: number, length: number) => {
        await new Promise((resolve) => setTimeout(resolve, offset % 32_768 === 0 ? 20 : 0));
        return file.read(offset, length);
      },
    });
    const image = await openImage(slowTables);
    // What nobody waits for would end the process (Vitest reports it).
    await expect(image.read(0, 80 * MIB)).rejects.toMatchObject({ code: "damaged" });
    expect(Buffer.compare(await image.read(40 * MIB, 1000), await store.read(40 * MIB, 1000))).toBe(0);
  });

  it("two parts in one place of the file are noticed", async () => {
    const store = await diskOf(13);
    for (const [format, patch] of [
      ["vdi", (image: Buffer) => image.copy(image, 0x200, 0x204, 0x208)],
      ["qcow2", (image: Buffer) => image.copy(image, 4 * 65536, 4 * 65536 + 16 * 8, 4 * 65536 + 17 * 8)],
      ["vhd", (image: Buffer) => image.copy(image, 1536, 1540, 1544)],
    ] as const) {
      const sink = new MemorySink();
      await writeImage(store, format, sink);
      const bytes = Buffer.from(sink.bytes());
      patch(bytes);
      const image = await openImage(new MemoryStore(bytes));
      await expect(image.read(0, SIZE), format).rejects.toMatchObject({ code: "damaged" });
    }
  });
});

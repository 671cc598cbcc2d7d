/**
 * Images made by qemu-img in every format and subformat that is read: each opens by its contents, has the length that
 * qemu-img says, and holds what was put in. (Debian: qemu-utils.)
 */
import { truncate, writeFile } from "node:fs/promises";
import { describe, expect, it, beforeAll } from "vitest";
import { scratchFolder } from "../test-support/scratch-folder.ts";
import { firstDifference, fillDisk, hasProgram, runProgram } from "../test-support/tools.ts";
import { NodeFileStore } from "../node-file-store.ts";
import type { DiskImage, ImageFormat } from "./disk-image.ts";
import { NodeFileFinder } from "./node-file-finder.ts";
import { openImage } from "./open-image.ts";

const MIB = 2 ** 20;
const qemu = hasProgram("qemu-img") && hasProgram("qemu-io");
const format: Record<ImageFormat, string> = { raw: "raw", qcow2: "qcow2", vdi: "vdi", vmdk: "vmdk", vhd: "vpc", vhdx: "vhdx" }; // prettier-ignore

/** Format, options of `qemu-img convert`, what `info.variant` must say. */
const converted: [ImageFormat, string[], string][] = [
  ["raw", [], "raw"],
  ["qcow2", ["-o", "compat=0.10"], "version 2"],
  ["qcow2", ["-o", "compat=0.10", "-c"], "version 2"],
  ["qcow2", ["-o", "compat=1.1"], "version 3"],
  ["qcow2", ["-o", "compat=1.1", "-c"], "version 3"],
  ["qcow2", ["-o", "compression_type=zstd", "-c"], "version 3"],
  ["qcow2", ["-o", "compression_type=zstd,cluster_size=2M", "-c"], "version 3"],
  ["qcow2", ["-o", "cluster_size=512"], "version 3"],
  ["qcow2", ["-o", "cluster_size=4k", "-c"], "version 3"],
  ["qcow2", ["-o", "cluster_size=2M"], "version 3"],
  ["qcow2", ["-o", "extended_l2=on"], "version 3"],
  ["qcow2", ["-o", "extended_l2=on,cluster_size=16k"], "version 3"],
  ["qcow2", ["-o", "preallocation=metadata"], "version 3"],
  ["qcow2", ["-o", "preallocation=full"], "version 3"],
  ["qcow2", ["-o", "lazy_refcounts=on,refcount_bits=1"], "version 3"],
  ["qcow2", ["-o", "refcount_bits=64"], "version 3"],
  ["vdi", [], "dynamic"],
  ["vdi", ["-o", "static=on"], "fixed"],
  ["vmdk", ["-o", "subformat=monolithicSparse"], "monolithicSparse"],
  ["vmdk", ["-o", "subformat=monolithicSparse,zeroed_grain=on"], "monolithicSparse"],
  ["vmdk", ["-o", "subformat=monolithicFlat"], "monolithicFlat"],
  ["vmdk", ["-o", "subformat=twoGbMaxExtentSparse"], "twoGbMaxExtentSparse"],
  ["vmdk", ["-o", "subformat=twoGbMaxExtentFlat"], "twoGbMaxExtentFlat"],
  ["vmdk", ["-o", "subformat=streamOptimized"], "streamOptimized"],
  ["vhd", [], "dynamic"],
  ["vhd", ["-o", "force_size=on"], "dynamic"],
  ["vhd", ["-o", "subformat=fixed"], "fixed"],
  ["vhd", ["-o", "subformat=fixed,force_size=on"], "fixed"],
  ["vhdx", [], "dynamic"],
  ["vhdx", ["-o", "block_size=1M"], "dynamic"],
  ["vhdx", ["-o", "block_size=256M"], "dynamic"],
  ["vhdx", ["-o", "subformat=fixed"], "fixed"],
];

async function open(path: string): Promise<DiskImage> {
  const finder = await NodeFileFinder.beside(path);
  return openImage(await NodeFileStore.open(path, { readOnly: true }), { finder, id: await NodeFileFinder.idOf(path) });
}

const virtualSize = (path: string, name: ImageFormat): number =>
  (JSON.parse(runProgram("qemu-img", ["info", "-f", format[name], "--output=json", path])) as { "virtual-size": number })["virtual-size"]; // prettier-ignore

/** The image as qemu-img reads it, beside what is read here. */
async function compare(path: string, name: ImageFormat, truth: string): Promise<DiskImage> {
  const image = await open(path);
  expect([image.info.format, image.sizeBytes]).toEqual([name, virtualSize(path, name)]);
  const raw = await NodeFileStore.open(truth, { readOnly: true });
  expect(await firstDifference(image, raw)).toBeNull();
  let mapped = 0;
  for (let at = 0; at < image.sizeBytes; mapped++) {
    const { lengthBytes, zero } = await image.stretchAt(at);
    expect(lengthBytes).toBeGreaterThan(0);
    const count = Math.min(lengthBytes, MIB);
    if (zero) expect((await image.read(at, count)).every((byte) => byte === 0)).toBe(true);
    at += lengthBytes;
  }
  expect(mapped).toBeGreaterThan(0);
  await raw.close();
  return image;
}

describe.skipIf(!qemu)("images of qemu-img (qemu-utils) are read", { timeout: 60_000 }, () => {
  const scratch = scratchFolder();
  beforeAll(async () => {
    const path = scratch.path("disk.raw");
    await writeFile(path, "");
    await truncate(path, 12 * MIB);
    const store = await NodeFileStore.open(path, { readOnly: false });
    await fillDisk(store, 1, [0, 2 * MIB + 512, 5 * MIB - 1024, 8 * MIB, 12 * MIB - 30_208]);
    await store.close();
  });

  it.each(converted)("%s %j", async (name, options, variant) => {
    const path = scratch.path(`converted.${name}`);
    runProgram("qemu-img", ["convert", "-f", "raw", "-O", format[name], ...options, scratch.path("disk.raw"), path]);
    const image = await compare(path, name, scratch.path("disk.raw"));
    expect(image.info.variant).toBe(variant);
    await image.close?.();
  });

  it.each(["vmdk", "vhdx", "qcow2"] as const)("%s with blocks that are zeros", async (name) => {
    const path = scratch.path(`zeros.${name}`);
    const options = { vmdk: ["-o", "zeroed_grain=on"], vhdx: ["-o", "block_size=1M"], qcow2: [] }[name];
    runProgram("qemu-img", ["convert", "-f", "raw", "-O", name, ...options, scratch.path("disk.raw"), path]);
    runProgram("qemu-io", ["-f", name, "-c", "write -z 5M 4M", "-c", "write -z 0 65536", path]);
    runProgram("qemu-img", ["convert", "-f", name, "-O", "raw", path, scratch.path("zeros.raw")]);
    await (await compare(path, name, scratch.path("zeros.raw"))).close?.();
  });

  it.each([
    ["qcow2", []],
    ["qcow2", ["-o", "compat=0.10"]],
    ["qcow2", ["-o", "extended_l2=on"]],
    ["vmdk", []],
  ] as [ImageFormat, string[]][])("a chain of three: %s %j over raw or its own kind", async (name, options) => {
    const [base, middle, top] = ["base", "middle", "top"].map((part) => scratch.path(`${part}.${name}`)) as [string, string, string]; // prettier-ignore
    const make = (path: string, backing: string): void =>
      void runProgram("qemu-img", ["create", "-f", name, "-F", name, "-b", backing, ...options, path], { cwd: scratch.folder }); // prettier-ignore
    runProgram("qemu-img", ["convert", "-f", "raw", "-O", name, scratch.path("disk.raw"), base]);
    make(middle, `base.${name}`);
    runProgram("qemu-io", ["-f", name, "-c", "write -P 0x11 1M 100k", "-c", "write -P 0x12 5M 64k", middle]);
    make(top, `middle.${name}`);
    runProgram("qemu-io", ["-f", name, "-c", "write -P 0x21 1050k 3k", "-c", "write -P 0x22 10M 1M", top]);
    if (name === "qcow2") runProgram("qemu-io", ["-f", name, "-c", "write -z 8M 128k", top]);
    runProgram("qemu-img", ["convert", "-f", name, "-O", "raw", top, scratch.path("chain.raw")]);
    const image = await compare(top, name, scratch.path("chain.raw"));
    expect(image.info.parent?.parent?.parent).toBeNull();
    await image.close?.();
  });

  it("a QCOW2 image that is longer than its backing file, which is raw and looks like QCOW2", async () => {
    runProgram("qemu-img", ["create", "-f", "qcow2", scratch.path("inner.raw"), "1M"]);
    runProgram("qemu-img", ["create", "-f", "qcow2", "-F", "raw", "-b", "inner.raw", scratch.path("longer.qcow2"), "5M"], { cwd: scratch.folder }); // prettier-ignore
    runProgram("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", scratch.path("longer.qcow2"), scratch.path("longer.out")]); // prettier-ignore
    await (await compare(scratch.path("longer.qcow2"), "qcow2", scratch.path("longer.out"))).close?.();
  });

  it("a QCOW2 image with snapshots inside", async () => {
    const path = scratch.path("snapshots.qcow2");
    runProgram("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", scratch.path("disk.raw"), path]);
    runProgram("qemu-img", ["snapshot", "-c", "one", path]);
    runProgram("qemu-io", ["-f", "qcow2", "-c", "write -P 0x77 0 200k", path]);
    runProgram("qemu-img", ["convert", "-f", "qcow2", "-O", "raw", path, scratch.path("snapshots.raw")]);
    const image = await compare(path, "qcow2", scratch.path("snapshots.raw"));
    expect(image.info.details.snapshots).toBe(1);
    await image.close?.();
  });

  it.each([
    ["qcow2", []],
    ["vdi", []],
    ["vmdk", []],
    ["vmdk", ["-o", "subformat=twoGbMaxExtentSparse"]],
    ["vmdk", ["-o", "subformat=streamOptimized"]],
    ["vhd", ["-o", "force_size=on"]],
    ["vhdx", []],
  ] as [ImageFormat, string[]][])(
    "20 GB of almost nothing, %s %j: opens at once and knows what is empty",
    async (name, options) => {
      const path = scratch.path(`large.${name}`);
      const raw = scratch.path("large.raw");
      await writeFile(raw, "");
      await truncate(raw, 20 * 2 ** 30);
      const store = await NodeFileStore.open(raw, { readOnly: false });
      await fillDisk(store, 2, [0, 2 ** 31 - 70_000, 5 * 2 ** 30, 20 * 2 ** 30 - 200_704]);
      await store.close();
      runProgram("qemu-img", ["convert", "-f", "raw", "-O", format[name], ...options, raw, path]);
      const image = await open(path);
      const truth = await NodeFileStore.open(raw, { readOnly: true });
      expect(image.sizeBytes).toBe(20 * 2 ** 30);
      let usedBytes = 0;
      for (let at = 0; at < image.sizeBytes;) {
        const { lengthBytes, zero } = await image.stretchAt(at);
        if (!zero) {
          usedBytes += lengthBytes;
          for (let done = 0; done < lengthBytes; done += MIB) {
            const count = Math.min(MIB, lengthBytes - done);
            expect(Buffer.compare(await image.read(at + done, count), await truth.read(at + done, count))).toBe(0);
          }
        }
        at += lengthBytes;
      }
      expect(usedBytes).toBeGreaterThan(700_000);
      expect(usedBytes).toBeLessThan(100 * MIB);
      await truth.close();
      await image.close?.();
    },
  );
});

/** Partition tables made by Debian's sfdisk, and disks with some of the partitions. (fdisk.) */
import { truncate, writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { inEnglish, said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import { NodeFileSink } from "../convert/node-file-sink.ts";
import { writeImage } from "../convert/write-image.ts";
import { MemoryStore } from "../memory-store.ts";
import { NodeFileStore } from "../node-file-store.ts";
import { scratchFolder } from "../test-support/scratch-folder.ts";
import { hasProgram, runProgram, SeededRandom } from "../test-support/tools.ts";
import { bringPartitions } from "./bring-partitions.ts";
import { readPartitionTable, type PartitionTable } from "./partition-table.ts";

const MIB = 2 ** 20;

const mbrScript = `label: dos
start=2048, size=8192, type=83, bootable
start=10240, size=4096, type=c
start=14336, size=40960, type=f
start=16384, size=4096, type=83
start=22528, size=8192, type=82
start=34816, size=6144, type=7
`;

const gptScript = `label: gpt
start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, name="bios"
start=4096, size=16384, type=uefi, name="the system's own"
start=20480, size=20480, type=linux, name="data", attrs="LegacyBIOSBootable"
start=40960, size=8192, type=swap
`;

async function diskOf(path: string, script: string, sizeBytes = 32 * MIB): Promise<NodeFileStore> {
  await writeFile(path, "");
  await truncate(path, sizeBytes);
  const store = await NodeFileStore.open(path, { readOnly: false });
  // A loader's code in the boot record.
  await store.write(0, new SeededRandom(3).bytes(440));
  await store.close();
  runProgram("sfdisk", ["-q", path], { input: script });
  return NodeFileStore.open(path, { readOnly: false });
}

type Row = [number: number, start: number, sectors: number, type: string];

function seenBySfdisk(path: string): Row[] {
  // It speaks of an empty record before the JSON.
  const table = JSON.parse(runProgram("sfdisk", ["--json", path]).replace(/^[^{]*/, "")) as {
    partitiontable: { partitions: { node: string; start: number; size: number; type: string }[] };
  };
  return table.partitiontable.partitions
    .map(({ node, start, size, type }): Row => [Number(/\d+$/.exec(node)![0]), start, size, type.toLowerCase()])
    .filter(([, , , type]) => type !== "f");
}

const asSfdisk = (table: PartitionTable): Row[] =>
  table.partitions.map(({ number, startBytes, sizeBytes, type }) => [number, startBytes / 512, sizeBytes / 512, type.replace(/^0/, type.length === 2 ? "" : "0")]); // prettier-ignore

async function mark(disk: BlockStore): Promise<void> {
  for (const { number, startBytes, sizeBytes } of (await readPartitionTable(disk))!.partitions) {
    await disk.write(startBytes, new Uint8Array(1024).fill(number));
    await disk.write(startBytes + sizeBytes - 512, new Uint8Array(512).fill(number));
  }
}

const isAll = (bytes: Uint8Array, value: number): boolean => bytes.every((byte) => byte === value);

describe.skipIf(!hasProgram("sfdisk"))("partitions (sfdisk)", () => {
  const scratch = scratchFolder();

  it("MBR, with logical partitions", async () => {
    const disk = await diskOf(scratch.path("mbr.img"), mbrScript);
    const table = (await readPartitionTable(disk))!;
    expect(asSfdisk(table)).toEqual(seenBySfdisk(scratch.path("mbr.img")));
    expect(table).toMatchObject({ scheme: "mbr", warnings: [] });
    expect(table.partitions[0]).toMatchObject({ typeName: "Linux", active: true, logical: false });
    expect(table.partitions.at(-1)).toMatchObject({ number: 7, typeName: said`NTFS or exFAT`, logical: true });
    await disk.close();
  });

  it("GPT, also by its copy", async () => {
    const disk = await diskOf(scratch.path("gpt.img"), gptScript);
    const table = (await readPartitionTable(disk))!;
    expect(asSfdisk(table)).toEqual(seenBySfdisk(scratch.path("gpt.img")));
    expect(table.partitions[2]).toMatchObject({ name: "data", typeName: "Linux", active: true });
    await disk.write(512 + 40, Uint8Array.of(1, 2, 3));
    const copy = (await readPartitionTable(disk))!;
    expect(copy.partitions).toEqual(table.partitions);
    expect(copy.warnings.map(inEnglish)).toEqual([
      "The partition table is damaged; its copy at the end of the disk was read.",
    ]);
    await disk.close();
  });

  it.each([
    ["mbr", mbrScript, [1]],
    ["mbr", mbrScript, [2, 6]],
    ["mbr", mbrScript, [1, 5, 7]],
    ["gpt", gptScript, [1, 3]],
    ["gpt", gptScript, [4]],
  ] as [string, string, number[]][])(
    "brings from %s the chosen ones, as sfdisk sees: case %#",
    async (_name, script, numbers) => {
      const disk = await diskOf(scratch.path("from.img"), script);
      await mark(disk);
      const before = (await readPartitionTable(disk))!;
      const chosen = before.partitions.filter(({ number }) => numbers.includes(number));
      const path = scratch.path("brought.img");
      const sink = await NodeFileSink.create(path);
      await writeImage(await bringPartitions(disk, numbers), "raw", sink);
      await sink.finish();
      const result = await NodeFileStore.open(path, { readOnly: true });
      const after = (await readPartitionTable(result))!;
      const places = (list: PartitionTable["partitions"]) => list.map(({ startBytes, sizeBytes, type, active }) => [startBytes, sizeBytes, type, active]); // prettier-ignore
      expect(places(after.partitions)).toEqual(places(chosen));
      expect(after.warnings).toEqual([]);
      expect(asSfdisk(after)).toEqual(seenBySfdisk(path));
      expect(runProgram("sfdisk", ["-V", path])).toMatch(/No errors detected/);
      for (const { number, startBytes, sizeBytes } of chosen) {
        expect(isAll(await result.read(startBytes, 1024), number)).toBe(true);
        expect(isAll(await result.read(startBytes + sizeBytes - 512, 512), number)).toBe(true);
      }
      // The loader stays, and what was not chosen is gone.
      expect(await result.read(0, 440)).toEqual(await disk.read(0, 440));
      for (const { number, startBytes } of before.partitions)
        if (!numbers.includes(number) && startBytes < result.sizeBytes)
          expect(isAll(await result.read(startBytes, 1024), 0)).toBe(true);
      await Promise.all([disk.close(), result.close()]);
    },
  );

  it("a chain of logical partitions that comes back to itself is said and ends", async () => {
    const disk = await diskOf(scratch.path("loop.img"), mbrScript);
    // The second entry of the first extended record leads to the same record again.
    await disk.write(14336 * 512 + 446 + 16 + 8, Uint8Array.of(0, 0, 0, 0));
    const table = (await readPartitionTable(disk))!;
    expect(table.warnings.map(inEnglish)).toEqual(["The chain of logical partitions comes back to itself."]);
    expect(table.partitions.map(({ number }) => number)).toEqual([1, 2, 5]);
    await disk.close();
  });

  it("refuses what is not there", async () => {
    const disk = await diskOf(scratch.path("few.img"), mbrScript);
    await expect(bringPartitions(disk, [9])).rejects.toThrow("This disk has no partition 9.");
    await expect(bringPartitions(disk, [])).rejects.toThrow("Choose at least one partition.");
    await expect(bringPartitions(new MemoryStore(new Uint8Array(4096)), [1])).rejects.toThrow(/no partition table/);
    await disk.close();
  });
});

/** Fuzz targets: partition tables and file systems. Seeds are made by Debian's tools. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlockStore } from "../block-store.ts";
import { StorageError } from "../block-store.ts";
import { openFileSystem } from "../filesystems/open-file-system.ts";
import type { FileSystem } from "../filesystems/file-system.ts";
import { recogniseFileSystem } from "../filesystems/recognise.ts";
import { crc32 } from "../formats/crc32.ts";
import { little } from "../formats/fields.ts";
import { bringPartitions } from "../partitions/bring-partitions.ts";
import { readPartitionTable } from "../partitions/partition-table.ts";
import { hasProgram, runProgram, type SeededRandom } from "../test-support/tools.ts";
import type { FuzzTarget } from "./image-fuzzer.ts";

const KIB = 1024;
const MAX_READ_BYTES = 128 * KIB;

/** A small tree, and what a program makes of it. */
function made(make: (folder: string) => void): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "posada-fuzz-"));
  try {
    const tree = join(folder, "tree");
    mkdirSync(join(tree, "sub", "deeper"), { recursive: true });
    writeFileSync(join(tree, "readme.txt"), "Hello.\n");
    writeFileSync(join(tree, "a name that is too long for eight and three.text"), "x".repeat(3000));
    writeFileSync(join(tree, "sub", "deeper", "file.bin"), Buffer.alloc(30_000, 7));
    symlinkSync("sub/deeper", join(tree, "link"));
    make(folder);
    return new Uint8Array(readFileSync(join(folder, "image")));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function empty(folder: string, sizeBytes: number): string {
  const path = join(folder, "image");
  writeFileSync(path, "");
  truncateSync(path, sizeBytes);
  return path;
}

const fatSeed = (sizeBytes: number, ...options: string[]): Uint8Array =>
  made((folder) => {
    const path = empty(folder, sizeBytes);
    runProgram("mkfs.fat", [...options, path]);
    const items = ["readme.txt", "sub", "a name that is too long for eight and three.text"];
    runProgram("mcopy", ["-s", "-i", path, ...items.map((name) => join(folder, "tree", name)), "::"]);
  });

const extSeed = (...options: string[]): Uint8Array =>
  made((folder) =>
    runProgram("mke2fs", ["-q", "-F", ...options, "-d", join(folder, "tree"), empty(folder, 1024 * KIB)]),
  );

const isoSeed = (...options: string[]): Uint8Array =>
  made((folder) => runProgram("xorriso", ["-as", "mkisofs", "-quiet", ...options, "-o", join(folder, "image"), join(folder, "tree")])); // prettier-ignore

const tableSeed = (script: string): Uint8Array =>
  made((folder) => runProgram("sfdisk", ["-q", empty(folder, 4096 * KIB)], { input: script }));

/** Down the first folders, and some of each file. */
async function driveFiles(file: BlockStore, random: SeededRandom): Promise<void> {
  await recogniseFileSystem(file);
  const files = await openFileSystem(file);
  let path = "";
  for (let depth = 0; depth < 3; depth++) {
    const entries = await files.list(path);
    const folders = entries.filter(({ kind }) => kind === "folder" || kind === "link");
    const plain = entries.filter(({ kind }) => kind === "file");
    if (plain.length > 0) await readSome(files, `${path}/${random.pick(plain).name}`);
    if (folders.length === 0) return;
    path = `${path}/${random.pick(folders).name}`;
  }
}

/** Names in a damaged folder need not be found again: what is said then is an answer like others. */
async function readSome(files: FileSystem, path: string): Promise<void> {
  let done = 0;
  for await (const piece of files.read(path)) {
    done += piece.length;
    if (done > MAX_READ_BYTES) return;
  }
}

async function driveTable(disk: BlockStore, random: SeededRandom): Promise<void> {
  const table = await readPartitionTable(disk);
  if (!table || table.partitions.length === 0) throw new StorageError("Nothing is here.");
  const brought = await bringPartitions(disk, [random.pick(table.partitions).number]);
  await brought.read(0, Math.min(4096, brought.sizeBytes));
}

function repairGpt(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fields = little(bytes.subarray(512, 1024));
  const [at, length] = [fields.u64(72) * 512, fields.u32(80) * fields.u32(84)];
  if (at + length <= bytes.length && length <= 1 << 20)
    view.setUint32(512 + 88, crc32(bytes.subarray(at, at + length)), true);
  const headerBytes = fields.u32(12);
  if (headerBytes < 92 || headerBytes > 512) return;
  view.setUint32(512 + 16, 0, true);
  view.setUint32(512 + 16, crc32(bytes.subarray(512, 512 + headerBytes)), true);
}

const when = (ready: boolean, make: () => Uint8Array[]) => () => (ready ? Promise.resolve(make()) : null);
const sfdisk = hasProgram("sfdisk");

export const fileSystemTargets: FuzzTarget[] = [
  {
    name: "mbr",
    seeds: when(sfdisk, () => [
      tableSeed(
        "label: dos\nstart=63, size=500, type=83, bootable\nstart=1000, size=5000, type=5\nstart=1063, size=100, type=83\nstart=2063, size=100, type=82\nstart=3063, size=100, type=7\n",
      ),
    ]),
    hot: () => [[446, 512], [1000 * 512 + 446, 1000 * 512 + 512], [2000 * 512 + 446, 2000 * 512 + 512]], // prettier-ignore
    drive: driveTable,
  },
  {
    name: "gpt",
    seeds: when(sfdisk, () => [
      tableSeed("label: gpt\nstart=2048, size=1000, type=linux, name=one\nstart=4096, size=1000, type=uefi\n"),
    ]),
    hot: (seed) => [[446, 512], [512, 604], [1024, 1280], [seed.length - 512, seed.length]], // prettier-ignore
    repair: repairGpt,
    drive: driveTable,
  },
  {
    name: "fat",
    seeds: when(hasProgram("mkfs.fat") && hasProgram("mcopy"), () => [
      fatSeed(360 * KIB, "-F", "12"),
      fatSeed(4200 * KIB, "-F", "16", "-s", "1"),
    ]),
    hot: (seed) => [[0, 64], [512, 1024], [2048, 4608], [0, Math.min(seed.length, 40 * KIB)]], // prettier-ignore
    drive: driveFiles,
  },
  {
    name: "ext",
    seeds: when(hasProgram("mke2fs"), () => [
      extSeed("-t", "ext2", "-b", "1024", "-N", "32"),
      extSeed("-t", "ext4", "-b", "1024", "-O", "^has_journal", "-N", "32"),
      extSeed("-t", "ext4", "-b", "1024", "-O", "^has_journal,meta_bg,^resize_inode", "-N", "32"),
    ]),
    hot: (seed) => {
      const fields = little(seed);
      const inodes = fields.u32(2048 + 8) * KIB;
      return [[1024, 1400], [2048, 2112], [inodes, inodes + 8192], [inodes + 8192, inodes + 40 * KIB]]; // prettier-ignore
    },
    drive: driveFiles,
  },
  {
    name: "iso9660",
    seeds: when(hasProgram("xorriso"), () => [isoSeed("-R"), isoSeed("-J", "--norock"), isoSeed("--norock")]),
    hot: (seed) => [[32_768, 32_768 + 200], [34_816, 34_816 + 200], [36 * KIB, Math.min(seed.length, 60 * KIB)]], // prettier-ignore
    drive: driveFiles,
  },
];

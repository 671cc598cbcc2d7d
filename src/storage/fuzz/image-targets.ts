/** Fuzz targets: the readers of all image formats. Seeds come from the writers here and from qemu-img. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BlockStore } from "../block-store.ts";
import { MemorySink } from "../convert/byte-sink.ts";
import { writeImage, type WrittenFormat } from "../convert/write-image.ts";
import { crc32cWithout } from "../formats/crc32.ts";
import type { DiskImage, ImageFormat } from "../formats/disk-image.ts";
import { big, latin1, little } from "../formats/fields.ts";
import { openImage } from "../formats/open-image.ts";
import { VHD_FOOTER_BYTES, vhdChecksum } from "../formats/vhd-image.ts";
import { MemoryStore, SparseMemoryStore } from "../memory-store.ts";
import { moveIntoVhdxLog, vhdxPlaces } from "../test-support/patched-images.ts";
import { fillDisk, hasProgram, runProgram, type SeededRandom } from "../test-support/tools.ts";
import type { FuzzTarget } from "./image-fuzzer.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const DISK_BYTES = 3 * MIB;
const PLACES = [0, 700 * KIB, 2 * MIB];

async function disk(): Promise<SparseMemoryStore> {
  const store = new SparseMemoryStore(DISK_BYTES);
  await fillDisk(store, 21, PLACES);
  return store;
}

async function written(format: WrittenFormat): Promise<Uint8Array> {
  const sink = new MemorySink();
  await writeImage(await disk(), format, sink);
  return sink.bytes();
}

/** Images of qemu-img, one for each list of options. */
async function made(format: string, ...optionLists: string[][]): Promise<Uint8Array[]> {
  const folder = mkdtempSync(join(tmpdir(), "posada-fuzz-"));
  try {
    const store = await disk();
    writeFileSync(join(folder, "raw"), await store.read(0, DISK_BYTES));
    return optionLists.map((options) => {
      runProgram("qemu-img", ["convert", "-f", "raw", "-O", format, ...options, "raw", "image"], { cwd: folder });
      return new Uint8Array(readFileSync(join(folder, "image")));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const qemu = hasProgram("qemu-img");

/** Opens as what it looks like, and reads here and there. */
async function driveImage(file: BlockStore, random: SeededRandom, format?: ImageFormat): Promise<void> {
  const image = await openImage(file, format ? { format, finder } : { finder });
  await readSome(image, random);
}

/** Names in a mutated image lead to a small raw file or to nothing. */
const finder = {
  find: async (name: string) =>
    name.length % 2 === 0 ? { id: name, store: new MemoryStore(new Uint8Array(4096)) } : null,
};

export async function readSome(image: DiskImage, random: SeededRandom): Promise<void> {
  const places = [0, image.sizeBytes - 512, 700 * KIB, 2 * MIB, random.next() * 2 ** random.below(15)];
  const offset = Math.max(0, Math.min(random.pick(places), image.sizeBytes - 1));
  const length = Math.min(2 * KIB, image.sizeBytes - offset);
  const bytes = await image.read(offset, length);
  if (bytes.length !== length) throw new Error(`${bytes.length} bytes for ${length}`);
  const stretch = await image.stretchAt(offset, 256 * KIB);
  if (!(stretch.lengthBytes > 0)) throw new Error("an empty stretch");
}

function repairVhd(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const at of [0, bytes.length - VHD_FOOTER_BYTES])
    if (latin1(bytes.subarray(at, at + 8)) === "conectix")
      view.setUint32(at + 64, vhdChecksum(bytes.subarray(at, at + VHD_FOOTER_BYTES), 64));
  const header = big(bytes).u64(16);
  if (header + 1024 <= bytes.length)
    view.setUint32(header + 36, vhdChecksum(bytes.subarray(header, header + 1024), 36));
}

function repairVhdx(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const seal = (at: number, length: number): void =>
    void (
      at + length <= bytes.length && view.setUint32(at + 4, crc32cWithout(bytes.subarray(at, at + length), 4), true)
    );
  for (const at of [64 * KIB, 128 * KIB]) seal(at, 4096);
  for (const at of [192 * KIB, 256 * KIB]) seal(at, 64 * KIB);
  const log = little(bytes).u64(64 * KIB + 72);
  if (log + 64 > bytes.length || latin1(bytes.subarray(log, log + 4)) !== "loge") return;
  const length = little(bytes).u32(log + 8);
  if (length <= MIB) seal(log, length);
}

const vhdxHot = (seed: Uint8Array): [number, number][] => {
  const { bat, metadata, logOffset } = vhdxPlaces(seed);
  return [
    [64 * KIB, 64 * KIB + 80],
    [128 * KIB, 128 * KIB + 80],
    [192 * KIB, 192 * KIB + 80],
    [256 * KIB, 256 * KIB + 80],
    [bat, bat + 64],
    [metadata, metadata + 256],
    [metadata + 64 * KIB, metadata + 64 * KIB + 64],
    [logOffset, logOffset + 200],
  ];
};

const head = (bytes: number) => (): [number, number][] => [[0, bytes]];
/** Header and tables of a QCOW2 file: they are at the beginning, by where the header says. */
const qcow2Hot = (seed: Uint8Array): [number, number][] => {
  const fields = big(seed);
  const l1 = fields.u64(40);
  const l2 = (fields.u32(l1) & 0xffffff) * 2 ** 32 + (fields.u32(l1 + 4) & 0xfffffe00);
  return [[0, 120], [l1, l1 + 16], [l2, l2 + 1024], [l2 + 65536, Math.min(seed.length, l2 + 140_000)]]; // prettier-ignore
};

export const imageTargets: FuzzTarget[] = [
  {
    name: "qcow2",
    seeds: async () => [await written("qcow2")],
    hot: qcow2Hot,
    drive: driveImage,
  },
  {
    name: "qcow2-kinds",
    seeds: () =>
      qemu
        ? made("qcow2", ["-o", "compat=0.10"], ["-c"], ["-c", "-o", "compression_type=zstd"], ["-o", "extended_l2=on"], ["-o", "cluster_size=512"]) // prettier-ignore
        : null,
    hot: qcow2Hot,
    drive: driveImage,
  },
  {
    name: "vdi",
    seeds: async () => [await written("vdi")],
    hot: () => [
      [0, 64],
      [0x40, 0x220],
    ],
    drive: driveImage,
  },
  {
    name: "vhd",
    seeds: async () => [await written("vhd"), await written("vhd-fixed")],
    hot: (seed) => [[0, 512], [512, 1536], [1536, 1600], [seed.length - 512, seed.length]], // prettier-ignore
    repair: repairVhd,
    drive: driveImage,
  },
  {
    name: "vhdx",
    seeds: () =>
      qemu
        ? made("vhdx", ["-o", "block_size=1M"]).then(([image]) => {
            const dirty = image!.slice();
            const { bat, metadata } = vhdxPlaces(dirty);
            moveIntoVhdxLog(dirty, [bat, metadata]);
            return [image!, dirty];
          })
        : null,
    hot: vhdxHot,
    repair: repairVhdx,
    drive: driveImage,
  },
  {
    name: "vmdk-stream",
    seeds: async () => [await written("vmdk")],
    hot: (seed) => [[0, 80], [512, 1100], [65536, 66100], [seed.length - 6000, seed.length]], // prettier-ignore
    drive: driveImage,
  },
  {
    name: "vmdk-sparse",
    seeds: () => (qemu ? made("vmdk", [], ["-o", "zeroed_grain=on"]) : null),
    hot: (seed) => {
      const directory = little(seed).u64(56) * 512;
      const table = little(seed).u32(directory) * 512;
      return [[0, 80], [512, 1100], [directory, directory + 16], [table, table + 256]]; // prettier-ignore
    },
    drive: driveImage,
  },
  {
    name: "vmdk-descriptor",
    seeds: async () => [
      new TextEncoder().encode(
        `# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\ncreateType="twoGbMaxExtentFlat"\n\nRW 4 FLAT "ab.vmdk" 0\nRW 8 FLAT "cd.vmdk" 0\nRW 100 ZERO\n\nddb.adapterType = "ide"\n`,
      ),
    ],
    hot: (seed) => [[0, seed.length]],
    drive: driveImage,
  },
  {
    name: "detection",
    seeds: async () => [new Uint8Array(4096), ...(await Promise.all((["vdi", "qcow2", "vhd"] as const).map(written)))],
    hot: head(1024),
    drive: driveImage,
  },
];

/** Fuzz targets: OVA packages, OVF descriptions and manifests. */
import { MemorySink } from "../convert/byte-sink.ts";
import { SparseMemoryStore } from "../memory-store.ts";
import { ovfText, parseOvf } from "../ovf/descriptor.ts";
import { parseManifest } from "../ovf/manifest.ts";
import { openOva, writeOva } from "../ovf/package.ts";
import { fillDisk } from "../test-support/tools.ts";
import type { FuzzTarget } from "./image-fuzzer.ts";
import { readSome } from "./image-targets.ts";

/** Sums of the headers, which are all in the first 20 blocks and at the disk. */
function repairTar(bytes: Uint8Array): void {
  for (let at = 0; at + 512 <= Math.min(bytes.length, 20 * 512); at += 512) {
    const header = bytes.subarray(at, at + 512);
    if (String.fromCharCode(...header.subarray(257, 262)) !== "ustar") continue;
    const sum = header.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
    header.set(new TextEncoder().encode(`${sum.toString(8).padStart(6, "0")}\0 `), 148);
  }
}

const description = ovfText({ name: "machine", processors: 2, memoryMiB: 512, disks: [{ fileName: "d.vmdk", fileBytes: 1000, capacityBytes: 1 << 20 }], cdrom: true, networkCard: true }); // prettier-ignore

export const ovfTargets: FuzzTarget[] = [
  {
    name: "ova",
    async seeds() {
      const disk = new SparseMemoryStore(1 << 20);
      await fillDisk(disk, 5, [0]);
      const sink = new MemorySink();
      await writeOva({ name: "machine", processors: 1, memoryMiB: 64, disks: [disk] }, sink);
      return [sink.bytes()];
    },
    hot: () => [[0, 512], [512, 8192]], // prettier-ignore
    repair: repairTar,
    async drive(file, random) {
      const ova = await openOva(file);
      for (let i = 0; i < Math.min(ova.machine.disks.length, 2); i++) {
        const disk = await ova.openDisk(i);
        if (disk) await readSome(disk, random);
      }
      if (random.oneIn(200)) await ova.verify();
    },
  },
  {
    name: "ovf",
    seeds: async () => [new TextEncoder().encode(description)],
    hot: (seed) => [[0, seed.length]],
    async drive(file) {
      parseOvf(await file.read(0, file.sizeBytes));
    },
  },
  {
    name: "manifest",
    seeds: async () => [
      new TextEncoder().encode(`SHA1(a.ovf)= ${"ab".repeat(20)}\nSHA256(d.vmdk)= ${"cd".repeat(32)}\n`),
    ],
    hot: (seed) => [[0, seed.length]],
    async drive(file) {
      parseManifest(await file.read(0, file.sizeBytes));
    },
  },
];

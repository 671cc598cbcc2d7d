/**
 * OVF packages: an OVA file (a tar archive), or an .ovf with the files beside it. Import: the machine as plain data, its
 * disks as stores, sums checked where there is a manifest. Export: an OVA with streamOptimized disks and a manifest,
 * which VirtualBox and VMware read.
 *
 * Reference: [OVF] DSP0243 1.1.0, 5 (packages): in an archive the description comes first, then the manifest, then
 * the files in the description's order.
 */
import { said } from "../../shared/said.ts";
import type { BlockStore } from "../block-store.ts";
import type { ByteSink } from "../convert/byte-sink.ts";
import { CountingSink } from "../convert/byte-sink.ts";
import type { CopyOptions } from "../convert/copy-loop.ts";
import { writeVmdkStream } from "../convert/write-vmdk-stream.ts";
import type { DiskImage } from "../formats/disk-image.ts";
import { latin1 } from "../formats/fields.ts";
import { ImageError } from "../formats/image-error.ts";
import { shown, type FileFinder } from "../formats/open-context.ts";
import { openImage } from "../formats/open-image.ts";
import { ovfText, parseOvf, type OvfMachine } from "./descriptor.ts";
import { parseManifest, RunningSum, type ManifestLine } from "./manifest.ts";
import { checkedName, listTar, TAR_BLOCK, writeTarHeader } from "./tar.ts";

const MAX_DESCRIPTOR_BYTES = 4 * 2 ** 20;
const PIECE_BYTES = 2 ** 20;

export interface OvfPackage {
  machine: OvfMachine;
  /** In the machine's order; null for one that is to be made empty. */
  openDisk(index: number): Promise<DiskImage | null>;
  /** Checks all sums of the manifest. @returns how many; 0 without a manifest @throws ImageError "damaged" */
  verify(options?: CopyOptions): Promise<number>;
}

/** Whether a file is a tar archive, as an OVA is. */
export async function isTar(file: BlockStore): Promise<boolean> {
  return file.sizeBytes >= TAR_BLOCK && latin1(await file.read(257, 5)) === "ustar";
}

/** @throws ImageError */
export async function openOva(archive: BlockStore): Promise<OvfPackage> {
  const entries = await listTar(archive);
  const description = entries.find(({ name }) => /\.ovf$/i.test(name));
  if (!description) throw new ImageError("unsupported", "This archive is no OVA package: it has no OVF description.");
  const manifest = entries.find(({ name }) => /\.mf$/i.test(name));
  const find = async (name: string): Promise<BlockStore | null> => entries.find((entry) => entry.name === name)?.store ?? null; // prettier-ignore
  return packageOf(description.store, manifest?.store ?? null, find);
}

/** @param id of the .ovf file, in the finder's words @param name of it, to find its manifest @throws ImageError */
export async function openOvf(file: BlockStore, finder: FileFinder, id: string, name: string): Promise<OvfPackage> {
  const find = async (each: string): Promise<BlockStore | null> => (await finder.find(each, id))?.store ?? null;
  return packageOf(file, await find(name.replace(/\.ovf$/i, ".mf")), find);
}

async function packageOf(
  description: BlockStore,
  manifest: BlockStore | null,
  find: (name: string) => Promise<BlockStore | null>,
): Promise<OvfPackage> {
  if (description.sizeBytes > MAX_DESCRIPTOR_BYTES || (manifest?.sizeBytes ?? 0) > MAX_DESCRIPTOR_BYTES)
    throw new ImageError("absurd", "The description of this package is longer than any.");
  const machine = parseOvf(await description.read(0, description.sizeBytes));
  for (const { fileName } of machine.disks) if (fileName !== "") checkedName(fileName);
  const lines = manifest ? parseManifest(await manifest.read(0, manifest.sizeBytes)) : [];
  await manifest?.close?.();
  const found = async (name: string): Promise<BlockStore> => {
    const store = await find(checkedName(name));
    if (!store) throw new ImageError("missing", said`The file "${shown(name)}" of this package is not here.`);
    return store;
  };
  return {
    machine,
    async openDisk(index) {
      const { fileName } = machine.disks[index]!;
      return fileName === "" ? null : openImage(await found(fileName));
    },
    async verify(options = {}) {
      for (const line of lines) {
        const isOwn = /\.ovf$/i.test(line.name);
        const store = isOwn ? description : await found(line.name);
        try {
          await checkSum(store, line, options);
        } finally {
          if (!isOwn) await store.close?.();
        }
      }
      return lines.length;
    },
  };
}

async function checkSum(store: BlockStore, line: ManifestLine, { signal, onProgress }: CopyOptions): Promise<void> {
  const sum = new RunningSum(line.algorithm);
  const started = performance.now();
  for (let at = 0; at < store.sizeBytes; at += PIECE_BYTES) {
    signal?.throwIfAborted();
    const bytes = await store.read(at, Math.min(PIECE_BYTES, store.sizeBytes - at));
    sum.add(bytes);
    const doneBytes = at + bytes.length;
    onProgress?.({ phase: "scan", doneBytes, totalBytes: store.sizeBytes, bytesPerSecond: (doneBytes * 1000) / (performance.now() - started) }); // prettier-ignore
  }
  if (sum.hex() !== line.hex)
    throw new ImageError(
      "damaged",
      said`The file "${shown(line.name)}" of this package is damaged: its sum is not that of the manifest.`,
    );
}

export interface OvaMachine {
  name: string;
  processors: number;
  memoryMiB: number;
  disks: BlockStore[];
  cdrom?: boolean;
  networkCard?: boolean;
}

/**
 * Writes an OVA. The description with the lengths of the disks' files comes before them, so each disk is packed twice:
 * once to learn its length and sum, once into the archive.
 * @throws StorageError; the signal's reason
 */
export async function writeOva(machine: OvaMachine, sink: ByteSink, options: CopyOptions = {}): Promise<void> {
  if (machine.disks.length === 0 || machine.disks.length > 4) throw new ImageError("unsupported", "A package has one to four disks."); // prettier-ignore
  const base = fileNameOf(machine.name);
  const contentIds = crypto.getRandomValues(new Uint32Array(machine.disks.length));
  const files: { fileName: string; fileBytes: number; capacityBytes: number; hex: string }[] = [];
  for (const [i, disk] of machine.disks.entries()) {
    const sum = new RunningSum("SHA256");
    const measured = new CountingSink(summing(sum));
    await writeVmdkStream(disk, measured, { ...options, contentId: contentIds[i]! });
    files.push({ fileName: `${base}-disk${i + 1}.vmdk`, fileBytes: measured.position, capacityBytes: disk.sizeBytes, hex: sum.hex() }); // prettier-ignore
  }
  const description = new TextEncoder().encode(
    ovfText({ ...machine, disks: files, cdrom: machine.cdrom ?? false, networkCard: machine.networkCard ?? false }),
  );
  const own = new RunningSum("SHA256");
  own.add(description);
  const lines = [[`${base}.ovf`, own.hex()], ...files.map(({ fileName, hex }) => [fileName, hex])];
  const manifest = new TextEncoder().encode(lines.map(([name, hex]) => `SHA256(${name})= ${hex}\n`).join(""));
  const out = new CountingSink(sink);
  for (const [name, bytes] of [
    [`${base}.ovf`, description],
    [`${base}.mf`, manifest],
  ] as const) {
    // prettier-ignore
    await writeTarHeader(out, name, bytes.length);
    await out.write(bytes);
    await out.align(TAR_BLOCK);
  }
  for (const [i, disk] of machine.disks.entries()) {
    const { fileName, fileBytes } = files[i]!;
    await writeTarHeader(out, fileName, fileBytes);
    const start = out.position;
    await writeVmdkStream(disk, out, { ...options, contentId: contentIds[i]! });
    if (out.position - start !== fileBytes) throw new ImageError("damaged", "A disk changed while it was packed; the package is not complete."); // prettier-ignore
    await out.align(TAR_BLOCK);
  }
  await out.skip(2 * TAR_BLOCK);
}

/** Keeps nothing but the sum. */
function summing(sum: RunningSum): ByteSink {
  return {
    async write(bytes) {
      sum.add(bytes);
    },
    async skip(lengthBytes) {
      for (let at = 0; at < lengthBytes; at += PIECE_BYTES)
        sum.add(new Uint8Array(Math.min(PIECE_BYTES, lengthBytes - at)));
    },
  };
}

/** Letters and digits of a machine's name: it must be a name in any system. */
function fileNameOf(name: string): string {
  return name.normalize("NFKD").replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[-.]+|[-.]+$/g, "").slice(0, 60) || "machine"; // prettier-ignore
}

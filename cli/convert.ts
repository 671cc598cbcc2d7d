/** `posada convert`: an image of any format that is read, as one that is written; or an OVA package. */
import { realpath } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { parseArgs } from "node:util";
import { StorageError, type BlockStore } from "../src/storage/block-store.ts";
import type { CopyProgress } from "../src/storage/convert/copy-loop.ts";
import { NodeFileSink } from "../src/storage/convert/node-file-sink.ts";
import { writeImage, writtenFormats, type WrittenFormat } from "../src/storage/convert/write-image.ts";
import { writeOva } from "../src/storage/ovf/package.ts";
import { bringPartitions } from "../src/storage/partitions/bring-partitions.ts";
import { openFile, readFormats, type ReadFormat } from "./open-file.ts";
import { UsageError } from "./options.ts";

const EXIT_INTERRUPTED = 130;
const PROGRESS_MS = 500;

export type ConvertFormat = WrittenFormat | "ova";

export interface ConvertOptions {
  source: string;
  destination: string;
  format: ConvertFormat;
  fromFormat: ReadFormat | undefined;
  parent: string | undefined;
  lookIn: string[];
  disk: number;
  partitions: number[];
  quiet: boolean;
}

const byExtension: Record<string, ConvertFormat> = { raw: "raw", img: "raw", dd: "raw", vdi: "vdi", vmdk: "vmdk", vhd: "vhd", qcow2: "qcow2", ova: "ova" }; // prettier-ignore
const formats: readonly string[] = [...writtenFormats, "ova"];

/** @throws UsageError */
export function parseConvertOptions(args: string[]): ConvertOptions {
  const { values, positionals } = parse(args);
  const [source, destination, ...more] = positionals;
  if (source === undefined || destination === undefined || more.length > 0)
    throw new UsageError("convert needs an image and the name of the new one");
  const extension = /\.([a-z0-9]+)$/i.exec(destination)?.[1]?.toLowerCase() ?? "";
  const format = values.format ?? byExtension[extension];
  if (format === undefined) throw new UsageError(`--format is needed: "${destination}" does not say what it shall be (${formats.join(", ")})`); // prettier-ignore
  if (!formats.includes(format)) throw new UsageError(`--format can be ${formats.join(", ")}, not "${format}"`);
  const fromFormat = values["from-format"];
  if (fromFormat !== undefined && !(readFormats as readonly string[]).includes(fromFormat))
    throw new UsageError(`--from-format can be ${readFormats.join(", ")}, not "${fromFormat}"`);
  return {
    source,
    destination,
    format: format as ConvertFormat,
    fromFormat: fromFormat as ReadFormat | undefined,
    parent: values.parent,
    lookIn: values["look-in"] ?? [],
    disk: positive("disk", values.disk ?? "1"),
    partitions: values.partitions === undefined ? [] : values.partitions.split(",").map((text) => positive("partitions", text)), // prettier-ignore
    quiet: values.quiet ?? false,
  };
}

function positive(name: string, text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--${name} needs numbers from 1 on, not "${text}"`);
  return Number(text);
}

function parse(args: string[]) {
  const options = {
    format: { type: "string" },
    "from-format": { type: "string" },
    parent: { type: "string" },
    "look-in": { type: "string", multiple: true },
    disk: { type: "string" },
    partitions: { type: "string" },
    quiet: { type: "boolean" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\n|\. To /)[0]!);
  }
}

/** @returns the exit status */
export async function convertImage(args: string[]): Promise<number> {
  const options = parseConvertOptions(args);
  await refuseItself(options);
  const opened = await openFile(options.source, options);
  try {
    if (opened.package && (await opened.package.verify()) === 0 && !options.quiet)
      console.error("posada: this package has no manifest; whether its files are whole is not known");
    const disk = opened.package ? await opened.package.openDisk(options.disk - 1) : opened.image;
    if (!disk) throw new StorageError(`Disk ${options.disk} of this package has no contents.`);
    const source = options.partitions.length > 0 ? await bringPartitions(disk, options.partitions) : disk;
    return await writeTo(options, source, opened.package?.machine);
  } finally {
    await opened.close();
  }
}

async function refuseItself({ source, destination }: ConvertOptions): Promise<void> {
  const there = await realpath(destination).catch(() => resolve(destination));
  if (there === (await realpath(source).catch(() => resolve(source)))) throw new UsageError("the new image cannot be the old one"); // prettier-ignore
}

async function writeTo(
  options: ConvertOptions,
  source: BlockStore,
  machine: { processors: number; memoryMiB: number } | undefined,
): Promise<number> {
  const cancel = new AbortController();
  const interrupt = (): void => cancel.abort(new Error("interrupted"));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const sink = await NodeFileSink.create(options.destination);
  const copy = { signal: cancel.signal, onProgress: options.quiet ? () => {} : showProgress() };
  try {
    if (options.format === "ova") {
      const name = basename(options.destination).replace(/\.ova$/i, "");
      await writeOva({ name, processors: machine?.processors ?? 1, memoryMiB: machine?.memoryMiB ?? 1024, disks: [source], cdrom: true, networkCard: true }, sink, copy); // prettier-ignore
    } else await writeImage(source, options.format, sink, copy);
    await sink.finish();
  } catch (error) {
    await sink.discard();
    if (cancel.signal.aborted) return EXIT_INTERRUPTED;
    throw error;
  } finally {
    process.off("SIGINT", interrupt);
    process.off("SIGTERM", interrupt);
    if (!options.quiet && process.stderr.isTTY) process.stderr.write("\n");
  }
  return 0;
}

/** On a terminal, one line that is written over. */
function showProgress(): (progress: CopyProgress) => void {
  if (!process.stderr.isTTY) return () => {};
  let shownAt = 0;
  return ({ phase, doneBytes, totalBytes, bytesPerSecond }) => {
    const now = Date.now();
    if (doneBytes < totalBytes && now - shownAt < PROGRESS_MS) return;
    shownAt = now;
    const percent = Math.floor((100 * doneBytes) / totalBytes);
    const speed = `${(bytesPerSecond / 2 ** 20).toFixed(0)} MB/s`;
    process.stderr.write(`\r${phase === "scan" ? "looking" : "writing"} ${percent} %, ${speed}   `);
  };
}

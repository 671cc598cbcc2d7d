/** `posada media info|ls|cat`: what an image is, its partitions and file systems, and the files in it. */
import { parseArgs } from "node:util";
import { StorageError, type BlockStore } from "../src/storage/block-store.ts";
import { SliceStore } from "../src/storage/composed-store.ts";
import type { FileEntry, FileSystem } from "../src/storage/filesystems/file-system.ts";
import { openFileSystem } from "../src/storage/filesystems/open-file-system.ts";
import { recogniseFileSystem, type FileSystemFacts } from "../src/storage/filesystems/recognise.ts";
import type { ImageInfo } from "../src/storage/formats/disk-image.ts";
import { sizeInWords } from "../src/storage/media-check.ts";
import type { OvfMachine } from "../src/storage/ovf/descriptor.ts";
import { readPartitionTable, type Partition, type PartitionTable } from "../src/storage/partitions/partition-table.ts";
import { openFile, readFormats, type OpenFileOptions, type ReadFormat } from "./open-file.ts";
import { UsageError } from "./options.ts";

export interface MediaOptions extends OpenFileOptions {
  command: "info" | "ls" | "cat";
  file: string;
  path: string;
  /** undefined: the whole disk, or the first partition with files. */
  partition: number | undefined;
  disk: number;
  json: boolean;
}

/** @throws UsageError */
export function parseMediaOptions(args: string[]): MediaOptions {
  const { values, positionals } = parse(args);
  const [command, file, path, ...more] = positionals;
  if (command !== "info" && command !== "ls" && command !== "cat") throw new UsageError("media needs info, ls or cat, and a file"); // prettier-ignore
  if (file === undefined) throw new UsageError(`media ${command} needs a file`);
  if (command === "cat" && path === undefined) throw new UsageError("media cat needs the path of a file in the image");
  if (more.length > 0 || (command === "info" && path !== undefined)) throw new UsageError(`media ${command} does not take "${more[0] ?? path}"`); // prettier-ignore
  const fromFormat = values["from-format"];
  if (fromFormat !== undefined && !(readFormats as readonly string[]).includes(fromFormat))
    throw new UsageError(`--from-format can be ${readFormats.join(", ")}, not "${fromFormat}"`);
  const number = (name: "partition" | "disk"): number | undefined => {
    const text = values[name];
    if (text !== undefined && !/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--${name} needs a number from 1 on, not "${text}"`); // prettier-ignore
    return text === undefined ? undefined : Number(text);
  };
  return {
    command,
    file,
    path: path ?? "/",
    partition: number("partition"),
    disk: number("disk") ?? 1,
    json: values.json ?? false,
    fromFormat: fromFormat as ReadFormat | undefined,
    parent: values.parent,
    lookIn: values["look-in"] ?? [],
  };
}

function parse(args: string[]) {
  const options = {
    partition: { type: "string" },
    disk: { type: "string" },
    json: { type: "boolean" },
    "from-format": { type: "string" },
    parent: { type: "string" },
    "look-in": { type: "string", multiple: true },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError((error as Error).message.split(/\n|\. To /)[0]!);
  }
}

/** @returns the exit status */
export async function media(args: string[]): Promise<number> {
  const options = parseMediaOptions(args);
  const opened = await openFile(options.file, options);
  try {
    if (options.command === "info") {
      const facts = await factsOf(opened.image ?? null, opened.package?.machine ?? null);
      await write(options.json ? `${JSON.stringify(facts, null, 2)}\n` : infoText(facts));
      return 0;
    }
    const disk = opened.image ?? (await opened.package!.openDisk(options.disk - 1));
    if (!disk) throw new StorageError(`Disk ${options.disk} of this package has no contents.`);
    const files = await filesOf(disk, options.partition);
    if (options.command === "ls") await list(files, options);
    else for await (const piece of files.read(options.path)) await write(piece);
    return 0;
  } finally {
    await opened.close();
  }
}

interface PartitionFacts extends Partition {
  fileSystem: FileSystemFacts | null;
}

interface MediaFacts {
  image: ImageInfo | null;
  machine: OvfMachine | null;
  table: (Omit<PartitionTable, "partitions"> & { partitions: PartitionFacts[] }) | null;
  /** Of the whole disk, where it has no partitions. */
  fileSystem: FileSystemFacts | null;
}

async function factsOf(
  disk: (BlockStore & { info: ImageInfo }) | null,
  machine: OvfMachine | null,
): Promise<MediaFacts> {
  if (!disk) return { image: null, machine, table: null, fileSystem: null };
  const whole = await recogniseFileSystem(disk);
  // A hybrid CD image has a partition table too; it is a CD first.
  const table = whole?.kind === "iso9660" ? null : await readPartitionTable(disk);
  if (!table) return { image: disk.info, machine, table: null, fileSystem: whole };
  const partitions: PartitionFacts[] = [];
  for (const partition of table.partitions) {
    const slice = sliceOf(disk, partition);
    partitions.push({ ...partition, fileSystem: slice ? await recogniseFileSystem(slice) : null });
  }
  return { image: disk.info, machine, table: { ...table, partitions }, fileSystem: null };
}

function sliceOf(disk: BlockStore, { startBytes, sizeBytes }: Partition): SliceStore | null {
  const present = Math.min(sizeBytes, disk.sizeBytes - startBytes);
  return present > 0 ? new SliceStore(disk, startBytes, present) : null;
}

/** Of one partition, or the first whose files can be read; of the whole disk where it has none. */
async function filesOf(disk: BlockStore, number: number | undefined): Promise<FileSystem> {
  const whole = await recogniseFileSystem(disk);
  const table = whole?.kind === "iso9660" && number === undefined ? null : await readPartitionTable(disk);
  if (!table) {
    if (number !== undefined) throw new StorageError("This disk has no partitions.");
    return openFileSystem(disk);
  }
  if (number !== undefined) {
    const partition = table.partitions.find((each) => each.number === number);
    const slice = partition && sliceOf(disk, partition);
    if (!slice) throw new StorageError(`This disk has no partition ${number}.`);
    return openFileSystem(slice);
  }
  for (const partition of table.partitions) {
    const slice = sliceOf(disk, partition);
    const facts = slice && (await recogniseFileSystem(slice));
    if (slice && facts && /^(fat|ext\d|iso)/.test(facts.kind)) return openFileSystem(slice);
  }
  throw new StorageError("No partition of this disk has files that can be read; see posada media info.");
}

async function list(files: FileSystem, { path, json }: MediaOptions): Promise<void> {
  const about = await files.stat(path);
  const entries = about.kind === "folder" ? await files.list(path) : [about];
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  await write(json ? `${JSON.stringify(entries, null, 2)}\n` : entries.map(entryLine).join(""));
}

const marks = { folder: "/", link: "", file: "", other: "" };

function entryLine(entry: FileEntry): string {
  const time = entry.modified && !Number.isNaN(entry.modified.getTime()) ? entry.modified.toISOString().slice(0, 16).replace("T", " ") : "-"; // prettier-ignore
  const target = entry.kind === "link" ? ` -> ${plain(entry.target ?? "")}` : marks[entry.kind];
  return `${String(entry.sizeBytes).padStart(12)}  ${time.padEnd(16)}  ${plain(entry.name)}${target}\n`;
}

/** Names come from the image: no control characters on a terminal. */
function plain(name: string): string {
  return Array.from(name, (char) => (char < " " || (char >= "\x7f" && char < "\xa0") ? "?" : char)).join("");
}

function infoText({ image, machine, table, fileSystem }: MediaFacts): string {
  const lines: string[] = [];
  for (let next = image, depth = 0; next; next = next.parent, depth++) {
    const details = Object.entries(next.details).map(([name, value]) => `${name} ${value}`);
    lines.push(`${depth === 0 ? "image" : "parent"}:  ${next.format}, ${next.variant}`);
    lines.push(
      `disk:   ${sizeInWords(next.sizeBytes)} (${next.sizeBytes} bytes), ${sizeInWords(next.fileBytes)} in files`,
    );
    if (details.length > 0) lines.push(`        ${details.join(", ")}`);
  }
  if (machine) {
    lines.push(
      `machine: ${plain(machine.name)}: ${machine.processors} processors, ${machine.memoryMiB} MB, ${machine.firmware}`,
    );
    for (const disk of machine.disks) lines.push(`disk:    ${plain(disk.fileName) || "(empty)"}, ${sizeInWords(disk.capacityBytes)}, ${disk.controller}`); // prettier-ignore
    for (const note of machine.notes) lines.push(`note:    ${plain(note)}`);
  }
  if (table) lines.push(`table:  ${table.scheme}`, ...table.partitions.map(partitionLine));
  for (const warning of table?.warnings ?? []) lines.push(`warning: ${warning}`);
  if (fileSystem) lines.push(`files:  ${fileSystemText(fileSystem)}`);
  return `${lines.join("\n")}\n`;
}

function partitionLine({ number, sizeBytes, startBytes, typeName, name, active, fileSystem }: PartitionFacts): string {
  const where = `${sizeInWords(sizeBytes).padStart(8)} at ${startBytes / 512}`;
  const what = [typeName, ...(name ? [`"${plain(name)}"`] : []), ...(active ? ["starts"] : [])].join(", ");
  return `${String(number).padStart(7)} ${where.padEnd(24)} ${what}${fileSystem ? `: ${fileSystemText(fileSystem)}` : ""}`;
}

function fileSystemText({ kind, label, sizeBytes, freeBytes }: FileSystemFacts): string {
  const free = freeBytes !== null && freeBytes > 0 ? `, ${sizeInWords(freeBytes)} free` : "";
  return `${kind}${label ? ` "${plain(label)}"` : ""}, ${sizeInWords(sizeBytes)}${free}`;
}

function write(bytes: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => process.stdout.write(bytes, () => resolve()));
}

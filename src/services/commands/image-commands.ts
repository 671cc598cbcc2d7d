/** `media info, ls, cat`: what an image is, its partitions and file systems, and the files in it. No library is needed. */
import { inEnglish, said } from "../../shared/said.ts";
import { StorageError, type BlockStore } from "../../storage/block-store.ts";
import { SliceStore } from "../../storage/composed-store.ts";
import type { FileEntry, FileSystem } from "../../storage/filesystems/file-system.ts";
import { openFileSystem } from "../../storage/filesystems/open-file-system.ts";
import { recogniseFileSystem, type FileSystemFacts } from "../../storage/filesystems/recognise.ts";
import type { ImageInfo } from "../../storage/formats/disk-image.ts";
import { sizeInWords } from "../../storage/media-check.ts";
import type { OvfMachine } from "../../storage/ovf/descriptor.ts";
import { readPartitionTable, type Partition, type PartitionTable } from "../../storage/partitions/partition-table.ts";
import { readFormats, type CommandHost, type OpenedFile, type OpenOptions } from "./command-host.ts";
import type { CommandLine, OptionSpec } from "./command-line.ts";
import { json, plain } from "./output.ts";

/** How an image is opened, for every command that reads one. */
export const openOptions: OptionSpec = {
  "from-format": { value: readFormats },
  parent: { value: "file" },
  "look-in": { value: "file", multiple: true },
};

export const howToOpen = (line: CommandLine): OpenOptions => ({
  fromFormat: line.choice("from-format", readFormats),
  parent: line.text("parent"),
  lookIn: line.texts("look-in"),
});

export async function imageInfo(host: CommandHost, line: CommandLine): Promise<void> {
  const path = line.wordAt(0, host.say.args.file);
  line.expectNoMore(1);
  const opened = await host.openImage(path, howToOpen(line));
  try {
    const facts = await factsOf(opened.image ?? null, opened.package?.machine ?? null);
    await host.write(line.flag("json") ? `${json(facts)}\n` : infoText(facts));
  } finally {
    await opened.close();
  }
}

export async function listFiles(host: CommandHost, line: CommandLine): Promise<void> {
  const path = line.wordAt(0, host.say.args.file);
  line.expectNoMore(2);
  await withFiles(host, line, path, async (files) => {
    const folder = line.words[1] ?? "/";
    const about = await files.stat(folder);
    const entries = about.kind === "folder" ? await files.list(folder) : [about];
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    await host.write(line.flag("json") ? `${json(entries)}\n` : entries.map(entryLine).join(""));
  });
}

export async function showFile(host: CommandHost, line: CommandLine): Promise<void> {
  const path = line.wordAt(0, host.say.args.file);
  const file = line.wordAt(1, host.say.args.pathInImage);
  line.expectNoMore(2);
  await withFiles(host, line, path, async (files) => {
    for await (const piece of files.read(file)) await host.write(piece);
  });
}

async function withFiles(
  host: CommandHost,
  line: CommandLine,
  path: string,
  use: (files: FileSystem) => Promise<void>,
): Promise<void> {
  const [partition, disk] = [line.ordinal("partition"), line.ordinal("disk") ?? 1];
  const opened = await host.openImage(path, howToOpen(line));
  try {
    await use(await filesOf(await diskIn(host, opened, disk), partition));
  } finally {
    await opened.close();
  }
}

/** The image itself, or a disk of the package. @throws StorageError */
export async function diskIn({ say }: CommandHost, opened: OpenedFile, number: number): Promise<BlockStore> {
  const disk = opened.image ?? (await opened.package!.openDisk(number - 1));
  if (!disk) throw new StorageError(say.emptyDisk(number));
  return disk;
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
    if (!slice) throw new StorageError(said`This disk has no partition ${number}.`);
    return openFileSystem(slice);
  }
  for (const partition of table.partitions) {
    const slice = sliceOf(disk, partition);
    const facts = slice && (await recogniseFileSystem(slice));
    if (slice && facts && /^(fat|ext\d|iso)/.test(facts.kind)) return openFileSystem(slice);
  }
  throw new StorageError("No partition of this disk has files that can be read; see media info.");
}

const marks = { folder: "/", link: "", file: "", other: "" };

function entryLine(entry: FileEntry): string {
  const time = entry.modified && !Number.isNaN(entry.modified.getTime()) ? entry.modified.toISOString().slice(0, 16).replace("T", " ") : "-"; // prettier-ignore
  const target = entry.kind === "link" ? ` -> ${plain(entry.target ?? "")}` : marks[entry.kind];
  return `${String(entry.sizeBytes).padStart(12)}  ${time.padEnd(16)}  ${plain(entry.name)}${target}\n`;
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
  for (const warning of table?.warnings ?? []) lines.push(`warning: ${inEnglish(warning)}`);
  if (fileSystem) lines.push(`files:  ${fileSystemText(fileSystem)}`);
  return `${lines.join("\n")}\n`;
}

function partitionLine({ number, sizeBytes, startBytes, typeName, name, active, fileSystem }: PartitionFacts): string {
  const where = `${sizeInWords(sizeBytes).padStart(8)} at ${startBytes / 512}`;
  const what = [inEnglish(typeName), ...(name ? [`"${plain(name)}"`] : []), ...(active ? ["starts"] : [])].join(", ");
  return `${String(number).padStart(7)} ${where.padEnd(24)} ${what}${fileSystem ? `: ${fileSystemText(fileSystem)}` : ""}`;
}

function fileSystemText({ kind, label, sizeBytes, freeBytes }: FileSystemFacts): string {
  const free = freeBytes !== null && freeBytes > 0 ? `, ${sizeInWords(freeBytes)} free` : "";
  return `${kind}${label ? ` "${plain(label)}"` : ""}, ${sizeInWords(sizeBytes)}${free}`;
}

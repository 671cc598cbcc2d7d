/** `import, export` and `media list, show, disk, link, rename, remove, resize, compact` of a library. */
import { DISK_SLOTS } from "../../protocol/library.ts";
import type { ExportFormat, MediumKind, MediumRecord } from "../../protocol/library.ts";
import { writtenFormats } from "../../storage/convert/write-image.ts";
import { sizeInWords } from "../../storage/media-check.ts";
import { inspectFile } from "../library/inspect-file.ts";
import type { CommandHost, OpenedFile, OpenOptions } from "./command-host.ts";
import { sizeOf } from "./command-line.ts";
import type { CommandLine } from "./command-line.ts";
import { machineNamed, mediumNamed, snapshotNamed } from "./names.ts";
import { json, table } from "./output.ts";
import { fail } from "./usage-error.ts";

export const KINDS: readonly MediumKind[] = ["disk", "cdrom", "floppy", "file"];
export const exportFormats: readonly string[] = ["ova", ...writtenFormats];
const asItIs: OpenOptions = { fromFormat: undefined, parent: undefined, lookIn: [] };

/** A package becomes a machine, anything else a medium. */
export async function importFile(host: CommandHost, line: CommandLine): Promise<void> {
  const { library, say } = host;
  const path = line.wordAt(0, say.args.file);
  line.expectNoMore(1);
  const asked = line.choice("kind", KINDS);
  const name = line.text("name");
  const file = await host.openFile(path);
  let opened: OpenedFile | null = null;
  try {
    const facts = await inspectFile(file.contents);
    const kind = asked ?? facts.kind;
    const neededBytes = file.contents.sizeBytes;
    const isPackage = asked === undefined && (facts.format === "ova" || /\.ovf$/i.test(file.name));
    if (facts.problem !== undefined && !isPackage && (asked === undefined || asked === facts.kind))
      fail(`${path}: ${say.sentence(facts.problem)}`);
    if (!kind && !isPackage) fail(say.unknownFile(path, KINDS.join("|")));
    if (isPackage || kind === "disk") opened = await host.openImage(path, asItIs);
    await host.job(line.flag("quiet"), async (options) => {
      if (opened?.package) {
        const wanted = { ...options, ...(name === undefined ? {} : { name }) };
        return host.print((await library.importPackage(opened.package, neededBytes, wanted)).id);
      }
      const wanted = {
        kind: kind!,
        name: name ?? file.name.replace(/\.[^.]{1,6}$/, ""),
        origin: { fileName: file.name, format: facts.format },
        neededBytes,
      };
      host.print((await library.importContents(opened?.image ?? file.contents, wanted, options)).id);
    });
  } finally {
    await opened?.close();
    await file.contents.close?.();
  }
}

/** A machine as an OVA, or one of its disks, or any medium. */
export async function exportFile(host: CommandHost, line: CommandLine): Promise<void> {
  const { library, say } = host;
  const name = line.wordAt(0, say.args.machineOrMedium);
  const path = line.wordAt(1, say.args.newFile);
  line.expectNoMore(2);
  const quiet = line.flag("quiet");
  const format = line.choice("format", exportFormats) ?? formatOf(path);
  const of = line.text("snapshot");
  const machine = library.machines.find((each) => each.name === name || each.id === name);
  if (format === "ova") {
    const { id } = machine ?? machineNamed(host, name);
    if (of !== undefined) fail(say.packageOfSnapshot);
    return host.job(quiet, (options) => host.intoFile(path, (sink) => library.exportMachine(id, sink, options)));
  }
  if (!exportFormats.includes(format)) fail(say.needsChoice("format", exportFormats.join(", "), format));
  const medium = line.text("disk") === undefined && !machine ? mediumNamed(host, name) : diskOf(host, line, name);
  if (of !== undefined && !machine) fail(say.snapshotOfWhat);
  const snapshot =
    of === undefined ? {} : { of: { machine: machine!.id, snapshot: snapshotNamed(host, machine!, of).id } };
  await host.job(quiet, (options) =>
    host.intoFile(path, (sink) =>
      library.exportMedium(medium.id, format as ExportFormat, sink, { ...options, ...snapshot }),
    ),
  );
}

function diskOf(host: CommandHost, line: CommandLine, name: string): MediumRecord {
  const machine = machineNamed(host, name);
  const number = line.ordinal("disk") ?? 1;
  const slot = DISK_SLOTS[number - 1];
  const id = slot && machine.media[slot];
  return (id && host.library.medium(id)) || fail(host.say.noDisk(machine.name, number));
}

function formatOf(path: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === "img" || ending === "iso" || ending === "ima" ? "raw" : (ending ?? "raw");
}

export async function listMedia(host: CommandHost, line: CommandLine): Promise<void> {
  line.expectNoMore(0);
  const { library, say } = host;
  if (line.flag("json")) return host.print(json(library.media));
  if (library.media.length === 0) return host.print(say.noMedia(host.place));
  const rows = [say.mediumHead];
  for (const medium of library.media) {
    const { ownBytes, sharedBytes, usedBy } = await library.mediumDetails(medium.id);
    const users = [...new Set(usedBy.map(({ machineName }) => machineName))].join(", ");
    const kept = medium.url ?? sizeInWords(ownBytes + sharedBytes);
    rows.push([medium.name, medium.kind, sizeInWords(medium.sizeBytes), kept, users || "-", medium.id]);
  }
  host.print(table(rows));
}

export async function showMedium(host: CommandHost, line: CommandLine): Promise<void> {
  const { say } = host;
  const { facts } = say;
  const medium = mediumNamed(host, line.wordAt(0, say.args.medium));
  line.expectNoMore(1);
  const details = await host.library.mediumDetails(medium.id);
  if (line.flag("json")) return host.print(json(details));
  const rows = [
    [facts.name, medium.name],
    [facts.id, medium.id],
    [facts.kind, medium.kind],
    [facts.size, sizeInWords(medium.sizeBytes)],
    [facts.own, sizeInWords(details.ownBytes)],
    [facts.shared, sizeInWords(details.sharedBytes)],
    ...(medium.origin ? [[facts.from, `${medium.origin.fileName} (${medium.origin.format})`]] : []),
    ...(medium.url ? [[facts.at, medium.url]] : []),
    ...details.usedBy.map(({ machineName, slot, snapshotId }) => [
      facts.usedBy,
      say.userOf(machineName, slot, snapshotId),
    ]),
    ...details.chain.map(({ layer, keptBytes, shared }) => [
      facts.layer,
      say.layer(layer, sizeInWords(keptBytes), shared),
    ]),
  ];
  host.print(table(rows.map(([name, value]) => [`${name!}:`, value!])));
}

export async function newDisk(host: CommandHost, line: CommandLine): Promise<void> {
  const { say } = host;
  const name = line.wordAt(0, say.args.newDisk);
  const size = line.wordAt(1, say.args.size);
  line.expectNoMore(2);
  host.print((await host.library.createDisk(name, sizeOf(size, say))).id);
}

export async function linkMedium(host: CommandHost, line: CommandLine): Promise<void> {
  const { say } = host;
  const kinds = KINDS.join(", ");
  const kind = line.wordAt(0, say.args.kind(kinds));
  const url = line.wordAt(1, say.args.url);
  line.expectNoMore(2);
  if (!(KINDS as readonly string[]).includes(kind)) fail(say.noKind(kind, kinds));
  if (!/^https?:\/\//.test(url)) fail(say.noAddress(url));
  const name = line.text("name") ?? (url.split("/").at(-1) || url);
  host.print((await host.library.addUrlMedium(kind as MediumKind, url, name)).id);
}

export async function renameMedium(host: CommandHost, line: CommandLine): Promise<void> {
  const { id } = mediumNamed(host, line.wordAt(0, host.say.args.medium));
  const name = line.wordAt(1, host.say.args.newName);
  line.expectNoMore(2);
  await host.library.renameMedium(id, name);
}

export async function removeMedium(host: CommandHost, line: CommandLine): Promise<void> {
  const { id } = mediumNamed(host, line.wordAt(0, host.say.args.medium));
  line.expectNoMore(1);
  await host.library.removeMedium(id);
}

export async function resizeDisk(host: CommandHost, line: CommandLine): Promise<void> {
  const { say } = host;
  const { id } = mediumNamed(host, line.wordAt(0, say.args.disk));
  const size = line.wordAt(1, say.args.newSize);
  line.expectNoMore(2);
  await host.library.resizeDisk(id, sizeOf(size, say), { discardEnd: line.flag("discard-end") });
}

export async function compactDisk(host: CommandHost, line: CommandLine): Promise<void> {
  const { id } = mediumNamed(host, line.wordAt(0, host.say.args.disk));
  line.expectNoMore(1);
  const bytes = await host.job(line.flag("quiet"), (options) => host.library.compactDisk(id, options));
  host.print(host.say.freed(sizeInWords(bytes)));
}

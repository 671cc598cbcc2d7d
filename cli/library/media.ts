/** `posada import, export` and `posada media list, show, disk, link, rename, remove, resize, compact` of a library. */
import { basename } from "node:path";
import type { ExportFormat, MediumKind, MediumRecord } from "../../src/protocol/library.ts";
import type { MachineLibrary } from "../../src/services/library/machine-library.ts";
import { inspectFile } from "../../src/services/library/inspect-file.ts";
import { writtenFormats } from "../../src/storage/convert/write-image.ts";
import { sizeInWords } from "../../src/storage/media-check.ts";
import { NodeFileStore } from "../../src/storage/node-file-store.ts";
import { openFile } from "../open-file.ts";
import { expectNoMore, fail, machineNamed, mediumNamed, sizeOf, snapshotNamed, wordAt } from "./arguments.ts";
import type { CommandLine } from "./arguments.ts";
import { intoFile, job, table } from "./output.ts";

const KINDS: readonly MediumKind[] = ["disk", "cdrom", "floppy", "file"];

/** A package becomes a machine, anything else a medium. */
export async function importFile(library: MachineLibrary, line: CommandLine): Promise<void> {
  const path = wordAt(line, 0, "a file");
  expectNoMore(line, 1);
  const asked = line.text("kind");
  if (asked !== undefined && !(KINDS as readonly string[]).includes(asked)) fail(`--kind can be ${KINDS.join(", ")}, not "${asked}"`); // prettier-ignore
  const name = line.text("name");
  const file = await NodeFileStore.open(path, { readOnly: true });
  const facts = await inspectFile(file).finally(() => file.close());
  const kind = (asked as MediumKind | undefined) ?? facts.kind;
  const neededBytes = file.sizeBytes;
  const isPackage = asked === undefined && (facts.format === "ova" || /\.ovf$/i.test(path));
  if (facts.problem !== undefined && !isPackage && (asked === undefined || asked === facts.kind)) fail(`${path}: ${facts.problem}`); // prettier-ignore
  if (!kind && !isPackage) fail(`${path} is no medium that is known; say what it is with --kind ${KINDS.join("|")}`);
  const opened = isPackage || kind === "disk" ? await openFile(path, { fromFormat: undefined, parent: undefined, lookIn: [] }) : null; // prettier-ignore
  try {
    await job(line.flag("quiet"), async (options) => {
      if (opened?.package) {
        const machine = await library.importPackage(opened.package, neededBytes, { ...options, ...(name === undefined ? {} : { name }) }); // prettier-ignore
        console.log(machine.id);
        return;
      }
      const contents = opened?.image ?? (await NodeFileStore.open(path, { readOnly: true }));
      const fileName = basename(path);
      const wanted = {
        kind: kind!,
        name: name ?? fileName.replace(/\.[^.]{1,6}$/, ""),
        origin: { fileName, format: facts.format },
        neededBytes,
      };
      console.log((await library.importContents(contents, wanted, options)).id);
    });
  } finally {
    if (opened?.package) await opened.close();
  }
}

/** A machine as an OVA, or one of its disks, or any medium. */
export async function exportFile(library: MachineLibrary, line: CommandLine): Promise<void> {
  const name = wordAt(line, 0, "the name of a machine or medium");
  const path = wordAt(line, 1, "a name for the new file");
  expectNoMore(line, 2);
  const format = line.text("format") ?? formatOf(path);
  const of = line.text("snapshot");
  const machine = library.machines.find((each) => each.name === name || each.id === name);
  if (format === "ova") {
    const { id } = machine ?? machineNamed(library, name);
    if (of !== undefined) fail("a package is made of a machine as it is; clone the snapshot first");
    return job(line.flag("quiet"), (options) => intoFile(path, (sink) => library.exportMachine(id, sink, options)));
  }
  if (!(writtenFormats as readonly string[]).includes(format)) fail(`--format can be ova, ${writtenFormats.join(", ")}, not "${format}"`); // prettier-ignore
  const medium = line.text("disk") === undefined && !machine ? mediumNamed(library, name) : diskOf(library, line, name);
  if (of !== undefined && !machine) fail("--snapshot needs a machine");
  const snapshot = of === undefined ? {} : { of: { machine: machine!.id, snapshot: snapshotNamed(machine!, of).id } };
  await job(line.flag("quiet"), (options) =>
    intoFile(path, (sink) =>
      library.exportMedium(medium.id, format as ExportFormat, sink, { ...options, ...snapshot }),
    ),
  );
}

function diskOf(library: MachineLibrary, line: CommandLine, name: string): MediumRecord {
  const machine = machineNamed(library, name);
  const number = Number(line.text("disk") ?? 1);
  const id = number >= 1 && number <= 3 ? machine.media[`disk${(number - 1) as 0 | 1 | 2}`] : undefined;
  return (
    (id === undefined ? undefined : library.medium(id)) ??
    fail(`"${machine.name}" has no disk ${line.text("disk") ?? 1}`)
  );
}

function formatOf(path: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase();
  return ending === "img" || ending === "iso" || ending === "ima" ? "raw" : (ending ?? "raw");
}

export async function listMedia(library: MachineLibrary, line: CommandLine): Promise<void> {
  expectNoMore(line, 1);
  const { media } = library;
  if (line.flag("json")) return console.log(JSON.stringify(media, null, 2));
  if (media.length === 0) return console.log(`There is no medium in ${line.library} yet; posada import brings one.`);
  const rows = [["NAME", "KIND", "SIZE", "KEPT", "USED BY", "ID"]];
  for (const medium of media) {
    const { ownBytes, sharedBytes, usedBy } = await library.mediumDetails(medium.id);
    const users = [...new Set(usedBy.map(({ machineName }) => machineName))].join(", ");
    const kept = medium.url ?? sizeInWords(ownBytes + sharedBytes);
    rows.push([medium.name, medium.kind, sizeInWords(medium.sizeBytes), kept, users || "-", medium.id]);
  }
  console.log(table(rows));
}

export async function showMedium(library: MachineLibrary, line: CommandLine): Promise<void> {
  const medium = mediumNamed(library, wordAt(line, 1, "the name of a medium"));
  expectNoMore(line, 2);
  const details = await library.mediumDetails(medium.id);
  if (line.flag("json")) return console.log(JSON.stringify(details, null, 2));
  const rows = [
    ["Name:", medium.name],
    ["Id:", medium.id],
    ["Kind:", medium.kind],
    ["Size:", sizeInWords(medium.sizeBytes)],
    ["Own:", sizeInWords(details.ownBytes)],
    ["Shared:", sizeInWords(details.sharedBytes)],
    ...(medium.origin ? [["From:", `${medium.origin.fileName} (${medium.origin.format})`]] : []),
    ...(medium.url ? [["At:", medium.url]] : []),
    ...details.usedBy.map(({ machineName, slot, snapshotId }) => [
      "Used by:",
      `${machineName}, ${slot}${snapshotId ? `, snapshot ${snapshotId}` : ""}`,
    ]),
    ...details.chain.map(({ layer, keptBytes, shared }) => [
      "Layer:",
      `${layer}, ${sizeInWords(keptBytes)}${shared ? ", shared" : ""}`,
    ]),
  ];
  console.log(table(rows));
}

export async function newDisk(library: MachineLibrary, line: CommandLine): Promise<void> {
  const name = wordAt(line, 1, "a name for the disk");
  const size = wordAt(line, 2, "its size");
  expectNoMore(line, 3);
  console.log((await library.createDisk(name, sizeOf(size))).id);
}

export async function linkMedium(library: MachineLibrary, line: CommandLine): Promise<void> {
  const kind = wordAt(line, 1, `a kind (${KINDS.join(", ")})`);
  const url = wordAt(line, 2, "an address");
  expectNoMore(line, 3);
  if (!(KINDS as readonly string[]).includes(kind)) fail(`a medium is a ${KINDS.join(", ")}, not "${kind}"`);
  if (!/^https?:\/\//.test(url)) fail(`"${url}" is no address on the web`);
  const name = line.text("name") ?? (url.split("/").at(-1) || url);
  console.log((await library.addUrlMedium(kind as MediumKind, url, name)).id);
}

export async function renameMedium(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { id } = mediumNamed(library, wordAt(line, 1, "the name of a medium"));
  const name = wordAt(line, 2, "its new name");
  expectNoMore(line, 3);
  await library.renameMedium(id, name);
}

export async function removeMedium(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { id } = mediumNamed(library, wordAt(line, 1, "the name of a medium"));
  expectNoMore(line, 2);
  await library.removeMedium(id);
}

export async function resizeDisk(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { id } = mediumNamed(library, wordAt(line, 1, "the name of a disk"));
  const size = wordAt(line, 2, "its new size");
  expectNoMore(line, 3);
  await library.resizeDisk(id, sizeOf(size), { discardEnd: line.flag("discard-end") });
}

export async function compactDisk(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { id } = mediumNamed(library, wordAt(line, 1, "the name of a disk"));
  expectNoMore(line, 2);
  const freed = await job(line.flag("quiet"), (options) => library.compactDisk(id, options));
  console.log(`${sizeInWords(freed)} freed`);
}

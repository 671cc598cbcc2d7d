/** `posada list, info, create, modify, clone, delete, tidy`: the machines of a library, none of which has to run. */
import { readFileSync } from "node:fs";
import { SLOTS } from "../../src/protocol/library.ts";
import type { Attachments, Hardware, MediumId, Slot } from "../../src/protocol/library.ts";
import type { BootDevice, CpuModel } from "../../src/protocol/machine-config.ts";
import type { MachineLibrary } from "../../src/services/library/machine-library.ts";
import { sizeInWords } from "../../src/storage/media-check.ts";
import { expectNoMore, fail, machineNamed, mediumNamed, numberOf, sizeOf, snapshotNamed, wordAt } from "./arguments.ts";
import type { CommandLine, OptionSpec } from "./arguments.ts";
import { job, stateWords, table, when } from "./output.ts";

export const hardwareOptions: OptionSpec = {
  memory: { type: "string" },
  cpus: { type: "string" },
  cpu: { type: "string" },
  boot: { type: "string" },
  append: { type: "string" },
  os: { type: "string" },
  notes: { type: "string" },
  "notes-file": { type: "string" },
  group: { type: "string" },
  ...Object.fromEntries(SLOTS.map((slot) => [slot, { type: "string" as const }])),
};

export async function list(library: MachineLibrary, line: CommandLine): Promise<void> {
  expectNoMore(line, 0);
  const { machines } = library;
  if (line.flag("json")) return console.log(JSON.stringify(machines, null, 2));
  if (machines.length === 0) return console.log(`There is no machine in ${line.library} yet; posada create makes one.`);
  console.log(
    table([
      ["NAME", "STATE", "SYSTEM", "MEMORY", "LAST RUN", "ID"],
      ...machines.map((machine) => [
        machine.group ? `${machine.group}/${machine.name}` : machine.name,
        stateWords[machine.state],
        machine.osId,
        `${machine.hardware.memoryMiB} MiB`,
        when(machine.lastRunAt),
        machine.id,
      ]),
    ]),
  );
}

export async function info(library: MachineLibrary, line: CommandLine): Promise<void> {
  if (line.words.length === 0) return libraryInfo(library, line);
  const machine = machineNamed(library, wordAt(line, 0, "the name of a machine"));
  expectNoMore(line, 1);
  if (line.flag("json")) return console.log(JSON.stringify(machine, null, 2));
  const { hardware } = machine;
  const rows = [
    ["Name", machine.name],
    ["Id", machine.id],
    ...(machine.group ? [["Group", machine.group]] : []),
    ["State", stateWords[machine.state] + (machine.stateReason ? ` (${machine.stateReason})` : "")],
    ["System", machine.osId],
    ["Memory", `${hardware.memoryMiB} MiB`],
    ["Processors", `${hardware.processors} (${hardware.cpuModel})`],
    ["Boots from", hardware.bootOrder.join(", ")],
    ...(hardware.commandLine ? [["Kernel words", hardware.commandLine]] : []),
    ...Object.entries(machine.media).map(([slot, id]) => [slot, mediumWords(library, id)]),
    ["Created", when(machine.createdAt)],
    ["Last run", when(machine.lastRunAt)],
    ["Snapshots", String(machine.snapshots.length)],
    ...(machine.notes ? [["Notes", machine.notes]] : []),
  ];
  console.log(table(rows.map(([name, value]) => [`${name!}:`, value!])));
}

async function libraryInfo(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { usedBytes, quotaBytes } = await library.storageUse();
  const facts = {
    library: line.library,
    machines: library.machines.length,
    media: library.media.length,
    usedBytes,
    quotaBytes,
  };
  if (line.flag("json")) return console.log(JSON.stringify(facts, null, 2));
  console.log(
    table([
      ["Library:", line.library],
      ["Machines:", String(facts.machines)],
      ["Media:", String(facts.media)],
      ["Used:", sizeInWords(usedBytes)],
      ["Left:", quotaBytes === null ? "not known" : sizeInWords(quotaBytes - usedBytes)],
    ]),
  );
}

function mediumWords(library: MachineLibrary, id: MediumId): string {
  const medium = library.medium(id);
  return medium
    ? `${medium.name}${medium.url ? ` (${medium.url})` : ` (${sizeInWords(medium.sizeBytes)})`}`
    : `${id}, which is missing`;
}

export async function create(library: MachineLibrary, line: CommandLine): Promise<void> {
  const name = wordAt(line, 0, "a name for the machine");
  expectNoMore(line, 1);
  const newDisk = line.text("new-disk");
  const media = mediaOf(library, line);
  if (newDisk !== undefined && media.disk0) fail("--new-disk makes the first disk, which --disk0 names already");
  const hardware = hardwareOf(line);
  const disk = newDisk === undefined ? null : await library.createDisk(`${name} disk`, sizeOf(newDisk));
  const attached: Attachments = { ...(disk ? { disk0: disk.id } : {}) };
  for (const [slot, id] of Object.entries(media) as [Slot, MediumId | null][]) if (id !== null) attached[slot] = id;
  try {
    const machine = await library.create({
      name,
      group: line.text("group") ?? "",
      osId: line.text("os") ?? "other",
      notes: notesOf(line) ?? "",
      hardware,
      media: attached,
    });
    console.log(machine.id);
  } catch (error) {
    if (disk) await library.removeMedium(disk.id);
    throw error;
  }
}

export async function modify(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { id } = machineNamed(library, wordAt(line, 0, "the name of a machine"));
  expectNoMore(line, 1);
  const hardware = hardwareOf(line);
  const media = mediaOf(library, line);
  const [osId, notes, name, group] = [line.text("os"), notesOf(line), line.text("name"), line.text("group")];
  await library.modify(id, {
    ...(osId === undefined ? {} : { osId }),
    ...(notes === undefined ? {} : { notes }),
    ...(Object.keys(hardware).length > 0 ? { hardware } : {}),
    ...(Object.keys(media).length > 0 ? { media } : {}),
  });
  if (name !== undefined) await library.rename(id, name);
  if (group !== undefined) await library.setGroup([id], group);
}

export async function clone(library: MachineLibrary, line: CommandLine): Promise<void> {
  const machine = machineNamed(library, wordAt(line, 0, "the name of a machine"));
  const name = wordAt(line, 1, "a name for the clone");
  expectNoMore(line, 2);
  const of = line.text("snapshot");
  const copy = await job(line.flag("quiet"), (options) =>
    library.clone(machine.id, {
      ...options,
      name,
      how: line.flag("full") ? "full" : "linked",
      ...(of === undefined ? {} : { snapshot: snapshotNamed(machine, of).id }),
    }),
  );
  console.log(copy.id);
}

export async function remove(library: MachineLibrary, line: CommandLine): Promise<void> {
  const { id } = machineNamed(library, wordAt(line, 0, "the name of a machine"));
  expectNoMore(line, 1);
  await library.remove(id, { media: !line.flag("keep-media") });
}

export async function discardState(library: MachineLibrary, line: CommandLine): Promise<void> {
  const machine = machineNamed(library, wordAt(line, 0, "the name of a machine"));
  expectNoMore(line, 1);
  if (machine.state !== "saved") fail(`"${machine.name}" has no saved state; it is ${stateWords[machine.state]}`);
  await library.discardSavedState(machine.id);
}

export async function tidy(library: MachineLibrary, line: CommandLine): Promise<void> {
  expectNoMore(line, 0);
  console.log(`${sizeInWords(await library.tidy())} freed`);
}

function hardwareOf(line: CommandLine): Partial<Hardware> {
  const [memoryMiB, processors] = [numberOf(line, "memory"), numberOf(line, "cpus")];
  const [cpu, boot, append] = [line.text("cpu"), line.text("boot"), line.text("append")];
  return {
    ...(memoryMiB === undefined ? {} : { memoryMiB }),
    ...(processors === undefined ? {} : { processors }),
    ...(cpu === undefined ? {} : { cpuModel: cpu as CpuModel }),
    ...(boot === undefined ? {} : { bootOrder: boot.split(",") as BootDevice[] }),
    ...(append === undefined ? {} : { commandLine: append }),
  };
}

/** "none" takes out. */
function mediaOf(library: MachineLibrary, line: CommandLine): Partial<Record<Slot, MediumId | null>> {
  const media: Partial<Record<Slot, MediumId | null>> = {};
  for (const slot of SLOTS) {
    const name = line.text(slot);
    if (name !== undefined) media[slot] = name === "none" ? null : mediumNamed(library, name).id;
  }
  return media;
}

function notesOf(line: CommandLine): string | undefined {
  const file = line.text("notes-file");
  if (file === undefined) return line.text("notes");
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    fail(`${file} cannot be read: ${(error as Error).message}`);
  }
}

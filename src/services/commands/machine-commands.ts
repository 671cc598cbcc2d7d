/** `list, info, create, modify, clone, delete, discard-state, tidy`: the machines of a library, none of which has to run. */
import { SLOTS } from "../../protocol/library.ts";
import type { Attachments, Hardware, MachineRecord, MachineState, MediumId, Slot } from "../../protocol/library.ts";
import type { BootDevice, CpuModel, ExecutionLimits } from "../../protocol/machine-config.ts";
import { sizeInWords } from "../../storage/media-check.ts";
import { CPU_MODELS } from "../config-check.ts";
import { SYSTEM_IDS } from "../systems/system-catalogue.ts";
import type { LogEvent } from "../../protocol/machine-log.ts";
import type { CommandHost } from "./command-host.ts";
import { sizeOf } from "./command-line.ts";
import type { CommandLine, OptionSpec } from "./command-line.ts";
import { machineNamed, mediumNamed, snapshotNamed } from "./names.ts";
import { isoTime, json, table } from "./output.ts";
import { fail } from "./usage-error.ts";

export const hardwareOptions: OptionSpec = {
  memory: { value: "number" },
  cpus: { value: "number" },
  cpu: { value: CPU_MODELS },
  cap: { value: "number" },
  shares: { value: "number" },
  boot: { value: "text" },
  append: { value: "text" },
  os: { value: SYSTEM_IDS },
  notes: { value: "text" },
  "notes-file": { value: "file" },
  group: { value: "text" },
  ...Object.fromEntries(SLOTS.map((slot) => [slot, { value: "medium" as const }])),
};

const when = (host: CommandHost, ms: number | null): string => (ms === null ? host.say.never : isoTime(ms));

export async function list(host: CommandHost, line: CommandLine): Promise<void> {
  line.expectNoMore(0);
  const { say } = host;
  const machines = host.library.machines.filter(({ runs }) => runs !== null || !line.flag("running"));
  if (line.flag("json")) return host.print(json(machines));
  if (host.library.machines.length === 0) return host.print(say.noMachines(host.place));
  host.print(
    table([
      say.machineHead,
      ...machines.map((machine) => [
        machine.group ? `${machine.group}/${machine.name}` : machine.name,
        say.states[machine.state],
        machine.osId,
        `${machine.hardware.memoryMiB} MiB`,
        when(host, machine.lastRunAt),
        machine.id,
      ]),
    ]),
  );
}

export async function info(host: CommandHost, line: CommandLine): Promise<void> {
  if (line.words.length === 0) return libraryInfo(host, line);
  const { say } = host;
  const { facts } = say;
  const machine = machineNamed(host, line.wordAt(0, say.args.machine));
  line.expectNoMore(1);
  if (line.flag("json")) return host.print(json(machine));
  const { hardware, limits } = machine;
  const rows = [
    [facts.name, machine.name],
    [facts.id, machine.id],
    ...(machine.group ? [[facts.group, machine.group]] : []),
    [facts.state, say.states[machine.state] + (machine.stateReason ? ` (${say.sentence(machine.stateReason)})` : "")],
    [facts.system, machine.osId],
    [facts.memory, `${hardware.memoryMiB} MiB`],
    [facts.processors, `${hardware.processors} (${hardware.cpuModel})`],
    [facts.limits, say.limits(limits.executionCapPercent, limits.processorShares)],
    [facts.bootOrder, hardware.bootOrder.join(", ")],
    ...(hardware.commandLine ? [[facts.commandLine, hardware.commandLine]] : []),
    ...Object.entries(machine.media).map(([slot, id]) => [slot, mediumWords(host, id)]),
    [facts.created, when(host, machine.createdAt)],
    [facts.lastRun, when(host, machine.lastRunAt)],
    [facts.snapshots, String(machine.snapshots.length)],
    ...(machine.notes ? [[facts.notes, machine.notes]] : []),
  ];
  host.print(table(rows.map(([name, value]) => [`${name!}:`, value!])));
}

async function libraryInfo(host: CommandHost, line: CommandLine): Promise<void> {
  const { library, place, say } = host;
  const { usedBytes, quotaBytes } = await library.storageUse();
  const { machines, media } = library;
  if (line.flag("json"))
    return host.print(json({ library: place, machines: machines.length, media: media.length, usedBytes, quotaBytes }));
  const rows = [
    [say.facts.library, place],
    [say.facts.machines, String(machines.length)],
    [say.facts.media, String(media.length)],
    [say.facts.used, sizeInWords(usedBytes)],
    [say.facts.left, quotaBytes === null ? say.notKnown : sizeInWords(quotaBytes - usedBytes)],
  ];
  host.print(table(rows.map(([name, value]) => [`${name!}:`, value!])));
}

function mediumWords({ library, say }: CommandHost, id: MediumId): string {
  const medium = library.medium(id);
  if (!medium) return say.missing(id);
  return `${medium.name} (${medium.url ?? sizeInWords(medium.sizeBytes)})`;
}

export async function create(host: CommandHost, line: CommandLine): Promise<void> {
  const { library, say } = host;
  const name = line.wordAt(0, say.args.newMachine);
  line.expectNoMore(1);
  const newDisk = line.text("new-disk");
  const media = mediaOf(host, line);
  if (newDisk !== undefined && media.disk0) fail(say.twoFirstDisks);
  const hardware = hardwareOf(line);
  const notes = (await notesOf(host, line)) ?? "";
  const disk = newDisk === undefined ? null : await library.createDisk(say.diskOf(name), sizeOf(newDisk, say));
  const attached: Attachments = { ...(disk ? { disk0: disk.id } : {}) };
  for (const [slot, id] of Object.entries(media) as [Slot, MediumId | null][]) if (id !== null) attached[slot] = id;
  try {
    const machine = await library.create({
      name,
      group: line.text("group") ?? "",
      osId: line.text("os") ?? "other",
      notes,
      hardware,
      limits: limitsOf(line),
      media: attached,
    });
    host.print(machine.id);
  } catch (error) {
    if (disk) await library.removeMedium(disk.id);
    throw error;
  }
}

export async function modify(host: CommandHost, line: CommandLine): Promise<void> {
  const { library } = host;
  const { id } = onlyMachine(host, line);
  const limits = limitsOf(line);
  const hardware = hardwareOf(line);
  const media = mediaOf(host, line);
  const [osId, notes, name, group] = [line.text("os"), await notesOf(host, line), line.text("name"), line.text("group")]; // prettier-ignore
  await library.modify(id, {
    ...(osId === undefined ? {} : { osId }),
    ...(notes === undefined ? {} : { notes }),
    ...(Object.keys(hardware).length > 0 ? { hardware } : {}),
    ...(Object.keys(limits).length > 0 ? { limits } : {}),
    ...(Object.keys(media).length > 0 ? { media } : {}),
  });
  if (name !== undefined) await library.rename(id, name);
  if (group !== undefined) await library.setGroup([id], group);
}

/** Of a machine that runs, or one that is off. */
export async function clone(host: CommandHost, line: CommandLine): Promise<void> {
  const { library, say } = host;
  const machine = machineNamed(host, line.wordAt(0, say.args.machine));
  const name = line.wordAt(1, say.args.clone);
  line.expectNoMore(2);
  const of = line.text("snapshot");
  const full = line.flag("full");
  if (machine.runs && of === undefined) {
    const copy = await host.ask(machine, { do: "clone", name, full });
    return host.print((copy as MachineRecord).id);
  }
  const copy = await host.job(line.flag("quiet"), (options) =>
    library.clone(machine.id, {
      ...options,
      name,
      how: full ? "full" : "linked",
      ...(of === undefined ? {} : { snapshot: snapshotNamed(host, machine, of).id }),
    }),
  );
  host.print(copy.id);
}

export async function remove(host: CommandHost, line: CommandLine): Promise<void> {
  const { id } = onlyMachine(host, line);
  await host.library.remove(id, { media: !line.flag("keep-media") });
}

export async function discardState(host: CommandHost, line: CommandLine): Promise<void> {
  const { say } = host;
  const machine = onlyMachine(host, line);
  if (machine.state !== "saved") fail(say.noSavedState(machine.name, say.states[machine.state]));
  await host.library.discardSavedState(machine.id);
}

/** What happened to it, a line each. */
export async function showLog(host: CommandHost, line: CommandLine): Promise<void> {
  const machine = machineNamed(host, line.wordAt(0, host.say.args.machine));
  line.expectNoMore(1);
  const entries = await host.library.log(machine.id);
  if (line.flag("json")) return host.print(json(entries));
  if (entries.length === 0) return host.print(host.say.noLog(machine.name));
  for (const { atMs, level, event } of entries)
    host.print(`${isoTime(atMs)} ${level.padEnd(7)} ${logWords(host, event)}`.trimEnd());
}

function logWords({ say }: CommandHost, event: LogEvent): string {
  switch (event.kind) {
    case "state":
      return (
        (say.states[event.state as MachineState] ?? event.state) +
        (event.reason ? ` (${say.sentence(event.reason)})` : "")
      );
    case "screen":
      return say.screenMode(event.widthPx, event.heightPx, event.text);
    case "medium":
      return `${event.drive}: ${event.name ?? "-"}`;
    case "failure":
      return say.sentence(event.message);
    case "postcode":
      return `POST ${event.code.toString(16).padStart(2, "0")}`;
    case "guest":
      return event.text.trimEnd();
  }
}

export async function tidy(host: CommandHost, line: CommandLine): Promise<void> {
  line.expectNoMore(0);
  host.print(host.say.freed(sizeInWords(await host.library.tidy())));
}

function onlyMachine(host: CommandHost, line: CommandLine): MachineRecord {
  const machine = machineNamed(host, line.wordAt(0, host.say.args.machine));
  line.expectNoMore(1);
  return machine;
}

function limitsOf(line: CommandLine): Partial<ExecutionLimits> {
  const [executionCapPercent, processorShares] = [line.number("cap"), line.number("shares")];
  return {
    ...(executionCapPercent === undefined ? {} : { executionCapPercent }),
    ...(processorShares === undefined ? {} : { processorShares }),
  };
}

function hardwareOf(line: CommandLine): Partial<Hardware> {
  const [memoryMiB, processors] = [line.number("memory"), line.number("cpus")];
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
function mediaOf(host: CommandHost, line: CommandLine): Partial<Record<Slot, MediumId | null>> {
  const media: Partial<Record<Slot, MediumId | null>> = {};
  for (const slot of SLOTS) {
    const name = line.text(slot);
    if (name !== undefined) media[slot] = name === "none" ? null : mediumNamed(host, name).id;
  }
  return media;
}

async function notesOf(host: CommandHost, line: CommandLine): Promise<string | undefined> {
  const file = line.text("notes-file");
  return file === undefined ? line.text("notes") : host.readText(file);
}

/** The commands about a library: what each takes, and its help. */
import type { MachineLibrary } from "../../src/services/library/machine-library.ts";
import { SLOTS } from "../../src/protocol/library.ts";
import { askControl } from "./control.ts";
import type { ControlRequest } from "./control.ts";
import { expectNoMore, fail, machineNamed, openLibrary, parseCommandLine, wordAt } from "./arguments.ts";
import type { CommandLine, OptionSpec } from "./arguments.ts";
import { clone, create, discardState, hardwareOptions, info, list, modify, remove, tidy } from "./machines.ts";
import {
  compactDisk,
  exportFile,
  importFile,
  linkMedium,
  listMedia,
  newDisk,
  removeMedium,
  renameMedium,
  resizeDisk,
  showMedium,
} from "./media.ts";
import { stateWords } from "./output.ts";
import { deleteSnapshot, listSnapshots, renameSnapshot, restoreSnapshot, takeSnapshot } from "./snapshots.ts";

interface Command {
  usage: string;
  about: string;
  options?: OptionSpec;
  run(library: MachineLibrary, line: CommandLine): Promise<void>;
}

const flag = { type: "boolean" } as const;
const text = { type: "string" } as const;
const hardwareUsage = `[--memory MIB] [--cpus N] [--cpu MODEL] [--boot cdrom,disk,floppy] [--os ID] [--group PATH]
           [--notes TEXT | --notes-file F] [--append WORDS] [--${SLOTS.join(" MEDIUM] [--")} MEDIUM]`;

/** By their first word, or their first two. */
export const libraryCommands: Record<string, Command> = {
  list: { usage: "list [--json]", about: "the machines of the library", options: { json: flag }, run: list },
  info: { usage: "info [MACHINE] [--json]", about: "all about a machine, or about the library", options: { json: flag }, run: info }, // prettier-ignore
  create: {
    usage: `create NAME [--new-disk SIZE] ${hardwareUsage}`,
    about: "a new machine; with an empty disk of SIZE (2G, 512M)",
    options: { ...hardwareOptions, "new-disk": text },
    run: create,
  },
  modify: {
    usage: `modify MACHINE [--name NAME] ${hardwareUsage}`,
    about: 'changes a machine; the medium "none" takes one out',
    options: { ...hardwareOptions, name: text },
    run: modify,
  },
  clone: {
    usage: "clone MACHINE NAME [--full] [--snapshot SNAPSHOT] [--quiet]",
    about: "a copy; linked (only changes are kept) unless --full. A machine that runs goes on, and so can the copy",
    options: { full: flag, snapshot: text, quiet: flag },
    run: cloneAnywhere,
  },
  delete: { usage: "delete MACHINE [--keep-media]", about: "removes a machine, its snapshots and what only it used", options: { "keep-media": flag }, run: remove }, // prettier-ignore
  "discard-state": { usage: "discard-state MACHINE", about: "throws a saved state away", run: discardState },
  pause: { usage: "pause MACHINE", about: "has a machine that runs stand still", run: asking("pause") },
  resume: { usage: "resume MACHINE", about: "lets it go on", run: asking("resume") },
  reset: { usage: "reset MACHINE", about: "presses its reset button", run: asking("reset") },
  poweroff: { usage: "poweroff MACHINE", about: "pulls its plug", run: asking("powerOff") },
  acpipowerbutton: {
    usage: "acpipowerbutton MACHINE",
    about: "presses its power button",
    run: asking("pressPowerButton"),
  },
  savestate: {
    usage: "savestate MACHINE",
    about: "suspends it to disk; start goes on from there",
    run: asking("saveState"),
  },
  stats: { usage: "stats MACHINE", about: "figures of a machine that runs, as JSON", run: asking("stats") },
  "snapshot take": { usage: "snapshot take MACHINE [NAME] [--description TEXT]", about: "keeps the machine as it is, running or off", options: { description: text }, run: takeSnapshot }, // prettier-ignore
  "snapshot restore": { usage: "snapshot restore MACHINE SNAPSHOT", about: "brings it back; what the machine is now is lost", run: restoreSnapshot }, // prettier-ignore
  "snapshot delete": { usage: "snapshot delete MACHINE SNAPSHOT", about: "forgets it; what came later stays", run: deleteSnapshot }, // prettier-ignore
  "snapshot rename": { usage: "snapshot rename MACHINE SNAPSHOT NAME [--description TEXT]", about: "", options: { description: text }, run: renameSnapshot }, // prettier-ignore
  "snapshot list": { usage: "snapshot list MACHINE [--json]", about: "the tree; * is where the machine is", options: { json: flag }, run: listSnapshots }, // prettier-ignore
  import: {
    usage: "import FILE [--kind disk|cdrom|floppy|file] [--name NAME] [--quiet]",
    about: "an image of any format that is read becomes a medium; an OVA or OVF package a machine",
    options: { kind: text, name: text, quiet: flag },
    run: importFile,
  },
  export: {
    usage:
      "export MACHINE|MEDIUM NEW [--format ova|raw|vdi|vmdk|vhd|vhd-fixed|qcow2] [--disk N] [--snapshot S] [--quiet]",
    about: "a machine as OVA; a disk or another medium as an image",
    options: { format: text, disk: text, snapshot: text, quiet: flag },
    run: exportFile,
  },
  "media list": { usage: "media list [--json]", about: "disks, CDs, floppies and files", options: { json: flag }, run: listMedia }, // prettier-ignore
  "media show": { usage: "media show MEDIUM [--json]", about: "who uses it, and what its layers take", options: { json: flag }, run: showMedium }, // prettier-ignore
  "media disk": { usage: "media disk NAME SIZE", about: "a new, empty disk", run: newDisk },
  "media link": { usage: "media link KIND URL [--name NAME]", about: "a medium that stays on the web", options: { name: text }, run: linkMedium }, // prettier-ignore
  "media rename": { usage: "media rename MEDIUM NAME", about: "", run: renameMedium },
  "media remove": { usage: "media remove MEDIUM", about: "removes one that nobody uses", run: removeMedium },
  "media resize": { usage: "media resize DISK SIZE [--discard-end]", about: "makes a disk longer or shorter", options: { "discard-end": flag }, run: resizeDisk }, // prettier-ignore
  "media compact": { usage: "media compact DISK [--quiet]", about: "gives back what holds only zeros", options: { quiet: flag }, run: compactDisk }, // prettier-ignore
  tidy: { usage: "tidy", about: "frees what nobody needs any more", run: tidy },
};

export const LIBRARY_USAGE = `Machines of a library (--library DIR, or $POSADA_LIBRARY, or a folder among the user's data):
       posada start MACHINE [--save-state] [--serial …] [--until …] [--type …] [--send …] [--timeout …] [--screenshot F]
                            runs it here; the other commands reach it meanwhile. --save-state: suspends it at the end
${Object.values(libraryCommands)
  .map(({ usage, about }) => `       posada ${usage}${about ? `\n                            ${about}` : ""}`)
  .join("\n")}
Machines, media and snapshots are named by their names or ids.`;

/** The command of these words, where it is one about a library. */
export function libraryCommand(args: readonly string[]): { command: Command; name: string } | null {
  for (const name of [args.slice(0, 2).join(" "), args[0] ?? ""]) {
    const command = Object.hasOwn(libraryCommands, name) ? libraryCommands[name] : undefined;
    if (command) return { command, name };
  }
  return null;
}

export async function runLibraryCommand(
  { command, name }: { command: Command; name: string },
  args: string[],
): Promise<void> {
  // "snapshot take" keeps its second word, so that places in the line are those of the usage.
  const line = parseCommandLine(args.slice(name.includes(" ") ? 0 : 1), command.options ?? {});
  if (name.includes(" ")) line.words.shift();
  await command.run(await openLibrary(line.library), line);
}

/** Commands that only a machine that runs can do. */
function asking(action: Exclude<ControlRequest["do"], "takeSnapshot" | "deleteSnapshot" | "clone" | "tidy">) {
  return async (library: MachineLibrary, line: CommandLine): Promise<void> => {
    const machine = machineNamed(library, wordAt(line, 0, "the name of a machine"));
    expectNoMore(line, 1);
    if (!machine.runs) fail(`"${machine.name}" does not run; it is ${stateWords[machine.state]}`);
    const result = await askControl(line.library, machine.id, { do: action });
    if (action === "stats") console.log(JSON.stringify(result, null, 2));
  };
}

async function cloneAnywhere(library: MachineLibrary, line: CommandLine): Promise<void> {
  const machine = machineNamed(library, wordAt(line, 0, "the name of a machine"));
  if (!machine.runs || line.text("snapshot") !== undefined) return clone(library, line);
  const name = wordAt(line, 1, "a name for the clone");
  expectNoMore(line, 2);
  const copy = await askControl(line.library, machine.id, { do: "clone", name, full: line.flag("full") });
  console.log((copy as { id: string }).id);
}

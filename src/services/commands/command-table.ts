/** All commands about a library and images: what each takes, and where it is done. One table for the page and for `posada`. */
import { SLOTS } from "../../protocol/library.ts";
import type { CommandHost } from "./command-host.ts";
import { parseCommandLine } from "./command-line.ts";
import type { CommandLine, OptionSpec, WordKind } from "./command-line.ts";
import { asking } from "./control-commands.ts";
import { convertImage, convertOptions } from "./convert-command.ts";
import { imageInfo, listFiles, openOptions, showFile } from "./image-commands.ts";
import {
  clone,
  create,
  discardState,
  hardwareOptions,
  info,
  list,
  modify,
  remove,
  showLog,
  tidy,
} from "./machine-commands.ts";
import {
  compactDisk,
  exportFile,
  exportFormats,
  importFile,
  KINDS,
  linkMedium,
  listMedia,
  newDisk,
  removeMedium,
  renameMedium,
  resizeDisk,
  showMedium,
} from "./media-commands.ts";
import { deleteSnapshot, listSnapshots, renameSnapshot, restoreSnapshot, takeSnapshot } from "./snapshot-commands.ts";

export interface Command {
  /** Begins with the command's name. */
  usage: string;
  /** What its words are, by their places. */
  words: readonly WordKind[];
  options?: OptionSpec;
  run(host: CommandHost, line: CommandLine): Promise<void>;
}

/** By their first word, or their first two. */
export type CommandTable = Record<string, Command>;

const hardwareUsage = `[--memory MIB] [--cpus N] [--cpu MODEL] [--cap PERCENT] [--shares N] [--boot cdrom,disk,floppy] [--os ID] [--group PATH]
           [--notes TEXT | --notes-file F] [--append WORDS] [--${SLOTS.join(" MEDIUM] [--")} MEDIUM]`;
const openUsage = "[--from-format F] [--parent F] [--look-in FOLDER]…";
const onMachine = { words: ["machine"] as const };

export const libraryCommands: CommandTable = {
  list: { usage: "list [--running] [--json]", words: [], options: { running: {}, json: {} }, run: list },
  info: { usage: "info [MACHINE] [--json]", words: ["machine"], options: { json: {} }, run: info },
  create: {
    usage: `create NAME [--new-disk SIZE] ${hardwareUsage}`,
    words: ["text"],
    options: { ...hardwareOptions, "new-disk": { value: "size" } },
    run: create,
  },
  modify: {
    usage: `modify MACHINE [--name NAME] ${hardwareUsage}`,
    words: ["machine"],
    options: { ...hardwareOptions, name: { value: "text" } },
    run: modify,
  },
  clone: {
    usage: "clone MACHINE NAME [--full] [--snapshot SNAPSHOT] [--quiet]",
    words: ["machine", "text"],
    options: { full: {}, snapshot: { value: "snapshot" }, quiet: {} },
    run: clone,
  },
  delete: { usage: "delete MACHINE [--keep-media]", ...onMachine, options: { "keep-media": {} }, run: remove },
  "discard-state": { usage: "discard-state MACHINE", ...onMachine, run: discardState },
  pause: { usage: "pause MACHINE", ...onMachine, run: asking("pause") },
  resume: { usage: "resume MACHINE", ...onMachine, run: asking("resume") },
  reset: { usage: "reset MACHINE", ...onMachine, run: asking("reset") },
  poweroff: { usage: "poweroff MACHINE", ...onMachine, run: asking("powerOff") },
  acpipowerbutton: { usage: "acpipowerbutton MACHINE", ...onMachine, run: asking("pressPowerButton") },
  savestate: { usage: "savestate MACHINE", ...onMachine, run: asking("saveState") },
  stats: { usage: "stats MACHINE", ...onMachine, run: asking("stats") },
  log: { usage: "log MACHINE [--json]", ...onMachine, options: { json: {} }, run: showLog },
  "snapshot take": {
    usage: "snapshot take MACHINE [NAME] [--description TEXT]",
    words: ["machine", "text"],
    options: { description: { value: "text" } },
    run: takeSnapshot,
  },
  "snapshot restore": {
    usage: "snapshot restore MACHINE SNAPSHOT",
    words: ["machine", "snapshot"],
    run: restoreSnapshot,
  },
  "snapshot delete": { usage: "snapshot delete MACHINE SNAPSHOT", words: ["machine", "snapshot"], run: deleteSnapshot },
  "snapshot rename": {
    usage: "snapshot rename MACHINE SNAPSHOT NAME [--description TEXT]",
    words: ["machine", "snapshot", "text"],
    options: { description: { value: "text" } },
    run: renameSnapshot,
  },
  "snapshot list": { usage: "snapshot list MACHINE [--json]", ...onMachine, options: { json: {} }, run: listSnapshots },
  import: {
    usage: "import FILE [--kind disk|cdrom|floppy|file] [--name NAME] [--quiet]",
    words: ["file"],
    options: { kind: { value: KINDS }, name: { value: "text" }, quiet: {} },
    run: importFile,
  },
  export: {
    usage: `export MACHINE|MEDIUM NEW [--format ${exportFormats.join("|")}] [--disk N] [--snapshot S] [--quiet]`,
    words: ["machineOrMedium", "newFile"],
    options: {
      format: { value: exportFormats },
      disk: { value: "number" },
      snapshot: { value: "snapshot" },
      quiet: {},
    },
    run: exportFile,
  },
  convert: {
    usage: `convert IMAGE NEW [--format F] [--partitions 1,2] [--disk N] ${openUsage} [--quiet]`,
    words: ["file", "newFile"],
    options: convertOptions,
    run: convertImage,
  },
  "media list": { usage: "media list [--json]", words: [], options: { json: {} }, run: listMedia },
  "media show": { usage: "media show MEDIUM [--json]", words: ["medium"], options: { json: {} }, run: showMedium },
  "media disk": { usage: "media disk NAME SIZE", words: ["text", "size"], run: newDisk },
  "media link": {
    usage: "media link KIND URL [--name NAME]",
    words: [KINDS, "text"],
    options: { name: { value: "text" } },
    run: linkMedium,
  },
  "media rename": { usage: "media rename MEDIUM NAME", words: ["medium", "text"], run: renameMedium },
  "media remove": { usage: "media remove MEDIUM", words: ["medium"], run: removeMedium },
  "media resize": {
    usage: "media resize DISK SIZE [--discard-end]",
    words: ["medium", "size"],
    options: { "discard-end": {} },
    run: resizeDisk,
  },
  "media compact": {
    usage: "media compact DISK [--quiet]",
    words: ["medium"],
    options: { quiet: {} },
    run: compactDisk,
  },
  "media info": {
    usage: `media info IMAGE ${openUsage} [--json]`,
    words: ["file"],
    options: { ...openOptions, json: {} },
    run: imageInfo,
  },
  "media ls": {
    usage: `media ls IMAGE [PATH] [--partition N] [--disk N] ${openUsage} [--json]`,
    words: ["file", "text"],
    options: { ...openOptions, partition: { value: "number" }, disk: { value: "number" }, json: {} },
    run: listFiles,
  },
  "media cat": {
    usage: `media cat IMAGE PATH [--partition N] [--disk N] ${openUsage}`,
    words: ["file", "text"],
    options: { ...openOptions, partition: { value: "number" }, disk: { value: "number" } },
    run: showFile,
  },
  tidy: { usage: "tidy", words: [], run: tidy },
};

/** Those that need no library. */
export const withoutLibrary: ReadonlySet<string> = new Set(["convert", "media info", "media ls", "media cat"]);

export interface FoundCommand {
  name: string;
  command: Command;
  /** What comes behind its name. */
  args: string[];
}

/** The command that these words begin with. */
export function findCommand(table: CommandTable, words: readonly string[]): FoundCommand | null {
  for (const count of [2, 1]) {
    const name = words.slice(0, count).join(" ");
    if (words.length >= count && Object.hasOwn(table, name))
      return { name, command: table[name]!, args: words.slice(count) };
  }
  return null;
}

/** @param extra options that the host takes away beside the command's own @throws UsageError, LibraryError, … */
export async function runCommand(host: CommandHost, { command, args }: FoundCommand): Promise<void> {
  await command.run(host, parseCommandLine(args, command.options ?? {}, host.say));
}

/** The commands about a library, run in Node. */
import { findCommand, libraryCommands, runCommand, withoutLibrary } from "../../src/services/commands/command-table.ts";
import type { FoundCommand } from "../../src/services/commands/command-table.ts";
import { englishCommands } from "../../src/services/commands/command-words.ts";
import { fail } from "../../src/services/commands/usage-error.ts";
import { defaultLibrary, openLibrary } from "./folder.ts";
import { NodeHost } from "./node-host.ts";

const { about } = englishCommands;

export const LIBRARY_USAGE = `Machines of a library (--library DIR, or $POSADA_LIBRARY, or a folder among the user's data):
       posada start MACHINE [--save-state] [--serial …] [--until …] [--type …] [--send …] [--timeout …] [--screenshot F]
                            runs it here; the other commands reach it meanwhile. --save-state: suspends it at the end
${Object.entries(libraryCommands)
  .map(([name, { usage }]) => `       posada ${usage}\n                            ${about[name]}`)
  .join("\n")}
Machines, media and snapshots are named by their names or ids.
Words of VBoxManage and virsh are understood where they mean the same: controlvm X pause, snapshot X take Y, destroy X.`;

/** The command of these words, where it is one of the table. */
export function libraryCommand(args: readonly string[]): FoundCommand | null {
  return findCommand(libraryCommands, args);
}

export function helpOf({ name, command }: FoundCommand): string {
  return `usage: posada ${command.usage}\n${about[name] ?? ""}`.trimEnd();
}

export async function runLibraryCommand(found: FoundCommand): Promise<void> {
  const { folder, rest } = takeLibrary(found.args);
  const library = withoutLibrary.has(found.name) ? null : await openLibrary(folder);
  await runCommand(new NodeHost(folder, library), { ...found, args: rest });
}

/** Where the library is, which every command may be told. @throws UsageError */
export function takeLibrary(args: readonly string[]): { folder: string; rest: string[] } {
  const rest: string[] = [];
  let folder: string | undefined;
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--library") folder = args[++i] ?? fail(englishCommands.needsValue("library"));
    else if (args[i]!.startsWith("--library=")) folder = args[i]!.slice("--library=".length);
    else rest.push(args[i]!);
  }
  return { folder: folder ?? defaultLibrary(), rest };
}

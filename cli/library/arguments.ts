/** What the library's commands share: their arguments, where the library is, and machines and media by their names. */
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { MachineRecord, MediumRecord, SnapshotRecord } from "../../src/protocol/library.ts";
import { MachineLibrary } from "../../src/services/library/machine-library.ts";
import { FolderStorage } from "../../src/storage/library/folder-storage.ts";
import { UsageError } from "../options.ts";

/** The options that a command takes, beside --library. */
export type OptionSpec = Record<string, { type: "string" | "boolean"; multiple?: boolean }>;

export interface CommandLine {
  /** Without the options. */
  words: string[];
  library: string;
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

/** @throws UsageError */
export function parseCommandLine(args: string[], spec: OptionSpec): CommandLine {
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args, options: { ...spec, library: { type: "string" } }, allowPositionals: true });
  } catch (error) {
    // Node explains at length how to escape a dash; the first sentence says what is wrong.
    throw new UsageError((error as Error).message.split(/\n|\. To /)[0]!);
  }
  const { values, positionals } = parsed;
  return {
    words: positionals,
    library: (values.library as string | undefined) ?? defaultLibrary(),
    text: (name) => values[name] as string | undefined,
    flag: (name) => values[name] === true,
  };
}

/** Where the system keeps a user's data. */
export function defaultLibrary(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.POSADA_LIBRARY) return env.POSADA_LIBRARY;
  if (platform === "win32") return join(env.APPDATA ?? join(homedir(), "AppData", "Roaming"), "Posada");
  if (platform === "darwin") return join(homedir(), "Library", "Application Support", "Posada");
  return join(env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "posada");
}

export async function openLibrary(folder: string): Promise<MachineLibrary> {
  const library = new MachineLibrary(new FolderStorage(folder));
  await library.open();
  return library;
}

/** The word at a place. @throws UsageError that says what belongs there */
export function wordAt(line: CommandLine, place: number, what: string): string {
  return line.words[place] ?? fail(`this needs ${what}`);
}

/** @throws UsageError where there are more words than that */
export function expectNoMore(line: CommandLine, count: number): void {
  if (line.words.length > count) fail(`"${line.words[count]}" is more than this takes`);
}

/** By name, by id or by the beginning of an id. @throws UsageError */
export function machineNamed(library: MachineLibrary, name: string): MachineRecord {
  return named(library.machines, name, "machine");
}

export function mediumNamed(library: MachineLibrary, name: string): MediumRecord {
  return named(library.media, name, "medium");
}

export function snapshotNamed(machine: MachineRecord, name: string): SnapshotRecord {
  return named(machine.snapshots, name, "snapshot");
}

function named<T extends { id: string; name: string }>(all: readonly T[], name: string, what: string): T {
  const matches = [
    all.filter((each) => each.name === name),
    all.filter((each) => each.id === name),
    all.filter((each) => name.length >= 4 && each.id.startsWith(name)),
  ].find((found) => found.length > 0);
  if (!matches) fail(`there is no ${what} "${name}"`);
  if (matches.length > 1)
    fail(`there are ${matches.length} ${what}s "${name}": ${matches.map(({ id }) => id).join(", ")}; use an id`);
  return matches[0]!;
}

/** "2G", "512M", "64k", or bytes. @throws UsageError */
export function sizeOf(text: string): number {
  const [, digits, unit] = /^([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text) ?? fail(`"${text}" is no size; say 2G, 512M or a number of bytes`); // prettier-ignore
  const factor = 1024 ** " kmgt".indexOf(unit!.toLowerCase() || " ");
  return Math.round((Number(digits) * factor) / 512) * 512;
}

/** @throws UsageError */
export function numberOf(line: CommandLine, name: string): number | undefined {
  const text = line.text(name);
  if (text === undefined) return undefined;
  return /^[0-9]+$/.test(text) ? Number(text) : fail(`--${name} needs a number, not "${text}"`);
}

export function fail(sentence: string): never {
  throw new UsageError(sentence);
}

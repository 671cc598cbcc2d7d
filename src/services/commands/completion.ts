/** What may stand where a person types: commands, options, and the names that a command takes there. */
import type { MachineRecord, MediumRecord } from "../../protocol/library.ts";
import type { OptionSpec, WordKind } from "./command-line.ts";
import { findCommand } from "./command-table.ts";
import type { CommandTable } from "./command-table.ts";

/** What is known of the library. */
export interface KnownNames {
  machines: readonly MachineRecord[];
  media: readonly MediumRecord[];
}

export interface Completion {
  /** All that begins as the last word does, sorted. */
  words: string[];
  /** A file belongs there: whoever knows files adds them. */
  files: boolean;
}

/** @param typed the words until now; the last one is being typed, and may be empty */
export function complete(table: CommandTable, known: KnownNames, typed: readonly string[]): Completion {
  const last = typed.at(-1) ?? "";
  const before = typed.slice(0, -1);
  const found = findCommand(table, before);
  if (!found) return matching(commandWords(table, before), last);
  const options = found.command.options ?? {};
  const { place, waiting, machine, ended } = walk(found.args, options, known);
  if (waiting) return ofKind(waiting, last, known, machine);
  if (last.startsWith("--") && !ended) {
    const [name, value] = last.slice(2).split(/=([^]*)/);
    const kind = value === undefined ? undefined : options[name!]?.value;
    if (kind) {
      const inside = ofKind(kind, value!, known, machine);
      return { ...inside, words: inside.words.map((word) => `--${name}=${word}`) };
    }
    return matching(Object.keys(options).map((each) => `--${each}`), last); // prettier-ignore
  }
  const kind = found.command.words[place];
  return kind ? ofKind(kind, last, known, machine) : { words: [], files: false };
}

/** The first words of commands, or the second ones of "snapshot" and "media". */
function commandWords(table: CommandTable, before: readonly string[]): string[] {
  const names = Object.keys(table).map((name) => name.split(" "));
  if (before.length === 0) return [...new Set(names.map(([first]) => first!))];
  if (before.length > 1) return [];
  return names.filter(([first, second]) => first === before[0] && second !== undefined).map(([, second]) => second!);
}

interface Walked {
  /** How many words that are no options there are. */
  place: number;
  /** The option before the last word wants a value of this kind. */
  waiting: WordKind | null;
  machine: MachineRecord | null;
  /** "--" has been typed. */
  ended: boolean;
}

function walk(args: readonly string[], options: OptionSpec, { machines }: KnownNames): Walked {
  const walked: Walked = { place: 0, waiting: null, machine: null, ended: false };
  for (const arg of args) {
    if (walked.waiting) walked.waiting = null;
    else if (!walked.ended && arg === "--") walked.ended = true;
    else if (!walked.ended && arg.startsWith("--")) {
      const option = options[arg.slice(2)];
      if (option?.value) walked.waiting = option.value;
    } else {
      walked.machine ??= machines.find(({ name, id }) => name === arg || id === arg) ?? null;
      walked.place++;
    }
  }
  return walked;
}

function ofKind(kind: WordKind, last: string, known: KnownNames, machine: MachineRecord | null): Completion {
  if (typeof kind !== "string") return matching(kind, last);
  const machines = known.machines.map(({ name }) => name);
  const media = known.media.map(({ name }) => name);
  switch (kind) {
    case "machine":
      return matching(machines, last);
    case "medium":
      return matching(media, last);
    case "machineOrMedium":
      return matching([...machines, ...media], last);
    case "snapshot":
      return matching(machine?.snapshots.map(({ name }) => name) ?? [], last);
    case "file":
    case "newFile":
      return { words: [], files: true };
    case "text":
    case "number":
    case "size":
      return { words: [], files: false };
  }
}

function matching(words: readonly string[], last: string): Completion {
  const found = words.filter((word) => word.toLowerCase().startsWith(last.toLowerCase()));
  return { words: [...new Set(found)].sort((a, b) => a.localeCompare(b, "en")), files: false };
}

/** What all of them begin with. */
export function commonBeginning(words: readonly string[]): string {
  const [first = "", ...others] = words;
  let length = first.length;
  for (const other of others) while (!other.toLowerCase().startsWith(first.slice(0, length).toLowerCase())) length--;
  return first.slice(0, length);
}

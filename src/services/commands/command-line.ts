/**
 * A command's words: options by their names, and the rest by its place. "--name value", "--name=value"; "--" ends the
 * options. A value may begin with a dash.
 */
import type { CommandWords } from "./command-words.ts";
import { fail } from "./usage-error.ts";

/** What may stand somewhere, for completion. */
export type WordKind =
  | "machine"
  | "medium"
  | "machineOrMedium"
  | "snapshot"
  | "file"
  | "newFile"
  | "text"
  | "number"
  | "size"
  | readonly string[];

export interface OptionKind {
  /** Absent: the option stands alone. */
  value?: WordKind;
  multiple?: boolean;
}

/** By name, without the dashes. */
export type OptionSpec = Record<string, OptionKind>;

export class CommandLine {
  constructor(
    /** Without the options. */
    readonly words: string[],
    private readonly values: ReadonlyMap<string, string[]>,
    readonly say: CommandWords,
  ) {}

  text(name: string): string | undefined {
    return this.values.get(name)?.at(-1);
  }

  texts(name: string): string[] {
    return this.values.get(name) ?? [];
  }

  flag(name: string): boolean {
    return this.values.has(name);
  }

  /** The word at a place. @throws UsageError that says what belongs there */
  wordAt(place: number, what: string): string {
    return this.words[place] ?? fail(this.say.needs(what));
  }

  /** @throws UsageError where there are more words than that */
  expectNoMore(count: number): void {
    if (this.words.length > count) fail(this.say.tooMuch(this.words[count]!));
  }

  /** @throws UsageError */
  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    return /^[0-9]+$/.test(text) ? Number(text) : fail(this.say.needsNumber(name, text));
  }

  /** Counts as people do. @throws UsageError */
  ordinal(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : fail(this.say.needsOrdinal(name, text));
  }

  /** @throws UsageError */
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined || (choices as readonly string[]).includes(text)) return text as T | undefined;
    return fail(this.say.needsChoice(name, choices.join(", "), text));
  }
}

/** @throws UsageError */
export function parseCommandLine(args: readonly string[], spec: OptionSpec, say: CommandWords): CommandLine {
  const words: string[] = [];
  const values = new Map<string, string[]>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--") {
      words.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("--")) {
      if (/^-[a-zA-Z]/.test(arg)) fail(say.unknownOption(arg));
      words.push(arg);
      continue;
    }
    const [, name, , attached] = /^--([^=]*)(=([^]*))?$/.exec(arg)!;
    const option = Object.hasOwn(spec, name!) ? spec[name!]! : fail(say.unknownOption(`--${name}`));
    if (!option.value) {
      if (attached !== undefined) fail(say.takesNoValue(name!));
      values.set(name!, [""]);
      continue;
    }
    const value = attached ?? args[++i] ?? fail(say.needsValue(name!));
    values.set(name!, option.multiple ? [...(values.get(name!) ?? []), value] : [value]);
  }
  return new CommandLine(words, values, say);
}

/** "2G", "512M", "64k", or bytes. @throws UsageError */
export function sizeOf(text: string, say: CommandWords): number {
  const [, digits, unit] = /^([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text) ?? fail(say.noSize(text));
  const factor = 1024 ** " kmgt".indexOf(unit!.toLowerCase() || " ");
  return Math.round((Number(digits) * factor) / 512) * 512;
}

/**
 * A typed line as words, as shells do it in short: blanks part them; 'single' and "double" quotation marks keep blanks; a
 * backslash takes the next character as it is. No variables, no patterns.
 */
import type { CommandWords } from "./command-words.ts";
import { fail } from "./usage-error.ts";

export interface SplitLine {
  words: string[];
  /** Where the last word begins in the line; its end where the line ends with a blank, and the last word is "". */
  lastFrom: number;
  /** The quotation mark that is not closed. */
  open: "" | "'" | '"';
}

/** The last word is the one that is being typed, and may be empty. */
export function splitTyped(line: string): SplitLine {
  const words: string[] = [];
  let word = "";
  let inWord = false;
  let lastFrom = 0;
  let open: SplitLine["open"] = "";
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!;
    if (!inWord && open === "" && char !== " ") {
      inWord = true;
      lastFrom = i;
    }
    if (char === "\\" && open !== "'" && i + 1 < line.length) word += line[++i]!;
    else if (open !== "") {
      if (char === open) open = "";
      else word += char;
    } else if (char === "'" || char === '"') open = char;
    else if (char === " ") {
      if (inWord) words.push(word);
      word = "";
      inWord = false;
      lastFrom = i + 1;
    } else word += char;
  }
  if (!inWord) lastFrom = line.length;
  return { words: [...words, word], lastFrom, open };
}

/** @throws UsageError */
export function splitLine(line: string, say: CommandWords): string[] {
  const { words, open, lastFrom } = splitTyped(line);
  if (open !== "") fail(say.openQuote);
  return lastFrom === line.length && words.at(-1) === "" ? words.slice(0, -1) : words;
}

/** A word so that it comes back as one. */
export function quoted(word: string): string {
  if (word !== "" && /^[^\s'"\\]+$/.test(word)) return word;
  return word.includes("'") ? `"${word.replace(/["\\]/g, "\\$&")}"` : `'${word}'`;
}

/** Which keys of a US keyboard write a text, by their KeyboardEvent.code names. */
import { VmError } from "../protocol/vm-api.ts";
import type { KeyCode } from "../protocol/vm-api.ts";

export interface Keystroke {
  code: KeyCode;
  shift: boolean;
}

const plain: Record<string, KeyCode> = {
  "\n": "Enter",
  "\t": "Tab",
  "\b": "Backspace",
  "\x1b": "Escape",
  "\x7f": "Delete",
  " ": "Space",
  "-": "Minus",
  "=": "Equal",
  "[": "BracketLeft",
  "]": "BracketRight",
  "\\": "Backslash",
  ";": "Semicolon",
  "'": "Quote",
  "`": "Backquote",
  ",": "Comma",
  ".": "Period",
  "/": "Slash",
};
/** The character that each shifted key writes, in the order of the unshifted ones. */
const unshiftedRow = "1234567890-=[]\\;'`,./";
const shiftedRow = '!@#$%^&*()_+{}|:"~<>?';

function keystrokeFor(character: string): Keystroke | null {
  const shiftedAt = shiftedRow.indexOf(character);
  if (shiftedAt >= 0) return { code: codeFor(unshiftedRow[shiftedAt]!)!, shift: true };
  const code = codeFor(character.toLowerCase());
  return code ? { code, shift: character !== character.toLowerCase() } : null;
}

function codeFor(character: string): KeyCode | undefined {
  if (/^[a-z]$/.test(character)) return `Key${character.toUpperCase()}`;
  if (/^[0-9]$/.test(character)) return `Digit${character}`;
  return plain[character];
}

/** @throws VmError where a character has no key. A carriage return before a newline is the same Enter. */
export function keystrokesFor(text: string): Keystroke[] {
  return Array.from(text.replace(/\r\n?/g, "\n"), (character) => {
    const keystroke = keystrokeFor(character);
    if (!keystroke) throw new VmError("badConfig", `"${character}" is on no key of a US keyboard.`);
    return keystroke;
  });
}

/**
 * Text that is to be typed into a guest. A US keyboard has keys for ASCII; what editors and web pages put in place of it
 * (quotes, dashes, spaces) is typed as what it stands for, and what cannot be typed is named before anything is.
 */

const substitutes: Record<string, string> = {
  "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "–": "-", "—": "-", "−": "-",
  "‐": "-", "‑": "-", "…": "...", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u200b": "", "\ufeff": "",
}; // prettier-ignore

export interface TypedText {
  text: string;
  /** Characters without a key, each once; they are left out of `text`. */
  untypable: string[];
}

export function typedText(pasted: string): TypedText {
  let text = "";
  const untypable = new Set<string>();
  for (const char of pasted.normalize("NFC").replace(/\r\n?/g, "\n")) {
    const typed = substitutes[char] ?? char;
    if (/^[\t\n\x20-\x7e]*$/.test(typed)) text += typed;
    else untypable.add(char);
  }
  return { text, untypable: [...untypable] };
}

/** So much is under way at a time: what a person gives up stops soon. */
const PIECE_CHARS = 32;

/** Types in pieces until `signal` is aborted. @param told how many characters are typed */
export async function typeInPieces(
  text: string,
  type: (piece: string) => Promise<boolean>,
  signal: AbortSignal,
  told: (doneChars: number) => void,
): Promise<void> {
  for (let at = 0; at < text.length && !signal.aborted; at += PIECE_CHARS) {
    if (!(await type(text.slice(at, at + PIECE_CHARS)))) return;
    told(Math.min(text.length, at + PIECE_CHARS));
  }
}

/**
 * Sentences for people that can be said in another language: an English text with places for what goes in, as data that
 * crosses threads. Whoever fails says what is wrong by `said`; a program prints it in English, and the page finds the
 * sentence of its language by the text (src/ui/messages/es-failures.ts). A part that is a phrase of its own is `said`,
 * too; names and numbers are put in as they are.
 */

export interface Said {
  /** "There is no “{0}” in {1}." */
  readonly text: string;
  readonly parts: readonly Part[];
}
export type Part = string | number | Said;

/** In front of a template: said`There is no ${name}.` */
export function said(strings: TemplateStringsArray, ...parts: Part[]): Said {
  return { text: strings.reduce((text, string, i) => `${text}{${i - 1}}${string}`), parts };
}

/** A text without parts is one sentence, too. */
export function asSaid(message: Said | string): Said {
  return typeof message === "string" ? { text: message, parts: [] } : message;
}

/** Those without parts as texts, which are simpler to keep and to compare. */
export function asPlain(said: Said): Said | string {
  return said.parts.length > 0 ? said : said.text;
}

export function inEnglish(message: Said | string): string {
  const { text, parts } = asSaid(message);
  return text.replace(/\{(\d+)\}/g, (_, place: string) => {
    const part = parts[Number(place)] ?? "";
    return typeof part === "object" ? inEnglish(part) : String(part);
  });
}

/** A failure in words: its `message` is English. */
export class SaidError extends Error {
  readonly said: Said;

  constructor(message: Said | string) {
    super(inEnglish(message));
    this.said = asSaid(message);
  }
}

/** What a thrown value says. */
export function saidBy(error: unknown): Said {
  if (error instanceof SaidError) return error.said;
  return asSaid(error instanceof Error ? error.message : String(error));
}

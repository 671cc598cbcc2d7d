/** Sentences of failures (src/shared/said.ts) as messages: the English text with its places is the id. */
import type { Template } from "./words.ts";

export function failureId(text: string): string {
  return `failure:${text}`;
}

/** @param valueOf what goes into {0}, {1}, … */
export function templateOf(text: string, valueOf: (place: number) => unknown): Template {
  const pieces = text.split(/\{(\d+)\}/);
  const strings = pieces.filter((_, i) => i % 2 === 0);
  const places = pieces.filter((_, i) => i % 2 === 1).map(Number);
  return { strTag: true, strings: Object.assign(strings, { raw: strings }), values: places.map(valueOf) };
}

/** As @lit/localize loads them. @param sentences what is said instead of each English one */
export function failureTemplates(sentences: Record<string, string>): Record<string, Template> {
  const placeItself = (place: number) => place;
  return Object.fromEntries(
    Object.entries(sentences).map(([english, text]) => [failureId(english), templateOf(text, placeItself)]),
  );
}

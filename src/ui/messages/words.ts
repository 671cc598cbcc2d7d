/**
 * Between the catalogues and @lit/localize. A catalogue is a tree: a text is a string, a text with parts to fill in a
 * function that gives a `str` template of its parameters as they come. The path of a message in the tree
 * ("library.count.one") is its id. English is the source and gives the tree its shape; another language is the same
 * tree, so that the compiler sees a message that is missing or has other parameters. What a sentence depends on
 * (a number, a fault) chooses among messages; no message computes.
 */
import { msg } from "@lit/localize";
import type { str } from "@lit/localize";

export type Template = ReturnType<typeof str>;
export type Fill = string | number;
/** A method, so that a function of fewer or narrower parameters is one, too. */
export type Sentence = { fill(...parts: never[]): Template }["fill"];
export interface Tree {
  readonly [name: string]: string | Sentence | Tree;
}

/** A tree as its readers see it: each message in the language of now. */
export type Words<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...parts: infer P) => Template
      ? (...parts: P) => string
      : Words<T[K]>;
};

/** What is said of a number, by the plural categories that a language here has (CLDR): English and Spanish have two. */
export interface Plural {
  one(number: string): Template;
  other(number: string): Template;
}

/** Messages are looked up when they are read. */
export function wordsOf<T extends object>(tree: T, path = ""): Words<T> {
  const words = {};
  for (const [name, node] of Object.entries(tree as Tree)) {
    const id = path + name;
    if (typeof node === "string")
      Object.defineProperty(words, name, { enumerable: true, get: () => msg(node, { id }) });
    else {
      const value =
        typeof node === "function"
          ? (...parts: Fill[]) => msg(node(...(parts as never[])), { id })
          : wordsOf(node, `${id}.`);
      Object.defineProperty(words, name, { enumerable: true, value });
    }
  }
  return words as Words<T>;
}

/**
 * A tree as @lit/localize loads it: by id, with the places of parameters instead of values.
 * @throws RangeError where a message does something else with a parameter than to put it in
 */
export function templatesOf(tree: object, path = ""): Record<string, string | Template> {
  const templates: Record<string, string | Template> = {};
  for (const [name, node] of Object.entries(tree as Tree)) {
    const id = path + name;
    if (typeof node === "string") templates[id] = node;
    else if (typeof node === "function") {
      const places = Array.from({ length: node.length }, (_, place) => place);
      const template = node(...(places as never[]));
      if (!template.values.every((value) => places.includes(value as number)))
        throw new RangeError(`The message ${id} computes with its parameters`);
      templates[id] = template;
    } else Object.assign(templates, templatesOf(node, `${id}.`));
  }
  return templates;
}

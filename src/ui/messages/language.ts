/** The language that the page speaks now. Elements read `language.messages` and are told by "change". */
import { en } from "./en.ts";
import type { Messages } from "./en.ts";
import { es } from "./es.ts";

export type { Messages };

export const LANGUAGES: readonly { tag: string; messages: Messages }[] = [
  { tag: "en", messages: en },
  { tag: "es", messages: es },
];

/** The first of the wanted languages that there is ("es-MX" is served by "es"); English where there is none. */
export function bestLanguage(wanted: readonly string[]): string {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0];
    const known = LANGUAGES.find((language) => language.tag === base);
    if (known) return known.tag;
  }
  return "en";
}

class Language extends EventTarget {
  tag = "en";
  messages: Messages = en;

  set(tag: string): void {
    const next = LANGUAGES.find((language) => language.tag === tag);
    if (!next || next.tag === this.tag) return;
    this.tag = next.tag;
    this.messages = next.messages;
    this.dispatchEvent(new Event("change"));
  }

  /** A number as people write it here. */
  number(value: number, options: Intl.NumberFormatOptions = {}): string {
    return new Intl.NumberFormat(this.tag, options).format(value);
  }

  percent(share: number): string {
    return this.number(share, { style: "percent", maximumFractionDigits: 0 });
  }

  /** In units of 1024, as memory and files are counted. */
  size(bytes: number): string {
    const units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let value = bytes;
    let unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return `${this.number(value, { maximumFractionDigits: value < 10 && unit > 0 ? 1 : 0 })} ${units[unit]!}`;
  }
}

export const language = new Language();

/**
 * The language that the page speaks now, by @lit/localize: English comes with the page, others are loaded when they
 * are wanted. Elements read `language.messages`, and render again by `updateWhenLocaleChanges`.
 */
import { configureLocalization, LOCALE_STATUS_EVENT, msg } from "@lit/localize";
import type { LocaleModule } from "@lit/localize";
import { englishCommands } from "../../services/commands/command-words.ts";
import type { CommandWords, SpokenCommands } from "../../services/commands/command-words.ts";
import { asSaid, saidBy } from "../../shared/said.ts";
import type { Said } from "../../shared/said.ts";
import { en } from "./en.ts";
import { failureId, templateOf } from "./failures.ts";
import { wordsOf } from "./words.ts";
import type { Words } from "./words.ts";

export type Messages = Words<typeof en>;

/** Their names are in their own language, whatever the page speaks. */
export const LANGUAGES = [
  { tag: "en", name: "English" },
  { tag: "es", name: "Español" },
] as const;
type LanguageTag = (typeof LANGUAGES)[number]["tag"];

/** What the terminal says is of the commands, which `posada` has without a page: words beside the messages. */
interface LanguageModule extends LocaleModule {
  commands: SpokenCommands;
}

const modules: Record<Exclude<LanguageTag, "en">, () => Promise<LanguageModule>> = {
  es: () => import("./locale-es.ts"),
};

/** Messages of the language that was loaded last. */
let known: LocaleModule["templates"] = {};
const commands: Record<string, SpokenCommands> = { en: englishCommands };

const { getLocale, setLocale } = configureLocalization({
  sourceLocale: "en",
  targetLocales: Object.keys(modules),
  loadLocale: async (tag) => {
    const loaded = await modules[tag as keyof typeof modules]();
    commands[tag] = loaded.commands;
    known = loaded.templates;
    return loaded;
  },
});

/** The first of the wanted languages that there is ("es-MX" is served by "es"); English where there is none. */
export function bestLanguage(wanted: readonly string[]): LanguageTag {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split("-")[0];
    const known = LANGUAGES.find((language) => language.tag === base);
    if (known) return known.tag;
  }
  return "en";
}

type PluralWords = Record<"one" | "other", (number: string) => string>;

class Language {
  readonly messages: Messages = wordsOf(en);

  get tag(): string {
    return getLocale();
  }

  get commands(): CommandWords {
    return { ...commands[this.tag]!, sentence: (message) => this.say(message) };
  }

  /** Resolves when the page speaks it; a language that there is not changes nothing. @throws where it cannot be loaded */
  async set(tag: string): Promise<void> {
    if (!LANGUAGES.some((language) => language.tag === tag)) return;
    try {
      await setLocale(tag);
    } catch (error) {
      // A second attempt would be answered by the failure of the first.
      await setLocale("en");
      throw error;
    }
  }

  /** Calls `then` each time the page has begun to speak another language. */
  onChange(then: () => void): void {
    window.addEventListener(LOCALE_STATUS_EVENT, ({ detail }) => {
      if (detail.status === "ready") then();
    });
  }

  /** Those of the words that go with the number, with it. */
  count(words: PluralWords, number: number): string {
    const category = new Intl.PluralRules(this.tag).select(number);
    return words[category === "one" ? "one" : "other"](this.number(number));
  }

  /** What failed, or was found, in the words of now; sentences of engines and systems as they are. */
  say(message: Said | string): string {
    const { text, parts } = asSaid(message);
    const said = parts.map((part) => (typeof part === "object" ? this.say(part) : String(part)));
    return msg(
      templateOf(text, (place) => said[place] ?? ""),
      { id: failureId(text) },
    );
  }

  failure(error: unknown): string {
    return this.say(saidBy(error));
  }

  /** false: `say` gives English, though the page speaks another language. */
  knows(message: Said | string): boolean {
    return this.tag === "en" || failureId(asSaid(message).text) in known;
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

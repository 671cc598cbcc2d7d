import { afterEach, expect, test, vi } from "vitest";
// @lit/localize tells a window.
vi.hoisted(() => vi.stubGlobal("window", new EventTarget()));
import { str } from "@lit/localize";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { bestLanguage, language, LANGUAGES } from "./language.ts";
import { templatesOf, wordsOf } from "./words.ts";

afterEach(() => language.set("en"));

test("the first wanted language that there is, else English", () => {
  expect(bestLanguage(["fr-FR", "es-MX", "en"])).toBe("es");
  expect(bestLanguage(["EN-GB"])).toBe("en");
  expect(bestLanguage(["zh", "ja"])).toBe("en");
  expect(bestLanguage([])).toBe("en");
});

test("those who show texts are told of another language, once", async () => {
  const changed = vi.fn();
  language.onChange(changed);
  await language.set("es");
  await language.set("es");
  await language.set("tlh");
  expect(changed).toHaveBeenCalledTimes(1);
  expect(language.tag).toBe("es");
});

test("what was read before another language came is read anew in it", async () => {
  const { library, wizard } = language.messages;
  expect([library.newMachine, wizard.bits(32)]).toEqual(["New machine…", "32-bit"]);
  expect(language.commands.never).toBe("never");
  await language.set("es");
  expect([library.newMachine, wizard.bits(32)]).toEqual(["Máquina nueva…", "32 bits"]);
  expect(language.commands.never).toBe("nunca");
});

test("another language may put parts in another order, and more than once", () => {
  const there = { told: { of: (machine: string, count: number) => str`${machine} has ${count}` } };
  const here: typeof there = { told: { of: (machine, count) => str`${count}, ${count} de ${machine}` } };
  expect(wordsOf(there).told.of("One", 7)).toBe("One has 7");
  expect(templatesOf(here)).toEqual({
    "told.of": { strTag: true, strings: ["", ", ", " de ", ""], values: [1, 1, 0] },
  });
});

test("a message that computes with what is put into it is refused", () => {
  expect(() => templatesOf({ next: (number: number) => str`Layer ${number + 1}` })).toThrow(/next computes/);
});

test("sizes, numbers and counted things are written as the language does", async () => {
  const { count } = language.messages.library;
  expect(language.size(14149568)).toBe("13 MiB");
  expect(language.size(1707659)).toBe("1.6 MiB");
  expect(language.size(0)).toBe("0 B");
  expect([0, 1, 2, 1234].map((number) => language.count(count, number))).toEqual([
    "0 machines",
    "1 machine",
    "2 machines",
    "1,234 machines",
  ]);
  await language.set("es");
  expect(language.size(1707659)).toBe("1,6 MiB");
  expect(language.percent(0.975)).toMatch(/98\s%/);
  expect([0, 1, 2].map((number) => language.count(count, number))).toEqual(["0 máquinas", "1 máquina", "2 máquinas"]);
  // A million is of a category of its own in Spanish.
  expect(language.count(count, 1_000_000)).toBe("1.000.000 máquinas");
});

const english = templatesOf(en);
const spanish = templatesOf(es);
const text = (template: (typeof english)[string]) =>
  typeof template === "string" ? template : template.strings.join("\0");
const parts = (template: (typeof english)[string]) =>
  typeof template === "string" ? [] : [...new Set(template.values)].sort();

test("every message has its Spanish, with the same parts put in, and none is left in English by accident", () => {
  expect(Object.keys(spanish).sort()).toEqual(Object.keys(english).sort());
  for (const [id, template] of Object.entries(english)) {
    expect(text(spanish[id]!).trim(), id).not.toBe("");
    // "Each minute": one need not be counted.
    if (!id.endsWith(".one")) expect(parts(spanish[id]!), id).toEqual(parts(template));
  }
  const same = Object.keys(english).filter(
    (id) => text(english[id]!) === text(spanish[id]!) && /\p{L}/u.test(text(english[id]!)),
  );
  // Names, units and words that both languages share.
  const shared = /appName|status\.speed|memoryUnit|processors\.|cdrom|(places|terminal)\.(terminal|heading)/;
  expect(same.filter((id) => !shared.test(id))).toEqual([]);
});

test("languages go by names of their own", () => {
  expect(LANGUAGES.map(({ name }) => name)).toEqual(["English", "Español"]);
});

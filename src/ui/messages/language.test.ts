import { afterEach, expect, test, vi } from "vitest";
import { bestLanguage, language, LANGUAGES } from "./language.ts";

afterEach(() => language.set("en"));

test("the first wanted language that there is, else English", () => {
  expect(bestLanguage(["fr-FR", "es-MX", "en"])).toBe("es");
  expect(bestLanguage(["EN-GB"])).toBe("en");
  expect(bestLanguage(["zh", "ja"])).toBe("en");
  expect(bestLanguage([])).toBe("en");
});

test("those who show texts are told of another language, once", () => {
  const changed = vi.fn();
  language.addEventListener("change", changed);
  language.set("es");
  language.set("es");
  language.set("tlh");
  expect(changed).toHaveBeenCalledTimes(1);
  expect(language.messages.languageName).toBe("Español");
});

test("sizes and numbers are written as the language does", () => {
  expect(language.size(14149568)).toBe("13 MiB");
  expect(language.size(1707659)).toBe("1.6 MiB");
  expect(language.size(0)).toBe("0 B");
  language.set("es");
  expect(language.size(1707659)).toBe("1,6 MiB");
  expect(language.percent(0.975)).toMatch(/98\s%/);
});

test("no text is left empty or untranslated by accident", () => {
  const [english, spanish] = LANGUAGES.map(({ messages }) => flatten(messages));
  expect(Object.keys(spanish!)).toEqual(Object.keys(english!));
  const same = Object.keys(english!).filter((key) => english![key] === spanish![key]);
  // Names, units and words that both languages share.
  expect(
    same.filter((key) => !/appName|memoryUnit|processors\.|cdrom|(places|terminal)\.(terminal|heading)/.test(key)),
  ).toEqual([]);
  for (const text of Object.values(spanish!)) expect(text.trim()).not.toBe("");
});

function flatten(node: object, path = ""): Record<string, string> {
  return Object.fromEntries(
    Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
      if (typeof value === "string") return [[path + key, value]];
      return typeof value === "object" && value !== null ? Object.entries(flatten(value, `${path}${key}.`)) : [];
    }),
  );
}

import { expect, test } from "vitest";
import { Preferences } from "./preferences.ts";

function storage(text: string | null) {
  const kept = { text };
  return { kept, get: () => ({ getItem: () => kept.text, setItem: (_: string, next: string) => (kept.text = next) }) as unknown as Storage }; // prettier-ignore
}

test("choices are kept", () => {
  const { get } = storage(null);
  const chosen = {
    theme: "dark",
    language: null,
    machine: { memoryMiB: 64, bootOrder: ["cdrom", "disk", "floppy"] },
    scale: "integer",
    sort: "lastRun",
    layout: "list",
    folded: ["lab/servers"],
    autoSnapshots: { one: { everyMinutes: 15, keep: 3 } },
  } as const;
  new Preferences(get).set({ ...chosen, machine: { memoryMiB: 64, bootOrder: ["cdrom", "disk", "floppy"] } });
  expect(new Preferences(get).choices).toEqual(chosen);
});

test.each([
  "not JSON",
  "7",
  '{"theme":"pink","language":3,"scale":"huge","sort":7,"layout":null,"folded":"x","autoSnapshots":{"a":null,"b":{"everyMinutes":0,"keep":3},"c":{"everyMinutes":5,"keep":"x"}},"machine":{"memoryMiB":-1,"cpuModel":"z80","bootOrder":["usb"]}}',
])("stored %s is no harm", (text) => {
  expect(new Preferences(storage(text).get).choices).toEqual({
    theme: "system",
    language: null,
    machine: {},
    scale: "fit",
    sort: "name",
    layout: "cards",
    folded: [],
    autoSnapshots: {},
  });
});

test("a browser that keeps nothing only forgets", () => {
  const preferences = new Preferences(() => {
    throw new DOMException("no storage", "SecurityError");
  });
  preferences.set({ theme: "light" });
  expect(preferences.choices.theme).toBe("light");
});

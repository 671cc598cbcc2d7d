import { expect, test } from "vitest";
import { messageCatalogue } from "./message-catalogue.mjs";

/** Reads a catalogue as the format says, originals in their order. */
function read(bytes) {
  const text = (table, i) => {
    const at = bytes.readUInt32LE(table + i * 8 + 4);
    const length = bytes.readUInt32LE(table + i * 8);
    expect(bytes[at + length]).toBe(0);
    return bytes.toString("utf8", at, at + length);
  };
  const count = bytes.readUInt32LE(8);
  const tables = [bytes.readUInt32LE(12), bytes.readUInt32LE(16)];
  return Array.from({ length: count }, (_, i) => tables.map((table) => text(table, i)));
}

test("texts come back, sorted by their bytes, the header first", () => {
  const bytes = messageCatalogue({ "b %s": "zwei %s", B: "Ü", a: "" });
  expect(bytes.readUInt32LE(0)).toBe(0x950412de);
  expect(bytes.readUInt32LE(4)).toBe(0);
  const entries = read(bytes);
  expect(entries.map(([original]) => original)).toEqual(["", "B", "a", "b %s"]);
  expect(Object.fromEntries(entries)).toMatchObject({ "b %s": "zwei %s", B: "Ü", a: "" });
});

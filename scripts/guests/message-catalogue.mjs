/**
 * A message catalogue as GNU gettext reads it (.mo): a header, two tables of lengths and places, then the texts, each
 * ended by NUL. The originals are sorted by their bytes, for a binary search.
 * Reference: the gettext manual, "The Format of GNU MO Files".
 */

const MAGIC = 0x950412de;
const HEADER_WORDS = 7;

/** @param messages translations by original text  @returns {Buffer} the catalogue */
export function messageCatalogue(messages) {
  const entries = Object.entries({ "": "Content-Type: text/plain; charset=UTF-8\n", ...messages })
    .map((pair) => pair.map((text) => Buffer.from(text)))
    .sort(([a], [b]) => Buffer.compare(a, b));
  const count = entries.length;
  const originals = HEADER_WORDS * 4;
  const translations = originals + count * 8;
  const texts = translations + count * 8;
  const head = Buffer.alloc(texts);
  [MAGIC, 0, count, originals, translations, 0, texts].forEach((word, i) => head.writeUInt32LE(word, i * 4));
  const parts = [head];
  let at = texts;
  for (const [column, table] of [originals, translations].entries())
    for (const [i, entry] of entries.entries()) {
      head.writeUInt32LE(entry[column].length, table + i * 8);
      head.writeUInt32LE(at, table + i * 8 + 4);
      parts.push(entry[column], Buffer.from([0]));
      at += entry[column].length + 1;
    }
  return Buffer.concat(parts);
}

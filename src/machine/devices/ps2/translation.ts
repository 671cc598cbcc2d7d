/**
 * The keyboard controller's translation of set 2 to set 1, which PCs have had on since the AT: make codes by table, a
 * break prefix F0 becomes bit 7 of the code that follows.
 *
 * The table follows from the keys that have both codes; codes that no key sends have fixed translations too, seen when
 * a keyboard's replies (its scan-code set) pass through.
 *
 * References: [PS2KBD] "8042 scan-code translation".
 */
import { KEYS } from "./scan-codes.ts";

const BREAK_PREFIX = 0xf0;

/** Set 2 codes without a key of a single-byte set 1 code: pairs of set 2 and set 1. */
const KEYLESS: readonly (readonly [number, number])[] = [
  [0x00, 0xff],
  [0x02, 0x41],
  [0x17, 0x5a],
  [0x19, 0x71],
  [0x1f, 0x5b],
  [0x27, 0x5c],
  [0x2f, 0x5d],
  [0x37, 0x5e],
  [0x39, 0x72],
  [0x3f, 0x5f],
  [0x47, 0x60],
  [0x4f, 0x61],
  [0x53, 0x74],
  [0x56, 0x62],
  [0x5c, 0x75],
  [0x5e, 0x63],
  [0x60, 0x55],
  [0x65, 0x7a],
  [0x68, 0x7c],
  [0x6e, 0x7f],
  [0x6f, 0x6f],
  [0x7f, 0x54],
  [0x84, 0x54],
];

function buildTable(): Uint8Array {
  const table = Uint8Array.from({ length: 256 }, (_, code) => code);
  for (const [set2, set1] of KEYLESS) table[set2] = set1;
  for (const { set1, set2 } of KEYS.values()) {
    if (set1 < 0x80 && set2 < 0x84) table[set2] = set1;
  }
  return table;
}

const TABLE = buildTable();

/** State of the translator between bytes: whether F0 has been seen. */
export class ScanCodeTranslator {
  breakPending = false;

  /** @returns the byte for the host, or null when the byte was a prefix that goes into the next one. */
  translate(byte: number): number | null {
    if (byte === BREAK_PREFIX) {
      this.breakPending = true;
      return null;
    }
    const make = TABLE[byte] ?? byte;
    const result = this.breakPending ? make | 0x80 : make;
    this.breakPending = false;
    return result;
  }
}

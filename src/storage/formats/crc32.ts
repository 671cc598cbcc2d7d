/**
 * The two CRCs that images and partition tables use, both reflected: CRC-32 (IEEE 802.3) and CRC-32C (Castagnoli). Four
 * bytes a step, with a table for each of them.
 */

function tablesFor(polynomial: number): Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value >>> 0;
  });
  const tables = [first];
  for (let i = 1; i < 4; i++) tables.push(tables[i - 1]!.map((value) => (first[value & 0xff]! ^ (value >>> 8)) >>> 0));
  return tables;
}

const ieee = tablesFor(0xedb88320);
const castagnoli = tablesFor(0x82f63b78);

function run([t0, t1, t2, t3]: Uint32Array[], bytes: Uint8Array, before: number): number {
  let value = ~before;
  let at = 0;
  for (const end = bytes.length - 3; at < end; at += 4) {
    value ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    value = t3![value & 0xff]! ^ t2![(value >>> 8) & 0xff]! ^ t1![(value >>> 16) & 0xff]! ^ t0![value >>> 24]!;
  }
  for (; at < bytes.length; at++) value = t0![(value ^ bytes[at]!) & 0xff]! ^ (value >>> 8);
  return ~value >>> 0;
}

/** @param before the CRC of the bytes before these */
export const crc32 = (bytes: Uint8Array, before = 0): number => run(ieee, bytes, before);
export const crc32c = (bytes: Uint8Array, before = 0): number => run(castagnoli, bytes, before);

const NO_BYTES = new Uint8Array(4);

/** CRC-32C of a structure that holds its own CRC at `crcAt`, taken as zero. */
export function crc32cWithout(bytes: Uint8Array, crcAt: number): number {
  return crc32c(bytes.subarray(crcAt + 4), crc32c(NO_BYTES, crc32c(bytes.subarray(0, crcAt))));
}

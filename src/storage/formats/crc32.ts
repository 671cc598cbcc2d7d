/** The two CRCs that images and partition tables use, both reflected: CRC-32 (IEEE 802.3) and CRC-32C (Castagnoli). */

function tableFor(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    return value >>> 0;
  });
}

const ieee = tableFor(0xedb88320);
const castagnoli = tableFor(0x82f63b78);

function run(table: Uint32Array, bytes: Uint8Array, before: number): number {
  let value = ~before >>> 0;
  for (let i = 0; i < bytes.length; i++) value = table[(value ^ bytes[i]!) & 0xff]! ^ (value >>> 8);
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

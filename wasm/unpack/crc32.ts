/** CRC-32 (IEEE 802.3, reflected), eight bytes a step with a table for each of them. [XZ-FORMAT] 1.2.0, section 6 */
import { CRC_TABLES } from "./layout";

const POLYNOMIAL: u32 = 0xedb88320;
const TABLE_BYTES: usize = 4 * 256;

let made: bool = false;

function makeTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (POLYNOMIAL & (0 - (value & 1)));
    store<u32>(CRC_TABLES + (byte << 2), value);
  }
  for (let at = CRC_TABLES; at < CRC_TABLES + 7 * TABLE_BYTES; at += 4) {
    const before = load<u32>(at);
    store<u32>(at + TABLE_BYTES, entry(0, before & 0xff) ^ (before >>> 8));
  }
  made = true;
}

@inline function entry(table: u32, byte: u32): u32 {
  return load<u32>(CRC_TABLES + table * TABLE_BYTES + (byte << 2));
}

/** @param before the CRC of the bytes before these */
export function crc32(from: usize, end: usize, before: u32): u32 {
  if (!made) makeTables();
  let value = ~before;
  for (; from + 8 <= end; from += 8) {
    const low = value ^ load<u32>(from);
    const high = load<u32>(from, 4);
    value =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, high & 0xff) ^
      entry(2, (high >>> 8) & 0xff) ^
      entry(1, (high >>> 16) & 0xff) ^
      entry(0, high >>> 24);
  }
  for (; from < end; from++) value = entry(0, (value ^ load<u8>(from)) & 0xff) ^ (value >>> 8);
  return ~value;
}

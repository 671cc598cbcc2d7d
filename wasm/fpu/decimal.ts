/**
 * Packed BCD: 18 digits in 9 bytes, then a byte of which bit 7 is the sign. [SDM1] 4.7, figure 4-12, [SDM2] FBLD, FBSTP
 */
import { FCW_RC_SHIFT, FSW_IE, Float80, INTEGER_BIT, make, clearRaised, raiseFpu, signOf } from "./float80";
import { fromInteger, toInteger } from "./narrow";

const DIGITS_LOW: u32 = 16;
const LIMIT: u64 = 1_000_000_000_000_000_000;

/** Digits 0–15 and the two bytes above them (digits 16, 17; sign). Digits over 9 count as their value, as processors do. */
export function fromDecimal(low: u64, high: u32): Float80 {
  let value: u64 = 0;
  value = ((high >> 4) & 15) * 10 + (high & 15);
  for (let i: i32 = DIGITS_LOW - 1; i >= 0; i--) value = value * 10 + ((low >> (<u64>i << 2)) & 15);
  const result = fromInteger(<i64>value);
  return high & 0x8000 ? make(i64x2.extract_lane(result, 0), <u32>i64x2.extract_lane(result, 1) | 0x8000) : result;
}

/**
 * Digits 0–15 in lane 0, digits 16 and 17 and the sign in lane 1, rounded by RC. Invalid: the BCD indefinite.
 */
export function toDecimal(control: u32, a: Float80): v128 {
  const value = toInteger((control >> FCW_RC_SHIFT) & 3, a, 64);
  let magnitude: u64 = value < 0 ? <u64>0 - <u64>value : <u64>value;
  if (magnitude >= LIMIT) {
    clearRaised();
    raiseFpu(FSW_IE);
    return make(INTEGER_BIT | (INTEGER_BIT >> 1), 0xffff);
  }
  let low: u64 = 0;
  for (let i: u32 = 0; i < DIGITS_LOW; i++) {
    low |= magnitude % 10 << (<u64>i << 2);
    magnitude /= 10;
  }
  return make(low, <u32>(magnitude % 10) | <u32>((magnitude / 10) << 4) | (signOf(a) << 15));
}

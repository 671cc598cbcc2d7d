/** The upper halves of 128-bit products, out of 32-bit parts. [SDM2] MUL, IMUL */

/** Upper 64 bits of the unsigned product. */
export function mulHighU64(x: u64, y: u64): u64 {
  const xLow = x & 0xffff_ffff;
  const xHigh = x >> 32;
  const yLow = y & 0xffff_ffff;
  const yHigh = y >> 32;
  const low = xLow * yLow;
  const middle = xHigh * yLow + (low >> 32);
  const carry = (middle & 0xffff_ffff) + xLow * yHigh;
  return xHigh * yHigh + (middle >> 32) + (carry >> 32);
}

/** Upper 64 bits of the signed product. */
export function mulHighI64(x: i64, y: i64): i64 {
  let high = <i64>mulHighU64(<u64>x, <u64>y);
  if (x < 0) high -= y;
  if (y < 0) high -= x;
  return high;
}

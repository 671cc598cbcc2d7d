/**
 * 128-bit unsigned integers, as a v128: lane 1 is the upper half. [Knuth2] 4.3.1
 */

export type Wide = v128;

@inline export function wide(high: u64, low: u64): Wide {
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

@inline export function highOf(a: Wide): u64 {
  return i64x2.extract_lane(a, 1);
}

@inline export function lowOf(a: Wide): u64 {
  return i64x2.extract_lane(a, 0);
}

/** Upper 64 bits of a product. */
export function multiplyHigh(a: u64, b: u64): u64 {
  const lowA = a & 0xffff_ffff, highA = a >> 32;
  const lowB = b & 0xffff_ffff, highB = b >> 32;
  const middle = highA * lowB + ((lowA * lowB) >> 32);
  const carry = lowA * highB + (middle & 0xffff_ffff);
  return highA * highB + (middle >> 32) + (carry >> 32);
}

@inline export function multiplyFull(a: u64, b: u64): Wide {
  return wide(multiplyHigh(a, b), a * b);
}

@inline export function addWide(a: Wide, b: Wide): Wide {
  const low = lowOf(a) + lowOf(b);
  return wide(highOf(a) + highOf(b) + <u64>(low < lowOf(a)), low);
}

@inline export function subtractWide(a: Wide, b: Wide): Wide {
  return wide(highOf(a) - highOf(b) - <u64>(lowOf(a) < lowOf(b)), lowOf(a) - lowOf(b));
}

@inline export function lessWide(a: Wide, b: Wide): bool {
  return highOf(a) < highOf(b) || (highOf(a) == highOf(b) && lowOf(a) < lowOf(b));
}

@inline export function isZeroWide(a: Wide): bool {
  return (highOf(a) | lowOf(a)) == 0;
}

export function shiftLeftWide(a: Wide, count: u32): Wide {
  if (count == 0) return a;
  if (count >= 128) return wide(0, 0);
  if (count >= 64) return wide(lowOf(a) << (count - 64), 0);
  return wide((highOf(a) << count) | (lowOf(a) >> (64 - count)), lowOf(a) << count);
}

export function shiftRightWide(a: Wide, count: u32): Wide {
  if (count == 0) return a;
  if (count >= 128) return wide(0, 0);
  if (count >= 64) return wide(0, highOf(a) >> (count - 64));
  return wide(highOf(a) >> count, (lowOf(a) >> count) | (highOf(a) << (64 - count)));
}

/** Shifts by `count` to the left, or by −`count` to the right. */
@inline export function shiftWide(a: Wide, count: i32): Wide {
  return count >= 0 ? shiftLeftWide(a, <u32>count) : shiftRightWide(a, <u32>-count);
}

@inline export function leadingZeros(a: Wide): u32 {
  return highOf(a) ? <u32>clz<u64>(highOf(a)) : 64 + <u32>clz<u64>(lowOf(a));
}

/**
 * Divides high:low by `divisor` (bit 63 set, high < divisor). Quotient in the lower lane, remainder in the upper.
 * Two steps with digits of 32 bits. [Knuth2] 4.3.1 algorithm D
 */
export function divide128(high: u64, low: u64, divisor: u64): Wide {
  const d1 = divisor >> 32, d0 = divisor & 0xffff_ffff;
  let q1 = high / d1;
  let r = high - q1 * d1;
  while (q1 >> 32 || q1 * d0 > ((r << 32) | (low >> 32))) {
    q1--;
    r += d1;
    if (r >> 32) break;
  }
  const middle = ((high << 32) | (low >> 32)) - q1 * divisor;
  let q0 = middle / d1;
  r = middle - q0 * d1;
  while (q0 >> 32 || q0 * d0 > ((r << 32) | (low & 0xffff_ffff))) {
    q0--;
    r += d1;
    if (r >> 32) break;
  }
  return wide(((middle << 32) | (low & 0xffff_ffff)) - q0 * divisor, (q1 << 32) | q0);
}

/** Upper 128 bits of the product of two 128-bit numbers; at most 3 too small. */
export function multiplyWide(a: Wide, b: Wide): Wide {
  const highA = highOf(a), lowA = lowOf(a);
  const highB = highOf(b), lowB = lowOf(b);
  const low = highA * highB;
  const part1 = low + multiplyHigh(highA, lowB);
  const part2 = part1 + multiplyHigh(lowA, highB);
  return wide(multiplyHigh(highA, highB) + <u64>(part1 < low) + <u64>(part2 < part1), part2);
}

/** One digit of 64 bits of a quotient: the new remainder; the digit is in `digit`. */
let digit: u64 = 0;
function divideStep(rest: Wide, divisor: Wide): Wide {
  const high = highOf(rest), low = lowOf(rest);
  const divisorHigh = highOf(divisor), divisorLow = lowOf(divisor);
  let q: u64 = high >= divisorHigh ? 0xffff_ffff_ffff_ffff : lowOf(divide128(high, low, divisorHigh));
  // rest · 2^64 − q · divisor, in 192 bits; q is at most 2 too large.
  const productLow = q * divisorLow;
  const carryIn = multiplyHigh(q, divisorLow);
  const productMiddle = q * divisorHigh + carryIn;
  const productHigh = multiplyHigh(q, divisorHigh) + <u64>(productMiddle < carryIn);
  let resultLow = 0 - productLow;
  const borrow = <u64>(productLow != 0);
  let resultMiddle = low - productMiddle - borrow;
  let top = high - productHigh - <u64>(low < productMiddle || (low == productMiddle && borrow != 0));
  while (top) {
    q--;
    const sum = resultLow + divisorLow;
    const carry = <u64>(sum < resultLow);
    resultLow = sum;
    const middle = resultMiddle + divisorHigh;
    const middleCarry = middle + carry;
    top += <u64>(middle < resultMiddle) + <u64>(middleCarry < middle);
    resultMiddle = middleCarry;
  }
  digit = q;
  return wide(resultMiddle, resultLow);
}

/** a · 2^128 / b, cut off; b has bit 127 set and is greater than a. [Knuth2] 4.3.1 algorithm D */
export function divideWide(a: Wide, b: Wide): Wide {
  const rest = divideStep(a, b);
  const high = digit;
  divideStep(rest, b);
  return wide(high, digit);
}

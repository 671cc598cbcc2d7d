/**
 * + − × ÷ √ on double extended values: exact results rounded once. NaN, infinity, zero and denormal operands as in
 * [SDM1] 4.8, 8.5.1, 8.5.2, tables 4-7, 8-10; [SDM2] FADD, FSUB, FMUL, FDIV, FSQRT.
 */
import {
  BIAS, FSW_DE, FSW_ZE, Float80, INTEGER_BIT, ROUND_DOWN, dropRaised, infinity, invalid, expOf, isInfinite, isNormal, isSpecial, isZero, normalExp, normalSig, noteDenormal, propagate,
  propagateOne, raiseFpu, sigOf, signOf, zero,
} from "./float80";
import { roundPack, roundingMode } from "./round";
import { divide128, highOf, lowOf, multiplyFull } from "./wide";

/** Numbers of the operations as in ModRM.reg: R forms exchange the operands. */
export const OP_ADD: u32 = 0;
export const OP_MUL: u32 = 1;
export const OP_SUB: u32 = 4;
export const OP_SUBR: u32 = 5;
export const OP_DIV: u32 = 6;
export const OP_DIVR: u32 = 7;

export function operate(op: u32, control: u32, a: Float80, b: Float80): Float80 {
  switch (op) {
    case OP_ADD: return addOrSubtract(control, a, b, 0);
    case OP_MUL: return multiply(control, a, b);
    case OP_SUB: return addOrSubtract(control, a, b, 1);
    case OP_SUBR: return addOrSubtract(control, b, a, 1);
    case OP_DIV: return divide(control, a, b);
    default: return divide(control, b, a);
  }
}

/** `flip` is 1 to subtract b. */
function addOrSubtract(control: u32, a: Float80, b: Float80, flip: u32): Float80 {
  if (isNormal(a) && isNormal(b)) return addFinite(control, signOf(a), expOf(a), sigOf(a), signOf(b) ^ flip, expOf(b), sigOf(b));
  if (isSpecial(a) || isSpecial(b)) return propagate(a, b);
  const signA = signOf(a);
  const signB = signOf(b) ^ flip;
  if (isInfinite(a)) {
    if (isInfinite(b) && signA != signB) return invalid();
    noteDenormal(b);
    return a;
  }
  noteDenormal(a);
  if (isInfinite(b)) return infinity(signB);
  noteDenormal(b);
  if (isZero(a)) {
    if (isZero(b)) return zero(signA == signB ? signA : <u32>(roundingMode(control) == ROUND_DOWN));
    return roundPack(control, signB, normalExp(b), normalSig(b), 0);
  }
  if (isZero(b)) return roundPack(control, signA, normalExp(a), normalSig(a), 0);
  return addFinite(control, signA, normalExp(a), normalSig(a), signB, normalExp(b), normalSig(b));
}

/** Significands with their leading one at bit 63. */
function addFinite(control: u32, signA: u32, expA: i32, sigA: u64, signB: u32, expB: i32, sigB: u64): Float80 {
  // The greater exponent first: significands with 64 bits of room below.
  const swap = expA < expB;
  const exp = swap ? expB : expA;
  const distance = <u32>(exp - (swap ? expA : expB));
  const sign = swap ? signB : signA;
  const high = swap ? sigB : sigA;
  const small = swap ? sigA : sigB;
  let otherHigh: u64 = 0;
  let otherLow: u64 = 1; // sticky
  if (distance == 0) {
    otherHigh = small;
    otherLow = 0;
  } else if (distance < 64) {
    otherHigh = small >> distance;
    otherLow = small << (64 - distance);
  } else if (distance == 64) otherLow = small;
  else if (distance < 128) otherLow = (small >> (distance - 64)) | <u64>(small << (128 - distance) != 0);
  if (signA == signB) {
    const sum = high + otherHigh;
    if (sum >= high) return roundPack(control, sign, exp, sum, otherLow);
    return roundPack(control, sign, exp + 1, INTEGER_BIT | (sum >> 1), (sum << 63) | (otherLow >> 1) | (otherLow & 1));
  }
  return subtractAligned(control, sign, exp, high, otherHigh, otherLow);
}

/** high:0 − otherHigh:otherLow, where exponents are equal or the first has its leading one at the top. */
function subtractAligned(control: u32, sign: u32, exp: i32, high: u64, otherHigh: u64, otherLow: u64): Float80 {
  let resultSign = sign;
  let top: u64, low: u64;
  if (otherHigh > high || (otherHigh == high && otherLow)) {
    // Only with equal exponents.
    top = otherHigh - high;
    low = otherLow;
    resultSign ^= 1;
  } else {
    low = 0 - otherLow;
    top = high - otherHigh - <u64>(otherLow != 0);
  }
  if (!(top | low)) return zero(<u32>(roundingMode(control) == ROUND_DOWN));
  if (!top) {
    const shift = <u32>clz<u64>(low);
    return roundPack(control, resultSign, exp - 64 - <i32>shift, low << shift, 0);
  }
  const shift = <u32>clz<u64>(top);
  if (shift == 0) return roundPack(control, resultSign, exp, top, low);
  return roundPack(control, resultSign, exp - <i32>shift, (top << shift) | (low >> (64 - shift)), low << shift);
}

export function multiply(control: u32, a: Float80, b: Float80): Float80 {
  if (isNormal(a) && isNormal(b)) return multiplyFinite(control, signOf(a) ^ signOf(b), expOf(a) + expOf(b) - BIAS, sigOf(a), sigOf(b));
  if (isSpecial(a) || isSpecial(b)) return propagate(a, b);
  const sign = signOf(a) ^ signOf(b);
  if (isInfinite(a) || isInfinite(b)) {
    if (isZero(a) || isZero(b)) return invalid();
    noteDenormal(a);
    noteDenormal(b);
    return infinity(sign);
  }
  noteDenormal(a);
  noteDenormal(b);
  if (isZero(a) || isZero(b)) return zero(sign);
  return multiplyFinite(control, sign, normalExp(a) + normalExp(b) - BIAS, normalSig(a), normalSig(b));
}

/** Significands with their leading one at bit 63. */
@inline function multiplyFinite(control: u32, sign: u32, exp: i32, sigA: u64, sigB: u64): Float80 {
  const product = multiplyFull(sigA, sigB);
  const high = highOf(product);
  const low = lowOf(product);
  if (high & INTEGER_BIT) return roundPack(control, sign, exp + 1, high, low);
  return roundPack(control, sign, exp, (high << 1) | (low >> 63), low << 1);
}

export function divide(control: u32, a: Float80, b: Float80): Float80 {
  if (isSpecial(a) || isSpecial(b)) return propagate(a, b);
  const sign = signOf(a) ^ signOf(b);
  if (isInfinite(a)) {
    if (isInfinite(b)) return invalid();
    noteDenormal(b);
    return infinity(sign);
  }
  if (isZero(b)) {
    if (isZero(a)) return invalid();
    dropRaised(FSW_DE); // a zero divisor goes before a denormal dividend
    raiseFpu(FSW_ZE);
    return infinity(sign);
  }
  noteDenormal(a);
  noteDenormal(b);
  if (isZero(a) || isInfinite(b)) return zero(sign);
  const sigA = normalSig(a);
  const sigB = normalSig(b);
  let exp = normalExp(a) - normalExp(b) + BIAS;
  let result: v128;
  if (sigA < sigB) {
    exp--;
    result = divide128(sigA, 0, sigB);
  } else result = divide128(sigA >> 1, sigA << 63, sigB);
  const remainder = highOf(result);
  // Below the last place: half is exact, everything else needs only its side.
  let rest: u64 = 0;
  if (remainder) {
    const left = sigB - remainder;
    rest = remainder > left ? INTEGER_BIT | 1 : remainder == left ? INTEGER_BIT : 1;
  }
  return roundPack(control, sign, exp, lowOf(result), rest);
}

/** Integer square root of high:low, high ≥ 2^62: 64 bits. Starts from the host's 53 bits. */
function root(high: u64, low: u64): u64 {
  let estimate = <f64>high;
  estimate = sqrt<f64>(estimate) * 4294967296.0;
  let x: u64 = estimate >= 18446744073709549568.0 ? 0xffff_ffff_ffff_ffff : <u64>estimate;
  if (!(x & INTEGER_BIT)) x = INTEGER_BIT;
  // One step of Newton's method makes it right but for the last place: x ← (x + n / x) / 2.
  const quotient = high >= x ? <u64>0xffff_ffff_ffff_ffff : lowOf(divide128(high, low, x));
  x = (x >> 1) + (quotient >> 1) + (x & quotient & 1);
  while (true) {
    const square = multiplyFull(x, x);
    if (highOf(square) < high || (highOf(square) == high && lowOf(square) <= low)) break;
    x--;
  }
  return x;
}

export function squareRoot(control: u32, a: Float80): Float80 {
  if (isSpecial(a)) return propagateOne(a);
  if (isZero(a)) return a;
  if (signOf(a)) return invalid();
  if (isInfinite(a)) return a;
  noteDenormal(a);
  const unbiased = normalExp(a) - BIAS;
  const sig = normalSig(a);
  // sig · 2^63 or · 2^64, so that the exponent is even and the root has 64 bits.
  const odd = (unbiased & 1) != 0;
  const high = odd ? sig : sig >> 1;
  const low: u64 = odd ? 0 : sig << 63;
  const x = root(high, low);
  const square = multiplyFull(x, x);
  const borrow = <u64>(low < lowOf(square));
  const restLow = low - lowOf(square);
  const restHigh = high - highOf(square) - borrow;
  // The remainder is at most 2x; more than x means above the middle.
  let rest: u64 = 0;
  if (restHigh | restLow) rest = restHigh || restLow > x ? INTEGER_BIT | 1 : 1;
  return roundPack(control, 0, (unbiased >> 1) + BIAS, x, rest);
}

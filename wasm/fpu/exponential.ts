/**
 * F2XM1, FYL2X, FYL2XP1. log2 m = 2 / ln 2 · atanh((m − 1) / (m + 1)) with m between √½ and √2, where the quotient is formed
 * from exact numbers, so that nothing is lost near 1.
 *
 * Outside the ranges of the manual the results are those of AMD processors: F2XM1 gives its operand back, FYL2XP1 is right for
 * every x > −1 and gives x back below. [SDM2] F2XM1, FYL2X, FYL2XP1
 *
 * Intermediate numbers are w · 2^e with a 128-bit integer w.
 */
import { ATANH_DEGREE, EXP, EXP_DEGREE, LN2, ODD, TWO_OVER_LN2 } from "./constants";
import {
  BIAS, FSW_PE, FSW_ZE, Float80, INTEGER_BIT, infinity, invalid, isInfinite, isSpecial, isZero, make, negated, normalExp, normalSig, noteDenormal, propagate, propagateOne,
  raiseFpu, sigOf, signOf, zero,
} from "./float80";
import { alternatingSeries, constantAt, roundExact, roundWide, series, wideExponent, wideSig } from "./series";
import {
  Wide, addWide, divideWide, highOf, isZeroWide, leadingZeros, multiplyWide, shiftLeftWide, shiftRightWide, shiftWide, subtractWide, wide,
} from "./wide";

/** Significand of √2: above it the logarithm is taken of m / 2. */
const SQRT2: u64 = 0xb504_f333_f9de_6484;
/** √2 − 1 and 1 − √½, with exponent −2: between them 1 + x needs no reduction. */
const SQRT2_MINUS_1: u64 = 0xd413_cccf_e779_9211;
const ONE_MINUS_SQRT_HALF: u64 = 0x95f6_1998_0c43_36f7;
/** Fraction bits of k + log2 m. */
const SUM_BITS: i32 = 111;

/** 2^a − 1 for −1 ≤ a ≤ 1. */
export function exponential(control: u32, a: Float80): Float80 {
  if (isSpecial(a)) return propagateOne(a);
  if (isZero(a)) return a;
  const sign = signOf(a);
  if (isInfinite(a)) return sign ? make(INTEGER_BIT, 0x8000 | <u32>BIAS) : a;
  noteDenormal(a);
  const exp = normalExp(a);
  if (exp >= BIAS) {
    raiseFpu(FSW_PE);
    if (exp > BIAS || sigOf(a) != INTEGER_BIT) return a;
    return make(INTEGER_BIT, sign ? 0x8000 | <u32>(BIAS - 1) : <u32>BIAS);
  }
  // y = |a| · ln 2 as a number, and as a fraction of 2^128
  const y = multiplyWide(wideSig(a), constantAt(LN2, 0));
  const fraction = shiftRightWide(y, <u32>(BIAS - 1 - exp));
  const factor = sign ? alternatingSeries(EXP, EXP_DEGREE, fraction) : series(EXP, EXP_DEGREE, fraction);
  return roundWide(control, sign, wideExponent(a) + 1, multiplyWide(y, factor));
}

// ---- logarithms: the number last computed, beside its w

let logSign: u32 = 0;
let logExponent: i32 = 0;
let logExact: bool = false;

/** 2 / ln 2 · atanh(n / d · 2^scale), for n / d · 2^scale < 1/5. */
function logOfQuotient(n: Wide, d: Wide, scale: i32): Wide {
  const zerosN = leadingZeros(n);
  const zerosD = leadingZeros(d);
  const exponent = scale + <i32>zerosD - <i32>zerosN - 127;
  const s = divideWide(shiftRightWide(shiftLeftWide(n, zerosN), 1), shiftLeftWide(d, zerosD));
  const fraction = shiftRightWide(s, <u32>min<i32>(-128 - exponent, 128));
  const sum = series(ODD, ATANH_DEGREE, multiplyWide(fraction, fraction));
  logExponent = exponent + 3;
  return multiplyWide(multiplyWide(s, sum), constantAt(TWO_OVER_LN2, 0));
}

/** log2(m / 2^127 · 2^power), m with bit 127 set. Zero and integers are exact. */
function logarithm(m: Wide, power: i32): Wide {
  const half = shiftRightWide(m, 1);
  const isLower = highOf(m) <= SQRT2;
  const one = isLower ? wide(INTEGER_BIT >> 1, 0) : wide(INTEGER_BIT, 0);
  const n = isLower ? subtractWide(half, one) : subtractWide(one, half);
  const k = isLower ? power : power + 1;
  logSign = <u32>(k < 0 || (k == 0 && !isLower));
  logExact = isZeroWide(n);
  let part = wide(0, 0);
  if (!logExact) {
    part = logOfQuotient(n, addWide(half, one), 0);
    if (k == 0) return part;
    part = shiftWide(part, logExponent + SUM_BITS);
  }
  logExponent = -SUM_BITS;
  const whole = wide(<u64>abs<i32>(k) << (SUM_BITS - 64), 0);
  return isLower == (k > 0) ? addWide(whole, part) : subtractWide(whole, part);
}

/** log2(1 + a) for a finite a > −1 that is not zero. */
function logarithmPlus1(a: Float80): Wide {
  const sign = signOf(a);
  const sig = normalSig(a);
  const exponent = normalExp(a) - BIAS;
  if (exponent < -2 || (exponent == -2 && sig <= (sign ? ONE_MINUS_SQRT_HALF : SQRT2_MINUS_1))) {
    // s = a / (2 + a), where sig · 2^-shift is a / 2
    logSign = sign;
    logExact = false;
    const shift = 64 - exponent;
    const scale = shift > 126 ? 126 - shift : 0;
    const two = shiftLeftWide(wide(0, 1), <u32>(shift + scale));
    const part = shiftWide(wide(0, sig), scale);
    return logOfQuotient(wide(0, sig), sign ? subtractWide(two, part) : addWide(two, part), scale);
  }
  if (exponent > 60) {
    // The one that is added lies far below, or is lost.
    const one = exponent > 127 ? wide(0, 0) : shiftLeftWide(wide(0, 1), <u32>(127 - exponent));
    const sum = addWide(wide(sig, 0), one);
    if (highOf(sum) >= sig) return logarithm(sum, exponent);
    // A significand of ones has carried out of the 128 bits.
    return logarithm(addWide(wide(INTEGER_BIT, 0), shiftRightWide(sum, 1)), exponent + 1);
  }
  const one = wide(4, 0); // 2^66
  const part = shiftLeftWide(wide(0, sig), <u32>(exponent + 3));
  const sum = sign ? subtractWide(one, part) : addWide(one, part);
  const zeros = leadingZeros(sum);
  return logarithm(shiftLeftWide(sum, zeros), 127 - 66 - <i32>zeros);
}

/** y times the logarithm `log`. */
function timesLogarithm(control: u32, log: Wide, y: Float80): Float80 {
  const sign = signOf(y) ^ logSign;
  const zeros = leadingZeros(log);
  const product = multiplyWide(shiftLeftWide(log, zeros), wideSig(y));
  const exponent = logExponent - <i32>zeros + wideExponent(y) + 128;
  return logExact ? roundExact(control, sign, exponent, product) : roundWide(control, sign, exponent, product);
}

/** y · log2 a. */
export function yLog(control: u32, a: Float80, y: Float80): Float80 {
  if (isSpecial(a) || isSpecial(y)) return propagate(a, y);
  if (signOf(a) && !isZero(a)) return invalid();
  if (isZero(a)) {
    if (isZero(y)) return invalid();
    if (isInfinite(y)) return negated(y);
    raiseFpu(FSW_ZE);
    return infinity(signOf(y) ^ 1);
  }
  const isOne = normalExp(a) == BIAS && sigOf(a) == INTEGER_BIT;
  const isBelowOne = normalExp(a) < BIAS;
  if (isInfinite(a)) return isZero(y) ? invalid() : infinity(signOf(y));
  if (isInfinite(y)) {
    if (isOne) return invalid();
    noteDenormal(a);
    return infinity(signOf(y) ^ <u32>isBelowOne);
  }
  noteDenormal(a);
  noteDenormal(y);
  if (isZero(y) || isOne) return zero(signOf(y) ^ <u32>isBelowOne);
  return timesLogarithm(control, logarithm(wideSig(a), normalExp(a) - BIAS), y);
}

/** y · log2(a + 1). */
export function yLogPlus1(control: u32, a: Float80, y: Float80): Float80 {
  if (isSpecial(a) || isSpecial(y)) return propagate(a, y);
  if (isInfinite(a)) return signOf(a) || isZero(y) ? invalid() : infinity(signOf(y));
  if (isInfinite(y)) {
    if (isZero(a)) return invalid();
    noteDenormal(a);
    return infinity(signOf(y) ^ signOf(a));
  }
  noteDenormal(a);
  noteDenormal(y);
  if (isZero(y) || isZero(a)) return zero(signOf(y) ^ signOf(a));
  if (signOf(a) && normalExp(a) >= BIAS) {
    raiseFpu(FSW_PE);
    return a;
  }
  return timesLogarithm(control, logarithmPlus1(a), y);
}

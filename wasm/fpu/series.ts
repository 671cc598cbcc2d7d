/**
 * Polynomials in 128-bit fixed point for the transcendental functions, and rounding of what comes out.
 *
 * All functions are computed with well over 64 correct bits from series (after a reduction of the argument), then rounded
 * once by RC, always to 64 bits. The errors add up to less than 2^-115 of the result, so that the rounded value
 * is the nearest one but for about one argument in 2^50. Real processors set PE for every such result, even where it is exact.
 */
import { BIAS, FSW_PE, Float80, normalExp, normalSig, raiseFpu } from "./float80";
import { roundPackExtended } from "./round";
import { Wide, addWide, highOf, leadingZeros, lowOf, multiplyWide, shiftLeftWide, subtractWide, wide } from "./wide";

/** Constant number `n` of a table. */
@inline export function constantAt(table: usize, n: i32): Wide {
  return v128.load(table + (<usize>n << 4));
}

/** Bits to which a series is summed. */
const SERIES_BITS: i32 = 90;

/** How many powers of z (a fraction of 2^128) are needed, at most `degree`. */
@inline function degreeFor(z: Wide, degree: i32): i32 {
  const zeros = <i32>leadingZeros(z);
  return zeros > 4 ? min<i32>(degree, SERIES_BITS / zeros + 1) : degree;
}

/** Σ cₙ zⁿ with z a fraction of 2^128 and coefficients (and the sum) of 2^127. */
export function series(table: usize, degree: i32, z: Wide): Wide {
  let n = degreeFor(z, degree);
  let sum = constantAt(table, n);
  while (--n >= 0) sum = addWide(constantAt(table, n), multiplyWide(z, sum));
  return sum;
}

/** Σ (−1)ⁿ cₙ zⁿ; less than c₀ even where z is too small to be seen, so that rounding knows the side. */
export function alternatingSeries(table: usize, degree: i32, z: Wide): Wide {
  let n = degreeFor(z, degree);
  let sum = constantAt(table, n);
  while (--n > 0) sum = subtractWide(constantAt(table, n), multiplyWide(z, sum));
  return subtractWide(subtractWide(constantAt(table, 0), multiplyWide(z, sum)), wide(0, 1));
}

/** w · 2^exponent, w not zero, rounded by RC to 64 bits; taken as inexact. */
export function roundWide(control: u32, sign: u32, exponent: i32, w: Wide): Float80 {
  const zeros = leadingZeros(w);
  const normal = shiftLeftWide(w, zeros);
  return roundPackExtended(control, sign, exponent - <i32>zeros + (127 + BIAS), highOf(normal), lowOf(normal) | 1);
}

/** The same for a value that is exact: only PE is said of it, as processors do. */
export function roundExact(control: u32, sign: u32, exponent: i32, w: Wide): Float80 {
  const zeros = leadingZeros(w);
  const normal = shiftLeftWide(w, zeros);
  raiseFpu(FSW_PE);
  return roundPackExtended(control, sign, exponent - <i32>zeros + (127 + BIAS), highOf(normal), lowOf(normal));
}

/** The significand of a finite value that is not zero: it is this · 2^`wideExponent`. */
@inline export function wideSig(a: Float80): Wide {
  return wide(normalSig(a), 0);
}

@inline export function wideExponent(a: Float80): i32 {
  return normalExp(a) - (127 + BIAS);
}

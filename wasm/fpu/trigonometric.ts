/**
 * FSIN, FCOS, FSINCOS, FPTAN, FPATAN.
 *
 * Arguments are reduced by π cut off to 66 bits, exactly, as processors of AMD and Intel do: near multiples of π the results
 * are those for that π. FPATAN uses π to 128 bits. [SDM1] 8.3.8; [SDM2]
 *
 * Intermediate numbers are w · 2^e with a 128-bit integer w.
 */
import { ARCTANGENTS, COS, ODD, PI, SIN, SIN_DEGREE } from "./constants";
import {
  BIAS, Float80, expOf, invalid, isInfinite, isSpecial, isZero, noteDenormal, normalExp, normalSig, one, propagate, propagateOne, signOf, zero,
} from "./float80";
import { alternatingSeries, constantAt, roundWide, wideExponent, wideSig } from "./series";
import {
  Wide, addWide, divideWide, highOf, isZeroWide, leadingZeros, lessWide, lowOf, multiplyFull, multiplyWide, shiftLeftWide, shiftRightWide, shiftWide, subtractWide, wide,
} from "./wide";

/** π · 2^64, cut off: 66 bits. */
const PI66_HIGH: u64 = 3;
const PI66_LOW: u64 = 0x243f_6a88_85a3_08d3;
/** Arguments from 2^63 on are refused. */
const REDUCIBLE: i32 = 63;

// ---- |a| = quadrant · π/2 ± r: r with bit 127 set, r · 2^reducedExponent

let reducedExponent: i32 = 0;
/** 1 if r is to be subtracted. */
let reducedSign: u32 = 0;
let quadrant: u32 = 0;

/** The instructions leave larger operands alone, with C2 set. */
export function isReducible(a: Float80): bool {
  return isSpecial(a) || isInfinite(a) || expOf(a) < BIAS + REDUCIBLE;
}

function reduce(a: Float80): Wide {
  const exponent = normalExp(a) - BIAS;
  quadrant = 0;
  reducedSign = 0;
  if (exponent < -1) {
    reducedExponent = wideExponent(a);
    return wideSig(a);
  }
  // In units of 2^-65, where π/2 is an integer: division bit by bit.
  let high: u64 = 0;
  let low = normalSig(a);
  for (let i = -2; i < exponent; i++) {
    high = (high << 1) | (low >> 63);
    low <<= 1;
    quadrant <<= 1;
    if (high > PI66_HIGH || (high == PI66_HIGH && low >= PI66_LOW)) {
      high -= PI66_HIGH + <u64>(low < PI66_LOW);
      low -= PI66_LOW;
      quadrant |= 1;
    }
  }
  let rest = wide(high, low);
  const complement = subtractWide(wide(PI66_HIGH, PI66_LOW), rest);
  if (lessWide(complement, rest)) {
    rest = complement;
    reducedSign = 1;
    quadrant++;
  }
  const zeros = leadingZeros(rest);
  reducedExponent = -65 - <i32>zeros;
  return shiftLeftWide(rest, zeros);
}

/** r² as a fraction of 2^128. */
function squareOf(r: Wide): Wide {
  return shiftWide(multiplyWide(r, r), max<i32>(2 * reducedExponent + 256, -128));
}

/** ± sin r */
@inline function roundSine(control: u32, sign: u32, r: Wide, square: Wide): Float80 {
  return roundWide(control, sign, reducedExponent + 1, multiplyWide(r, alternatingSeries(SIN, SIN_DEGREE, square)));
}

/** ± cos r */
@inline function roundCosine(control: u32, sign: u32, square: Wide): Float80 {
  return roundWide(control, sign, -127, alternatingSeries(COS, SIN_DEGREE, square));
}

/** The sine of a reducible value. */
export function sine(control: u32, a: Float80): Float80 {
  if (isSpecial(a)) return propagateOne(a);
  if (isInfinite(a)) return invalid();
  if (isZero(a)) return a;
  noteDenormal(a);
  const r = reduce(a);
  const square = squareOf(r);
  const sign = signOf(a) ^ ((quadrant >> 1) & 1);
  if (quadrant & 1) return roundCosine(control, sign, square);
  return roundSine(control, sign ^ reducedSign, r, square);
}

/** The cosine of a reducible value. */
export function cosine(control: u32, a: Float80): Float80 {
  if (isSpecial(a)) return propagateOne(a);
  if (isInfinite(a)) return invalid();
  if (isZero(a)) return one(0);
  noteDenormal(a);
  const r = reduce(a);
  const square = squareOf(r);
  const half = (quadrant >> 1) & 1;
  if (quadrant & 1) return roundSine(control, half ^ 1 ^ reducedSign, r, square);
  return roundCosine(control, half, square);
}

/** The tangent of a reducible value. */
export function tangent(control: u32, a: Float80): Float80 {
  if (isSpecial(a)) return propagateOne(a);
  if (isInfinite(a)) return invalid();
  if (isZero(a)) return a;
  noteDenormal(a);
  const r = reduce(a);
  const square = squareOf(r);
  const factor = alternatingSeries(SIN, SIN_DEGREE, square);
  const cos = alternatingSeries(COS, SIN_DEGREE, square);
  const sign = signOf(a) ^ reducedSign;
  if (!(quadrant & 1)) {
    // r · (sin r / r) / cos r; the quotient is below 2
    const quotient = divideWide(shiftRightWide(addWide(factor, wide(0, 1)), 1), cos); // not less than 1, nor than 2^127
    return roundWide(control, sign, reducedExponent + 1, multiplyWide(r, quotient));
  }
  const sin = multiplyWide(r, factor);
  const zeros = leadingZeros(sin);
  const exponent = reducedExponent + 1 - <i32>zeros;
  return roundWide(control, sign ^ 1, -255 - exponent, divideWide(cos, shiftLeftWide(sin, zeros)));
}

// ---- FPATAN

/** Above this distance of exponents the quotient is below 1/32. */
const FAR: i32 = 5;
/** Powers needed for arguments up to 1/32. */
const ATAN_DEGREE: i32 = 9;
/** Fraction bits of angles that are sums. */
const ANGLE_BITS: i32 = 126;

/** The angle of (x, y), −π to π. */
export function arctangent(control: u32, y: Float80, x: Float80): Float80 {
  if (isSpecial(x) || isSpecial(y)) return propagate(x, y);
  const sign = signOf(y);
  const isLeft = signOf(x) != 0;
  noteDenormal(x);
  noteDenormal(y);
  const pi = constantAt(PI, 0);
  if (isInfinite(y)) {
    if (!isInfinite(x)) return roundWide(control, sign, -ANGLE_BITS - 1, pi);
    const quarter = shiftRightWide(pi, 2);
    return roundWide(control, sign, -ANGLE_BITS, isLeft ? subtractWide(pi, quarter) : quarter);
  }
  if (isZero(y) || isInfinite(x)) return isLeft ? roundWide(control, sign, -ANGLE_BITS, pi) : zero(sign);
  if (isZero(x)) return roundWide(control, sign, -ANGLE_BITS - 1, pi);

  const isSteep = normalExp(y) > normalExp(x) || (normalExp(y) == normalExp(x) && normalSig(y) > normalSig(x));
  const angle = isSteep ? angleBelowDiagonal(x, y) : angleBelowDiagonal(y, x);
  if (!isSteep && !isLeft) return roundWide(control, sign, angleExponent, angle);
  const fixed = shiftWide(angle, max<i32>(angleExponent + ANGLE_BITS, -128));
  if (!isSteep) return roundWide(control, sign, -ANGLE_BITS, subtractWide(pi, fixed));
  const right = shiftRightWide(pi, 1);
  return roundWide(control, sign, -ANGLE_BITS, isLeft ? addWide(right, fixed) : subtractWide(right, fixed));
}

let angleExponent: i32 = 0;

/** atan |small / large| for |small| ≤ |large|: the result · 2^angleExponent. */
function angleBelowDiagonal(small: Float80, large: Float80): Wide {
  const distance = normalExp(large) - normalExp(small);
  const isFar = distance > FAR;
  const a = shiftLeftWide(wide(0, normalSig(large)), isFar ? 0 : <u32>distance);
  const b = wide(0, normalSig(small));
  // The nearest sixteenth: atan t = atan(i / 16) + atan((16 t − i) / (16 + i t))
  const quotient = isFar ? 0.0 : 16.0 * <f64>normalSig(small) / (<f64>normalSig(large) * <f64>(1 << distance));
  const i = <i32>nearest<f64>(quotient);
  if (i == 0) return smallAngle(b, a, isFar ? -distance : 0);
  const left = shiftLeftWide(b, 4);
  const right = multiplyFullSmall(a, i);
  const divisor = addWide(shiftLeftWide(a, 4), multiplyFullSmall(b, i));
  const base = constantAt(ARCTANGENTS, i);
  angleExponent = -ANGLE_BITS;
  if (lessWide(left, right)) {
    const part = smallAngle(subtractWide(right, left), divisor, 0);
    return finishAngle(subtractWide(base, shiftWide(part, angleExponent + ANGLE_BITS)));
  }
  const numerator = subtractWide(left, right);
  if (isZeroWide(numerator)) return base;
  const part = smallAngle(numerator, divisor, 0);
  return finishAngle(addWide(base, shiftWide(part, angleExponent + ANGLE_BITS)));
}

@inline function finishAngle(angle: Wide): Wide {
  angleExponent = -ANGLE_BITS;
  return angle;
}

/** A number of at most 80 bits times one of at most 5. */
@inline function multiplyFullSmall(a: Wide, by: i32): Wide {
  const low = multiplyFull(lowOf(a), <u64>by);
  return wide(highOf(low) + highOf(a) * <u64>by, lowOf(low));
}

/** atan(n / d · 2^scale), at most about 1/32: the result · 2^angleExponent. */
function smallAngle(n: Wide, d: Wide, scale: i32): Wide {
  const zerosN = leadingZeros(n);
  const zerosD = leadingZeros(d);
  const exponent = scale + <i32>zerosD - <i32>zerosN - 127;
  const t = divideWide(shiftRightWide(shiftLeftWide(n, zerosN), 1), shiftLeftWide(d, zerosD));
  const fraction = shiftWide(t, max<i32>(exponent + 128, -128));
  angleExponent = exponent + 1;
  return multiplyWide(t, alternatingSeries(ODD, ATAN_DEGREE, multiplyWide(fraction, fraction)));
}

/**
 * FPREM and FPREM1: exact remainders, of operands far apart by 32 to 63 bits of the quotient at a time. FSCALE and FXTRACT: exponents. None of them looks at the precision control.
 * The low bits of the quotient go to C0 (Q2), C3 (Q1) and C1 (Q0); C2 says that the reduction is not complete.
 * [SDM2] FPREM, FPREM1, FSCALE, FXTRACT
 */
import {
  BIAS, FSW_C0, FSW_C1, FSW_C2, FSW_C3, FSW_ZE, Float80, infinity, invalid, isInfinite, isSpecial, isZero, make, normalExp, normalSig, noteDenormal, propagate,
  propagateOne, raiseFpu, signOf, zero,
} from "./float80";
import { fromInteger } from "./narrow";
import { roundPackExtended } from "./round";
import { divide128, highOf, lowOf } from "./wide";

/** More than this between the exponents needs several reductions. */
const QUOTIENT_BITS: i32 = 63;
/** More than any exponent can be moved by. */
const SCALE_LIMIT: i32 = 0x2_0000;

let codes: u32 = 0;
let codesMask: u32 = 0;

/** Condition codes of the last remainder. */
export function remainderCodes(): u32 {
  return codes;
}

/** Which of them are to be written: without a quotient only C2. */
export function remainderCodesMask(): u32 {
  return codesMask;
}

function setCodes(quotient: u64): void {
  codes = (quotient & 4 ? FSW_C0 : 0) | (quotient & 2 ? FSW_C3 : 0) | (quotient & 1 ? FSW_C1 : 0);
}

/** `nearest`: the quotient is rounded to the nearest integer (FPREM1), not cut off. */
export function remainder(control: u32, a: Float80, b: Float80, nearest: bool): Float80 {
  codes = 0;
  codesMask = FSW_C2;
  if (isSpecial(a) || isSpecial(b)) return propagate(a, b);
  if (isInfinite(a) || isZero(b)) return invalid();
  codesMask = FSW_C0 | FSW_C1 | FSW_C2 | FSW_C3;
  noteDenormal(a);
  noteDenormal(b);
  if (isZero(a)) return a;
  const sign = signOf(a);
  const sigA = normalSig(a);
  if (isInfinite(b)) return roundPackExtended(control, sign, normalExp(a), sigA, 0);
  const sigB = normalSig(b);
  let exp = normalExp(b);
  let distance = normalExp(a) - exp;
  if (distance < 0) {
    if (distance < -1 || !nearest || sigA <= sigB) return roundPackExtended(control, sign, normalExp(a), sigA, 0);
    // More than half of b: the quotient is 1.
    setCodes(1);
    return packExact(control, sign ^ 1, exp - 1, (sigB << 1) - sigA);
  }
  const incomplete = distance > QUOTIENT_BITS;
  if (incomplete) {
    const bits = 32 + (distance & 31);
    exp += distance - bits;
    distance = bits;
  }
  const division = divide128(distance ? sigA >> (64 - distance) : 0, sigA << distance, sigB);
  const rest = highOf(division);
  const quotient = lowOf(division);
  if (incomplete) {
    codes = FSW_C2;
    return packExact(control, sign, exp, rest);
  }
  const left = sigB - rest;
  if (nearest && (rest > left || (rest == left && quotient & 1))) {
    setCodes(quotient + 1);
    return packExact(control, sign ^ 1, exp, left);
  }
  setCodes(quotient);
  return rest ? packExact(control, sign, exp, rest) : zero(sign);
}

function packExact(control: u32, sign: u32, exp: i32, sig: u64): Float80 {
  if (!sig) return zero(sign);
  const shift = <u32>clz<u64>(sig);
  return roundPackExtended(control, sign, exp - <i32>shift, sig << shift, 0);
}

/** a · 2^b, b cut off to an integer. */
export function scale(control: u32, a: Float80, b: Float80): Float80 {
  if (isSpecial(a) || isSpecial(b)) return propagate(a, b);
  if (isInfinite(b)) {
    if (signOf(b) ? isInfinite(a) : isZero(a)) return invalid();
    noteDenormal(a);
    if (signOf(b)) return zero(signOf(a));
    return infinity(signOf(a));
  }
  noteDenormal(a);
  noteDenormal(b);
  if (isZero(a) || isInfinite(a)) return a;
  const exponent = isZero(b) ? -1 : normalExp(b) - BIAS;
  let by: i32 = 0;
  if (exponent >= 17) by = SCALE_LIMIT;
  else if (exponent >= 0) by = <i32>(normalSig(b) >> (63 - exponent));
  if (signOf(b)) by = -by;
  return roundPackExtended(control, signOf(a), normalExp(a) + by, normalSig(a), 0);
}

/** FXTRACT, first result: the unbiased exponent. */
export function extractExponent(a: Float80): Float80 {
  if (isSpecial(a)) return propagateOne(a);
  if (isInfinite(a)) return infinity(0);
  if (isZero(a)) {
    raiseFpu(FSW_ZE);
    return infinity(1);
  }
  noteDenormal(a);
  return fromInteger(normalExp(a) - BIAS);
}

/** FXTRACT, second result: the significand with its sign, in [1, 2). */
export function extractSignificand(a: Float80): Float80 {
  if (isSpecial(a)) return propagateOne(a);
  if (isInfinite(a) || isZero(a)) return a;
  return make(normalSig(a), (signOf(a) << 15) | <u32>BIAS);
}

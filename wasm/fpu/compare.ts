/**
 * Comparison and classification. Results are the condition codes C3, C2, C0 as they stand in the status word.
 * [SDM1] 8.3.6, tables 8-6, 8-7; [SDM2] FCOM, FUCOM, FTST, FXAM
 */
import {
  EXPONENT, FSW_C0, FSW_C1, FSW_C2, FSW_C3, FSW_IE, Float80, expOf, isNan, isSignaling, isSpecial, isUnsupported, isZero, normalExp, normalSig, noteDenormal, raiseFpu,
  sigOf, signOf,
} from "./float80";

export const CONDITIONS: u32 = FSW_C0 | FSW_C2 | FSW_C3;
const GREATER: u32 = 0;
const LESS: u32 = FSW_C0;
const EQUAL: u32 = FSW_C3;
export const UNORDERED: u32 = FSW_C0 | FSW_C2 | FSW_C3;

/** Compares magnitudes: negative, zero or positive. Infinities compare by their exponent. */
function compareMagnitudes(a: Float80, b: Float80): i32 {
  if (isZero(a)) return isZero(b) ? 0 : -1;
  if (isZero(b)) return 1;
  const difference = normalExp(a) - normalExp(b);
  if (difference) return difference;
  const sigA = normalSig(a);
  const sigB = normalSig(b);
  return sigA < sigB ? -1 : sigA > sigB ? 1 : 0;
}

/** `isQuiet`: quiet NaNs are unordered but not invalid (FUCOM). */
export function compare(a: Float80, b: Float80, isQuiet: bool): u32 {
  if (isSpecial(a) || isSpecial(b)) {
    const unsupported = isUnsupported(a) || isUnsupported(b);
    if (!isQuiet || unsupported || isSignaling(a) || isSignaling(b)) raiseFpu(FSW_IE);
    return UNORDERED;
  }
  noteDenormal(a);
  noteDenormal(b);
  if (isZero(a) && isZero(b)) return EQUAL;
  if (signOf(a) != signOf(b)) return signOf(a) ? LESS : GREATER;
  const order = compareMagnitudes(a, b);
  if (order == 0) return EQUAL;
  return order < 0 == (signOf(a) == 0) ? LESS : GREATER;
}

/** Class of a value and, in C1, its sign. */
export function examine(a: Float80, isEmpty: bool): u32 {
  const sign = signOf(a) ? FSW_C1 : 0;
  if (isEmpty) return sign | FSW_C3 | FSW_C0;
  if (isUnsupported(a)) return sign;
  if (isNan(a)) return sign | FSW_C0;
  if (expOf(a) == EXPONENT) return sign | FSW_C2 | FSW_C0;
  if (expOf(a)) return sign | FSW_C2;
  return sign | (sigOf(a) == 0 ? FSW_C3 : FSW_C3 | FSW_C2);
}

/**
 * Between double extended and the other formats of memory: single and double precision, and integers of 16, 32 and 64 bits.
 * Widening is exact. Narrowing rounds by RC and reports IE, OE, UE, PE; nothing else is rounded here by PC.
 * `T` is u32 (single) or u64 (double). [SDM1] 4.8, 4.9, 8.3.2, 8.5
 */
import {
  BIAS, EXPONENT, FCW_RC_SHIFT, FSW_DE, FSW_IE, FSW_OE, FSW_PE, FSW_UE, Float80, INTEGER_BIT, QUIET_BIT, ROUND_DOWN, ROUND_NEAREST, ROUND_UP, SIGN, ROUND_ZERO,
  expOf, isInfinite, isSignaling, isSpecial, isUnsupported, isZero, make, normalExp, normalSig, raiseFpu, setRoundedUp, sigOf, signOf, zero,
} from "./float80";

@inline function fractionBits<T>(): u32 {
  return sizeof<T>() == 4 ? 23 : 52;
}

@inline function fractionMask<T>(): u64 {
  return (<u64>1 << fractionBits<T>()) - 1;
}

@inline function biasOf<T>(): i32 {
  return sizeof<T>() == 4 ? 127 : 1023;
}

@inline function maxExp<T>(): i32 {
  return sizeof<T>() == 4 ? 255 : 2047;
}

/** 1 if `rest`, what lies below the last place as a fraction of 2^64, rounds a magnitude up. */
@inline export function roundsUp(mode: u32, sign: u32, isOdd: bool, rest: u64): u64 {
  if (mode == ROUND_NEAREST) return <u64>(rest > INTEGER_BIT || (rest == INTEGER_BIT && isOdd));
  if (mode == ROUND_ZERO || rest == 0) return 0;
  return <u64>(sign == <u32>(mode == ROUND_DOWN));
}

/** Shifts right; what falls out stays as a sticky one in bit 0. */
@inline export function shiftSticky(value: u64, count: u32): u64 {
  if (count == 0) return value;
  if (count > 63) return value != 0 ? 1 : 0;
  return (value >> count) | (value << (64 - count) != 0 ? 1 : 0);
}

// ---- widening

/** A number that the narrow format holds as a normal one. */
@inline export function isNormalNarrow<T>(raw: T): bool {
  return (<u32>(<u64>raw >> fractionBits<T>()) & maxExp<T>()) - 1 < <u32>(maxExp<T>() - 1);
}

/** Of such a number, as it is widened. */
@inline export function significandOfNarrow<T>(raw: T): u64 {
  return INTEGER_BIT | (<u64>raw << (63 - fractionBits<T>()));
}

@inline export function signExponentOfNarrow<T>(raw: T): u32 {
  const top = <u32>(<u64>raw >> fractionBits<T>());
  return ((top & (maxExp<T>() + 1)) << (sizeof<T>() == 4 ? 7 : 4)) | ((top & maxExp<T>()) + <u32>(BIAS - biasOf<T>()));
}

/** Signaling NaNs stay signaling, and a denormal is reported by nobody: for operands of an operation that will look at them. */
export function widen<T>(raw: T): Float80 {
  const sign = <u32>(raw >> <T>(sizeof<T>() * 8 - 1)) << 15;
  const biased = <i32>(<u64>raw >> fractionBits<T>()) & maxExp<T>();
  const fraction = <u64>raw & fractionMask<T>();
  if (biased == maxExp<T>()) return make(INTEGER_BIT | (fraction << (63 - fractionBits<T>())), sign | EXPONENT);
  if (biased == 0) {
    if (fraction == 0) return make(0, sign);
    const shift = <u32>clz<u64>(fraction);
    return make(fraction << shift, sign | <u32>(BIAS - biasOf<T>() + 1 + 63 - <i32>fractionBits<T>() - <i32>shift));
  }
  return make(INTEGER_BIT | (fraction << (63 - fractionBits<T>())), sign | <u32>(biased + BIAS - biasOf<T>()));
}

@inline export function isDenormalNarrow<T>(raw: T): bool {
  const signShift: u64 = sizeof<T>() * 8 - 1;
  const magnitude = <u64>raw & ((<u64>1 << signShift) - 1);
  return magnitude - 1 < fractionMask<T>();
}

/** FLD: reports DE, and makes signaling NaNs quiet with IE. */
export function loadNarrow<T>(raw: T): Float80 {
  const value = widen<T>(raw);
  if (isDenormalNarrow<T>(raw)) raiseFpu(FSW_DE);
  if (!isSignaling(value)) return value;
  raiseFpu(FSW_IE);
  return make(sigOf(value) | QUIET_BIT, EXPONENT | (signOf(value) << 15));
}

export function fromInteger(value: i64): Float80 {
  if (value == 0) return zero(0);
  const sign = value < 0 ? SIGN : 0;
  const magnitude: u64 = value < 0 ? <u64>0 - <u64>value : <u64>value;
  const shift = <u32>clz<u64>(magnitude);
  return make(magnitude << shift, sign | <u32>(BIAS + 63 - <i32>shift));
}

// ---- narrowing

@inline function pack<T>(sign: u32, bits: u64): T {
  const signShift: u64 = sizeof<T>() * 8 - 1;
  return <T>((<u64>sign << signShift) | bits);
}

@inline function narrowInfinity<T>(): u64 {
  return <u64>maxExp<T>() << fractionBits<T>();
}

@inline function narrowQuiet<T>(): u64 {
  const shift: u64 = fractionBits<T>() - 1;
  return <u64>1 << shift;
}

@inline export function narrowIndefinite<T>(): T {
  return pack<T>(1, narrowInfinity<T>() | narrowQuiet<T>());
}

/** A value by its parts, as a normal number of the narrow format; 0 where it is none, or has digits beyond it. */
@inline export function packNarrowParts<T>(sig: u64, signExp: u32): T {
  const below: u64 = 63 - fractionBits<T>();
  const biased = <i32>(signExp & EXPONENT) - (BIAS - biasOf<T>());
  if (<u32>(biased - 1) >= <u32>(maxExp<T>() - 1) || (sig & (INTEGER_BIT | ((<u64>1 << below) - 1))) != INTEGER_BIT) return <T>0;
  return pack<T>(signExp >> 15, (<u64>biased << fractionBits<T>()) | ((sig >> below) & fractionMask<T>()));
}

/** Masked responses; whether the result may be stored is for the caller to see from what is raised. */
export function narrow<T>(control: u32, a: Float80): T {
  const sign = signOf(a);
  if (isSpecial(a)) {
    if (isUnsupported(a)) {
      raiseFpu(FSW_IE);
      return narrowIndefinite<T>();
    }
    if (isSignaling(a)) raiseFpu(FSW_IE);
    return pack<T>(sign, narrowInfinity<T>() | narrowQuiet<T>() | ((sigOf(a) & (INTEGER_BIT - 1)) >> (63 - fractionBits<T>())));
  }
  if (isZero(a)) return pack<T>(sign, 0);
  if (isInfinite(a)) return pack<T>(sign, narrowInfinity<T>());
  const mode = (control >> FCW_RC_SHIFT) & 3;
  const below: u32 = 63 - fractionBits<T>();
  const sig = normalSig(a);
  let biased = normalExp(a) - BIAS + biasOf<T>();
  let kept = sig >> below;
  let rest = sig << (64 - below);
  let up = roundsUp(mode, sign, (kept & 1) != 0, rest);
  const carries = (kept + up) >> (fractionBits<T>() + 1) != 0;
  if (biased <= 0) {
    const tiny = biased < 0 || !carries;
    const shifted = shiftSticky(sig, <u32>(1 - biased));
    kept = shifted >> below;
    rest = shifted << (64 - below);
    up = roundsUp(mode, sign, (kept & 1) != 0, rest);
    if (rest) raiseFpu(FSW_PE);
    if (tiny && (rest || !(control & FSW_UE))) raiseFpu(FSW_UE);
    setRoundedUp(up != 0);
    return pack<T>(sign, kept + up); // a carry into the exponent field gives the smallest normal number
  }
  kept += up;
  if (carries) {
    kept >>= 1;
    biased++;
  }
  if (biased >= maxExp<T>()) {
    raiseFpu(FSW_OE | FSW_PE);
    const toInfinity = mode == ROUND_NEAREST || mode == (sign ? ROUND_DOWN : ROUND_UP);
    setRoundedUp(toInfinity);
    return pack<T>(sign, toInfinity ? narrowInfinity<T>() : narrowInfinity<T>() - 1);
  }
  if (rest) raiseFpu(FSW_PE);
  setRoundedUp(up != 0);
  return pack<T>(sign, (<u64>biased << fractionBits<T>()) | (kept & fractionMask<T>()));
}

/**
 * To a signed integer of `bits`, by rounding mode `mode`. What does not fit is invalid and gives the integer indefinite.
 */
export function toInteger(mode: u32, a: Float80, bits: u32): i64 {
  const none = <i64>(<u64>1 << (bits - 1));
  const result = <i64>0 - none; // the most negative value of that size
  if (isZero(a)) return 0;
  const exponent = expOf(a) - BIAS;
  if (isSpecial(a) || exponent > 63) {
    raiseFpu(FSW_IE);
    return result;
  }
  const sign = signOf(a);
  const sig = sigOf(a);
  let kept: u64 = 0;
  let rest: u64;
  if (exponent >= 0) {
    const below = <u32>(63 - exponent);
    kept = sig >> below;
    rest = below ? sig << (64 - below) : 0;
  } else rest = exponent == -1 ? sig : 1;
  const up = roundsUp(mode, sign, (kept & 1) != 0, rest);
  kept += up;
  const limit = <u64>none - (sign ? 0 : 1);
  if (kept > limit || (exponent == 63 && kept < up)) {
    raiseFpu(FSW_IE);
    return result;
  }
  if (rest) raiseFpu(FSW_PE);
  setRoundedUp(up != 0);
  return sign ? <i64>0 - <i64>kept : <i64>kept;
}

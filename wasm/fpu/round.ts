/**
 * Rounding a result to 24, 53 or 64 significant bits and packing it, with overflow and underflow in their masked and unmasked
 * responses. The exponent range is always that of double extended. Tininess is detected after rounding.
 *
 * Unmasked overflow and underflow deliver the result with its exponent brought into range by 24576; results that are still
 * out of range then (FSCALE) become infinity or zero. [SDM1] 4.9.1.4, 4.9.1.5, 8.1.5.2, 8.5.4, 8.5.5
 */
import {
  BIAS, EXPONENT, FCW_PC_SHIFT, FCW_RC_SHIFT, FSW_OE, FSW_PE, FSW_UE, Float80, INTEGER_BIT, ROUND_DOWN, ROUND_NEAREST, ROUND_UP, expOf, infinity, isInfinite, isSpecial,
  isZero, make, normalExp, normalSig, propagateOne, noteDenormal, raiseFpu, setRoundedUp, signOf, zero,
} from "./float80";
import { roundsUp } from "./narrow";

/** Added to or taken from the exponent of unmasked underflow and overflow. */
const EXPONENT_ADJUST: i32 = 0x6000;

@inline export function roundingMode(control: u32): u32 {
  return (control >> FCW_RC_SHIFT) & 3;
}

/** Bits below the last place by precision control. The reserved setting 01 counts as extended. */
@inline export function droppedBits(control: u32): u32 {
  const pc = (control >> FCW_PC_SHIFT) & 3;
  return pc == 0 ? 40 : pc == 2 ? 11 : 0;
}

/** Rounds `sig` (leading one at bit 63) and the fraction `rest` below it to the precision of the control word. */
@inline export function roundPack(control: u32, sign: u32, exp: i32, sig: u64, rest: u64): Float80 {
  // Nothing to round: what numbers with few digits give.
  if (rest == 0 && (<u32>sig & 0x7ff) == 0 && control & (2 << FCW_PC_SHIFT) && <u32>(exp - 1) < EXPONENT - 1) return make(sig, (sign << 15) | <u32>exp);
  return roundPackTo(control, droppedBits(control), sign, exp, sig, rest);
}

/** Rounds to 64 bits whatever the precision control: everything but + − × ÷ √. */
@inline export function roundPackExtended(control: u32, sign: u32, exp: i32, sig: u64, rest: u64): Float80 {
  return roundPackTo(control, 0, sign, exp, sig, rest);
}

function roundPackTo(control: u32, drop: u32, sign: u32, exponent: i32, significand: u64, fraction: u64): Float80 {
  let sig = significand;
  let rest = fraction;
  let exp = exponent;
  const unit: u64 = <u64>1 << drop;
  if (drop) {
    rest = (sig << (64 - drop)) | (rest != 0 ? 1 : 0);
    sig &= ~(unit - 1);
  }
  const mode = roundingMode(control);
  let up = roundsUp(mode, sign, (sig & unit) != 0, rest);
  let rounded = sig + (up << drop);
  const carries = rounded < sig;
  if (exp <= 0 && (exp < 0 || !carries)) {
    if (!(control & FSW_UE)) {
      raiseFpu(FSW_UE);
      exp += EXPONENT_ADJUST;
      if (exp <= 0) return unrepresentable(sign, FSW_UE);
    } else return denormalPack(control, drop, sign, exp, significand, fraction);
  }
  if (carries) {
    rounded = INTEGER_BIT;
    exp++;
  }
  if (exp >= <i32>EXPONENT) {
    raiseFpu(FSW_OE);
    if (control & FSW_OE) {
      raiseFpu(FSW_PE);
      const toInfinity = mode == ROUND_NEAREST || mode == (sign ? ROUND_DOWN : ROUND_UP);
      setRoundedUp(toInfinity);
      return toInfinity ? infinity(sign) : make(0 - unit, (sign << 15) | (EXPONENT - 1));
    }
    exp -= EXPONENT_ADJUST;
    if (exp >= <i32>EXPONENT) return unrepresentable(sign, FSW_OE);
  }
  if (rest) {
    raiseFpu(FSW_PE);
    setRoundedUp(up != 0);
  }
  return make(rounded, (sign << 15) | <u32>exp);
}

/** Unmasked overflow or underflow so massive that even the adjusted exponent does not fit. */
function unrepresentable(sign: u32, flag: u32): Float80 {
  raiseFpu(FSW_PE);
  setRoundedUp(flag == FSW_OE);
  return flag == FSW_OE ? infinity(sign) : zero(sign);
}

/** A tiny result with underflow masked: UE only if it is inexact too. */
function denormalPack(control: u32, drop: u32, sign: u32, exp: i32, significand: u64, fraction: u64): Float80 {
  const shift = <u32>(1 - exp);
  let sig: u64 = 0;
  let rest: u64 = 1;
  if (shift < 64) {
    sig = significand >> shift;
    rest = (significand << (64 - shift)) | (fraction != 0 ? 1 : 0);
  } else if (shift == 64) rest = significand | (fraction != 0 ? 1 : 0);
  const unit: u64 = <u64>1 << drop;
  if (drop) {
    rest = (sig << (64 - drop)) | (rest != 0 ? 1 : 0);
    sig &= ~(unit - 1);
  }
  const up = roundsUp(roundingMode(control), sign, (sig & unit) != 0, rest);
  sig += up << drop;
  if (rest) {
    raiseFpu(FSW_UE | FSW_PE);
    setRoundedUp(up != 0);
  }
  // A carry into the integer bit gives the smallest normal number.
  return make(sig, (sign << 15) | <u32>(sig >> 63));
}

/** FRNDINT: to an integer in the same format. */
export function roundToInteger(control: u32, a: Float80): Float80 {
  if (isSpecial(a)) return propagateOne(a);
  if (isZero(a) || isInfinite(a)) return a;
  noteDenormal(a);
  const exponent = expOf(a) - BIAS;
  if (exponent >= 63) return a;
  const sign = signOf(a);
  const mode = roundingMode(control);
  if (exponent < 0) {
    const rest: u64 = exponent == -1 ? normalSig(a) : 1;
    const up = roundsUp(mode, sign, false, rest);
    raiseFpu(FSW_PE);
    setRoundedUp(up != 0);
    return up ? make(INTEGER_BIT, (sign << 15) | <u32>BIAS) : zero(sign);
  }
  const below = <u32>(63 - exponent);
  const unit: u64 = <u64>1 << below;
  const sig = normalSig(a);
  const rest = sig << (64 - below);
  if (!rest) return a;
  const kept = sig & ~(unit - 1);
  const up = roundsUp(mode, sign, (kept & unit) != 0, rest);
  raiseFpu(FSW_PE);
  setRoundedUp(up != 0);
  const sum = kept + up * unit;
  return sum < kept ? make(INTEGER_BIT, (sign << 15) | <u32>(normalExp(a) + 1)) : make(sum, (sign << 15) | <u32>normalExp(a));
}

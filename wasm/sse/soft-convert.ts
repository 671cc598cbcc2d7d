/**
 * Conversions between single, double and integers on bit patterns, and rounding to an integral value; the counterpart of
 * sse/soft-float.ts. Conversions to integers do not report denormal operands. [SDM1] 4.8.4.2, 11.5.2, E.4
 */
import { Cpu } from "../cpu/state";
import { MXCSR_DE, MXCSR_IE, MXCSR_PE } from "./mxcsr";
import {
  bias, denormalsAreZero, exponentOf, infinity, isDenormal, isInfinite, isNan, isSignaling, isZero, mantissaBits, quiet, raiseFlags,
  roundPack, roundsUp, signBit, signOf, significand,
} from "./soft-float";

/** Whole part of a finite value that is not zero and below 2^64. */
@inline function wholePart(significand: u64, exponent: i32): u64 {
  return exponent < 0 ? 0 : significand >> (63 - exponent);
}

/** Its fraction, as a fraction of 2^64; what is too small is sticky. */
@inline function fractionPart(significand: u64, exponent: i32): u64 {
  if (exponent >= 63) return 0;
  if (exponent >= 0) return significand << (exponent + 1);
  return exponent == -1 ? significand : 1;
}

/** To i32 or i64 (`I`), rounded as `mode` says; what does not fit gives the integer indefinite and IE. */
export function softToInteger<T, I>(cpu: Cpu, mxcsr: u32, mode: u32, x: T): I {
  const a = denormalsAreZero<T>(mxcsr, x);
  const topBit = sizeof<I>() * 8 - 1;
  const indefinite = <u64>1 << topBit;
  if (isZero<T>(a)) return 0;
  const exponent = exponentOf<T>(a);
  if (isNan<T>(a) || isInfinite<T>(a) || exponent > 63) {
    raiseFlags(cpu, MXCSR_IE);
    return <I>indefinite;
  }
  const sign = signOf<T>(a);
  const digits = significand<T>(a);
  let whole = wholePart(digits, exponent);
  const fraction = fractionPart(digits, exponent);
  whole += roundsUp(mode, sign, (whole & 1) != 0, fraction);
  if (whole > indefinite || (whole == indefinite && !sign)) {
    raiseFlags(cpu, MXCSR_IE);
    return <I>indefinite;
  }
  if (fraction) raiseFlags(cpu, MXCSR_PE);
  return <I>(sign ? 0 - whole : whole);
}

export function softFromInteger<T>(cpu: Cpu, mxcsr: u32, value: i64): T {
  if (value == 0) return 0;
  const size = <u64>(value < 0 ? 0 - value : value);
  const lead = <u32>clz<u64>(size);
  return roundPack<T>(cpu, mxcsr, <u32>(value < 0), 63 - <i32>lead, size << lead);
}

/** To an integral value in the same format (ROUND). PE is left out when `isQuiet`. */
export function softRound<T>(cpu: Cpu, mxcsr: u32, mode: u32, isQuiet: bool, x: T): T {
  const a = denormalsAreZero<T>(mxcsr, x);
  if (isNan<T>(a)) {
    if (isSignaling<T>(a)) raiseFlags(cpu, MXCSR_IE);
    return quiet<T>(a);
  }
  if (isZero<T>(a) || isInfinite<T>(a)) return a;
  const exponent = exponentOf<T>(a);
  if (exponent >= <i32>mantissaBits<T>()) return a;
  const sign = signOf<T>(a);
  const digits = significand<T>(a);
  let whole = wholePart(digits, exponent);
  const fraction = fractionPart(digits, exponent);
  whole += roundsUp(mode, sign, (whole & 1) != 0, fraction);
  if (fraction && !isQuiet) raiseFlags(cpu, MXCSR_PE);
  if (whole == 0) return a & signBit<T>();
  // At most mantissaBits + 1 bits: exact.
  const lead = <i32>clz<u64>(whole);
  const biased = <u64>(63 - lead + bias<T>());
  const fractionBits = (whole << (lead + 1)) >> (64 - mantissaBits<T>());
  return (a & signBit<T>()) | <T>((biased << mantissaBits<T>()) | fractionBits);
}

/** Single to double: exact but for NaNs. */
export function softWiden(cpu: Cpu, mxcsr: u32, x: u32): u64 {
  const a = denormalsAreZero<u32>(mxcsr, x);
  const sign = <u64>signOf<u32>(a) << 63;
  if (isNan<u32>(a)) {
    if (isSignaling<u32>(a)) raiseFlags(cpu, MXCSR_IE);
    return sign | infinity<u64>() | (<u64>(quiet<u32>(a) & 0x7f_ffff) << 29);
  }
  if (isInfinite<u32>(a)) return sign | infinity<u64>();
  if (isZero<u32>(a)) return sign;
  if (isDenormal<u32>(a)) raiseFlags(cpu, MXCSR_DE);
  return sign | (<u64>(exponentOf<u32>(a) + bias<u64>()) << 52) | ((significand<u32>(a) << 1) >> 12);
}

/** Double to single. */
export function softNarrow(cpu: Cpu, mxcsr: u32, x: u64): u32 {
  const a = denormalsAreZero<u64>(mxcsr, x);
  const sign = signOf<u64>(a) << 31;
  if (isNan<u64>(a)) {
    if (isSignaling<u64>(a)) raiseFlags(cpu, MXCSR_IE);
    return sign | infinity<u32>() | <u32>((quiet<u64>(a) >> 29) & 0x7f_ffff);
  }
  if (isInfinite<u64>(a)) return sign | infinity<u32>();
  if (isZero<u64>(a)) return sign;
  if (isDenormal<u64>(a)) raiseFlags(cpu, MXCSR_DE);
  return roundPack<u32>(cpu, mxcsr, signOf<u64>(a), exponentOf<u64>(a), significand<u64>(a));
}


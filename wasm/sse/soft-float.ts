/**
 * IEEE 754 single and double arithmetic on bit patterns in integers, with every rounding mode, DAZ, FZ and all six
 * exceptions as SSE has them. This is the path for everything that the hardware of the host cannot answer
 * exactly; sse/float-fast.ts decides. `T` is u32 (single) or u64 (double).
 *
 * Exceptions found are added to `cpu.simdFlags`. Inside, a finite value is (sign, exponent, significand): the significand
 * has its leading one at bit 63 and stands for 1.x; what is shifted out below is kept as a sticky one in bit 0.
 *
 * Tininess is detected after rounding. NaN results: the first operand if it is a NaN, else the second, made quiet; the
 * default NaN has its sign set. [SDM1] 4.8.3.5, 4.9, 11.5.2, tables 4-7 and E-1 ff.
 */
import { Cpu } from "../cpu/state";
import {
  MXCSR_DAZ, MXCSR_DE, MXCSR_FZ, MXCSR_IE, MXCSR_OE, MXCSR_OM, MXCSR_PE, MXCSR_RC_SHIFT, MXCSR_UE, MXCSR_UM, MXCSR_ZE,
} from "./mxcsr";

export const ROUND_NEAREST: u32 = 0;
export const ROUND_DOWN: u32 = 1;
export const ROUND_UP: u32 = 2;
export const ROUND_ZERO: u32 = 3;

const LEADING: u64 = 0x8000_0000_0000_0000;

// ---- the formats

@inline export function mantissaBits<T>(): u32 {
  return sizeof<T>() == 4 ? 23 : 52;
}

@inline export function bias<T>(): i32 {
  return sizeof<T>() == 4 ? 127 : 1023;
}

@inline function maxExponent<T>(): i32 {
  return sizeof<T>() == 4 ? 255 : 2047;
}

@inline export function signBit<T>(): T {
  const topBit = sizeof<T>() * 8 - 1;
  return (1 as T) << topBit;
}

@inline export function infinity<T>(): T {
  return (maxExponent<T>() as T) << mantissaBits<T>();
}

@inline function quietBit<T>(): T {
  const bit = mantissaBits<T>() - 1;
  return (1 as T) << bit;
}

@inline export function defaultNan<T>(): T {
  return signBit<T>() | infinity<T>() | quietBit<T>();
}

@inline export function magnitude<T>(a: T): T {
  return a & ~signBit<T>();
}

@inline export function signOf<T>(a: T): u32 {
  const topBit = sizeof<T>() * 8 - 1;
  return <u32>(a >> topBit);
}

@inline export function isNan<T>(a: T): bool {
  return magnitude<T>(a) > infinity<T>();
}

@inline export function isSignaling<T>(a: T): bool {
  return isNan<T>(a) && !(a & quietBit<T>());
}

@inline export function isInfinite<T>(a: T): bool {
  return magnitude<T>(a) == infinity<T>();
}

@inline export function isZero<T>(a: T): bool {
  return magnitude<T>(a) == 0;
}

@inline export function isDenormal<T>(a: T): bool {
  return magnitude<T>(a) - 1 < (<T>1 << <T>mantissaBits<T>()) - 1;
}

@inline function packSign<T>(sign: u32, bits: T): T {
  const topBit = sizeof<T>() * 8 - 1;
  return ((sign as T) << topBit) | bits;
}

/** Significand of a finite value that is not zero, leading one at bit 63. */
@inline export function significand<T>(a: T): u64 {
  const fraction: u64 = <u64>(a & ((<T>1 << <T>mantissaBits<T>()) - 1));
  if (isDenormal<T>(a)) return fraction << clz<u64>(fraction);
  return LEADING | (fraction << (63 - mantissaBits<T>()));
}

/** Its exponent: the value is significand / 2^63 · 2^exponent. */
@inline export function exponentOf<T>(a: T): i32 {
  const biased = <i32>(magnitude<T>(a) >> <T>mantissaBits<T>());
  if (biased == 0) return 64 - bias<T>() - <i32>mantissaBits<T>() - <i32>clz<u64>(<u64>magnitude<T>(a));
  return biased - bias<T>();
}

@inline export function quiet<T>(a: T): T {
  return a | quietBit<T>();
}

@inline export function raiseFlags(cpu: Cpu, flags: u32): void {
  cpu.simdFlags |= flags;
}

/** A denormal operand is zero under DAZ. */
@inline export function denormalsAreZero<T>(mxcsr: u32, a: T): T {
  return mxcsr & MXCSR_DAZ && isDenormal<T>(a) ? a & signBit<T>() : a;
}

@inline export function invalid<T>(cpu: Cpu): T {
  raiseFlags(cpu, MXCSR_IE);
  return defaultNan<T>();
}

/** Result of a two-operand operation where one of them is a NaN. */
export function propagateNan<T>(cpu: Cpu, a: T, b: T): T {
  if (isSignaling<T>(a) || isSignaling<T>(b)) raiseFlags(cpu, MXCSR_IE);
  return quiet<T>(isNan<T>(a) ? a : b);
}

@inline function noteDenormals<T>(cpu: Cpu, a: T, b: T): void {
  if (isDenormal<T>(a) || isDenormal<T>(b)) raiseFlags(cpu, MXCSR_DE);
}

// ---- rounding

/** Shifts right, keeping what falls out as a sticky bit. */
@inline function shiftSticky(value: u64, count: u32): u64 {
  if (count == 0) return value;
  if (count > 63) return value != 0 ? 1 : 0;
  return (value >> count) | (value << (64 - count) != 0 ? 1 : 0);
}

/** 1 if `rest` (what lies below the last place, as a fraction of 2^64) rounds a magnitude away from zero. */
@inline export function roundsUp(mode: u32, sign: u32, isOdd: bool, rest: u64): u64 {
  if (mode == ROUND_NEAREST) return <u64>(rest > LEADING || (rest == LEADING && isOdd));
  if (mode == ROUND_ZERO || rest == 0) return 0;
  return <u64>(sign == <u32>(mode == ROUND_DOWN));
}

/** Rounds and packs a value that is not zero; reports OE, UE and PE. */
export function roundPack<T>(cpu: Cpu, mxcsr: u32, sign: u32, exponent: i32, significand: u64): T {
  const mode = (mxcsr >> MXCSR_RC_SHIFT) & 3;
  const below: u32 = 63 - mantissaBits<T>();
  let biased = exponent + bias<T>();
  let kept = significand >> below;
  let rest = significand << (64 - below);
  let up = roundsUp(mode, sign, (kept & 1) != 0, rest);
  const carries = (kept + up) >> (mantissaBits<T>() + 1) != 0;
  if (biased <= 0) {
    const tiny = biased < 0 || !carries;
    if (tiny && !(mxcsr & MXCSR_UM)) {
      raiseFlags(cpu, rest ? MXCSR_UE | MXCSR_PE : MXCSR_UE);
      return packSign<T>(sign, 0);
    }
    if (tiny && mxcsr & MXCSR_FZ) {
      raiseFlags(cpu, MXCSR_UE | MXCSR_PE);
      return packSign<T>(sign, 0);
    }
    const shifted = shiftSticky(significand, <u32>(1 - biased));
    kept = shifted >> below;
    rest = shifted << (64 - below);
    up = roundsUp(mode, sign, (kept & 1) != 0, rest);
    if (rest) raiseFlags(cpu, tiny ? MXCSR_UE | MXCSR_PE : MXCSR_PE);
    // A carry into the exponent field gives the smallest normal number.
    return packSign<T>(sign, <T>(kept + up));
  }
  kept += up;
  if (carries) {
    kept >>= 1;
    biased++;
  }
  if (biased >= maxExponent<T>()) return overflow<T>(cpu, mxcsr, sign, rest != 0);
  if (rest) raiseFlags(cpu, MXCSR_PE);
  return packSign<T>(sign, (<T>biased << <T>mantissaBits<T>()) | <T>(kept & ((<u64>1 << mantissaBits<T>()) - 1)));
}

/** Infinity or the largest finite number, as the rounding mode says. Unmasked, only a loss of bits is inexact. */
function overflow<T>(cpu: Cpu, mxcsr: u32, sign: u32, isInexact: bool): T {
  raiseFlags(cpu, mxcsr & MXCSR_OM || isInexact ? MXCSR_OE | MXCSR_PE : MXCSR_OE);
  const mode = (mxcsr >> MXCSR_RC_SHIFT) & 3;
  const toInfinity = mode == ROUND_NEAREST || (mode == ROUND_UP && !sign) || (mode == ROUND_DOWN && sign);
  return packSign<T>(sign, toInfinity ? infinity<T>() : infinity<T>() - 1);
}

// ---- arithmetic

/** `flip` is 1 to subtract b. */
function addOrSubtract<T>(cpu: Cpu, mxcsr: u32, x: T, y: T, flip: u32): T {
  const a = denormalsAreZero<T>(mxcsr, x);
  const b = denormalsAreZero<T>(mxcsr, y);
  if (isNan<T>(a) || isNan<T>(b)) return propagateNan<T>(cpu, a, b);
  const signA = signOf<T>(a);
  const signB = signOf<T>(b) ^ flip;
  if (isInfinite<T>(a) && isInfinite<T>(b) && signA != signB) return invalid<T>(cpu);
  noteDenormals<T>(cpu, a, b);
  if (isInfinite<T>(a)) return a;
  if (isInfinite<T>(b)) return packSign<T>(signB, infinity<T>());
  const down: u32 = <u32>(((mxcsr >> MXCSR_RC_SHIFT) & 3) == ROUND_DOWN);
  if (isZero<T>(a)) {
    if (isZero<T>(b)) return packSign<T>(signA == signB ? signA : down, 0);
    return roundPack<T>(cpu, mxcsr, signB, exponentOf<T>(b), significand<T>(b));
  }
  if (isZero<T>(b)) return roundPack<T>(cpu, mxcsr, signA, exponentOf<T>(a), significand<T>(a));
  const exponentA = exponentOf<T>(a);
  const exponentB = exponentOf<T>(b);
  let exponent = exponentA;
  // One bit of room for the carry.
  let partA = significand<T>(a) >> 1;
  let partB = significand<T>(b) >> 1;
  if (exponentA >= exponentB) partB = shiftSticky(partB, <u32>(exponentA - exponentB));
  else {
    partA = shiftSticky(partA, <u32>(exponentB - exponentA));
    exponent = exponentB;
  }
  let sign = signA;
  let sum: u64;
  if (signA == signB) sum = partA + partB;
  else if (partA == partB) return packSign<T>(down, 0);
  else if (partA > partB) sum = partA - partB;
  else {
    sum = partB - partA;
    sign = signB;
  }
  const lead = <u32>clz<u64>(sum);
  return roundPack<T>(cpu, mxcsr, sign, exponent + 1 - <i32>lead, sum << lead);
}

export function softAdd<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T {
  return addOrSubtract<T>(cpu, mxcsr, a, b, 0);
}

export function softSub<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T {
  return addOrSubtract<T>(cpu, mxcsr, a, b, 1);
}

/** High 64 bits of the product. */
function multiplyHigh(a: u64, b: u64): u64 {
  const lowA = a & 0xffff_ffff, highA = a >> 32;
  const lowB = b & 0xffff_ffff, highB = b >> 32;
  const middle = highA * lowB + ((lowA * lowB) >> 32);
  const carry = lowA * highB + (middle & 0xffff_ffff);
  return highA * highB + (middle >> 32) + (carry >> 32);
}

export function softMul<T>(cpu: Cpu, mxcsr: u32, x: T, y: T): T {
  const a = denormalsAreZero<T>(mxcsr, x);
  const b = denormalsAreZero<T>(mxcsr, y);
  if (isNan<T>(a) || isNan<T>(b)) return propagateNan<T>(cpu, a, b);
  const sign = signOf<T>(a) ^ signOf<T>(b);
  if ((isInfinite<T>(a) && isZero<T>(b)) || (isZero<T>(a) && isInfinite<T>(b))) return invalid<T>(cpu);
  noteDenormals<T>(cpu, a, b);
  if (isInfinite<T>(a) || isInfinite<T>(b)) return packSign<T>(sign, infinity<T>());
  if (isZero<T>(a) || isZero<T>(b)) return packSign<T>(sign, 0);
  const partA = significand<T>(a);
  const partB = significand<T>(b);
  let exponent = exponentOf<T>(a) + exponentOf<T>(b);
  let high = multiplyHigh(partA, partB);
  let low = partA * partB;
  if (high & LEADING) exponent++;
  else {
    high = (high << 1) | (low >> 63);
    low <<= 1;
  }
  return roundPack<T>(cpu, mxcsr, sign, exponent, high | (low != 0 ? 1 : 0));
}

/** The significand `digits` (53 bits), nudged below or above by the sign of what is left over. */
@inline function withRemainder(digits: u64, remainder: i64): u64 {
  return (digits << 11) + (remainder > 0 ? 1 : remainder < 0 ? -1 : 0);
}

export function softDiv<T>(cpu: Cpu, mxcsr: u32, x: T, y: T): T {
  const a = denormalsAreZero<T>(mxcsr, x);
  const b = denormalsAreZero<T>(mxcsr, y);
  if (isNan<T>(a) || isNan<T>(b)) return propagateNan<T>(cpu, a, b);
  const sign = signOf<T>(a) ^ signOf<T>(b);
  if ((isInfinite<T>(a) && isInfinite<T>(b)) || (isZero<T>(a) && isZero<T>(b))) return invalid<T>(cpu);
  if (isZero<T>(b)) {
    if (!isInfinite<T>(a)) raiseFlags(cpu, MXCSR_ZE);
    return packSign<T>(sign, infinity<T>());
  }
  noteDenormals<T>(cpu, a, b);
  if (isInfinite<T>(a)) return packSign<T>(sign, infinity<T>());
  if (isZero<T>(a) || isInfinite<T>(b)) return packSign<T>(sign, 0);
  const partA = significand<T>(a) >> 11;
  const partB = significand<T>(b) >> 11;
  let exponent = exponentOf<T>(a) - exponentOf<T>(b);
  // The host divides to the nearest 53 bits; the exact remainder says on which side the quotient lies.
  const quotient = reinterpret<u64>(<f64>partA / <f64>partB);
  const digits = (quotient & 0x000f_ffff_ffff_ffff) | 0x0010_0000_0000_0000;
  const shift: u64 = partA < partB && <i32>(quotient >> 52) < 1023 ? 53 : 52;
  if (shift == 53) exponent--;
  const remainder = <i64>((partA << shift) - digits * partB);
  if (remainder < 0 && digits == 0x0010_0000_0000_0000) return roundPack<T>(cpu, mxcsr, sign, exponent - 1, ~(<u64>0));
  return roundPack<T>(cpu, mxcsr, sign, exponent, withRemainder(digits, remainder));
}

export function softSqrt<T>(cpu: Cpu, mxcsr: u32, x: T): T {
  const a = denormalsAreZero<T>(mxcsr, x);
  if (isNan<T>(a)) return propagateNan<T>(cpu, a, a);
  if (isZero<T>(a)) return a;
  if (signOf<T>(a)) return invalid<T>(cpu);
  if (isInfinite<T>(a)) return a;
  noteDenormals<T>(cpu, a, a);
  const exponent = exponentOf<T>(a);
  const odd: u64 = <u64>(exponent & 1);
  const radicand = (significand<T>(a) >> 11) << odd; // 1 ≤ radicand / 2^52 < 4
  const root = reinterpret<u64>(sqrt<f64>(<f64>radicand * 2.220446049250313e-16)); // · 2^-52
  const digits = (root & 0x000f_ffff_ffff_ffff) | 0x0010_0000_0000_0000;
  return roundPack<T>(cpu, mxcsr, 0, exponent >> 1, withRemainder(digits, <i64>((radicand << 52) - digits * digits)));
}

// ---- minimum, maximum, comparison

/** MIN and MAX give the second operand if one is a NaN or both are zeros. A quiet NaN is invalid too. */
export function softMinMax<T>(cpu: Cpu, mxcsr: u32, x: T, y: T, isMax: bool): T {
  const a = denormalsAreZero<T>(mxcsr, x);
  const b = denormalsAreZero<T>(mxcsr, y);
  if (isNan<T>(a) || isNan<T>(b)) {
    raiseFlags(cpu, MXCSR_IE);
    return b;
  }
  noteDenormals<T>(cpu, a, b);
  return isMax ? (isLess<T>(b, a) ? a : b) : isLess<T>(a, b) ? a : b;
}

/** a < b of numbers. */
@inline function isLess<T>(a: T, b: T): bool {
  if (isZero<T>(a) && isZero<T>(b)) return false;
  if (signOf<T>(a) != signOf<T>(b)) return signOf<T>(a) != 0;
  return signOf<T>(a) ? magnitude<T>(b) < magnitude<T>(a) : magnitude<T>(a) < magnitude<T>(b);
}

export const RELATION_LESS: u32 = 1;
export const RELATION_EQUAL: u32 = 2;
export const RELATION_GREATER: u32 = 4;
export const RELATION_UNORDERED: u32 = 8;

/** How a and b relate. A NaN is invalid if it is signaling, or if `quietIsInvalid`. */
export function softCompare<T>(cpu: Cpu, mxcsr: u32, x: T, y: T, quietIsInvalid: bool): u32 {
  const a = denormalsAreZero<T>(mxcsr, x);
  const b = denormalsAreZero<T>(mxcsr, y);
  if (isNan<T>(a) || isNan<T>(b)) {
    if (quietIsInvalid || isSignaling<T>(a) || isSignaling<T>(b)) raiseFlags(cpu, MXCSR_IE);
    return RELATION_UNORDERED;
  }
  noteDenormals<T>(cpu, a, b);
  return isLess<T>(a, b) ? RELATION_LESS : isLess<T>(b, a) ? RELATION_GREATER : RELATION_EQUAL;
}

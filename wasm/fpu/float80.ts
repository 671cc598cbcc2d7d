/**
 * The double extended-precision format, and what operations on it leave behind.
 *
 * A value travels as a v128: lane 0 is the significand (integer bit at 63), lane 1 the sign (bit 15) and the biased
 * exponent (bits 0–14), as the two parts stand in a register slot of Cpu. Operations are pure functions of values and the
 * control word; exceptions, and C1 where a result was rounded up, collect in `raised` until the instruction
 * settles them (fpu/stack.ts). `raised` is scratch of one instruction, not processor state.
 *
 * Encodings that the 8087 knew and later processors refuse (pseudo-NaN, pseudo-infinity, unnormal) are `isUnsupported`;
 * a pseudo-denormal counts as the denormal that it looks like. [SDM1] 4.2.2, 4.8, 8.2.2, table 8-3
 */

export type Float80 = v128;

// ---- status word [SDM1] 8.1.3
export const FSW_IE: u32 = 1;
export const FSW_DE: u32 = 2;
export const FSW_ZE: u32 = 4;
export const FSW_OE: u32 = 8;
export const FSW_UE: u32 = 0x10;
export const FSW_PE: u32 = 0x20;
export const FSW_SF: u32 = 0x40;
export const FSW_C0: u32 = 0x100;
export const FSW_C1: u32 = 0x200;
export const FSW_C2: u32 = 0x400;
export const FSW_C3: u32 = 0x4000;
export const FSW_B: u32 = 0x8000;
/** The six exceptions; in the control word, their masks. */
export const EXCEPTIONS: u32 = 0x3f;
/** Exceptions that are found before there is a result: unmasked, they leave the operands alone. */
export const BEFORE_RESULT: u32 = FSW_IE | FSW_DE | FSW_ZE;

// ---- control word [SDM1] 8.1.5
export const FCW_PC_SHIFT: u32 = 8;
export const FCW_RC_SHIFT: u32 = 10;

export const ROUND_NEAREST: u32 = 0;
export const ROUND_DOWN: u32 = 1;
export const ROUND_UP: u32 = 2;
export const ROUND_ZERO: u32 = 3;

// ---- the format
export const SIGN: u32 = 0x8000;
export const EXPONENT: u32 = 0x7fff;
export const BIAS: i32 = 0x3fff;
export const INTEGER_BIT: u64 = 0x8000_0000_0000_0000;
export const QUIET_BIT: u64 = 0x4000_0000_0000_0000;

@inline export function make(significand: u64, signExponent: u32): Float80 {
  return i64x2.replace_lane(i64x2.splat(significand), 1, <u64>signExponent);
}

@inline export function sigOf(a: Float80): u64 {
  return i64x2.extract_lane(a, 0);
}

/** Sign and exponent field. */
@inline export function signExponentOf(a: Float80): u32 {
  return i32x4.extract_lane(a, 2) & 0xffff;
}

@inline export function expOf(a: Float80): i32 {
  return i32x4.extract_lane(a, 2) & EXPONENT;
}

/** 1 if the sign is set. */
@inline export function signOf(a: Float80): u32 {
  return (i32x4.extract_lane(a, 2) >> 15) & 1;
}

@inline export function indefinite(): Float80 {
  return make(INTEGER_BIT | QUIET_BIT, SIGN | EXPONENT);
}

@inline export function zero(sign: u32): Float80 {
  return make(0, sign << 15);
}

@inline export function one(sign: u32): Float80 {
  return make(INTEGER_BIT, (sign << 15) | <u32>BIAS);
}

@inline export function infinity(sign: u32): Float80 {
  return make(INTEGER_BIT, (sign << 15) | EXPONENT);
}

@inline export function negated(a: Float80): Float80 {
  return make(sigOf(a), signExponentOf(a) ^ SIGN);
}

@inline export function isZero(a: Float80): bool {
  return sigOf(a) == 0 && expOf(a) == 0;
}

@inline export function isInfinite(a: Float80): bool {
  return expOf(a) == EXPONENT && sigOf(a) == INTEGER_BIT;
}

@inline export function isNan(a: Float80): bool {
  return expOf(a) == EXPONENT && sigOf(a) > INTEGER_BIT;
}

@inline export function isSignaling(a: Float80): bool {
  return isNan(a) && !(sigOf(a) & QUIET_BIT);
}

/** Denormal or pseudo-denormal. */
@inline export function isDenormal(a: Float80): bool {
  return expOf(a) == 0 && sigOf(a) != 0;
}

/** The integer bit is missing where there must be one. */
@inline export function isUnsupported(a: Float80): bool {
  return expOf(a) != 0 && !(sigOf(a) & INTEGER_BIT);
}

/** A normal number: neither zero, denormal, infinity, NaN nor unsupported. */
@inline export function isNormal(a: Float80): bool {
  return <u32>(expOf(a) - 1) < EXPONENT - 1 && (sigOf(a) & INTEGER_BIT) != 0;
}

/** Neither number: NaN or unsupported. */
@inline export function isSpecial(a: Float80): bool {
  return isNan(a) || isUnsupported(a);
}

@inline export function quiet(a: Float80): Float80 {
  return make(sigOf(a) | QUIET_BIT, signExponentOf(a));
}

/** Significand of a finite value that is not zero, shifted so that its leading one is at bit 63. */
@inline export function normalSig(a: Float80): u64 {
  const sig = sigOf(a);
  return sig << clz<u64>(sig);
}

/** The biased exponent that goes with `normalSig`; zero or negative for denormals. */
@inline export function normalExp(a: Float80): i32 {
  const exp = expOf(a);
  if (exp) return exp;
  return 1 - <i32>clz<u64>(sigOf(a));
}

// ---- what an instruction found

let raised: u32 = 0;

@inline export function raisedFlags(): u32 {
  return raised;
}

@inline export function clearRaised(): void {
  raised = 0;
}

@inline export function raiseFpu(flags: u32): void {
  raised |= flags;
}

@inline export function dropRaised(flags: u32): void {
  raised &= ~flags;
}

/** Says whether the last rounding went up. */
@inline export function setRoundedUp(up: bool): void {
  raised = up ? raised | FSW_C1 : raised & ~FSW_C1;
}

@inline export function invalid(): Float80 {
  raised |= FSW_IE;
  return indefinite();
}

@inline export function noteDenormal(a: Float80): void {
  if (isDenormal(a)) raised |= FSW_DE;
}

/** The invalid-operation response to one operand that is a NaN or unsupported. */
export function propagateOne(a: Float80): Float80 {
  if (isUnsupported(a)) return invalid();
  if (isSignaling(a)) raised |= FSW_IE;
  return quiet(a);
}

/**
 * Result of an operation with a NaN or unsupported operand: a quiet NaN goes before a signaling one, then the larger
 * significand counts, then the positive sign. [SDM1] 4.8.3.5, table 4-7
 */
export function propagate(a: Float80, b: Float80): Float80 {
  if (isUnsupported(a) || isUnsupported(b)) return invalid();
  const signalingA = isSignaling(a);
  const signalingB = isSignaling(b);
  if (signalingA || signalingB) raised |= FSW_IE;
  if (!isNan(b)) return quiet(a);
  if (!isNan(a)) return quiet(b);
  if (signalingA != signalingB) return signalingA ? b : a;
  const sigA = sigOf(a) | QUIET_BIT;
  const sigB = sigOf(b) | QUIET_BIT;
  if (sigA != sigB) return sigA > sigB ? quiet(a) : quiet(b);
  return signOf(a) ? quiet(b) : quiet(a);
}

/**
 * + − × of x87 registers in place, for what nearly all operations are: normal numbers with a normal result, of which nothing but
 * an inexact result is to be reported. Everything else (zero, what is not a number, the ends of the range, other precision and rounding
 * where there is something to round) returns false with nothing changed, and is for fpu/arithmetic.ts.
 *
 * The values stay in general registers of the host instead of the v128 of fpu/float80.ts. [SDM1] 4.8, 8.1.5, 8.5.6
 */
import { Cpu, OFF_FPR, ptr } from "../cpu/state";
import { OP_ADD, OP_MUL, OP_SUB, OP_SUBR } from "./arithmetic";
import { BIAS, EXPONENT, FCW_PC_SHIFT, FCW_RC_SHIFT, FSW_C1, FSW_PE, INTEGER_BIT, SIGN, sigOf, signExponentOf } from "./float80";
import { fromInteger, isNormalNarrow, packNarrowParts, signExponentOfNarrow, significandOfNarrow } from "./narrow";
import { FSW_TOP, FSW_TOP_SHIFT, isEmpty, physical, pop } from "./stack";
import { multiplyHigh } from "./wide";

/** Control word: rounding to nearest with 64 bits, and an inexact result is masked. */
const USUAL_MASK: u32 = (3 << FCW_PC_SHIFT) | (3 << FCW_RC_SHIFT) | FSW_PE;
const USUAL: u32 = (3 << FCW_PC_SHIFT) | FSW_PE;
/** Set for 53 and 64 bits of precision. */
const PC_WIDE: u32 = 2 << FCW_PC_SHIFT;
const BELOW_DOUBLE: u64 = 0x7ff;

@inline function slot(cpu: Cpu, register: u32): usize {
  return ptr(cpu) + (register << 4);
}

@inline function isNormalExponent(exp: i32): bool {
  return <u32>(exp - 1) < EXPONENT - 1;
}

/** Physical register ← sig and the fraction `rest` below it, rounded. `sign` is SIGN or 0. */
@inline function finish(cpu: Cpu, register: u32, sign: u32, exponent: i32, significand: u64, rest: u64): bool {
  let exp = exponent;
  let sig = significand;
  if (!isNormalExponent(exp)) return false;
  const control = <u32>cpu.fpuControl;
  let status = <u32>cpu.fpuStatus & ~FSW_C1;
  if (rest != 0 || (sig & BELOW_DOUBLE) != 0 || !(control & PC_WIDE)) {
    if ((control & USUAL_MASK) != USUAL) return false;
    if (rest != 0) {
      status |= FSW_PE;
      if (rest > INTEGER_BIT || (rest == INTEGER_BIT && sig & 1)) {
        status |= FSW_C1;
        if (++sig == 0) {
          sig = INTEGER_BIT;
          if (++exp == <i32>EXPONENT) return false;
        }
      }
    }
  }
  store<u64>(slot(cpu, register), sig, OFF_FPR);
  store<u64>(slot(cpu, register), <u64>(sign | <u32>exp), OFF_FPR + 8);
  cpu.fpuStatus = <u16>status;
  return true;
}

@inline function product(cpu: Cpu, to: u32, sigA: u64, signExpA: u32, sigB: u64, signExpB: u32): bool {
  const high = multiplyHigh(sigA, sigB);
  const low = sigA * sigB;
  const sign = (signExpA ^ signExpB) & SIGN;
  const exp = <i32>(signExpA & EXPONENT) + <i32>(signExpB & EXPONENT) - BIAS;
  if (high & INTEGER_BIT) return finish(cpu, to, sign, exp + 1, high, low);
  return finish(cpu, to, sign, exp, (high << 1) | (low >> 63), low << 1);
}

function sum(cpu: Cpu, to: u32, sigA: u64, signExpA: u32, sigB: u64, signExpB: u32): bool {
  let exp = <i32>(signExpA & EXPONENT);
  let sign = signExpA & SIGN;
  let high = sigA;
  let small = sigB;
  let distance = exp - <i32>(signExpB & EXPONENT);
  if (distance < 0) {
    exp -= distance;
    sign = signExpB & SIGN;
    high = sigB;
    small = sigA;
    distance = -distance;
  }
  if (distance > 63) return false;
  const otherHigh = small >> <u64>distance;
  let otherLow = distance ? small << <u64>(64 - distance) : 0;
  if (!((signExpA ^ signExpB) & SIGN)) {
    let total = high + otherHigh;
    if (total < high) {
      otherLow = (total << 63) | (otherLow >> 1) | (otherLow & 1);
      total = INTEGER_BIT | (total >> 1);
      exp++;
    }
    return finish(cpu, to, sign, exp, total, otherLow);
  }
  let top: u64;
  if (otherHigh > high) {
    // Only with equal exponents.
    top = otherHigh - high;
    sign ^= SIGN;
  } else {
    top = high - otherHigh - <u64>(otherLow != 0);
    otherLow = 0 - otherLow;
  }
  if (top == 0) return false;
  const shift = clz<u64>(top);
  if (shift) {
    top = (top << shift) | (otherLow >> (64 - shift));
    otherLow <<= shift;
  }
  return finish(cpu, to, sign, exp - <i32>shift, top, otherLow);
}

/** Physical register `to` ← a op b, by the numbers of fpu/arithmetic.ts. Significands and sign with exponent, of any two values. */
@inline function operate(cpu: Cpu, op: u32, to: u32, sigA: u64, signExpA: u32, sigB: u64, signExpB: u32): bool {
  if (!(sigA & sigB & INTEGER_BIT) || !isNormalExponent(signExpA & EXPONENT) || !isNormalExponent(signExpB & EXPONENT)) return false;
  if (op == OP_MUL) return product(cpu, to, sigA, signExpA, sigB, signExpB);
  if (op == OP_ADD) return sum(cpu, to, sigA, signExpA, sigB, signExpB);
  if (op == OP_SUB) return sum(cpu, to, sigA, signExpA, sigB, signExpB ^ SIGN);
  return op == OP_SUBR && sum(cpu, to, sigA, signExpA ^ SIGN, sigB, signExpB);
}

/** ST(0) ← ST(0) op a number of the narrow format `T` (u32: single, u64: double). */
export function operateWithNarrow<T>(cpu: Cpu, op: u32, raw: T): bool {
  if (!isNormalNarrow<T>(raw) || isEmpty(cpu, 0)) return false;
  const to = physical(cpu, 0);
  const sig = load<u64>(slot(cpu, to), OFF_FPR);
  const signExp = <u32>load<u16>(slot(cpu, to), OFF_FPR + 8);
  return operate(cpu, op, to, sig, signExp, significandOfNarrow<T>(raw), signExponentOfNarrow<T>(raw));
}

/** ST(0) op ST(i) to one of them. */
export function operateWithRegister(cpu: Cpu, op: u32, i: u32, toOther: bool): bool {
  if (isEmpty(cpu, 0) || isEmpty(cpu, i)) return false;
  const a = physical(cpu, 0);
  const b = physical(cpu, i);
  const sigA = load<u64>(slot(cpu, a), OFF_FPR);
  const signExpA = <u32>load<u16>(slot(cpu, a), OFF_FPR + 8);
  const sigB = load<u64>(slot(cpu, b), OFF_FPR);
  const signExpB = <u32>load<u16>(slot(cpu, b), OFF_FPR + 8);
  return operate(cpu, op, toOther ? b : a, sigA, signExpA, sigB, signExpB);
}

@inline function push(cpu: Cpu, sig: u64, signExp: u32): bool {
  if (!isEmpty(cpu, 7)) return false;
  const to = physical(cpu, 7);
  store<u64>(slot(cpu, to), sig, OFF_FPR);
  store<u64>(slot(cpu, to), <u64>signExp, OFF_FPR + 8);
  cpu.fpuTag |= <u8>(<u32>1 << to);
  cpu.fpuStatus = <u16>((cpu.fpuStatus & ~(FSW_TOP | FSW_C1)) | (to << FSW_TOP_SHIFT));
  return true;
}

/** Pushes a number of a narrow format. */
export function pushNarrow<T>(cpu: Cpu, raw: T): bool {
  return isNormalNarrow<T>(raw) && push(cpu, significandOfNarrow<T>(raw), signExponentOfNarrow<T>(raw));
}

/** Pushes an integer. */
export function pushInteger(cpu: Cpu, value: i64): bool {
  const number = fromInteger(value);
  return push(cpu, sigOf(number), signExponentOf(number));
}

/** ST(0) in a narrow format, or 0 where that is no normal number of it without digits beyond. */
export function peekNarrow<T>(cpu: Cpu): T {
  if (isEmpty(cpu, 0)) return 0;
  const from = physical(cpu, 0);
  return packNarrowParts<T>(load<u64>(slot(cpu, from), OFF_FPR), <u32>load<u16>(slot(cpu, from), OFF_FPR + 8));
}

/** When that has been stored. */
@inline export function storedShort(cpu: Cpu, pops: bool): void {
  cpu.fpuStatus &= <u16>~FSW_C1;
  if (pops) pop(cpu);
}

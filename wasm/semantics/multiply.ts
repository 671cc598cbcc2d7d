/**
 * Multiplication and division. Wide products and quotients of 64-bit operands are built from 32-bit parts.
 * Undefined flags come out as processors of the AMD family leave them: SF by the low result, ZF, AF and PF unchanged
 * would be wrong for Intel; here they follow the low half of the product.
 * [SDM2] MUL IMUL DIV IDIV
 */
import { flagsProduct, signExtend } from "../cpu/alu-flags";
import { VECTOR_DE, raise } from "../cpu/fault";
import { readE, setReg } from "../cpu/operand";
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";

/** AX ← AL × E */
export function MUL8(cpu: Cpu, rec: Rec): void {
  const y = readE<u8>(cpu, rec);
  if (cpu.fault) return;
  const product: u32 = (<u32>cpu.rax & 0xff) * <u32>y;
  setReg<u16>(cpu, 0, <u16>product);
  flagsProduct<u8>(cpu, product & 0xff, <u64>(product > 0xff));
}

export function IMUL8(cpu: Cpu, rec: Rec): void {
  const y = readE<u8>(cpu, rec);
  if (cpu.fault) return;
  const product: i32 = <i32>(<i8>cpu.rax) * <i32>(<i8>y);
  setReg<u16>(cpu, 0, <u16>product);
  flagsProduct<u8>(cpu, <u64>(<u8>product), <u64>(product != <i32>(<i8>product)));
}

@inline function signed<T>(x: T): i64 {
  return <i64>signExtend<T>(<u64>x);
}

/** rDX:rAX ← rAX × E; CF and OF where the upper half matters. */
@final export class MUL {
  @inline high<B, V, S>(b: B, x: V, y: V): V { return b.mulHigh<S>(x, y); }
  @inline flags<B, V, S>(b: B, low: V, high: V): void { b.flagsProduct<S>(low, b.nonZero(high)); }
}

@final export class IMUL1 {
  @inline high<B, V, S>(b: B, x: V, y: V): V { return b.mulHighSigned<S>(x, y); }
  @inline flags<B, V, S>(b: B, low: V, high: V): void {
    const sign: V = b.trunc<S>(b.sar(b.sext<S>(low), b.const(63)));
    b.flagsProduct<S>(low, b.unequal(high, sign));
  }
}

/** x × y, CF and OF where the product does not fit. */
@final export class IMUL2 {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const low: V = b.trunc<S>(b.mul(x, y));
    b.flagsImul<S>(x, y, low);
    return low;
  }
}

/** The same with an immediate. */
@final export class IMUL3 {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    return changetype<IMUL2>(0).apply<B, V, S>(b, x, y);
  }
}

/** AL ← AX ÷ E, AH ← remainder */
export function DIV8(cpu: Cpu, rec: Rec): void {
  const divisor: u32 = readE<u8>(cpu, rec);
  if (cpu.fault) return;
  const dividend: u32 = <u32>cpu.rax & 0xffff;
  if (divisor == 0 || dividend / divisor > 0xff) {
    raise(cpu, VECTOR_DE);
    return;
  }
  setReg<u16>(cpu, 0, <u16>((dividend / divisor) | ((dividend % divisor) << 8)));
}

export function IDIV8(cpu: Cpu, rec: Rec): void {
  const divisor = <i32>(<i8>readE<u8>(cpu, rec));
  if (cpu.fault) return;
  const dividend = <i32>(<i16>cpu.rax);
  if (divisor == 0) {
    raise(cpu, VECTOR_DE);
    return;
  }
  const quotient = dividend / divisor;
  if (quotient != <i32>(<i8>quotient)) {
    raise(cpu, VECTOR_DE);
    return;
  }
  setReg<u16>(cpu, 0, <u16>((quotient & 0xff) | ((dividend % divisor) << 8)));
}

let quotientLow: u64 = 0;
let remainderLow: u64 = 0;

/**
 * (high:low) ÷ divisor for high < divisor, by shift and subtract on 32-bit digits (schoolbook, two digits).
 * Results in quotientLow and remainderLow (scratch of one call, not machine state).
 */
function divideWide(high: u64, low: u64, divisor: u64): void {
  if (high == 0) {
    quotientLow = low / divisor;
    remainderLow = low - quotientLow * divisor;
    return;
  }
  const shift = clz<u64>(divisor);
  const d = divisor << shift;
  const dHigh = d >> 32;
  const dLow = d & 0xffff_ffff;
  const n1 = shift ? (high << shift) | (low >> (64 - shift)) : high;
  const n0 = low << shift;
  const q1 = divideDigit(n1, n0 >> 32, d, dHigh, dLow);
  const rest = ((n1 << 32) | (n0 >> 32)) - q1 * d;
  const q0 = divideDigit(rest, n0 & 0xffff_ffff, d, dHigh, dLow);
  quotientLow = (q1 << 32) | q0;
  remainderLow = (((rest << 32) | (n0 & 0xffff_ffff)) - q0 * d) >> shift;
}

/** One 32-bit quotient digit of (n:digit) ÷ d, by estimate and correction. */
function divideDigit(n: u64, digit: u64, d: u64, dHigh: u64, dLow: u64): u64 {
  let q = n / dHigh;
  let r = n % dHigh;
  while (q > 0xffff_ffff || q * dLow > ((r << 32) | digit)) {
    q--;
    r += dHigh;
    if (r > 0xffff_ffff) break;
  }
  return q;
}

/** rAX ← rDX:rAX ÷ E, rDX ← remainder */
export function DIV<T>(cpu: Cpu, rec: Rec): void {
  const divisor = <u64>readE<T>(cpu, rec);
  if (cpu.fault) return;
  if (sizeof<T>() == 8) {
    if (divisor <= cpu.rdx) {
      raise(cpu, VECTOR_DE);
      return;
    }
    divideWide(cpu.rdx, cpu.rax, divisor);
    cpu.rax = quotientLow;
    cpu.rdx = remainderLow;
    return;
  }
  const bits: u64 = sizeof<T>() * 8;
  const high = <u64>(<T>cpu.rdx);
  const dividend = (high << bits) | <u64>(<T>cpu.rax);
  if (divisor == 0) {
    raise(cpu, VECTOR_DE);
    return;
  }
  const quotient = dividend / divisor;
  if (quotient >> bits) {
    raise(cpu, VECTOR_DE);
    return;
  }
  setReg<T>(cpu, 0, <T>quotient);
  setReg<T>(cpu, 16, <T>(dividend - quotient * divisor));
}

export function IDIV<T>(cpu: Cpu, rec: Rec): void {
  const y = readE<T>(cpu, rec);
  if (cpu.fault) return;
  const divisor = signed<T>(y);
  if (divisor == 0) {
    raise(cpu, VECTOR_DE);
    return;
  }
  if (sizeof<T>() == 8) {
    // Mostly the dividend has 64 bits, sign-extended. The most negative one by −1 would trap in the host.
    const plain = <i64>cpu.rax;
    if (<i64>cpu.rdx == plain >> 63 && !(divisor == -1 && plain == i64.MIN_VALUE)) {
      const quotient = plain / divisor;
      cpu.rax = <u64>quotient;
      cpu.rdx = <u64>(plain - quotient * divisor);
      return;
    }
    const negative = <i64>cpu.rdx < 0;
    let high = cpu.rdx;
    let low = cpu.rax;
    if (negative) {
      low = 0 - low;
      high = ~high + <u64>(low == 0);
    }
    const magnitude: u64 = divisor < 0 ? 0 - <u64>divisor : <u64>divisor;
    if (high >= magnitude) {
      raise(cpu, VECTOR_DE);
      return;
    }
    divideWide(high, low, magnitude);
    const quotientNegative = negative != divisor < 0;
    const limit: u64 = quotientNegative ? 0x8000_0000_0000_0000 : 0x7fff_ffff_ffff_ffff;
    if (quotientLow > limit) {
      raise(cpu, VECTOR_DE);
      return;
    }
    cpu.rax = quotientNegative ? 0 - quotientLow : quotientLow;
    cpu.rdx = negative ? 0 - remainderLow : remainderLow;
    return;
  }
  const dividend: i64 = sizeof<T>() == 4 ? <i64>((cpu.rdx << 32) | (cpu.rax & 0xffff_ffff)) : <i64>(<i32>((<u32>cpu.rdx << 16) | (<u32>cpu.rax & 0xffff)));
  // The most negative dividend by −1 would trap in the host.
  if (divisor == -1 && dividend == i64.MIN_VALUE) {
    raise(cpu, VECTOR_DE);
    return;
  }
  const quotient = dividend / divisor;
  if (quotient != signed<T>(<T>quotient)) {
    raise(cpu, VECTOR_DE);
    return;
  }
  setReg<T>(cpu, 0, <T>quotient);
  setReg<T>(cpu, 16, <T>(dividend - quotient * divisor));
}

/**
 * Multiplication and division. Wide products and quotients of 64-bit operands are built from 32-bit parts.
 * Undefined flags come out as processors of the AMD family leave them: SF by the low result, ZF, AF and PF unchanged
 * would be wrong for Intel; here they follow the low half of the product.
 * [SDM2] MUL IMUL DIV IDIV
 */
import { setResult, signExtend } from "../cpu/alu-flags";
import { VECTOR_DE, raise } from "../cpu/fault";
import { readE, readG, setReg, writeG } from "../cpu/operand";
import { Cpu, FLAG_CF, FLAG_OF } from "../cpu/state";
import { Rec } from "../decode/record";

@inline function setProductFlags<T>(cpu: Cpu, low: T, overflow: bool): void {
  setResult<T>(cpu, <u64>low);
  cpu.flagAux = overflow ? FLAG_CF | FLAG_OF : 0;
}

/** Upper 64 bits of the unsigned product. */
export function mulHighU64(x: u64, y: u64): u64 {
  const xLow = x & 0xffff_ffff;
  const xHigh = x >> 32;
  const yLow = y & 0xffff_ffff;
  const yHigh = y >> 32;
  const low = xLow * yLow;
  const middle = xHigh * yLow + (low >> 32);
  const carry = (middle & 0xffff_ffff) + xLow * yHigh;
  return xHigh * yHigh + (middle >> 32) + (carry >> 32);
}

/** Upper 64 bits of the signed product. */
export function mulHighI64(x: i64, y: i64): i64 {
  let high = <i64>mulHighU64(<u64>x, <u64>y);
  if (x < 0) high -= y;
  if (y < 0) high -= x;
  return high;
}

/** AX ← AL × E */
export function MUL8(cpu: Cpu, rec: Rec): void {
  const y = readE<u8>(cpu, rec);
  if (cpu.fault) return;
  const product: u32 = (<u32>cpu.rax & 0xff) * <u32>y;
  setReg<u16>(cpu, 0, <u16>product);
  setProductFlags<u8>(cpu, <u8>product, product > 0xff);
}

export function IMUL8(cpu: Cpu, rec: Rec): void {
  const y = readE<u8>(cpu, rec);
  if (cpu.fault) return;
  const product: i32 = <i32>(<i8>cpu.rax) * <i32>(<i8>y);
  setReg<u16>(cpu, 0, <u16>product);
  setProductFlags<u8>(cpu, <u8>product, product != <i32>(<i8>product));
}

/** rDX:rAX ← rAX × E */
export function MUL<T>(cpu: Cpu, rec: Rec): void {
  const y = readE<T>(cpu, rec);
  if (cpu.fault) return;
  const x = <T>cpu.rax;
  let low: T, high: T;
  if (sizeof<T>() == 8) {
    low = <T>(<u64>x * <u64>y);
    high = <T>mulHighU64(<u64>x, <u64>y);
  } else {
    const product = <u64>x * <u64>y;
    low = <T>product;
    high = <T>(product >> (sizeof<T>() * 8));
  }
  setReg<T>(cpu, 0, low);
  setReg<T>(cpu, 16, high);
  setProductFlags<T>(cpu, low, high != <T>0);
}

@inline function signed<T>(x: T): i64 {
  return <i64>signExtend<T>(<u64>x);
}

export function IMUL1<T>(cpu: Cpu, rec: Rec): void {
  const y = readE<T>(cpu, rec);
  if (cpu.fault) return;
  const x = <T>cpu.rax;
  let low: T, high: T;
  if (sizeof<T>() == 8) {
    low = <T>(<u64>x * <u64>y);
    high = <T>mulHighI64(<i64>x, <i64>y);
  } else {
    const product = signed<T>(x) * signed<T>(y);
    low = <T>product;
    high = <T>(product >> (sizeof<T>() * 8));
  }
  setReg<T>(cpu, 0, low);
  setReg<T>(cpu, 16, high);
  setProductFlags<T>(cpu, low, high != <T>(signed<T>(low) >> 63));
}

/** G ← x × y, CF and OF where the product does not fit. */
@inline function multiplyTruncated<T>(cpu: Cpu, rec: Rec, x: T, y: T): void {
  let low: T;
  let overflow: bool;
  if (sizeof<T>() == 8) {
    low = <T>(<u64>x * <u64>y);
    // Two numbers of 32 bits always fit.
    const isNarrow = <i64>(<i32>x) == <i64>x && <i64>(<i32>y) == <i64>y;
    overflow = !isNarrow && mulHighI64(<i64>x, <i64>y) != <i64>low >> 63;
  } else {
    const product = signed<T>(x) * signed<T>(y);
    low = <T>product;
    overflow = product != signed<T>(low);
  }
  writeG<T>(cpu, rec, low);
  setProductFlags<T>(cpu, low, overflow);
}

export function IMUL2<T>(cpu: Cpu, rec: Rec): void {
  const y = readE<T>(cpu, rec);
  if (cpu.fault) return;
  multiplyTruncated<T>(cpu, rec, readG<T>(cpu, rec), y);
}

export function IMUL3<T>(cpu: Cpu, rec: Rec): void {
  const x = readE<T>(cpu, rec);
  if (cpu.fault) return;
  multiplyTruncated<T>(cpu, rec, x, <T>rec.imm);
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

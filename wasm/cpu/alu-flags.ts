/**
 * Flags after arithmetic, in their lazy form (cpu/flags.ts): CF, PF, AF, ZF, SF and OF of a result of size S, whose operands
 * and result are u64 values zero-extended from that size. The executing backend and the handlers that compare or add
 * without a backend share them.
 * [SDM1] 3.4.3.1, appendix A – [SDM2] ADD ADC SUB SBB INC DEC, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR
 */
import { Cpu, FLAG_AF, FLAG_CF, FLAG_OF } from "./state";
import { mulHighI64 } from "./wide-multiply";

/** Sign-extended from size S to 64 bits. */
@inline export function signExtend<S>(x: u64): u64 {
  if (sizeof<S>() == 1) return <u64>(<i64>(<i8>x));
  if (sizeof<S>() == 2) return <u64>(<i64>(<i16>x));
  if (sizeof<S>() == 4) return <u64>(<i64>(<i32>x));
  return x;
}

/** The top bit of size S. */
@inline function signBit<S>(): u64 {
  const shift: u64 = sizeof<S>() * 8 - 1;
  return <u64>1 << shift;
}

@inline export function setResult<S>(cpu: Cpu, result: u64): void {
  cpu.flagRes = <i64>signExtend<S>(result);
}

/** `overflow` has OF in its top bit of size S; `cf` is 0 or 1. */
@inline function setAux<S>(cpu: Cpu, x: u64, y: u64, r: u64, overflow: u64, cf: u64): void {
  const top: u64 = sizeof<S>() == 1 ? overflow << 4 : overflow >> (sizeof<S>() * 8 - 12);
  cpu.flagAux = <u32>cf | (<u32>(x ^ y ^ r) & FLAG_AF) | (<u32>top & FLAG_OF);
}

/** After r = x + y. */
@inline export function flagsAdd<S>(cpu: Cpu, x: u64, y: u64, r: u64): void {
  setResult<S>(cpu, r);
  setAux<S>(cpu, x, y, r, (x ^ r) & (y ^ r), <u64>(r < x));
}

/** After r = x + y + carry. */
@inline export function flagsAdc<S>(cpu: Cpu, x: u64, y: u64, r: u64): void {
  setResult<S>(cpu, r);
  setAux<S>(cpu, x, y, r, (x ^ r) & (y ^ r), (((x & y) | ((x | y) & ~r)) >> (sizeof<S>() * 8 - 1)) & 1);
}

/** After r = x − y. */
@inline export function flagsSub<S>(cpu: Cpu, x: u64, y: u64, r: u64): void {
  setResult<S>(cpu, r);
  setAux<S>(cpu, x, y, r, (x ^ y) & (x ^ r), <u64>(x < y));
}

/** After r = x − y − carry. */
@inline export function flagsSbb<S>(cpu: Cpu, x: u64, y: u64, r: u64): void {
  setResult<S>(cpu, r);
  setAux<S>(cpu, x, y, r, (x ^ y) & (x ^ r), (((~x & y) | ((~x | y) & r)) >> (sizeof<S>() * 8 - 1)) & 1);
}

@inline export function flagsLogic<S>(cpu: Cpu, r: u64): void {
  setResult<S>(cpu, r);
  cpu.flagAux = 0;
}

/** INC and DEC leave CF alone. */
@inline export function flagsInc<S>(cpu: Cpu, r: u64): void {
  const overflow: u32 = r == signBit<S>() ? FLAG_OF : 0;
  const adjust: u32 = r & 15 ? 0 : FLAG_AF;
  cpu.flagAux = (cpu.flagAux & FLAG_CF) | overflow | adjust;
  setResult<S>(cpu, r);
}

@inline export function flagsDec<S>(cpu: Cpu, r: u64): void {
  const overflow: u32 = r == signBit<S>() - 1 ? FLAG_OF : 0;
  const adjust: u32 = (r & 15) == 15 ? FLAG_AF : 0;
  cpu.flagAux = (cpu.flagAux & FLAG_CF) | overflow | adjust;
  setResult<S>(cpu, r);
}

/** Bit 0: the top bit of size S. */
@inline function topBit<S>(x: u64): u64 {
  return (x >> (sizeof<S>() * 8 - 1)) & 1;
}

/** CF is bit 0 of `cf`, OF bit 0 of `ovf`; AF is cleared. */
@inline function setShifted<S>(cpu: Cpu, r: u64, cf: u64, ovf: u64): void {
  setResult<S>(cpu, r);
  cpu.flagAux = (<u32>cf & 1) | ((<u32>ovf & 1) << 11);
}

// After a shift with the result r; `last` is the operand one step before it: the bit that leaves it last is CF.
// OF is defined for one step; the rule is the same for more.

@inline export function flagsShl<S>(cpu: Cpu, last: u64, r: u64): void {
  const cf = topBit<S>(last);
  setShifted<S>(cpu, r, cf, topBit<S>(r) ^ cf);
}

@inline export function flagsShr<S>(cpu: Cpu, last: u64, r: u64): void {
  setShifted<S>(cpu, r, last, topBit<S>(r) ^ topBit<S>(r << 1));
}

@inline export function flagsSar<S>(cpu: Cpu, last: u64, r: u64): void {
  setShifted<S>(cpu, r, last, 0);
}

/** After a rotate: only CF and OF change. */
@inline export function flagsRotate(cpu: Cpu, cf: u64, ovf: u64): void {
  cpu.flagAux = (cpu.flagAux & ~(FLAG_CF | FLAG_OF)) | (<u32>cf & 1) | ((<u32>ovf & 1) << 11);
}

@inline export function flagsRotl<S>(cpu: Cpu, r: u64): void {
  flagsRotate(cpu, r, topBit<S>(r) ^ r);
}

@inline export function flagsRotr<S>(cpu: Cpu, r: u64): void {
  flagsRotate(cpu, topBit<S>(r), topBit<S>(r) ^ topBit<S>(r << 1));
}

/** After a double shift: as after a shift, but AF stays. */
@inline export function flagsDoubleShift<S>(cpu: Cpu, r: u64, cf: u64, ovf: u64): void {
  setResult<S>(cpu, r);
  cpu.flagAux = (cpu.flagAux & FLAG_AF) | (<u32>cf & 1) | ((<u32>ovf & 1) << 11);
}

/** After a multiplication with the lower half `low`; `overflow` is 0 or 1. */
@inline export function flagsProduct<S>(cpu: Cpu, low: u64, overflow: u64): void {
  setResult<S>(cpu, low);
  cpu.flagAux = overflow != 0 ? FLAG_CF | FLAG_OF : 0;
}

/** After a signed multiplication of x and y, cut to `low`. */
@inline export function flagsImul<S>(cpu: Cpu, x: u64, y: u64, low: u64): void {
  let overflow: bool;
  if (sizeof<S>() == 8) {
    // Two numbers of 32 bits always fit.
    const isNarrow = signExtend<u32>(x) == x && signExtend<u32>(y) == y;
    overflow = !isNarrow && mulHighI64(<i64>x, <i64>y) != <i64>low >> 63;
  } else overflow = signExtend<S>(x) * signExtend<S>(y) != signExtend<S>(low);
  flagsProduct<S>(cpu, low, <u64>overflow);
}

/** CMP: the flags of x − y. */
@inline export function compare<S>(cpu: Cpu, x: u64, y: u64): void {
  flagsSub<S>(cpu, x, y, <u64>(<S>(x - y)));
}

/** ADD: x + y in size S, with its flags. */
@inline export function addSetFlags<S>(cpu: Cpu, x: u64, y: u64): u64 {
  const sum = <u64>(<S>(x + y));
  flagsAdd<S>(cpu, x, y, sum);
  return sum;
}

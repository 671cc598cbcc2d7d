/**
 * Flags after arithmetic, in their lazy form (cpu/flags.ts): CF, PF, AF, ZF, SF and OF of a result of size S, whose operands
 * and result are u64 values zero-extended from that size. The executing backend and the handlers that compare or add
 * without a backend share them.
 * [SDM1] 3.4.3.1, appendix A – [SDM2] ADD ADC SUB SBB INC DEC, SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR
 */
import { Cpu, FLAG_AF, FLAG_CF, FLAG_OF } from "./state";

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

/** After a shift: CF is bit 0 of `cf`, OF bit 0 of `ovf`; AF is cleared. */
@inline export function flagsShift<S>(cpu: Cpu, r: u64, cf: u64, ovf: u64): void {
  setResult<S>(cpu, r);
  cpu.flagAux = (<u32>cf & 1) | ((<u32>ovf & 1) << 11);
}

/** After a rotate: only CF and OF change. */
@inline export function flagsRotate(cpu: Cpu, cf: u64, ovf: u64): void {
  cpu.flagAux = (cpu.flagAux & ~(FLAG_CF | FLAG_OF)) | (<u32>cf & 1) | ((<u32>ovf & 1) << 11);
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

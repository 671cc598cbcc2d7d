/**
 * Single bits, bit scans and double shifts. A bit offset in a register reaches beyond its memory operand: it is a signed
 * number of bits from the operand's address. Flags that the manual leaves undefined stay as they were, as processors do.
 * [SDM2] BT BTC BTR BTS BSF BSR POPCNT SHLD SHRD
 */
import { ACCESS_READ, ACCESS_RMW, effectiveOffset, segLinear } from "../cpu/address";
import { setResult } from "../cpu/alu-flags";
import { AUX_PARITY_SHIFT, setZF } from "../cpu/flags";
import { linearRmw, readE, readG, setReg, writeG } from "../cpu/operand";
import { Cpu, FLAG_AF, FLAG_CF, FLAG_OF, ptr } from "../cpu/state";
import { Rec, addrSizeLog2, isMem } from "../decode/record";
import { memRead, memReadForWrite, memWrite } from "../mmu/access";

const BIT_TEST: u32 = 0;
const BIT_SET: u32 = 1;
const BIT_RESET: u32 = 2;
const BIT_COMPLEMENT: u32 = 3;

@inline function changed<T>(value: T, bit: T, how: u32): T {
  if (how == BIT_SET) return value | bit;
  if (how == BIT_RESET) return value & ~bit;
  return value ^ bit;
}

/** CF ← the bit; then the bit is changed as `how` says. */
@inline function bitOperation<T>(cpu: Cpu, rec: Rec, offset: i64, how: u32, fromRegister: bool): void {
  const bits: i64 = sizeof<T>() * 8;
  const bit = <T>1 << <T>(offset & (bits - 1));
  let value: T;
  if (isMem(rec)) {
    let linearAddr: u64;
    const access = how == BIT_TEST ? ACCESS_READ : ACCESS_RMW;
    let address = effectiveOffset(cpu, rec);
    if (fromRegister) address += <u64>((offset >> (sizeof<T>() == 8 ? 6 : sizeof<T>() == 4 ? 5 : 4)) * sizeof<T>());
    const size = addrSizeLog2(rec);
    if (size == 1) address &= 0xffff;
    else if (size == 2) address &= 0xffff_ffff;
    linearAddr = segLinear(cpu, rec.seg, address, sizeof<T>(), access);
    if (cpu.fault) return;
    value = how == BIT_TEST ? memRead<T>(cpu, linearAddr) : memReadForWrite<T>(cpu, linearAddr);
    if (cpu.fault) return;
    if (how != BIT_TEST) memWrite<T>(cpu, linearAddr, changed<T>(value, bit, how));
  } else {
    value = load<T>(ptr(cpu) + rec.e);
    if (how != BIT_TEST) setReg<T>(cpu, rec.e, changed<T>(value, bit, how));
  }
  cpu.flagAux = (cpu.flagAux & ~FLAG_CF) | <u32>((value & bit) != <T>0);
}

@inline function signedOffset<T>(cpu: Cpu, rec: Rec): i64 {
  const g = readG<T>(cpu, rec);
  if (sizeof<T>() == 2) return <i64>(<i16>g);
  if (sizeof<T>() == 4) return <i64>(<i32>g);
  return <i64>g;
}

export function BT_G<T>(cpu: Cpu, rec: Rec): void {
  bitOperation<T>(cpu, rec, signedOffset<T>(cpu, rec), BIT_TEST, true);
}
export function BTS_G<T>(cpu: Cpu, rec: Rec): void {
  bitOperation<T>(cpu, rec, signedOffset<T>(cpu, rec), BIT_SET, true);
}
export function BTR_G<T>(cpu: Cpu, rec: Rec): void {
  bitOperation<T>(cpu, rec, signedOffset<T>(cpu, rec), BIT_RESET, true);
}
export function BTC_G<T>(cpu: Cpu, rec: Rec): void {
  bitOperation<T>(cpu, rec, signedOffset<T>(cpu, rec), BIT_COMPLEMENT, true);
}
export function BT_I<T>(cpu: Cpu, rec: Rec): void {
  bitOperation<T>(cpu, rec, rec.imm, BIT_TEST, false);
}
export function BTS_I<T>(cpu: Cpu, rec: Rec): void {
  bitOperation<T>(cpu, rec, rec.imm, BIT_SET, false);
}
export function BTR_I<T>(cpu: Cpu, rec: Rec): void {
  bitOperation<T>(cpu, rec, rec.imm, BIT_RESET, false);
}
export function BTC_I<T>(cpu: Cpu, rec: Rec): void {
  bitOperation<T>(cpu, rec, rec.imm, BIT_COMPLEMENT, false);
}

/** A source of 0 sets ZF and leaves the destination as it was ([APM3] says so; Intel's do the same). */
export function BSF<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  if (value != <T>0) writeG<T>(cpu, rec, <T>ctz<u64>(<u64>value));
  setZF(cpu, value == <T>0);
}

export function BSR<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  if (value != <T>0) writeG<T>(cpu, rec, <T>(63 - clz<u64>(<u64>value)));
  setZF(cpu, value == <T>0);
}

/** ZF by the source; OF SF AF CF PF are cleared. */
export function POPCNT<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  writeG<T>(cpu, rec, <T>popcnt<u64>(<u64>value));
  // A result of 1 has no flag set; one of 0 would have PF.
  cpu.flagRes = value == <T>0 ? 0 : 1;
  cpu.flagAux = value == <T>0 ? 1 << AUX_PARITY_SHIFT : 0;
}

/**
 * Double shift. For 16-bit operands a count above 16 is undefined: bits of the source come in a second time and CF is 0,
 * as in AMD's processors.
 */
@inline function doubleShift<T>(cpu: Cpu, rec: Rec, count: u32, left: bool): void {
  const bits: u32 = sizeof<T>() * 8;
  const n: u64 = count & (sizeof<T>() == 8 ? 63 : 31);
  const y = <u64>readG<T>(cpu, rec);
  let linearAddr: u64 = 0;
  let x: u64;
  const memory = isMem(rec);
  if (memory) {
    linearAddr = linearRmw(cpu, rec, sizeof<T>());
    if (cpu.fault) return;
    x = <u64>memReadForWrite<T>(cpu, linearAddr);
    if (cpu.fault) return;
  } else x = <u64>load<T>(ptr(cpu) + rec.e);
  if (n == 0) {
    if (!memory) setReg<T>(cpu, rec.e, <T>x);
    return;
  }
  let result: T;
  let cf: u64;
  if (left) {
    if (sizeof<T>() == 8) {
      result = <T>((x << n) | (y >> (64 - n)));
      cf = (x >> (64 - n)) & 1;
    } else if (sizeof<T>() == 4) {
      const ring = (x << 32) | y;
      result = <T>((ring << n) >> 32);
      cf = (x >> (32 - n)) & 1;
    } else {
      const ring = (x << 32) | (y << 16) | y;
      result = <T>((ring << n) >> 32);
      cf = ((x << n) >> 16) & 1;
    }
  } else {
    if (sizeof<T>() == 8) {
      result = <T>((x >> n) | (y << (64 - n)));
      cf = (x >> (n - 1)) & 1;
    } else if (sizeof<T>() == 4) {
      const ring = (y << 32) | x;
      result = <T>(ring >> n);
      cf = (ring >> (n - 1)) & 1;
    } else {
      const ring = (y << 32) | (y << 16) | x;
      result = <T>(ring >> n);
      cf = (x >> (n - 1)) & 1;
    }
  }
  if (memory) memWrite<T>(cpu, linearAddr, result);
  else setReg<T>(cpu, rec.e, result);
  const top = <u64>1 << (bits - 1);
  const ovf: u32 = ((x ^ <u64>result) & top) != 0 ? FLAG_OF : 0;
  setResult<T>(cpu, <u64>result);
  cpu.flagAux = (<u32>cf & FLAG_CF) | ovf | (cpu.flagAux & FLAG_AF);
}

export function SHLD_I<T>(cpu: Cpu, rec: Rec): void {
  doubleShift<T>(cpu, rec, <u32>rec.imm, true);
}
export function SHLD_CL<T>(cpu: Cpu, rec: Rec): void {
  doubleShift<T>(cpu, rec, <u32>cpu.rcx, true);
}
export function SHRD_I<T>(cpu: Cpu, rec: Rec): void {
  doubleShift<T>(cpu, rec, <u32>rec.imm, false);
}
export function SHRD_CL<T>(cpu: Cpu, rec: Rec): void {
  doubleShift<T>(cpu, rec, <u32>cpu.rcx, false);
}

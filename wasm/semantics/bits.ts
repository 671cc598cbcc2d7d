/**
 * Single bits, bit scans and double shifts. A bit offset in a register reaches beyond its memory operand: it is a signed
 * number of bits from the operand's address. Flags that the manual leaves undefined stay as they were, as processors do.
 * [SDM2] BT BTC BTR BTS BSF BSR POPCNT SHLD SHRD
 */
import { ACCESS_READ, ACCESS_RMW, effectiveOffset, segLinear } from "../cpu/address";
import { AUX_PARITY_SHIFT, setZF } from "../cpu/flags";
import { readE, readG, setReg, writeG } from "../cpu/operand";
import { Cpu, FLAG_CF, ptr } from "../cpu/state";
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
/** CF ← bit y of x, where it is in a register or the offset is an immediate: taken modulo the operand size. */
@final export class BT {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    b.setCarry(b.shr(x, b.bitNumber<S>(y)));
    return x;
  }
}
@final export class BTS {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const n: V = b.bitNumber<S>(y);
    const r: V = b.or(x, b.shl(b.const(1), n));
    b.setCarry(b.shr(x, n));
    return r;
  }
}
@final export class BTR {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const n: V = b.bitNumber<S>(y);
    const r: V = b.and(x, b.xor(b.shl(b.const(1), n), b.const(~(<u64>0))));
    b.setCarry(b.shr(x, n));
    return r;
  }
}
@final export class BTC {
  @inline apply<B, V, S>(b: B, x: V, y: V): V {
    const n: V = b.bitNumber<S>(y);
    const r: V = b.xor(x, b.shl(b.const(1), n));
    b.setCarry(b.shr(x, n));
    return r;
  }
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

/**
 * The executing backend: `this` is the processor's base address, a value is a u64 that holds the operand zero-extended,
 * and the operand size `S` is a static type, so that everything folds into plain loads, stores and arithmetic.
 *
 * The emitting backend (wasm/jit/emit-backend.ts) has the same methods and writes WebAssembly instead. Semantics
 * (wasm/semantics) are written against these methods only; where the two could differ, tests compare them on edge values.
 */
import { MEM } from "../semantics/forms";
import { rotateCarryLeft, rotateCarryRight } from "../semantics/shift";
import { ACCESS_READ, ACCESS_RMW, ACCESS_WRITE, linear } from "../cpu/address";
import { flagsAdc, flagsAdd, flagsDec, flagsDoubleShift, flagsImul, flagsInc, flagsLogic, flagsProduct, flagsRotl, flagsRotr, flagsSar, flagsSbb, flagsShl, flagsShr, flagsSub, setResult, signExtend } from "../cpu/alu-flags";
import { condition } from "../cpu/flags";
import { Cpu, FLAG_CF } from "../cpu/state";
import { mulHighI64, mulHighU64 } from "../cpu/wide-multiply";
import { Rec } from "../decode/record";
import { memRead, memReadForWrite, memWrite } from "../mmu/access";

@unmanaged @final
export class Interp {
  @inline private cpu(): Cpu {
    return changetype<Cpu>(changetype<usize>(this));
  }

  // ---- operands
  /** F is REG or MEM (semantics/forms.ts). */
  @inline inMemory<F>(rec: Rec): bool {
    return sizeof<F>() == sizeof<MEM>();
  }
  @inline reg<S>(off: u32): u64 {
    return <u64>load<S>(changetype<usize>(this) + off);
  }
  @inline setReg<S>(off: u32, value: u64): void {
    if (sizeof<S>() == 4) store<u64>(changetype<usize>(this) + off, value);
    else store<S>(changetype<usize>(this) + off, <S>value);
  }
  @inline imm<S>(rec: Rec): u64 {
    return <u64>(<S>rec.imm);
  }
  @inline addressRead<S>(rec: Rec): u64 {
    this.cpu().rec = <u32>changetype<usize>(rec);
    return linear(this.cpu(), rec, sizeof<S>(), ACCESS_READ);
  }
  @inline addressWrite<S>(rec: Rec): u64 {
    this.cpu().rec = <u32>changetype<usize>(rec);
    return linear(this.cpu(), rec, sizeof<S>(), ACCESS_WRITE);
  }
  @inline addressRmw<S>(rec: Rec): u64 {
    this.cpu().rec = <u32>changetype<usize>(rec);
    return linear(this.cpu(), rec, sizeof<S>(), ACCESS_RMW);
  }
  @inline load<S>(linearAddr: u64): u64 {
    return <u64>memRead<S>(this.cpu(), linearAddr);
  }
  @inline loadForWrite<S>(linearAddr: u64): u64 {
    return <u64>memReadForWrite<S>(this.cpu(), linearAddr);
  }
  @inline store<S>(linearAddr: u64, value: u64): void {
    memWrite<S>(this.cpu(), linearAddr, <S>value);
  }
  /** The instruction has faulted: leave it. The emitting backend writes the exit inside load and store and says no. */
  @inline faulted(): bool {
    return this.cpu().fault != 0;
  }

  // ---- values
  @inline const(k: u64): u64 { return k; }
  @inline add(x: u64, y: u64): u64 { return x + y; }
  @inline sub(x: u64, y: u64): u64 { return x - y; }
  @inline and(x: u64, y: u64): u64 { return x & y; }
  @inline or(x: u64, y: u64): u64 { return x | y; }
  @inline xor(x: u64, y: u64): u64 { return x ^ y; }
  @inline shl(x: u64, n: u64): u64 { return x << n; }
  @inline shr(x: u64, n: u64): u64 { return x >> n; }
  @inline sar(x: u64, n: u64): u64 { return <u64>(<i64>x >> <i64>n); }
  /** Zero-extended low part of size S. */
  @inline trunc<S>(x: u64): u64 { return <u64>(<S>x); }
  /** Sign-extended from size S to 64 bits. */
  @inline sext<S>(x: u64): u64 { return signExtend<S>(x); }
  /** Bits of size S. */
  @inline bits<S>(): u64 { return sizeof<S>() * 8; }
  @inline ltu(x: u64, y: u64): u64 { return <u64>(x < y); }
  @inline nonZero(x: u64): u64 { return <u64>(x != 0); }
  /** Bit 0: the top bit of size S. */
  @inline topBit<S>(x: u64): u64 { return (x >> (sizeof<S>() * 8 - 1)) & 1; }
  /** A shift count modulo 32, or modulo 64 for quadwords. */
  @inline shiftCount<S>(n: u64): u64 { return n & (sizeof<S>() == 8 ? 63 : 31); }
  @inline rotl<S>(x: u64, n: u64): u64 { return <u64>rotl<S>(<S>x, <S>n); }
  @inline rotr<S>(x: u64, n: u64): u64 { return <u64>rotr<S>(<S>x, <S>n); }
  @inline rcl<S>(x: u64, n: u64): u64 { return rotateCarryLeft(this.cpu(), x, <u32>n, sizeof<S>() * 8); }
  @inline rcr<S>(x: u64, n: u64): u64 { return rotateCarryRight(this.cpu(), x, <u32>n, sizeof<S>() * 8); }
  @inline mul(x: u64, y: u64): u64 { return x * y; }
  /** Bits from the operand size up of the product of zero-extended operands. */
  @inline mulHigh<S>(x: u64, y: u64): u64 { return sizeof<S>() == 8 ? mulHighU64(x, y) : (x * y) >> (sizeof<S>() * 8); }
  /** The same of the operands as signed numbers, zero-extended. */
  @inline mulHighSigned<S>(x: u64, y: u64): u64 {
    if (sizeof<S>() == 8) return <u64>mulHighI64(<i64>x, <i64>y);
    return <u64>(<S>((signExtend<S>(x) * signExtend<S>(y)) >> (sizeof<S>() * 8)));
  }
  @inline unequal(x: u64, y: u64): u64 { return <u64>(x != y); }
  @inline copy(x: u64): u64 { return x; }
  /** x where the condition is not 0, else y. */
  @inline choose(condition: u64, x: u64, y: u64): u64 { return condition != 0 ? x : y; }
  @inline hasBits<S>(bits: u32): bool { return sizeof<S>() * 8 == bits; }
  /** A bit offset modulo the operand size. */
  @inline bitNumber<S>(y: u64): u64 { return y & (sizeof<S>() * 8 - 1); }
  /** The lower half, sign-extended to 64 bits. */
  @inline sextHalf<S>(x: u64): u64 {
    if (sizeof<S>() == 8) return signExtend<u32>(x);
    return sizeof<S>() == 4 ? signExtend<u16>(x) : signExtend<u8>(x);
  }
  @inline bswap<S>(x: u64): u64 {
    if (sizeof<S>() == 2) return 0;
    return <u64>bswap<S>(<S>x);
  }
  @inline beginIf(condition: u64): bool { return condition != 0; }
  @inline endIf(): void {}

  // ---- flags: cpu/alu-flags.ts
  @inline carry(): u64 { return <u64>(this.cpu().flagAux & FLAG_CF); }
  @inline setResult<S>(result: u64): void { setResult<S>(this.cpu(), result); }
  @inline flagsAdd<S>(x: u64, y: u64, r: u64): void { flagsAdd<S>(this.cpu(), x, y, r); }
  @inline flagsAdc<S>(x: u64, y: u64, r: u64): void { flagsAdc<S>(this.cpu(), x, y, r); }
  @inline flagsSub<S>(x: u64, y: u64, r: u64): void { flagsSub<S>(this.cpu(), x, y, r); }
  @inline flagsSbb<S>(x: u64, y: u64, r: u64): void { flagsSbb<S>(this.cpu(), x, y, r); }
  @inline flagsLogic<S>(r: u64): void { flagsLogic<S>(this.cpu(), r); }
  @inline flagsInc<S>(r: u64): void { flagsInc<S>(this.cpu(), r); }
  @inline flagsDec<S>(r: u64): void { flagsDec<S>(this.cpu(), r); }
  @inline flagsShl<S>(last: u64, r: u64): void { flagsShl<S>(this.cpu(), last, r); }
  @inline flagsShr<S>(last: u64, r: u64): void { flagsShr<S>(this.cpu(), last, r); }
  @inline flagsSar<S>(last: u64, r: u64): void { flagsSar<S>(this.cpu(), last, r); }
  @inline flagsRotl<S>(r: u64): void { flagsRotl<S>(this.cpu(), r); }
  @inline flagsRotr<S>(r: u64): void { flagsRotr<S>(this.cpu(), r); }
  @inline flagsDoubleShift<S>(r: u64, cf: u64, ovf: u64): void { flagsDoubleShift<S>(this.cpu(), r, cf, ovf); }
  @inline flagsProduct<S>(low: u64, overflow: u64): void { flagsProduct<S>(this.cpu(), low, overflow); }
  @inline flagsImul<S>(x: u64, y: u64, low: u64): void { flagsImul<S>(this.cpu(), x, y, low); }
  @inline setCarry(cf: u64): void { this.cpu().flagAux = (this.cpu().flagAux & ~FLAG_CF) | (<u32>cf & FLAG_CF); }
  /** Condition `cc` of Jcc, SETcc and CMOVcc: 0 or 1. */
  @inline conditionValue(cc: u32): u64 { return <u64>condition(this.cpu(), cc); }
}

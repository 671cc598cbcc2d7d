/**
 * The executing backend where the address of the memory operand has hit in the TLB: an "address" is a host pointer, loads
 * and stores go straight to it and cannot fault. Everything else is the executing backend's (backend.ts).
 */
import { Rec } from "../decode/record";
import { Interp } from "./backend";

@unmanaged @final
export class Hit {
  @inline private interp(): Interp { return changetype<Interp>(changetype<usize>(this)); }

  @inline load<S>(hostPtr: u64): u64 { return <u64>load<S>(<usize>hostPtr); }
  @inline loadForWrite<S>(hostPtr: u64): u64 { return <u64>load<S>(<usize>hostPtr); }
  @inline store<S>(hostPtr: u64, value: u64): void { store<S>(<usize>hostPtr, <S>value); }
  @inline faulted(): bool { return false; }

  @inline reg<S>(off: u32): u64 { return this.interp().reg<S>(off); }
  @inline setReg<S>(off: u32, value: u64): void { this.interp().setReg<S>(off, value); }
  @inline imm<S>(rec: Rec): u64 { return this.interp().imm<S>(rec); }
  @inline const(k: u64): u64 { return this.interp().const(k); }
  @inline add(x: u64, y: u64): u64 { return this.interp().add(x, y); }
  @inline sub(x: u64, y: u64): u64 { return this.interp().sub(x, y); }
  @inline and(x: u64, y: u64): u64 { return this.interp().and(x, y); }
  @inline or(x: u64, y: u64): u64 { return this.interp().or(x, y); }
  @inline xor(x: u64, y: u64): u64 { return this.interp().xor(x, y); }
  @inline shl(x: u64, n: u64): u64 { return this.interp().shl(x, n); }
  @inline shr(x: u64, n: u64): u64 { return this.interp().shr(x, n); }
  @inline sar(x: u64, n: u64): u64 { return this.interp().sar(x, n); }
  @inline trunc<S>(x: u64): u64 { return this.interp().trunc<S>(x); }
  @inline sext<S>(x: u64): u64 { return this.interp().sext<S>(x); }
  @inline bits<S>(): u64 { return this.interp().bits<S>(); }
  @inline mul(x: u64, y: u64): u64 { return this.interp().mul(x, y); }
  @inline ltu(x: u64, y: u64): u64 { return this.interp().ltu(x, y); }
  @inline nonZero(x: u64): u64 { return this.interp().nonZero(x); }
  @inline topBit<S>(x: u64): u64 { return this.interp().topBit<S>(x); }
  @inline shiftCount<S>(n: u64): u64 { return this.interp().shiftCount<S>(n); }
  @inline rotl<S>(x: u64, n: u64): u64 { return this.interp().rotl<S>(x, n); }
  @inline rotr<S>(x: u64, n: u64): u64 { return this.interp().rotr<S>(x, n); }
  @inline rcl<S>(x: u64, n: u64): u64 { return this.interp().rcl<S>(x, n); }
  @inline rcr<S>(x: u64, n: u64): u64 { return this.interp().rcr<S>(x, n); }
  @inline beginIf(condition: u64): bool { return this.interp().beginIf(condition); }
  @inline endIf(): void { this.interp().endIf(); }
  @inline carry(): u64 { return this.interp().carry(); }
  @inline setResult<S>(result: u64): void { this.interp().setResult<S>(result); }
  @inline flagsAdd<S>(x: u64, y: u64, r: u64): void { this.interp().flagsAdd<S>(x, y, r); }
  @inline flagsAdc<S>(x: u64, y: u64, r: u64): void { this.interp().flagsAdc<S>(x, y, r); }
  @inline flagsSub<S>(x: u64, y: u64, r: u64): void { this.interp().flagsSub<S>(x, y, r); }
  @inline flagsSbb<S>(x: u64, y: u64, r: u64): void { this.interp().flagsSbb<S>(x, y, r); }
  @inline flagsLogic<S>(r: u64): void { this.interp().flagsLogic<S>(r); }
  @inline flagsInc<S>(r: u64): void { this.interp().flagsInc<S>(r); }
  @inline flagsDec<S>(r: u64): void { this.interp().flagsDec<S>(r); }
  @inline flagsShl<S>(last: u64, r: u64): void { this.interp().flagsShl<S>(last, r); }
  @inline flagsShr<S>(last: u64, r: u64): void { this.interp().flagsShr<S>(last, r); }
  @inline flagsSar<S>(last: u64, r: u64): void { this.interp().flagsSar<S>(last, r); }
  @inline flagsRotl<S>(r: u64): void { this.interp().flagsRotl<S>(r); }
  @inline flagsImul<S>(x: u64, y: u64, low: u64): void { this.interp().flagsImul<S>(x, y, low); }
  @inline flagsRotr<S>(r: u64): void { this.interp().flagsRotr<S>(r); }
}

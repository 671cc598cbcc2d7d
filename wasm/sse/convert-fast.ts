/**
 * Conversions of one value by the host's own instructions where their answer is provably what x86 gives, flags included;
 * the rest goes to sse/soft-convert.ts. The reasoning is that of sse/float-fast.ts.
 */
import { Cpu } from "../cpu/state";
import { isPlain32, isPlain64, isSafe32 } from "./float-fast";
import { MXCSR_PE, MXCSR_PM, MXCSR_RC, MXCSR_RC_SHIFT } from "./mxcsr";
import { ROUND_NEAREST, ROUND_ZERO } from "./soft-float";
import { softFromInteger, softNarrow, softToInteger, softWiden } from "./soft-convert";

@inline function inexactIsSettled(mxcsr: u32): bool {
  return (mxcsr & (MXCSR_PE | MXCSR_PM)) == (MXCSR_PE | MXCSR_PM);
}

@inline export function roundingMode(mxcsr: u32): u32 {
  return (mxcsr >> MXCSR_RC_SHIFT) & 3;
}

/** Double to i32 or i64 (`I`). */
@inline export function toInteger64<I>(cpu: Cpu, mxcsr: u32, mode: u32, a: u64): I {
  const x = reinterpret<f64>(a);
  const limit: f64 = sizeof<I>() == 4 ? 2147483000.0 : 9.2e18;
  if (isPlain64(a) && x < limit && x > -limit && (mode == ROUND_ZERO || mode == ROUND_NEAREST)) {
    const whole = mode == ROUND_ZERO ? trunc<f64>(x) : nearest<f64>(x);
    if (whole == x || inexactIsSettled(mxcsr)) return <I>whole;
  }
  return softToInteger<u64, I>(cpu, mxcsr, mode, a);
}

/** Single to i32 or i64 (`I`). */
@inline export function toInteger32<I>(cpu: Cpu, mxcsr: u32, mode: u32, a: u32): I {
  const x = reinterpret<f32>(a);
  const limit: f32 = sizeof<I>() == 4 ? <f32>2147483000.0 : <f32>9.2e18;
  if (isPlain32(a) && x < limit && x > -limit && (mode == ROUND_ZERO || mode == ROUND_NEAREST)) {
    const whole = mode == ROUND_ZERO ? trunc<f32>(x) : nearest<f32>(x);
    if (whole == x || inexactIsSettled(mxcsr)) return <I>whole;
  }
  return softToInteger<u32, I>(cpu, mxcsr, mode, a);
}

/** An integer to double. */
@inline export function fromInteger64<I>(cpu: Cpu, mxcsr: u32, value: I): u64 {
  if (sizeof<I>() == 4) return reinterpret<u64>(<f64>value);
  const size = <u64>(value < 0 ? 0 - value : value);
  if (size < 0x0020_0000_0000_0000 || (inexactIsSettled(mxcsr) && !(mxcsr & MXCSR_RC))) return reinterpret<u64>(<f64>value);
  return softFromInteger<u64>(cpu, mxcsr, value);
}

/** An integer to single. */
@inline export function fromInteger32<I>(cpu: Cpu, mxcsr: u32, value: I): u32 {
  const size = <u64>(value < 0 ? 0 - <i64>value : <i64>value);
  if (size <= 0x100_0000 || (inexactIsSettled(mxcsr) && !(mxcsr & MXCSR_RC))) return reinterpret<u32>(<f32>value);
  return softFromInteger<u32>(cpu, mxcsr, value);
}

@inline export function widen(cpu: Cpu, mxcsr: u32, a: u32): u64 {
  if (isPlain32(a)) return reinterpret<u64>(<f64>reinterpret<f32>(a));
  return softWiden(cpu, mxcsr, a);
}

@inline export function narrow(cpu: Cpu, mxcsr: u32, a: u64): u32 {
  if (isPlain64(a) && !(mxcsr & MXCSR_RC)) {
    const x = reinterpret<f64>(a);
    const r = <f32>x;
    const bits = reinterpret<u32>(r);
    if (isSafe32(bits)) {
      if (inexactIsSettled(mxcsr) || <f64>r == x) return bits;
    } else if (x == 0) return bits;
  }
  return softNarrow(cpu, mxcsr, a);
}

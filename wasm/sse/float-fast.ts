/**
 * SSE arithmetic by the host's own instructions wherever their answer is provably what x86 gives, flags included; the
 * rest goes to sse/soft-float.ts.
 *
 * The host rounds to nearest and reports nothing. So the fast path asks: rounding to nearest; operands normal or zero (no
 * DE, no IE, DAZ and NaN rules without effect); a result that is normal with room to the smallest one (no OE, UE, FZ) or an
 * exact zero. Then only PE is open, and it is settled if PE is already set and masked, or if the
 * operation is shown to be exact.
 *
 * An operation is a class with: soft<T>, hard32, hard64, hardPs, hardPd, exact32, exact64 (with the host's result r),
 * and zeroPs, zeroPd: lanes where a zero result is exact.
 */
import { Cpu } from "../cpu/state";
import { MXCSR_PE, MXCSR_PM, MXCSR_RC } from "./mxcsr";
import { softAdd, softDiv, softMinMax, softMul, softSqrt, softSub } from "./soft-float";

/** PE is set and masked: another inexact result changes nothing. */
@inline function inexactIsSettled(mxcsr: u32): bool {
  return (mxcsr & (MXCSR_PE | MXCSR_PM)) == (MXCSR_PE | MXCSR_PM);
}

/** Rounding to nearest, and another inexact result changes nothing: the state that most code runs in. */
@inline export function isUsualMode(mxcsr: u32): bool {
  return (mxcsr & (MXCSR_RC | MXCSR_PE | MXCSR_PM)) == (MXCSR_PE | MXCSR_PM);
}

@inline export function isPlain32(a: u32): bool {
  const shifted = a << 1;
  return shifted - 0x0100_0000 < 0xfe00_0000 || shifted == 0;
}

@inline export function isPlain64(a: u64): bool {
  const shifted = a << 1;
  return shifted - 0x0020_0000_0000_0000 < 0xffc0_0000_0000_0000 || shifted == 0;
}

/** Finite and at least twice the smallest normal number. */
@inline export function isSafe32(r: u32): bool {
  return (r << 1) - 0x0200_0000 < 0xfd00_0000;
}

@inline export function isSafe64(r: u64): bool {
  return (r << 1) - 0x0040_0000_0000_0000 < 0xffa0_0000_0000_0000;
}

/** Lanes that are normal or zero. */
@inline function plainPs(x: v128): v128 {
  const shifted = i32x4.shl(x, 1);
  return v128.or(i32x4.lt_u(i32x4.sub(shifted, i32x4.splat(0x0100_0000)), i32x4.splat(<i32>0xfe00_0000)), i32x4.eq(shifted, i32x4.splat(0)));
}

@inline function safePs(r: v128): v128 {
  return i32x4.lt_u(i32x4.sub(i32x4.shl(r, 1), i32x4.splat(0x0200_0000)), i32x4.splat(<i32>0xfd00_0000));
}

@inline function plainPd(x: v128): v128 {
  const size = i64x2.shr_u(i64x2.shl(x, 1), 1);
  const normal = v128.and(i64x2.gt_s(size, i64x2.splat(0x000f_ffff_ffff_ffff)), i64x2.lt_s(size, i64x2.splat(0x7ff0_0000_0000_0000)));
  return v128.or(normal, i64x2.eq(size, i64x2.splat(0)));
}

@inline function safePd(r: v128): v128 {
  const size = i64x2.shr_u(i64x2.shl(r, 1), 1);
  return v128.and(i64x2.gt_s(size, i64x2.splat(0x001f_ffff_ffff_ffff)), i64x2.lt_s(size, i64x2.splat(0x7ff0_0000_0000_0000)));
}

@inline function zerosPs(x: v128): v128 {
  return f32x4.eq(x, f32x4.splat(0));
}

@inline function zerosPd(x: v128): v128 {
  return f64x2.eq(x, f64x2.splat(0));
}

/** Bits of the significand up to the last one that is set. */
@inline function significantBits(a: f64): u32 {
  return 53 - <u32>ctz<u64>(reinterpret<u64>(a) & 0x000f_ffff_ffff_ffff | 0x0010_0000_0000_0000);
}

/** The product of a and b needs no rounding (sufficient). */
@inline function isExactProduct(a: f64, b: f64): bool {
  return significantBits(a) + significantBits(b) <= 53;
}

/** The rounding error of a + b is zero (two-sum). */
@inline function isExactSum<F>(a: F, b: F, r: F): bool {
  const part = r - a;
  return a - (r - part) + (b - part) == 0;
}

@unmanaged @final export class FAdd {
  @inline soft<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T { return softAdd<T>(cpu, mxcsr, a, b); }
  @inline hard32(a: f32, b: f32): f32 { return a + b; }
  @inline hard64(a: f64, b: f64): f64 { return a + b; }
  @inline hardPs(x: v128, y: v128): v128 { return f32x4.add(x, y); }
  @inline hardPd(x: v128, y: v128): v128 { return f64x2.add(x, y); }
  @inline exact32(a: f32, b: f32, r: f32): bool { return isExactSum<f32>(a, b, r); }
  @inline exact64(a: f64, b: f64, r: f64): bool { return isExactSum<f64>(a, b, r); }
  @inline zero(a: f64, b: f64): bool { return true; }
  @inline zeroPs(x: v128, y: v128, r: v128): v128 { return zerosPs(r); }
  @inline zeroPd(x: v128, y: v128, r: v128): v128 { return zerosPd(r); }
}

@unmanaged @final export class FSub {
  @inline soft<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T { return softSub<T>(cpu, mxcsr, a, b); }
  @inline hard32(a: f32, b: f32): f32 { return a - b; }
  @inline hard64(a: f64, b: f64): f64 { return a - b; }
  @inline hardPs(x: v128, y: v128): v128 { return f32x4.sub(x, y); }
  @inline hardPd(x: v128, y: v128): v128 { return f64x2.sub(x, y); }
  @inline exact32(a: f32, b: f32, r: f32): bool { return isExactSum<f32>(a, -b, r); }
  @inline exact64(a: f64, b: f64, r: f64): bool { return isExactSum<f64>(a, -b, r); }
  @inline zero(a: f64, b: f64): bool { return true; }
  @inline zeroPs(x: v128, y: v128, r: v128): v128 { return zerosPs(r); }
  @inline zeroPd(x: v128, y: v128, r: v128): v128 { return zerosPd(r); }
}

@unmanaged @final export class FMul {
  @inline soft<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T { return softMul<T>(cpu, mxcsr, a, b); }
  @inline hard32(a: f32, b: f32): f32 { return a * b; }
  @inline hard64(a: f64, b: f64): f64 { return a * b; }
  @inline hardPs(x: v128, y: v128): v128 { return f32x4.mul(x, y); }
  @inline hardPd(x: v128, y: v128): v128 { return f64x2.mul(x, y); }
  @inline exact32(a: f32, b: f32, r: f32): bool { return <f64>a * <f64>b == <f64>r; }
  @inline exact64(a: f64, b: f64, r: f64): bool { return isExactProduct(a, b); }
  @inline zero(a: f64, b: f64): bool { return a == 0 || b == 0; }
  @inline zeroPs(x: v128, y: v128, r: v128): v128 { return v128.or(zerosPs(x), zerosPs(y)); }
  @inline zeroPd(x: v128, y: v128, r: v128): v128 { return v128.or(zerosPd(x), zerosPd(y)); }
}

@unmanaged @final export class FDiv {
  @inline soft<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T { return softDiv<T>(cpu, mxcsr, a, b); }
  @inline hard32(a: f32, b: f32): f32 { return a / b; }
  @inline hard64(a: f64, b: f64): f64 { return a / b; }
  @inline hardPs(x: v128, y: v128): v128 { return f32x4.div(x, y); }
  @inline hardPd(x: v128, y: v128): v128 { return f64x2.div(x, y); }
  @inline exact32(a: f32, b: f32, r: f32): bool { return <f64>r * <f64>b == <f64>a; }
  @inline exact64(a: f64, b: f64, r: f64): bool { return isExactProduct(r, b) && r * b == a; }
  @inline zero(a: f64, b: f64): bool { return a == 0 && b != 0; }
  @inline zeroPs(x: v128, y: v128, r: v128): v128 { return v128.andnot(zerosPs(x), zerosPs(y)); }
  @inline zeroPd(x: v128, y: v128, r: v128): v128 { return v128.andnot(zerosPd(x), zerosPd(y)); }
}

/** Of the second operand alone. */
@unmanaged @final export class FSqrt {
  @inline soft<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T { return softSqrt<T>(cpu, mxcsr, b); }
  @inline hard32(a: f32, b: f32): f32 { return sqrt<f32>(b); }
  @inline hard64(a: f64, b: f64): f64 { return sqrt<f64>(b); }
  @inline hardPs(x: v128, y: v128): v128 { return f32x4.sqrt(y); }
  @inline hardPd(x: v128, y: v128): v128 { return f64x2.sqrt(y); }
  @inline exact32(a: f32, b: f32, r: f32): bool { return <f64>r * <f64>r == <f64>b; }
  @inline exact64(a: f64, b: f64, r: f64): bool { return isExactProduct(r, r) && r * r == b; }
  @inline zero(a: f64, b: f64): bool { return b == 0; }
  @inline zeroPs(x: v128, y: v128, r: v128): v128 { return zerosPs(y); }
  @inline zeroPd(x: v128, y: v128, r: v128): v128 { return zerosPd(y); }
}

/** MIN: the host's pmin picks y < x, so the operands trade places. Exact; any rounding mode. */
@unmanaged @final export class FMin {
  @inline soft<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T { return softMinMax<T>(cpu, mxcsr, a, b, false); }
  @inline hard32(a: f32, b: f32): f32 { return a < b ? a : b; }
  @inline hard64(a: f64, b: f64): f64 { return a < b ? a : b; }
  @inline hardPs(x: v128, y: v128): v128 { return f32x4.pmin(y, x); }
  @inline hardPd(x: v128, y: v128): v128 { return f64x2.pmin(y, x); }
}

@unmanaged @final export class FMax {
  @inline soft<T>(cpu: Cpu, mxcsr: u32, a: T, b: T): T { return softMinMax<T>(cpu, mxcsr, a, b, true); }
  @inline hard32(a: f32, b: f32): f32 { return b < a ? a : b; }
  @inline hard64(a: f64, b: f64): f64 { return b < a ? a : b; }
  @inline hardPs(x: v128, y: v128): v128 { return f32x4.pmax(y, x); }
  @inline hardPd(x: v128, y: v128): v128 { return f64x2.pmax(y, x); }
}

// ---- one lane

export function arith32<OP>(cpu: Cpu, mxcsr: u32, a: u32, b: u32): u32 {
  if (!(mxcsr & MXCSR_RC) && isPlain32(a) && isPlain32(b)) {
    const x = reinterpret<f32>(a), y = reinterpret<f32>(b);
    const r = changetype<OP>(0).hard32(x, y);
    const bits = reinterpret<u32>(r);
    if (isSafe32(bits)) {
      if (inexactIsSettled(mxcsr) || changetype<OP>(0).exact32(x, y, r)) return bits;
    } else if (!(bits << 1) && changetype<OP>(0).zero(x, y)) return bits;
  }
  return changetype<OP>(0).soft<u32>(cpu, mxcsr, a, b);
}

export function arith64<OP>(cpu: Cpu, mxcsr: u32, a: u64, b: u64): u64 {
  if (!(mxcsr & MXCSR_RC) && isPlain64(a) && isPlain64(b)) {
    const x = reinterpret<f64>(a), y = reinterpret<f64>(b);
    const r = changetype<OP>(0).hard64(x, y);
    const bits = reinterpret<u64>(r);
    if (isSafe64(bits)) {
      if (inexactIsSettled(mxcsr) || changetype<OP>(0).exact64(x, y, r)) return bits;
    } else if (!(bits << 1) && changetype<OP>(0).zero(x, y)) return bits;
  }
  return changetype<OP>(0).soft<u64>(cpu, mxcsr, a, b);
}

export function select32<OP>(cpu: Cpu, mxcsr: u32, a: u32, b: u32): u32 {
  if (isPlain32(a) && isPlain32(b)) return reinterpret<u32>(changetype<OP>(0).hard32(reinterpret<f32>(a), reinterpret<f32>(b)));
  return changetype<OP>(0).soft<u32>(cpu, mxcsr, a, b);
}

export function select64<OP>(cpu: Cpu, mxcsr: u32, a: u64, b: u64): u64 {
  if (isPlain64(a) && isPlain64(b)) return reinterpret<u64>(changetype<OP>(0).hard64(reinterpret<f64>(a), reinterpret<f64>(b)));
  return changetype<OP>(0).soft<u64>(cpu, mxcsr, a, b);
}

// ---- for compiled code, which has computed r and seen that nothing but PE is open: whether r is exact

/** The operations by number: see wasm/isa/simd.mjs. */
const ADD: u32 = 0;
const SUB: u32 = 1;
const MUL: u32 = 2;
const DIV: u32 = 3;

export function isExact64(operation: u32, a: u64, b: u64, r: u64): bool {
  const x = reinterpret<f64>(a), y = reinterpret<f64>(b), z = reinterpret<f64>(r);
  if (z == 0) return true;
  if (operation == ADD) return changetype<FAdd>(0).exact64(x, y, z);
  if (operation == SUB) return changetype<FSub>(0).exact64(x, y, z);
  if (operation == MUL) return changetype<FMul>(0).exact64(x, y, z);
  return operation == DIV ? changetype<FDiv>(0).exact64(x, y, z) : changetype<FSqrt>(0).exact64(x, y, z);
}

export function isExact32(operation: u32, a: u64, b: u64, r: u64): bool {
  const x = reinterpret<f32>(<u32>a), y = reinterpret<f32>(<u32>b), z = reinterpret<f32>(<u32>r);
  if (z == 0) return true;
  if (operation == ADD) return changetype<FAdd>(0).exact32(x, y, z);
  if (operation == SUB) return changetype<FSub>(0).exact32(x, y, z);
  if (operation == MUL) return changetype<FMul>(0).exact32(x, y, z);
  return operation == DIV ? changetype<FDiv>(0).exact32(x, y, z) : changetype<FSqrt>(0).exact32(x, y, z);
}

export function isExactPd(operation: u32, x: v128, y: v128, r: v128): bool {
  if (operation == ADD) return isExactSumPd(x, y, r);
  if (operation == SUB) return isExactSumPd(x, f64x2.neg(y), r);
  return (
    isExact64(operation, i64x2.extract_lane(x, 0), i64x2.extract_lane(y, 0), i64x2.extract_lane(r, 0)) &&
    isExact64(operation, i64x2.extract_lane(x, 1), i64x2.extract_lane(y, 1), i64x2.extract_lane(r, 1))
  );
}

function isExactSumPd(x: v128, y: v128, r: v128): bool {
  const part = f64x2.sub(r, x);
  const error = f64x2.add(f64x2.sub(x, f64x2.sub(r, part)), f64x2.sub(y, part));
  return i64x2.all_true(f64x2.eq(error, f64x2.splat(0)));
}

export function isExactPs(operation: u32, x: v128, y: v128, r: v128): bool {
  for (let lane = 0; lane < 4; lane++) {
    if (!isExact32(operation, <u32>i32x4.extract_lane(x, 0), <u32>i32x4.extract_lane(y, 0), <u32>i32x4.extract_lane(r, 0))) return false;
    x = i32x4.shuffle(x, x, 1, 2, 3, 0);
    y = i32x4.shuffle(y, y, 1, 2, 3, 0);
    r = i32x4.shuffle(r, r, 1, 2, 3, 0);
  }
  return true;
}

// ---- all lanes

export function arithPs<OP>(cpu: Cpu, mxcsr: u32, x: v128, y: v128): v128 {
  if (isUsualMode(mxcsr)) {
    const r = changetype<OP>(0).hardPs(x, y);
    const done = v128.or(safePs(r), changetype<OP>(0).zeroPs(x, y, r));
    if (i32x4.all_true(v128.and(done, v128.and(plainPs(x), plainPs(y))))) return r;
  }
  let r = i32x4.splat(arith32<OP>(cpu, mxcsr, i32x4.extract_lane(x, 0), i32x4.extract_lane(y, 0)));
  r = i32x4.replace_lane(r, 1, arith32<OP>(cpu, mxcsr, i32x4.extract_lane(x, 1), i32x4.extract_lane(y, 1)));
  r = i32x4.replace_lane(r, 2, arith32<OP>(cpu, mxcsr, i32x4.extract_lane(x, 2), i32x4.extract_lane(y, 2)));
  return i32x4.replace_lane(r, 3, arith32<OP>(cpu, mxcsr, i32x4.extract_lane(x, 3), i32x4.extract_lane(y, 3)));
}

export function arithPd<OP>(cpu: Cpu, mxcsr: u32, x: v128, y: v128): v128 {
  if (isUsualMode(mxcsr)) {
    const r = changetype<OP>(0).hardPd(x, y);
    const done = v128.or(safePd(r), changetype<OP>(0).zeroPd(x, y, r));
    if (i64x2.all_true(v128.and(done, v128.and(plainPd(x), plainPd(y))))) return r;
  }
  const r = i64x2.splat(arith64<OP>(cpu, mxcsr, i64x2.extract_lane(x, 0), i64x2.extract_lane(y, 0)));
  return i64x2.replace_lane(r, 1, arith64<OP>(cpu, mxcsr, i64x2.extract_lane(x, 1), i64x2.extract_lane(y, 1)));
}

export function selectPs<OP>(cpu: Cpu, mxcsr: u32, x: v128, y: v128): v128 {
  if (i32x4.all_true(v128.and(plainPs(x), plainPs(y)))) return changetype<OP>(0).hardPs(x, y);
  let r = i32x4.splat(select32<OP>(cpu, mxcsr, i32x4.extract_lane(x, 0), i32x4.extract_lane(y, 0)));
  r = i32x4.replace_lane(r, 1, select32<OP>(cpu, mxcsr, i32x4.extract_lane(x, 1), i32x4.extract_lane(y, 1)));
  r = i32x4.replace_lane(r, 2, select32<OP>(cpu, mxcsr, i32x4.extract_lane(x, 2), i32x4.extract_lane(y, 2)));
  return i32x4.replace_lane(r, 3, select32<OP>(cpu, mxcsr, i32x4.extract_lane(x, 3), i32x4.extract_lane(y, 3)));
}

export function selectPd<OP>(cpu: Cpu, mxcsr: u32, x: v128, y: v128): v128 {
  if (i64x2.all_true(v128.and(plainPd(x), plainPd(y)))) return changetype<OP>(0).hardPd(x, y);
  const r = i64x2.splat(select64<OP>(cpu, mxcsr, i64x2.extract_lane(x, 0), i64x2.extract_lane(y, 0)));
  return i64x2.replace_lane(r, 1, select64<OP>(cpu, mxcsr, i64x2.extract_lane(x, 1), i64x2.extract_lane(y, 1)));
}

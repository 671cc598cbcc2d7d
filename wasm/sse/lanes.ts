/**
 * The executing backend of packed-integer semantics: values are v128 and each method is one wasm SIMD instruction, or a
 * few. An operation is stated against these methods alone (semantics/sse-integer.ts), so that an emitting backend with
 * the same methods serves the same statements. The only places where the two can differ are the methods themselves.
 *
 * Lanes count from the lowest bits. Methods that take numbers (`count`, `control`) take what an instruction's immediate holds.
 */
import { fromHalves } from "./registers";

@unmanaged @final
export class Lanes {
  @inline addI8(x: v128, y: v128): v128 { return i8x16.add(x, y); }
  @inline addI16(x: v128, y: v128): v128 { return i16x8.add(x, y); }
  @inline addI32(x: v128, y: v128): v128 { return i32x4.add(x, y); }
  @inline addI64(x: v128, y: v128): v128 { return i64x2.add(x, y); }
  @inline subI8(x: v128, y: v128): v128 { return i8x16.sub(x, y); }
  @inline subI16(x: v128, y: v128): v128 { return i16x8.sub(x, y); }
  @inline subI32(x: v128, y: v128): v128 { return i32x4.sub(x, y); }
  @inline subI64(x: v128, y: v128): v128 { return i64x2.sub(x, y); }
  @inline addSatS8(x: v128, y: v128): v128 { return i8x16.add_sat_s(x, y); }
  @inline addSatS16(x: v128, y: v128): v128 { return i16x8.add_sat_s(x, y); }
  @inline addSatU8(x: v128, y: v128): v128 { return i8x16.add_sat_u(x, y); }
  @inline addSatU16(x: v128, y: v128): v128 { return i16x8.add_sat_u(x, y); }
  @inline subSatS8(x: v128, y: v128): v128 { return i8x16.sub_sat_s(x, y); }
  @inline subSatS16(x: v128, y: v128): v128 { return i16x8.sub_sat_s(x, y); }
  @inline subSatU8(x: v128, y: v128): v128 { return i8x16.sub_sat_u(x, y); }
  @inline subSatU16(x: v128, y: v128): v128 { return i16x8.sub_sat_u(x, y); }
  @inline mulI16(x: v128, y: v128): v128 { return i16x8.mul(x, y); }
  @inline mulI32(x: v128, y: v128): v128 { return i32x4.mul(x, y); }
  @inline dotS16(x: v128, y: v128): v128 { return i32x4.dot_i16x8_s(x, y); }
  @inline averageU8(x: v128, y: v128): v128 { return i8x16.avgr_u(x, y); }
  @inline averageU16(x: v128, y: v128): v128 { return i16x8.avgr_u(x, y); }
  @inline minS8(x: v128, y: v128): v128 { return i8x16.min_s(x, y); }
  @inline minU8(x: v128, y: v128): v128 { return i8x16.min_u(x, y); }
  @inline minS16(x: v128, y: v128): v128 { return i16x8.min_s(x, y); }
  @inline minU16(x: v128, y: v128): v128 { return i16x8.min_u(x, y); }
  @inline minS32(x: v128, y: v128): v128 { return i32x4.min_s(x, y); }
  @inline minU32(x: v128, y: v128): v128 { return i32x4.min_u(x, y); }
  @inline maxS8(x: v128, y: v128): v128 { return i8x16.max_s(x, y); }
  @inline maxU8(x: v128, y: v128): v128 { return i8x16.max_u(x, y); }
  @inline maxS16(x: v128, y: v128): v128 { return i16x8.max_s(x, y); }
  @inline maxU16(x: v128, y: v128): v128 { return i16x8.max_u(x, y); }
  @inline maxS32(x: v128, y: v128): v128 { return i32x4.max_s(x, y); }
  @inline maxU32(x: v128, y: v128): v128 { return i32x4.max_u(x, y); }
  @inline equal8(x: v128, y: v128): v128 { return i8x16.eq(x, y); }
  @inline equal16(x: v128, y: v128): v128 { return i16x8.eq(x, y); }
  @inline equal32(x: v128, y: v128): v128 { return i32x4.eq(x, y); }
  @inline equal64(x: v128, y: v128): v128 { return i64x2.eq(x, y); }
  @inline greaterS8(x: v128, y: v128): v128 { return i8x16.gt_s(x, y); }
  @inline greaterS16(x: v128, y: v128): v128 { return i16x8.gt_s(x, y); }
  @inline greaterS32(x: v128, y: v128): v128 { return i32x4.gt_s(x, y); }
  @inline greaterS64(x: v128, y: v128): v128 { return i64x2.gt_s(x, y); }
  @inline and(x: v128, y: v128): v128 { return v128.and(x, y); }
  @inline or(x: v128, y: v128): v128 { return v128.or(x, y); }
  @inline xor(x: v128, y: v128): v128 { return v128.xor(x, y); }
  @inline narrowS16(x: v128, y: v128): v128 { return i8x16.narrow_i16x8_s(x, y); }
  @inline narrowU16(x: v128, y: v128): v128 { return i8x16.narrow_i16x8_u(x, y); }
  @inline narrowS32(x: v128, y: v128): v128 { return i16x8.narrow_i32x4_s(x, y); }
  @inline narrowU32(x: v128, y: v128): v128 { return i16x8.narrow_i32x4_u(x, y); }
  @inline swizzle(x: v128, y: v128): v128 { return i8x16.swizzle(x, y); }
  @inline mulWideLowS16(x: v128, y: v128): v128 { return i32x4.extmul_low_i16x8_s(x, y); }
  @inline mulWideHighS16(x: v128, y: v128): v128 { return i32x4.extmul_high_i16x8_s(x, y); }
  @inline mulWideLowU16(x: v128, y: v128): v128 { return i32x4.extmul_low_i16x8_u(x, y); }
  @inline mulWideHighU16(x: v128, y: v128): v128 { return i32x4.extmul_high_i16x8_u(x, y); }
  @inline mulWideLowS32(x: v128, y: v128): v128 { return i64x2.extmul_low_i32x4_s(x, y); }
  @inline mulWideLowU32(x: v128, y: v128): v128 { return i64x2.extmul_low_i32x4_u(x, y); }
  @inline mulRoundQ15(x: v128, y: v128): v128 { return i16x8.q15mulr_sat_s(x, y); }
  /** y and not x, as PANDN has it. */
  @inline andNot(x: v128, y: v128): v128 { return v128.andnot(y, x); }

  @inline abs8(x: v128): v128 { return i8x16.abs(x); }
  @inline abs16(x: v128): v128 { return i16x8.abs(x); }
  @inline abs32(x: v128): v128 { return i32x4.abs(x); }
  @inline neg8(x: v128): v128 { return i8x16.neg(x); }
  @inline neg16(x: v128): v128 { return i16x8.neg(x); }
  @inline neg32(x: v128): v128 { return i32x4.neg(x); }
  @inline not(x: v128): v128 { return v128.not(x); }
  @inline pairSumU8(x: v128): v128 { return i16x8.extadd_pairwise_i8x16_u(x); }
  @inline pairSumU16(x: v128): v128 { return i32x4.extadd_pairwise_i16x8_u(x); }
  @inline widenLowS8(x: v128): v128 { return i16x8.extend_low_i8x16_s(x); }
  @inline widenLowU8(x: v128): v128 { return i16x8.extend_low_i8x16_u(x); }
  @inline widenHighS8(x: v128): v128 { return i16x8.extend_high_i8x16_s(x); }
  @inline widenHighU8(x: v128): v128 { return i16x8.extend_high_i8x16_u(x); }
  @inline widenLowS16(x: v128): v128 { return i32x4.extend_low_i16x8_s(x); }
  @inline widenLowU16(x: v128): v128 { return i32x4.extend_low_i16x8_u(x); }
  @inline widenLowS32(x: v128): v128 { return i64x2.extend_low_i32x4_s(x); }
  @inline widenLowU32(x: v128): v128 { return i64x2.extend_low_i32x4_u(x); }

  // shifts of each lane; a count past the lane's width gives zeros, or copies of the sign
  @inline shl16(x: v128, count: u32): v128 { return count < 16 ? i16x8.shl(x, count) : i64x2.splat(0); }
  @inline shl32(x: v128, count: u32): v128 { return count < 32 ? i32x4.shl(x, count) : i64x2.splat(0); }
  @inline shl64(x: v128, count: u32): v128 { return count < 64 ? i64x2.shl(x, count) : i64x2.splat(0); }
  @inline shrU16(x: v128, count: u32): v128 { return count < 16 ? i16x8.shr_u(x, count) : i64x2.splat(0); }
  @inline shrU32(x: v128, count: u32): v128 { return count < 32 ? i32x4.shr_u(x, count) : i64x2.splat(0); }
  @inline shrU64(x: v128, count: u32): v128 { return count < 64 ? i64x2.shr_u(x, count) : i64x2.splat(0); }
  @inline shrS16(x: v128, count: u32): v128 { return i16x8.shr_s(x, min<u32>(count, 15)); }
  @inline shrS32(x: v128, count: u32): v128 { return i32x4.shr_s(x, min<u32>(count, 31)); }

  // interleaving: lane 0 of x, lane 0 of y, lane 1 of x …
  @inline interleaveLow8(x: v128, y: v128): v128 { return i8x16.shuffle(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23); }
  @inline interleaveHigh8(x: v128, y: v128): v128 { return i8x16.shuffle(x, y, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31); }
  @inline interleaveLow16(x: v128, y: v128): v128 { return i16x8.shuffle(x, y, 0, 8, 1, 9, 2, 10, 3, 11); }
  @inline interleaveHigh16(x: v128, y: v128): v128 { return i16x8.shuffle(x, y, 4, 12, 5, 13, 6, 14, 7, 15); }
  @inline interleaveLow32(x: v128, y: v128): v128 { return i32x4.shuffle(x, y, 0, 4, 1, 5); }
  @inline interleaveHigh32(x: v128, y: v128): v128 { return i32x4.shuffle(x, y, 2, 6, 3, 7); }
  @inline interleaveLow64(x: v128, y: v128): v128 { return i64x2.shuffle(x, y, 0, 2); }
  @inline interleaveHigh64(x: v128, y: v128): v128 { return i64x2.shuffle(x, y, 1, 3); }

  /** Even or odd lanes of x, then those of y. */
  @inline even16(x: v128, y: v128): v128 { return i16x8.shuffle(x, y, 0, 2, 4, 6, 8, 10, 12, 14); }
  @inline odd16(x: v128, y: v128): v128 { return i16x8.shuffle(x, y, 1, 3, 5, 7, 9, 11, 13, 15); }
  @inline even32(x: v128, y: v128): v128 { return i32x4.shuffle(x, y, 0, 2, 4, 6); }
  @inline odd32(x: v128, y: v128): v128 { return i32x4.shuffle(x, y, 1, 3, 5, 7); }
  /** The low halves of x and y. */
  @inline joinLow(x: v128, y: v128): v128 { return i64x2.shuffle(x, y, 0, 2); }
  /** The high halves of x and y. */
  @inline joinHigh(x: v128, y: v128): v128 { return i64x2.shuffle(x, y, 1, 3); }

  @inline zero(): v128 { return i64x2.splat(0); }
  @inline splat8(value: u8): v128 { return i8x16.splat(value); }
  @inline splat16(value: u16): v128 { return i16x8.splat(value); }
  @inline splat32(value: u32): v128 { return i32x4.splat(value); }
  @inline splat64(value: u64): v128 { return i64x2.splat(value); }
  /** Bits of x where mask is one, of y elsewhere. */
  @inline select(x: v128, y: v128, mask: v128): v128 { return v128.bitselect(x, y, mask); }

  // masks of whole lanes from the bits of an immediate
  @inline laneMask16(control: u32): v128 {
    const weights = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
    return i16x8.eq(v128.and(i16x8.splat(<u16>control), weights), weights);
  }
  @inline laneMask32(control: u32): v128 {
    const weights = i32x4(1, 2, 4, 8);
    return i32x4.eq(v128.and(i32x4.splat(control), weights), weights);
  }
  @inline laneMask64(control: u32): v128 {
    const weights = i64x2(1, 2);
    return i64x2.eq(v128.and(i64x2.splat(control), weights), weights);
  }
  /** Absolute differences of the low eight bytes, as words. */
  @inline differenceU8(x: v128, y: v128): v128 { return i16x8.extend_low_i8x16_u(i8x16.sub(i8x16.max_u(x, y), i8x16.min_u(x, y))); }

  // permutations by an immediate: two bits of `control` for each lane
  @inline shuffle32(x: v128, control: u32): v128 { return i8x16.swizzle(x, dwordControl(control)); }
  @inline shuffleTwo32(x: v128, y: v128, control: u32): v128 {
    const dwords = dwordControl(control);
    return i64x2.shuffle(i8x16.swizzle(x, dwords), i8x16.swizzle(y, dwords), 0, 3);
  }
  @inline shuffleLow16(x: v128, control: u32): v128 { return i64x2.shuffle(i8x16.swizzle(x, fromHalves(wordControl(control), 0)), x, 0, 3); }
  @inline shuffleHigh16(x: v128, control: u32): v128 {
    return i64x2.shuffle(x, i8x16.swizzle(x, fromHalves(0, wordControl(control) + 0x0808_0808_0808_0808)), 0, 3);
  }
  /** The 16 bytes from byte `count` of x on (y above it). */
  @inline alignBytes(x: v128, y: v128, count: u32): v128 {
    const bytes = min<u32>(count, 32);
    return v128.or(shiftBytesRight(x, bytes), shiftBytesLeft(y, 16 - bytes));
  }
  @inline shiftRightBytes(x: v128, count: u32): v128 { return shiftBytesRight(x, min<u32>(count, 16)); }
  @inline shiftLeftBytes(x: v128, count: u32): v128 { return shiftBytesLeft(x, min<u32>(count, 16)); }
}

/** The executing backend has no state: its methods take all they need. */
@inline export function lanes(): Lanes {
  return changetype<Lanes>(0);
}

/** Byte indexes of four doublewords selected by two bits each. */
@inline function dwordControl(control: u32): v128 {
  const fields = v128.and(i32x4.shr_u(i32x4.mul(i32x4.splat(control), i32x4(64, 16, 4, 1)), 6), i32x4.splat(3));
  return i32x4.add(i32x4.mul(fields, i32x4.splat(0x0404_0404)), i32x4.splat(0x0302_0100));
}

/** Byte indexes of four words selected by two bits each, as a 64-bit number. */
@inline function wordControl(control: u32): u64 {
  const fields: u64 = <u64>(control & 3) | (<u64>(control & 0xc) << 14) | (<u64>(control & 0x30) << 28) | (<u64>(control & 0xc0) << 42);
  return fields * 0x0202 + 0x0100_0100_0100_0100;
}

/** 0, 1, 2 … 15: as swizzle control the identity. An index past 15 gives a zero byte. */
@inline function byteIndexes(): v128 {
  return i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}

/** Towards lower bytes; `count` up to 239. */
@inline function shiftBytesRight(x: v128, count: u32): v128 {
  return i8x16.swizzle(x, i8x16.add(byteIndexes(), i8x16.splat(<u8>count)));
}

/** Towards higher bytes; indexes below zero become large and give zero. `count` from -16 (a shift right) to 128. */
@inline function shiftBytesLeft(x: v128, count: u32): v128 {
  return i8x16.swizzle(x, i8x16.sub(byteIndexes(), i8x16.splat(<u8>count)));
}

/** Names of WebAssembly's instructions by opcode, as far as the compiler of hot code may use them. [WASM] 5.4; [WASM-SIMD] */

const sequence = (first: number, words: string): [number, string][] =>
  words
    .trim()
    .split(/\s+/)
    .map((name, i) => [first + i, name]);

const inType = (type: string, words: string): string =>
  words
    .trim()
    .split(/\s+/)
    .map((word) => `${type}.${word}`)
    .join(" ");

const INTEGER_TESTS = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const FLOAT_TESTS = "eq ne lt gt le ge";
const INTEGER_OPERATIONS = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
const FLOAT_OPERATIONS = "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign";
const LOADS = `i32.load i64.load f32.load f64.load ${inType("i32", "load8_s load8_u load16_s load16_u")}
  ${inType("i64", "load8_s load8_u load16_s load16_u load32_s load32_u")}`;
const STORES = "i32.store i64.store f32.store f64.store i32.store8 i32.store16 i64.store8 i64.store16 i64.store32";

export const OPCODE_NAMES: ReadonlyMap<number, string> = new Map([
  ...sequence(0x00, "unreachable nop block loop if else"),
  ...sequence(0x0b, "end br br_if br_table return call call_indirect return_call return_call_indirect"),
  ...sequence(0x1a, "drop select"),
  ...sequence(0x20, "local.get local.set local.tee global.get global.set"),
  ...sequence(0x28, `${LOADS} ${STORES}`),
  ...sequence(0x41, "i32.const i64.const f32.const f64.const"),
  ...sequence(0x45, `i32.eqz ${inType("i32", INTEGER_TESTS)} i64.eqz ${inType("i64", INTEGER_TESTS)}`),
  ...sequence(0x5b, `${inType("f32", FLOAT_TESTS)} ${inType("f64", FLOAT_TESTS)}`),
  ...sequence(0x67, `${inType("i32", INTEGER_OPERATIONS)} ${inType("i64", INTEGER_OPERATIONS)}`),
  ...sequence(0x8b, `${inType("f32", FLOAT_OPERATIONS)} ${inType("f64", FLOAT_OPERATIONS)}`),
  ...sequence(
    0xa7,
    "i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s i64.extend_i32_u",
  ),
  ...sequence(0xae, "i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u"),
  ...sequence(0xb2, "f32.convert_i32_s f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64"),
  ...sequence(0xb7, "f64.convert_i32_s f64.convert_i32_u f64.convert_i64_s f64.convert_i64_u f64.promote_f32"),
  ...sequence(0xbc, "i32.reinterpret_f32 i64.reinterpret_f64 f32.reinterpret_i32 f64.reinterpret_i64"),
  ...sequence(0xc0, "i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s i64.extend32_s"),
]);

/** Behind the prefix FDh. */
export const SIMD_NAMES: ReadonlyMap<number, string> = new Map([
  ...sequence(
    0x00,
    "v128.load v128.load8x8_s v128.load8x8_u v128.load16x4_s v128.load16x4_u v128.load32x2_s v128.load32x2_u",
  ),
  ...sequence(0x07, "v128.load8_splat v128.load16_splat v128.load32_splat v128.load64_splat v128.store v128.const"),
  ...sequence(
    0x0d,
    "i8x16.shuffle i8x16.swizzle i8x16.splat i16x8.splat i32x4.splat i64x2.splat f32x4.splat f64x2.splat",
  ),
  ...sequence(
    0x15,
    "i8x16.extract_lane_s i8x16.extract_lane_u i8x16.replace_lane i16x8.extract_lane_s i16x8.extract_lane_u",
  ),
  ...sequence(0x1a, "i16x8.replace_lane i32x4.extract_lane i32x4.replace_lane i64x2.extract_lane i64x2.replace_lane"),
  ...sequence(0x1f, "f32x4.extract_lane f32x4.replace_lane f64x2.extract_lane f64x2.replace_lane"),
  ...sequence(
    0x23,
    `${inType("i8x16", INTEGER_TESTS)} ${inType("i16x8", INTEGER_TESTS)} ${inType("i32x4", INTEGER_TESTS)}`,
  ),
  ...sequence(0x41, `${inType("f32x4", FLOAT_TESTS)} ${inType("f64x2", FLOAT_TESTS)}`),
  ...sequence(0x4d, "v128.not v128.and v128.andnot v128.or v128.xor v128.bitselect v128.any_true"),
  ...sequence(0x54, "v128.load8_lane v128.load16_lane v128.load32_lane v128.load64_lane"),
  ...sequence(
    0x58,
    "v128.store8_lane v128.store16_lane v128.store32_lane v128.store64_lane v128.load32_zero v128.load64_zero",
  ),
  ...sequence(0x5e, "f32x4.demote_f64x2_zero f64x2.promote_low_f32x4"),
  ...sequence(0x60, inType("i8x16", "abs neg popcnt all_true bitmask narrow_i16x8_s narrow_i16x8_u")),
  ...sequence(0x6b, `${inType("i8x16", "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u")}`),
  ...sequence(0x76, `${inType("i8x16", "min_s min_u max_s max_u")}`),
  ...sequence(0x7b, "i8x16.avgr_u"),
  ...sequence(0x80, inType("i16x8", "abs neg q15mulr_sat_s all_true bitmask narrow_i32x4_s narrow_i32x4_u")),
  ...sequence(0x87, inType("i16x8", "extend_low_i8x16_s extend_high_i8x16_s extend_low_i8x16_u extend_high_i8x16_u")),
  ...sequence(0x8b, inType("i16x8", "shl shr_s shr_u add add_sat_s add_sat_u sub sub_sat_s sub_sat_u")),
  ...sequence(0x95, inType("i16x8", "mul min_s min_u max_s max_u")),
  ...sequence(0x9b, "i16x8.avgr_u"),
  ...sequence(0xa0, "i32x4.abs i32x4.neg"),
  ...sequence(0xa3, "i32x4.all_true i32x4.bitmask"),
  ...sequence(0xa7, inType("i32x4", "extend_low_i16x8_s extend_high_i16x8_s extend_low_i16x8_u extend_high_i16x8_u")),
  ...sequence(0xab, "i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add"),
  [0xb1, "i32x4.sub"],
  ...sequence(0xb5, "i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u i32x4.dot_i16x8_s"),
  ...sequence(0xc0, "i64x2.abs i64x2.neg"),
  ...sequence(0xc3, "i64x2.all_true i64x2.bitmask"),
  ...sequence(0xcb, "i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add"),
  [0xd1, "i64x2.sub"],
  ...sequence(0xd5, "i64x2.mul i64x2.eq i64x2.ne i64x2.lt_s i64x2.gt_s i64x2.le_s i64x2.ge_s"),
  ...sequence(0xe0, "f32x4.abs f32x4.neg"),
  ...sequence(0xe3, inType("f32x4", "sqrt add sub mul div min max pmin pmax")),
  ...sequence(0xec, "f64x2.abs f64x2.neg"),
  ...sequence(0xef, inType("f64x2", "sqrt add sub mul div min max pmin pmax")),
  ...sequence(0xf8, "i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u"),
  ...sequence(
    0xfc,
    "i32x4.trunc_sat_f64x2_s_zero i32x4.trunc_sat_f64x2_u_zero f64x2.convert_low_i32x4_s f64x2.convert_low_i32x4_u",
  ),
]);

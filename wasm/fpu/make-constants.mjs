/**
 * Writes wasm/fpu/constants.ts: what the transcendental functions need, to 128 bits, computed here with integers of 320 bits.
 *
 *   node wasm/fpu/make-constants.mjs
 */
import { writeFileSync } from "node:fs";

const BITS = 320n;
const ONE = 1n << BITS;

/** Sum of 1 / (n · d^n · …): atanh(1/d) or atan(1/d) with alternating signs. */
function inverseSeries(divisor, alternating) {
  let power = ONE / divisor;
  let sum = 0n;
  for (let n = 1n, sign = 1n; power > 0n; n += 2n) {
    sum += (sign * power) / n;
    power /= divisor * divisor;
    if (alternating) sign = -sign;
  }
  return sum;
}

/** atan of a / b by Euler's series, which converges for all arguments up to 1. */
function arctangent(a, b) {
  let term = (ONE * a * b) / (a * a + b * b);
  let sum = 0n;
  for (let n = 1n; term > 0n; n++) {
    sum += term;
    term = (term * 2n * n * a * a) / ((2n * n + 1n) * (a * a + b * b));
  }
  return sum;
}

const LN2 = 2n * inverseSeries(3n, false);
const PI = 4n * (4n * inverseSeries(5n, true) - inverseSeries(239n, true));

const factorial = (n) => (n < 2 ? 1n : BigInt(n) * factorial(n - 1));
/** value · 2^scale, rounded to nearest, as two 64-bit halves, the lower one first. */
function halves(value, scale) {
  const rounded = (value + (1n << (BITS - BigInt(scale) - 1n))) >> (BITS - BigInt(scale));
  return [rounded & 0xffffffffffffffffn, rounded >> 64n].map((half) => `0x${half.toString(16).padStart(16, "0")}`);
}
const table = (values, scale) => values.map((v) => "  " + halves(v, scale).join(", ") + ",").join("\n");
const range = (n) => Array.from({ length: n + 1 }, (_, i) => i);
const constant = (name, what, values, scale) => `/** ${what} */\nexport const ${name}: usize = memory.data<u64>([\n${table(values, scale)}\n]);\n`;

const EXP_DEGREE = 22;
const ATANH_DEGREE = 16;
const SIN_DEGREE = 12;

writeFileSync(
  new URL("constants.ts", import.meta.url),
  `/** Written by wasm/fpu/make-constants.mjs. Fixed-point numbers of 128 bits, lower half first. */

export const EXP_DEGREE: i32 = ${EXP_DEGREE};
export const ATANH_DEGREE: i32 = ${ATANH_DEGREE};
export const SIN_DEGREE: i32 = ${SIN_DEGREE};

${[
  constant("LN2", "ln 2 · 2^128", [LN2], 128),
  constant("TWO_OVER_LN2", "2 / ln 2 · 2^126", [(2n * ONE * ONE) / LN2], 126),
  constant("PI", "π · 2^126", [PI], 126),
  constant("EXP", "1 / (n + 1)! · 2^127: (e^y − 1) / y", range(EXP_DEGREE).map((n) => ONE / factorial(n + 1)), 127),
  constant("ODD", "1 / (2n + 1) · 2^127: atanh(s) / s, and atan(s) / s with alternating signs", range(ATANH_DEGREE).map((n) => ONE / BigInt(2 * n + 1)), 127),
  constant("SIN", "1 / (2n + 1)! · 2^127", range(SIN_DEGREE).map((n) => ONE / factorial(2 * n + 1)), 127),
  constant("COS", "1 / (2n)! · 2^127", range(SIN_DEGREE).map((n) => ONE / factorial(2 * n)), 127),
  constant("ARCTANGENTS", "atan(i / 16) · 2^126", range(16).map((i) => arctangent(BigInt(i), 16n)), 126),
].join("\n")}`,
);

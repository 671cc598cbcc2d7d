/**
 * + − × of x87 registers against whole numbers of any size: every sum, difference and product of two normal numbers is computed
 * exactly and rounded once. Random operands that are near to each other, exact or not, in all rounding modes and precisions, inexact
 * results masked and unmasked; executed and compiled. [SDM1] 4.8.4, 8.1.5; [SDM2] FADD, FMUL, FSUB, FSUBR
 */
import { describe, expect, it } from "vitest";
import { EXIT, TestCore } from "./harness.ts";

const CODE = 0x1000;
const INPUT = 0x10_0000;
const OUTPUT = 0x80_0000;
const CASES = 4000;
const STRIDE = 64;
const CONTROL = 48;
const BIAS = 0x3fff;
const PE = 0x20;
const C1 = 0x200;

let seed = 0x2545_f491;
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}

/** sign · sig · 2^exp, the value of an operand. */
interface Exact {
  readonly sig: bigint;
  readonly exp: number;
}

const negative = (x: Exact): Exact => ({ sig: -x.sig, exp: x.exp });

function sum(x: Exact, y: Exact): Exact {
  const exp = Math.min(x.exp, y.exp);
  return { sig: (x.sig << BigInt(x.exp - exp)) + (y.sig << BigInt(y.exp - exp)), exp };
}

const product = (x: Exact, y: Exact): Exact => ({ sig: x.sig * y.sig, exp: x.exp + y.exp });

const OPERATIONS: Record<string, { reg: number; exact: (a: Exact, b: Exact) => Exact }> = {
  FADD: { reg: 0, exact: sum },
  FMUL: { reg: 1, exact: product },
  FSUB: { reg: 4, exact: (a, b) => sum(a, negative(b)) },
  FSUBR: { reg: 5, exact: (a, b) => sum(b, negative(a)) },
};

const bitLength = (x: bigint): number => x.toString(2).length;

/** What the register holds afterwards, and PE and C1; nothing where the result is zero. */
function rounded(value: Exact, control: number): string | undefined {
  if (value.sig === 0n) return undefined;
  const sign = value.sig < 0n ? 1 : 0;
  const magnitude = sign ? -value.sig : value.sig;
  const precision = [24, 64, 53, 64][(control >> 8) & 3]!;
  const mode = (control >> 10) & 3;
  const drop = Math.max(0, bitLength(magnitude) - precision);
  let kept = magnitude >> BigInt(drop);
  const rest = magnitude - (kept << BigInt(drop));
  const half = drop ? 1n << BigInt(drop - 1) : 0n;
  const up =
    rest === 0n || mode === 3
      ? false
      : mode === 0
        ? rest > half || (rest === half && (kept & 1n) === 1n)
        : (mode === 1) === (sign === 1);
  if (up) kept++;
  const length = bitLength(kept);
  // A carry out of the top leaves a power of two, which loses nothing.
  const significand = length > 64 ? kept >> BigInt(length - 64) : kept << BigInt(64 - length);
  const field = value.exp + drop + length - 1 + BIAS;
  const flags = rest === 0n ? 0 : PE | (up ? C1 : 0);
  return `${sign ? "-" : "+"}${significand.toString(16)}e${field.toString(16)} ${flags.toString(16)}`;
}

interface Case {
  readonly a: Exact;
  readonly b: Exact;
  readonly control: number;
}

/** A significand of 64 bits with few or all of its digits, or next to a power of two. */
function significand(digits: number): bigint {
  const any = (BigInt(random()) << 32n) | BigInt(random());
  const kind = random() % 4;
  const top = 1n << 63n;
  const lowest = BigInt(64 - digits);
  const value = kind === 0 ? top : kind === 1 ? (top << 1n) - 1n : any | top;
  return (value >> lowest) << lowest;
}

function operand(view: DataView, at: number, format: "m32" | "m64" | "m80", near: number): Exact {
  const sign = random() & 1;
  const digits = format === "m32" ? 24 : format === "m64" ? 53 : random() % 2 ? 64 : 1 + (random() % 64);
  const sig = significand(digits);
  const exponent = near + (random() % 8 === 0 ? (random() % 200) - 100 : (random() % 8) - 4);
  const exp = Math.max(-60, Math.min(60, exponent));
  if (format === "m80") {
    view.setBigUint64(at, sig, true);
    view.setUint16(at + 8, (sign << 15) | (exp + BIAS), true);
  } else {
    const value = (sign ? -1 : 1) * Number(sig >> BigInt(64 - digits)) * 2 ** (exp - digits + 1);
    if (format === "m32") view.setFloat32(at, value, true);
    else view.setFloat64(at, value, true);
  }
  return { sig: sign ? -sig : sig, exp: exp - 63 };
}

function cases(bytes: Uint8Array, format: "m32" | "m64" | "m80"): Case[] {
  const view = new DataView(bytes.buffer);
  return Array.from({ length: CASES }, (_, i) => {
    const near = (random() % 40) - 20;
    const a = operand(view, i * STRIDE, "m80", near);
    const b = operand(view, i * STRIDE + 16, format, near);
    // All masked, or all but PE; RC and PC mostly as compilers leave them.
    const control = (random() % 8 ? 0x3f : 0x1f) | (random() % 2 ? 0x300 : random() & 0xf00);
    view.setUint16(i * STRIDE + CONTROL, control, true);
    return { a, b, control };
  });
}

function run(code: number[], input: Uint8Array, jitThreshold: number | undefined): DataView {
  const core = new TestCore(16 << 20, {}, 0, jitThreshold);
  core.enterProtected();
  core.put(CODE, code);
  core.put(INPUT, input);
  core.setReg("rsi", INPUT);
  core.setReg("rdi", OUTPUT);
  core.setReg("rcx", CASES);
  core.rip = CODE;
  expect(core.run(CASES * 20)).toBe(EXIT.halted);
  if (jitThreshold !== undefined) expect(Number(core.ex.statCompiledInstructions!())).toBeGreaterThan(CASES * 5);
  return new DataView(core.ram.slice(OUTPUT, OUTPUT + CASES * 32).buffer);
}

function result(output: DataView, i: number): string {
  const signExponent = output.getUint16(i * 32 + 8, true);
  const value = output.getBigUint64(i * 32, true).toString(16);
  return `${signExponent & 0x8000 ? "-" : "+"}${value}e${(signExponent & 0x7fff).toString(16)} ${(output.getUint16(i * 32 + 16, true) & (PE | C1)).toString(16)}`; // prettier-ignore
}

const LOAD_A = [0xdb, 0x2e]; // fld tbyte [esi]
const LOAD_B = [0xdb, 0x6e, 0x10]; // fld tbyte [esi + 16]
const DROP_OTHER = [0xdd, 0xd9]; // fstp st(1): what was the result is on top
const FORMS: Record<string, { format: "m32" | "m64" | "m80"; code: (reg: number) => number[] }> = {
  m32: { format: "m32", code: (reg) => [...LOAD_A, 0xd8, 0x46 | (reg << 3), 0x10] },
  m64: { format: "m64", code: (reg) => [...LOAD_A, 0xdc, 0x46 | (reg << 3), 0x10] },
  "st, st(1)": { format: "m80", code: (reg) => [...LOAD_B, ...LOAD_A, 0xd8, 0xc1 | (reg << 3)] },
  "st(1), st": { format: "m80", code: (reg) => [...LOAD_B, ...LOAD_A, 0xdc, 0xc1 | (reg << 3)] },
  "st(1), st, popping": { format: "m80", code: (reg) => [...LOAD_B, ...LOAD_A, 0xde, 0xc1 | (reg << 3)] },
};

describe.each(Object.entries(OPERATIONS))("%s", (_, { reg, exact }) => {
  it.each(Object.entries(FORMS))(
    "%s",
    (name, { format, code: form }) => {
      const code = [
        ...[0xdb, 0xe3, 0xd9, 0x6e, CONTROL], // again: fninit; fldcw [esi + 48]
        ...form(reg),
        ...[0xdd, 0x7f, 0x10, 0xdb, 0xe2], // fnstsw [edi + 16]; fnclex
        ...(name === "st, st(1)" ? DROP_OTHER : name === "st(1), st" ? [0xdd, 0xd8] : []),
        ...[0xdb, 0x3f], // fstp tbyte [edi]
        ...[0x83, 0xc6, STRIDE, 0x83, 0xc7, 0x20, 0x49], // add esi, 64; add edi, 32; dec ecx
      ];
      code.push(0x75, 0xfe - code.length, 0xf4); // jnz again; hlt
      const input = new Uint8Array(CASES * STRIDE);
      const expected = cases(input, format).map(({ a, b, control }) => rounded(exact(a, b), control));
      for (const threshold of [undefined, 2]) {
        const output = run(code, input, threshold);
        const wrong = expected.flatMap((want, i) => {
          const got = result(output, i);
          return want === undefined || want === got ? [] : [`case ${i}: ${got} instead of ${want}`];
        });
        expect(wrong.slice(0, 4)).toEqual([]);
      }
    },
    60_000,
  );
});

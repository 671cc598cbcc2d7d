/**
 * Compares what processor and core made of a case, and puts cases and results in words. What the manuals leave undefined is
 * masked by the row's `undef=`; approximations may differ within the manual's bound.
 */
import type { Row } from "../native/cases.ts";
import {
  ARITH_FLAGS, CODE, CODE16_BASE, FLAG, IN_CODE_OFFSET, IN_MODE, IN_REGISTERS, INPUT_SIZE, OUT_BYTES, OUT_CHANGED, OUT_FIRST, OUT_FLAGS, OUT_HASH, OUT_REGISTERS, OUT_RIP, OUT_VECTOR,
  OUTPUT_SIZE,
} from "../native/integer-layout.ts"; // prettier-ignore
import { describeCase, describeResult, differences, normalize } from "../native/integer-compare.ts";
import { TRANSCENDENTAL } from "../native/x87-cases.ts";
import { type Encoding, encodingOf, registerInRm } from "./encoding.ts";
import {
  CASE_SIZE, FP_BYTES, FP_CONTROL, FP_MXCSR, FP_MXCSR_MASK, FP_POINTERS, FP_REGISTERS, FP_STATUS, FP_TAGS, FP_XMM, IN_FP, OUT_FP, OUT_FS_BASE, OUT_GS_BASE, OUT_SELECTORS,
} from "./layout.ts"; // prettier-ignore
import { type Maker, forgetMakers } from "./makers.ts";

const SEGMENT_NAMES = ["es", "cs", "ss", "ds", "fs", "gs"];
/** Values that no two processors share; the registers' low halves. */
const UNPREDICTABLE: Readonly<Record<string, readonly number[]>> = { RDTSC: [0, 2], RDTSCP: [0, 1, 2] };
const C1 = 0x200;
const UE = 0x10;
const PE = 0x20;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** Registers at their physical numbers, so that TOP changes nothing else. */
function toPhysicalOrder(result: Uint8Array): void {
  const top = (result[OUT_FP + FP_STATUS + 1]! >> 3) & 7;
  if (top === 0) return;
  const at = OUT_FP + FP_REGISTERS;
  const registers = result.slice(at, at + 128);
  for (let i = 0; i < 8; i++) result.set(registers.subarray(i * 16, i * 16 + 16), at + ((i + top) & 7) * 16);
}

/** Brings a result into the form that is compared, by what the manuals leave undefined and the kernel hides. */
export function normalizeResult(row: Row, encoding: Encoding, input: Uint8Array, result: Uint8Array): void {
  const view = viewOf(result);
  normalize(row, input, result.subarray(0, OUTPUT_SIZE));
  result.fill(0, OUT_FP + FP_POINTERS, OUT_FP + FP_MXCSR);
  view.setUint32(OUT_FP + FP_MXCSR_MASK, 0, true);
  view.setUint8(OUT_FP + FP_TAGS + 1, 0);
  for (let i = 0; i < 8; i++) {
    view.setUint16(OUT_FP + FP_REGISTERS + i * 16 + 10, 0, true);
    view.setUint32(OUT_FP + FP_REGISTERS + i * 16 + 12, 0, true);
  }
  toPhysicalOrder(result);
  // The kernel's IRET makes all null selectors the same one. [SDM2] IRET
  for (const n of [0, 3, 4, 5])
    if (view.getUint16(OUT_SELECTORS + n * 2, true) < 4) view.setUint16(OUT_SELECTORS + n * 2, 0, true);
  if (!isCompleted(input, result)) return;
  for (const n of UNPREDICTABLE[row.semantic] ?? []) view.setUint32(OUT_REGISTERS + n * 8, 0, true);
  if (row.semantic === "RDRAND") forgetRandom(view, encoding);
  if (/^SH[LR]D_/.test(row.semantic) && encoding.operandBits === 16) forgetDoubleShift(row, encoding, input, view);
}

/** RDRAND and RDSEED: any value of the operand's size, or zero without carry. */
function forgetRandom(view: DataView, encoding: Encoding): void {
  const at = OUT_REGISTERS + registerInRm(encoding, 2) * 8;
  if (encoding.operandBits === 16) view.setUint16(at, 0, true);
  else view.setUint32(at, 0, true);
  if (encoding.operandBits === 64) view.setUint32(at + 4, 0, true);
  view.setUint32(OUT_FLAGS, view.getUint32(OUT_FLAGS, true) & ~FLAG.cf, true);
}

/** A count above the operand's size leaves operand and flags undefined. [SDM2] SHLD, SHRD */
function forgetDoubleShift(row: Row, encoding: Encoding, input: Uint8Array, view: DataView): void {
  const count = row.semantic.endsWith("CL") ? input[IN_REGISTERS + 8]! : encoding.rest[encoding.rest.length - 1]!;
  if ((count & 31) <= 16) return;
  view.setUint32(OUT_FLAGS, view.getUint32(OUT_FLAGS, true) & ~ARITH_FLAGS, true);
  if (encoding.rest[2]! >= 0xc0) view.setUint16(OUT_REGISTERS + registerInRm(encoding, 2) * 8, 0, true);
  else {
    view.setUint32(OUT_CHANGED, 0, true);
    view.setUint32(OUT_HASH, 0, true);
  }
}

/** A register of the image as a whole number in the order of its values, sign aside. */
function ordinal(view: DataView, i: number): bigint {
  const at = OUT_FP + FP_REGISTERS + i * 16;
  return (BigInt(view.getUint16(at + 8, true)) << 63n) + (view.getBigUint64(at, true) & 0x7fff_ffff_ffff_ffffn);
}

/**
 * Transcendental functions may differ in the last place of a register (the processor is not always right there), and then in
 * C1, which says how it was rounded, and in whether a result at the edge of the denormal numbers is one.
 */
function agreesInx87(expected: Uint8Array, got: Uint8Array): boolean {
  const [a, b] = [viewOf(expected), viewOf(got)];
  let flags = C1;
  for (let i = 0; i < 8; i++) {
    const distance = ordinal(a, i) - ordinal(b, i);
    if (distance > 1n || distance < -1n) return false;
    const exponent = a.getUint16(OUT_FP + FP_REGISTERS + i * 16 + 8, true) & 0x7fff;
    if (distance && exponent <= 1) flags |= UE | PE;
  }
  const [left, right] = [expected.slice(), got.slice()];
  for (const bytes of [left, right]) {
    bytes.fill(0, OUT_FP + FP_REGISTERS, OUT_FP + FP_XMM);
    const view = viewOf(bytes);
    view.setUint16(OUT_FP + FP_STATUS, view.getUint16(OUT_FP + FP_STATUS, true) & ~flags, true);
  }
  return Buffer.compare(left, right) === 0;
}

/** RCP and RSQRT have a relative error below 1.5 × 2^-12; the processors of each maker have other ones. [SDM2] RCPPS */
const APPROXIMATE = /^R(CP|SQRT)[PS]S$/;
const RELATIVE_ERROR = 2 * 1.5 * 2 ** -12;
/** Tiny results are zero; which are, differs by some units in the last place. */
const SMALLEST_NORMAL = 2 ** -126;

function agreesInSingles(expected: Uint8Array, got: Uint8Array): boolean {
  const [a, b] = [viewOf(expected), viewOf(got)];
  for (let at = OUT_FP + FP_XMM; at < OUT_FP + FP_BYTES; at += 4) {
    if (a.getUint32(at, true) === b.getUint32(at, true)) continue;
    const [x, y] = [a.getFloat32(at, true), b.getFloat32(at, true)];
    if (!(Math.abs(x - y) <= Math.max(Math.abs(x) * RELATIVE_ERROR, SMALLEST_NORMAL))) return false;
  }
  const [left, right] = [expected.slice(0, OUT_FP + FP_XMM), got.slice(0, OUT_FP + FP_XMM)];
  return Buffer.compare(left, right) === 0;
}

const SAMPLE_START = OUT_FIRST;
const SAMPLE_END = OUT_BYTES + 36;

/** Whether two results (both brought into form) are the same. */
function agreesInForm(row: Row, expected: Uint8Array, got: Uint8Array): boolean {
  return (
    Buffer.compare(expected, got) === 0 ||
    (TRANSCENDENTAL.test(row.semantic) && agreesInx87(expected, got)) ||
    (APPROXIMATE.test(row.semantic) && agreesInSingles(expected, got))
  );
}

/** Compares a result of a processor of `maker` (brought into form already) with one of the core. Both are changed. */
export function agrees(row: Row, maker: Maker, input: Uint8Array, expected: Uint8Array, got: Uint8Array): boolean {
  const encoding = encodingOf(input);
  normalizeResult(row, encoding, input, got);
  // The sample of memory is not compared, its digest is.
  expected.fill(0, SAMPLE_START, SAMPLE_END);
  const sample = got.slice(SAMPLE_START, SAMPLE_END);
  got.fill(0, SAMPLE_START, SAMPLE_END);
  if (agreesInForm(row, expected, got)) return true;
  const [left, right] = [expected.slice(), got.slice()];
  const rules = forgetMakers(maker, {
    row,
    encoding,
    expected: viewOf(left),
    got: viewOf(right),
    expectedVector: viewOf(expected).getUint32(OUT_VECTOR, true),
    gotVector: viewOf(got).getUint32(OUT_VECTOR, true),
    expectedFaulted: !isCompleted(input, expected),
    gotFaulted: !isCompleted(input, got),
  });
  if (rules.length && agreesInForm(row, left, right)) return true;
  got.set(sample, SAMPLE_START);
  return false;
}

/** Names of what differs. */
export function resultDifferences(expected: Uint8Array, got: Uint8Array): string[] {
  const [a, b] = [viewOf(expected), viewOf(got)];
  const found = differences(expected.subarray(0, OUTPUT_SIZE), got.subarray(0, OUTPUT_SIZE));
  SEGMENT_NAMES.forEach((name, i) => {
    if (a.getUint16(OUT_SELECTORS + i * 2, true) !== b.getUint16(OUT_SELECTORS + i * 2, true)) found.push(name);
  });
  if (a.getBigUint64(OUT_FS_BASE, true) !== b.getBigUint64(OUT_FS_BASE, true)) found.push("fs base");
  if (a.getBigUint64(OUT_GS_BASE, true) !== b.getBigUint64(OUT_GS_BASE, true)) found.push("gs base");
  const fields: [string, number, number][] = [
    ["fcw", FP_CONTROL, 2],
    ["fsw", FP_STATUS, 2],
    ["ftw", FP_TAGS, 2],
    ["mxcsr", FP_MXCSR, 4],
    ...Array.from({ length: 8 }, (_, i): [string, number, number] => [`st${i}`, FP_REGISTERS + i * 16, 16]),
    ...Array.from({ length: 16 }, (_, i): [string, number, number] => [`xmm${i}`, FP_XMM + i * 16, 16]),
  ];
  for (const [name, at, size] of fields) {
    const [x, y] = [a, b].map((v) => new Uint8Array(v.buffer, v.byteOffset + OUT_FP + at, size));
    if (Buffer.compare(x!, y!) !== 0) found.push(name);
  }
  return found;
}

const little = (bytes: Uint8Array) => Buffer.from(bytes).reverse().toString("hex");

/** The floating-point state in words; of registers only the ones named. */
function describeImage(image: Uint8Array, names: readonly string[]): string {
  const part = (at: number, size: number) => little(image.subarray(at, at + size));
  const words = [
    `fcw ${part(FP_CONTROL, 2)} fsw ${part(FP_STATUS, 2)} ftw ${part(FP_TAGS, 1)} mxcsr ${part(FP_MXCSR, 4)}`,
  ];
  for (let i = 0; i < 8; i++)
    if (names.includes(`st${i}`))
      words.push(`st${i} ${part(FP_REGISTERS + i * 16 + 8, 2)} ${part(FP_REGISTERS + i * 16, 8)}`);
  for (let i = 0; i < 16; i++) if (names.includes(`xmm${i}`)) words.push(`xmm${i} ${part(FP_XMM + i * 16, 16)}`);
  return words.join(" ");
}

const REGISTERS = [...Array(8).keys()].map((i) => `st${i}`).concat([...Array(16).keys()].map((i) => `xmm${i}`));

/** A case and its two results, for people. */
export function describeDifference(input: Uint8Array, expected: Uint8Array, got: Uint8Array): string {
  const names = resultDifferences(expected, got);
  const isFloatingPoint = names.some((name) => /^(st|xmm|mxcsr|f.w)/.test(name));
  const shown = isFloatingPoint ? REGISTERS : [];
  const of = (result: Uint8Array) => {
    const view = viewOf(result);
    const segments = SEGMENT_NAMES.map((name, i) => (names.includes(name) ? ` ${name} ${view.getUint16(OUT_SELECTORS + i * 2, true).toString(16)}` : "")).join(""); // prettier-ignore
    const bases = names.some((name) => name.endsWith("base")) ? ` fs base ${view.getBigUint64(OUT_FS_BASE, true).toString(16)} gs base ${view.getBigUint64(OUT_GS_BASE, true).toString(16)}` : ""; // prettier-ignore
    const image = result.subarray(OUT_FP, OUT_FP + FP_BYTES);
    return `${describeResult(result.subarray(0, OUTPUT_SIZE), names)}${segments}${bases}${isFloatingPoint ? ` ${describeImage(image, names)}` : ""}`;
  };
  return [
    names.join(", "),
    ` in   ${describeCase(input.subarray(0, INPUT_SIZE))}`,
    ...(isFloatingPoint ? [`    ${describeImage(input.subarray(IN_FP, CASE_SIZE), shown)}`] : []),
    ` want ${of(expected)}`,
    ` got  ${of(got)}`,
  ].join("\n");
}

/** Where the instruction of a case starts, as an offset in CS. */
export function startOf(input: Uint8Array): number {
  return CODE - (input[IN_MODE] === 2 ? CODE16_BASE : 0) + viewOf(input).getUint16(IN_CODE_OFFSET, true);
}

/** Whether the instruction was completed (no fault of its own). */
export function isCompleted(input: Uint8Array, result: Uint8Array): boolean {
  return viewOf(result).getBigUint64(OUT_RIP, true) !== BigInt(startOf(input));
}

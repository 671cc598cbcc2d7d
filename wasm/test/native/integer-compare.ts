/** Compares what processor and core made of a case, and puts cases and results in words. */
import type { Row } from "./cases.ts";
import {
  CODE, CODE16_BASE, FLAG, FLAGS_COMPARED, IN_AT, IN_BYTES, IN_CODE, IN_CODE_OFFSET, IN_FLAGS, IN_FS_BASE, IN_GS_BASE, IN_LENGTH, IN_MODE, IN_REGISTERS, INPUT_SIZE, MODES, OUT_BYTES, OUT_CHANGED, OUT_CR2,
  OUT_ERROR, OUT_FIRST, OUT_FLAGS, OUT_HASH, OUT_REGISTERS, OUT_RIP, OUT_VECTOR, OUTPUT_SIZE,
} from "./integer-layout.ts"; // prettier-ignore
import { mask64 } from "./integer-values.ts";

const NAMES = [
  "rax",
  "rcx",
  "rdx",
  "rbx",
  "rsp",
  "rbp",
  "rsi",
  "rdi",
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15",
];

/** The kernel keeps the last page of the lower half for itself. */
const USER_END = 0x7fff_ffff_f000n;

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

const LEGACY_PREFIXES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

const isRepeated = (input: Uint8Array) =>
  input.subarray(IN_CODE, IN_CODE + input[IN_LENGTH]! - 1).some((byte) => byte === 0xf2 || byte === 0xf3);

/** The count of a shift or rotate as the processor takes it. [SDM2] SAL/SAR/SHL/SHR, SHLD */
function shiftCount(row: Row, input: Uint8Array): number {
  const view = viewOf(input.subarray(0, INPUT_SIZE));
  let count = 1;
  if (row.operands.includes("CL")) count = view.getUint8(IN_REGISTERS + 8);
  else if (row.operands.includes("Ib")) count = input[IN_CODE + input[IN_LENGTH]! - 1]!;
  let at = IN_CODE;
  while (LEGACY_PREFIXES.has(input[at]!) || (input[IN_MODE] === 0 && input[at]! >> 4 === 4)) at++;
  const isWide = input[IN_MODE] === 0 && at > IN_CODE && input[at - 1]! >> 3 === 9 && !row.operands.includes("Eb");
  return count & (isWide ? 63 : 31);
}

/** Flags that mean nothing after the instruction, by the manual. */
function undefinedFlags(row: Row, input: Uint8Array): number {
  const isShift = row.undefinedFlags.includes("OF>1");
  const count = isShift ? shiftCount(row, input) : 1;
  if (count === 0) return 0; // no flag changes
  let flags = 0;
  for (const name of row.undefinedFlags) {
    if (name === "OF>1") flags |= count > 1 ? FLAG.of : 0;
    else flags |= FLAG[name.toLowerCase() as keyof typeof FLAG];
  }
  return flags;
}

/**
 * Brings a result into the form that is compared: without undefined flags, without what the kernel hides. Outside 64-bit
 * mode the upper halves of registers mean nothing. [SDM1] 3.4.1.1
 */
export function normalize(row: Row, input: Uint8Array, output: Uint8Array): void {
  const view = viewOf(output);
  const vector = view.getUint32(OUT_VECTOR, true);
  let flags = view.getUint32(OUT_FLAGS, true) & FLAGS_COMPARED;
  // A fault leaves the flags; only a completed instruction has undefined ones.
  const base = input[IN_MODE] === 2 ? CODE - CODE16_BASE : CODE;
  const start = base + viewOf(input).getUint16(IN_CODE_OFFSET, true);
  if (view.getBigUint64(OUT_RIP, true) !== BigInt(start)) flags &= ~undefinedFlags(row, input);
  view.setBigUint64(OUT_FLAGS, BigInt(flags), true);
  // Where both operands of REP CMPSB fault, processors differ in which they meet first.
  if (vector >= 12 && row.semantic === "CMPS8" && isRepeated(input)) {
    view.setUint32(OUT_VECTOR, 14, true);
    view.setUint32(OUT_ERROR, 0, true);
    view.setBigUint64(OUT_CR2, 0n, true);
  }
  if (input[IN_MODE] !== 0) {
    for (let i = 0; i < 16; i++)
      view.setBigUint64(
        OUT_REGISTERS + i * 8,
        i < 8 ? view.getBigUint64(OUT_REGISTERS + i * 8, true) & mask64(32) : 0n,
        true,
      );
  }
  // Of addresses in its own half the kernel tells a program only that they are not for it.
  if (vector === 14 && view.getBigUint64(OUT_CR2, true) >= USER_END)
    view.setUint32(OUT_ERROR, view.getUint32(OUT_ERROR, true) | 1, true);
}

/** Names of what differs; nothing if they agree. The sample of memory is not compared, its digest is. */
export function differences(expected: Uint8Array, got: Uint8Array): string[] {
  const a = viewOf(expected);
  const b = viewOf(got);
  const found: string[] = [];
  const compare32 = (name: string, at: number) => {
    if (a.getUint32(at, true) !== b.getUint32(at, true)) found.push(name);
  };
  const compare64 = (name: string, at: number) => {
    if (a.getBigUint64(at, true) !== b.getBigUint64(at, true)) found.push(name);
  };
  compare32("vector", OUT_VECTOR);
  compare32("error", OUT_ERROR);
  compare64("cr2", OUT_CR2);
  compare64("rip", OUT_RIP);
  compare64("flags", OUT_FLAGS);
  NAMES.forEach((name, i) => compare64(name, OUT_REGISTERS + i * 8));
  compare32("memory", OUT_CHANGED);
  if (a.getUint32(OUT_CHANGED, true) === b.getUint32(OUT_CHANGED, true)) compare32("memory", OUT_HASH);
  return found;
}

const FLAG_NAMES = Object.entries(FLAG);
const flagText = (flags: number) => `${flags.toString(16)} (${FLAG_NAMES.filter(([, bit]) => flags & bit).map(([name]) => name).join(" ")})`; // prettier-ignore

export function describeCase(input: Uint8Array): string {
  const view = viewOf(input.subarray(0, INPUT_SIZE));
  const q = (at: number) => view.getBigUint64(at, true).toString(16);
  const patches = [0, 1].map(
    (i) =>
      `[${view.getUint32(IN_AT + i * 4, true).toString(16)}] ${hex(input.subarray(IN_BYTES + i * 32, IN_BYTES + i * 32 + 32))}`,
  );
  return [
    `${MODES[input[IN_MODE]!]}-bit code ${hex(input.subarray(IN_CODE, IN_CODE + input[IN_LENGTH]!))} at ${(0x20_0000 + view.getUint16(IN_CODE_OFFSET, true)).toString(16)}`,
    `flags ${flagText(view.getUint32(IN_FLAGS, true))} fs ${q(IN_FS_BASE)} gs ${q(IN_GS_BASE)}`,
    NAMES.map((name, i) => `${name} ${q(IN_REGISTERS + i * 8)}`).join(" "),
    ...patches,
  ].join("\n    ");
}

/** A result by what differs from another one, and how it ended. */
export function describeResult(output: Uint8Array, names: string[]): string {
  const view = viewOf(output.subarray(0, OUTPUT_SIZE));
  const q = (at: number) => view.getBigUint64(at, true).toString(16);
  const parts = [
    `vector ${view.getUint32(OUT_VECTOR, true)} error ${view.getUint32(OUT_ERROR, true).toString(16)} cr2 ${q(OUT_CR2)} rip ${q(OUT_RIP)}`,
  ];
  if (names.includes("flags")) parts.push(`flags ${flagText(view.getUint32(OUT_FLAGS, true))}`);
  NAMES.forEach((name, i) => {
    if (names.includes(name)) parts.push(`${name} ${q(OUT_REGISTERS + i * 8)}`);
  });
  if (names.includes("memory"))
    parts.push(
      `${view.getUint32(OUT_CHANGED, true)} bytes changed from ${view.getUint32(OUT_FIRST, true).toString(16)}: ${hex(output.subarray(OUT_BYTES, OUT_BYTES + 36))}`,
    );
  return parts.join(", ");
}

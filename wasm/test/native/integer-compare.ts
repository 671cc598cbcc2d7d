/** Compares what processor and core made of a case, and puts cases and results in words. */
import type { Row } from "./cases.ts";
import {
  FLAG, FLAGS_COMPARED, IN_AT, IN_BYTES, IN_CODE, IN_CODE_OFFSET, IN_FLAGS, IN_FS_BASE, IN_GS_BASE, IN_LENGTH, IN_MODE, IN_REGISTERS, INPUT_SIZE, MODES, OUT_BYTES, OUT_CHANGED, OUT_CR2,
  OUT_ERROR, OUT_FIRST, OUT_FLAGS, OUT_HASH, OUT_REGISTERS, OUT_RIP, OUT_VECTOR, OUTPUT_SIZE,
} from "./integer-layout.ts"; // prettier-ignore
import { mask64 } from "./integer-values.ts";

const NAMES = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/**
 * Brings a result into the form that is compared: without undefined flags, without what the kernel hides. Outside 64-bit
 * mode the upper halves of registers mean nothing. [SDM1] 3.4.1.1
 */
export function normalize(row: Row, input: Uint8Array, output: Uint8Array): void {
  const view = viewOf(output);
  const vector = view.getUint32(OUT_VECTOR, true);
  let flags = view.getUint32(OUT_FLAGS, true) & FLAGS_COMPARED;
  // A fault leaves the flags; only a completed instruction has undefined ones.
  if (vector === 3) for (const name of row.undefinedFlags) flags &= ~(FLAG[name.toLowerCase() as keyof typeof FLAG] ?? 0);
  view.setBigUint64(OUT_FLAGS, BigInt(flags), true);
  if (input[IN_MODE] !== 0) {
    for (let i = 0; i < 16; i++) view.setBigUint64(OUT_REGISTERS + i * 8, i < 8 ? view.getBigUint64(OUT_REGISTERS + i * 8, true) & mask64(32) : 0n, true);
  }
  // Of addresses in its own half the kernel tells a program only that they are not for it.
  if (vector === 14 && view.getBigUint64(OUT_CR2, true) >> 47n) view.setUint32(OUT_ERROR, view.getUint32(OUT_ERROR, true) | 1, true);
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
  const patches = [0, 1].map((i) => `[${view.getUint32(IN_AT + i * 4, true).toString(16)}] ${hex(input.subarray(IN_BYTES + i * 32, IN_BYTES + i * 32 + 32))}`);
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
  const parts = [`vector ${view.getUint32(OUT_VECTOR, true)} error ${view.getUint32(OUT_ERROR, true).toString(16)} cr2 ${q(OUT_CR2)} rip ${q(OUT_RIP)}`];
  if (names.includes("flags")) parts.push(`flags ${flagText(view.getUint32(OUT_FLAGS, true))}`);
  NAMES.forEach((name, i) => {
    if (names.includes(name)) parts.push(`${name} ${q(OUT_REGISTERS + i * 8)}`);
  });
  if (names.includes("memory")) parts.push(`${view.getUint32(OUT_CHANGED, true)} bytes changed from ${view.getUint32(OUT_FIRST, true).toString(16)}: ${hex(output.subarray(OUT_BYTES, OUT_BYTES + 36))}`);
  return parts.join(", ");
}

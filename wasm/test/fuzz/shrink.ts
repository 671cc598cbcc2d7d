/**
 * Makes a case that differs as small as it goes: what can be as after a reset, zero or absent without the difference going
 * away becomes so. What is left is one instruction and the few values that matter.
 */
import type { Row } from "../native/cases.ts";
import { IN_AT, IN_BYTES, IN_CODE, IN_CODE_OFFSET, IN_FLAGS, IN_FS_BASE, IN_GS_BASE, IN_LENGTH, IN_REGISTERS, OUT_VECTOR, PATCH_BYTES } from "../native/integer-layout.ts"; // prettier-ignore
import { askProcessor } from "../native/processor.ts";
import type { CaseRunner } from "./backends.ts";
import { agrees, normalizeResult, resultDifferences } from "./compare.ts";
import { encodingOf } from "./encoding.ts";
import { CASE_SIZE, FP_AFTER_RESET, FP_CONTROL, FP_MXCSR, FP_REGISTERS, FP_XMM, IN_FP, RESULT_SIZE } from "./layout.ts";
import type { Maker } from "./makers.ts";

const PLAIN_FLAGS = 0x202;
const USUAL_OFFSET = 0x400;
const ROUNDS = 4;

/** Ways to make a case simpler, each on its own. */
function simplifications(from: Uint8Array): ((bytes: Uint8Array) => void)[] {
  const view = new DataView(from.buffer, from.byteOffset, CASE_SIZE);
  const steps: ((bytes: Uint8Array) => void)[] = [];
  const clear = (at: number, size: number, to?: Uint8Array) => {
    const plain = to ?? new Uint8Array(size);
    if (Buffer.compare(from.subarray(at, at + size), plain) !== 0) steps.push((bytes) => bytes.set(plain, at));
  };
  const set16 = (at: number, value: number) => {
    if (view.getUint16(at, true) !== value) steps.push((bytes) => bytes.set([value & 0xff, value >> 8], at));
  };
  clear(IN_FP, FP_AFTER_RESET.length, FP_AFTER_RESET);
  clear(IN_FP + FP_XMM, 256);
  clear(IN_FP + FP_REGISTERS, 128);
  clear(IN_FP + FP_CONTROL, 2, FP_AFTER_RESET.slice(FP_CONTROL, 2));
  clear(IN_FP + FP_MXCSR, 4, FP_AFTER_RESET.slice(FP_MXCSR, FP_MXCSR + 4));
  for (let i = 0; i < 8; i++) clear(IN_FP + FP_REGISTERS + i * 16, 16);
  for (let i = 0; i < 16; i++) clear(IN_FP + FP_XMM + i * 16, 16);
  for (let i = 0; i < 16; i++) clear(IN_REGISTERS + i * 8, 8);
  for (let i = 0; i < 16; i++) clear(IN_REGISTERS + i * 8 + 4, 4);
  clear(IN_FS_BASE, 8);
  clear(IN_GS_BASE, 8);
  for (let i = 0; i < 2; i++) clear(IN_BYTES + i * PATCH_BYTES, PATCH_BYTES);
  for (let i = 0; i < 2; i++) {
    const bytes = new Uint8Array(PATCH_BYTES);
    bytes.set(from.subarray(IN_BYTES + i * PATCH_BYTES, IN_BYTES + i * PATCH_BYTES + 16));
    clear(IN_BYTES + i * PATCH_BYTES, PATCH_BYTES, bytes);
    clear(IN_AT + i * 4, 4);
  }
  set16(IN_FLAGS, PLAIN_FLAGS);
  set16(IN_FLAGS + 2, 0);
  set16(IN_CODE_OFFSET, USUAL_OFFSET);
  const { rest } = encodingOf(from);
  const prefixes = rest.byteOffset - from.byteOffset - IN_CODE;
  for (let i = 0; i < prefixes; i++) {
    const code = new Uint8Array(16);
    code.set([...from.subarray(IN_CODE, IN_CODE + i), ...from.subarray(IN_CODE + i + 1, IN_CODE + from[IN_LENGTH]!)]);
    steps.push((bytes) => {
      // Only one prefix a round: the others have moved.
      if (bytes[IN_LENGTH] !== from[IN_LENGTH]) return;
      bytes.set(code, IN_CODE);
      bytes[IN_LENGTH]! -= 1;
    });
  }
  return steps;
}

/** How a case differs: what does, and how it ended on both sides. Empty where it does not. */
function kindsOfDifference(row: Row, maker: Maker, runner: CaseRunner, cases: Uint8Array[]): string[] {
  const results = askProcessor(Buffer.concat(cases));
  const got = new Uint8Array(RESULT_SIZE);
  return cases.map((input, i) => {
    const expected = results.subarray(i * RESULT_SIZE, (i + 1) * RESULT_SIZE);
    normalizeResult(row, encodingOf(input), input, expected);
    runner.run(input, got);
    if (agrees(row, maker, input, expected, got)) return "";
    return [expected[OUT_VECTOR], got[OUT_VECTOR], ...resultDifferences(expected, got)].join();
  });
}

/** The smallest case found that differs as `input` does. */
export function shrink(row: Row, maker: Maker, runner: CaseRunner, input: Uint8Array): Uint8Array {
  let smallest = input.slice();
  const [kind] = kindsOfDifference(row, maker, runner, [smallest]);
  if (!kind) return smallest; // the processor's answer was another one this time
  const isSame = (cases: Uint8Array[]) => kindsOfDifference(row, maker, runner, cases).map((other) => other === kind);
  for (let round = 0; round < ROUNDS; round++) {
    const steps = simplifications(smallest);
    if (!steps.length) break;
    const each = steps.map((step) => {
      const copy = smallest.slice();
      step(copy);
      return copy;
    });
    const isUseful = isSame(each);
    const useful = steps.filter((_, i) => isUseful[i]);
    if (!useful.length) break;
    // All at once, half of them, or the first alone.
    const before = smallest;
    for (let count = useful.length; count >= 1; count >>= 1) {
      const copy = before.slice();
      useful.slice(0, count).forEach((step) => step(copy));
      if (isSame([copy])[0]) {
        smallest = copy;
        break;
      }
    }
    if (smallest === before) break;
  }
  return smallest;
}

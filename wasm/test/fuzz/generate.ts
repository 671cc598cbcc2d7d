/**
 * Random cases of any row of the tables: encodings, general registers and memory by the generator of integer instructions
 * (wasm/test/native/integer-cases.ts); here what else an instruction wants: aligned operands, floating-point state,
 * segments, prefixes that should do nothing.
 */
import { Random, type Row, seedOf } from "../native/cases.ts";
import { type CaseHooks, type Group, type Patch, setIndex, somewhere, writeCase } from "../native/integer-cases.ts";
import { type Draft, RDI, linearOf, offsetTo } from "../native/integer-encode.ts";
import { IN_CODE, IN_CODE_OFFSET, IN_LENGTH } from "../native/integer-layout.ts";
import { farPatches, isFar, prepareFar } from "./far.ts";
import { memoryOperand, putFloatingPoint, putGeneralRegisters, unitOf, xsaveHeader } from "./floating-point.ts";
import { CASE_SIZE, FP_BYTES, IN_FP } from "./layout.ts";
import { fuzzKey } from "./rows.ts";

const XSAVE_HEADER = 512n;

/** The alignment that an operand should have most of the time, in bytes. */
function alignmentOf(row: Row): number {
  if (/^X(SAVE|SAVEOPT|RSTOR)$/.test(row.semantic)) return 64;
  if (/^FX(SAVE|RSTOR)$/.test(row.semantic) || unitOf(row) === "sse") return 16;
  return 1;
}

/** Rows of the second and third map to which F2 and F3 mean nothing: elsewhere they make other instructions. */
function ignoresRepeat(row: Row): boolean {
  return row.map === 1 && row.prefix === 0xf && /^(CMOV|SETCC|MOVZX|MOVSX|IMUL2|BT|CMPXCHG8?$|XADD|BSWAP|JCC|SHLD|SHRD)/.test(row.semantic); // prettier-ignore
}

function hooksFor(row: Row): CaseHooks {
  const alignment = BigInt(alignmentOf(row));
  const unit = unitOf(row);
  const far = isFar(row);
  const isMaskedMove = /^MASKMOV/.test(row.semantic);
  return {
    before(d: Draft, random: Random) {
      if (unit === "sse" || unit === "mmx") putGeneralRegisters(row, d.registers, d.pinned, random);
      if (far) prepareFar(d, random);
      if (ignoresRepeat(row) && random.below(40) === 0) d.repeat = random.pick([0xf2, 0xf3]);
    },
    aim(d: Draft, random: Random, segment: number) {
      const address = somewhere(d, random, segment);
      return alignment > 1n && random.below(8) ? address & -alignment : address;
    },
    patches(d: Draft, random: Random, patches: Patch[]) {
      if (far) return farPatches(d, random, patches);
      if (isMaskedMove) {
        setIndex(d, RDI, offsetTo(d, d.segment, somewhere(d, random, d.segment)));
        d.target = linearOf(d, d.segment, d.registers[RDI]!);
      }
      const bytes = memoryOperand(row, d.operandBits, random);
      if (!bytes) return patches;
      const operand = { at: d.target, bytes };
      if (/^X(SAVE|SAVEOPT|RSTOR)$/.test(row.semantic))
        return [operand, { at: d.target + XSAVE_HEADER, bytes: xsaveHeader(random) }];
      return [operand, patches[1]!];
    },
  };
}

const MAX_LENGTH = 15;
const USUAL_OFFSET = 0x400;
const DS_PREFIX = 0x3e;

/** Puts prefixes before the code of a case. */
function prepend(bytes: Uint8Array, ...prefixes: number[]): void {
  const length = bytes[IN_LENGTH]!;
  bytes.copyWithin(IN_CODE + prefixes.length, IN_CODE, IN_CODE + length);
  bytes.set(prefixes, IN_CODE);
  bytes[IN_LENGTH] = length + prefixes.length;
}

/** Prefixes that should change nothing: 66 beside REX.W, and as many as an instruction can have, or one more. [SDM2] 2.3.11 */
function addPrefixes(group: Group, index: number, random: Random, bytes: Uint8Array): void {
  if (group.sequenceLength) return;
  const { row, size } = group.shapes[index % group.shapes.length]!;
  const length = bytes[IN_LENGTH]!;
  const hasSize = row.prefix === 0xf && row.operands.some((operand) => /^([EGZ]v|rAX)$/.test(operand));
  if (size === "W" && hasSize && length < MAX_LENGTH && random.below(16) === 0) prepend(bytes, 0x66);
  else if (random.below(100) === 0 && length < MAX_LENGTH && codeOffset(bytes) === USUAL_OFFSET)
    prepend(bytes, ...new Array<number>(MAX_LENGTH - length + random.below(2)).fill(DS_PREFIX));
}

const codeOffset = (bytes: Uint8Array) => bytes[IN_CODE_OFFSET]! | (bytes[IN_CODE_OFFSET + 1]! << 8);

/** Writes the `index`-th case of a group (it says the shape) to `bytes` (CASE_SIZE). */
function writeFuzzCase(group: Group, hooks: CaseHooks, index: number, random: Random, bytes: Uint8Array): void {
  writeCase(group, index, random, bytes, hooks);
  const modrm = bytes[IN_CODE + Math.max(0, bytes[IN_LENGTH]! - 1)]!;
  putFloatingPoint(group.row, modrm, random, bytes.subarray(IN_FP, IN_FP + FP_BYTES));
  addPrefixes(group, index, random, bytes);
}

/** `count` cases of a group, from number `first`: always the same for a seed. */
export function makeFuzzCases(group: Group, seed: number, block: number, count: number): Uint8Array {
  const cases = new Uint8Array(count * CASE_SIZE);
  const random = new Random(seedOf(`${fuzzKey(group)}/${seed}/${block}`));
  const hooks = hooksFor(group.row);
  for (let i = 0; i < count; i++)
    writeFuzzCase(group, hooks, block * count + i, random, cases.subarray(i * CASE_SIZE, (i + 1) * CASE_SIZE));
  return cases;
}

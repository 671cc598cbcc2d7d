/**
 * The built-in disassembler: bytes to Intel's assembly language, from the same opcode tables as the core. What the core
 * does not know, this does not know either: such bytes are shown one by one as "(bad)".
 */
import { MAX_INSTRUCTION_BYTES, decodeInstruction } from "./decode.ts";
import type { Bits, Instruction } from "./decode.ts";
import { mnemonic } from "./mnemonics.ts";
import { operandText } from "./operands.ts";

export type { Bits };

export interface DisassembledLine {
  address: bigint;
  bytes: Uint8Array;
  text: string;
  /** "opcode | operands | semantic" of the row in the opcode tables; null for bytes that are no instruction. */
  rowKey: string | null;
}

/** Instructions that a REP prefix repeats, and those whose repetition looks at ZF. [SDM2] REP */
const REPEATED = /^(INS|OUTS|MOVS8?|STOS8?|LODS8?)$/;
const REPEATED_WHILE = /^(CMPS8?|SCAS8?)$/;
/** What has operands in its encoding and none in writing. */
const WITHOUT_OPERANDS = /^(\(bad\)|endbr(32|64))$/;
/** XMM0 has no place in the encoding and is written all the same. */
const WITH_XMM0 = /^(PBLENDVB|BLENDVPS|BLENDVPD)$/;
const COMPARISONS = ["eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord"];

/** The instruction at the start of `bytes`, which lie at `address`. */
export function disassembleOne(bytes: Uint8Array, address: bigint, bits: Bits): DisassembledLine {
  const instruction = decodeInstruction(bytes.subarray(0, MAX_INSTRUCTION_BYTES), bits);
  if (!instruction) return { address, bytes: bytes.slice(0, 1), text: "(bad)", rowKey: null };
  return {
    address,
    bytes: instruction.bytes,
    text: instructionText(instruction, address),
    rowKey: instruction.row.key,
  };
}

/** All of `bytes`, one instruction after the other. */
export function* disassemble(bytes: Uint8Array, address: bigint, bits: Bits): Generator<DisassembledLine> {
  for (let at = 0; at < bytes.length;) {
    const line = disassembleOne(bytes.subarray(at, at + MAX_INSTRUCTION_BYTES), address + BigInt(at), bits);
    yield line;
    at += line.bytes.length;
  }
}

function instructionText(instruction: Instruction, address: bigint): string {
  const { row, immediates } = instruction;
  const nextAddress = address + BigInt(instruction.bytes.length);
  let used = 0;
  const next = () => immediates[used++]!;
  const [name, own] = mnemonic(instruction).split(/ (.*)/s) as [string, string | undefined];
  if (WITHOUT_OPERANDS.test(name)) return name;
  let operands = row.operands.map((code) => operandText(code, instruction, next, nextAddress));
  if (own) operands.unshift(own);
  operands = operands.filter((text) => text !== "");
  if (WITH_XMM0.test(row.semantic)) operands.push("xmm0");
  const comparison = comparisonName(instruction);
  if (comparison) operands.pop();
  return `${prefixText(instruction)}${comparison ?? name}${operands.length === 0 ? "" : ` ${operands.join(",")}`}`;
}

/** The eight comparisons have names of their own. [SDM2] CMPPS, table 3-1 */
function comparisonName({ row, immediates }: Instruction): string | null {
  const kind = /^CMP([PS][SD])_VWI$/.exec(row.semantic)?.[1];
  const predicate = COMPARISONS[Number(BigInt.asUintN(8, immediates[0] ?? 0xffn))];
  return kind && predicate ? `cmp${predicate}${kind.toLowerCase()}` : null;
}

function prefixText({ row, lock, repeat }: Instruction): string {
  let text = lock ? "lock " : "";
  if (REPEATED.test(row.semantic) && repeat !== "") text += repeat === "F3" ? "rep " : "repnz ";
  else if (REPEATED_WHILE.test(row.semantic) && repeat !== "") text += repeat === "F3" ? "repz " : "repnz ";
  return text;
}

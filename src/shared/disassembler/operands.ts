/**
 * Operands as Intel's assembly language writes them: registers, memory with its size and segment, immediates, branch
 * targets. What an operand is stands in its row in the manual's notation.
 * [SDM2] A.2 (codes for operands), 2.1.5, 2.2.1 (which register a number names)
 */
import { REX_B, REX_R } from "./decode.ts";
import type { Instruction } from "./decode.ts";

const WORDS = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
const LOW_BYTES = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"];
const HIGH_BYTES = ["ah", "ch", "dh", "bh"];
const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs", "?", "?"];

const KEYWORDS: Readonly<Record<number, string>> = {
  8: "BYTE PTR ",
  16: "WORD PTR ",
  32: "DWORD PTR ",
  48: "FWORD PTR ",
  64: "QWORD PTR ",
  80: "TBYTE PTR ",
  128: "XMMWORD PTR ",
};

/** Immediates of a byte that stand for operands of full size. */
const SIGN_EXTENDED = new Set(["ADD", "OR", "ADC", "SBB", "AND", "SUB", "XOR", "CMP", "IMUL3", "PUSH_I"]);

/** Memory operands whose size the letters of the row do not say. */
const MEMORY_BITS: Readonly<Record<string, number>> = {
  FLD_M80: 80,
  FSTP_M80: 80,
  FBLD: 80,
  FBSTP: 80,
  PEXTRB: 8,
  PINSRB: 8,
  PEXTRW_EV: 16,
  EXTRACTPS: 32,
  CVTPS2PD: 64,
  CVTPS2PI: 64,
  CVTTPS2PI: 64,
  LDMXCSR: 32,
  STMXCSR: 32,
  INVLPG: 8,
  MOV_E_S: 16,
  SLDT: 16,
  STR: 16,
  VERR: 16,
  VERW: 16,
  SMSW: 16,
};

/** General register `number` of `bits`; bytes 4 to 7 are AH … BH where there is no REX. */
export function generalRegister(number: number, bits: number, hasRex: boolean): string {
  if (number >= 8) return `r${number}${bits === 64 ? "" : bits === 32 ? "d" : bits === 16 ? "w" : "b"}`;
  if (bits === 8) return !hasRex && number >= 4 ? HIGH_BYTES[number - 4]! : LOW_BYTES[number]!;
  const word = WORDS[number]!;
  return bits === 16 ? word : bits === 32 ? `e${word}` : `r${word}`;
}

/** `value` as an unsigned number of `bits`. */
function unsigned(value: bigint, bits: number): string {
  return `0x${BigInt.asUintN(bits, value).toString(16)}`;
}

/** Bits of what a letter of the manual's notation names. */
function sizeOf(letters: string, operandBits: number): number {
  switch (letters) {
    case "b":
      return 8;
    case "w":
      return 16;
    case "d":
    case "ss":
      return 32;
    case "q":
    case "sd":
    case "pi":
      return 64;
    case "dq":
    case "ps":
    case "pd":
      return 128;
    case "y":
      return operandBits === 64 ? 64 : 32;
    case "z":
      return Math.min(operandBits, 32);
    case "a":
      return operandBits * 2;
    case "p":
      return operandBits + 16;
    case "v":
      return operandBits;
    default:
      return 0;
  }
}

/**
 * The operand `code` of an instruction.
 * @param immediate the next immediate, for operands that are one
 * @param nextAddress of the instruction behind this one, for branches
 */
export function operandText(
  code: string,
  instruction: Instruction,
  immediate: () => bigint,
  nextAddress: bigint,
): string {
  const { rex, modrm, opcode, bits, operandBits, row } = instruction;
  const hasRex = rex !== 0;
  const fixed = fixedOperand(code, operandBits);
  if (fixed !== null) return fixed;
  const letters = code.slice(1);
  const size = sizeOf(letters, operandBits);
  const reg = ((modrm >> 3) & 7) | ((rex & REX_R) !== 0 ? 8 : 0);
  const rm = (modrm & 7) | ((rex & REX_B) !== 0 ? 8 : 0);
  switch (code[0]) {
    case "G":
      return generalRegister(reg, destinationBits(instruction, size), hasRex);
    case "Z":
      return generalRegister((opcode & 7) | ((rex & REX_B) !== 0 ? 8 : 0), size, hasRex);
    case "E":
    case "M":
    case "R":
      if (instruction.memory) return memoryText(instruction, memoryBits(instruction, size));
      return generalRegister(rm, registerBits(row.semantic, size, operandBits, bits), hasRex);
    case "W":
    case "U":
      return instruction.memory ? memoryText(instruction, memoryBits(instruction, size)) : `xmm${rm}`;
    case "Q":
    case "N":
      return instruction.memory ? memoryText(instruction, size) : `mm${modrm & 7}`;
    case "V":
      return `xmm${reg}`;
    case "P":
      return `mm${reg & 7}`;
    case "S":
      return SEGMENTS[reg & 7]!;
    case "C":
      return `cr${reg}`;
    case "D":
      return `dr${reg}`;
    case "I":
      return immediateText(code, instruction, immediate());
    case "J":
      return unsigned(nextAddress + immediate(), operandBits === 16 ? 16 : bits === 64 ? 64 : 32);
    case "A": {
      const pointer = immediate();
      const offsetBits = operandBits === 16 ? 16 : 32;
      return `${unsigned(pointer >> BigInt(offsetBits), 16)}:${unsigned(pointer, offsetBits)}`;
    }
    case "O":
      return `${SEGMENTS[instruction.segment ?? 3]}:${unsigned(immediate(), instruction.addressBits)}`;
    case "X":
      return stringOperand(instruction, size, instruction.segment ?? 3, 6);
    case "Y":
      return stringOperand(instruction, size, 0, 7);
    case "F":
      return "";
    default:
      throw new Error(`internal error: operand ${code} of "${row.key}" is not understood`);
  }
}

function fixedOperand(code: string, operandBits: number): string | null {
  if (code === "rAX") return generalRegister(0, operandBits, false);
  if (code === "eAX") return operandBits === 16 ? "ax" : "eax";
  if (code === "1") return "1";
  return /^(AL|CL|DX|ES|CS|SS|DS|FS|GS)$/.test(code) ? code.toLowerCase() : null;
}

function memoryBits({ row, operandBits, opcode, modrm }: Instruction, size: number): number {
  if (row.semantic === "CMPXCHG8B") return operandBits === 64 ? 128 : 64;
  const isPrefetch = row.semantic === "NOP" && (opcode === 0x0d || (opcode === 0x18 && ((modrm >> 3) & 7) < 4));
  return isPrefetch ? 8 : (MEMORY_BITS[row.semantic] ?? size);
}

/** CRC32 takes 64 bits with REX.W, INVPCID always has them in 64-bit mode. [SDM2] */
function destinationBits({ row, operandBits, bits }: Instruction, size: number): number {
  if (row.semantic.startsWith("CRC32")) return operandBits === 64 ? 64 : size;
  return row.semantic === "INVPCID" && bits === 64 ? 64 : size;
}

/** Registers that are wider than the memory operand in their place. */
function registerBits(semantic: string, size: number, operandBits: number, bits: number): number {
  if (/^MOV_([RC]_[RC]|[RD]_[RD])$/.test(semantic)) return bits === 64 ? 64 : 32;
  if (/^PINSRW/.test(semantic)) return 32;
  if (/^(MOV_S_E|LAR|LSL)$/.test(semantic)) return operandBits;
  return size;
}

function immediateText(code: string, { row, operandBits }: Instruction, value: bigint): string {
  if (code === "Iw") return unsigned(value, 16);
  if (code !== "Ib") return unsigned(value, operandBits);
  const isWide = SIGN_EXTENDED.has(row.semantic) && row.operands[0] !== "Eb" && row.operands[0] !== "AL";
  return unsigned(value, isWide ? operandBits : 8);
}

function stringOperand({ addressBits }: Instruction, bits: number, segment: number, register: number): string {
  return `${KEYWORDS[bits]}${SEGMENTS[segment]}:[${generalRegister(register, addressBits, false)}]`;
}

/** [segment:][base+index*scale+displacement] with the size in front. */
function memoryText(instruction: Instruction, sizeBits: number): string {
  const { addressBits, segment } = instruction;
  const { base, index, scale, displacement, displacementBytes, hasSib, ripRelative } = instruction.memory!;
  const keyword = KEYWORDS[sizeBits] ?? "";
  const prefix = segment === null ? "" : `${SEGMENTS[segment]}:`;
  const register = (number: number) => generalRegister(number, addressBits, false);
  const parts: string[] = [];
  if (ripRelative) parts.push(addressBits === 64 ? "rip" : "eip");
  if (base !== null) parts.push(register(base));
  if (index !== null) parts.push(hasSib ? `${register(index)}*${scale}` : register(index));
  else if (hasSib && !isPlainSib(instruction)) parts.push(`${addressBits === 64 ? "riz" : "eiz"}*${scale}`);
  if (parts.length === 0) return `${keyword}${SEGMENTS[segment ?? 3]}:${unsigned(displacement, addressBits)}`;
  let offset = "";
  if (displacementBytes > 0)
    offset = displacement < 0n ? `-0x${(-displacement).toString(16)}` : `+0x${displacement.toString(16)}`;
  return `${keyword}${prefix}[${parts.join("+")}${offset}]`;
}

/** A SIB byte without index that says no more than ModRM could, or that is the only way to say it. */
function isPlainSib({ memory, bits }: Instruction): boolean {
  const { base, scale } = memory!;
  return scale === 1 && (base === null ? bits === 64 : (base & 7) === 4);
}

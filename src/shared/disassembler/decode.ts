/**
 * How an instruction is put together: prefixes, REX, opcode maps, ModRM, SIB, displacement, immediates; and which row of
 * the opcode tables it is. The core decodes by the same tables (wasm/decode/decode.ts), into records to run; here the
 * parts are kept as they stand in the bytes.
 *
 * Left out: VEX and EVEX, which the processor does not offer.
 * [SDM2] chapter 2; [APM3] chapter 1
 */
import { CANDIDATES, ROWS } from "./generated/opcode-rows.ts";
import type { OpcodeRow } from "./opcode-row.ts";

export type Bits = 16 | 32 | 64;

/** Longer instructions raise #GP(0). [SDM2] 2.3.11 */
export const MAX_INSTRUCTION_BYTES = 15;

const PREFIX_NONE = 1;
const PREFIX_66 = 2;
const PREFIX_F3 = 4;
const PREFIX_F2 = 8;

export const REX_B = 1;
export const REX_X = 2;
export const REX_R = 4;
export const REX_W = 8;

/** ES CS SS DS FS GS. */
export type SegmentNumber = 0 | 1 | 2 | 3 | 4 | 5;

/** A memory operand's address as it is encoded. */
export interface MemoryAddress {
  /** Register numbers in encoding order; null where there is none. */
  base: number | null;
  index: number | null;
  scale: 1 | 2 | 4 | 8;
  /** Sign-extended. */
  displacement: bigint;
  displacementBytes: number;
  hasSib: boolean;
  ripRelative: boolean;
}

export interface Instruction {
  bytes: Uint8Array;
  bits: Bits;
  row: OpcodeRow;
  opcode: number;
  modrm: number;
  rex: number;
  operandBits: Bits;
  addressBits: Bits;
  segment: SegmentNumber | null;
  lock: boolean;
  repeat: "" | "F2" | "F3";
  has66: boolean;
  memory: MemoryAddress | null;
  /** In the order of the row's operands; sign-extended, branch offsets counted from the next instruction. */
  immediates: bigint[];
}

/** Reads little-endian numbers; past the end it notes that bytes are missing. */
class Reader {
  at = 0;
  isShort = false;

  constructor(private readonly bytes: Uint8Array) {}

  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined || this.at > MAX_INSTRUCTION_BYTES) this.isShort = true;
    return value ?? 0;
  }

  signed(sizeBytes: number): bigint {
    return BigInt.asIntN(sizeBytes * 8, this.unsigned(sizeBytes));
  }

  unsigned(sizeBytes: number): bigint {
    let value = 0n;
    for (let i = 0; i < sizeBytes; i++) value |= BigInt(this.byte()) << BigInt(8 * i);
    return value;
  }
}

/** The instruction at the start of `bytes`; null where they are no instruction or not all of one. */
export function decodeInstruction(bytes: Uint8Array, bits: Bits): Instruction | null {
  const reader = new Reader(bytes);
  const prefix = readPrefixes(reader, bits);
  let { opcode } = prefix;
  let map = 0;
  if (opcode === 0x0f) {
    map = 1;
    opcode = reader.byte();
    if (opcode === 0x38 || opcode === 0x3a) {
      map = opcode === 0x38 ? 2 : 3;
      opcode = reader.byte();
    }
  }
  // NOP is XCHG rAX, rAX: with REX.B it exchanges with R8.
  const tableOpcode = map === 0 && opcode === 0x90 && (prefix.rex & REX_B) !== 0 ? 0x91 : opcode;
  const candidates = (CANDIDATES[(map << 8) | tableOpcode] ?? []).map((number) => ROWS[number]!);
  const hasModrm = candidates[0]?.hasModrm ?? false;
  let modrm = hasModrm ? reader.byte() : 0;
  // MOV with control and debug registers: mod is ignored. [SDM2] MOV
  if (map === 1 && (opcode & 0xfc) === 0x20) modrm |= 0xc0;
  const mandatory =
    prefix.repeat === "F3" ? PREFIX_F3 : prefix.repeat === "F2" ? PREFIX_F2 : prefix.has66 ? PREFIX_66 : PREFIX_NONE;
  const row = candidates.find((each) => matches(each, modrm, mandatory, bits));
  if (!row || reader.isShort) return null;

  const operandBits = operandSize(row, prefix, bits);
  const addressBits = addressSize(prefix.has67, bits);
  const memory = hasModrm && modrm < 0xc0 ? readAddress(reader, modrm, prefix.rex, addressBits, bits) : null;
  const immediates = row.operands.flatMap((operand) => {
    const sizeBytes = immediateBytes(operand, operandBits, addressBits);
    if (sizeBytes === 0) return [];
    return /^[AO]/.test(operand) ? [reader.unsigned(sizeBytes)] : [reader.signed(sizeBytes)];
  });
  if (reader.isShort) return null;
  const { rex, segment, lock, repeat, has66 } = prefix;
  return {
    bytes: bytes.slice(0, reader.at),
    ...{ bits, row, opcode, modrm, rex, operandBits, addressBits, segment, lock, repeat, has66, memory, immediates },
  };
}

interface Prefixes {
  opcode: number;
  rex: number;
  segment: SegmentNumber | null;
  lock: boolean;
  repeat: "" | "F2" | "F3";
  has66: boolean;
  has67: boolean;
}

/** Up to the first byte that is no prefix. Of F2 and F3, and of segments, the last one counts. */
function readPrefixes(reader: Reader, bits: Bits): Prefixes {
  const prefixes: Prefixes = {
    ...{ opcode: 0, rex: 0, segment: null, lock: false, repeat: "", has66: false, has67: false },
  };
  for (;;) {
    const byte = reader.byte();
    if (reader.isShort) return prefixes;
    if (byte === 0x66) prefixes.has66 = true;
    else if (byte === 0x67) prefixes.has67 = true;
    else if (byte === 0xf0) prefixes.lock = true;
    else if (byte === 0xf2) prefixes.repeat = "F2";
    else if (byte === 0xf3) prefixes.repeat = "F3";
    else if ((byte & 0xe7) === 0x26) {
      // ES CS SS DS have no meaning in 64-bit mode.
      if (bits !== 64) prefixes.segment = ((byte >> 3) & 3) as SegmentNumber;
    } else if (byte === 0x64 || byte === 0x65) prefixes.segment = (byte & 7) as SegmentNumber;
    else if (bits === 64 && (byte & 0xf0) === 0x40) {
      prefixes.rex = byte;
      continue;
    } else {
      prefixes.opcode = byte;
      return prefixes;
    }
    prefixes.rex = 0; // only a REX right before the opcode counts
  }
}

function matches(row: OpcodeRow, modrm: number, mandatory: number, bits: Bits): boolean {
  if ((row.prefixes & mandatory) === 0 || row.attributes.includes(bits === 64 ? "i64" : "o64")) return false;
  if (!row.hasModrm) return true;
  if ((modrm & row.modrmMask) !== row.modrmValue) return false;
  return row.only === "" || (row.only === "memory") === modrm < 0xc0;
}

function operandSize(row: OpcodeRow, { rex, has66 }: Prefixes, bits: Bits): Bits {
  const swaps = has66 && row.prefixes !== PREFIX_66;
  if (bits !== 64) return (bits === 16) !== swaps ? 16 : 32;
  if ((rex & REX_W) !== 0 || row.attributes.includes("f64")) return 64;
  if (swaps) return 16;
  return row.attributes.includes("d64") ? 64 : 32;
}

function addressSize(has67: boolean, bits: Bits): Bits {
  if (bits === 64) return has67 ? 32 : 64;
  return (bits === 16) !== has67 ? 16 : 32;
}

/** 0 for operands that are no immediate. */
function immediateBytes(operand: string, operandBits: Bits, addressBits: Bits): number {
  switch (operand) {
    case "Ib":
    case "Jb":
      return 1;
    case "Iw":
      return 2;
    case "Iz":
    case "Jz":
      return operandBits === 16 ? 2 : 4;
    case "Iv":
      return operandBits / 8;
    case "Ap":
      return operandBits === 16 ? 4 : 6;
    case "Ob":
    case "Ov":
      return addressBits / 8;
    default:
      return 0;
  }
}

/** Base and index of 16-bit addressing: BX+SI BX+DI BP+SI BP+DI SI DI BP BX. [SDM2] table 2-1 */
const BASE16 = [3, 3, 5, 5, 6, 7, 5, 3];
const INDEX16 = [6, 7, 6, 7, null, null, null, null];

function readAddress(reader: Reader, modrm: number, rex: number, addressBits: Bits, bits: Bits): MemoryAddress {
  const mod = modrm >> 6;
  const rm = modrm & 7;
  const address: MemoryAddress = {
    ...{ base: null, index: null, scale: 1, displacement: 0n, displacementBytes: 0, hasSib: false, ripRelative: false },
  };
  address.displacementBytes = mod === 1 ? 1 : mod === 2 ? (addressBits === 16 ? 2 : 4) : 0;
  if (addressBits === 16) {
    if (rm === 6 && mod === 0) address.displacementBytes = 2;
    else {
      address.base = BASE16[rm]!;
      address.index = INDEX16[rm]!;
    }
  } else {
    let base = rm;
    if (rm === 4) {
      const sib = reader.byte();
      const index = ((sib >> 3) & 7) | ((rex & REX_X) !== 0 ? 8 : 0);
      if (index !== 4) address.index = index;
      address.scale = (1 << (sib >> 6)) as MemoryAddress["scale"];
      address.hasSib = true;
      base = sib & 7;
    }
    if (base === 5 && mod === 0) {
      address.displacementBytes = 4;
      address.ripRelative = bits === 64 && rm === 5;
    } else address.base = base | ((rex & REX_B) !== 0 ? 8 : 0);
  }
  address.displacement = reader.signed(address.displacementBytes);
  return address;
}

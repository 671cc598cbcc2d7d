/** What the prefixes of a case's instruction say: sizes, repetition, and where the opcode is. [SDM2] 2.1, 2.2.1 */
import { IN_CODE, IN_LENGTH, IN_MODE } from "../native/integer-layout.ts";

export interface Encoding {
  mode: 64 | 32 | 16;
  operandBits: 16 | 32 | 64;
  addressBits: 16 | 32 | 64;
  isRepeated: boolean;
  isLocked: boolean;
  has66: boolean;
  rex: number;
  /** Bytes from the opcode (its escapes included) on. */
  rest: Uint8Array;
}

const SEGMENTS = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65]);
const MODE_OF = [64, 32, 16] as const;

export function encodingOf(input: Uint8Array): Encoding {
  const mode = MODE_OF[input[IN_MODE]!]!;
  const end = IN_CODE + Math.min(15, input[IN_LENGTH]!);
  let at = IN_CODE;
  let has66 = false, has67 = false, isRepeated = false, isLocked = false, rex = 0; // prettier-ignore
  for (; at < end; at++) {
    const byte = input[at]!;
    if (mode === 64 && byte >> 4 === 4) {
      rex = byte;
      continue;
    }
    if (byte === 0x66) has66 = true;
    else if (byte === 0x67) has67 = true;
    else if (byte === 0xf0) isLocked = true;
    else if (byte === 0xf2 || byte === 0xf3) isRepeated = true;
    else if (!SEGMENTS.has(byte)) break;
    rex = 0; // one before another prefix is ignored
  }
  const operandBits = mode === 64 ? (rex & 8 ? 64 : has66 ? 16 : 32) : (mode === 32) !== has66 ? 32 : 16;
  const addressBits = mode === 64 ? (has67 ? 32 : 64) : (mode === 32) !== has67 ? 32 : 16;
  return { mode, operandBits, addressBits, isRepeated, isLocked, has66, rex, rest: input.subarray(at, end) };
}

/** Number of the general register in ModRM.rm, of an instruction whose ModRM stands `opcodeBytes` behind `rest`. */
export function registerInRm({ rest, rex }: Encoding, opcodeBytes: number): number {
  return (rest[opcodeBytes]! & 7) | (rex & 1 ? 8 : 0);
}

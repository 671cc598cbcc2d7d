/** Instructions put together at random, by a fixed seed, from what a row of the opcode tables allows: for tests. */
import { decodeInstruction } from "./decode.ts";
import type { Bits } from "./decode.ts";
import type { OpcodeRow } from "./opcode-row.ts";

const PREFIX_BYTES: readonly (readonly [mask: number, byte: number | null])[] = [
  [1, null],
  [2, 0x66],
  [4, 0xf3],
  [8, 0xf2],
];

/** A small generator that gives the same numbers everywhere. */
function randomBytes(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 8) & 0xff;
  };
}

/** Up to `count` encodings of `row`; none where the mode does not have it. */
export function encodingsOf(row: OpcodeRow, bits: Bits, count: number): Uint8Array[] {
  if (row.attributes.includes(bits === 64 ? "i64" : "o64")) return [];
  let seed = bits;
  for (const letter of row.key) seed = (Math.imul(seed, 31) + letter.charCodeAt(0)) >>> 0;
  const random = randomBytes(seed);
  const found: Uint8Array[] = [];
  for (let tries = 0; tries < count * 4 && found.length < count; tries++) {
    const bytes = encodingOf(row, bits, random);
    const decoded = decodeInstruction(bytes, bits);
    if (decoded?.row === row) found.push(decoded.bytes);
  }
  return found;
}

function encodingOf(row: OpcodeRow, bits: Bits, random: () => number): Uint8Array {
  const opcodeTokens = row.key.split(" | ", 1)[0]!.split(" ");
  const bytes: number[] = [];
  const isFixed = row.prefixes !== 0xf;
  const mandatory = PREFIX_BYTES.find(([mask]) => mask === row.prefixes)?.[1];
  const mayHave66 = !isFixed || row.prefixes >= 4;
  if (mayHave66 && row.operands.some((operand) => /^[^R].*[vyz]$|rAX|eAX/.test(operand)) && random() < 80)
    bytes.push(0x66);
  if (row.operands.some((operand) => /^[EMWQ]/.test(operand)) && random() < 40)
    bytes.push(random() < 128 ? 0x64 : 0x65);
  if (row.hasModrm && row.only !== "register" && random() < 30) bytes.push(0x67);
  if (mandatory) bytes.push(mandatory);
  if (bits === 64 && random() < 128 && row.operands.length > 0) bytes.push(0x40 | (random() & 15));
  if (/^(NP|66|F3|F2)$/.test(opcodeTokens[0]!)) opcodeTokens.shift();
  while (opcodeTokens.length > 1 && /^(0F|38|3A)$/.test(opcodeTokens[0]!) && /^[0-9A-F]{2}/.test(opcodeTokens[1]!)) {
    bytes.push(parseInt(opcodeTokens.shift()!, 16));
    if (bytes.at(-1) === 0x0f && !/^(38|3A)$/.test(opcodeTokens[0]!)) break;
  }
  const last = opcodeTokens[0]!;
  const span = last.endsWith("+r") ? 7 : last.endsWith("+c") ? 15 : 0;
  bytes.push(parseInt(last, 16) + (random() & span & (span === 7 ? 7 - (parseInt(last, 16) & 7) : 15)));
  if (row.hasModrm) {
    const free = row.modrmMask === 0x38 ? 0xc7 : row.modrmMask === 0xf8 ? 7 : row.modrmMask === 0xff ? 0 : 0xff;
    bytes.push((random() & free) | row.modrmValue);
  }
  for (let i = 0; i < 14; i++) bytes.push(random());
  return Uint8Array.from(bytes).slice(0, 15);
}

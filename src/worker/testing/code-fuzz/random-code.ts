/**
 * Random bytes to be executed. Uniform ones mostly fault soon, so there are two more kinds: bytes that lean towards opcodes
 * and prefixes which reach something (ports, strings, system instructions, branches), and whole instructions whose memory
 * operands are where something is: RAM, its end, device registers, ROM, the ends of the address space.
 */
import type { FuzzRandom } from "../../../machine/testing/fuzz/fuzz-random.ts";

export type CodeBits = 16 | 32 | 64;

/** Prefixes; branches; ports and strings; flags, far transfers and the rest that changes the machine. */
const LIKELY_BYTES = [
  0x0f, 0x0f, 0x0f, 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65, 0x48, 0x41, 0x44, 0x4c, //
  0x70, 0x72, 0x74, 0x75, 0x7c, 0x7f, 0xe0, 0xe2, 0xe3, 0xe8, 0xe9, 0xeb, 0xc3, 0xc2, //
  0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f, 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac,
  0xad, 0xae, 0xaf, 0x9c, 0x9d, 0xcc, 0xcd, 0xcf, 0xea, 0x9a, 0xcb, 0xff, 0x8e, 0xc4, 0xc5, 0xc8, 0xc9, 0xf4, 0xfa,
  0xfb, 0xfc, 0xfd, 0x60, 0x61, 0x62, 0x63, 0x8f, 0x9b, 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf, 0xf6, 0xf7,
]; // prettier-ignore

/** Second bytes after 0F: system instructions first. */
const SECOND_BYTES = [
  0x00, 0x01, 0x01, 0x01, 0x02, 0x03, 0x05, 0x06, 0x07, 0x08, 0x09, 0x20, 0x21, 0x22, 0x22, 0x23, 0x30, 0x31, 0x32,
  0x33, 0x34, 0x35, 0x38, 0x3a, 0xa0, 0xa1, 0xa2, 0xa8, 0xa9, 0xae, 0xae, 0xb2, 0xb4, 0xb5, 0xb8, 0xc7, 0xc7, 0x10,
  0x11, 0x28, 0x29, 0x2b, 0x6f, 0x7f, 0xe7, 0xf7, 0x77, 0xa4, 0xac, 0xab, 0xb1, 0xc1, 0x84, 0x85, 0x8c,
]; // prettier-ignore

/** Where operands of whole instructions are: RAM of 2 MiB and its end, windows, ROM, interrupt controllers, the edges. */
const PLACES = [
  0x400, 0x1000, 0x2000, 0x3000, 0x7000, 0x10000, 0x18000, 0x20000, 0x2fff8, 0x40000, 0x44000, 0x9fffc, 0xa0000,
  0xb8000, 0xc0000, 0xe0000, 0xfffe0, 0x100000, 0x1ffff8, 0x200000, 0xbffffffc, 0xc0000000, 0xe0000000, 0xe0fffff8,
  0xe1000000, 0xfec00000, 0xfed00000, 0xfee00000, 0xfee00300, 0xfffe0000, 0xfffffff8, 0x7fffffff, 0xffff8000,
]; // prettier-ignore

export function randomPlace(random: FuzzRandom): number {
  return (random.pick(PLACES) + (random.oneIn(3) ? random.below(0x1000) : random.below(16))) >>> 0;
}

type Filler = (random: FuzzRandom, bits: CodeBits) => number[];

const uniformByte: Filler = (random) => [random.u32() & 0xff];

const likelyByte: Filler = (random) => {
  if (random.oneIn(2)) return [random.u32() & 0xff];
  const byte = random.pick(LIKELY_BYTES);
  return byte === 0x0f && random.oneIn(2) ? [byte, random.pick(SECOND_BYTES)] : [byte];
};

const little = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => (i < 4 ? (value >>> (8 * i)) & 0xff : 0));

/** ModRM (and SIB, displacement) for an absolute address, or for anything. */
function operand(random: FuzzRandom, bits: CodeBits): number[] {
  if (random.oneIn(2)) return [random.u32() & 0xff, random.u32() & 0xff];
  const reg = random.below(8) << 3;
  const place = randomPlace(random);
  if (bits === 16) return [reg | 6, ...little(place, 2)];
  if (bits === 32) return [reg | 5, ...little(place, 4)];
  return [reg | 4, 0x25, ...little(place, 4)];
}

const wholeInstruction: Filler = (random, bits) => {
  const bytes: number[] = [];
  while (random.oneIn(3)) bytes.push(random.pick([0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x64, 0x2e]));
  if (bits === 64 && random.oneIn(2)) bytes.push(0x40 | random.below(16));
  switch (random.below(10)) {
    case 0: // MOV register, immediate: an address, a port, a count
      bytes.push(0xb8 | random.below(8));
      bytes.push(...little(random.oneIn(2) ? randomPlace(random) : random.below(0x1000), bits === 16 ? 2 : 4));
      return bytes;
    case 1: // a short branch, mostly back
      return [
        ...bytes,
        random.pick([0x70, 0x72, 0x74, 0x75, 0x78, 0x7c, 0xe0, 0xe2, 0xeb]),
        random.bits(8) | (random.oneIn(3) ? 0 : 0xc0),
      ];
    case 2:
    case 3:
      return [...bytes, 0x0f, random.oneIn(2) ? random.pick(SECOND_BYTES) : random.byte(), ...operand(random, bits)];
    case 4:
      return [...bytes, random.pick(LIKELY_BYTES), ...operand(random, bits)];
    case 5: // ports and strings
      return [
        ...bytes,
        random.pick([0xe4, 0xe6, 0xec, 0xed, 0xee, 0xef, 0x6c, 0x6d, 0x6e, 0x6f, 0xa4, 0xa5, 0xaa, 0xab]),
      ];
    default:
      return [...bytes, random.byte(), ...operand(random, bits)];
  }
};

const FILLERS: readonly Filler[] = [uniformByte, likelyByte, wholeInstruction];

/** So many random bytes, all of one kind. */
export function randomCode(random: FuzzRandom, length: number, bits: CodeBits): Uint8Array {
  const code = new Uint8Array(length);
  const filler = random.pick(FILLERS);
  for (let at = 0; at < length;) {
    const bytes = filler(random, bits).slice(0, length - at);
    code.set(bytes, at);
    at += bytes.length;
  }
  return code;
}

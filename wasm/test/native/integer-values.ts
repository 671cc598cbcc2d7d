/** Integers at the edges where instructions go wrong, and helpers on 64-bit values. */
import type { Random } from "./cases.ts";

export const mask64 = (bits: number): bigint => (1n << BigInt(bits)) - 1n;
export const signExtend = (value: bigint, bits: number): bigint => BigInt.asIntN(bits, value);

const EDGES = [
  0n, 1n, 2n, 3n, 7n, 8n, 9n, 0xan, 0xfn, 0x10n, 0x1fn, 0x20n, 0x3fn, 0x40n, 0x7fn, 0x80n, 0x81n, 0x99n, 0x9an, 0xffn, 0x100n, 0x7fffn, 0x8000n, 0x8001n, 0xffffn,
  0x10000n, 0x7fff_ffffn, 0x8000_0000n, 0x8000_0001n, 0xffff_ffffn, 0x1_0000_0000n, 0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_8000_0000n,
] as const; // prettier-ignore
const EDGE_BYTES = [0, 1, 0x7f, 0x80, 0xff, 0x0f, 0x10, 0x99] as const;

export function random64(random: Random): bigint {
  return (BigInt(random.next()) << 32n) | BigInt(random.next());
}

/** A 64-bit value whose low parts are interesting at every operand size. */
export function edge64(random: Random): bigint {
  switch (random.below(10)) {
    case 0:
    case 1:
      return random.pick(EDGES);
    case 2:
      return -random.pick(EDGES) & mask64(64);
    case 3:
      return 1n << BigInt(random.below(64));
    case 4:
      return mask64(random.below(64)) ^ (random.below(2) ? mask64(64) : 0n);
    case 5:
      return BigInt(random.below(70));
    case 6: {
      let value = 0n;
      for (let i = 0; i < 8; i++) value = (value << 8n) | BigInt(random.pick(EDGE_BYTES));
      return value;
    }
    case 7:
      return signExtend(BigInt(random.next()), 32) & mask64(64);
    default:
      return random64(random);
  }
}

/**
 * Random numbers for the device fuzzer: seeded, so that a failure can be had again, and biased towards the edges, where
 * registers break: no bit, all bits, one bit, small numbers.
 */

export class FuzzRandom {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  constructor(seed: number) {
    // Any four words that are not all zero do; the first results are thrown away until they have mixed.
    this.a = seed | 0;
    this.b = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
    this.c = ~seed;
    this.d = 1;
    for (let i = 0; i < 16; i++) this.u32();
  }

  /** 32 random bits. */
  u32(): number {
    const t = this.b << 9;
    const sum = (Math.imul(this.b, 5) << 7) | (Math.imul(this.b, 5) >>> 25);
    const result = Math.imul(sum, 9);
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= t;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result >>> 0;
  }

  /** 0 … limit − 1. */
  below(limit: number): number {
    return Math.floor((this.u32() / 2 ** 32) * limit);
  }

  /** True once in `n` times. */
  oneIn(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** A number of `bits` (at most 32), often at an edge. */
  bits(bits: number): number {
    const all = bits === 32 ? 0xffffffff : 2 ** bits - 1;
    switch (this.below(8)) {
      case 0:
        return 0;
      case 1:
        return all;
      case 2:
        return (1 << this.below(bits)) >>> 0;
      case 3:
        return (all ^ (1 << this.below(bits))) >>> 0;
      case 4:
        return this.below(16) & all;
      default:
        return (this.u32() & all) >>> 0;
    }
  }

  byte(): number {
    return this.bits(8);
  }

  /** A stretch of machine time: from nothing to seconds, short ones most often. */
  waitNs(): number {
    switch (this.below(16)) {
      case 0:
        return 0;
      case 1:
        return this.oneIn(16) ? 1e8 * (1 + this.below(20)) : 1e5 * this.below(100);
      case 2:
      case 3:
        return 1e6 * (1 + this.below(30));
      case 4:
      case 5:
      case 6:
      case 7:
        return 1e4 * (1 + this.below(100));
      default:
        return 1 + this.below(5000);
    }
  }
}

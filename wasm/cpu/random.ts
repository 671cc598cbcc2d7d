/**
 * The generator behind RDRAND and RDSEED: ChaCha20 blocks under a key that the host gives each processor. The key and the count are
 * part of the processor's state, so that a restored machine goes on as the saved one would have.
 * [RFC8439] 2.3 (block function)
 */
import { OFF_RANDOM_KEY, miscOf } from "./msr-state";
import { Cpu, ptr, OFF_MSR_MISC } from "./state";

const SIGMA0: u32 = 0x6170_7865;
const SIGMA1: u32 = 0x3320_646e;
const SIGMA2: u32 = 0x7962_2d32;
const SIGMA3: u32 = 0x6b20_6574;
const DOUBLE_ROUNDS: u32 = 10;

/** Gives the generator its key (32 bytes of entropy, or fixed ones for a machine that must repeat itself). */
export function seedRandom(cpu: Cpu, key0: u64, key1: u64, key2: u64, key3: u64): void {
  const misc = miscOf(cpu);
  misc.randomKey0 = key0;
  misc.randomKey1 = key1;
  misc.randomKey2 = key2;
  misc.randomKey3 = key3;
  misc.randomCount = 0;
}

@inline function key(cpu: Cpu, n: u32): u32 {
  return load<u32>(ptr(cpu) + OFF_MSR_MISC + OFF_RANDOM_KEY + (n << 2));
}

/** The first eight bytes of the next block. */
export function nextRandom(cpu: Cpu): u64 {
  const misc = miscOf(cpu);
  const count = misc.randomCount;
  misc.randomCount = count + 1;
  let a0 = SIGMA0, a1 = SIGMA1, a2 = SIGMA2, a3 = SIGMA3;
  let b0 = key(cpu, 0), b1 = key(cpu, 1), b2 = key(cpu, 2), b3 = key(cpu, 3);
  let c0 = key(cpu, 4), c1 = key(cpu, 5), c2 = key(cpu, 6), c3 = key(cpu, 7);
  let d0 = <u32>count, d1 = <u32>(count >> 32), d2: u32 = cpu.index, d3: u32 = 0;
  for (let round: u32 = 0; round < DOUBLE_ROUNDS; round++) {
    a0 += b0; d0 = rotl<u32>(d0 ^ a0, 16); c0 += d0; b0 = rotl<u32>(b0 ^ c0, 12); a0 += b0; d0 = rotl<u32>(d0 ^ a0, 8); c0 += d0; b0 = rotl<u32>(b0 ^ c0, 7);
    a1 += b1; d1 = rotl<u32>(d1 ^ a1, 16); c1 += d1; b1 = rotl<u32>(b1 ^ c1, 12); a1 += b1; d1 = rotl<u32>(d1 ^ a1, 8); c1 += d1; b1 = rotl<u32>(b1 ^ c1, 7);
    a2 += b2; d2 = rotl<u32>(d2 ^ a2, 16); c2 += d2; b2 = rotl<u32>(b2 ^ c2, 12); a2 += b2; d2 = rotl<u32>(d2 ^ a2, 8); c2 += d2; b2 = rotl<u32>(b2 ^ c2, 7);
    a3 += b3; d3 = rotl<u32>(d3 ^ a3, 16); c3 += d3; b3 = rotl<u32>(b3 ^ c3, 12); a3 += b3; d3 = rotl<u32>(d3 ^ a3, 8); c3 += d3; b3 = rotl<u32>(b3 ^ c3, 7);
    a0 += b1; d3 = rotl<u32>(d3 ^ a0, 16); c2 += d3; b1 = rotl<u32>(b1 ^ c2, 12); a0 += b1; d3 = rotl<u32>(d3 ^ a0, 8); c2 += d3; b1 = rotl<u32>(b1 ^ c2, 7);
    a1 += b2; d0 = rotl<u32>(d0 ^ a1, 16); c3 += d0; b2 = rotl<u32>(b2 ^ c3, 12); a1 += b2; d0 = rotl<u32>(d0 ^ a1, 8); c3 += d0; b2 = rotl<u32>(b2 ^ c3, 7);
    a2 += b3; d1 = rotl<u32>(d1 ^ a2, 16); c0 += d1; b3 = rotl<u32>(b3 ^ c0, 12); a2 += b3; d1 = rotl<u32>(d1 ^ a2, 8); c0 += d1; b3 = rotl<u32>(b3 ^ c0, 7);
    a3 += b0; d2 = rotl<u32>(d2 ^ a3, 16); c1 += d2; b0 = rotl<u32>(b0 ^ c1, 12); a3 += b0; d2 = rotl<u32>(d2 ^ a3, 8); c1 += d2; b0 = rotl<u32>(b0 ^ c1, 7);
  }
  return <u64>(a0 + SIGMA0) | (<u64>(a1 + SIGMA1) << 32);
}

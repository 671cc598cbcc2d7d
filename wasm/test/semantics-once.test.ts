/**
 * Semantics stated once: the same random instructions are executed by the interpreter and as compiled regions, from the
 * same random states. Registers, flags and memory must be the same. All operations that both backends take from one
 * statement (arithmetic, logic, shifts, moves, multiplication, bits, conditions), in 64-bit and 32-bit code, with
 * operands in registers and memory.
 * STATES sets how many states are tried.
 */
import { describe, expect, it } from "vitest";
import { TestCore } from "./harness.ts";

const STATES = Number(process.env.STATES ?? 200_000);
const INSTRUCTIONS = 2000;

const CODE = 0x10_0000;
const DATA = 0x20_0000;
const DATA_BYTES = 128;
/** More than any region wants to have left. */
const BUDGET = 1000;
/** out 80h, al */
const OUT = [0xe6, 0x80];
/** mov ebx, DATA; mov ecx, 1: no flags change. */
const BASE_AGAIN = [0xbb, 0, 0, 0x20, 0, 0xb9, 1, 0, 0, 0];

/** xorshift32: the same instructions and states in every run. */
let seed = 0x2545_f491;
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}
const EDGES = [
  ...[0n, 1n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn],
  ...[0x7fff_ffff_ffff_ffffn, 0x8000_0000_0000_0000n, 0xffff_ffff_ffff_ffffn],
];
function value(): bigint {
  const r = random();
  const edge = EDGES[r % EDGES.length]!;
  if ((r >>> 8) % 3 === 0) return (BigInt(random()) << 32n) | BigInt(random());
  return BigInt.asUintN(64, edge + BigInt((r >>> 16) % 3) - 1n);
}

const bytes = (count: number) => Array.from({ length: count }, () => random() & 0xff);

/** Random operand bytes of an instruction: prefixes, ModRM with a register or [rbx + disp8], [rbx + rcx*8 + disp32]. */
class Operands {
  /** log2 of the operand size. */
  readonly size: number;
  readonly prefixes: number[] = [];
  private readonly inMemory = random() % 2 === 0;

  constructor(long: boolean, sizes: number[]) {
    this.size = sizes[random() % sizes.length]!;
    if (!long && this.size === 3) this.size = 2;
    if (this.size === 1) this.prefixes.push(0x66);
    const wide = this.size === 3 ? 8 : 0;
    const extended = (random() % 2 ? 4 : 0) | (!this.inMemory && random() % 2 ? 1 : 0);
    if (long && (wide || random() % 2)) this.prefixes.push(0x40 | wide | extended);
  }
  modrm(reg = random() % 8): number[] {
    if (!this.inMemory) return [0xc0 | (reg << 3) | (random() % 8)];
    if (random() % 2) return [0x43 | (reg << 3), random() % 64];
    return [0x84 | (reg << 3), 0xcb, random() % 64, 0, 0, 0];
  }
  /** An immediate of the operand size, at most four bytes. */
  get imm(): number[] {
    return bytes([1, 2, 4, 4][this.size]!);
  }
}

const ALL = [0, 1, 2, 3];
const WORDS = [1, 2, 3];
/** Families of instructions that have one statement for both backends. */
const FAMILIES: ((long: boolean) => number[])[] = [
  // ADD … CMP: E,G; G,E; accumulator, immediate; immediates of both sizes
  (long) => {
    const o = new Operands(long, ALL);
    return [...o.prefixes, (random() % 8) * 8 + (random() % 2) * 2 + (o.size ? 1 : 0), ...o.modrm()];
  },
  (long) => {
    const o = new Operands(long, ALL);
    return [...o.prefixes, (random() % 8) * 8 + 4 + (o.size ? 1 : 0), ...o.imm];
  },
  (long) => {
    const o = new Operands(long, ALL);
    return [...o.prefixes, o.size ? 0x81 : 0x80, ...o.modrm(), ...o.imm];
  },
  (long) => {
    const o = new Operands(long, WORDS);
    return [...o.prefixes, 0x83, ...o.modrm(), ...bytes(1)];
  },
  // TEST, NOT, NEG, MUL, IMUL; INC, DEC
  (long) => {
    const o = new Operands(long, ALL);
    const which = random() % (o.size ? 6 : 4);
    return [...o.prefixes, o.size ? 0xf7 : 0xf6, ...o.modrm(which), ...(which < 2 ? o.imm : [])];
  },
  (long) => {
    const o = new Operands(long, ALL);
    return [...o.prefixes, o.size ? 0xff : 0xfe, ...o.modrm(random() % 2)];
  },
  // shifts and rotates by an immediate, one and CL
  (long) => {
    const o = new Operands(long, ALL);
    return [...o.prefixes, o.size ? 0xc1 : 0xc0, ...o.modrm(), ...bytes(1)];
  },
  (long) => {
    const o = new Operands(long, ALL);
    return [...o.prefixes, (random() % 2 ? 0xd2 : 0xd0) + (o.size ? 1 : 0), ...o.modrm()];
  },
  // SHLD, SHRD
  (long) => {
    const o = new Operands(long, WORDS);
    const byCl = random() % 2;
    return [...o.prefixes, 0x0f, (random() % 2 ? 0xa4 : 0xac) + byCl, ...o.modrm(), ...(byCl ? [] : bytes(1))];
  },
  // MOV, XCHG, MOVZX, MOVSX, BSWAP, CBW, CWD
  (long) => {
    const o = new Operands(long, ALL);
    return [...o.prefixes, [0x88, 0x8a, 0x86][random() % 3]! + (o.size ? 1 : 0), ...o.modrm()];
  },
  (long) => {
    const o = new Operands(long, WORDS);
    return [...o.prefixes, 0x0f, [0xb6, 0xb7, 0xbe, 0xbf][random() % 4]!, ...o.modrm()];
  },
  (long) => {
    const o = new Operands(long, WORDS);
    return random() % 2 ? [...o.prefixes, 0x0f, 0xc8 + (random() % 8)] : [...o.prefixes, 0x98 + (random() % 2)];
  },
  // IMUL with two and three operands
  (long) => {
    const o = new Operands(long, WORDS);
    const which = random() % 3;
    if (which === 0) return [...o.prefixes, 0x0f, 0xaf, ...o.modrm()];
    return which === 1
      ? [...o.prefixes, 0x6b, ...o.modrm(), ...bytes(1)]
      : [...o.prefixes, 0x69, ...o.modrm(), ...o.imm];
  },
  // CMOVcc, SETcc
  (long) => {
    const o = new Operands(long, WORDS);
    return [...o.prefixes, 0x0f, (random() % 2 ? 0x40 : 0x90) + (random() % 16), ...o.modrm()];
  },
  // BT, BTS, BTR, BTC by an immediate
  (long) => {
    const o = new Operands(long, WORDS);
    return [...o.prefixes, 0x0f, 0xba, ...o.modrm(4 + (random() % 4)), ...bytes(1)];
  },
];

const hex = (list: number[]) => list.map((b) => b.toString(16).padStart(2, "0")).join(" ");

/** Offsets in the processor's struct, in quadwords. */
const FLAG_RES = 18;
const FLAG_AUX = 19;
const RIP = 22;
const STATE_WORDS = 23;
/** CF, AF and OF; what inverts parity and sign. */
const AUX_MASK = 0x1ff_0811n;

/** A core whose program says by a port that it is through, and windows on what the instructions work on. */
class Bench {
  readonly core: TestCore;
  readonly state: BigUint64Array;
  readonly data: BigUint64Array;

  constructor(long: boolean, jitThreshold: number | undefined) {
    const stop = () => void this.core.ex.requestStop!(this.core.cpu);
    this.core = new TestCore(16 << 20, { portWrite: stop }, 0, jitThreshold);
    if (long) this.core.enterLong();
    else this.core.enterProtected();
    const { buffer } = this.core.memory;
    this.state = new BigUint64Array(buffer, this.core.cpu, STATE_WORDS);
    this.data = new BigUint64Array(buffer, this.core.ram.byteOffset + DATA, DATA_BYTES / 8);
  }

  run(at: number, state: BigUint64Array, data: BigUint64Array): void {
    this.state.set(state);
    this.state[FLAG_RES] = state[FLAG_RES]!;
    this.state[FLAG_AUX] = state[FLAG_AUX]!;
    this.state[RIP] = BigInt(at);
    this.data.set(data);
    this.core.run(BUDGET);
  }

  /** What is to be the same. */
  get seen(): bigint[] {
    const { state, data } = this;
    return [...state.subarray(0, 16), state[FLAG_RES]!, state[FLAG_AUX]! & AUX_MASK, state[RIP]!, ...data];
  }
}

for (const long of [true, false])
  describe(`semantics stated once, ${long ? 64 : 32}-bit code`, () => {
    it(`${STATES / 2} random states: the interpreter and compiled code agree`, () => {
      const programs = Array.from({ length: INSTRUCTIONS }, () => {
        const one = () => FAMILIES[random() % FAMILIES.length]!(long);
        // A second instruction finds the flags as the first has left them.
        return random() % 2 ? one() : [...one(), ...BASE_AGAIN, ...one()];
      });
      const executing = new Bench(long, undefined);
      const compiled = new Bench(long, 0);
      for (const { core } of [executing, compiled])
        programs.forEach((code, i) => core.put(CODE + i * 64, [...code, ...OUT]));
      const state = new BigUint64Array(16 + 4);
      const data = new BigUint64Array(DATA_BYTES / 8);
      let tried = 0;
      while (tried < STATES / 2)
        for (let i = 0; i < INSTRUCTIONS && tried < STATES / 2; i++, tried++) {
          for (let r = 0; r < 16; r++) state[r] = long ? value() : value() & 0xffff_ffffn;
          state[1] = BigInt(random() % 4); // RCX, the index
          state[3] = BigInt(DATA); // RBX, the base
          state[FLAG_RES] = value();
          state[FLAG_AUX] = BigInt(random() & 0x811);
          for (let q = 0; q < data.length; q++) data[q] = value();
          executing.run(CODE + i * 64, state, data);
          compiled.run(CODE + i * 64, state, data);
          if (executing.state[RIP] !== BigInt(CODE + i * 64 + programs[i]!.length + OUT.length))
            throw new Error(`${hex(programs[i]!)} did not come to its end`);
          const [a, b] = [executing.seen, compiled.seen];
          const at = a.findIndex((word, n) => word !== b[n]);
          if (at >= 0)
            throw new Error(
              `${hex(programs[i]!)}: word ${at} executed ${a[at]!.toString(16)}, compiled ${b[at]!.toString(16)}`,
            );
        }
      expect(tried).toBe(STATES / 2);
      expect(compiled.core.ex.statRegions!(), "all of them were compiled").toBeGreaterThanOrEqual(INSTRUCTIONS);
    }, 600_000);
  });

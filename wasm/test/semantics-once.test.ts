/**
 * Semantics stated once, run by both backends: random instructions of the binary arithmetic family (ADD … CMP, TEST, INC, DEC,
 * NEG, NOT; every size and operand form) are executed by the interpreter and by WebAssembly that the emitting backend
 * wrote, from the same random states. Registers, flags and memory must be the same.
 * STATES sets how many states are tried (a million by default).
 */
import { beforeAll, describe, expect, it } from "vitest";
import { compileEntry } from "./compile-entry.ts";
import { TestCore } from "./harness.ts";

const STATES = Number(process.env.STATES ?? 1_000_000);
const INSTRUCTIONS = 2000;
const BATCH = 100;

const CODE = 0x10_0000;
const DATA = 0x20_0000;
/** Linear memory of the core that the machine does not use while this test runs: the upper part of the scratch trace. */
const RECORDS = 0x200_0000;
const MODULE = 0x210_0000;
const STATE_BYTES = 160;
const OFF_FLAG_RES = 144 / 8;
const OFF_FLAG_AUX = 152 / 4;

/** xorshift32: the same instructions and states in every run. */
let seed = 0x2545_f491;
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}
const EDGES = [
  0n,
  1n,
  0x7fn,
  0x80n,
  0xffn,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_ffff_ffffn,
];
function value(): bigint {
  const r = random();
  const edge = EDGES[r % EDGES.length];
  if ((r >>> 8) % 3 === 0) return (BigInt(random()) << 32n) | BigInt(random());
  return BigInt.asUintN(64, edge + BigInt((r >>> 16) % 3) - 1n);
}

/** A random instruction of the family in 64-bit code; a memory operand is [rbx + disp8] or [rbx + rcx*8 + disp32]. */
function instruction(): number[] {
  const bytes: number[] = [];
  const size = random() % 4; // 8, 16, 32, 64 bits
  if (size === 1) bytes.push(0x66);
  const memory = random() % 2 === 0;
  const rex = 0x40 | (size === 3 ? 8 : 0) | (random() % 2 ? 4 : 0) | (!memory && random() % 2 ? 1 : 0);
  if (size === 3 || random() % 2) bytes.push(rex);
  const wide = size === 0 ? 0 : 1;
  const modrm = (reg: number): number[] => {
    if (!memory) return [0xc0 | (reg << 3) | (random() % 8)];
    if (random() % 2) return [0x43 | (reg << 3), random() % 64];
    return [0x84 | (reg << 3), 0xcb, random() % 64, 0, 0, 0];
  };
  const imm = (count: number) => Array.from({ length: count }, () => random() & 0xff);
  const immSize = size === 0 ? 1 : size === 1 ? 2 : 4;
  switch (random() % 8) {
    case 0:
    case 1:
      return [...bytes, (random() % 8) * 8 + wide, ...modrm(random() % 8)];
    case 2:
      return [...bytes, (random() % 8) * 8 + 2 + wide, ...modrm(random() % 8)];
    case 3:
      return [...bytes, (random() % 8) * 8 + 4 + wide, ...imm(immSize)];
    case 4:
      return [...bytes, 0x80 + wide, ...modrm(random() % 8), ...imm(immSize)];
    case 5:
      return size === 0
        ? [...bytes, 0x84, ...modrm(random() % 8)]
        : [...bytes, 0x83, ...modrm(random() % 8), ...imm(1)];
    case 6:
      return [...bytes, 0xf6 + wide, ...modrm(2 + (random() % 2))];
    default:
      return random() % 4
        ? [...bytes, 0xfe + wide, ...modrm(random() % 2)]
        : [...bytes, 0xf6 + wide, ...modrm(0), ...imm(immSize)];
  }
}

let core: TestCore;
beforeAll(() => {
  core = new TestCore(16 << 20, {}, 0, compileEntry("semantics-once"));
  core.enterLong();
}, 120_000);

/** Instances of the emitted modules, in the order of the instructions. */
function emitAll(codes: number[][]): ((cpu: number) => number)[] {
  const functions: ((cpu: number) => number)[] = [];
  for (let first = 0; first < codes.length; first += BATCH) {
    const batch = codes.slice(first, first + BATCH);
    batch.forEach((bytes, i) => {
      const length = core.ex.decodeInto(core.cpu, core.ram.byteOffset + CODE + (first + i) * 16, RECORDS + i * 32);
      expect(length, bytes.map((b) => b.toString(16)).join(" ")).toBe(bytes.length);
    });
    const size = core.ex.emit(RECORDS, batch.length, MODULE, RECORDS - 64);
    expect(size, "every instruction of the family can be emitted").toBeGreaterThan(0);
    const module = new WebAssembly.Module(new Uint8Array(core.memory.buffer, MODULE, size).slice());
    const { slowLinear, slowRead, slowReadForWrite, slowWrite } = core.ex;
    const { exports } = new WebAssembly.Instance(module, {
      env: { mem: core.memory },
      core: { lin: slowLinear, rd: slowRead, rdw: slowReadForWrite, wr: slowWrite },
    } as unknown as WebAssembly.Imports);
    batch.forEach((_, i) => functions.push(exports[`f${i}`] as (cpu: number) => number));
  }
  return functions;
}

describe("semantics stated once", () => {
  it(`${STATES} random states: the interpreter and emitted code agree`, () => {
    const codes = Array.from({ length: INSTRUCTIONS }, instruction);
    codes.forEach((bytes, i) =>
      core.put(CODE + i * 16, [...bytes, ...new Array<number>(16 - bytes.length).fill(0x90)]),
    );
    const emitted = emitAll(codes);
    const registers = new BigUint64Array(core.memory.buffer, core.cpu, STATE_BYTES / 8);
    const words = new Uint32Array(core.memory.buffer, core.cpu, STATE_BYTES / 4);
    const data = new BigUint64Array(core.memory.buffer, core.ram.byteOffset + DATA, 16);
    const initial = new BigUint64Array(STATE_BYTES / 8);
    const initialData = new BigUint64Array(16);
    const executed = new BigUint64Array(STATE_BYTES / 8);
    const executedData = new BigUint64Array(16);
    let tried = 0;
    while (tried < STATES) {
      for (let i = 0; i < INSTRUCTIONS && tried < STATES; i++, tried++) {
        for (let r = 0; r < 16; r++) registers[r] = value();
        registers[1] = BigInt(random() % 4); // RCX, the index
        registers[3] = BigInt(DATA); // RBX, the base
        registers[OFF_FLAG_RES] = value();
        words[OFF_FLAG_AUX] = random() & 0x811;
        for (let q = 0; q < 16; q++) data[q] = value();
        initial.set(registers);
        initialData.set(data);

        core.rip = CODE + i * 16;
        core.run(1);
        executed.set(registers);
        executedData.set(data);

        registers.set(initial);
        data.set(initialData);
        const faulted = emitted[i](core.cpu);

        // Scratch words beside the state (codeBase, stop) belong to the interpreter.
        for (let r = 0; r < 20; r++) {
          if (r === 16 || r === 17) continue;
          const mask = r === 19 ? 0xffff_ffffn : ~0n;
          if ((registers[r] & mask) === (executed[r] & mask)) continue;
          throw new Error(
            `${codes[i].map((b) => b.toString(16).padStart(2, "0")).join(" ")}: word ${r} executed ${executed[r].toString(16)}, emitted ${registers[r].toString(16)}`,
          );
        }
        for (let q = 0; q < 16; q++)
          if (data[q] !== executedData[q])
            throw new Error(`${codes[i].map((b) => b.toString(16)).join(" ")}: memory differs`);
        if (faulted) throw new Error("emitted code reported a fault");
      }
    }
    expect(tried).toBe(STATES);
  }, 600_000);
});

/**
 * Single-instruction test cases for the x87: encodings made from the opcode table, states from pools of edge values and a
 * seeded generator. The results of a real processor for them are recorded; the fuzzer (wasm/test/fuzz) uses the values.
 *
 * Layout of a case: u8 length, code[15], u32 flags, u32 unused, u64 rax, memory[16], image of FRSTOR (32-bit protected).
 * Of a result: u32 signal, u32 flags, u64 rax, memory[16], image of FNSAVE. Sizes are rounded up to 8 bytes.
 */
import type { Row } from "./cases.ts";
import { Random, seedOf } from "./cases.ts";

export const INPUT_SIZE = 160;
export const OUTPUT_SIZE = 144;
export const IN_FLAGS = 16;
export const IN_RAX = 24;
export const IN_MEMORY = 32;
export const IN_STATE = 48;
export const OUT_FAULT = 0;
export const OUT_FLAGS = 4;
export const OUT_RAX = 8;
export const OUT_MEMORY = 16;
export const OUT_STATE = 32;
export const STATE_BYTES = 108;
/** Fields of the image. */
export const STATE_CONTROL = 0;
export const STATE_STATUS = 4;
export const STATE_TAGS = 8;
export const STATE_POINTERS = 12;
export const STATE_REGISTERS = 28;

/** One instruction: a row with an encoding. */
export interface X87Form {
  row: Row;
  name: string;
  code: number[];
  memory: boolean;
}

export function formsOf(row: Row): X87Form[] {
  const name = row.text
    .split("|")
    .slice(0, 3)
    .map((c) => c.trim())
    .filter(Boolean)
    .join(" ");
  if (row.opcode === 0x9b) return [];
  if (row.modrm >= 0) return [{ row, name, code: [row.opcode, row.modrm], memory: false }];
  if (row.form === "m") return [{ row, name, code: [row.opcode, 7 | (row.reg << 3)], memory: true }];
  return [0, 1, 2, 7].map((i) => ({
    row,
    name: `${name} ST(${i})`,
    code: [row.opcode, 0xc0 | (row.reg << 3) | i],
    memory: false,
  }));
}

export type Value = readonly [signExponent: number, significand: bigint];

const EDGE80: readonly Value[] = [
  [0, 0n], [0, 1n], [0, 0x7fffffffffffffffn], [0, 0x8000000000000000n], [0, 0x4000000000000000n], [0, 0xffffffffffffffffn],
  [1, 0x8000000000000000n], [1, 0x8000000000000001n], [1, 0xffffffffffffffffn], [2, 0x8000000000000000n], [0x3f, 0xffffffffffffffffn],
  [0x3fff, 0x8000000000000000n], [0x3fff, 0x8000000000000001n], [0x3ffe, 0xffffffffffffffffn], [0x3ffe, 0x8000000000000000n],
  [0x3fff, 0xc000000000000000n], [0x4000, 0x8000000000000000n], [0x4000, 0xa000000000000000n], [0x4000, 0xc90fdaa22168c235n],
  [0x3ffd, 0xffffffffffffffffn], [0x3ffe, 0x8000000000000001n], [0x3fbf, 0x8000000000000000n], [0x3fbe, 0xffffffffffffffffn],
  [0x3fc0, 0x8000000000000001n], [0x400d, 0xfffe000000000000n], [0x400d, 0xffff000000000000n], [0x400d, 0xfffefffffffffff0n], [0x400e, 0x8000000000000000n],
  [0x400e, 0x8000800000000000n], [0x401d, 0xfffffffe00000000n], [0x401d, 0xffffffff00000000n], [0x401e, 0x8000000000000000n],
  [0x401e, 0x8000000080000000n], [0x403d, 0xfffffffffffffffen], [0x403d, 0xffffffffffffffffn], [0x403e, 0x8000000000000000n],
  [0x403e, 0x8000000000000001n], [0x403e, 0xffffffffffffffffn], [0x403a, 0xde0b6b3a76400000n], [0x403a, 0xde0b6b3a763fffffn],
  [0x403a, 0xde0b6b3a763fffe0n], [0x403a, 0xde0b6b3a763ffff8n], [0x403f, 0x8000000000000000n], [0x407e, 0xffffff0000000000n],
  [0x407e, 0xffffff7fffffffffn], [0x407e, 0xffffff8000000000n], [0x407f, 0x8000000000000000n], [0x3f81, 0x8000000000000000n],
  [0x3f80, 0xffffffffffffffffn], [0x3f80, 0xffffff0000000000n], [0x3f6a, 0x8000000000000000n], [0x3f69, 0x8000000000000000n],
  [0x3f69, 0x8000000000000001n], [0x43fe, 0xfffffffffffff800n], [0x43fe, 0xfffffffffffffbffn], [0x43fe, 0xfffffffffffffc00n],
  [0x3c01, 0x8000000000000000n], [0x3c00, 0xffffffffffffffffn], [0x3bcd, 0x8000000000000000n], [0x3bcc, 0x8000000000000001n],
  [0x7ffe, 0xffffffffffffffffn], [0x7ffe, 0x8000000000000000n], [0x7ffd, 0xffffffffffffffffn], [0x7fff, 0x8000000000000000n],
  [0x7fff, 0xc000000000000000n], [0x7fff, 0xc000000000000001n], [0x7fff, 0xffffffffffffffffn], [0x7fff, 0x8000000000000001n],
  [0x7fff, 0xa000000000000000n], [0x7fff, 0xbfffffffffffffffn], [0x7fff, 0xe000000000000000n], [0x7fff, 0n], [0x7fff, 1n],
  [0x7fff, 0x7fffffffffffffffn], [0x4000, 0n], [0x4000, 0x7fffffffffffffffn], [1, 0n], [0x3fff, 1n], [0x7ffe, 0x4000000000000000n],
  [0x4005, 0x8100000000000000n], [0x400c, 0xfffc000000000000n], [0x400e, 0xbff0000000000000n],
]; // prettier-ignore

const EDGE64 = [
  0x0n, 0x1n, 0x000fffffffffffffn, 0x0010000000000000n, 0x3ff0000000000000n, 0x3ff0000000000001n, 0x3fefffffffffffffn, 0x4000000000000000n,
  0x3fe0000000000000n, 0x4330000000000001n, 0x7fefffffffffffffn, 0x7ff0000000000000n, 0x7ff8000000000000n, 0x7ff0000000000001n, 0x7ff4123456789abcn,
  0x7ffc123456789abcn, 0x400921fb54442d18n, 0x0008000000000000n,
]; // prettier-ignore

const EDGE32 = [
  0x0, 0x1, 0x7fffff, 0x800000, 0x3f800000, 0x3f800001, 0x3f7fffff, 0x40000000, 0x3f000000, 0x4b000001, 0x7f7fffff, 0x7f800000, 0x7fc00000, 0x7f800001,
  0x7fa12345, 0x7fe12345, 0x40490fdb, 0x400000,
]; // prettier-ignore

const EDGE_INTEGERS = [
  0n,
  1n,
  -1n,
  2n,
  3n,
  10n,
  127n,
  0x7fffn,
  -0x8000n,
  0x7fffffffn,
  -0x80000000n,
  0x7fffffffffffffffn,
  -0x8000000000000000n,
  0x123456789abcdefn,
];

const random64 = (random: Random) => (BigInt(random.next()) << 32n) | BigInt(random.next());

/** Significands with few ones, or nearly all ones, round in interesting ways. */
function randomSignificand(random: Random): bigint {
  const kind = random.below(6);
  const any = random64(random) | (1n << 63n);
  if (kind === 0) return (1n << 63n) | (random64(random) & 0xfn);
  if (kind === 1) return BigInt.asUintN(64, ~0n << BigInt(random.below(63)));
  if (kind === 2)
    return BigInt.asUintN(64, (any >> BigInt(random.below(60))) << BigInt(random.below(60))) | (1n << 63n);
  if (kind === 3)
    return (any & (~0n << 40n)) | (1n << 63n) | (random.below(2) ? 1n << 39n : 0n) | BigInt(random.below(2));
  if (kind === 4)
    return BigInt.asUintN(64, any & (~0n << 11n)) | (random.below(2) ? 1n << 10n : 0n) | BigInt(random.below(2));
  return any;
}

/** How the exponents of a pair lie to each other is chosen by the instruction's kind. */
function randomValue(random: Random, near: number): Value {
  const sign = random.below(2) << 15;
  const kind = random.below(16);
  if (kind < 4) {
    const [se, sig] = random.pick(EDGE80);
    return [se | sign, sig];
  }
  let exponent: number;
  if (kind < 8) exponent = near + random.below(9) - 4;
  else if (kind < 11) exponent = near + random.below(140) - 70;
  else if (kind < 12) exponent = random.below(0x7fff);
  else if (kind < 13) exponent = random.below(80);
  else if (kind < 14) exponent = 0x7ffe - random.below(80);
  else exponent = 0x3fff + random.below(68) - 3;
  exponent = Math.min(0x7ffe, Math.max(0, exponent));
  const significand = randomSignificand(random);
  return [exponent | sign, exponent === 0 ? significand >> BigInt(random.below(64)) : significand];
}

/** Arguments of the transcendental functions: in and about the ranges that the manual gives. */
function transcendentalValue(random: Random, semantic: string, i: number): Value {
  if (random.below(12) === 0) return randomValue(random, 0x3fff);
  const sign = random.below(2) << 15;
  const kind = random.below(8);
  let exponent = 0x3fff - 1 - (kind < 4 ? random.below(4) : kind < 7 ? random.below(40) : random.below(300));
  if (/SIN|COS|PTAN/.test(semantic) && kind < 5) exponent = 0x3ffd + (kind < 3 ? random.below(8) : random.below(66));
  if (semantic === "FPATAN" || (semantic === "FYL2X" && i === 0))
    exponent =
      0x3fff + (kind < 4 ? random.below(9) - 4 : kind < 6 ? random.below(100) - 50 : random.below(0x7ffe) - 0x3fff);
  if (/FYL2X/.test(semantic) && i === 1) exponent = 0x3fff + random.below(20) - 10;
  const positive = semantic === "FYL2X" && i === 0 && random.below(20) !== 0;
  const significand = random.below(4) ? (1n << 63n) | random64(random) : randomSignificand(random);
  if (semantic === "FYL2X" && i === 0 && kind === 0)
    return [
      random.below(2) ? 0x3fff : 0x3ffe,
      random.below(2)
        ? (1n << 63n) + (random64(random) >> BigInt(4 + random.below(60)))
        : ~(random64(random) >> BigInt(4 + random.below(60))) & 0xffffffffffffffffn,
    ];
  return [Math.max(1, exponent) | (positive ? 0 : sign), significand];
}

export const TRANSCENDENTAL = /^(F2XM1|FYL2X|FYL2XP1|FPTAN|FPATAN|FSIN|FCOS|FSINCOS)$/;
const PUSHES = /^(FLD|FILD|FBLD|FXTRACT|FPTAN|FSINCOS)/;

/** What a memory operand of `size` holds: 16 bytes at `at`. */
export function writeMemory(bytes: Uint8Array, at: number, random: Random, size: string, semantic: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let i = 0; i < 16; i++) bytes[at + i] = random.below(256);
  const edge = random.below(3) === 0;
  if (/_M16I?$/.test(semantic) || /_M32I$/.test(semantic) || /^F(IST|ILD|ICOM)/.test(semantic)) {
    view.setBigInt64(
      at,
      edge ? random.pick(EDGE_INTEGERS) : BigInt.asIntN(64, random64(random)) >> BigInt(random.below(64)),
      true,
    );
    if (edge && size === "Md") view.setInt32(at, Number(BigInt.asIntN(32, random.pick(EDGE_INTEGERS))), true);
    if (edge && size === "Mw") view.setInt16(at, Number(BigInt.asIntN(16, random.pick(EDGE_INTEGERS))), true);
  } else if (size === "Md") {
    let value = random.next();
    if (edge) value = (value & 0x80000000) | random.pick(EDGE32);
    else if (random.below(4)) value = (value & 0x807fffff) | ((120 + random.below(16)) << 23);
    view.setUint32(at, value >>> 0, true);
  } else if (size === "Mq") {
    let value = random64(random);
    if (edge) value = (value & (1n << 63n)) | random.pick(EDGE64);
    else if (random.below(4)) value = (value & 0x800fffffffffffffn) | (BigInt(1015 + random.below(16)) << 52n);
    view.setBigUint64(at, value, true);
  } else if (semantic === "FBLD") {
    if (random.below(8)) for (let i = 0; i < 9; i++) bytes[at + i] = random.below(10) | (random.below(10) << 4);
    bytes[at + 9] = random.below(2) << 7;
    if (random.below(8) === 0) bytes.fill(0, at, at + 9);
  } else if (semantic === "FLD_M80") {
    const [se, sig] = randomValue(random, 0x3fff);
    view.setBigUint64(at, sig, true);
    view.setUint16(at + 8, se, true);
  }
}

/** State of the x87 unit before an instruction; registers in stack order, tags as FNSAVE gives them. */
export interface X87State {
  control: number;
  status: number;
  tags: number;
  registers: Value[];
}

/** A state that suits an instruction; `operand` is the register that its ModRM names. */
export function chooseState(semantic: string, modrm: number, random: Random): X87State {
  // 3 in 5 with all exceptions masked; PC = 01 is reserved and left out.
  const masks = random.below(5) < 3 ? 0x3f : random.below(64);
  const precision = random.pick([3, 3, 0, 2]);
  const control = 0x40 | masks | (precision << 8) | (random.below(4) << 10);
  const top = random.below(8);
  const sticky = random.below(2) ? random.below(64) & masks : 0;
  const status = sticky | (random.below(8) === 0 ? 0x40 : 0) | (random.next() & 0x4700) | (top << 11);
  // Physical tags: room for a push in most cases, two operands in most.
  let tags = 0;
  for (let i = 0; i < 8; i++) {
    let empty = random.below(2) === 0;
    if (i < 2 || i === (modrm & 7)) empty = random.below(16) === 0;
    if (i === 7)
      empty = PUSHES.test(semantic) ? random.below(12) !== 0 : modrm === 0xc7 ? empty : random.below(2) === 0;
    if (empty) tags |= 3 << (((top + i) & 7) * 2);
  }
  const near = random.below(4) ? 0x3fff : random.below(0x7fff);
  const registers = Array.from({ length: 8 }, (_, i) =>
    TRANSCENDENTAL.test(semantic) && i < 2 ? transcendentalValue(random, semantic, i) : randomValue(random, near),
  );
  return { control, status, tags, registers };
}

export function writeInput(form: X87Form, random: Random, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, INPUT_SIZE);
  const { semantic } = form.row;
  bytes.fill(0);
  bytes[0] = form.code.length;
  bytes.set(form.code, 1);
  view.setUint32(IN_FLAGS, 0x202 | (random.next() & 0x8d5), true);
  view.setBigUint64(IN_RAX, random64(random), true);
  writeMemory(bytes, IN_MEMORY, random, form.row.operands[0] ?? "", semantic);

  const state = chooseState(semantic, form.code[1]!, random);
  view.setUint32(IN_STATE + STATE_CONTROL, (0xffff0000 | state.control) >>> 0, true);
  view.setUint32(IN_STATE + STATE_STATUS, (0xffff0000 | state.status) >>> 0, true);
  view.setUint32(IN_STATE + STATE_TAGS, (0xffff0000 | state.tags) >>> 0, true);
  state.registers.forEach(([signExponent, significand], i) => {
    view.setBigUint64(IN_STATE + STATE_REGISTERS + i * 10, BigInt.asUintN(64, significand), true);
    view.setUint16(IN_STATE + STATE_REGISTERS + i * 10 + 8, signExponent, true);
  });
}

/** `count` cases of a form, the same everywhere. */
export function casesOf(form: X87Form, count: number): Uint8Array {
  const inputs = new Uint8Array(count * INPUT_SIZE);
  const random = new Random(seedOf(form.name));
  for (let i = 0; i < count; i++) writeInput(form, random, inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE));
  return inputs;
}

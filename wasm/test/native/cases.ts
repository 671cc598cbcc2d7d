/**
 * Single-instruction test cases for MMX and SSE: encodings made from the opcode tables, operands from pools of edge values
 * and a seeded generator. The results of an AMD processor for them are recorded; the fuzzer (wasm/test/fuzz) uses the values.
 */

export interface Row {
  text: string;
  prefix: number;
  map: number;
  opcode: number;
  plus: string;
  reg: number;
  form: string;
  modrm: number;
  hasModrm: boolean;
  operands: string[];
  semantic: string;
  attributes: Set<string>;
  feature: string;
  undefinedFlags: string[];
}

/** One instruction at one operand size and form. */
export interface Form {
  row: Row;
  memory: boolean;
  /** REX.W is there. */
  wide: boolean;
  /** 66 is there beside a mandatory F2 (CRC32). */
  word: boolean;
}

export const INPUT_SIZE = 144;
export const OUTPUT_SIZE = 136;
export const IN_MXCSR = 16;
export const IN_FLAGS = 20;
export const IN_RAX = 24;
export const IN_XMM = 48;
export const IN_MM = 96;
export const IN_MEMORY = 112;
export const OUT_FAULT = 0;
export const OUT_MXCSR = 4;
export const OUT_FLAGS = 8;
export const OUT_FPU = 12;
export const OUT_RAX = 16;
export const OUT_XMM = 40;
export const OUT_MM = 88;
export const OUT_MEMORY = 104;
export const ARITH_FLAGS = 0x8d5;

const REGISTER = /^(G|E|M|R|P|Q|N|V|W|U)/;

const hasSize = (row: Row, letter: string) => row.operands.some((o) => REGISTER.test(o) && o.slice(1) === letter);

/** Memory and register forms, with and without REX.W where an operand has size y or v. */
export function formsOf(row: Row): Form[] {
  const forms: Form[] = [];
  const wides = hasSize(row, "y") || hasSize(row, "v") || row.semantic.startsWith("PCMPESTR") ? [false, true] : [false];
  const words = hasSize(row, "v") && row.prefix === 8 ? [false, true] : [false];
  const canMemory = row.form !== "r" && row.operands.some((o) => /^[EMQW]/.test(o));
  const canRegister = row.form !== "m" && !row.operands.some((o) => o.startsWith("M"));
  for (const wide of wides)
    for (const word of words) {
      if (wide && word) continue;
      if (canRegister) forms.push({ row, memory: false, wide, word });
      if (canMemory) forms.push({ row, memory: true, wide, word });
    }
  return forms;
}

/** Register operand numbers: G is 0, E is 1, memory is (%rdi); one-operand groups work on 1. */
export function encode(form: Form, immediate: number): number[] {
  const { row } = form;
  const bytes: number[] = [];
  if (form.word) bytes.push(0x66);
  if (row.prefix === 2) bytes.push(0x66);
  if (row.prefix === 4) bytes.push(0xf3);
  if (row.prefix === 8) bytes.push(0xf2);
  if (form.wide) bytes.push(0x48);
  if (row.map > 0) bytes.push(0x0f);
  if (row.map === 2) bytes.push(0x38);
  if (row.map === 3) bytes.push(0x3a);
  bytes.push(row.opcode);
  if (row.hasModrm) bytes.push(modrmOf(form));
  if (row.operands.includes("Ib")) bytes.push(immediate);
  return bytes;
}

export function modrmOf(form: Form): number {
  return (form.memory ? 7 : 0xc1) | ((form.row.reg >= 0 ? form.row.reg : 0) << 3);
}

/** A small seeded generator (xorshift32): the same cases everywhere. */
export class Random {
  private state: number;
  constructor(seed: number) {
    this.state = seed | 0 || 1;
  }
  next(): number {
    let x = this.state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state = x;
    return x >>> 0;
  }
  below(n: number): number {
    return this.next() % n;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

/** Names a form for ever: what a change of the tables' texts or attributes leaves alone. */
export function keyOf(form: Form): string {
  const { row } = form;
  return [
    row.prefix,
    row.map,
    row.opcode,
    row.reg,
    row.form,
    ...row.operands,
    form.memory,
    form.wide,
    form.word,
  ].join();
}

export function seedOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const c of text) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193);
  return hash >>> 0;
}

const EDGE32 = [
  0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000, 0x00800001,
  0x3f800000, 0xbf800000, 0x3f800001, 0x3f7fffff, 0x3f000000, 0xbf000000, 0x3effffff, 0x3f000001, 0x40000000,
  0x40490fdb, 0xc0490fdb, 0x3fc00000, 0x40200000, 0x4b000000, 0x4b000001, 0x4affffff, 0x4b7fffff, 0xcb000001,
  0x4effffff, 0x4f000000, 0xcf000000, 0xcf000001, 0x4f7fffff, 0x4f800000, 0x5f000000, 0xdf000000, 0xdf000001,
  0x5effffff, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffa12345,
  0x7fc12345, 0x00ffffff, 0x01000000, 0x0c000000, 0x20000000, 0x1fffffff, 0x1ffffffe, 0x33800000, 0x34000000,
  0x7e800000, 0x5f7fffff,
];

const EDGE64 = [
  0x0n,
  0x8000000000000000n,
  0x1n,
  0x8000000000000001n,
  0x000fffffffffffffn,
  0x800fffffffffffffn,
  0x0010000000000000n,
  0x8010000000000000n,
  0x0010000000000001n,
  0x3ff0000000000000n,
  0xbff0000000000000n,
  0x3ff0000000000001n,
  0x3fefffffffffffffn,
  0x3fe0000000000000n,
  0xbfe0000000000000n,
  0x3fdfffffffffffffn,
  0x3fe0000000000001n,
  0x4000000000000000n,
  0x400921fb54442d18n,
  0x3ff8000000000000n,
  0x4004000000000000n,
  0x4330000000000000n,
  0x4330000000000001n,
  0x432fffffffffffffn,
  0x433fffffffffffffn,
  0xc330000000000001n,
  0x41dfffffffc00000n,
  0x41dfffffffe00000n,
  0x41dfffffffdfffffn,
  0x41e0000000000000n,
  0xc1e0000000000000n,
  0xc1e0000000100000n,
  0xc1e00000001fffffn,
  0xc1e0000000200000n,
  0x43dfffffffffffffn,
  0x43e0000000000000n,
  0xc3e0000000000000n,
  0xc3e0000000000001n,
  0x7fefffffffffffffn,
  0xffefffffffffffffn,
  0x7ff0000000000000n,
  0xfff0000000000000n,
  0x7ff8000000000000n,
  0xfff8000000000000n,
  0x7ff0000000000001n,
  0xfff4123456789abcn,
  0x7ffc123456789abcn,
  0x47efffffe0000000n,
  0x47efffffefffffffn,
  0x47effffff0000000n,
  0x3810000000000000n,
  0x380fffffffffffffn,
  0x380fffffe0000000n,
  0x380ffffff0000000n,
  0x36a0000000000000n,
  0x3690000000000000n,
  0x3690000000000001n,
  0x3680000000000000n,
  0x2000000000000000n,
  0x1fffffffffffffffn,
  0x3ca0000000000000n,
  0x3cb0000000000000n,
  0x5fefffffffffffffn,
];

export const EDGE_BYTES = [0, 1, 2, 0x7f, 0x80, 0x81, 0xfe, 0xff];

export function fillInteger(bytes: Uint8Array, random: Random): void {
  const kind = random.below(8);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] =
      kind < 3
        ? random.pick(EDGE_BYTES)
        : kind === 3
          ? random.below(16)
          : kind === 4
            ? 0x61 + random.below(4)
            : random.below(256);
  if (kind === 4 && random.below(2)) bytes[random.below(bytes.length)] = 0;
  // small counts for shifts
  if (kind === 3 && random.below(2)) bytes.fill(0, 1).fill(random.below(70), 0, 1);
}

export function fill32(bytes: Uint8Array, random: Random): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const base = random.next();
  const plain = random.below(4) === 0;
  for (let i = 0; i + 4 <= bytes.length; i += 4) {
    const kind = plain ? 7 : random.below(8);
    let value = random.next();
    if (kind < 3) value = random.pick(EDGE32);
    else if (kind === 3) value = (base & 0xff800000) | (value & 0x7fffff);
    else if (kind === 4) value = new Uint32Array(new Float32Array([(value | 0) >> random.below(31)]).buffer)[0]!;
    else if (kind === 5) value = value & 0x807fffff;
    else if (kind >= 6) value = (value & 0x807fffff) | ((110 + random.below(36)) << 23);
    view.setUint32(i, value >>> 0, true);
  }
}

export function fill64(bytes: Uint8Array, random: Random): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const plain = random.below(4) === 0;
  for (let i = 0; i + 8 <= bytes.length; i += 8) {
    const kind = plain ? 7 : random.below(9);
    let value = (BigInt(random.next()) << 32n) | BigInt(random.next());
    if (kind < 3) value = random.pick(EDGE64);
    else if (kind === 3) value = (value & 0x800fffffffffffffn) | (BigInt(1023 - 70 + random.below(140)) << 52n);
    else if (kind === 4)
      value = new BigUint64Array(
        new Float64Array([Number(BigInt.asIntN(64, value) >> BigInt(random.below(63)))]).buffer,
      )[0]!;
    else if (kind === 5) value &= 0x800fffffffffffffn;
    else if (kind === 8)
      value = new BigUint64Array(
        new Float64Array([new Float32Array(new Uint32Array([random.next()]).buffer)[0]!]).buffer,
      )[0]!;
    else if (kind >= 6) value = (value & 0x800fffffffffffffn) | (BigInt(1018 + random.below(12)) << 52n);
    view.setBigUint64(i, value, true);
  }
}

export type Lane = "integer" | "single" | "double";

/** What an operand's lanes hold, by the manual's size letters. */
export function laneOf(row: Row): Lane {
  const sources = row.operands.filter((o) => /^[VWUM]/.test(o));
  const last = sources[sources.length - 1] ?? "";
  if (/(ps|ss)$/.test(last)) return "single";
  if (/(pd|sd)$/.test(last)) return "double";
  return "integer";
}

export function randomMxcsr(random: Random): number {
  const sticky = random.below(2) ? 0x20 : random.below(64);
  const masks = random.below(5) ? 0x3f : random.below(64);
  const mode = random.below(3) ? 0 : random.below(4);
  const zeros = random.below(3) ? 0 : random.pick([0x40, 0x8000, 0x8040]);
  return sticky | (masks << 7) | (mode << 13) | zeros;
}

export const STRING_LENGTHS = [0, 1, 5, 7, 8, 9, 15, 16, 17, 0x80000000, 0xffffffff, 0xfffffff0, 0xfffffff7];

/** Writes case number `index` of a form to `bytes` (INPUT_SIZE). */
export function writeInput(form: Form, random: Random, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, INPUT_SIZE);
  bytes.fill(0, 0, INPUT_SIZE);
  const code = encode(form, random.below(256));
  bytes[0] = code.length;
  bytes.set(code, 1);
  view.setUint32(IN_MXCSR, randomMxcsr(random), true);
  view.setUint32(IN_FLAGS, (random.next() & ARITH_FLAGS) | 2, true);
  for (let i = 0; i < 24; i++) bytes[IN_RAX + i] = random.below(4) ? random.below(256) : random.pick(EDGE_BYTES);
  if (form.row.semantic.startsWith("PCMPESTR"))
    for (const at of [IN_RAX, IN_RAX + 16]) view.setUint32(at, random.pick(STRING_LENGTHS), true);
  else if (random.below(2)) view.setBigInt64(IN_RAX + 8, BigInt(random.next() | 0) >> BigInt(random.below(31)), true);
  const lane = laneOf(form.row);
  const fill = lane === "single" ? fill32 : lane === "double" ? fill64 : fillInteger;
  for (let i = 0; i < 3; i++) fill(bytes.subarray(IN_XMM + i * 16, IN_XMM + i * 16 + 16), random);
  const toMmx = form.row.operands.some((o) => /^[PQN]/.test(o));
  for (let i = 0; i < 2; i++) (toMmx ? fillInteger : fill)(bytes.subarray(IN_MM + i * 8, IN_MM + i * 8 + 8), random);
  fill(bytes.subarray(IN_MEMORY, IN_MEMORY + 32), random);
  // equal operands now and then
  if (random.below(10) === 0) bytes.copyWithin(IN_XMM, IN_XMM + 16, IN_XMM + 32);
  if (form.row.semantic === "LDMXCSR")
    view.setUint32(IN_MEMORY, random.below(4) ? random.below(0x10000) : random.next(), true);
}

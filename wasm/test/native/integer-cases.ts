/**
 * Cases of single integer instructions, made from the rows of wasm/isa/integer.ts and what a user program may run of
 * wasm/isa/system.ts: all sizes, forms and addressing modes, operands at the edges, faults included. The same
 * cases run on the real processor (processor.c) and on the core (user-runner.ts).
 */
import { Random, type Row, seedOf } from "./cases.ts";
import {
  type Draft,
  RAX,
  RBP,
  RBX,
  RCX,
  RDI,
  RDX,
  RSI,
  RSP,
  type Shape,
  choosePrefixes,
  encodeInteger,
  immediateSizes,
  linearOf,
  offsetTo,
  segmentBase,
} from "./integer-encode.ts";
import {
  ARITH_FLAGS, CODE, CODE16_BASE, CODE_BYTES, DATA, DATA_BYTES, FLAG, HIGH, IN_AT, IN_BYTES, IN_CODE, IN_CODE_OFFSET, IN_FLAGS, IN_FS_BASE, IN_GS_BASE, IN_LENGTH, IN_MODE, IN_REGISTERS,
  INPUT_SIZE, MODES, type Mode, PATCH_BYTES, READ_ONLY_BYTES, STACK, STACK16_BASE, STACK_BYTES, REGIONS,
} from "./integer-layout.ts"; // prettier-ignore
import { sequenceCode } from "./integer-sequences.ts";
import { edge64, mask64, random64, signExtend } from "./integer-values.ts";

/** One row in one kind of code segment. Its cases go round all its shapes. */
export interface Group {
  row: Row;
  mode: Mode;
  name: string;
  shapes: Shape[];
  /** So many instructions make a case (integer-sequences.ts). */
  sequenceLength?: number;
}

/**
 * Rows of the system table that are left out: what loads segments and leaves the code segment, what depends on the kernel's
 * descriptor tables or is emulated by it, and what means something to the kernel. INT1 under a hypervisor reports where it
 * stands, not where it ends.
 */
const LEFT_OUT = new Set([
  "POP_S", "MOV_S_E", "LES", "LDS", "LSS", "LFS", "LGS", "CALL_FAR_A", "JMP_FAR_A", "CALL_FAR_M", "JMP_FAR_M", "RET_FAR_I", "RET_FAR", "IRET", "SYSCALL", "SYSRET", "SYSENTER",
  "SYSEXIT", "SLDT", "STR", "SGDT", "SIDT", "SMSW", "LAR", "LSL", "VERR", "VERW", "XGETBV", "XSETBV", "INT1", "MONITOR", "MWAIT", "WRFSBASE", "WRGSBASE",
]); // prettier-ignore

const STACK_ROWS = /^(PUSH|POP(?!CNT)|CALL|RET|ENTER|LEAVE)/;
const STRING_ROWS = /^(MOVS(8)?|CMPS(8)?|STOS(8)?|LODS(8)?|SCAS(8)?|INS|OUTS)$/;
const isIndirect = (row: Row) => /^(JMP_E|CALL_E)$/.test(row.semantic);

/** Every operand size and form that a row has in a kind of code. */
export function shapesOf(row: Row, mode: Mode): Shape[] {
  const canMemory =
    row.hasModrm &&
    row.form !== "r" &&
    row.modrm < 0 &&
    !row.operands.some((o) => /^([RCD][dvy]?|[NU][a-z]*)$/.test(o));
  const canRegister = row.hasModrm && row.form !== "m" && !row.operands.some((o) => /^M/.test(o));
  const sizes = mode === 64 ? (["", "66", "W"] as const) : (["", "66"] as const);
  return sizes
    .filter((size) => !(size === "66" && row.prefix === 1))
    .flatMap((size) =>
      (!row.hasModrm || row.modrm >= 0 ? [false] : [...(canMemory ? [true] : []), ...(canRegister ? [false] : [])]).map(
        (memory) => ({ row, mode, size, memory }),
      ),
    );
}

/** Groups of the rows that are tested here. */
export function groupsOf(rows: (Row & { file: string })[]): Group[] {
  const groups: Group[] = [];
  for (const row of rows) {
    if (!/^(integer|system)\.ts$/.test(row.file) || LEFT_OUT.has(row.semantic)) continue;
    for (const mode of MODES) {
      if (row.attributes.has(mode === 64 ? "i64" : "o64")) continue;
      const shapes = shapesOf(row, mode);
      groups.push({ row, mode, shapes, name: `${row.text.replace(/\s+/g, " ")} in ${mode}-bit code` });
    }
  }
  return groups;
}

/** Names a group for ever. */
export function groupKey({ row, mode }: Group): string {
  return [row.prefix, row.map, row.opcode, row.plus, row.reg, row.form, row.modrm, ...row.operands, mode].join();
}

/** A linear address for data that the segment reaches, mostly in the middle of it. */
export function somewhere(d: Draft, random: Random, segment: number): bigint {
  const { mode } = d.shape;
  const inStack = mode === 16 && segment === 2;
  const start = inStack ? STACK : mode === 16 && segment === 1 ? CODE : DATA;
  const size = inStack ? STACK_BYTES : DATA_BYTES;
  const high = mode === 64 && d.addressBits === 64 && random.below(8) === 0 ? HIGH - BigInt(DATA) : 0n;
  const at = (offset: number) => BigInt(start + offset) + high;
  const kind = random.below(100);
  if (kind < 70) return at(0x40 + random.below(size - 0x80));
  if (kind < 78) return at((0x40 + random.below(size - 0x80)) & ~15);
  if (kind < 86) return at(0x1000 - random.below(17));
  if (kind < 90) return at(size - random.below(17)); // into the read-only page
  if (kind < 92) return at(size + random.below(READ_ONLY_BYTES));
  if (kind < 94) return at(size + READ_ONLY_BYTES - random.below(17)); // to where nothing is
  if (kind < 96) return at(-random.below(17));
  if (kind < 98) return at(0x1_0000 + random.below(0x1000));
  if (mode === 64)
    return (
      random.pick([0x8000_0000_0000n, 0xffff_7fff_ffff_fff0n, 0x1234_5678_0000_0000n, 0x7fff_ffff_ffffn]) +
      BigInt(random.below(16))
    );
  return mode === 32 ? 0xffff_ffffn - BigInt(random.below(8)) : at(-0x8000 + random.below(0x1_0000));
}

/** A value for the stack pointer (or a frame pointer) that stack instructions can use. */
export function stackPointer(d: Draft, random: Random): bigint {
  const { mode } = d.shape;
  const base = mode === 16 ? STACK16_BASE : 0;
  const kind = random.below(100);
  let address = STACK + 0x400 + random.below(STACK_BYTES - 0x800);
  if (kind < 60) address &= ~7;
  else if (kind >= 80 && kind < 90) address = STACK + 0x1000 + random.below(17) - 8;
  else if (kind >= 90 && kind < 93) address = STACK + random.below(64);
  else if (kind >= 93 && kind < 96) address = STACK + STACK_BYTES - random.below(32);
  else if (kind >= 96 && kind < 98) address = DATA + DATA_BYTES + random.below(READ_ONLY_BYTES);
  const offset = BigInt(address - base) & mask64(mode === 16 ? 16 : 64);
  if (mode === 16) return offset | (BigInt(random.below(2) ? 0 : random.next()) & 0xffff_0000n);
  if (kind < 98) return offset;
  return mode === 64
    ? random.pick([0x8000_0000_0000n, 0x8000_0000_0004n, 0xffff_7fff_ffff_ffffn, 0x7fff_ffff_fffcn])
    : BigInt(random.below(9));
}

/** An offset in CS to go to: mostly breakpoints of the code page that are not the instruction. */
export function destination(d: Draft, random: Random): bigint {
  const { mode } = d.shape;
  const base = BigInt(mode === 16 ? CODE16_BASE : 0);
  const kind = random.below(20);
  let address = BigInt(CODE + random.below(CODE_BYTES));
  const start = BigInt(CODE + d.codeOffset);
  if (address >= start - 1n && address < start + 16n) address = start - 20n;
  if (kind === 0) address = BigInt(DATA + random.below(DATA_BYTES)); // not executable
  if (kind === 1) address = BigInt(CODE + CODE_BYTES + random.below(0x1000)); // not there
  if (kind === 2 && mode === 64)
    return random.pick([0x8000_0000_0000n, 0x1234_0000_0000_0000n, 0xffff_7fff_ffff_ffffn]);
  const offset = address - base;
  // Bits above the operand size do not count.
  return d.operandBits === 16
    ? (offset & 0xffffn) | (random64(random) & ~0xffffn)
    : d.operandBits === 32
      ? offset | (random64(random) & ~mask64(32))
      : offset;
}

/** A displacement of a relative branch that does not make it run itself. */
function relative(d: Draft, random: Random, bytes: number): bigint {
  if (bytes === 1) return BigInt(random.below(2) ? random.below(127) : -17 - random.below(111)) & 0xffn;
  const bits = bytes * 8;
  const kind = random.below(8);
  if (kind === 0) {
    // Anywhere; in 64-bit mode not below 0, where the kernel is.
    const value = random64(random) & mask64(bits);
    const away = signExtend(value, bits);
    if (away >= 0n ? away > 32n : away < -64n && d.shape.mode !== 64) return value;
  }
  const target = random.below(CODE_BYTES);
  let away = target - d.codeOffset;
  if (away < 0 && away > -40) away -= 40;
  return BigInt(away) & mask64(bits);
}

function chooseFlags(d: Draft, random: Random): number {
  let flags = (random.next() & ARITH_FLAGS) | FLAG.if | 2;
  if (random.below(STRING_ROWS.test(d.shape.row.semantic) ? 2 : 8) === 0) flags |= FLAG.df;
  if (random.below(25) === 0) flags |= FLAG.ac;
  return flags;
}

/** Bytes that stand at a linear address before the instruction. */
export interface Patch {
  at: bigint;
  bytes: Uint8Array;
}

/** What a kind of instruction besides the integer ones needs; see wasm/test/fuzz/generate.ts. */
export interface CaseHooks {
  /** Before the instruction is encoded: registers, prefixes, immediates. */
  before?(d: Draft, random: Random): void;
  /** Where a memory operand shall lie. */
  aim?(d: Draft, random: Random, segment: number): bigint;
  /** When it is encoded: what memory holds. */
  patches?(d: Draft, random: Random, patches: Patch[]): Patch[];
}

export function words(...values: bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setBigUint64(i * 8, value & mask64(64), true));
  return bytes;
}

function edgeBytes(random: Random): Uint8Array {
  return words(edge64(random), edge64(random), edge64(random), edge64(random));
}

/** Whether a linear address lies where both sides can put bytes; the high view is the same memory. */
function physical(address: bigint): number {
  return Number(address >= HIGH && address < HIGH + 0x1_0000n ? address - HIGH + BigInt(DATA) : address & mask64(48));
}

/** Puts bytes so that the operand at `at` begins with them, as far as the region allows. */
function placePatch({ at, bytes }: Patch): { at: number; bytes: Uint8Array } {
  const address = physical(at);
  for (const { start, bytes: size } of REGIONS) {
    if (address <= start - PATCH_BYTES || address >= start + size) continue;
    return { at: Math.min(Math.max(address, start), start + size - PATCH_BYTES), bytes };
  }
  return { at: 0, bytes };
}

/** Values that an instruction needs to do more than fault; before the encoding, so that they are pinned. */
function prepareRegisters(d: Draft, random: Random): void {
  const { row, mode } = d.shape;
  const { semantic } = row;
  const pin = (n: number, value: bigint) => {
    d.registers[n] = value & mask64(mode === 64 ? 64 : 32);
    d.pinned.add(n);
  };
  if (STACK_ROWS.test(semantic)) pin(RSP, stackPointer(d, random));
  if (semantic === "LEAVE" || semantic === "ENTER") pin(RBP, stackPointer(d, random));
  if (row.operands.includes("CL"))
    pin(RCX, (random64(random) & ~0xffn) | BigInt(random.below(2) ? random.below(36) : random.below(256)));
  if (/^I?DIV/.test(semantic)) {
    const high = random.pick([0n, 0n, mask64(64), 1n, edge64(random)]);
    if (random.below(3)) pin(RDX, high);
    if (random.below(3) === 0) pin(RAX, (d.registers[RAX]! & ~0xff00n) | random.pick([0n, 0xff00n]));
  }
  if (/^LOOP|^JCXZ/.test(semantic))
    pin(RCX, random.pick([0n, 1n, 2n, 0x1_0000n, 0x1_0001n, 0x1_0000_0000n, 0x1_0000_0001n, edge64(random)]));
  if (/^CMPXCHG8B/.test(semantic) || /^(MUL|IMUL1|IMUL8)$/.test(semantic)) d.pinned.add(RAX).add(RDX);
}

/** Gives an address register its value, as far as the address size goes. */
export function setIndex(d: Draft, n: number, value: bigint): void {
  const bits = d.addressBits;
  const all = mask64(d.shape.mode === 64 ? 64 : 32);
  d.registers[n] = ((value & mask64(bits)) | (d.registers[n]! & ~mask64(bits))) & all;
}

function prepareString(d: Draft, random: Random): Patch[] {
  const source = somewhere(d, random, d.segment);
  const dest = random.below(3) ? somewhere(d, random, 0) : source + BigInt(random.below(33) - 16);
  setIndex(d, RSI, offsetTo(d, d.segment, source));
  setIndex(d, RDI, offsetTo(d, 0, dest));
  const count =
    random.below(30) === 0 ? 1000 + random.below(5000) : random.below(8) === 0 ? random.below(400) : random.below(24);
  setIndex(d, RCX, BigInt(count));
  const bytes = edgeBytes(random);
  if (random.below(2)) bytes.fill(random.below(256));
  const second = bytes.slice();
  if (random.below(2)) second[random.below(PATCH_BYTES)]! ^= 1 << random.below(8);
  if (random.below(2))
    d.registers[RAX] = new DataView(bytes.buffer).getBigUint64(0, true) & mask64(d.shape.mode === 64 ? 64 : 32);
  const down = random.below(2) ? 24n : 0n;
  return [
    { at: linearOf(d, d.segment, d.registers[RSI]!) - down, bytes },
    { at: linearOf(d, 0, d.registers[RDI]!) - down, bytes: second },
  ];
}

/** What memory and registers hold once the operand's address is known. */
function preparePatches(d: Draft, random: Random): Patch[] {
  const { row, mode } = d.shape;
  const { semantic } = row;
  const operand: Patch = { at: d.target, bytes: edgeBytes(random) };
  const stackOffset = d.registers[RSP]! & mask64(mode === 64 ? 64 : mode === 32 ? 32 : 16);
  const stackAt = segmentBase(d, 2) + stackOffset;
  const stack: Patch = { at: STACK_ROWS.test(semantic) ? stackAt : 0n, bytes: edgeBytes(random) };
  if (isIndirect(row)) operand.bytes = words(destination(d, random), edge64(random), edge64(random), edge64(random));
  if (/^RET/.test(semantic))
    stack.bytes = words(destination(d, random), edge64(random), edge64(random), edge64(random));
  if (semantic === "LEAVE" || semantic === "ENTER")
    stack.at =
      segmentBase(d, 2) +
      (d.registers[RBP]! & mask64(mode === 64 ? 64 : mode === 32 ? 32 : 16)) -
      (semantic === "ENTER" ? 16n : 0n);
  if (semantic === "POPF") stack.bytes = words(random64(random) & ~BigInt(FLAG.tf), 0n, 0n, 0n);
  const first = new DataView(operand.bytes.buffer);
  if (/^CMPXCHG8?$/.test(semantic) && random.below(2)) d.registers[RAX] = first.getBigUint64(0, true);
  if (semantic === "CMPXCHG8B" && random.below(2)) {
    d.registers[RAX] = first.getBigUint64(0, true);
    d.registers[RDX] = first.getBigUint64(d.shape.size === "W" ? 8 : 4, true);
  }
  if (/^I?DIV/.test(semantic) && random.below(3) === 0)
    first.setBigUint64(0, (d.registers[RDX]! + BigInt(random.below(5) - 1)) & mask64(64), true);
  if (semantic === "BOUND" && random.below(2))
    operand.bytes = words(random.pick([0n, mask64(64)]), edge64(random), 0n, 0n);
  return [operand, stack];
}

const REGISTER_VALUE = /^(JMP_E|CALL_E)$/;

/** Registers that a register operand needs (the memory form has them in memory). */
function prepareRegisterOperand(d: Draft, random: Random): void {
  const { row, memory } = d.shape;
  if (memory) return;
  const { semantic } = row;
  if (REGISTER_VALUE.test(semantic)) d.registers[d.rm] = destination(d, random);
  if (/^CMPXCHG8?$/.test(semantic) && random.below(2)) d.registers[RAX] = d.registers[d.rm]!;
}

function chooseImmediate(d: Draft, random: Random): void {
  const { row, mode } = d.shape;
  const [bytes = 0, second] = immediateSizes(d);
  const operand = row.operands.find((o) => /^[IJ]/.test(o));
  if (operand?.startsWith("J")) d.immediate = relative(d, random, bytes);
  else if (/^(RO|RC|SH|SA)/.test(row.semantic))
    d.immediate = BigInt(random.below(2) ? random.below(36) : random.below(256));
  else if (row.semantic === "INT_N") d.immediate = BigInt((0x81 + random.below(0xff)) & 0xff);
  else if (row.semantic === "ENTER") {
    const size = random.below(4) ? random.below(0x100) : random.below(0x1_0000);
    const level = random.pick([0, 0, 1, 2, 3, 8, 31, 32, random.below(256)]);
    d.immediate = BigInt(size | (level << 16));
  } else if (row.semantic === "RET_I")
    d.immediate = BigInt(random.below(2) ? random.below(0x40) : random.below(0x1_0000));
  else d.immediate = edge64(random) & mask64(bytes * 8);
  if (second !== undefined && mode && row.semantic !== "ENTER") d.immediate |= BigInt(random.below(256)) << 16n;
}

/** Bit strings in memory: offsets of some hundred bytes, so that they mostly stay in the data. */
function prepareBitOffset(d: Draft, random: Random): void {
  if (!/^BT[SRC]?_G$/.test(d.shape.row.semantic) || !d.shape.memory || random.below(3) === 0) return;
  const bits = BigInt(random.below(4000) - 2000);
  d.registers[d.reg] = bits & mask64(d.shape.mode === 64 ? 64 : 32);
}

const NEVER_LOCKED = /^(MOV_R_C|MOV_C_R)$/; // on AMD processors LOCK there means CR8. [APM3] MOV CRn

/** A case of several instructions on registers; nothing is prepared for any of them. */
function writeSequence(group: Group, d: Draft, random: Random, bytes: Uint8Array): Draft {
  d.code = sequenceCode(group, d, random);
  writeInput(d, [], chooseFlags(d, random), bytes);
  return d;
}

/** Writes one case of `group` to `bytes` (INPUT_SIZE): the `index`-th, which says its shape. */
export function writeCase(
  group: Group,
  index: number,
  random: Random,
  bytes: Uint8Array,
  hooks: CaseHooks = {},
): Draft {
  const shape = group.shapes[index % group.shapes.length]!;
  const { row, mode, memory } = shape;
  const width = mask64(mode === 64 ? 64 : 32);
  const d: Draft = {
    shape, code: [], codeOffset: 0x400, registers: Array.from({ length: 16 }, (_, i) => (mode === 64 || i < 8 ? edge64(random) & width : 0n)), pinned: new Set(),
    fsBase: 0n, gsBase: 0n, target: 0n, addressBits: 64, operandBits: 64, segment: 3, locked: false, repeat: 0, reg: 0, rm: 0, immediate: 0n,
  }; // prettier-ignore
  const place = random.below(20);
  if (place === 0) d.codeOffset = 0x1000 - 1 - random.below(14);
  if (place === 1) d.codeOffset = CODE_BYTES - 1 - random.below(14);
  d.fsBase = random.pick([0n, 0x1000n, -0x1000n & mask64(64), 0x1234_5678n, 0x6000_0000_0000n]);
  d.gsBase = random.pick([0n, 0x10n, -0x8_0000n & mask64(64), 0x7fff_f000n, 0x5fff_ffff_0000n]);
  if (group.sequenceLength) return writeSequence(group, d, random, bytes);
  const isString = STRING_ROWS.test(row.semantic);
  d.locked = !NEVER_LOCKED.test(row.semantic) && random.below(row.attributes.has("lock") && memory ? 6 : 50) === 0;
  if (isString) d.repeat = random.pick([0, 0xf2, 0xf3, 0xf3]);
  else if (
    row.map === 0 &&
    row.prefix === 0xf &&
    row.opcode !== 0x90 &&
    !/^LOOP/.test(row.semantic) &&
    random.below(50) === 0
  )
    d.repeat = random.pick([0xf2, 0xf3]);
  choosePrefixes(d, random);
  prepareRegisters(d, random);
  if (!STACK_ROWS.test(row.semantic) && random.below(2)) d.registers[RSP] = stackPointer(d, random) & width;
  chooseImmediate(d, random);
  hooks.before?.(d, random);
  encodeInteger(d, random, (segment) => (hooks.aim ?? somewhere)(d, random, segment));
  if (row.semantic === "CMPXCHG8B" && memory && random.below(4)) realign(d);
  if (row.semantic === "XLAT") {
    setIndex(d, RBX, offsetTo(d, d.segment, somewhere(d, random, d.segment)) - (d.registers[RAX]! & 0xffn));
    d.target = linearOf(d, d.segment, d.registers[RBX]! + (d.registers[RAX]! & 0xffn));
  }
  prepareRegisterOperand(d, random);
  let patches: Patch[];
  if (isString) patches = prepareString(d, random);
  else {
    patches = preparePatches(d, random);
    prepareBitOffset(d, random);
  }
  if (hooks.patches) patches = hooks.patches(d, random, patches);
  writeInput(d, patches, chooseFlags(d, random), bytes);
  return d;
}

/** CMPXCHG16B wants an aligned operand: moves the registers that can be moved. */
function realign(d: Draft): void {
  // Clearing the low bits of the displacement's sum is only simple where one register is the whole address.
  const low = d.target & 15n;
  const modrm = d.code[d.code.length - 1]!;
  if (modrm >> 6 === 0 && (modrm & 7) !== 4 && (modrm & 7) !== 5 && d.addressBits !== 16) {
    const n = d.registers.findIndex((value) => ((value + segmentBase(d, d.segment)) & mask64(64)) === d.target);
    if (n < 0) return;
    d.registers[n] = d.registers[n]! - low;
    d.target -= low;
  }
}

function writeInput(d: Draft, patches: Patch[], flags: number, bytes: Uint8Array): void {
  const { mode } = d.shape;
  const width = mask64(mode === 64 ? 64 : 32);
  const view = new DataView(bytes.buffer, bytes.byteOffset, INPUT_SIZE);
  bytes.fill(0, 0, INPUT_SIZE);
  bytes[IN_MODE] = MODES.indexOf(mode);
  bytes[IN_LENGTH] = Math.min(16, d.code.length);
  bytes.set(d.code.slice(0, 16), IN_CODE);
  view.setUint16(IN_CODE_OFFSET, d.codeOffset, true);
  view.setUint32(IN_FLAGS, flags, true);
  d.registers.forEach((value, i) => view.setBigUint64(IN_REGISTERS + i * 8, value & width, true));
  view.setBigUint64(IN_FS_BASE, d.fsBase, true);
  view.setBigUint64(IN_GS_BASE, d.gsBase, true);
  patches.forEach((patch, i) => {
    const placed = placePatch(patch);
    view.setUint32(IN_AT + i * 4, placed.at, true);
    bytes.set(placed.bytes, IN_BYTES + i * PATCH_BYTES);
  });
}

/** The `count` cases of a group that were recorded. */
export function makeCases(group: Group, count: number): Uint8Array {
  const inputs = new Uint8Array(count * INPUT_SIZE);
  const random = new Random(seedOf(`${groupKey(group)}/0`));
  for (let i = 0; i < count; i++) writeCase(group, i, random, inputs.subarray(i * INPUT_SIZE, (i + 1) * INPUT_SIZE));
  return inputs;
}

/**
 * Machine code of one integer instruction with random prefixes, registers and addressing, from a row of the opcode
 * table. Registers that address memory get values that lead to the wanted place.
 * [SDM2] chapter 2
 */
import type { Random, Row } from "./cases.ts";
import { CODE, CODE16_BASE, DATA16_BASE, FS_BASE32, GS_BASE32, type Mode, STACK16_BASE } from "./integer-layout.ts";
import { mask64, signExtend } from "./integer-values.ts";

export const RAX = 0, RCX = 1, RDX = 2, RBX = 3, RSP = 4, RBP = 5, RSI = 6, RDI = 7; // prettier-ignore
const SEGMENT_PREFIX = [0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65];
const ES = 0, CS = 1, SS = 2, DS = 3, FS = 4, GS = 5; // prettier-ignore

/** What is asked of an instruction, and what came of it. */
export interface Shape {
  row: Row;
  mode: Mode;
  /** Bytes of the operand that prefixes ask for: 66, REX.W, or neither. */
  size: "66" | "W" | "";
  memory: boolean;
}

/** A case in the making. */
export interface Draft {
  shape: Shape;
  code: number[];
  codeOffset: number;
  registers: bigint[];
  /** Registers whose value has a meaning of its own: they are not changed to make an address. */
  pinned: Set<number>;
  fsBase: bigint;
  gsBase: bigint;
  /** Linear address of the memory operand. */
  target: bigint;
  /** Address size in bits. */
  addressBits: 64 | 32 | 16;
  /** Operand size in bits (of operands that have size v). */
  operandBits: 64 | 32 | 16;
  segment: number;
  locked: boolean;
  repeat: 0 | 0xf2 | 0xf3;
  /** Register numbers as encoded in ModRM.reg and ModRM.rm (register form), or of +r. */
  reg: number;
  rm: number;
  immediate: bigint;
}

const IMMEDIATES: Record<string, (d: Draft) => number> = {
  Ib: () => 1,
  Jb: () => 1,
  Iw: () => 2,
  Iz: (d) => (d.operandBits === 16 ? 2 : 4),
  Jz: (d) => (d.operandBits === 16 ? 2 : 4),
  Iv: (d) => d.operandBits / 8,
  Ob: (d) => d.addressBits / 8,
  Ov: (d) => d.addressBits / 8,
  Ap: (d) => (d.operandBits === 16 ? 4 : 6),
};

/** How many bytes the immediates of a row have, in order. */
export function immediateSizes(d: Draft): number[] {
  return d.shape.row.operands.flatMap((o) => (IMMEDIATES[o] ? [IMMEDIATES[o](d)] : []));
}

/** Segment base in force for `segment`. */
export function segmentBase(d: Draft, segment: number): bigint {
  const { mode } = d.shape;
  if (mode === 64) return segment === FS ? d.fsBase : segment === GS ? d.gsBase : 0n;
  if (segment === FS) return BigInt(FS_BASE32);
  if (segment === GS) return BigInt(GS_BASE32);
  if (mode === 32) return 0n;
  return BigInt(segment === CS ? CODE16_BASE : segment === SS ? STACK16_BASE : DATA16_BASE);
}

/** A linear address from a segment and an offset, as the mode makes it. */
export function linearOf(d: Draft, segment: number, offset: bigint): bigint {
  const address = segmentBase(d, segment) + (offset & mask64(d.addressBits));
  return d.shape.mode === 64 ? mask64(64) & address : mask64(32) & address;
}

/** Offset that leads to linear address `target` through `segment` (where the address size reaches it). */
export function offsetTo(d: Draft, segment: number, target: bigint): bigint {
  return (target - segmentBase(d, segment)) & mask64(d.addressBits);
}

interface Address {
  modrm: number;
  sib: number;
  displacement: number[];
  /** Bits of REX: B, X. */
  rex: number;
  ripRelative: boolean;
}

const little = (value: bigint, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * i)) & 0xffn));

const NO_ADDRESS = { sib: -1, displacement: [], rex: 0, ripRelative: false };
const PAIRS16 = [[RBX, RSI], [RBX, RDI], [RBP, RSI], [RBP, RDI], [RSI], [RDI], [RBP], [RBX]] as const; // prettier-ignore

/** Gives register `n` the value that makes the sum right, unless it must stay: then the target is where it leads. */
function setAddressRegister(d: Draft, n: number, value: bigint): void {
  const bits = d.addressBits;
  const old = d.registers[n]!;
  // Bits above the address size do not count: they keep what they have.
  d.registers[n] =
    (value & mask64(bits)) | (bits === 64 ? 0n : old & ~mask64(bits) & mask64(d.shape.mode === 64 ? 64 : 32));
}

function address16(
  d: Draft,
  random: Random,
  segmentOf: (usesBp: boolean) => number,
  aim: (segment: number) => bigint,
): Address {
  const rm = random.below(8);
  const mod = random.below(3);
  if (rm === 6 && mod === 0) {
    const segment = segmentOf(false);
    d.segment = segment;
    const offset = offsetTo(d, segment, aim(segment));
    d.target = linearOf(d, segment, offset);
    return { ...NO_ADDRESS, modrm: 6, displacement: little(offset, 2) };
  }
  const segment = segmentOf(rm === 2 || rm === 3 || rm === 6);
  d.segment = segment;
  const [base, index] = PAIRS16[rm]!;
  const bytes = mod === 0 ? 0 : mod;
  const displacement =
    bytes === 0 ? 0n : bytes === 1 ? signExtend(BigInt(random.below(256)), 8) : BigInt(random.below(0x10000));
  const wanted = offsetTo(d, segment, aim(segment));
  const rest = displacement + (index === undefined ? 0n : d.registers[index]!);
  if (!d.pinned.has(base)) setAddressRegister(d, base, wanted - rest);
  else if (index !== undefined && !d.pinned.has(index))
    setAddressRegister(d, index, wanted - displacement - d.registers[base]!);
  const sum = d.registers[base]! + (index === undefined ? 0n : d.registers[index]!) + displacement;
  d.target = linearOf(d, segment, sum);
  return { ...NO_ADDRESS, modrm: (mod << 6) | rm, displacement: little(displacement, bytes) };
}

/** A displacement of `bits` bits, near zero more often than not. */
function someDisplacement(random: Random, bytes: number): bigint {
  if (bytes === 0) return 0n;
  if (bytes === 1) return signExtend(BigInt(random.below(256)), 8);
  return signExtend(BigInt(random.below(3) ? random.below(0x1000) : random.next()), 32);
}

function address32(
  d: Draft,
  random: Random,
  segmentOf: (usesBp: boolean) => number,
  aim: (segment: number) => bigint,
): Address {
  const is64 = d.shape.mode === 64;
  const registers = is64 ? 16 : 8;
  const kind = random.below(10);
  const bits = d.addressBits;
  const wantedIn = (segment: number) => {
    d.segment = segment;
    return offsetTo(d, segment, aim(segment));
  };
  const fits = (value: bigint) => (signExtend(signExtend(value, 32), 64) & mask64(bits)) === (value & mask64(bits));
  if (kind === 0) {
    // A displacement alone, RIP-relative in 64-bit mode; through a SIB byte without base it is absolute.
    const wanted = wantedIn(segmentOf(false));
    const viaSib = random.below(2) === 1;
    d.target = linearOf(d, d.segment, wanted);
    if (is64 && !viaSib) return { ...NO_ADDRESS, modrm: 5, displacement: little(wanted, 4), ripRelative: true };
    if (fits(wanted)) {
      if (viaSib)
        return { ...NO_ADDRESS, modrm: 4, sib: (random.below(4) << 6) | 0x25, displacement: little(wanted, 4) };
      return { ...NO_ADDRESS, modrm: 5, displacement: little(wanted, 4) };
    }
  }
  if (kind === 1) {
    // Index and displacement without base.
    const index = random.below(registers);
    if (index !== RSP) {
      const wanted = wantedIn(segmentOf(false));
      const scale = random.below(4);
      if (!d.pinned.has(index)) setAddressRegister(d, index, (wanted - someDisplacement(random, 4)) >> BigInt(scale));
      let displacement = wanted - (d.registers[index]! << BigInt(scale));
      if (!fits(displacement)) displacement = someDisplacement(random, 4);
      displacement &= mask64(32);
      d.target = linearOf(d, d.segment, (d.registers[index]! << BigInt(scale)) + signExtend(displacement, 32));
      return {
        ...NO_ADDRESS,
        modrm: 4,
        sib: (scale << 6) | ((index & 7) << 3) | 5,
        displacement: little(displacement, 4),
        rex: index & 8 ? 2 : 0,
      };
    }
  }
  const base = random.below(registers);
  let mod = random.below(3);
  if ((base & 7) === RBP && mod === 0) mod = 1;
  const displacementBytes = mod === 0 ? 0 : mod === 1 ? 1 : 4;
  const displacement = someDisplacement(random, displacementBytes);
  const wanted = wantedIn(segmentOf(base === RSP || base === RBP));
  const withSib = (base & 7) === RSP || kind >= 6;
  const index = withSib ? random.below(registers) : RSP; // RSP as index means none
  const scale = BigInt(random.below(4));
  const indexed = () => (index === RSP ? 0n : d.registers[index]! << scale);
  if (!d.pinned.has(base) && base !== index) setAddressRegister(d, base, wanted - indexed() - displacement);
  else if (index !== RSP && !d.pinned.has(index) && base !== index)
    setAddressRegister(d, index, (wanted - displacement - d.registers[base]!) >> scale);
  else if (base === index && !d.pinned.has(base))
    setAddressRegister(d, base, (wanted - displacement) / (1n + (1n << scale)));
  d.target = linearOf(d, d.segment, d.registers[base]! + indexed() + displacement);
  const rex = (base & 8 ? 1 : 0) | (withSib && index & 8 ? 2 : 0);
  if (!withSib)
    return {
      ...NO_ADDRESS,
      modrm: (mod << 6) | (base & 7),
      displacement: little(displacement, displacementBytes),
      rex,
    };
  const sib = (Number(scale) << 6) | ((index & 7) << 3) | (base & 7);
  return { modrm: (mod << 6) | 4, sib, displacement: little(displacement, displacementBytes), rex, ripRelative: false };
}

/** Decides prefixes that change sizes and segments, before values are chosen. */
export function choosePrefixes(d: Draft, random: Random): void {
  const { mode, size } = d.shape;
  const other = random.below(7) === 0;
  d.addressBits = mode === 64 ? (other ? 32 : 64) : (mode === 32) !== other ? 32 : 16;
  d.operandBits =
    mode === 64 ? (size === "W" ? 64 : size === "66" ? 16 : 32) : (mode === 32) !== (size === "66") ? 32 : 16;
  const { attributes } = d.shape.row;
  if (mode === 64 && (attributes.has("d64") || attributes.has("f64")) && d.operandBits === 32) d.operandBits = 64;
  if (mode === 64 && attributes.has("f64")) d.operandBits = 64;
}

const isByteOperand = (operand: string) => /^[EGZ]b$/.test(operand);

/**
 * Encodes the instruction of `d`. `aim` says which linear address a memory operand should have in a segment;
 * `extra` are prefixes that should do nothing.
 */
export function encodeInteger(d: Draft, random: Random, aim: (segment: number) => bigint): void {
  const { row, mode, size, memory } = d.shape;
  const is64 = mode === 64;
  const prefixes: number[] = [];
  if (size === "66" && !(row.prefix === 2)) prefixes.push(0x66);
  if (row.prefix === 2) prefixes.push(0x66);
  if (row.prefix === 4) prefixes.push(0xf3);
  if (row.prefix === 8) prefixes.push(0xf2);
  if ((d.addressBits === 32) !== (mode === 32) && !(is64 && d.addressBits === 64)) prefixes.push(0x67);
  if (d.locked) prefixes.push(0xf0);
  if (d.repeat) prefixes.push(d.repeat);
  const override = random.below(5) === 0 ? random.below(6) : -1;
  if (override >= 0) prefixes.push(SEGMENT_PREFIX[override]!);
  if (prefixes.length && random.below(30) === 0)
    prefixes.push(random.pick(prefixes.filter((p) => p !== 0xf2 && p !== 0xf3).concat(0x3e)));
  for (let i = prefixes.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [prefixes[i], prefixes[j]] = [prefixes[j]!, prefixes[i]!];
  }
  // The last one counts, and ES CS SS DS mean nothing in 64-bit mode.
  let segment = -1;
  for (const prefix of prefixes) {
    const n = SEGMENT_PREFIX.indexOf(prefix);
    if (n >= (is64 ? FS : ES)) segment = n;
  }
  const segmentOf = (usesBp: boolean) => (segment >= 0 ? segment : usesBp && !is64 ? SS : DS);

  let rex = size === "W" ? 8 : 0;
  let modrm = -1;
  let address: Address | undefined;
  let opcode = row.opcode;
  const wide = is64 ? 16 : 8;
  // Without any REX, byte registers 4 to 7 are AH CH DH BH; with one they are SPL BPL SIL DIL.
  let bare = false;
  if (row.plus === "+r") {
    d.reg = random.below(wide);
    opcode |= d.reg & 7;
    if (d.reg & 8) rex |= 1;
  } else if (row.plus === "+c") opcode |= random.below(16);
  if (row.hasModrm) {
    if (row.modrm >= 0) modrm = row.modrm;
    else {
      d.reg =
        row.reg >= 0 ? row.reg : row.operands.some((o) => /^[SCD][wd]$/.test(o)) ? random.below(8) : random.below(wide);
      if (d.reg & 8) rex |= 4;
      if (memory) {
        address = (d.addressBits === 16 ? address16 : address32)(d, random, segmentOf, aim);
        rex |= address.rex;
        modrm = address.modrm | ((d.reg & 7) << 3);
      } else {
        d.rm = random.below(wide);
        if (d.rm & 8) rex |= 1;
        modrm = 0xc0 | ((d.reg & 7) << 3) | (d.rm & 7);
      }
    }
  } else {
    d.segment = segmentOf(false);
  }
  const hasByte = row.operands.some(isByteOperand);
  const code = [...prefixes];
  if (is64) {
    // One that is not needed changes which byte registers are meant, else nothing. One before a prefix is ignored.
    bare = rex === 0 && random.below(hasByte ? 3 : 10) !== 0;
    if (!bare) code.push(0x40 | rex);
    if (random.below(40) === 0 && prefixes.length) code.unshift(0x40 | random.below(16));
  }
  if (row.map > 0) code.push(0x0f);
  if (row.map === 2) code.push(0x38);
  if (row.map === 3) code.push(0x3a);
  code.push(opcode);
  if (modrm >= 0) code.push(modrm);
  if (address && address.sib >= 0) code.push(address.sib);
  const displacementAt = code.length;
  if (address) code.push(...address.displacement);
  const sizes = immediateSizes(d);
  if (row.operands.some((o) => o[0] === "O")) {
    const offset = offsetTo(d, d.segment, aim(d.segment));
    d.target = linearOf(d, d.segment, offset);
    d.immediate = offset;
  }
  for (const bytes of sizes) code.push(...little(d.immediate, bytes));
  if (sizes.length === 2) code.splice(code.length - 1, 1, Number((d.immediate >> 16n) & 0xffn));
  if (address?.ripRelative) {
    const base = segmentBase(d, d.segment);
    const next = BigInt(CODE + d.codeOffset + code.length);
    const displacement = signExtend(offsetTo(d, d.segment, d.target) - next, 32);
    little(displacement, 4).forEach((byte, i) => (code[displacementAt + i] = byte));
    d.target = (base + ((next + displacement) & mask64(d.addressBits))) & mask64(64);
  }
  d.code = code;
}

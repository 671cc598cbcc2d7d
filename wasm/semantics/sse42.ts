/**
 * SSE4.2 text comparison (PCMPESTRI, PCMPESTRM, PCMPISTRI, PCMPISTRM) and CRC32.
 *
 * The immediate: bits 1–0 element type, 3–2 how the strings are compared, 5–4 polarity, 6 which index or mask.
 * Memory operands need no alignment. [SDM1] 12.10.4; [SDM2] 4.1
 */
import { readE, readG, setReg } from "../cpu/operand";
import { setArithFlags } from "../cpu/flags";
import { Cpu, FLAG_CF, FLAG_OF, FLAG_SF, FLAG_ZF, OFF_XMM, ptr } from "../cpu/state";
import { REC_REX_W, Rec } from "../decode/record";
import { readWUnaligned } from "../sse/operands";
import { getXmm, setXmm } from "../sse/registers";

const FORMAT_WORDS: u32 = 1;
const FORMAT_SIGNED: u32 = 2;
const COMPARE_SHIFT: u32 = 2;
const COMPARE_ANY: u32 = 0;
const COMPARE_RANGES: u32 = 1;
const COMPARE_EACH: u32 = 2;
const POLARITY_NEGATIVE: u32 = 0x10;
const POLARITY_MASKED: u32 = 0x20;
const OUTPUT_HIGH: u32 = 0x40;

@inline function elementCount(control: u32): u32 {
  return control & FORMAT_WORDS ? 8 : 16;
}

/** Bits 0…n-1. */
@inline function lowBits(n: u32): u32 {
  return (1 << n) - 1;
}

/** One bit for each element of y that equals `value`. */
@inline function equalTo(control: u32, y: v128, value: u32): u32 {
  return control & FORMAT_WORDS ? i16x8.bitmask(i16x8.eq(y, i16x8.splat(<u16>value))) : i8x16.bitmask(i8x16.eq(y, i8x16.splat(<u8>value)));
}

/** One bit for each element of y that is at least `value`. */
function atLeast(control: u32, y: v128, value: u32): u32 {
  switch (control & 3) {
    case 0: return i8x16.bitmask(i8x16.ge_u(y, i8x16.splat(<u8>value)));
    case FORMAT_WORDS: return i16x8.bitmask(i16x8.ge_u(y, i16x8.splat(<u16>value)));
    case FORMAT_SIGNED: return i8x16.bitmask(i8x16.ge_s(y, i8x16.splat(<u8>value)));
    default: return i16x8.bitmask(i16x8.ge_s(y, i16x8.splat(<u16>value)));
  }
}

function atMost(control: u32, y: v128, value: u32): u32 {
  switch (control & 3) {
    case 0: return i8x16.bitmask(i8x16.le_u(y, i8x16.splat(<u8>value)));
    case FORMAT_WORDS: return i16x8.bitmask(i16x8.le_u(y, i16x8.splat(<u16>value)));
    case FORMAT_SIGNED: return i8x16.bitmask(i8x16.le_s(y, i8x16.splat(<u8>value)));
    default: return i16x8.bitmask(i16x8.le_s(y, i16x8.splat(<u16>value)));
  }
}

/** Element `i` of the register operand. */
@inline function element(cpu: Cpu, n: u32, control: u32, i: u32): u32 {
  const at = ptr(cpu) + (n << 4);
  return control & FORMAT_WORDS ? load<u16>(at + (i << 1), OFF_XMM) : load<u8>(at + i, OFF_XMM);
}

/**
 * The result bits, one for each element of W: V holds the `lengthX` elements to look for, `y` the `lengthY` elements that
 * are looked at. Sets the flags.
 */
function compareText(cpu: Cpu, rec: Rec, y: v128, lengthX: u32, lengthY: u32): u32 {
  const control = <u32>rec.imm;
  const count = elementCount(control);
  const validY = lowBits(lengthY);
  const n: u32 = rec.g;
  let bits: u32 = 0;
  switch ((control >> COMPARE_SHIFT) & 3) {
    case COMPARE_ANY:
      for (let i: u32 = 0; i < lengthX; i++) bits |= equalTo(control, y, element(cpu, n, control, i));
      bits &= validY;
      break;
    case COMPARE_RANGES:
      for (let i: u32 = 0; i + 1 < lengthX; i += 2)
        bits |= atLeast(control, y, element(cpu, n, control, i)) & atMost(control, y, element(cpu, n, control, i + 1));
      bits &= validY;
      break;
    case COMPARE_EACH: {
      const x = getXmm(cpu, n);
      const equal = control & FORMAT_WORDS ? i16x8.bitmask(i16x8.eq(x, y)) : i8x16.bitmask(i8x16.eq(x, y));
      const validX = lowBits(lengthX);
      bits = (equal & validX & validY) | (~(validX | validY) & lowBits(count));
      break;
    }
    default:
      // What would lie past the end of the vector counts as a match.
      bits = lowBits(count);
      for (let i: u32 = 0; i < lengthX; i++) bits &= ((equalTo(control, y, element(cpu, n, control, i)) & validY) >> i) | ~(lowBits(count) >> i);
      break;
  }
  if (control & POLARITY_NEGATIVE) bits ^= control & POLARITY_MASKED ? validY : lowBits(count);
  let flags: u32 = 0;
  if (bits) flags |= FLAG_CF;
  if (lengthY < count) flags |= FLAG_ZF;
  if (lengthX < count) flags |= FLAG_SF;
  if (bits & 1) flags |= FLAG_OF;
  setArithFlags(cpu, flags);
  return bits;
}

/** Length up to the first element that is zero. */
@inline function implicitLength(control: u32, x: v128): u32 {
  const zeros = equalTo(control, x, 0);
  return zeros ? ctz<u32>(zeros) : elementCount(control);
}

/** Length from a register: its absolute value, at most a vector full. */
@inline function explicitLength(rec: Rec, register: u64): u32 {
  const value: i64 = rec.flags & REC_REX_W ? <i64>register : <i64>(<i32>register);
  const size = <u64>(value < 0 ? 0 - value : value);
  const count = elementCount(<u32>rec.imm);
  return size > count ? count : <u32>size;
}

/** ECX: the lowest or highest set bit, or the element count. */
function storeIndex(cpu: Cpu, rec: Rec, bits: u32): void {
  const control = <u32>rec.imm;
  cpu.rcx = bits == 0 ? elementCount(control) : control & OUTPUT_HIGH ? 31 - clz<u32>(bits) : ctz<u32>(bits);
}

/** XMM0: the bits, or a mask of whole elements. */
function storeMask(cpu: Cpu, rec: Rec, bits: u32): void {
  const control = <u32>rec.imm;
  if (!(control & OUTPUT_HIGH)) {
    setXmm(cpu, 0, i32x4.replace_lane(i32x4.splat(0), 0, bits));
    return;
  }
  if (control & FORMAT_WORDS) {
    const weights = i16x8(1, 2, 4, 8, 16, 32, 64, 128);
    setXmm(cpu, 0, i16x8.eq(v128.and(i16x8.splat(<u16>bits), weights), weights));
  } else {
    const weights = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128);
    const spread = i64x2.replace_lane(i64x2.splat(<u64>(bits & 0xff) * 0x0101_0101_0101_0101), 1, <u64>(bits >> 8) * 0x0101_0101_0101_0101);
    setXmm(cpu, 0, i8x16.eq(v128.and(spread, weights), weights));
  }
}

export function PCMPISTRI(cpu: Cpu, rec: Rec): void {
  const y = readWUnaligned(cpu, rec);
  if (cpu.fault) return;
  const control = <u32>rec.imm;
  storeIndex(cpu, rec, compareText(cpu, rec, y, implicitLength(control, getXmm(cpu, rec.g)), implicitLength(control, y)));
}

export function PCMPISTRM(cpu: Cpu, rec: Rec): void {
  const y = readWUnaligned(cpu, rec);
  if (cpu.fault) return;
  const control = <u32>rec.imm;
  storeMask(cpu, rec, compareText(cpu, rec, y, implicitLength(control, getXmm(cpu, rec.g)), implicitLength(control, y)));
}

export function PCMPESTRI(cpu: Cpu, rec: Rec): void {
  const y = readWUnaligned(cpu, rec);
  if (cpu.fault) return;
  storeIndex(cpu, rec, compareText(cpu, rec, y, explicitLength(rec, cpu.rax), explicitLength(rec, cpu.rdx)));
}

export function PCMPESTRM(cpu: Cpu, rec: Rec): void {
  const y = readWUnaligned(cpu, rec);
  if (cpu.fault) return;
  storeMask(cpu, rec, compareText(cpu, rec, y, explicitLength(rec, cpu.rax), explicitLength(rec, cpu.rdx)));
}

// ---- CRC-32C (polynomial 11EDC6F41h, reflected), four bits at a time

const CRC_NIBBLES: usize = memory.data<u32>([
  0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
  0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
]);

@inline function crcByte(crc: u32, byte: u32): u32 {
  let value = crc ^ byte;
  value = (value >> 4) ^ load<u32>(CRC_NIBBLES + ((value & 15) << 2));
  return (value >> 4) ^ load<u32>(CRC_NIBBLES + ((value & 15) << 2));
}

/** CRC32 G,E: `T` is the source's size. A 64-bit destination takes 32 bits too. */
@inline function accumulate<T>(cpu: Cpu, rec: Rec): void {
  let data = <u64>readE<T>(cpu, rec);
  if (cpu.fault) return;
  let crc = readG<u32>(cpu, rec);
  for (let i: u32 = 0; i < sizeof<T>(); i++, data >>= 8) crc = crcByte(crc, <u32>data & 0xff);
  setReg<u32>(cpu, rec.g, crc);
}

export function CRC32_GEB(cpu: Cpu, rec: Rec): void { accumulate<u8>(cpu, rec); }
export function CRC32_GEV<T>(cpu: Cpu, rec: Rec): void { accumulate<T>(cpu, rec); }

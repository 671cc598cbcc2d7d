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
import { getXmm, setXmm } from "../sse/registers";
import { readWUnaligned } from "./sse-operands";

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

// ---- CRC-32C (polynomial 11EDC6F41h, reflected), a byte at a time

const CRC_BYTES: usize = memory.data<u32>([
  0x00000000, 0xf26b8303, 0xe13b70f7, 0x1350f3f4, 0xc79a971f, 0x35f1141c, 0x26a1e7e8, 0xd4ca64eb,
  0x8ad958cf, 0x78b2dbcc, 0x6be22838, 0x9989ab3b, 0x4d43cfd0, 0xbf284cd3, 0xac78bf27, 0x5e133c24,
  0x105ec76f, 0xe235446c, 0xf165b798, 0x030e349b, 0xd7c45070, 0x25afd373, 0x36ff2087, 0xc494a384,
  0x9a879fa0, 0x68ec1ca3, 0x7bbcef57, 0x89d76c54, 0x5d1d08bf, 0xaf768bbc, 0xbc267848, 0x4e4dfb4b,
  0x20bd8ede, 0xd2d60ddd, 0xc186fe29, 0x33ed7d2a, 0xe72719c1, 0x154c9ac2, 0x061c6936, 0xf477ea35,
  0xaa64d611, 0x580f5512, 0x4b5fa6e6, 0xb93425e5, 0x6dfe410e, 0x9f95c20d, 0x8cc531f9, 0x7eaeb2fa,
  0x30e349b1, 0xc288cab2, 0xd1d83946, 0x23b3ba45, 0xf779deae, 0x05125dad, 0x1642ae59, 0xe4292d5a,
  0xba3a117e, 0x4851927d, 0x5b016189, 0xa96ae28a, 0x7da08661, 0x8fcb0562, 0x9c9bf696, 0x6ef07595,
  0x417b1dbc, 0xb3109ebf, 0xa0406d4b, 0x522bee48, 0x86e18aa3, 0x748a09a0, 0x67dafa54, 0x95b17957,
  0xcba24573, 0x39c9c670, 0x2a993584, 0xd8f2b687, 0x0c38d26c, 0xfe53516f, 0xed03a29b, 0x1f682198,
  0x5125dad3, 0xa34e59d0, 0xb01eaa24, 0x42752927, 0x96bf4dcc, 0x64d4cecf, 0x77843d3b, 0x85efbe38,
  0xdbfc821c, 0x2997011f, 0x3ac7f2eb, 0xc8ac71e8, 0x1c661503, 0xee0d9600, 0xfd5d65f4, 0x0f36e6f7,
  0x61c69362, 0x93ad1061, 0x80fde395, 0x72966096, 0xa65c047d, 0x5437877e, 0x4767748a, 0xb50cf789,
  0xeb1fcbad, 0x197448ae, 0x0a24bb5a, 0xf84f3859, 0x2c855cb2, 0xdeeedfb1, 0xcdbe2c45, 0x3fd5af46,
  0x7198540d, 0x83f3d70e, 0x90a324fa, 0x62c8a7f9, 0xb602c312, 0x44694011, 0x5739b3e5, 0xa55230e6,
  0xfb410cc2, 0x092a8fc1, 0x1a7a7c35, 0xe811ff36, 0x3cdb9bdd, 0xceb018de, 0xdde0eb2a, 0x2f8b6829,
  0x82f63b78, 0x709db87b, 0x63cd4b8f, 0x91a6c88c, 0x456cac67, 0xb7072f64, 0xa457dc90, 0x563c5f93,
  0x082f63b7, 0xfa44e0b4, 0xe9141340, 0x1b7f9043, 0xcfb5f4a8, 0x3dde77ab, 0x2e8e845f, 0xdce5075c,
  0x92a8fc17, 0x60c37f14, 0x73938ce0, 0x81f80fe3, 0x55326b08, 0xa759e80b, 0xb4091bff, 0x466298fc,
  0x1871a4d8, 0xea1a27db, 0xf94ad42f, 0x0b21572c, 0xdfeb33c7, 0x2d80b0c4, 0x3ed04330, 0xccbbc033,
  0xa24bb5a6, 0x502036a5, 0x4370c551, 0xb11b4652, 0x65d122b9, 0x97baa1ba, 0x84ea524e, 0x7681d14d,
  0x2892ed69, 0xdaf96e6a, 0xc9a99d9e, 0x3bc21e9d, 0xef087a76, 0x1d63f975, 0x0e330a81, 0xfc588982,
  0xb21572c9, 0x407ef1ca, 0x532e023e, 0xa145813d, 0x758fe5d6, 0x87e466d5, 0x94b49521, 0x66df1622,
  0x38cc2a06, 0xcaa7a905, 0xd9f75af1, 0x2b9cd9f2, 0xff56bd19, 0x0d3d3e1a, 0x1e6dcdee, 0xec064eed,
  0xc38d26c4, 0x31e6a5c7, 0x22b65633, 0xd0ddd530, 0x0417b1db, 0xf67c32d8, 0xe52cc12c, 0x1747422f,
  0x49547e0b, 0xbb3ffd08, 0xa86f0efc, 0x5a048dff, 0x8ecee914, 0x7ca56a17, 0x6ff599e3, 0x9d9e1ae0,
  0xd3d3e1ab, 0x21b862a8, 0x32e8915c, 0xc083125f, 0x144976b4, 0xe622f5b7, 0xf5720643, 0x07198540,
  0x590ab964, 0xab613a67, 0xb831c993, 0x4a5a4a90, 0x9e902e7b, 0x6cfbad78, 0x7fab5e8c, 0x8dc0dd8f,
  0xe330a81a, 0x115b2b19, 0x020bd8ed, 0xf0605bee, 0x24aa3f05, 0xd6c1bc06, 0xc5914ff2, 0x37faccf1,
  0x69e9f0d5, 0x9b8273d6, 0x88d28022, 0x7ab90321, 0xae7367ca, 0x5c18e4c9, 0x4f48173d, 0xbd23943e,
  0xf36e6f75, 0x0105ec76, 0x12551f82, 0xe03e9c81, 0x34f4f86a, 0xc69f7b69, 0xd5cf889d, 0x27a40b9e,
  0x79b737ba, 0x8bdcb4b9, 0x988c474d, 0x6ae7c44e, 0xbe2da0a5, 0x4c4623a6, 0x5f16d052, 0xad7d5351,
]);

@inline function crcByte(crc: u32, byte: u32): u32 {
  return (crc >> 8) ^ load<u32>(CRC_BYTES + (((crc ^ byte) & 0xff) << 2));
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

/**
 * The x87 environment in memory: FNSTENV, FLDENV, FNSAVE, FRSTOR, in the four formats (16 or 32 bits, protected or real
 * address mode). A 64-bit operand size uses the 32-bit format. Full tags are made from the registers and the abridged ones.
 * [SDM1] 8.1.10, figures 8-9 to 8-12
 */
import { ACCESS_READ, ACCESS_WRITE, linear } from "../cpu/address";
import { Cpu, OFF_FPR, isRealOrV86, ptr } from "../cpu/state";
import { Rec, opSizeLog2 } from "../decode/record";
import { EXCEPTIONS, EXPONENT, INTEGER_BIT } from "../fpu/float80";
import { physical, updateSummary } from "../fpu/stack";
import { memRead, memReadForWrite, memWrite } from "../mmu/access";
import { laterLinear } from "./far";
import { PAGE_SIZE } from "../layout";
import { initFpu, setControl } from "./x87-control";

const TAG_VALID: u32 = 0;
const TAG_ZERO: u32 = 1;
const TAG_SPECIAL: u32 = 2;
const TAG_EMPTY: u32 = 3;

const WORDS: u32 = 7;
const REGISTER_BYTES: u32 = 10;
const FOP_BITS: u32 = 0x7ff;
/** Unused upper halves of the 32-bit format. */
const UPPER: u32 = 0xffff_0000;

/** Bytes of one field of the environment: 2 or 4. */
@inline function fieldBytes(rec: Rec): u32 {
  return opSizeLog2(rec) == 1 ? 2 : 4;
}

function tagOf(cpu: Cpu, n: u32): u32 {
  if (!((cpu.fpuTag >> <u8>n) & 1)) return TAG_EMPTY;
  const sig = load<u64>(ptr(cpu) + (n << 4), OFF_FPR);
  const exp = <u32>load<u16>(ptr(cpu) + (n << 4), OFF_FPR + 8) & EXPONENT;
  if (exp == EXPONENT) return TAG_SPECIAL;
  if (exp == 0) return sig == 0 ? TAG_ZERO : TAG_SPECIAL;
  return sig & INTEGER_BIT ? TAG_VALID : TAG_SPECIAL;
}

function tagWord(cpu: Cpu): u32 {
  let word: u32 = 0;
  for (let n: u32 = 0; n < 8; n++) word |= tagOf(cpu, n) << (n << 1);
  return word;
}

function setTagWord(cpu: Cpu, word: u32): void {
  let tags: u32 = 0;
  for (let n: u32 = 0; n < 8; n++) if (((word >> (n << 1)) & 3) != TAG_EMPTY) tags |= 1 << n;
  cpu.fpuTag = <u8>tags;
}

/**
 * Linear address of `bytes` bytes of which no page can fault any more; 0 with `cpu.fault` set otherwise. Alignment is
 * checked with the first field: it is the same for all.
 */
function areaFor(cpu: Cpu, rec: Rec, bytes: u32, access: u32): u64 {
  const linearAddr = linear(cpu, rec, bytes, access);
  if (cpu.fault) return 0;
  const inFirstPage = PAGE_SIZE - (<u32>linearAddr & (PAGE_SIZE - 1));
  const second = laterLinear(cpu, linearAddr, inFirstPage < bytes ? inFirstPage : 0);
  if (access == ACCESS_WRITE) {
    memReadForWrite<u8>(cpu, linearAddr);
    if (!cpu.fault) memReadForWrite<u8>(cpu, second);
  } else {
    memRead<u8>(cpu, linearAddr);
    if (!cpu.fault) memRead<u8>(cpu, second);
  }
  return linearAddr;
}

/** Field `n` of an environment at `at`. */
function putField(cpu: Cpu, at: u64, bytes: u32, n: u32, value: u32): void {
  const linearAddr = laterLinear(cpu, at, n * bytes);
  if (bytes == 2) memWrite<u16>(cpu, linearAddr, <u16>value);
  else memWrite<u32>(cpu, linearAddr, value);
}

function getField(cpu: Cpu, at: u64, bytes: u32, n: u32): u32 {
  const linearAddr = laterLinear(cpu, at, n * bytes);
  return bytes == 2 ? <u32>memRead<u16>(cpu, linearAddr) : memRead<u32>(cpu, linearAddr);
}

function storeEnvironment(cpu: Cpu, at: u64, bytes: u32): void {
  const upper = bytes == 4 ? UPPER : 0;
  putField(cpu, at, bytes, 0, cpu.fpuControl | upper);
  putField(cpu, at, bytes, 1, cpu.fpuStatus | upper);
  putField(cpu, at, bytes, 2, tagWord(cpu) | upper);
  if (isRealOrV86(cpu)) {
    const code = (<u32>cpu.fpuCs << 4) + <u32>cpu.fpuIp;
    const data = (<u32>cpu.fpuDs << 4) + <u32>cpu.fpuDp;
    if (bytes == 2) {
      putField(cpu, at, bytes, 3, code);
      putField(cpu, at, bytes, 4, ((code >> 4) & 0xf000) | cpu.fpuOpcode);
      putField(cpu, at, bytes, 5, data);
      putField(cpu, at, bytes, 6, (data >> 4) & 0xf000);
    } else {
      putField(cpu, at, bytes, 3, (code & 0xffff) | upper);
      putField(cpu, at, bytes, 4, ((code & 0xffff_0000) >> 4) | cpu.fpuOpcode);
      putField(cpu, at, bytes, 5, (data & 0xffff) | upper);
      putField(cpu, at, bytes, 6, (data & 0xffff_0000) >> 4);
    }
    return;
  }
  putField(cpu, at, bytes, 3, <u32>cpu.fpuIp);
  putField(cpu, at, bytes, 4, bytes == 4 ? cpu.fpuCs | (<u32>cpu.fpuOpcode << 16) : cpu.fpuCs);
  putField(cpu, at, bytes, 5, <u32>cpu.fpuDp);
  putField(cpu, at, bytes, 6, cpu.fpuDs | upper);
}

function loadEnvironment(cpu: Cpu, at: u64, bytes: u32): void {
  const control = <u16>getField(cpu, at, bytes, 0);
  const status = <u16>getField(cpu, at, bytes, 1);
  const tags = getField(cpu, at, bytes, 2);
  const code = getField(cpu, at, bytes, 3);
  const code2 = getField(cpu, at, bytes, 4);
  const data = getField(cpu, at, bytes, 5);
  const data2 = getField(cpu, at, bytes, 6);
  if (cpu.fault) return;
  cpu.fpuStatus = status;
  setTagWord(cpu, tags);
  if (isRealOrV86(cpu)) {
    // Linear addresses: the selectors are gone.
    const highMask: u32 = bytes == 2 ? 0xf000 : 0x0fff_f000;
    cpu.fpuIp = (code & 0xffff) | ((code2 & highMask) << 4);
    cpu.fpuDp = (data & 0xffff) | ((data2 & highMask) << 4);
    cpu.fpuCs = 0;
    cpu.fpuDs = 0;
    cpu.fpuOpcode = <u16>(code2 & FOP_BITS);
  } else {
    cpu.fpuIp = code;
    cpu.fpuCs = <u16>code2;
    cpu.fpuOpcode = bytes == 4 ? <u16>((code2 >> 16) & FOP_BITS) : 0;
    cpu.fpuDp = data;
    cpu.fpuDs = <u16>data2;
  }
  setControl(cpu, control);
}

/** Afterwards all exceptions are masked. */
export function FNSTENV(cpu: Cpu, rec: Rec): void {
  const bytes = fieldBytes(rec);
  const at = areaFor(cpu, rec, WORDS * bytes, ACCESS_WRITE);
  if (cpu.fault) return;
  storeEnvironment(cpu, at, bytes);
  if (cpu.fault) return;
  cpu.fpuControl |= <u16>EXCEPTIONS;
  updateSummary(cpu);
}

export function FLDENV(cpu: Cpu, rec: Rec): void {
  const bytes = fieldBytes(rec);
  const at = areaFor(cpu, rec, WORDS * bytes, ACCESS_READ);
  if (!cpu.fault) loadEnvironment(cpu, at, bytes);
}

export function FNSAVE(cpu: Cpu, rec: Rec): void {
  const bytes = fieldBytes(rec);
  const at = areaFor(cpu, rec, WORDS * bytes + 8 * REGISTER_BYTES, ACCESS_WRITE);
  if (cpu.fault) return;
  storeEnvironment(cpu, at, bytes);
  if (cpu.fault) return;
  for (let i: u32 = 0; i < 8; i++) {
    const slot = ptr(cpu) + (physical(cpu, i) << 4);
    const to = laterLinear(cpu, at, WORDS * bytes + i * REGISTER_BYTES);
    // By words: ten-byte fields are no better aligned.
    for (let n: u32 = 0; n < REGISTER_BYTES; n += 2) memWrite<u16>(cpu, laterLinear(cpu, to, n), load<u16>(slot + n, OFF_FPR));
  }
  initFpu(cpu);
}

export function FRSTOR(cpu: Cpu, rec: Rec): void {
  const bytes = fieldBytes(rec);
  const at = areaFor(cpu, rec, WORDS * bytes + 8 * REGISTER_BYTES, ACCESS_READ);
  if (cpu.fault) return;
  loadEnvironment(cpu, at, bytes);
  if (cpu.fault) return;
  for (let i: u32 = 0; i < 8; i++) {
    const slot = ptr(cpu) + (physical(cpu, i) << 4);
    const from = laterLinear(cpu, at, WORDS * bytes + i * REGISTER_BYTES);
    for (let n: u32 = 0; n < REGISTER_BYTES; n += 2) store<u16>(slot + n, memRead<u16>(cpu, laterLinear(cpu, from, n)), OFF_FPR);
  }
}

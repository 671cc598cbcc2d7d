/**
 * x87 data transfer: loads, stores, exchange, conditional moves, sign, constants.
 *
 * Order of every store: empty source, conversion; an unmasked exception that concerns the stored value keeps memory and stack
 * as they are; then the address, then memory is written, and flags, stack and pointers change last: a store that
 * faults leaves all.
 * [SDM1] 8.3.1, 8.3.2, 8.3.4, 8.5; [SDM2]
 */
import { ACCESS_WRITE, linear } from "../cpu/address";
import { condition } from "../cpu/flags";
import { Cpu } from "../cpu/state";
import { Rec } from "../decode/record";
import { fromDecimal, toDecimal } from "../fpu/decimal";
import {
  BIAS, FCW_RC_SHIFT, FSW_C1, FSW_IE, FSW_OE, FSW_SF, FSW_UE, Float80, INTEGER_BIT, ROUND_NEAREST, ROUND_UP, ROUND_ZERO, SIGN, clearRaised, indefinite, make, raiseFpu, raisedFlags, sigOf,
  signExponentOf, zero,
} from "../fpu/float80";
import { loadNarrow, narrow, narrowIndefinite, toInteger } from "../fpu/narrow";
import { peekNarrow, pushInteger, pushNarrow, storedShort } from "../fpu/short";
import { getSt, hasRoom, isEmpty, pop, push, setSt, settle, settlePush, underflow } from "../fpu/stack";
import { PAGE_SIZE } from "../layout";
import { memRead, memReadForWrite, memWrite } from "../mmu/access";
import { laterLinear } from "./far";
import { readMem } from "./sse-operands";
import { noteInstruction, noteMemory, setPointers } from "./x87-pointers";

/** Exceptions that keep a store away when they are unmasked. */
const BEFORE_STORE: u32 = FSW_IE | FSW_OE | FSW_UE;

// ---- loads

@inline function loadReal<T>(cpu: Cpu, rec: Rec): void {
  const raw = readMem<T>(cpu, rec);
  if (cpu.fault) return;
  if (pushNarrow<T>(cpu, raw)) {
    setPointers(cpu, rec);
    return;
  }
  noteMemory(cpu, rec);
  if (hasRoom(cpu)) settlePush(cpu, loadNarrow<T>(raw));
}

export function FLD_M32(cpu: Cpu, rec: Rec): void {
  loadReal<u32>(cpu, rec);
}

export function FLD_M64(cpu: Cpu, rec: Rec): void {
  loadReal<u64>(cpu, rec);
}

/** Ten bytes, as they are. */
export function FLD_M80(cpu: Cpu, rec: Rec): void {
  const value = readMem80(cpu, rec);
  if (cpu.fault) return;
  noteMemory(cpu, rec);
  if (hasRoom(cpu)) settlePush(cpu, value);
}

export function FLD_ST(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  const i: u32 = rec.modrm & 7;
  if (isEmpty(cpu, i)) {
    if (underflow(cpu)) push(cpu, indefinite());
    return;
  }
  const value = getSt(cpu, i);
  if (hasRoom(cpu)) settlePush(cpu, value);
}

@inline function loadInteger<T>(cpu: Cpu, rec: Rec): void {
  const value = readMem<T>(cpu, rec);
  if (cpu.fault) return;
  noteMemory(cpu, rec);
  if (!pushInteger(cpu, value)) hasRoom(cpu);
}

export function FILD_M16(cpu: Cpu, rec: Rec): void {
  loadInteger<i16>(cpu, rec);
}

export function FILD_M32(cpu: Cpu, rec: Rec): void {
  loadInteger<i32>(cpu, rec);
}

export function FILD_M64(cpu: Cpu, rec: Rec): void {
  loadInteger<i64>(cpu, rec);
}

export function FBLD(cpu: Cpu, rec: Rec): void {
  const image = readMem80(cpu, rec);
  if (cpu.fault) return;
  noteMemory(cpu, rec);
  if (hasRoom(cpu)) settlePush(cpu, fromDecimal(sigOf(image), signExponentOf(image)));
}

function readMem80(cpu: Cpu, rec: Rec): Float80 {
  const linearAddr = linear(cpu, rec, 10, 0);
  if (cpu.fault) return zero(0);
  const low = memRead<u64>(cpu, linearAddr);
  if (cpu.fault) return zero(0);
  return make(low, memRead<u16>(cpu, laterLinear(cpu, linearAddr, 8)));
}

// ---- stores

/**
 * Whether what was raised, and a masked underflow of the stack, let the value be stored; otherwise these exceptions alone are
 * settled, and memory is not even looked at. What lets it be stored is settled when it has been.
 */
function mayStore(cpu: Cpu): bool {
  if (isEmpty(cpu, 0)) raiseFpu(FSW_IE | FSW_SF);
  const flags = raisedFlags();
  if (!(flags & ~(<u32>cpu.fpuControl) & BEFORE_STORE)) return true;
  clearRaised();
  raiseFpu(flags & BEFORE_STORE);
  settle(cpu);
  return false;
}

/** After the store: settles, and pops for the forms that do. */
function stored(cpu: Cpu, pops: bool): void {
  settle(cpu);
  if (pops) pop(cpu);
}

/** The masked response to an empty source is the indefinite value. False: an unmasked one, and nothing is left to do. */
@inline function sourceOrUnderflow(cpu: Cpu): bool {
  clearRaised();
  if (!isEmpty(cpu, 0)) return true;
  return (<u32>cpu.fpuControl & FSW_IE) != 0 || underflow(cpu);
}

@inline function writeOperand<T>(cpu: Cpu, rec: Rec, value: T): void {
  const linearAddr = linear(cpu, rec, sizeof<T>(), ACCESS_WRITE);
  if (!cpu.fault) memWrite<T>(cpu, linearAddr, value);
}

function storeNarrow<T>(cpu: Cpu, rec: Rec, pops: bool): void {
  const short = peekNarrow<T>(cpu);
  if (short) {
    writeOperand<T>(cpu, rec, short);
    if (cpu.fault) return;
    storedShort(cpu, pops);
    setPointers(cpu, rec);
    return;
  }
  if (sourceOrUnderflow(cpu)) {
    const raw = isEmpty(cpu, 0) ? narrowIndefinite<T>() : narrow<T>(cpu.fpuControl, getSt(cpu, 0));
    if (mayStore(cpu)) {
      writeOperand<T>(cpu, rec, raw);
      if (cpu.fault) return;
      stored(cpu, pops);
    }
  }
  setPointers(cpu, rec);
}

export function FST_M32(cpu: Cpu, rec: Rec): void {
  storeNarrow<u32>(cpu, rec, false);
}

export function FSTP_M32(cpu: Cpu, rec: Rec): void {
  storeNarrow<u32>(cpu, rec, true);
}

export function FST_M64(cpu: Cpu, rec: Rec): void {
  storeNarrow<u64>(cpu, rec, false);
}

export function FSTP_M64(cpu: Cpu, rec: Rec): void {
  storeNarrow<u64>(cpu, rec, true);
}

/** Ten bytes; where they span two pages, the second one is asked for first. */
function writeMem80(cpu: Cpu, rec: Rec, value: Float80): void {
  const linearAddr = linear(cpu, rec, 10, ACCESS_WRITE);
  if (cpu.fault) return;
  const inFirstPage = PAGE_SIZE - (<u32>linearAddr & (PAGE_SIZE - 1));
  if (inFirstPage < 10) {
    memReadForWrite<u8>(cpu, linearAddr);
    if (!cpu.fault) memReadForWrite<u8>(cpu, laterLinear(cpu, linearAddr, inFirstPage));
    if (cpu.fault) return;
  }
  memWrite<u64>(cpu, linearAddr, sigOf(value));
  if (!cpu.fault) memWrite<u16>(cpu, laterLinear(cpu, linearAddr, 8), <u16>signExponentOf(value));
}

export function FSTP_M80(cpu: Cpu, rec: Rec): void {
  if (sourceOrUnderflow(cpu) && mayStore(cpu)) {
    writeMem80(cpu, rec, isEmpty(cpu, 0) ? indefinite() : getSt(cpu, 0));
    if (cpu.fault) return;
    stored(cpu, true);
  }
  setPointers(cpu, rec);
}

export function FBSTP(cpu: Cpu, rec: Rec): void {
  if (sourceOrUnderflow(cpu)) {
    const image = toDecimal(cpu.fpuControl, isEmpty(cpu, 0) ? indefinite() : getSt(cpu, 0));
    if (mayStore(cpu)) {
      writeMem80(cpu, rec, image);
      if (cpu.fault) return;
      stored(cpu, true);
    }
  }
  setPointers(cpu, rec);
}

function storeInteger<T>(cpu: Cpu, rec: Rec, mode: u32, pops: bool): void {
  if (sourceOrUnderflow(cpu)) {
    const value = toInteger(mode, isEmpty(cpu, 0) ? indefinite() : getSt(cpu, 0), sizeof<T>() << 3);
    if (mayStore(cpu)) {
      writeOperand<T>(cpu, rec, <T>value);
      if (cpu.fault) return;
      stored(cpu, pops);
    }
  }
  setPointers(cpu, rec);
}

@inline function roundingMode(cpu: Cpu): u32 {
  return (<u32>cpu.fpuControl >> FCW_RC_SHIFT) & 3;
}

export function FIST_M16(cpu: Cpu, rec: Rec): void {
  storeInteger<u16>(cpu, rec, roundingMode(cpu), false);
}

export function FIST_M32(cpu: Cpu, rec: Rec): void {
  storeInteger<u32>(cpu, rec, roundingMode(cpu), false);
}

export function FISTP_M16(cpu: Cpu, rec: Rec): void {
  storeInteger<u16>(cpu, rec, roundingMode(cpu), true);
}

export function FISTP_M32(cpu: Cpu, rec: Rec): void {
  storeInteger<u32>(cpu, rec, roundingMode(cpu), true);
}

export function FISTP_M64(cpu: Cpu, rec: Rec): void {
  storeInteger<u64>(cpu, rec, roundingMode(cpu), true);
}

export function FISTTP_M16(cpu: Cpu, rec: Rec): void {
  storeInteger<u16>(cpu, rec, ROUND_ZERO, true);
}

export function FISTTP_M32(cpu: Cpu, rec: Rec): void {
  storeInteger<u32>(cpu, rec, ROUND_ZERO, true);
}

export function FISTTP_M64(cpu: Cpu, rec: Rec): void {
  storeInteger<u64>(cpu, rec, ROUND_ZERO, true);
}

// ---- register to register

function storeRegister(cpu: Cpu, rec: Rec, pops: bool): void {
  noteInstruction(cpu, rec);
  if (isEmpty(cpu, 0) && !underflow(cpu)) return;
  setSt(cpu, rec.modrm & 7, isEmpty(cpu, 0) ? indefinite() : getSt(cpu, 0));
  stored(cpu, pops);
}

export function FST_ST(cpu: Cpu, rec: Rec): void {
  storeRegister(cpu, rec, false);
}

export function FSTP_ST(cpu: Cpu, rec: Rec): void {
  storeRegister(cpu, rec, true);
}

/** D9 D8+i: an empty ST(0) is no stack fault but only popped. */
export function FSTP1(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (!isEmpty(cpu, 0)) setSt(cpu, rec.modrm & 7, getSt(cpu, 0));
  stored(cpu, true);
}

export function FXCH(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  const i: u32 = rec.modrm & 7;
  const first = isEmpty(cpu, 0) ? indefinite() : getSt(cpu, 0);
  const second = isEmpty(cpu, i) ? indefinite() : getSt(cpu, i);
  if ((isEmpty(cpu, 0) || isEmpty(cpu, i)) && !underflow(cpu)) return;
  setSt(cpu, 0, second);
  setSt(cpu, i, first);
  settle(cpu);
}

/** Flags and C1 are left alone. FCMOVB E BE U: condition codes of Jcc 2, 4, 6, 10; DB has the opposites. */
@inline function moveCondition(rec: Rec): u32 {
  const kind = (<u32>rec.modrm >> 3) & 3;
  return (kind == 3 ? 10 : 2 + (kind << 1)) | (<u32>rec.opcode & 1);
}

export function FCMOV(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  const i: u32 = rec.modrm & 7;
  if (isEmpty(cpu, 0) || isEmpty(cpu, i)) {
    if (underflow(cpu)) setSt(cpu, 0, indefinite());
    return;
  }
  if (condition(cpu, moveCondition(rec))) setSt(cpu, 0, getSt(cpu, i));
}

/** FCHS and FABS work on anything, NaNs too. */
export function FCHS(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (isEmpty(cpu, 0)) {
    if (underflow(cpu)) setSt(cpu, 0, indefinite());
    return;
  }
  settle(cpu);
  const a = getSt(cpu, 0);
  setSt(cpu, 0, make(sigOf(a), signExponentOf(a) ^ SIGN));
}

export function FABS(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (isEmpty(cpu, 0)) {
    if (underflow(cpu)) setSt(cpu, 0, indefinite());
    return;
  }
  settle(cpu);
  const a = getSt(cpu, 0);
  setSt(cpu, 0, make(sigOf(a), signExponentOf(a) & ~SIGN));
}

// ---- constants

/**
 * A constant by rounding mode: `sig` is the significand cut off, `nearest` is 1 where rounding to nearest goes up. Neither PE
 * nor C1 tells of it. [SDM2] FLD1 ff.
 */
function pushConstant(cpu: Cpu, rec: Rec, exponent: i32, sig: u64, nearest: u64): void {
  noteInstruction(cpu, rec);
  if (!hasRoom(cpu)) return;
  const mode = roundingMode(cpu);
  const up: u64 = mode == ROUND_NEAREST ? nearest : mode == ROUND_UP ? 1 : 0;
  settlePush(cpu, make(sig + up, <u32>(BIAS + exponent)));
}

export function FLD1(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (hasRoom(cpu)) settlePush(cpu, make(INTEGER_BIT, <u32>BIAS));
}

export function FLDZ(cpu: Cpu, rec: Rec): void {
  noteInstruction(cpu, rec);
  if (hasRoom(cpu)) settlePush(cpu, zero(0));
}

export function FLDL2T(cpu: Cpu, rec: Rec): void {
  pushConstant(cpu, rec, 1, 0xd49a_784b_cd1b_8afe, 0);
}

export function FLDL2E(cpu: Cpu, rec: Rec): void {
  pushConstant(cpu, rec, 0, 0xb8aa_3b29_5c17_f0bb, 1);
}

export function FLDPI(cpu: Cpu, rec: Rec): void {
  pushConstant(cpu, rec, 1, 0xc90f_daa2_2168_c234, 1);
}

export function FLDLG2(cpu: Cpu, rec: Rec): void {
  pushConstant(cpu, rec, -2, 0x9a20_9a84_fbcf_f798, 1);
}

export function FLDLN2(cpu: Cpu, rec: Rec): void {
  pushConstant(cpu, rec, -1, 0xb172_17f7_d1cf_79ab, 1);
}

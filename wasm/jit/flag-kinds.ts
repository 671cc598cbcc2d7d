/**
 * Arithmetic flags inside compiled regions: the operands or the result of what set them last, in i64 locals
 * (x, y, r; t for a rotation), and a kind that says how to get flags from them. The kind is mostly known when the code is written; where
 * paths meet it is in a local. Here is what each kind means, as the code that turns it into the processor's own form
 * (cpu/flags.ts) when a region is left.
 */
import { flagsAdc, flagsAdd, flagsDec, flagsImul, flagsInc, flagsLogic, flagsRotl, flagsRotr, flagsSar, flagsSbb, flagsShl, flagsShr, flagsSub } from "../cpu/alu-flags";
import { getCF } from "../cpu/flags";
import { Cpu, FLAG_CF } from "../cpu/state";

/** The processor's struct has them. */
export const KIND_STRUCT: u32 = 0;
/** r is flagRes, x is flagAux. */
export const KIND_WORDS: u32 = 1;
// The rest have log2 of the operand size in their low bits.
/** r is the result; CF = OF = AF = 0. */
export const KIND_LOGIC: u32 = 4;
/** x + y */
export const KIND_ADD: u32 = 8;
/** x − y */
export const KIND_SUB: u32 = 12;
/** x + y + carry = r */
export const KIND_ADC: u32 = 16;
/** x − y − carry = r */
export const KIND_SBB: u32 = 20;
/** r is the result, y the carry from before. */
export const KIND_INC: u32 = 24;
export const KIND_DEC: u32 = 28;
/** The signed product x × y, cut to r. */
export const KIND_IMUL: u32 = 32;
/** r is the result of a shift, x the operand one step before. */
export const KIND_SHL: u32 = 36;
export const KIND_SHR: u32 = 40;
export const KIND_SAR: u32 = 44;
export const KIND_BASE: u32 = 0x3f;
/** Besides: since then a rotation has changed CF and OF; t is its result, repeated up to bit 63. */
export const KIND_ROTATED_LEFT: u32 = 0x40;
export const KIND_ROTATED_RIGHT: u32 = 0x80;
/** The struct's jitFlag… fields have kind and operands: what the region before this one has left. */
export const KIND_DEFERRED: u32 = 0x3c;
/** In the emitter and in exits: the kind is in a local. */
export const KIND_LOCAL: u32 = 0xff;

/** Flags that a region has left for the next are written out: for everything that is not compiled code. */
export function settleDeferred(cpu: Cpu): void {
  const kind = cpu.jitFlagKind;
  if (kind == KIND_STRUCT) return;
  cpu.jitFlagKind = KIND_STRUCT;
  settleFlags(cpu, kind, cpu.jitFlagX, cpu.jitFlagY, cpu.jitFlagR, cpu.jitFlagT);
}

/** CF, 0 or 1. The struct has the flags afterwards as well; the kind in hand stays good. */
export function carryOf(cpu: Cpu, kind: u32, x: u64, y: u64, r: u64, t: u64): u64 {
  settleFlags(cpu, kind, x, y, r, t);
  return <u64>getCF(cpu);
}

/** Writes the flags into the processor's struct. */
export function settleFlags(cpu: Cpu, kind: u32, x: u64, y: u64, r: u64, t: u64): void {
  if (kind == KIND_DEFERRED) {
    settleDeferred(cpu);
    return;
  }
  cpu.jitFlagKind = KIND_STRUCT;
  settleBase(cpu, kind & KIND_BASE, x, y, r);
  if (kind & KIND_ROTATED_LEFT) flagsRotl<u64>(cpu, t);
  else if (kind & KIND_ROTATED_RIGHT) flagsRotr<u64>(cpu, t);
}

function settleBase(cpu: Cpu, kind: u32, x: u64, y: u64, r: u64): void {
  if (kind == KIND_STRUCT) return;
  if (kind == KIND_WORDS) {
    cpu.flagRes = <i64>r;
    cpu.flagAux = <u32>x;
    return;
  }
  switch (kind & 3) {
    case 0: settleSized<u8>(cpu, kind & ~3, x, y, r); break;
    case 1: settleSized<u16>(cpu, kind & ~3, x, y, r); break;
    case 2: settleSized<u32>(cpu, kind & ~3, x, y, r); break;
    default: settleSized<u64>(cpu, kind & ~3, x, y, r); break;
  }
}

function settleSized<S>(cpu: Cpu, kind: u32, x: u64, y: u64, r: u64): void {
  switch (kind) {
    case KIND_LOGIC: flagsLogic<S>(cpu, r); break;
    case KIND_ADD: flagsAdd<S>(cpu, x, y, <u64>(<S>(x + y))); break;
    case KIND_SUB: flagsSub<S>(cpu, x, y, <u64>(<S>(x - y))); break;
    case KIND_ADC: flagsAdc<S>(cpu, x, y, r); break;
    case KIND_SHL: flagsShl<S>(cpu, x, r); break;
    case KIND_SHR: flagsShr<S>(cpu, x, r); break;
    case KIND_SAR: flagsSar<S>(cpu, x, r); break;
    case KIND_IMUL: flagsImul<S>(cpu, x, y, r); break;
    case KIND_SBB: flagsSbb<S>(cpu, x, y, r); break;
    default: {
      cpu.flagAux = <u32>y & FLAG_CF;
      if (kind == KIND_INC) flagsInc<S>(cpu, r);
      else flagsDec<S>(cpu, r);
    }
  }
}

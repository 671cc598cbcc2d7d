/**
 * The XMM and MMX registers of a processor.
 *
 * MMn is the low 64 bits of physical x87 register Rn. Every MMX instruction but EMMS sets TOP to 0 and marks all
 * registers as in use; a write also sets the exponent and sign of the register to ones.
 * [SDM1] 9.2.1, 9.5.1, 10.2.2
 */
import { Cpu, OFF_FPR, OFF_XMM, ptr } from "../cpu/state";

const FSW_TOP: u16 = 0x3800;

@inline export function getXmm(cpu: Cpu, n: u32): v128 {
  return v128.load(ptr(cpu) + (n << 4), OFF_XMM);
}

@inline export function setXmm(cpu: Cpu, n: u32, value: v128): void {
  v128.store(ptr(cpu) + (n << 4), value, OFF_XMM);
}

/** Lowest lane of an XMM register. `T` is u8…u64, f32 or f64. */
@inline export function getXmmLow<T>(cpu: Cpu, n: u32): T {
  return load<T>(ptr(cpu) + (n << 4), OFF_XMM);
}

/** Sets the lowest lane and keeps the others. */
@inline export function setXmmLow<T>(cpu: Cpu, n: u32, value: T): void {
  store<T>(ptr(cpu) + (n << 4), value, OFF_XMM);
}

@inline export function getXmmHigh(cpu: Cpu, n: u32): u64 {
  return load<u64>(ptr(cpu) + (n << 4), OFF_XMM + 8);
}

@inline export function setXmmHigh(cpu: Cpu, n: u32, value: u64): void {
  store<u64>(ptr(cpu) + (n << 4), value, OFF_XMM + 8);
}

@inline export function getMm(cpu: Cpu, n: u32): u64 {
  return load<u64>(ptr(cpu) + ((n & 7) << 4), OFF_FPR);
}

/** Writes MMn; the bits above it become ones. */
@inline export function setMm(cpu: Cpu, n: u32, value: u64): void {
  const slot = ptr(cpu) + ((n & 7) << 4);
  store<u64>(slot, value, OFF_FPR);
  store<u16>(slot, 0xffff, OFF_FPR + 8);
}

/** What every MMX instruction does to the x87 state. Call it after the last access that can fault. */
@inline export function enterMmx(cpu: Cpu): void {
  cpu.fpuStatus &= ~FSW_TOP;
  cpu.fpuTag = 0xff;
}

/** A vector with `low` in its low half and zero above. */
@inline export function fromLow(low: u64): v128 {
  return i64x2.replace_lane(i64x2.splat(0), 0, low);
}

/** A vector of two halves. */
@inline export function fromHalves(low: u64, high: u64): v128 {
  return i64x2.replace_lane(i64x2.splat(low), 1, high);
}

@inline export function lowHalf(x: v128): u64 {
  return i64x2.extract_lane(x, 0);
}

@inline export function highHalf(x: v128): u64 {
  return i64x2.extract_lane(x, 1);
}

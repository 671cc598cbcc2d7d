/**
 * The time-stamp counter: machine time at 1 GHz, so a tick is a nanosecond, plus an offset that WRMSR sets. It never
 * stands still: two reads differ even where the machine's clock did not move between them.
 * [SDM3] 17.17 – [APM2] 13.2.4
 */
import { nowNs } from "../host";
import { Cpu } from "./state";

export const TSC_HZ: u32 = 1_000_000_000;
export const TSC_KHZ: u32 = TSC_HZ / 1000;

@inline function ticks(): u64 {
  return <u64>nowNs();
}

/** The counter without the promise to move: for conversions. */
export function tscNow(cpu: Cpu): u64 {
  return ticks() + cpu.tscOffset;
}

/** RDTSC. */
export function readTsc(cpu: Cpu): u64 {
  let value = tscNow(cpu);
  const last = cpu.tscLast;
  if (<i64>(value - last) <= 0 && last != 0) value = last + 1;
  cpu.tscLast = value;
  return value;
}

/** Sets the counter; IA32_TSC_ADJUST moves by as much. @returns by how much the counter moved. */
export function writeTsc(cpu: Cpu, value: u64): u64 {
  const moved = value - tscNow(cpu);
  moveTsc(cpu, moved);
  return moved;
}

/** Moves the counter by `delta`. */
export function moveTsc(cpu: Cpu, delta: u64): void {
  cpu.tscOffset += delta;
  cpu.tscLast = 0;
}

/** Machine time at which the counter reaches `tsc`. */
export function tscToNs(cpu: Cpu, tsc: u64): f64 {
  return <f64>(<i64>(tsc - cpu.tscOffset));
}

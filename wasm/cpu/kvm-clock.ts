/**
 * The paravirtual clock of KVM: the guest names a place in its memory by an MSR, and finds there how machine time follows
 * from the TSC, and when the machine was started. As the TSC is machine time plus an offset, a record stays right until
 * the offset changes. A version field that is odd while the record is being written lets readers on other processors retry.
 * [KVM] Documentation/virt/kvm/x86/msr.rst, cpuid.rst
 */
import { epochMs, nowNs } from "../host";
import { writePhys32 } from "../mmu/slow-access";
import { Cpu } from "./state";
import { miscOf } from "./msr-state";
import { tscNow } from "./tsc";

/** Bit 0 of MSR_KVM_SYSTEM_TIME. */
const SYSTEM_TIME_ENABLE: u64 = 1;
const RECORD_TSC: u32 = 8;
const RECORD_SYSTEM_TIME: u32 = 16;
const RECORD_MULTIPLIER: u32 = 24;
const RECORD_SHIFT_FLAGS: u32 = 28;
/** ns = (ticks << 1) * 2^31 >> 32: exactly one a tick. */
const MULTIPLIER: u32 = 0x8000_0000;
const SHIFT: u32 = 1;
/** The TSCs of all processors agree. */
const FLAG_TSC_STABLE: u32 = 1;
const NS_PER_MS: f64 = 1e6;

/** WRMSR to MSR_KVM_SYSTEM_TIME, old or new. */
export function setSystemTime(cpu: Cpu, value: u64): void {
  cpu.msrKvmSystemTime = value;
  writeSystemTime(cpu);
}

/** Writes the record anew, where there is one: it was asked for, or the TSC was set. */
export function writeSystemTime(cpu: Cpu): void {
  if (!(cpu.msrKvmSystemTime & SYSTEM_TIME_ENABLE)) return;
  const record = cpu.msrKvmSystemTime & ~SYSTEM_TIME_ENABLE;
  const misc = miscOf(cpu);
  const version = misc.clockVersion + 2;
  misc.clockVersion = version;
  const tsc = tscNow(cpu);
  // At this TSC, machine time is TSC minus offset: no second look at the clock, which may have moved.
  const systemTime = tsc - cpu.tscOffset;
  writePhys32(cpu, record, version - 1);
  write64(cpu, record + RECORD_TSC, tsc);
  write64(cpu, record + RECORD_SYSTEM_TIME, systemTime);
  writePhys32(cpu, record + RECORD_MULTIPLIER, MULTIPLIER);
  writePhys32(cpu, record + RECORD_SHIFT_FLAGS, SHIFT | (FLAG_TSC_STABLE << 8));
  writePhys32(cpu, record, version);
}

/** WRMSR to MSR_KVM_WALL_CLOCK: the calendar time at machine time 0, in seconds and nanoseconds since 1970. */
export function setWallClock(cpu: Cpu, value: u64): void {
  cpu.msrKvmWallClock = value;
  const startMs = epochMs() - nowNs() / NS_PER_MS;
  const seconds = floor(startMs / 1000);
  const nanoseconds = (startMs - seconds * 1000) * NS_PER_MS;
  writePhys32(cpu, value, 1);
  writePhys32(cpu, value + 4, <u32>(<i64>seconds));
  writePhys32(cpu, value + 8, <u32>nanoseconds);
  writePhys32(cpu, value, 2);
}

function write64(cpu: Cpu, physAddr: u64, value: u64): void {
  writePhys32(cpu, physAddr, <u32>value);
  writePhys32(cpu, physAddr + 4, <u32>(value >> 32));
}

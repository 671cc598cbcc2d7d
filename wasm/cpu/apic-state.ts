/**
 * The state of a local APIC, a block in the Cpu struct, and what is asked of it everywhere: sets of vectors, modes.
 * [SDM3] chapter 10 – [APM2] chapter 16
 */
import { Cpu, OFF_APIC, ptr } from "./state";

/** IA32_APIC_BASE. */
export const APIC_BASE_BSP: u32 = 0x100;
export const APIC_BASE_EXTENDED: u32 = 0x400;
export const APIC_BASE_ENABLE: u32 = 0x800;
export const APIC_BASE_DEFAULT: u64 = 0xfee0_0000;

export const OFF_IRR: u32 = 0;
export const OFF_ISR: u32 = 32;
export const OFF_TMR: u32 = 64;
export const OFF_LVT: u32 = 96;
export const SVR_ENABLE: u32 = 0x100;
export const LVT_MASKED: u32 = 0x1_0000;
export const LVT_TIMER_MODE: u32 = 0x6_0000;
export const TIMER_ONE_SHOT: u32 = 0;
export const TIMER_PERIODIC: u32 = 0x2_0000;
export const TIMER_DEADLINE: u32 = 0x4_0000;
/** Delivery modes. */
export const MODE_FIXED: u32 = 0;
export const SHORTHAND_SELF: u32 = 0x4_0000;

@unmanaged @final
export class Apic {
  /** IRR, ISR, TMR: 256 bits each. */
  irr0: u64; irr1: u64; irr2: u64; irr3: u64;
  isr0: u64; isr1: u64; isr2: u64; isr3: u64;
  tmr0: u64; tmr1: u64; tmr2: u64; tmr3: u64;
  // 96: LVT in register order
  lvtTimer: u32; lvtThermal: u32; lvtPerf: u32; lvtLint0: u32; lvtLint1: u32; lvtError: u32;
  // 120
  tpr: u32;
  ldr: u32;
  dfr: u32;
  svr: u32;
  /** What ESR reads as, and what has happened since it was written. */
  esr: u32;
  errors: u32;
  icrLow: u32;
  icrHigh: u32;
  initialCount: u32;
  divide: u32;
  // 160
  /** Machine time of the timer's next event, Infinity if there is none. */
  timerDueNs: f64;
  /** Level of the 8259 pair's INTR. */
  lint0: u32;
  /** An ExtINT message came from the IOAPIC. */
  extInt: u32;
  /** A LINT0 that is fixed or NMI was seen high. */
  lint0Seen: u32;
  /** xAPIC ID register, bits 31–24. */
  id: u32;
}

@inline export function apicOf(cpu: Cpu): Apic {
  return changetype<Apic>(ptr(cpu) + OFF_APIC);
}

@inline export function setBit(cpu: Cpu, set: u32, vector: u32): void {
  const at = ptr(cpu) + OFF_APIC + set + ((vector >> 5) << 2);
  store<u32>(at, load<u32>(at) | (1 << (vector & 31)));
}

@inline export function clearBit(cpu: Cpu, set: u32, vector: u32): void {
  const at = ptr(cpu) + OFF_APIC + set + ((vector >> 5) << 2);
  store<u32>(at, load<u32>(at) & ~(1 << (vector & 31)));
}

@inline export function testBit(cpu: Cpu, set: u32, vector: u32): bool {
  return ((load<u32>(ptr(cpu) + OFF_APIC + set + ((vector >> 5) << 2)) >> (vector & 31)) & 1) != 0;
}

/** Highest vector of a set, -1 if it is empty. */
export function highest(cpu: Cpu, set: u32): i32 {
  const at = ptr(cpu) + OFF_APIC + set;
  for (let n: i32 = 3; n >= 0; n--) {
    const bits = load<u64>(at + (<usize>n << 3));
    if (bits) return n * 64 + 63 - <i32>clz<u64>(bits);
  }
  return -1;
}

@inline export function isEnabled(cpu: Cpu): bool {
  return (<u32>cpu.msrApicBase & APIC_BASE_ENABLE) != 0;
}

@inline export function isX2(cpu: Cpu): bool {
  return (<u32>cpu.msrApicBase & (APIC_BASE_ENABLE | APIC_BASE_EXTENDED)) == (APIC_BASE_ENABLE | APIC_BASE_EXTENDED);
}

@inline export function x2Id(cpu: Cpu): u32 {
  return isX2(cpu) ? cpu.index : apicOf(cpu).id >> 24;
}

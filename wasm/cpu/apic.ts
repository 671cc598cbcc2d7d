/**
 * The local APIC of each processor: interrupt acceptance and priority, end of interrupt, interprocessor messages, the local
 * vector table and the timer (one-shot, periodic, TSC deadline), through xAPIC registers in memory and x2APIC MSRs.
 * Its state is a block in the Cpu struct.
 *
 * The bus clock is 1 GHz. LINT0 is the 8259 pair's INTR. As firmware would leave it, LINT0 of the first processor is an
 * unmasked ExtINT after reset, so that systems started without firmware get their first interrupts. Not there: focus
 * processors, remote read messages, arbitration priority (APR reads as PPR), suppression of EOI broadcasts.
 * [SDM3] chapter 10 – [APM2] chapter 16
 */
import { ioapicEoi, nowNs } from "../host";
import { cpuAt, machine } from "../mmu/machine";
import { FEAT_APIC, hasFeature } from "./models";
import { startCpu } from "./reset";
import { Cpu, EVENT_APIC, EVENT_INIT, EVENT_INTR, EVENT_NMI, EVENT_SMI, OFF_APIC, STOP_EVENT, STOP_HOST, ptr } from "./state";
import { tscToNs } from "./tsc";

/** IA32_APIC_BASE. */
export const APIC_BASE_BSP: u32 = 0x100;
export const APIC_BASE_EXTENDED: u32 = 0x400;
export const APIC_BASE_ENABLE: u32 = 0x800;
export const APIC_BASE_DEFAULT: u64 = 0xfee0_0000;

@unmanaged @final
class Apic {
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

const OFF_IRR: u32 = 0;
const OFF_ISR: u32 = 32;
const OFF_TMR: u32 = 64;
const OFF_LVT: u32 = 96;
const APIC_BYTES: u32 = 192;

/** Register numbers: offset in the page >> 4, and MSR number − 0x800. */
const REG_ID: u32 = 0x02;
const REG_VERSION: u32 = 0x03;
const REG_TPR: u32 = 0x08;
const REG_APR: u32 = 0x09;
const REG_PPR: u32 = 0x0a;
const REG_EOI: u32 = 0x0b;
const REG_LDR: u32 = 0x0d;
const REG_DFR: u32 = 0x0e;
const REG_SVR: u32 = 0x0f;
const REG_ISR: u32 = 0x10;
const REG_TMR: u32 = 0x18;
const REG_IRR: u32 = 0x20;
const REG_ESR: u32 = 0x28;
const REG_ICR_LOW: u32 = 0x30;
const REG_ICR_HIGH: u32 = 0x31;
const REG_LVT_TIMER: u32 = 0x32;
const REG_LVT_LINT0: u32 = 0x35;
const REG_LVT_LINT1: u32 = 0x36;
const REG_LVT_ERROR: u32 = 0x37;
const REG_INITIAL_COUNT: u32 = 0x38;
const REG_CURRENT_COUNT: u32 = 0x39;
const REG_DIVIDE: u32 = 0x3e;
const REG_SELF_IPI: u32 = 0x3f;

/** Version 14h, six LVT entries. */
const VERSION: u32 = 0x0005_0014;
const SVR_ENABLE: u32 = 0x100;
const SVR_WRITABLE: u32 = 0x1ff;
const SVR_RESET: u32 = 0xff;
const DFR_FLAT: u32 = 0xffff_ffff;
const DFR_FIXED: u32 = 0x0fff_ffff;

const LVT_MASKED: u32 = 0x1_0000;
const LVT_MODE_SHIFT: u32 = 8;
const LVT_TIMER_MODE: u32 = 0x6_0000;
const TIMER_ONE_SHOT: u32 = 0;
const TIMER_PERIODIC: u32 = 0x2_0000;
const TIMER_DEADLINE: u32 = 0x4_0000;
const LVT_TIMER_WRITABLE: u32 = 0x7_00ff;
const LVT_LINT_WRITABLE: u32 = 0x1_a7ff;
const LVT_ERROR_WRITABLE: u32 = 0x1_00ff;
const LVT_OTHER_WRITABLE: u32 = 0x1_07ff;

/** Delivery modes. */
const MODE_FIXED: u32 = 0;
const MODE_LOWEST: u32 = 1;
const MODE_SMI: u32 = 2;
const MODE_NMI: u32 = 4;
const MODE_INIT: u32 = 5;
const MODE_STARTUP: u32 = 6;
const MODE_EXTINT: u32 = 7;

const ICR_MODE_SHIFT: u32 = 8;
const ICR_LOGICAL: u32 = 0x800;
const ICR_ASSERT: u32 = 0x4000;
const ICR_LEVEL: u32 = 0x8000;
const ICR_SHORTHAND: u32 = 0xc_0000;
const SHORTHAND_SELF: u32 = 0x4_0000;
const SHORTHAND_ALL: u32 = 0x8_0000;
const ICR_LOW_WRITABLE: u32 = 0xc_cfff;
const BROADCAST8: u32 = 0xff;
const BROADCAST32: u32 = 0xffff_ffff;

const ERROR_SEND_ILLEGAL: u32 = 0x20;
const ERROR_RECEIVE_ILLEGAL: u32 = 0x40;
const ERROR_REGISTER: u32 = 0x80;
/** Vectors below are reserved. */
const FIRST_VECTOR: u32 = 16;

@inline function apicOf(cpu: Cpu): Apic {
  return changetype<Apic>(ptr(cpu) + OFF_APIC);
}

// ---- vectors in 256-bit sets

@inline function setBit(cpu: Cpu, set: u32, vector: u32): void {
  const at = ptr(cpu) + OFF_APIC + set + ((vector >> 5) << 2);
  store<u32>(at, load<u32>(at) | (1 << (vector & 31)));
}

@inline function clearBit(cpu: Cpu, set: u32, vector: u32): void {
  const at = ptr(cpu) + OFF_APIC + set + ((vector >> 5) << 2);
  store<u32>(at, load<u32>(at) & ~(1 << (vector & 31)));
}

@inline function testBit(cpu: Cpu, set: u32, vector: u32): bool {
  return ((load<u32>(ptr(cpu) + OFF_APIC + set + ((vector >> 5) << 2)) >> (vector & 31)) & 1) != 0;
}

/** Highest vector of a set, -1 if it is empty. */
function highest(cpu: Cpu, set: u32): i32 {
  const at = ptr(cpu) + OFF_APIC + set;
  for (let n: i32 = 3; n >= 0; n--) {
    const bits = load<u64>(at + (<usize>n << 3));
    if (bits) return n * 64 + 63 - <i32>clz<u64>(bits);
  }
  return -1;
}

// ---- state

function resetState(cpu: Cpu): void {
  const apic = apicOf(cpu);
  const lint0 = apic.lint0;
  const id = apic.id;
  memory.fill(ptr(cpu) + OFF_APIC, 0, APIC_BYTES);
  apic.id = id;
  apic.lint0 = lint0;
  apic.dfr = DFR_FLAT;
  apic.svr = SVR_RESET;
  apic.lvtTimer = LVT_MASKED;
  apic.lvtThermal = LVT_MASKED;
  apic.lvtPerf = LVT_MASKED;
  apic.lvtLint0 = cpu.index == 0 ? MODE_EXTINT << LVT_MODE_SHIFT : LVT_MASKED;
  apic.lvtLint1 = LVT_MASKED;
  apic.lvtError = LVT_MASKED;
  apic.timerDueNs = Infinity;
  cpu.msrTscDeadline = 0;
}

/** RESET: the APIC is on, in xAPIC mode, at its usual address. */
export function apicReset(cpu: Cpu): void {
  cpu.msrApicBase = 0;
  if (hasFeature(cpu, FEAT_APIC)) cpu.msrApicBase = APIC_BASE_DEFAULT | APIC_BASE_ENABLE | (cpu.index == 0 ? APIC_BASE_BSP : 0);
  apicOf(cpu).id = cpu.index << 24;
  resetState(cpu);
  updateEvents(cpu);
}

/** INIT: as reset, but the ID and IA32_APIC_BASE stay. [SDM3] 10.4.7.3 */
export function apicInit(cpu: Cpu): void {
  resetState(cpu);
  updateEvents(cpu);
}

@inline function isEnabled(cpu: Cpu): bool {
  return (<u32>cpu.msrApicBase & APIC_BASE_ENABLE) != 0;
}

@inline function isX2(cpu: Cpu): bool {
  return (<u32>cpu.msrApicBase & (APIC_BASE_ENABLE | APIC_BASE_EXTENDED)) == (APIC_BASE_ENABLE | APIC_BASE_EXTENDED);
}

@inline function x2Id(cpu: Cpu): u32 {
  return isX2(cpu) ? cpu.index : apicOf(cpu).id >> 24;
}

/** After WRMSR to IA32_APIC_BASE that had the value `old`. A switched-off APIC forgets its state. [SDM3] 10.4.3, 10.12.5 */
export function apicBaseChanged(cpu: Cpu, old: u64): void {
  if ((<u32>old & APIC_BASE_ENABLE) != 0 && !isEnabled(cpu)) resetState(cpu);
  if (isX2(cpu)) apicOf(cpu).ldr = ((cpu.index >> 4) << 16) | (1 << (cpu.index & 15));
  updateEvents(cpu);
}

// ---- priorities and events

/** Processor priority: the higher class of TPR and of the highest vector in service. [SDM3] 10.8.3.1 */
function processorPriority(cpu: Cpu): u32 {
  const tpr = apicOf(cpu).tpr;
  const inService = highest(cpu, OFF_ISR);
  const serviceClass: u32 = inService < 0 ? 0 : <u32>inService & 0xf0;
  return serviceClass > (tpr & 0xf0) ? serviceClass : tpr;
}

/** The vector that may be delivered now, or -1. */
function deliverable(cpu: Cpu): i32 {
  if (!isEnabled(cpu) || !(apicOf(cpu).svr & SVR_ENABLE)) return -1;
  const vector = highest(cpu, OFF_IRR);
  return vector >= 0 && (<u32>vector & 0xf0) > (processorPriority(cpu) & 0xf0) ? vector : -1;
}

/** The 8259 pair reaches the processor: past an APIC that is off, or by LINT0 as ExtINT. */
function acceptsExtInt(cpu: Cpu): bool {
  if (!isEnabled(cpu)) return true;
  const lvt = apicOf(cpu).lvtLint0;
  return !(lvt & LVT_MASKED) && ((lvt >> LVT_MODE_SHIFT) & 7) == MODE_EXTINT;
}

/** Brings EVENT_APIC and EVENT_INTR up to date. */
function updateEvents(cpu: Cpu): void {
  const apic = apicOf(cpu);
  let events: u32 = 0;
  if (deliverable(cpu) >= 0) events |= EVENT_APIC;
  if (apic.extInt || (apic.lint0 && acceptsExtInt(cpu))) events |= EVENT_INTR;
  cpu.events = (cpu.events & ~(EVENT_APIC | EVENT_INTR)) | events;
  if (events) cpu.stop |= STOP_EVENT;
}

/** The INTA cycle of a fixed interrupt: its vector goes from IRR to ISR. The spurious vector if none may be delivered any more. */
export function apicAcknowledge(cpu: Cpu): i32 {
  const vector = deliverable(cpu);
  if (vector < 0) {
    cpu.events &= ~EVENT_APIC;
    return apicOf(cpu).svr & 0xff;
  }
  clearBit(cpu, OFF_IRR, vector);
  setBit(cpu, OFF_ISR, vector);
  updateEvents(cpu);
  return vector;
}

/** INTR of the 8259 pair. */
export function apicSetLint0(cpu: Cpu, level: bool): void {
  const apic = apicOf(cpu);
  apic.lint0 = level ? 1 : 0;
  if (!level) apic.extInt = 0;
  localLine(cpu, apic.lvtLint0);
  updateEvents(cpu);
}

/** LINT0 programmed as a fixed interrupt or NMI fires when it rises. */
function localLine(cpu: Cpu, lvt: u32): void {
  const apic = apicOf(cpu);
  const rises = apic.lint0 != 0 && apic.lint0Seen == 0;
  apic.lint0Seen = apic.lint0;
  if (rises && isEnabled(cpu)) deliverLocal(cpu, lvt);
}

/** An interrupt of the local vector table. ExtINT is a level and looked at in `updateEvents`. */
function deliverLocal(cpu: Cpu, lvt: u32): void {
  if (lvt & LVT_MASKED) return;
  const mode = (lvt >> LVT_MODE_SHIFT) & 7;
  if (mode != MODE_EXTINT) accept(cpu, mode, lvt & 0xff, false);
}

/** LINT1 is pulsed. */
export function apicPulseLint1(cpu: Cpu): void {
  if (isEnabled(cpu)) deliverLocal(cpu, apicOf(cpu).lvtLint1);
}

/** A message arrives at `cpu`. */
function accept(cpu: Cpu, mode: u32, vector: u32, isLevel: bool): void {
  switch (mode) {
    case MODE_FIXED:
    case MODE_LOWEST: {
      if (!isEnabled(cpu) || !(apicOf(cpu).svr & SVR_ENABLE)) return;
      if (vector < FIRST_VECTOR) {
        noteError(cpu, ERROR_RECEIVE_ILLEGAL);
        return;
      }
      setBit(cpu, OFF_IRR, vector);
      if (isLevel) setBit(cpu, OFF_TMR, vector);
      else clearBit(cpu, OFF_TMR, vector);
      updateEvents(cpu);
      return;
    }
    case MODE_SMI:
      cpu.events |= EVENT_SMI;
      break;
    case MODE_NMI:
      cpu.events |= EVENT_NMI;
      break;
    case MODE_INIT:
      cpu.events |= EVENT_INIT;
      break;
    case MODE_STARTUP:
      startCpu(cpu, vector);
      break;
    case MODE_EXTINT:
      apicOf(cpu).extInt = 1;
      updateEvents(cpu);
      break;
    default:
      return;
  }
  cpu.stop |= STOP_EVENT;
}

function noteError(cpu: Cpu, bit: u32): void {
  const apic = apicOf(cpu);
  const isNew = !(apic.errors & bit);
  apic.errors |= bit;
  if (isNew && !(apic.lvtError & LVT_MASKED) && (apic.lvtError & 0xff) >= FIRST_VECTOR) accept(cpu, MODE_FIXED, apic.lvtError & 0xff, false);
}

// ---- messages

/** Whether a message for `destination` is for `cpu`. [SDM3] 10.6.2, 10.12.10 */
function matches(cpu: Cpu, destination: u32, isLogical: bool, isWide: bool): bool {
  if (destination == (isWide ? BROADCAST32 : BROADCAST8)) return true;
  if (!isLogical) return destination == x2Id(cpu);
  const apic = apicOf(cpu);
  if (isX2(cpu)) return destination >> 16 == apic.ldr >> 16 && (destination & apic.ldr & 0xffff) != 0;
  const mine = apic.ldr >> 24;
  if (apic.dfr >> 28 == 0xf) return (destination & mine) != 0;
  return destination >> 4 == mine >> 4 && (destination & mine & 0xf) != 0;
}

/** Sends to all processors that match; a lowest-priority message to the one with the lowest priority. */
function route(destination: u32, isLogical: bool, isWide: bool, mode: u32, vector: u32, isLevel: bool): void {
  const count = machine().cpuCount;
  let best: i32 = -1;
  let bestPriority: u32 = 0x100;
  for (let index: u32 = 0; index < count; index++) {
    const cpu = cpuAt(index);
    if (!matches(cpu, destination, isLogical, isWide)) continue;
    if (mode != MODE_LOWEST) {
      accept(cpu, mode, vector, isLevel);
      continue;
    }
    const priority = processorPriority(cpu);
    if (priority < bestPriority && apicOf(cpu).svr & SVR_ENABLE) {
      best = <i32>index;
      bestPriority = priority;
    }
  }
  if (best >= 0) accept(cpuAt(<u32>best), MODE_FIXED, vector, isLevel);
}

/** A message of the IOAPIC or an MSI. `destination` has 8 bits. */
export function apicDeliver(destination: u32, isLogical: bool, mode: u32, vector: u32, isLevel: bool): void {
  route(destination & 0xff, isLogical, false, mode, vector & 0xff, isLevel);
}

/** A write to ICR sends. [SDM3] 10.6.1 */
function sendIpi(cpu: Cpu, low: u32, destination: u32, isWide: bool): void {
  const mode = (low >> ICR_MODE_SHIFT) & 7;
  const vector = low & 0xff;
  // INIT level de-assert only sets arbitration IDs.
  if (mode == MODE_INIT && (low & (ICR_LEVEL | ICR_ASSERT)) == ICR_LEVEL) return;
  if (mode == MODE_EXTINT || mode == 3) return; // reserved in ICR
  if (mode <= MODE_LOWEST && vector < FIRST_VECTOR) {
    noteError(cpu, ERROR_SEND_ILLEGAL);
    return;
  }
  const shorthand = low & ICR_SHORTHAND;
  if (shorthand == 0) {
    route(destination, (low & ICR_LOGICAL) != 0, isWide, mode, vector, false);
    return;
  }
  if (shorthand == SHORTHAND_SELF) {
    if (mode <= MODE_LOWEST) accept(cpu, MODE_FIXED, vector, false); // others are not allowed with it
    return;
  }
  const count = machine().cpuCount;
  for (let index: u32 = 0; index < count; index++) {
    const target = cpuAt(index);
    if (shorthand == SHORTHAND_ALL || index != cpu.index) accept(target, mode == MODE_LOWEST ? MODE_FIXED : mode, vector, false);
  }
}

function endOfInterrupt(cpu: Cpu): void {
  const vector = highest(cpu, OFF_ISR);
  if (vector < 0) return;
  clearBit(cpu, OFF_ISR, vector);
  const isLevel = testBit(cpu, OFF_TMR, vector);
  updateEvents(cpu);
  if (isLevel) ioapicEoi(vector);
}

export function apicReadTpr(cpu: Cpu): u64 {
  return apicOf(cpu).tpr;
}

export function apicWriteTpr(cpu: Cpu, value: u32): void {
  apicOf(cpu).tpr = value & 0xff;
  updateEvents(cpu);
}

// ---- timer

@inline function timerMode(apic: Apic): u32 {
  return apic.lvtTimer & LVT_TIMER_MODE;
}

/** Bus clocks, which are nanoseconds, for one count. Divide register: bits 3, 1, 0. */
function divider(apic: Apic): f64 {
  const code = (apic.divide & 3) | ((apic.divide >> 1) & 4);
  return <f64>(1 << ((code + 1) & 7));
}

/** Starts counting from the initial count, or stops if it is 0. */
function startTimer(cpu: Cpu, now: f64): void {
  const apic = apicOf(cpu);
  const runs = timerMode(apic) != TIMER_DEADLINE && apic.initialCount != 0;
  setTimerDue(cpu, runs ? now + <f64>apic.initialCount * divider(apic) : Infinity);
}

/** The machine learns of a new deadline when `run` returns. */
function setTimerDue(cpu: Cpu, dueNs: f64): void {
  apicOf(cpu).timerDueNs = dueNs;
  if (dueNs != Infinity) cpu.stop |= STOP_HOST;
}

function currentCount(cpu: Cpu): u32 {
  const apic = apicOf(cpu);
  if (timerMode(apic) == TIMER_DEADLINE || apic.initialCount == 0) return 0;
  if (apic.timerDueNs == Infinity) return 0;
  const counts = (apic.timerDueNs - nowNs()) / divider(apic);
  if (counts > 0) return <u32>min<f64>(ceil(counts), <f64>apic.initialCount);
  if (timerMode(apic) == TIMER_ONE_SHOT) return 0;
  // Periodic, and the event has not been handled yet.
  const late = -counts % <f64>apic.initialCount;
  return apic.initialCount - <u32>late;
}

/** Machine time at which `apicTimerDue` wants to be called, Infinity for never. */
export function apicNextTimerNs(cpu: Cpu): f64 {
  return apicOf(cpu).timerDueNs;
}

/** The time `nowNs` has come: the timer's events up to then happen. Several periods that were missed count as one interrupt. */
export function apicTimerDue(cpu: Cpu, now: f64): void {
  const apic = apicOf(cpu);
  const dueNs = apic.timerDueNs;
  if (now < dueNs) return;
  const mode = timerMode(apic);
  if (mode == TIMER_PERIODIC && apic.initialCount) {
    const periodNs = <f64>apic.initialCount * divider(apic);
    const periods = floor((now - dueNs) / periodNs) + 1;
    apic.timerDueNs = dueNs + periods * periodNs;
  } else apic.timerDueNs = Infinity;
  if (mode == TIMER_DEADLINE) cpu.msrTscDeadline = 0;
  if (isEnabled(cpu) && !(apic.lvtTimer & LVT_MASKED)) accept(cpu, MODE_FIXED, apic.lvtTimer & 0xff, false);
}

/** WRMSR to IA32_TSC_DEADLINE: arms the timer; 0 disarms it. Ignored in other timer modes. [SDM3] 10.5.4.1 */
export function apicSetDeadline(cpu: Cpu, tsc: u64): void {
  const apic = apicOf(cpu);
  if (!isEnabled(cpu) || timerMode(apic) != TIMER_DEADLINE) return;
  cpu.msrTscDeadline = tsc;
  setTimerDue(cpu, tsc == 0 ? Infinity : tscToNs(cpu, tsc));
}

/** The TSC was set: a deadline comes at another time. */
export function apicTscChanged(cpu: Cpu): void {
  if (cpu.msrTscDeadline) setTimerDue(cpu, tscToNs(cpu, cpu.msrTscDeadline));
}

// ---- registers

function readRegister(cpu: Cpu, reg: u32): u32 {
  const apic = apicOf(cpu);
  if (reg >= REG_ISR && reg < REG_ESR) {
    const set: u32 = reg < REG_TMR ? OFF_ISR : reg < REG_IRR ? OFF_TMR : OFF_IRR;
    return load<u32>(ptr(cpu) + OFF_APIC + set + ((reg & 7) << 2));
  }
  if (reg >= REG_LVT_TIMER && reg <= REG_LVT_ERROR) return load<u32>(ptr(cpu) + OFF_APIC + OFF_LVT + ((reg - REG_LVT_TIMER) << 2));
  switch (reg) {
    case REG_ID: return isX2(cpu) ? cpu.index : apic.id;
    case REG_VERSION: return VERSION;
    case REG_TPR: return apic.tpr;
    case REG_APR:
    case REG_PPR: return processorPriority(cpu);
    case REG_LDR: return apic.ldr;
    case REG_DFR: return apic.dfr;
    case REG_SVR: return apic.svr;
    case REG_ESR: return apic.esr;
    case REG_ICR_LOW: return apic.icrLow;
    case REG_ICR_HIGH: return apic.icrHigh;
    case REG_INITIAL_COUNT: return apic.initialCount;
    case REG_CURRENT_COUNT: return currentCount(cpu);
    case REG_DIVIDE: return apic.divide;
    case REG_EOI: return 0;
    default:
      noteError(cpu, ERROR_REGISTER);
      return 0;
  }
}

function writeRegister(cpu: Cpu, reg: u32, value: u32): void {
  const apic = apicOf(cpu);
  if (reg >= REG_LVT_TIMER && reg <= REG_LVT_ERROR) {
    writeLvt(cpu, reg, value);
    return;
  }
  switch (reg) {
    case REG_ID: apic.id = value & 0xff00_0000; break;
    case REG_TPR: apicWriteTpr(cpu, value); break;
    case REG_EOI: endOfInterrupt(cpu); break;
    case REG_LDR: apic.ldr = value & 0xff00_0000; break;
    case REG_DFR: apic.dfr = value | DFR_FIXED; break;
    case REG_SVR: writeSvr(cpu, value); break;
    case REG_ESR:
      apic.esr = apic.errors;
      apic.errors = 0;
      break;
    case REG_ICR_LOW:
      apic.icrLow = value & ICR_LOW_WRITABLE;
      sendIpi(cpu, value, apic.icrHigh >> 24, false);
      break;
    case REG_ICR_HIGH: apic.icrHigh = value & 0xff00_0000; break;
    case REG_INITIAL_COUNT:
      if (timerMode(apic) == TIMER_DEADLINE) break;
      apic.initialCount = value;
      startTimer(cpu, nowNs());
      break;
    case REG_DIVIDE: {
      // What is left of the count stays.
      const left = currentCount(cpu);
      apic.divide = value & 0xb;
      if (apic.timerDueNs != Infinity && timerMode(apic) != TIMER_DEADLINE) setTimerDue(cpu, nowNs() + <f64>left * divider(apic));
      break;
    }
    case REG_VERSION:
    case REG_APR:
    case REG_PPR:
    case REG_CURRENT_COUNT:
      break;
    default:
      if (reg < REG_ISR || reg >= REG_ESR) noteError(cpu, ERROR_REGISTER);
  }
}

function writeSvr(cpu: Cpu, value: u32): void {
  const apic = apicOf(cpu);
  apic.svr = value & SVR_WRITABLE;
  if (!(value & SVR_ENABLE)) {
    // A software-disabled APIC masks its local vector table. [SDM3] 10.4.7.2
    for (let reg = REG_LVT_TIMER; reg <= REG_LVT_ERROR; reg++) {
      const at = ptr(cpu) + OFF_APIC + OFF_LVT + ((reg - REG_LVT_TIMER) << 2);
      store<u32>(at, load<u32>(at) | LVT_MASKED);
    }
  }
  updateEvents(cpu);
}

function writeLvt(cpu: Cpu, reg: u32, value: u32): void {
  const apic = apicOf(cpu);
  let writable = LVT_OTHER_WRITABLE;
  if (reg == REG_LVT_TIMER) writable = LVT_TIMER_WRITABLE;
  else if (reg == REG_LVT_LINT0 || reg == REG_LVT_LINT1) writable = LVT_LINT_WRITABLE;
  else if (reg == REG_LVT_ERROR) writable = LVT_ERROR_WRITABLE;
  let lvt = value & writable;
  if (!(apic.svr & SVR_ENABLE)) lvt |= LVT_MASKED;
  if (reg == REG_LVT_TIMER) {
    // Events up to now belong to the old setting.
    if (apic.timerDueNs != Infinity) apicTimerDue(cpu, nowNs());
    const old = timerMode(apic);
    apic.lvtTimer = lvt;
    // Going to or from TSC-deadline mode disarms the timer. [SDM3] 10.5.4.1
    if (old != timerMode(apic) && (old == TIMER_DEADLINE || timerMode(apic) == TIMER_DEADLINE)) {
      apic.timerDueNs = Infinity;
      apic.initialCount = 0;
      cpu.msrTscDeadline = 0;
    }
    return;
  }
  store<u32>(ptr(cpu) + OFF_APIC + OFF_LVT + ((reg - REG_LVT_TIMER) << 2), lvt);
  if (reg == REG_LVT_LINT0) {
    apic.lint0Seen = 0;
    localLine(cpu, lvt);
  }
  updateEvents(cpu);
}

/** A read in the APIC's page. Registers are 32 bits at multiples of 16; narrower reads give their part. */
export function apicMmioRead(cpu: Cpu, offset: u32, sizeBytes: u32): u32 {
  if (offset & 0xc) return 0;
  const value = readRegister(cpu, offset >> 4) >> ((offset & 3) << 3);
  return sizeBytes == 4 ? value : value & ((1 << (sizeBytes << 3)) - 1);
}

/** Only aligned 32-bit writes are defined; the others are ignored. */
export function apicMmioWrite(cpu: Cpu, offset: u32, sizeBytes: u32, value: u32): void {
  if (sizeBytes == 4 && !(offset & 0xf)) writeRegister(cpu, offset >> 4, value);
}

/** x2APIC MSR 0x800 + `reg`. False: there is no such register to read, and RDMSR raises #GP(0). [SDM3] table 10-6 */
export function x2apicReadable(cpu: Cpu, reg: u32): bool {
  if (!isX2(cpu)) return false;
  switch (reg) {
    case REG_ID:
    case REG_VERSION:
    case REG_TPR:
    case REG_PPR:
    case REG_LDR:
    case REG_SVR:
    case REG_ESR:
    case REG_ICR_LOW:
    case REG_INITIAL_COUNT:
    case REG_CURRENT_COUNT:
    case REG_DIVIDE:
      return true;
    default:
      return (reg >= REG_ISR && reg < REG_ESR) || (reg >= REG_LVT_TIMER && reg <= REG_LVT_ERROR);
  }
}

export function x2apicRead(cpu: Cpu, reg: u32): u64 {
  const apic = apicOf(cpu);
  if (reg == REG_ICR_LOW) return <u64>apic.icrLow | (<u64>apic.icrHigh << 32);
  return readRegister(cpu, reg);
}

/** False: #GP(0), for registers that cannot be written or reserved bits. */
export function x2apicWrite(cpu: Cpu, reg: u32, value: u64): bool {
  if (!isX2(cpu)) return false;
  const apic = apicOf(cpu);
  if (reg == REG_ICR_LOW) {
    if (<u32>value & ~ICR_LOW_WRITABLE) return false;
    apic.icrLow = <u32>value;
    apic.icrHigh = <u32>(value >> 32);
    sendIpi(cpu, <u32>value, <u32>(value >> 32), true);
    return true;
  }
  if (value >> 32) return false;
  const low = <u32>value;
  switch (reg) {
    case REG_SELF_IPI:
      if (low & ~(<u32>0xff)) return false;
      sendIpi(cpu, SHORTHAND_SELF | low, 0, true);
      return true;
    case REG_EOI:
    case REG_ESR:
      if (low) return false;
      break;
    case REG_TPR:
      if (low & ~(<u32>0xff)) return false;
      break;
    case REG_SVR:
    case REG_INITIAL_COUNT:
      break;
    case REG_DIVIDE:
      if (low & ~(<u32>0xb)) return false;
      break;
    default:
      if (reg < REG_LVT_TIMER || reg > REG_LVT_ERROR) return false;
  }
  writeRegister(cpu, reg, low);
  return true;
}

/**
 * The local APIC of each processor: interrupt acceptance and priority, end of interrupt, the local vector table,
 * interprocessor messages. Its timer is in cpu/apic-timer.ts, its registers in cpu/apic-registers.ts.
 *
 * LINT0 is the 8259 pair's INTR. As firmware would leave it, LINT0 of the first processor is an unmasked ExtINT after
 * reset, so that systems started without firmware get their first interrupts. Not there: focus processors, remote read
 * messages, arbitration priority (APR reads as PPR), suppression of EOI broadcasts.
 * [SDM3] chapter 10 – [APM2] chapter 16
 */
import {
  APIC_BASE_BSP, APIC_BASE_DEFAULT, APIC_BASE_ENABLE, apicOf, clearBit, highest, isEnabled, isX2, LVT_MASKED, MODE_FIXED, OFF_IRR, OFF_ISR, OFF_TMR,
  setBit, SHORTHAND_SELF, SVR_ENABLE, testBit, x2Id,
} from "./apic-state";
import { FEAT_APIC, hasFeature } from "./models";
import { ACTIVITY_WAIT_SIPI, Cpu, EVENT_APIC, EVENT_INIT, EVENT_INTR, EVENT_NMI, EVENT_SMI, EVENT_STARTUP, OFF_APIC, ptr, STOP_EVENT } from "./state";
import { ioapicEoi } from "../host";
import { cpuAt, machine } from "../mmu/machine";

const APIC_BYTES: u32 = 192;
const SVR_RESET: u32 = 0xff;
const DFR_FLAT: u32 = 0xffff_ffff;
const LVT_MODE_SHIFT: u32 = 8;
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
const SHORTHAND_ALL: u32 = 0x8_0000;
const BROADCAST8: u32 = 0xff;
const BROADCAST32: u32 = 0xffff_ffff;
const ERROR_SEND_ILLEGAL: u32 = 0x20;
const ERROR_RECEIVE_ILLEGAL: u32 = 0x40;
/** Vectors below are reserved. */
const FIRST_VECTOR: u32 = 16;

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

/** After WRMSR to IA32_APIC_BASE that had the value `old`. A switched-off APIC forgets its state. [SDM3] 10.4.3, 10.12.5 */
export function apicBaseChanged(cpu: Cpu, old: u64): void {
  if ((<u32>old & APIC_BASE_ENABLE) != 0 && !isEnabled(cpu)) resetState(cpu);
  if (isX2(cpu)) apicOf(cpu).ldr = ((cpu.index >> 4) << 16) | (1 << (cpu.index & 15));
  updateEvents(cpu);
}

// ---- priorities and events

/** Processor priority: the higher class of TPR and of the highest vector in service. [SDM3] 10.8.3.1 */
export function processorPriority(cpu: Cpu): u32 {
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
export function updateEvents(cpu: Cpu): void {
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
export function localLine(cpu: Cpu, lvt: u32): void {
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

/** A message arrives at `cpu`. */
export function accept(cpu: Cpu, mode: u32, vector: u32, isLevel: bool): void {
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
      cpu.events = (cpu.events & ~EVENT_STARTUP) | EVENT_INIT;
      break;
    case MODE_STARTUP:
      // Only a processor that waits for it takes it, or one that INIT will make wait.
      if (cpu.activity != ACTIVITY_WAIT_SIPI && !(cpu.events & EVENT_INIT)) return;
      cpu.startupVector = vector;
      cpu.events |= EVENT_STARTUP;
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

export function noteError(cpu: Cpu, bit: u32): void {
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
export function sendIpi(cpu: Cpu, low: u32, destination: u32, isWide: bool): void {
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

export function endOfInterrupt(cpu: Cpu): void {
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

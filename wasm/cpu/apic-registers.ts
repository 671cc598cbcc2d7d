/**
 * The registers of the local APIC, through its page in memory (xAPIC) and through MSRs (x2APIC).
 * [SDM3] 10.4 – 10.8, 10.12
 */
import { apicWriteTpr, endOfInterrupt, localLine, noteError, processorPriority, sendIpi, updateEvents } from "./apic";
import { apicOf, isX2, LVT_MASKED, OFF_IRR, OFF_ISR, OFF_LVT, OFF_TMR, SHORTHAND_SELF, SVR_ENABLE, TIMER_DEADLINE } from "./apic-state";
import { apicTimerDue, currentCount, divider, setTimerDue, startTimer, timerMode } from "./apic-timer";
import { Cpu, OFF_APIC, ptr } from "./state";
import { nowNs } from "../host";

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
const SVR_WRITABLE: u32 = 0x1ff;
const DFR_FIXED: u32 = 0x0fff_ffff;
const LVT_TIMER_WRITABLE: u32 = 0x7_00ff;
const LVT_LINT_WRITABLE: u32 = 0x1_a7ff;
const LVT_ERROR_WRITABLE: u32 = 0x1_00ff;
const LVT_OTHER_WRITABLE: u32 = 0x1_07ff;
const ICR_LOW_WRITABLE: u32 = 0xc_cfff;
const ERROR_REGISTER: u32 = 0x80;

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

/**
 * What happens between two instructions: debug traps, NMI, INTR, INIT, SIPI, instruction breakpoints, waking from HLT.
 *
 * How the run loop uses it:
 *   - before running code, while `wantsEvents(cpu)` or `cpu.activity` is not ACTIVITY_RUNNING: `handleEvents(cpu)`;
 *   - if `cpu.activity` is then still not running, the loop returns to its caller;
 *   - if EVENT_STEP is then set in `cpu.events`, it runs exactly one instruction before it asks again. TF, an instruction
 *     breakpoint, RF and the shadow of STI and MOV SS work that way. `handleEvents` has consumed `cpu.shadow`. Called again
 *     before that instruction has run (the budget was used up), it changes nothing.
 *   - after a fault: `deliverFault(cpu)` (cpu/exceptions.ts) with `cpu.rip` at the faulting instruction.
 *
 * Priorities are [SDM3] table 6-2: traps of the previous instruction, NMI, INTR, then faults of fetching the next one.
 * [SDM3] 6.6 – 6.9, 18.3, 25.7.5 (activity) – [APM2] 8.5
 */
import { apicAcknowledge } from "./apic";
import { DR6_BS, PENDING_ARMED, PENDING_DR6, PENDING_RF, PENDING_STEP, hasInstructionBreakpoints, instructionBreakpoints, reportInDr6 } from "./debug";
import { deliverEvent, deliverException, deliverTaskFault } from "./exceptions";
import { VECTOR_DB, VECTOR_NMI } from "./fault";
import { KIND_EXTERNAL } from "./interrupts";
import { isAmd } from "./models";
import { initCpu, startCpu } from "./reset";
import {
  ACTIVITY_HALTED, ACTIVITY_RUNNING, ACTIVITY_SHUTDOWN, ACTIVITY_WAIT_SIPI, Cpu, EVENT_APIC, EVENT_DEBUG, EVENT_INIT, EVENT_INTR, EVENT_NMI, EVENT_NMI_BLOCKED,
  EVENT_SMI, EVENT_STARTUP, EVENT_STEP, EVENT_TASK_FAULT, EVENT_TRIPLE_FAULT, FLAG_IF, FLAG_RF, FLAG_TF, SEG_CS, SHADOW_SS, is64, segment,
} from "./state";
import { picAcknowledge } from "../host";

/** What waits while IF is clear. */
export const MASKABLE: u32 = EVENT_INTR | EVENT_APIC;
const ALWAYS: u32 = EVENT_SMI | EVENT_INIT | EVENT_STARTUP | EVENT_TRIPLE_FAULT | EVENT_DEBUG | EVENT_STEP | EVENT_TASK_FAULT;
/** From EVENT_NMI_BLOCKED down to EVENT_NMI. */
const BLOCKED_TO_NMI: u32 = 7;

/** Something is pending that may be taken at this boundary. */
@inline export function wantsEvents(cpu: Cpu): bool {
  const events = cpu.events;
  const nmi = events & EVENT_NMI & ~((events & EVENT_NMI_BLOCKED) >> BLOCKED_TO_NMI);
  const maskable = cpu.eflags & FLAG_IF ? events & MASKABLE : 0;
  return ((events & ALWAYS) | nmi | maskable | cpu.shadow) != 0;
}

/** A halted processor would wake. */
export function wouldWake(cpu: Cpu): bool {
  return cpu.activity == ACTIVITY_RUNNING || wantsEvents(cpu);
}

export function handleEvents(cpu: Cpu): void {
  if (cpu.events & EVENT_INIT) {
    initCpu(cpu);
    return;
  }
  if (cpu.events & EVENT_STARTUP) startCpu(cpu);
  deliverTaskFault(cpu);
  cpu.events &= ~EVENT_SMI; // no system management mode: the request is dropped
  if (cpu.activity == ACTIVITY_WAIT_SIPI) return;
  if (cpu.activity == ACTIVITY_SHUTDOWN) {
    // An NMI leaves shutdown; the machine decides about everything else. [SDM3] 6.15 #DF
    if (!(cpu.events & EVENT_NMI) || cpu.events & EVENT_NMI_BLOCKED) return;
    cpu.events &= ~EVENT_TRIPLE_FAULT;
  }

  if (cpu.pendingDebug & PENDING_ARMED && cpu.stepMark == instructionCount(cpu)) return;
  const shadow = cpu.shadow;
  cpu.shadow = 0;
  debugTraps(cpu, shadow);
  if (shadow != SHADOW_SS) acceptNmi(cpu);
  if (!shadow) acceptInterrupt(cpu);
  if (cpu.activity != ACTIVITY_RUNNING) return;
  // After MOV SS and POP SS instruction breakpoints wait on Intel's processors ([SDM3] 6.8.3), not on AMD's.
  if (shadow != SHADOW_SS || isAmd(cpu)) instructionBreakpointFault(cpu);
  armNextInstruction(cpu, shadow);
}

/** #DB for what the instruction before this boundary did. MOV SS and POP SS put it off by one instruction. */
function debugTraps(cpu: Cpu, shadow: u32): void {
  const pending = cpu.pendingDebug;
  cpu.pendingDebug = 0;
  cpu.events &= ~(EVENT_DEBUG | EVENT_STEP);
  if (pending & PENDING_RF) cpu.eflags &= ~FLAG_RF;
  let bits = pending & PENDING_DR6;
  if (shadow == SHADOW_SS) {
    cpu.pendingDebug = bits;
    if (bits) cpu.events |= EVENT_DEBUG;
    return;
  }
  if (pending & PENDING_STEP) bits |= DR6_BS;
  if (!bits) return;
  reportInDr6(cpu, bits);
  wake(cpu);
  deliverException(cpu, VECTOR_DB, 0);
}

function acceptNmi(cpu: Cpu): void {
  if (!(cpu.events & EVENT_NMI) || cpu.events & EVENT_NMI_BLOCKED) return;
  cpu.events = (cpu.events & ~EVENT_NMI) | EVENT_NMI_BLOCKED;
  cpu.activity = ACTIVITY_RUNNING;
  deliverEvent(cpu, VECTOR_NMI, KIND_EXTERNAL);
}

function acceptInterrupt(cpu: Cpu): void {
  if (!(cpu.eflags & FLAG_IF) || !(cpu.events & MASKABLE)) return;
  if (cpu.activity == ACTIVITY_SHUTDOWN) return;
  wake(cpu);
  // A fixed interrupt of the local APIC goes before ExtINT from the 8259 pair.
  const vector = cpu.events & EVENT_APIC ? <u32>apicAcknowledge(cpu) : picAcknowledge() & 0xff;
  deliverEvent(cpu, vector, KIND_EXTERNAL);
}

@inline function wake(cpu: Cpu): void {
  if (cpu.activity == ACTIVITY_HALTED) cpu.activity = ACTIVITY_RUNNING;
}

/** #DB before the instruction at an instruction breakpoint, unless RF is set. */
function instructionBreakpointFault(cpu: Cpu): void {
  if (cpu.eflags & FLAG_RF) return;
  const linearAddr = is64(cpu) ? cpu.rip : (segment(cpu, SEG_CS).base + cpu.rip) & 0xffff_ffff;
  const bits = instructionBreakpoints(cpu, linearAddr);
  if (!bits) return;
  // A data breakpoint that MOV SS or POP SS has put off is part of this #DB, not another one in its handler.
  reportInDr6(cpu, bits | (cpu.pendingDebug & PENDING_DR6));
  cpu.pendingDebug &= ~PENDING_DR6;
  cpu.events &= ~EVENT_DEBUG;
  deliverException(cpu, VECTOR_DB, 0);
}

/** Notes what must happen at the next boundary: TF and RF count as they stand when an instruction begins. */
function armNextInstruction(cpu: Cpu, shadow: u32): void {
  const flags = cpu.eflags;
  if (flags & FLAG_TF) cpu.pendingDebug |= PENDING_STEP;
  if (flags & FLAG_RF) cpu.pendingDebug |= PENDING_RF;
  if (!(flags & (FLAG_TF | FLAG_RF)) && !shadow && !hasInstructionBreakpoints(cpu)) return;
  cpu.events |= EVENT_STEP;
  cpu.pendingDebug |= PENDING_ARMED;
  cpu.stepMark = instructionCount(cpu);
}

/** Low half of the count of instructions retired, at a boundary. */
@inline function instructionCount(cpu: Cpu): u32 {
  return <u32>cpu.retired + <u32>(cpu.budgetStart - cpu.budget);
}

/**
 * The local APIC's timer: one-shot, periodic and TSC deadline. The bus clock is 1 GHz. The machine is told when the timer
 * is next due (`apicNextTimerNs`) and calls `apicTimerDue` at that time.
 * [SDM3] 10.5.4
 */
import { accept } from "./apic";
import { Apic, apicOf, isEnabled, LVT_MASKED, LVT_TIMER_MODE, MODE_FIXED, TIMER_DEADLINE, TIMER_ONE_SHOT, TIMER_PERIODIC } from "./apic-state";
import { Cpu, STOP_HOST } from "./state";
import { tscToNs } from "./tsc";
import { nowNs } from "../host";

@inline export function timerMode(apic: Apic): u32 {
  return apic.lvtTimer & LVT_TIMER_MODE;
}

/** Bus clocks, which are nanoseconds, for one count. Divide register: bits 3, 1, 0. */
export function divider(apic: Apic): f64 {
  const code = (apic.divide & 3) | ((apic.divide >> 1) & 4);
  return <f64>(1 << ((code + 1) & 7));
}

/** Starts counting from the initial count, or stops if it is 0. */
export function startTimer(cpu: Cpu, now: f64): void {
  const apic = apicOf(cpu);
  const runs = timerMode(apic) != TIMER_DEADLINE && apic.initialCount != 0;
  setTimerDue(cpu, runs ? now + <f64>apic.initialCount * divider(apic) : Infinity);
}

/** The machine learns of a new deadline when `run` returns. */
export function setTimerDue(cpu: Cpu, dueNs: f64): void {
  apicOf(cpu).timerDueNs = dueNs;
  if (dueNs != Infinity) cpu.stop |= STOP_HOST;
}

export function currentCount(cpu: Cpu): u32 {
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

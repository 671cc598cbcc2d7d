/**
 * HLT, MONITOR, MWAIT, cache control. There are no caches to write back, and nothing to prefetch.
 * MWAIT may leave its wait for any reason; here it waits like HLT where an interrupt can end the wait, else it goes on.
 * [SDM2] HLT, MONITOR, MWAIT, INVD, WBINVD
 */
import { ACCESS_READ, segLinear } from "../cpu/address";
import { raiseGP, raiseUD } from "../cpu/fault";
import { ACTIVITY_HALTED, Cpu, FLAG_IF } from "../cpu/state";
import { Rec, addrSizeLog2 } from "../decode/record";
import { probeRead } from "../mmu/slow-access";

/** MWAIT ECX: interrupts end the wait even while they are masked. */
const MWAIT_INTERRUPT_BREAK: u32 = 1;

export function HLT(cpu: Cpu, _rec: Rec): void {
  cpu.activity = ACTIVITY_HALTED;
}

export function MONITOR(cpu: Cpu, rec: Rec): void {
  if (cpu.cpl) {
    raiseUD(cpu);
    return;
  }
  if (<u32>cpu.rcx) {
    raiseGP(cpu, 0);
    return;
  }
  const size = addrSizeLog2(rec);
  const offset = size == 3 ? cpu.rax : size == 2 ? cpu.rax & 0xffff_ffff : cpu.rax & 0xffff;
  const linearAddr = segLinear(cpu, rec.seg, offset, 1, ACCESS_READ);
  if (!cpu.fault) probeRead(cpu, linearAddr, 1);
}

export function MWAIT(cpu: Cpu, _rec: Rec): void {
  if (cpu.cpl) {
    raiseUD(cpu);
    return;
  }
  if (<u32>cpu.rcx & ~MWAIT_INTERRUPT_BREAK) {
    raiseGP(cpu, 0);
    return;
  }
  if (cpu.eflags & FLAG_IF) cpu.activity = ACTIVITY_HALTED;
}

/** INVD, WBINVD. */
export function CACHE_CONTROL(_cpu: Cpu, _rec: Rec): void {}

/** A hint to spin loops; there is nobody to yield to. */
export function PAUSE(_cpu: Cpu, _rec: Rec): void {}

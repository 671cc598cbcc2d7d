/**
 * Accesses that the processor makes on its own account: descriptor tables, TSS, interrupt frames of inner levels. They have supervisor
 * rights whatever CPL is, EFLAGS.AC neither lifts SMAP nor asks for alignment, and data breakpoints do not see them.
 * [SDM3] 4.6.1 (implicit supervisor-mode accesses)
 */
import { PAGE_MASK } from "../layout";
import { TLB_SET_SUPERVISOR, tlbArray } from "../cpu/mode";
import { Cpu } from "../cpu/state";
import { sysReadSlow, sysWriteSlow } from "./slow-access";
import { tlbSlot } from "./tlb-entry";

/** Reads `sizeof<T>()` bytes. After a fault (`cpu.fault`) the value means nothing. */
@inline export function sysRead<T>(cpu: Cpu, linearAddr: u64): T {
  const slot = tlbSlot(tlbArray(cpu, TLB_SET_SUPERVISOR, 0), linearAddr);
  if (load<u64>(slot) == ((linearAddr + (sizeof<T>() - 1)) & PAGE_MASK)) return load<T>(<u32>linearAddr + load<u32>(slot, 8));
  return <T>sysReadSlow(cpu, linearAddr, sizeof<T>());
}

@inline export function sysWrite<T>(cpu: Cpu, linearAddr: u64, value: T): void {
  const slot = tlbSlot(tlbArray(cpu, TLB_SET_SUPERVISOR, 1), linearAddr);
  if (load<u64>(slot) == ((linearAddr + (sizeof<T>() - 1)) & PAGE_MASK)) store<T>(<u32>linearAddr + load<u32>(slot, 8), value);
  else sysWriteSlow(cpu, linearAddr, sizeof<T>(), <u64>value);
}

/**
 * Guest memory by linear address: the fast path that every instruction takes. A hit in the direct-mapped TLB is one
 * compare; the tag is the linear page, and the page of the last byte is compared, so that accesses inside one page hit
 * whatever their alignment. Read and write arrays are separate, so permission is in the tag. A miss, a page-crossing
 * access, a device or a page with decoded code goes to mmu/slow-access.ts, which may raise a fault.
 */
import { Cpu } from "../cpu/state";
import { readForWriteSlow, readSlow, read128Slow, writeSlow, write128Slow } from "./slow-access";
import { hits, hostPointer, tlbSlot } from "./tlb-entry";

/** Reads `sizeof<T>()` bytes with the current privilege. After a fault (`cpu.fault`) the value means nothing. */
@inline export function memRead<T>(cpu: Cpu, linearAddr: u64): T {
  const slot = tlbSlot(cpu.tlbRead, linearAddr);
  if (hits<T>(slot, linearAddr)) return load<T>(hostPointer(slot, linearAddr));
  return <T>readSlow(cpu, linearAddr, sizeof<T>());
}

/**
 * Reads what the same instruction will write back with `memWrite`: faults as a write does, before anything has changed.
 */
@inline export function memReadForWrite<T>(cpu: Cpu, linearAddr: u64): T {
  const slot = tlbSlot(cpu.tlbWrite, linearAddr);
  if (hits<T>(slot, linearAddr)) return load<T>(hostPointer(slot, linearAddr));
  return <T>readForWriteSlow(cpu, linearAddr, sizeof<T>());
}

@inline export function memWrite<T>(cpu: Cpu, linearAddr: u64, value: T): void {
  const slot = tlbSlot(cpu.tlbWrite, linearAddr);
  if (hits<T>(slot, linearAddr)) store<T>(hostPointer(slot, linearAddr), value);
  else writeSlow(cpu, linearAddr, sizeof<T>(), <u64>value);
}

@inline export function memRead128(cpu: Cpu, linearAddr: u64): v128 {
  const slot = tlbSlot(cpu.tlbRead, linearAddr);
  if (hits<v128>(slot, linearAddr)) return v128.load(hostPointer(slot, linearAddr));
  return read128Slow(cpu, linearAddr);
}

@inline export function memWrite128(cpu: Cpu, linearAddr: u64, value: v128): void {
  const slot = tlbSlot(cpu.tlbWrite, linearAddr);
  if (hits<v128>(slot, linearAddr)) v128.store(hostPointer(slot, linearAddr), value);
  else write128Slow(cpu, linearAddr, value);
}

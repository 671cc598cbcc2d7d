/**
 * The page that the stack is in, for compiled code, which keeps it in locals: most accesses by way of the stack pointer go there,
 * and find it by one comparison. It is a page that the write array of the TLB set in force knows; whatever takes such an entry
 * away, or puts another set in force, closes the window.
 */
import { Cpu } from "../cpu/state";
import { PAGE_MASK } from "../layout";
import { tlbPointer } from "./tlb-entry";

const CLOSED: u64 = ~(<u64>0);

@inline export function closeStackWindow(cpu: Cpu): void {
  cpu.stackPage = CLOSED;
}

/** Opens it where the page of `linearAddr` may be written. */
export function openStackWindow(cpu: Cpu, linearAddr: u64): void {
  const hostPtr = tlbPointer(cpu.tlbWrite, linearAddr);
  if (!hostPtr) return;
  cpu.stackPage = linearAddr & PAGE_MASK;
  cpu.stackAddend = <u32>hostPtr - <u32>linearAddr;
}

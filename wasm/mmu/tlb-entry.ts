/**
 * Where an address is looked up in an array of the TLB, and what an entry means. An entry has 16 bytes: u64 tag (the
 * linear page); u32 addend (host pointer = low 32 bits of the linear address + addend); u32 flags (mmu/tlb.ts).
 */
import { PAGE_MASK, TLB_ENTRIES } from "../layout";

@inline export function tlbSlot(array: u32, linearAddr: u64): usize {
  return array + ((<u32>(linearAddr >> 8)) & ((TLB_ENTRIES - 1) << 4));
}

/** Host pointer of the byte at `linearAddr` if the array knows its page as plain memory, else 0. */
@inline export function tlbPointer(array: u32, linearAddr: u64): usize {
  const slot = tlbSlot(array, linearAddr);
  return load<u64>(slot) == (linearAddr & PAGE_MASK) ? <u32>linearAddr + load<u32>(slot, 8) : 0;
}

/**
 * Where an address is looked up in an array of the TLB, and what an entry means. An entry has 16 bytes: u64 tag (the
 * linear page); u32 addend (host pointer = low 32 bits of the linear address + addend); u32 flags (mmu/tlb.ts).
 */
import { PAGE_MASK, TLB_ENTRIES } from "../layout";

@inline export function tlbSlot(array: u32, linearAddr: u64): usize {
  return array + ((<u32>(linearAddr >> 8)) & ((TLB_ENTRIES - 1) << 4));
}

/** Whether all of an operand of size S lies in the page that the entry at `slot` knows. */
@inline export function hits<S>(slot: usize, linearAddr: u64): bool {
  return load<u64>(slot) == ((linearAddr + (sizeof<S>() - 1)) & PAGE_MASK);
}

/** Where the byte at `linearAddr` is, by an entry that hits. */
@inline export function hostPointer(slot: usize, linearAddr: u64): usize {
  return <u32>linearAddr + load<u32>(slot, 8);
}

/** Host pointer of the byte at `linearAddr` if the array knows its page as plain memory, else 0. */
@inline export function tlbPointer(array: u32, linearAddr: u64): usize {
  const slot = tlbSlot(array, linearAddr);
  return hits<u8>(slot, linearAddr) ? hostPointer(slot, linearAddr) : 0;
}

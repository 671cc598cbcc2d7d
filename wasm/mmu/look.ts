/**
 * Looking at code without the processor noticing: no fault, no accessed flag, no TLB entry. For traces and debuggers.
 * Permissions and reserved bits are not checked, and devices are not asked. [SDM3] 4.3 – 4.5
 */
import { PAGE_SIZE } from "../layout";
import { CR0_PG, CR4_PAE, CR4_PSE, Cpu, EFER_LMA, SEG_CS, is64, ptr, segment } from "../cpu/state";
import { OFF_PDPTE } from "./page-walk";
import { readPointer } from "./physical";

const PRESENT: u64 = 1;
const LARGE: u64 = 0x80;
const ADDRESS_MASK: u64 = 0x000f_ffff_ffff_f000;
const NOWHERE: u64 = ~(<u64>0);

function entryAt(cpu: Cpu, physAddr: u64, sizeBytes: u32): u64 {
  const hostPtr = readPointer(cpu, physAddr);
  if (!hostPtr) return 0;
  return sizeBytes == 8 ? load<u64>(hostPtr) : <u64>load<u32>(hostPtr);
}

/** Physical address of `linearAddr` by the tables as they stand, or NOWHERE. */
function lookUp(cpu: Cpu, linearAddr: u64): u64 {
  if (!(cpu.cr0 & CR0_PG)) return linearAddr & 0xffff_ffff;
  if (!(cpu.cr4 & CR4_PAE)) {
    const pde = entryAt(cpu, (cpu.cr3 & 0xffff_f000) + ((linearAddr >> 22) & 0x3ff) * 4, 4);
    if (!(pde & PRESENT)) return NOWHERE;
    if (pde & LARGE && cpu.cr4 & CR4_PSE) return (pde & 0xffc0_0000) | (((pde >> 13) & 0xff) << 32) | (linearAddr & 0x3f_ffff);
    const pte = entryAt(cpu, (pde & 0xffff_f000) + ((linearAddr >> 12) & 0x3ff) * 4, 4);
    return pte & PRESENT ? (pte & 0xffff_f000) | (linearAddr & 0xfff) : NOWHERE;
  }
  let table = cpu.cr3 & ADDRESS_MASK;
  let shift: u64 = 39;
  if (!(cpu.efer & EFER_LMA)) {
    const pdpte = load<u64>(ptr(cpu) + ((<u32>(linearAddr >> 30) & 3) << 3), OFF_PDPTE);
    if (!(pdpte & PRESENT)) return NOWHERE;
    table = pdpte & ADDRESS_MASK;
    shift = 21;
  }
  while (true) {
    const entry = entryAt(cpu, table + ((linearAddr >> shift) & 0x1ff) * 8, 8);
    if (!(entry & PRESENT)) return NOWHERE;
    const offsets = (<u64>1 << shift) - 1;
    if (shift == 12 || (shift != 39 && entry & LARGE)) return (entry & ADDRESS_MASK & ~offsets) | (linearAddr & offsets);
    table = entry & ADDRESS_MASK;
    shift -= 9;
  }
}

/** Copies up to `count` bytes of code from CS:RIP on to `outPtr`; returns how many could be seen. */
export function lookAtCode(cpu: Cpu, outPtr: usize, count: u32): u32 {
  const start = is64(cpu) ? cpu.rip : (segment(cpu, SEG_CS).base + cpu.rip) & 0xffff_ffff;
  let hostPtr: usize = 0;
  for (let i: u32 = 0; i < count; i++) {
    const linearAddr = is64(cpu) ? start + i : (start + i) & 0xffff_ffff;
    if (i == 0 || !(linearAddr & (PAGE_SIZE - 1))) {
      const physAddr = lookUp(cpu, linearAddr);
      hostPtr = physAddr == NOWHERE ? 0 : readPointer(cpu, physAddr);
      if (!hostPtr) return i;
    }
    store<u8>(outPtr + i, load<u8>(hostPtr));
    hostPtr++;
  }
  return count;
}

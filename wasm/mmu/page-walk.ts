/**
 * From linear to physical addresses: paging off, 32-bit (4K, 4M, PSE-36), PAE (with its page-directory-pointer registers) and
 * 4-level paging, with every permission check. Sets accessed and dirty flags; raises #PF with CR2 and the exact error code.
 *
 * No paging-structure cache: each walk starts at CR3. The accessed flag of an upper entry is set as the walk goes through it,
 * also when a lower one then faults, which processors may do. Protection keys, CET and 5-level paging are not there.
 * [SDM3] 4.3 – 4.8 – [APM2] 5.3 – 5.6
 */
import { codeWritten } from "../decode/code-index";
import { PAGE_MASK } from "../layout";
import { VECTOR_PF, raiseCode } from "../cpu/fault";
import { FEAT_GIGABYTE_PAGES, FEAT_PSE36, hasFeature, physAddrBits } from "../cpu/models";
import { CR0_PG, CR0_WP, CR4_PAE, CR4_PGE, CR4_PSE, CR4_SMAP, CR4_SMEP, Cpu, EFER_LMA, EFER_NXE, FLAG_AC, ptr } from "../cpu/state";
import { NOTE_PAGE_FAULT, traceMmu } from "../cpu/trace";
import { WRITE_IGNORED, codeMaskOf, deviceRead, deviceWrite, markDirty, readPointer, writePointer } from "./physical";

/** What kind of access is translated. */
export const WALK_READ: u32 = 0;
export const WALK_WRITE: u32 = 1;
/** With the rights of CPL 3. */
export const WALK_USER: u32 = 2;
export const WALK_FETCH: u32 = 4;
/** Implicit supervisor access (descriptor tables, TSS): EFLAGS.AC does not lift SMAP. [SDM3] 4.6.1 */
export const WALK_IMPLICIT: u32 = 8;

/** Bits of a #PF error code. [SDM3] 4.7 */
export const PF_PRESENT: u32 = 1;
export const PF_WRITE: u32 = 2;
export const PF_USER: u32 = 4;
export const PF_RESERVED: u32 = 8;
export const PF_FETCH: u32 = 0x10;

/** What `translate` found out about the page, beside its address. */
export const PAGE_DIRTY: u32 = 1;
export const PAGE_GLOBAL: u32 = 2;
/** Code may be fetched from it with the privilege of the access. */
export const PAGE_EXECUTE: u32 = 4;
/** Mapped by an entry for 2 MiB, 4 MiB or 1 GiB. */
export const PAGE_LARGE: u32 = 8;
export const PAGE_GIANT: u32 = 0x10;
/** Privilege level 3 may access it. */
export const PAGE_USER: u32 = 0x20;

const PTE_P: u64 = 1;
const PTE_RW: u64 = 2;
const PTE_US: u64 = 4;
const PTE_A: u32 = 0x20;
const PTE_D: u32 = 0x40;
const PTE_PS: u64 = 0x80;
const PTE_G: u64 = 0x100;
const PTE_NX: u64 = 0x8000_0000_0000_0000;
const ADDRESS_MASK: u64 = 0x000f_ffff_ffff_f000;
const RIGHTS: u64 = PTE_RW | PTE_US;
/** Bits 62–52: reserved in PAE paging, ignored in 4-level paging. */
const PAE_HIGH_RESERVED: u64 = 0x7ff0_0000_0000_0000;
/** Bits of a page-directory-pointer register that must be zero: 1, 2, 5–8. [SDM3] table 4-8 */
const PDPTE_RESERVED: u64 = 0x1e6;

/** Page-directory-pointer registers: four u64 in the Cpu struct. */
export const OFF_PDPTE: u32 = 3072;

/** Out-parameter of `translate`: PAGE_… bits. Means nothing once something else has run. */
let pageBits: u32 = 0;

@inline export function lastPageBits(): u32 {
  return pageBits;
}

/**
 * Physical address of `linearAddr`, whose canonical form has been checked, for an access with WALK_… bits `access`. Raises #PF:
 * check `cpu.fault`. `lastPageBits()` then tells more about the page.
 */
export function translate(cpu: Cpu, linearAddr: u64, access: u32): u64 {
  if (!(cpu.cr0 & CR0_PG)) {
    pageBits = PAGE_DIRTY | PAGE_EXECUTE;
    return linearAddr & 0xffff_ffff;
  }
  if (!(cpu.cr4 & CR4_PAE)) return walk32(cpu, linearAddr, access);
  if (cpu.efer & EFER_LMA) return walk64(cpu, linearAddr, access, cpu.cr3 & ADDRESS_MASK, 39, PTE_RW | PTE_US);
  const pdpte = load<u64>(ptr(cpu) + (((<u32>linearAddr >> 30) & 3) << 3), OFF_PDPTE);
  if (!(pdpte & PTE_P)) {
    pageFault(cpu, linearAddr, access, 0);
    return 0;
  }
  return walk64(cpu, linearAddr, access, pdpte & ADDRESS_MASK, 21, PTE_RW | PTE_US);
}

/** Address bits that do not exist in this processor. */
@inline function addressReserved(cpu: Cpu): u64 {
  return ADDRESS_MASK & ~((<u64>1 << physAddrBits(cpu)) - 1);
}

/** Walks tables of 8-byte entries from the one at `table`, which is indexed by the linear address bits from `shift` on. */
function walk64(cpu: Cpu, linearAddr: u64, access: u32, table: u64, shift: u32, rights: u64): u64 {
  const isPae = shift == 21;
  let reserved = addressReserved(cpu);
  if (!(cpu.efer & EFER_NXE)) reserved |= PTE_NX;
  if (isPae) reserved |= PAE_HIGH_RESERVED;
  let noExecute: u64 = 0;
  while (true) {
    const entryAddr = table + (((linearAddr >> shift) & 0x1ff) << 3);
    const entry = readEntry(cpu, entryAddr, 8);
    if (!(entry & PTE_P)) {
      pageFault(cpu, linearAddr, access, 0);
      return 0;
    }
    const isLeaf = shift == 12 || (shift != 39 && (entry & PTE_PS) != 0);
    if (entry & (reserved | levelReserved(cpu, shift, isLeaf, entry))) {
      pageFault(cpu, linearAddr, access, PF_PRESENT | PF_RESERVED);
      return 0;
    }
    rights &= entry;
    noExecute |= entry & PTE_NX;
    if (isLeaf) {
      const offsetMask = (<u64>1 << shift) - 1;
      if (!finish(cpu, linearAddr, access, entryAddr, entry, rights, noExecute != 0)) return 0;
      if (shift == 21) pageBits |= PAGE_LARGE;
      else if (shift == 30) pageBits |= PAGE_GIANT;
      return (entry & ADDRESS_MASK & ~offsetMask) | (linearAddr & offsetMask);
    }
    if (!(<u32>entry & PTE_A)) setEntryBits(cpu, entryAddr, <u32>entry, PTE_A);
    table = entry & ADDRESS_MASK;
    shift -= 9;
  }
}

/** Bits that are reserved at one level only: PS where no large page can be, and address bits below a large page (but PAT, bit 12). */
@inline function levelReserved(cpu: Cpu, shift: u32, isLeaf: bool, entry: u64): u64 {
  if (shift == 39) return PTE_PS;
  if (shift == 12 || !isLeaf) return 0;
  if (shift == 30 && !hasFeature(cpu, FEAT_GIGABYTE_PAGES)) return PTE_PS;
  return ((<u64>1 << shift) - 1) & ~(<u64>0x1fff);
}

/** 32-bit paging. */
function walk32(cpu: Cpu, linearAddr: u64, access: u32): u64 {
  const linear32 = <u32>linearAddr;
  const pdeAddr = (cpu.cr3 & 0xffff_f000) + ((linear32 >> 22) << 2);
  const pde = readEntry(cpu, pdeAddr, 4);
  if (!(pde & PTE_P)) {
    pageFault(cpu, linearAddr, access, 0);
    return 0;
  }
  if (pde & PTE_PS && cpu.cr4 & CR4_PSE) {
    // Bits 20–13 are address bits 39–32, as far as the processor has them.
    const high: u64 = hasFeature(cpu, FEAT_PSE36) ? ((pde >> 13) & 0xff) << 32 : 0;
    const reserved: u64 = hasFeature(cpu, FEAT_PSE36) ? 0x20_0000 : 0x3f_e000;
    if (pde & reserved || high & addressReserved(cpu)) {
      pageFault(cpu, linearAddr, access, PF_PRESENT | PF_RESERVED);
      return 0;
    }
    if (!finish(cpu, linearAddr, access, pdeAddr, pde, pde & RIGHTS, false)) return 0;
    pageBits |= PAGE_LARGE;
    return high | (pde & 0xffc0_0000) | (linear32 & 0x3f_ffff);
  }
  const pteAddr = (pde & 0xffff_f000) + (((linear32 >> 12) & 0x3ff) << 2);
  const pte = readEntry(cpu, pteAddr, 4);
  if (!(pte & PTE_P)) {
    pageFault(cpu, linearAddr, access, 0);
    return 0;
  }
  if (!finish(cpu, linearAddr, access, pteAddr, pte, pde & pte & RIGHTS, false)) return 0;
  // Only a translation that is used marks the directory entry, as the 80386 does ("before a read or write operation").
  if (!(<u32>pde & PTE_A)) setEntryBits(cpu, pdeAddr, <u32>pde, PTE_A);
  return (pte & 0xffff_f000) | (linear32 & 0xfff);
}

/** Checks the permissions, then sets accessed and dirty in the last entry and fills `pageBits`. False: #PF was raised. */
function finish(cpu: Cpu, linearAddr: u64, access: u32, entryAddr: u64, entry: u64, rights: u64, noExecute: bool): bool {
  const isUserPage = (rights & PTE_US) != 0;
  let allowed: bool;
  let executable: bool;
  if (access & WALK_USER) {
    executable = isUserPage && !noExecute;
    allowed = isUserPage && (!(access & WALK_WRITE) || (rights & PTE_RW) != 0);
  } else {
    executable = !noExecute && !(isUserPage && cpu.cr4 & CR4_SMEP);
    allowed = !(access & WALK_WRITE) || (rights & PTE_RW) != 0 || !(cpu.cr0 & CR0_WP);
    if (isUserPage && cpu.cr4 & CR4_SMAP && (access & WALK_IMPLICIT || !(cpu.eflags & FLAG_AC))) allowed = false;
  }
  if (access & WALK_FETCH) allowed = executable;
  if (!allowed) {
    pageFault(cpu, linearAddr, access, PF_PRESENT);
    return false;
  }
  const wanted = access & WALK_WRITE ? PTE_A | PTE_D : PTE_A;
  if ((<u32>entry & wanted) != wanted) setEntryBits(cpu, entryAddr, <u32>entry, wanted);
  let bits: u32 = 0;
  if ((<u32>entry | wanted) & PTE_D) bits = PAGE_DIRTY;
  if (entry & PTE_G && cpu.cr4 & CR4_PGE) bits |= PAGE_GLOBAL;
  if (executable) bits |= PAGE_EXECUTE;
  if (isUserPage) bits |= PAGE_USER;
  pageBits = bits;
  return true;
}

/** Raises #PF for the access, with `cause` (PF_PRESENT, PF_RESERVED). */
export function pageFault(cpu: Cpu, linearAddr: u64, access: u32, cause: u32): void {
  if (cpu.fault) return;
  let code = cause;
  if (access & WALK_WRITE) code |= PF_WRITE;
  if (access & WALK_USER) code |= PF_USER;
  if (access & WALK_FETCH && (cpu.cr4 & CR4_SMEP || (cpu.cr4 & CR4_PAE && cpu.efer & EFER_NXE))) code |= PF_FETCH;
  traceMmu(NOTE_PAGE_FAULT, linearAddr, code);
  cpu.cr2 = linearAddr;
  raiseCode(cpu, VECTOR_PF, code);
}

@inline function readEntry(cpu: Cpu, physAddr: u64, sizeBytes: u32): u64 {
  const hostPtr = readPointer(cpu, physAddr);
  if (!hostPtr) return deviceRead(cpu, physAddr, sizeBytes);
  return sizeBytes == 8 ? load<u64>(hostPtr) : <u64>load<u32>(hostPtr);
}

/** Sets bits in the low half of a paging entry that has been read as `seen`. */
function setEntryBits(cpu: Cpu, physAddr: u64, seen: u32, bits: u32): void {
  const hostPtr = writePointer(cpu, physAddr);
  if (hostPtr == 0) {
    deviceWrite(cpu, physAddr, 4, seen | bits);
    return;
  }
  if (hostPtr == WRITE_IGNORED) return;
  if (ASC_FEATURE_THREADS) atomic.or<u32>(hostPtr, bits);
  else store<u32>(hostPtr, load<u32>(hostPtr) | bits);
  markDirty(hostPtr);
  if (codeMaskOf(hostPtr)) codeWritten(cpu, <u32>hostPtr, 4);
}

/**
 * Loads the page-directory-pointer registers from the table that `cr3` names. False, with nothing loaded, if a present one has reserved bits set: the
 * instruction then raises #GP(0). [SDM3] 4.4.1
 */
export function loadPdptes(cpu: Cpu, cr3: u64): bool {
  const table = cr3 & 0xffff_ffe0;
  const reserved = PDPTE_RESERVED | addressReserved(cpu) | PAE_HIGH_RESERVED | PTE_NX;
  for (let i: u32 = 0; i < 4; i++) {
    const entry = readEntry(cpu, table + (i << 3), 8);
    if (entry & PTE_P && entry & reserved) return false;
  }
  for (let i: u32 = 0; i < 4; i++) store<u64>(ptr(cpu) + (i << 3), readEntry(cpu, table + (i << 3), 8), OFF_PDPTE);
  return true;
}

/** First byte of the page that holds `linearAddr`. */
@inline export function pageOf(linearAddr: u64): u64 {
  return linearAddr & PAGE_MASK;
}

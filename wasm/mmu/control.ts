/**
 * What writes to control registers mean for address translation. The instructions themselves, with the checks of
 * reserved bits and of combinations, are in wasm/semantics; they call `preparePaging` while the old state is still in force, then
 * write the registers, then call one of the others.
 * [SDM3] 4.1, 4.4.1, 4.10.4
 */
import { CR0_CD, CR0_NW, CR0_PE, CR0_PG, CR0_WP, CR4_PAE, CR4_PCIDE, CR4_PGE, CR4_PSE, CR4_SMAP, CR4_SMEP, Cpu, EFER_LMA, EFER_LME, EFER_NXE } from "../cpu/state";
import { loadPdptes } from "./page-walk";
import { flushAll, flushNonGlobal } from "./tlb";

/** Bits whose change reloads the page-directory-pointer registers in PAE paging. */
const CR0_RELOADS: u64 = CR0_PG | CR0_CD | CR0_NW;
const CR4_RELOADS: u64 = CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP;
/** Bits whose change alters what translations mean. */
const CR0_TRANSLATES: u64 = CR0_PG | CR0_PE | CR0_WP;
const CR4_TRANSLATES: u64 = CR4_PAE | CR4_PSE | CR4_PGE | CR4_PCIDE | CR4_SMEP | CR4_SMAP;
/** MOV to CR3 with PCIDs: bit 63 keeps the translations of the new PCID. */
export const CR3_NO_FLUSH: u64 = 0x8000_0000_0000_0000;

/**
 * Before CR0, CR3 or CR4 get these values: loads the page-directory-pointer registers where PAE paging will use them.
 * False: they have reserved bits set, and the instruction raises #GP(0).
 */
export function preparePaging(cpu: Cpu, cr0: u64, cr3: u64, cr4: u64, isCr3Write: bool): bool {
  if (!(cr0 & CR0_PG) || !(cr4 & CR4_PAE) || cpu.efer & EFER_LME) return true;
  if (!isCr3Write && !((cr0 ^ cpu.cr0) & CR0_RELOADS) && !((cr4 ^ cpu.cr4) & CR4_RELOADS)) return true;
  return loadPdptes(cpu, cr3);
}

/** After a write to CR0 that had the value `old`. */
export function cr0Changed(cpu: Cpu, old: u64): void {
  if ((cpu.cr0 ^ old) & CR0_TRANSLATES) flushAll(cpu);
}

/** After a write to CR4 that had the value `old`. */
export function cr4Changed(cpu: Cpu, old: u64): void {
  if ((cpu.cr4 ^ old) & CR4_TRANSLATES) flushAll(cpu);
}

/**
 * After MOV to CR3 of `value`; `cpu.cr3` has it without bit 63. Without bit 63 all that is not global goes. With it the translations of the
 * new PCID may stay; as entries do not know their PCID, that is only so if the address space is the same.
 */
export function cr3Written(cpu: Cpu, old: u64, value: u64): void {
  const keeps = (cpu.cr4 & CR4_PCIDE) != 0 && (value & CR3_NO_FLUSH) != 0 && old == cpu.cr3;
  if (!keeps) flushNonGlobal(cpu);
}

/** After EFER had the value `old`: NXE decides about bit 63 of entries, LMA about the kind of walk. */
export function eferChanged(cpu: Cpu, old: u64): void {
  if ((cpu.efer ^ old) & (EFER_LMA | EFER_NXE)) flushAll(cpu);
}

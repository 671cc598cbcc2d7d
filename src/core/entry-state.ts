/**
 * Processor state at which a boot loader hands over, for boots that start without firmware. `CoreInterface.enterAt` sets
 * it on the boot processor, right after `reset()`; whatever is not listed keeps its value after reset.
 */

/** A segment register with its hidden part, as a descriptor would have loaded it. */
export interface SegmentState {
  selector: number;
  /** Linear base address. */
  base: number;
  /** In bytes, granularity applied: 0xFFFFFFFF for a flat segment. */
  limit: number;
  /** Packed as in a VMCB: P, DPL, S, type in 7:0; AVL, L, D/B, G in 11:8. [APM2] 15.5.1 */
  attributes: number;
}

export interface TableRegister {
  base: number;
  limit: number;
}

export interface GeneralRegisters {
  rax: number;
  rbx: number;
  rcx: number;
  rdx: number;
  rsi: number;
  rdi: number;
  rbp: number;
  rsp: number;
}

export interface EntryState {
  mode: "real" | "protected" | "long";
  rip: number;
  rflags: number;
  /** Registers left out are zero. */
  registers: Partial<GeneralRegisters>;
  cr0: number;
  cr3: number;
  cr4: number;
  efer: number;
  cs: SegmentState;
  /** DS, ES, FS, GS and SS alike. */
  data: SegmentState;
  gdt: TableRegister;
  idt: TableRegister;
}

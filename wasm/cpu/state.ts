/**
 * The state of one processor: a struct at a base address, never a global, so that several can exist and nested guests
 * can have their own. The hot part comes first: decoded records name registers by byte offset (0…255).
 *
 * Arithmetic flags are kept as (flagRes, flagAux): ZF is flagRes == 0, SF its sign, PF the parity of its low byte;
 * CF, AF and OF stand in flagAux at their EFLAGS positions. flagAux can also overrule SF and PF (see cpu/flags.ts).
 * `eflags` holds all the other flags.
 */

export const SEG_ES: u32 = 0;
export const SEG_CS: u32 = 1;
export const SEG_SS: u32 = 2;
export const SEG_DS: u32 = 3;
export const SEG_FS: u32 = 4;
export const SEG_GS: u32 = 5;
export const SEG_LDTR: u32 = 6;
export const SEG_TR: u32 = 7;

/** A segment register with its hidden part. `attr` as in a VMCB: type, S, DPL, P, then AVL, L, D/B, G in bits 8–11. */
@unmanaged @final
export class Segment {
  selector: u16;
  attr: u16;
  /** In bytes, granularity applied. */
  limit: u32;
  base: u64;
}

/** In the quadword of attributes and limit, above the selector: the limit; present, S, code, expand-down, writable. */
export const HIDDEN_SHIFT: u64 = 16;
export const HIDDEN_MASK: u64 = 0xffff_ffff_009e;
/** Present writable data up to 4 GiB. */
export const HIDDEN_FLAT: u64 = 0xffff_ffff_0092;

/** An operand (of at most eight bytes) whose offset is not above this does not go past the end of a flat segment. */
export const FLAT_END: u64 = 0xffff_ffff - 7;

/** Base 0, 4 GiB, may be read and written: no access needs a check. */
@inline export function isFlatData(seg: Segment): bool {
  return seg.base == 0 && ((load<u64>(changetype<usize>(seg)) >> HIDDEN_SHIFT) & HIDDEN_MASK) == HIDDEN_FLAT;
}

export const ATTR_TYPE: u32 = 0x0f;
export const ATTR_S: u32 = 0x10;
export const ATTR_DPL_SHIFT: u32 = 5;
export const ATTR_P: u32 = 0x80;
export const ATTR_AVL: u32 = 0x100;
export const ATTR_L: u32 = 0x200;
export const ATTR_DB: u32 = 0x400;
export const ATTR_G: u32 = 0x800;
/** Type bits of code and data descriptors. */
export const TYPE_ACCESSED: u32 = 1;
export const TYPE_WRITABLE: u32 = 2;
export const TYPE_READABLE: u32 = 2;
export const TYPE_EXPAND_DOWN: u32 = 4;
export const TYPE_CONFORMING: u32 = 4;
export const TYPE_CODE: u32 = 8;

/** Byte offset of the slot that is always zero: the base or index register of an address that has none. */
export const OFF_ZERO: u32 = 128;
/** Byte offset of `codeBase`: the base register of a RIP-relative address. */
export const OFF_CODE_BASE: u32 = 136;
export const OFF_SEGMENTS: u32 = 208;

@unmanaged @final
export class Cpu {
  // 0: general registers in encoding order
  rax: u64; rcx: u64; rdx: u64; rbx: u64; rsp: u64; rbp: u64; rsi: u64; rdi: u64;
  r8: u64; r9: u64; r10: u64; r11: u64; r12: u64; r13: u64; r14: u64; r15: u64;
  // 128
  zero: u64;
  /** Linear address of the page from which the running trace was fetched; records hold offsets from it. */
  codeBase: u64;
  // 144
  flagRes: i64;
  flagAux: u32;
  /** Nonzero: leave the trace after the instruction under way (STOP_…). */
  stop: u32;
  // 160
  /** Nonzero: the instruction under way faulted (FAULT_PENDING); vector and code in faultVector, faultCode. */
  fault: u32;
  /** EFLAGS without CF PF AF ZF SF OF; bit 1 set. */
  eflags: u32;
  /** Arrays of the TLB set in force. */
  tlbRead: u32;
  tlbWrite: u32;
  // 176
  /** Instruction pointer (offset in CS): valid between traces, and inside handlers that end a trace. */
  rip: u64;
  /** Instructions that the running call of run() may still retire, counted down when a trace is left. */
  budget: i32;
  /** MODE_… bits: what decoded code depends on. */
  mode: u32;
  /** Record of the instruction under way, set before any slow path. */
  rec: u32;
  cpl: u32;
  // 200
  /** DR6 bits of debug traps that wait for the instruction boundary, and PENDING_… (cpu/debug.ts). */
  pendingDebug: u32;
  /** Instruction count when a single step was armed: until it moves, no instruction has run (cpu/events.ts). */
  stepMark: u32;
  // 208: ES CS SS DS FS GS LDTR TR, 16 bytes each
  seg0: u64; seg1: u64; seg2: u64; seg3: u64; seg4: u64; seg5: u64; seg6: u64; seg7: u64;
  seg8: u64; seg9: u64; seg10: u64; seg11: u64; seg12: u64; seg13: u64; seg14: u64; seg15: u64;
  // 336
  gdtrBase: u64;
  idtrBase: u64;
  gdtrLimit: u32;
  idtrLimit: u32;
  // 360
  cr0: u64;
  cr2: u64;
  cr3: u64;
  cr4: u64;
  xcr0: u64;
  efer: u64;
  dr0: u64; dr1: u64; dr2: u64; dr3: u64;
  dr6: u64;
  dr7: u64;
  // 456
  faultVector: u32;
  faultCode: u32;
  /** EVENT_… bits that want attention between instructions. */
  events: u32;
  /** Nonzero after STI, MOV SS, POP SS: SHADOW_STI or SHADOW_SS for the next instruction. */
  shadow: u32;
  /** ACTIVITY_… */
  activity: u32;
  /** APIC id. */
  index: u32;
  /** Instructions retired since reset of the counter, up to the start of the running call of run(). */
  retired: u64;
  /** budget at the start of the running call of run(). */
  budgetStart: i32;
  /** Start of this CPU's tables (TLB, jump cache, log). */
  tables: u32;
  tlbLogCount: u32;
  /** CPU model: features shown by CPUID and allowed (FEAT_… words in cpu/cpuid.ts). */
  model: u32;
  // 504: MMX/x87 registers: eight 16-byte slots, R0…R7 (physical), 80 bits each
  /** Exceptions that the SSE instruction under way has found so far (sse/soft-float.ts). */
  simdFlags: u32;
  /** Page number at which a start-up message (EVENT_STARTUP) makes the processor begin. */
  startupVector: u32;
  // 512
  fpr0: u64; fpr0x: u64; fpr1: u64; fpr1x: u64; fpr2: u64; fpr2x: u64; fpr3: u64; fpr3x: u64;
  fpr4: u64; fpr4x: u64; fpr5: u64; fpr5x: u64; fpr6: u64; fpr6x: u64; fpr7: u64; fpr7x: u64;
  // 640
  fpuControl: u16;
  fpuStatus: u16;
  /** Abridged tag: bit n set means physical register n is not empty. */
  fpuTag: u8;
  reserved2: u8;
  fpuOpcode: u16;
  mxcsr: u32;
  fpuCs: u16;
  fpuDs: u16;
  fpuIp: u64;
  fpuDp: u64;
  // 672: XMM0…XMM15, 16 bytes each
  xmm0: u64; xmm0x: u64; xmm1: u64; xmm1x: u64; xmm2: u64; xmm2x: u64; xmm3: u64; xmm3x: u64;
  xmm4: u64; xmm4x: u64; xmm5: u64; xmm5x: u64; xmm6: u64; xmm6x: u64; xmm7: u64; xmm7x: u64;
  xmm8: u64; xmm8x: u64; xmm9: u64; xmm9x: u64; xmm10: u64; xmm10x: u64; xmm11: u64; xmm11x: u64;
  xmm12: u64; xmm12x: u64; xmm13: u64; xmm13x: u64; xmm14: u64; xmm14x: u64; xmm15: u64; xmm15x: u64;
  // 928: MSRs with storage of their own
  msrStar: u64; msrLstar: u64; msrCstar: u64; msrSfmask: u64;
  msrKernelGsBase: u64;
  msrSysenterCs: u64; msrSysenterEsp: u64; msrSysenterEip: u64;
  msrPat: u64;
  msrTscAux: u64;
  msrApicBase: u64;
  msrTscDeadline: u64;
  /** Added to the clock's ticks to give the TSC. */
  tscOffset: u64;
  /** Last value given out, so that the TSC never stands still or goes back. */
  tscLast: u64;
  msrMiscEnable: u64;
  msrMtrrDefType: u64;
  msrKvmSystemTime: u64;
  msrKvmWallClock: u64;
  msrDebugCtl: u64;
  /** What is XORed into linear addresses to make jump-cache keys: mode in bits 56–62, generation in bits 48–55. */
  jumpTag: u64;
  /** The generations of code at privilege level 3, and at others (decode/code-index.ts). */
  userGeneration: u64;
  supervisorGeneration: u64;
  /** Trace whose region is entered, for the stub that stands where there is none; exit that was taken (jit/). */
  jitTarget: u32;
  jitExit: u32;
  /** Where a compiled RET goes: linear address. */
  jitLinear: u64;
  /** Flags between compiled regions (jit/flag-kinds.ts): what set them, and its operands. KIND_STRUCT outside compiled code. */
  jitFlagX: u64;
  jitFlagY: u64;
  jitFlagR: u64;
  jitFlagT: u64;
  jitFlagKind: u32;
  /** The page that the stack was last written in, and what is added to its linear addresses for host pointers (mmu/stack-window.ts). */
  stackPage: u64;
  stackAddend: u32;
  /** Code of pages that are not global was entered outside privilege level 3 in the present generation. */
  localSupervisorCode: bool;
  // 1088…: bigger blocks, by offset
}

/** Offsets of blocks that are arrays rather than fields. */
export const OFF_FPR: u32 = 512;
export const OFF_XMM: u32 = 672;
/** 128 bytes in which a call gate carries its parameters from one stack to the other. */
export const OFF_PARAMETERS: u32 = 1408;
/** MTRRs: 11 fixed-range then 8 base/mask pairs, u64 each. */
export const OFF_MTRR: u32 = 1536;
/** Local APIC state (cpu/apic.ts): 1 KiB. */
export const OFF_APIC: u32 = 2048;
/** Free for cpu/msr.ts (machine check, misc MSRs). */
export const OFF_MSR_MISC: u32 = 3072;

export const STOP_FAULT: u32 = 1;
/** Decoded code was dropped or the mapping of code changed. */
export const STOP_CODE: u32 = 2;
/** An event appeared (interrupt line, timer). */
export const STOP_EVENT: u32 = 4;
/** The host asks run() to return. */
export const STOP_HOST: u32 = 8;
/** A repeated string instruction has elements left: RIP stays at it. */
export const STOP_REPEAT: u32 = 16;

export const FAULT_PENDING: u32 = 1;

export const EVENT_INTR: u32 = 1;
export const EVENT_NMI: u32 = 2;
export const EVENT_SMI: u32 = 4;
export const EVENT_INIT: u32 = 8;
/** The local APIC has a deliverable interrupt. */
export const EVENT_APIC: u32 = 0x10;
export const EVENT_TRIPLE_FAULT: u32 = 0x20;
/** A start-up message (SIPI) has come; its vector is in startupVector. */
export const EVENT_STARTUP: u32 = 0x40;
/** NMIs are blocked until IRET. */
export const EVENT_NMI_BLOCKED: u32 = 0x100;
/** A debug trap waits in pendingDebug. */
export const EVENT_DEBUG: u32 = 0x200;
/** TF, an instruction breakpoint or an interrupt shadow: exactly one instruction runs before handleEvents is called again. */
export const EVENT_STEP: u32 = 0x400;
// 0x800 is EVENT_FERR (cpu/fpu-checks.ts).
/** faultVector and faultCode hold a fault of a task that has just become current (cpu/task-switch.ts). */
export const EVENT_TASK_FAULT: u32 = 0x1000;

export const SHADOW_STI: u32 = 1;
export const SHADOW_SS: u32 = 2;

export const ACTIVITY_RUNNING: u32 = 0;
export const ACTIVITY_HALTED: u32 = 1;
export const ACTIVITY_SHUTDOWN: u32 = 2;
export const ACTIVITY_WAIT_SIPI: u32 = 3;

/** Fields of jumpTag. */
export const JUMP_MODE_SHIFT: u64 = 56;
export const JUMP_GENERATION: u64 = 1 << 48;
export const JUMP_GENERATIONS: u64 = 0xff << 48;

/** What decoded code depends on; also part of the jump-cache key (7 bits). */
export const MODE_SIZE_MASK: u32 = 3;
export const MODE_16: u32 = 0;
export const MODE_32: u32 = 1;
export const MODE_64: u32 = 2;
/** The stack pointer is ESP (SS.B). Not used in 64-bit mode. */
export const MODE_SS32: u32 = 4;
/** CS DS ES SS have base 0, limit 4 GiB, and may be read (and written, but for CS): no checks needed. */
export const MODE_FLAT: u32 = 8;
/** Current privilege level is 3. */
export const MODE_USER: u32 = 0x10;
/** Near transfers must be checked against the CS limit. */
export const MODE_CS_CHECKED: u32 = 0x20;

export const FLAG_CF: u32 = 1;
export const FLAG_PF: u32 = 4;
export const FLAG_AF: u32 = 0x10;
export const FLAG_ZF: u32 = 0x40;
export const FLAG_SF: u32 = 0x80;
export const FLAG_TF: u32 = 0x100;
export const FLAG_IF: u32 = 0x200;
export const FLAG_DF: u32 = 0x400;
export const FLAG_OF: u32 = 0x800;
export const FLAG_IOPL: u32 = 0x3000;
export const FLAG_NT: u32 = 0x4000;
export const FLAG_RF: u32 = 0x1_0000;
export const FLAG_VM: u32 = 0x2_0000;
export const FLAG_AC: u32 = 0x4_0000;
export const FLAG_VIF: u32 = 0x8_0000;
export const FLAG_VIP: u32 = 0x10_0000;
export const FLAG_ID: u32 = 0x20_0000;
/** CF PF AF ZF SF OF. */
export const FLAGS_ARITH: u32 = 0x8d5;

export const CR0_PE: u64 = 1;
export const CR0_MP: u64 = 2;
export const CR0_EM: u64 = 4;
export const CR0_TS: u64 = 8;
export const CR0_ET: u64 = 0x10;
export const CR0_NE: u64 = 0x20;
export const CR0_WP: u64 = 0x1_0000;
export const CR0_AM: u64 = 0x4_0000;
export const CR0_NW: u64 = 0x2000_0000;
export const CR0_CD: u64 = 0x4000_0000;
export const CR0_PG: u64 = 0x8000_0000;

export const CR4_VME: u64 = 1;
export const CR4_PVI: u64 = 2;
export const CR4_TSD: u64 = 4;
export const CR4_DE: u64 = 8;
export const CR4_PSE: u64 = 0x10;
export const CR4_PAE: u64 = 0x20;
export const CR4_MCE: u64 = 0x40;
export const CR4_PGE: u64 = 0x80;
export const CR4_PCE: u64 = 0x100;
export const CR4_OSFXSR: u64 = 0x200;
export const CR4_OSXMMEXCPT: u64 = 0x400;
export const CR4_UMIP: u64 = 0x800;
export const CR4_FSGSBASE: u64 = 0x1_0000;
export const CR4_PCIDE: u64 = 0x2_0000;
export const CR4_OSXSAVE: u64 = 0x4_0000;
export const CR4_SMEP: u64 = 0x10_0000;
export const CR4_SMAP: u64 = 0x20_0000;

export const EFER_SCE: u64 = 1;
export const EFER_LME: u64 = 0x100;
export const EFER_LMA: u64 = 0x400;
export const EFER_NXE: u64 = 0x800;
export const EFER_SVME: u64 = 0x1000;
export const EFER_FFXSR: u64 = 0x4000;

/** The pointer behind a processor, for raw loads. */
@inline export function ptr(cpu: Cpu): usize {
  return changetype<usize>(cpu);
}

@inline export function segment(cpu: Cpu, index: u32): Segment {
  return changetype<Segment>(changetype<usize>(cpu) + OFF_SEGMENTS + (index << 4));
}

/** In 64-bit mode (not compatibility mode). */
@inline export function is64(cpu: Cpu): bool {
  return (cpu.mode & MODE_SIZE_MASK) == MODE_64;
}

@inline export function isProtected(cpu: Cpu): bool {
  return (cpu.cr0 & CR0_PE) != 0;
}

@inline export function isV86(cpu: Cpu): bool {
  return (cpu.eflags & FLAG_VM) != 0;
}

/** Real-address or virtual-8086 mode: selectors are paragraphs. */
@inline export function isRealOrV86(cpu: Cpu): bool {
  return !(cpu.cr0 & CR0_PE) || (cpu.eflags & FLAG_VM) != 0;
}

@inline export function iopl(cpu: Cpu): u32 {
  return (cpu.eflags & FLAG_IOPL) >> 12;
}

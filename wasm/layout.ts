/**
 * THE linear-memory map. No other file may contain a linear-memory offset.
 *
 *   0x0000_0000  guard: never used, so that a null pointer is harmless
 *   0x0000_0800  settings of the machine that all its processors share (mmu/physical.ts)
 *   0x0000_1000  vCPU structs, 4 KiB each (MAX_CPUS)
 *   0x0002_0000  I/O scratch: block transfers between guest and devices
 *   0x0004_0000  scratch trace: instructions that are run once (single step, exact stops, code outside memory)
 *   0x0004_8000  handler table
 *   0x0005_0000  static data of the compiler (asc --memoryBase)
 *   0x0020_0000  per-CPU tables, 448 KiB each: TLB sets, jump cache, TLB fill log
 *   0x0090_0000  compiler of hot code: its tables, the module being written, what compiled regions keep
 *   0x0100_0000  trace hash heads, then the trace arena
 *   0x0288_0000  ROM: option ROMs, then system ROM or flash up to its end
 *   0x02D0_0000  guest RAM (ramBytes), then video memory (vramBytes)
 *   after it     page descriptors, one for each 4 KiB page from ROM_BASE to the end of video memory; dirty bytes
 *
 * Code and data are named by where they live in linear memory (`hostPtr`), so a ROM that shows at two physical
 * addresses is decoded once.
 *
 * Every number that only wasm/ needs to know stands here; scripts/build-core.mjs writes the twin for src/core.
 */

export const PAGE_SIZE: u32 = 0x1000;
export const PAGE_OFFSET_MASK: u64 = 0xfff;
export const PAGE_MASK: u64 = 0xffff_ffff_ffff_f000;

export const MACHINE_BASE: usize = 0x800;
export const MACHINE_SIZE: u32 = 0x800;

export const CPU_BASE: usize = 0x1000;
export const CPU_SIZE: usize = 0x1000;
export const MAX_CPUS: u32 = 16;

export const IO_SCRATCH: usize = 0x2_0000;
export const IO_SCRATCH_SIZE: u32 = 0x1_0000;

export const SCRATCH_TRACE: usize = 0x4_0000;
export const SCRATCH_TRACE_SIZE: u32 = 0x4000;
/** Bytes of one instruction gathered from two pages or from a device. */
export const FETCH_BUFFER: usize = 0x4_4000;
/** A trace that is being made, until it is known how much room it takes. */
export const NEW_TRACE: usize = 0x4_5000;

/** Table indices of the operations that are calls (u32 each, by id - COLD_BASE), written at start. */
export const HANDLER_TABLE: usize = 0x4_8000;

export const STATIC_DATA_BASE: usize = 0x5_0000;

export const CPU_TABLES_BASE: usize = 0x20_0000;
export const CPU_TABLES_SIZE: usize = 0x7_0000;

/** Entries of one TLB array: direct-mapped, 16 bytes each: u64 tag (linear page), u32 addend, u32 flags. */
export const TLB_ENTRIES: u32 = 2048;
export const TLB_ARRAY_SIZE: u32 = TLB_ENTRIES * 16;
/** Sets: user, supervisor, supervisor with EFLAGS.AC (SMAP open), and one that is always empty (checked accesses). */
export const TLB_SETS: u32 = 4;
/** Offsets inside a CPU's tables: read array then write array of each set. */
export const TLB_OFFSET: u32 = 0;
export const JUMP_CACHE_OFFSET: u32 = TLB_SETS * 2 * TLB_ARRAY_SIZE;
/** Entries of the jump cache: u64 key (linear address and mode), u32 trace, u32 unused. */
export const JUMP_CACHE_ENTRIES: u32 = 0x2000;
export const TLB_LOG_OFFSET: u32 = JUMP_CACHE_OFFSET + JUMP_CACHE_ENTRIES * 16;
/** How many fills are remembered one by one (u32 entry pointers) before a flush clears whole arrays. */
export const TLB_LOG_ENTRIES: u32 = 4096;
/** Bit map, by hashed address, of the large pages of which the TLB holds parts (mmu/tlb.ts). */
export const TLB_LARGE_OFFSET: u32 = TLB_LOG_OFFSET + TLB_LOG_ENTRIES * 4;
export const TLB_LARGE_BITS: u32 = 4096;
/** Bit maps, by hashed number, of the linear pages that the jump cache has code of: of privilege level 3, then of the others. */
export const CODE_PAGES_OFFSET: u32 = TLB_LARGE_OFFSET + 512;
export const CODE_PAGES_BITS: u32 = 4096;

/** The compiler's tables for the region under way (jit/). */
export const JIT_SCRATCH: usize = 0x90_0000;
/** The body of one function before its locals are known, then the module that is being written. */
export const JIT_BODY: usize = 0x91_0000;
export const JIT_BODY_SIZE: u32 = 0x2_0000;
export const JIT_MODULE: usize = 0x93_0000;
export const JIT_MODULE_SIZE: u32 = 0xc_0000;
/** Traces that wait to be compiled (u32 each), then those of the module that was written last. */
export const JIT_QUEUE: usize = 0x9f_0000;
export const JIT_QUEUE_ENTRIES: u32 = 4096;
/** Table places of regions that were dropped with their pages (u32 each), until the host frees them. */
export const JIT_DROPPED: usize = 0x9f_8000;
export const JIT_DROPPED_ENTRIES: u32 = 0x1000;
/** What compiled regions refer to: exits and copies of records. Filled from start to end, then emptied with the trace arena. */
export const JIT_ARENA_BASE: usize = 0xa0_0000;
export const JIT_ARENA_END: usize = 0x100_0000;

/** Heads of the trace chains by host address. */
export const TRACE_HASH_BASE: usize = 0x100_0000;
export const TRACE_HASH_ENTRIES: u32 = 0x4_0000;
export const TRACE_ARENA_BASE: usize = 0x110_0000;
export const TRACE_ARENA_END: usize = 0x288_0000;

export const ROM_BASE: usize = 0x288_0000;
export const ROM_SIZE: usize = 0x48_0000;
export const RAM_BASE: usize = 0x2d0_0000;

/** Page descriptor: u64 mask of 64-byte chunks that hold decoded code, u32 first trace, u32 processors that may have a write entry in their TLB. */
export const PAGE_DESC_SIZE: u32 = 16;

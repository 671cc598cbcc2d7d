/**
 * Whether anything was written, or may be, beside what is the guest's: linear memory that a machine of one processor does not
 * use is filled with a pattern that must stay, ROM must stay as it was, and every entry of the TLB must lead to ROM, RAM or
 * video memory (those for writing: not to ROM). The pattern in the guest's own memory means that it has read what it must not.
 */
import {
  CPU_BASE,
  CPU_SIZE,
  CPU_TABLES_BASE,
  CPU_TABLES_SIZE,
  IO_SCRATCH,
  IO_SCRATCH_SIZE,
  JIT_ARENA_END,
  JIT_SCRATCH,
  MACHINE_BASE,
  PAGE_OFFSET_MASK,
  RAM_BASE,
  ROM_BASE,
  ROM_SIZE,
  SCRATCH_TRACE,
  TLB_ARRAY_SIZE,
  TLB_OFFSET,
  TLB_SETS,
} from "../../../core/generated/layout.ts";
import { linearMemoryBytes } from "../../../core/load.ts";
import { FuzzFinding } from "../../../machine/testing/fuzz/fuzz-host.ts";

const PATTERN = [0xa5, 0xc3, 0x5a, 0x3c];
/** Any eight bytes of the pattern. */
const NEEDLES = PATTERN.map((_, i) => Buffer.from(Array.from({ length: 8 }, (_, j) => PATTERN[(i + j) & 3]!)));
/** Room behind the end of the machine, in bytes. */
const BEHIND = 4 << 20;
const WASM_PAGE_BYTES = 0x10000;
const EMPTY = 0xffffffff;
const ENTRY_WORDS = 4;

/** Linear memory for a machine, with room behind its end. */
export function guardedMemory(ramBytes: number, vramBytes: number): WebAssembly.Memory {
  const pages = Math.ceil((linearMemoryBytes(ramBytes, vramBytes) + BEHIND) / WASM_PAGE_BYTES);
  return new WebAssembly.Memory({ initial: pages, maximum: pages });
}

export class MemoryGuards {
  private readonly areas: readonly Uint8Array[];
  private readonly pattern: Uint8Array;
  private readonly rom: Uint8Array;
  private readonly romBefore: Uint8Array;
  private readonly tlb: Uint32Array;
  private readonly guestEnd: number;

  /** The firmware is in place already. @param ramBytes and video memory: as for `guardedMemory` */
  constructor(
    memory: WebAssembly.Memory,
    private readonly ramBytes: number,
    vramBytes: number,
    hasJit: boolean,
  ) {
    const { buffer } = memory;
    const between = (from: number, to: number): Uint8Array => new Uint8Array(buffer, from, to - from);
    this.areas = [
      between(0, MACHINE_BASE),
      between(CPU_BASE + CPU_SIZE, IO_SCRATCH),
      between(IO_SCRATCH + IO_SCRATCH_SIZE, SCRATCH_TRACE),
      between(CPU_TABLES_BASE + CPU_TABLES_SIZE, hasJit ? JIT_SCRATCH : JIT_ARENA_END),
      between(linearMemoryBytes(ramBytes, vramBytes), buffer.byteLength),
    ];
    this.pattern = Buffer.alloc(Math.max(...this.areas.map((area) => area.length)), Uint8Array.from(PATTERN));
    for (const area of this.areas) area.set(this.pattern.subarray(0, area.length));
    this.rom = between(ROM_BASE, ROM_BASE + ROM_SIZE);
    this.romBefore = this.rom.slice();
    this.tlb = new Uint32Array(buffer, CPU_TABLES_BASE + TLB_OFFSET, (TLB_SETS * 2 * TLB_ARRAY_SIZE) / 4);
    this.guestEnd = RAM_BASE + ramBytes + vramBytes;
  }

  /** @throws FuzzFinding */
  check(guestMemory: readonly Uint8Array[]): void {
    for (const area of this.areas)
      if (Buffer.compare(area, this.pattern.subarray(0, area.length)) !== 0) throw new FuzzFinding(whereOf(area, this.pattern)); // prettier-ignore
    if (Buffer.compare(this.rom, this.romBefore) !== 0) throw new FuzzFinding(whereOf(this.rom, this.romBefore));
    this.checkTlb();
    for (const bytes of guestMemory)
      for (const needle of NEEDLES)
        if (Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(needle))
          throw new FuzzFinding("the guest has read what lies beside its memory");
  }

  private checkTlb(): void {
    const { tlb } = this;
    const wordsOfArray = TLB_ARRAY_SIZE / 4;
    for (let at = 0; at < tlb.length; at += ENTRY_WORDS) {
      const low = tlb[at]!;
      if (low === EMPTY && tlb[at + 1] === EMPTY) continue;
      const hostPage = (low + tlb[at + 2]!) >>> 0;
      const array = Math.floor(at / wordsOfArray);
      const isWrite = array % 2 === 1;
      const lowest = isWrite ? RAM_BASE : ROM_BASE;
      if (hostPage < lowest || hostPage >= this.guestEnd || (hostPage & PAGE_OFFSET_MASK) !== 0)
        throw new FuzzFinding(
          `TLB array ${array} leads from ${tlb[at + 1]!.toString(16)}:${low.toString(16)} to linear memory ` +
            `${hostPage.toString(16)}; RAM is ${RAM_BASE.toString(16)} to ${(RAM_BASE + this.ramBytes).toString(16)}`,
        );
      if (array >= (TLB_SETS - 1) * 2) throw new FuzzFinding("an entry in the set of the TLB that stays empty");
    }
  }
}

function whereOf(area: Uint8Array, before: Uint8Array): string {
  const i = area.findIndex((byte, at) => byte !== before[at]);
  return `linear memory ${(area.byteOffset + i).toString(16)}, which is not the guest's, was written`;
}

/**
 * What stands around the random code in RAM: descriptor tables, a task, page tables, handlers, and the few instructions
 * that enter the code at its level with random registers. The code may overwrite all of it; it is put back before the next
 * entry.
 *
 *   0x00000  real mode: interrupt vectors      0x06000  handlers, 16 bytes a vector   0x10000  the code, 64 KiB
 *   0x01000  GDT (256 entries), 0x01800 LDT    0x07000  entry                         0x20000  data, stack at its end
 *   0x02000  IDT, 0x03000 TSS with bit maps    0x08000  stack of level 0              0x40000  page tables
 *
 * Exceptions either step over one byte, or go on somewhere in the code, or end the burst by HLT with IF clear. Interrupts of the
 * 8259s (vectors 50h–5Fh) are ended there.
 * [SDM3] 3.4.5 (descriptors), 4 (paging), 6.11 (gates), 7.2 (TSS), 20.3 (virtual 8086 mode)
 */
import type { EntryState, SegmentState } from "../../../core/entry-state.ts";
import type { FuzzRandom } from "../../../machine/testing/fuzz/fuzz-random.ts";
import {
  type CodeMode, CR4_OSFXSR, CR4_PAE, CR4_PCIDE, CR4_PSE, CR4_SMAP, CR4_SMEP, type Model,
} from "./code-modes.ts"; // prettier-ignore
import { randomPlace } from "./random-code.ts";

export const RAM_BYTES = 2 << 20;
export const CODE = 0x10000;
export const CODE_BYTES = 0x10000;
const DATA = 0x20000;
const GDT = 0x1000;
const LDT = 0x1800;
const IDT = 0x2000;
const TSS = 0x3000;
const TSS_BYTES = 0x2100;
const HANDLERS = 0x6000;
const ENTRY = 0x7000;
const KERNEL_STACK = 0x9000;
const FX_IMAGE = 0xa000;
/** Everything below is put back before each entry. */
const KERNEL_BYTES = 0xb000;
const TABLES = 0x40000;
const TABLES_BYTES = 0x7000;
export const IRQ_BASE_VECTOR = 0x50;

const SELECTOR = {
  code32: 0x08, data32: 0x10, userCode32: 0x1b, userData32: 0x23, tss: 0x28, ldt: 0x38, code16: 0x48, data16: 0x50,
  userCode16: 0x5b, userData16: 0x63, code64: 0x68, userCode64: 0x73,
} as const; // prettier-ignore

const EM_ET_MP = 0x16;
const CR0_PE = 1;
const CR0_PG = 0x8000_0000;
const CR0_WP_AM_NE = 0x5_0020;
const EFER_SCE_LME_LMA_NXE = 0xd01;
const FLAGS_FIXED = 2;
const FLAGS_RANDOM = 0x24_0ed5; // ID AC OF DF IF SF ZF AF PF CF
const FLAG_TF = 0x100;
const FLAG_NT = 0x4000;
const IOPL_3 = 0x3000;
const FLAG_VM = 0x2_0000;
/** Exceptions with an error code. [SDM3] 6.13 */
const HAS_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17, 21, 29, 30]);

const PAGE_P_W = 3n;
const PAGE_U = 4n;
const PAGE_PS = 0x80n;

const le16 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
const le32 = (value: number): number[] => [...le16(value), ...le16(value >>> 16)];
const le64 = (value: bigint): number[] => [
  ...le32(Number(value & 0xffffffffn)),
  ...le32(Number((value >> 32n) & 0xffffffffn)),
];

function segmentDescriptor({ base, limit, attributes }: SegmentState): bigint {
  const scaled = BigInt(attributes & 0x800 ? limit >>> 12 : limit);
  const [at, attr] = [BigInt(base), BigInt(attributes)];
  return (
    (scaled & 0xffffn) |
    ((at & 0xffffffn) << 16n) |
    ((attr & 0xffn) << 40n) |
    ((scaled >> 16n) << 48n) |
    ((attr >> 8n) << 52n) |
    ((at >> 24n) << 56n)
  );
}

/** A value for a register: a place where something is, an edge, or anything. */
function randomWord(random: FuzzRandom): number {
  return random.oneIn(2) ? randomPlace(random) : random.bits(32);
}

function randomWord64(random: FuzzRandom): bigint {
  const low = BigInt(randomWord(random));
  switch (random.below(8)) {
    case 0:
      return (BigInt(random.bits(32)) << 32n) | low;
    case 1:
      return 0xffff_ffff_0000_0000n | low;
    case 2:
      return 0x7fff_0000_0000n | low;
    case 3:
      return 0xffff_8000_0000_0000n | low;
    default:
      return low;
  }
}

export class GuestWorld {
  private readonly kernel = new Uint8Array(KERNEL_BYTES);
  private readonly view = new DataView(this.kernel.buffer);
  private readonly tables = new Uint8Array(TABLES_BYTES);
  private readonly tablesView = new DataView(this.tables.buffer);
  private readonly paging: "none" | "two levels" | "PAE" | "long";
  private readonly cr4: number;

  /** A world for one piece of code. */
  constructor(
    private readonly mode: CodeMode,
    private readonly model: Model,
    random: FuzzRandom,
  ) {
    let cr4 = random.oneIn(2) ? model.cr4 & random.u32() : 0;
    // Where all pages are the user's, level 0 could not even begin.
    if (mode.level === 0) cr4 &= ~(CR4_SMEP | CR4_SMAP);
    if (mode.world !== "long") cr4 &= ~(CR4_PAE | CR4_PCIDE);
    if (model.cr4 & CR4_OSFXSR && !random.oneIn(8)) cr4 |= 0x600;
    this.paging = "none";
    if (mode.world === "long") this.paging = "long";
    else if (mode.world !== "real" && random.oneIn(2)) this.paging = model.cr4 & CR4_PAE && random.oneIn(2) ? "PAE" : "two levels"; // prettier-ignore
    if (this.paging === "PAE" || this.paging === "long") cr4 |= CR4_PAE;
    if (this.paging === "two levels" && model.cr4 & CR4_PSE) cr4 |= CR4_PSE;
    this.cr4 = cr4;
    this.writeTables(random);
  }

  /**
   * Writes everything for the next entry.
   * @returns the state in which the processor is to begin
   */
  prepare(random: FuzzRandom, write: (physAddr: number, bytes: Uint8Array) => void): EntryState {
    this.kernel.fill(0);
    const entry = this.mode.world === "real" ? this.enterReal(random) : this.enterProtected(random);
    write(0, this.kernel);
    if (this.paging !== "none") write(TABLES, this.tables);
    return entry;
  }

  // ---- real mode ----------------------------------------------------------------------------------------------------

  private enterReal(random: FuzzRandom): EntryState {
    for (let vector = 0; vector < 256; vector++) this.view.setUint32(vector * 4, HANDLERS + vector * 16, true);
    for (let vector = 0; vector < 256; vector++) this.put(HANDLERS + vector * 16, this.realHandler(random, vector));
    const limit = random.oneIn(4) ? 0xffffffff : 0xffff;
    const registers = Object.fromEntries(
      ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp"].map((name) => [name, randomWord(random)]),
    );
    return {
      mode: "real",
      rip: this.start(random),
      rflags: this.flags(random, false) & 0xffff,
      registers: { ...registers, rsp: random.oneIn(8) ? random.below(0x10000) : 0xfff0 },
      cr0: random.oneIn(2) ? EM_ET_MP & 0x10 : EM_ET_MP & ~4,
      cr3: 0,
      cr4: this.cr4,
      efer: 0,
      cs: { selector: CODE >> 4, base: CODE, limit: 0xffff, attributes: 0x9b },
      data: { selector: DATA >> 4, base: DATA, limit, attributes: limit === 0xffff ? 0x93 : 0x893 },
      gdt: { base: GDT, limit: 0x7ff },
      idt: { base: 0, limit: 0x3ff },
    };
  }

  private realHandler(random: FuzzRandom, vector: number): number[] {
    if (isIrq(vector)) return [0x50, ...END_OF_INTERRUPT, 0x58, 0xcf];
    switch (random.below(8)) {
      case 0:
        return [0xf4, 0xeb, 0xfd]; // hlt; again
      case 1: // add sp,4; push cs of the code; push somewhere; retf
        return [0x83, 0xc4, 0x04, 0x68, ...le16(CODE >> 4), 0x68, ...le16(this.start(random)), 0xcb];
      default: // push bp; mov bp,sp; inc word [bp+2]; pop bp; iret
        return [0x55, 0x89, 0xe5, 0xff, 0x46, 0x02, 0x5d, 0xcf];
    }
  }

  // ---- with descriptors -----------------------------------------------------------------------------------------------

  private enterProtected(random: FuzzRandom): EntryState {
    const isLong = this.mode.world === "long";
    this.writeDescriptors(random);
    for (let vector = 0; vector < 256; vector++) this.writeHandler(random, vector);
    this.writeTask(random);
    this.putFloatingPoint(random);
    const code = isLong ? this.entry64(random) : this.entry32(random);
    this.put(ENTRY, code);
    return {
      mode: isLong ? "long" : "protected",
      rip: ENTRY,
      rflags: FLAGS_FIXED,
      registers: { rsp: KERNEL_STACK },
      cr0: isLong ? CR0_PG + (CR0_PE | 0x10 | CR0_WP_AM_NE) : CR0_PE | 0x10,
      cr3: isLong ? TABLES : 0,
      cr4: this.cr4,
      efer: isLong ? EFER_SCE_LME_LMA_NXE : 0,
      cs: {
        selector: isLong ? SELECTOR.code64 : SELECTOR.code32,
        base: 0,
        limit: 0xffffffff,
        attributes: isLong ? 0xa9b : 0xc9b,
      },
      data: { selector: SELECTOR.data32, base: 0, limit: 0xffffffff, attributes: 0xc93 },
      gdt: { base: GDT, limit: 0x7ff },
      idt: { base: IDT, limit: isLong ? 0xfff : 0x7ff },
    };
  }

  private writeDescriptors(random: FuzzRandom): void {
    const isLong = this.mode.world === "long";
    // Random descriptors and gates behind those that are used, with types that mean something.
    for (let at = GDT + 0x80; at < IDT; at += 4) this.view.setUint32(at, random.bits(32), true);
    for (let at = GDT + 0x84; at < IDT; at += 8)
      if (!random.oneIn(4)) this.view.setUint32(at, (this.view.getUint32(at, true) & 0xffff00ff) | 0x8000 | (random.byte() << 8), true); // prettier-ignore
    const put = (selector: number, base: number, limit: number, attributes: number): void =>
      this.view.setBigUint64(GDT + (selector & ~7), segmentDescriptor({ selector, base, limit, attributes }), true);
    const flat = 0xffffffff;
    put(SELECTOR.code32, 0, flat, 0xc9b);
    put(SELECTOR.data32, 0, flat, 0xc93);
    put(SELECTOR.userCode32, 0, flat, 0xcfb);
    put(SELECTOR.userData32, 0, flat, 0xcf3);
    put(SELECTOR.tss, TSS, TSS_BYTES - 1, 0x89);
    put(SELECTOR.ldt, LDT, 0x7ff, 0x82);
    put(SELECTOR.code16, CODE, 0xffff, 0x9b);
    put(SELECTOR.data16, DATA, 0xffff, 0x93);
    put(SELECTOR.userCode16, CODE, 0xffff, 0xfb);
    put(SELECTOR.userData16, DATA, 0xffff, 0xf3);
    put(SELECTOR.code64, 0, flat, 0xa9b);
    put(SELECTOR.userCode64, 0, flat, 0xafb);
    if (isLong)
      for (const selector of [SELECTOR.tss, SELECTOR.ldt]) this.view.setBigUint64(GDT + selector + 8, 0n, true);
  }

  private writeHandler(random: FuzzRandom, vector: number): void {
    const isLong = this.mode.world === "long";
    const handler = HANDLERS + vector * 16;
    const entry = IDT + vector * (isLong ? 16 : 8);
    const type = (random.oneIn(2) ? 0x8e : 0x8f) | (vector < 32 && random.oneIn(2) ? 0 : 0x60);
    this.view.setUint32(entry, ((isLong ? SELECTOR.code64 : SELECTOR.code32) << 16) | handler, true);
    // In long mode an IST of 1 half of the time: a handler that works whatever the stack.
    this.view.setUint32(entry + 4, (type << 8) | (isLong && random.oneIn(2) ? 1 : 0), true);
    const iret = isLong ? [0x48, 0xcf] : [0xcf];
    if (isIrq(vector)) return this.put(handler, [0x50, ...END_OF_INTERRUPT, 0x58, ...iret]);
    const rex = isLong ? [0x48] : [];
    const dropError = HAS_ERROR_CODE.has(vector) ? [...rex, 0x83, 0xc4, isLong ? 8 : 4] : [];
    switch (random.below(8)) {
      case 0:
        return this.put(handler, [0xf4, 0xeb, 0xfd]); // hlt; again
      case 1:
      case 2: // mov [esp], somewhere
        return this.put(handler, [...dropError, ...rex, 0xc7, 0x04, 0x24, ...le32(this.start(random)), ...iret]);
      default: // inc [esp]
        return this.put(handler, [...dropError, ...rex, 0xff, 0x04, 0x24, ...iret]);
    }
  }

  private writeTask(random: FuzzRandom): void {
    if (this.mode.world === "long") {
      for (let at = 4; at < 0x5c; at += 8) this.view.setBigUint64(TSS + at, BigInt(KERNEL_STACK), true);
    } else {
      this.view.setUint32(TSS + 4, KERNEL_STACK, true);
      this.view.setUint32(TSS + 8, SELECTOR.data32, true);
      this.view.setUint32(TSS + 0x1c, TABLES, true);
    }
    // The map of ports; before it the one of interrupts in virtual 8086 mode.
    this.view.setUint16(TSS + 0x66, 0x68 + 32, true);
    const isOpen = !random.oneIn(3);
    for (let at = 0x68; at < TSS_BYTES; at++) this.kernel[TSS + at] = isOpen ? 0 : random.byte();
  }

  private putFloatingPoint(random: FuzzRandom): void {
    for (let at = 0; at < 512; at += 4) this.view.setUint32(FX_IMAGE + at, random.bits(32), true);
    this.view.setUint32(FX_IMAGE + 24, random.u32() & 0xffff, true);
  }

  private flags(random: FuzzRandom, mayTrap: boolean): number {
    let flags = (random.u32() & FLAGS_RANDOM) | FLAGS_FIXED;
    if (!random.oneIn(4)) flags |= IOPL_3;
    if (mayTrap && random.oneIn(16)) flags |= FLAG_TF;
    if (random.oneIn(32)) flags |= FLAG_NT;
    return flags;
  }

  /** Where the code is begun, as an offset in CS. */
  private start(random: FuzzRandom): number {
    const { world, bits } = this.mode;
    const base = world === "real" || bits === 16 ? 0 : CODE;
    return base + (random.oneIn(4) ? random.below(CODE_BYTES) : random.below(16) * 64);
  }

  private loadTask(): number[] {
    return [0x66, 0xb8, ...le16(SELECTOR.tss), 0x0f, 0x00, 0xd8, 0x66, 0xb8, ...le16(SELECTOR.ldt), 0x0f, 0x00, 0xd0];
  }

  private loadDataSegments(selector: number): number[] {
    return [0x66, 0xb8, ...le16(selector), 0x8e, 0xd8, 0x8e, 0xc0, 0x8e, 0xe0, 0x8e, 0xe8];
  }

  private codeSelector(): number {
    const { bits, level } = this.mode;
    if (bits === 64) return level === 3 ? SELECTOR.userCode64 : SELECTOR.code64;
    if (bits === 32) return level === 3 ? SELECTOR.userCode32 : SELECTOR.code32;
    return level === 3 ? SELECTOR.userCode16 : SELECTOR.code16;
  }

  private dataSelector(): number {
    const { bits, level } = this.mode;
    if (bits === 16) return level === 3 ? SELECTOR.userData16 : SELECTOR.data16;
    return level === 3 ? SELECTOR.userData32 : SELECTOR.data32;
  }

  private stackPointer(random: FuzzRandom): number {
    if (random.oneIn(8)) return randomWord(random);
    return this.mode.bits === 16 ? 0xfff0 : DATA + 0xfff0;
  }

  /** Protected mode: a frame for IRETD on the stack where the level changes, else a far jump. */
  private entry32(random: FuzzRandom): number[] {
    const { mode } = this;
    const code = [...this.loadTask()];
    if (this.paging !== "none") {
      const cr0 = CR0_PG + (CR0_PE | 0x10 | (random.u32() & CR0_WP_AM_NE));
      code.push(0xb8, ...le32(TABLES), 0x0f, 0x22, 0xd8, 0xb8, ...le32(cr0), 0x0f, 0x22, 0xc0);
    }
    if (this.model.cr4 & CR4_OSFXSR) code.push(0x0f, 0xae, 0x0d, ...le32(FX_IMAGE));
    if (mode.world !== "v86") code.push(...this.loadDataSegments(this.dataSelector()));
    for (const register of [0, 1, 2, 3, 5, 6, 7]) code.push(0xb8 | register, ...le32(randomWord(random)));
    const flags = this.flags(random, true);
    const stack = this.stackPointer(random);
    if (mode.level === 3) {
      const isV86 = mode.world === "v86";
      const frame = [
        this.start(random),
        isV86 ? CODE >> 4 : this.codeSelector(),
        isV86 ? flags | FLAG_VM : flags,
        stack,
        isV86 ? DATA >> 4 : this.dataSelector(),
        ...new Array<number>(4).fill(DATA >> 4),
      ];
      const at = KERNEL_STACK - 0x40;
      frame.forEach((word, i) => this.view.setUint32(at + i * 4, word, true));
      return [...code, 0xbc, ...le32(at), 0xcf];
    }
    // push flags; popfd; mov esp, stack; mov ss would shadow: SS first.
    code.push(0x68, ...le32(flags & ~FLAG_TF), 0x9d);
    if (mode.bits === 16) code.push(0x50, 0x66, 0xb8, ...le16(SELECTOR.data16), 0x8e, 0xd0, 0x58);
    return [...code, 0xbc, ...le32(stack), 0xea, ...le32(this.start(random)), ...le16(this.codeSelector())];
  }

  /** Long mode: IRETQ always pops a whole frame. */
  private entry64(random: FuzzRandom): number[] {
    const code = [...this.loadTask(), 0x0f, 0xae, 0x0c, 0x25, ...le32(FX_IMAGE)];
    code.push(...this.loadDataSegments(this.dataSelector()));
    for (let register = 0; register < 16; register++)
      if (register !== 4) code.push(0x48 | (register >> 3), 0xb8 | (register & 7), ...le64(randomWord64(random)));
    const isWide = this.mode.bits === 64;
    const stack = isWide && random.oneIn(8) ? randomWord64(random) : BigInt(this.stackPointer(random));
    const frame = [
      BigInt(this.start(random)),
      BigInt(this.codeSelector()),
      BigInt(this.flags(random, true)),
      stack,
      BigInt(this.dataSelector()),
    ];
    const at = KERNEL_STACK - 0x40;
    frame.forEach((word, i) => this.view.setBigUint64(at + i * 8, word, true));
    return [...code, 0xbc, ...le32(at), 0x48, 0xcf];
  }

  // ---- paging -----------------------------------------------------------------------------------------------------

  /** The first 2 MiB page by page, with some of them elsewhere; the top gigabyte, where devices are, in large pages. */
  private writeTables(random: FuzzRandom): void {
    if (this.paging === "none") return;
    const isTwoLevels = this.paging === "two levels";
    const bytes = isTwoLevels ? 4 : 8;
    const user = this.mode.level === 3 ? PAGE_U : 0n;
    const put = (at: number, index: number, entry: bigint): void => {
      if (isTwoLevels) this.tablesView.setUint32(at - TABLES + index * 4, Number(entry & 0xffffffffn), true);
      else this.tablesView.setBigUint64(at - TABLES + index * 8, entry, true);
    };
    const table = (page: number): number => TABLES + page * 0x1000;
    const entriesInTable = 0x1000 / bytes;
    const pages = isTwoLevels ? table(1) : table(4);
    for (let page = 0; page < Math.min(entriesInTable, RAM_BYTES >> 12); page++) {
      // What the entry needs stays in place, and is level 0's own.
      const isKernel = page < CODE >> 12 || (page >= TABLES >> 12 && page < (TABLES + TABLES_BYTES) >> 12);
      const rights = isKernel ? 0n : user;
      if (isKernel || !random.oneIn(6)) put(pages, page, BigInt(page * 0x1000) | PAGE_P_W | rights);
      else put(pages, page, BigInt(randomPlace(random) & ~0xfff) | BigInt(random.bits(9)) | (random.oneIn(8) ? 1n << 63n : 0n)); // prettier-ignore
    }
    if (isTwoLevels) {
      put(table(0), 0, BigInt(pages) | PAGE_P_W | PAGE_U);
      for (let entry = 0x300; entry < 0x400; entry++) put(table(0), entry, BigInt(entry * 0x40_0000) | PAGE_PS | PAGE_P_W | user); // prettier-ignore
      return;
    }
    const [root, pointers, low, high] = [table(0), table(1), table(2), table(3)];
    put(low, 0, BigInt(pages) | PAGE_P_W | PAGE_U);
    for (let entry = 1; entry < 512; entry++) if (random.oneIn(8)) put(low, entry, BigInt(random.bits(32))); // prettier-ignore
    for (let entry = 0; entry < 512; entry++) put(high, entry, BigInt(0xc000_0000 + entry * 0x20_0000) | PAGE_PS | PAGE_P_W | user); // prettier-ignore
    if (this.paging === "PAE") {
      put(root, 0, BigInt(low) | 1n);
      put(root, 3, BigInt(high) | 1n);
      return;
    }
    const upper = PAGE_P_W | PAGE_U;
    put(pointers, 0, BigInt(low) | upper);
    put(pointers, 3, BigInt(high) | upper);
    put(pointers, 511, BigInt(high) | upper);
    put(pointers, 2, BigInt(random.bits(32)));
    // The same below 2^47, above its end, and at the top.
    for (const entry of [0, 255, 256, 511]) put(root, entry, BigInt(pointers) | upper);
  }

  private put(at: number, bytes: ArrayLike<number>): void {
    this.kernel.set(bytes, at);
  }
}

/** mov al, 20h; out A0h, al; out 20h, al */
const END_OF_INTERRUPT = [0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20];

function isIrq(vector: number): boolean {
  return vector >= IRQ_BASE_VECTOR && vector < IRQ_BASE_VECTOR + 16;
}

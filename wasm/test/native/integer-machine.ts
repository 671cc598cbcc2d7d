/**
 * A bare system for programs at level 3 on the core: paging, descriptor tables, a handler for every exception. In long mode the
 * programs are 64-bit, 32-bit or 16-bit; in plain protected mode (with PAE, so that pages can refuse execution) 32-bit.
 * The linear addresses of code, data and stack are those of integer-layout.ts.
 */
import { ATTR, TestCore } from "../harness.ts";
import { descriptor, gate } from "../system-image.ts";
import {
  CODE, CODE16_BASE, CODE_BYTES, DATA, DATA16_BASE, DATA_BYTES, FS_BASE32, GS_BASE32, HIGH, READ_ONLY_BYTES, SEGMENT16_LIMIT, SELECTOR, STACK, STACK16_BASE, STACK_BYTES, pattern,
} from "./integer-layout.ts"; // prettier-ignore

/** The kernel's things, by physical address. */
const GDT = 0x1000;
const LDT = 0x1800;
const IDT = 0x2000;
const TSS = 0x3000;
const HANDLERS = 0x4000;
const ENTRY = 0x6000;
const KERNEL_STACK = 0x8000;
const TABLES = 0x10_0000;
/** Where the kernel sees them. */
const SYSTEM64 = 0xffff_8000_0000_0000n;
const SYSTEM32 = 0xc000_0000n;

const KERNEL_CODE = 0x10;
const KERNEL_DATA = 0x18;
const TASK = 0x40;
const LOCAL = 0x48;
export const USER = 0x60;
const IRETQ = [0x48, 0xcf];
const IRETD = [0xcf];
const JUMP_TO_ITSELF = [0xeb, 0xfe];

const PRESENT = 1n, WRITABLE = 2n, USER_PAGE = 4n, NO_EXECUTE = 1n << 63n; // prettier-ignore
/** PE MP ET NE WP AM PG; PAE OSFXSR OSXMMEXCPT FSGSBASE OSXSAVE; SCE LME LMA NXE. */
const CR0 = 0x8005_0033n;
const CR4 = 0x5_0620n;
const EFER = 0xd01n;
const EFER_LEGACY = 0x801n;

/** XCR0 and the four PDPTEs in the processor's struct (wasm/cpu/state.ts, wasm/mmu/page-walk.ts). */
const OFF_XCR0 = 392;
const OFF_PDPTE = 3072;
const XCR0_X87_SSE = 3n;

/** Exceptions with an error code on the stack. [SDM3] 6.13 */
const HAS_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);

/** What IRET takes and an exception leaves. */
export interface Frame {
  rip: bigint;
  cs: number;
  flags: number;
  rsp: bigint;
  ss: number;
}

export class UserMachine {
  readonly core: TestCore;
  private readonly system: bigint;
  private readonly wordBytes: number;
  private nextTable = TABLES;

  constructor(
    readonly isLegacy: boolean,
    jitThreshold?: number,
  ) {
    const core = new TestCore(8 << 20, {}, 0, jitThreshold);
    this.core = core;
    this.system = isLegacy ? SYSTEM32 : SYSTEM64;
    this.wordBytes = isLegacy ? 4 : 8;
    this.makeDescriptors();
    core.ram.set(pattern.subarray(0, DATA_BYTES + READ_ONLY_BYTES), DATA);
    core.ram.set(pattern.subarray(DATA_BYTES + READ_ONLY_BYTES), STACK);
    core.put(CODE, new Uint8Array(CODE_BYTES).fill(0xcc));
    core.put(ENTRY, isLegacy ? IRETD : IRETQ);
    const root = isLegacy ? this.makeLegacyTables() : this.makeLongTables();
    const at = (physical: number) => this.system + BigInt(physical);
    core.ex.setTables!(core.cpu, at(GDT), 0x7f, at(IDT), 0xfff);
    core.ex.setControl!(core.cpu, CR0, BigInt(root), CR4, isLegacy ? EFER_LEGACY : EFER);
    core.ex.setSegment!(core.cpu, 7, TASK, 0x8b, 0x67, at(TSS));
    core.ex.setSegment!(core.cpu, 6, LOCAL, 0x82, 0x7f, at(LDT));
    core.setSegment("cs", KERNEL_CODE, isLegacy ? ATTR.code32 : ATTR.code64, 0xffffffff, 0);
    if (isLegacy) core.setSegment("ss", KERNEL_DATA, ATTR.data32, 0xffffffff, 0);
    else core.setSegment("ss", 0, 0, 0, 0);
    new DataView(core.memory.buffer, core.cpu).setBigUint64(OFF_XCR0, XCR0_X87_SSE, true);
    core.ex.stateSet!(core.cpu);
    core.flags = 2;
  }

  private put(at: number, entry: bigint): void {
    this.core.view.setBigUint64(at, entry, true);
  }

  private makeDescriptors(): void {
    const { core } = this;
    const segment = (table: number, selector: number, base: number, limit: number, attr: number) =>
      this.put(table + (selector & ~7), descriptor(base, limit, attr));
    segment(GDT, KERNEL_CODE, 0, 0xffffffff, this.isLegacy ? ATTR.code32 : ATTR.code64);
    segment(GDT, KERNEL_DATA, 0, 0xffffffff, ATTR.data32);
    segment(GDT, SELECTOR.code32, 0, 0xffffffff, ATTR.code32 | USER);
    segment(GDT, SELECTOR.data, 0, 0xffffffff, ATTR.data32 | USER);
    segment(GDT, SELECTOR.code64, 0, 0xffffffff, ATTR.code64 | USER);
    segment(LDT, SELECTOR.code16, CODE16_BASE, SEGMENT16_LIMIT, ATTR.code16 | USER);
    segment(LDT, SELECTOR.data16, DATA16_BASE, SEGMENT16_LIMIT, ATTR.data16 | USER);
    segment(LDT, SELECTOR.stack16, STACK16_BASE, SEGMENT16_LIMIT, ATTR.data16 | USER);
    segment(LDT, SELECTOR.fs, FS_BASE32, 0xffffffff, ATTR.data32 | USER);
    segment(LDT, SELECTOR.gs, GS_BASE32, 0xffffffff, ATTR.data32 | USER);
    const handlers = this.isLegacy ? Number(this.system) + HANDLERS : HANDLERS;
    for (let v = 0; v < 256; v++) {
      const entry = gate(KERNEL_CODE, handlers + v * 16, v === 3 || v === 4 ? 0xee : 0x8e);
      if (this.isLegacy) this.put(IDT + v * 8, entry);
      else {
        this.put(IDT + v * 16, entry);
        this.put(IDT + v * 16 + 8, this.system >> 32n);
      }
      core.put(HANDLERS + v * 16, JUMP_TO_ITSELF);
    }
    this.put(TSS + 4, this.system + BigInt(KERNEL_STACK));
    if (this.isLegacy) core.view.setUint32(TSS + 8, KERNEL_DATA, true);
    core.view.setUint16(TSS + 0x66, 0x68, true);
  }

  private table(): number {
    this.nextTable += 0x1000;
    return this.nextTable - 0x1000;
  }

  /** Maps pages below the table `root`, whose entries are indexed from bit `topShift`. */
  private map(root: number, topShift: bigint, linear: bigint, physical: number, bytes: number, flags: bigint): void {
    for (let i = 0; i < bytes; i += 0x1000) {
      const address = linear + BigInt(i);
      let at = root;
      for (let shift = topShift; shift > 12n; shift -= 9n) {
        const slot = at + Number((address >> shift) & 511n) * 8;
        let entry = this.core.view.getBigUint64(slot, true);
        // An entry of a page-directory-pointer table has no rights of its own without long mode.
        if (!(entry & PRESENT))
          this.put(
            slot,
            (entry =
              BigInt(this.table()) | PRESENT | (this.isLegacy && shift === topShift ? 0n : WRITABLE | USER_PAGE)),
          );
        at = Number(entry & 0xf_ffff_ffff_f000n);
      }
      this.put(at + Number((address >> 12n) & 511n) * 8, BigInt(physical + i) | flags | PRESENT);
    }
  }

  private mapUser(root: number, topShift: bigint): void {
    this.map(root, topShift, BigInt(CODE), CODE, CODE_BYTES, USER_PAGE);
    this.map(root, topShift, BigInt(STACK), STACK, STACK_BYTES, USER_PAGE | WRITABLE | NO_EXECUTE);
    for (const base of this.isLegacy ? [BigInt(DATA)] : [BigInt(DATA), HIGH]) {
      this.map(root, topShift, base, DATA, DATA_BYTES, USER_PAGE | WRITABLE | NO_EXECUTE);
      this.map(root, topShift, base + BigInt(DATA_BYTES), DATA + DATA_BYTES, READ_ONLY_BYTES, USER_PAGE | NO_EXECUTE);
    }
  }

  private makeLongTables(): number {
    const root = this.table();
    this.mapUser(root, 39n);
    const pages = this.table();
    const directory = this.table();
    const same = this.table();
    // The first 64 KiB again and again: on a 16-bit stack IRETQ leaves bits 16 to 31 of ESP, so they must be right before.
    this.put(root + 256 * 8, BigInt(pages) | PRESENT | WRITABLE);
    for (let i = 0; i < 4; i++) this.put(pages + i * 8, BigInt(directory) | PRESENT | WRITABLE);
    for (let i = 0; i < 512; i++) this.put(directory + i * 8, BigInt(same) | PRESENT | WRITABLE);
    for (let i = 0; i < 512; i++) this.put(same + i * 8, BigInt((i & 15) * 0x1000) | PRESENT | WRITABLE);
    return root;
  }

  private makeLegacyTables(): number {
    const root = this.table();
    this.mapUser(root, 30n);
    this.map(root, 30n, this.system, 0, 0x1_0000, WRITABLE);
    // MOV to CR3 would load them.
    const state = new DataView(this.core.memory.buffer, this.core.cpu);
    for (let i = 0; i < 32; i += 8)
      state.setBigUint64(OFF_PDPTE + i, this.core.view.getBigUint64(root + i, true), true);
    return root;
  }

  /** Enters the program: general registers are as they shall be, but for RSP. Its first instruction is the next one. */
  enter(registers: BigUint64Array, { rip, cs, flags, rsp, ss }: Frame): void {
    const { core, wordBytes } = this;
    const at = KERNEL_STACK - 5 * wordBytes;
    [rip, BigInt(cs), BigInt(flags), rsp, BigInt(ss)].forEach((value, i) => this.setWord(at + i * wordBytes, value));
    registers[4] = this.system + (this.isLegacy ? 0n : rsp & 0xffff_0000n) + BigInt(at);
    core.rip = this.system + BigInt(ENTRY);
    core.run(1);
  }

  private setWord(at: number, value: bigint): void {
    if (this.isLegacy) this.core.view.setUint32(at, Number(value & 0xffff_ffffn), true);
    else this.put(at, value);
  }

  private word(at: number): bigint {
    return this.isLegacy ? BigInt(this.core.view.getUint32(at, true)) : this.core.view.getBigUint64(at, true);
  }

  /** The exception that ended the program, or nothing if it runs on. */
  exception(registers: BigUint64Array): (Frame & { vector: number; error: number }) | undefined {
    const vector = (Number(this.core.rip - this.system) - HANDLERS) / 16;
    if (!Number.isInteger(vector) || vector < 0 || vector > 255) return undefined;
    let sp = Number(registers[4]! - this.system);
    const { wordBytes } = this;
    let error = 0;
    if (HAS_ERROR_CODE.has(vector)) {
      error = this.core.view.getUint32(sp, true);
      sp += wordBytes;
    }
    const [rip, cs, flags, rsp, ss] = [0, 1, 2, 3, 4].map((i) => this.word(sp + i * wordBytes)) as [
      bigint,
      bigint,
      bigint,
      bigint,
      bigint,
    ];
    return { vector, error, rip, cs: Number(cs), flags: Number(flags), rsp, ss: Number(ss) };
  }
}

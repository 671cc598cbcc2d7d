/**
 * Runs the cases of integer instructions on the whole core, as a system would: a user program at level 3 under paging,
 * entered by IRETQ and left by the exception that follows. The linear addresses are those of the real process.
 */
import { ATTR, TestCore } from "../harness.ts";
import { descriptor, gate } from "../system-image.ts";
import {
  CODE, CODE16_BASE, CODE_BYTES, DATA, DATA16_BASE, DATA_BYTES, FS_BASE32, GS_BASE32, HIGH, IN_AT, IN_BYTES, IN_CODE, IN_CODE_OFFSET, IN_FLAGS, IN_FS_BASE, IN_GS_BASE, IN_LENGTH,
  IN_MODE, IN_REGISTERS, INPUT_SIZE, OUT_BYTES, OUT_CHANGED, OUT_CR2, OUT_ERROR, OUT_FIRST, OUT_FLAGS, OUT_HASH, OUT_REGISTERS, OUT_RIP, OUT_SAMPLE_BYTES, OUT_VECTOR, OUTPUT_SIZE,
  PATCH_BYTES, READ_ONLY_BYTES, REGIONS, SEGMENT16_LIMIT, SELECTOR, STACK, STACK16_BASE, STACK_BYTES, pattern,
} from "./integer-layout.ts"; // prettier-ignore

/** The kernel's things, by physical address; it sees them from SYSTEM on. */
const GDT = 0x1000;
const LDT = 0x1800;
const IDT = 0x2000;
const TSS = 0x3000;
const HANDLERS = 0x4000;
const ENTRY = 0x6000;
const KERNEL_STACK = 0x8000;
const TABLES = 0x10_0000;
const SYSTEM = 0xffff_8000_0000_0000n;

const KERNEL_CODE = 0x10;
const TASK = 0x40;
const USER = 0x60;
const IRETQ = [0x48, 0xcf];
const JUMP_TO_ITSELF = [0xeb, 0xfe];
/** Offset of the segments in the processor's struct, and of a base in one (wasm/cpu/state.ts). */
const OFF_SEGMENTS = 208;
const OFF_SEGMENT_BASE = 8;
const SEG_FS = 4;
const SEG_GS = 5;

const PRESENT = 1n, WRITABLE = 2n, USER_PAGE = 4n, NO_EXECUTE = 1n << 63n; // prettier-ignore
/** PE MP ET NE WP AM PG; PAE OSFXSR OSXMMEXCPT FSGSBASE; SCE LME LMA NXE. */
const CR0 = 0x8005_0033n;
const CR4 = 0x1_0620n;
const EFER = 0xd01n;

/** Exceptions with an error code on the stack. [SDM3] 6.13 */
const HAS_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17]);

export class IntegerRunner {
  private core!: TestCore;
  private registers!: BigUint64Array;
  private state!: DataView;
  private mode = -1;

  constructor() {
    this.start();
  }

  /** A machine as after power-on; also after a case that did not come back. */
  private start(): void {
    const core = new TestCore(8 << 20);
    this.core = core;
    this.mode = -1;
    this.registers = new BigUint64Array(core.memory.buffer, core.cpu, 16);
    this.state = new DataView(core.memory.buffer, core.cpu);
    const put = (at: number, entry: bigint) => core.view.setBigUint64(at, entry, true);
    put(GDT + KERNEL_CODE, descriptor(0, 0xffffffff, ATTR.code64));
    put(GDT + (SELECTOR.code32 & ~7), descriptor(0, 0xffffffff, ATTR.code32 | USER));
    put(GDT + (SELECTOR.data & ~7), descriptor(0, 0xffffffff, ATTR.data32 | USER));
    put(GDT + (SELECTOR.code64 & ~7), descriptor(0, 0xffffffff, ATTR.code64 | USER));
    put(LDT + (SELECTOR.code16 & ~7), descriptor(CODE16_BASE, SEGMENT16_LIMIT, ATTR.code16 | USER));
    put(LDT + (SELECTOR.data16 & ~7), descriptor(DATA16_BASE, SEGMENT16_LIMIT, ATTR.data16 | USER));
    put(LDT + (SELECTOR.stack16 & ~7), descriptor(STACK16_BASE, SEGMENT16_LIMIT, ATTR.data16 | USER));
    for (let v = 0; v < 256; v++) {
      const type = v === 3 || v === 4 ? 0xee : 0x8e;
      put(IDT + v * 16, gate(KERNEL_CODE, HANDLERS + v * 16, type));
      put(IDT + v * 16 + 8, SYSTEM >> 32n);
      core.put(HANDLERS + v * 16, JUMP_TO_ITSELF);
    }
    put(TSS + 4, SYSTEM + BigInt(KERNEL_STACK));
    core.view.setUint16(TSS + 0x66, 0x68, true);
    core.put(ENTRY, IRETQ);
    this.makeTables(put);
    this.core.ram.set(pattern.subarray(0, DATA_BYTES + READ_ONLY_BYTES), DATA);
    this.core.ram.set(pattern.subarray(DATA_BYTES + READ_ONLY_BYTES), STACK);
    core.put(CODE, new Uint8Array(CODE_BYTES).fill(0xcc));
    core.ex.setTables!(core.cpu, SYSTEM + BigInt(GDT), 0x7f, SYSTEM + BigInt(IDT), 0xfff);
    this.core.ex.setControl!(core.cpu, CR0, BigInt(TABLES), CR4, EFER);
    const tss = SYSTEM + BigInt(TSS);
    core.ex.setSegment!(core.cpu, 7, TASK, 0x8b, 0x67, tss);
    core.ex.setSegment!(core.cpu, 6, 0x48, 0x82, 0x7f, SYSTEM + BigInt(LDT));
    this.enterKernel();
  }

  private makeTables(put: (at: number, entry: bigint) => void): void {
    let next = TABLES;
    const table = () => {
      const at = next;
      next += 0x1000;
      return at;
    };
    const root = table();
    const all = PRESENT | WRITABLE | USER_PAGE;
    /** The tables below entry `n` of the root, down to the page table of `linear`. */
    const pageTable = (linear: bigint): number => {
      let at = root;
      for (const shift of [39n, 30n, 21n]) {
        const slot = at + Number((linear >> shift) & 511n) * 8;
        let entry = this.core.view.getBigUint64(slot, true);
        if (!(entry & PRESENT)) put(slot, (entry = BigInt(table()) | all));
        at = Number(entry & 0xf_ffff_ffff_f000n);
      }
      return at;
    };
    const map = (linear: bigint, physical: number, bytes: number, flags: bigint) => {
      for (let i = 0; i < bytes; i += 0x1000)
        put(
          pageTable(linear + BigInt(i)) + Number(((linear + BigInt(i)) >> 12n) & 511n) * 8,
          BigInt(physical + i) | flags | PRESENT,
        );
    };
    map(BigInt(CODE), CODE, CODE_BYTES, USER_PAGE);
    map(BigInt(STACK), STACK, STACK_BYTES, USER_PAGE | WRITABLE | NO_EXECUTE);
    for (const base of [BigInt(DATA), HIGH]) {
      map(base, DATA, DATA_BYTES, USER_PAGE | WRITABLE | NO_EXECUTE);
      map(base + BigInt(DATA_BYTES), DATA + DATA_BYTES, READ_ONLY_BYTES, USER_PAGE | NO_EXECUTE);
    }
    const pages = table();
    const directory = table();
    const same = table();
    // The first 64 KiB again and again: on a 16-bit stack IRETQ leaves bits 16 to 31 of ESP, so they must be right before.
    put(root + 256 * 8, BigInt(pages) | PRESENT | WRITABLE);
    for (let i = 0; i < 4; i++) put(pages + i * 8, BigInt(directory) | PRESENT | WRITABLE);
    for (let i = 0; i < 512; i++) put(directory + i * 8, BigInt(same) | PRESENT | WRITABLE);
    for (let i = 0; i < 512; i++) put(same + i * 8, BigInt((i & 15) * 0x1000) | PRESENT | WRITABLE);
  }

  private enterKernel(): void {
    const { core } = this;
    core.setSegment("cs", KERNEL_CODE, ATTR.code64, 0xffffffff, 0);
    core.setSegment("ss", 0, 0, 0, 0);
    this.core.ex.stateSet!(core.cpu);
    core.flags = 2;
  }

  private setDataSegments(mode: number): void {
    const { core } = this;
    this.mode = mode;
    for (const name of ["ds", "es"] as const) {
      if (mode === 2) core.setSegment(name, SELECTOR.data16, ATTR.data16 | USER, SEGMENT16_LIMIT, DATA16_BASE);
      else core.setSegment(name, SELECTOR.data, ATTR.data32 | USER, 0xffffffff, 0);
    }
    if (mode === 0) for (const name of ["fs", "gs"] as const) core.setSegment(name, 0, 0, 0, 0);
    else {
      core.setSegment("fs", SELECTOR.fs, ATTR.data32 | USER, 0xffffffff, FS_BASE32);
      core.setSegment("gs", SELECTOR.gs, ATTR.data32 | USER, 0xffffffff, GS_BASE32);
    }
    core.ex.stateSet!(core.cpu);
  }

  run(input: Uint8Array, output: Uint8Array): void {
    const { core } = this;
    const from = new DataView(input.buffer, input.byteOffset, INPUT_SIZE);
    const to = new DataView(output.buffer, output.byteOffset, OUTPUT_SIZE);
    output.fill(0, 0, OUTPUT_SIZE);
    const mode = input[IN_MODE]!;
    if (mode !== this.mode) this.setDataSegments(mode);
    if (mode === 0) {
      this.state.setBigUint64(OFF_SEGMENTS + SEG_FS * 16 + OFF_SEGMENT_BASE, from.getBigUint64(IN_FS_BASE, true), true);
      this.state.setBigUint64(OFF_SEGMENTS + SEG_GS * 16 + OFF_SEGMENT_BASE, from.getBigUint64(IN_GS_BASE, true), true);
    }
    const codeOffset = from.getUint16(IN_CODE_OFFSET, true);
    const length = Math.min(input[IN_LENGTH]!, CODE_BYTES - codeOffset);
    core.put(CODE + codeOffset, input.subarray(IN_CODE, IN_CODE + length));
    this.putPatches(input, from);
    const before = REGIONS.map(({ start, bytes }) => core.ram.slice(start, start + bytes));

    for (let i = 0; i < 16; i++) this.registers[i] = from.getBigUint64(IN_REGISTERS + i * 8, true);
    const rsp = this.registers[4]!;
    const frame = KERNEL_STACK - 40;
    const rip = CODE + codeOffset - (mode === 2 ? CODE16_BASE : 0);
    const { view } = core;
    view.setBigUint64(frame, BigInt(rip), true);
    view.setBigUint64(frame + 8, BigInt([SELECTOR.code64, SELECTOR.code32, SELECTOR.code16][mode]!), true);
    view.setBigUint64(frame + 16, BigInt(from.getUint32(IN_FLAGS, true)), true);
    view.setBigUint64(frame + 24, rsp, true);
    view.setBigUint64(frame + 32, BigInt(mode === 2 ? SELECTOR.stack16 : SELECTOR.data), true);
    this.registers[4] = SYSTEM + (rsp & 0xffff_0000n) + BigInt(frame);
    core.rip = SYSTEM + BigInt(ENTRY);
    core.run(16);
    this.readResult(to);
    this.reportMemory(before, output, to);
    core.put(CODE + codeOffset, new Uint8Array(length).fill(0xcc));
    if (to.getUint32(OUT_VECTOR, true) === 0xffff) this.start();
  }

  private putPatches(input: Uint8Array, from: DataView): void {
    for (let i = 0; i < 2; i++) {
      const at = from.getUint32(IN_AT + i * 4, true);
      if (at) this.core.ram.set(input.subarray(IN_BYTES + i * PATCH_BYTES, IN_BYTES + (i + 1) * PATCH_BYTES), at);
    }
  }

  private readResult(to: DataView): void {
    const { core } = this;
    const { view } = core;
    const vector = (Number(core.rip - SYSTEM) - HANDLERS) / 16;
    if (!Number.isInteger(vector) || vector < 0 || vector > 255) {
      to.setUint32(OUT_VECTOR, 0xffff, true); // it has not come back
      to.setBigUint64(OUT_RIP, core.rip, true);
      return;
    }
    const sp = Number(this.registers[4]! - SYSTEM);
    const hasCode = HAS_ERROR_CODE.has(vector);
    const frame = hasCode ? sp + 8 : sp;
    to.setUint32(OUT_VECTOR, vector, true);
    if (hasCode && vector !== 17) to.setUint32(OUT_ERROR, view.getUint32(sp, true), true);
    if (vector === 14) to.setBigUint64(OUT_CR2, BigInt.asUintN(64, core.ex.getControl!(core.cpu, 2)), true);
    to.setBigUint64(OUT_RIP, view.getBigUint64(frame, true), true);
    to.setBigUint64(OUT_FLAGS, view.getBigUint64(frame + 16, true), true);
    for (let i = 0; i < 16; i++)
      to.setBigUint64(OUT_REGISTERS + i * 8, i === 4 ? view.getBigUint64(frame + 24, true) : this.registers[i]!, true);
  }

  /** What integer.c reports of memory; then the pattern is put back. */
  private reportMemory(before: Uint8Array[], output: Uint8Array, to: DataView): void {
    const { ram } = this.core;
    let changed = 0;
    let hash = 0x811c9dc5;
    REGIONS.forEach(({ start, bytes, patternAt }, region) => {
      const old = before[region]!;
      const now = ram.subarray(start, start + bytes);
      if (Buffer.compare(old, now) !== 0)
        for (let i = 0; i < bytes; i++) {
          if (old[i] === now[i]) continue;
          if (changed++ === 0) {
            to.setUint32(OUT_FIRST, start + i, true);
            output.set(now.subarray(i, i + OUT_SAMPLE_BYTES), OUT_BYTES);
          }
          hash = Math.imul(hash ^ (start + i), 0x01000193);
          hash = Math.imul(hash ^ now[i]!, 0x01000193);
        }
      ram.set(pattern.subarray(patternAt, patternAt + bytes), start);
    });
    to.setUint32(OUT_CHANGED, changed, true);
    if (changed) to.setUint32(OUT_HASH, hash >>> 0, true);
  }
}

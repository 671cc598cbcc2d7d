/**
 * A process at privilege level 3 on the bare core, as an x86-64 Linux would start it: 64-bit code, or 32-bit code in
 * compatibility mode, flat segments with Linux's selectors (and the same in an LDT), memory that is mapped on first use. An
 * exception ends the run. System calls are answered with a number and do nothing.
 * [SDM3] 4.5 (paging), 6.14 (interrupts in 64-bit mode)
 */
import { ATTR, EXIT, GPRS, TestCore } from "../wasm/test/harness.ts";
import { descriptor, gate } from "../wasm/test/system-image.ts";

const RAM_BYTES = 48 << 20;
const PAGE = 0x1000;

/** The kernel's things, by physical address; it sees them from SYSTEM on. */
const GDT = 0x1000;
const IDT = 0x2000;
const TSS = 0x3000;
const HANDLERS = 0x4000;
const HANDLER_BYTES = 16;
const KERNEL_STACK = 0x8000;
const LDT = 0x9000;
const SYSCALL_ENTRY = 0xa000;
const POOL = 0x10_0000;
const SYSTEM = 0xffff_8000_0000_0000n;

/** Linux's selectors, then those of the LDT. */
const SEL = {
  kernelCode: 0x10,
  kernelData: 0x18,
  user32: 0x23,
  userData: 0x2b,
  user64: 0x33,
  task: 0x40,
  localCode32: 0x0f,
  localData: 0x17,
} as const;
const USER_ATTR = 0x60;

/** PE MP ET NE WP AM PG; PAE MCE OSFXSR OSXMMEXCPT FSGSBASE OSXSAVE; SCE LME LMA NXE. */
const CR0 = 0x8005_0033n;
const CR4 = 0x5_0660n;
const EFER = 0xd01n;
const XCR0_X87_SSE = 3n;
/** SYSRET and SYSCALL selectors; RFLAGS bits that SYSCALL clears. */
const STAR = (BigInt(SEL.user32) << 48n) | (BigInt(SEL.kernelCode) << 32n);
const SFMASK = 0x4_7700n;

const PRESENT_WRITABLE_USER = 7n;
const ADDRESS_MASK = 0xf_ffff_ffff_f000n;

/** Offsets in the processor's struct (wasm/cpu/state.ts). */
const OFF_CR2 = 368;
const OFF_XCR0 = 392;
const OFF_FPR = 512;
const OFF_FPU_CONTROL = 640;
const OFF_FPU_STATUS = 642;
const OFF_FPU_TAG = 644;
const OFF_MXCSR = 648;
const OFF_XMM = 672;
const FPU_CONTROL_INIT = 0x37f;
const MXCSR_INIT = 0x1f80;
const FLAGS_INIT = 0x202;
const OFF_STAR = 928;
const OFF_LSTAR = 936;
const OFF_SFMASK = 952;

const VECTOR_PF = 14;
const PF_PRESENT = 1;
const VECTOR_INT80 = 0x80;
const HAS_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17, 21]);
/** The handlers write to it: the host then takes over. */
const STOP_PORT = 0xf1;
const CHUNK = 1 << 20;

export interface Region {
  readonly base: bigint;
  readonly bytes: bigint;
}

/** How a process ended: the exception, with the address of a page fault, or nothing where it still runs. */
export interface Ending {
  readonly vector: number;
  readonly error: number;
  readonly rip: bigint;
  readonly address: bigint;
}

export interface Registers {
  readonly rip: bigint;
  readonly gprs: Record<(typeof GPRS)[number], bigint>;
  /** Low 64 bits and exponent of the physical x87 registers R0…R7. */
  readonly mm: [bigint, bigint][];
  readonly xmm: [bigint, bigint][];
  readonly flags: number;
  readonly fpuControl: number;
  readonly fpuStatus: number;
  readonly mxcsr: number;
}

export class UserProcess {
  readonly core: TestCore;
  private regions: readonly Region[] = [];
  private root = POOL;
  private nextPage = POOL;
  private ending: Ending | undefined;

  constructor(private readonly model = 0) {
    let timeNs = 0;
    this.core = new TestCore(
      RAM_BYTES,
      { portWrite: (port) => void (port === STOP_PORT && this.stop()), nowNs: () => ++timeNs },
      model,
    );
    const { core } = this;
    const segment = (selector: number, attr: number) =>
      this.put64((selector & 4 ? LDT : GDT) + (selector & ~7), descriptor(0, 0xffffffff, attr));
    segment(SEL.kernelCode, ATTR.code64);
    segment(SEL.kernelData, ATTR.data32);
    segment(SEL.user32, ATTR.code32 | USER_ATTR);
    segment(SEL.userData, ATTR.data32 | USER_ATTR);
    segment(SEL.user64, ATTR.code64 | USER_ATTR);
    segment(SEL.localCode32, ATTR.code32 | USER_ATTR);
    segment(SEL.localData, ATTR.data32 | USER_ATTR);
    for (let vector = 0; vector < 256; vector++) {
      const at = HANDLERS + vector * HANDLER_BYTES;
      const isOpen = vector === 3 || vector === 4 || vector === VECTOR_INT80;
      this.put64(IDT + vector * 16, gate(SEL.kernelCode, at, isOpen ? 0xee : 0x8e));
      this.put64(IDT + vector * 16 + 8, SYSTEM >> 32n);
      // OUT STOP_PORT,AL; where there is an error code ADD RSP,8; IRETQ
      core.put(at, [0xe6, STOP_PORT, ...(HAS_ERROR_CODE.has(vector) ? [0x48, 0x83, 0xc4, 8] : []), 0x48, 0xcf]);
    }
    // INT 80h: XOR EAX,EAX; IRETQ. SYSCALL: MOV EAX,1; SYSRETQ
    core.put(HANDLERS + VECTOR_INT80 * HANDLER_BYTES, [0x31, 0xc0, 0x48, 0xcf]);
    core.put(SYSCALL_ENTRY, [0xb8, 1, 0, 0, 0, 0x48, 0x0f, 0x07]);
    this.put64(TSS + 4, SYSTEM + BigInt(KERNEL_STACK));
    core.view.setUint16(TSS + 0x66, 0x68, true);
  }

  private put64(at: number, value: bigint): void {
    this.core.view.setBigUint64(at, value, true);
  }

  private stop(): void {
    this.core.ex.requestStop!(this.core.cpu);
  }

  /** A new process; everything of the one before is gone. */
  start(is64: boolean, regions: readonly Region[], entry: bigint): void {
    const { core } = this;
    const zero = new Uint8Array(this.nextPage - POOL);
    if (zero.length > 0) core.put(POOL, zero);
    this.nextPage = POOL;
    this.root = this.allocate();
    this.regions = regions;
    // The kernel: the first 64 KiB, seen from SYSTEM on, for level 0 alone.
    for (let at = 0; at < 0x1_0000; at += PAGE) this.map(SYSTEM + BigInt(at), at, 3n);

    core.ex.reset!(core.cpu, this.model);
    core.ex.setTables!(core.cpu, SYSTEM + BigInt(GDT), 0x7f, SYSTEM + BigInt(IDT), 0xfff);
    core.ex.setControl!(core.cpu, CR0, BigInt(this.root), CR4, EFER);
    const state = new DataView(core.memory.buffer, core.cpu);
    state.setBigUint64(OFF_XCR0, XCR0_X87_SSE, true);
    state.setUint16(OFF_FPU_CONTROL, FPU_CONTROL_INIT, true);
    state.setUint16(OFF_FPU_STATUS, 0, true);
    state.setUint8(OFF_FPU_TAG, 0);
    state.setUint32(OFF_MXCSR, MXCSR_INIT, true);
    core.ex.setSegment!(core.cpu, 7, SEL.task, 0x8b, 0x67, SYSTEM + BigInt(TSS));
    core.ex.setSegment!(core.cpu, 6, 0x48, 0x82, 0x1f, SYSTEM + BigInt(LDT));
    state.setBigUint64(OFF_STAR, STAR, true);
    state.setBigUint64(OFF_LSTAR, SYSTEM + BigInt(SYSCALL_ENTRY), true);
    state.setBigUint64(OFF_SFMASK, SFMASK, true);
    const data = ATTR.data32 | USER_ATTR;
    core.setSegment("ss", SEL.userData, data, 0xffffffff, 0);
    for (const name of ["ds", "es"] as const)
      if (is64) core.setSegment(name, 0, 0, 0, 0);
      else core.setSegment(name, SEL.localData, data, 0xffffffff, 0);
    for (const name of ["fs", "gs"] as const) core.setSegment(name, 0, 0, 0, 0);
    core.setSegment(
      "cs",
      is64 ? SEL.user64 : SEL.localCode32,
      (is64 ? ATTR.code64 : ATTR.code32) | USER_ATTR,
      0xffffffff,
      0,
    );
    core.ex.stateSet!(core.cpu);
    for (const name of GPRS) core.setReg(name, 0n);
    core.flags = FLAGS_INIT;
    core.rip = entry;
  }

  /** Writes into the process's memory; what is written is mapped. */
  write(linearAddr: bigint, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const at = linearAddr + BigInt(done);
      const offset = Number(at & 0xfffn);
      const count = Math.min(PAGE - offset, bytes.length - done);
      this.core.put(this.pageOf(at) + offset, bytes.subarray(done, done + count));
      done += count;
    }
  }

  /** Reads a byte, or nothing where no page is mapped. */
  read(linearAddr: bigint): number | undefined {
    const entry = this.core.view.getBigUint64(this.slot(linearAddr, false), true);
    return entry & 1n ? this.core.ram[Number(entry & ADDRESS_MASK) + Number(linearAddr & 0xfffn)] : undefined;
  }

  private allocate(): number {
    const at = this.nextPage;
    if (at + PAGE > RAM_BYTES) throw new Error("the process uses more memory than the harness has");
    this.nextPage += PAGE;
    return at;
  }

  /** Where the page-table entry of an address stands; missing tables are made. */
  private slot(linearAddr: bigint, make: boolean): number {
    let table = this.root;
    for (let shift = 39n; ; shift -= 9n) {
      const at = table + Number((linearAddr >> shift) & 511n) * 8;
      if (shift === 12n) return at;
      const entry = this.core.view.getBigUint64(at, true);
      if (!(entry & 1n)) {
        if (!make) return at;
        table = this.allocate();
        this.put64(at, BigInt(table) | PRESENT_WRITABLE_USER);
      } else table = Number(entry & ADDRESS_MASK);
    }
  }

  private map(linearAddr: bigint, physAddr: number, flags: bigint): void {
    this.put64(this.slot(linearAddr, true), BigInt(physAddr) | flags);
  }

  private pageOf(linearAddr: bigint): number {
    const at = this.slot(linearAddr, true);
    const entry = this.core.view.getBigUint64(at, true);
    if (entry & 1n) return Number(entry & ADDRESS_MASK);
    const page = this.allocate();
    this.put64(at, BigInt(page) | PRESENT_WRITABLE_USER);
    return page;
  }

  /** Runs until the process leaves level 3 for good, or `maxInstructions`; then nothing is returned. */
  run(maxInstructions: number): Ending | undefined {
    const { core } = this;
    this.ending = undefined;
    const last = core.ex.instructions!(core.cpu) + maxInstructions;
    for (;;) {
      const left = last - core.ex.instructions!(core.cpu);
      if (left <= 0) return undefined;
      const exit = core.run(Math.min(left, CHUNK));
      if (exit === EXIT.budget) continue;
      if (exit !== EXIT.stopRequested) throw new Error(`the core ended with ${exit} at ${core.rip.toString(16)}`);
      const ending = this.exception();
      if (!this.mapOnDemand(ending)) return (this.ending = ending);
    }
  }

  private exception(): Ending {
    const { core } = this;
    const vector = Math.floor((Number(core.rip - SYSTEM) - HANDLERS) / HANDLER_BYTES);
    const hasError = HAS_ERROR_CODE.has(vector);
    const sp = Number(core.reg("rsp") - SYSTEM);
    return {
      vector,
      error: hasError ? core.view.getUint32(sp, true) : 0,
      rip: core.view.getBigUint64(sp + (hasError ? 8 : 0), true),
      address: new DataView(core.memory.buffer, core.cpu).getBigUint64(OFF_CR2, true),
    };
  }

  /** A page that is the process's own and was not touched before. */
  private mapOnDemand({ vector, error, address }: Ending): boolean {
    if (vector !== VECTOR_PF || error & PF_PRESENT) return false;
    if (!this.regions.some(({ base, bytes }) => address >= base && address < base + bytes)) return false;
    this.pageOf(address);
    return true;
  }

  /** As they were when the process was left. */
  registers(): Registers {
    const { core } = this;
    const state = new DataView(core.memory.buffer, core.cpu);
    const pair = (at: number): [bigint, bigint] => [state.getBigUint64(at, true), state.getBigUint64(at + 8, true)];
    const gprs = Object.fromEntries(GPRS.map((name) => [name, core.reg(name)])) as Registers["gprs"];
    let { flags } = core;
    if (this.ending) {
      const sp = Number(gprs.rsp - SYSTEM) + (HAS_ERROR_CODE.has(this.ending.vector) ? 8 : 0);
      flags = core.view.getUint32(sp + 16, true);
      gprs.rsp = core.view.getBigUint64(sp + 24, true);
    }
    return {
      rip: this.ending?.rip ?? core.rip,
      gprs,
      mm: Array.from({ length: 8 }, (_, i) => pair(OFF_FPR + i * 16)),
      xmm: Array.from({ length: 16 }, (_, i) => pair(OFF_XMM + i * 16)),
      flags,
      fpuControl: state.getUint16(OFF_FPU_CONTROL, true),
      fpuStatus: state.getUint16(OFF_FPU_STATUS, true),
      mxcsr: state.getUint32(OFF_MXCSR, true),
    };
  }
}

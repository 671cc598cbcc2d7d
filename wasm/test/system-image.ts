/**
 * A small protected-mode world for tests: GDT, IDT, TSS and a HLT behind every vector, so that a test sees which vector was
 * delivered by where the processor halted, and the frame on the stack of the handler.
 */
import { ATTR, EXIT, type HostCalls, TestCore } from "./harness.ts";

export const GDT = 0x1000;
export const IDT = 0x2000;
/** One HLT for each vector, 16 bytes apart. */
export const HANDLERS = 0x4000;
export const TSS = 0x6000;
export const TSS2 = 0x6400;
export const CODE = 0x8000;
/** Tops of the stacks. */
export const STACK = 0xa000;
export const RING0_STACK = 0xc000;
export const IST_STACK = 0xe000;

/** Selectors of the GDT below. */
export const SEL = {
  code32: 0x08,
  data32: 0x10,
  userCode32: 0x1b,
  userData32: 0x23,
  tss: 0x28, // 0x30: upper half of a 64-bit TSS
  code64: 0x38,
  userCode64: 0x43,
  absent: 0x48,
  code16: 0x50,
  data16: 0x58,
  gate: 0x60,
  gateHigh: 0x68,
  tss2: 0x70,
  ldt: 0x78,
  conforming: 0x80,
  readOnly: 0x88,
  taskGate: 0x90,
  tss16: 0x98,
} as const;

/** A descriptor as it stands in memory; `attr` as in cpu/state.ts. */
export function descriptor(base: number, limit: number, attr: number): bigint {
  const scaled = attr & 0x800 ? limit >>> 12 : limit;
  const low = (BigInt(scaled) & 0xffffn) | ((BigInt(base) & 0xff_ffffn) << 16n);
  const high =
    ((BigInt(attr) & 0xffn) << 40n) |
    (((BigInt(scaled) >> 16n) & 0xfn) << 48n) |
    (((BigInt(attr) >> 8n) & 0xfn) << 52n) |
    (((BigInt(base) >> 24n) & 0xffn) << 56n);
  return low | high;
}

/** An interrupt, trap, call or task gate. `type` with P and DPL: 0x8e is a present 32-bit interrupt gate. */
export function gate(selector: number, offset: number, type: number, parameters = 0): bigint {
  return (
    BigInt(offset & 0xffff) |
    (BigInt(selector) << 16n) |
    (BigInt(parameters) << 32n) |
    (BigInt(type) << 40n) |
    (BigInt(offset >>> 16) << 48n)
  );
}

export function bytes(text: string): number[] {
  return text
    .trim()
    .split(/\s+/)
    .map((b) => parseInt(b, 16));
}

export const le16 = (value: number): string => [value & 0xff, (value >> 8) & 0xff].map((b) => b.toString(16)).join(" ");
export const le32 = (value: number): string => `${le16(value & 0xffff)} ${le16(value >>> 16)}`;

export class SystemCore extends TestCore {
  constructor(host: HostCalls = {}, model = 0, jitThreshold?: number) {
    super(16 << 20, host, model, jitThreshold);
    const entries: [number, bigint][] = [
      [SEL.code32, descriptor(0, 0xffffffff, ATTR.code32)],
      [SEL.data32, descriptor(0, 0xffffffff, ATTR.data32)],
      [SEL.userCode32, descriptor(0, 0xffffffff, ATTR.code32 | 0x60)],
      [SEL.userData32, descriptor(0, 0xffffffff, ATTR.data32 | 0x60)],
      [SEL.tss, descriptor(TSS, 0x1ff, 0x89)],
      [SEL.code64, descriptor(0, 0xffffffff, ATTR.code64)],
      [SEL.userCode64, descriptor(0, 0xffffffff, ATTR.code64 | 0x60)],
      [SEL.absent, descriptor(0, 0xffffffff, ATTR.data32 & ~0x80)],
      [SEL.code16, descriptor(0, 0xffff, ATTR.code16)],
      [SEL.data16, descriptor(0, 0xffff, ATTR.data16)],
      [SEL.tss2, descriptor(TSS2, 0x67, 0x89)],
      [SEL.conforming, descriptor(0, 0xffffffff, ATTR.code32 | 4)],
      [SEL.readOnly, descriptor(0, 0xffffffff, ATTR.data32 & ~2)],
      [SEL.taskGate, gate(SEL.tss2, 0, 0xe5)],
    ];
    for (const [selector, entry] of entries) this.setDescriptor(selector, entry);
    this.put(HANDLERS, new Array<number>(256 * 16).fill(0xf4));
  }

  setDescriptor(selector: number, entry: bigint): void {
    this.view.setBigUint64(GDT + (selector & 0xfff8), entry, true);
  }

  getDescriptor(selector: number): bigint {
    return this.view.getBigUint64(GDT + (selector & 0xfff8), true);
  }

  /** 32-bit protected mode at level 0 or 3; gates are 32-bit interrupt gates of DPL 0, but 0x80 (DPL 3). */
  start32(ring: 0 | 3 = 0): void {
    this.enterProtected();
    for (let v = 0; v < 256; v++) this.setGate(v, gate(SEL.code32, HANDLERS + v * 16, v === 0x80 ? 0xee : 0x8e));
    this.view.setUint32(TSS + 4, RING0_STACK, true);
    this.view.setUint32(TSS + 8, SEL.data32, true);
    this.view.setUint16(TSS + 0x66, 0x68, true);
    this.ram.fill(0xff, TSS + 0x68, TSS + 0x200); // no port allowed
    this.ex.setTables(this.cpu, BigInt(GDT), 0xff, BigInt(IDT), 0x7ff);
    this.setSegment("tr", SEL.tss, 0x8b, 0x1ff, TSS);
    this.setSegment("ldtr", 0, 0, 0, 0);
    if (ring === 3) {
      this.setSegment("cs", SEL.userCode32, ATTR.code32 | 0x60, 0xffffffff, 0);
      for (const name of ["ss", "ds", "es", "fs", "gs"] as const)
        this.setSegment(name, SEL.userData32, ATTR.data32 | 0x60, 0xffffffff, 0);
    }
    this.ready();
  }

  /** Long mode at level 0 or 3; gates are 64-bit interrupt gates of DPL 0, but 0x80 (DPL 3). */
  start64(ring: 0 | 3 = 0): void {
    this.enterLong();
    for (let v = 0; v < 256; v++) this.setGate64(v, gate(SEL.code64, HANDLERS + v * 16, v === 0x80 ? 0xee : 0x8e));
    this.view.setBigUint64(TSS + 4, BigInt(RING0_STACK), true);
    this.view.setBigUint64(TSS + 0x24, BigInt(IST_STACK), true);
    this.view.setUint16(TSS + 0x66, 0x68, true);
    this.setDescriptor(SEL.tss + 8, 0n);
    this.ex.setTables(this.cpu, BigInt(GDT), 0xff, BigInt(IDT), 0xfff);
    this.setSegment("tr", SEL.tss, 0x8b, 0x1ff, TSS);
    this.setSegment("ldtr", 0, 0, 0, 0);
    this.setSegment("cs", SEL.code64, ATTR.code64, 0xffffffff, 0);
    if (ring === 3) {
      this.setSegment("cs", SEL.userCode64, ATTR.code64 | 0x60, 0xffffffff, 0);
      for (const name of ["ss", "ds", "es", "fs", "gs"] as const)
        this.setSegment(name, SEL.userData32, ATTR.data32 | 0x60, 0xffffffff, 0);
    }
    this.ready();
  }

  private ready(): void {
    this.ex.stateSet(this.cpu);
    this.flags = 2;
    this.setReg("rsp", STACK);
    this.rip = CODE;
  }

  setGate(vector: number, entry: bigint): void {
    this.view.setBigUint64(IDT + vector * 8, entry, true);
  }

  setGate64(vector: number, entry: bigint): void {
    this.view.setBigUint64(IDT + vector * 16, entry, true);
    this.view.setBigUint64(IDT + vector * 16 + 8, 0n, true);
  }

  /** MSRs without the checks of WRMSR: fields of the Cpu struct (cpu/state.ts). */
  setMsr(name: "star" | "lstar" | "sfmask" | "sysenterCs" | "sysenterEsp" | "sysenterEip", value: bigint): void {
    const offset = { star: 928, lstar: 936, sfmask: 952, sysenterCs: 968, sysenterEsp: 976, sysenterEip: 984 }[name];
    new DataView(this.memory.buffer, this.cpu).setBigUint64(offset, value, true);
  }

  /** Runs `code` (hex) at CODE until HLT; the vector whose handler halted, or -1 for a HLT elsewhere. */
  vectorOf(code: string, maxInstructions = 200): number {
    this.put(CODE, bytes(code));
    const exit = this.run(maxInstructions);
    if (exit === EXIT.tripleFault) return -3;
    if (exit !== EXIT.halted) return -2;
    const at = Number(this.rip) - 1 - HANDLERS;
    return at >= 0 && at < 256 * 16 ? at >> 4 : -1;
  }

  /** The `n`-th doubleword, or quadword, above the stack pointer. */
  frame32(n: number): number {
    return this.view.getUint32(Number(this.reg("rsp")) + n * 4, true);
  }

  frame64(n: number): number {
    return Number(this.view.getBigUint64(Number(this.reg("rsp")) + n * 8, true));
  }
}

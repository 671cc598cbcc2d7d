/**
 * A bare core for tests: linear memory, no devices, everything below 1 MiB is RAM. Code is put into RAM and run for a
 * number of instructions or until HLT. Uses build/core.wasm (`npm run core`), or the file in POSADA_CORE.
 */
import { readFileSync } from "node:fs";
import { JitLinker, engineHasTailCalls } from "../../src/core/jit-linker.ts";
import type { JitExports } from "../../src/core/jit-linker.ts";
import { RAM_BASE } from "../../src/core/generated/layout.ts";
import { allocateMemory } from "../../src/core/load.ts";

/**
 * POSADA_JIT=N: all tests of the core run with compiled code, after N entries and before the code is executed again;
 * POSADA_JIT_MAX_BLOCK=N: in pieces of at most N instructions.
 */
const JIT_THRESHOLD = process.env.POSADA_JIT === undefined ? undefined : Number(process.env.POSADA_JIT);
const JIT_MAX_BLOCK = Number(process.env.POSADA_JIT_MAX_BLOCK ?? 0);

const CORE = process.env.POSADA_CORE ?? new URL("../../build/core.wasm", import.meta.url).pathname;

export interface HostCalls {
  portRead?(port: number, sizeBytes: number): number;
  portWrite?(port: number, sizeBytes: number, value: number): void;
  mmioRead?(physAddr: number, sizeBytes: number): number;
  mmioWrite?(physAddr: number, sizeBytes: number, value: number): void;
  nowNs?(): number;
  picAcknowledge?(): number;
  ferr?(asserted: number): number;
}

type Export = (...args: (number | bigint | boolean)[]) => number & bigint;

const VIDEO_BYTES = 1 << 20;

export const EXIT = { budget: 0, halted: 1, tripleFault: 2, stopRequested: 3 } as const;
export const GPRS = [
  "rax",
  "rcx",
  "rdx",
  "rbx",
  "rsp",
  "rbp",
  "rsi",
  "rdi",
  "r8",
  "r9",
  "r10",
  "r11",
  "r12",
  "r13",
  "r14",
  "r15",
] as const;
export const SEGMENTS = ["es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"] as const;

/** Attributes of usual segments: type, S, DPL 0, P; D/B 0x400, L 0x200, G 0x800. */
export const ATTR = { data16: 0x93, code16: 0x9b, data32: 0xc93, code32: 0xc9b, code64: 0xa9b } as const;

let compiled: WebAssembly.Module | undefined;

export class TestCore {
  readonly ex: Record<string, Export>;
  readonly memory: WebAssembly.Memory;
  readonly cpu: number;
  readonly ram: Uint8Array;
  readonly view: DataView;
  private readonly linker: JitLinker | null = null;

  /** @param jitThreshold entries after which code is compiled; undefined: never */
  constructor(ramBytes = 16 << 20, host: HostCalls = {}, model = 0, jitThreshold = JIT_THRESHOLD) {
    const module = (compiled ??= new WebAssembly.Module(readFileSync(CORE)));
    this.memory = allocateMemory(ramBytes, VIDEO_BYTES);
    const instance = new WebAssembly.Instance(module, {
      env: {
        memory: this.memory,
        abort: () => {
          throw new Error("the core aborted");
        },
      },
      host: {
        portRead: host.portRead ?? (() => 0xffffffff),
        portWrite: host.portWrite ?? (() => {}),
        portReadBlock: () => 0,
        portWriteBlock: () => 0,
        mmioRead: host.mmioRead ?? (() => 0xffffffff),
        mmioWrite: host.mmioWrite ?? (() => {}),
        nowNs: host.nowNs ?? (() => 0),
        epochMs: () => 0,
        picAcknowledge: host.picAcknowledge ?? (() => 0),
        ferr: host.ferr ?? (() => 0),
        ioapicEoi: () => {},
        bringPage: () => {},
        linkRegions: () => this.linker?.link(),
        debugLog: () => {},
      },
    });
    this.ex = instance.exports as Record<string, Export>;
    this.ex.init(ramBytes, VIDEO_BYTES, 1, 1);
    this.cpu = this.ex.cpuPointer(0);
    for (let page = 0xa0000; page < 0x100000; page += 0x1000) this.ex.setLowPage(page, 0);
    this.ex.reset(this.cpu, model);
    this.ram = new Uint8Array(this.memory.buffer, RAM_BASE, ramBytes);
    this.view = new DataView(this.memory.buffer, RAM_BASE, ramBytes);
    if (jitThreshold !== undefined) {
      this.linker = new JitLinker(this.ex as unknown as JitExports, this.memory, this.cpu);
      this.ex.useTailCalls(engineHasTailCalls());
      this.ex.limitRegions!(JIT_MAX_BLOCK);
      this.ex.linkAtOnce!(true);
      this.ex.configureJit(this.cpu, true, jitThreshold);
    }
  }

  reg(name: (typeof GPRS)[number]): bigint {
    return BigInt.asUintN(64, this.ex.getGpr(this.cpu, GPRS.indexOf(name)));
  }
  setReg(name: (typeof GPRS)[number], value: bigint | number): void {
    this.ex.setGpr(this.cpu, GPRS.indexOf(name), BigInt(value));
  }
  get rip(): bigint {
    return BigInt.asUintN(64, this.ex.getRip(this.cpu));
  }
  set rip(value: bigint | number) {
    this.ex.setRip(this.cpu, BigInt(value));
  }
  get flags(): number {
    return this.ex.getRflags(this.cpu) >>> 0;
  }
  set flags(value: number) {
    this.ex.setRflags(this.cpu, value);
  }
  selector(name: (typeof SEGMENTS)[number]): number {
    return this.ex.getSelector(this.cpu, SEGMENTS.indexOf(name));
  }
  setSegment(
    name: (typeof SEGMENTS)[number],
    selector: number,
    attr: number,
    limit: number,
    base: number | bigint,
  ): void {
    this.ex.setSegment(this.cpu, SEGMENTS.indexOf(name), selector, attr, limit, BigInt(base));
  }

  /** Real mode: segment registers hold paragraphs, limits 64 KiB. */
  enterReal(segments: Partial<Record<"es" | "cs" | "ss" | "ds" | "fs" | "gs", number>>): void {
    this.ex.setControl(this.cpu, 0x10n, 0n, 0n, 0n);
    for (const name of ["es", "cs", "ss", "ds", "fs", "gs"] as const) {
      const selector = segments[name] ?? 0;
      this.setSegment(name, selector, name === "cs" ? ATTR.code16 : ATTR.data16, 0xffff, selector * 16);
    }
    this.ex.setTables(this.cpu, 0n, 0xffff, 0n, 0x3ff);
    this.ex.stateSet(this.cpu);
  }

  /** Protected mode, flat 32-bit segments, no paging, privilege level 0. */
  enterProtected(cr0 = 0x11): void {
    this.ex.setControl(this.cpu, BigInt(cr0), 0n, 0x600n, 0n);
    for (const name of ["es", "ss", "ds", "fs", "gs"] as const) this.setSegment(name, 0x10, ATTR.data32, 0xffffffff, 0);
    this.setSegment("cs", 8, ATTR.code32, 0xffffffff, 0);
    this.ex.stateSet(this.cpu);
  }

  /** Long mode: the first GiB is mapped one to one by page tables at `tables` (8 KiB), privilege level 0. */
  enterLong(tables = 0x70_0000): void {
    this.view.setBigUint64(tables, BigInt(tables + 0x1000) | 7n, true);
    for (let i = 0; i < 512; i++)
      this.view.setBigUint64(tables + 0x1000 + i * 8, i === 0 ? BigInt(tables + 0x2000) | 7n : 0n, true);
    for (let i = 0; i < 512; i++) this.view.setBigUint64(tables + 0x2000 + i * 8, BigInt(i * 0x20_0000) | 0x87n, true);
    this.ex.setControl(this.cpu, 0x8005_0033n, BigInt(tables), 0x6a0n, 0xd01n);
    for (const name of ["es", "ss", "ds", "fs", "gs"] as const) this.setSegment(name, 0x10, ATTR.data32, 0xffffffff, 0);
    this.setSegment("cs", 8, ATTR.code64, 0xffffffff, 0);
    this.ex.stateSet(this.cpu);
  }

  /** Puts bytes into RAM; decoded code is dropped. */
  put(physAddr: number, bytes: ArrayLike<number>): void {
    this.ram.set(bytes, physAddr);
    this.ex.notifyWrite(physAddr, bytes.length);
  }

  run(maxInstructions: number): number {
    return this.ex.run(this.cpu, maxInstructions);
  }
}

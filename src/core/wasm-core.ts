/**
 * The core as the machine knows it (CoreInterface), over an instance of core.wasm with its linear memory.
 *
 * State that is saved: the machine's settings, each processor's struct and the part of its tables that the guest can
 * notice (the TLB). Decoded code is found again.
 */
import { hex } from "../shared/hex.ts";
import { CoreTrace } from "./core-trace.ts";
import type { CoreTraceKind } from "./core-trace.ts";
import { dumpCpu } from "./cpu-dump.ts";
import type { CoreHost, CoreInterface, LowPageKind, PageBringer, RunExit } from "./core.ts";
import type { EntryState, GeneralRegisters, SegmentState } from "./entry-state.ts";
import type { CoreExports } from "./exports.ts";
import { JitLinker, engineHasTailCalls } from "./jit-linker.ts";
import {
  CPU_SIZE,
  CPU_TABLES_BASE,
  CPU_TABLES_SIZE,
  IO_SCRATCH,
  IO_SCRATCH_SIZE,
  MACHINE_BASE,
  MACHINE_SIZE,
  PAGE_SIZE,
  RAM_BASE,
  ROM_BASE,
  ROM_SIZE,
  TLB_LARGE_BITS,
  TLB_LARGE_OFFSET,
} from "./generated/layout.ts";

export type CoreModel = "default" | "x86-64-v2" | "pentium3" | "pentium" | "486";

export interface WasmCoreOptions {
  ramBytes: number;
  vramBytes: number;
  processors: number;
  cpuModel: CoreModel;
  host: CoreHost;
  /** Wall-clock time at machine time 0, for the paravirtual clock: milliseconds since 1970. */
  epochMs: () => number;
  /** Four words that RDRAND starts from, fixed where a machine must repeat itself; without them the host's entropy. */
  randomKey?: BigUint64Array;
  /** Hot code is compiled to WebAssembly. */
  jit?: boolean;
  /** How often a place in the code is come to before it is hot. */
  jitThreshold?: number;
  /** The most instructions in a region; 0 or none: as many as there is room for. */
  jitMaxBlock?: number;
  /**
   * When compiled code is made: `meanwhile` if not said, `afterRuns` waits for it after each run, `beforeUse` compiles
   * what is hot before it is executed. The latter two are for tests that must repeat themselves.
   */
  jitWhen?: "meanwhile" | "afterRuns" | "beforeUse";
  /**
   * After so many modules `beforeUse` becomes `afterRuns`, which puts many regions into one: engines whose tables know each instance
   * take longer with every one. None: never.
   */
  jitMostBeforeUse?: number;
  /** Sees every module of compiled code. */
  onJitModule?: (bytes: Uint8Array) => void;
}

const JIT_THRESHOLD = 400;
/**
 * Accesses to devices in one run. A repeated string instruction counts as one for thousands of them, which would keep the
 * caller waiting for seconds. As many as instructions in the longest run of the instruction clock.
 */
const MOST_ACCESSES = 20_000;

export interface CoreCounters {
  traces: number;
  flushes: number;
  tlbMisses: number;
  jit: {
    enabled: boolean;
    regions: number;
    refused: number;
    modules: number;
    moduleBytes: number;
    instructions: number;
    exits: { instruction: number; budget: number; branch: number; handler: number; unknownTarget: number };
  };
}

/** In the order of wasm/cpu/models.ts. */
const MODELS: readonly CoreModel[] = ["default", "x86-64-v2", "pentium3", "pentium", "486"];
/** In the order of EXIT_… in wasm/interp/run-loop.ts. */
const EXITS: readonly RunExit[] = ["budget", "halted", "tripleFault", "stopRequested"];
/** In the order of LOW_PAGE_… in wasm/mmu/physical.ts. */
const LOW_PAGE_KINDS: readonly LowPageKind[] = ["ram", "rom", "mmio", "romReadRamWrite", "ramReadOnly"];
const GENERAL_REGISTERS: readonly (keyof GeneralRegisters)[] = ["rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"];
const SEG_CS = 1;
/** ES, SS, DS, FS, GS. */
const DATA_SEGMENTS = [0, 2, 3, 4, 5];

/** The display's bit in the dirty bytes. */
const DIRTY_DISPLAY = 1;
/** That of whoever keeps memories. */
const DIRTY_CAPTURE = 2;
const STATE_VERSION = 2;
/** Version, number of processors, where memory begins in linear memory (entries of the TLB lead there). */
const STATE_HEADER_BYTES = 12;
const MAX_INSTRUCTION_BYTES = 15;
const TLB_STATE_BYTES = TLB_LARGE_OFFSET + TLB_LARGE_BITS / 8;

export class WasmCore implements CoreInterface {
  readonly memory: WebAssembly.Memory;
  readonly ram: Uint8Array;
  readonly vram: Uint8Array;
  /** Option ROMs and system ROM, as `loadRom` filled them. */
  readonly rom: Uint8Array;
  private readonly bytes: Uint8Array;
  private readonly exports: CoreExports;
  private readonly model: number;
  private readonly processors: number;
  /** The boot processor. */
  private readonly cpu: number;
  private readonly dirtyPages: Uint8Array;
  private readonly coreTrace = new CoreTrace(
    () => this.exports,
    () => this.cpu,
  );
  private readonly linker: JitLinker | null;
  private readonly linksAfterRuns: boolean;
  /** Accesses to devices in the run under way. */
  private accesses = 0;
  /** Has the pages of RAM that are not in their places yet. */
  private bringer: PageBringer | null = null;

  /** @param memory of `allocateMemory` for the same sizes */
  constructor(module: WebAssembly.Module, memory: WebAssembly.Memory, options: WasmCoreOptions) {
    const { ramBytes, vramBytes, processors, cpuModel } = options;
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.ram = new Uint8Array(memory.buffer, RAM_BASE, ramBytes);
    this.vram = new Uint8Array(memory.buffer, RAM_BASE + ramBytes, vramBytes);
    this.rom = new Uint8Array(memory.buffer, ROM_BASE, ROM_SIZE);
    this.dirtyPages = new Uint8Array(Math.ceil(vramBytes / PAGE_SIZE / 8));
    this.model = MODELS.indexOf(cpuModel);
    this.processors = processors;
    const instance = new WebAssembly.Instance(module, this.imports(options));
    this.exports = instance.exports as unknown as CoreExports;
    const end = this.exports.init(ramBytes, vramBytes, processors, true) >>> 0;
    if (end > this.bytes.length) throw new Error(`internal error: the core uses ${end} bytes of ${this.bytes.length}`);
    this.cpu = this.exports.cpuPointer(0);
    const key = options.randomKey ?? crypto.getRandomValues(new BigUint64Array(4));
    for (let i = 0; i < processors; i++)
      this.exports.seedRandom(this.exports.cpuPointer(i), key[0] ?? 0n, key[1] ?? 0n, key[2] ?? 0n, key[3] ?? 0n);
    this.linker = options.jit ? new JitLinker(this.exports, memory, this.cpu, options.onJitModule) : null;
    this.linksAfterRuns = (options.jitWhen ?? "meanwhile") !== "meanwhile";
    if (this.linker) {
      this.exports.useTailCalls(engineHasTailCalls());
      this.exports.limitRegions(options.jitMaxBlock ?? 0);
      this.exports.linkAtOnce(options.jitWhen === "beforeUse");
      this.exports.configureJit(this.cpu, true, options.jitThreshold ?? JIT_THRESHOLD);
    }
    this.reset();
  }

  reset(): void {
    for (let i = 0; i < this.processors; i++) this.exports.reset(this.exports.cpuPointer(i), this.model);
  }

  enterAt(state: EntryState): void {
    const { exports, cpu } = this;
    for (const [i, name] of GENERAL_REGISTERS.entries()) exports.setGpr(cpu, i, BigInt(state.registers[name] ?? 0));
    for (let i = GENERAL_REGISTERS.length; i < 16; i++) exports.setGpr(cpu, i, 0n);
    exports.setControl(cpu, BigInt(state.cr0), BigInt(state.cr3), BigInt(state.cr4), BigInt(state.efer));
    this.setSegment(SEG_CS, state.cs);
    for (const index of DATA_SEGMENTS) this.setSegment(index, state.data);
    const { gdt, idt } = state;
    exports.setTables(cpu, BigInt(gdt.base), gdt.limit, BigInt(idt.base), idt.limit);
    exports.setRip(cpu, BigInt(state.rip));
    exports.setRflags(cpu, state.rflags);
    exports.stateSet(cpu);
  }

  run(maxInstructions: number): RunExit {
    this.accesses = 0;
    const exit = EXITS[this.exports.run(this.cpu, maxInstructions)] ?? "budget";
    if (this.linksAfterRuns) this.linker?.link();
    else this.linker?.poll();
    return exit;
  }

  requestStop(): void {
    this.exports.requestStop(this.cpu);
  }

  instructions(): number {
    return this.exports.instructions(this.cpu);
  }

  setIntr(asserted: boolean): void {
    this.exports.setIntr(this.cpu, asserted);
  }

  pulseNmi(): void {
    this.exports.pulseNmi(this.cpu);
  }

  nextTimerNs(): number {
    return this.exports.nextTimerNs(this.cpu);
  }

  timerDue(nowNs: number): void {
    this.exports.timerDue(this.cpu, nowNs);
  }

  deliverInterrupt(
    destination: number,
    logical: boolean,
    deliveryMode: number,
    vector: number,
    levelTriggered: boolean,
  ): void {
    this.exports.deliverInterrupt(destination, logical, deliveryMode, vector, levelTriggered);
  }

  setA20(enabled: boolean): void {
    this.exports.setA20(enabled);
  }

  setLowPage(physAddr: number, kind: LowPageKind): void {
    this.exports.setLowPage(physAddr, LOW_PAGE_KINDS.indexOf(kind));
  }

  loadRom(physAddr: number, bytes: Uint8Array): void {
    const hostPtr = this.exports.prepareRom(physAddr, bytes.length) >>> 0;
    if (hostPtr === 0)
      throw new RangeError(`no ROM of ${bytes.length} bytes can be at address ${physAddr.toString(16).toUpperCase()}`);
    this.bytes.set(bytes, hostPtr);
  }

  mapFlash(chip: number, physAddr: number, sizeBytes: number): Uint8Array {
    const hostPtr = this.exports.mapFlash(chip, physAddr, sizeBytes) >>> 0;
    if (hostPtr === 0) throw new RangeError(`no ROM is at address ${hex(physAddr)} for a flash chip`);
    return this.bytes.subarray(hostPtr, hostPtr + sizeBytes);
  }

  setFlashBusy(chip: number, isBusy: boolean): void {
    this.exports.setFlashBusy(chip, isBusy);
  }

  mapVram(physAddr: number | null, lengthBytes: number): void {
    this.exports.mapVideoMemory(physAddr ?? 0, physAddr === null ? 0 : lengthBytes);
  }

  takeDirtyVramPages(): Uint8Array {
    const { dirtyPages } = this;
    const count = this.vram.length / PAGE_SIZE;
    const found = this.exports.takeDirtyPages(this.vram.byteOffset, count, DIRTY_DISPLAY, IO_SCRATCH);
    if (found === 0) dirtyPages.fill(0);
    else dirtyPages.set(this.bytes.subarray(IO_SCRATCH, IO_SCRATCH + dirtyPages.length));
    return dirtyPages;
  }

  /** Which pages of `ram`, `vram` or `rom` the guest wrote since this was last asked: a bit each. Not during a run. */
  takeChangedPages(region: Uint8Array): Uint8Array {
    const count = region.length / PAGE_SIZE;
    const changed = new Uint8Array(Math.ceil(count / 8));
    const atOnce = IO_SCRATCH_SIZE * 8;
    for (let first = 0; first < count; first += atOnce) {
      const pages = Math.min(atOnce, count - first);
      this.exports.takeDirtyPages(region.byteOffset + first * PAGE_SIZE, pages, DIRTY_CAPTURE, IO_SCRATCH);
      changed.set(this.bytes.subarray(IO_SCRATCH, IO_SCRATCH + Math.ceil(pages / 8)), first / 8);
    }
    return changed;
  }

  awaitPages(bringer: PageBringer | null): void {
    this.bringer = bringer;
    this.exports.awaitPages(bringer !== null);
  }

  bringPages(physAddr: number, lengthBytes: number): void {
    if (!this.bringer) return;
    for (let at = physAddr - (physAddr % PAGE_SIZE); at < physAddr + lengthBytes; at += PAGE_SIZE)
      this.bringer.bring(at);
  }

  notifyWrite(physAddr: number, lengthBytes: number): void {
    this.exports.notifyWrite(physAddr, lengthBytes);
  }

  saveState(): Uint8Array {
    const state = new Uint8Array(this.stateBytes());
    new DataView(state.buffer).setUint32(0, STATE_VERSION, true);
    new DataView(state.buffer).setUint32(4, this.processors, true);
    new DataView(state.buffer).setUint32(8, ROM_BASE, true);
    let at = STATE_HEADER_BYTES;
    for (const part of this.stateParts()) {
      state.set(part, at);
      at += part.length;
    }
    return state;
  }

  restoreState(state: Uint8Array): void {
    const view = new DataView(state.buffer, state.byteOffset, state.byteLength);
    const isOurs =
      state.length === this.stateBytes() &&
      view.getUint32(0, true) === STATE_VERSION &&
      view.getUint32(4, true) === this.processors;
    if (!isOurs) throw new Error("the saved state of the processor is of another version");
    let at = STATE_HEADER_BYTES;
    for (const part of this.stateParts()) {
      part.set(state.subarray(at, at + part.length));
      at += part.length;
    }
    for (let i = 0; i < this.processors; i++)
      this.exports.restored(this.exports.cpuPointer(i), view.getUint32(8, true));
    // It is among what was restored.
    this.exports.awaitPages(this.bringer !== null);
  }

  readRegister32(index: number): number {
    return Number(BigInt.asUintN(32, this.exports.getGpr(this.cpu, index & 7)));
  }

  writeRegister32(index: number, value: number): void {
    this.exports.setGpr(this.cpu, index & 7, BigInt(value >>> 0));
  }

  halted(): boolean {
    return !this.exports.wakes(this.cpu);
  }

  counters(): CoreCounters {
    // In the order of EXIT_… in wasm/jit/exits.ts.
    const exits = (why: number) => this.exports.statExits(why) >>> 0;
    return {
      traces: this.exports.statTraces(),
      flushes: this.exports.statFlushes(),
      tlbMisses: this.exports.statTlbMisses() >>> 0,
      jit: {
        enabled: this.linker !== null,
        regions: this.exports.statRegions(),
        refused: this.exports.statRefused(),
        ...(this.linker?.counters() ?? { modules: 0, moduleBytes: 0 }),
        instructions: this.exports.statCompiledInstructions(),
        exits: {
          instruction: exits(0),
          budget: exits(1),
          branch: exits(2),
          handler: exits(3),
          unknownTarget: exits(4),
        },
      },
    };
  }

  /** General registers, RIP, RFLAGS, selectors and control registers of the boot processor as 16 hexadecimal digits. */
  registerHash(): string {
    const { exports, cpu } = this;
    // FNV-1a over 64-bit words.
    let hash = 0xcbf29ce484222325n;
    const add = (value: bigint | number) => {
      hash = BigInt.asUintN(64, (hash ^ BigInt.asUintN(64, BigInt(value))) * 0x100000001b3n);
    };
    for (let i = 0; i < 16; i++) add(exports.getGpr(cpu, i));
    add(exports.getRip(cpu));
    add(exports.getRflags(cpu));
    for (let i = 0; i < 8; i++) {
      add(exports.getSelector(cpu, i));
      add(exports.getSegmentBase(cpu, i));
    }
    for (const i of [0, 2, 3, 4, 5]) add(exports.getControl(cpu, i));
    return hash.toString(16).padStart(16, "0");
  }

  /** The boot processor's registers in the shape of QEMU's `-d cpu`. */
  registerDump(): string {
    return dumpCpu(this.exports, this.cpu);
  }

  /** What `kinds` ask for is handed to `emit` from now on; no kinds end it. */
  trace(kinds: ReadonlySet<CoreTraceKind>, emit: (category: CoreTraceKind, text: string) => void): void {
    this.coreTrace.start(kinds, emit);
  }

  /** Where a core that counts keeps how often each row of the opcode tables was run: u64 each; null for others. */
  coverageCounts(): number | null {
    return this.exports.coverageCounts() >>> 0 || null;
  }

  /** The instruction that comes next, as far as its bytes are in memory. */
  nextCode(): { bytes: Uint8Array; bits: 16 | 32 | 64; linearAddr: bigint } {
    const { exports, cpu } = this;
    const bits = exports.codeBits(cpu) as 16 | 32 | 64;
    const count = exports.lookAtCode(cpu, IO_SCRATCH, MAX_INSTRUCTION_BYTES);
    const rip = BigInt.asUintN(64, exports.getRip(cpu));
    const linearAddr = bits === 64 ? rip : BigInt.asUintN(32, rip + exports.getSegmentBase(cpu, SEG_CS));
    return { bytes: this.bytes.slice(IO_SCRATCH, IO_SCRATCH + count), bits, linearAddr };
  }

  /** Where the boot processor is: "0010:FFFFFFFF81000000". */
  location(): string {
    const { exports, cpu } = this;
    return `${hex(exports.getSelector(cpu, SEG_CS), 4)}:${hex(BigInt.asUintN(64, exports.getRip(cpu)), 8)}`;
  }

  private countAccess(): void {
    if (++this.accesses >= MOST_ACCESSES) this.requestStop();
  }

  private setSegment(index: number, { selector, attributes, limit, base }: SegmentState): void {
    this.exports.setSegment(this.cpu, index, selector, attributes, limit, BigInt(base));
  }

  private stateBytes(): number {
    return STATE_HEADER_BYTES + MACHINE_SIZE + this.processors * (CPU_SIZE + TLB_STATE_BYTES);
  }

  private *stateParts(): Generator<Uint8Array> {
    const part = (start: number, length: number) => this.bytes.subarray(start, start + length);
    yield part(MACHINE_BASE, MACHINE_SIZE);
    for (let i = 0; i < this.processors; i++) {
      yield part(this.exports.cpuPointer(i), CPU_SIZE);
      yield part(CPU_TABLES_BASE + i * CPU_TABLES_SIZE, TLB_STATE_BYTES);
    }
  }

  private imports({ host, epochMs, jitMostBeforeUse = Infinity }: WasmCoreOptions): WebAssembly.Imports {
    type Size = 1 | 2 | 4;
    /** A block never reaches outside the linear memory; the core hands over its scratch area or guest memory. */
    const block = (hostPtr: number, sizeBytes: number, count: number) =>
      this.bytes.subarray(hostPtr >>> 0, Math.min((hostPtr >>> 0) + sizeBytes * (count >>> 0), this.bytes.length));
    return {
      env: {
        memory: this.memory,
        abort: (_message: number, _file: number, line: number, column: number) => {
          throw new Error(`internal error: the core stopped itself at ${line}:${column}`);
        },
      },
      host: {
        portRead: (port: number, size: Size) => {
          this.countAccess();
          return host.portRead(port, size);
        },
        portWrite: (port: number, size: Size, value: number) => {
          this.countAccess();
          host.portWrite(port, size, value >>> 0);
        },
        portReadBlock: (port: number, size: Size, hostPtr: number, count: number) =>
          host.portReadBlock(port, size, block(hostPtr, size, count)),
        portWriteBlock: (port: number, size: Size, hostPtr: number, count: number) =>
          host.portWriteBlock(port, size, block(hostPtr, size, count)),
        mmioRead: (physAddr: number, size: Size) => {
          this.countAccess();
          return host.mmioRead(physAddr >>> 0, size);
        },
        mmioWrite: (physAddr: number, size: Size, value: number) => {
          this.countAccess();
          host.mmioWrite(physAddr >>> 0, size, value >>> 0);
        },
        nowNs: () => host.nowNs(),
        // The core asks for the calendar as it stands now.
        epochMs: () => epochMs() + host.nowNs() / 1e6,
        picAcknowledge: () => host.picAcknowledge(),
        ferr: (asserted: number) => Number(host.ferr?.(asserted !== 0) ?? false),
        bringPage: (physAddr: number) => this.bringer?.bring(physAddr >>> 0),
        ioapicEoi: (vector: number) => host.ioapicEoi(vector),
        linkRegions: () => {
          this.linker?.link();
          if ((this.linker?.counters().modules ?? 0) >= jitMostBeforeUse) this.exports.linkAtOnce(false);
        },
        debugLog: (code: number, a: bigint, b: bigint) => this.coreTrace.note(code, a, b),
      },
    };
  }
}

/**
 * Brings compiled regions to life: takes modules that the core wrote (wasm/jit/), has the engine compile them, puts their
 * functions into the core's table and tells the core where they are.
 *
 * Compiling is asynchronous: the interpreter goes on meanwhile. `link()` is for tests that want all at once.
 */
import { JIT_DROPPED, JIT_DROPPED_ENTRIES, JIT_MODULE } from "./generated/layout.ts";

/** Functions of the core that emitted modules import, in the order of wasm/jit/imports.ts. */
const IMPORTED = [
  ...(["settleFlags", "pagePointer", "leaveRegion", "leaveAfter", "leaveTo", "mulHighU64", "mulHighI64"] as const),
  ...(["carryOf", "runEnding", "findKnown", "isExact32", "isExact64", "isExactPs", "isExactPd"] as const),
  ...(["readFlags", "popPlainFlags", "segmentForRegion"] as const),
  ...(["x87Load", "x87LoadInteger", "x87Operate", "x87OperateStack", "x87Peek", "x87Stored"] as const),
];

/** What of wasm/jit/ the host calls, and what emitted modules import. */
export interface JitExports extends Readonly<Record<(typeof IMPORTED)[number], WebAssembly.ExportValue>> {
  configureJit(cpu: number, on: boolean, threshold: number): void;
  useTailCalls(on: boolean): void;
  limitRegions(mostInstructions: number): void;
  linkAtOnce(on: boolean): void;
  useSharedMemory(on: boolean): void;
  regionsWaiting(): number;
  compileRegions(cpu: number, most: number): number;
  batchSize(): number;
  batchTrace(n: number): number;
  jitEpoch(): number;
  jitSweeps(): number;
  /** How many table places JIT_DROPPED lists since the last call, or more where they did not fit. */
  takeDroppedRegions(): number;
  installRegion(trace: number, epoch: number, tableIndex: number): number;
  readonly table: WebAssembly.Table;
}

/** A module that was written, and the traces its functions come from. */
interface Batch {
  bytes: Uint8Array<ArrayBuffer>;
  traces: number[];
  epoch: number;
  sweeps: number;
}

/** Functions in a module: few enough to be ready soon, many enough that a module's cost is shared. */
const FUNCTIONS_A_MODULE = 32;
/** Modules that the engine works on at the same time. */
const MODULES_IN_FLIGHT = 2;
/** The table grows by so many places. */
const TABLE_STEP = 1024;

/** Name of the first imported function. */
const FIRST_NAME = 0x30;

/** An empty module whose only function makes a tail call. [WASM-TAIL] */
const TAIL_CALL_PROBE = Uint8Array.of(
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 0x0b],
);

export function engineHasTailCalls(): boolean {
  return WebAssembly.validate(TAIL_CALL_PROBE);
}

export class JitLinker {
  private readonly imports: WebAssembly.Imports;
  /** Table places of regions that were dropped. */
  private readonly free: number[] = [];
  private readonly used = new Set<number>();
  private epoch: number;
  private inFlight = 0;
  private modules = 0;
  private moduleBytes = 0;

  constructor(
    private readonly exports: JitExports,
    private readonly memory: WebAssembly.Memory,
    private readonly cpu: number,
    /** Sees each module's bytes: for reading what was emitted. */
    private readonly onModule: (bytes: Uint8Array) => void = () => {},
  ) {
    this.epoch = exports.jitEpoch();
    this.imports = {
      env: { mem: memory, tab: exports.table },
      jit: Object.fromEntries(IMPORTED.map((name, i) => [String.fromCharCode(FIRST_NAME + i), exports[name]])),
    };
  }

  counters(): { modules: number; moduleBytes: number } {
    return { modules: this.modules, moduleBytes: this.moduleBytes };
  }

  /** Called between runs: hands what waits to the engine. */
  poll(): void {
    this.freeDropped();
    while (this.inFlight < MODULES_IN_FLIGHT && this.exports.regionsWaiting() > 0) {
      const batch = this.take();
      if (!batch) return;
      this.inFlight++;
      WebAssembly.compile(batch.bytes)
        .then((module) => this.install(module, batch))
        .finally(() => this.inFlight--);
    }
  }

  /** Compiles and installs all that waits, now. */
  link(): void {
    this.freeDropped();
    while (this.exports.regionsWaiting() > 0) {
      const batch = this.take();
      if (batch) this.install(new WebAssembly.Module(batch.bytes), batch);
    }
  }

  private take(): Batch | null {
    const { exports } = this;
    const size = exports.compileRegions(this.cpu, FUNCTIONS_A_MODULE);
    if (size === 0) return null;
    const traces = Array.from({ length: exports.batchSize() }, (_, i) => exports.batchTrace(i));
    const bytes = new Uint8Array(this.memory.buffer, JIT_MODULE, size).slice();
    this.modules++;
    this.moduleBytes += size;
    this.onModule(bytes);
    return { bytes, traces, epoch: exports.jitEpoch(), sweeps: exports.jitSweeps() };
  }

  private install(module: WebAssembly.Module, { traces, epoch, sweeps }: Batch): void {
    if (epoch !== this.exports.jitEpoch() || sweeps !== this.exports.jitSweeps()) return;
    this.forgetAll();
    const instance = new WebAssembly.Instance(module, this.imports);
    for (const [i, trace] of traces.entries()) {
      const place = this.place();
      this.exports.table.set(place, instance.exports[`f${i}`]);
      if (this.exports.installRegion(trace, epoch, place)) this.used.add(place);
      else {
        this.exports.table.set(place, null);
        this.free.push(place);
      }
    }
  }

  /** After everything decoded was dropped, nothing refers to the functions any more. */
  private forgetAll(): void {
    if (this.epoch === this.exports.jitEpoch()) return;
    this.epoch = this.exports.jitEpoch();
    this.exports.takeDroppedRegions(); // they are among these
    for (const place of this.used) this.release(place);
  }

  /** Places of regions whose code was written over. */
  private freeDropped(): void {
    const count = Math.min(this.exports.takeDroppedRegions(), JIT_DROPPED_ENTRIES);
    if (count === 0) return;
    for (const place of new Uint32Array(this.memory.buffer, JIT_DROPPED, count))
      if (this.used.has(place)) this.release(place);
  }

  private release(place: number): void {
    this.exports.table.set(place, null);
    this.used.delete(place);
    this.free.push(place);
  }

  private place(): number {
    if (this.free.length === 0) {
      const first = this.exports.table.grow(TABLE_STEP);
      for (let i = TABLE_STEP - 1; i >= 0; i--) this.free.push(first + i);
    }
    return this.free.pop()!;
  }
}

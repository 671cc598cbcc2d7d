/**
 * Traces a machine: stands between the run loop and the core, writes what the chosen categories tell between two
 * instruction counts, and runs the core exactly as it is told to, so that a traced machine does what an untraced one
 * does. While registers or instructions are traced, the core runs one instruction at a time.
 *
 * Registers and interrupts are in the shape of QEMU's `-d cpu,int`; lines of other categories begin with "#".
 */
import type { CoreTraceKind } from "../core/core-trace.ts";
import type { RunExit } from "../core/core.ts";
import type { WasmCore } from "../core/wasm-core.ts";
import type { TraceOptions } from "../protocol/trace-options.ts";
import { disassembleOne } from "../shared/disassembler/disassemble.ts";
import { setLogSink } from "../shared/log.ts";
import type { LogSink } from "../shared/log.ts";
import type { MachinePort } from "./machine-port.ts";
import type { RunnableCore } from "./run-loop.ts";

export type TraceableCore = RunnableCore & Pick<WasmCore, "registerDump" | "trace" | "nextCode">;

/** Where a trace goes; written in pieces of about this size. */
export interface TraceSink {
  write(text: string): void;
  close(): void;
}
const PIECE_LENGTH = 1 << 18;

const CORE_KINDS: readonly CoreTraceKind[] = ["int", "mmu"];

export class Tracer implements RunnableCore {
  private readonly wanted: ReadonlySet<string>;
  private readonly coreKinds: ReadonlySet<CoreTraceKind>;
  private readonly steps: boolean;
  private isOpen = false;
  private text = "";

  /** @param startCount the core's instruction count at power-on */
  constructor(
    private readonly core: TraceableCore,
    machine: Pick<MachinePort, "watch">,
    private readonly options: TraceOptions,
    private readonly sink: TraceSink,
    private readonly startCount: () => number,
  ) {
    this.wanted = new Set(options.categories);
    this.coreKinds = new Set(CORE_KINDS.filter((kind) => this.wanted.has(kind)));
    this.steps = this.wanted.has("cpu") || this.wanted.has("asm");
    machine.watch({
      wants: (category) => this.isOpen && this.wanted.has(category),
      emit: (category, text) => this.emit(category, text),
    });
  }

  /** What parts of the machine log goes along, beside where it went before. */
  alsoLog(before: LogSink): void {
    setLogSink((entry) => {
      if (this.isOpen && this.wanted.has(entry.category)) this.emit(entry.category, entry.message);
      before(entry);
    });
  }

  /** What was traced is written when the run ends: the next thing may be the end of the process. */
  run(maxInstructions: number): RunExit {
    const exit = this.runTraced(maxInstructions);
    this.flush();
    return exit;
  }

  private runTraced(maxInstructions: number): RunExit {
    const first = this.startCount() + this.options.fromInstruction;
    const end = this.startCount() + this.options.toInstruction;
    let left = maxInstructions;
    while (left > 0) {
      const now = this.core.instructions();
      this.open(now >= first && now < end);
      const upTo = this.isOpen ? end - now : now < first ? first - now : Infinity;
      const count = Math.min(left, upTo, this.isOpen && this.steps ? 1 : Infinity);
      const exit = this.isOpen && this.steps ? this.step() : this.core.run(count);
      if (exit !== "budget") return exit;
      left -= count;
    }
    return "budget";
  }

  requestStop(): void {
    this.core.requestStop();
  }

  instructions(): number {
    return this.core.instructions();
  }

  nextTimerNs(): number {
    return this.core.nextTimerNs();
  }

  timerDue(nowNs: number): void {
    this.core.timerDue(nowNs);
  }

  halted(): boolean {
    return this.core.halted();
  }

  /** Writes what is still being gathered. */
  flush(): void {
    if (this.text !== "") this.sink.write(this.text);
    this.text = "";
  }

  close(): void {
    this.open(false);
    this.flush();
    this.sink.close();
  }

  /** Events first, then the state in which the instruction begins, then the instruction. */
  private step(): RunExit {
    const exit = this.core.run(0);
    if (exit !== "budget") return exit;
    if (this.wanted.has("asm")) this.append(this.nextLine());
    if (this.wanted.has("cpu")) this.append(this.core.registerDump());
    return this.core.run(1);
  }

  private nextLine(): string {
    const { bytes, bits, linearAddr } = this.core.nextCode();
    const line = disassembleOne(bytes, linearAddr, bits);
    const code = Array.from(line.bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    return `# ${linearAddr.toString(16).padStart(bits === 64 ? 16 : 8, "0")}  ${code.padEnd(30)} ${line.text}`;
  }

  private emit(category: string, text: string): void {
    if (category === "int") this.append(text);
    else this.append(`# ${this.core.instructions() - this.startCount()} ${category}: ${text}`);
  }

  private append(line: string): void {
    this.text += `${line}\n`;
    if (this.text.length > PIECE_LENGTH) this.flush();
  }

  private open(isOpen: boolean): void {
    if (isOpen === this.isOpen) return;
    this.isOpen = isOpen;
    this.core.trace(isOpen ? this.coreKinds : new Set(), (category, text) => this.emit(category, text));
  }
}

/**
 * What the core notes while it is traced (wasm/cpu/trace.ts), as text: interrupts and exceptions in the shape of QEMU's
 * `-d int`, each with a register dump, and the TLB's fills and flushes.
 */
import { dumpCpu, interruptLine } from "./cpu-dump.ts";
import type { CoreExports } from "./exports.ts";

/** In the order of TRACE_… in wasm/cpu/trace.ts. */
export type CoreTraceKind = "int" | "mmu";
const KINDS: readonly CoreTraceKind[] = ["int", "mmu"];

const NOTE_INTERRUPT = 1;
const NOTE_TLB_FILL = 2;
const NOTE_PAGE_FAULT = 3;

/** KIND_EXTERNAL of wasm/cpu/interrupts.ts. */
const KIND_EXTERNAL = 0;
const CR0_PE = 1n;
const TLB_SETS = ["user", "supervisor", "supervisor, AC set", "none"];
const FLUSHES = ["everything", "all but global pages"];

const hex = (value: bigint, digits: number) => BigInt.asUintN(64, value).toString(16).padStart(digits, "0");

export class CoreTrace {
  private interrupts = 0;
  private emit: ((category: CoreTraceKind, text: string) => void) | null = null;

  constructor(
    private readonly exports: () => CoreExports,
    private readonly cpu: () => number,
  ) {}

  /** Asks the core for these kinds from now on; none ends it. */
  start(kinds: ReadonlySet<CoreTraceKind>, emit: (category: CoreTraceKind, text: string) => void): void {
    this.emit = kinds.size > 0 ? emit : null;
    this.exports().setTraced(KINDS.reduce((bits, kind, i) => bits | (kinds.has(kind) ? 1 << i : 0), 0));
  }

  /** A note of the core: its code and two words. */
  note(code: number, a: bigint, b: bigint): void {
    if (!this.emit) return;
    if (code === NOTE_INTERRUPT) this.emit("int", this.interrupt(a, b));
    else if (code === NOTE_TLB_FILL) this.emit("mmu", fill(a, b));
    else if (code === NOTE_PAGE_FAULT) this.emit("mmu", `page fault at ${hex(a, 16)}, error code ${hex(b, 4)}`);
    else this.emit("mmu", `flush ${FLUSHES[Number(a)] ?? `the page of ${hex(b, 16)}`}`);
  }

  /** External interrupts have a line of their own first, as there. */
  private interrupt(word: bigint, rip: bigint): string {
    const vector = Number(word & 0xffn);
    const kind = Number((word >> 8n) & 0xffn);
    const isSoftware = (word & 0x20000n) !== 0n;
    const hasErrorCode = (word & 0x10000n) !== 0n;
    const errorCode = hasErrorCode ? Number((word >> 32n) & 0xffffn) : 0;
    const [exports, cpu] = [this.exports(), this.cpu()];
    const line = interruptLine(exports, cpu, this.interrupts++, { vector, isSoftware, errorCode, rip });
    // QEMU says nothing of interrupts in real mode.
    if ((exports.getControl(cpu, 0) & CR0_PE) === 0n) return `# ${line.trimStart()}`;
    const first = kind === KIND_EXTERNAL ? `Servicing hardware INT=0x${hex(BigInt(vector), 2)}\n` : "";
    return `${first}${line}\n${dumpCpu(exports, cpu, rip)}`;
  }
}

function fill(a: bigint, b: bigint): string {
  const set = TLB_SETS[Number(a & 3n)];
  const access = (a & 0x10n) !== 0n ? "write" : "read";
  return `fill ${access} (${set}) ${hex(a & ~0xfffn, 16)} -> host ${hex(b & ~0xfffn, 8)}, bits ${hex(b & 0xfffn, 2)}`;
}

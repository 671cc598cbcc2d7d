/**
 * Runs the same cases on the core's handlers, without decoder or run loop: an entry module is written from the opcode
 * tables, compiled with asc, and each handler is called with a record made by hand.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Form, Row } from "./cases.ts";
import {
  ARITH_FLAGS, IN_FLAGS, IN_MEMORY, IN_MM, IN_MXCSR, IN_RAX, IN_XMM, INPUT_SIZE, OUT_FAULT, OUT_FLAGS, OUT_FPU, OUT_MEMORY, OUT_MM, OUT_MXCSR, OUT_RAX,
  OUT_XMM, OUTPUT_SIZE, modrmOf,
} from "./cases.ts"; // prettier-ignore
import { compileEntry, instantiate } from "./compile.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");

/** Size of the type parameter of a sized handler, in bytes: the rules of wasm/isa/generate.mjs. */
export function sizeOf(form: Form): number {
  return form.wide ? 8 : form.word ? 2 : 4;
}

const nameOf = (form: Form, sized: Set<string>) =>
  form.row.semantic + (sized.has(form.row.semantic) ? `_${sizeOf(form) * 8}` : "");

/** Semantics modules: which name stands where, and whether it takes a size. */
function findSemantics(names: Set<string>): { modules: Map<string, string>; sized: Set<string> } {
  const modules = new Map<string, string>();
  const sized = new Set<string>();
  for (const file of [
    "sse-move",
    "sse-integer",
    "sse-shuffle",
    "sse-state",
    "sse-float",
    "sse-convert",
    "sse-compare",
    "ssse3",
    "sse41",
    "sse41-float",
    "sse42",
    "aes",
  ]) {
    let text: string;
    try {
      text = readFileSync(join(root, "wasm/semantics", `${file}.ts`), "utf8");
    } catch {
      continue;
    }
    for (const m of text.matchAll(/export function (\w+)(<T>)?\(cpu: Cpu, _?rec: Rec\): void/g))
      if (names.has(m[1]!)) {
        modules.set(m[1]!, file);
        if (m[2]) sized.add(m[1]!);
      }
  }
  return { modules, sized };
}

export interface SseCore {
  run(form: Form, input: Uint8Array, output: Uint8Array): void;
}

/** Compiles the handlers that `rows` name and returns something that runs cases on them. */
export async function buildCore(rows: Row[], forms: Form[]): Promise<SseCore> {
  const { modules, sized } = findSemantics(new Set(rows.map((r) => r.semantic)));
  const wrappers = new Map<string, string>();
  for (const form of forms) {
    const name = nameOf(form, sized);
    const type = sized.has(form.row.semantic) ? `<u${sizeOf(form) * 8}>` : "";
    wrappers.set(
      name,
      `export function run_${name}(cpu: Cpu, rec: Rec): void { ${form.row.semantic}${type}(cpu, rec); }`,
    );
  }
  const used = [...new Set(forms.map((f) => f.row.semantic))];
  for (const name of used) if (!modules.has(name)) throw new Error(`no semantics module exports ${name}`);
  const imports = used.map((name) => `import { ${name} } from "../../wasm/semantics/${modules.get(name)}";`);
  const source = `import { Cpu } from "../../wasm/cpu/state";
import { Rec } from "../../wasm/decode/record";
import { arithFlags, setArithFlags } from "../../wasm/cpu/flags";
${imports.join("\n")}
export function readFlags(cpu: Cpu): u32 { return arithFlags(cpu); }
export function writeFlags(cpu: Cpu, flags: u32): void { setArithFlags(cpu, flags); }
export const offsets: StaticArray<u32> = [
${["tlbRead", "tlbWrite", "fault", "faultVector", "mode", "cr0", "cr4", "mxcsr", "fpuStatus", "fpuTag", "rip", "stop"].map((f) => `  offsetof<Cpu>("${f}"),`).join("\n")}
];
export function offset(i: u32): u32 { return offsets[i]; }
${[...wrappers.values()].join("\n")}
`;
  return new HandlerRunner(await compileEntry(source), sized);
}

const CPU_BASE = 0x1000;
const RECORD = 0x4_0000;
const TLB = 0x20_0000;
const TLB_ENTRIES = 2048;
/** Where (%rdi) points; the pages before it stay unmapped. */
const MEMORY = 0x30_0000;
const OFF_FPR = 512;
const OFF_XMM = 672;
const REC_MEM = 1;
const REC_REX_W = 0x800;
const FIELDS = [
  "tlbRead",
  "tlbWrite",
  "fault",
  "faultVector",
  "mode",
  "cr0",
  "cr4",
  "mxcsr",
  "fpuStatus",
  "fpuTag",
  "rip",
  "stop",
] as const;
/** Linux signals, as recorded, for exceptions of the core. */
const SIGNAL: Record<number, number> = { 6: 4, 13: 11, 14: 11, 19: 8 };

class HandlerRunner implements SseCore {
  private readonly memory = new WebAssembly.Memory({ initial: 1024 });
  private readonly bytes = new Uint8Array(this.memory.buffer);
  private readonly view = new DataView(this.memory.buffer);
  private readonly exports: Record<string, (...args: number[]) => number>;
  private readonly at: Record<(typeof FIELDS)[number], number>;

  private readonly sized: Set<string>;
  constructor(module: Uint8Array, sized: Set<string>) {
    this.sized = sized;
    this.exports = instantiate(module, this.memory);
    this.at = Object.fromEntries(FIELDS.map((name, i) => [name, CPU_BASE + this.exports["offset"]!(i)])) as Record<
      (typeof FIELDS)[number],
      number
    >;
    for (let i = 0; i < TLB_ENTRIES; i++) this.view.setBigUint64(TLB + i * 16, 1n, true);
    const slot = TLB + (((MEMORY >> 12) & (TLB_ENTRIES - 1)) << 4);
    this.view.setBigUint64(slot, BigInt(MEMORY), true);
  }

  run(form: Form, input: Uint8Array, output: Uint8Array): void {
    const { view, bytes, at } = this;
    const from = new DataView(input.buffer, input.byteOffset, INPUT_SIZE);
    const to = new DataView(output.buffer, output.byteOffset, OUTPUT_SIZE);
    bytes.fill(0, CPU_BASE, CPU_BASE + 0x1000);
    view.setUint32(at.tlbRead, TLB, true);
    view.setUint32(at.tlbWrite, TLB, true);
    view.setUint32(at.mode, 2, true);
    view.setBigUint64(at.cr0, 1n, true);
    view.setBigUint64(at.cr4, 0x600n, true);
    view.setUint32(at.mxcsr, from.getUint32(IN_MXCSR, true), true);
    view.setUint16(at.fpuStatus, 3 << 11, true);
    for (let i = 0; i < 3; i++) view.setBigUint64(CPU_BASE + i * 8, from.getBigUint64(IN_RAX + i * 8, true), true);
    view.setBigUint64(CPU_BASE + 7 * 8, BigInt(MEMORY), true);
    bytes.set(input.subarray(IN_XMM, IN_XMM + 48), CPU_BASE + OFF_XMM);
    for (let i = 0; i < 2; i++)
      bytes.set(input.subarray(IN_MM + i * 8, IN_MM + i * 8 + 8), CPU_BASE + OFF_FPR + i * 16);
    bytes.fill(0, MEMORY, MEMORY + 128);
    bytes.set(input.subarray(IN_MEMORY, IN_MEMORY + 32), MEMORY);
    this.exports["writeFlags"]!(CPU_BASE, from.getUint32(IN_FLAGS, true) & ARITH_FLAGS);
    this.writeRecord(form, input);
    this.exports[`run_${nameOf(form, this.sized)}`]!(CPU_BASE, RECORD);
    output.fill(0, 0, OUTPUT_SIZE);
    const fault = view.getUint32(at.fault, true) ? view.getUint32(at.faultVector, true) : -1;
    to.setUint32(OUT_MXCSR, view.getUint32(at.mxcsr, true), true);
    output.set(bytes.subarray(MEMORY, MEMORY + 32), OUT_MEMORY);
    if (fault >= 0) {
      to.setUint32(OUT_FAULT, SIGNAL[fault] ?? 1000 + fault, true);
      return;
    }
    to.setUint32(OUT_FLAGS, this.exports["readFlags"]!(CPU_BASE), true);
    to.setUint32(OUT_FPU, view.getUint16(at.fpuStatus, true) | (view.getUint8(at.fpuTag) << 16), true);
    for (let i = 0; i < 3; i++) to.setBigUint64(OUT_RAX + i * 8, view.getBigUint64(CPU_BASE + i * 8, true), true);
    output.set(bytes.subarray(CPU_BASE + OFF_XMM, CPU_BASE + OFF_XMM + 48), OUT_XMM);
    for (let i = 0; i < 2; i++)
      output.set(bytes.subarray(CPU_BASE + OFF_FPR + i * 16, CPU_BASE + OFF_FPR + i * 16 + 8), OUT_MM + i * 8);
  }

  private writeRecord(form: Form, input: Uint8Array): void {
    const { view } = this;
    const general = (letter: RegExp) => form.row.operands.some((o) => letter.test(o));
    this.bytes.fill(0, RECORD, RECORD + 32);
    const length = input[0]!;
    view.setUint8(RECORD + 2, length);
    view.setUint8(RECORD + 4, 0);
    view.setUint8(RECORD + 5, general(/^[ER]/) ? 8 : 1);
    view.setUint8(RECORD + 6, 7 * 8);
    view.setUint8(RECORD + 7, 128);
    view.setUint8(RECORD + 9, 3);
    const size = form.wide ? 3 : form.word ? 1 : 2;
    view.setUint16(
      RECORD + 10,
      (form.memory ? REC_MEM : 0) | (size << 4) | (3 << 6) | (form.wide ? REC_REX_W : 0),
      true,
    );
    view.setBigInt64(RECORD + 16, form.row.operands.includes("Ib") ? BigInt((input[length]! << 24) >> 24) : 0n, true);
    view.setUint8(RECORD + 30, modrmOf(form));
    view.setUint8(RECORD + 31, form.row.opcode);
  }
}

/**
 * The functions of a module that the compiler of hot code wrote, as text to be read and compared: a line for each
 * statement, control flow by indentation. The index by which a function of the core's table is called is left out, as it
 * moves with every change of the core.
 * Left out: other sections, and instructions that take what the compiler does not use (br_table, memory.copy).
 * References: [WASM] 5.4, 5.5
 */
import { OPCODE_NAMES, SIMD_NAMES } from "./wasm-names.ts";

const SECTION_IMPORT = 2;
const SECTION_CODE = 10;
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const PREFIX_SIMD = 0xfd;
const OP_BR_TABLE = 0x0e;

const TYPES: Record<number, string> = { 0x7f: "i32", 0x7e: "i64", 0x7d: "f32", 0x7c: "f64", 0x7b: "v128" };
/** Functions of the core that emitted code calls, in the order of wasm/jit/imports.ts. */
const IMPORTED = [
  ...["settleFlags", "pagePointer", "leaveRegion", "leaveAfter", "leaveTo", "mulHighU64", "mulHighI64", "carryOf"],
  ...["runEnding", "findKnown", "isExact32", "isExact64", "isExactPs", "isExactPd"],
  ...["readFlags", "popPlainFlags", "segmentForRegion"],
  ...["x87Load", "x87LoadInteger", "x87Operate", "x87OperateStack", "x87Peek", "x87Stored"],
];
const ENDS_LINE =
  /^(local\.set|drop|br|br_if|return|unreachable|call|call_indirect|return_call|return_call_indirect|.*\.store.*)$/;

export class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at = 0,
  ) {}

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error("the module is cut off");
    return byte;
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  signed(bits: number): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(bits, byte & 0x40 ? value - (1n << (shift + 7n)) : value);
    }
  }

  skip(count: number): Uint8Array {
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }
}

/** How many imports are functions. */
function importedFunctions(reader: Reader): number {
  let functions = 0;
  for (let left = reader.unsigned(); left > 0; left--) {
    reader.skip(reader.unsigned());
    reader.skip(reader.unsigned());
    const kind = reader.byte();
    if (kind === KIND_FUNCTION) functions++;
    if (kind === KIND_TABLE) reader.byte();
    const limits = reader.unsigned(); // or the function's type
    if (kind !== KIND_FUNCTION) for (let i = 0; i <= (limits & 1); i++) reader.unsigned();
  }
  return functions;
}

export interface FunctionText {
  readonly sizeBytes: number;
  readonly text: string;
}

export function functionTexts(module: Uint8Array): FunctionText[] {
  const reader = new Reader(module, 8);
  while (reader.at < module.length) {
    const section = reader.byte();
    const end = reader.unsigned() + reader.at;
    if (section === SECTION_IMPORT && importedFunctions(reader) !== IMPORTED.length)
      throw new Error("IMPORTED is not what wasm/jit/imports.ts lists");
    if (section === SECTION_CODE)
      return Array.from({ length: reader.unsigned() }, () => {
        const sizeBytes = reader.unsigned();
        return { sizeBytes, text: functionText(new Reader(reader.skip(sizeBytes))) };
      });
    reader.at = end;
  }
  throw new Error("the module has no code");
}

function functionText(reader: Reader): string {
  const locals: string[] = [];
  for (let groups = reader.unsigned(); groups > 0; groups--) {
    const count = reader.unsigned();
    locals.push(`${count} ${TYPES[reader.byte()] ?? "?"}`);
  }
  const lines = [`locals: ${locals.join(", ")}`];
  let depth = 0;
  let line: string[] = [];
  const endLine = (): void => {
    if (line.length > 0) lines.push(`${"  ".repeat(depth)}${line.join("  ")}`);
    line = [];
  };
  while (reader.at < reader.bytes.length) {
    const { name, operands } = instruction(reader);
    if (name === "else" || name === "end") {
      endLine();
      depth = Math.max(0, depth - 1);
    }
    if (/call_indirect$/.test(name) && line.at(-1)?.startsWith("i32.const "))
      line[line.length - 1] = "i32.const (a place in the table)";
    line.push(`${name}${operands}`);
    const opens = /^(block|loop|if|else)$/.test(name);
    if (opens || name === "end" || ENDS_LINE.test(name)) endLine();
    if (opens) depth++;
  }
  endLine();
  return lines.join("\n");
}

/** Operands begin with a space. */
function instruction(reader: Reader): { name: string; operands: string } {
  const opcode = reader.byte();
  if (opcode === PREFIX_SIMD) {
    const number = reader.unsigned();
    const name = SIMD_NAMES.get(number);
    if (!name) throw new Error(`SIMD instruction ${number} has no name here`);
    return { name, operands: simdOperands(reader, name) };
  }
  const name = OPCODE_NAMES.get(opcode);
  if (!name || opcode === OP_BR_TABLE) throw new Error(`instruction ${opcode.toString(16)} has no name here`);
  return { name, operands: operandsOf(reader, name) };
}

function operandsOf(reader: Reader, name: string): string {
  if (/^(block|loop|if)$/.test(name)) {
    const type = TYPES[reader.byte()];
    return type ? ` ${type}` : "";
  }
  if (/^(br|br_if|local\.\w+|global\.\w+|return_call)$/.test(name)) return ` ${reader.unsigned()}`;
  if (name === "call") {
    const index = reader.unsigned();
    return ` ${IMPORTED[index] ?? index}`;
  }
  if (/call_indirect$/.test(name)) {
    const type = reader.unsigned();
    reader.unsigned();
    return ` type ${type}`;
  }
  if (name === "i32.const") return ` ${constant(reader.signed(32))}`;
  if (name === "i64.const") return ` ${constant(reader.signed(64))}`;
  if (name === "f32.const" || name === "f64.const") {
    const bytes = reader.skip(name === "f32.const" ? 4 : 8);
    return ` ${hex(bytes)}`;
  }
  return /\.(load|store)/.test(name) ? place(reader) : "";
}

function simdOperands(reader: Reader, name: string): string {
  if (name === "v128.const" || name === "i8x16.shuffle") return ` ${hex(reader.skip(16))}`;
  if (/(extract|replace)_lane/.test(name)) return ` lane ${reader.byte()}`;
  if (!/^v128\.(load|store)/.test(name)) return "";
  return place(reader) + (name.endsWith("_lane") ? ` lane ${reader.byte()}` : "");
}

/** Alignments are hints, and the engine looks at none. */
function place(reader: Reader): string {
  reader.unsigned();
  const offset = reader.unsigned();
  return offset > 0 ? ` +${offset}` : "";
}

const constant = (value: bigint): string =>
  value > -1024n && value < 1024n
    ? String(value)
    : `${value < 0n ? "-" : ""}0x${(value < 0n ? -value : value).toString(16)}`;

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** translate.ts: operation and form by id, for the emitting backend; size and place are facts of the record. */
import { Imports, banner } from "./generated-text.mjs";
import { EXTENSIONS, cold, coldBase, hot, idOf, rowIds, rows } from "./operations.mjs";
import { FLOAT_LANES, FLOAT_OPCODES, SIMD_OPCODES } from "./simd.mjs";

const NOT_EMITTED = new Set(["RCL", "RCR"]); // loops over a count: the handler serves both
/** Rows whose handlers leave general registers and arithmetic flags alone: by what their operands are. */
const keepsRegisters = (row) =>
  /^(sse|mmx|x87)/.test(row.file) &&
  !/^(FCOMI|FUCOMI|COMIS|UCOMIS|PTEST|PCMP[EI]STR|FNSTSW_AX|FSTSW)/.test(row.semantic) &&
  !row.operands.some((o) => /^(G|E|R|AX|rAX|Z)/.test(o));
/** Of these, what looks at registers or flags all the same. */
const LOOKS = /^(FCMOV|MASKMOV|XSAVE|XRSTOR)/;

/** @returns the text of translate.ts */
export function translateText() {
  const operations = new Map();
  const operationOf = new Array(idOf.size).fill(0);
  const sizeLog2Of = new Array(idOf.size).fill(0);
  const handlerOf = new Array(idOf.size).fill(0);
  const imports = new Imports();
  for (const [key, e] of [...hot, ...cold]) {
    const id = idOf.get(key);
    handlerOf[id] = hot.has(key) ? (e.memory ? idOf.get(`${key}_slow`) - coldBase : 0) : id - coldBase;
    if (e.what.kind !== "class" || NOT_EMITTED.has(e.row.semantic)) continue;
    const name = `${e.row.semantic}_${e.form}`;
    if (!operations.has(name)) operations.set(name, { ...e, number: operations.size + 1 });
    operationOf[id] = operations.get(name).number;
    sizeLog2Of[id] = Math.log2(e.size / 8);
  }
  let operationCases = "";
  for (const [name, e] of operations) {
    imports.need(e.what.module, e.row.semantic);
    imports.need("../semantics/forms", e.form);
    const from = EXTENSIONS[e.row.semantic];
    operationCases += `    case ${e.number}: ${e.form}<Emit, Val, ${from ? `${from}, ` : ""}f64, f64, ${e.row.semantic}>(b, rec); break; // ${name}\n`;
  }
  const keeps = new Array(idOf.size).fill(0);
  const touchers = new Set();
  for (const [index, row] of rows.entries())
    for (const key of rowIds[index].filter(Boolean)) if (!keepsRegisters(row)) touchers.add(key);
  for (const [key] of cold)
    if (!touchers.has(key) && !key.endsWith("_slow")) keeps[idOf.get(key)] = LOOKS.test(key) ? 1 : 2;
  const simdOf = new Array(idOf.size).fill(0);
  for (const [semantic, opcode] of Object.entries(SIMD_OPCODES)) {
    const id = idOf.get(`${semantic}_VW__sse`);
    if (id === undefined) throw new Error(`wasm/isa/simd.mjs: there is no ${semantic}_VW`);
    simdOf[id] = opcode < 0 ? 0x8000 | -opcode : opcode;
  }
  const floatOf = new Array(idOf.size).fill(0);
  for (const [operation, [semantic, opcodes]] of Object.entries(FLOAT_OPCODES).entries())
    FLOAT_LANES.forEach((lanes, kind) => {
      const id = idOf.get(`${semantic}${lanes}__sse`);
      if (id === undefined) throw new Error(`wasm/isa/simd.mjs: there is no ${semantic}${lanes}`);
      floatOf[id] = opcodes[lanes] | (kind << 8) | (opcodes.unary ? 0x400 : 0) | (operation << 11);
    });
  return `${banner}${imports.text}import { Rec } from "../decode/record";
import { Emit } from "../jit/emit-backend";
import { Val } from "../jit/emit-values";

/** By id: number of an operation that can be emitted (0 for none), log2 of its size, its handler (id - COLD_BASE). */
export const OPERATION_OF_ID: usize = memory.data<u8>([${operationOf.join(",")}]);
export const SIZE_LOG2_OF_ID: usize = memory.data<u8>([${sizeLog2Of.join(",")}]);
export const HANDLER_OF_ID: usize = memory.data<u16>([${handlerOf.join(",")}]);
/** By id: opcode of the WebAssembly SIMD instruction that does the same, with 8000h where its operands are exchanged. */
export const SIMD_OF_ID: usize = memory.data<u16>([${simdOf.join(",")}]);
/** By id: the WebAssembly instruction that computes the same on floating-point lanes, in bits 8–9 PS, PD, SS or SD, 400h where only the second operand counts, from bit 11 on its number in sse/float-fast.ts. */
export const FLOAT_OF_ID: usize = memory.data<u16>([${floatOf.join(",")}]);
/** By id: 1 where the handler leaves general registers and arithmetic flags alone, 2 where it does not read them either. */
export const KEEPS_REGISTERS: usize = memory.data<u8>([${keeps.join(",")}]);

/** Writes the code of a record whose operation has this number. */
export function translateOperation(b: Emit, rec: Rec, operation: u32): void {
  switch (operation) {
${operationCases}  }
}
`;
}

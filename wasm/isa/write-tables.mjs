/** tables.ts: opcode → candidate rows → row descriptors → ids, as static data for the decoder. */
import { banner } from "./generated-text.mjs";
import {
  EMITTED_SHORT,
  SPECIAL,
  coldBase,
  featureOf,
  formOf,
  hot,
  idOf,
  rowIds,
  rows,
  semantics,
  sizeLetter,
} from "./operations.mjs";
import { candidatesFor } from "./read-tables.mjs";

const ROW_KIND = {
  JCC: 1,
  JMP_J: 2,
  CALL_J: 3,
  RET: 4,
  PUSH_R: 5,
  POP_R: 6,
  JMP_E: 7,
  CALL_E: 8,
  PUSH_I: 9,
  LEA: 10,
  NOP: 11,
};
const A = {
  lock: 1,
  i64: 2,
  o64: 4,
  d64: 8,
  f64: 16,
  ends: 32,
  swap: 64,
  modrm: 128,
  memOnly: 256,
  regOnly: 512,
  prefix66: 1024,
  cc: 2048,
};
const IMMEDIATE = { Ib: 1, Iw: 2, Iz: 3, Iv: 4, Jb: 5, Jz: 6, Ap: 7, Ob: 8, Ov: 8, 1: 9 };
const GPR = (o) => (/b$/.test(o) ? 1 : 2);
function describe(row) {
  const what = semantics.get(row.semantic);
  let flags = 0;
  for (const a of ["lock", "i64", "o64", "d64", "f64", "ends"]) if (row.attributes.has(a)) flags |= A[a];
  if (row.hasModrm) flags |= A.modrm;
  if (row.form === "m" || row.operands.some((o) => /^M/.test(o))) flags |= A.memOnly;
  if (row.form === "r" || row.operands.some((o) => /^[RNU][a-z]*$/.test(o))) flags |= A.regOnly;
  if (row.prefix === 2) flags |= A.prefix66;
  if (row.plus === "+c") flags |= A.cc;
  let imm = 0,
    imm2 = 0,
    g = 0,
    e = 0;
  const fixed = /^(AL|CL|DX|AX|eAX|rAX|ES|CS|SS|DS|FS|GS|1)$/;
  row.operands.forEach((o, position) => {
    if (IMMEDIATE[o] !== undefined) {
      if (imm) imm2 = IMMEDIATE[o];
      else imm = IMMEDIATE[o];
      return;
    }
    if (fixed.test(o)) {
      if (position === 0 && /^(AL|rAX)$/.test(o) && what.kind === "class") e = 5;
      return;
    }
    const letter = o[0];
    if (letter === "G") g = GPR(o);
    else if ("VCD".includes(letter)) g = 3;
    else if ("PS".includes(letter)) g = 4;
    else if (letter === "Z") {
      if (what.kind === "class") e = GPR(o) === 1 ? 6 : 7;
      else g = GPR(o) === 1 ? 5 : 6;
    } else if ("EMR".includes(letter)) e = GPR(o);
    else if ("WU".includes(letter)) e = 3;
    else if ("QN".includes(letter)) e = 4;
    else if ("XYFJ".includes(letter)) return;
    else throw new Error(`${row.file}: ${row.text}: operand ${o} is not understood`);
  });
  if (row.hasModrm && !e) e = 2;
  if (row.hasModrm && !g && row.reg < 0 && row.modrm < 0) g = 3;
  if (what.kind === "class" && /GE$/.test(formOf(row)) && formOf(row) !== "extendGE") flags |= A.swap;
  const letters = sizeLetter(row);
  const sized =
    what.kind !== "plain" && letters.includes("b") && !letters.some((l) => "vzy".includes(l))
      ? 1
      : letters.includes("y") && !letters.includes("v")
        ? 3
        : what.kind !== "plain" && letters.length && !letters.some((l) => "vzy".includes(l))
          ? ({ w: 4, d: 5, q: 6 }[letters[0]] ?? 0)
          : 0;
  return { flags, imm, imm2, g, e, sized, kind: ROW_KIND[row.semantic] ?? 0 };
}
const ROW_BYTES = 32;
const bytes = (buffer) => [...buffer].join(",").replace(/((?:\d+,){64})/g, "$1\n");

/** @returns the text of tables.ts */
export function tablesText() {
  const rowData = Buffer.alloc(rows.length * ROW_BYTES);
  const features = [];
  rows.forEach((row, index) => {
    const d = describe(row);
    const at = index * ROW_BYTES;
    rowData.writeUInt8(row.prefix, at);
    let mask = 0,
      value = 0;
    if (row.modrm >= 0) {
      mask = row.modrmSpan ? 0xf8 : 0xff;
      value = row.modrm;
    } else {
      if (row.reg >= 0) {
        mask |= 0x38;
        value |= row.reg << 3;
      }
    }
    rowData.writeUInt8(mask, at + 1);
    rowData.writeUInt8(value, at + 2);
    rowData.writeUInt8(d.imm, at + 3);
    rowData.writeUInt8(d.imm2, at + 4);
    rowData.writeUInt8(d.g, at + 5);
    rowData.writeUInt8(d.e, at + 6);
    rowData.writeUInt8(d.sized, at + 7);
    rowData.writeUInt16LE(d.flags, at + 8);
    rowData.writeUInt8(d.kind, at + 10);
    rowIds[index].forEach((key, i) => rowData.writeUInt16LE(key === null ? 1 : idOf.get(key), at + 16 + i * 2));
    features.push(featureOf(row));
  });
  // Opcode entries: first candidate and count; the candidates of an opcode stand together, the most specific first.
  const candidates = [];
  const opcodeData = Buffer.alloc(4 * 256 * 4);
  for (let map = 0; map < 4; map++) {
    for (let opcode = 0; opcode < 256; opcode++) {
      const list = candidatesFor(rows, map, opcode);
      if (!list.length) continue;
      opcodeData.writeUInt16LE(candidates.length, (map * 256 + opcode) * 4);
      opcodeData.writeUInt16LE(list.length, (map * 256 + opcode) * 4 + 2);
      candidates.push(...list.map((r) => r.number));
    }
  }
  return `${banner}
import { ${[...new Set(features.filter((f) => f !== "0"))].sort().join(", ") || "FEAT_NONE"} } from "../cpu/models";

export const ROW_SIZE: u32 = ${ROW_BYTES};
export const ROW_COUNT: u32 = ${rows.length};
${Object.entries(A)
  .map(([k, v]) => `export const ROW_${k.replace(/([A-Z])/g, "_$1").toUpperCase()}: u32 = ${v};`)
  .join("\n")}
${Object.entries(ROW_KIND)
  .map(([k, v]) => `export const KIND_${k}: u32 = ${v};`)
  .join("\n")}
${SPECIAL.map((name) => `export const ID_${name}: u32 = ${idOf.get(name)};`).join("\n")}
// Operations that are calls for the interpreter, and that the emitting backend writes in short forms of its own.
${EMITTED_SHORT.map((name) => `export const ID_${name}: u32 = ${idOf.get(name)};`).join("\n")}

/** By id of an operation in the main switch with a memory operand: the id that serves any address. 0 for others. */
export const ANY_ADDRESS_ID: usize = memory.data<u16>([${[...hot.keys()].reduce((ids, key) => ((ids[idOf.get(key)] = idOf.get(`${key}_slow`) ?? 0), ids), new Array(coldBase).fill(0)).join(",")}]);
export const IN_SWITCH_END: u32 = ${coldBase};

/** u16 first candidate, u16 count, for each of 4 maps × 256 opcodes. */
export const OPCODES: usize = memory.data<u8>([${bytes(opcodeData)}]);
/** u16 row numbers. */
export const CANDIDATES: usize = memory.data<u16>([${candidates.join(",").replace(/((?:\d+,){64})/g, "$1\n")}]);
/** u8 prefixes, ModRM mask, ModRM value, imm, imm2, g, e, sized; u16 flags; u8 kind; 5 free; u16 id[size][memory]. */
export const ROWS: usize = memory.data<u8>([${bytes(rowData)}]);
/** Feature each row asks for, 0 for none. */
export const ROW_FEATURES: usize = memory.data<u32>([${features.join(",").replace(/((?:\w+,){32})/g, "$1\n")}]);
`;
}

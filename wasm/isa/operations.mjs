/**
 * What the opcode tables name: the semantics of each row, its features, operand forms and sizes, and the ids of operations.
 * An id names an operation at one operand size and form; ids of operations in the main switch come first.
 */
import { readFileSync, readdirSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isHot } from "./hot.mjs";
import { readTables } from "./read-tables.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const wasm = dirname(here);

export const rows = readTables(here);

// ---- semantics: which module exports what, and how it wants to be called
export const semantics = new Map();
const walk = (dir) =>
  readdirSync(dir).flatMap((f) => {
    const path = join(dir, f);
    return statSync(path).isDirectory() ? walk(path) : path.endsWith(".ts") ? [path] : [];
  });
for (const path of walk(join(wasm, "semantics"))) {
  const text = readFileSync(path, "utf8");
  const module = "../" + relative(wasm, path).replace(/\.ts$/, "");
  const found = [];
  for (const m of text.matchAll(/export class (\w+)/g)) found.push([m[1], { kind: "class", module }]);
  for (const m of text.matchAll(/export function (\w+)(<T>)?\(_?cpu: Cpu, _?rec: Rec\): void/g))
    found.push([m[1], { kind: m[2] ? "sized" : "plain", module }]);
  for (const [name, what] of found) {
    const before = semantics.get(name);
    if (before && rows.some((r) => r.semantic === name))
      throw new Error(`${name} is exported by ${before.module} and by ${module}`);
    semantics.set(name, what);
  }
}

// ---- features
const featureNames = [...readFileSync(join(wasm, "cpu/models.ts"), "utf8").matchAll(/export const (FEAT_\w+)/g)].map(
  (m) => m[1],
);
export const featureOf = (row) => {
  if (!row.feature) return "0";
  const name = "FEAT_" + row.feature.toUpperCase();
  if (!featureNames.includes(name)) throw new Error(`${row.file}: ${row.text}: wasm/cpu/models.ts has no ${name}`);
  return name;
};

// ---- forms of operations that are classes
const READ_ONLY = new Set(["CMP", "TEST", "BT"]);
export const COMPARES = new Set(["CMP", "TEST"]);
const WRITE_ONLY = new Set(["MOV"]);
export const EXTENSIONS = { MOVZX8: "u8", MOVZX16: "u16", MOVSX8: "u8", MOVSX16: "u16", MOVSXD: "u32" };

/** Forms that are asked for by the operation rather than by its operands. */
const FORMS = {
  XCHG8: "exchange",
  XCHG: "exchange",
  XCHG_A: "exchange",
  CMOV: "moveIf",
  SETCC: "setIf",
  CBW: "widenA",
  CWD: "widenD",
  MUL: "multiplyA",
  IMUL1: "multiplyA",
  IMUL3: "calcGEI",
  SHLD_I: "shiftEGI",
  SHRD_I: "shiftEGI",
  SHLD_CL: "shiftEGCL",
  SHRD_CL: "shiftEGCL",
};

/** The operand form of a class operation, by what stands in the row. */
export function formOf(row) {
  if (FORMS[row.semantic]) return FORMS[row.semantic];
  const [a = "", b = ""] = row.operands;
  const left = /^(AL|rAX|Z)/.test(a) ? "E" : a[0];
  if (EXTENSIONS[row.semantic]) return "extendGE";
  const kind = READ_ONLY.has(row.semantic) ? "read" : WRITE_ONLY.has(row.semantic) ? "write" : "rmw";
  if (!b) return "rmwE";
  if (b === "CL") return "rmwECL";
  if (b === "1" || b[0] === "I") return `${kind}EI`;
  if (left === "E" && b[0] === "G") return `${kind}EG`;
  if (left === "G" && b[0] === "E") return `${kind}GE`;
  throw new Error(`${row.file}: ${row.text}: no operand form for a class operation`);
}

// ---- sizes
/** Size letters of the operands that give an instruction its size: immediates and branch offsets do not. */
export const sizeLetter = (row) =>
  row.operands
    .filter((o) => !/^[IJ]/.test(o))
    .map((o) => (o === "rAX" ? "v" : o === "AL" ? "b" : (/^[A-Z]([a-z]+)$/.exec(o)?.[1] ?? "")))
    .filter(Boolean);
function sizesOf(row, what) {
  if (what.kind === "plain") return [0];
  const first = sizeLetter(row)[0] ?? "v";
  const all = sizeLetter(row);
  const pick = all.includes("v") ? "v" : all.includes("y") ? "y" : first;
  if (pick === "b") return [8];
  if (pick === "v") return [16, 32, 64];
  if (pick === "y") return [32, 64];
  if (pick === "z") return [16, 32, 64];
  if (pick === "w") return [16];
  if (pick === "d") return [32];
  if (pick === "q") return [64];
  return [16, 32, 64];
}

// ---- ids
export const SPECIAL = [
  "FALLTHROUGH",
  "UNDEFINED",
  "TOO_LONG",
  "BUDGET_END",
  ...Array.from({ length: 16 }, (_, cc) => `JCC_FAST_${cc}`),
  "JMP_FAST",
  "CALL_FAST32",
  "CALL_FAST64",
  "RET_FAST32",
  "RET_FAST64",
  "JMP_E_FAST32",
  "JMP_E_FAST64",
  "CALL_E_FAST32",
  "CALL_E_FAST64",
  "PUSH_FAST32",
  "PUSH_FAST64",
  "POP_FAST32",
  "POP_FAST64",
  "PUSH_I_FAST32",
  "PUSH_I_FAST64",
  "LEA_FAST32",
  "LEA_FAST64",
  "NOP_FAST",
];
export const EMITTED_SHORT = [
  ...["MOV_A_O8", "MOV_A_O_16", "MOV_A_O_32", "MOV_A_O_64", "MOV_O_A8", "MOV_O_A_16", "MOV_O_A_32", "MOV_O_A_64"],
  ...["MOV128_VW__sse", "MOV128_WV__sse", "MOVU128_VW__sse", "MOVU128_WV__sse", "MOVSS_VW__sse", "MOVSS_WV__sse"],
  ...["MOVSD_VW__sse", "MOVSD_WV__sse", "MOVQ_VW__sse", "MOVQ_WV__sse"],
  ...["DIV_32", "DIV_64", "IDIV_32", "IDIV_64", "STI__ends", "PUSH_E_32", "PUSH_E_64", "LEAVE"],
  ...["FLD_M32__fpu", "FLD_M64__fpu", "FST_M32__fpu", "FST_M64__fpu", "FSTP_M32__fpu", "FSTP_M64__fpu"],
  ...["FILD_M16__fpu", "FILD_M32__fpu", "FILD_M64__fpu"],
  ...["FADD", "FMUL", "FSUB", "FSUBR"].flatMap((name) =>
    ["M32", "M64", "ST", "TO", "P"].map((form) => `${name}_${form}__fpu`),
  ),
  ...["CLI", "CLD", "STD", "PUSHF", "POPF__ends", "PUSH_S", "POP_S__ends", "MOV_S_E__ends"],
  ...[
    "PMOVMSKB_GU__sse",
    "PSHUFD_VWI__sse",
    "MOVD_VE_32__sse",
    "MOVD_EV_32__sse",
    "PUNPCKLBW_VW__sse",
    "PUNPCKLWD_VW__sse",
  ],
  ...[
    "PUNPCKLDQ_VW__sse",
    "PUNPCKLQDQ_VW__sse",
    "PUNPCKHBW_VW__sse",
    "PUNPCKHWD_VW__sse",
    "PUNPCKHDQ_VW__sse",
    "PUNPCKHQDQ_VW__sse",
  ],
];
export const hot = new Map(); // key → {semantic, form, size, memory}
export const cold = new Map(); // key → {row, what, size, memory, form}
export const rowIds = rows.map((row) => {
  const what = semantics.get(row.semantic);
  if (!what) throw new Error(`${row.file}: ${row.text}: no module in wasm/semantics exports ${row.semantic}`);
  const ids = new Array(8).fill(null);
  for (const size of sizesOf(row, what)) {
    const sizeIndexes = size === 0 ? [0, 1, 2, 3] : [Math.log2(size / 8)];
    for (const memory of [0, 1]) {
      let key;
      if (what.kind === "class") {
        let form = formOf(row);
        if (form.endsWith("GE") && form !== "extendGE" && !memory) form = form.replace("GE", "EG");
        key = `${row.semantic}_${form}_${size}_${memory ? "M" : "R"}`;
        const entry = { row, what, size, memory, form };
        if (isHot(row.semantic, form, size, memory)) hot.set(key, entry);
        else if (!cold.has(key)) cold.set(key, entry);
      } else {
        const checks = ["cpl0", "prot", "fpu", "fpunw", "mmx", "sse"].filter((c) => row.attributes.has(c));
        key =
          row.semantic +
          (size ? `_${size}` : "") +
          checks.map((c) => `__${c}`).join("") +
          (row.attributes.has("ends") ? "__ends" : "");
        if (SPECIAL.includes(key)) key += "_CALL"; // LEA_32 and LEA_64 are also names of short forms
        if (!cold.has(key)) cold.set(key, { row, what, size, memory, checks });
      }
      for (const i of sizeIndexes) ids[i * 2 + memory] = key;
    }
  }
  return ids;
});
export const idOf = new Map();
for (const name of SPECIAL) idOf.set(name, idOf.size);
for (const key of hot.keys()) idOf.set(key, idOf.size);
export const coldBase = idOf.size;
// Memory forms in the main switch are for addresses that are a plain sum. The same as a handler serves all others, and
// what misses the TLB.
for (const [key, e] of hot) if (e.memory) cold.set(`${key}_slow`, e);
export const plainCold = [...cold].filter(([, e]) => !e.row.attributes.has("ends"));
export const endsCold = [...cold].filter(([, e]) => e.row.attributes.has("ends"));
const number = (key) => {
  if (idOf.has(key)) throw new Error(`two operations are called ${key}`);
  idOf.set(key, idOf.size);
};
for (const [key] of plainCold) number(key);
export const endsBase = idOf.size;
for (const [key] of endsCold) number(key);

/**
 * From the opcode tables to AssemblyScript: `node wasm/isa/generate.mjs` writes wasm/generated/:
 *
 *   tables.ts    opcode → candidate rows → row descriptors → ids, as static data for the decoder
 *   handlers.ts  a wrapper for each operation that is a call, with the checks its row asks for
 *   run.ts       the interpreter's main switch (from wasm/interp/run.template.ts)
 *   translate.ts the emitting backend's switch over operations, and what each id is
 *   names.ts     the rows' texts, for the disassembler and the traces (only linked where asked for)
 *
 * An id names an operation at one operand size and form; ids of operations in the main switch come first.
 */
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { isHot } from "./hot.mjs";
import { candidatesFor, readTables } from "./read-tables.mjs";
import { FLOAT_LANES, FLOAT_OPCODES, SIMD_OPCODES } from "./simd.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const wasm = dirname(here);
const out = join(wasm, "generated");
mkdirSync(out, { recursive: true });

const rows = readTables(here);

// ---- semantics: which module exports what, and how it wants to be called
const semantics = new Map();
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
const featureOf = (row) => {
  if (!row.feature) return "0";
  const name = "FEAT_" + row.feature.toUpperCase();
  if (!featureNames.includes(name)) throw new Error(`${row.file}: ${row.text}: wasm/cpu/models.ts has no ${name}`);
  return name;
};

// ---- forms of operations that are classes
const READ_ONLY = new Set(["CMP", "TEST", "BT"]);
const COMPARES = new Set(["CMP", "TEST"]);
const WRITE_ONLY = new Set(["MOV"]);
const EXTENSIONS = { MOVZX8: "u8", MOVZX16: "u16", MOVSX8: "u8", MOVSX16: "u16", MOVSXD: "u32" };

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
function formOf(row) {
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
const sizeLetter = (row) =>
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
const SPECIAL = [
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
const EMITTED_SHORT = [
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
const hot = new Map(); // key → {semantic, form, size, memory}
const cold = new Map(); // key → {row, what, size, memory, form}
const rowIds = rows.map((row) => {
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
const idOf = new Map();
for (const name of SPECIAL) idOf.set(name, idOf.size);
for (const key of hot.keys()) idOf.set(key, idOf.size);
const coldBase = idOf.size;
// Memory forms in the main switch are for addresses that are a plain sum. The same as a handler serves all others, and
// what misses the TLB.
for (const [key, e] of hot) if (e.memory) cold.set(`${key}_slow`, e);
const plainCold = [...cold].filter(([, e]) => !e.row.attributes.has("ends"));
const endsCold = [...cold].filter(([, e]) => e.row.attributes.has("ends"));
const number = (key) => {
  if (idOf.has(key)) throw new Error(`two operations are called ${key}`);
  idOf.set(key, idOf.size);
};
for (const [key] of plainCold) number(key);
const endsBase = idOf.size;
for (const [key] of endsCold) number(key);

const TYPE = { 8: "u8", 16: "u16", 32: "u32", 64: "u64" };
const banner = "/** Generated by wasm/isa/generate.mjs from the opcode tables. Not to be edited. */\n";
const call = (e, b, rec) => {
  const S = TYPE[e.size];
  const F = e.memory ? "MEM" : "REG";
  if (e.form === "extendGE")
    return `extendGE<Interp, u64, ${EXTENSIONS[e.row.semantic]}, ${S}, ${F}, ${e.row.semantic}>(${b}, ${rec});`;
  return `${e.form}<Interp, u64, ${S}, ${F}, ${e.row.semantic}>(${b}, ${rec});`;
};

// ---- handlers.ts
const imports = new Map();
const need = (module, name) => imports.set(module, (imports.get(module) ?? new Set()).add(name));
let body = "";
const CHECKS = { fpu: "checkFpu", fpunw: "checkFpuNoWait", mmx: "checkMmx", sse: "checkSse" };
for (const [key, e] of [...plainCold, ...endsCold]) {
  need(e.what.module, e.row.semantic);
  let code = "";
  if (e.what.kind === "class") {
    need("../semantics/forms", e.form);
    need("../semantics/forms", e.memory ? "MEM" : "REG");
    code = call(e, "changetype<Interp>(cpu)", "rec");
  } else {
    for (const check of e.checks) {
      if (check === "cpl0") {
        need("../cpu/fault", "raiseGP");
        code += "if (cpu.cpl) { raiseGP(cpu, 0); return; } ";
      } else if (check === "prot") {
        need("../cpu/fault", "raiseUD");
        need("../cpu/state", "isRealOrV86");
        code += "if (isRealOrV86(cpu)) { raiseUD(cpu); return; } ";
      } else {
        need("../cpu/fpu-checks", CHECKS[check]);
        code += `if (!${CHECKS[check]}(cpu)) return; `;
      }
    }
    code += `${e.row.semantic}${e.what.kind === "sized" ? `<${TYPE[e.size]}>` : ""}(cpu, rec);`;
  }
  body += `function h_${key}(cpu: Cpu, rec: Rec): void { ${code} }\n`;
}
need("../cpu/state", "Cpu");
need("../decode/record", "Rec");
need("../interp/backend", "Interp");
const importText = (map, from) =>
  [...map]
    .filter(([m]) => m !== from)
    .map(([m, names]) => `import { ${[...names].sort().join(", ")} } from "${m}";\n`)
    .join("");
writeFileSync(
  join(out, "handlers.ts"),
  `${banner}${importText(imports)}
/** First id of operations that are calls; from ENDS_BASE on they end a trace. */
export const COLD_BASE: u32 = ${coldBase};
export const ENDS_BASE: u32 = ${endsBase};
export const ID_COUNT: u32 = ${idOf.size};

${body}
/** By id - COLD_BASE. */
export const HANDLERS: StaticArray<(cpu: Cpu, rec: Rec) => void> = [
${[...plainCold, ...endsCold].map(([key]) => `  h_${key},`).join("\n")}
];
`,
);

// ---- run.ts
const hotImports = new Map();
const needHot = (module, name) => hotImports.set(module, (hotImports.get(module) ?? new Set()).add(name));
let cases = "";
for (const [key, e] of hot) {
  needHot(e.what.module, e.row.semantic);
  let code;
  if (e.memory) {
    const S = TYPE[e.size];
    const from = EXTENSIONS[e.row.semantic];
    needHot("../semantics/forms", `${e.form}at`);
    const types = from ? `Hit, u64, ${from}, ${S}, ${e.row.semantic}` : `Hit, u64, ${S}, ${e.row.semantic}`;
    const array = /^(rmwE|write(EG|EI))/.test(e.form) ? "cpu.tlbWrite" : "cpu.tlbRead";
    code = `const linearAddr = plainAddress(cpu, changetype<Rec>(rec));
        const slot = tlbSlot(${array}, linearAddr);
        if (hits<${from ?? S}>(slot, linearAddr)) ${e.form}at<${types}>(changetype<Hit>(cpu), changetype<Rec>(rec), <u64>hostPointer(slot, linearAddr));
        else {
          slow(cpu, rec, ${idOf.get(`${key}_slow`) - coldBase});
          if (cpu.stop) { leave(cpu, rec, budget); return; }
        }`;
  } else {
    needHot("../semantics/forms", e.form);
    needHot("../semantics/forms", "REG");
    code = call(e, "b", "changetype<Rec>(rec)");
  }
  // What compares is mostly followed by the branch on it: both are run in one go.
  const branch = COMPARES.has(e.row.semantic)
    ? `const negated: u32 = <u32>load<u16>(rec) - ${idOf.get("JCC_FAST_4")}; // JZ, JNZ
        if (negated < 2) {
          if (<u32>getZF(cpu) != negated) break;
          rec += REC_SIZE;
        }\n        `
    : "";
  cases += `      case ${idOf.get(key)}: { // ${key}\n        ${code}\n        rec += REC_SIZE;\n        ${branch}continue;\n      }\n`;
}
const CONDITIONS = ["condO", "condB", "condZ", "condBE", "condS", "condP", "condL", "condLE"];
for (let cc = 0; cc < 16; cc++) {
  cases += `      case ${idOf.get(`JCC_FAST_${cc}`)}: { // JCC_FAST_${cc}\n        if (${cc & 1 ? "" : "!"}${CONDITIONS[cc >> 1]}(cpu)) { rec += REC_SIZE; continue; }\n        break;\n      }\n`;
}
const template = readFileSync(join(wasm, "interp/run.template.ts"), "utf8")
  .replace(/\/\*\s*@IMPORTS@\s*\*\//, () => importText(hotImports))
  .replace(/case ID_(\w+):/g, (_, name) => {
    if (!idOf.has(name)) throw new Error(`no id ${name}`);
    return `case ${idOf.get(name)}: /* ${name} */`;
  })
  .replace(/\/\*\s*@CASES@\s*\*\//, () => cases);
writeFileSync(join(out, "run.ts"), banner + template);

// ---- translate.ts: operation and form by id, for the emitting backend; size and place are facts of the record
const NOT_EMITTED = new Set(["RCL", "RCR"]); // loops over a count: the handler serves both
const operations = new Map();
const operationOf = new Array(idOf.size).fill(0);
const sizeLog2Of = new Array(idOf.size).fill(0);
const handlerOf = new Array(idOf.size).fill(0);
const translateImports = new Map();
const needTranslate = (module, name) =>
  translateImports.set(module, (translateImports.get(module) ?? new Set()).add(name));
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
  needTranslate(e.what.module, e.row.semantic);
  needTranslate("../semantics/forms", e.form);
  const from = EXTENSIONS[e.row.semantic];
  operationCases += `    case ${e.number}: ${e.form}<Emit, Val, ${from ? `${from}, ` : ""}f64, f64, ${e.row.semantic}>(b, rec); break; // ${name}\n`;
}
/** Rows whose handlers leave general registers and arithmetic flags alone: by what their operands are. */
const keepsRegisters = (row) =>
  /^(sse|mmx|x87)/.test(row.file) &&
  !/^(FCOMI|FUCOMI|COMIS|UCOMIS|PTEST|PCMP[EI]STR|FNSTSW_AX|FSTSW)/.test(row.semantic) &&
  !row.operands.some((o) => /^(G|E|R|AX|rAX|Z)/.test(o));
const keeps = new Array(idOf.size).fill(0);
const touchers = new Set();
for (const [index, row] of rows.entries())
  for (const key of rowIds[index].filter(Boolean)) if (!keepsRegisters(row)) touchers.add(key);
/** Of these, what looks at registers or flags all the same. */
const LOOKS = /^(FCMOV|MASKMOV|XSAVE|XRSTOR)/;
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
writeFileSync(
  join(out, "translate.ts"),
  `${banner}${importText(translateImports)}import { Rec } from "../decode/record";
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
`,
);

// ---- tables.ts
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
let opcodesUsed = 0;
for (let map = 0; map < 4; map++) {
  for (let opcode = 0; opcode < 256; opcode++) {
    const list = candidatesFor(rows, map, opcode);
    if (!list.length) continue;
    opcodesUsed++;
    opcodeData.writeUInt16LE(candidates.length, (map * 256 + opcode) * 4);
    opcodeData.writeUInt16LE(list.length, (map * 256 + opcode) * 4 + 2);
    candidates.push(...list.map((r) => r.number));
  }
}
const bytes = (buffer) => [...buffer].join(",").replace(/((?:\d+,){64})/g, "$1\n");
writeFileSync(
  join(out, "tables.ts"),
  `${banner}
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
`,
);
writeFileSync(
  join(out, "rows.json"),
  JSON.stringify(
    rows.map((r) => ({ text: r.text, file: r.file, semantic: r.semantic })),
    null,
    1,
  ),
);
writeFileSync(join(out, "ids.json"), JSON.stringify([...idOf.keys()], null, 1));
console.log(
  `isa: ${rows.length} rows, ${opcodesUsed} opcodes, ${hot.size} operations in the main switch, ${cold.size} as calls`,
);

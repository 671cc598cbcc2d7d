/** handlers.ts and run.ts: the operations that are calls, with the checks their rows ask for, and the main switch. */
import { Imports, TYPE, banner, call } from "./generated-text.mjs";
import { COMPARES, EXTENSIONS, coldBase, endsBase, endsCold, hot, idOf, plainCold } from "./operations.mjs";

const CHECKS = { fpu: "checkFpu", fpunw: "checkFpuNoWait", mmx: "checkMmx", sse: "checkSse" };
const CONDITIONS = ["condO", "condB", "condZ", "condBE", "condS", "condP", "condL", "condLE"];

/** @returns the text of handlers.ts */
export function handlersText() {
  const imports = new Imports();
  let body = "";
  for (const [key, e] of [...plainCold, ...endsCold]) {
    imports.need(e.what.module, e.row.semantic);
    let code = "";
    if (e.what.kind === "class") {
      imports.need("../semantics/forms", e.form);
      imports.need("../semantics/forms", e.memory ? "MEM" : "REG");
      code = call(e, "changetype<Interp>(cpu)", "rec");
    } else {
      for (const check of e.checks) {
        if (check === "cpl0") {
          imports.need("../cpu/fault", "raiseGP");
          code += "if (cpu.cpl) { raiseGP(cpu, 0); return; } ";
        } else if (check === "prot") {
          imports.need("../cpu/fault", "raiseUD");
          imports.need("../cpu/state", "isRealOrV86");
          code += "if (isRealOrV86(cpu)) { raiseUD(cpu); return; } ";
        } else {
          imports.need("../cpu/fpu-checks", CHECKS[check]);
          code += `if (!${CHECKS[check]}(cpu)) return; `;
        }
      }
      code += `${e.row.semantic}${e.what.kind === "sized" ? `<${TYPE[e.size]}>` : ""}(cpu, rec);`;
    }
    body += `function h_${key}(cpu: Cpu, rec: Rec): void { ${code} }\n`;
  }
  imports.need("../cpu/state", "Cpu");
  imports.need("../decode/record", "Rec");
  imports.need("../interp/backend", "Interp");
  return `${banner}${imports.text}
/** First id of operations that are calls; from ENDS_BASE on they end a trace. */
export const COLD_BASE: u32 = ${coldBase};
export const ENDS_BASE: u32 = ${endsBase};
export const ID_COUNT: u32 = ${idOf.size};

${body}
/** By id - COLD_BASE. */
export const HANDLERS: StaticArray<(cpu: Cpu, rec: Rec) => void> = [
${[...plainCold, ...endsCold].map(([key]) => `  h_${key},`).join("\n")}
];
`;
}

/** @returns the text of run.ts, from that of wasm/interp/run.template.ts */
export function runText(template) {
  const imports = new Imports();
  let cases = "";
  for (const [key, e] of hot) {
    imports.need(e.what.module, e.row.semantic);
    let code;
    if (e.memory) {
      const S = TYPE[e.size];
      const from = EXTENSIONS[e.row.semantic];
      imports.need("../semantics/forms", `${e.form}at`);
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
      imports.need("../semantics/forms", e.form);
      imports.need("../semantics/forms", "REG");
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
  for (let cc = 0; cc < 16; cc++) {
    cases += `      case ${idOf.get(`JCC_FAST_${cc}`)}: { // JCC_FAST_${cc}\n        if (${cc & 1 ? "" : "!"}${CONDITIONS[cc >> 1]}(cpu)) { rec += REC_SIZE; continue; }\n        break;\n      }\n`;
  }
  const code = template
    .replace(/\/\*\s*@IMPORTS@\s*\*\//, () => imports.text)
    .replace(/case ID_(\w+):/g, (_, name) => {
      if (!idOf.has(name)) throw new Error(`no id ${name}`);
      return `case ${idOf.get(name)}: /* ${name} */`;
    })
    .replace(/\/\*\s*@CASES@\s*\*\//, () => cases);
  return banner + code;
}

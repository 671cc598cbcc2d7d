/**
 * What the rows of the opcode tables are called in Intel's assembly language. Most names follow from the row's semantic:
 * its first part, without the letters that say which operands it takes. The rest stands here.
 *
 * A name may have forms for operands of 16, 32 and 64 bits ("cbw/cwde/cdqe"), and operands of its own where the row
 * names none: `#` stands for ST(i).
 * [SDM2] chapters 3 to 5; [SDM2] appendix A.5 for the x87
 */
import type { Instruction } from "./decode.ts";

/** Rows that share a semantic with instructions of another name: by opcode. */
const BY_OPCODE: Readonly<Record<string, string>> = {
  "NP 0F 28": "movaps",
  "NP 0F 29": "movaps",
  "NP 0F 10": "movups",
  "NP 0F 11": "movups",
  "NP 0F 2B": "movntps",
  "66 0F 28": "movapd",
  "66 0F 29": "movapd",
  "66 0F 10": "movupd",
  "66 0F 11": "movupd",
  "66 0F 2B": "movntpd",
  "66 0F 12": "movlpd",
  "66 0F 13": "movlpd",
  "66 0F 16": "movhpd",
  "66 0F 17": "movhpd",
  "66 0F 6F": "movdqa",
  "66 0F 7F": "movdqa",
  "F3 0F 6F": "movdqu",
  "F3 0F 7F": "movdqu",
  "66 0F E7": "movntdq",
  "NP 0F E7": "movntq",
  "66 0F 38 2A": "movntdqa",
  "F2 0F F0": "lddqu",
  "NP 0F 54": "andps",
  "66 0F 54": "andpd",
  "NP 0F 55": "andnps",
  "66 0F 55": "andnpd",
  "NP 0F 56": "orps",
  "66 0F 56": "orpd",
  "NP 0F 57": "xorps",
  "66 0F 57": "xorpd",
  "NP 0F 14": "unpcklps",
  "NP 0F 15": "unpckhps",
  "66 0F 14": "unpcklpd",
  "66 0F 15": "unpckhpd",
  "66 0F 3A 15": "pextrw",
  "NP 0F AE /5 r": "lfence",
  "NP 0F AE /6 r": "mfence",
  "NP 0F AE /7 r": "sfence",
  "0F C7 /7 r": "rdseed",
  "0F 08": "invd",
  "0F 09": "wbinvd",
  "0F FF": "ud0",
  "0F B9": "ud1",
  "0F 0B": "ud2",
  "0F AA": "rsm",
  "DB E0": "fneni(8087 only)",
  "DB E1": "fndisi(8087 only)",
  "DB E4": "fnsetpm(287 only)",
  "DA /0 r": "fcmovb st,#",
  "DA /1 r": "fcmove st,#",
  "DA /2 r": "fcmovbe st,#",
  "DA /3 r": "fcmovu st,#",
  "DB /0 r": "fcmovnb st,#",
  "DB /1 r": "fcmovne st,#",
  "DB /2 r": "fcmovnbe st,#",
  "DB /3 r": "fcmovnu st,#",
};

const BY_SEMANTIC: Readonly<Record<string, string>> = {
  UD: "(bad)",
  XCHG_A: "xchg",
  XCHG8: "xchg",
  XADD8: "xadd",
  CMPXCHG8: "cmpxchg",
  CMPXCHG8B: "cmpxchg8b/cmpxchg8b/cmpxchg16b",
  MOVZX8: "movzx",
  MOVZX16: "movzx",
  MOVSX8: "movsx",
  MOVSX16: "movsx",
  MUL8: "mul",
  DIV8: "div",
  IDIV8: "idiv",
  IMUL8: "imul",
  IMUL1: "imul",
  IMUL2: "imul",
  IMUL3: "imul",
  MOVS8: "movs",
  CMPS8: "cmps",
  STOS8: "stos",
  LODS8: "lods",
  SCAS8: "scas",
  XLAT: "xlat BYTE PTR ds:[rBX]",
  CBW: "cbw/cwde/cdqe",
  CWD: "cwd/cdq/cqo",
  RET_I: "ret",
  JCC: "j+c",
  CMOV: "cmov+c",
  SETCC: "set+c",
  INT_N: "int",
  SYSRET: "sysret/sysretd/sysretq",
  CALL_FAR_A: "call",
  JMP_FAR_A: "jmp",
  CALL_FAR_M: "call",
  JMP_FAR_M: "jmp",
  PEXTRD: "pextrd/pextrd/pextrq",
  PINSRD: "pinsrd/pinsrd/pinsrq",
  MOVD_PE: "movd/movd/movq",
  MOVD_EP: "movd/movd/movq",
  MOVD_VE: "movd/movd/movq",
  MOVD_EV: "movd/movd/movq",
  FXSAVE: "fxsave/fxsave/fxsave64",
  FXRSTOR: "fxrstor/fxrstor/fxrstor64",
  XSAVE: "xsave/xsave/xsave64",
  XRSTOR: "xrstor/xrstor/xrstor64",
  XSAVEOPT: "xsaveopt/xsaveopt/xsaveopt64",
  SYSEXIT: "sysexit/sysexitd/sysexitq",
  FLD_ST: "fld #",
  FST_ST: "fst #",
  FSTP_ST: "fstp #",
  FSTP1: "fstp1 #",
  FXCH: "fxch #",
  FFREE: "ffree #",
  FFREEP: "ffreep #",
  FUCOM: "fucom #",
  FUCOMP: "fucomp #",
  FUCOMI: "fucomi st,#",
  FUCOMIP: "fucomip st,#",
  FCOMI: "fcomi st,#",
  FCOMIP: "fcomip st,#",
  FCOM_ST: "fcom #",
  FCOMP_ST: "fcomp #",
  FNSTSW_AX: "fnstsw ax",
  FICOM_M32: "ficom",
  FICOM_M16: "ficom",
};

/** The letters behind an underscore that only say which operands a semantic takes. */
const OPERAND_LETTERS =
  /_(VWI?|WV|MV|UI|NI|VE|EV|PE|EP|PQI?|QP|GU|GN|GE[BV]|[ESIRGJO]|CL|DX|E_S|S_E|A_O8?|O_A8?|[RCD]_[RCD]|LOAD|STORE)$/;

/** O NO B AE E NE BE A S NS P NP L GE LE G. [SDM2] appendix B.1.4.7 */
export const CONDITIONS = ["o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"];

/** Instructions that say their size only where it is not the mode's own. */
const SIZED = new Set(["PUSH_I", "JMP_J", "CALL_J", "PUSHF", "POPF", "IRET", "PUSHA", "POPA", "RET_FAR", "RET_FAR_I"]);
const SUFFIXES: Readonly<Record<number, string>> = { 16: "w", 32: "d", 64: "q" };

/** 0F 18: by ModRM.reg. [SDM2] PREFETCHh */
const PREFETCHES = ["prefetchnta", "prefetcht0", "prefetcht1", "prefetcht2"];

/** The name of an instruction, and what else it is written with: "fadd st,st(1)" for one whose row names no operands. */
export function mnemonic(instruction: Instruction): string {
  const { row, opcode, operandBits, addressBits, modrm } = instruction;
  const opcodeText = row.key.split(" | ", 1)[0]!;
  const name =
    specialName(instruction, opcodeText) ??
    BY_OPCODE[opcodeText] ??
    BY_SEMANTIC[row.semantic] ??
    x87Name(row.semantic) ??
    plainName(row.semantic);
  const forms = name.split("/");
  const form = forms[operandBits === 16 ? 0 : operandBits === 32 ? 1 : 2] ?? forms.at(-1)!;
  return form
    .replace("+c", CONDITIONS[opcode & 15]!)
    .replace("#", `st(${modrm & 7})`)
    .replace("rBX", wideRegister("bx", addressBits));
}

/** Names that depend on more than the row. */
function specialName(instruction: Instruction, opcodeText: string): string | undefined {
  const { row, bits, operandBits, addressBits, modrm, memory, repeat } = instruction;
  if (SIZED.has(row.semantic)) {
    const isFar = /^(IRET|RET_FAR)/.test(row.semantic);
    const usual = bits === 64 && isFar ? 32 : bits;
    const plain = row.semantic.startsWith("RET_FAR") ? "retf" : plainName(row.semantic);
    return plain + (operandBits === usual ? "" : SUFFIXES[operandBits]);
  }
  if (bits === 64 && addressBits === 64 && row.operands.some((operand) => operand.startsWith("O"))) return "movabs";
  if (row.semantic === "MOV" && row.operands[1] === "Iv" && operandBits === 64) return "movabs";
  if (row.semantic === "JCXZ") return addressBits === 16 ? "jcxz" : addressBits === 32 ? "jecxz" : "jrcxz";
  const reg = (modrm >> 3) & 7;
  switch (opcodeText) {
    case "NP 0F 12":
      return memory ? "movlps" : "movhlps";
    case "NP 0F 16":
      return memory ? "movhps" : "movlhps";
    case "0F 0D m":
      return reg === 1 ? "prefetchw" : reg === 2 ? "prefetchwt1" : "prefetch";
    case "0F 18":
      return memory && reg < PREFETCHES.length ? PREFETCHES[reg] : undefined;
    case "0F 1E":
      return repeat === "F3" && modrm === 0xfa ? "endbr64" : repeat === "F3" && modrm === 0xfb ? "endbr32" : undefined;
    default:
      return undefined;
  }
}

function wideRegister(letters: string, bits: number): string {
  return bits === 16 ? letters : bits === 32 ? `e${letters}` : `r${letters}`;
}

function plainName(semantic: string): string {
  return semantic.replace(OPERAND_LETTERS, "").toLowerCase();
}

/** FADD_M32, FADD_M32I (an integer), FADD_ST, FADD_TO and FADD_P. */
function x87Name(semantic: string): string | undefined {
  const parts = /^F([A-Z0-9]+)_(M\d+I?|ST|TO|P)$/.exec(semantic);
  if (!parts) return undefined;
  const [, operation, operands] = parts;
  const name = operation!.toLowerCase();
  switch (operands) {
    case "ST":
      return `f${name} st,#`;
    case "TO":
      return `f${name} #,st`;
    case "P":
      return `f${name}p #,st`;
    default:
      return operands!.endsWith("I") ? `fi${name}` : `f${name}`;
  }
}

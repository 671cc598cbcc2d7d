/**
 * Reads the opcode tables (wasm/isa/*.ts) into row objects. Used by the generator, the coverage page and tests.
 *
 * Grammar of a row: `opcode | operands | semantic | attributes`
 *
 *   opcode      [NP|66|F3|F2] bytes in hex, then optionally: `+r` (register in the low three bits), `+c` (condition in the
 *               low four bits), `/n` (ModRM.reg), `m` or `r` (memory or register form only), a further byte after a complete
 *               opcode (that exact ModRM)
 *   operands    the manual's notation, comma-separated
 *   semantic    an exported class (an operation stated once for both backends) or function in wasm/semantics
 *   attributes  lock i64 o64 d64 f64 cpl0 prot ends fpu mmx sse feat=NAME undef=FLAGS svm=NAME
 *               undef= names the flags that the manual leaves undefined; `OF>1`: only for counts above 1
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const PREFIXES = { NP: 1, 66: 2, F3: 4, F2: 8 };
/** 1-byte opcodes that take a ModRM even where a row does not say so by its operands. */
const hasOperand = (operands, letters) =>
  operands.some((o) => letters.includes(o[0]) && !/^(AL|CL|DX|rAX|eAX|AX|CS|DS|ES|FS|GS|SS|1)$/.test(o));

function parseRow(line, file, number) {
  const fail = (why) => {
    throw new Error(`${file}: row "${line.trim()}": ${why}`);
  };
  const columns = line.split("|").map((c) => c.trim());
  if (columns.length < 3) fail("needs opcode | operands | semantic | attributes");
  const [opcodeText, operandText, semantic, attributeText = ""] = columns;
  const tokens = opcodeText.split(/\s+/);
  const row = {
    text: line.trim(),
    file,
    number,
    semantic,
    prefix: 0xf,
    map: 0,
    opcode: -1,
    plus: "",
    reg: -1,
    form: "",
    modrm: -1,
  };
  if (PREFIXES[tokens[0]] !== undefined && tokens.length > 1 && !(tokens[0] === "66" && tokens[1].startsWith("/")))
    row.prefix = PREFIXES[tokens.shift()];
  if (tokens[0] === "0F") {
    tokens.shift();
    row.map = 1;
    if (tokens[0] === "38" && tokens.length > 1) {
      tokens.shift();
      row.map = 2;
    } else if (tokens[0] === "3A" && tokens.length > 1) {
      tokens.shift();
      row.map = 3;
    }
  }
  const opcode = /^([0-9A-F]{2})(\+[rc])?$/.exec(tokens.shift() ?? "") ?? fail("no opcode byte");
  row.opcode = parseInt(opcode[1], 16);
  row.plus = opcode[2] ?? "";
  for (const token of tokens) {
    if (/^\/[0-7]$/.test(token)) row.reg = +token[1];
    else if (token === "/r") continue;
    else if (token === "m" || token === "r") row.form = token;
    else if (/^\+r$/.test(token)) row.plus = "+r";
    else if (/^[0-9A-F]{2}$/.test(token)) row.modrm = parseInt(token, 16);
    else if (/^[0-9A-F]{2}\+[ri]$/.test(token)) {
      row.modrm = parseInt(token, 16);
      row.modrmSpan = 8;
    } else fail(`"${token}" is not understood`);
  }
  row.operands = operandText
    ? operandText
        .split(",")
        .map((o) => o.trim())
        .filter(Boolean)
    : [];
  row.attributes = new Set(attributeText.split(/\s+/).filter((a) => a && !a.includes("=")));
  row.feature = /feat=(\S+)/.exec(attributeText)?.[1] ?? "";
  row.undefinedFlags = /undef=(\S+)/.exec(attributeText)?.[1]?.split(",") ?? [];
  row.intercept = /svm=(\S+)/.exec(attributeText)?.[1] ?? "";
  row.hasModrm = row.reg >= 0 || row.modrm >= 0 || row.form !== "" || hasOperand(row.operands, "EGMRSCDPQNVWU");
  if (row.reg >= 0 && row.modrm >= 0) row.reg = -1;
  return row;
}

/** All rows of all tables in `directory`, in the order of the files' names. */
export function readTables(directory) {
  const rows = [];
  for (const file of readdirSync(directory)
    .filter((f) => f.endsWith(".ts"))
    .sort()) {
    const text = readFileSync(join(directory, file), "utf8");
    for (const match of text.matchAll(/export const (?:\w*[rR]ows\w*|\w*ROWS\w*)(?::\s*string)?\s*=\s*`([^`]*)`/g)) {
      for (const line of match[1].split("\n")) {
        const content = line.replace(/#.*/, "").trim();
        if (content) rows.push(parseRow(content, file, rows.length));
      }
    }
  }
  return rows;
}

/** The more a row asks of an instruction, the earlier it is looked at. */
const specificity = (row) =>
  (row.modrm >= 0 ? 8 : 0) +
  (row.modrmSpan ? -1 : 0) +
  (row.reg >= 0 ? 2 : 0) +
  (row.form ? 1 : 0) +
  (row.prefix !== 0xf ? 16 : 0) +
  (row.prefix === 1 ? -4 : 0);

/** Rows that an opcode byte of a map (0: one byte, 1: 0F, 2: 0F 38, 3: 0F 3A) may stand for, the most specific first. */
export function candidatesFor(rows, map, opcode) {
  const covers = ({ plus, opcode: first }) => {
    // 91+r starts in the middle: 90 is not among its opcodes.
    if (plus === "+r") return (opcode & 0xf8) === (first & 0xf8) && opcode >= first;
    return plus === "+c" ? (opcode & 0xf0) === first : first === opcode;
  };
  return rows
    .filter((row) => row.map === map && covers(row))
    .sort((x, y) => specificity(y) - specificity(x) || x.number - y.number);
}

/** Names a row in reports: "opcode | operands | semantic", each as in the table. */
export function rowKey(row) {
  return row.text
    .split("|")
    .slice(0, 3)
    .map((column) => column.trim().replace(/\s+/g, " "))
    .join(" | ");
}

/**
 * The opcode tables for the disassembler: src/shared/disassembler/generated/opcode-rows.ts, written from wasm/isa where it
 * would change. Candidates of an opcode stand as in the core's own tables, so both find the same row.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { candidatesFor, readTables, rowKey } from "../../wasm/isa/read-tables.mjs";
import { at } from "./process.mjs";

const MAPS = 4;

function rowData(row) {
  const isMemoryOnly = row.form === "m" || row.operands.some((operand) => operand.startsWith("M"));
  const isRegisterOnly = row.form === "r" || row.operands.some((operand) => /^[RNU][a-z]*$/.test(operand));
  return {
    key: rowKey(row),
    prefixes: row.prefix,
    modrmMask: row.modrm >= 0 ? (row.modrmSpan ? 0xf8 : 0xff) : row.reg >= 0 ? 0x38 : 0,
    modrmValue: row.modrm >= 0 ? row.modrm : row.reg >= 0 ? row.reg << 3 : 0,
    hasModrm: row.hasModrm,
    only: isMemoryOnly ? "memory" : isRegisterOnly ? "register" : "",
    operands: row.operands,
    semantic: row.semantic,
    attributes: ["i64", "o64", "d64", "f64", "lock"].filter((name) => row.attributes.has(name)),
  };
}

export function writeOpcodeTwin(rows = readTables(at("wasm", "isa"))) {
  const candidates = {};
  for (let map = 0; map < MAPS; map++)
    for (let opcode = 0; opcode < 256; opcode++) {
      const numbers = candidatesFor(rows, map, opcode).map((row) => row.number);
      if (numbers.length > 0) candidates[(map << 8) | opcode] = numbers;
    }
  const text =
    "/** Generated from wasm/isa by scripts/lib/opcode-twin.mjs: the opcode tables as data. */\n" +
    'import type { OpcodeRow } from "../opcode-row.ts";\n\n' +
    `export const ROWS: readonly OpcodeRow[] = [\n${rows.map((row) => `  ${JSON.stringify(rowData(row))},`).join("\n")}\n];\n\n` +
    "/** Numbers of rows by map << 8 | opcode, the most specific first. */\n" +
    `export const CANDIDATES: Readonly<Record<number, readonly number[]>> = ${JSON.stringify(candidates)};\n`;
  const file = at("src", "shared", "disassembler", "generated", "opcode-rows.ts");
  mkdirSync(dirname(file), { recursive: true });
  let before = "";
  try {
    before = readFileSync(file, "utf8");
  } catch {
    before = "";
  }
  if (before !== text) writeFileSync(file, text);
}

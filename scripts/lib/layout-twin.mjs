/**
 * The TypeScript twin of wasm/layout.ts for src/core: the same constants as plain numbers, so that no other file holds
 * a linear-memory offset. Reads `export const NAME: type = expression;`, where an expression is made of numbers, names
 * of constants before it, and + - * << | ( ).
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { at } from "./process.mjs";

const declaration = /^export const ([A-Z][A-Z0-9_]*): (u8|u16|u32|i32|usize|u64) = ([^;]+);/gm;

/** @returns every constant of the layout by name, as BigInt. */
export function readLayout(file = at("wasm", "layout.ts")) {
  const constants = new Map();
  for (const [, name, , expression] of readFileSync(file, "utf8").matchAll(declaration)) {
    const terms = expression
      .replace(/<(u8|u16|u32|i32|usize|u64)>/g, "")
      .replace(/\b0x[0-9a-f_]+\b|\b[0-9][0-9_]*\b/gi, (literal) => `${BigInt(literal.replaceAll("_", ""))}n`)
      .replace(/\b[A-Z][A-Z0-9_]*\b/g, (other) => {
        if (!constants.has(other)) throw new Error(`layout: ${name} uses ${other}, which is not a constant before it`);
        return `${constants.get(other)}n`;
      });
    if (!/^[0-9n\s+\-*|()<]+$/.test(terms))
      throw new Error(`layout: ${name} = ${expression} is more than a sum of constants`);
    constants.set(name, BigInt(Function(`"use strict"; return (${terms});`)()));
  }
  return constants;
}

/** Writes src/core/generated/layout.ts where it would change. */
export function writeLayoutTwin(constants) {
  const lines = ["/** Generated from wasm/layout.ts by scripts/build-core.mjs: the linear-memory map. */"];
  for (const [name, value] of constants)
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) lines.push(`export const ${name} = 0x${value.toString(16)};`);
  const text = `${lines.join("\n")}\n`;
  const file = at("src", "core", "generated", "layout.ts");
  mkdirSync(dirname(file), { recursive: true });
  let before = "";
  try {
    before = readFileSync(file, "utf8");
  } catch {
    before = "";
  }
  if (before !== text) writeFileSync(file, text);
}

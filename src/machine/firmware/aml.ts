/**
 * Encodes ACPI Machine Language: each function returns the bytes of one term, so that terms nest as in ASL source. Only
 * the terms that our DSDT uses. Reference: [ACPI] 20.2 (AML grammar), 20.3 (opcode values), 19.3.4 (EISAID).
 */
import { assert } from "../../shared/assert.ts";

export type Aml = readonly number[];

const ZERO_OP = 0x00;
const ONE_OP = 0x01;
const NAME_OP = 0x08;
const BYTE_PREFIX = 0x0a;
const WORD_PREFIX = 0x0b;
const DWORD_PREFIX = 0x0c;
const STRING_PREFIX = 0x0d;
const SCOPE_OP = 0x10;
const BUFFER_OP = 0x11;
const PACKAGE_OP = 0x12;
const METHOD_OP = 0x14;
const DUAL_NAME_PREFIX = 0x2e;
const MULTI_NAME_PREFIX = 0x2f;
const EXT_OP_PREFIX = 0x5b;
const EXT_OP_REGION = 0x80;
const EXT_FIELD = 0x81;
const EXT_DEVICE = 0x82;
const EXT_PROCESSOR = 0x83;
const ROOT_CHAR = 0x5c;
const PARENT_PREFIX_CHAR = 0x5e;
const LOCAL0_OP = 0x60;
const ARG0_OP = 0x68;
const STORE_OP = 0x70;
const AND_OP = 0x7b;
const OR_OP = 0x7d;
const CREATE_DWORD_FIELD_OP = 0x8a;
const IF_OP = 0xa0;
const ELSE_OP = 0xa1;
const RETURN_OP = 0xa4;

/** Target of an operation whose result is not stored: NullName. */
const NULL_NAME = 0x00;

export const REGION_PCI_CONFIG = 2;
export const FIELD_BYTE_ACCESS = 1;

const bytesOf = (value: number, count: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(value / 2 ** (8 * i)) & 0xff);
const ascii = (text: string): number[] => Array.from(text, (each) => each.charCodeAt(0));

/** Length of a package that counts itself, then `body`. [ACPI] 20.2.4 */
function withLength(body: Aml): number[] {
  if (body.length + 1 < 0x40) return [body.length + 1, ...body];
  for (let extra = 1; extra <= 3; extra++) {
    const total = body.length + 1 + extra;
    if (total < 2 ** (4 + 8 * extra)) return [(extra << 6) | (total & 15), ...bytesOf(total >>> 4, extra), ...body];
  }
  throw new Error("internal error: an AML package of more than 256 MiB");
}

/** "\\_SB.PCI0" or "^ISA.PRQ0". [ACPI] 20.2.2 */
export function nameString(path: string): Aml {
  const prefix = /^\\?\^*/.exec(path)?.[0] ?? "";
  const segments = path.slice(prefix.length).split(".").filter(Boolean);
  const encoded = segments.flatMap((segment) => {
    assert(/^[A-Z_][A-Z0-9_]{0,3}$/.test(segment), `"${segment}" is no AML name`);
    return ascii(segment.padEnd(4, "_"));
  });
  const head = Array.from(prefix, (each) => (each === "\\" ? ROOT_CHAR : PARENT_PREFIX_CHAR));
  if (segments.length === 0) return [...head, NULL_NAME];
  if (segments.length === 1) return [...head, ...encoded];
  if (segments.length === 2) return [...head, DUAL_NAME_PREFIX, ...encoded];
  return [...head, MULTI_NAME_PREFIX, segments.length, ...encoded];
}

export function integer(value: number): Aml {
  assert(Number.isInteger(value) && value >= 0 && value <= 0xffffffff, `AML integer ${value}`);
  if (value === 0) return [ZERO_OP];
  if (value === 1) return [ONE_OP];
  if (value <= 0xff) return [BYTE_PREFIX, value];
  if (value <= 0xffff) return [WORD_PREFIX, ...bytesOf(value, 2)];
  return [DWORD_PREFIX, ...bytesOf(value, 4)];
}

export const string = (text: string): Aml => [STRING_PREFIX, ...ascii(text), 0];

/** "PNP0A03" as a compressed ID: three letters of 5 bits and four hexadecimal digits, stored big-endian. */
export function eisaId(id: string): Aml {
  assert(/^[A-Z]{3}[0-9A-F]{4}$/.test(id), `"${id}" is no EISA ID`);
  const letters = ascii(id.slice(0, 3)).reduce((value, letter) => value * 32 + (letter - 0x40), 0);
  const value = letters * 0x10000 + parseInt(id.slice(3), 16);
  return [DWORD_PREFIX, ...bytesOf(value, 4).reverse()];
}

export const buffer = (contents: Aml): Aml => [BUFFER_OP, ...withLength([...integer(contents.length), ...contents])];
export const packageOf = (...elements: Aml[]): Aml => [
  PACKAGE_OP,
  ...withLength([elements.length, ...elements.flat()]),
];

export const name = (path: string, value: Aml): Aml => [NAME_OP, ...nameString(path), ...value];
export const scope = (path: string, ...terms: Aml[]): Aml => [
  SCOPE_OP,
  ...withLength([...nameString(path), ...terms.flat()]),
];
export const device = (path: string, ...terms: Aml[]): Aml => [
  EXT_OP_PREFIX,
  EXT_DEVICE,
  ...withLength([...nameString(path), ...terms.flat()]),
];
/** A processor without a register block. */
export const processor = (path: string, id: number): Aml => [
  EXT_OP_PREFIX,
  EXT_PROCESSOR,
  ...withLength([...nameString(path), id, 0, 0, 0, 0, 0]),
];
/** In a method's argument count: one thread at a time, as methods that create names need it. */
export const SERIALIZED = 1 << 3;
export const method = (path: string, argumentCount: number, ...terms: Aml[]): Aml => [
  METHOD_OP,
  ...withLength([...nameString(path), argumentCount, ...terms.flat()]),
];

export const operationRegion = (path: string, space: number, offset: number, length: number): Aml => [
  EXT_OP_PREFIX,
  EXT_OP_REGION,
  ...nameString(path),
  space,
  ...integer(offset),
  ...integer(length),
];
/** Fields of a region, one after the other from bit 0: [name, bits]. */
export const field = (region: string, flags: number, ...fields: [string, number][]): Aml => [
  EXT_OP_PREFIX,
  EXT_FIELD,
  ...withLength([
    ...nameString(region),
    flags,
    ...fields.flatMap(([fieldName, bits]) => [...nameString(fieldName), ...fieldLength(bits)]),
  ]),
];

/** A bit count in the encoding of package lengths, which here does not count itself. */
function fieldLength(bits: number): Aml {
  assert(bits > 0 && bits < 0x40, `a field of ${bits} bits`);
  return [bits];
}

export const local = (index: number): Aml => [LOCAL0_OP + index];
export const argument = (index: number): Aml => [ARG0_OP + index];
export const store = (source: Aml, target: Aml): Aml => [STORE_OP, ...source, ...target];
export const and = (left: Aml, right: Aml, target: Aml = [NULL_NAME]): Aml => [AND_OP, ...left, ...right, ...target];
export const or = (left: Aml, right: Aml, target: Aml = [NULL_NAME]): Aml => [OR_OP, ...left, ...right, ...target];
export const createDwordField = (source: Aml, byteIndex: number, path: string): Aml => [
  CREATE_DWORD_FIELD_OP,
  ...source,
  ...integer(byteIndex),
  ...nameString(path),
];
export const ifThen = (condition: Aml, ...terms: Aml[]): Aml => [IF_OP, ...withLength([...condition, ...terms.flat()])];
export const otherwise = (...terms: Aml[]): Aml => [ELSE_OP, ...withLength(terms.flat())];
export const returns = (value: Aml): Aml => [RETURN_OP, ...value];

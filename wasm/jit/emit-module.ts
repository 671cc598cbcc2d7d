/**
 * Wraps compiled regions into a WebAssembly module: one function a region, exported as "f0", "f1", …
 * Imports: env.mem, env.tab (the core's table, by which regions reach each other and the handlers), and the core's
 * functions of jit/imports.ts from "jit", named by one character: "0" and what follows it in ASCII.
 * [WASM] 5.5
 */
import { Cpu } from "../cpu/state";
import { JIT_MODULE, JIT_MODULE_SIZE } from "../layout";
import { HINTS_SIZE, beginModuleHints, writeHints } from "./branch-hints";
import { emitRegion } from "./emit-region";
import { TYPE_FUNCREF, TYPE_I32, TYPE_I64, TYPE_V128, at, byte, fillLength, fillNumber, leb, reserveLength, startAt } from "./encoder";
import { IMPORTED_FUNCTIONS } from "./imports";

const SECTION_TYPE: u8 = 1;
const SECTION_IMPORT: u8 = 2;
const SECTION_FUNCTION: u8 = 3;
const SECTION_EXPORT: u8 = 7;
const SECTION_CODE: u8 = 10;

const KIND_FUNCTION: u8 = 0;
const KIND_TABLE: u8 = 1;
const KIND_MEMORY: u8 = 2;

/** Bit 1 of the limits of a shared memory. */
const LIMITS_SHARED: u8 = 3;
const MAX_PAGES: u32 = 0x1_0000;

/** Room for the sections in front of the code, and for one region more. */
const HEAD_BYTES: usize = 0x1000 + <usize>HINTS_SIZE;

let isShared = false;
export function useSharedMemory(on: bool): void {
  isShared = on;
}

/** A function type: parameters as bits (1: i64, or another `wideType`) from bit 0 on, and what it returns (0: nothing). */
function functionType(params: u32, wide: u32, result: u8, wideType: u8 = TYPE_I64): void {
  byte(0x60);
  leb(params);
  for (let i: u32 = 0; i < params; i++) byte((wide >> i) & 1 ? wideType : TYPE_I32);
  if (result) {
    leb(1);
    byte(result);
  } else leb(0);
}

/** Types of the imported functions, by their number. */
const FIRST_IMPORTED_TYPE: u32 = 2;

function writeTypes(): void {
  byte(SECTION_TYPE);
  const section = reserveLength();
  leb(FIRST_IMPORTED_TYPE + IMPORTED_FUNCTIONS);
  functionType(3, 0, TYPE_I32); // TYPE_REGION
  functionType(2, 0, 0); // TYPE_HANDLER
  functionType(6, 0b111100, 0); // settleFlags
  functionType(3, 0b010, TYPE_I32); // pagePointer
  functionType(8, 0b11110000, 0); // leaveRegion
  functionType(3, 0, 0); // leaveAfter
  functionType(3, 0b010, 0); // leaveTo
  functionType(2, 0b11, TYPE_I64); // mulHighU64
  functionType(2, 0b11, TYPE_I64); // mulHighI64
  functionType(6, 0b111100, TYPE_I64); // carryOf
  functionType(3, 0, TYPE_I32); // runEnding
  functionType(2, 0b10, TYPE_I32); // findKnown
  functionType(4, 0b1110, TYPE_I32); // isExact32
  functionType(4, 0b1110, TYPE_I32); // isExact64
  functionType(4, 0b1110, TYPE_I32, TYPE_V128); // isExactPs
  functionType(4, 0b1110, TYPE_I32, TYPE_V128); // isExactPd
  functionType(1, 0, TYPE_I32); // readFlags
  functionType(2, 0, TYPE_I32); // popPlainFlags
  functionType(3, 0, TYPE_I32); // segmentForRegion
  functionType(4, 0b1100, TYPE_I32); // x87Load
  functionType(4, 0b1100, TYPE_I32); // x87LoadInteger
  functionType(4, 0b1100, TYPE_I32); // x87Operate
  functionType(2, 0, TYPE_I32); // x87OperateStack
  functionType(2, 0, TYPE_I64); // x87Peek
  functionType(3, 0b100, 0); // x87Stored
  fillLength(section);
}

/** Three letters. */
function name(text: u32): void {
  leb(3);
  for (let i: u32 = 0; i < 3; i++) byte(<u8>(text >> (i * 8)));
}
const NAME_ENV: u32 = 0x76_6e65;
const NAME_MEM: u32 = 0x6d_656d;
const NAME_TAB: u32 = 0x62_6174;
const NAME_JIT: u32 = 0x74_696a;

function writeImports(): void {
  byte(SECTION_IMPORT);
  const section = reserveLength();
  leb(2 + IMPORTED_FUNCTIONS);
  name(NAME_ENV);
  name(NAME_MEM);
  byte(KIND_MEMORY);
  byte(isShared ? LIMITS_SHARED : 0);
  leb(1);
  if (isShared) leb(MAX_PAGES);
  name(NAME_ENV);
  name(NAME_TAB);
  byte(KIND_TABLE);
  byte(TYPE_FUNCREF);
  byte(0);
  leb(1);
  for (let i: u32 = 0; i < IMPORTED_FUNCTIONS; i++) {
    name(NAME_JIT);
    leb(1);
    byte(<u8>(0x30 + i));
    byte(KIND_FUNCTION);
    leb(FIRST_IMPORTED_TYPE + i);
  }
  fillLength(section);
}

function exportName(i: u32): void {
  let digits: u32 = 1;
  for (let rest = i; rest >= 10; rest /= 10) digits++;
  leb(1 + digits);
  byte(0x66);
  let divisor: u32 = 1;
  for (let d: u32 = 1; d < digits; d++) divisor *= 10;
  for (; divisor > 0; divisor /= 10) byte(<u8>(0x30 + ((i / divisor) % 10)));
}

function writeHead(count: u32): void {
  startAt(JIT_MODULE);
  store<u64>(JIT_MODULE, 0x0000_0001_6d73_6100); // \0asm, version 1
  startAt(JIT_MODULE + 8);
  writeTypes();
  writeImports();
  byte(SECTION_FUNCTION);
  let section = reserveLength();
  leb(count);
  for (let i: u32 = 0; i < count; i++) leb(0);
  fillLength(section);
  byte(SECTION_EXPORT);
  section = reserveLength();
  leb(count);
  for (let i: u32 = 0; i < count; i++) {
    exportName(i);
    byte(KIND_FUNCTION);
    leb(IMPORTED_FUNCTIONS + i);
  }
  fillLength(section);
}

/** Code is written before it is known how many functions fit; then it moves up behind the head. */
let code: usize = 0;
export let functions: u32 = 0;

export function beginModule(): void {
  beginModuleHints();
  code = JIT_MODULE + HEAD_BYTES;
  startAt(code);
  functions = 0;
}

/** Adds the region that starts with `trace`; false if it does not fit. */
export function addRegion(cpu: Cpu, trace: usize): bool {
  if (!emitRegion(cpu, trace, IMPORTED_FUNCTIONS + functions, JIT_MODULE + JIT_MODULE_SIZE - HINTS_SIZE)) return false;
  functions++;
  return true;
}

/** @returns size of the module at JIT_MODULE in bytes. */
export function finishModule(): u32 {
  const codeBytes = <u32>(at - code);
  writeHead(functions);
  writeHints();
  byte(SECTION_CODE);
  const section = reserveLength();
  const counted = reserveLength();
  fillNumber(counted, functions);
  memory.copy(at, code, codeBytes);
  startAt(at + codeBytes);
  fillLength(section);
  return <u32>(at - JIT_MODULE);
}

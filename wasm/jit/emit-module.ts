/**
 * Wraps translated records into a WebAssembly module: one function a record, exported as "f0", "f1", …
 * Imports: env.memory, and the core's slow paths (CALL_… in emit-backend.ts) from "core".
 * [WASM] 5.5
 */
import { REC_SIZE, Rec } from "../decode/record";
import { Emit, FIRST_VALUE } from "./emit-backend";
import { OP_END, OP_I32_CONST, TYPE_I32, TYPE_I64, at, byte, fillLength, leb, reserveLength, signedLeb, startAt } from "./encoder";
import { translate } from "./translate";

const SECTION_TYPE: u8 = 1;
const SECTION_IMPORT: u8 = 2;
const SECTION_FUNCTION: u8 = 3;
const SECTION_EXPORT: u8 = 7;
const SECTION_CODE: u8 = 10;
const IMPORTED_FUNCTIONS: u32 = 4;

function functionType(params: u32, third: u8, fourth: u8, second: u8, result: u8): void {
  byte(0x60);
  leb(params);
  byte(TYPE_I32);
  if (params > 1) byte(second);
  if (params > 2) byte(third);
  if (params > 3) byte(fourth);
  if (result) {
    leb(1);
    byte(result);
  } else leb(0);
}

function name(text: u32, length: u32): void {
  leb(length);
  for (let i: u32 = 0; i < length; i++) byte(<u8>(text >> (i * 8)));
}

/** Names fit in four bytes: "env", "mem", "core", "lin", "rd", "rdw", "wr". */
const NAME_ENV: u32 = 0x76_6e65;
const NAME_MEM: u32 = 0x6d_656d;
const NAME_CORE: u32 = 0x6572_6f63;
const NAME_LIN: u32 = 0x6e_696c;
const NAME_RD: u32 = 0x6472;
const NAME_RDW: u32 = 0x77_6472;
const NAME_WR: u32 = 0x7277;

function importFunction(text: u32, length: u32, type: u32): void {
  name(NAME_CORE, 4);
  name(text, length);
  byte(0);
  leb(type);
}

/**
 * Emits a module for `count` records at `first` into `hostPtr`; returns its size in bytes, 0 if a record cannot be emitted.
 * `scratch` is where the backend keeps its state (8 bytes).
 */
export function emitModule(first: usize, count: u32, hostPtr: usize, scratch: usize): u32 {
  const b = changetype<Emit>(scratch);
  startAt(hostPtr);
  store<u64>(hostPtr, 0x0000_0001_6d73_6100); // \0asm, version 1
  startAt(hostPtr + 8);

  byte(SECTION_TYPE);
  let section = reserveLength();
  leb(4);
  functionType(1, 0, 0, 0, TYPE_I32); // 0: emitted function
  functionType(4, TYPE_I32, TYPE_I32, TYPE_I32, TYPE_I64); // 1: linear(cpu, rec, size, access)
  functionType(3, TYPE_I32, 0, TYPE_I64, TYPE_I64); // 2: read(cpu, address, size)
  functionType(4, TYPE_I32, TYPE_I64, TYPE_I64, 0); // 3: write(cpu, address, size, value)
  fillLength(section);

  byte(SECTION_IMPORT);
  section = reserveLength();
  leb(1 + IMPORTED_FUNCTIONS);
  name(NAME_ENV, 3);
  name(NAME_MEM, 3);
  byte(2); // a memory
  byte(0);
  leb(1);
  importFunction(NAME_LIN, 3, 1);
  importFunction(NAME_RD, 2, 2);
  importFunction(NAME_RDW, 3, 2);
  importFunction(NAME_WR, 2, 3);
  fillLength(section);

  byte(SECTION_FUNCTION);
  section = reserveLength();
  leb(count);
  for (let i: u32 = 0; i < count; i++) leb(0);
  fillLength(section);

  byte(SECTION_EXPORT);
  section = reserveLength();
  leb(count);
  for (let i: u32 = 0; i < count; i++) {
    exportName(i);
    byte(0);
    leb(IMPORTED_FUNCTIONS + i);
  }
  fillLength(section);

  byte(SECTION_CODE);
  section = reserveLength();
  leb(count);
  for (let i: u32 = 0; i < count; i++) {
    const body = reserveLength();
    leb(2); // two groups of locals: an i32, then i64 values
    leb(1);
    byte(TYPE_I32);
    const locals = reserveLength();
    byte(TYPE_I64);
    if (!translate(b, changetype<Rec>(first + i * REC_SIZE))) return 0;
    fillCount(locals, b.nextLocal - FIRST_VALUE);
    byte(OP_I32_CONST);
    signedLeb(0);
    byte(OP_END);
    fillLength(body);
  }
  fillLength(section);
  return <u32>(at - hostPtr);
}

/** "f" and the number in decimal. */
function exportName(n: u32): void {
  let digits: u32 = 1;
  for (let rest = n / 10; rest; rest /= 10) digits++;
  leb(digits + 1);
  byte(0x66);
  let power: u32 = 1;
  for (let i: u32 = 1; i < digits; i++) power *= 10;
  for (; power; power /= 10) byte(<u8>(0x30 + (n / power) % 10));
}

/** A number in the room of a reserved length. */
function fillCount(place: usize, count: u32): void {
  for (let i: u32 = 0; i < 5; i++) {
    store<u8>(place + i, <u8>((count & 0x7f) | (i < 4 ? 0x80 : 0)));
    count >>= 7;
  }
}

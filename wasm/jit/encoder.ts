/**
 * Writes WebAssembly binary code into linear memory. Knows opcodes and LEB128, nothing of x86.
 * Names follow the text format. [WASM] 5.1 – 5.5 (binary format), [WASM-TAIL] for the tail call
 */

export const OP_UNREACHABLE: u8 = 0x00;
export const OP_BLOCK: u8 = 0x02;
export const OP_LOOP: u8 = 0x03;
export const OP_IF: u8 = 0x04;
export const OP_ELSE: u8 = 0x05;
export const OP_END: u8 = 0x0b;
export const OP_BR: u8 = 0x0c;
export const OP_BR_IF: u8 = 0x0d;
export const OP_RETURN: u8 = 0x0f;
export const OP_CALL: u8 = 0x10;
export const OP_CALL_INDIRECT: u8 = 0x11;
export const OP_RETURN_CALL_INDIRECT: u8 = 0x13;
export const OP_SELECT: u8 = 0x1b;
export const OP_LOCAL_GET: u8 = 0x20;
export const OP_LOCAL_SET: u8 = 0x21;
export const OP_LOCAL_TEE: u8 = 0x22;
export const OP_I32_LOAD: u8 = 0x28;
export const OP_I32_LOAD16_U: u8 = 0x2f;
export const OP_I64_LOAD: u8 = 0x29;
export const OP_I64_LOAD8_U: u8 = 0x31;
export const OP_I64_LOAD16_U: u8 = 0x33;
export const OP_I64_LOAD32_U: u8 = 0x35;
export const OP_I32_STORE: u8 = 0x36;
export const OP_I64_STORE: u8 = 0x37;
export const OP_I64_STORE8: u8 = 0x3c;
export const OP_I64_STORE16: u8 = 0x3d;
export const OP_I64_STORE32: u8 = 0x3e;
export const OP_I32_CONST: u8 = 0x41;
export const OP_I64_CONST: u8 = 0x42;
export const OP_I32_EQZ: u8 = 0x45;
export const OP_I32_EQ: u8 = 0x46;
export const OP_I32_NE: u8 = 0x47;
export const OP_I32_LT_S: u8 = 0x48;
export const OP_I32_LT_U: u8 = 0x49;
export const OP_I32_LE_S: u8 = 0x4c;
export const OP_I32_GE_U: u8 = 0x4f;
export const OP_I64_EQZ: u8 = 0x50;
export const OP_I64_EQ: u8 = 0x51;
export const OP_I64_NE: u8 = 0x52;
export const OP_I64_LT_S: u8 = 0x53;
export const OP_I64_LT_U: u8 = 0x54;
export const OP_I64_LE_S: u8 = 0x57;
export const OP_I64_LE_U: u8 = 0x58;
export const OP_I32_POPCNT: u8 = 0x69;
export const OP_I32_ADD: u8 = 0x6a;
export const OP_I32_SUB: u8 = 0x6b;
export const OP_I32_AND: u8 = 0x71;
export const OP_I32_OR: u8 = 0x72;
export const OP_I32_XOR: u8 = 0x73;
export const OP_I32_SHL: u8 = 0x74;
export const OP_I32_SHR_U: u8 = 0x76;
export const OP_I32_ROTL: u8 = 0x77;
export const OP_I32_ROTR: u8 = 0x78;
export const OP_I64_CLZ: u8 = 0x79;
export const OP_I64_CTZ: u8 = 0x7a;
export const OP_I64_POPCNT: u8 = 0x7b;
export const OP_I64_ADD: u8 = 0x7c;
export const OP_I64_SUB: u8 = 0x7d;
export const OP_I64_MUL: u8 = 0x7e;
export const OP_I64_DIV_S: u8 = 0x7f;
export const OP_I64_DIV_U: u8 = 0x80;
export const OP_I64_REM_S: u8 = 0x81;
export const OP_I64_REM_U: u8 = 0x82;
export const OP_I64_AND: u8 = 0x83;
export const OP_I64_OR: u8 = 0x84;
export const OP_I64_XOR: u8 = 0x85;
export const OP_I64_SHL: u8 = 0x86;
export const OP_I64_SHR_S: u8 = 0x87;
export const OP_I64_SHR_U: u8 = 0x88;
export const OP_I64_ROTL: u8 = 0x89;
export const OP_I64_ROTR: u8 = 0x8a;
export const OP_I32_WRAP_I64: u8 = 0xa7;
export const OP_I64_EXTEND_I32_S: u8 = 0xac;
export const OP_I64_EXTEND_I32_U: u8 = 0xad;
export const OP_SIMD: u8 = 0xfd;
export const OP_I64_EXTEND8_S: u8 = 0xc2;
export const OP_I64_EXTEND16_S: u8 = 0xc3;
export const OP_I64_EXTEND32_S: u8 = 0xc4;

export const TYPE_I32: u8 = 0x7f;
export const TYPE_I64: u8 = 0x7e;
export const TYPE_F64: u8 = 0x7c;
export const TYPE_V128: u8 = 0x7b;
export const TYPE_FUNCREF: u8 = 0x70;
export const TYPE_NONE: u8 = 0x40;

/** Where the next byte goes. One writer at a time. */
export let at: usize = 0;

export function startAt(hostPtr: usize): void {
  at = hostPtr;
}

@inline export function byte(value: u8): void {
  store<u8>(at++, value);
}

export function leb(value: u32): void {
  while (value >= 0x80) {
    byte(<u8>(value | 0x80));
    value >>= 7;
  }
  byte(<u8>value);
}

export function signedLeb(value: i64): void {
  while (value < -64 || value > 63) {
    byte(<u8>(value | 0x80));
    value >>= 7;
  }
  byte(<u8>(value & 0x7f));
}

/** Leaves room for a length that is known later: five bytes. */
export function reserveLength(): usize {
  const place = at;
  at += 5;
  return place;
}

/** Fills in a reserved length with the bytes written since. */
export function fillLength(place: usize): void {
  fillNumber(place, <u32>(at - place - 5));
}

/** Fills in a reserved number. */
export function fillNumber(place: usize, value: u32): void {
  for (let i: u32 = 0; i < 5; i++) {
    store<u8>(place + i, <u8>((value & 0x7f) | (i < 4 ? 0x80 : 0)));
    value >>= 7;
  }
}

/** Bytes that were written elsewhere. */
export function copyBytes(from: usize, sizeBytes: u32): void {
  memory.copy(at, from, sizeBytes);
  at += sizeBytes;
}

/** A load or store: opcode, alignment hint 0, offset. */
export function memoryAccess(opcode: u8, offset: u32): void {
  byte(opcode);
  byte(0);
  leb(offset);
}

export function localGet(local: u32): void {
  byte(OP_LOCAL_GET);
  leb(local);
}

export function localSet(local: u32): void {
  byte(OP_LOCAL_SET);
  leb(local);
}

export function localTee(local: u32): void {
  byte(OP_LOCAL_TEE);
  leb(local);
}

export function i32Const(value: u32): void {
  byte(OP_I32_CONST);
  signedLeb(<i64>(<i32>value));
}

export function i64Const(value: u64): void {
  byte(OP_I64_CONST);
  signedLeb(<i64>value);
}

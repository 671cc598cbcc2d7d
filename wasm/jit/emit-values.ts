/**
 * The value half of the emitting backend: a value is a WebAssembly local of type i64, or a constant that folds. Temporary
 * locals live as long as one x86 instruction: V8's work grows with the number of locals.
 *
 * Operand size is a run-time fact of the record being translated: a floating-point tag S stands for it, so that one
 * instance of the semantics serves all sizes; an integer S is that size.
 */
import {
  OP_ELSE, OP_END, OP_I32_ADD, OP_I32_ROTL, OP_I32_ROTR, OP_I32_SHL, OP_I32_SUB, OP_I32_WRAP_I64, OP_I64_ADD, OP_I64_AND, OP_I64_EQ, OP_I64_EQZ, OP_I64_EXTEND16_S, OP_I64_EXTEND32_S, OP_I64_EXTEND8_S, OP_I64_EXTEND_I32_U,
  OP_I64_LT_U, OP_I64_MUL, OP_I64_NE, OP_I64_OR, OP_I64_ROTL, OP_I64_ROTR, OP_I64_SHL, OP_I64_SHR_S, OP_I64_SHR_U, OP_I64_SUB, OP_I64_XOR, OP_IF, OP_SELECT, TYPE_NONE, at, byte, i32Const, i64Const, leb,
  localGet, localSet, startAt,
} from "./encoder";
import { hintRare } from "./branch-hints";
import { IMPORT_MUL_HIGH, IMPORT_MUL_HIGH_SIGNED, call } from "./imports";

/** A value: the number of an i64 local, or CONSTANT and the number of a constant. */
@unmanaged @final
export class Val {}

const CONSTANT: u32 = 0x4000_0000;
const MAX_CONSTANTS: u32 = 256;
/** Bytes that the constants take behind the emitter's own fields. */
export const CONSTANTS_BYTES: u32 = MAX_CONSTANTS * 8;

// ---- locals of a region's function
/** The processor. Its address is written into the code, which takes no register: see `cpuBase`. */
export const LOCAL_CPU: u32 = 0;
export const LOCAL_BUDGET: u32 = 1;
/** How many calls may still nest. */
export const LOCAL_DEPTH: u32 = 2;
export const PARAMETERS: u32 = 3;
/** TLB slot, and the host pointer that came of it. */
export const LOCAL_SLOT: u32 = 3;
export const LOCAL_HOST: u32 = 4;
/** Which exit is taken (address of its description). */
export const LOCAL_EXIT: u32 = 5;
/** Kind of the flags where it is not known when the code is written. */
export const LOCAL_KIND: u32 = 6;
/** What a call has returned. */
export const LOCAL_RESULT: u32 = 7;
export const I32_LOCALS: u32 = 5;
/** Operands and result of packed arithmetic. */
export const LOCAL_PACKED_X: u32 = 8;
export const LOCAL_PACKED_Y: u32 = 9;
export const LOCAL_PACKED_R: u32 = 10;
export const V128_LOCALS: u32 = 3;
/** The same of one double. */
export const LOCAL_DOUBLE_X: u32 = 11;
export const LOCAL_DOUBLE_Y: u32 = 12;
export const LOCAL_DOUBLE_R: u32 = 13;
export const F64_LOCALS: u32 = 3;
/** The sixteen general registers. */
export const LOCAL_REGISTERS: u32 = 14;
export const LOCAL_FLAG_X: u32 = 30;
export const LOCAL_FLAG_Y: u32 = 31;
export const LOCAL_FLAG_R: u32 = 32;
/** Linear address of an indirect transfer's target. */
export const LOCAL_LINEAR: u32 = 33;
/** Result of a rotation after what set the other flags. */
export const LOCAL_FLAG_T: u32 = 34;
/** codeBase, across a call. */
export const LOCAL_CODE_BASE: u32 = 35;
export const FIRST_TEMP: u32 = 36;

let cpuAddress: u32 = 0;

/** Code is written for this processor. */
export function writeForCpu(cpu: usize): void {
  cpuAddress = <u32>cpu;
}

/** Puts the processor's address on the wasm stack: a constant, which becomes part of the host's addresses. */
export function cpuBase(): void {
  i32Const(cpuAddress);
}

/** The same for an operand in memory (LOCAL_HOST), or in the processor's struct. */
export function operandBase(isMemory: bool): void {
  if (isMemory) localGet(LOCAL_HOST);
  else cpuBase();
}

@inline export function constantOf(value: Val): bool {
  return (<u32>changetype<usize>(value) & CONSTANT) != 0;
}

@unmanaged
export class EmitValues {
  /** log2 of the operand size of the record being translated. */
  sizeLog2: u32;
  private nextTemp: u32;
  /** The most temporaries that any instruction has asked for. */
  maxTemp: u32;
  /** Open blocks, loops and ifs. */
  depth: u32;
  private constants: u32;
  private constantsPtr: u32;
  /** The sum, difference or shift that was written last: from where to where, and what it is of. */
  private lastStart: usize;
  private lastEnd: usize;
  private lastOpcode: u8;
  private lastX: Val;
  private lastY: Val;
  private lastResult: Val;

  /** Before the first instruction of a function; `constantsPtr` has CONSTANTS_BYTES of room. */
  startValues(constantsPtr: usize): void {
    this.constantsPtr = <u32>constantsPtr;
    this.maxTemp = FIRST_TEMP;
    this.depth = 0;
    this.startInstruction(0);
  }

  startInstruction(sizeLog2: u32): void {
    this.sizeLog2 = sizeLog2;
    this.nextTemp = FIRST_TEMP;
    this.constants = 0;
    this.lastEnd = 0;
  }

  // ---- making and using values
  /** A new temporary local. */
  temp(): u32 {
    const local = this.nextTemp++;
    if (this.nextTemp > this.maxTemp) this.maxTemp = this.nextTemp;
    return local;
  }
  /** Gives the value on the wasm stack a local. */
  define(): Val {
    const local = this.temp();
    localSet(local);
    return changetype<Val>(<usize>local);
  }
  const(k: u64): Val {
    const index = this.constants++;
    store<u64>(<usize>this.constantsPtr + (index & (MAX_CONSTANTS - 1)) * 8, k);
    return changetype<Val>(<usize>(CONSTANT | index));
  }
  valueOf(constant: Val): u64 {
    return load<u64>(<usize>this.constantsPtr + (<u32>changetype<usize>(constant) & (MAX_CONSTANTS - 1)) * 8);
  }
  isValue(value: Val, k: u64): bool {
    return constantOf(value) && this.valueOf(value) == k;
  }
  /** Puts the value on the wasm stack. */
  get(value: Val): void {
    if (constantOf(value)) i64Const(this.valueOf(value));
    else localGet(<u32>changetype<usize>(value));
  }
  /** As an i32. */
  getWrapped(value: Val): void {
    if (constantOf(value)) {
      i32Const(<u32>this.valueOf(value));
      return;
    }
    this.get(value);
    byte(OP_I32_WRAP_I64);
  }

  // ---- sizes
  log2<S>(): u32 {
    return isFloat<S>() ? this.sizeLog2 : sizeof<S>() == 1 ? 0 : sizeof<S>() == 2 ? 1 : sizeof<S>() == 4 ? 2 : 3;
  }
  widthBits<S>(): u32 {
    return 8 << this.log2<S>();
  }
  mask<S>(): u64 {
    return maskOf(this.log2<S>());
  }

  // ---- arithmetic
  private binary(opcode: u8, x: Val, y: Val): Val {
    const start = at;
    this.get(x);
    this.get(y);
    byte(opcode);
    const result = this.define();
    if (opcode == OP_I64_ADD || opcode == OP_I64_SUB || opcode == OP_I64_SHL) {
      this.lastStart = start;
      this.lastEnd = at;
      this.lastOpcode = opcode;
      this.lastX = x;
      this.lastY = y;
      this.lastResult = result;
    }
    return result;
  }
  /**
   * The low half of a value that nothing else looks at. What was computed just before is written anew in 32 bits: the host extends
   * that for nothing, where a mask is an instruction more. Counts of shifts are less than 32.
   */
  low32(x: Val): Val {
    if (this.lastEnd != at || x != this.lastResult) return this.and(x, this.const(0xffff_ffff));
    startAt(this.lastStart);
    this.getWrapped(this.lastX);
    this.getWrapped(this.lastY);
    byte(this.lastOpcode == OP_I64_ADD ? OP_I32_ADD : this.lastOpcode == OP_I64_SUB ? OP_I32_SUB : OP_I32_SHL);
    byte(OP_I64_EXTEND_I32_U);
    localSet(<u32>changetype<usize>(x));
    return x;
  }
  private both(x: Val, y: Val): bool {
    return constantOf(x) && constantOf(y);
  }
  add(x: Val, y: Val): Val {
    if (this.both(x, y)) return this.const(this.valueOf(x) + this.valueOf(y));
    if (this.isValue(y, 0)) return x;
    return this.binary(OP_I64_ADD, x, y);
  }
  sub(x: Val, y: Val): Val {
    if (this.both(x, y)) return this.const(this.valueOf(x) - this.valueOf(y));
    if (this.isValue(y, 0)) return x;
    return this.binary(OP_I64_SUB, x, y);
  }
  mul(x: Val, y: Val): Val { return this.binary(OP_I64_MUL, x, y); }
  mulHigh<S>(x: Val, y: Val): Val {
    if (this.log2<S>() != 3) return this.shr(this.mul(x, y), this.bits<S>());
    return this.callBinary(IMPORT_MUL_HIGH, x, y);
  }
  mulHighSigned<S>(x: Val, y: Val): Val {
    if (this.log2<S>() != 3) return this.trunc<S>(this.shr(this.mul(this.sext<S>(x), this.sext<S>(y)), this.bits<S>()));
    return this.callBinary(IMPORT_MUL_HIGH_SIGNED, x, y);
  }
  private callBinary(index: u32, x: Val, y: Val): Val {
    this.get(x);
    this.get(y);
    call(index);
    return this.define();
  }
  copy(x: Val): Val {
    this.get(x);
    return this.define();
  }
  hasBits<S>(bits: u32): bool { return this.widthBits<S>() == bits; }
  bitNumber<S>(y: Val): Val { return this.and(y, this.const(this.widthBits<S>() - 1)); }
  sextHalf<S>(x: Val): Val {
    const size = this.log2<S>();
    this.get(x);
    byte(size == 3 ? OP_I64_EXTEND32_S : size == 2 ? OP_I64_EXTEND16_S : OP_I64_EXTEND8_S);
    return this.define();
  }
  /** Bytes in reverse, by exchanging halves of halves. */
  bswap<S>(x: Val): Val {
    const size = this.log2<S>();
    if (size == 1) return this.const(0);
    const bytes = this.swapGroups(x, 8, 0x00ff_00ff_00ff_00ff);
    const words = this.swapGroups(bytes, 16, 0x0000_ffff_0000_ffff);
    return size == 2 ? this.trunc<S>(words) : this.binary(OP_I64_ROTL, words, this.const(32));
  }
  private swapGroups(x: Val, bits: u64, mask: u64): Val {
    const low = this.const(mask);
    return this.or(this.shl(this.and(x, low), this.const(bits)), this.and(this.shr(x, this.const(bits)), low));
  }
  and(x: Val, y: Val): Val {
    if (this.both(x, y)) return this.const(this.valueOf(x) & this.valueOf(y));
    return this.binary(OP_I64_AND, x, y);
  }
  or(x: Val, y: Val): Val {
    if (this.both(x, y)) return this.const(this.valueOf(x) | this.valueOf(y));
    if (this.isValue(x, 0)) return y;
    if (this.isValue(y, 0)) return x;
    return this.binary(OP_I64_OR, x, y);
  }
  xor(x: Val, y: Val): Val {
    if (this.both(x, y)) return this.const(this.valueOf(x) ^ this.valueOf(y));
    if (this.isValue(y, 0)) return x;
    return this.binary(OP_I64_XOR, x, y);
  }
  shl(x: Val, n: Val): Val {
    if (this.both(x, n)) return this.const(this.valueOf(x) << this.valueOf(n));
    if (this.isValue(n, 0)) return x;
    return this.binary(OP_I64_SHL, x, n);
  }
  shr(x: Val, n: Val): Val {
    if (this.both(x, n)) return this.const(this.valueOf(x) >> this.valueOf(n));
    if (this.isValue(n, 0)) return x;
    return this.binary(OP_I64_SHR_U, x, n);
  }
  sar(x: Val, n: Val): Val {
    if (this.isValue(n, 0)) return x;
    return this.binary(OP_I64_SHR_S, x, n);
  }
  private flag(opcode: u8, x: Val, y: Val): Val {
    this.get(x);
    this.get(y);
    byte(opcode);
    byte(OP_I64_EXTEND_I32_U);
    return this.define();
  }
  ltu(x: Val, y: Val): Val { return this.flag(OP_I64_LT_U, x, y); }
  equal(x: Val, y: Val): Val { return this.flag(OP_I64_EQ, x, y); }
  unequal(x: Val, y: Val): Val { return this.flag(OP_I64_NE, x, y); }
  nonZero(x: Val): Val { return this.unequal(x, this.const(0)); }
  trunc<S>(x: Val): Val {
    const size = this.log2<S>();
    if (size == 3) return x;
    return size == 2 ? this.low32(x) : this.and(x, this.const(this.mask<S>()));
  }
  sext<S>(x: Val): Val {
    const size = this.log2<S>();
    if (size == 3) return x;
    this.get(x);
    byte(size == 0 ? OP_I64_EXTEND8_S : size == 1 ? OP_I64_EXTEND16_S : OP_I64_EXTEND32_S);
    return this.define();
  }
  bits<S>(): Val { return this.const(this.widthBits<S>()); }
  topBit<S>(x: Val): Val { return this.and(this.shr(x, this.const(this.widthBits<S>() - 1)), this.const(1)); }
  shiftCount<S>(n: Val): Val { return this.and(n, this.const(this.log2<S>() == 3 ? 63 : 31)); }
  rotl<S>(x: Val, n: Val): Val { return this.rotate<S>(x, n, OP_I64_ROTL, OP_I32_ROTL, true); }
  rotr<S>(x: Val, n: Val): Val { return this.rotate<S>(x, n, OP_I64_ROTR, OP_I32_ROTR, false); }
  private rotate<S>(x: Val, n: Val, wide: u8, narrow: u8, left: bool): Val {
    const size = this.log2<S>();
    if (size == 3) return this.binary(wide, x, n);
    if (size == 2) {
      this.getWrapped(x);
      this.getWrapped(n);
      byte(narrow);
      byte(OP_I64_EXTEND_I32_U);
      return this.define();
    }
    // Bytes and words: the operand twice in a row, shifted.
    const width: u64 = this.widthBits<S>();
    const twice = this.or(x, this.shl(x, this.const(width)));
    const places = this.and(n, this.const(width - 1));
    const back = left ? this.and(this.sub(this.const(width), places), this.const(width - 1)) : places;
    return this.trunc<S>(this.shr(twice, back));
  }
  /** x where the condition (0 or not) holds, else y. */
  choose(condition: Val, x: Val, y: Val): Val {
    this.get(y);
    this.get(x);
    this.get(condition);
    byte(OP_I64_EQZ);
    byte(OP_SELECT);
    return this.define();
  }

  // ---- control inside an instruction
  openIf(): void {
    byte(OP_IF);
    byte(TYPE_NONE);
    this.depth++;
  }
  /** The same where the condition seldom holds. */
  openRareIf(): void {
    hintRare();
    this.openIf();
  }
  /** The same, with a value of this type. */
  openIfValue(type: u8): void {
    byte(OP_IF);
    byte(type);
    this.depth++;
  }
  otherwise(): void {
    byte(OP_ELSE);
  }
  close(): void {
    byte(OP_END);
    this.depth--;
  }
  /** Leaves the open block with number `level` (its depth just inside). */
  branchTo(opcode: u8, level: u32): void {
    byte(opcode);
    leb(this.depth - level);
  }
}

export function maskOf(sizeLog2: u32): u64 {
  return sizeLog2 == 3 ? ~(<u64>0) : (<u64>1 << (8 << sizeLog2)) - 1;
}

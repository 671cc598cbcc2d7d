/**
 * The emitting backend: the same methods as the executing one (wasm/interp/backend.ts), but a value is a WebAssembly local
 * and each method writes the code that computes it. Operand size and form are run-time facts of the record being
 * translated, so one instance serves all: `S` is a tag.
 *
 * Locals: 0 is the processor's address, then i32 scratch, then i64 values, each assigned once.
 * The emitted function returns 0 when the instruction is done, 1 when it has faulted (nothing is written then).
 */
import { ACCESS_READ, ACCESS_RMW, ACCESS_WRITE } from "../cpu/address";
import { Cpu, FLAG_AF, FLAG_CF, FLAG_OF, OFF_SEGMENTS } from "../cpu/state";
import { REC_EA_32, REC_EA_64, REC_EA_64_SEG, REC_EA_MASK, REC_MEM, Rec } from "../decode/record";
import { TLB_ENTRIES } from "../layout";
import {
  OP_CALL, OP_ELSE, OP_END, OP_I32_ADD, OP_I32_AND, OP_I32_CONST, OP_I32_EQZ, OP_I32_LOAD, OP_I32_STORE, OP_I32_WRAP_I64, OP_I64_ADD, OP_I64_AND, OP_I64_CONST, OP_I64_EQ,
  OP_I64_EQZ, OP_I64_EXTEND16_S, OP_I64_EXTEND32_S, OP_I64_EXTEND8_S, OP_I64_EXTEND_I32_U, OP_I64_LOAD, OP_I64_LOAD16_U, OP_I64_LOAD32_U, OP_I64_LOAD8_U, OP_I64_LT_U, OP_I64_NE, OP_I64_OR,
  OP_I64_SHL, OP_I64_SHR_S, OP_I64_SHR_U, OP_I64_STORE, OP_I64_STORE16, OP_I64_STORE32, OP_I64_STORE8, OP_I64_SUB, OP_I64_XOR, OP_IF, OP_LOCAL_GET, OP_LOCAL_SET, OP_LOCAL_TEE, OP_RETURN,
  TYPE_NONE, byte, leb, memoryAccess, signedLeb,
} from "./encoder";

/** A value: the number of the i64 local that holds it. */
@unmanaged @final
export class Val {}

export const LOCAL_CPU: u32 = 0;
export const LOCAL_SLOT: u32 = 1;
export const FIRST_VALUE: u32 = 2;

/** Functions of the core that emitted code calls: indices in the emitted module's import section. */
export const CALL_LINEAR: u32 = 0;
export const CALL_READ: u32 = 1;
export const CALL_READ_FOR_WRITE: u32 = 2;
export const CALL_WRITE: u32 = 3;

@unmanaged @final
export class Emit {
  /** log2 of the operand size of the record being translated. */
  sizeLog2: u32;
  nextLocal: u32;

  start(sizeLog2: u32): void {
    this.sizeLog2 = sizeLog2;
    this.nextLocal = FIRST_VALUE;
  }

  // ---- pieces of code
  private get(value: Val): void {
    byte(OP_LOCAL_GET);
    leb(<u32>changetype<usize>(value));
  }
  /** Gives the value on the wasm stack a local. */
  private define(): Val {
    const local = this.nextLocal++;
    byte(OP_LOCAL_SET);
    leb(local);
    return changetype<Val>(<usize>local);
  }
  private cpuPtr(): void {
    byte(OP_LOCAL_GET);
    leb(LOCAL_CPU);
  }
  private binary(opcode: u8, x: Val, y: Val): Val {
    this.get(x);
    this.get(y);
    byte(opcode);
    return this.define();
  }
  private i32Const(value: u32): void {
    byte(OP_I32_CONST);
    signedLeb(<i64>(<i32>value));
  }
  private i64Const(value: u64): void {
    byte(OP_I64_CONST);
    signedLeb(<i64>value);
  }
  private bytes(): u32 {
    return 1 << this.sizeLog2;
  }
  private sizedLoad(): u8 {
    return this.sizeLog2 == 0 ? OP_I64_LOAD8_U : this.sizeLog2 == 1 ? OP_I64_LOAD16_U : this.sizeLog2 == 2 ? OP_I64_LOAD32_U : OP_I64_LOAD;
  }
  private sizedStore(): u8 {
    return this.sizeLog2 == 0 ? OP_I64_STORE8 : this.sizeLog2 == 1 ? OP_I64_STORE16 : this.sizeLog2 == 2 ? OP_I64_STORE32 : OP_I64_STORE;
  }
  /** if (cpu.fault) return 1 */
  private exitOnFault(): void {
    this.cpuPtr();
    memoryAccess(OP_I32_LOAD, offsetof<Cpu>("fault"));
    byte(OP_IF);
    byte(TYPE_NONE);
    this.i32Const(1);
    byte(OP_RETURN);
    byte(OP_END);
  }

  // ---- operands
  inMemory<F>(rec: Rec): bool {
    return (rec.flags & REC_MEM) != 0;
  }
  reg<S>(off: u32): Val {
    this.cpuPtr();
    memoryAccess(isFloat<S>() ? this.sizedLoad() : OP_I64_LOAD8_U, off);
    return this.define();
  }
  setReg<S>(off: u32, value: Val): void {
    this.cpuPtr();
    this.get(value);
    // A 32-bit result is zero-extended already: the whole slot is written.
    memoryAccess(this.sizeLog2 == 2 ? OP_I64_STORE : this.sizedStore(), off);
  }
  imm<S>(rec: Rec): Val {
    const mask: u64 = this.sizeLog2 == 3 ? ~(<u64>0) : (<u64>1 << (8 << this.sizeLog2)) - 1;
    return this.const(<u64>rec.imm & mask);
  }
  addressRead<S>(rec: Rec): Val {
    return this.address(rec, ACCESS_READ);
  }
  addressWrite<S>(rec: Rec): Val {
    return this.address(rec, ACCESS_WRITE);
  }
  addressRmw<S>(rec: Rec): Val {
    return this.address(rec, ACCESS_RMW);
  }
  private address(rec: Rec, access: u32): Val {
    this.cpuPtr();
    this.i32Const(<u32>changetype<usize>(rec));
    memoryAccess(OP_I32_STORE, offsetof<Cpu>("rec"));
    const kind: u32 = rec.flags & REC_EA_MASK;
    if (kind == REC_EA_64 || kind == REC_EA_32 || kind == REC_EA_64_SEG) {
      this.cpuPtr();
      memoryAccess(OP_I64_LOAD, rec.base);
      this.cpuPtr();
      memoryAccess(OP_I64_LOAD, rec.indexReg);
      this.i64Const(rec.scale);
      byte(OP_I64_SHL);
      byte(OP_I64_ADD);
      this.i64Const(<u64>(<i64>rec.disp));
      byte(OP_I64_ADD);
      if (kind == REC_EA_32) {
        this.i64Const(0xffff_ffff);
        byte(OP_I64_AND);
      } else if (kind == REC_EA_64_SEG) {
        this.cpuPtr();
        memoryAccess(OP_I64_LOAD, OFF_SEGMENTS + (<u32>rec.seg << 4) + 8);
        byte(OP_I64_ADD);
      }
      return this.define();
    }
    this.cpuPtr();
    this.i32Const(<u32>changetype<usize>(rec));
    this.i32Const(this.bytes());
    this.i32Const(access);
    byte(OP_CALL);
    leb(CALL_LINEAR);
    const address = this.define();
    this.exitOnFault();
    return address;
  }
  /** slot ← TLB slot of the address; leaves on the stack whether it hits. */
  private probe(address: Val, arrayOffset: u32): void {
    this.cpuPtr();
    memoryAccess(OP_I32_LOAD, arrayOffset);
    this.get(address);
    this.i64Const(8);
    byte(OP_I64_SHR_U);
    byte(OP_I32_WRAP_I64);
    this.i32Const((TLB_ENTRIES - 1) << 4);
    byte(OP_I32_AND);
    byte(OP_I32_ADD);
    byte(OP_LOCAL_TEE);
    leb(LOCAL_SLOT);
    memoryAccess(OP_I64_LOAD, 0);
    this.get(address);
    this.i64Const(this.bytes() - 1);
    byte(OP_I64_ADD);
    this.i64Const(0xffff_ffff_ffff_f000);
    byte(OP_I64_AND);
    byte(OP_I64_EQ);
  }
  private hostAddress(address: Val): void {
    this.get(address);
    byte(OP_I32_WRAP_I64);
    byte(OP_LOCAL_GET);
    leb(LOCAL_SLOT);
    memoryAccess(OP_I32_LOAD, 8);
    byte(OP_I32_ADD);
  }
  load<S>(address: Val): Val {
    return this.loadBy(address, offsetof<Cpu>("tlbRead"), CALL_READ);
  }
  loadForWrite<S>(address: Val): Val {
    return this.loadBy(address, offsetof<Cpu>("tlbWrite"), CALL_READ_FOR_WRITE);
  }
  private loadBy(address: Val, arrayOffset: u32, slow: u32): Val {
    const value = this.nextLocal++;
    this.probe(address, arrayOffset);
    byte(OP_IF);
    byte(TYPE_NONE);
    this.hostAddress(address);
    memoryAccess(this.sizedLoad(), 0);
    byte(OP_LOCAL_SET);
    leb(value);
    byte(OP_ELSE);
    this.cpuPtr();
    this.get(address);
    this.i32Const(this.bytes());
    byte(OP_CALL);
    leb(slow);
    byte(OP_LOCAL_SET);
    leb(value);
    this.exitOnFault();
    byte(OP_END);
    return changetype<Val>(<usize>value);
  }
  store<S>(address: Val, value: Val): void {
    this.probe(address, offsetof<Cpu>("tlbWrite"));
    byte(OP_IF);
    byte(TYPE_NONE);
    this.hostAddress(address);
    this.get(value);
    memoryAccess(this.sizedStore(), 0);
    byte(OP_ELSE);
    this.cpuPtr();
    this.get(address);
    this.i32Const(this.bytes());
    this.get(value);
    byte(OP_CALL);
    leb(CALL_WRITE);
    this.exitOnFault();
    byte(OP_END);
  }
  /** The exit is written where the fault can arise. */
  faulted(): bool {
    return false;
  }

  // ---- values
  const(k: u64): Val {
    this.i64Const(k);
    return this.define();
  }
  add(x: Val, y: Val): Val { return this.binary(OP_I64_ADD, x, y); }
  sub(x: Val, y: Val): Val { return this.binary(OP_I64_SUB, x, y); }
  and(x: Val, y: Val): Val { return this.binary(OP_I64_AND, x, y); }
  or(x: Val, y: Val): Val { return this.binary(OP_I64_OR, x, y); }
  xor(x: Val, y: Val): Val { return this.binary(OP_I64_XOR, x, y); }
  shl(x: Val, n: Val): Val { return this.binary(OP_I64_SHL, x, n); }
  shr(x: Val, n: Val): Val { return this.binary(OP_I64_SHR_U, x, n); }
  sar(x: Val, n: Val): Val { return this.binary(OP_I64_SHR_S, x, n); }
  ltu(x: Val, y: Val): Val {
    this.get(x);
    this.get(y);
    byte(OP_I64_LT_U);
    byte(OP_I64_EXTEND_I32_U);
    return this.define();
  }
  trunc<S>(x: Val): Val {
    if (this.sizeLog2 == 3) return x;
    this.get(x);
    this.i64Const((<u64>1 << (8 << this.sizeLog2)) - 1);
    byte(OP_I64_AND);
    return this.define();
  }
  sext<S>(x: Val): Val {
    if (this.sizeLog2 == 3) return x;
    this.get(x);
    byte(this.sizeLog2 == 0 ? OP_I64_EXTEND8_S : this.sizeLog2 == 1 ? OP_I64_EXTEND16_S : OP_I64_EXTEND32_S);
    return this.define();
  }
  beginIf(condition: Val): bool {
    this.get(condition);
    byte(OP_I64_EQZ);
    byte(OP_I32_EQZ);
    byte(OP_IF);
    byte(TYPE_NONE);
    return true;
  }
  endIf(): void {
    byte(OP_END);
  }

  // ---- flags
  carry(): Val {
    this.cpuPtr();
    memoryAccess(OP_I64_LOAD32_U, offsetof<Cpu>("flagAux"));
    this.i64Const(FLAG_CF);
    byte(OP_I64_AND);
    return this.define();
  }
  private setResult(result: Val): void {
    const wide = this.sext<f64>(result);
    this.cpuPtr();
    this.get(wide);
    memoryAccess(OP_I64_STORE, offsetof<Cpu>("flagRes"));
  }
  private setAux(aux: Val): void {
    this.cpuPtr();
    this.get(aux);
    memoryAccess(OP_I64_STORE32, offsetof<Cpu>("flagAux"));
  }
  /** Bit 0: the top bit of the operand size. */
  private top(x: Val): Val {
    return this.and(this.shr(x, this.const((8 << this.sizeLog2) - 1)), this.const(1));
  }
  private arithmeticFlags(x: Val, y: Val, r: Val, overflow: Val, cf: Val): void {
    const adjust = this.and(this.xor(this.xor(x, y), r), this.const(FLAG_AF));
    const ovf = this.shl(this.top(overflow), this.const(11));
    this.setResult(r);
    this.setAux(this.or(this.or(cf, adjust), ovf));
  }
  flagsAdd<S>(x: Val, y: Val, r: Val): void {
    this.arithmeticFlags(x, y, r, this.and(this.xor(x, r), this.xor(y, r)), this.ltu(r, x));
  }
  flagsAdc<S>(x: Val, y: Val, r: Val): void {
    const carries = this.or(this.and(x, y), this.and(this.or(x, y), this.not(r)));
    this.arithmeticFlags(x, y, r, this.and(this.xor(x, r), this.xor(y, r)), this.top(carries));
  }
  flagsSub<S>(x: Val, y: Val, r: Val): void {
    this.arithmeticFlags(x, y, r, this.and(this.xor(x, y), this.xor(x, r)), this.ltu(x, y));
  }
  flagsSbb<S>(x: Val, y: Val, r: Val): void {
    const borrows = this.or(this.and(this.not(x), y), this.and(this.or(this.not(x), y), r));
    this.arithmeticFlags(x, y, r, this.and(this.xor(x, y), this.xor(x, r)), this.top(borrows));
  }
  private not(x: Val): Val {
    return this.xor(x, this.const(~(<u64>0)));
  }
  flagsLogic<S>(r: Val): void {
    this.setResult(r);
    this.setAux(this.const(0));
  }
  /** 1 where x equals the constant. */
  private equals(x: Val, k: u64): Val {
    this.get(x);
    this.i64Const(k);
    byte(OP_I64_EQ);
    byte(OP_I64_EXTEND_I32_U);
    return this.define();
  }
  private countFlags(r: Val, overflows: u64, adjusts: u64): void {
    const ovf = this.shl(this.equals(r, overflows), this.const(11));
    const adjust = this.shl(this.equals(this.and(r, this.const(15)), adjusts), this.const(4));
    const carry = this.carry();
    this.setAux(this.or(this.or(carry, ovf), adjust));
    this.setResult(r);
  }
  flagsInc<S>(r: Val): void {
    this.countFlags(r, <u64>1 << ((8 << this.sizeLog2) - 1), 0);
  }
  flagsDec<S>(r: Val): void {
    this.countFlags(r, (<u64>1 << ((8 << this.sizeLog2) - 1)) - 1, 15);
  }
}

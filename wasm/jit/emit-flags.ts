/**
 * The flags half of the emitting backend: setting flags notes operands or result in locals (jit/flag-kinds.ts) and computes
 * nothing; conditions are computed from them as the kind allows, mostly by one comparison.
 * [SDM1] 3.4.3.1 – [SDM2] B.1
 */
import { AUX_PARITY_SHIFT } from "../cpu/flags";
import { Cpu, FLAG_AF, FLAG_CF, FLAG_OF } from "../cpu/state";
import { EmitValues, LOCAL_FLAG_R, LOCAL_FLAG_T, LOCAL_FLAG_X, LOCAL_FLAG_Y, LOCAL_KIND, Val, constantOf, cpuBase, maskOf } from "./emit-values";
import {
  OP_I32_AND, OP_I32_EQ, OP_I32_EQZ, OP_I32_NE, OP_I32_OR, OP_I32_POPCNT, OP_I32_SHR_U, OP_I32_STORE, OP_I32_XOR, OP_I64_EQ, OP_I64_EQZ, OP_I64_EXTEND_I32_U, OP_I64_LE_S, OP_I64_LE_U, OP_I64_LOAD,
  OP_I64_LOAD32_U, OP_I64_LT_S, OP_I64_LT_U, OP_I64_STORE, OP_I64_STORE32, TYPE_I64, byte, i32Const, localGet, localSet, memoryAccess,
} from "./encoder";
import {
  KIND_ADC, KIND_ADD, KIND_BASE, KIND_DEC, KIND_DEFERRED, KIND_IMUL, KIND_INC, KIND_LOCAL, KIND_LOGIC, KIND_ROTATED_LEFT, KIND_ROTATED_RIGHT, KIND_SAR, KIND_SBB, KIND_SHL, KIND_SHR, KIND_STRUCT, KIND_SUB, KIND_WORDS,
} from "./flag-kinds";
import { IMPORT_CARRY, IMPORT_SETTLE, call } from "./imports";

const OVERFLOW_SHIFT: u64 = 11;
const SIGN_INVERT_SHIFT: u32 = 24;

@inline function local(number: u32): Val {
  return changetype<Val>(<usize>number);
}

@unmanaged
export class EmitFlags extends EmitValues {
  /** Where the flags are now: a kind, or KIND_LOCAL. */
  kind: u32;
  private ifIsOpen: bool;

  private get x(): Val { return local(LOCAL_FLAG_X); }
  private get y(): Val { return local(LOCAL_FLAG_Y); }
  private get r(): Val { return local(LOCAL_FLAG_R); }
  private get t(): Val { return local(LOCAL_FLAG_T); }
  private note(number: u32, value: Val): void {
    this.get(value);
    localSet(number);
  }
  private sized(kind: u32): u32 {
    return kind + this.sizeLog2;
  }
  private become(kind: u32): void {
    this.kind = kind;
  }
  /** What set the flags, without its size and without a rotation since. */
  private base(): u32 {
    return this.kind & (KIND_BASE & ~3);
  }
  private isRotated(): bool {
    return (this.kind & (KIND_ROTATED_LEFT | KIND_ROTATED_RIGHT)) != 0;
  }

  // ---- setting
  private noteOperands(kind: u32, x: Val, y: Val): void {
    this.note(LOCAL_FLAG_X, x);
    this.note(LOCAL_FLAG_Y, y);
    this.become(this.sized(kind));
  }
  flagsAdd<S>(x: Val, y: Val, _r: Val): void { this.noteOperands(KIND_ADD, x, y); }
  flagsSub<S>(x: Val, y: Val, _r: Val): void { this.noteOperands(KIND_SUB, x, y); }
  flagsAdc<S>(x: Val, y: Val, r: Val): void {
    this.noteOperands(KIND_ADC, x, y);
    this.note(LOCAL_FLAG_R, r);
  }
  flagsSbb<S>(x: Val, y: Val, r: Val): void {
    this.noteOperands(KIND_SBB, x, y);
    this.note(LOCAL_FLAG_R, r);
  }
  flagsLogic<S>(r: Val): void {
    this.note(LOCAL_FLAG_R, r);
    this.become(this.sized(KIND_LOGIC));
  }
  private count(kind: u32, r: Val): void {
    this.note(LOCAL_FLAG_Y, this.carry());
    this.note(LOCAL_FLAG_R, r);
    this.become(this.sized(kind));
  }
  flagsInc<S>(r: Val): void { this.count(KIND_INC, r); }
  flagsDec<S>(r: Val): void { this.count(KIND_DEC, r); }
  private noteWords(r: Val, cf: Val, ovf: Val): void {
    const one = this.const(1);
    const aux = this.or(this.and(cf, one), this.shl(this.and(ovf, one), this.const(OVERFLOW_SHIFT)));
    this.note(LOCAL_FLAG_X, aux);
    this.note(LOCAL_FLAG_R, this.sext<f64>(r));
    this.become(KIND_WORDS);
  }
  private noteShift(kind: u32, last: Val, r: Val): void {
    this.note(LOCAL_FLAG_X, last);
    this.note(LOCAL_FLAG_R, r);
    this.become(this.sized(kind));
  }
  flagsShl<S>(last: Val, r: Val): void { this.noteShift(KIND_SHL, last, r); }
  flagsShr<S>(last: Val, r: Val): void { this.noteShift(KIND_SHR, last, r); }
  flagsSar<S>(last: Val, r: Val): void { this.noteShift(KIND_SAR, last, r); }
  private rotated<S>(how: u32, r: Val): void {
    if (this.isOpaque()) this.words();
    let t = r;
    for (let width = this.widthBits<S>(); width < 64; width <<= 1) t = this.or(t, this.shl(t, this.const(width)));
    this.note(LOCAL_FLAG_T, t);
    this.become((this.kind & KIND_BASE) | how);
  }
  flagsRotl<S>(r: Val): void { this.rotated<S>(KIND_ROTATED_LEFT, r); }
  flagsRotr<S>(r: Val): void { this.rotated<S>(KIND_ROTATED_RIGHT, r); }
  flagsDoubleShift<S>(r: Val, cf: Val, ovf: Val): void {
    this.words();
    const one = this.const(1);
    const both = this.or(this.and(cf, one), this.shl(this.and(ovf, one), this.const(OVERFLOW_SHIFT)));
    this.note(LOCAL_FLAG_X, this.or(this.and(this.x, this.const(FLAG_AF)), both));
    this.note(LOCAL_FLAG_R, this.sext<f64>(r));
  }
  flagsImul<S>(x: Val, y: Val, low: Val): void {
    this.noteOperands(KIND_IMUL, x, y);
    this.note(LOCAL_FLAG_R, low);
  }
  /** CF ← bit 0 of cf; the other flags stay. */
  setCarry(cf: Val): void {
    this.words();
    this.note(LOCAL_FLAG_X, this.or(this.and(this.x, this.const(~(<u64>FLAG_CF))), this.and(cf, this.const(1))));
  }
  /** CF = OF = overflow, the rest by the result: after a multiplication. */
  flagsProduct<S>(low: Val, overflow: Val): void { this.noteWords(low, overflow, overflow); }

  // ---- parts that run only where a value is not zero (shift counts)
  beginIf(condition: Val): bool {
    if (constantOf(condition)) {
      this.ifIsOpen = false;
      return this.valueOf(condition) != 0;
    }
    this.noteKind(); // the ways may end with different kinds
    this.get(condition);
    byte(OP_I64_EQZ);
    byte(OP_I32_EQZ);
    this.openIf();
    this.ifIsOpen = true;
    return true;
  }
  endIf(): void {
    if (!this.ifIsOpen) return;
    this.noteKind();
    this.close();
    this.become(KIND_LOCAL);
  }

  // ---- getting
  /** The result, zero-extended. */
  private result(): Val {
    const kind = this.base();
    if (kind != KIND_ADD && kind != KIND_SUB) return this.r;
    const size = this.kind & 3;
    const uncut = kind == KIND_ADD ? this.add(this.x, this.y) : this.sub(this.x, this.y);
    return size == 2 ? this.low32(uncut) : this.and(uncut, this.const(maskOf(size)));
  }
  /** Bit 0: the top bit of the size that set the flags. */
  private top(value: Val): Val {
    return this.and(this.shr(value, this.const((8 << (this.kind & 3)) - 1)), this.const(1));
  }
  private wide(value: Val): Val {
    const size = this.sizeLog2;
    this.sizeLog2 = this.kind & 3;
    const extended = this.sext<f64>(value);
    this.sizeLog2 = size;
    return extended;
  }
  /** CF, 0 or 1. */
  carry(): Val {
    if (this.isOpaque()) return this.carryOfOpaque();
    if (this.isRotated()) return this.kind & KIND_ROTATED_LEFT ? this.and(this.t, this.const(1)) : this.shr(this.t, this.const(63));
    if (this.kind == KIND_WORDS) return this.and(this.x, this.const(FLAG_CF));
    switch (this.base()) {
      case KIND_LOGIC: return this.const(0);
      case KIND_SHL: return this.top(this.x);
      case KIND_SHR:
      case KIND_SAR: return this.and(this.x, this.const(1));
      case KIND_ADD: return this.ltu(this.result(), this.x);
      case KIND_SUB: return this.ltu(this.x, this.y);
      case KIND_ADC: return this.top(this.or(this.and(this.x, this.y), this.and(this.or(this.x, this.y), this.not(this.r))));
      case KIND_SBB: return this.top(this.or(this.and(this.not(this.x), this.y), this.and(this.or(this.not(this.x), this.y), this.r)));
      default: {
        // A copy: INC and DEC note it in the local it comes from.
        this.get(this.y);
        return this.define();
      }
    }
  }
  /** CF where the kind is found out as the code runs: mostly a comparison or logic has set it. The flags stay as they are. */
  private carryOfOpaque(): Val {
    this.noteKind();
    localGet(LOCAL_KIND);
    i32Const(KIND_BASE & ~3 | KIND_ROTATED_LEFT | KIND_ROTATED_RIGHT);
    byte(OP_I32_AND);
    i32Const(KIND_SUB);
    byte(OP_I32_EQ);
    this.openIfValue(TYPE_I64);
    this.compare(OP_I64_LT_U, this.x, this.y);
    byte(OP_I64_EXTEND_I32_U);
    this.otherwise();
    this.passFlags();
    call(IMPORT_CARRY);
    this.close();
    return this.define();
  }
  private not(value: Val): Val {
    return this.xor(value, this.const(~(<u64>0)));
  }
  private overflow(): Val {
    if (this.isRotated()) {
      const below = this.kind & KIND_ROTATED_LEFT ? this.t : this.shr(this.t, this.const(62));
      return this.and(this.xor(this.shr(this.t, this.const(63)), below), this.const(1));
    }
    switch (this.base()) {
      case KIND_LOGIC:
      case KIND_SAR: return this.const(0);
      case KIND_SHL: return this.xor(this.top(this.r), this.top(this.x));
      case KIND_SHR: return this.xor(this.top(this.r), this.top(this.shl(this.r, this.const(1))));
      case KIND_ADD:
      case KIND_ADC: {
        const r = this.result();
        return this.top(this.and(this.xor(this.x, r), this.xor(this.y, r)));
      }
      case KIND_SUB:
      case KIND_SBB: return this.top(this.and(this.xor(this.x, this.y), this.xor(this.x, this.result())));
      case KIND_INC: return this.equal(this.r, this.const(<u64>1 << ((8 << (this.kind & 3)) - 1)));
      default: return this.equal(this.r, this.const((<u64>1 << ((8 << (this.kind & 3)) - 1)) - 1));
    }
  }
  private adjust(): Val {
    const bit = this.const(FLAG_AF);
    switch (this.base()) {
      case KIND_LOGIC:
      case KIND_SHL:
      case KIND_SHR:
      case KIND_SAR: return this.const(0);
      case KIND_INC: return this.shl(this.equal(this.and(this.r, this.const(15)), this.const(0)), this.const(4));
      case KIND_DEC: return this.shl(this.equal(this.and(this.r, this.const(15)), this.const(15)), this.const(4));
      default: return this.and(this.xor(this.xor(this.x, this.y), this.result()), bit);
    }
  }

  /** Flags are to be had from the struct only, by the core. */
  private isOpaque(): bool {
    return this.kind == KIND_STRUCT || this.kind == KIND_DEFERRED || this.kind == KIND_LOCAL || this.base() == KIND_IMUL;
  }
  /** Makes the kind KIND_WORDS, whatever it was. */
  words(): void {
    if (this.kind == KIND_WORDS) return;
    if (this.isOpaque()) {
      this.settle();
      cpuBase();
      memoryAccess(OP_I64_LOAD, offsetof<Cpu>("flagRes"));
      localSet(LOCAL_FLAG_R);
      cpuBase();
      memoryAccess(OP_I64_LOAD32_U, offsetof<Cpu>("flagAux"));
      localSet(LOCAL_FLAG_X);
    } else {
      const outer = this.or(this.carry(), this.shl(this.overflow(), this.const(OVERFLOW_SHIFT)));
      if ((this.kind & KIND_BASE) == KIND_WORDS) {
        const others = this.and(this.x, this.const(~(<u64>(FLAG_CF | FLAG_OF))));
        this.note(LOCAL_FLAG_X, this.or(others, outer));
      } else {
        const aux = this.or(outer, this.adjust());
        this.note(LOCAL_FLAG_R, this.wide(this.result()));
        this.note(LOCAL_FLAG_X, aux);
      }
    }
    this.become(KIND_WORDS);
  }

  private putWord(number: u32, offset: u32): void {
    cpuBase();
    localGet(number);
    memoryAccess(OP_I64_STORE, offset);
  }
  private putOperands(withRest: bool): void {
    this.putWord(LOCAL_FLAG_X, offsetof<Cpu>("jitFlagX"));
    this.putWord(LOCAL_FLAG_Y, offsetof<Cpu>("jitFlagY"));
    if (!withRest) return;
    this.putWord(LOCAL_FLAG_R, offsetof<Cpu>("jitFlagR"));
    this.putWord(LOCAL_FLAG_T, offsetof<Cpu>("jitFlagT"));
  }
  /** Leaves the flags to the next region: makes the kind KIND_DEFERRED. */
  defer(): void {
    const kind = this.kind;
    if (kind == KIND_DEFERRED) return;
    if (kind == KIND_LOCAL) {
      localGet(LOCAL_KIND);
      i32Const(KIND_DEFERRED);
      byte(OP_I32_NE);
      this.openIf();
      this.putOperands(true);
      cpuBase();
      localGet(LOCAL_KIND);
      memoryAccess(OP_I32_STORE, offsetof<Cpu>("jitFlagKind"));
      this.close();
    } else {
      const base = this.base();
      if (kind == KIND_STRUCT) {
        // They are there.
      } else if (base == KIND_LOGIC && !this.isRotated()) this.putWord(LOCAL_FLAG_R, offsetof<Cpu>("jitFlagR"));
      else this.putOperands((base != KIND_ADD && base != KIND_SUB) || this.isRotated());
      cpuBase();
      i32Const(kind);
      memoryAccess(OP_I32_STORE, offsetof<Cpu>("jitFlagKind"));
    }
    this.become(KIND_DEFERRED);
  }

  /** Makes the kind KIND_STRUCT: before code outside compiled regions looks. */
  settle(): void {
    if (this.kind == KIND_STRUCT) return;
    if (this.isOpaque()) {
      this.noteKind();
      this.passFlags();
      call(IMPORT_SETTLE);
    } else {
      this.words();
      cpuBase();
      this.get(this.r);
      memoryAccess(OP_I64_STORE, offsetof<Cpu>("flagRes"));
      cpuBase();
      this.get(this.x);
      memoryAccess(OP_I64_STORE32, offsetof<Cpu>("flagAux"));
    }
    this.become(KIND_STRUCT);
  }
  /** The arguments of `settleFlags`, the kind from its local. */
  passFlags(): void {
    cpuBase();
    localGet(LOCAL_KIND);
    localGet(LOCAL_FLAG_X);
    localGet(LOCAL_FLAG_Y);
    localGet(LOCAL_FLAG_R);
    localGet(LOCAL_FLAG_T);
  }
  /** Puts the kind into its local: where this path meets others. */
  noteKind(): void {
    if (this.kind == KIND_LOCAL) return;
    i32Const(this.kind);
    localSet(LOCAL_KIND);
  }

  // ---- conditions
  private compare(opcode: u8, x: Val, y: Val): void {
    this.get(x);
    this.get(y);
    byte(opcode);
  }
  private wrapped(flag: Val): void {
    this.getWrapped(flag);
  }
  private zero(): void {
    if (this.base() == KIND_SUB) this.compare(OP_I64_EQ, this.x, this.y);
    else {
      this.get(this.result());
      byte(OP_I64_EQZ);
    }
  }
  private sign(): void {
    if ((this.kind & KIND_BASE) == KIND_WORDS) {
      this.compare(OP_I64_LT_S, this.r, this.const(0));
      this.wrapped(this.x);
      i32Const(SIGN_INVERT_SHIFT);
      byte(OP_I32_SHR_U);
      i32Const(1);
      byte(OP_I32_AND);
      byte(OP_I32_XOR);
    } else this.compare(OP_I64_LT_S, this.wide(this.result()), this.const(0));
  }
  private overflowBit(): void {
    if (this.kind == KIND_WORDS) this.wrapped(this.and(this.shr(this.x, this.const(OVERFLOW_SHIFT)), this.const(1)));
    else this.wrapped(this.overflow());
  }
  private parity(): void {
    this.wrapped(this.result());
    if ((this.kind & KIND_BASE) == KIND_WORDS) {
      this.wrapped(this.x);
      i32Const(AUX_PARITY_SHIFT);
      byte(OP_I32_SHR_U);
      byte(OP_I32_XOR);
    }
    i32Const(0xff);
    byte(OP_I32_AND);
    byte(OP_I32_POPCNT);
    i32Const(1);
    byte(OP_I32_AND);
    byte(OP_I32_EQZ);
  }
  private less(): void {
    const kind = this.isRotated() ? KIND_WORDS : this.base();
    if (kind == KIND_SUB) this.compare(OP_I64_LT_S, this.wide(this.x), this.wide(this.y));
    else if (kind == KIND_LOGIC) this.sign();
    else {
      this.sign();
      this.overflowBit();
      byte(OP_I32_XOR);
    }
  }
  /** Puts condition `cc` (as in Jcc) on the wasm stack: an i32, not zero where it holds. */
  condition(cc: u32): void {
    if (this.isOpaque()) this.words();
    const isSub = this.base() == KIND_SUB && !this.isRotated();
    switch (cc >> 1) {
      case 0: this.overflowBit(); break;
      case 1: this.wrapped(this.carry()); break;
      case 2: this.zero(); break;
      case 3:
        if (isSub) this.compare(OP_I64_LE_U, this.x, this.y);
        else {
          this.wrapped(this.carry());
          this.zero();
          byte(OP_I32_OR);
        }
        break;
      case 4: this.sign(); break;
      case 5: this.parity(); break;
      case 6: this.less(); break;
      default:
        if (isSub) this.compare(OP_I64_LE_S, this.wide(this.x), this.wide(this.y));
        else {
          this.less();
          this.zero();
          byte(OP_I32_OR);
        }
    }
    if (cc & 1) byte(OP_I32_EQZ);
  }
  /** The same as a value: 0 or 1. */
  conditionValue(cc: u32): Val {
    this.condition(cc);
    byte(OP_I64_EXTEND_I32_U);
    return this.define();
  }
}

/**
 * Moves between registers, memory and immediates, exchanges and sign extension.
 * [SDM2] MOV MOVZX MOVSX MOVSXD LEA XCHG BSWAP MOVBE CMOVcc SETcc XLAT CBW CWD
 */
import { ACCESS_READ, ACCESS_WRITE, effectiveOffset, linear, segLinear } from "../cpu/address";
import { readE, readG, setReg, writeG } from "../cpu/operand";
import { Cpu } from "../cpu/state";
import { Rec, addrSizeLog2 } from "../decode/record";
import { memRead, memWrite } from "../mmu/access";

@final export class MOV {
  @inline apply<B, V, S>(_b: B, _x: V, y: V): V { return y; }
}

@final export class MOVZX8 {
  @inline apply<B, V, S>(_b: B, _x: V, y: V): V { return y; }
}
@final export class MOVZX16 {
  @inline apply<B, V, S>(_b: B, _x: V, y: V): V { return y; }
}
@final export class MOVSX8 {
  @inline apply<B, V, S>(b: B, _x: V, y: V): V { return b.sext<S>(y); }
}
@final export class MOVSX16 {
  @inline apply<B, V, S>(b: B, _x: V, y: V): V { return b.sext<S>(y); }
}
@final export class MOVSXD {
  @inline apply<B, V, S>(b: B, _x: V, y: V): V { return b.sext<S>(y); }
}

export function LEA<T>(cpu: Cpu, rec: Rec): void {
  writeG<T>(cpu, rec, <T>effectiveOffset(cpu, rec));
}

/** Linear address of a MOV with an absolute offset in place of a ModRM. */
@inline function absolute(cpu: Cpu, rec: Rec, sizeBytes: u32, access: u32): u64 {
  const size = addrSizeLog2(rec);
  const offset: u64 = size == 3 ? <u64>rec.imm : size == 2 ? <u64>rec.imm & 0xffff_ffff : <u64>rec.imm & 0xffff;
  return segLinear(cpu, rec.seg, offset, sizeBytes, access);
}

export function MOV_A_O<T>(cpu: Cpu, rec: Rec): void {
  const linearAddr = absolute(cpu, rec, sizeof<T>(), ACCESS_READ);
  if (cpu.fault) return;
  const value = memRead<T>(cpu, linearAddr);
  if (cpu.fault) return;
  setReg<T>(cpu, 0, value);
}

export function MOV_A_O8(cpu: Cpu, rec: Rec): void {
  MOV_A_O<u8>(cpu, rec);
}

export function MOV_O_A<T>(cpu: Cpu, rec: Rec): void {
  const linearAddr = absolute(cpu, rec, sizeof<T>(), ACCESS_WRITE);
  if (cpu.fault) return;
  memWrite<T>(cpu, linearAddr, <T>cpu.rax);
}

export function MOV_O_A8(cpu: Cpu, rec: Rec): void {
  MOV_O_A<u8>(cpu, rec);
}

@final export class XCHG8 {}
@final export class XCHG {}
/** XCHG rAX, register of the opcode. */
@final export class XCHG_A {}

export function NOP(_cpu: Cpu, _rec: Rec): void {}

/** The result of BSWAP on a 16-bit register is undefined; processors clear it. */
@final export class BSWAP {
  @inline apply<B, V, S>(b: B, x: V, _y: V): V { return b.bswap<S>(x); }
}

export function MOVBE_LOAD<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  writeG<T>(cpu, rec, bswap<T>(value));
}

export function MOVBE_STORE<T>(cpu: Cpu, rec: Rec): void {
  const linearAddr = linear(cpu, rec, sizeof<T>(), ACCESS_WRITE);
  if (cpu.fault) return;
  memWrite<T>(cpu, linearAddr, bswap<T>(readG<T>(cpu, rec)));
}

@final export class CMOV {}
@final export class SETCC {}

/** AL ← [rBX + AL] */
export function XLAT(cpu: Cpu, rec: Rec): void {
  let offset = cpu.rbx + (cpu.rax & 0xff);
  const size = addrSizeLog2(rec);
  if (size == 1) offset &= 0xffff;
  else if (size == 2) offset &= 0xffff_ffff;
  const linearAddr = segLinear(cpu, rec.seg, offset, 1, ACCESS_READ);
  if (cpu.fault) return;
  const value = memRead<u8>(cpu, linearAddr);
  if (cpu.fault) return;
  setReg<u8>(cpu, 0, value);
}

/** CBW, CWDE, CDQE by operand size: the lower half, sign-extended. */
@final export class CBW {
  @inline apply<B, V, S>(b: B, x: V): V { return b.trunc<S>(b.sextHalf<S>(x)); }
}

/** CWD, CDQ, CQO by operand size: all bits are the sign. */
@final export class CWD {
  @inline apply<B, V, S>(b: B, x: V): V { return b.trunc<S>(b.sar(b.sext<S>(x), b.const(63))); }
}

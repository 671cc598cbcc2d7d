/**
 * Moves between registers, memory and immediates, exchanges and sign extension.
 * [SDM2] MOV MOVZX MOVSX MOVSXD LEA XCHG BSWAP MOVBE CMOVcc SETcc XLAT CBW CWD
 */
import { ACCESS_READ, ACCESS_WRITE, effectiveOffset, linear, segLinear } from "../cpu/address";
import { condition } from "../cpu/flags";
import { linearRmw, readE, readG, setReg, writeE, writeG } from "../cpu/operand";
import { Cpu, ptr } from "../cpu/state";
import { Rec, addrSizeLog2, isMem } from "../decode/record";
import { memRead, memReadForWrite, memWrite } from "../mmu/access";

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

export function XCHG<T>(cpu: Cpu, rec: Rec): void {
  const g = readG<T>(cpu, rec);
  if (isMem(rec)) {
    const linearAddr = linearRmw(cpu, rec, sizeof<T>());
    if (cpu.fault) return;
    const value = memReadForWrite<T>(cpu, linearAddr);
    if (cpu.fault) return;
    memWrite<T>(cpu, linearAddr, g);
    writeG<T>(cpu, rec, value);
  } else {
    const value = load<T>(ptr(cpu) + rec.e);
    setReg<T>(cpu, rec.e, g);
    writeG<T>(cpu, rec, value);
  }
}

export function XCHG8(cpu: Cpu, rec: Rec): void {
  XCHG<u8>(cpu, rec);
}

/** XCHG rAX, register of the opcode. */
export function XCHG_A<T>(cpu: Cpu, rec: Rec): void {
  const value = readG<T>(cpu, rec);
  writeG<T>(cpu, rec, <T>cpu.rax);
  setReg<T>(cpu, 0, value);
}

export function NOP(_cpu: Cpu, _rec: Rec): void {}

/** The result of BSWAP on a 16-bit register is undefined; processors clear it. */
export function BSWAP<T>(cpu: Cpu, rec: Rec): void {
  if (sizeof<T>() == 2) writeG<T>(cpu, rec, <T>0);
  else writeG<T>(cpu, rec, bswap<T>(readG<T>(cpu, rec)));
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

/** The source is read, and may fault, whatever the condition; a 32-bit destination is zero-extended in any case. */
export function CMOV<T>(cpu: Cpu, rec: Rec): void {
  const value = readE<T>(cpu, rec);
  if (cpu.fault) return;
  writeG<T>(cpu, rec, condition(cpu, rec.opcode & 15) ? value : readG<T>(cpu, rec));
}

export function SETCC(cpu: Cpu, rec: Rec): void {
  writeE<u8>(cpu, rec, <u8>condition(cpu, rec.opcode & 15));
}

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

/** CBW, CWDE, CDQE by operand size. */
export function CBW(cpu: Cpu, rec: Rec): void {
  const size = (<u32>rec.flags >> 4) & 3;
  if (size == 1) setReg<u16>(cpu, 0, <u16>(<i16>(<i8>cpu.rax)));
  else if (size == 2) setReg<u32>(cpu, 0, <u32>(<i32>(<i16>cpu.rax)));
  else cpu.rax = <u64>(<i64>(<i32>cpu.rax));
}

/** CWD, CDQ, CQO by operand size. */
export function CWD(cpu: Cpu, rec: Rec): void {
  const size = (<u32>rec.flags >> 4) & 3;
  if (size == 1) setReg<u16>(cpu, 16, <u16>(<i16>cpu.rax >> 15));
  else if (size == 2) setReg<u32>(cpu, 16, <u32>(<i32>cpu.rax >> 31));
  else cpu.rdx = <u64>(<i64>cpu.rax >> 63);
}

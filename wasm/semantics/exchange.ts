/**
 * Compare-and-exchange and exchange-and-add. The destination is always written (with its old value on a mismatch), so a
 * read-only page faults either way.
 * [SDM2] CMPXCHG CMPXCHG8B/CMPXCHG16B XADD
 */
import { addSetFlags, compare } from "../cpu/alu-flags";
import { raiseGP } from "../cpu/fault";
import { setZF } from "../cpu/flags";
import { linearRmw, readG, setReg, writeG } from "../cpu/operand";
import { Cpu, ptr } from "../cpu/state";
import { REC_REX_W, Rec, isMem } from "../decode/record";
import { memReadForWrite, memWrite } from "../mmu/access";

export function CMPXCHG<T>(cpu: Cpu, rec: Rec): void {
  const accumulator = <T>cpu.rax;
  const source = readG<T>(cpu, rec);
  if (isMem(rec)) {
    const linearAddr = linearRmw(cpu, rec, sizeof<T>());
    if (cpu.fault) return;
    const dest = memReadForWrite<T>(cpu, linearAddr);
    if (cpu.fault) return;
    memWrite<T>(cpu, linearAddr, dest == accumulator ? source : dest);
    if (dest != accumulator) setReg<T>(cpu, 0, dest);
    compare<T>(cpu, <u64>accumulator, <u64>dest);
  } else {
    const dest = load<T>(ptr(cpu) + rec.e);
    if (dest == accumulator) setReg<T>(cpu, rec.e, source);
    else setReg<T>(cpu, 0, dest);
    compare<T>(cpu, <u64>accumulator, <u64>dest);
  }
}

export function CMPXCHG8(cpu: Cpu, rec: Rec): void {
  CMPXCHG<u8>(cpu, rec);
}

export function XADD<T>(cpu: Cpu, rec: Rec): void {
  const source = readG<T>(cpu, rec);
  if (isMem(rec)) {
    const linearAddr = linearRmw(cpu, rec, sizeof<T>());
    if (cpu.fault) return;
    const dest = memReadForWrite<T>(cpu, linearAddr);
    if (cpu.fault) return;
    memWrite<T>(cpu, linearAddr, <T>addSetFlags<T>(cpu, <u64>dest, <u64>source));
    writeG<T>(cpu, rec, dest);
  } else {
    const dest = load<T>(ptr(cpu) + rec.e);
    const sum = <T>addSetFlags<T>(cpu, <u64>dest, <u64>source);
    writeG<T>(cpu, rec, dest);
    setReg<T>(cpu, rec.e, sum); // E is written last: it wins when both are the same register
  }
}

export function XADD8(cpu: Cpu, rec: Rec): void {
  XADD<u8>(cpu, rec);
}

/** CMPXCHG8B, and CMPXCHG16B with REX.W; only ZF changes. */
export function CMPXCHG8B(cpu: Cpu, rec: Rec): void {
  let equal: bool;
  if (rec.flags & REC_REX_W) {
    const linearAddr = linearRmw(cpu, rec, 16);
    if (cpu.fault) return;
    if (linearAddr & 15) {
      raiseGP(cpu, 0);
      return;
    }
    const low = memReadForWrite<u64>(cpu, linearAddr);
    if (cpu.fault) return;
    const high = memReadForWrite<u64>(cpu, linearAddr + 8);
    if (cpu.fault) return;
    equal = low == cpu.rax && high == cpu.rdx;
    memWrite<u64>(cpu, linearAddr, equal ? cpu.rbx : low);
    memWrite<u64>(cpu, linearAddr + 8, equal ? cpu.rcx : high);
    if (!equal) {
      cpu.rax = low;
      cpu.rdx = high;
    }
  } else {
    const linearAddr = linearRmw(cpu, rec, 8);
    if (cpu.fault) return;
    const value = memReadForWrite<u64>(cpu, linearAddr);
    if (cpu.fault) return;
    equal = value == ((cpu.rax & 0xffff_ffff) | (cpu.rdx << 32));
    memWrite<u64>(cpu, linearAddr, equal ? (cpu.rbx & 0xffff_ffff) | (cpu.rcx << 32) : value);
    if (!equal) {
      cpu.rax = value & 0xffff_ffff;
      cpu.rdx = value >> 32;
    }
  }
  setZF(cpu, equal);
}

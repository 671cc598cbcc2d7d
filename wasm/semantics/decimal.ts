/**
 * Decimal adjustment of AL and AX, and SALC. Undefined flags as processors leave them.
 * [SDM2] AAA AAD AAM AAS DAA DAS
 */
import { VECTOR_DE, raise } from "../cpu/fault";
import { arithFlags, getCF } from "../cpu/flags";
import { setReg } from "../cpu/operand";
import { Cpu, FLAG_AF, FLAG_CF } from "../cpu/state";
import { Rec } from "../decode/record";

@inline function setResult8(cpu: Cpu, al: u32, aux: u32): void {
  setReg<u8>(cpu, 0, <u8>al);
  cpu.flagRes = <i64>(<i8>al);
  cpu.flagAux = aux;
}

export function DAA(cpu: Cpu, _rec: Rec): void {
  const old: u32 = <u32>cpu.rax & 0xff;
  const flags = arithFlags(cpu);
  let al = old;
  let aux: u32 = 0;
  if ((old & 15) > 9 || flags & FLAG_AF) {
    al += 6;
    aux = FLAG_AF;
  }
  if (old > 0x99 || flags & FLAG_CF) {
    al += 0x60;
    aux |= FLAG_CF;
  }
  setResult8(cpu, al, aux);
}

export function DAS(cpu: Cpu, _rec: Rec): void {
  const old: u32 = <u32>cpu.rax & 0xff;
  const flags = arithFlags(cpu);
  let al = old;
  let aux: u32 = 0;
  if ((old & 15) > 9 || flags & FLAG_AF) {
    aux = FLAG_AF;
    if (old < 6 || flags & FLAG_CF) aux |= FLAG_CF;
    al -= 6;
  }
  if (old > 0x99 || flags & FLAG_CF) {
    al -= 0x60;
    aux |= FLAG_CF;
  }
  setResult8(cpu, al, aux);
}

export function AAA(cpu: Cpu, _rec: Rec): void {
  let ax: u32 = <u32>cpu.rax & 0xffff;
  const adjust = (ax & 15) > 9 || (cpu.flagAux & FLAG_AF) != 0;
  if (adjust) ax += 0x106;
  setReg<u16>(cpu, 0, <u16>(ax & 0xff0f));
  cpu.flagRes = <i64>(<i8>ax & 15);
  cpu.flagAux = adjust ? FLAG_AF | FLAG_CF : 0;
}

export function AAS(cpu: Cpu, _rec: Rec): void {
  let ax: u32 = <u32>cpu.rax & 0xffff;
  const adjust = (ax & 15) > 9 || (cpu.flagAux & FLAG_AF) != 0;
  if (adjust) ax -= 0x106;
  setReg<u16>(cpu, 0, <u16>(ax & 0xff0f));
  cpu.flagRes = <i64>(<i8>ax & 15);
  cpu.flagAux = adjust ? FLAG_AF | FLAG_CF : 0;
}

export function AAM(cpu: Cpu, rec: Rec): void {
  const base: u32 = <u32>rec.imm & 0xff;
  if (base == 0) {
    raise(cpu, VECTOR_DE);
    return;
  }
  const al: u32 = <u32>cpu.rax & 0xff;
  setReg<u16>(cpu, 0, <u16>(((al / base) << 8) | (al % base)));
  cpu.flagRes = <i64>(<i8>(al % base));
  cpu.flagAux = 0;
}

export function AAD(cpu: Cpu, rec: Rec): void {
  const al: u32 = ((<u32>cpu.rax & 0xff) + ((<u32>cpu.rax >> 8) & 0xff) * (<u32>rec.imm & 0xff)) & 0xff;
  setReg<u16>(cpu, 0, <u16>al);
  cpu.flagRes = <i64>(<i8>al);
  cpu.flagAux = 0;
}

/** AL ← CF ? FF : 00. Not in the manuals, in every processor. */
export function SALC(cpu: Cpu, _rec: Rec): void {
  setReg<u8>(cpu, 0, getCF(cpu) ? 0xff : 0);
}

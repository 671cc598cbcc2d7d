/**
 * Arithmetic flags between their lazy form (flagRes, flagAux) and EFLAGS.
 *
 *   flagRes  the result, sign-extended from its size: ZF = (flagRes == 0), SF = (flagRes < 0), PF = parity of bits 0–7
 *   flagAux  bit 0 CF, bit 4 AF, bit 11 OF; bits 16–23 are XORed into the byte whose parity gives PF; bit 24 inverts SF.
 *
 * The two inverters let any combination of ZF, SF and PF be stored (POPF can ask for ZF=1 with SF=1).
 * [SDM1] 3.4.3.1
 */
import { Cpu, FLAG_AF, FLAG_CF, FLAG_OF, FLAG_PF, FLAG_SF, FLAG_ZF, FLAGS_ARITH } from "./state";

export const AUX_PARITY_SHIFT: u32 = 16;
export const AUX_SIGN_INVERT: u32 = 1 << 24;

@inline export function getCF(cpu: Cpu): u32 {
  return cpu.flagAux & FLAG_CF;
}

@inline export function getZF(cpu: Cpu): bool {
  return cpu.flagRes == 0;
}

@inline export function getSF(cpu: Cpu): bool {
  return <bool>((<u32>(<u64>cpu.flagRes >> 63)) ^ ((cpu.flagAux >> 24) & 1));
}

@inline export function getOF(cpu: Cpu): bool {
  return (cpu.flagAux & FLAG_OF) != 0;
}

@inline export function getPF(cpu: Cpu): bool {
  return !(popcnt<u32>((<u32>cpu.flagRes ^ (cpu.flagAux >> AUX_PARITY_SHIFT)) & 0xff) & 1);
}

/** CF PF AF ZF SF OF as they stand in EFLAGS. */
export function arithFlags(cpu: Cpu): u32 {
  let flags: u32 = cpu.flagAux & (FLAG_CF | FLAG_AF | FLAG_OF);
  if (getZF(cpu)) flags |= FLAG_ZF;
  if (getSF(cpu)) flags |= FLAG_SF;
  if (getPF(cpu)) flags |= FLAG_PF;
  return flags;
}

/** Takes CF PF AF ZF SF OF from an EFLAGS image. */
export function setArithFlags(cpu: Cpu, flags: u32): void {
  // A result of 0 has SF=0 and PF=1; 1 has ZF=0, SF=0 and PF=0.
  const zero = (flags & FLAG_ZF) != 0;
  let aux: u32 = flags & (FLAG_CF | FLAG_AF | FLAG_OF);
  if (flags & FLAG_SF) aux |= AUX_SIGN_INVERT;
  const parityEven = (flags & FLAG_PF) != 0;
  if (parityEven != zero) aux |= 1 << AUX_PARITY_SHIFT;
  cpu.flagRes = zero ? 0 : 1;
  cpu.flagAux = aux;
}

/** Sets ZF alone. Mostly it is as wanted already. */
export function setZF(cpu: Cpu, zero: bool): void {
  if (getZF(cpu) == zero) return;
  const flags = arithFlags(cpu);
  setArithFlags(cpu, zero ? flags | FLAG_ZF : flags & ~FLAG_ZF);
}

/** The whole RFLAGS image. */
export function readFlags(cpu: Cpu): u32 {
  return (cpu.eflags & ~FLAGS_ARITH) | arithFlags(cpu) | 2;
}

/** Sets the bits of `mask` in RFLAGS from `value`. Callers that change IF, TF, AC, VM or IOPL re-evaluate modes and events. */
export function writeFlags(cpu: Cpu, value: u32, mask: u32): void {
  setArithFlags(cpu, (value & mask) | (arithFlags(cpu) & ~mask));
  cpu.eflags = (((value & mask) | (cpu.eflags & ~mask)) & ~FLAGS_ARITH) | 2;
}

/** Condition `cc` as encoded in Jcc, SETcc and CMOVcc. [SDM2] B.1 */
export function condition(cpu: Cpu, cc: u32): bool {
  let result: bool;
  switch (cc >> 1) {
    case 0: result = getOF(cpu); break;
    case 1: result = getCF(cpu) != 0; break;
    case 2: result = getZF(cpu); break;
    case 3: result = getCF(cpu) != 0 || getZF(cpu); break;
    case 4: result = getSF(cpu); break;
    case 5: result = getPF(cpu); break;
    case 6: result = getSF(cpu) != getOF(cpu); break;
    default: result = getSF(cpu) != getOF(cpu) || getZF(cpu); break;
  }
  return <bool>(<u32>result ^ (cc & 1));
}

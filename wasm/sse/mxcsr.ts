/**
 * MXCSR: bits, and what an instruction does with the exceptions that it found.
 * Not claimed: MM (misaligned memory operands, AMD). [SDM1] 10.2.3, 11.5; [APM1] 4.2.2
 */
import { VECTOR_XM, raise, raiseGP, raiseUD } from "../cpu/fault";
import { CR4_OSXMMEXCPT, Cpu } from "../cpu/state";

export const MXCSR_IE: u32 = 1;
export const MXCSR_DE: u32 = 2;
export const MXCSR_ZE: u32 = 4;
export const MXCSR_OE: u32 = 8;
export const MXCSR_UE: u32 = 0x10;
export const MXCSR_PE: u32 = 0x20;
/** The sticky flags. */
export const MXCSR_FLAGS: u32 = 0x3f;
/** Denormal operands count as zero. */
export const MXCSR_DAZ: u32 = 0x40;
/** Shift from a flag to its mask bit. */
export const MXCSR_MASK_SHIFT: u32 = 7;
export const MXCSR_UM: u32 = MXCSR_UE << MXCSR_MASK_SHIFT;
export const MXCSR_OM: u32 = MXCSR_OE << MXCSR_MASK_SHIFT;
export const MXCSR_PM: u32 = MXCSR_PE << MXCSR_MASK_SHIFT;
export const MXCSR_RC_SHIFT: u32 = 13;
export const MXCSR_RC: u32 = 3 << MXCSR_RC_SHIFT;
/** Tiny results become zero. */
export const MXCSR_FZ: u32 = 0x8000;
export const MXCSR_RESET: u32 = 0x1f80;
/** Bits that may be set; also what FXSAVE stores as MXCSR_MASK. */
export const MXCSR_WRITABLE: u32 = 0xffff;

/** Exceptions seen before the result is computed; they keep the later ones (OE, UE, PE) from being reported. */
const PRE_COMPUTATION: u32 = MXCSR_IE | MXCSR_DE | MXCSR_ZE;

/** MXCSR from memory: #GP(0) if a reserved bit is set. Returns false then. */
export function checkMxcsr(cpu: Cpu, value: u32): bool {
  if (!(value & ~MXCSR_WRITABLE)) return true;
  raiseGP(cpu, 0);
  return false;
}

/**
 * Makes `flags`, found by all lanes of one instruction, sticky; raises #XM (#UD where CR4.OSXMMEXCPT=0) if one of them
 * is unmasked. Returns true when the result may be written. The flags are set even when the instruction faults.
 * [SDM1] 11.5.2, 11.5.3; [SDM3] 6.15 vector 19
 */
@inline export function commitFlags(cpu: Cpu, flags: u32): bool {
  if (flags & ~(cpu.mxcsr >> MXCSR_MASK_SHIFT)) return unmasked(cpu, flags);
  cpu.mxcsr |= flags;
  return true;
}

function unmasked(cpu: Cpu, flags: u32): bool {
  const raised = flags & ~(cpu.mxcsr >> MXCSR_MASK_SHIFT);
  cpu.mxcsr |= raised & PRE_COMPUTATION ? flags & PRE_COMPUTATION : flags;
  if (cpu.cr4 & CR4_OSXMMEXCPT) raise(cpu, VECTOR_XM);
  else raiseUD(cpu);
  return false;
}

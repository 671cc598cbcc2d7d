/**
 * What x87, MMX and SSE instructions check before they do anything: CR0.EM, CR0.TS, CR4.OSFXSR and a pending unmasked
 * x87 exception. Each check returns true when the instruction may go on; otherwise it has raised the fault.
 *
 * A pending x87 exception shows as the ES bit of the status word; whoever writes the control or status word keeps ES
 * right and then calls `ferrChanged` (x87 semantics, FXRSTOR, XRSTOR, a change of CR0.NE). With CR0.NE=0 the processor
 * reports it the PC/AT way, by FERR# and IRQ 13: EVENT_FERR is the level of that output, asserted by the next
 * instruction that waits. That instruction is tried again and again until the interrupt comes, unless IGNNE# is asserted.
 *
 * [SDM3] 2.5 (table 2-2), 6.15 vectors 6, 7 and 16, 13.1; [SDM1] 8.7, 9.6, appendix D; [SDM2] B exception classes
 */
import { VECTOR_MF, VECTOR_NM, raise, raiseUD } from "./fault";
import { CR0_EM, CR0_NE, CR0_TS, CR4_OSFXSR, Cpu, STOP_REPEAT } from "./state";
import { ferr } from "../host";

/** Status word: an unmasked exception is pending. */
export const FSW_ES: u32 = 0x80;
/** Bit of `cpu.events`: the FERR# output is asserted. It is not an event of this processor but a wire to the 8259s. */
export const EVENT_FERR: u32 = 0x800;

/** FERR# goes away with the last pending exception. For whoever has changed the status word, the control word or CR0.NE. */
export function ferrChanged(cpu: Cpu): void {
  if (!(cpu.events & EVENT_FERR)) return;
  if (cpu.fpuStatus & FSW_ES && !(cpu.cr0 & CR0_NE)) return;
  cpu.events &= ~EVENT_FERR;
  ferr(false);
}

/** #MF, or FERR# where CR0.NE=0. */
export function pendingException(cpu: Cpu): bool {
  if (cpu.cr0 & CR0_NE) {
    raise(cpu, VECTOR_MF);
    return false;
  }
  cpu.events |= EVENT_FERR;
  if (!ferr(true)) return true;
  cpu.stop |= STOP_REPEAT;
  return false;
}

/** x87 instructions that wait for exceptions: EM or TS gives #NM; pending: #MF. */
@inline export function checkFpu(cpu: Cpu): bool {
  if (!checkFpuNoWait(cpu)) return false;
  if (cpu.fpuStatus & FSW_ES) return pendingException(cpu);
  return true;
}

/** x87 instructions that do not wait (FNINIT, FNSTSW, FNSTCW, FNCLEX, FNSAVE, FNSTENV): EM or TS gives #NM. */
@inline export function checkFpuNoWait(cpu: Cpu): bool {
  if (cpu.cr0 & (CR0_EM | CR0_TS)) {
    raise(cpu, VECTOR_NM);
    return false;
  }
  return true;
}

/** MMX instructions: EM gives #UD, TS #NM, a pending x87 exception #MF. They enter MMX state themselves (sse/registers.ts). */
export function checkMmx(cpu: Cpu): bool {
  if (cpu.cr0 & CR0_EM) {
    raiseUD(cpu);
    return false;
  }
  if (cpu.cr0 & CR0_TS) {
    raise(cpu, VECTOR_NM);
    return false;
  }
  if (cpu.fpuStatus & FSW_ES) return pendingException(cpu);
  return true;
}

/** SSE instructions: EM=1 or OSFXSR=0 gives #UD, TS gives #NM. */
@inline export function checkSse(cpu: Cpu): bool {
  if (!(cpu.cr0 & (CR0_EM | CR0_TS)) && cpu.cr4 & CR4_OSFXSR) return true;
  return sseUnavailable(cpu);
}

function sseUnavailable(cpu: Cpu): bool {
  if (cpu.cr0 & CR0_EM || !(cpu.cr4 & CR4_OSFXSR)) raiseUD(cpu);
  else raise(cpu, VECTOR_NM);
  return false;
}

/**
 * VMMCALL where the processor shows KVM's leaves: a call to the hypervisor that there is not. A guest that knows KVM may make
 * one at any time, and is told that its number is unknown; the calls that do something are tied to features that CPUID does
 * not announce. Without those leaves there is no such instruction; VMCALL, which the other vendor has, is undefined here.
 * [KVM] Documentation/virt/kvm/x86/hypercalls.rst – [APM3] VMMCALL
 */
import { Cpu, is64 } from "../cpu/state";
import { Rec } from "../decode/record";

/** A processor that was halted looks for interrupts: nothing to do. */
const KVM_HC_VAPIC_POLL_IRQ: u64 = 1;
const KVM_EPERM: i64 = 1;
const KVM_ENOSYS: i64 = 1000;

export function VMMCALL(cpu: Cpu, _rec: Rec): void {
  const number = is64(cpu) ? cpu.rax : cpu.rax & 0xffff_ffff;
  let result: i64 = 0;
  if (cpu.cpl != 0) result = -KVM_EPERM;
  else if (number != KVM_HC_VAPIC_POLL_IRQ) result = -KVM_ENOSYS;
  cpu.rax = is64(cpu) ? <u64>result : <u64>result & 0xffff_ffff;
}

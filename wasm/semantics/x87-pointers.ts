/**
 * What the x87 notes about the last instruction: where it was (FIP, FCS), its opcode (FOP) and its memory operand (FDP, FDS).
 * Control instructions note nothing. [SDM1] 8.1.8, 8.1.9
 */
import { effectiveOffset } from "../cpu/address";
import { Cpu, SEG_CS, is64, segment } from "../cpu/state";
import { Rec } from "../decode/record";
import { clearRaised } from "../fpu/float80";

/** FIP, FCS and FOP: for instructions that are not control instructions. Call it after the last access that can fault. */
@inline export function noteInstruction(cpu: Cpu, rec: Rec): void {
  setInstruction(cpu, rec);
  clearRaised();
}

/** The same with FDP and FDS, for instructions with a memory operand. */
@inline export function noteMemory(cpu: Cpu, rec: Rec): void {
  setPointers(cpu, rec);
  clearRaised();
}

/** FIP, FCS and FOP, with what was raised left alone. */
@inline export function setInstruction(cpu: Cpu, rec: Rec): void {
  const linearAddr = cpu.codeBase + rec.pageOffset;
  cpu.fpuIp = is64(cpu) ? linearAddr : (linearAddr - segment(cpu, SEG_CS).base) & 0xffff_ffff;
  cpu.fpuCs = segment(cpu, SEG_CS).selector;
  cpu.fpuOpcode = <u16>(((<u32>rec.opcode & 7) << 8) | rec.modrm);
}

/** All pointers, with what was raised left alone: for stores, which can fault after they have computed. */
export function setPointers(cpu: Cpu, rec: Rec): void {
  setPointersTo(cpu, rec, effectiveOffset(cpu, rec));
}

/** The same where the operand's offset is known. */
@inline export function setPointersTo(cpu: Cpu, rec: Rec, offset: u64): void {
  setInstruction(cpu, rec);
  cpu.fpuDp = offset;
  cpu.fpuDs = segment(cpu, rec.seg).selector;
}

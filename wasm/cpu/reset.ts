/**
 * Power-up, RESET and INIT. INIT leaves the x87, SSE, MTRRs, most MSRs, the TSC and the cache bits of CR0 alone.
 * [SDM3] 9.1.1, table 9-1; 8.4.2 – [APM2] 14.1
 */
import { apicInit, apicReset } from "./apic";
import { DR6_FIXED, DR7_FIXED } from "./debug";
import { updateMode } from "./mode";
import { modelSignature } from "./models";
import { resetMsrs } from "./msr";
import { flushAll } from "../mmu/tlb";
import {
  ACTIVITY_RUNNING, ACTIVITY_WAIT_SIPI, ATTR_P, ATTR_S, CR0_CD, CR0_ET, CR0_NW, Cpu, EVENT_STARTUP, OFF_FPR, OFF_XMM, SEG_CS, SEG_GS, SEG_LDTR, SEG_TR, STOP_CODE, TYPE_ACCESSED,
  TYPE_CODE, TYPE_READABLE, TYPE_WRITABLE, ptr, segment,
} from "./state";
import { SYS_LDT, SYS_TSS_BUSY } from "./descriptors";

const RESET_SELECTOR: u32 = 0xf000;
const RESET_BASE: u64 = 0xffff_0000;
const RESET_IP: u64 = 0xfff0;
const RESET_LIMIT: u32 = 0xffff;
const MXCSR_DEFAULT: u32 = 0x1f80;
/** After RESET, unlike after FNINIT, exceptions are unmasked and the registers hold +0. [SDM3] table 9-1 */
const FPU_RESET_CONTROL: u16 = 0x40;
const FPU_ALL_VALID: u8 = 0xff;
const FPU_BYTES: usize = 128;
const XMM_BYTES: usize = 256;
const XCR0_X87: u64 = 1;
/** EFLAGS after reset: only the bit that is always set. */
const FLAGS_RESET: u32 = 2;

/** RESET: everything but the processor's identity (index, tables, model). */
export function resetCpu(cpu: Cpu): void {
  cpu.cr0 = CR0_CD | CR0_NW | CR0_ET;
  cpu.xcr0 = XCR0_X87;
  memory.fill(ptr(cpu) + OFF_FPR, 0, FPU_BYTES);
  memory.fill(ptr(cpu) + OFF_XMM, 0, XMM_BYTES);
  cpu.fpuControl = FPU_RESET_CONTROL;
  cpu.fpuStatus = 0;
  cpu.fpuTag = FPU_ALL_VALID;
  cpu.fpuOpcode = 0;
  cpu.fpuCs = 0;
  cpu.fpuDs = 0;
  cpu.fpuIp = 0;
  cpu.fpuDp = 0;
  cpu.mxcsr = MXCSR_DEFAULT;
  cpu.events = 0;
  resetMsrs(cpu);
  apicReset(cpu);
  resetRegisters(cpu);
  cpu.activity = ACTIVITY_RUNNING;
}

/** INIT: the boot processor starts again at the reset vector, the others wait for a start-up message, which may have come already. */
export function initCpu(cpu: Cpu): void {
  cpu.cr0 = (cpu.cr0 & (CR0_CD | CR0_NW)) | CR0_ET;
  cpu.events &= EVENT_STARTUP;
  apicInit(cpu);
  resetRegisters(cpu);
  cpu.activity = cpu.index == 0 ? ACTIVITY_RUNNING : ACTIVITY_WAIT_SIPI;
}

/** The start-up message (SIPI) that has come: real mode at its vector << 12. */
export function startCpu(cpu: Cpu): void {
  cpu.events &= ~EVENT_STARTUP;
  if (cpu.activity != ACTIVITY_WAIT_SIPI) return;
  const cs = segment(cpu, SEG_CS);
  cs.selector = <u16>(cpu.startupVector << 8);
  cs.base = <u64>cpu.startupVector << 12;
  cpu.rip = 0;
  cpu.activity = ACTIVITY_RUNNING;
  updateMode(cpu);
}

function resetRegisters(cpu: Cpu): void {
  for (let n: u32 = 0; n < 16; n++) store<u64>(ptr(cpu) + (n << 3), 0);
  cpu.rdx = modelSignature(cpu);
  cpu.zero = 0;
  cpu.flagRes = 1;
  cpu.flagAux = 0;
  cpu.eflags = FLAGS_RESET;
  // flagRes 1 has odd parity and is positive: PF, SF and ZF read as 0.
  cpu.fault = 0;
  cpu.shadow = 0;
  cpu.pendingDebug = 0;
  cpu.cpl = 0;
  cpu.rip = RESET_IP;
  cpu.cr2 = 0;
  cpu.cr3 = 0;
  cpu.cr4 = 0;
  cpu.efer = 0;
  cpu.dr0 = 0;
  cpu.dr1 = 0;
  cpu.dr2 = 0;
  cpu.dr3 = 0;
  cpu.dr6 = DR6_FIXED;
  cpu.dr7 = DR7_FIXED;
  cpu.gdtrBase = 0;
  cpu.gdtrLimit = RESET_LIMIT;
  cpu.idtrBase = 0;
  cpu.idtrLimit = RESET_LIMIT;
  const data = ATTR_P | ATTR_S | TYPE_WRITABLE | TYPE_ACCESSED;
  for (let index: u32 = 0; index <= SEG_GS; index++) resetSegment(cpu, index, data);
  resetSegment(cpu, SEG_CS, ATTR_P | ATTR_S | TYPE_CODE | TYPE_READABLE | TYPE_ACCESSED);
  segment(cpu, SEG_CS).selector = <u16>RESET_SELECTOR;
  segment(cpu, SEG_CS).base = RESET_BASE;
  resetSegment(cpu, SEG_LDTR, ATTR_P | SYS_LDT);
  resetSegment(cpu, SEG_TR, ATTR_P | SYS_TSS_BUSY);
  flushAll(cpu);
  updateMode(cpu);
  cpu.stop |= STOP_CODE;
}

function resetSegment(cpu: Cpu, index: u32, attr: u32): void {
  const seg = segment(cpu, index);
  seg.selector = 0;
  seg.attr = <u16>attr;
  seg.limit = RESET_LIMIT;
  seg.base = 0;
}

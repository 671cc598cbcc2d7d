/**
 * What the processor reads from the running task's TSS: inner stacks, interrupt stacks, the I/O permission bitmap and
 * the interrupt redirection bitmap of virtual-8086 mode extensions. Task switches are in cpu/task-switch.ts.
 * [SDM3] 7.2.1, 7.6, 7.7, 20.3.3.2; [SDM1] 18.5.2
 */
import { sysRead } from "../mmu/system-access";
import { SELECTOR_ERROR_MASK, SYS_32BIT, SYS_BUSY } from "./descriptors";
import { VECTOR_GP, VECTOR_TS, raiseCode, raiseGP } from "./fault";
import { ATTR_TYPE, Cpu, SEG_TR, segment } from "./state";

const TSS32_ESP0: u32 = 4;
const TSS16_SP0: u32 = 2;
const TSS64_RSP0: u32 = 4;
const TSS64_IST1: u32 = 0x24;
const TSS_IO_MAP_BASE: u32 = 0x66;
/** Smallest limit of a TSS that has an I/O map base. */
const TSS32_LIMIT: u32 = 0x67;
const REDIRECTION_BYTES: u32 = 32;

/** Stack for level `cpl` outside long mode: SS selector << 32 | ESP. Raises #TS(TR) if the TSS is too short. */
export function innerStack(cpu: Cpu, cpl: u32): u64 {
  const tr = segment(cpu, SEG_TR);
  const is32 = (tr.attr & SYS_32BIT) != 0;
  const offset = is32 ? TSS32_ESP0 + cpl * 8 : TSS16_SP0 + cpl * 4;
  const lastByte = offset + (is32 ? 5 : 3);
  if (lastByte > tr.limit) {
    raiseCode(cpu, VECTOR_TS, <u32>tr.selector & SELECTOR_ERROR_MASK);
    return 0;
  }
  if (is32) {
    const esp: u64 = sysRead<u32>(cpu, tr.base + offset);
    if (cpu.fault) return 0;
    return esp | (<u64>sysRead<u16>(cpu, tr.base + offset + 4) << 32);
  }
  const sp: u64 = sysRead<u16>(cpu, tr.base + offset);
  if (cpu.fault) return 0;
  return sp | (<u64>sysRead<u16>(cpu, tr.base + offset + 2) << 32);
}

/** RSP0–RSP2 in long mode. */
export function innerStack64(cpu: Cpu, cpl: u32): u64 {
  return read64(cpu, TSS64_RSP0 + cpl * 8);
}

/** IST1–IST7 in long mode. */
export function interruptStack(cpu: Cpu, ist: u32): u64 {
  return read64(cpu, TSS64_IST1 + (ist - 1) * 8);
}

function read64(cpu: Cpu, offset: u32): u64 {
  const tr = segment(cpu, SEG_TR);
  if (offset + 7 > tr.limit) {
    raiseCode(cpu, VECTOR_TS, <u32>tr.selector & SELECTOR_ERROR_MASK);
    return 0;
  }
  return sysRead<u64>(cpu, tr.base + offset);
}

/** A 32- or 64-bit TSS that is long enough to name an I/O map. */
function hasIoMap(cpu: Cpu): bool {
  const tr = segment(cpu, SEG_TR);
  return (tr.attr & (ATTR_TYPE & ~SYS_BUSY)) == 9 && tr.limit >= TSS32_LIMIT;
}

/** Asks the I/O permission bitmap about `sizeBytes` ports from `port`; raises #GP(0) if it forbids one. */
export function checkIoBitmap(cpu: Cpu, port: u32, sizeBytes: u32): void {
  if (!hasIoMap(cpu)) {
    raiseGP(cpu, 0);
    return;
  }
  const tr = segment(cpu, SEG_TR);
  const mapBase: u32 = sysRead<u16>(cpu, tr.base + TSS_IO_MAP_BASE);
  if (cpu.fault) return;
  const offset = mapBase + (port >> 3);
  // The processor always reads two bytes. [SDM1] 18.5.2
  if (offset + 1 > tr.limit) {
    raiseGP(cpu, 0);
    return;
  }
  const bits: u32 = sysRead<u16>(cpu, tr.base + offset);
  if (cpu.fault) return;
  if ((bits >> (port & 7)) & ((1 << sizeBytes) - 1)) raiseGP(cpu, 0);
}

/** The redirection bit of `vector`: true sends INT n to protected mode, false to the virtual-8086 program. Raises #GP(0) without a bitmap. */
export function redirectionBit(cpu: Cpu, vector: u32): bool {
  if (!hasIoMap(cpu)) {
    raiseGP(cpu, 0);
    return true;
  }
  const tr = segment(cpu, SEG_TR);
  const mapBase: u32 = sysRead<u16>(cpu, tr.base + TSS_IO_MAP_BASE);
  if (cpu.fault) return true;
  const offset = mapBase - REDIRECTION_BYTES + (vector >> 3);
  if (mapBase < REDIRECTION_BYTES || offset > tr.limit) {
    raiseCode(cpu, VECTOR_GP, 0);
    return true;
  }
  const bits: u32 = sysRead<u8>(cpu, tr.base + offset);
  return ((bits >> (vector & 7)) & 1) != 0;
}

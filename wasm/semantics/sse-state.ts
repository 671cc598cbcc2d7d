/**
 * Saving and restoring x87, MMX and SSE state: FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XRSTOR, LDMXCSR, STMXCSR, EMMS; fences.
 *
 * FIP, FDP and FOP are always stored and loaded, as AMD processors with XSaveErPtr and Intel processors do.
 * EFER.FFXSR leaves the XMM registers out at CPL 0 in 64-bit mode. State components: x87 (0) and SSE (1), in the
 * standard form; the compacted form (XSAVEC, XSAVES) is not claimed. XSAVEOPT uses the init optimization only.
 * Reserved parts of the images are left as they are in memory.
 * [SDM1] 10.5, 13.4 – 13.9; [APM2] 11.4.4, 11.5
 */
import { ACCESS_READ, ACCESS_WRITE, linear } from "../cpu/address";
import { VECTOR_NM, raise, raiseGP, raiseUD } from "../cpu/fault";
import { FSW_ES, ferrChanged } from "../cpu/fpu-checks";
import {
  CR0_EM, CR0_TS, CR4_OSXSAVE, Cpu, EFER_FFXSR, OFF_FPR, is64, ptr,
} from "../cpu/state";
import { REC_REX_W, Rec } from "../decode/record";
import { memRead, memRead128, memReadForWrite, memWrite, memWrite128 } from "../mmu/access";
import { MXCSR_WRITABLE, checkMxcsr } from "../sse/mxcsr";
import { enterMmx, getXmm, setXmm } from "../sse/registers";
import { readMem, writeMem } from "./sse-operands";

const IMAGE_FCW: u64 = 0;
const IMAGE_FSW: u64 = 2;
const IMAGE_FTW: u64 = 4;
const IMAGE_FOP: u64 = 6;
const IMAGE_FIP: u64 = 8;
const IMAGE_FCS: u64 = 12;
const IMAGE_FDP: u64 = 16;
const IMAGE_FDS: u64 = 20;
const IMAGE_MXCSR: u64 = 24;
const IMAGE_MXCSR_MASK: u64 = 28;
const IMAGE_ST: u64 = 32;
const IMAGE_XMM: u64 = 160;
const IMAGE_XSTATE_BV: u64 = 512;
const IMAGE_XCOMP_BV: u64 = 520;
const IMAGE_RESERVED: u64 = 528;
const FXSAVE_SIZE: u32 = 512;
const XSAVE_SIZE: u32 = 576;

const COMPONENT_X87: u64 = 1;
const COMPONENT_SSE: u64 = 2;
const COMPONENT_AVX: u64 = 4;

const FCW_RESET: u16 = 0x37f;
/** Bits of the control word that can be set, and the one that reads as 1. */
const FCW_WRITABLE: u16 = 0x1f3f;
const FCW_FIXED: u16 = 0x40;
const FSW_BUSY: u16 = 0x8000;
const FOP_BITS: u16 = 0x7ff;

@inline function xmmCount(cpu: Cpu): u32 {
  return is64(cpu) ? 16 : 8;
}

@inline function top(cpu: Cpu): u32 {
  return (cpu.fpuStatus >> 11) & 7;
}

/** Asks for both ends of a memory image (it spans two pages at most), so that what follows cannot fault halfway. */
function probe(cpu: Cpu, linearAddr: u64, sizeBytes: u32, isWrite: bool): bool {
  if (isWrite) {
    memReadForWrite<u64>(cpu, linearAddr);
    if (!cpu.fault) memReadForWrite<u64>(cpu, linearAddr + (sizeBytes - 8));
  } else {
    memRead<u64>(cpu, linearAddr);
    if (!cpu.fault) memRead<u64>(cpu, linearAddr + (sizeBytes - 8));
  }
  return !cpu.fault;
}

/** Linear address of the image, checked for alignment. Zero with `cpu.fault` set where it cannot be used. */
function imageAddress(cpu: Cpu, rec: Rec, sizeBytes: u32, alignment: u32, access: u32): u64 {
  const linearAddr = linear(cpu, rec, sizeBytes, access);
  if (cpu.fault) return 0;
  if (<u32>linearAddr & (alignment - 1)) {
    raiseGP(cpu, 0);
    return 0;
  }
  return linearAddr;
}

function saveX87(cpu: Cpu, rec: Rec, at: u64): void {
  memWrite<u16>(cpu, at + IMAGE_FCW, cpu.fpuControl);
  memWrite<u16>(cpu, at + IMAGE_FSW, cpu.fpuStatus);
  memWrite<u16>(cpu, at + IMAGE_FTW, cpu.fpuTag);
  memWrite<u16>(cpu, at + IMAGE_FOP, cpu.fpuOpcode);
  if (rec.flags & REC_REX_W) {
    memWrite<u64>(cpu, at + IMAGE_FIP, cpu.fpuIp);
    memWrite<u64>(cpu, at + IMAGE_FDP, cpu.fpuDp);
  } else {
    memWrite<u32>(cpu, at + IMAGE_FIP, <u32>cpu.fpuIp);
    memWrite<u32>(cpu, at + IMAGE_FCS, cpu.fpuCs);
    memWrite<u32>(cpu, at + IMAGE_FDP, <u32>cpu.fpuDp);
    memWrite<u32>(cpu, at + IMAGE_FDS, cpu.fpuDs);
  }
  for (let i: u32 = 0; i < 8; i++) {
    const slot = ptr(cpu) + (((top(cpu) + i) & 7) << 4);
    memWrite<u64>(cpu, at + IMAGE_ST + (i << 4), load<u64>(slot, OFF_FPR));
    memWrite<u64>(cpu, at + IMAGE_ST + (i << 4) + 8, load<u16>(slot, OFF_FPR + 8));
  }
}

function restoreX87(cpu: Cpu, rec: Rec, at: u64): void {
  cpu.fpuControl = (memRead<u16>(cpu, at + IMAGE_FCW) & FCW_WRITABLE) | FCW_FIXED;
  let status = memRead<u16>(cpu, at + IMAGE_FSW) & ~(<u16>FSW_ES | FSW_BUSY);
  if (status & ~cpu.fpuControl & 0x3f) status |= <u16>FSW_ES | FSW_BUSY;
  cpu.fpuStatus = status;
  ferrChanged(cpu);
  cpu.fpuTag = memRead<u8>(cpu, at + IMAGE_FTW);
  cpu.fpuOpcode = memRead<u16>(cpu, at + IMAGE_FOP) & FOP_BITS;
  if (rec.flags & REC_REX_W) {
    cpu.fpuIp = memRead<u64>(cpu, at + IMAGE_FIP);
    cpu.fpuDp = memRead<u64>(cpu, at + IMAGE_FDP);
    cpu.fpuCs = 0;
    cpu.fpuDs = 0;
  } else {
    cpu.fpuIp = memRead<u32>(cpu, at + IMAGE_FIP);
    cpu.fpuCs = memRead<u16>(cpu, at + IMAGE_FCS);
    cpu.fpuDp = memRead<u32>(cpu, at + IMAGE_FDP);
    cpu.fpuDs = memRead<u16>(cpu, at + IMAGE_FDS);
  }
  for (let i: u32 = 0; i < 8; i++) {
    const slot = ptr(cpu) + (((top(cpu) + i) & 7) << 4);
    store<u64>(slot, memRead<u64>(cpu, at + IMAGE_ST + (i << 4)), OFF_FPR);
    store<u64>(slot, memRead<u16>(cpu, at + IMAGE_ST + (i << 4) + 8), OFF_FPR + 8);
  }
}

function initX87(cpu: Cpu): void {
  cpu.fpuControl = FCW_RESET;
  cpu.fpuStatus = 0;
  ferrChanged(cpu);
  cpu.fpuTag = 0;
  cpu.fpuOpcode = 0;
  cpu.fpuIp = 0;
  cpu.fpuDp = 0;
  cpu.fpuCs = 0;
  cpu.fpuDs = 0;
  memory.fill(ptr(cpu) + OFF_FPR, 0, 128);
}

function saveXmm(cpu: Cpu, at: u64): void {
  for (let i: u32 = 0, n = xmmCount(cpu); i < n; i++) memWrite128(cpu, at + IMAGE_XMM + (i << 4), getXmm(cpu, i));
}

function restoreXmm(cpu: Cpu, at: u64): void {
  for (let i: u32 = 0, n = xmmCount(cpu); i < n; i++) setXmm(cpu, i, memRead128(cpu, at + IMAGE_XMM + (i << 4)));
}

function saveMxcsr(cpu: Cpu, at: u64): void {
  memWrite<u32>(cpu, at + IMAGE_MXCSR, cpu.mxcsr);
  memWrite<u32>(cpu, at + IMAGE_MXCSR_MASK, MXCSR_WRITABLE);
}

/** Fast FXSAVE: the XMM registers are left out. */
@inline function leavesXmmOut(cpu: Cpu): bool {
  return (cpu.efer & EFER_FFXSR) != 0 && is64(cpu) && cpu.cpl == 0;
}

export function FXSAVE(cpu: Cpu, rec: Rec): void {
  if (cpu.cr0 & (CR0_EM | CR0_TS)) {
    raise(cpu, VECTOR_NM);
    return;
  }
  const at = imageAddress(cpu, rec, FXSAVE_SIZE, 16, ACCESS_WRITE);
  if (cpu.fault || !probe(cpu, at, FXSAVE_SIZE, true)) return;
  saveX87(cpu, rec, at);
  saveMxcsr(cpu, at);
  if (!leavesXmmOut(cpu)) saveXmm(cpu, at);
}

export function FXRSTOR(cpu: Cpu, rec: Rec): void {
  if (cpu.cr0 & (CR0_EM | CR0_TS)) {
    raise(cpu, VECTOR_NM);
    return;
  }
  const at = imageAddress(cpu, rec, FXSAVE_SIZE, 16, ACCESS_READ);
  if (cpu.fault || !probe(cpu, at, FXSAVE_SIZE, false)) return;
  const mxcsr = memRead<u32>(cpu, at + IMAGE_MXCSR);
  if (!checkMxcsr(cpu, mxcsr)) return;
  restoreX87(cpu, rec, at);
  cpu.mxcsr = mxcsr;
  if (!leavesXmmOut(cpu)) restoreXmm(cpu, at);
}

// ---- XSAVE family

function checkXsave(cpu: Cpu): bool {
  if (!(cpu.cr4 & CR4_OSXSAVE)) raiseUD(cpu);
  else if (cpu.cr0 & CR0_TS) raise(cpu, VECTOR_NM);
  return !cpu.fault;
}

/** Requested-feature bitmap: EDX:EAX and XCR0. */
@inline function requested(cpu: Cpu): u64 {
  return ((cpu.rdx << 32) | (cpu.rax & 0xffff_ffff)) & cpu.xcr0;
}

/** Components that are not in their initial configuration. MXCSR does not count. [SDM1] 13.6 */
function inUse(cpu: Cpu): u64 {
  let result: u64 = 0;
  let bits: u64 = cpu.fpuIp | cpu.fpuDp | cpu.fpuCs | cpu.fpuDs | cpu.fpuOpcode | cpu.fpuStatus | cpu.fpuTag;
  for (let i: u32 = 0; i < 8; i++) bits |= load<u64>(ptr(cpu) + (i << 4), OFF_FPR) | load<u16>(ptr(cpu) + (i << 4), OFF_FPR + 8);
  if (bits || cpu.fpuControl != FCW_RESET) result |= COMPONENT_X87;
  let any = i64x2.splat(0);
  for (let i: u32 = 0, n = xmmCount(cpu); i < n; i++) any = v128.or(any, getXmm(cpu, i));
  if (v128.any_true(any)) result |= COMPONENT_SSE;
  return result;
}

function saveExtended(cpu: Cpu, rec: Rec, skipInitial: bool): void {
  if (!checkXsave(cpu)) return;
  const at = imageAddress(cpu, rec, XSAVE_SIZE, 64, ACCESS_WRITE);
  if (cpu.fault || !probe(cpu, at, XSAVE_SIZE, true)) return;
  const wanted = requested(cpu);
  const used = inUse(cpu);
  const saved = skipInitial ? wanted & used : wanted;
  if (saved & COMPONENT_X87) saveX87(cpu, rec, at);
  if (wanted & (COMPONENT_SSE | COMPONENT_AVX)) saveMxcsr(cpu, at);
  if (saved & COMPONENT_SSE) saveXmm(cpu, at);
  memWrite<u64>(cpu, at + IMAGE_XSTATE_BV, (memRead<u64>(cpu, at + IMAGE_XSTATE_BV) & ~wanted) | (wanted & used));
}

export function XSAVE(cpu: Cpu, rec: Rec): void {
  saveExtended(cpu, rec, false);
}

export function XSAVEOPT(cpu: Cpu, rec: Rec): void {
  saveExtended(cpu, rec, true);
}

export function XRSTOR(cpu: Cpu, rec: Rec): void {
  if (!checkXsave(cpu)) return;
  const at = imageAddress(cpu, rec, XSAVE_SIZE, 64, ACCESS_READ);
  if (cpu.fault || !probe(cpu, at, XSAVE_SIZE, false)) return;
  const present = memRead<u64>(cpu, at + IMAGE_XSTATE_BV);
  if (present & ~cpu.xcr0 || memRead<u64>(cpu, at + IMAGE_XCOMP_BV) || memRead<u64>(cpu, at + IMAGE_RESERVED)) {
    raiseGP(cpu, 0);
    return;
  }
  const wanted = requested(cpu);
  if (wanted & (COMPONENT_SSE | COMPONENT_AVX)) {
    const mxcsr = memRead<u32>(cpu, at + IMAGE_MXCSR);
    if (!checkMxcsr(cpu, mxcsr)) return;
    cpu.mxcsr = mxcsr;
  }
  if (wanted & COMPONENT_X87) {
    if (present & COMPONENT_X87) restoreX87(cpu, rec, at);
    else initX87(cpu);
  }
  if (wanted & COMPONENT_SSE) {
    if (present & COMPONENT_SSE) restoreXmm(cpu, at);
    else for (let i: u32 = 0, n = xmmCount(cpu); i < n; i++) setXmm(cpu, i, i64x2.splat(0));
  }
}

// ---- MXCSR, EMMS, fences

export function LDMXCSR(cpu: Cpu, rec: Rec): void {
  const value = readMem<u32>(cpu, rec);
  if (cpu.fault || !checkMxcsr(cpu, value)) return;
  cpu.mxcsr = value;
}

export function STMXCSR(cpu: Cpu, rec: Rec): void {
  writeMem<u32>(cpu, rec, cpu.mxcsr);
}

/** EMMS empties the register stack. TOP becomes 0 as on AMD processors; [SDM2] leaves it alone. */
export function EMMS(cpu: Cpu, rec: Rec): void {
  enterMmx(cpu);
  cpu.fpuTag = 0;
}

/** LFENCE, MFENCE, SFENCE: one processor sees its own accesses in order. */
export function FENCE(cpu: Cpu, rec: Rec): void {}

/** CLFLUSH: no cache is modelled; the access is checked as a read of one byte. */
export function CLFLUSH(cpu: Cpu, rec: Rec): void {
  readMem<u8>(cpu, rec);
}

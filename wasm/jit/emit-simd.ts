/**
 * SSE instructions that are one WebAssembly SIMD instruction on the same lanes, and moves between XMM registers and memory.
 * XMM registers stay in the processor's struct. That CR0 and CR4 allow SSE is looked at once in a block.
 * Misaligned operands and everything that faults are the interpreter's.
 * [SDM2] MOVAPS … MOVQ, PADD … PXOR – [SDM3] 13.1 – [WASM] 5.4.8
 */
import { CR0_EM, CR0_TS, CR4_OSFXSR, Cpu, OFF_XMM } from "../cpu/state";
import { REC_MEM, Rec } from "../decode/record";
import {
  ID_MOV128_VW__sse, ID_MOV128_WV__sse, ID_MOVQ_VW__sse, ID_MOVQ_WV__sse, ID_MOVSD_VW__sse, ID_MOVSD_WV__sse, ID_MOVSS_VW__sse, ID_MOVSS_WV__sse, ID_MOVU128_VW__sse, ID_MOVU128_WV__sse,
} from "../generated/tables";
import { SIMD_OF_ID } from "../generated/translate";
import { Emit } from "./emit-backend";
import { LOCAL_HOST, Val, cpuBase, operandBase } from "./emit-values";
import {
  OP_I32_LOAD, OP_I32_OR, OP_I32_STORE, OP_I64_AND, OP_I64_EQZ, OP_I64_LOAD, OP_I64_NE, OP_I64_STORE, OP_SIMD, byte, i64Const, leb, localGet, memoryAccess,
} from "./encoder";
import { EXIT_AT_INSTRUCTION } from "./exits";

export const V128_LOAD: u32 = 0x00;
export const V128_STORE: u32 = 0x0b;
const V128_LOAD32_ZERO: u32 = 0x5c;
const V128_LOAD64_ZERO: u32 = 0x5d;
/** Bit of SIMD_OF_ID: operands the other way round. */
const SIMD_REVERSED: u32 = 0x8000;

export const XMMWORD_LOG2: u32 = 4;

@inline export function xmm(register: u32): u32 {
  return OFF_XMM + (register << 4);
}

export function simd(opcode: u32): void {
  byte(OP_SIMD);
  leb(opcode);
}

export function simdAccess(opcode: u32, offset: u32): void {
  simd(opcode);
  byte(0); // no alignment is promised
  leb(offset);
}

/** False if the record is none of them, or its address needs the interpreter. */
export function emitSimd(b: Emit, rec: Rec): bool {
  const id: u32 = rec.id;
  const operation: u32 = load<u16>(SIMD_OF_ID + (id << 1));
  const isMemory = (rec.flags & REC_MEM) != 0;
  if (isMemory && !b.canAddress(b.cpu, rec)) return false;
  if (operation != 0) {
    allow(b);
    if (isMemory) point(b, rec, XMMWORD_LOG2, false, true);
    cpuBase();
    if (operation & SIMD_REVERSED) {
      source(rec);
      destination(rec);
    } else {
      destination(rec);
      source(rec);
    }
    simd(operation & ~SIMD_REVERSED);
    simdAccess(V128_STORE, xmm(rec.g));
    return true;
  }
  if (id == ID_MOV128_VW__sse || id == ID_MOVU128_VW__sse) loadWhole(b, rec, id == ID_MOV128_VW__sse);
  else if (id == ID_MOV128_WV__sse || id == ID_MOVU128_WV__sse) storeWhole(b, rec, id == ID_MOV128_WV__sse);
  else if (id == ID_MOVSS_VW__sse) loadScalar(b, rec, 2, false);
  else if (id == ID_MOVSD_VW__sse) loadScalar(b, rec, 3, false);
  else if (id == ID_MOVQ_VW__sse) loadScalar(b, rec, 3, true);
  else if (id == ID_MOVSS_WV__sse) storeScalar(b, rec, 2, false);
  else if (id == ID_MOVSD_WV__sse) storeScalar(b, rec, 3, false);
  else if (id == ID_MOVQ_WV__sse) storeScalar(b, rec, 3, true);
  else return false;
  return true;
}

/** Leaves the region unless SSE is on: EM and TS clear, OSFXSR set. */
export function allow(b: Emit): void {
  if (b.sseIsOn) return;
  b.sseIsOn = true;
  cpuBase();
  memoryAccess(OP_I64_LOAD, offsetof<Cpu>("cr0"));
  i64Const(CR0_EM | CR0_TS);
  byte(OP_I64_AND);
  i64Const(0);
  byte(OP_I64_NE);
  cpuBase();
  memoryAccess(OP_I64_LOAD, offsetof<Cpu>("cr4"));
  i64Const(CR4_OSFXSR);
  byte(OP_I64_AND);
  byte(OP_I64_EQZ);
  byte(OP_I32_OR);
  b.openRareIf();
  b.leaveHere(EXIT_AT_INSTRUCTION);
  b.close();
}

/** LOCAL_HOST ← where the memory operand is. */
export function point(b: Emit, rec: Rec, sizeLog2: u32, isWrite: bool, aligned: bool): void {
  const address: Val = b.addressOf(rec);
  if (aligned) b.pointAligned(address, isWrite, <u32>1 << sizeLog2);
  else b.point(address, isWrite, sizeLog2);
}

function destination(rec: Rec): void {
  cpuBase();
  simdAccess(V128_LOAD, xmm(rec.g));
}

/** W, after `point` where it is in memory. */
function source(rec: Rec): void {
  if (rec.flags & REC_MEM) {
    localGet(LOCAL_HOST);
    simdAccess(V128_LOAD, 0);
  } else {
    cpuBase();
    simdAccess(V128_LOAD, xmm(rec.e));
  }
}

function loadWhole(b: Emit, rec: Rec, aligned: bool): void {
  allow(b);
  if (rec.flags & REC_MEM) point(b, rec, XMMWORD_LOG2, false, aligned);
  cpuBase();
  source(rec);
  simdAccess(V128_STORE, xmm(rec.g));
}

function storeWhole(b: Emit, rec: Rec, aligned: bool): void {
  allow(b);
  const isMemory = (rec.flags & REC_MEM) != 0;
  if (isMemory) point(b, rec, XMMWORD_LOG2, true, aligned);
  operandBase(isMemory);
  destination(rec);
  simdAccess(V128_STORE, isMemory ? 0 : xmm(rec.e));
}

/** V ← lowest lane of W: from memory, and where `alone`, the rest becomes zero. */
function loadScalar(b: Emit, rec: Rec, sizeLog2: u32, alone: bool): void {
  allow(b);
  const isMemory = (rec.flags & REC_MEM) != 0;
  if (isMemory) point(b, rec, sizeLog2, false, false);
  if (isMemory || alone) {
    cpuBase();
    operandBase(isMemory);
    simdAccess(sizeLog2 == 2 ? V128_LOAD32_ZERO : V128_LOAD64_ZERO, isMemory ? 0 : xmm(rec.e));
    simdAccess(V128_STORE, xmm(rec.g));
  } else copyLane(xmm(rec.g), xmm(rec.e), sizeLog2);
}

function copyLane(to: u32, from: u32, sizeLog2: u32): void {
  cpuBase();
  cpuBase();
  memoryAccess(sizeLog2 == 2 ? OP_I32_LOAD : OP_I64_LOAD, from);
  memoryAccess(sizeLog2 == 2 ? OP_I32_STORE : OP_I64_STORE, to);
}

function storeScalar(b: Emit, rec: Rec, sizeLog2: u32, alone: bool): void {
  allow(b);
  if (rec.flags & REC_MEM) {
    point(b, rec, sizeLog2, true, false);
    localGet(LOCAL_HOST);
    cpuBase();
    memoryAccess(sizeLog2 == 2 ? OP_I32_LOAD : OP_I64_LOAD, xmm(rec.g));
    memoryAccess(sizeLog2 == 2 ? OP_I32_STORE : OP_I64_STORE, 0);
  } else if (alone) {
    cpuBase();
    cpuBase();
    simdAccess(V128_LOAD64_ZERO, xmm(rec.g));
    simdAccess(V128_STORE, xmm(rec.e));
  } else copyLane(xmm(rec.e), xmm(rec.g), sizeLog2);
}

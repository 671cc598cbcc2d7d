/**
 * SSE2 instructions that move lanes without computing: unpacking, PSHUFD, PMOVMSKB, and MOVD between register files.
 * [SDM2] PUNPCKL…, PUNPCKH…, PSHUFD, PMOVMSKB, MOVD – [WASM] 5.4.8
 */
import { REC_MEM, Rec } from "../decode/record";
import {
  ID_MOVD_EV_32__sse, ID_MOVD_VE_32__sse, ID_PMOVMSKB_GU__sse, ID_PSHUFD_VWI__sse, ID_PUNPCKHBW_VW__sse, ID_PUNPCKHDQ_VW__sse, ID_PUNPCKHQDQ_VW__sse, ID_PUNPCKHWD_VW__sse,
  ID_PUNPCKLBW_VW__sse, ID_PUNPCKLDQ_VW__sse, ID_PUNPCKLQDQ_VW__sse, ID_PUNPCKLWD_VW__sse,
} from "../generated/tables";
import { Emit } from "./emit-backend";
import { V128_LOAD, V128_STORE, XMMWORD_LOG2, allow, point, simd, simdAccess, xmm } from "./emit-simd";
import { cpuBase, operandBase } from "./emit-values";
import { OP_I64_EXTEND_I32_U, OP_I64_LOAD32_U, byte, memoryAccess } from "./encoder";

type ANY = f64;

const V128_LOAD32_ZERO: u32 = 0x5c;
const V128_CONST: u32 = 0x0c;
const I8X16_SHUFFLE: u32 = 0x0d;
const I8X16_BITMASK: u32 = 0x64;
const I64X2_REPLACE_LANE: u32 = 0x1e;
/** Number of the first lane of the second operand of a shuffle. */
const SECOND: u32 = 16;

/** False if the record is none of them, or its address needs the interpreter. */
export function emitSimdMove(b: Emit, rec: Rec): bool {
  const id: u32 = rec.id;
  if (rec.flags & REC_MEM && !b.canAddress(b.cpu, rec)) return false;
  if (id == ID_PUNPCKLBW_VW__sse) unpack(b, rec, 1, 0);
  else if (id == ID_PUNPCKLWD_VW__sse) unpack(b, rec, 2, 0);
  else if (id == ID_PUNPCKLDQ_VW__sse) unpack(b, rec, 4, 0);
  else if (id == ID_PUNPCKLQDQ_VW__sse) unpack(b, rec, 8, 0);
  else if (id == ID_PUNPCKHBW_VW__sse) unpack(b, rec, 1, 8);
  else if (id == ID_PUNPCKHWD_VW__sse) unpack(b, rec, 2, 8);
  else if (id == ID_PUNPCKHDQ_VW__sse) unpack(b, rec, 4, 8);
  else if (id == ID_PUNPCKHQDQ_VW__sse) unpack(b, rec, 8, 8);
  else if (id == ID_PSHUFD_VWI__sse) shuffleDwords(b, rec);
  else if (id == ID_PMOVMSKB_GU__sse) takeSigns(b, rec);
  else if (id == ID_MOVD_VE_32__sse) fromGeneral(b, rec);
  else if (id == ID_MOVD_EV_32__sse) toGeneral(b, rec);
  else return false;
  return true;
}

/** Puts XMM or memory operand e on the wasm stack; LOCAL_HOST points there already. */
function second(rec: Rec): void {
  const isMemory = (rec.flags & REC_MEM) != 0;
  operandBase(isMemory);
  simdAccess(V128_LOAD, isMemory ? 0 : xmm(rec.e));
}

function begin(b: Emit, rec: Rec): void {
  allow(b);
  if (rec.flags & REC_MEM) point(b, rec, XMMWORD_LOG2, false, true);
  cpuBase();
}

/** Lanes of `size` bytes from both operands in turn, from byte `first` on. */
function unpack(b: Emit, rec: Rec, size: u32, first: u32): void {
  begin(b, rec);
  cpuBase();
  simdAccess(V128_LOAD, xmm(rec.g));
  second(rec);
  simd(I8X16_SHUFFLE);
  for (let at = first; at < first + 8; at += size) {
    for (let i: u32 = 0; i < size; i++) byte(<u8>(at + i));
    for (let i: u32 = 0; i < size; i++) byte(<u8>(SECOND + at + i));
  }
  simdAccess(V128_STORE, xmm(rec.g));
}

function shuffleDwords(b: Emit, rec: Rec): void {
  begin(b, rec);
  second(rec);
  second(rec);
  simd(I8X16_SHUFFLE);
  for (let lane: u32 = 0; lane < 4; lane++) {
    const from = (<u32>rec.imm >> (lane * 2)) & 3;
    for (let i: u32 = 0; i < 4; i++) byte(<u8>(from * 4 + i));
  }
  simdAccess(V128_STORE, xmm(rec.g));
}

function takeSigns(b: Emit, rec: Rec): void {
  allow(b);
  cpuBase();
  simdAccess(V128_LOAD, xmm(rec.e));
  simd(I8X16_BITMASK);
  byte(OP_I64_EXTEND_I32_U);
  const mask = b.define();
  b.sizeLog2 = 2;
  b.setReg<ANY>(rec.g, mask);
}

function fromGeneral(b: Emit, rec: Rec): void {
  allow(b);
  if (rec.flags & REC_MEM) {
    point(b, rec, 2, false, false);
    cpuBase();
    operandBase(true);
    simdAccess(V128_LOAD32_ZERO, 0);
  } else {
    b.sizeLog2 = 2;
    cpuBase();
    simd(V128_CONST);
    for (let i = 0; i < 16; i++) byte(0);
    b.get(b.reg<ANY>(rec.e));
    simd(I64X2_REPLACE_LANE);
    byte(0);
  }
  simdAccess(V128_STORE, xmm(rec.g));
}

function toGeneral(b: Emit, rec: Rec): void {
  allow(b);
  b.sizeLog2 = 2;
  const isMemory = (rec.flags & REC_MEM) != 0;
  const address = isMemory ? b.addressOf(rec) : b.const(0);
  cpuBase();
  memoryAccess(OP_I64_LOAD32_U, xmm(rec.g));
  const value = b.define();
  if (isMemory) b.store<ANY>(address, value);
  else b.setReg<ANY>(rec.e, value);
}

/**
 * x87 loads, stores and arithmetic with a number in memory: the operand is reached as any other one is, and a function of the core does
 * the usual case (jit/x87-short.ts). The handler runs for everything else, with the same operand once more.
 */
import { FSW_ES } from "../cpu/fpu-checks";
import { CR0_EM, CR0_TS, Cpu } from "../cpu/state";
import { REC_EA_32, REC_EA_64, REC_EA_MASK, REC_MEM, Rec } from "../decode/record";
import {
  ID_FADD_M32__fpu, ID_FADD_M64__fpu, ID_FADD_P__fpu, ID_FADD_ST__fpu, ID_FADD_TO__fpu, ID_FILD_M16__fpu, ID_FILD_M32__fpu, ID_FILD_M64__fpu, ID_FLD_M32__fpu, ID_FLD_M64__fpu, ID_FMUL_M32__fpu, ID_FMUL_M64__fpu, ID_FMUL_P__fpu, ID_FMUL_ST__fpu, ID_FMUL_TO__fpu, ID_FSTP_M32__fpu, ID_FSTP_M64__fpu,
  ID_FST_M32__fpu, ID_FST_M64__fpu, ID_FSUBR_M32__fpu, ID_FSUBR_M64__fpu, ID_FSUBR_P__fpu, ID_FSUBR_ST__fpu, ID_FSUBR_TO__fpu, ID_FSUB_M32__fpu, ID_FSUB_M64__fpu, ID_FSUB_P__fpu, ID_FSUB_ST__fpu, ID_FSUB_TO__fpu,
} from "../generated/tables";
import { Emit } from "./emit-backend";
import { emitHandlerOf, keepRecord } from "./emit-handler";
import { Val, cpuBase } from "./emit-values";
import { OP_I32_AND, OP_I32_EQZ, OP_I32_LOAD, OP_I32_LOAD16_U, OP_I32_OR, OP_I64_EQZ, byte, i32Const, memoryAccess } from "./encoder";
import { IMPORT_X87_LOAD, IMPORT_X87_LOAD_INTEGER, IMPORT_X87_OPERATE, IMPORT_X87_OPERATE_STACK, IMPORT_X87_PEEK, IMPORT_X87_STORED, call } from "./imports";

type ANY = f64;

/** Writes the code of one record; false if it is none of these forms, or its offset is not its address. */
export function emitX87(b: Emit, rec: Rec): bool {
  const id: u32 = rec.id;
  if (!(rec.flags & REC_MEM)) return isStackForm(id) && operateStack(b, rec);
  const kind: u32 = rec.flags & REC_EA_MASK;
  if (kind != REC_EA_32 && kind != REC_EA_64) return false;
  if (id == ID_FLD_M32__fpu) return take(b, rec, 2, IMPORT_X87_LOAD);
  if (id == ID_FLD_M64__fpu) return take(b, rec, 3, IMPORT_X87_LOAD);
  if (id == ID_FILD_M16__fpu) return take(b, rec, 1, IMPORT_X87_LOAD_INTEGER);
  if (id == ID_FILD_M32__fpu) return take(b, rec, 2, IMPORT_X87_LOAD_INTEGER);
  if (id == ID_FILD_M64__fpu) return take(b, rec, 3, IMPORT_X87_LOAD_INTEGER);
  if (id == ID_FADD_M32__fpu || id == ID_FMUL_M32__fpu || id == ID_FSUB_M32__fpu || id == ID_FSUBR_M32__fpu) return take(b, rec, 2, IMPORT_X87_OPERATE);
  if (id == ID_FADD_M64__fpu || id == ID_FMUL_M64__fpu || id == ID_FSUB_M64__fpu || id == ID_FSUBR_M64__fpu) return take(b, rec, 3, IMPORT_X87_OPERATE);
  if (id == ID_FST_M32__fpu || id == ID_FSTP_M32__fpu) return give(b, rec, 2);
  return (id == ID_FST_M64__fpu || id == ID_FSTP_M64__fpu) && give(b, rec, 3);
}

function isStackForm(id: u32): bool {
  return id == ID_FADD_ST__fpu || id == ID_FADD_TO__fpu || id == ID_FADD_P__fpu || id == ID_FMUL_ST__fpu || id == ID_FMUL_TO__fpu || id == ID_FMUL_P__fpu ||
    id == ID_FSUB_ST__fpu || id == ID_FSUB_TO__fpu || id == ID_FSUB_P__fpu || id == ID_FSUBR_ST__fpu || id == ID_FSUBR_TO__fpu || id == ID_FSUBR_P__fpu;
}

/**
 * Leaves the region where the instruction would raise #NM or #MF: before its operand is looked at, since a page that is walked has
 * its bits set. [SDM3] 6.15 vectors 7 and 16
 */
function checkReady(b: Emit): void {
  cpuBase();
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("cr0"));
  i32Const(<u32>(CR0_EM | CR0_TS));
  byte(OP_I32_AND);
  cpuBase();
  memoryAccess(OP_I32_LOAD16_U, offsetof<Cpu>("fpuStatus"));
  i32Const(FSW_ES);
  byte(OP_I32_AND);
  byte(OP_I32_OR);
  b.leaveIf();
}

function arguments(kept: Rec): void {
  cpuBase();
  i32Const(<u32>changetype<usize>(kept));
}

/** With the condition on the stack: the handler, after which the locals stay as good as they were. */
function handlerIf(b: Emit, rec: Rec, kept: Rec): void {
  b.openRareIf();
  const dirty = b.dirty;
  const kind = b.kind;
  emitHandlerOf(b, rec, kept);
  b.dirty = dirty;
  b.kind = kind;
}

function operateStack(b: Emit, rec: Rec): bool {
  checkReady(b);
  const kept = keepRecord(b, rec);
  arguments(kept);
  call(IMPORT_X87_OPERATE_STACK);
  byte(OP_I32_EQZ);
  handlerIf(b, rec, kept);
  b.close();
  return true;
}

function take(b: Emit, rec: Rec, sizeLog2: u32, imported: u32): bool {
  checkReady(b);
  const kept = keepRecord(b, rec);
  b.sizeLog2 = sizeLog2;
  const offset = b.addressOf(rec);
  let raw = b.load<ANY>(offset);
  if (imported == IMPORT_X87_LOAD_INTEGER) raw = b.sext<ANY>(raw);
  arguments(kept);
  b.get(raw);
  b.get(offset);
  call(imported);
  byte(OP_I32_EQZ);
  handlerIf(b, rec, kept);
  b.close();
  return true;
}

/** What is stored is found out before memory is looked at: only then may its page become dirty. */
function give(b: Emit, rec: Rec, sizeLog2: u32): bool {
  checkReady(b);
  const kept = keepRecord(b, rec);
  b.sizeLog2 = sizeLog2;
  arguments(kept);
  call(IMPORT_X87_PEEK);
  const raw: Val = b.define();
  b.get(raw);
  byte(OP_I64_EQZ);
  handlerIf(b, rec, kept);
  b.otherwise();
  const offset = b.addressOf(rec);
  b.store<ANY>(offset, raw);
  arguments(kept);
  b.get(offset);
  call(IMPORT_X87_STORED);
  b.close();
  return true;
}

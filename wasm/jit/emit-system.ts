/**
 * Short forms of what an operating system executes all the time: CLI, STI, CLD, STD, PUSHF, POPF, and segment registers pushed,
 * popped and loaded. Registers stay in their locals. Where more is to be done than the plain thing (an interrupt waits, the
 * privilege does not suffice, the trap flag or the mode changes), the region is left: at the instruction, or behind it.
 * Which of those that end a trace are stated here is said by `goesStraightOn` (jit/region.ts).
 * [SDM2] CLI, STI, PUSHF, POPF, MOV, PUSH, POP
 */
import { MASKABLE } from "../cpu/events";
import { Cpu, FLAG_DF, FLAG_IF, FLAG_RF, FLAG_VM, OFF_SEGMENTS } from "../cpu/state";
import { Rec, opSizeLog2 } from "../decode/record";
import { ID_CLD, ID_CLI, ID_MOV_S_E__ends, ID_POPF__ends, ID_POP_S__ends, ID_PUSHF, ID_PUSH_S, ID_STD, ID_STI__ends } from "../generated/tables";
import { Emit } from "./emit-backend";
import { dropTop, loadTop, push } from "./emit-stack";
import { LOCAL_RESULT, Val, cpuBase } from "./emit-values";
import {
  OP_I32_AND, OP_I32_EQZ, OP_I32_LOAD, OP_I32_OR, OP_I32_STORE, OP_I64_EXTEND_I32_U, OP_I64_LOAD16_U, byte, i32Const, localGet, localTee, memoryAccess,
} from "./encoder";
import { EXIT_HANDLER } from "./exits";
import { KIND_STRUCT } from "./flag-kinds";
import { IMPORT_POP_FLAGS, IMPORT_READ_FLAGS, IMPORT_SEGMENT, call } from "./imports";
import { segmentOf } from "./region";
import { LOADED_AND_LEAVES } from "./segment-load";

type ANY = f64;

/** Writes the code of one record; false if it is none of these forms. */
export function emitSystem(b: Emit, rec: Rec): bool {
  const id: u32 = rec.id;
  if (id == ID_CLD || id == ID_STD) return setFlag(FLAG_DF, id == ID_STD);
  if (id == ID_CLI && !b.isUser) return clearInterrupt(b);
  if (id == ID_STI__ends) return setInterrupt(b);
  if (id == ID_MOV_S_E__ends) return moveToSegment(b, rec);
  if (opSizeLog2(rec) != b.addressSize) return false;
  b.sizeLog2 = b.addressSize;
  if (id == ID_PUSHF) return pushFlags(b);
  if (id == ID_PUSH_S) return pushSegment(b, rec);
  if (id == ID_POPF__ends) return popFlags(b);
  return id == ID_POP_S__ends && popSegment(b, rec);
}

function field(offset: usize): void {
  cpuBase();
  memoryAccess(OP_I32_LOAD, <u32>offset);
}

function setFlag(flag: u32, on: bool): bool {
  cpuBase();
  field(offsetof<Cpu>("eflags"));
  i32Const(on ? flag : ~flag);
  byte(on ? OP_I32_OR : OP_I32_AND);
  memoryAccess(OP_I32_STORE, <u32>offsetof<Cpu>("eflags"));
  return true;
}

function clearInterrupt(b: Emit): bool {
  field(offsetof<Cpu>("cpl"));
  b.leaveIf();
  return setFlag(FLAG_IF, false);
}

/** Where nothing waits, nothing has to be held off until the next instruction is done. */
function setInterrupt(b: Emit): bool {
  field(offsetof<Cpu>("cpl"));
  field(offsetof<Cpu>("events"));
  i32Const(MASKABLE);
  byte(OP_I32_AND);
  byte(OP_I32_OR);
  b.leaveIf();
  return setFlag(FLAG_IF, true);
}

function pushFlags(b: Emit): bool {
  b.settle();
  cpuBase();
  call(IMPORT_READ_FLAGS);
  i32Const(~(FLAG_VM | FLAG_RF));
  byte(OP_I32_AND);
  byte(OP_I64_EXTEND_I32_U);
  push(b, b.define());
  return true;
}

function popFlags(b: Emit): bool {
  const image = loadTop(b);
  cpuBase();
  b.getWrapped(image);
  call(IMPORT_POP_FLAGS);
  byte(OP_I32_EQZ);
  b.leaveIf();
  b.kind = KIND_STRUCT;
  dropTop(b);
  return true;
}

function pushSegment(b: Emit, rec: Rec): bool {
  cpuBase();
  memoryAccess(OP_I64_LOAD16_U, OFF_SEGMENTS + (segmentOf(rec) << 4));
  push(b, b.define());
  return true;
}

/** Loads a segment register with a selector of 16 bits, LOCAL_RESULT; the region is left at the instruction if that faults. */
function loadSegment(b: Emit, index: u32, selector: Val): void {
  cpuBase();
  i32Const(index);
  b.getWrapped(selector);
  call(IMPORT_SEGMENT);
  localTee(LOCAL_RESULT);
  byte(OP_I32_EQZ);
  b.leaveIf();
}

/** The load has changed the mode: the region is left behind the instruction. */
function leaveBehind(b: Emit, rec: Rec): void {
  localGet(LOCAL_RESULT);
  i32Const(LOADED_AND_LEAVES);
  byte(OP_I32_AND);
  b.openRareIf();
  const next = rec.pageOffset + rec.length;
  b.leaveAt(next, next, b.indexInBlock + 1, EXIT_HANDLER);
  b.close();
}

function moveToSegment(b: Emit, rec: Rec): bool {
  b.sizeLog2 = 1;
  loadSegment(b, rec.g, b.reg<ANY>(rec.e));
  leaveBehind(b, rec);
  return true;
}

function popSegment(b: Emit, rec: Rec): bool {
  loadSegment(b, segmentOf(rec), b.and(loadTop(b), b.const(0xffff)));
  dropTop(b);
  leaveBehind(b, rec);
  return true;
}

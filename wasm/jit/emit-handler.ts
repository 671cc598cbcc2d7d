/**
 * Calls of the handlers that the interpreter uses, from compiled code: registers and flags are put back around them as far as the
 * handler looks at them.
 */
import { Cpu, OFF_ZERO } from "../cpu/state";
import { REC_MEM, REC_SIZE, Rec } from "../decode/record";
import { HANDLER_OF_ID, KEEPS_REGISTERS } from "../generated/translate";
import { HANDLER_TABLE } from "../layout";
import { Emit } from "./emit-backend";
import { LOCAL_BUDGET, LOCAL_REGISTERS, cpuBase } from "./emit-values";
import {
  OP_CALL_INDIRECT, OP_I32_EQZ, OP_I32_LOAD, OP_I32_STORE, OP_I64_LOAD, OP_I64_STORE, OP_RETURN, byte, i32Const, leb, localGet, localSet, memoryAccess,
} from "./encoder";
import { EXIT_HANDLER, Exit, allocate, newExit } from "./exits";
import { IMPORT_ENDING, IMPORT_LEAVE_AFTER, call } from "./imports";

/** What a region returns when it has left for the run loop: everything is in the struct. */
export const LEFT: i32 = -1;

/** Types of functions in an emitted module. */
export const TYPE_REGION: u32 = 0;
export const TYPE_HANDLER: u32 = 1;

/** Of KEEPS_REGISTERS: the handler does not look at registers either, but for its operand's address. */
const KEEPS_UNSEEN: u32 = 2;

/** Registers that may differ go back into the struct; the locals stay good. */
export function spill(b: Emit, registers: u32): void {
  for (let left = registers; left != 0; left &= left - 1) {
    const register = <u32>ctz(left);
    cpuBase();
    localGet(LOCAL_REGISTERS + register);
    memoryAccess(OP_I64_STORE, register << 3);
  }
}

export function reload(registers: u32): void {
  for (let left = registers; left != 0; left &= left - 1) {
    const register = <u32>ctz(left);
    cpuBase();
    memoryAccess(OP_I64_LOAD, register << 3);
    localSet(LOCAL_REGISTERS + register);
  }
}

/** A copy of the record with its place in the block: what the handler and the instruction clock look at. */
export function keepRecord(b: Emit, rec: Rec): Rec {
  if (b.isTrial) return rec;
  const copy = changetype<Rec>(allocate(REC_SIZE));
  memory.copy(changetype<usize>(copy), changetype<usize>(rec), REC_SIZE);
  copy.index = <u8>b.indexInBlock;
  return copy;
}

/** Bit of the register at an offset in the struct; none for what is no general register. */
function registerBit(offset: u32): u32 {
  return offset < OFF_ZERO ? 1 << (offset >> 3) : 0;
}

export function emitHandler(b: Emit, rec: Rec): void {
  emitHandlerOf(b, rec, keepRecord(b, rec));
}

/** The same where the record has been kept already. */
export function emitHandlerOf(b: Emit, rec: Rec, keptRecord: Rec): void {
  const kept = <u32>changetype<usize>(keptRecord);
  const next = rec.pageOffset + rec.length;
  const keeps: u32 = load<u8>(KEEPS_REGISTERS + rec.id);
  if (keeps == KEEPS_UNSEEN) {
    // Only the address is computed from registers.
    const seen = rec.flags & REC_MEM ? b.dirty & (registerBit(rec.base) | registerBit(rec.indexReg)) : 0;
    spill(b, seen);
    b.dirty &= ~seen;
  } else {
    b.settle();
    spill(b, b.dirty);
    b.dirty = 0;
    b.sseIsOn = b.sseIsOn && keeps != 0;
  }
  cpuBase();
  i32Const(kept);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("rec"));
  cpuBase();
  localGet(LOCAL_BUDGET);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("budget"));
  cpuBase();
  i32Const(kept);
  i32Const(load<u32>(HANDLER_TABLE + (<usize>load<u16>(HANDLER_OF_ID + (<usize>rec.id << 1)) << 2)));
  byte(OP_CALL_INDIRECT);
  leb(TYPE_HANDLER);
  leb(0);
  cpuBase();
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("stop"));
  b.openRareIf();
  const kind = b.kind;
  b.settle();
  spill(b, b.dirty);
  cpuBase();
  const exit = b.isTrial ? changetype<Exit>(0x80_0000) : newExit(rec.pageOffset, next, b.indexInBlock, b.kind, EXIT_HANDLER, b.entryTrace);
  i32Const(<u32>changetype<usize>(exit));
  localGet(LOCAL_BUDGET);
  call(IMPORT_LEAVE_AFTER);
  i32Const(LEFT);
  byte(OP_RETURN);
  b.close();
  b.kind = kind;
  if (keeps) return;
  reload(b.regionUses);
}

/** A handler that ends its trace, the last record of its block: the core decides whether the region can go on behind it. */
export function emitEnding(b: Emit, rec: Rec, indexInBlock: u32): void {
  b.begin(rec, indexInBlock, 0);
  b.settle();
  spill(b, b.dirty);
  b.dirty = 0;
  const kept = keepRecord(b, rec);
  cpuBase();
  i32Const(<u32>changetype<usize>(kept));
  localGet(LOCAL_BUDGET);
  call(IMPORT_ENDING);
  byte(OP_I32_EQZ);
  b.openRareIf();
  i32Const(LEFT);
  byte(OP_RETURN);
  b.close();
  reload(b.regionUses);
}

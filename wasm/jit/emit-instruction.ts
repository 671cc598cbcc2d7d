/**
 * One record to WebAssembly: operations that are stated for both backends, short forms of stack instructions, and for all
 * else a call of the handler that the interpreter uses, with registers and flags put back around it.
 */
import { Cpu, OFF_ZERO } from "../cpu/state";
import { REC_MEM, REC_SIZE, Rec } from "../decode/record";
import { COLD_BASE, ENDS_BASE } from "../generated/handlers";
import {
  ID_LEA_FAST32, ID_LEA_FAST64, ID_NOP_FAST, ID_POP_FAST32, ID_POP_FAST64, ID_PUSH_FAST32, ID_PUSH_FAST64, ID_PUSH_I_FAST32, ID_PUSH_I_FAST64,
} from "../generated/tables";
import { HANDLER_OF_ID, KEEPS_REGISTERS, OPERATION_OF_ID, SIZE_LOG2_OF_ID, translateOperation } from "../generated/translate";
import { HANDLER_TABLE } from "../layout";
import { Emit } from "./emit-backend";
import { LOCAL_BUDGET, LOCAL_CPU, LOCAL_REGISTERS, LOCAL_TLB_READ, LOCAL_TLB_WRITE, Val } from "./emit-values";
import {
  OP_CALL_INDIRECT, OP_I32_EQZ, OP_I32_LOAD, OP_I32_STORE, OP_I64_LOAD, OP_I64_STORE, OP_RETURN, byte, i32Const, leb, localGet, localSet, memoryAccess,
} from "./encoder";
import { EXIT_HANDLER, Exit, allocate, newExit } from "./exits";
import { emitSimd } from "./emit-simd";
import { emitShort } from "./emit-short";
import { IMPORT_ENDING, IMPORT_LEAVE_AFTER, call } from "./imports";

/** A run-time size: any floating type serves as the tag. */
type ANY = f64;

/** What a region returns when it has left for the run loop: everything is in the struct. */
export const LEFT: i32 = -1;

/** Types of functions in an emitted module. */
export const TYPE_REGION: u32 = 0;
export const TYPE_HANDLER: u32 = 1;

/** Of KEEPS_REGISTERS: the handler does not look at registers either, but for its operand's address. */
const KEEPS_UNSEEN: u32 = 2;

const RSP: u32 = 32;

/** Writes the code of one record; false if the region has to be left at it. */
export function emitInstruction(b: Emit, cpu: Cpu, rec: Rec, indexInBlock: u32): bool {
  const id: u32 = rec.id;
  const operation: u32 = load<u8>(OPERATION_OF_ID + id);
  b.begin(rec, indexInBlock, load<u8>(SIZE_LOG2_OF_ID + id));
  if (operation != 0 && (!(rec.flags & REC_MEM) || b.canAddress(cpu, rec))) {
    translateOperation(b, rec, operation);
    return true;
  }
  if (id == ID_NOP_FAST) return true;
  if (id == ID_LEA_FAST32 || id == ID_LEA_FAST64) {
    b.sizeLog2 = id == ID_LEA_FAST32 ? 2 : 3;
    b.setReg<ANY>(rec.g, b.trunc<ANY>(b.sumOf(rec)));
    return true;
  }
  if (emitStack(b, rec, id) || emitShort(b, rec) || emitSimd(b, rec)) return true;
  if (id >= ENDS_BASE || (id < COLD_BASE && operation == 0)) return false;
  emitHandler(b, rec);
  return true;
}

function emitStack(b: Emit, rec: Rec, id: u32): bool {
  const isWide = id == ID_PUSH_FAST64 || id == ID_PUSH_I_FAST64 || id == ID_POP_FAST64;
  b.sizeLog2 = isWide ? 3 : 2;
  if (id == ID_PUSH_FAST32 || id == ID_PUSH_FAST64) push(b, b.reg<ANY>(rec.g));
  else if (id == ID_PUSH_I_FAST32 || id == ID_PUSH_I_FAST64) push(b, b.imm<ANY>(rec));
  else if (id == ID_POP_FAST32 || id == ID_POP_FAST64) {
    const value = pop(b);
    b.setReg<ANY>(rec.g, value);
  } else return false;
  return true;
}

/** PUSH of the emitter's present size; RSP moves when the store is done. */
export function push(b: Emit, value: Val): void {
  const size: u64 = <u64>1 << b.sizeLog2;
  const top = b.trunc<ANY>(b.sub(changetype<Val>(<usize>b.local(RSP >> 3)), b.const(size)));
  b.store<ANY>(top, value);
  b.setReg<ANY>(RSP, top);
}

export function pop(b: Emit): Val {
  const size: u64 = <u64>1 << b.sizeLog2;
  const value = b.load<ANY>(b.reg<ANY>(RSP));
  b.setReg<ANY>(RSP, b.trunc<ANY>(b.add(b.reg<ANY>(RSP), b.const(size))));
  return value;
}

/** Registers that may differ go back into the struct; the locals stay good. */
export function spill(b: Emit, registers: u32): void {
  for (let left = registers; left != 0; left &= left - 1) {
    const register = <u32>ctz(left);
    localGet(LOCAL_CPU);
    localGet(LOCAL_REGISTERS + register);
    memoryAccess(OP_I64_STORE, register << 3);
  }
}

export function reload(registers: u32): void {
  for (let left = registers; left != 0; left &= left - 1) {
    const register = <u32>ctz(left);
    localGet(LOCAL_CPU);
    memoryAccess(OP_I64_LOAD, register << 3);
    localSet(LOCAL_REGISTERS + register);
  }
}

export function reloadTlb(): void {
  localGet(LOCAL_CPU);
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("tlbRead"));
  localSet(LOCAL_TLB_READ);
  localGet(LOCAL_CPU);
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("tlbWrite"));
  localSet(LOCAL_TLB_WRITE);
}

/** A copy of the record with its place in the block: what the handler and the instruction clock look at. */
function keepRecord(b: Emit, rec: Rec): Rec {
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

function emitHandler(b: Emit, rec: Rec): void {
  const kept = <u32>changetype<usize>(keepRecord(b, rec));
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
  localGet(LOCAL_CPU);
  i32Const(kept);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("rec"));
  localGet(LOCAL_CPU);
  localGet(LOCAL_BUDGET);
  memoryAccess(OP_I32_STORE, offsetof<Cpu>("budget"));
  localGet(LOCAL_CPU);
  i32Const(kept);
  i32Const(load<u32>(HANDLER_TABLE + (<usize>load<u16>(HANDLER_OF_ID + (<usize>rec.id << 1)) << 2)));
  byte(OP_CALL_INDIRECT);
  leb(TYPE_HANDLER);
  leb(0);
  localGet(LOCAL_CPU);
  memoryAccess(OP_I32_LOAD, offsetof<Cpu>("stop"));
  b.openRareIf();
  const kind = b.kind;
  b.settle();
  spill(b, b.dirty);
  localGet(LOCAL_CPU);
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
  reloadTlb();
}

/** A handler that ends its trace, the last record of its block: the core decides whether the region can go on behind it. */
export function emitEnding(b: Emit, rec: Rec, indexInBlock: u32): void {
  b.begin(rec, indexInBlock, 0);
  b.settle();
  spill(b, b.dirty);
  b.dirty = 0;
  localGet(LOCAL_CPU);
  i32Const(<u32>changetype<usize>(keepRecord(b, rec)));
  localGet(LOCAL_BUDGET);
  call(IMPORT_ENDING);
  byte(OP_I32_EQZ);
  b.openRareIf();
  i32Const(LEFT);
  byte(OP_RETURN);
  b.close();
  reload(b.regionUses);
  reloadTlb();
}

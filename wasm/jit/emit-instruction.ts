/**
 * One record to WebAssembly: operations that are stated for both backends, short forms of stack instructions, and for all
 * else a call of the handler that the interpreter uses, with registers and flags put back around it.
 */
import { Cpu } from "../cpu/state";
import { REC_MEM, Rec } from "../decode/record";
import { COLD_BASE, ENDS_BASE } from "../generated/handlers";
import { ID_LEA_FAST32, ID_LEA_FAST64, ID_NOP_FAST } from "../generated/tables";
import { OPERATION_OF_ID, SIZE_LOG2_OF_ID, translateOperation } from "../generated/translate";
import { Emit } from "./emit-backend";
import { emitHandler } from "./emit-handler";
import { emitShort } from "./emit-short";
import { emitSimd } from "./emit-simd";
import { emitSimdMove } from "./emit-simd-moves";
import { emitSseFloat } from "./emit-sse-float";
import { emitStack } from "./emit-stack";
import { emitSystem } from "./emit-system";
import { emitX87 } from "./emit-x87";

/** A run-time size: any floating type serves as the tag. */
type ANY = f64;

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
  if (emitStack(b, rec, id) || emitSystem(b, rec) || emitShort(b, rec) || emitSimd(b, rec) || emitSimdMove(b, rec) || emitSseFloat(b, rec) || emitX87(b, rec)) return true;
  if (id >= ENDS_BASE || (id < COLD_BASE && operation == 0)) return false;
  emitHandler(b, rec);
  return true;
}

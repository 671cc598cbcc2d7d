/**
 * Shorter forms of near transfers and stack operations where the mode leaves nothing to check: 64-bit code, and flat
 * 32-bit code with a 32-bit stack. Everything else keeps the general handler of its row.
 */
import {
  ID_CALL_E_FAST32, ID_CALL_E_FAST64, ID_CALL_FAST32, ID_CALL_FAST64, ID_JCC_FAST_0, ID_JMP_E_FAST32, ID_JMP_E_FAST64, ID_JMP_FAST, ID_LEA_FAST32, ID_LEA_FAST64, ID_NOP_FAST,
  ID_POP_FAST32, ID_POP_FAST64, ID_PUSH_FAST32, ID_PUSH_FAST64, ID_PUSH_I_FAST32, ID_PUSH_I_FAST64, ID_RET_FAST32, ID_RET_FAST64,
  KIND_CALL_E, KIND_CALL_J, KIND_JCC, KIND_JMP_E, KIND_JMP_J, KIND_LEA, KIND_NOP, KIND_POP_R, KIND_PUSH_I, KIND_PUSH_R, KIND_RET,
} from "../generated/tables";
import { MODE_32, MODE_64, MODE_CS_CHECKED, MODE_FLAT, MODE_SIZE_MASK, MODE_SS32, SEG_SS } from "../cpu/state";
import { Rec } from "./record";

const FLAT32: u32 = MODE_32 | MODE_FLAT | MODE_SS32;

/** A short form that does not end its trace: it goes on where the branch is not taken. */
@inline export function goesOn(id: u32): bool {
  return id - ID_JCC_FAST_0 < 16;
}

/** The id to run instead of `id` (its row is of `kind`). */
export function specialize(rec: Rec, kind: u32, id: u32, mode: u32, opSize: u32, addrSize: u32): u32 {
  if (kind == 0) return id;
  const is64 = (mode & MODE_SIZE_MASK) == MODE_64;
  const isFlat32 = (mode & (MODE_SIZE_MASK | MODE_FLAT | MODE_SS32 | MODE_CS_CHECKED)) == FLAT32 && opSize == 2;
  const fastStack = is64 ? opSize == 3 : isFlat32;
  const freeTarget = opSize != 1 && !(mode & MODE_CS_CHECKED);
  // A stack address that is not canonical raises #SS: the slow path looks at the record's segment.
  if (kind == KIND_CALL_J || kind == KIND_RET || kind == KIND_PUSH_R || kind == KIND_POP_R || kind == KIND_PUSH_I) rec.seg = <u8>SEG_SS;
  if (kind == KIND_JCC && freeTarget) return ID_JCC_FAST_0 + (<u32>rec.opcode & 15);
  if (kind == KIND_JMP_J && freeTarget) return ID_JMP_FAST;
  if (kind == KIND_LEA) {
    if (opSize == 3 && addrSize == 3) return ID_LEA_FAST64;
    if (opSize == 2 && addrSize >= 2) return ID_LEA_FAST32;
    return id;
  }
  if (kind == KIND_NOP) return ID_NOP_FAST;
  if (!fastStack) return id;
  if (kind == KIND_CALL_J) return is64 ? ID_CALL_FAST64 : ID_CALL_FAST32;
  if (kind == KIND_RET) return is64 ? ID_RET_FAST64 : ID_RET_FAST32;
  if (kind == KIND_PUSH_R) return is64 ? ID_PUSH_FAST64 : ID_PUSH_FAST32;
  if (kind == KIND_POP_R) return is64 ? ID_POP_FAST64 : ID_POP_FAST32;
  if (kind == KIND_PUSH_I) return is64 ? ID_PUSH_I_FAST64 : ID_PUSH_I_FAST32;
  if (kind == KIND_JMP_E) return is64 ? ID_JMP_E_FAST64 : ID_JMP_E_FAST32;
  if (kind == KIND_CALL_E) return is64 ? ID_CALL_E_FAST64 : ID_CALL_E_FAST32;
  return id;
}

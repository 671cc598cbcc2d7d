/**
 * Stack instructions of the usual size: PUSH, POP, LEAVE. The stack pointer moves when the access is done.
 * [SDM2] PUSH, POP, LEAVE
 */
import { REC_MEM, Rec, opSizeLog2 } from "../decode/record";
import {
  ID_LEAVE, ID_POP_FAST32, ID_POP_FAST64, ID_PUSH_E_32, ID_PUSH_E_64, ID_PUSH_FAST32, ID_PUSH_FAST64, ID_PUSH_I_FAST32, ID_PUSH_I_FAST64,
} from "../generated/tables";
import { Emit } from "./emit-backend";
import { Val } from "./emit-values";

/** A run-time size: any floating type serves as the tag. */
type ANY = f64;

const RSP: u32 = 32;
const RBP: u32 = 40;

/** False if the record is none of them. */
export function emitStack(b: Emit, rec: Rec, id: u32): bool {
  const isWide = id == ID_PUSH_FAST64 || id == ID_PUSH_I_FAST64 || id == ID_POP_FAST64;
  b.sizeLog2 = isWide ? 3 : 2;
  if (id == ID_PUSH_FAST32 || id == ID_PUSH_FAST64) push(b, b.reg<ANY>(rec.g));
  else if (id == ID_PUSH_I_FAST32 || id == ID_PUSH_I_FAST64) push(b, b.imm<ANY>(rec));
  else if (id == ID_POP_FAST32 || id == ID_POP_FAST64) {
    const value = loadTop(b);
    dropTop(b);
    b.setReg<ANY>(rec.g, value);
  } else if ((id == ID_PUSH_E_32 || id == ID_PUSH_E_64) && (!(rec.flags & REC_MEM) || b.canAddress(b.cpu, rec))) {
    b.sizeLog2 = id == ID_PUSH_E_64 ? 3 : 2;
    push(b, rec.flags & REC_MEM ? b.load<ANY>(b.addressOf(rec)) : b.copy(b.reg<ANY>(rec.e)));
  } else if (id == ID_LEAVE && opSizeLog2(rec) == b.addressSize) {
    b.sizeLog2 = b.addressSize;
    const frame = b.copy(b.reg<ANY>(RBP));
    b.isStack = true;
    const value = b.load<ANY>(frame);
    b.setReg<ANY>(RSP, b.trunc<ANY>(b.add(frame, b.const(<u64>1 << b.sizeLog2))));
    b.setReg<ANY>(RBP, value);
  } else return false;
  return true;
}

/** PUSH of the emitter's present size; RSP moves when the store is done. */
export function push(b: Emit, value: Val): void {
  const size: u64 = <u64>1 << b.sizeLog2;
  const top = b.trunc<ANY>(b.sub(changetype<Val>(<usize>b.local(RSP >> 3)), b.const(size)));
  b.isStack = true;
  b.store<ANY>(top, value);
  b.setReg<ANY>(RSP, top);
}

/** The two halves of a POP of that size: what lies on top, then RSP, when nothing can go wrong any more. */
export function loadTop(b: Emit): Val {
  b.isStack = true;
  return b.load<ANY>(b.reg<ANY>(RSP));
}

export function dropTop(b: Emit): void {
  b.setReg<ANY>(RSP, b.trunc<ANY>(b.add(b.reg<ANY>(RSP), b.const(<u64>1 << b.sizeLog2))));
}

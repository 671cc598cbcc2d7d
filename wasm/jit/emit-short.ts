/**
 * Short forms of instructions that are calls for the interpreter: moves between the accumulator and an absolute address, and
 * divisions whose quotient fits. Whatever does not fit (a divisor of 0, a quotient that is too large) leaves the region at
 * the instruction: the interpreter raises what is to be raised.
 * [SDM2] MOV, DIV, IDIV
 */
import { OFF_ZERO } from "../cpu/state";
import { REC_MEM, REC_SIZE, Rec, addrSizeLog2 } from "../decode/record";
import {
  ID_DIV_32, ID_DIV_64, ID_IDIV_32, ID_IDIV_64, ID_MOV_A_O8, ID_MOV_A_O_16, ID_MOV_A_O_32, ID_MOV_A_O_64, ID_MOV_O_A8, ID_MOV_O_A_16, ID_MOV_O_A_32, ID_MOV_O_A_64,
} from "../generated/tables";
import { Emit } from "./emit-backend";
import { Val } from "./emit-values";
import { OP_I32_OR, OP_I64_DIV_S, OP_I64_DIV_U, OP_I64_EQ, OP_I64_EQZ, OP_I64_LE_U, OP_I64_NE, byte } from "./encoder";
import { ABSOLUTE_RECORD } from "./region";

type ANY = f64;
const RAX: u32 = 0;
const RDX: u32 = 16;

/** False if the record is none of them, or its address needs the interpreter. */
export function emitShort(b: Emit, rec: Rec): bool {
  const id: u32 = rec.id;
  if (id == ID_MOV_A_O8 || id == ID_MOV_O_A8) return moveAbsolute(b, rec, 0, id == ID_MOV_A_O8);
  if (id == ID_MOV_A_O_16 || id == ID_MOV_O_A_16) return moveAbsolute(b, rec, 1, id == ID_MOV_A_O_16);
  if (id == ID_MOV_A_O_32 || id == ID_MOV_O_A_32) return moveAbsolute(b, rec, 2, id == ID_MOV_A_O_32);
  if (id == ID_MOV_A_O_64 || id == ID_MOV_O_A_64) return moveAbsolute(b, rec, 3, id == ID_MOV_A_O_64);
  if (id == ID_DIV_32 || id == ID_DIV_64) return divide(b, rec, id == ID_DIV_32 ? 2 : 3, false);
  if (id == ID_IDIV_32 || id == ID_IDIV_64) return divide(b, rec, id == ID_IDIV_32 ? 2 : 3, true);
  return false;
}

/** The offset stands in the instruction: as a memory operand it has neither base nor index. */
function moveAbsolute(b: Emit, rec: Rec, sizeLog2: u32, isLoad: bool): bool {
  if (addrSizeLog2(rec) == 3) return false; // its offset has 64 bits
  const operand = changetype<Rec>(ABSOLUTE_RECORD);
  memory.copy(ABSOLUTE_RECORD, changetype<usize>(rec), REC_SIZE);
  operand.base = <u8>OFF_ZERO;
  operand.indexReg = <u8>OFF_ZERO;
  operand.disp = <i32>rec.imm;
  operand.flags |= <u16>REC_MEM;
  if (!b.canAddress(b.cpu, operand)) return false;
  b.sizeLog2 = sizeLog2;
  const address = b.addressOf(operand);
  if (isLoad) b.setReg<ANY>(RAX, b.load<ANY>(address));
  else b.store<ANY>(address, b.reg<ANY>(RAX));
  return true;
}

function quotientOf(b: Emit, opcode: u8, dividend: Val, divisor: Val): Val {
  b.get(dividend);
  b.get(divisor);
  byte(opcode);
  return b.define();
}

/** rAX, rDX ← quotient and remainder of rDX:rAX. Dividends of more than 64 bits are left to the interpreter. */
function divide(b: Emit, rec: Rec, sizeLog2: u32, isSigned: bool): bool {
  if (rec.flags & REC_MEM && !b.canAddress(b.cpu, rec)) return false;
  b.sizeLog2 = sizeLog2;
  const operand = rec.flags & REC_MEM ? b.load<ANY>(b.addressOf(rec)) : b.reg<ANY>(rec.e);
  const low = b.reg<ANY>(RAX);
  const high = b.reg<ANY>(RDX);
  const divisor = b.copy(isSigned ? b.sext<ANY>(operand) : operand);
  const dividend = b.copy(sizeLog2 == 2 ? b.or(b.shl(high, b.const(32)), low) : low);
  b.get(divisor);
  byte(OP_I64_EQZ);
  if (isSigned) {
    // By −1 the most negative dividend would trap in the host.
    b.get(divisor);
    b.get(b.const(~(<u64>0)));
    byte(OP_I64_EQ);
    byte(OP_I32_OR);
  }
  b.leaveIf();
  if (sizeLog2 == 3) {
    b.get(high);
    b.get(isSigned ? b.sar(low, b.const(63)) : b.const(0));
    byte(OP_I64_NE);
    b.leaveIf();
  } else if (!isSigned) {
    b.get(divisor);
    b.get(high);
    byte(OP_I64_LE_U);
    b.leaveIf();
  }
  const quotient = quotientOf(b, isSigned ? OP_I64_DIV_S : OP_I64_DIV_U, dividend, divisor);
  if (isSigned && sizeLog2 == 2) {
    b.get(b.sext<ANY>(quotient));
    b.get(quotient);
    byte(OP_I64_NE);
    b.leaveIf();
  }
  const remainder = b.sub(dividend, b.mul(quotient, divisor));
  b.setReg<ANY>(RAX, b.trunc<ANY>(quotient));
  b.setReg<ANY>(RDX, b.trunc<ANY>(remainder));
  return true;
}

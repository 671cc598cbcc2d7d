/**
 * From records to WebAssembly: which operation and form a record is, stated with the emitting backend, one switch for
 * all operand sizes. So far the family of binary arithmetic and logic: ADD … CMP, TEST, INC, DEC, NEG, NOT.
 */
import { Rec, opSizeLog2 } from "../decode/record";
import { ADC, ADD, AND, CMP, DEC, INC, NEG, NOT, OR, SBB, SUB, TEST, XOR } from "../semantics/arith";
import { readEG, readEI, readGE, rmwE, rmwEG, rmwEI, rmwGE } from "../semantics/forms";
import { Emit, Val } from "./emit-backend";

/** A run-time size: any floating type serves as the tag. */
type ANY = f64;

const FORM_EG: u32 = 0;
const FORM_GE: u32 = 1;
const FORM_EI: u32 = 2;
const FORM_E: u32 = 3;

@inline function twoOperands<OP>(b: Emit, rec: Rec, form: u32): void {
  if (form == FORM_EG) rmwEG<Emit, Val, ANY, ANY, OP>(b, rec);
  else if (form == FORM_GE) rmwGE<Emit, Val, ANY, ANY, OP>(b, rec);
  else rmwEI<Emit, Val, ANY, ANY, OP>(b, rec);
}

@inline function flagsOnly<OP>(b: Emit, rec: Rec, form: u32): void {
  if (form == FORM_EG) readEG<Emit, Val, ANY, ANY, OP>(b, rec);
  else if (form == FORM_GE) readGE<Emit, Val, ANY, ANY, OP>(b, rec);
  else readEI<Emit, Val, ANY, ANY, OP>(b, rec);
}

/** The eight operations of 00–3F, 80–83, by their number in the opcode. */
function binary(b: Emit, rec: Rec, operation: u32, form: u32): void {
  switch (operation) {
    case 0: twoOperands<ADD>(b, rec, form); break;
    case 1: twoOperands<OR>(b, rec, form); break;
    case 2: twoOperands<ADC>(b, rec, form); break;
    case 3: twoOperands<SBB>(b, rec, form); break;
    case 4: twoOperands<AND>(b, rec, form); break;
    case 5: twoOperands<SUB>(b, rec, form); break;
    case 6: twoOperands<XOR>(b, rec, form); break;
    default: flagsOnly<CMP>(b, rec, form); break;
  }
}

/** Writes the code of one record; false if its operation is not among those that can be emitted. */
export function translate(b: Emit, rec: Rec): bool {
  const opcode: u32 = rec.opcode;
  const group = (<u32>rec.modrm >> 3) & 7;
  // Even opcodes of these rows work on bytes.
  const isByte = opcode < 0x40 || opcode == 0x80 || opcode == 0x82 || opcode >= 0x84 ? !(opcode & 1) : false;
  b.start(isByte ? 0 : opSizeLog2(rec));
  if (opcode < 0x40 && (opcode & 7) < 6) {
    // A register E operand of the G,E rows has been turned round by the decoder.
    const form = (opcode & 7) >= 4 ? FORM_EI : (opcode & 2) != 0 && (rec.flags & 1) != 0 ? FORM_GE : FORM_EG;
    binary(b, rec, opcode >> 3, form);
    return true;
  }
  if (opcode >= 0x80 && opcode <= 0x83) {
    binary(b, rec, group, FORM_EI);
    return true;
  }
  if (opcode == 0x84 || opcode == 0x85) {
    flagsOnly<TEST>(b, rec, FORM_EG);
    return true;
  }
  if (opcode == 0xa8 || opcode == 0xa9 || ((opcode == 0xf6 || opcode == 0xf7) && group < 2)) {
    flagsOnly<TEST>(b, rec, FORM_EI);
    return true;
  }
  if ((opcode == 0xf6 || opcode == 0xf7) && group == 2) {
    rmwE<Emit, Val, ANY, ANY, NOT>(b, rec);
    return true;
  }
  if ((opcode == 0xf6 || opcode == 0xf7) && group == 3) {
    rmwE<Emit, Val, ANY, ANY, NEG>(b, rec);
    return true;
  }
  const isStep = opcode == 0xfe || opcode == 0xff;
  if ((isStep && group == 0) || (opcode >= 0x40 && opcode < 0x48)) {
    rmwE<Emit, Val, ANY, ANY, INC>(b, rec);
    return true;
  }
  if ((isStep && group == 1) || (opcode >= 0x48 && opcode < 0x50)) {
    rmwE<Emit, Val, ANY, ANY, DEC>(b, rec);
    return true;
  }
  return false;
}

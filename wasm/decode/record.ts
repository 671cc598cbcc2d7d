/**
 * A decoded instruction: 32 bytes, laid out one after another as a trace. What the interpreter and the emitter read.
 *
 *   0  u16 id          which handler (generated/ids.ts)
 *   2  u8  length      bytes of the instruction
 *   3  u8  index       position in its trace (instructions before it)
 *   4  u8  g           G operand (ModRM.reg, or the register in the opcode): byte offset in Cpu of a general register
 *                      (AH CH DH BH: odd offsets); the plain register number for segment, control, debug, MMX, XMM
 *   5  u8  e           E operand when it is a register, in the same way
 *   6  u8  base        byte offsets in Cpu of base and index register (OFF_ZERO where there is none)
 *   7  u8  indexReg
 *   8  u8  scale       0…3
 *   9  u8  seg         segment of the memory operand, override applied
 *  10  u16 flags       REC_…
 *  12  i32 disp        displacement; for RIP-relative operands counted from codeBase
 *  16  i64 imm         immediate, sign-extended as the manual says; relative branches: target as an offset from codeBase;
 *                      far pointers: offset | selector << 32; ENTER: size | level << 16
 *  24  u32 link        taken branch: record of the target, once known
 *  28  u16 pageOffset  offset of the instruction from codeBase
 *  30  u8  modrm
 *  31  u8  opcode      last opcode byte
 */
@unmanaged @final
export class Rec {
  id: u16;
  length: u8;
  index: u8;
  g: u8;
  e: u8;
  base: u8;
  indexReg: u8;
  scale: u8;
  seg: u8;
  flags: u16;
  disp: i32;
  imm: i64;
  link: u32;
  pageOffset: u16;
  modrm: u8;
  opcode: u8;
}

/** A core that counts which opcode rows are run (decode/coverage.ts) has the row's number behind each record. */
export const REC_SIZE: u32 = isDefined(COVERAGE) ? 40 : 32;

/** The E operand is in memory. */
export const REC_MEM: u32 = 1;
export const REC_LOCK: u32 = 2;
/** F2 and F3 prefixes (the last one counts). */
export const REC_REPNE: u32 = 4;
export const REC_REP: u32 = 8;
/** Operand size: log2 of bytes (1 word, 2 doubleword, 3 quadword) << 4, by prefixes, REX and mode. */
export const REC_OPSIZE_SHIFT: u32 = 4;
export const REC_OPSIZE_MASK: u32 = 0x30;
/** Address size likewise << 6. */
export const REC_ADDRSIZE_SHIFT: u32 = 6;
export const REC_ADDRSIZE_MASK: u32 = 0xc0;
/** A 66 prefix is there (SSE rows). */
export const REC_66: u32 = 0x100;
/** How the effective address becomes a linear address. */
export const REC_EA_MASK: u32 = 0x600;
/** 64-bit address, base 0. */
export const REC_EA_64: u32 = 0;
/** 32-bit address, flat segment: only the sum is masked. */
export const REC_EA_32: u32 = 0x200;
/** 64-bit address plus the base of FS or GS. */
export const REC_EA_64_SEG: u32 = 0x400;
/** Everything else: 16-bit addresses, segment base and limit, 67h in 64-bit mode. Never for an operation in the main switch. */
export const REC_EA_GENERAL: u32 = 0x600;
export const REC_REX_W: u32 = 0x800;
/** There is an index register. */
export const REC_EA_INDEX: u32 = 0x2000;
/** The bytes continue in the next page. */
export const REC_CROSSES_PAGE: u32 = 0x1000;

@inline export function opSizeLog2(rec: Rec): u32 {
  return (<u32>rec.flags & REC_OPSIZE_MASK) >> REC_OPSIZE_SHIFT;
}

@inline export function addrSizeLog2(rec: Rec): u32 {
  return (<u32>rec.flags & REC_ADDRSIZE_MASK) >> REC_ADDRSIZE_SHIFT;
}

@inline export function isMem(rec: Rec): bool {
  return (rec.flags & REC_MEM) != 0;
}

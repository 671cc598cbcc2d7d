/**
 * One instruction from bytes to a record: prefixes, REX, opcode maps, ModRM and SIB, displacement, immediates.
 * What an opcode means comes from the tables; this file knows only how instructions are put together.
 * VEX and EVEX are not decoded: the processor does not offer AVX, and C4, C5 and 62 are #UD in 64-bit mode.
 * [SDM2] chapter 2, [APM3] chapter 1
 */
import { ANY_ADDRESS_ID, CANDIDATES, ID_TOO_LONG, ID_UNDEFINED, IN_SWITCH_END, OPCODES, ROWS, ROW_D64, ROW_ENDS, ROW_F64, ROW_FEATURES, ROW_I64, ROW_LOCK, ROW_MEM_ONLY, ROW_MODRM, ROW_O64,
  ROW_PREFIX66, ROW_REG_ONLY, ROW_SIZE, ROW_SWAP } from "../generated/tables";
import { noteNoRow, noteRow } from "./coverage";
import { hasFeature } from "../cpu/models";
import { Cpu, MODE_16, MODE_64, MODE_FLAT, MODE_SIZE_MASK, OFF_CODE_BASE, OFF_ZERO, SEG_CS, SEG_DS, SEG_FS, SEG_GS, SEG_SS, isProtected } from "../cpu/state";
import { REC_66, REC_ADDRSIZE_SHIFT, REC_EA_32, REC_EA_64, REC_EA_64_SEG, REC_EA_GENERAL, REC_EA_INDEX, REC_LOCK, REC_MEM, REC_OPSIZE_SHIFT, REC_REP, REC_REPNE, REC_REX_W, Rec } from "./record";
import { goesOn, specialize } from "./specialize";

/** The processor refuses longer instructions with #GP(0). [SDM2] 2.3.11 */
const MAX_LENGTH: u32 = 15;

const REX_B: u32 = 1;
const REX_X: u32 = 2;
const REX_R: u32 = 4;
const REX_W: u32 = 8;

const PREFIX_NONE: u32 = 1;
const PREFIX_66: u32 = 2;
const PREFIX_F3: u32 = 4;
const PREFIX_F2: u32 = 8;

const NO_OVERRIDE: u32 = 0xff;
const NO_ROW: u32 = 0xffff;

/** Set by `decode`: no instruction of the same trace can follow. */
export let decodedEnds: bool = false;

/** Base and index registers of 16-bit addressing, as byte offsets: BX+SI BX+DI BP+SI BP+DI SI DI BP BX. [SDM2] table 2-1 */
const BASE16: usize = memory.data<u8>([24, 24, 40, 40, 48, 56, 40, 24]);
const INDEX16: usize = memory.data<u8>([48, 56, 48, 56, 128, 128, 128, 128]);

@inline function byteRegister(n: u32, rex: u32): u32 {
  return rex || n < 4 ? n << 3 : ((n - 4) << 3) + 1;
}

/** Too few bytes at hand: 0, or the record of an instruction that is too long. */
function outOfBytes(rec: Rec, available: u32): u32 {
  if (available < MAX_LENGTH) return 0;
  return reject(rec, ID_TOO_LONG, MAX_LENGTH);
}

function reject(rec: Rec, id: u32, length: u32): u32 {
  rec.id = <u16>id;
  rec.length = <u8>length;
  noteNoRow(rec);
  decodedEnds = true;
  return length;
}

/** The row for an opcode, or NO_ROW: candidates stand with the most specific first. */
function findRow(map: u32, opcode: u32, modrm: u32, prefix: u32, is64: bool): u32 {
  const entry = OPCODES + ((map << 8) + opcode) * 4;
  let candidate: usize = CANDIDATES + (<u32>load<u16>(entry)) * 2;
  for (let n: u32 = load<u16>(entry, 2); n > 0; n--, candidate += 2) {
    const number: u32 = load<u16>(candidate);
    const row = ROWS + number * ROW_SIZE;
    if (!(load<u8>(row) & prefix)) continue;
    const flags: u32 = load<u16>(row, 8);
    if (flags & (is64 ? ROW_I64 : ROW_O64)) continue;
    if (flags & ROW_MODRM) {
      if ((modrm & load<u8>(row, 1)) != load<u8>(row, 2)) continue;
      if (flags & ROW_MEM_ONLY && modrm >= 0xc0) continue;
      if (flags & ROW_REG_ONLY && modrm < 0xc0) continue;
    }
    return number;
  }
  return NO_ROW;
}

/**
 * Decodes the instruction at `bytes` of which `available` can be read; the offset of the instruction from codeBase is in
 * `rec.pageOffset`. Returns its length, or 0 if more bytes are needed. Undefined opcodes give a record that faults.
 */
export function decode(cpu: Cpu, bytes: usize, available: u32, rec: Rec): u32 {
  const mode = cpu.mode;
  const size = mode & MODE_SIZE_MASK;
  const is64 = size == MODE_64;
  const end = bytes + min<u32>(available, MAX_LENGTH);
  let p = bytes;
  let rex: u32 = 0;
  let segOverride: u32 = NO_OVERRIDE;
  let has66 = false;
  let has67 = false;
  let flags: u32 = 0;
  let opcode: u32;
  decodedEnds = false;

  while (true) {
    if (p >= end) return outOfBytes(rec, available);
    opcode = load<u8>(p++);
    if (opcode == 0x66) has66 = true;
    else if (opcode == 0x67) has67 = true;
    else if (opcode == 0xf0) flags |= REC_LOCK;
    else if (opcode == 0xf2) flags = (flags & ~REC_REP) | REC_REPNE;
    else if (opcode == 0xf3) flags = (flags & ~REC_REPNE) | REC_REP;
    else if ((opcode & 0xe7) == 0x26) {
      if (!is64) segOverride = (opcode >> 3) & 3; // ES CS SS DS: no meaning in 64-bit mode
    } else if (opcode == 0x64) segOverride = SEG_FS;
    else if (opcode == 0x65) segOverride = SEG_GS;
    else if (is64 && (opcode & 0xf0) == 0x40) {
      rex = opcode;
      continue;
    } else break;
    rex = 0; // only a REX right before the opcode counts
  }

  let map: u32 = 0;
  if (opcode == 0x0f) {
    map = 1;
    if (p >= end) return outOfBytes(rec, available);
    opcode = load<u8>(p++);
    if (opcode == 0x38 || opcode == 0x3a) {
      map = opcode == 0x38 ? 2 : 3;
      if (p >= end) return outOfBytes(rec, available);
      opcode = load<u8>(p++);
    }
  }
  const prefix: u32 = flags & REC_REP ? PREFIX_F3 : flags & REC_REPNE ? PREFIX_F2 : has66 ? PREFIX_66 : PREFIX_NONE;

  // NOP is XCHG rAX, rAX: with REX.B it exchanges with R8.
  let tableOpcode = opcode;
  if (map == 0 && opcode == 0x90 && rex & REX_B) tableOpcode = 0x91;

  const entry = OPCODES + ((map << 8) + tableOpcode) * 4;
  let modrm: u32 = 0;
  let hasModrm = false;
  if (load<u16>(entry, 2) != 0) {
    const first: u32 = load<u16>(CANDIDATES + (<u32>load<u16>(entry)) * 2);
    hasModrm = (load<u16>(ROWS + first * ROW_SIZE, 8) & ROW_MODRM) != 0;
  }
  if (hasModrm) {
    if (p >= end) return outOfBytes(rec, available);
    modrm = load<u8>(p++);
    if (map == 1 && (opcode & 0xfc) == 0x20) modrm |= 0xc0; // MOV CRn, DRn: mod is ignored [SDM2] MOV
  }
  const number = findRow(map, tableOpcode, modrm, prefix, is64);
  if (number == NO_ROW) return reject(rec, ID_UNDEFINED, <u32>(p - bytes));
  noteRow(rec, number);
  const row = ROWS + number * ROW_SIZE;
  const attributes: u32 = load<u16>(row, 8);
  const kind: u32 = load<u8>(row, 10);

  let opSize: u32;
  if (is64) {
    opSize = rex & REX_W ? 3 : has66 && !(attributes & ROW_PREFIX66) ? 1 : 2;
    if (attributes & ROW_F64) opSize = 3;
    else if (attributes & ROW_D64 && opSize == 2) opSize = 3;
  } else {
    const swapped = has66 && !(attributes & ROW_PREFIX66);
    opSize = (size == MODE_16) != swapped ? 1 : 2;
  }
  const addrSize: u32 = is64 ? (has67 ? 2 : 3) : (size == MODE_16) != has67 ? 1 : 2;

  // ---- ModRM, SIB, displacement
  const mod = modrm >> 6;
  const rm = modrm & 7;
  let base: u32 = OFF_ZERO;
  let index: u32 = OFF_ZERO;
  let scale: u32 = 0;
  let displacement: i32 = 0;
  let defaultSegment: u32 = SEG_DS;
  let ripRelative = false;
  if (hasModrm && mod != 3) {
    flags |= REC_MEM;
    let displacementBytes: u32 = mod == 1 ? 1 : mod == 2 ? (addrSize == 1 ? 2 : 4) : 0;
    if (addrSize == 1) {
      base = load<u8>(BASE16 + rm);
      index = load<u8>(INDEX16 + rm);
      if (rm == 2 || rm == 3 || rm == 6) defaultSegment = SEG_SS;
      if (rm == 6 && mod == 0) {
        base = OFF_ZERO;
        defaultSegment = SEG_DS;
        displacementBytes = 2;
      }
    } else {
      let baseNumber = rm;
      if (rm == 4) {
        if (p >= end) return outOfBytes(rec, available);
        const sib: u32 = load<u8>(p++);
        const indexNumber = ((sib >> 3) & 7) | (rex & REX_X ? 8 : 0);
        if (indexNumber != 4) {
          index = indexNumber << 3;
          scale = sib >> 6;
        }
        baseNumber = sib & 7;
      }
      if (baseNumber == 5 && mod == 0) {
        displacementBytes = 4;
        ripRelative = is64 && rm == 5;
      } else {
        if (baseNumber == 4 || baseNumber == 5) {
          if (!(rex & REX_B)) defaultSegment = SEG_SS;
        }
        base = (baseNumber | (rex & REX_B ? 8 : 0)) << 3;
      }
    }
    if (displacementBytes) {
      if (p + displacementBytes > end) return outOfBytes(rec, available);
      displacement = displacementBytes == 1 ? <i32>load<i8>(p) : displacementBytes == 2 ? <i32>load<i16>(p) : load<i32>(p);
      p += displacementBytes;
    }
  }

  // ---- immediates
  let imm: i64 = 0;
  for (let i: u32 = 0; i < 2; i++) {
    const immKind: u32 = load<u8>(row + i, 3);
    if (immKind == 0) break;
    let immBytes: u32;
    if (immKind == 1 || immKind == 5) immBytes = 1; // Ib, Jb
    else if (immKind == 2) immBytes = 2; // Iw
    else if (immKind == 3 || immKind == 6) immBytes = opSize == 1 ? 2 : 4; // Iz, Jz
    else if (immKind == 4) immBytes = 1 << opSize; // Iv
    else if (immKind == 7) immBytes = opSize == 1 ? 4 : 6; // Ap
    else if (immKind == 8) immBytes = 1 << addrSize; // moffs
    else immBytes = 0; // the constant 1
    if (p + immBytes > end) return outOfBytes(rec, available);
    let value: i64;
    if (immBytes == 1) value = load<i8>(p);
    else if (immKind == 7) value = opSize == 1 ? <i64>load<u16>(p) | (<i64>load<u16>(p, 2) << 32) : <i64>load<u32>(p) | (<i64>load<u16>(p, 4) << 32);
    else if (immBytes == 2) value = immKind == 8 ? <i64>load<u16>(p) : <i64>load<i16>(p);
    else if (immBytes == 4) value = immKind == 8 ? <i64>load<u32>(p) : <i64>load<i32>(p);
    else if (immBytes == 8) value = load<i64>(p);
    else value = 1;
    p += immBytes;
    if (i == 0) imm = immKind == 2 ? value & 0xffff : value;
    else imm |= (value & 0xff) << 16;
    if (immKind == 5 || immKind == 6) imm = value + <i64>(<u32>rec.pageOffset + <u32>(p - bytes));
  }
  const length = <u32>(p - bytes);
  if (ripRelative) {
    base = OFF_CODE_BASE;
    displacement += <i32>(<u32>rec.pageOffset + length);
  }

  if (!isOffered(cpu, number)) return reject(rec, ID_UNDEFINED, length);
  if (flags & REC_LOCK && (!(attributes & ROW_LOCK) || !(flags & REC_MEM || attributes & ROW_REG_ONLY))) return reject(rec, ID_UNDEFINED, length);

  // ---- operands
  const gKind: u32 = load<u8>(row, 5);
  const eKind: u32 = load<u8>(row, 6);
  const regField = ((modrm >> 3) & 7) | (rex & REX_R ? 8 : 0);
  const rmField = rm | (rex & REX_B ? 8 : 0);
  const opcodeRegister = (opcode & 7) | (rex & REX_B ? 8 : 0);
  let g: u32 = 0;
  if (gKind == 1) g = byteRegister(regField, rex);
  else if (gKind == 2) g = regField << 3;
  else if (gKind == 3) g = regField;
  else if (gKind == 4) g = regField & 7;
  else if (gKind == 5) g = byteRegister(opcodeRegister, rex);
  else if (gKind == 6) g = opcodeRegister << 3;
  let e: u32 = 0;
  if (eKind == 1) e = byteRegister(rmField, rex);
  else if (eKind == 2) e = rmField << 3;
  else if (eKind == 3) e = rmField;
  else if (eKind == 4) e = rm;
  else if (eKind == 6) e = byteRegister(opcodeRegister, rex);
  else if (eKind == 7) e = opcodeRegister << 3;
  if (attributes & ROW_SWAP && !(flags & REC_MEM)) {
    const swap = g;
    g = e;
    e = swap;
  }

  const seg = segOverride != NO_OVERRIDE ? segOverride : defaultSegment;
  let addressing: u32 = REC_EA_GENERAL;
  if (is64) {
    if (addrSize == 3) addressing = seg >= SEG_FS ? REC_EA_64_SEG : REC_EA_64;
  } else if (mode & MODE_FLAT && addrSize == 2 && seg < SEG_FS && (seg != SEG_CS || !isProtected(cpu))) addressing = REC_EA_32;

  rec.length = <u8>length;
  rec.g = <u8>g;
  rec.e = <u8>e;
  rec.base = <u8>base;
  rec.indexReg = <u8>index;
  rec.scale = <u8>scale;
  rec.seg = <u8>seg;
  rec.flags = <u16>(flags | (opSize << REC_OPSIZE_SHIFT) | (addrSize << REC_ADDRSIZE_SHIFT) | addressing | (index != OFF_ZERO ? REC_EA_INDEX : 0) | (has66 ? REC_66 : 0) | (rex & REX_W ? REC_REX_W : 0));
  rec.disp = displacement;
  rec.imm = imm;
  rec.link = 0;
  rec.modrm = <u8>modrm;
  rec.opcode = <u8>opcode;

  const sized: u32 = load<u8>(row, 7);
  const sizeIndex: u32 = sized == 0 ? opSize : sized == 1 ? 0 : sized == 3 ? max<u32>(opSize, 2) : sized - 3;
  const id: u32 = load<u16>(row + (sizeIndex * 2 + (flags & REC_MEM)) * 2, 16);
  const special = specialize(rec, kind, id, mode, opSize, addrSize);
  rec.id = <u16>(flags & REC_MEM && addressing == REC_EA_GENERAL ? forAnyAddress(special) : special);
  decodedEnds = id == ID_UNDEFINED || ((attributes & ROW_ENDS) != 0 && !goesOn(special));
  return length;
}

/** The id that serves addresses which are more than a sum. */
@inline function forAnyAddress(id: u32): u32 {
  if (id >= IN_SWITCH_END) return id;
  const general = load<u16>(ANY_ADDRESS_ID + (id << 1));
  return general ? general : id;
}

/** The CPU model has what the row asks for. */
@inline function isOffered(cpu: Cpu, row: u32): bool {
  const feature = load<u32>(ROW_FEATURES + row * 4);
  return feature == 0 || hasFeature(cpu, feature);
}

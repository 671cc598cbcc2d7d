/**
 * Cases of instructions that load segment registers or go to another code segment: selectors of the descriptors that a
 * 64-bit Linux gives a program (and of those that it keeps for itself), far pointers in memory and in the
 * instruction, frames for IRET. Far transfers end at a breakpoint of the page of code, in whichever mode that is then.
 */
import type { Random, Row } from "../native/cases.ts";
import { type Patch, destination, words } from "../native/integer-cases.ts";
import { type Draft, RAX, RSP, segmentBase } from "../native/integer-encode.ts";
import { CODE, CODE16_BASE, CODE_BYTES, FLAG, SELECTOR, STACK, STACK16_BASE } from "../native/integer-layout.ts";
import { mask64, random64 } from "../native/integer-values.ts";

const LOADS_SEGMENT = /^(POP_S|MOV_S_E|LES|LDS|LSS|LFS|LGS)$/;
const FAR_POINTER = /^(CALL_FAR_M|JMP_FAR_M|LES|LDS|LSS|LFS|LGS)$/;
const LOOKS_AT_SELECTOR = /^(LAR|LSL|VERR|VERW|ARPL)$/;
const RETURNS_FAR = /^(RET_FAR|RET_FAR_I)$/;

export function isFar(row: Row): boolean {
  const { semantic } = row;
  return (
    LOADS_SEGMENT.test(semantic) ||
    LOOKS_AT_SELECTOR.test(semantic) ||
    RETURNS_FAR.test(semantic) ||
    /^(CALL_FAR|JMP_FAR|IRET)/.test(semantic)
  );
}

const CODE_SELECTORS = [SELECTOR.code64, SELECTOR.code32, SELECTOR.code16] as const;
const DATA_SELECTORS = [SELECTOR.data, SELECTOR.data16, SELECTOR.stack16, SELECTOR.fs, SELECTOR.gs] as const;
/** The segment whose limit tells programs their processor's number. */
const CPU_NUMBER = 0x78;

function anySelector(random: Random): number {
  const kind = random.below(10);
  if (kind < 5) return random.pick(DATA_SELECTORS) & ~(random.below(4) ? 0 : random.below(4));
  if (kind < 6) return random.pick(CODE_SELECTORS);
  if (kind < 7) return random.below(4);
  const selector = kind < 9 ? random.below(0x90) : random.below(0x10000);
  return (selector & 0xfffc) === CPU_NUMBER ? 0 : selector;
}

function codeSelector(random: Random): number {
  if (random.below(10) === 0) return anySelector(random);
  return random.pick(CODE_SELECTORS) & (random.below(8) ? ~0 : ~random.below(4));
}

/** An offset at which a breakpoint of the page of code stands, in the segment that `selector` names. */
function farOffset(d: Draft, random: Random, selector: number): bigint {
  if (random.below(12) === 0) return destination(d, random);
  const base = selector >> 3 === SELECTOR.code16 >> 3 && selector & 4 ? CODE16_BASE : 0;
  let address = CODE + random.below(CODE_BYTES);
  const start = CODE + d.codeOffset;
  if (address >= start - 1 && address < start + 16) address = start - 20;
  // Bits that a segment of 32-bit code has no room for.
  const upper = d.operandBits === 64 && random.below(6) === 0 ? random64(random) & ~mask64(32) : 0n;
  return BigInt(address - base) | upper;
}

/** A far pointer as bytes: offset of the operand's size, then the selector. */
function pointer(d: Draft, random: Random, forCode: boolean): Uint8Array {
  const selector = forCode ? codeSelector(random) : anySelector(random);
  const offset = forCode ? farOffset(d, random, selector) : random64(random);
  const bytes = words(offset, random64(random), 0n, 0n);
  new DataView(bytes.buffer).setUint16(d.operandBits / 8, selector, true);
  return bytes;
}

/** Registers and immediates, before the instruction is encoded. */
export function prepareFar(d: Draft, random: Random): void {
  const { row, mode } = d.shape;
  const { semantic } = row;
  if (semantic === "IRET" || RETURNS_FAR.test(semantic)) {
    let stack = STACK + 0x800 + random.below(0x800);
    if (random.below(3)) stack &= ~7;
    d.registers[RSP] = BigInt(mode === 16 ? stack - STACK16_BASE : stack);
    d.pinned.add(RSP);
  }
  if (/^(CALL|JMP)_FAR_A$/.test(semantic)) {
    const selector = codeSelector(random);
    d.immediate =
      (farOffset(d, random, selector) & mask64(d.operandBits)) | (BigInt(selector) << BigInt(d.operandBits));
  }
  if ((LOADS_SEGMENT.test(semantic) || LOOKS_AT_SELECTOR.test(semantic)) && !d.shape.memory)
    for (let i = RAX; i < (mode === 64 ? 16 : 8); i++)
      if (i !== RSP || random.below(2))
        d.registers[i] = (d.registers[i]! & ~0xffffn & mask64(mode === 64 ? 64 : 32)) | BigInt(anySelector(random));
}

/** What the instruction pops: an item of the operand size each. */
function frame(d: Draft, random: Random): bigint[] {
  const { row, mode } = d.shape;
  const cs = codeSelector(random);
  const offset = farOffset(d, random, cs);
  if (row.semantic !== "IRET") return [offset, BigInt(cs)];
  // With AC and a misaligned stack IRET itself faults, which Linux takes for a split lock and tries again for ever.
  let flags = random64(random) & ~BigInt(FLAG.tf | FLAG.ac);
  if (random.below(4)) flags &= 0x8d5n;
  if (mode !== 64) return [offset, BigInt(cs), flags];
  const ss = random.below(8) ? random.pick([SELECTOR.data, SELECTOR.stack16]) : anySelector(random);
  const sp = random.below(2) ? BigInt(STACK + random.below(0x2000)) : random64(random);
  return [offset, BigInt(cs), flags, sp, BigInt(ss)];
}

/** What memory holds: selectors and far pointers, and what is popped. */
export function farPatches(d: Draft, random: Random, patches: Patch[]): Patch[] {
  const { semantic } = d.shape.row;
  const [operand, stack] = patches as [Patch, Patch];
  if (FAR_POINTER.test(semantic))
    return [{ at: operand.at, bytes: pointer(d, random, /FAR_M$/.test(semantic)) }, stack];
  if (semantic === "MOV_S_E" || LOOKS_AT_SELECTOR.test(semantic)) {
    new DataView(operand.bytes.buffer).setUint16(0, anySelector(random), true);
    return [operand, stack];
  }
  const wordBytes = d.operandBits / 8;
  const items =
    semantic === "POP_S"
      ? [BigInt(anySelector(random)) | (random64(random) & ~0xffffn)]
      : semantic === "IRET" || RETURNS_FAR.test(semantic)
        ? frame(d, random)
        : [];
  if (!items.length) return patches;
  const bytes = new Uint8Array(64);
  const view = new DataView(bytes.buffer);
  items.forEach((item, i) => {
    if (wordBytes === 8) view.setBigUint64(i * 8, BigInt.asUintN(64, item), true);
    else if (wordBytes === 4) view.setUint32(i * 4, Number(item & mask64(32)), true);
    else view.setUint16(i * 2, Number(item & 0xffffn), true);
  });
  const at = segmentBase(d, 2) + (d.registers[RSP]! & mask64(d.shape.mode === 16 ? 16 : 64));
  return [
    { at, bytes: bytes.slice(0, 32) },
    { at: at + 32n, bytes: bytes.slice(32) },
  ];
}

/**
 * What the x87, MMX and XMM registers hold before an instruction, and its memory operand, by what the instruction takes:
 * integers in lanes, single or double precision, x87 values at the edges of the instruction. Pointers of the last x87
 * instruction are zero: makers differ in when they are saved and loaded.
 */
import {
  EDGE_BYTES, type Random, type Row, STRING_LENGTHS, fill32, fill64, fillInteger, laneOf, randomMxcsr,
} from "../native/cases.ts"; // prettier-ignore
import { chooseState, writeMemory } from "../native/x87-cases.ts";
import {
  FP_AFTER_RESET, FP_CONTROL, FP_MXCSR, FP_REGISTERS, FP_STATUS, FP_STATUS_BUSY, FP_STATUS_ES, FP_TAGS, FP_TOP_SHIFT, FP_XMM,
} from "./layout.ts"; // prettier-ignore

export type Unit = "integer" | "x87" | "mmx" | "sse";

/** The registers that an instruction works on. */
export function unitOf(row: Row): Unit {
  if (row.opcode >> 3 === 0x1b && row.map === 0) return "x87";
  if (row.semantic === "FWAIT") return "x87";
  if (row.operands.some((o) => /^[PQN]/.test(o)) || row.semantic === "EMMS") return "mmx";
  if (row.attributes.has("sse") || /^(FXSAVE|FXRSTOR|XSAVE|XSAVEOPT|XRSTOR)$/.test(row.semantic)) return "sse";
  return "integer";
}

const laneFill = { integer: fillInteger, single: fill32, double: fill64 } as const;

/** x87 state: FCW, FSW, tags and registers. `isPending`: an unmasked exception waits. */
function putX87(view: DataView, semantic: string, modrm: number, random: Random, isPending: boolean): void {
  const state = chooseState(semantic, modrm, random);
  let { control, status } = state;
  if (isPending) {
    const exception = 1 << random.below(6);
    control &= ~exception;
    status |= exception | FP_STATUS_ES | FP_STATUS_BUSY;
  }
  view.setUint16(FP_CONTROL, control, true);
  view.setUint16(FP_STATUS, status, true);
  let tags = 0;
  for (let i = 0; i < 8; i++) if (((state.tags >> (2 * i)) & 3) !== 3) tags |= 1 << i;
  view.setUint8(FP_TAGS, tags);
  state.registers.forEach(([signExponent, significand], i) => {
    view.setBigUint64(FP_REGISTERS + i * 16, BigInt.asUintN(64, significand), true);
    view.setUint16(FP_REGISTERS + i * 16 + 8, signExponent, true);
  });
}

/** MMX registers, with a TOP and tags that the instruction has to change. */
function putMmx(view: DataView, image: Uint8Array, random: Random, fill: typeof fillInteger): void {
  const isPending = random.below(40) === 0;
  const exceptions = isPending ? 1 << random.below(6) : 0;
  view.setUint16(FP_CONTROL, 0x37f & ~exceptions, true);
  const status = (random.below(8) << FP_TOP_SHIFT) | (random.next() & 0x4700);
  view.setUint16(FP_STATUS, status | (isPending ? exceptions | FP_STATUS_ES | FP_STATUS_BUSY : 0), true);
  view.setUint8(FP_TAGS, random.below(256));
  for (let i = 0; i < 8; i++) {
    fill(image.subarray(FP_REGISTERS + i * 16, FP_REGISTERS + i * 16 + 8), random);
    view.setUint16(FP_REGISTERS + i * 16 + 8, random.below(4) ? 0xffff : random.below(0x10000), true);
  }
}

function putXmm(image: Uint8Array, random: Random, fill: typeof fillInteger): void {
  for (let i = 0; i < 16; i++) fill(image.subarray(FP_XMM + i * 16, FP_XMM + i * 16 + 16), random);
  // Equal operands now and then.
  if (random.below(10) === 0) {
    const from = FP_XMM + random.below(16) * 16;
    image.copyWithin(FP_XMM + random.below(16) * 16, from, from + 16);
  }
}

/** Writes the image of FXSAVE for a case; `modrm` is the byte as encoded. */
export function putFloatingPoint(row: Row, modrm: number, random: Random, image: Uint8Array): void {
  const view = new DataView(image.buffer, image.byteOffset, image.length);
  image.set(FP_AFTER_RESET);
  const unit = unitOf(row);
  if (unit === "integer") {
    // Something to keep.
    image.fill(random.below(256), FP_REGISTERS + 16 * random.below(8));
    return;
  }
  const fill = laneFill[laneOf(row)];
  if (unit === "x87") {
    putX87(view, row.semantic, modrm, random, random.below(25) === 0);
    view.setUint32(FP_MXCSR, randomMxcsr(random), true);
    return;
  }
  if (/^F?XSAVE|^F?XRSTOR/.test(row.semantic)) putX87(view, "FADD_ST", modrm, random, random.below(25) === 0);
  else putMmx(view, image, random, unit === "mmx" ? fillInteger : fill);
  putXmm(image, random, fill);
  view.setUint32(FP_MXCSR, randomMxcsr(random), true);
}

const small = (random: Random) => (random.below(4) ? random.below(4) : random.next());

/** 32 bytes of a memory operand that is not for the general registers; undefined where an ordinary one will do. */
export function memoryOperand(row: Row, operandBits: number, random: Random): Uint8Array | undefined {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  const { semantic } = row;
  const unit = unitOf(row);
  if (unit === "integer") return undefined;
  if (unit === "x87") {
    writeMemory(bytes, 0, random, row.operands[0] ?? "", semantic);
    if (semantic === "FLDENV" || semantic === "FRSTOR") {
      const step = operandBits === 16 ? 2 : 4;
      for (let i = 0; i < 32; i++) bytes[i] = random.below(256);
      const masks = random.below(3) ? 0x3f : random.below(64);
      view.setUint16(0, masks | 0x40 | (random.pick([0, 2, 3]) << 8) | (random.below(4) << 10), true);
      const status = random.below(0x10000) & ~(random.below(3) ? ~masks & 0x3f : 0);
      view.setUint16(step, status, true);
      view.setUint16(2 * step, random.below(2) ? random.below(0x10000) : random.pick([0, 0xffff]), true);
    }
    return bytes;
  }
  if (/RSTOR$/.test(semantic)) {
    for (let i = 0; i < 32; i++) bytes[i] = random.below(256);
    const masks = random.below(3) ? 0x3f : random.below(64);
    view.setUint16(FP_CONTROL, masks | 0x40 | (random.pick([0, 2, 3]) << 8) | (random.below(4) << 10), true);
    view.setUint16(FP_STATUS, random.below(0x10000) & ~(random.below(3) ? ~masks & 0x3f : 0), true);
    view.setUint32(FP_MXCSR, random.below(8) ? randomMxcsr(random) : random.next(), true);
    return bytes;
  }
  laneFill[laneOf(row)](bytes, random);
  if (semantic === "LDMXCSR") view.setUint32(0, random.below(4) ? random.below(0x10000) : random.next(), true);
  return bytes;
}

/** The first half of the header of XSAVE's area: XSTATE_BV, XCOMP_BV, what must be zero. [SDM1] 13.4.2 */
export function xsaveHeader(random: Random): Uint8Array {
  const bytes = new Uint8Array(32);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, random.below(4), true);
  if (random.below(10) === 0) view.setUint8(8 + random.below(16), small(random) & 0xff);
  return bytes;
}

/** General registers that some instructions of these units look at: lengths of strings, counts, small numbers. */
export function putGeneralRegisters(row: Row, registers: bigint[], pinned: Set<number>, random: Random): void {
  const set = (n: number, value: bigint) => {
    registers[n] = value;
    pinned.add(n);
  };
  if (row.semantic.startsWith("PCMPESTR")) {
    const high = random.below(2) ? 0n : BigInt(random.next()) << 32n;
    for (const n of [0, 2]) set(n, BigInt(random.pick(STRING_LENGTHS)) | (random.below(3) ? 0n : high));
  }
  if (/^X(SAVE|SAVEOPT|RSTOR)$/.test(row.semantic)) {
    // Only components that every processor has: x87 and SSE.
    set(0, BigInt(random.below(4) ? 3 : random.below(4)));
    set(2, 0n);
  }
  if (/^CVTSI2S/.test(row.semantic))
    for (let i = 0; i < 16; i++)
      if (i !== 4 && random.below(2))
        registers[i] = BigInt.asUintN(64, BigInt(random.next() | 0) >> BigInt(random.below(31)));
  if (/^(PINSR|MOVD_)/.test(row.semantic)) registers[random.below(4)] = BigInt(random.pick(EDGE_BYTES));
}

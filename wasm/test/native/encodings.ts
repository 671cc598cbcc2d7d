/**
 * The whole opcode space without VEX: every opcode of the four maps with every ModRM.reg, as memory and register form,
 * under every mandatory prefix and REX.W, in all three kinds of code. What matters is only whether there is such an instruction,
 * how long it is, and which exception it ends with when all registers point to zeros.
 */
import {
  CODE, CODE16_BASE, DATA, IN_AT, IN_CODE, IN_CODE_OFFSET, IN_FLAGS, IN_LENGTH, IN_MODE, IN_REGISTERS, INPUT_SIZE, MODES, type Mode, OUT_RIP, OUT_VECTOR, OUTPUT_SIZE, STACK,
} from "./integer-layout.ts"; // prettier-ignore

export interface Encoding {
  mode: Mode;
  bytes: number[];
  /** The bytes without prefixes, in hex. */
  core: string;
}

const CODE_OFFSET = 0x400;
const PLACE = 0x800;
const PLACE16 = 0x8800;
const PREFIX_BYTES = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);
/** Opcodes of which every register form is an instruction of its own: x87, and groups 7, 15, 9. */
const isExact = (map: number, opcode: number) =>
  (map === 0 && opcode >> 3 === 0x1b) || (map === 1 && (opcode === 1 || opcode === 0xae || opcode === 0xc7));

/**
 * What is not asked: instructions that enter the kernel or the hypervisor, and what the processor at hand has but this one
 * does not offer.
 */
const NOT_ASKED: readonly RegExp[] = [
  /^0f(05|34|35)/, // SYSCALL, SYSENTER, SYSEXIT
  /^0f01(c1|d[89a-f]|f[a-f])/, // VMCALL, SVM, MWAITX, CLZERO, RDPRU, INVLPGB
  /^0f01d0/, // XGETBV of register 1
  /^0fc7(1f|27|2f|ff|f[89a-e])/, // XSAVES, XRSTORS, XSAVEC, RDPID
  /^0f2b/, // MOVNTSS and MOVNTSD of SSE4A
  /^0f7[89]/, // EXTRQ, INSERTQ
  /^0fae(37|3f)/, // CLWB, CLFLUSHOPT
  /^0f38(c[89a-d]|cf|f6)/, // SHA, GFNI, ADX
  /^0f3a(cc|ce|cf)/, // SHA, GFNI
  /^ca/, // RET far meets several faults at once, in an order of its own
];

const hex = (bytes: number[]) => Buffer.from(bytes).toString("hex");

function isVex(mode: Mode, map: number, opcode: number, modrm: number): boolean {
  if (map !== 0) return false;
  if (opcode === 0x8f) return (modrm & 0x38) !== 0; // XOP
  return (opcode === 0xc4 || opcode === 0xc5 || opcode === 0x62) && (mode === 64 || modrm >= 0xc0);
}

export function encodingsOf(mode: Mode): Encoding[] {
  const found: Encoding[] = [];
  const escapes = [[], [0x0f], [0x0f, 0x38], [0x0f, 0x3a]];
  const heads = mode === 64 ? [[], [0x48], [0x66], [0x66, 0x48], [0xf3], [0xf2]] : [[], [0x66], [0xf3], [0xf2]];
  for (let map = 0; map < 4; map++)
    for (let opcode = 0; opcode < 256; opcode++) {
      if (map === 0 && (opcode === 0x0f || PREFIX_BYTES.has(opcode) || (mode === 64 && opcode >> 4 === 4))) continue;
      if (map === 1 && (opcode === 0x38 || opcode === 0x3a)) continue;
      const modrms = [];
      for (let reg = 0; reg < 8; reg++) modrms.push((reg << 3) | 7);
      for (let modrm = 0xc0; modrm < 0x100; modrm++) if (isExact(map, opcode) || (modrm & 7) === 7) modrms.push(modrm);
      for (const head of heads)
        for (const modrm of modrms) {
          const core = [...escapes[map]!, opcode, modrm];
          const text = hex(core);
          if (!isVex(mode, map, opcode, modrm) && !NOT_ASKED.some((pattern) => pattern.test(text)))
            found.push({ mode, bytes: [...head, ...core], core: text });
        }
    }
  return found;
}

/** One case for the runners of integer instructions: breakpoints follow, and serve as immediates. */
export function encodingInput({ mode, bytes }: Encoding): Uint8Array {
  const input = new Uint8Array(INPUT_SIZE);
  const view = new DataView(input.buffer);
  input[IN_MODE] = MODES.indexOf(mode);
  input[IN_LENGTH] = bytes.length;
  input.set(bytes, IN_CODE);
  view.setUint16(IN_CODE_OFFSET, CODE_OFFSET, true);
  view.setUint32(IN_FLAGS, 0x202, true);
  for (let i = 0; i < (mode === 64 ? 16 : 8); i++) {
    const pointer = mode === 16 ? PLACE16 : (i === 4 ? STACK : DATA) + PLACE;
    view.setBigUint64(IN_REGISTERS + i * 8, BigInt(i === 1 ? 1 : pointer), true);
  }
  view.setUint32(IN_AT, DATA + PLACE, true);
  view.setUint32(IN_AT + 4, STACK + PLACE, true);
  return input;
}

const UNDEFINED = 6;
const BREAKPOINT = 3;
const JUMPED = 0x40;
const FAULTED = 0x80;

/** A byte: 0 for an undefined opcode, its length, JUMPED, or FAULTED and the vector. */
export function verdict({ mode }: Encoding, output: Uint8Array): number {
  const view = new DataView(output.buffer, output.byteOffset, OUTPUT_SIZE);
  const vector = view.getUint32(OUT_VECTOR, true);
  if (vector === UNDEFINED) return 0;
  if (vector !== BREAKPOINT) return vector > 0x7f ? 0xff : FAULTED | vector;
  const start = CODE + CODE_OFFSET - (mode === 16 ? CODE16_BASE : 0);
  const length = Number(view.getBigUint64(OUT_RIP, true)) - start - 1;
  return length > 0 && length < 0x20 ? length : JUMPED;
}

export function verdictText(value: number): string {
  if (value === 0) return "undefined";
  if (value >= FAULTED) return value === 0xff ? "did not come back" : `vector ${value & 0x7f}`;
  return value === JUMPED ? "jumped" : `${value} bytes`;
}

/**
 * Where processors of one maker differ from the manual of another, or from what the manuals leave open: the core's default
 * model is an AMD one. A rule says for whose processor it holds, when, and what is forgotten of both results then.
 * Each rule is as narrow as the difference allows; docs/fuzzer.md tells of each.
 */
import type { Row } from "../native/cases.ts";
import {
  ARITH_FLAGS, HIGH, OUT_CHANGED, OUT_CR2, OUT_ERROR, OUT_FLAGS, OUT_HASH, OUT_REGISTERS, OUT_VECTOR, SELECTOR,
} from "../native/integer-layout.ts"; // prettier-ignore
import type { Encoding } from "./encoding.ts";
import {
  FP_BYTES,
  FP_MXCSR,
  FP_REGISTERS,
  FP_STATUS,
  FP_TAGS,
  FP_XMM,
  OUT_FP,
  OUT_FS_BASE,
  OUT_GS_BASE,
  OUT_SELECTORS,
} from "./layout.ts";

export type Maker = "AMD" | "Intel" | "other";

export interface Comparison {
  row: Row;
  encoding: Encoding;
  /** The real processor's result, and the core's. */
  expected: DataView;
  got: DataView;
  expectedVector: number;
  gotVector: number;
  /** The real processor, or the core, stopped at the instruction. */
  expectedFaulted: boolean;
  gotFaulted: boolean;
}

interface Rule {
  name: string;
  makers: readonly Maker[];
  applies(c: Comparison): boolean;
  /** Makes equal what may differ. */
  forget(view: DataView, c: Comparison): void;
}

const BOUND_EXCEEDED = 5, UNDEFINED = 6, STACK_FAULT = 12, PROTECTION = 13, PAGE_FAULT = 14, ALIGNMENT = 17; // prettier-ignore
const INTEL: readonly Maker[] = ["Intel"];
const ANY: readonly Maker[] = ["AMD", "Intel", "other"];
const RCX = 1, RSP = 4, RSI = 6, RDI = 7; // prettier-ignore
const TOP = 0x3800;
const REX_W = 8;
const QUIET_NAN = 0x7fc00000;

const forgetMemory = (view: DataView) => {
  view.setUint32(OUT_CHANGED, 0, true);
  view.setUint32(OUT_HASH, 0, true);
};
/** Everything but that it ended: for a case that is another instruction there. */
const forgetAll = (view: DataView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength).fill(0);
const forgetFault = (view: DataView) => {
  view.setUint32(OUT_VECTOR, PAGE_FAULT, true);
  view.setUint32(OUT_ERROR, 0, true);
  view.setBigUint64(OUT_CR2, 0n, true);
};
const forgetUpperHalf = (view: DataView, n: number) => view.setUint32(OUT_REGISTERS + n * 8 + 4, 0, true);
const isMemoryFault = (vector: number) => vector >= STACK_FAULT && vector <= PAGE_FAULT;
const cr2 = (view: DataView) => view.getBigUint64(OUT_CR2, true);

/** Every quiet NaN in the XMM registers becomes the same one. */
function forgetNans(view: DataView, { row }: Comparison): void {
  const isDouble = row.semantic === "DPPD";
  for (let at = OUT_FP + FP_XMM; at < OUT_FP + FP_BYTES; at += isDouble ? 8 : 4)
    if (isDouble ? Number.isNaN(view.getFloat64(at, true)) : Number.isNaN(view.getFloat32(at, true))) {
      view.setUint32(at, QUIET_NAN, true);
      if (isDouble) view.setUint32(at + 4, QUIET_NAN, true);
    }
}

const NEAR_BRANCH = /^(JCC|JMP_J|CALL_J|CALL_E|JMP_E|RET|RET_I|LOOPNE|LOOPE|LOOP|JCXZ)$/;
const STRING = /^(MOVS|CMPS|STOS|LODS|SCAS|INS|OUTS)8?$/;
const LOADS_SEGMENT = /^(POP_S|MOV_S_E|LES|LDS|LSS|LFS|LGS)$/;
const BIG_OPERAND = /^(FXSAVE|FXRSTOR|XSAVE|XSAVEOPT|XRSTOR|FLDENV|FNSTENV|FNSAVE|FRSTOR)$/;
const FAR_POINTER = /^(LES|LDS|LSS|LFS|LGS|JMP_FAR_M|CALL_FAR_M)$/;
const TEN_BYTES = /^(FLD_M80|FSTP_M80|FBLD|FBSTP)$/;
const isMmx = (row: Row) => row.operands.some((o) => /^[PQN]/.test(o)) || row.semantic === "EMMS";

export const RULES: readonly Rule[] = [
  {
    name: "near branches in 64-bit code ignore 66",
    makers: INTEL,
    applies: ({ row, encoding }) => encoding.mode === 64 && encoding.has66 && NEAR_BRANCH.test(row.semantic),
    forget: forgetAll,
  },
  {
    name: "UD1 has a ModRM byte",
    makers: INTEL,
    applies: ({ row, expectedVector, gotVector }) =>
      row.semantic === "UD" &&
      gotVector === UNDEFINED &&
      (expectedVector === PROTECTION || expectedVector === PAGE_FAULT),
    forget: forgetAll,
  },
  {
    name: "SYSRET and SYSEXIT ask for other modes before the privilege level",
    makers: INTEL,
    applies: ({ row, expectedVector, gotVector }) =>
      /^SYS(RET|EXIT)$/.test(row.semantic) &&
      [expectedVector, gotVector].every((vector) => vector === UNDEFINED || vector === PROTECTION),
    forget: (view) => view.setUint32(OUT_VECTOR, UNDEFINED, true),
  },
  {
    name: "an operand across 4 GiB goes on at 0",
    makers: INTEL,
    applies: ({ encoding, expected, expectedVector, gotVector }) =>
      encoding.mode === 32 &&
      (gotVector === PROTECTION || gotVector === STACK_FAULT) &&
      (expectedVector === ALIGNMENT ||
        (expectedVector === PAGE_FAULT && (cr2(expected) >= 0xffff_fe00n || cr2(expected) < 0x1000n))),
    forget: forgetFault,
  },
  {
    name: "a misaligned operand across the end of the canonical addresses",
    makers: INTEL,
    applies: ({ encoding, expectedVector, gotVector }) =>
      encoding.mode === 64 && expectedVector === ALIGNMENT && (gotVector === PROTECTION || gotVector === STACK_FAULT),
    forget: forgetFault,
  },
  {
    name: "ten bytes are eight and two",
    makers: INTEL,
    applies: ({ row, expectedVector, gotVector }) =>
      TEN_BYTES.test(row.semantic) &&
      expectedVector !== gotVector &&
      [expectedVector, gotVector].every((vector) => isMemoryFault(vector) || vector === ALIGNMENT),
    forget: forgetFault,
  },
  {
    name: "MOVSXD with a 16-bit operand reads two bytes",
    makers: INTEL,
    applies: ({ row, encoding, gotVector, expectedFaulted, gotFaulted }) =>
      row.semantic === "MOVSXD" &&
      encoding.operandBits === 16 &&
      gotFaulted &&
      !expectedFaulted &&
      gotVector !== UNDEFINED,
    forget: forgetAll,
  },
  {
    name: "repeated string instructions with 32-bit addresses clear the upper halves of their registers first",
    makers: INTEL,
    applies: ({ row, encoding }) =>
      STRING.test(row.semantic) && encoding.mode === 64 && encoding.addressBits === 32 && encoding.isRepeated,
    forget: (view) => [RCX, RSI, RDI].forEach((n) => forgetUpperHalf(view, n)),
  },
  {
    name: "REP CMPS and REP SCAS that fault leave the flags as they were before the first element",
    makers: INTEL,
    applies: ({ row, encoding, expectedFaulted, gotFaulted }) =>
      /^(CMPS|SCAS)8?$/.test(row.semantic) && encoding.isRepeated && expectedFaulted && gotFaulted,
    forget: (view) => view.setUint32(OUT_FLAGS, view.getUint32(OUT_FLAGS, true) & ~ARITH_FLAGS, true),
  },
  {
    name: "MMX instructions that fault have already set TOP and tags",
    makers: INTEL,
    applies: ({ row, expectedFaulted, gotFaulted }) => isMmx(row) && expectedFaulted && gotFaulted,
    forget: (view) => {
      view.setUint16(OUT_FP + FP_STATUS, view.getUint16(OUT_FP + FP_STATUS, true) & ~TOP, true);
      view.setUint8(OUT_FP + FP_TAGS, 0);
    },
  },
  {
    name: "EMMS sets TOP; CVTPI2PS and CVTPI2PD from memory set TOP and tags, or do not",
    makers: INTEL,
    applies: ({ row }) => /^(EMMS|CVTPI2P[SD])$/.test(row.semantic),
    forget: (view, { row }) => {
      view.setUint16(OUT_FP + FP_STATUS, view.getUint16(OUT_FP + FP_STATUS, true) & ~TOP, true);
      if (row.semantic !== "EMMS") view.setUint8(OUT_FP + FP_TAGS, 0);
    },
  },
  {
    name: "masked moves may fault for bytes that are masked off, and need not be aligned",
    makers: ANY,
    applies: ({ row, expectedFaulted, gotFaulted, expectedVector }) =>
      /^MASKMOV/.test(row.semantic) && (expectedFaulted || gotFaulted) && expectedVector !== UNDEFINED,
    forget: forgetAll,
  },
  {
    name: "which page of a long operand faults",
    makers: ANY,
    applies: ({ row, expectedVector, gotVector }) =>
      BIG_OPERAND.test(row.semantic) &&
      (isMemoryFault(expectedVector) || expectedVector === ALIGNMENT) &&
      (isMemoryFault(gotVector) || gotVector === ALIGNMENT),
    forget: (view) => {
      forgetFault(view);
      forgetMemory(view);
    },
  },
  {
    name: "FBSTP, FSTP m80 and MOVBE have written to the first page when the second one faults",
    makers: INTEL,
    applies: ({ row, expectedFaulted, gotFaulted }) =>
      /^(FBSTP|FSTP_M80|MOVBE_STORE)$/.test(row.semantic) && expectedFaulted && gotFaulted,
    forget: forgetMemory,
  },
  {
    name: "REP MOVS from memory to the same memory by another linear address, less than 32 bytes on, copies it in pieces",
    makers: INTEL,
    applies: ({ row, encoding, got }) => {
      if (row.semantic !== "MOVS" || !encoding.isRepeated) return false;
      const [source, target] = [RSI, RDI].map((n) => got.getBigUint64(OUT_REGISTERS + n * 8, true)) as [bigint, bigint];
      return source >= HIGH !== target >= HIGH;
    },
    forget: forgetMemory,
  },
  {
    name: "MOVBE with 66 beside REX.W checks no alignment",
    makers: INTEL,
    applies: ({ row, encoding, expectedFaulted, gotVector }) =>
      /^MOVBE_/.test(row.semantic) &&
      encoding.has66 &&
      (encoding.rex & REX_W) !== 0 &&
      !expectedFaulted &&
      gotVector === ALIGNMENT,
    forget: forgetAll,
  },
  {
    name: "XRSTOR that faults for MXCSR has loaded the x87 state",
    makers: INTEL,
    applies: ({ row, expectedVector, gotVector }) =>
      row.semantic === "XRSTOR" && expectedVector === PROTECTION && gotVector === PROTECTION,
    forget: (view) => {
      const bytes = new Uint8Array(view.buffer, view.byteOffset);
      bytes.fill(0, OUT_FP, OUT_FP + FP_MXCSR);
      bytes.fill(0, OUT_FP + FP_REGISTERS, OUT_FP + FP_XMM);
    },
  },
  {
    name: "which parts of a long operand are touched at all",
    makers: ANY,
    applies: ({ row, gotVector, expectedFaulted }) =>
      /^X(SAVE|SAVEOPT|RSTOR)$/.test(row.semantic) && !expectedFaulted && gotVector === PAGE_FAULT,
    forget: forgetAll,
  },
  {
    name: "a far pointer in memory has an offset of 64 bits with REX.W",
    makers: INTEL,
    applies: ({ row, encoding }) => encoding.operandBits === 64 && FAR_POINTER.test(row.semantic),
    forget: forgetAll,
  },
  {
    name: "the second part of a far pointer is checked when the first one has been read",
    makers: INTEL,
    applies: ({ row, encoding, expectedVector, gotVector }) =>
      encoding.mode === 16 &&
      FAR_POINTER.test(row.semantic) &&
      isMemoryFault(expectedVector) &&
      isMemoryFault(gotVector),
    forget: forgetFault,
  },
  {
    name: "BOUND does not read the upper bound where the lower one is enough",
    makers: INTEL,
    applies: ({ row, expectedVector, gotVector }) =>
      row.semantic === "BOUND" && expectedVector === BOUND_EXCEEDED && isMemoryFault(gotVector),
    forget: forgetFault,
  },
  {
    name: "which item of a frame is read first",
    makers: ANY,
    applies: ({ row, expectedVector, gotVector }) =>
      /^(RET_FAR|RET_FAR_I|IRET)$/.test(row.semantic) && isMemoryFault(expectedVector) && isMemoryFault(gotVector),
    forget: forgetFault,
  },
  {
    name: "an operand both misaligned and outside its segment",
    makers: ANY,
    applies: ({ encoding, row, expectedVector, gotVector }) =>
      encoding.mode === 16 &&
      row.attributes.has("sse") &&
      expectedVector !== gotVector &&
      [expectedVector, gotVector].every((vector) => vector === PROTECTION || vector === STACK_FAULT),
    forget: (view) => view.setUint32(OUT_VECTOR, PROTECTION, true),
  },
  {
    name: "PUSH of a segment register writes two bytes, POP reads two",
    makers: INTEL,
    applies: ({ row }) => row.semantic === "PUSH_S" || row.semantic === "POP_S",
    forget: (view, { row, encoding, expectedVector, gotVector }) => {
      if (row.semantic === "PUSH_S" && encoding.operandBits === 32 && encoding.mode !== 64) forgetMemory(view);
      // The wider access met what the narrower one did not.
      if (expectedVector !== gotVector) forgetAll(view);
    },
  },
  {
    name: "a null selector clears the base of FS and GS",
    makers: INTEL,
    applies: ({ row, expected }) => LOADS_SEGMENT.test(row.semantic) && [4, 5].some((n) => expected.getUint16(OUT_SELECTORS + n * 2, true) === 0), // prettier-ignore
    forget: (view) => {
      if (view.getUint16(OUT_SELECTORS + 8, true) === 0) view.setBigUint64(OUT_FS_BASE, 0n, true);
      if (view.getUint16(OUT_SELECTORS + 10, true) === 0) view.setBigUint64(OUT_GS_BASE, 0n, true);
    },
  },
  {
    name: "a CALL that faults because of its target has written the return address",
    makers: INTEL,
    applies: ({ row, expectedVector, gotVector }) =>
      /^CALL/.test(row.semantic) && expectedVector === PROTECTION && gotVector === PROTECTION,
    forget: forgetMemory,
  },
  {
    name: "a far CALL between 64-bit and other code pushes on the stack as the new code sees it",
    makers: INTEL,
    applies: ({ row, encoding, got, expectedFaulted, gotFaulted }) =>
      /^CALL_FAR/.test(row.semantic) &&
      ((expectedFaulted && gotFaulted) ||
        (encoding.mode === 16 && got.getUint16(OUT_SELECTORS + 2, true) === SELECTOR.code64)),
    forget: (view, { gotFaulted }) => {
      if (!gotFaulted) return forgetAll(view);
      forgetFault(view);
      forgetMemory(view);
    },
  },
  {
    name: "RET far on a 16-bit stack adds what it has popped to the immediate in 16 bits, then that to RSP",
    makers: INTEL,
    applies: ({ row, encoding }) =>
      row.semantic === "RET_FAR_I" && encoding.mode === 16 && encoding.rest[2] === 0xff && encoding.rest[1]! >= 0xf8,
    forget: (view) => view.setBigUint64(OUT_REGISTERS + RSP * 8, 0n, true),
  },
  {
    name: "which NaN the sum of two is, in DPPS and DPPD",
    makers: INTEL,
    applies: ({ row }) => /^DPP[SD]$/.test(row.semantic),
    forget: forgetNans,
  },
  {
    name: "upper halves of registers after leaving 64-bit mode",
    makers: ANY,
    applies: ({ encoding, expected }) =>
      encoding.mode === 64 && expected.getUint16(OUT_SELECTORS + 2, true) !== SELECTOR.code64,
    forget: (view) => {
      for (let n = 0; n < 8; n++) forgetUpperHalf(view, n);
    },
  },
];

/** Makes equal what may differ between a processor of `maker` and the core; names of the rules that held. */
export function forgetMakers(maker: Maker, c: Comparison): string[] {
  const names: string[] = [];
  for (const rule of RULES) {
    if (!rule.makers.includes(maker) || !rule.applies(c)) continue;
    names.push(rule.name);
    rule.forget(c.expected, c);
    rule.forget(c.got, c);
  }
  return names;
}

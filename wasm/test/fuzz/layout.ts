/**
 * Cases of any instruction: what wasm/test/native/integer-layout.ts says of integer instructions, then the x87, MMX and XMM
 * registers as FXSAVE stores them (up to XMM15); of results, the segment registers besides. The same numbers as in
 * wasm/test/native/processor.c.
 */
import { INPUT_SIZE, OUTPUT_SIZE } from "../native/integer-layout.ts";

export const FP_BYTES = 416;
export const IN_FP = INPUT_SIZE;
export const CASE_SIZE = IN_FP + FP_BYTES;

/** ES CS SS DS FS GS, 16 bits each. */
export const OUT_SELECTORS = OUTPUT_SIZE;
export const OUT_FS_BASE = OUT_SELECTORS + 16;
export const OUT_GS_BASE = OUT_SELECTORS + 24;
export const OUT_FP = OUT_SELECTORS + 32;
export const RESULT_SIZE = OUT_FP + FP_BYTES;

/** Fields of the image. [SDM1] 10.5.1 */
export const FP_CONTROL = 0;
export const FP_STATUS = 2;
/** Abridged: a bit a physical register, 1 for what is not empty. */
export const FP_TAGS = 4;
/** Opcode, instruction and data pointer. */
export const FP_POINTERS = 6;
export const FP_MXCSR = 24;
export const FP_MXCSR_MASK = 28;
/** ST(0)…ST(7), 16 bytes each. */
export const FP_REGISTERS = 32;
export const FP_XMM = 160;

export const FP_TOP_SHIFT = 11;
export const FP_STATUS_ES = 0x80;
export const FP_STATUS_BUSY = 0x8000;

/** The units as FNINIT and a reset leave them. */
export const FP_AFTER_RESET: Uint8Array = (() => {
  const image = new Uint8Array(FP_BYTES);
  const view = new DataView(image.buffer);
  view.setUint16(FP_CONTROL, 0x37f, true);
  view.setUint32(FP_MXCSR, 0x1f80, true);
  return image;
})();

/**
 * Runs the same cases as machine code on the whole core: decoder, interpreter, exceptions. 64-bit mode, level 0.
 */
import { SystemCore } from "../system-image.ts";
import type { Form } from "./cases.ts";
import {
  ARITH_FLAGS, IN_FLAGS, IN_MEMORY, IN_MM, IN_MXCSR, IN_RAX, IN_XMM, INPUT_SIZE, OUT_FAULT, OUT_FLAGS, OUT_FPU, OUT_MEMORY, OUT_MM, OUT_MXCSR, OUT_RAX,
  OUT_XMM, OUTPUT_SIZE,
} from "./cases.ts"; // prettier-ignore
import type { SseCore } from "./core-runner.ts";

const MEMORY = 0x2_0000;
/** Offsets in the processor's struct (wasm/cpu/state.ts). */
const OFF_FPR = 512;
const OFF_FPU_STATUS = 642;
const OFF_FPU_TAG = 644;
const OFF_MXCSR = 648;
const OFF_XMM = 672;
const HLT = "f4";
/** Linux signals, as recorded, for exceptions. */
const SIGNAL: Record<number, number> = { 6: 4, 13: 11, 14: 11, 19: 8 };

export class WholeCoreRunner implements SseCore {
  private readonly core = new SystemCore();

  run(_form: Form, input: Uint8Array, output: Uint8Array): void {
    const { core } = this;
    const from = new DataView(input.buffer, input.byteOffset, INPUT_SIZE);
    const to = new DataView(output.buffer, output.byteOffset, OUTPUT_SIZE);
    core.ex.reset!(core.cpu, 0); // out of HLT
    core.start64();
    const state = new DataView(core.memory.buffer, core.cpu);
    const bytes = new Uint8Array(core.memory.buffer, core.cpu, 0x1000);
    state.setUint32(OFF_MXCSR, from.getUint32(IN_MXCSR, true), true);
    state.setUint16(OFF_FPU_STATUS, 3 << 11, true);
    state.setUint8(OFF_FPU_TAG, 0);
    bytes.set(input.subarray(IN_XMM, IN_XMM + 48), OFF_XMM);
    for (let i = 0; i < 2; i++) bytes.set(input.subarray(IN_MM + i * 8, IN_MM + i * 8 + 8), OFF_FPR + i * 16);
    (["rax", "rcx", "rdx"] as const).forEach((name, i) => core.setReg(name, from.getBigUint64(IN_RAX + i * 8, true)));
    core.setReg("rdi", MEMORY);
    core.flags = (from.getUint32(IN_FLAGS, true) & ARITH_FLAGS) | 2;
    core.put(MEMORY, new Uint8Array(128));
    core.put(MEMORY, input.subarray(IN_MEMORY, IN_MEMORY + 32));
    const code = Buffer.from(input.subarray(1, 1 + input[0]!))
      .toString("hex")
      .replace(/../g, "$& ");
    const vector = core.vectorOf(code + HLT);
    output.fill(0, 0, OUTPUT_SIZE);
    to.setUint32(OUT_MXCSR, state.getUint32(OFF_MXCSR, true), true);
    output.set(core.ram.subarray(MEMORY, MEMORY + 32), OUT_MEMORY);
    if (vector !== -1) {
      to.setUint32(OUT_FAULT, SIGNAL[vector] ?? 1000 + vector, true);
      return;
    }
    to.setUint32(OUT_FLAGS, core.flags & ARITH_FLAGS, true);
    to.setUint32(OUT_FPU, state.getUint16(OFF_FPU_STATUS, true) | (state.getUint8(OFF_FPU_TAG) << 16), true);
    (["rax", "rcx", "rdx"] as const).forEach((name, i) => to.setBigUint64(OUT_RAX + i * 8, core.reg(name), true));
    output.set(bytes.subarray(OFF_XMM, OFF_XMM + 48), OUT_XMM);
    for (let i = 0; i < 2; i++) output.set(bytes.subarray(OFF_FPR + i * 16, OFF_FPR + i * 16 + 8), OUT_MM + i * 8);
  }
}

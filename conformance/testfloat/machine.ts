/**
 * Runs many cases of one operation on the bare core: a loop in 64-bit code reads operands from a table and writes results
 * and exception flags to another.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT, TestCore } from "../../wasm/test/harness.ts";
import type { Operation, Unit } from "./operations.ts";

/** Bytes of a case in the table of operands (two of 16 bytes) and in that of results (16 bytes, then the flags). */
export const INPUT_BYTES = 32;
export const OUTPUT_BYTES = 32;
export const OUTPUT_FLAGS = 16;
export const MAX_CASES = 65536;

const CODE = 0x1000;
const CONTROL = 0x2000;
const CONTROL_MXCSR = CONTROL + 4;
const INPUT = 0x10_0000;
const OUTPUT = INPUT + MAX_CASES * INPUT_BYTES;
const RAM_BYTES = 16 << 20;
const OFF_FPU_CONTROL = 640;
const OFF_FPU_TAG = 644;
const MAX_STEPS_A_CASE = 2000;
const CHUNK = 1 << 22;

const LOOP: Record<Unit, readonly [string, string]> = {
  x87: ["fnclex", "fnstsw [rdi+16]"],
  sse: ["ldmxcsr [rbx+4]", "stmxcsr [rdi+16]"],
};

export class FloatMachine {
  private readonly core = new TestCore(RAM_BYTES);
  readonly input = new DataView(this.core.ram.buffer, this.core.ram.byteOffset + INPUT, MAX_CASES * INPUT_BYTES);
  readonly output = new DataView(this.core.ram.buffer, this.core.ram.byteOffset + OUTPUT, MAX_CASES * OUTPUT_BYTES);

  constructor(private readonly cache: string) {
    mkdirSync(cache, { recursive: true });
  }

  load(operation: Operation): void {
    const [before, after] = LOOP[operation.unit];
    const source = join(this.cache, "loop.asm");
    const image = join(this.cache, "loop.bin");
    writeFileSync(
      source,
      `bits 64\nloop_start:\n ${before}\n ${operation.code}\n ${after}\n` +
        ` add rsi, ${INPUT_BYTES}\n add rdi, ${OUTPUT_BYTES}\n dec ecx\n jnz loop_start\n hlt\n`,
    );
    execFileSync("nasm", ["-w-all", source, "-o", image], { stdio: ["ignore", "ignore", "pipe"] });
    this.core.put(CODE, readFileSync(image));
  }

  /** Runs the loop over the first `count` cases of `input`. */
  run(count: number, fpuControl: number, mxcsr: number): void {
    const { core } = this;
    core.ex.reset!(core.cpu, 0);
    core.enterLong();
    const state = new DataView(core.memory.buffer, core.cpu);
    state.setUint16(OFF_FPU_CONTROL, fpuControl, true);
    state.setUint8(OFF_FPU_TAG, 0);
    core.view.setUint32(CONTROL_MXCSR, mxcsr, true);
    core.flags = 2;
    core.setReg("rbx", CONTROL);
    core.setReg("rsi", INPUT);
    core.setReg("rdi", OUTPUT);
    core.setReg("rcx", count);
    core.rip = CODE;
    for (let left = count * MAX_STEPS_A_CASE; left > 0; left -= CHUNK) {
      const exit = core.run(CHUNK);
      if (exit === EXIT.halted) return;
      if (exit !== EXIT.budget) throw new Error(`the loop ended with ${exit} at ${core.rip.toString(16)}`);
    }
    throw new Error("the loop does not end");
  }
}

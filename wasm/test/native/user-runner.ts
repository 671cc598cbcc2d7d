/**
 * Runs cases of single instructions on the whole core, as a system would: a user program at level 3 under paging, entered by
 * IRET and left by the exception that follows. The linear addresses are those of the real process (processor.c), and
 * so is the layout of cases and results (wasm/test/fuzz/layout.ts).
 */
import { ATTR, type TestCore } from "../harness.ts";
import {
  CASE_SIZE, FP_AFTER_RESET, FP_BYTES, FP_CONTROL, FP_MXCSR, FP_REGISTERS, FP_STATUS, FP_TAGS, FP_XMM, IN_FP, OUT_FP, OUT_FS_BASE, OUT_GS_BASE, OUT_SELECTORS, RESULT_SIZE,
} from "../fuzz/layout.ts"; // prettier-ignore
import {
  CODE, CODE16_BASE, CODE_BYTES, DATA16_BASE, FS_BASE32, GS_BASE32, IN_AT, IN_BYTES, IN_CODE, IN_CODE_OFFSET, IN_FLAGS, IN_FS_BASE, IN_GS_BASE, IN_LENGTH, IN_MODE, IN_REGISTERS,
  INPUT_SIZE, OUT_BYTES, OUT_CHANGED, OUT_CR2, OUT_ERROR, OUT_FIRST, OUT_FLAGS, OUT_HASH, OUT_REGISTERS, OUT_RIP, OUT_SAMPLE_BYTES, OUT_VECTOR, OUTPUT_SIZE, PATCH_BYTES, REGIONS,
  SEGMENT16_LIMIT, SELECTOR, pattern,
} from "./integer-layout.ts"; // prettier-ignore
import { USER, UserMachine } from "./integer-machine.ts";

/** Offsets in the processor's struct, and of the base in a segment (wasm/cpu/state.ts). */
const OFF_SEGMENTS = 208;
const OFF_SEGMENT_BASE = 8;
const OFF_FPR = 512;
const OFF_FPU_CONTROL = 640;
const OFF_FPU_STATUS = 642;
const OFF_FPU_TAG = 644;
const OFF_FPU_OPCODE = 646;
const OFF_MXCSR = 648;
/** Selectors and pointers of the last x87 instruction. */
const OFF_FPU_POINTERS = 652;
const FPU_POINTER_BYTES = 20;
const OFF_XMM = 672;
const XMM_BYTES = 256;
const SEG_FS = 4;
const SEG_GS = 5;

const VECTOR_AC = 17;
const VECTOR_PF = 14;
/** It has not come back. */
export const VECTOR_NONE = 0xffff;
/** So many times a new machine is made for a case that did not come back; then all fail. */
const LOST_LIMIT = 20;
/** Entering, the instruction, the breakpoint, and repetitions of a string instruction. */
const BUDGET = 16;

/** DS and ES, FS, GS at the start, by mode. */
const DATA_SELECTORS = [
  [SELECTOR.data, 0, 0],
  [SELECTOR.data, SELECTOR.fs, SELECTOR.gs],
  [SELECTOR.data16, SELECTOR.fs, SELECTOR.gs],
] as const;

const BREAKPOINTS = new Uint8Array(16).fill(0xcc);

const codeOffsetOf = (input: Uint8Array) => input[IN_CODE_OFFSET]! | (input[IN_CODE_OFFSET + 1]! << 8);

export class UserRunner {
  protected machine!: UserMachine;
  protected core!: TestCore;
  private registers!: BigUint64Array;
  private state!: DataView;
  private stateBytes!: Uint8Array;
  private mode = -1;
  private lost = 0;
  private isLost = false;
  private readonly before = REGIONS.map(({ bytes }) => new Uint8Array(bytes));

  /**
   * `isLegacy`: protected mode without long mode, for 32-bit code only. `jitThreshold`: entries after which code is compiled;
   * undefined: never.
   */
  constructor(
    private readonly isLegacy = false,
    private readonly jitThreshold?: number,
  ) {
    this.start();
  }

  /** A machine as after power-on; also after a case that did not come back. */
  protected start(): void {
    this.machine = new UserMachine(this.isLegacy, this.jitThreshold);
    this.core = this.machine.core;
    this.mode = -1;
    this.registers = new BigUint64Array(this.core.memory.buffer, this.core.cpu, 16);
    this.state = new DataView(this.core.memory.buffer, this.core.cpu);
    this.stateBytes = new Uint8Array(this.core.memory.buffer, this.core.cpu, 0x1000);
  }

  private setDataSegments(mode: number): void {
    const { core } = this;
    this.mode = mode;
    for (const name of ["ds", "es"] as const) {
      if (mode === 2) core.setSegment(name, SELECTOR.data16, ATTR.data16 | USER, SEGMENT16_LIMIT, DATA16_BASE);
      else core.setSegment(name, SELECTOR.data, ATTR.data32 | USER, 0xffffffff, 0);
    }
    if (mode === 0) for (const name of ["fs", "gs"] as const) core.setSegment(name, 0, 0, 0, 0);
    else {
      core.setSegment("fs", SELECTOR.fs, ATTR.data32 | USER, 0xffffffff, FS_BASE32);
      core.setSegment("gs", SELECTOR.gs, ATTR.data32 | USER, 0xffffffff, GS_BASE32);
    }
    core.ex.stateSet!(core.cpu);
  }

  /** Runs one case. */
  run(input: Uint8Array, output: Uint8Array): void {
    this.putCode(input);
    this.pass(input, output);
    this.removeCode(input);
  }

  protected putCode(input: Uint8Array): void {
    const offset = codeOffsetOf(input);
    this.core.put(CODE + offset, input.subarray(IN_CODE, IN_CODE + Math.min(input[IN_LENGTH]!, CODE_BYTES - offset)));
  }

  protected removeCode(input: Uint8Array): void {
    const offset = codeOffsetOf(input);
    this.core.put(CODE + offset, BREAKPOINTS.subarray(0, Math.min(input[IN_LENGTH]!, CODE_BYTES - offset)));
    if (this.isLost && ++this.lost < LOST_LIMIT) this.start();
    this.isLost = false;
  }

  /** From the state of the case to its result; the code is in place. */
  protected pass(input: Uint8Array, output: Uint8Array): void {
    const { core } = this;
    const from = new DataView(input.buffer, input.byteOffset, CASE_SIZE);
    const to = new DataView(output.buffer, output.byteOffset, RESULT_SIZE);
    output.fill(0, 0, RESULT_SIZE);
    const mode = input[IN_MODE]!;
    if (mode !== this.mode) this.setDataSegments(mode);
    if (mode === 0) {
      this.state.setBigUint64(OFF_SEGMENTS + SEG_FS * 16 + OFF_SEGMENT_BASE, from.getBigUint64(IN_FS_BASE, true), true);
      this.state.setBigUint64(OFF_SEGMENTS + SEG_GS * 16 + OFF_SEGMENT_BASE, from.getBigUint64(IN_GS_BASE, true), true);
    }
    this.putPatches(input, from);
    REGIONS.forEach(({ start, bytes }, i) => this.before[i]!.set(core.ram.subarray(start, start + bytes)));
    this.putFloatingPoint(input.subarray(IN_FP, IN_FP + FP_BYTES));

    for (let i = 0; i < 16; i++) this.registers[i] = from.getBigUint64(IN_REGISTERS + i * 8, true);
    this.machine.enter(this.registers, {
      rip: BigInt(CODE + codeOffsetOf(input) - (mode === 2 ? CODE16_BASE : 0)),
      cs: [SELECTOR.code64, SELECTOR.code32, SELECTOR.code16][mode]!,
      flags: from.getUint32(IN_FLAGS, true),
      rsp: this.registers[4]!,
      ss: mode === 2 ? SELECTOR.stack16 : SELECTOR.data,
    });
    this.execute();
    this.readResult(to);
    this.readFloatingPoint(output.subarray(OUT_FP, OUT_FP + FP_BYTES));
    this.reportMemory(output, to);
    this.isLost ||= to.getUint32(OUT_VECTOR, true) === VECTOR_NONE;
  }

  /** Runs the program until it is back in the kernel. */
  protected execute(): void {
    this.core.run(BUDGET);
  }

  private putPatches(input: Uint8Array, from: DataView): void {
    for (let i = 0; i < 2; i++) {
      const at = from.getUint32(IN_AT + i * 4, true);
      if (at) this.core.ram.set(input.subarray(IN_BYTES + i * PATCH_BYTES, IN_BYTES + (i + 1) * PATCH_BYTES), at);
    }
  }

  private putFloatingPoint(image: Uint8Array): void {
    const { state, stateBytes } = this;
    const status = image[FP_STATUS]! | (image[FP_STATUS + 1]! << 8);
    const top = (status >> 11) & 7;
    state.setUint16(OFF_FPU_CONTROL, image[FP_CONTROL]! | (image[FP_CONTROL + 1]! << 8), true);
    state.setUint16(OFF_FPU_STATUS, status, true);
    state.setUint8(OFF_FPU_TAG, image[FP_TAGS]!);
    state.setUint16(OFF_FPU_OPCODE, 0, true);
    stateBytes.fill(0, OFF_FPU_POINTERS, OFF_FPU_POINTERS + FPU_POINTER_BYTES);
    for (let i = 0; i < 8; i++)
      stateBytes.set(image.subarray(FP_REGISTERS + i * 16, FP_REGISTERS + i * 16 + 16), OFF_FPR + ((i + top) & 7) * 16);
    stateBytes.set(image.subarray(FP_MXCSR, FP_MXCSR + 4), OFF_MXCSR);
    stateBytes.set(image.subarray(FP_XMM, FP_XMM + XMM_BYTES), OFF_XMM);
  }

  private readFloatingPoint(image: Uint8Array): void {
    const { state, stateBytes } = this;
    const top = (state.getUint16(OFF_FPU_STATUS, true) >> 11) & 7;
    image.set(stateBytes.subarray(OFF_FPU_CONTROL, OFF_FPU_CONTROL + 4), FP_CONTROL);
    image[FP_TAGS] = state.getUint8(OFF_FPU_TAG);
    for (let i = 0; i < 8; i++) {
      const at = OFF_FPR + ((i + top) & 7) * 16;
      image.set(stateBytes.subarray(at, at + 10), FP_REGISTERS + i * 16);
    }
    image.set(stateBytes.subarray(OFF_MXCSR, OFF_MXCSR + 4), FP_MXCSR);
    image.set(stateBytes.subarray(OFF_XMM, OFF_XMM + XMM_BYTES), FP_XMM);
  }

  private readResult(to: DataView): void {
    const { core } = this;
    const end = this.machine.exception(this.registers);
    if (!end) {
      to.setUint32(OUT_VECTOR, VECTOR_NONE, true);
      to.setBigUint64(OUT_RIP, core.rip, true);
      return;
    }
    to.setUint32(OUT_VECTOR, end.vector, true);
    if (end.vector !== VECTOR_AC) to.setUint32(OUT_ERROR, end.error, true);
    if (end.vector === VECTOR_PF) to.setBigUint64(OUT_CR2, BigInt.asUintN(64, core.ex.getControl!(core.cpu, 2)), true);
    to.setBigUint64(OUT_RIP, end.rip, true);
    to.setBigUint64(OUT_FLAGS, BigInt(end.flags), true);
    for (let i = 0; i < 16; i++) to.setBigUint64(OUT_REGISTERS + i * 8, i === 4 ? end.rsp : this.registers[i]!, true);
    this.readSegments(to, end.cs, end.ss);
  }

  private readSegments(to: DataView, cs: number, ss: number): void {
    const { state } = this;
    for (let i = 0; i < 6; i++) {
      const selector = i === 1 ? cs : i === 2 ? ss : state.getUint16(OFF_SEGMENTS + i * 16, true);
      to.setUint16(OUT_SELECTORS + i * 2, selector, true);
    }
    for (const [segment, at] of [
      [SEG_FS, OUT_FS_BASE],
      [SEG_GS, OUT_GS_BASE],
    ] as const)
      // prettier-ignore
      to.setBigUint64(at, state.getBigUint64(OFF_SEGMENTS + segment * 16 + OFF_SEGMENT_BASE, true), true);
    const [data, fs, gs] = DATA_SELECTORS[this.mode]!;
    const isSame = [data, data, fs, gs].every(
      (selector, i) => to.getUint16(OUT_SELECTORS + [0, 3, 4, 5][i]! * 2, true) === selector,
    );
    if (!isSame) this.mode = -1;
  }

  /** What processor.c reports of memory; then the pattern is put back. */
  private reportMemory(output: Uint8Array, to: DataView): void {
    const { ram } = this.core;
    let changed = 0;
    let hash = 0x811c9dc5;
    REGIONS.forEach(({ start, bytes, patternAt }, region) => {
      const old = this.before[region]!;
      const now = ram.subarray(start, start + bytes);
      if (Buffer.compare(old, now) !== 0) {
        const oldWords = new Int32Array(old.buffer);
        const words = new Int32Array(ram.buffer, ram.byteOffset + start, bytes / 4);
        for (let word = 0; word < bytes / 4; word++) {
          if (words[word] === oldWords[word]) continue;
          for (let i = word * 4; i < word * 4 + 4; i++) {
            if (old[i] === now[i]) continue;
            if (changed++ === 0) {
              to.setUint32(OUT_FIRST, start + i, true);
              output.set(now.subarray(i, i + OUT_SAMPLE_BYTES), OUT_BYTES);
            }
            hash = Math.imul(hash ^ (start + i), 0x01000193);
            hash = Math.imul(hash ^ now[i]!, 0x01000193);
          }
        }
      }
      ram.set(pattern.subarray(patternAt, patternAt + bytes), start);
    });
    to.setUint32(OUT_CHANGED, changed, true);
    if (changed) to.setUint32(OUT_HASH, hash >>> 0, true);
  }
}

/** For cases and results of integer instructions: the units for floating point are as after a reset. */
export class IntegerRunner {
  private readonly runner: UserRunner;
  private readonly input = new Uint8Array(CASE_SIZE);
  private readonly output = new Uint8Array(RESULT_SIZE);

  constructor(isLegacy = false) {
    this.runner = new UserRunner(isLegacy);
    this.input.set(FP_AFTER_RESET, IN_FP);
  }

  run(input: Uint8Array, output: Uint8Array): void {
    this.input.set(input.subarray(0, INPUT_SIZE));
    this.runner.run(this.input, this.output);
    output.set(this.output.subarray(0, OUTPUT_SIZE));
  }
}

/**
 * Runs the cases of integer instructions on the whole core, as a system would: a user program at level 3 under paging,
 * entered by IRET and left by the exception that follows. The linear addresses are those of the real process.
 */
import { ATTR, type TestCore } from "../harness.ts";
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
const FPR_BYTES = 128;
const OFF_FPU_CONTROL = 640;
const OFF_FPU_STATUS = 642;
const OFF_FPU_TAG = 644;
const OFF_MXCSR = 648;
const OFF_XMM = 672;
const XMM_BYTES = 256;
const SEG_FS = 4;
const SEG_GS = 5;

const VECTOR_AC = 17;
const VECTOR_PF = 14;
/** It has not come back. */
const VECTOR_NONE = 0xffff;
/** So many times a new machine is made for a case that did not come back; then all fail. */
const LOST_LIMIT = 20;

export class IntegerRunner {
  private machine!: UserMachine;
  private core!: TestCore;
  private registers!: BigUint64Array;
  private state!: DataView;
  private mode = -1;
  private lost = 0;

  /** `isLegacy`: protected mode without long mode, for 32-bit code only. */
  constructor(private readonly isLegacy = false) {
    this.start();
  }

  /** A machine as after power-on; also after a case that did not come back. */
  private start(): void {
    this.machine = new UserMachine(this.isLegacy);
    this.core = this.machine.core;
    this.mode = -1;
    this.registers = new BigUint64Array(this.core.memory.buffer, this.core.cpu, 16);
    this.state = new DataView(this.core.memory.buffer, this.core.cpu);
  }

  /** Segments and the floating-point units as after power-on, where cases may have changed them. */
  renew(): void {
    this.mode = -1;
    this.state.setUint16(OFF_FPU_CONTROL, 0x37f, true);
    this.state.setUint16(OFF_FPU_STATUS, 0, true);
    this.state.setUint8(OFF_FPU_TAG, 0);
    this.state.setUint32(OFF_MXCSR, 0x1f80, true);
    new Uint8Array(this.state.buffer, this.state.byteOffset + OFF_FPR, FPR_BYTES).fill(0);
    new Uint8Array(this.state.buffer, this.state.byteOffset + OFF_XMM, XMM_BYTES).fill(0);
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

  run(input: Uint8Array, output: Uint8Array): void {
    const { core } = this;
    const from = new DataView(input.buffer, input.byteOffset, INPUT_SIZE);
    const to = new DataView(output.buffer, output.byteOffset, OUTPUT_SIZE);
    output.fill(0, 0, OUTPUT_SIZE);
    const mode = input[IN_MODE]!;
    if (mode !== this.mode) this.setDataSegments(mode);
    if (mode === 0) {
      this.state.setBigUint64(OFF_SEGMENTS + SEG_FS * 16 + OFF_SEGMENT_BASE, from.getBigUint64(IN_FS_BASE, true), true);
      this.state.setBigUint64(OFF_SEGMENTS + SEG_GS * 16 + OFF_SEGMENT_BASE, from.getBigUint64(IN_GS_BASE, true), true);
    }
    const codeOffset = from.getUint16(IN_CODE_OFFSET, true);
    const length = Math.min(input[IN_LENGTH]!, CODE_BYTES - codeOffset);
    core.put(CODE + codeOffset, input.subarray(IN_CODE, IN_CODE + length));
    this.putPatches(input, from);
    const before = REGIONS.map(({ start, bytes }) => core.ram.slice(start, start + bytes));

    for (let i = 0; i < 16; i++) this.registers[i] = from.getBigUint64(IN_REGISTERS + i * 8, true);
    this.machine.enter(this.registers, {
      rip: BigInt(CODE + codeOffset - (mode === 2 ? CODE16_BASE : 0)),
      cs: [SELECTOR.code64, SELECTOR.code32, SELECTOR.code16][mode]!,
      flags: from.getUint32(IN_FLAGS, true),
      rsp: this.registers[4]!,
      ss: mode === 2 ? SELECTOR.stack16 : SELECTOR.data,
    });
    this.readResult(to);
    this.reportMemory(before, output, to);
    core.put(CODE + codeOffset, new Uint8Array(length).fill(0xcc));
    if (to.getUint32(OUT_VECTOR, true) === VECTOR_NONE && ++this.lost < LOST_LIMIT) this.start();
  }

  private putPatches(input: Uint8Array, from: DataView): void {
    for (let i = 0; i < 2; i++) {
      const at = from.getUint32(IN_AT + i * 4, true);
      if (at) this.core.ram.set(input.subarray(IN_BYTES + i * PATCH_BYTES, IN_BYTES + (i + 1) * PATCH_BYTES), at);
    }
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
  }

  /** What integer.c reports of memory; then the pattern is put back. */
  private reportMemory(before: Uint8Array[], output: Uint8Array, to: DataView): void {
    const { ram } = this.core;
    let changed = 0;
    let hash = 0x811c9dc5;
    REGIONS.forEach(({ start, bytes, patternAt }, region) => {
      const old = before[region]!;
      const now = ram.subarray(start, start + bytes);
      if (Buffer.compare(old, now) !== 0)
        for (let i = 0; i < bytes; i++) {
          if (old[i] === now[i]) continue;
          if (changed++ === 0) {
            to.setUint32(OUT_FIRST, start + i, true);
            output.set(now.subarray(i, i + OUT_SAMPLE_BYTES), OUT_BYTES);
          }
          hash = Math.imul(hash ^ (start + i), 0x01000193);
          hash = Math.imul(hash ^ now[i]!, 0x01000193);
        }
      ram.set(pattern.subarray(patternAt, patternAt + bytes), start);
    });
    to.setUint32(OUT_CHANGED, changed, true);
    if (changed) to.setUint32(OUT_HASH, hash >>> 0, true);
  }
}

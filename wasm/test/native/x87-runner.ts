/** Runs the x87 cases on the core, through decoder and run loop, and says where results differ. */
import { TestCore } from "../harness.ts";
import type { X87Form } from "./x87-cases.ts";
import {
  IN_FLAGS, IN_MEMORY, IN_RAX, IN_STATE, INPUT_SIZE, OUT_FLAGS, OUT_MEMORY, OUT_RAX, OUT_STATE, OUTPUT_SIZE, STATE_BYTES, STATE_CONTROL, STATE_POINTERS,
  STATE_REGISTERS, STATE_STATUS, STATE_TAGS,
} from "./x87-cases.ts"; // prettier-ignore

const CODE = 0x1000;
const STATE = 0x2000;
const MEMORY = 0x3000;
const SAVED = 0x4000;
const ARITH_FLAGS = 0x8d5;
/** C1 in the upper byte of the status word. */
const C1_HIGH_BYTE = 2;
const FRSTOR_RBX = [0xdd, 0x23];
const FNSAVE_RCX = [0xdd, 0x31];

export class X87Runner {
  private readonly core = new TestCore();
  private loaded = "";

  constructor() {
    this.core.enterLong();
    this.core.setReg("rbx", STATE);
    this.core.setReg("rcx", SAVED);
    this.core.setReg("rdi", MEMORY);
  }

  run(form: X87Form, input: Uint8Array, output: Uint8Array): void {
    const { core } = this;
    const from = new DataView(input.buffer, input.byteOffset, INPUT_SIZE);
    const to = new DataView(output.buffer, output.byteOffset, OUTPUT_SIZE);
    const code = form.code.join();
    if (this.loaded !== code) {
      core.put(CODE, [...FRSTOR_RBX, ...form.code, ...FNSAVE_RCX]);
      this.loaded = code;
    }
    core.ram.set(input.subarray(IN_STATE, IN_STATE + STATE_BYTES), STATE);
    core.ram.set(input.subarray(IN_MEMORY, IN_MEMORY + 16), MEMORY);
    core.setReg("rax", from.getBigUint64(IN_RAX, true));
    core.flags = from.getUint32(IN_FLAGS, true);
    core.rip = CODE;
    core.run(3);
    output.fill(0);
    const end = CODE + FRSTOR_RBX.length + form.code.length + FNSAVE_RCX.length;
    if (core.rip !== BigInt(end)) throw new Error(`${form.name}: stopped at ${core.rip.toString(16)}`);
    to.setUint32(OUT_FLAGS, core.flags & ARITH_FLAGS, true);
    to.setBigUint64(OUT_RAX, core.reg("rax"), true);
    output.set(core.ram.subarray(MEMORY, MEMORY + 16), OUT_MEMORY);
    output.set(core.ram.subarray(SAVED, SAVED + STATE_BYTES), OUT_STATE);
    forgetPointers(output);
  }
}

/** Instruction and data pointers differ by where code and data are. */
export function forgetPointers(output: Uint8Array): void {
  output.fill(0, OUT_STATE + STATE_POINTERS, OUT_STATE + STATE_REGISTERS);
  const view = new DataView(output.buffer, output.byteOffset, OUTPUT_SIZE);
  view.setUint32(OUT_FLAGS, view.getUint32(OUT_FLAGS, true) & ARITH_FLAGS, true);
}

/** Registers as whole numbers in the order of their values, sign aside. */
function ordinals(output: Uint8Array): bigint[] {
  const view = new DataView(output.buffer, output.byteOffset, OUTPUT_SIZE);
  return Array.from({ length: 8 }, (_, i) => {
    const at = OUT_STATE + STATE_REGISTERS + i * 10;
    return (BigInt(view.getUint16(at + 8, true)) << 63n) + (view.getBigUint64(at, true) & 0x7fffffffffffffffn);
  });
}

/**
 * Whether a result of the core is what the processor gave. Transcendental functions may differ in the last place of a
 * register (the processor is not always right there) and then in C1, which says how it was rounded.
 */
export function agrees(output: Uint8Array, expected: Uint8Array, isApproximate: boolean): boolean {
  if (Buffer.compare(output, expected) === 0) return true;
  if (!isApproximate) return false;
  const [a, b] = [ordinals(output), ordinals(expected)];
  if (a.some((x, i) => x - b[i]! > 1n || b[i]! - x > 1n)) return false;
  const rest = [output, expected].map((bytes) => {
    const copy = bytes.slice();
    copy.fill(0, OUT_STATE + STATE_REGISTERS);
    copy[OUT_STATE + STATE_STATUS + 1]! &= ~C1_HIGH_BYTE;
    return copy;
  });
  return Buffer.compare(rest[0]!, rest[1]!) === 0;
}

const hex = (value: number | bigint, digits: number) => value.toString(16).padStart(digits, "0");

/** A state as text, for messages. */
export function describeState(bytes: Uint8Array, isInput: boolean): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const at = isInput ? IN_STATE : OUT_STATE;
  const memory = isInput ? IN_MEMORY : OUT_MEMORY;
  const st = [0, 1, 2, 7].map(
    (i) =>
      `ST(${i}) ${hex(view.getUint16(at + STATE_REGISTERS + i * 10 + 8, true), 4)} ${hex(view.getBigUint64(at + STATE_REGISTERS + i * 10, true), 16)}`,
  );
  return [
    `control ${hex(view.getUint16(at + STATE_CONTROL, true), 4)} status ${hex(view.getUint16(at + STATE_STATUS, true), 4)} tags ${hex(view.getUint16(at + STATE_TAGS, true), 4)}`,
    `flags ${hex(view.getUint32(isInput ? IN_FLAGS : OUT_FLAGS, true) & ARITH_FLAGS, 3)} rax ${hex(view.getBigUint64(isInput ? IN_RAX : OUT_RAX, true), 16)}`,
    `memory ${Buffer.from(bytes.subarray(memory, memory + 16)).toString("hex")}`,
    ...st,
  ].join("  ");
}

/**
 * SSE arithmetic in compiled code (wasm/jit/emit-sse-float.ts) against the interpreter: results and MXCSR, for values at the edges
 * of every range, in all rounding modes, with DAZ and FZ, with PE set and clear; exceptions are masked.
 */
import { expect, it } from "vitest";
import { EXIT, TestCore } from "./harness.ts";

const CODE = 0x1000;
const INPUT = 0x10_0000;
const OUTPUT = 0x80_0000;
const CASES = 20_000;
const STRIDE = 48;
const MXCSR_MASKS = 0x1f80;

const OPERATIONS = { ADD: 0x58, MUL: 0x59, SUB: 0x5c, DIV: 0x5e, SQRT: 0x51 };
const LANES = { PS: [], PD: [0x66], SS: [0xf3], SD: [0xf2] };

let seed = 0x2545f491;
function random(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  return seed >>> 0;
}

const SINGLES = [0, 1, 0x7fffff, 0x800000, 0x800001, 0xffffff, 0x1000000, 0x3f800000, 0x40490fdb, 0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000]; // prettier-ignore
const DOUBLES = [0n, 1n, 0xfffffffffffffn, 0x10000000000000n, 0x1fffffffffffffn, 0x20000000000000n, 0x3ff0000000000000n, 0x3fb999999999999an, 0x7fefffffffffffffn, 0x7ff0000000000000n, 0x7ff0000000000001n, 0x7ff8000000000000n]; // prettier-ignore

function putValue(view: DataView, at: number, isDouble: boolean): void {
  const kind = random() % 4;
  if (isDouble) {
    // An edge, a small number that makes exact results, anything, or near one.
    if (kind === 0) view.setBigUint64(at, DOUBLES[random() % DOUBLES.length]! | (BigInt(random() & 1) << 63n), true);
    else if (kind === 1) view.setFloat64(at, ((random() % 64) - 32) / 8, true);
    else view.setBigUint64(at, (BigInt(kind === 2 ? random() : 0x3ff00000 | (random() & 0x800fffff)) << 32n) | BigInt(random()), true); // prettier-ignore
  } else if (kind === 0) view.setUint32(at, (SINGLES[random() % SINGLES.length]! | ((random() & 1) << 31)) >>> 0, true);
  else if (kind === 1) view.setFloat32(at, ((random() % 64) - 32) / 8, true);
  else view.setUint32(at, kind === 2 ? random() : (0x3f800000 | (random() & 0x807fffff)) >>> 0, true);
}

function inputs(isDouble: boolean): Uint8Array {
  const bytes = new Uint8Array(CASES * STRIDE);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += STRIDE) {
    for (let lane = 0; lane < 32; lane += isDouble ? 8 : 4) putValue(view, at + lane, isDouble);
    // RC, FZ, DAZ in a quarter of the cases; PE or nothing in the others.
    view.setUint32(at + 32, MXCSR_MASKS | (random() % 4 === 0 ? random() & 0xe07f : random() & 0x20), true);
  }
  return bytes;
}

function run(code: number[], input: Uint8Array, jitThreshold: number | undefined): Uint8Array {
  const core = new TestCore(16 << 20, {}, 0, jitThreshold);
  core.enterProtected();
  core.put(CODE, code);
  core.put(INPUT, input);
  core.setReg("rsi", INPUT);
  core.setReg("rdi", OUTPUT);
  core.setReg("rcx", CASES);
  core.rip = CODE;
  expect(core.run(CASES * 12)).toBe(EXIT.halted);
  if (jitThreshold !== undefined) expect(Number(core.ex.statCompiledInstructions!())).toBeGreaterThan(CASES * 5);
  return core.ram.slice(OUTPUT, OUTPUT + CASES * 32);
}

for (const [name, opcode] of Object.entries(OPERATIONS))
  for (const [lanes, prefix] of Object.entries(LANES))
    it(`${name}${lanes}: ${CASES} cases`, () => {
      const code = [
        ...[0x0f, 0xae, 0x56, 0x20], // again: ldmxcsr [esi + 32]
        ...[0x0f, 0x10, 0x06], // movups xmm0, [esi]
        ...[0x0f, 0x10, 0x4e, 0x10], // movups xmm1, [esi + 16]
        ...[...prefix, 0x0f, opcode, 0xc1], // op xmm0, xmm1
        ...[0x0f, 0x11, 0x07], // movups [edi], xmm0
        ...[0x0f, 0xae, 0x5f, 0x10], // stmxcsr [edi + 16]
        ...[0x83, 0xc6, STRIDE, 0x83, 0xc7, 0x20, 0x49], // add esi, 48; add edi, 32; dec ecx
      ];
      code.push(0x75, 0xfe - code.length, 0xf4); // jnz again; hlt
      const input = inputs(lanes.endsWith("D"));
      expect(Buffer.compare(run(code, input, 2), run(code, input, undefined))).toBe(0);
    }, 60_000);

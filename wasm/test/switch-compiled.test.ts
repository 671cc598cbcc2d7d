/**
 * Computed jumps inside a page in compiled code (wasm/jit/emit-region.ts, emitSwitch): a bytecode interpreter, once with a loop around
 * its switch and once with a jump at the end of each case, and a target that was never met before.
 */
import { describe, expect, it } from "vitest";
import { EXIT, TestCore } from "./harness.ts";

const CODE = 0x1000;
const TABLE = 0x2000;
const PROGRAM = 0x3000;
const CASES = 8;
const CASE_BYTES = 0x20;
const FIRST_CASE = CODE + 0x100;
const STEPS = 20_000;

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** eax = (eax + n) rotated by n + 1, or the like: each case leaves its mark. */
const caseBody = (n: number): number[] => [0x05, ...dword(0x1234_5601 * (n + 1)), 0xc1, 0xc0, n + 1];

// movzx edx, byte [esi]; inc esi; dec ecx; jz end; jmp [TABLE + edx * 4]
const dispatch = (at: number, end: number): number[] => {
  const head = [0x0f, 0xb6, 0x16, 0x46, 0x49, 0x0f, 0x84];
  return [...head, ...dword(end - (at + head.length + 4)), 0xff, 0x24, 0x95, ...dword(TABLE)];
};

function load(core: TestCore, threaded: boolean): void {
  const end = CODE + 0xf0;
  core.put(CODE, dispatch(CODE, end));
  core.put(end, [0xf4]);
  for (let n = 0; n < CASES; n++) {
    const at = FIRST_CASE + n * CASE_BYTES;
    const body = caseBody(n);
    const next = at + body.length;
    core.put(at, [...body, ...(threaded ? dispatch(next, end) : [0xe9, ...dword(CODE - (next + 5))])]);
    core.put(TABLE + n * 4, dword(at));
  }
  let seed = 12345;
  const program = Array.from({ length: STEPS }, (_, step) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    // The last case is met only when all is compiled.
    return step < STEPS / 2 ? (seed >>> 16) % (CASES - 1) : (seed >>> 16) % CASES;
  });
  core.put(PROGRAM, program);
}

function run(threaded: boolean, jitThreshold?: number): TestCore {
  const core = new TestCore(16 << 20, {}, 0, jitThreshold);
  core.enterProtected();
  load(core, threaded);
  core.setReg("rsi", PROGRAM);
  core.setReg("rcx", STEPS);
  core.rip = CODE;
  expect(core.run(STEPS * 12)).toBe(EXIT.halted);
  return core;
}

describe("computed jumps inside a page", () => {
  for (const threaded of [false, true])
    it(threaded ? "at the end of each case" : "of a switch in a loop", () => {
      const compiled = run(threaded, 200);
      const interpreted = run(threaded);
      for (const name of ["rax", "rdx", "rsi", "rcx"] as const) expect(compiled.reg(name)).toBe(interpreted.reg(name));
      expect(compiled.flags).toBe(interpreted.flags);
      expect(compiled.ex.instructions!(compiled.cpu)).toBe(interpreted.ex.instructions!(interpreted.cpu));
      expect(Number(compiled.ex.statCompiledInstructions!())).toBeGreaterThan(STEPS * 4);
    });

  it("stay in one region, which has taken in the cases", () => {
    expect(run(false, 200).ex.statRegions!()).toBeLessThanOrEqual(3);
  });
});

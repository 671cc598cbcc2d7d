/**
 * Decoded code when there is no more room for it: pages in which nothing was compiled are given up, what is compiled stays
 * and runs on. (wasm/decode/trace-cache.ts)
 */
import { expect, it } from "vitest";
import { EXIT, TestCore } from "./harness.ts";

const HOT = 0x1000;
const MAIN = 0x2000;
const STRIP = 0x10_0000;
const STRIP_BYTES = 1 << 20;
const ROUNDS = 3;
const INC_EAX = 0x40;
const RET = 0xc3;

function dword(value: number): number[] {
  return [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);
}

it("a loop that is compiled outlives a million instructions that run once a round", () => {
  const core = new TestCore(16 << 20, {}, 0, 100);
  core.enterProtected();
  core.setReg("rsp", 0x8000);
  // again: dec ecx; jnz again; ret
  core.put(HOT, [0x49, 0x75, 0xfd, RET]);
  const main = [
    ...[0xbe, ...dword(ROUNDS)], // mov esi, ROUNDS
    ...[0xb9, ...dword(1000)], // again: mov ecx, 1000
    ...[0xbf, ...dword(HOT), 0xff, 0xd7], // mov edi, HOT; call edi
    ...[0xbf, ...dword(STRIP), 0xff, 0xd7], // mov edi, STRIP; call edi
    ...[0x4e, 0x75, 0xea, 0xf4], // dec esi; jnz again; hlt
  ];
  core.put(MAIN, main);
  core.put(STRIP, [...new Uint8Array(STRIP_BYTES).fill(INC_EAX), RET]);
  core.setReg("rax", 0);
  core.rip = MAIN;
  const sweeps = core.ex.jitSweeps!() as number;
  const epoch = core.ex.jitEpoch!() as number;

  expect(core.run(ROUNDS * (STRIP_BYTES + 3000))).toBe(EXIT.halted);
  expect(core.reg("rax")).toBe(BigInt(ROUNDS * STRIP_BYTES));
  expect(core.ex.jitSweeps!()).toBeGreaterThan(sweeps);
  expect(core.ex.jitEpoch!(), "nothing that was compiled has been dropped").toBe(epoch);
  expect(core.ex.statRegions!()).toBe(1);
  // The first hundred entries were interpreted.
  expect(Number(core.ex.statCompiledInstructions!())).toBeGreaterThan(2 * ROUNDS * 900);
}, 60_000);

it("between what is compiled, small gaps are filled: the arena is not swept again and again", () => {
  // Pages with a compiled loop and pieces of 40 instructions, each of which calls a function of 24 that runs once.
  const PAGES = 118;
  const PIECES = 88;
  const HOT_PAGES = 0x10_0000;
  const FUNCTIONS = 0x20_0000;
  const FUNCTION_BYTES = 24;
  const CHURN = 0x40_0000;
  const CHURN_FUNCTIONS = 40_000;
  const core = new TestCore(16 << 20, {}, 0, 100);
  core.enterProtected();
  core.setReg("rsp", 0x8000);
  const body = [...new Array<number>(FUNCTION_BYTES - 1).fill(INC_EAX), RET];
  let functions = 0;
  for (let page = 0; page < PAGES; page++) {
    const at = HOT_PAGES + page * 0x1000;
    const code = [0xb9, ...dword(1000), 0x49, 0x75, 0xfd]; // mov ecx, 1000; again: dec ecx; jnz again
    for (let piece = 0; piece < PIECES; piece++) {
      code.push(...new Array<number>(40).fill(INC_EAX));
      const target = FUNCTIONS + functions++ * FUNCTION_BYTES;
      code.push(0xe8, ...dword(target - (at + code.length + 5)));
    }
    core.put(at, [...code, RET]);
  }
  core.put(FUNCTIONS, new Array<number[]>(functions).fill(body).flat());
  core.put(CHURN, new Array<number[]>(CHURN_FUNCTIONS).fill(body).flat());
  const callAll = (from: number, stepBytes: number, count: number): number[] => [
    ...[0xbf, ...dword(from), 0xbe, ...dword(count)], // mov edi, from; mov esi, count
    ...[0xff, 0xd7, 0x81, 0xc7, ...dword(stepBytes)], // again: call edi; add edi, stepBytes
    ...[0x4e, 0x75, 0xf5], // dec esi; jnz again
  ];
  core.put(MAIN, [...callAll(HOT_PAGES, 0x1000, PAGES), ...callAll(CHURN, FUNCTION_BYTES, CHURN_FUNCTIONS), 0xf4]);
  core.setReg("rax", 0);
  core.rip = MAIN;
  const sweeps = core.ex.jitSweeps!() as number;
  const epoch = core.ex.jitEpoch!() as number;

  expect(core.run(10_000_000)).toBe(EXIT.halted);
  expect(core.reg("rax")).toBe(BigInt(PAGES * PIECES * 40 + (functions + CHURN_FUNCTIONS) * (FUNCTION_BYTES - 1)));
  expect(core.ex.jitEpoch!(), "nothing that was compiled has been dropped").toBe(epoch);
  // 33 MiB of records, 9 MiB of gaps.
  expect((core.ex.jitSweeps!() as number) - sweeps).toBeGreaterThan(1);
  expect((core.ex.jitSweeps!() as number) - sweeps).toBeLessThan(8);
}, 60_000);

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

/**
 * What is entered often is compiled only if its entries come close together (isDense, wasm/decode/code-index.ts): code that
 * runs once in a long round is faster interpreted.
 */
import { expect, it } from "vitest";
import { EXIT, TestCore } from "./harness.ts";

const MAIN = 0x1000;
const FILLER = 0x2000;
const RET = 0xc3;
const ENTRIES = 20;
/** 16 times 2^20 instructions: in this time all entries must come. */
const WINDOW = 1 << 24;

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

class Rounds {
  private readonly core: TestCore = new TestCore(16 << 20, { portWrite: () => this.stop() }, 0, ENTRIES);

  constructor() {
    this.core.enterProtected();
    this.core.setReg("rsp", 0x8000);
    // again: dec ecx; jnz again; ret
    this.core.put(FILLER, [0x49, 0x75, 0xfd, RET]);
    this.core.put(MAIN, [
      ...[0x89, 0xd9], // again: mov ecx, ebx
      ...[0xbf, ...dword(FILLER), 0xff, 0xd7], // mov edi, FILLER; call edi
      ...[0x4e, 0x75, 0xf4, 0xe6, 0x80], // dec esi; jnz again; out 80h, al
    ]);
  }

  private stop(): void {
    this.core.ex.requestStop!(this.core.cpu);
  }

  /** So many rounds of about so many instructions, nearly all of them in the filler. @returns regions compiled so far */
  run(count: number, instructions: number): number {
    const { core } = this;
    core.setReg("rsi", count);
    core.setReg("rbx", Math.floor(instructions / 2));
    core.rip = MAIN;
    for (;;) {
      const exit = core.run(1 << 20);
      if (exit === EXIT.budget) continue;
      expect(exit).toBe(EXIT.stopRequested);
      expect(core.reg("rsi")).toBe(0n);
      return core.ex.statRegions!();
    }
  }
}

const SPARSE = Math.ceil((WINDOW / ENTRIES) * 1.25);

it("a round that is longer than the window divided by the entries is not compiled, and counted anew", () => {
  const rounds = new Rounds();
  const filler = rounds.run(1, 100_000);
  expect(filler, "the filler alone").toBe(1);
  expect(rounds.run(3 * ENTRIES, SPARSE)).toBe(filler);
  // What was counted in the long rounds does not stand in the way of the short ones.
  expect(rounds.run(3 * ENTRIES, 1000)).toBeGreaterThan(filler);
}, 60_000);

it("a shorter round is", () => {
  const rounds = new Rounds();
  const filler = rounds.run(1, 100_000);
  expect(rounds.run(2 * ENTRIES, Math.floor((WINDOW / ENTRIES) * 0.7))).toBeGreaterThan(filler);
}, 60_000);

/**
 * Vectors taken from a real 80286 in real mode (MIT, SingleStepTests 80286 suite): every case must end with the same
 * registers, flags and memory. They lie beside the project and are skipped where they are not.
 *
 * What is truly different from the 286 to later processors is listed here, each with the manual's word on it.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { TestCore } from "./harness.ts";

const FOLDER = new URL("../../../shared/vectors/", import.meta.url).pathname;
const present = existsSync(join(FOLDER, "80286-real"));

interface Case {
  name: string;
  bytes: string;
  initial: { regs: Record<string, number>; ram: [number, number][] };
  final: { regs: Record<string, number>; ram: [number, number][] };
  exception?: { number: number; flagAddress: number };
}
interface Mask {
  flagsMask?: number;
  status?: string;
}

const ORDER = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"] as const;
const SEGS = ["es", "cs", "ss", "ds"] as const;
/** Bits 12–15 of FLAGS are not compared (IOPL and NT exist on a 286 in real mode, but read differently). */
const FLAGS_COMPARED = 0x0fff;

/** LOCK on anything but a read-modify-write of memory is #UD since the 386; a 286 ignores it. [SDM2] LOCK, [SDM3] 22.22 */
const refusesLock = (name: string) =>
  /\block\b/.test(name) &&
  !/^lock (add|or|adc|sbb|and|sub|xor|inc|dec|neg|not) (byte |word )?\[|^lock xchg .*\[/.test(name);

/** A far pointer at FFFE wraps on a 286 (two word reads); since the 386 the limit of 64 KiB holds for all four bytes. [SDM3] 22.17 */
const FAR_POINTER_WRAPS = new Set(["call far [bp+di] ff1bf4", "jmp far [es:bp+si] 2e26ff2af4"]);

/** Since the 386 an instruction may have 15 bytes; longer than 10 is #GP on a 286. [SDM3] 22.24 */
const isTooLongFor286 = (test: Case) => test.bytes.length / 2 - 1 > 10;

/** A 286 has moved its index registers when a string access wraps at FFFF; later processors restart cleanly. [SDM1] 7.3.9.3 */
const isStringFault = (test: Case) =>
  test.exception?.number === 13 && /\b(ins|outs|movs|cmps|stos|lods|scas)w/.test(test.name);

/** Since the Pentium a store to code that follows at once is seen; a 286 runs what its queue holds. [SDM3] 11.6 */
function writesItself(test: Case): boolean {
  const start = test.initial.regs.cs * 16 + test.initial.regs.ip;
  return test.final.ram.some(([address]) => address >= start && address < start + test.bytes.length / 2);
}

/** Files that hold what a 286 does not have, or does differently by design. */
const LATER: Record<string, string> = {};

function runCase(core: TestCore, test: Case, flagsMask: number): string {
  const { regs, ram } = test.initial;
  core.ex.reset(core.cpu, 0);
  for (const [address, value] of ram) core.put(address, [value]);
  // A word at SS:FFFF is #SS (12) since the 386, #GP (13) on a 286: both lead to the same handler here. [SDM3] 6.15
  if (test.exception?.number === 13) core.put(12 * 4, core.ram.slice(13 * 4, 14 * 4));
  ORDER.forEach((name, i) => core.ex.setGpr(core.cpu, i, BigInt(regs[name])));
  core.enterReal({ es: regs.es, cs: regs.cs, ss: regs.ss, ds: regs.ds });
  core.rip = regs.ip;
  core.flags = (regs.flags & FLAGS_COMPARED) | 2;
  const exit = core.run(20000);
  const problems: string[] = [];
  if (exit !== 1) problems.push(`exit ${exit}`);
  const want = { ...regs, ...test.final.regs };
  const expectValue = (what: string, got: number, wanted: number) => {
    if (got !== wanted) problems.push(`${what} ${got.toString(16)} instead of ${wanted.toString(16)}`);
  };
  ORDER.forEach((name, i) => expectValue(name, Number(BigInt.asUintN(16, core.ex.getGpr(core.cpu, i))), want[name]));
  for (const name of SEGS) expectValue(name, core.selector(name), want[name]);
  expectValue("ip", Number(core.rip) & 0xffff, want.ip); // EIP does not wrap after a HLT at FFFF
  const mask = FLAGS_COMPARED & flagsMask;
  expectValue("flags", core.flags & mask, want.flags & mask);
  // The flags of an exception frame are its third word (flagAddress of the file is rounded to an even address).
  const flagAddress = test.exception ? want.ss * 16 + ((want.sp + 4) & 0xffff) : -9;
  for (const [address, value] of test.final.ram) {
    const byteMask = address === flagAddress ? mask & 0xff : address === flagAddress + 1 ? mask >> 8 : 0xff;
    expectValue(`[${address.toString(16)}]`, core.ram[address] & byteMask, value & byteMask);
  }
  for (const [address] of [...ram, ...test.final.ram]) core.ram[address] = 0;
  core.ram.fill(0, 12 * 4, 14 * 4);
  return problems.join(", ");
}

describe.skipIf(!present)("80286 vectors (../shared/vectors)", () => {
  if (!present) return;
  const masks = JSON.parse(readFileSync(join(FOLDER, "80286-real-masks.json"), "utf8")) as Record<string, Mask>;
  const core = new TestCore();
  for (const file of readdirSync(join(FOLDER, "80286-real"))) {
    const opcode = file.replace(".jsonl.gz", "");
    const mask = masks[opcode] ?? {};
    const title = `${opcode}${mask.status ? ` (${mask.status})` : ""}`;
    it.skipIf(LATER[opcode] !== undefined)(LATER[opcode] ? `${title}: ${LATER[opcode]}` : title, () => {
      const cases = gunzipSync(readFileSync(join(FOLDER, "80286-real", file)))
        .toString()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Case)
        .filter(
          (test) =>
            !refusesLock(test.name) &&
            !FAR_POINTER_WRAPS.has(`${test.name} ${test.bytes}`) &&
            !isTooLongFor286(test) &&
            !isStringFault(test) &&
            !writesItself(test),
        );
      const failures = cases.flatMap((test) => {
        const problem = runCase(core, test, mask.flagsMask ?? 0xffff);
        return problem ? [`${test.name} (${test.bytes}): ${problem}`] : [];
      });
      expect(failures.length, `${failures.length} of ${cases.length}:\n${failures.slice(0, 4).join("\n")}`).toBe(0);
    });
  }
});

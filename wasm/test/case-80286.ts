/**
 * Cases taken from a real 80286 in real mode (SingleStepTests 80286 suite): reading them, running one on the core, and what
 * is truly different from the 286 to later processors, each with the manual's word on it. The format is that of the
 * README beside the vectors.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { TestCore } from "./harness.ts";

type Register = "ax" | "bx" | "cx" | "dx" | "cs" | "ss" | "ds" | "es" | "sp" | "bp" | "si" | "di" | "ip" | "flags";
type Registers = Record<Register, number>;

export interface Case80286 {
  readonly name: string;
  readonly bytes: string;
  readonly initial: { readonly regs: Registers; readonly ram: readonly (readonly [number, number])[] };
  readonly final: { readonly regs: Partial<Registers>; readonly ram: readonly (readonly [number, number])[] };
  readonly exception?: { readonly number: number; readonly flagAddress: number };
}

export interface Opcode80286 {
  /** Hexadecimal, with the group's number behind a dot. */
  readonly opcode: string;
  readonly flagsMask: number;
  /** What the suite says of opcodes that are no documented instruction. */
  readonly status?: string;
  readonly cases: readonly Case80286[];
}

const VECTORS = "80286-real";
const MASKS = "80286-real-masks.json";

export const hasVectors = (folder: string): boolean => existsSync(join(folder, VECTORS));

/** Names of the files, one for each opcode. */
export const opcodesIn = (folder: string): string[] =>
  readdirSync(join(folder, VECTORS)).map((file) => file.replace(".jsonl.gz", ""));

export function readMasks(folder: string): Record<string, { flagsMask?: number; status?: string }> {
  return JSON.parse(readFileSync(join(folder, MASKS), "utf8")) as Record<
    string,
    { flagsMask?: number; status?: string }
  >;
}

export function readOpcode(folder: string, opcode: string, masks = readMasks(folder)): Opcode80286 {
  const cases = gunzipSync(readFileSync(join(folder, VECTORS, `${opcode}.jsonl.gz`)))
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Case80286);
  return { opcode, flagsMask: 0xffff, ...masks[opcode], cases };
}

const ORDER = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"] as const;
const SEGS = ["es", "cs", "ss", "ds"] as const;
/** Bits 12–15 of FLAGS are not compared (IOPL and NT exist on a 286 in real mode, but read differently). */
const FLAGS_COMPARED = 0x0fff;
const GP = 13;
/** A longer instruction is #GP on a 286. */
const MAX_BYTES_286 = 10;

/** LOCK on anything but a read-modify-write of memory. */
const refusesLock = (name: string): boolean =>
  /\block\b/.test(name) &&
  !/^lock (add|or|adc|sbb|and|sub|xor|inc|dec|neg|not) (byte |word )?\[|^lock xchg .*\[/.test(name);

/** Offset of a memory operand, from its text: "[es:bp+si-25h]". */
function operandOffset({ name, initial: { regs } }: Case80286): number | undefined {
  const text = /\[(?:[cdes]s:)?([^\]]+)\]/.exec(name)?.[1];
  if (text === undefined) return undefined;
  let offset = 0;
  for (const [, sign, term = ""] of text.matchAll(/([+-]?)([0-9a-z]+)/gi)) {
    const value = term in regs ? regs[term as Register] : parseInt(term, 16);
    offset += sign === "-" ? -value : value;
  }
  return offset & 0xffff;
}

const isPointerOverEnd = (test: Case80286): boolean =>
  /\b(les|lds|bound|far)\b/.test(test.name) && operandOffset(test) === 0xfffe;

const isStringFault = (test: Case80286): boolean =>
  test.exception?.number === GP && /\b(ins|outs|movs|cmps|stos|lods|scas)w/.test(test.name);

function writesItself(test: Case80286): boolean {
  const start = test.initial.regs.cs * 16 + test.initial.regs.ip;
  return test.final.ram.some(([address]) => address >= start && address < start + test.bytes.length / 2);
}

/** Why later processors end this case in another way, or nothing. */
export function differenceSince80286(test: Case80286): string | undefined {
  if (refusesLock(test.name))
    return "LOCK on anything but a read-modify-write of memory is #UD since the 386; a 286 ignores it ([SDM2] LOCK, [SDM3] 22.22)";
  if (isPointerOverEnd(test))
    return "a doubleword at offset FFFEh: a 286 reads two words and wraps, since the 386 all four bytes must be within the limit ([SDM3] 22.17)";
  if (test.bytes.length / 2 - 1 > MAX_BYTES_286)
    return "an instruction longer than 10 bytes is #GP on a 286; since the 386 it may have 15 ([SDM3] 22.24)";
  if (isStringFault(test))
    return "a string access over offset FFFFh: a 286 has moved its index registers already, later processors restart the instruction ([SDM1] 7.3.9.3)";
  if (writesItself(test))
    return "the instruction writes the bytes that follow: since the Pentium they are seen, a 286 runs what its queue holds ([SDM3] 11.6)";
  return undefined;
}

/** What differs after the case was run on the core, in words; empty where all is as on the 286. */
export function runCase80286(core: TestCore, test: Case80286, flagsMask: number): string {
  const { regs, ram } = test.initial;
  core.ex.reset!(core.cpu, 0);
  for (const [address, value] of ram) core.put(address, [value]);
  // A word at SS:FFFF is #SS (12) since the 386, #GP (13) on a 286: both lead to the same handler here. [SDM3] 6.15
  if (test.exception?.number === GP) core.put(12 * 4, core.ram.slice(GP * 4, GP * 4 + 4));
  ORDER.forEach((name, i) => core.ex.setGpr!(core.cpu, i, BigInt(regs[name])));
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
  ORDER.forEach((name, i) => expectValue(name, Number(BigInt.asUintN(16, core.ex.getGpr!(core.cpu, i))), want[name]));
  for (const name of SEGS) expectValue(name, core.selector(name), want[name]);
  expectValue("ip", Number(core.rip) & 0xffff, want.ip); // EIP does not wrap after a HLT at FFFF
  const mask = FLAGS_COMPARED & flagsMask;
  expectValue("flags", core.flags & mask, want.flags & mask);
  // The flags of an exception frame are its third word (flagAddress of the file is rounded to an even address).
  const flagAddress = test.exception ? want.ss * 16 + ((want.sp + 4) & 0xffff) : -9;
  for (const [address, value] of test.final.ram) {
    const byteMask = address === flagAddress ? mask & 0xff : address === flagAddress + 1 ? mask >> 8 : 0xff;
    expectValue(`[${address.toString(16)}]`, core.ram[address]! & byteMask, value & byteMask);
  }
  for (const [address] of [...ram, ...test.final.ram]) core.ram[address] = 0;
  core.ram.fill(0, 12 * 4, 14 * 4);
  return problems.join(", ");
}

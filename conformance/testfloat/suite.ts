/**
 * Berkeley TestFloat: testfloat_gen writes operands with the results and exceptions that IEEE 754 asks for, as SoftFloat
 * computes them with the NaN rules of the x87 and of SSE; the core's instructions must give the same.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { commitOf } from "../revision.ts";
import { type Context, type Outcome, type Suite, Tally } from "../suite.ts";
import { FloatMachine, INPUT_BYTES, MAX_CASES, OUTPUT_BYTES, OUTPUT_FLAGS } from "./machine.ts";
import { type Kind, OPERATIONS, type Operation, ROUNDINGS, SIZE_BYTES } from "./operations.ts";

/** TestFloat's flags by bit, and theirs in FSW and MXCSR: inexact, underflow, overflow, infinite, invalid. */
const PROCESSOR_FLAGS = [0x20, 0x10, 8, 4, 1];
const FLAGS_COMPARED = 0x3d;
const ALL_MASKED_X87 = 0x3f;
const ALL_MASKED_MXCSR = 0x1f80;
const RC_SHIFT_X87 = 10;
const RC_SHIFT_MXCSR = 13;
const PC_SHIFT = 8;
/** Precision control: 24, 53 and 64 bits of significand. */
const PRECISIONS = [
  { option: "-precision32", field: 0, name: "24 bits" },
  { option: "-precision64", field: 2, name: "53 bits" },
  { option: "-precision80", field: 3, name: "64 bits" },
] as const;
const MAX_OUTPUT = 1 << 28;
/** So many failures of one run are kept; the rest are counted. */
const FAILURES_KEPT = 3;

function generator(folder: string): string {
  const build = join(folder, "build");
  for (const platform of existsSync(build) ? readdirSync(build) : []) {
    const program = join(build, platform, "testfloat_gen");
    if (existsSync(program)) return program;
  }
  throw new Error(`no testfloat_gen below ${build}: build TestFloat first`);
}

function put(view: DataView, at: number, kind: Kind, digits: string, isReplicated: boolean): void {
  const bytes = SIZE_BYTES[kind];
  const value = BigInt(`0x${digits}`);
  view.setBigUint64(at, BigInt.asUintN(64, value), true);
  view.setBigUint64(at + 8, value >> 64n, true);
  if (!isReplicated) return;
  for (let offset = bytes; offset < 16; offset += bytes)
    if (bytes === 4) view.setUint32(at + offset, Number(value), true);
    else view.setBigUint64(at + offset, value, true);
}

function get(view: DataView, at: number, kind: Kind): string {
  const bytes = SIZE_BYTES[kind];
  let digits = "";
  for (let i = bytes - 1; i >= 0; i--)
    digits += view
      .getUint8(at + i)
      .toString(16)
      .padStart(2, "0");
  return (kind === "bool" ? digits.slice(1) : digits).toUpperCase();
}

interface Variant {
  readonly name: string;
  readonly options: readonly string[];
  readonly fpuControl: number;
  readonly mxcsr: number;
}

function variants(operation: Operation): Variant[] {
  const roundings = operation.rounding ? [operation.rounding] : ROUNDINGS;
  const precisions = operation.isPrecise ? PRECISIONS : PRECISIONS.slice(2);
  return precisions.flatMap((precision) =>
    roundings.map((rounding): Variant => {
      // Where the instruction has a mode of its own, the control word has another, so that the difference would show.
      const field = operation.rounding ? (ROUNDINGS.indexOf(rounding) + 1) & 3 : ROUNDINGS.indexOf(rounding);
      return {
        name: `${operation.name}, ${rounding}${operation.isPrecise ? `, ${precision.name}` : ""}`,
        options: [`-r${rounding}`, ...(operation.isPrecise ? [precision.option] : []), ...operation.options],
        fpuControl: ALL_MASKED_X87 | (precision.field << PC_SHIFT) | (field << RC_SHIFT_X87),
        mxcsr: ALL_MASKED_MXCSR | (field << RC_SHIFT_MXCSR),
      };
    }),
  );
}

class Runner {
  private readonly program: string;
  private readonly machine: FloatMachine;

  constructor(
    private readonly context: Context,
    private readonly tally: Tally,
  ) {
    this.program = generator(context.folder);
    this.machine = new FloatMachine(context.cache);
  }

  run(operation: Operation): void {
    this.machine.load(operation);
    for (const variant of variants(operation)) this.runVariant(operation, variant);
  }

  private runVariant(operation: Operation, variant: Variant): void {
    // Level 2 of functions with two operands has tens of millions of cases.
    const level = operation.operands.length === 1 ? "2" : "1";
    const text = execFileSync(this.program, ["-level", level, "-tininessafter", ...variant.options, operation.fn], {
      encoding: "utf8",
      maxBuffer: MAX_OUTPUT,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const lines = text.trimEnd().split("\n");
    let failed = 0;
    for (let from = 0; from < lines.length; from += MAX_CASES)
      failed += this.batch(operation, variant, lines.slice(from, from + MAX_CASES), failed);
    this.tally.pass(this.group(operation), lines.length - failed);
    if (failed > FAILURES_KEPT) this.context.log(`${variant.name}: ${failed} of ${lines.length} fail`);
  }

  private group({ unit, fn }: Operation): string {
    return `${unit === "x87" ? "x87" : "SSE"} ${fn}`;
  }

  private batch(operation: Operation, variant: Variant, lines: readonly string[], failedBefore: number): number {
    const { operands, unit } = operation;
    const { input } = this.machine;
    const fields = lines.map((line) => line.split(" "));
    fields.forEach((words, i) =>
      operands.forEach((kind, n) => put(input, i * INPUT_BYTES + n * 16, kind, words[n]!, unit === "sse")),
    );
    this.machine.run(lines.length, variant.fpuControl, variant.mxcsr);
    let failed = 0;
    fields.forEach((words, i) => {
      const at = i * OUTPUT_BYTES;
      const what = this.difference(operation, at, words[operands.length]!, parseInt(words[operands.length + 1]!, 16));
      if (!what) return;
      const name = `${variant.name}: ${words.slice(0, operands.length).join(" ")}`;
      this.tally.fail(this.group(operation), failedBefore + failed++ < FAILURES_KEPT ? { name, what } : undefined);
    });
    return failed;
  }

  private difference(operation: Operation, at: number, expected: string, flags: number): string {
    const { output } = this.machine;
    const wanted = PROCESSOR_FLAGS.reduce((sum, bit, i) => (flags & (1 << i) ? sum | bit : sum), 0);
    const got = output.getUint16(at + OUTPUT_FLAGS, true) & FLAGS_COMPARED;
    const problems: string[] = [];
    const bytes = SIZE_BYTES[operation.result];
    for (let offset = 0; offset < (operation.isPacked ? 16 : bytes); offset += bytes) {
      const value = get(output, at + offset, operation.result);
      if (value !== expected) problems.push(`${value} instead of ${expected}${offset > 0 ? ` at byte ${offset}` : ""}`);
    }
    if (got !== wanted) problems.push(`flags ${got.toString(16)} instead of ${wanted.toString(16)}`);
    return problems.join(", ");
  }
}

function run(context: Context): Outcome {
  const tally = new Tally();
  const runner = new Runner(context, tally);
  for (const operation of OPERATIONS)
    if (`${operation.name} ${operation.fn}`.includes(context.filter)) runner.run(operation);
  return tally.outcome(commitOf(context.folder), [
    "Functions of one operand are run at level 2, those of two at level 1; every rounding mode, and every precision where precision control acts.",
  ]);
}

export const testfloat: Suite = {
  id: "testfloat",
  title: "Berkeley TestFloat 3: x87 and SSE",
  needs: "a built checkout of github.com/ucb-bar/berkeley-testfloat-3 (SoftFloat with SPECIALIZE_TYPE 8086-SSE); nasm",
  programs: ["nasm"],
  run,
};

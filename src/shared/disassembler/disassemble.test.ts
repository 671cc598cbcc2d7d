/**
 * The disassembler against GNU objdump: for every row of the opcode tables and every mode, instructions put together at
 * random from what the row allows. Where the two differ on purpose stands in `ACCEPTED`, with the reason.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { disassemble, disassembleOne } from "./disassemble.ts";
import type { Bits } from "./disassemble.ts";
import { encodingsOf } from "./encodings-for-test.ts";
import { ROWS } from "./generated/opcode-rows.ts";

const SLOT_BYTES = 32;
const ENCODINGS_PER_ROW = 12;
const hasObjdump = spawnSync("objdump", ["--version"]).status === 0;

const MACHINES: Record<Bits, string[]> = {
  16: ["-m", "i8086"],
  32: ["-m", "i386"],
  64: ["-m", "i386:x86-64"],
};

/** What objdump prints for each of the encodings, which lie SLOT_BYTES apart. */
function objdump(encodings: readonly Uint8Array[], bits: Bits): string[] {
  const image = new Uint8Array(encodings.length * SLOT_BYTES);
  // Behind each, NOPs, so that a difference in length ends in its slot; and zeros, which objdump leaves out.
  encodings.forEach((bytes, i) => {
    image.fill(0x90, i * SLOT_BYTES, i * SLOT_BYTES + SLOT_BYTES / 2);
    image.set(bytes, i * SLOT_BYTES);
  });
  const folder = mkdtempSync(join(tmpdir(), "posada-objdump-"));
  try {
    const file = join(folder, "code.bin");
    writeFileSync(file, image);
    const { stdout, status } = spawnSync(
      "objdump",
      ["-D", "-w", "-b", "binary", "-M", "intel", "--no-show-raw-insn", ...MACHINES[bits], file],
      { encoding: "latin1", maxBuffer: 1 << 28 },
    );
    if (status !== 0) throw new Error("objdump failed");
    const texts = new Array<string>(encodings.length).fill("");
    for (const [, address, text] of stdout.matchAll(/^\s*([0-9a-f]+):\t(.*)$/gm)) {
      const at = parseInt(address!, 16);
      if (at % SLOT_BYTES === 0) texts[at / SLOT_BYTES] = text!;
    }
    return texts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One way to write it: no columns, no remarks, no prefixes without effect. */
function plain(text: string): string {
  return text
    .replace(/\s*[#<].*$/, "")
    .trim()
    .replace(/\s+/g, " ")
    .replace(/^((fs|gs|addr16|addr32|data16|data32|rex(\.[WRXB]+)?) )+/, "");
}

/** Where the two differ, and how objdump's line is read then. */
const ACCEPTED: readonly (readonly [why: string, rows: RegExp, read: (theirs: string, bits: Bits) => string])[] = [
  [
    "negative displacements are shown as such, with RIP too",
    /./,
    (text) =>
      text.replace(
        /\+0xffffffff([89a-f].{7})\]/,
        (_, low: string) => `-0x${(2 ** 32 - parseInt(low, 16)).toString(16)}]`,
      ),
  ],
  [
    "branches stay within 64 KiB in 16-bit code",
    /\| J[bz] \|/,
    (text, bits) =>
      bits !== 16 ? text : text.replace(/0x1([0-9a-f]{4})$/, (_, low: string) => `0x${parseInt(low, 16).toString(16)}`),
  ],
  ["an operand's size is shown", /INVPCID/, (text) => text.replace(/(?<=,)(?=(.s:)?\[)/, "XMMWORD PTR ")],
  ["an operand's size is shown", /^F2 0F F0/, (text) => text.replace(/,(?=.*[[:])/, ",XMMWORD PTR ")],
  ["one name for 16 bytes", /CMPXCHG8B/, (text) => text.replace("OWORD", "XMMWORD")],
  ["no size at the end of a name that is always the same", /[SL][GI]DT/, (text) => text.replace(/^(....)[wd] /, "$1 ")],
  ["REX.W changes nothing", /MOVMSK|PCMPESTR/, (text) => text.replace(/^(pcmpestr.)q/, "$1")],
];
/** Rows whose text is not compared. */
const NOT_COMPARED: readonly (readonly [why: string, rows: RegExp])[] = [
  [
    "objdump knows no undocumented instructions",
    /^D6|SALC|^(DC|DE|D9|DD|DF) \/\d r .*(FCOM_ST|FCOMP_ST|FSTP1|FXCH|FSTP_ST)/,
  ],
  ["processors ignore the low bits of ModRM, objdump does not", /^NP 0F AE \/[67] r/],
  ["a processor without MPX, CLDEMOTE, RDPID and user interrupts", /^0F 1[ABC]|^F3 0F C7/],
  ["a REX.W form that differs in name alone", /MOVMSK/],
  ["the table knows no ModRM here: the instruction faults whatever follows", /^0F (FF|B9)/],
  ["objdump reads 66 with REX.W, and REX.W in far pointers, as AMD does", /\| Mp \||,Mp \|/],
  ["objdump names forms that the manual does not define", /PCLMULQDQ/],
  ["suffixes by assembler, not by manual", /SYSRET|SYSEXIT/],
];

describe("disassembler", () => {
  it.skipIf(!hasObjdump).each([16, 32, 64] as const)("agrees with objdump on every row, %i bits", (bits) => {
    const cases = ROWS.flatMap((row) => encodingsOf(row, bits, ENCODINGS_PER_ROW).map((bytes) => ({ row, bytes })));
    const expected = objdump(
      cases.map(({ bytes }) => bytes),
      bits,
    );
    const differences = new Map<string, string>();
    cases.forEach(({ row, bytes }, i) => {
      if (NOT_COMPARED.some(([, rows]) => rows.test(row.key))) return;
      const mine = disassembleOne(bytes, BigInt(i * SLOT_BYTES), bits);
      const theirs = ACCEPTED.reduce(
        (text, [, rows, read]) => (rows.test(row.key) ? read(text, bits) : text),
        plain(expected[i]!),
      );
      if (mine.text !== theirs)
        differences.set(row.key, `${row.key}: ${Buffer.from(bytes).toString("hex")}: ${mine.text} | ${theirs}`);
    });
    expect([...differences.values()]).toEqual([]);
  });

  it("has a name and encodings for every row", () => {
    for (const row of ROWS) {
      const encodings = ([16, 32, 64] as const).flatMap((bits) =>
        encodingsOf(row, bits, 2).map((bytes) => disassembleOne(bytes, 0n, bits)),
      );
      expect(encodings.length, row.key).toBeGreaterThan(0);
      for (const line of encodings) expect(line).toMatchObject({ rowKey: row.key, text: expect.stringMatching(/\S/) });
    }
  });

  it("goes on behind bytes that are no instruction", () => {
    const bytes = Uint8Array.of(0x0f, 0x04, 0x90);
    expect(Array.from(disassemble(bytes, 0x100n, 32), ({ text }) => text)).toEqual(["(bad)", "add al,0x90"]);
  });
});

/** The runner itself: it reads cases, runs them as a process would be, and sees what is wrong. Suites are not needed here. */
import { describe, expect, it } from "vitest";
import { compareRegisters } from "./fex/compare.ts";
import { ENTRY, parseCase } from "./fex/case.ts";
import { parseSerial } from "./linux-guest.ts";
import { section } from "./report.ts";
import { type Suite, Tally } from "./suite.ts";
import { type Ending, UserProcess } from "./user-process.ts";

const HLT = 0xf4;
const GP = 13;
const PF = 14;

function runCode(code: readonly number[], is64 = true): { process: UserProcess; ending: Ending | undefined } {
  const process = new UserProcess();
  process.start(
    is64,
    [
      { base: ENTRY, bytes: 0x1000n },
      { base: 0xe000_0000n, bytes: 0x1000n },
    ],
    ENTRY,
  );
  process.write(ENTRY, Uint8Array.from(code));
  return { process, ending: process.run(1000) };
}

describe("a case of FEX", () => {
  const text = `%ifdef CONFIG
{ "RegData": { "RAX": "0x1_0000", "XMM1": ["-1", "2"], }, "MemoryRegions": { "0x100000000": "4096" },
  "MemoryData": { "0x100000000": "00000001 ff" }, "HostFeatures": ["Sse4.1"], "Mode": "32BIT" }
%endif
hlt`;

  it("is read with its registers, memory and features", () => {
    const test = parseCase("a", "a.asm", text)!;
    expect(test.is64).toBe(false);
    expect(test.expected.get("RAX")).toEqual([0x10000n]);
    expect(test.expected.get("XMM1")).toEqual([0xffff_ffff_ffff_ffffn, 2n]);
    expect(test.features).toEqual(["SSE4.1"]);
    expect(test.regions.at(-1)).toEqual({ base: 0x1_0000_0000n, bytes: 4096n });
    // A group of digits is one number: its last two digits come first.
    expect([...test.memory[0]!.bytes]).toEqual([1, 0, 0, 0, 0xff]);
  });

  it("fails where a register holds something else", () => {
    const { process } = runCode([0xb8, 0, 0, 1, 0, HLT]); // MOV EAX,10000h
    const registers = process.registers();
    const test = parseCase("a", "a.asm", text)!;
    expect(compareRegisters(test, registers)).toBe(
      "XMM1[0] 0x0 instead of 0xffffffffffffffff, XMM1[1] 0x0 instead of 0x2",
    );
  });

  it("is nothing without a description", () => {
    expect(parseCase("a", "a.asm", "hlt")).toBeUndefined();
  });
});

describe("a process", () => {
  it("ends with #GP at a HLT, its registers as they were", () => {
    const { process, ending } = runCode([0x48, 0xc7, 0xc4, 0xff, 0xff, 0xff, 0xff, HLT]); // MOV RSP,-1
    expect(ending).toMatchObject({ vector: GP, rip: ENTRY + 7n });
    expect(process.registers().gprs.rsp).toBe(0xffff_ffff_ffff_ffffn);
    expect(process.read(ENTRY + 7n)).toBe(HLT);
  });

  it("has the memory that it was given, and no more", () => {
    // MOV EDI,E0000000h; MOV [RDI+FFCh],EDI; MOV [RDI+FFDh],EDI
    const { ending } = runCode([0xbf, 0, 0, 0, 0xe0, 0x89, 0xbf, 0xfc, 15, 0, 0, 0x89, 0xbf, 0xfd, 15, 0, 0, HLT]);
    expect(ending).toMatchObject({ vector: PF, rip: ENTRY + 11n, address: 0xe000_1000n });
  });

  it("runs 32-bit code in compatibility mode", () => {
    const { process, ending } = runCode([0x40, 0x48, 0x48, HLT], false); // INC EAX; DEC EAX; DEC EAX
    expect(ending?.rip).toBe(ENTRY + 3n);
    expect(process.registers().gprs.rax).toBe(0xffff_ffffn);
  });

  it("starts anew with nothing of the one before", () => {
    const { process } = runCode([0x0f, 0x57, 0xc0, 0xd9, 0xe8, 0xbb, 1, 0, 0, 0, HLT]); // XORPS; FLD1; MOV EBX,1
    expect(process.registers().mm[7]).toEqual([0x8000_0000_0000_0000n, 0x3fffn]);
    process.start(true, [{ base: ENTRY, bytes: 0x1000n }], ENTRY);
    expect(process.read(ENTRY)).toBeUndefined();
    process.write(ENTRY, Uint8Array.from([HLT]));
    process.run(10);
    expect(process.registers()).toMatchObject({ fpuStatus: 0, rip: ENTRY });
    expect(process.registers().gprs.rbx).toBe(0n);
  });
});

describe("what comes over the serial line", () => {
  it("is parted by program; one that did not end has no status", () => {
    const results = parseSerial("boot\r\n@@begin a_64\r\none\r\n@@end a_64 4\r\n@@begin b_64\r\nhalf a li");
    expect(results.get("a_64")).toEqual({ output: "one\n", status: 4 });
    expect(results.get("b_64")?.status).toBeUndefined();
  });
});

describe("a section of the page", () => {
  const suite: Suite = { id: "x", title: "X", needs: "nothing", programs: [], run: () => new Tally().outcome("") };

  it("counts, and gives each failure its reason", () => {
    const tally = new Tally();
    tally.pass("g", 3);
    tally.fail("g", { name: "odd|one", what: "1 instead of 2", reason: "the manual says so" });
    tally.fail("g", { name: "new", what: "3" });
    tally.skip("no AVX", "vaddps");
    const text = section(suite, tally.outcome("abc"));
    expect(text).toContain("Revision abc. 3 of 5 cases pass.");
    expect(text).toContain("| 1 | the manual says so | `odd\\|one` | 1 instead of 2 |");
    expect(text).toContain("| 1 | not explained yet | `new` | 3 |");
    expect(text).toContain("| 1 | no AVX | `vaddps` |");
  });
});

/**
 * The x87 around its instructions: state images in all formats, pointers to the last instruction, #NM, #MF and FERR#, and that
 * a fault in the middle leaves everything as it was. [SDM1] 8.1.8 – 8.1.10, 8.7; [SDM3] 2.5, 13.1
 */
import { describe, expect, it } from "vitest";
import { TestCore } from "./harness.ts";
import { CODE, HANDLERS, SystemCore, bytes, le32 } from "./system-image.ts";

const IMAGE = 0x3000;
const DATA = 0x3400;
const NM = 7;
const PF = 14;
const MF = 16;
const CR0_PE = 1, CR0_MP = 2, CR0_EM = 4, CR0_TS = 8, CR0_ET = 0x10, CR0_NE = 0x20; // prettier-ignore
const FSW_ES_B = 0x8080;

const words = (core: TestCore, at: number, count: number) =>
  Array.from({ length: count }, (_, i) => core.view.getUint16(at + i * 2, true));
const doubles = (core: TestCore, at: number, count: number) =>
  Array.from({ length: count }, (_, i) => core.view.getUint32(at + i * 4, true));

/** FNINIT; FLDPI; FLDZ; FSTP dword [DATA]; FLD1, then `code`, in 32-bit protected mode. */
function protectedAfter(code: string): SystemCore {
  const core = new SystemCore();
  core.start32();
  const vector = core.vectorOf(`db e3 d9 eb d9 ee d9 1d ${le32(DATA)} d9 e8 ${code} f4`);
  expect(vector).toBe(-1);
  return core;
}

describe("state images", () => {
  it("FNSTENV, 32-bit protected format [SDM1] figure 8-9", () => {
    const core = protectedAfter(`d9 35 ${le32(IMAGE)}`);
    // TOP = 6: FLDPI in R7, FLD1 in R6; the last operand was that of FSTP, the last instruction FLD1 (D9 E8).
    expect(doubles(core, IMAGE, 7)).toEqual([
      0xffff037f,
      0xffff3000,
      0xffff0fff,
      CODE + 12,
      0x01e80008,
      DATA,
      0xffff0010,
    ]);
  });

  it("FNSTENV, 16-bit protected format [SDM1] figure 8-11", () => {
    const core = protectedAfter(`66 d9 35 ${le32(IMAGE)}`);
    expect(words(core, IMAGE, 7)).toEqual([0x037f, 0x3000, 0x0fff, CODE + 12, 8, DATA, 0x10]);
  });

  it("FNSTENV masks all exceptions, and ES goes", () => {
    // FLDCW with all unmasked; FLDZ; FDIV ST,ST(0): invalid
    const core = protectedAfter(
      `66 c7 05 ${le32(DATA)} 40 03 d9 2d ${le32(DATA)} d9 ee d8 f0 dd 3d ${le32(DATA)} d9 35 ${le32(IMAGE)} dd 3d ${le32(DATA + 4)} d9 3d ${le32(DATA + 8)}`,
    );
    expect(core.view.getUint16(DATA, true)).toBe(FSW_ES_B | 0x2801);
    expect(core.view.getUint16(DATA + 4, true)).toBe(0x2801);
    expect(core.view.getUint16(DATA + 8, true)).toBe(0x37f);
  });

  for (const [name, prefix, expected] of [
    // CS 0x0800 base 0x8000, IP 0x12: linear 0x8012; DS 0x1300, offset 0x0400: linear 0x13400.
    ["16-bit", "", [0x037f, 0x3000, 0x0fff, 0x800c, 0x01e8, 0x3400, 0x1000]],
    [
      "32-bit",
      "66",
      [0x037f, 0xffff, 0x3000, 0xffff, 0x0fff, 0xffff, 0x800c, 0xffff, 0x01e8, 0, 0x3400, 0xffff, 0x1000, 0],
    ],
  ] as const) {
    it(`FNSTENV, ${name} real-address format [SDM1] figures 8-10, 8-12`, () => {
      const core = new TestCore();
      core.enterReal({ cs: 0x800, ds: 0x1300, ss: 0, es: 0 });
      // fninit; fldpi; fldz; nop; nop; fstp dword [0x400]; fld1; fnstenv [0]; hlt
      core.put(0x8000, bytes(`db e3 d9 eb d9 ee 90 90 d9 1e 00 04 d9 e8 ${prefix} d9 36 00 00 f4`));
      core.rip = 0;
      core.run(10);
      expect(words(core, 0x13000, expected.length)).toEqual([...expected]);
    });
  }

  for (const [name, prefix] of [
    ["32-bit", ""],
    ["16-bit", "66"],
  ] as const) {
    it(`FNSAVE and FRSTOR, ${name}: what was saved comes back; FNSAVE leaves the initial state`, () => {
      const save = `${prefix} dd 35 ${le32(IMAGE)}`;
      const core = protectedAfter(
        `d9 f6 ${save} d9 35 ${le32(DATA)} ${prefix} dd 25 ${le32(IMAGE)} ${prefix} dd 35 ${le32(IMAGE + 0x100)}`,
      );
      const size = prefix ? 94 : 108;
      const image = core.ram.slice(IMAGE, IMAGE + size);
      expect([...core.ram.subarray(IMAGE + 0x100, IMAGE + 0x100 + size)]).toEqual([...image]);
      // FNINIT clears the pointers too.
      expect(doubles(core, DATA, 7)).toEqual([0xffff037f, 0xffff0000, 0xffffffff, 0, 0, 0, 0xffff0000]);
      // Registers stand in the order of the stack: ST(1) is 1, ST(2) is π.
      const registers = size - 80;
      expect(core.view.getUint16(IMAGE + registers + 18, true)).toBe(0x3fff);
      expect(core.view.getBigUint64(IMAGE + registers + 20, true)).toBe(0xc90fdaa22168c235n);
    });
  }

  it("tags tell zero, valid, special and empty apart [SDM1] 8.1.7", () => {
    // fldz; fld dword [infinity]; fld tbyte [unnormal]; fld tbyte [denormal]
    const core = new SystemCore();
    core.start32();
    core.view.setUint32(DATA, 0x7f800000, true);
    core.view.setBigUint64(DATA + 0x10, 0x4000000000000000n, true);
    core.view.setUint16(DATA + 0x18, 0x4000, true);
    core.view.setBigUint64(DATA + 0x20, 1n, true);
    core.vectorOf(
      `db e3 d9 ee d9 05 ${le32(DATA)} db 2d ${le32(DATA + 0x10)} db 2d ${le32(DATA + 0x20)} d9 e8 d9 35 ${le32(IMAGE)} f4`,
    );
    expect(core.view.getUint16(IMAGE + 8, true)).toBe(0b01_10_10_10_00_11_11_11);
  });

  it("a page fault in the second page changes nothing [SDM2] FSAVE", () => {
    // FNSAVE, FRSTOR, FNSTENV, FSTP m80 over the border, FSTP m80 behind it
    for (const code of [
      "dd b0 00 00 00 00",
      "dd a0 00 00 00 00",
      "d9 b0 48 00 00 00",
      "db b8 5a 00 00 00",
      "db 78 60",
    ]) {
      const core = new SystemCore();
      core.start64();
      const tables = 0x70_0000;
      // The second 4 KiB page at 4 MiB is not there: its 2 MiB page becomes a table of its own.
      core.view.setBigUint64(tables + 0x2000 + 2 * 8, BigInt(tables + 0x3000) | 7n, true);
      for (let i = 0; i < 512; i++)
        core.view.setBigUint64(tables + 0x3000 + i * 8, i === 1 ? 0n : BigInt(0x40_0000 + i * 0x1000) | 7n, true);
      core.setReg("rax", 0x40_0fa0);
      // mov rax, IMAGE; fnsave [rax]; hlt
      core.put(HANDLERS + PF * 16, bytes(`48 c7 c0 ${le32(IMAGE)} dd 30 f4`));
      core.ram.fill(0xee, 0x40_0f00, 0x40_1000);
      const before = core.ram.slice(0x40_0f00, 0x40_1000);
      expect(core.vectorOf(`db e3 d9 eb d9 e8 ${code} f4`)).toBe(PF);
      expect(core.ram.slice(0x40_0f00, 0x40_1000)).toEqual(before);
      const fault = new DataView(core.memory.buffer, core.cpu).getBigUint64(368, true);
      expect(fault).toBe(0x40_1000n);
      // Still two registers in use, as the handler finds.
      expect(core.view.getUint16(IMAGE + 4, true)).toBe(0x3000);
      expect(core.view.getUint16(IMAGE + 8, true)).toBe(0x0fff);
    }
  });
});

describe("availability", () => {
  const run = (cr0: number, code: string): number => {
    const core = new SystemCore();
    core.start32();
    core.ex.setControl(core.cpu, BigInt(CR0_PE | CR0_ET | cr0), 0n, 0x600n, 0n);
    core.ex.stateSet(core.cpu);
    return core.vectorOf(`${code} f4`);
  };
  it("EM and TS give #NM, also to instructions that do not wait [SDM3] table 2-2", () => {
    for (const code of ["db e3", "d9 e8", "df e0", `d9 3d ${le32(DATA)}`, `dd 35 ${le32(IMAGE)}`]) {
      expect(run(0, code)).toBe(-1);
      expect(run(CR0_EM, code)).toBe(NM);
      expect(run(CR0_TS, code)).toBe(NM);
    }
  });
  it("WAIT: only TS with MP", () => {
    expect(run(CR0_TS, "9b")).toBe(-1);
    expect(run(CR0_EM, "9b")).toBe(-1);
    expect(run(CR0_TS | CR0_MP, "9b")).toBe(NM);
  });
  it("LOCK is refused", () => {
    expect(run(0, `f0 d8 05 ${le32(DATA)}`)).toBe(6);
  });
});

/** FNINIT; FLDCW 0x340 (nothing masked); FLD1; FLDZ; FDIVP: a division by zero is pending. */
const UNMASKED = `db e3 66 c7 05 ${le32(DATA)} 40 03 d9 2d ${le32(DATA)} d9 e8 d9 ee de f9`;
const UNMASKED_BYTES = 2 + 9 + 6 + 6;

describe("pending exceptions", () => {
  const withNE = (): SystemCore => {
    const core = new SystemCore();
    core.start32();
    core.ex.setControl(core.cpu, BigInt(CR0_PE | CR0_ET | CR0_NE), 0n, 0x600n, 0n);
    core.ex.stateSet(core.cpu);
    return core;
  };
  it("come as #MF with the next instruction that waits [SDM3] 6.15 vector 16", () => {
    for (const code of ["9b", "d9 e8", "d9 d0", `d9 05 ${le32(DATA)}`, "0f 6f c1"]) {
      const core = withNE();
      expect(core.vectorOf(`${UNMASKED} 90 90 ${code} f4`)).toBe(MF);
      expect(core.frame32(0)).toBe(CODE + UNMASKED_BYTES + 2);
    }
  });
  it("do not come with those that do not wait", () => {
    for (const code of [
      "df e0",
      "db e2",
      "db e3",
      `d9 3d ${le32(DATA)}`,
      `d9 35 ${le32(IMAGE)}`,
      `dd 35 ${le32(IMAGE)}`,
      "db e0",
      "db e1",
      "db e4",
    ])
      expect(withNE().vectorOf(`${UNMASKED} 90 ${code} f4`)).toBe(-1);
  });
  it("leave the operands and point at the instruction", () => {
    const core = withNE();
    core.vectorOf(`${UNMASKED} 90 dd 35 ${le32(IMAGE)} f4`);
    expect(doubles(core, IMAGE, 5)).toEqual(
      [0xffff0340, 0xffff0000 | FSW_ES_B | 0x3004, 0xffff1fff, CODE + UNMASKED_BYTES - 2, 0x06f90008].map(
        (x) => x >>> 0,
      ),
    );
  });
  it("come when FLDCW takes the mask away", () => {
    const core = withNE();
    // fninit; fld1; fldz; fdivp (masked); fldcw 0x340; wait
    expect(core.vectorOf(`db e3 d9 e8 d9 ee de f9 66 c7 05 ${le32(DATA)} 40 03 d9 2d ${le32(DATA)} 9b f4`)).toBe(MF);
  });
  it("go with FNCLEX, and with FLDCW that masks them", () => {
    expect(withNE().vectorOf(`${UNMASKED} db e2 9b f4`)).toBe(-1);
    const core = withNE();
    // fnsave would wait for nothing; fldcw itself waits
    expect(core.vectorOf(`${UNMASKED} d9 2d ${le32(DATA)} f4`)).toBe(MF);
  });
});

describe("FERR# (CR0.NE = 0) [SDM1] appendix D", () => {
  it("holds the next waiting instruction until the interrupt comes", () => {
    const calls: boolean[] = [];
    let ignored = false;
    const core: SystemCore = new SystemCore({
      ferr: (asserted) => {
        calls.push(asserted !== 0);
        if (asserted && !ignored) core.ex.setIntr(core.cpu, 1);
        return asserted && !ignored ? 1 : 0;
      },
      portWrite: (port) => {
        if (port !== 0xf0) return;
        ignored = true;
        core.ex.setIntr(core.cpu, 0);
      },
      picAcknowledge: () => 0x75,
    });
    core.start32();
    // The handler: out 0xf0, al; fnstenv [IMAGE]; fnclex; iretd
    core.put(HANDLERS + 0x75 * 16, bytes(`e6 f0 d9 35 ${le32(IMAGE)} db e2 cf`));
    // sti; …; the instruction that waits: fldpi; hlt
    expect(core.vectorOf(`fb ${UNMASKED} 90 d9 eb f4`)).toBe(-1);
    expect(calls).toEqual([true, false]);
    // FIP in the handler is that of the division; FLDPI had not begun.
    expect(core.view.getUint32(IMAGE + 12, true)).toBe(CODE + 1 + UNMASKED_BYTES - 2);
    expect(core.view.getUint16(IMAGE + 4, true) & 0x3800).toBe(0x3000);
    // And it ran afterwards.
    const status = new DataView(core.memory.buffer, core.cpu).getUint16(642, true);
    expect(status & 0x3800).toBe(0x2800);
  });

  it("waits while interrupts are off, and uses up its budget", () => {
    const core = new SystemCore({ ferr: (asserted) => Number(asserted) });
    core.start32();
    expect(core.vectorOf(`${UNMASKED} d9 eb f4`, 500)).toBe(-2);
    expect(Number(core.rip)).toBe(CODE + UNMASKED_BYTES);
  });

  it("is ignored with IGNNE#", () => {
    const core = new SystemCore({ ferr: () => 0 });
    core.start32();
    expect(core.vectorOf(`${UNMASKED} d9 eb f4`)).toBe(-1);
  });
});

/**
 * Virtual-8086 mode with and without VME: what INT n, CLI, STI, PUSHF, POPF and IRET do by IOPL, redirection bit, VIF and VIP.
 * [SDM3] 20.2.7, 20.3 (tables 20-1 and 20-2), 20.4 – [SDM2] INT n, IRET, POPF, PUSHF, STI
 */
import { describe, expect, it } from "vitest";
import { EXIT } from "./harness.ts";
import { CODE, HANDLERS, RING0_STACK, SEL, SystemCore, TSS, bytes, gate } from "./system-image.ts";

const IF = 0x200;
const TF = 0x100;
const NT = 0x4000;
const VM = 0x2_0000;
const VIF = 0x8_0000;
const VIP = 0x10_0000;
const IOPL_3 = 0x3000;
const GP = 13;
/** The program: CS = 0800h, so CODE is at its offset 0; SS = 1000h. */
const PROGRAM = 0x40;
const PROGRAM_CS = 0x800;
const PROGRAM_STACK = 0x10000;
const SP = 0x9000;
const VECTOR = 0x21;
/** Where the program's own handler of VECTOR is, as an offset in its CS. */
const OWN_HANDLER = 0x60;
const MAP_BASE = 0x88;
const ERROR_FRAME = 1;

interface Setting {
  flags?: number;
  vme?: boolean;
  /** The redirection bit of VECTOR: 1 to protected mode. */
  redirect?: 0 | 1;
  mapBase?: number;
  prepare?(core: SystemCore): void;
}

interface Outcome {
  core: SystemCore;
  vector: number;
  /** Of the frame on the stack of level 0, behind an error code if there is one. */
  ip: number;
  flags: number;
  sp: number;
}

function run(
  code: string,
  { flags = 0, vme = true, redirect = 0, mapBase = MAP_BASE, prepare }: Setting = {},
): Outcome {
  const core = new SystemCore({ picAcknowledge: () => 0x50 });
  core.start32();
  core.ex.setControl!(core.cpu, 0x11n, 0n, vme ? 0x601n : 0x600n, 0n);
  core.ram.fill(0, TSS + 0x68, TSS + 0x88);
  core.ram[TSS + 0x68 + (VECTOR >> 3)] = redirect << (VECTOR & 7);
  core.view.setUint16(TSS + 0x66, mapBase, true);
  core.setGate(VECTOR, gate(SEL.code32, HANDLERS + VECTOR * 16, 0xee));
  core.view.setUint32(VECTOR * 4, (PROGRAM_CS << 16) | OWN_HANDLER, true);
  core.put(CODE + OWN_HANDLER, [0xf4]);
  core.put(CODE + PROGRAM, bytes(code));
  // The frame that IRETD takes to the program.
  const frame = [PROGRAM, PROGRAM_CS, VM | 2 | flags, SP, PROGRAM_STACK >> 4, 0, 0, 0, 0];
  frame.forEach((word, n) => core.view.setUint32(0x9f00 + n * 4, word, true));
  core.setReg("rsp", 0x9f00);
  core.ex.stateSet!(core.cpu);
  prepare?.(core);
  const vector = core.vectorOf("cf");
  const hasError = vector === GP || vector === 12 || vector === 11 || vector === 10 ? ERROR_FRAME : 0;
  return {
    core,
    vector,
    ip: core.frame32(hasError),
    flags: core.frame32(hasError + 2),
    sp: core.frame32(hasError + 3),
  };
}

/** Words on the program's stack from `sp` on. */
const programStack = ({ core, sp }: Outcome, count: number): number[] =>
  Array.from({ length: count }, (_, n) => core.view.getUint16(PROGRAM_STACK + sp + n * 2, true));

describe("INT n by VME, IOPL and redirection bit (table 20-2)", () => {
  it.each([
    // method, VME, IOPL 3, bit
    [1, false, true, 1],
    [1, false, true, 0],
    [4, true, true, 1],
  ] as const)("method %d (VME %s, IOPL 3 %s, bit %d): to the IDT", (_method, vme, _iopl, redirect) => {
    const end = run("cd 21", { vme, redirect, flags: IOPL_3 | VIF });
    expect(end.vector).toBe(VECTOR);
    expect([end.ip, end.sp]).toEqual([PROGRAM + 2, SP]);
    expect(end.core.flags & VM).toBe(0);
  });

  it.each([
    [2, false, 1],
    [2, false, 0],
    [3, true, 1],
  ] as const)("method %d (VME %s, IOPL 0, bit %d): #GP(0)", (_method, vme, redirect) => {
    const end = run("cd 21", { vme, redirect, flags: VIF });
    expect([end.vector, end.core.frame32(0), end.ip]).toEqual([GP, 0, PROGRAM]);
  });

  it("method 5 (VME, IOPL 3, bit 0): to the program, IF cleared, VIF left", () => {
    const end = run("cd 21", { flags: IOPL_3 | IF | VIF });
    expect([end.vector, end.ip, end.sp]).toEqual([GP, OWN_HANDLER, SP - 6]);
    expect(programStack(end, 3)).toEqual([PROGRAM + 2, PROGRAM_CS, IOPL_3 | IF | 2]);
    expect(end.flags & (IF | VIF)).toBe(VIF);
  });

  it.each([
    [VIF, IF],
    [0, 0],
  ])("method 6 (VME, IOPL 0, bit 0): to the program, with VIF %d as IF and IOPL 3 in the image", (vif, image) => {
    const end = run("cd 21", { flags: vif | IF });
    expect([end.vector, end.ip, end.sp]).toEqual([GP, OWN_HANDLER, SP - 6]);
    expect(programStack(end, 3)).toEqual([PROGRAM + 2, PROGRAM_CS, IOPL_3 | image | 2]);
    // The real IF is not the program's.
    expect(end.flags & (IF | VIF)).toBe(IF);
  });

  it("clears TF for the program's handler, and NT stays", () => {
    const end = run("cd 21", { flags: IOPL_3 | NT });
    expect(end.flags & (TF | NT)).toBe(NT);
    expect(programStack(end, 3)[2]! & NT).toBe(NT);
  });

  it("needs the map: none where the map's base leaves no room for it, or lies outside the TSS", () => {
    for (const mapBase of [0x1f, 0xffff]) expect(run("cd 21", { mapBase }).vector, mapBase.toString(16)).toBe(GP);
  });

  it("does not redirect INT3, INTO, INT1 or exceptions", () => {
    for (const [code, vector, prepare] of [
      ["cc", 3, (core: SystemCore) => core.setGate(3, gate(SEL.code32, HANDLERS + 48, 0xee))],
      ["b0 7f 04 01 ce", 4, (core: SystemCore) => core.setGate(4, gate(SEL.code32, HANDLERS + 64, 0xee))],
      ["f1", 1, () => {}],
      ["31 c9 f7 f1", 0, () => {}],
    ] as const)
      expect(run(code, { prepare }).vector, code).toBe(vector);
  });

  it("faults in the program's stack before anything is pushed", () => {
    const end = run("bc 01 00 cd 21"); // mov sp,1; int 21h
    expect([end.vector, end.ip, end.sp]).toEqual([12, PROGRAM + 3, 1]);
  });
});

describe("CLI and STI", () => {
  it.each([
    ["fa", IOPL_3 | IF, false, IOPL_3],
    ["fb", IOPL_3, false, IOPL_3 | IF],
    ["fa", IOPL_3 | IF | VIF, true, IOPL_3 | VIF],
    ["fa", VIF | IF, true, IF],
    ["fb", 0, true, VIF],
    ["fb", IF, true, IF | VIF],
    ["fa", VIP | VIF, true, VIP],
    ["fb", IOPL_3 | VIP, true, IOPL_3 | VIP | IF],
  ])("%s with flags %d, VME %s", (code, flags, vme, after) => {
    const end = run(`${code} f4`, { flags, vme });
    expect([end.vector, end.ip]).toEqual([GP, PROGRAM + 1]);
    expect(end.flags & (IF | IOPL_3 | VIF | VIP)).toBe(after);
  });

  it("STI with VIP is #GP(0) below IOPL 3; without VME both are", () => {
    expect(run("fb", { flags: VIP }).ip).toBe(PROGRAM);
    for (const code of ["fa", "fb"]) expect(run(code, { vme: false }).ip, code).toBe(PROGRAM);
  });
});

describe("PUSHF and POPF", () => {
  it("PUSHF shows VIF as IF and IOPL 3 below IOPL 3", () => {
    for (const [flags, image] of [
      [VIF, IOPL_3 | IF | 2],
      [IF, IOPL_3 | 2],
      [IOPL_3 | IF, IOPL_3 | IF | 2],
      [IOPL_3 | VIF, IOPL_3 | 2],
    ] as const) {
      const end = run("9c f4", { flags });
      expect(end.sp).toBe(SP - 2);
      expect(programStack(end, 1)).toEqual([image]);
    }
  });

  it.each([
    // pushed, flags before, flags after
    ["IF to VIF", IF, 0, VIF],
    ["no IF to no VIF", 0, VIF | IF, IF],
    ["nothing to IOPL", IF | IOPL_3, 0, VIF],
    ["IF itself at IOPL 3", IF, IOPL_3, IOPL_3 | IF],
    ["no IF with VIP pending", 0, VIP | VIF, VIP],
  ])("POPF takes %s", (_name, pushed, before, after) => {
    const end = run(`68 ${[pushed & 255, pushed >> 8].map((b) => b.toString(16)).join(" ")} 9d f4`, { flags: before });
    expect([end.vector, end.ip, end.sp]).toEqual([GP, PROGRAM + 4, SP]);
    expect(end.flags & (IF | IOPL_3 | VIF | VIP)).toBe(after);
  });

  it("are #GP(0) with an operand of 32 bits, with TF, and with IF while VIP is pending, and change nothing then", () => {
    for (const [code, flags, ip, sp] of [
      ["66 9c", 0, PROGRAM, SP],
      ["66 9d", 0, PROGRAM, SP],
      ["68 00 01 9d", 0, PROGRAM + 3, SP - 2],
      ["68 00 02 9d", VIP, PROGRAM + 3, SP - 2],
    ] as const) {
      const end = run(code, { flags });
      expect([end.vector, end.core.frame32(0), end.ip, end.sp], code).toEqual([GP, 0, ip, sp]);
      expect(end.flags & (VIF | IF), code).toBe(0);
    }
    for (const code of ["9c", "9d"]) expect(run(code, { vme: false }).ip, code).toBe(PROGRAM);
  });
});

describe("IRET in the program", () => {
  const iret = (flags: number, ip = 0x80) =>
    `68 ${[flags & 255, flags >> 8].map((b) => b.toString(16)).join(" ")} 68 00 08 68 ${ip.toString(16)} 00 cf`;
  const IRET_IP = PROGRAM + 9;
  const target = (core: SystemCore) => core.put(CODE + 0x80, [0xf4]);

  it.each([
    ["IF to VIF below IOPL 3", IF, 0, VIF],
    ["no IF to no VIF", 0, VIF | IF, IF],
    ["nothing to IOPL", IF | IOPL_3, 0, VIF],
    ["IF itself at IOPL 3", IF, IOPL_3, IOPL_3 | IF],
    ["no IF with VIP pending", 0, VIF | VIP, VIP],
  ])("takes %s", (_name, image, before, after) => {
    const end = run(iret(image), { flags: before, prepare: target });
    expect([end.vector, end.ip, end.sp]).toEqual([GP, 0x80, SP]);
    expect(end.flags & (IF | IOPL_3 | VIF | VIP)).toBe(after);
  });

  it("is #GP(0) with TF, with IF while VIP is pending, in 32 bits, and without VME", () => {
    for (const [code, setting] of [
      [iret(TF), {}],
      [iret(IF), { flags: VIP }],
      [iret(0), { vme: false }],
    ] as const) {
      const end = run(code, setting);
      expect([end.vector, end.core.frame32(0), end.ip, end.sp], code).toEqual([GP, 0, IRET_IP, SP - 6]);
    }
    expect(run("66 cf").ip).toBe(PROGRAM);
  });
});

describe("interrupts and exceptions of the program", () => {
  it("are masked by IF, not by VIF, and their frame has VIF and VIP", () => {
    const intr = (core: SystemCore) => core.ex.setIntr!(core.cpu, 1);
    const taken = run("90 90", { flags: IF | VIP, prepare: intr });
    expect([taken.vector, taken.ip]).toEqual([0x50, PROGRAM]);
    expect(taken.flags & (IF | VIF | VIP)).toBe(IF | VIP);
    const masked = run("90 f4", { flags: VIF, prepare: intr });
    expect([masked.vector, masked.ip]).toEqual([GP, PROGRAM + 1]);
  });

  it("come back to the program with VIF and VIP as the handler left them", () => {
    const end = run("90 cd 80 fb", {
      flags: 0,
      redirect: 1,
      prepare: (core) => {
        core.ram[TSS + 0x68 + 16] = 1; // INT 80h: #GP, whose handler sets VIP and steps over it
        core.put(HANDLERS + GP * 16, bytes("83 c4 04 81 3c 24 41 00 00 00 75 0c")); // add esp,4; cmp dword [esp],41h; jne end
        core.put(HANDLERS + GP * 16 + 12, bytes("eb 40"));
        core.put(HANDLERS + GP * 16 + 24, [0xf4]);
        core.put(HANDLERS + GP * 16 + 14 + 0x40, bytes("83 04 24 02 81 4c 24 08 00 00 10 00 cf")); // add dword [esp],2; or dword [esp+8],VIP; iretd
      },
    });
    // STI with VIP: the second #GP, whose handler has dropped the error code.
    expect(end.core.run(1)).toBe(EXIT.halted);
    expect([end.core.frame32(0), end.core.frame32(2) & (VIP | VIF)]).toEqual([PROGRAM + 3, VIP]);
    expect(Number(end.core.reg("rsp"))).toBe(RING0_STACK - 36);
  });
});

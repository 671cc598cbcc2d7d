/** Exceptions with their error codes and frames, stack switches, double and triple faults. [SDM3] 6.5, 6.12 – 6.15 */
import { describe, expect, it } from "vitest";
import { CODE, IST_STACK, RING0_STACK, SEL, STACK, SystemCore, TSS, gate, descriptor } from "./system-image.ts";

const RF = 0x10000;

describe("exceptions in 32-bit protected mode", () => {
  it("pushes EFLAGS with RF, CS, EIP and no error code for #UD", () => {
    const core = new SystemCore();
    core.start32();
    expect(core.vectorOf("90 0f 0b")).toBe(6);
    expect(Number(core.reg("rsp"))).toBe(STACK - 12);
    expect([core.frame32(0), core.frame32(1), core.frame32(2)]).toEqual([CODE + 1, SEL.code32, RF | 2]);
    expect(core.flags & 0x200).toBe(0);
  });

  // [SDM2] MOV: null, limit, type, privilege, presence
  const loads: [string, string, number, number][] = [
    ["a selector beyond the GDT into DS", "66 b8 f9 01 8e d8", 13, 0x1f8],
    ["a selector of an absent LDT into DS", "66 b8 04 00 8e d8", 13, 0x04],
    ["a segment that is not present into DS", `66 b8 48 00 8e d8`, 11, 0x48],
    ["a segment that is not present into SS", `66 b8 48 00 8e d0`, 12, 0x48],
    ["null into SS", "31 c0 8e d0", 13, 0],
    ["a selector with another RPL into SS", "66 b8 11 00 8e d0", 13, 0x10],
    ["a read-only segment into SS", "66 b8 88 00 8e d0", 13, 0x88],
    ["a TSS into ES", "66 b8 28 00 8e c0", 13, 0x28],
    ["a write through a read-only segment", "66 b8 88 00 8e d8 c6 05 00 00 01 00 00", 13, 0],
    ["a read through a null segment", "31 c0 8e d8 a0 00 00 00 00", 13, 0],
    ["a gate beyond the IDT", "cd ff", 13, 0xff * 8 + 2],
    ["a far jump to a data segment", "ea 00 00 00 00 10 00", 13, 0x10],
    ["a far jump to null", "ea 00 00 00 00 00 00", 13, 0],
    ["a far jump beyond the limit", "ea 00 00 01 00 50 00", 13, 0],
    ["LTR of a busy TSS", "66 b8 28 00 0f 00 d8", 13, 0x28],
    ["LLDT of a code segment", "66 b8 08 00 0f 00 d0", 13, 0x08],
    ["CR0.PG without PE", "b8 00 00 00 80 0f 22 c0", 13, 0],
    ["CR0.NW without CD", "b8 01 00 00 20 0f 22 c0", 13, 0],
    ["reserved bits of CR4", "b8 00 00 00 80 0f 22 e0", 13, 0],
  ];
  it.each(loads)("raises the right code for %s", (_what, code, vector, error) => {
    const core = new SystemCore();
    core.start32();
    if (code === "cd ff") core.ex.setTables(core.cpu, 0x1000n, 0xff, 0x2000n, 0x3ff);
    core.ex.setSegment(core.cpu, 7, SEL.tss, 0x8b, 0x1ff, BigInt(TSS));
    core.setDescriptor(SEL.tss, descriptor(TSS, 0x1ff, 0x8b));
    expect(core.vectorOf(code)).toBe(vector);
    expect(core.frame32(0)).toBe(error);
  });

  it("raises #GP(vector * 8 + 2) for INT n through a gate of level 0, and switches stacks", () => {
    const core = new SystemCore();
    core.start32(3);
    expect(core.vectorOf("cd 21")).toBe(13);
    expect(core.frame32(0)).toBe(0x21 * 8 + 2);
    expect(Number(core.reg("rsp"))).toBe(RING0_STACK - 24);
    expect([1, 2, 3, 4, 5].map((n) => core.frame32(n))).toEqual([CODE, SEL.userCode32, RF | 2, STACK, SEL.userData32]);
    expect(core.selector("ss")).toBe(SEL.data32);
    expect(core.selector("cs")).toBe(SEL.code32);
  });

  it("lets level 3 through a gate of level 3, with the return address behind INT and without RF", () => {
    const core = new SystemCore();
    core.start32(3);
    expect(core.vectorOf("cd 80")).toBe(0x80);
    expect([0, 1, 2, 3, 4].map((n) => core.frame32(n))).toEqual([CODE + 2, SEL.userCode32, 2, STACK, SEL.userData32]);
  });

  // [SDM3] 5.9, 2.5
  const privileged: [string, string][] = [
    ["HLT", "f4"],
    ["CLI", "fa"],
    ["MOV CR0", "0f 20 c0"],
    ["LGDT", "0f 01 15 00 00 00 00"],
    ["CLTS", "0f 06"],
    ["IN", "e4 80"],
    ["WBINVD", "0f 09"],
    ["LTR", "0f 00 d8"],
    ["MOV DR7", "0f 21 f8"],
  ];
  it.each(privileged)("raises #GP(0) for %s at level 3", (_name, code) => {
    const core = new SystemCore();
    core.start32(3);
    expect(core.vectorOf(code)).toBe(13);
    expect(core.frame32(0)).toBe(0);
    expect(core.frame32(1)).toBe(CODE);
  });

  it("asks the I/O permission bitmap", () => {
    const writes: number[][] = [];
    const core = new SystemCore({ portWrite: (port, size, value) => writes.push([port, size, value]) });
    core.start32(3);
    core.ram.fill(0xff, TSS + 0x68, TSS + 0x1ff);
    core.ram[TSS + 0x68 + 0x10] = 0b1111_1100; // ports 0x80, 0x81
    expect(core.vectorOf("b0 12 e6 80 66 e7 80 e6 82")).toBe(13);
    expect(writes).toEqual([
      [0x80, 1, 0x12],
      [0x80, 2, 0x12],
    ]);
    expect(core.frame32(1)).toBe(CODE + 7);
  });

  it("delivers #NP with EXT for a gate that is not present, after a benign exception", () => {
    const core = new SystemCore();
    core.start32();
    core.setGate(6, gate(SEL.code32, 0, 0x0e));
    expect(core.vectorOf("0f 0b")).toBe(11);
    expect(core.frame32(0)).toBe(6 * 8 + 2 + 1);
    expect(core.frame32(1)).toBe(CODE);
  });

  it("turns #NP during #GP into #DF(0)", () => {
    const core = new SystemCore();
    core.start32();
    core.setGate(13, gate(SEL.code32, 0, 0x0e));
    expect(core.vectorOf("31 c0 8e d0")).toBe(8);
    expect(core.frame32(0)).toBe(0);
  });

  it("shuts down when #DF cannot be delivered", () => {
    const core = new SystemCore();
    core.start32();
    core.ex.setTables(core.cpu, 0x1000n, 0xff, 0n, 0);
    expect(core.vectorOf("cc")).toBe(-3);
  });

  it("raises #TS(SS) for a bad inner stack, and leaves the program as it was", () => {
    const core = new SystemCore();
    core.start32(3);
    core.view.setUint32(TSS + 8, SEL.userData32, true);
    // The handler runs at level 3 in conforming code, so that it needs no inner stack itself.
    core.setGate(10, gate(SEL.conforming, 0x4000 + 10 * 16, 0x8e));
    core.put(0x4000 + 10 * 16, [0xeb, 0xfe]);
    expect(core.vectorOf("0f 0b")).toBe(-2);
    expect(Number(core.rip)).toBe(0x4000 + 10 * 16);
    expect(core.selector("cs")).toBe(SEL.conforming | 3);
    expect(Number(core.reg("rsp"))).toBe(STACK - 16);
    expect([0, 1, 2, 3].map((n) => core.frame32(n))).toEqual([(SEL.userData32 & ~3) | 1, CODE, SEL.userCode32, RF | 2]);
  });

  it("nests #BP, #OF, #BR, #DE with their own return addresses", () => {
    for (const [code, vector, eip] of [
      ["90 cc", 3, CODE + 2],
      ["b0 7f 04 01 ce", 4, CODE + 5],
      ["31 c9 f7 f1", 0, CODE + 2],
      ["f1", 1, CODE + 1],
    ] as const) {
      const core = new SystemCore();
      core.start32();
      expect(core.vectorOf(code)).toBe(vector);
      expect(core.frame32(0)).toBe(eip);
    }
  });

  it("uses 16-bit frames behind 16-bit gates", () => {
    const core = new SystemCore();
    core.start32();
    core.setGate(0x80, gate(SEL.code32, 0x4000 + 0x80 * 16, 0x86));
    expect(core.vectorOf("cd 80")).toBe(0x80);
    expect(Number(core.reg("rsp"))).toBe(STACK - 6);
    expect(core.view.getUint16(STACK - 6, true)).toBe(CODE + 2);
  });
});

describe("exceptions in long mode", () => {
  it("always pushes SS:RSP, aligned to 16 bytes", () => {
    const core = new SystemCore();
    core.start64();
    core.setReg("rsp", STACK - 4);
    expect(core.vectorOf("0f 0b")).toBe(6);
    expect(Number(core.reg("rsp"))).toBe(STACK - 16 - 40);
    expect([0, 1, 2, 3, 4].map((n) => core.frame64(n))).toEqual([CODE, SEL.code64, RF | 2, STACK - 4, SEL.data32]);
  });

  it("takes RSP0 and a null SS from level 3", () => {
    const core = new SystemCore();
    core.start64(3);
    expect(core.vectorOf("cd 80")).toBe(0x80);
    expect(Number(core.reg("rsp"))).toBe(RING0_STACK - 40);
    expect([0, 1, 2, 3, 4].map((n) => core.frame64(n))).toEqual([CODE + 2, SEL.userCode64, 2, STACK, SEL.userData32]);
    expect(core.selector("ss")).toBe(0);
  });

  it("takes an IST stack without a change of level, with the error code of #PF and CR2", () => {
    const core = new SystemCore();
    core.start64();
    core.setGate64(14, gate(SEL.code64, 0x4000 + 14 * 16, 0x8e, 1));
    expect(core.vectorOf("c6 04 25 34 12 00 40 00")).toBe(14);
    expect(Number(core.reg("rsp"))).toBe(IST_STACK - 48);
    expect(core.frame64(0)).toBe(2);
    expect(core.frame64(4)).toBe(STACK);
    expect(core.ex.getControl(core.cpu, 2)).toBe(0x40001234n);
  });

  it("raises #GP for addresses that are not canonical, #SS through RSP", () => {
    for (const [code, vector] of [
      ["48 b8 00 00 00 00 00 00 00 80 8a 00", 13],
      ["48 bc 00 00 00 00 00 00 00 80 50", 12],
      ["48 b8 00 00 00 00 00 00 00 80 50 c3", 13],
    ] as const) {
      const core = new SystemCore();
      core.start64();
      if (vector === 12) core.setGate64(12, gate(SEL.code64, 0x4000 + 12 * 16, 0x8e, 1));
      expect(core.vectorOf(code)).toBe(vector);
      expect(core.frame64(0)).toBe(0);
    }
  });

  it("raises #GP(selector) for a handler outside 64-bit code, then #DF", () => {
    const core = new SystemCore();
    core.start64();
    core.setGate64(0x80, gate(SEL.code32, 0x4000, 0xee));
    expect(core.vectorOf("cd 80")).toBe(13);
    expect(core.frame64(0)).toBe(SEL.code32);
  });

  it("does SYSCALL and SYSRET", () => {
    const core = new SystemCore();
    core.start64(3);
    core.flags = 0x202;
    core.setMsr("star", (0x33n << 48n) | (BigInt(SEL.code64) << 32n));
    core.setMsr("lstar", BigInt(CODE + 0x100));
    core.setMsr("sfmask", 0x200n);
    core.put(CODE + 0x100, [0x41, 0x53, 0x48, 0x0f, 0x07]); // push r11; sysret
    core.put(CODE + 2, [0xcd, 0x80]);
    core.setDescriptor(0x40, descriptor(0, 0xffffffff, 0xcfb)); // SYSRET reads no descriptor: this one must not matter
    expect(core.vectorOf("0f 05 cd 80")).toBe(0x80);
    expect(Number(core.reg("rcx"))).toBe(CODE + 2);
    expect(Number(core.reg("r11"))).toBe(0x202);
    expect([0, 1, 2, 3, 4].map((n) => core.frame64(n))).toEqual([CODE + 4, 0x43, 0x202, STACK - 8, 0x3b]);
    expect(core.view.getUint32(STACK - 8, true)).toBe(0x202);
  });

  it("masks RFLAGS and loads CS, SS, RIP at SYSCALL", () => {
    const core = new SystemCore();
    core.start64(3);
    core.flags = 0x202;
    core.setMsr("star", BigInt(SEL.code64) << 32n);
    core.setMsr("lstar", 0x4000n); // a HLT
    core.setMsr("sfmask", 0x200n);
    expect(core.vectorOf("0f 05")).toBe(0);
    expect(Number(core.reg("rcx"))).toBe(CODE + 2);
    expect(Number(core.reg("r11"))).toBe(0x202);
    expect(core.selector("cs")).toBe(SEL.code64);
    expect(core.selector("ss")).toBe(SEL.code64 + 8);
    expect(core.flags & 0x200).toBe(0);
    expect(Number(core.reg("rsp"))).toBe(STACK);
  });

  it("returns by IRETQ to level 3 and checks what it loads", () => {
    const core = new SystemCore();
    core.start64();
    // push SS, RSP, RFLAGS, CS, RIP; iretq; at level 3: int 0x80
    const code = `6a 23 68 00 90 00 00 68 02 02 00 00 6a 43 68 40 80 00 00 48 cf`;
    core.put(CODE + 0x40, [0xcd, 0x80]);
    expect(core.vectorOf(code)).toBe(0x80);
    expect([0, 1, 2, 3, 4].map((n) => core.frame64(n))).toEqual([
      CODE + 0x42,
      SEL.userCode64,
      0x202,
      0x9000,
      SEL.userData32,
    ]);
  });

  it("refuses IRETQ to a null SS at level 3", () => {
    const core = new SystemCore();
    core.start64();
    expect(core.vectorOf(`6a 00 68 00 90 00 00 68 02 02 00 00 6a 43 68 40 80 00 00 48 cf`)).toBe(13);
    expect(core.frame64(0)).toBe(0);
    expect(core.frame64(1)).toBe(CODE + 19);
  });
});

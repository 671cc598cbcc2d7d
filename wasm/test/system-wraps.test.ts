/**
 * Accesses at the end of a segment, of 64 KiB and of 4 GiB: data, stack, strings and code, in 16- and 32-bit
 * protected mode, in compatibility mode and with 32-bit addresses in 64-bit code. The default model is an AMD one: an operand
 * across the end of a 4-GiB segment is beyond its limit. Real mode: system-wraps-real.
 * [SDM1] 3.3.7 (wrap-around) – [SDM2] JMP, CALL, MOVS – [SDM3] 5.3 (limits), 22.17 (segment wrap-around) – [APM2] 4.12
 */
import { describe, expect, it } from "vitest";
import { ATTR } from "./harness.ts";
import { CODE, HANDLERS, SEL, SystemCore, bytes, descriptor } from "./system-image.ts";

const SS_FAULT = 12;
const GP_FAULT = 13;
/** A segment of 16-bit code or data at 10000h. */
const BASE16 = 0x10000;
const SPARE = 0xa0;

/** The first 4 MiB one to one; the page at FFFFF000h is at 200000h. */
function withTopPage(core: SystemCore): void {
  const directory = 0x40000;
  core.view.setUint32(directory, 0x41003, true);
  core.view.setUint32(directory + 0xffc, 0x42003, true);
  for (let page = 0; page < 1024; page++) core.view.setUint32(0x41000 + page * 4, (page << 12) | 3, true);
  core.view.setUint32(0x42ffc, 0x200003, true);
  core.ex.setControl(core.cpu, 0x8001_0011n, BigInt(directory), 0x600n, 0n);
  core.ex.stateSet(core.cpu);
}
const TOP_PAGE = 0x200000;

function protected32(): SystemCore {
  const core = new SystemCore();
  core.start32();
  withTopPage(core);
  return core;
}

describe("32-bit segments of 4 GiB at their end", () => {
  it("reads and writes the last byte and doubleword; an operand across the end is #GP, on the stack #SS", () => {
    for (const [code, vector] of [
      ["a0 ff ff ff ff f4", -1],
      ["a1 fc ff ff ff f4", -1],
      ["a1 fd ff ff ff f4", GP_FAULT],
      ["a3 ff ff ff ff f4", GP_FAULT],
      ["36 a1 fe ff ff ff f4", SS_FAULT],
      ["66 a1 ff ff ff ff f4", GP_FAULT],
    ] as const) {
      const core = protected32();
      expect(core.vectorOf(code), code).toBe(vector);
      if (vector > 0) expect([core.frame32(0), core.frame32(1)], code).toEqual([0, CODE]);
    }
  });

  it("adds base, index and displacement in 32 bits", () => {
    const core = protected32();
    core.ram[0x9001] = 0x66;
    core.setReg("rbx", 0xffff_ff00);
    core.setReg("rsi", 0x80);
    expect(core.vectorOf("8a 84 b3 01 8f 00 00 f4")).toBe(-1); // mov al,[ebx+esi*4+8f01h]
    expect(Number(core.reg("rax")) & 0xff).toBe(0x66);
  });

  it("goes on at 0 with strings", () => {
    const core = protected32();
    core.put(TOP_PAGE + 0xffe, [1, 2]);
    core.put(0, [3, 4]);
    core.setReg("rsi", 0xffff_fffe);
    core.setReg("rdi", 0x9000);
    core.setReg("rcx", 4);
    expect(core.vectorOf("f3 a4 f4")).toBe(-1);
    expect([...core.ram.subarray(0x9000, 0x9004)]).toEqual([1, 2, 3, 4]);
    expect([core.reg("rsi"), core.reg("rcx")].map(Number)).toEqual([2, 0]);
    const words = protected32();
    words.setReg("rsi", 0xffff_fffa);
    words.setReg("rdi", 0x9000);
    words.setReg("rcx", 4);
    expect(words.vectorOf("f3 a5 f4")).toBe(GP_FAULT);
    expect([words.reg("rsi"), words.reg("rdi"), words.reg("rcx")].map(Number)).toEqual([0xffff_fffe, 0x9004, 3]);
  });

  it("pushes from 0 to FFFFFFFCh and pops back", () => {
    const core = protected32();
    core.setReg("rsp", 0);
    expect(core.vectorOf("68 78 56 34 12 58 f4")).toBe(-1);
    expect(core.view.getUint32(TOP_PAGE + 0xffc, true)).toBe(0x12345678);
    expect([core.reg("rax"), core.reg("rsp")].map(Number)).toEqual([0x12345678, 0]);
  });

  it("wraps targets of jumps and calls in 32 bits", () => {
    const core = protected32();
    core.put(TOP_PAGE + 0xff0, bytes("e9 0b 00 00 00")); // to 0
    core.put(0, [0x43, 0xf4]);
    expect(core.vectorOf("e9 eb 7f ff ff")).toBe(-1); // 8005h - 8015h = FFFFFFF0h
    expect(Number(core.rip)).toBe(2);
    expect(Number(core.reg("rbx"))).toBe(1);
  });

  it("executes an instruction across the end of 4 GiB and what follows it", () => {
    const core = protected32();
    core.put(TOP_PAGE + 0xffd, bytes("b8 78 56")); // mov eax,12345678h
    core.put(0, bytes("34 12 43 f4"));
    expect(core.vectorOf("e9 f8 7f ff ff")).toBe(-1);
    expect([core.reg("rax"), core.reg("rbx"), core.rip].map(Number)).toEqual([0x12345678, 1, 4]);
  });
});

describe("linear addresses of 32-bit segments", () => {
  /** FS begins a page below 4 GiB. */
  const withHighBase = (core: SystemCore): SystemCore => {
    core.setDescriptor(SPARE, descriptor(0xffff_f000, 0xffff_ffff, ATTR.data32));
    core.setSegment("fs", SPARE, ATTR.data32, 0xffff_ffff, 0xffff_f000);
    return core;
  };

  it("wrap at 4 GiB, also inside of an operand", () => {
    const core = withHighBase(protected32());
    core.view.setUint32(0x9000, 0xcafe, true);
    core.put(TOP_PAGE + 0xffe, [0x11, 0x22]);
    core.put(0, [0x33, 0x44]);
    expect(core.vectorOf("64 a1 00 a0 00 00 64 8b 1d fe 0f 00 00 f4")).toBe(-1); // mov eax,fs:[a000h]; mov ebx,fs:[ffeh]
    expect([core.reg("rax"), core.reg("rbx")].map(Number)).toEqual([0xcafe, 0x44332211]);
    const write = withHighBase(protected32());
    expect(write.vectorOf("b8 44 33 22 11 64 a3 fd 0f 00 00 f4")).toBe(-1);
    expect([...write.ram.subarray(TOP_PAGE + 0xffd, TOP_PAGE + 0x1000), write.ram[0]]).toEqual([
      0x44, 0x33, 0x22, 0x11,
    ]);
  });

  it("wrap in code and on the stack", () => {
    const core = protected32();
    core.setDescriptor(SPARE, descriptor(0xffff_f000, 0xffff_ffff, ATTR.code32));
    core.setDescriptor(SPARE + 8, descriptor(0xffff_f000, 0xffff_ffff, ATTR.data32));
    // In the segment the page at 0 is at 1000h: code from FFEh runs over the end of 4 GiB.
    core.put(TOP_PAGE + 0xffe, bytes("b8 01"));
    core.put(0, bytes("02 03 04 50 f4"));
    // mov ax,A8h; mov ss,ax; mov esp,1002h; jmp A0h:FFEh
    expect(core.vectorOf("66 b8 a8 00 8e d0 bc 02 10 00 00 ea fe 0f 00 00 a0 00")).toBe(-1);
    expect(Number(core.reg("rax"))).toBe(0x04030201);
    expect(Number(core.reg("rsp"))).toBe(0xffe);
    expect([...core.ram.subarray(TOP_PAGE + 0xffe, TOP_PAGE + 0x1000), core.ram[0], core.ram[1]]).toEqual([1, 2, 3, 4]);
  });

  it("wrap in a string that runs over the end", () => {
    const core = withHighBase(protected32());
    core.put(TOP_PAGE + 0xffe, [1, 2]);
    core.put(0, [3, 4]);
    core.setReg("rsi", 0xffe);
    core.setReg("rdi", 0x9000);
    core.setReg("rcx", 4);
    expect(core.vectorOf("f3 64 a4 f4")).toBe(-1);
    expect([...core.ram.subarray(0x9000, 0x9004)]).toEqual([1, 2, 3, 4]);
    expect(Number(core.reg("rsi"))).toBe(0x1002);
  });
});

describe("segments with limits", () => {
  it.each([
    ["byte at the limit", 0xfff, 0xc93 & ~0x800, "64 a0 ff 0f 00 00 f4", -1],
    ["doubleword across the limit", 0xfff, 0xc93 & ~0x800, "64 a1 fd 0f 00 00 f4", GP_FAULT],
    ["doubleword up to the limit", 0xfff, 0xc93 & ~0x800, "64 a1 fc 0f 00 00 f4", -1],
    ["expand-down: byte at the limit", 0xfff, 0xc97 & ~0x800, "64 a0 ff 0f 00 00 f4", GP_FAULT],
    ["expand-down: byte above the limit", 0xfff, 0xc97 & ~0x800, "64 a0 00 10 00 00 f4", -1],
    ["expand-down of 32 bits: up to 4 GiB", 0xfff, 0xc97 & ~0x800, "64 a1 fc ff ff ff f4", -1],
    ["expand-down of 32 bits: across 4 GiB", 0xfff, 0xc97 & ~0x800, "64 a1 fd ff ff ff f4", GP_FAULT],
    ["expand-down of 16 bits: word up to FFFFh", 0xfff, 0x97, "64 66 a1 fe ff 00 00 f4", -1],
    ["expand-down of 16 bits: word across FFFFh", 0xfff, 0x97, "64 66 a1 ff ff 00 00 f4", GP_FAULT],
    ["expand-down of 16 bits: byte at 10000h", 0xfff, 0x97, "64 a0 00 00 01 00 f4", GP_FAULT],
  ])("%s", (_name, limit, attr, code, vector) => {
    const core = protected32();
    core.setSegment("fs", SPARE, attr, limit, 0);
    expect(core.vectorOf(code)).toBe(vector);
  });
});

describe("32-bit code with a limit", () => {
  it("faults behind the limit each time that code runs up to it", () => {
    const LIMIT = 0x7f;
    const BASE = 0x20000 - LIMIT - 1 + 16; // the last 16 bytes are in the next page
    const core = new SystemCore();
    core.start32();
    core.setDescriptor(SPARE, descriptor(BASE, LIMIT, ATTR.code32 & ~0x800));
    core.put(BASE, new Array<number>(0x80).fill(0x90));
    core.put(BASE + 0x80, new Array<number>(64).fill(0x40)); // inc eax
    // inc ecx; cmp ecx,4; je to the HLT; jmp to the start
    core.put(HANDLERS + GP_FAULT * 16, bytes("41 83 f9 04 74 07 ea 00 00 00 00 a0 00 f4"));
    expect(core.vectorOf("ea 00 00 00 00 a0 00", 4000)).toBe(GP_FAULT);
    expect([core.reg("rcx"), core.reg("rax")].map(Number)).toEqual([4, 0]);
    expect([core.frame32(0), core.frame32(1)]).toEqual([0, LIMIT + 1]);
  });
});

describe("16-bit protected mode", () => {
  /** Runs 16-bit code at offset `ip` of a segment at BASE16, with data and stack in segments there too; handlers are 32-bit. */
  function run16(
    ip: number,
    code: string,
    prepare: (core: SystemCore) => void = () => {},
  ): { core: SystemCore; vector: number } {
    const core = protected32();
    core.setDescriptor(SEL.code16, descriptor(BASE16, 0xffff, ATTR.code16));
    core.setDescriptor(SEL.data16, descriptor(BASE16 * 2, 0xffff, ATTR.data16));
    core.put(BASE16 + ip, bytes(code));
    core.setReg("rsi", 0xfffe);
    core.setReg("rdi", 0x100);
    core.setReg("rcx", 4);
    prepare(core);
    // mov ax,data16; mov ds,ax; mov es,ax; mov ss,ax; jmp code16:ip
    const le = [ip & 0xff, ip >> 8].map((b) => b.toString(16)).join(" ");
    return { core, vector: core.vectorOf(`66 b8 58 00 8e d8 8e c0 8e d0 ea ${le} 00 00 50 00`) };
  }

  it("pushes from 0 to FFFEh with the upper half of ESP kept", () => {
    const { core } = run16(0x40, "50 f4", (c) => c.setReg("rsp", 0x12_0000));
    expect(Number(core.reg("rsp"))).toBe(0x12_fffe);
    expect(core.view.getUint16(BASE16 * 2 + 0xfffe, true)).toBe(SEL.data16);
  });

  it("wraps SI and DI, not operands", () => {
    const bytesRun = run16(0x40, "f3 a4 f4", (c) => c.put(BASE16 * 2 + 0xfffe, [1, 2]));
    expect(bytesRun.vector).toBe(-1);
    expect(Number(bytesRun.core.reg("rsi"))).toBe(2);
    expect([...bytesRun.core.ram.subarray(BASE16 * 2 + 0x100, BASE16 * 2 + 0x102)]).toEqual([1, 2]);
    const words = run16(0x40, "f3 66 a5 f4", (c) => c.setReg("rsi", 0xfffa));
    expect(words.vector).toBe(GP_FAULT);
    expect(Number(words.core.reg("rsi"))).toBe(0xfffe);
  });

  it("wraps short jumps in 16 bits, and faults behind FFFFh", () => {
    const jump = run16(0xfff0, "eb 1e", (c) => c.put(BASE16 + 0x10, [0xf4]));
    expect(jump.vector).toBe(-1);
    expect(Number(jump.core.rip)).toBe(0x11);
    const end = run16(0xffff, "43");
    expect(end.vector).toBe(GP_FAULT);
    expect(Number(end.core.reg("rbx")) & 0xffff).toBe(1);
    expect(run16(0xfffe, "b8 34").vector).toBe(GP_FAULT);
  });
});

// ---- long mode ------------------------------------------------------------------------------------------------------

/** Long mode with the first GiB one to one, the last page below 4 GiB at 200000h, and nothing above 4 GiB. */
function longCore(): SystemCore {
  const core = new SystemCore();
  core.start64();
  const pdpt = 0x70_1000;
  core.view.setBigUint64(pdpt + 3 * 8, 0x50_0007n, true);
  core.view.setBigUint64(0x50_0000 + 511 * 8, 0x50_1007n, true);
  core.view.setBigUint64(0x50_1000 + 511 * 8, BigInt(TOP_PAGE) | 7n, true);
  return core;
}

describe("compatibility mode", () => {
  /** Runs 32-bit code at CODE + 40h. */
  function runCompatible(code: string, prepare: (core: SystemCore) => void): { core: SystemCore; vector: number } {
    const core = longCore();
    core.put(CODE + 0x40, bytes(code));
    prepare(core);
    // push CS; push RIP; retfq
    return { core, vector: core.vectorOf("6a 08 68 40 80 00 00 48 cb") };
  }

  it("wraps linear addresses at 4 GiB, whatever is mapped above", () => {
    const { core, vector } = runCompatible("64 a1 00 a0 00 00 64 8b 1d fe 0f 00 00 f4", (c) => {
      c.setSegment("fs", SPARE, ATTR.data32, 0xffff_ffff, 0xffff_f000);
      c.view.setUint32(0x9000, 0xcafe, true);
      c.put(TOP_PAGE + 0xffe, [0x11, 0x22]);
      c.put(0, [0x33, 0x44]);
    });
    expect(vector).toBe(-1);
    expect([core.reg("rax"), core.reg("rbx")].map(Number)).toEqual([0xcafe, 0x44332211]);
  });

  it("wraps ESP, ESI and EIP at 4 GiB", () => {
    const { core, vector } = runCompatible("68 78 56 34 12 f3 a4 e9 a8 7f ff ff", (c) => {
      c.setReg("rsi", 0xffff_fffe);
      c.setReg("rdi", 0x9000);
      c.setReg("rcx", 3);
      c.put(CODE, [0x90]);
      c.put(TOP_PAGE + 0xff4, bytes("31 e4 90 90 90 90 90 90 90 b8 78 56"));
      c.put(0, bytes("34 12 50 f4"));
    });
    expect(vector).toBe(-1);
    expect(Number(core.rip)).toBe(4);
    expect(Number(core.reg("rax"))).toBe(0x12345678);
    expect(Number(core.reg("rsp"))).toBe(0xffff_fffc);
    expect(Number(core.reg("rsi"))).toBe(1);
    expect(core.view.getUint32(TOP_PAGE + 0xffc, true)).toBe(0x12345678);
  });
});

describe("32-bit addresses in 64-bit code", () => {
  it("wrap before the base is added", () => {
    const core = longCore();
    core.ex.setSegment!(core.cpu, 4, 0, 0, 0, 0x9000n);
    core.view.setUint32(0x9010, 0xbeef, true);
    core.setReg("rbx", 0xaaaa_0000_ffff_fff0n);
    expect(core.vectorOf("64 67 8b 43 20 f4")).toBe(-1); // mov eax,fs:[ebx+20h]
    expect(Number(core.reg("rax"))).toBe(0xbeef);
  });

  it("count, and step through strings, in 32 bits with zero extension", () => {
    const core = longCore();
    core.put(TOP_PAGE + 0xffe, [1, 2]);
    core.put(0, [3, 4]);
    core.setReg("rsi", 0x7777_ffff_fffen);
    core.setReg("rdi", 0x8888_0000_9000n);
    core.setReg("rcx", 0x9999_0000_0004n);
    expect(core.vectorOf("67 f3 a4 f4")).toBe(-1);
    expect([...core.ram.subarray(0x9000, 0x9004)]).toEqual([1, 2, 3, 4]);
    expect([core.reg("rsi"), core.reg("rdi"), core.reg("rcx")]).toEqual([2n, 0x9004n, 0n]);
  });

  it("do not wrap inside of an operand: it goes on above 4 GiB", () => {
    const core = longCore();
    core.setReg("rbx", 0xffff_fffe);
    expect(core.vectorOf("67 8b 03 f4")).toBe(14);
    expect(core.ex.getControl!(core.cpu, 2)).toBe(0x1_0000_0000n);
  });

  it("are relative to RIP in 32 bits as well", () => {
    const core = longCore();
    core.view.setUint32(0x9000, 0xabcd, true);
    // mov eax,[eip+x]: CODE + 7 + x = 9000h
    expect(core.vectorOf("67 8b 05 f9 0f 00 00 f4")).toBe(-1);
    expect(Number(core.reg("rax"))).toBe(0xabcd);
  });

  it("64-bit code runs on from 4 GiB - 1 without a wrap", () => {
    const core = longCore();
    core.put(TOP_PAGE + 0xfff, [0x90]);
    core.setReg("rax", 0xffff_ffff);
    expect(core.vectorOf("ff e0")).toBe(14);
    expect(core.frame64(1)).toBe(0x1_0000_0000);
  });
});

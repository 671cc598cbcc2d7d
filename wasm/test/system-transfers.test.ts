/** Far transfers, call gates, virtual-8086 mode, mode switches. [SDM3] 5.8, 7, 9.8.5, 9.9, 20 */
import { describe, expect, it } from "vitest";
import { ATTR, EXIT } from "./harness.ts";
import { CODE, HANDLERS, RING0_STACK, SEL, STACK, SystemCore, TSS, bytes, gate } from "./system-image.ts";

const RF = 0x10000;
const VM = 0x20000;

describe("call gates", () => {
  it("copies parameters to the inner stack, and RET n takes them off both", () => {
    const core = new SystemCore();
    core.start32(3);
    core.setDescriptor(SEL.gate, gate(SEL.code32, CODE + 0x100, 0xec, 2));
    // mov eax,[esp+8]; mov ebx,[esp+12]; mov esi,[esp+16]; mov edi,[esp+20]; mov cx,cs; mov dx,ss; retf 8
    core.put(CODE + 0x100, bytes("8b 44 24 08 8b 5c 24 0c 8b 74 24 10 8b 7c 24 14 66 8c c9 66 8c d2 ca 08 00"));
    // push 0x11111111; push 0x22222222; call far gate; int 0x80
    expect(core.vectorOf("68 11 11 11 11 68 22 22 22 22 9a 00 00 00 00 63 00 cd 80")).toBe(0x80);
    expect(
      [
        core.reg("rax"),
        core.reg("rbx"),
        core.reg("rcx") & 0xffffn,
        core.reg("rdx") & 0xffffn,
        core.reg("rsi"),
        core.reg("rdi"),
      ].map(Number),
    ).toEqual([0x22222222, 0x11111111, SEL.code32, SEL.data32, STACK - 8, SEL.userData32]);
    expect([0, 1, 3, 4].map((n) => core.frame32(n))).toEqual([CODE + 19, SEL.userCode32, STACK, SEL.userData32]);
  });

  it("refuses a gate that the caller's level or RPL may not use", () => {
    const core = new SystemCore();
    core.start32(3);
    core.setDescriptor(SEL.gate, gate(SEL.code32, CODE + 0x100, 0x8c, 0));
    expect(core.vectorOf("9a 00 00 00 00 60 00")).toBe(13);
    expect(core.frame32(0)).toBe(SEL.gate);
    expect(core.frame32(1)).toBe(CODE);
  });

  it("raises #NP(gate) for a gate that is not present and #GP(code) for JMP to an inner level", () => {
    const absent = new SystemCore();
    absent.start32();
    absent.setDescriptor(SEL.gate, gate(SEL.code32, CODE + 0x100, 0x6c, 0));
    expect(absent.vectorOf("9a 00 00 00 00 60 00")).toBe(11);
    expect(absent.frame32(0)).toBe(SEL.gate);
    const inward = new SystemCore();
    inward.start32(3);
    inward.setDescriptor(SEL.gate, gate(SEL.code32, CODE + 0x100, 0xec, 0));
    expect(inward.vectorOf("ea 00 00 00 00 63 00")).toBe(13);
    expect(inward.frame32(0)).toBe(SEL.code32);
  });

  it("goes through 64-bit gates to RSP0 with a null SS", () => {
    const core = new SystemCore();
    core.start64(3);
    core.setDescriptor(SEL.gate, gate(SEL.code64, CODE + 0x100, 0xec));
    core.setDescriptor(SEL.gateHigh, 0n);
    core.put(CODE + 0x100, [0xf4]);
    expect(core.vectorOf("ff 1d 02 00 00 00 cd 80 00 00 00 00 63 00")).toBe(-1);
    expect(Number(core.rip)).toBe(CODE + 0x101);
    expect(Number(core.reg("rsp"))).toBe(RING0_STACK - 32);
    expect([0, 1, 2, 3].map((n) => core.frame64(n))).toEqual([CODE + 6, SEL.userCode64, STACK, SEL.userData32]);
    expect(core.selector("ss")).toBe(0);
  });
});

describe("far pointers in memory with REX.W", () => {
  const LONG_MODELS = [0, 1];
  const POINTER = 0x9000;
  const start = (model: number, selector: number): SystemCore => {
    const core = new SystemCore({}, model);
    core.start64();
    core.view.setUint32(POINTER, CODE + 0x40, true);
    core.view.setUint16(POINTER + 4, selector, true);
    core.put(CODE + 0x40, [0xf4]);
    return core;
  };

  it("have an offset of 32 bits on AMD's processors, also beside a prefix 66, and CALL pushes 64 bits [APM3]", () => {
    for (const model of LONG_MODELS)
      for (const prefix of ["48", "66 48"]) {
        const jump = start(model, SEL.code64);
        expect(jump.vectorOf(`${prefix} ff 2c 25 00 90 00 00`)).toBe(-1);
        expect(Number(jump.rip)).toBe(CODE + 0x41);
        const call = start(model, SEL.code64);
        const length = prefix === "48" ? 8 : 9;
        expect(call.vectorOf(`${prefix} ff 1c 25 00 90 00 00`)).toBe(-1);
        expect(Number(call.rip)).toBe(CODE + 0x41);
        expect([call.frame64(0), call.frame64(1)]).toEqual([CODE + length, SEL.code64]);
      }
  });

  it("load 32 bits, zero-extended, by LSS, LFS and LGS", () => {
    for (const opcode of ["b2", "b4", "b5"]) {
      const core = start(0, SEL.data32);
      core.setReg("rbx", -1n);
      expect(core.vectorOf(`48 0f ${opcode} 1c 25 00 90 00 00 f4`)).toBe(-1);
      expect(Number(core.reg("rbx"))).toBe(CODE + 0x40);
    }
  });
});

describe("far returns and IRET", () => {
  it("drops data segments that the outer level may not have", () => {
    const core = new SystemCore();
    core.start32();
    core.setSegment("es", SEL.conforming, ATTR.code32 | 4, 0xffffffff, 0);
    // push SS, ESP, CS, EIP; retf
    core.put(CODE + 0x40, [0xcd, 0x80]);
    expect(core.vectorOf("6a 23 68 00 90 00 00 6a 1b 68 40 80 00 00 cb")).toBe(0x80);
    expect([0, 1, 2, 3, 4].map((n) => core.frame32(n))).toEqual([
      CODE + 0x42,
      SEL.userCode32,
      2,
      0x9000,
      SEL.userData32,
    ]);
    expect([core.selector("ds"), core.selector("es"), core.selector("fs")]).toEqual([0, SEL.conforming, 0]);
  });

  it("leaves no null selector with an RPL to an outer level; FS and GS keep their bases [SDM2] IRET", () => {
    const core = new SystemCore();
    core.start64();
    core.put(CODE + 0x40, [0xcd, 0x80]);
    for (const [name, selector] of [
      ["ds", 3],
      ["es", 1],
      ["fs", 2],
      ["gs", 0],
    ] as const)
      core.setSegment(name, selector, 0, 0, name === "ds" || name === "es" ? 0 : 0x1234_5000);
    // push SS, RSP, RFLAGS, CS, RIP; iretq
    expect(core.vectorOf("6a 23 68 00 90 00 00 6a 02 6a 43 68 40 80 00 00 48 cf")).toBe(0x80);
    expect((["ds", "es", "fs", "gs"] as const).map((name) => core.selector(name))).toEqual([0, 0, 0, 0]);
    expect([4, 5].map((index) => Number(core.ex.getSegmentBase!(core.cpu, index)))).toEqual([0x1234_5000, 0x1234_5000]);
  });

  it("returns to an outer level with the flags that the inner one allows", () => {
    const core = new SystemCore();
    core.start32();
    core.put(CODE + 0x40, [0xcd, 0x80]);
    // push SS, ESP, EFLAGS (IOPL 3, IF, NT clear), CS, EIP; iretd
    expect(core.vectorOf("6a 23 68 00 90 00 00 68 02 32 00 00 6a 1b 68 40 80 00 00 cf")).toBe(0x80);
    expect(core.frame32(2)).toBe(0x3202);
  });

  it("refuses to return to an inner level", () => {
    const core = new SystemCore();
    core.start32(3);
    expect(core.vectorOf("6a 08 68 40 80 00 00 cb")).toBe(13);
    expect(core.frame32(0)).toBe(SEL.code32);
    expect(core.frame32(4)).toBe(STACK - 8);
  });
});

describe("virtual-8086 mode", () => {
  // push GS, FS, DS, ES, SS, ESP, EFLAGS, CS, EIP; iretd to 0800:0040
  const enter = (flags: number) =>
    `6a 44 6a 55 6a 66 6a 77 68 00 10 00 00 68 00 90 00 00 68 ${[0, 8, 16, 24].map((s) => ((flags >>> s) & 255).toString(16)).join(" ")} 68 00 08 00 00 6a 40 cf`;

  function run(
    flags: number,
    code: string,
    prepare?: (core: SystemCore) => void,
  ): { core: SystemCore; vector: number } {
    const core = new SystemCore();
    core.start32();
    core.put(CODE + 0x40, bytes(code));
    prepare?.(core);
    return { core, vector: core.vectorOf(enter(flags)) };
  }

  it("pushes the data segments and makes them null", () => {
    const { core, vector } = run(VM | 2, "f4");
    expect(vector).toBe(13);
    expect(Number(core.reg("rsp"))).toBe(RING0_STACK - 40);
    expect([...Array(10).keys()].map((n) => core.frame32(n))).toEqual([
      0,
      0x40,
      0x800,
      RF | VM | 2,
      0x9000,
      0x1000,
      0x77,
      0x66,
      0x55,
      0x44,
    ]);
    expect([core.selector("ds"), core.selector("es"), core.selector("fs"), core.selector("gs")]).toEqual([0, 0, 0, 0]);
    expect(core.flags & VM).toBe(0);
  });

  it("raises #GP(0) for INT n, CLI, STI, PUSHF, POPF, IRET below IOPL 3, not for INT3", () => {
    for (const code of ["cd 21", "fa", "fb", "9c", "9d", "cf"]) {
      const { core, vector } = run(VM | 2, code);
      expect([code, vector, core.frame32(0)]).toEqual([code, 13, 0]);
    }
    expect(run(VM | 2, "cc", (core) => core.setGate(3, gate(SEL.code32, HANDLERS + 3 * 16, 0xee))).vector).toBe(3);
  });

  it("sends INT n to the IDT with IOPL 3", () => {
    const { core, vector } = run(VM | 0x3002, "cd 80");
    expect(vector).toBe(0x80);
    expect(core.frame32(0)).toBe(0x42);
  });

  it("computes addresses by paragraphs, 64 KiB each", () => {
    // mov ax,ds; mov [0x10],ax; mov byte [0xffff],5; mov ax,[0xffff]
    const { core, vector } = run(VM | 2, "8c d8 a3 10 00 c6 06 ff ff 05 a1 ff ff");
    expect(vector).toBe(13);
    expect(core.view.getUint16(0x670, true)).toBe(0x66);
    expect(core.ram[0x660 + 0xffff]).toBe(5);
    expect(core.frame32(1)).toBe(0x4a);
  });

  describe("with VME", () => {
    const withVme = (core: SystemCore): void => {
      core.ex.setControl(core.cpu, 0x11n, 0n, 0x601n, 0n);
      core.ex.stateSet(core.cpu);
      core.ram.fill(0, TSS + 0x68, TSS + 0x88); // redirection bitmap: all to the program
      core.view.setUint16(TSS + 0x66, 0x88, true);
      core.put(0x21 * 4, bytes("60 00 00 08"));
      core.put(CODE + 0x60, [0xf4]);
    };
    const VIF = 0x80000;

    it("redirects INT n to the program's vector, with VIF as its IF", () => {
      const { core, vector } = run(VM | VIF | 2, "cd 21", withVme);
      expect(vector).toBe(13);
      expect([1, 2].map((n) => core.frame32(n))).toEqual([0x60, 0x800]);
      expect(core.frame32(3) & VIF).toBe(0);
      const stack = 0x10000 + 0x9000 - 6;
      expect([0, 2, 4].map((n) => core.view.getUint16(stack + n, true))).toEqual([0x42, 0x800, 0x3202]);
    });

    it("changes VIF by CLI, STI, POPF and IRET, and stops STI with VIP", () => {
      const sti = run(VM | 2, "fb f4", withVme);
      expect(sti.core.frame32(3) & VIF).toBe(VIF);
      const cli = run(VM | VIF | 2, "fa f4", withVme);
      expect(cli.core.frame32(3) & VIF).toBe(0);
      const pending = run(VM | 0x100000 | 2, "fb f4", withVme);
      expect(pending.core.frame32(1)).toBe(0x40);
      const popf = run(VM | 2, "68 02 02 9d f4", withVme);
      expect(popf.core.frame32(3) & (VIF | 0x200)).toBe(VIF);
    });
  });

  it("goes back to the program by IRETD from the handler", () => {
    const { core, vector } = run(VM | 2, "f4 40 cd 21", (c) => {
      // #GP: at the HLT skip it and return; at INT n stop.
      // add esp,4; cmp dword [esp],0x40; jne stop; inc dword [esp]; iretd; stop: hlt
      c.put(HANDLERS + 13 * 16, bytes("83 c4 04 83 3c 24 40 75 04 ff 04 24 cf f4"));
    });
    expect(vector).toBe(13);
    expect(core.frame32(0)).toBe(0x42);
    expect(Number(core.reg("rax"))).toBe(1);
    expect(core.frame32(5)).toBe(0x77);
  });
});

describe("mode switches", () => {
  it("goes from real to protected mode", () => {
    const core = new SystemCore();
    core.enterReal({ cs: 0x800 });
    core.put(0x500, bytes("ff 00 00 10 00 00"));
    core.put(CODE, bytes("fa 0f 01 16 00 05 0f 20 c0 0c 01 0f 22 c0 ea 40 80 08 00")); // cli; lgdt; cr0 |= 1; jmp 8:0x8040
    core.put(CODE + 0x40, bytes("b8 78 56 34 12 f4"));
    core.rip = 0;
    expect(core.run(100)).toBe(EXIT.halted);
    expect(core.reg("rax")).toBe(0x12345678n);
    expect(Number(core.rip)).toBe(CODE + 0x46);
  });

  it("keeps the limits of a visit to protected mode (big real mode)", () => {
    const core = new SystemCore();
    core.enterReal({ cs: 0x800 });
    core.ex.setTables(core.cpu, 0x1000n, 0xff, 0n, 0x3ff);
    core.put(
      CODE,
      bytes(
        "0f 20 c0 0c 01 0f 22 c0 bb 10 00 8e db 24 fe 0f 22 c0 31 db 8e db 66 bb 00 00 20 00 67 66 c7 03 78 56 34 12 f4",
      ),
    );
    core.rip = 0;
    expect(core.run(100)).toBe(EXIT.halted);
    expect(core.view.getUint32(0x200000, true)).toBe(0x12345678);
  });

  it("uses the IVT in real mode, with FLAGS, CS, IP on the stack", () => {
    const core = new SystemCore();
    core.enterReal({ cs: 0x800, ss: 0x900 });
    core.put(0x21 * 4, bytes("34 00 00 08"));
    core.put(CODE, bytes("fb cd 21 f4"));
    core.put(CODE + 0x34, bytes("b8 99 00 cf")); // mov ax,0x99; iret
    core.setReg("rsp", 0x100);
    core.flags = 2;
    core.rip = 0;
    expect(core.run(100)).toBe(EXIT.halted);
    expect(Number(core.reg("rax"))).toBe(0x99);
    expect([0, 2, 4].map((n) => core.view.getUint16(0x9000 + 0xfa + n, true))).toEqual([3, 0x800, 0x202]);
    expect(core.flags & 0x200).toBe(0x200);
  });

  it("enters long mode from 32-bit protected mode", () => {
    const core = new SystemCore();
    core.enterLong();
    core.start32();
    core.put(CODE + 0x80, bytes("48 b8 88 77 66 55 44 33 22 11 f4"));
    const code =
      "0f 20 e0 83 c8 20 0f 22 e0 b8 00 00 70 00 0f 22 d8 b9 80 00 00 c0 0f 32 0d 00 01 00 00 0f 30 0f 20 c0 0d 00 00 00 80 0f 22 c0 ea 80 80 00 00 38 00";
    expect(core.vectorOf(code)).toBe(-1);
    expect(core.reg("rax")).toBe(0x1122334455667788n);
    expect(core.ex.getControl(core.cpu, 5) & 0x500n).toBe(0x500n);
  });

  it("refuses long mode without PAE, and leaving PAE in it", () => {
    const core = new SystemCore();
    core.enterLong();
    core.start32();
    expect(core.vectorOf("b9 80 00 00 c0 0f 32 0d 00 01 00 00 0f 30 0f 20 c0 0d 00 00 00 80 0f 22 c0")).toBe(13);
    const inside = new SystemCore();
    inside.start64();
    expect(inside.vectorOf("0f 20 e0 48 83 e0 df 0f 22 e0")).toBe(13);
    expect(inside.frame64(0)).toBe(0);
  });
});

describe("descriptor questions", () => {
  it("answers LAR, LSL, VERR, VERW", () => {
    const core = new SystemCore();
    core.start32();
    expect(
      core.vectorOf(
        "66 b8 1b 00 0f 02 f8 0f 94 c1 0f 03 d0 66 b8 28 00 0f 00 e0 0f 94 c5 66 b8 88 00 0f 00 e0 0f 94 c3 0f 00 e8 0f 94 c7 66 b8 f8 ff 0f 02 f0 0f 94 c0 f4",
      ),
    ).toBe(-1);
    expect(Number(core.reg("rdi"))).toBe(0x00cffb00);
    expect(Number(core.reg("rdx"))).toBe(0xffffffff);
    expect([
      core.reg("rcx") & 0xffn,
      core.reg("rcx") >> 8n,
      core.reg("rbx") & 0xffn,
      core.reg("rbx") >> 8n,
      core.reg("rax") & 0xffn,
    ]).toEqual([1n, 0n, 1n, 0n, 0n]);
  });
});

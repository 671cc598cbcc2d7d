/** SYSENTER, protected-mode virtual interrupts, the T bit, SMAP, UMIP, FS and GS bases. */
import { describe, expect, it } from "vitest";
import { CODE, RING0_STACK, SEL, STACK, SystemCore, TSS, TSS2, bytes, descriptor } from "./system-image.ts";

const VIF = 0x80000;
const dr6 = (core: SystemCore): number => Number(new DataView(core.memory.buffer, core.cpu).getBigUint64(440, true));

describe("SYSENTER and SYSEXIT", () => {
  it("switch levels in legacy mode", () => {
    const core = new SystemCore();
    core.start32(3);
    core.flags = 0x202;
    core.setMsr("sysenterCs", BigInt(SEL.code32));
    core.setMsr("sysenterEsp", BigInt(RING0_STACK));
    core.setMsr("sysenterEip", BigInt(CODE + 0x100));
    // mov ecx,STACK-16; mov edx,CODE+0x200; mov si,cs; mov di,ss; pushfd; pop ebx; sysexit
    core.put(CODE + 0x100, bytes("b9 f0 9f 00 00 ba 00 82 00 00 66 8c ce 66 8c d7 9c 5b 0f 35"));
    core.put(CODE + 0x200, bytes("cd 80"));
    expect(core.vectorOf("0f 34")).toBe(0x80);
    expect([core.reg("rsi"), core.reg("rdi")].map((r) => Number(r & 0xffffn))).toEqual([SEL.code32, SEL.data32]);
    expect(Number(core.reg("rbx")) & 0x200).toBe(0);
    // SYSEXIT: CS = SYSENTER_CS + 16, SS = SYSENTER_CS + 24, both level 3.
    expect([0, 1, 3, 4].map((n) => core.frame32(n))).toEqual([CODE + 0x202, 0x1b, STACK - 16, 0x23]);
  });

  it("do not exist in long mode, as on AMD processors", () => {
    for (const code of ["0f 34", "0f 35"]) {
      const core = new SystemCore();
      core.start64();
      core.setMsr("sysenterCs", BigInt(SEL.code64));
      expect(core.vectorOf(code)).toBe(6);
    }
  });

  it("raise #GP(0) with a null SYSENTER_CS", () => {
    const core = new SystemCore();
    core.start32(3);
    expect(core.vectorOf("0f 34")).toBe(13);
    expect(core.frame32(0)).toBe(0);
  });
});

describe("protected-mode virtual interrupts", () => {
  it("let CLI and STI at level 3 change VIF; STI with VIP raises #GP(0)", () => {
    const core = new SystemCore();
    core.start32(3);
    core.ex.setControl(core.cpu, 0x11n, 0n, 0x602n, 0n);
    core.ex.stateSet(core.cpu);
    expect(core.vectorOf("fb cd 80")).toBe(0x80);
    expect(core.frame32(2) & (VIF | 0x200)).toBe(VIF);
    const pending = new SystemCore();
    pending.start32(3);
    pending.ex.setControl(pending.cpu, 0x11n, 0n, 0x602n, 0n);
    pending.ex.stateSet(pending.cpu);
    pending.flags = 0x100002;
    expect(pending.vectorOf("fb")).toBe(13);
  });
});

describe("CR8", () => {
  // mov eax,5; lock mov cr0,eax; lock mov ebx,cr0; int 80h
  const WRITE_READ = "b8 05 00 00 00 f0 0f 22 c0 f0 0f 20 c3 cd 80";

  it("is CR0 with LOCK, so that 32-bit code reaches the task priority", () => {
    const core = new SystemCore();
    core.start32(0);
    expect(core.vectorOf(WRITE_READ)).toBe(0x80);
    expect(Number(core.reg("rbx"))).toBe(5);
    const wide = new SystemCore();
    wide.start64();
    // mov eax,7; mov cr8,rax; lock mov rbx,cr0; int 80h
    expect(wide.vectorOf("b8 07 00 00 00 44 0f 22 c0 f0 0f 20 c3 cd 80")).toBe(0x80);
    expect(Number(wide.reg("rbx"))).toBe(7);
  });

  it("is for level 0, its upper bits are reserved, and LOCK is of no use with other registers", () => {
    const user = new SystemCore();
    user.start32(3);
    expect(user.vectorOf("f0 0f 20 c3")).toBe(13);
    for (const [code, vector] of [
      ["b8 10 00 00 00 f0 0f 22 c0", 13],
      ["f0 0f 20 d3", 6],
      ["f0 0f 22 db", 6],
      ["f0 0f 20 cb", 6],
    ] as const) {
      const core = new SystemCore();
      core.start32(0);
      expect(core.vectorOf(code), code).toBe(vector);
    }
  });
});

describe("tasks", () => {
  it("traps at the first instruction of a task with the T bit", () => {
    const core = new SystemCore();
    core.start32();
    core.ram.fill(0, TSS2, TSS2 + 0x68);
    for (const [offset, value] of [
      [0x20, CODE + 0x100],
      [0x24, 2],
      [0x38, 0x9800],
      [0x48, SEL.data32],
      [0x4c, SEL.code32],
      [0x50, SEL.data32],
      [0x54, SEL.data32],
      [0x64, 1],
    ] as const)
      core.view.setUint32(TSS2 + offset, value, true);
    core.setDescriptor(SEL.tss, descriptor(TSS, 0x1ff, 0x8b));
    core.put(CODE + 0x100, [0x90, 0xf4]);
    expect(core.vectorOf("ea 00 00 00 00 70 00")).toBe(1);
    expect(core.frame32(0)).toBe(CODE + 0x100);
    expect(dr6(core) & 0xe00f).toBe(0x8000);
  });

  it("loads CR3 and the LDT of the new task", () => {
    const core = new SystemCore();
    core.start32();
    core.ram.fill(0, TSS2, TSS2 + 0x68);
    core.setDescriptor(SEL.ldt, descriptor(0x7000, 0xf, 0x82));
    core.view.setBigUint64(0x7008, descriptor(0, 0xffffffff, 0xc93), true);
    const page = (at: number): void => {
      for (let i = 0; i < 4; i++) core.view.setUint32(at + i * 4, (i << 22) | 0x83, true);
    };
    page(0x20000);
    page(0x21000);
    core.view.setUint32(0x21000 + 4, 0x83, true); // linear 4 MiB shows physical 0
    core.ex.setControl(core.cpu, 0x80000011n, 0x20000n, 0x610n, 0n);
    core.ex.stateSet(core.cpu);
    for (const [offset, value] of [
      [0x1c, 0x21000],
      [0x20, CODE + 0x100],
      [0x24, 2],
      [0x38, 0x9800],
      [0x48, 0xc],
      [0x4c, SEL.code32],
      [0x50, SEL.data32],
      [0x54, SEL.data32],
      [0x60, SEL.ldt],
    ] as const)
      core.view.setUint32(TSS2 + offset, value, true);
    core.setDescriptor(SEL.tss, descriptor(TSS, 0x1ff, 0x8b));
    core.put(CODE + 0x100, bytes("26 a1 00 81 40 00 f4")); // mov eax,es:[0x408100]: its own code
    expect(core.vectorOf("ea 00 00 00 00 70 00")).toBe(-1);
    expect(Number(core.reg("rax"))).toBe(0x8100a126);
    expect(core.selector("es")).toBe(0xc);
    expect(core.ex.getControl(core.cpu, 3)).toBe(0x21000n);
  });
});

describe("hypercalls", () => {
  it("are answered as unknown where KVM's leaves are shown, and are not permitted to programs", () => {
    const core = new SystemCore();
    core.start64();
    core.setReg("rax", -1n);
    expect(core.vectorOf("0f 01 d9 f4")).toBe(-1);
    expect(BigInt.asIntN(64, core.reg("rax"))).toBe(-1000n);
    const poll = new SystemCore();
    poll.start32();
    poll.setReg("rax", 1);
    expect(poll.vectorOf("0f 01 d9 f4")).toBe(-1);
    expect(poll.reg("rax")).toBe(0n);
    const user = new SystemCore();
    user.start32(3);
    expect(user.vectorOf("0f 01 d9 cd 80")).toBe(0x80);
    expect(user.reg("rax")).toBe(0xffff_ffffn);
    const old = new SystemCore({}, 2); // a Pentium III
    old.start32();
    expect(old.vectorOf("0f 01 d9")).toBe(6);
  });
});

describe("a return to an outer level", () => {
  it("makes an inner data segment null, and leaves the base for 64-bit code", () => {
    const core = new SystemCore();
    core.start64();
    core.view.setUint32(0x20000, 0x12345678, true);
    // mov ecx,GS_BASE; mov eax,0x20000; xor edx,edx; wrmsr; push the frame; iretq
    const code = "b9 01 01 00 c0 b8 00 00 02 00 31 d2 0f 30 6a 23 68 00 90 00 00 6a 02 6a 43 68 40 80 00 00 48 cf";
    core.put(CODE + 0x40, bytes("65 8b 1c 25 00 00 00 00 66 8c e8 cd 80")); // mov ebx,gs:[0]; mov ax,gs; int 0x80
    expect(core.vectorOf(code)).toBe(0x80);
    expect([core.reg("rbx"), core.reg("rax") & 0xffffn]).toEqual([0x12345678n, 0n]);
  });
});

describe("protection of later processors", () => {
  it("opens and closes SMAP by STAC and CLAC, which level 3 does not have", () => {
    const core = new SystemCore();
    core.start64();
    core.ex.setControl(core.cpu, 0x8005_0033n, 0x70_0000n, 0x20_06a0n, 0xd01n); // the pages are user pages
    core.view.setBigUint64(0x70_2000, 0x83n, true); // the first 2 MiB for the supervisor
    core.ex.stateSet(core.cpu);
    // stac; mov eax,[0x200000]; clac; mov eax,[0x200000]
    expect(core.vectorOf("0f 01 cb 8b 04 25 00 00 20 00 0f 01 ca 8b 04 25 00 00 20 00")).toBe(14);
    expect(core.frame64(0)).toBe(1);
    expect(core.frame64(1)).toBe(CODE + 13);
    const user = new SystemCore();
    user.start64(3);
    expect(user.vectorOf("0f 01 cb")).toBe(6);
  });

  it("keeps SGDT, SIDT, SLDT, STR, SMSW from level 3 with UMIP", () => {
    for (const code of ["0f 01 05 00 90 00 00", "0f 01 0d 00 90 00 00", "0f 00 c0", "0f 00 c8", "0f 01 e0"]) {
      const core = new SystemCore();
      core.start32(3);
      expect(core.vectorOf(`${code} cd 80`)).toBe(0x80);
      const guarded = new SystemCore();
      guarded.start32(3);
      guarded.ex.setControl(guarded.cpu, 0x11n, 0n, 0xe00n, 0n);
      guarded.ex.stateSet(guarded.cpu);
      expect(guarded.vectorOf(`${code} cd 80`)).toBe(13);
      expect(guarded.frame32(0)).toBe(0);
    }
  });

  it("moves FS and GS bases with FSGSBASE on, and raises #UD with it off", () => {
    const core = new SystemCore();
    core.start64();
    core.ex.setControl(core.cpu, 0x8005_0033n, 0x70_0000n, 0x1_06a0n, 0xd01n);
    core.ex.stateSet(core.cpu);
    // mov eax,0x12345; wrfsbase rax; wrgsbase rax; rdfsbase rbx; rdgsbase ecx; hlt
    expect(core.vectorOf("b8 45 23 01 00 f3 48 0f ae d0 f3 48 0f ae d8 f3 48 0f ae c3 f3 0f ae c9 f4")).toBe(-1);
    expect([core.reg("rbx"), core.reg("rcx")]).toEqual([0x12345n, 0x12345n]);
    const off = new SystemCore();
    off.start64();
    expect(off.vectorOf("f3 48 0f ae c0")).toBe(6);
  });
});

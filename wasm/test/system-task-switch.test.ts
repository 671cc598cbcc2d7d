/** Hardware tasks: how the processor switches between them, by JMP, CALL, IRET and task gates. What it refuses: system-tasks. [SDM3] 7 */
import { describe, expect, it } from "vitest";
import {} from "./harness.ts";
import {
  CODE,
  GDT,
  IDT,
  RING0_STACK,
  SEL,
  STACK,
  SystemCore,
  TSS,
  TSS2,
  bytes,
  descriptor,
  gate,
} from "./system-image.ts";

const RF = 0x10000;
const VM = 0x20000;
const BUSY = 1n << 41n;

describe("hardware tasks", () => {
  /** A 32-bit task at level 0 with its code at CODE + 0x100. */
  function prepareTask(core: SystemCore, code: string, flags = 2): void {
    const set = (offset: number, value: number): void => core.view.setUint32(TSS2 + offset, value, true);
    core.ram.fill(0, TSS2, TSS2 + 0x68);
    set(0x20, CODE + 0x100);
    set(0x24, flags);
    set(0x28, 0xaaaa);
    set(0x38, 0x9800);
    for (const [offset, selector] of [
      [0x48, SEL.data32],
      [0x4c, SEL.code32],
      [0x50, SEL.data32],
      [0x54, SEL.data32],
      [0x58, 0],
      [0x5c, 0],
    ] as const)
      set(offset, selector);
    core.put(CODE + 0x100, bytes(code));
    core.setDescriptor(SEL.tss, descriptor(TSS, 0x1ff, 0x8b));
  }

  it("saves the old task and loads the new one by JMP; busy bits move", () => {
    const core = new SystemCore();
    core.start32();
    prepareTask(core, "f4");
    core.setReg("rbx", 0x1234);
    expect(core.vectorOf("ea 00 00 00 00 70 00")).toBe(-1);
    expect(Number(core.rip)).toBe(CODE + 0x101);
    expect([core.reg("rax"), core.reg("rsp")].map(Number)).toEqual([0xaaaa, 0x9800]);
    expect(core.selector("tr")).toBe(SEL.tss2);
    expect([0x20, 0x24, 0x34, 0x38, 0x4c].map((o) => core.view.getUint32(TSS + o, true))).toEqual([
      CODE + 7,
      2,
      0x1234,
      STACK,
      SEL.code32,
    ]);
    expect(core.getDescriptor(SEL.tss) & BUSY).toBe(0n);
    expect(core.getDescriptor(SEL.tss2) & BUSY).toBe(BUSY);
    expect(core.ex.getControl(core.cpu, 0) & 8n).toBe(8n); // CR0.TS
    expect(core.flags & 0x4000).toBe(0);
  });

  it("nests by CALL and comes back by IRET", () => {
    const core = new SystemCore();
    core.start32();
    prepareTask(core, "43 cf 43 f4"); // inc ebx; iretd; inc ebx; hlt
    expect(core.vectorOf("b8 77 00 00 00 9a 00 00 00 00 70 00 f4")).toBe(-1);
    expect(Number(core.rip)).toBe(CODE + 13);
    expect([core.reg("rax"), core.reg("rsp")].map(Number)).toEqual([0x77, STACK]);
    expect(core.view.getUint16(TSS2, true)).toBe(SEL.tss);
    expect(core.view.getUint32(TSS2 + 0x20, true)).toBe(CODE + 0x102);
    expect(core.view.getUint32(TSS2 + 0x24, true) & 0x4000).toBe(0);
    expect(core.getDescriptor(SEL.tss) & BUSY).toBe(BUSY);
    expect(core.getDescriptor(SEL.tss2) & BUSY).toBe(0n);
  });

  it("takes an exception through a task gate, with the error code on the new stack", () => {
    const core = new SystemCore();
    core.start32();
    prepareTask(core, "f4");
    core.setGate(13, gate(SEL.tss2, 0, 0x85));
    expect(core.vectorOf("66 b8 f9 01 8e d8")).toBe(-1);
    expect(Number(core.rip)).toBe(CODE + 0x101);
    expect(Number(core.reg("rsp"))).toBe(0x97fc);
    expect(core.frame32(0)).toBe(0x1f8);
    expect(core.flags & 0x4000).toBe(0x4000);
    expect(core.view.getUint32(TSS + 0x20, true)).toBe(CODE + 4);
  });

  it("refuses a busy TSS and one that is too short, in the old task", () => {
    const busy = new SystemCore();
    busy.start32();
    busy.setDescriptor(SEL.tss2, descriptor(TSS2, 0x67, 0x8b));
    expect(busy.vectorOf("ea 00 00 00 00 70 00")).toBe(13);
    expect(busy.frame32(0)).toBe(SEL.tss2);
    const short = new SystemCore();
    short.start32();
    short.setDescriptor(SEL.tss2, descriptor(TSS2, 0x66, 0x89));
    expect(short.vectorOf("ea 00 00 00 00 70 00")).toBe(10);
    expect(short.frame32(0)).toBe(SEL.tss2);
    expect(short.selector("tr")).toBe(SEL.tss);
  });

  it("delivers #TS(SS) in the new task, at its first instruction", () => {
    const core = new SystemCore();
    core.start32();
    prepareTask(core, "f4");
    core.view.setUint32(TSS2 + 0x50, SEL.userData32, true);
    // The new task has no stack, so #TS cannot be pushed: #TS, #DF, shutdown, all at the new task's first instruction.
    expect(core.vectorOf("ea 00 00 00 00 70 00")).toBe(-3);
    expect(core.selector("tr")).toBe(SEL.tss2);
    expect(Number(core.rip)).toBe(CODE + 0x100);
  });

  it("delivers a fault of loading the new task's segments in that task, and not as part of what switched it", () => {
    // DS is absent: #NP, at the new task's first instruction, on its stack. [SDM3] 7.3, table 7-1
    const jump = new SystemCore();
    jump.start32();
    prepareTask(jump, "f4");
    jump.view.setUint32(TSS2 + 0x54, SEL.absent, true);
    expect(jump.vectorOf("ea 00 00 00 00 70 00")).toBe(11);
    expect([0, 1, 2].map((n) => jump.frame32(n))).toEqual([SEL.absent, CODE + 0x100, SEL.code32]);
    expect(jump.selector("tr")).toBe(SEL.tss2);
    // #GP through a task gate, then #NP: both are contributory, but there is no double fault.
    const exception = new SystemCore();
    exception.start32();
    prepareTask(exception, "f4");
    exception.view.setUint32(TSS2 + 0x54, SEL.absent, true);
    exception.setGate(13, gate(SEL.tss2, 0, 0x85));
    expect(exception.vectorOf("66 b8 f9 01 8e d8")).toBe(11);
    expect([0, 1, 2].map((n) => exception.frame32(n))).toEqual([SEL.absent | 1, CODE + 0x100, SEL.code32]);
  });

  it("shuts down where tasks fault for ever, because the GDT is in ROM and busy bits do not stay set", () => {
    const core = new SystemCore();
    core.start32();
    prepareTask(core, "f4");
    core.view.setUint32(TSS2 + 0x54, SEL.absent, true);
    core.setGate(11, gate(SEL.tss2, 0, 0x85)); // #NP of the new task goes to the same task
    const romBase = 0xffff_0000;
    const rom = core.ex.prepareRom(romBase, 0x1_0000);
    new Uint8Array(core.memory.buffer, rom, 0x100).set(core.ram.subarray(GDT, GDT + 0x100));
    core.ex.setTables(core.cpu, BigInt(romBase), 0xff, BigInt(IDT), 0x7ff);
    expect(core.vectorOf("ea 00 00 00 00 70 00")).toBe(-3);
  });

  it("switches to a 16-bit task and back", () => {
    const core = new SystemCore();
    core.start32();
    const base = TSS2 + 0x80;
    core.setDescriptor(SEL.tss16, descriptor(base, 0x2b, 0x81));
    core.setDescriptor(SEL.tss, descriptor(TSS, 0x1ff, 0x8b));
    const set = (offset: number, value: number): void => core.view.setUint16(base + offset, value, true);
    for (let offset = 0; offset < 0x2c; offset += 2) set(offset, 0);
    set(0x0e, CODE + 0x100);
    set(0x10, 2);
    set(0x12, 0x4321);
    set(0x1a, 0x9800);
    set(0x22, SEL.data16);
    set(0x24, SEL.code16);
    set(0x26, SEL.data16);
    set(0x28, SEL.data16);
    core.put(CODE + 0x100, bytes("89 c3 cf")); // mov bx,ax; iret
    expect(core.vectorOf("9a 00 00 00 00 98 00 f4")).toBe(-1);
    expect(Number(core.rip)).toBe(CODE + 8);
    expect(core.view.getUint16(base + 0x18, true)).toBe(0x4321);
    expect(core.view.getUint16(base, true)).toBe(SEL.tss);
  });

  it("enters virtual-8086 mode by a task switch", () => {
    const core = new SystemCore();
    core.start32();
    prepareTask(core, "f4", VM | 2);
    core.view.setUint32(TSS2 + 0x4c, 0x800, true);
    core.view.setUint32(TSS2 + 0x20, 0x100, true);
    core.view.setUint32(TSS2 + 4, RING0_STACK, true);
    core.view.setUint32(TSS2 + 8, SEL.data32, true);
    expect(core.vectorOf("ea 00 00 00 00 70 00")).toBe(13);
    expect([0, 1, 2, 3].map((n) => core.frame32(n))).toEqual([0, 0x100, 0x800, RF | VM | 2]);
  });
});

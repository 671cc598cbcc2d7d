/**
 * NMI and INTR around the shadows of STI, MOV SS and POP SS, with single step, and what blocks a second NMI.
 * The manuals leave open whether an NMI waits for the instruction behind STI.
 * [SDM3] 6.7.1, 6.8.1, 6.8.3, table 6-2 – [SDM2] STI, MOV, POP – [APM2] 8.1.4, 8.5, 8.9
 */
import { describe, expect, it } from "vitest";
import { EXIT } from "./harness.ts";
import { CODE, HANDLERS, IDT, SEL, STACK, SystemCore, TSS, TSS2, bytes, descriptor, gate } from "./system-image.ts";

const IF = 0x200;
const TF = 0x100;
const NMI = 2;
const INTR_VECTOR = 0x50;

function makeCore(code: string, flags = 2): SystemCore {
  const core = new SystemCore({ picAcknowledge: () => INTR_VECTOR });
  core.start32();
  core.flags = flags;
  core.setReg("rax", SEL.data32);
  core.view.setUint32(STACK, SEL.data32, true);
  core.put(CODE, bytes(code));
  return core;
}

/** Runs until HLT. @returns the vector whose handler it is in, and where that was entered from */
function end(core: SystemCore, most = 50): [vector: number, eip: number] {
  expect(core.run(most)).toBe(EXIT.halted);
  return [(Number(core.rip) - 1 - HANDLERS) >> 4, core.frame32(0) - CODE];
}

describe("NMI", () => {
  it.each([
    ["mov ss,ax", "8e d0 90 90 f4", 3],
    ["pop ss", "17 90 90 f4", 2],
  ])("waits for the instruction behind %s", (_name, code, eip) => {
    for (const slice of [1, 50]) {
      const core = makeCore(code);
      core.run(1);
      core.ex.pulseNmi!(core.cpu);
      core.run(slice);
      expect(end(core)).toEqual([NMI, eip]);
    }
  });

  it("does not wait behind LSS, nor before MOV SS", () => {
    const lss = makeCore("0f b2 25 00 90 00 00 90 90 f4");
    lss.view.setUint32(0x9000, STACK, true);
    lss.view.setUint16(0x9004, SEL.data32, true);
    lss.run(1);
    lss.ex.pulseNmi!(lss.cpu);
    expect(end(lss)).toEqual([NMI, 7]);
    const before = makeCore("8e d0 90 f4");
    before.ex.pulseNmi!(before.cpu);
    expect(end(before)).toEqual([NMI, 0]);
  });

  it("waits for no more than the instruction behind STI, and wakes from a HLT there", () => {
    const sti = makeCore("fb 90 90 f4");
    sti.run(1);
    sti.ex.pulseNmi!(sti.cpu);
    expect(end(sti)).toEqual([NMI, 2]);
    const hlt = makeCore("fb f4 43 f4");
    hlt.put(HANDLERS + NMI * 16, bytes("41 cf"));
    hlt.run(1);
    hlt.ex.pulseNmi!(hlt.cpu);
    expect(hlt.run(50)).toBe(EXIT.halted);
    expect([Number(hlt.rip), Number(hlt.reg("rcx")), Number(hlt.reg("rbx"))]).toEqual([CODE + 4, 1, 1]);
  });

  it("goes before INTR; INTR comes when it is over", () => {
    const core = makeCore("90 90 f4", IF | 2);
    core.put(HANDLERS + NMI * 16, bytes("43 cf"));
    core.ex.setIntr!(core.cpu, 1);
    core.ex.pulseNmi!(core.cpu);
    expect(end(core)).toEqual([INTR_VECTOR, 0]);
    expect(Number(core.reg("rbx"))).toBe(1);
  });

  it("comes behind a trap of single step: at the first instruction of its handler", () => {
    const core = makeCore("90 90 90 f4", TF | 2);
    core.run(1);
    core.ex.pulseNmi!(core.cpu);
    expect(core.run(50)).toBe(EXIT.halted);
    expect(Number(core.rip)).toBe(HANDLERS + NMI * 16 + 1);
    expect([core.frame32(0), core.frame32(3)]).toEqual([HANDLERS + 16, CODE + 1]);
    expect(core.frame32(2) & TF).toBe(0);
  });

  it("comes behind a fault, at the first instruction of its handler, and before the faulting one is tried again", () => {
    const core = makeCore("90 0f 0b f4");
    core.run(1);
    core.put(HANDLERS + 6 * 16, bytes("43 f4"));
    core.ex.pulseNmi!(core.cpu);
    expect(end(core)).toEqual([NMI, 1]);
  });

  it("is remembered once while it is blocked, through interrupts and exceptions of its handler", () => {
    const core = makeCore("90 90 f4");
    core.put(HANDLERS + NMI * 16, bytes("43 cd 80 90 cf")); // inc ebx; int 80h; nop; iretd
    core.put(HANDLERS + 0x80 * 16, bytes("90 cf"));
    core.ex.pulseNmi!(core.cpu);
    core.run(2);
    core.ex.pulseNmi!(core.cpu);
    core.ex.pulseNmi!(core.cpu);
    core.run(1);
    expect(Number(core.rip)).toBe(HANDLERS + 0x80 * 16 + 1);
    expect(Number(core.reg("rbx"))).toBe(1);
    // An IRET, though of another handler, ends the blocking.
    core.run(2);
    expect(Number(core.reg("rbx"))).toBe(2);
    expect(core.run(50)).toBe(EXIT.halted);
    expect([Number(core.rip), Number(core.reg("rbx")), Number(core.reg("rsp"))]).toEqual([CODE + 3, 2, STACK]);
  });

  it("is blocked through a task gate too, until the task returns", () => {
    const core = makeCore("90 90 eb fe");
    core.ram.fill(0, TSS2, TSS2 + 0x68);
    for (const [offset, value] of [
      [0x20, CODE + 0x100],
      [0x24, 2],
      [0x38, 0x9800],
      [0x48, SEL.data32],
      [0x4c, SEL.code32],
      [0x50, SEL.data32],
      [0x54, SEL.data32],
    ] as const)
      core.view.setUint32(TSS2 + offset, value, true);
    core.setDescriptor(SEL.tss, descriptor(TSS, 0x1ff, 0x8b));
    core.view.setBigUint64(IDT + NMI * 8, gate(SEL.tss2, 0, 0x85), true);
    core.put(CODE + 0x100, bytes("43 90 90 cf eb fa")); // inc ebx; …; iretd; again from the start
    core.ex.pulseNmi!(core.cpu);
    core.run(2);
    expect([core.selector("tr"), Number(core.reg("rbx"))]).toEqual([SEL.tss2, 1]);
    core.ex.pulseNmi!(core.cpu);
    core.run(2); // still in the first one
    expect(Number(core.reg("rbx"))).toBe(1);
    core.run(2); // IRET, and the second NMI's first instructions
    expect(core.selector("tr")).toBe(SEL.tss2);
  });

  it("leaves long-mode code by its IST", () => {
    const core = new SystemCore();
    core.start64(3);
    core.view.setUint8(IDT + NMI * 16 + 4, 1);
    core.put(CODE, bytes("90 90"));
    core.ex.pulseNmi!(core.cpu);
    expect(core.run(50)).toBe(EXIT.halted);
    expect(Number(core.rip)).toBe(HANDLERS + NMI * 16 + 1);
    expect(core.frame64(0)).toBe(CODE);
    expect(Number(core.reg("rsp"))).toBe(0xe000 - 40);
  });
});

describe("INTR", () => {
  const withIntr = (code: string, flags: number, before: number): [number, number] => {
    const core = makeCore(code, flags);
    core.run(before);
    core.ex.setIntr!(core.cpu, 1);
    return end(core);
  };

  it("waits for the instruction behind the first of several STIs, and no longer", () => {
    expect(withIntr("fb fb 90 90 f4", 2, 1)).toEqual([INTR_VECTOR, 2]);
  });

  it("does not wait behind an STI that finds IF set", () => {
    expect(withIntr("90 fb 90 f4", IF | 2, 2)).toEqual([INTR_VECTOR, 2]);
  });

  it("does not come between STI and CLI", () => {
    const core = makeCore("fb fa 90 f4");
    core.ex.setIntr!(core.cpu, 1);
    expect(core.run(50)).toBe(EXIT.halted);
    expect(Number(core.rip)).toBe(CODE + 4);
  });

  it("waits behind MOV SS and POP SS, not behind LSS", () => {
    expect(withIntr("8e d0 90 90 f4", IF | 2, 1)).toEqual([INTR_VECTOR, 3]);
    expect(withIntr("17 90 90 f4", IF | 2, 1)).toEqual([INTR_VECTOR, 2]);
    const core = makeCore("0f b2 25 00 90 00 00 90 f4", IF | 2);
    core.view.setUint32(0x9000, STACK, true);
    core.view.setUint16(0x9004, SEL.data32, true);
    core.run(1);
    core.ex.setIntr!(core.cpu, 1);
    expect(end(core)).toEqual([INTR_VECTOR, 7]);
  });

  it("waits behind STI as the last instruction of a budget, and over a page", () => {
    const core = makeCore("e9 fa 0f 00 00"); // to CODE + FFFh
    core.put(CODE + 0xfff, bytes("fb 90 90 f4"));
    core.run(2);
    core.ex.setIntr!(core.cpu, 1);
    expect(end(core)).toEqual([INTR_VECTOR, 0x1001]);
  });

  it("comes behind POPF and IRET that set IF, at once", () => {
    const popf = makeCore("68 02 02 00 00 9d 90 f4");
    popf.ex.setIntr!(popf.cpu, 1);
    expect(end(popf)).toEqual([INTR_VECTOR, 6]);
    const iret = makeCore("68 02 02 00 00 6a 08 68 20 80 00 00 cf");
    iret.put(CODE + 0x20, bytes("90 f4"));
    iret.ex.setIntr!(iret.cpu, 1);
    expect(end(iret)).toEqual([INTR_VECTOR, 0x20]);
  });
});

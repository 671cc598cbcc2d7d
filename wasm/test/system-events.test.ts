/** What happens between instructions: single step, breakpoints, shadows, NMI, INTR, HLT; flags; ports. [SDM3] 6.6 – 6.9, 18 */
import { describe, expect, it } from "vitest";
import { EXIT } from "./harness.ts";
import { CODE, HANDLERS, SEL, STACK, SystemCore, bytes } from "./system-image.ts";

const RF = 0x10000;
const IF = 0x200;
const dr6 = (core: SystemCore): number => Number(new DataView(core.memory.buffer, core.cpu).getBigUint64(440, true));

describe("debug exceptions", () => {
  it("traps after the instruction that follows POPF with TF", () => {
    const core = new SystemCore();
    core.start32();
    // pushfd; or dword [esp],0x100; popfd; nop; nop
    expect(core.vectorOf("9c 81 0c 24 00 01 00 00 9d 90 90")).toBe(1);
    expect(core.frame32(0)).toBe(CODE + 10);
    expect(core.frame32(2) & (0x100 | RF)).toBe(0x100);
    expect(dr6(core) & 0xe00f).toBe(0x4000);
    expect(core.flags & 0x100).toBe(0);
  });

  it("steps every instruction once, through IRET, at any slice length", () => {
    for (const slice of [1, 2, 3, 100]) {
      const core = new SystemCore();
      core.start32();
      core.put(HANDLERS + 16, bytes("43 cf")); // inc ebx; iretd
      // nop; inc ecx; inc ecx; pushfd; and dword [esp],~0x100; popfd; hlt
      core.put(CODE, bytes("9c 81 0c 24 00 01 00 00 9d 90 41 41 9c 81 24 24 ff fe ff ff 9d f4"));
      let exit: number = EXIT.budget;
      for (let i = 0; i < 100 && exit === EXIT.budget; i++) exit = core.run(slice);
      expect(exit).toBe(EXIT.halted);
      expect([core.reg("rcx"), core.reg("rbx")].map(Number)).toEqual([2, 6]);
    }
  });

  it("does not step into INT n", () => {
    const core = new SystemCore();
    core.start32();
    expect(core.vectorOf("9c 81 0c 24 00 01 00 00 9d cd 80")).toBe(0x80);
    expect(core.frame32(2) & 0x100).toBe(0x100);
  });

  it("traps after a write to a watched address", () => {
    const core = new SystemCore();
    core.start32();
    expect(
      core.vectorOf("b8 00 90 00 00 0f 23 c0 b8 01 00 0d 00 0f 23 f8 c6 05 ff 8f 00 00 01 c6 05 03 90 00 00 01 90"),
    ).toBe(1);
    expect(core.frame32(0)).toBe(CODE + 30);
    expect(dr6(core) & 0xe00f).toBe(1);
    expect(core.ram[0x9003]).toBe(1);
  });

  it("puts off the trap of MOV SS, and INT1 then brings both in one [SDM3] 6.8.3", () => {
    // mov eax,0x9000; mov dr0,eax; mov eax,0xf0002; mov dr7,eax; mov ss,[0x9000]; then int1, or int3
    const watch = "b8 00 90 00 00 0f 23 c0 b8 02 00 0f 00 0f 23 f8 8e 15 00 90 00 00";
    for (const [name, last, frames] of [
      ["INT1", "f1", 1],
      ["INT3", "cc", 2],
    ] as const) {
      const core = new SystemCore();
      core.start32();
      core.view.setUint16(0x9000, SEL.data32, true);
      // The trap that was put off comes before the first instruction of INT3's handler.
      expect(core.vectorOf(`${watch} ${last}`), name).toBe(1);
      expect(dr6(core) & 0xe00f, name).toBe(1);
      expect(Number(core.reg("rsp")), name).toBe(STACK - 12 * frames);
      expect(core.frame32(0), name).toBe(frames === 1 ? CODE + 23 : HANDLERS + 3 * 16);
      expect(core.frame32(frames * 3 - 3), name).toBe(CODE + 23);
    }
  });

  it("faults before a watched instruction, and RF lets it run", () => {
    const core = new SystemCore();
    core.start32();
    core.put(HANDLERS + 16, bytes("43 81 4c 24 08 00 00 01 00 cf")); // inc ebx; or dword [esp+8],RF; iretd
    // at 0x8013: inc ecx; int 0x80
    expect(core.vectorOf("b8 13 80 00 00 0f 23 c0 b8 01 00 00 00 0f 23 f8 90 90 90 41 cd 80")).toBe(0x80);
    expect([core.reg("rcx"), core.reg("rbx")].map(Number)).toEqual([1, 1]);
    expect(dr6(core) & 0xe00f).toBe(1);
  });

  it("traps after access to a watched port", () => {
    const core = new SystemCore();
    core.start32();
    expect(
      core.vectorOf("0f 20 e0 0c 08 0f 22 e0 b8 80 00 00 00 0f 23 c8 b8 04 00 20 00 0f 23 f8 e4 81 e4 80 90"),
    ).toBe(1);
    expect(core.frame32(0)).toBe(CODE + 28);
    expect(dr6(core) & 0xe00f).toBe(2);
  });

  it("guards the debug registers by general detect", () => {
    const core = new SystemCore();
    core.start32();
    expect(core.vectorOf("b8 00 20 00 00 0f 23 f8 0f 21 c0")).toBe(1);
    expect(core.frame32(0)).toBe(CODE + 8);
    expect(dr6(core) & 0xe00f).toBe(0x2000);
  });
});

describe("interrupts", () => {
  const withPic = (): SystemCore => new SystemCore({ picAcknowledge: () => 0x50 });

  it("holds INTR off for one instruction after STI", () => {
    for (const slice of [1, 100]) {
      const core = withPic();
      core.start32();
      core.put(CODE, bytes("fb 90 90 90"));
      core.ex.setIntr(core.cpu, 1);
      for (let i = 0; i < 20; i++) if (core.run(slice) === EXIT.halted) break;
      expect(Number(core.rip)).toBe(HANDLERS + 0x50 * 16 + 1);
      expect(core.frame32(0)).toBe(CODE + 2);
      expect(core.frame32(2) & IF).toBe(IF);
      expect(core.flags & IF).toBe(0);
    }
  });

  it("holds INTR off after MOV SS, and after STI; HLT the HLT is left", () => {
    const core = withPic();
    core.start32();
    // mov ax,0x10; sti; nop; mov ss,ax; nop; nop - INTR comes while MOV SS is next
    core.put(CODE, bytes("66 b8 10 00 fb 90 8e d0 90 90"));
    core.run(3);
    core.ex.setIntr(core.cpu, 1);
    core.run(1); // taken at once: the shadow of STI is over, MOV SS has not run
    expect(core.frame32(0)).toBe(CODE + 6);
    const held = withPic();
    held.start32();
    held.put(CODE, bytes("66 b8 10 00 fb 90 8e d0 90 90"));
    held.run(4);
    held.ex.setIntr(held.cpu, 1);
    held.run(10);
    expect(held.frame32(0)).toBe(CODE + 9);
    const halted = withPic();
    halted.start32();
    halted.put(CODE, bytes("fb f4 90"));
    expect(halted.run(10)).toBe(EXIT.halted);
    expect(Number(halted.rip)).toBe(CODE + 2);
    halted.ex.setIntr(halted.cpu, 1);
    expect(halted.run(10)).toBe(EXIT.halted);
    expect(halted.frame32(0)).toBe(CODE + 2);
  });

  it("blocks a second NMI until IRET", () => {
    const core = new SystemCore();
    core.start32();
    core.put(HANDLERS + 32, bytes("43 90 90 90 cf"));
    core.put(CODE, bytes("90 90 eb fe"));
    core.ex.pulseNmi(core.cpu);
    core.run(2);
    core.ex.pulseNmi(core.cpu);
    core.run(2);
    expect(Number(core.reg("rbx"))).toBe(1);
    core.run(20);
    expect(Number(core.reg("rbx"))).toBe(2);
    expect(Number(core.reg("rsp"))).toBe(STACK);
  });

  it("wakes from HLT by NMI with interrupts off", () => {
    const core = new SystemCore();
    core.start32();
    core.put(CODE, bytes("f4 90"));
    expect(core.run(10)).toBe(EXIT.halted);
    expect(core.ex.wakes(core.cpu)).toBe(0);
    core.ex.pulseNmi(core.cpu);
    expect(core.ex.wakes(core.cpu)).toBe(1);
    core.run(10);
    expect(Number(core.rip)).toBe(HANDLERS + 33);
    expect(core.frame32(0)).toBe(CODE + 1);
  });
});

describe("flags", () => {
  it("keeps IF and IOPL from programs that may not change them", () => {
    const core = new SystemCore();
    core.start32(3);
    expect(core.vectorOf("68 d5 7a 00 00 9d 9c 58 cd 80")).toBe(0x80); // push; popfd; pushfd; pop eax
    expect(Number(core.reg("rax")) & ~0x4000).toBe(0x8d5 | 2);
  });

  it("moves flags by LAHF and SAHF, and any combination of ZF, SF, PF", () => {
    const core = new SystemCore();
    core.start32();
    expect(core.vectorOf("b4 d5 9e 9f 88 e3 b4 c4 9e 9f f4")).toBe(-1);
    expect(Number(core.reg("rbx")) & 0xff).toBe(0xd7);
    expect((Number(core.reg("rax")) >> 8) & 0xff).toBe(0xc6);
  });
});

describe("ports", () => {
  it("repeats INS and OUTS item by item where the device has no block path", () => {
    const out: number[] = [];
    let next = 1;
    const core = new SystemCore({ portRead: () => next++, portWrite: (_port, _size, value) => out.push(value) });
    core.start32();
    // rep insb to 0x9000, 5 times; rep outsb from there; hlt
    expect(core.vectorOf("bf 00 90 00 00 b9 05 00 00 00 ba 80 00 00 00 f3 6c be 00 90 00 00 b1 05 f3 6e f4")).toBe(-1);
    expect([...core.ram.slice(0x9000, 0x9006)]).toEqual([1, 2, 3, 4, 5, 0]);
    expect(out).toEqual([1, 2, 3, 4, 5]);
    expect([core.reg("rdi"), core.reg("rsi"), core.reg("rcx")].map(Number)).toEqual([0x9005, 0x9005, 0]);
  });

  it("leaves the registers at the item that faults", () => {
    let reads = 0;
    const core = new SystemCore({ portRead: () => ++reads });
    core.start32();
    core.setSegment("es", SEL.data16, 0x93, 0x9001, 0);
    core.ex.stateSet(core.cpu);
    expect(core.vectorOf("bf 00 90 00 00 b9 05 00 00 00 ba 80 00 00 00 f3 6c f4")).toBe(13);
    expect([core.reg("rdi"), core.reg("rcx")].map(Number)).toEqual([0x9002, 3]);
    expect(reads).toBe(2);
    expect(core.frame32(1)).toBe(CODE + 15);
  });
});

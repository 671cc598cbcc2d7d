/**
 * Accesses at the end of a segment of 64 KiB in real mode: data, stack, strings and code. Protected mode: system-wraps.
 * [SDM1] 3.3.7 (wrap-around) – [SDM3] 5.3 (limits), 22.17 (segment wrap-around)
 */
import { describe, expect, it } from "vitest";
import { ATTR, EXIT, TestCore } from "./harness.ts";
import { bytes, le16 } from "./system-image.ts";

const SS_FAULT = 12;
const GP_FAULT = 13;

/** Real mode: CS = 1000h, DS = 2000h, ES = 3000h, SS = 4000h; vector n goes to 0050:n*16, a HLT. */
function real(): TestCore {
  const core = new TestCore(4 << 20);
  core.enterReal({ cs: 0x1000, ds: 0x2000, es: 0x3000, ss: 0x4000 });
  for (let vector = 0; vector < 32; vector++) {
    core.view.setUint16(vector * 4, vector * 16, true);
    core.view.setUint16(vector * 4 + 2, 0x50, true);
  }
  core.put(0x500, new Array<number>(512).fill(0xf4));
  core.setReg("rsp", 0x8000);
  return core;
}

/** The vector whose handler halted, -1 for a HLT elsewhere, -3 for a shutdown. */
function realVector(core: TestCore, ip: number, code: string): number {
  core.put(0x10000 + ip, bytes(code));
  core.rip = ip;
  const exit = core.run(500);
  if (exit === EXIT.tripleFault) return -3;
  if (exit !== EXIT.halted) return -2;
  return core.selector("cs") === 0x50 ? (Number(core.rip) - 1) >> 4 : -1;
}

describe("real mode at offset FFFFh", () => {
  it.each([
    ["mov al,[ffff]", "a0 ff ff f4", -1],
    ["mov ax,[fffe]", "a1 fe ff f4", -1],
    ["mov ax,[ffff]", "a1 ff ff f4", GP_FAULT],
    ["mov [ffff],ax", "a3 ff ff f4", GP_FAULT],
    ["mov eax,[fffd]", "66 a1 fd ff f4", GP_FAULT],
    ["mov eax,[fffc]", "66 a1 fc ff f4", -1],
    ["mov ax,ss:[ffff]", "36 a1 ff ff f4", SS_FAULT],
    ["inc word [ffff]", "ff 06 ff ff f4", GP_FAULT],
    ["lds ax,[fffd]", "c5 06 fd ff f4", GP_FAULT],
    ["fld tword [fff8]", "db 2e f8 ff f4", GP_FAULT],
    ["mov al,[00010000h] by a 32-bit address", "67 a0 00 00 01 00 f4", GP_FAULT],
    ["mov al,[ffffffffh] by a 32-bit address", "67 a0 ff ff ff ff f4", GP_FAULT],
  ])("%s", (_name, code, vector) => {
    const core = real();
    core.ram.fill(0x5a, 0x2fff0, 0x30010);
    expect(realVector(core, 0, code)).toBe(vector);
    if (vector > 0) expect(core.ram.subarray(0x2fff0, 0x30010).every((byte) => byte === 0x5a)).toBe(true);
  });

  it("adds base, index and displacement in 16 bits", () => {
    const core = real();
    core.ram[0x20001] = 0x77;
    core.setReg("rbx", 0xffff);
    core.setReg("rsi", 0x0f);
    expect(realVector(core, 0, "8a 40 f3 f4")).toBe(-1); // mov al,[bx+si-13]
    expect(Number(core.reg("rax")) & 0xff).toBe(0x77);
  });

  it("goes on at 0 with strings of bytes, and stops before an operand across the end", () => {
    const core = real();
    core.put(0x2fffe, [1, 2]);
    core.put(0x20000, [3, 4]);
    core.setReg("rsi", 0xfffe);
    core.setReg("rdi", 0xffff);
    core.setReg("rcx", 4);
    expect(realVector(core, 0, "f3 a4 f4")).toBe(-1);
    expect([core.ram[0x3ffff], ...core.ram.subarray(0x30000, 0x30003)]).toEqual([1, 2, 3, 4]);
    expect([core.reg("rsi"), core.reg("rdi"), core.reg("rcx")].map(Number)).toEqual([2, 3, 0]);
    const words = real();
    words.setReg("rsi", 0xfffb);
    words.setReg("rdi", 0);
    words.setReg("rcx", 4);
    expect(realVector(words, 0, "f3 a5 f4")).toBe(GP_FAULT);
    // Two words are done; the third is at FFFFh.
    expect([words.reg("rsi"), words.reg("rdi"), words.reg("rcx")].map(Number)).toEqual([0xffff, 4, 2]);
    const down = real();
    down.setReg("rdi", 1);
    down.setReg("rcx", 3);
    down.setReg("rax", 0x99);
    expect(realVector(down, 0, "fd f3 aa f4")).toBe(-1); // std; rep stosb
    expect([down.ram[0x30001], down.ram[0x30000], down.ram[0x3ffff]]).toEqual([0x99, 0x99, 0x99]);
    expect(Number(down.reg("rdi"))).toBe(0xfffe);
  });

  it("leaves the upper halves of index registers alone", () => {
    const core = real();
    core.setReg("rsi", 0x1234_ffff);
    core.setReg("rdi", 0x5678_ffff);
    core.setReg("rcx", 0x9abc_0002);
    expect(realVector(core, 0, "f3 a4 f4")).toBe(-1);
    expect([core.reg("rsi"), core.reg("rdi"), core.reg("rcx")].map(Number)).toEqual([0x1234_0001, 0x5678_0001, 0x9abc_0000]); // prettier-ignore
  });

  it("pushes from 0 to FFFEh; a word at FFFFh has no place, and then the exception has none either", () => {
    const core = real();
    core.setReg("rsp", 0x7777_0000);
    expect(realVector(core, 0, "b8 34 12 50 f4")).toBe(-1);
    expect(core.view.getUint16(0x4fffe, true)).toBe(0x1234);
    expect(Number(core.reg("rsp"))).toBe(0x7777_fffe);
    const odd = real();
    odd.setReg("rsp", 1);
    expect(realVector(odd, 0, "50 f4")).toBe(-3);
    const pop = real();
    pop.setReg("rsp", 0xffff);
    expect(realVector(pop, 0, "58 f4")).toBe(SS_FAULT);
    const last = real();
    last.setReg("rsp", 0xfffe);
    last.view.setUint16(0x4fffe, 0x4321, true);
    expect(realVector(last, 0, "58 f4")).toBe(-1);
    expect([last.reg("rax"), last.reg("rsp")].map(Number)).toEqual([0x4321, 0]);
  });

  it("wraps the target of a short jump in 16 bits, and does not fetch across the end", () => {
    const forward = real();
    forward.put(0x10010, [0xf4]);
    expect(realVector(forward, 0xfff0, "eb 1e")).toBe(-1); // FFF2h + 1Eh
    expect(Number(forward.rip)).toBe(0x11);
    const backward = real();
    backward.put(0x1fff0, [0xf4]);
    expect(realVector(backward, 0, "eb ee")).toBe(-1);
    expect(Number(backward.rip)).toBe(0xfff1);
    const call = real();
    call.put(0x10005, [0xf4]);
    expect(realVector(call, 0xfffd, "e8 05 00")).toBe(-1); // the return address is 0
    expect(call.view.getUint16(0x47ffe, true)).toBe(0);
    const across = real();
    across.put(0x20000, [0x12]);
    expect(realVector(across, 0xfffe, "b8 34")).toBe(GP_FAULT); // mov ax,imm16 with its last byte outside
    expect(across.view.getUint16(0x47ffa, true)).toBe(0xfffe);
  });

  it("faults at 10000h after an instruction that ends at FFFFh", () => {
    const core = real();
    expect(realVector(core, 0xffff, "40")).toBe(GP_FAULT);
    expect(Number(core.reg("rax")) & 0xffff).toBe(1);
    expect(core.view.getUint16(0x47ffa, true)).toBe(0); // IP of 10000h in 16 bits
  });

  // Longer than a trace, and over a page's end: what follows is found in other ways than what is jumped to.
  it.each([
    ["200 instructions in one page", 0x1010, 200],
    ["the last 16 in the next page", 0x1001, 40],
  ])("faults at 10000h each time that code runs up to FFFFh: %s", (_name, cs, length) => {
    const core = real();
    const start = 0x10000 - length;
    core.enterReal({ cs, ds: 0x2000, es: 0x3000, ss: 0x4000 });
    core.put(cs * 16 + start, new Array<number>(length).fill(0x90));
    core.put(cs * 16 + 0x10000, new Array<number>(256).fill(0x40)); // inc ax
    // inc cx; cmp cx,4; je to the HLT; jmp to the start
    core.put(0x500 + GP_FAULT * 16, bytes(`41 83 f9 04 74 05 ea ${le16(start)} ${le16(cs)} f4`));
    core.rip = start;
    expect(core.run(4000)).toBe(EXIT.halted);
    expect([core.reg("rcx"), core.reg("rax"), core.reg("rsp")].map(Number)).toEqual([4, 0, 0x8000 - 4 * 6]);
    expect(core.view.getUint16(0x40000 + 0x8000 - 4 * 6, true)).toBe(0);
  });

  it("reaches the first 65,520 bytes above 1 MiB with A20, and the bottom without", () => {
    for (const [isOpen, value] of [
      [true, 0x11],
      [false, 0x22],
    ] as const) {
      const core = real();
      core.put(0x100010, [0x11]);
      core.put(0x10, [0x22]);
      core.setSegment("ds", 0xffff, ATTR.data16, 0xffff, 0xffff0);
      core.ex.setA20!(isOpen);
      expect(realVector(core, 0, "a0 20 00 f4")).toBe(-1);
      expect(Number(core.reg("rax")) & 0xff).toBe(value);
    }
  });
});

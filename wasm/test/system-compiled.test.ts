/**
 * What an operating system executes all the time, in compiled code (wasm/jit/emit-system.ts): CLI STI PUSHF POPF CLD STD and segment
 * registers, with interrupts that arrive while they are held off. Interpreter and compiled code come to the same state after
 * every few hundred instructions.
 */
import { describe, expect, it } from "vitest";
import { EXIT, TestCore } from "./harness.ts";
import { CODE as LONG_CODE, HANDLERS, SystemCore, bytes } from "./system-image.ts";

const CODE = 0x1000;
const HANDLER = 0x1800;
const GDT = 0x2000;
const IDT = 0x3000;
const TABLE_REGISTERS = 0x4000;
const HASH = 0x5000;
const STACK = 0x8000;
const VECTOR = 0x50;
const ROUNDS = 2000;
const FS_BASE = 0x6000;
const INTERRUPT_GATE = 0x8e00;

const NOT_MAPPED = 0x40_0000_0000;

const dword = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 0xff);

/** Base below 16 MiB, limit 4 GiB, present, accessed. */
const descriptor = (base: number, type: number): number[] => [
  0xff,
  0xff,
  base & 0xff,
  (base >>> 8) & 0xff,
  base >>> 16,
  type,
  0xcf,
  0,
];

const ROUND = [
  ...[0x9c, 0xfa, 0xfc], // pushfd; cli; cld
  ...[0xf6, 0xc1, 0x07, 0x75, 0x02, 0xe6, 0x80], // test cl, 7; jnz +2; out 80h, al: an interrupt is due
  ...[0x1e, 0x07], // push ds; pop es
  ...[0xba, ...dword(0x18), 0x8e, 0xe2, 0x64, 0x33, 0x1d, ...dword(0x20)], // mov edx, 18h; mov fs, dx; xor ebx, fs:[20h]
  ...[0x31, 0xd2, 0x8e, 0xda, 0xba, ...dword(0x10), 0x8e, 0xda], // xor edx, edx; mov ds, dx; mov edx, 10h; mov ds, dx
  ...[0xfd, 0x01, 0xdf, 0x9c, 0x58, 0x01, 0xc7], // std; add edi, ebx; pushfd; pop eax; add edi, eax
  ...[0xfb, 0x47, 0x47, 0xfa, 0x47], // sti; inc edi; inc edi; cli; inc edi
  ...[0x83, 0xc7, 0x7f, 0x9d, 0x83, 0xd7, 0x03], // add edi, 7Fh; popfd; adc edi, 3
  ...[0xf6, 0xc1, 0x03, 0x75, 0x02, 0xe6, 0x80], // test cl, 3; jnz +2; out 80h, al
];

/** The handler mixes where and when it came into a word. */
const HANDLER_CODE = [
  ...[0x50, 0x8b, 0x44, 0x24, 0x04, 0xc1, 0x05, ...dword(HASH), 0x05], // push eax; mov eax, [esp+4]; rol dword [HASH], 5
  ...[0x01, 0x05, ...dword(HASH), 0x31, 0x3d, ...dword(HASH)], // add [HASH], eax; xor [HASH], edi
  ...[0x58, 0xcf], // pop eax; iretd
];

function make(jitThreshold?: number): TestCore {
  const core: TestCore = new TestCore(
    16 << 20,
    {
      portWrite: () => core.ex.setIntr!(core.cpu, 1),
      picAcknowledge: () => {
        core.ex.setIntr!(core.cpu, 0);
        return VECTOR;
      },
    },
    0,
    jitThreshold,
  );
  core.enterProtected();
  core.put(GDT, [
    ...new Array<number>(8).fill(0),
    ...descriptor(0, 0x9b),
    ...descriptor(0, 0x93),
    ...descriptor(FS_BASE, 0x93),
  ]);
  core.put(IDT + VECTOR * 8, [HANDLER & 0xff, HANDLER >> 8, 8, 0, INTERRUPT_GATE & 0xff, INTERRUPT_GATE >> 8, 0, 0]);
  core.put(TABLE_REGISTERS, [0x1f, 0, ...dword(GDT), 0, 0, 0xff, 0x07, ...dword(IDT)]);
  core.put(HANDLER, HANDLER_CODE);
  core.put(FS_BASE + 0x20, dword(0x1234_5677));
  const start = [
    ...[0x0f, 0x01, 0x15, ...dword(TABLE_REGISTERS), 0x0f, 0x01, 0x1d, ...dword(TABLE_REGISTERS + 8)], // lgdt; lidt
    ...[0xb9, ...dword(ROUNDS)], // mov ecx, ROUNDS
  ];
  const back = -(ROUND.length + 7);
  core.put(CODE, [...start, ...ROUND, 0x49, 0x0f, 0x85, ...dword(back), 0xf4]); // dec ecx; jnz; hlt
  core.setReg("rsp", STACK);
  core.flags = 0x202;
  core.rip = CODE;
  return core;
}

function stateOf(core: TestCore): Record<string, unknown> {
  const registers = (["rax", "rbx", "rcx", "rdx", "rdi", "rsp"] as const).map((name) => core.reg(name));
  const selectors = (["es", "ds", "fs"] as const).map((name) => core.selector(name));
  return { rip: core.rip, flags: core.flags, registers, selectors, hash: core.view.getUint32(HASH, true) };
}

describe("system instructions in compiled code", () => {
  it.each([61, 997])("the same as interpreted, looked at every %i instructions", (step) => {
    const interpreted = make(undefined);
    const compiled = make(20);
    for (let done = 0; interpreted.reg("rcx") !== 0n || done === 0; done += step) {
      expect(compiled.run(step)).toBe(interpreted.run(step));
      expect(stateOf(compiled), `after ${done + step} instructions`).toEqual(stateOf(interpreted));
    }
    expect(interpreted.view.getUint32(HASH, true)).not.toBe(0);
    if (step > 256) expect(Number(compiled.ex.statCompiledInstructions!())).toBeGreaterThan(ROUNDS * 10);
  });
});

describe("x87 instructions in compiled code", () => {
  it.each([undefined, 2])("raise #NM before their operand is looked at (compiled after %s entries)", (threshold) => {
    const core = new SystemCore({}, 0, threshold);
    core.start64();
    // fninit; again: fld qword [rbx]; fstp st(0); dec ecx; jnz again
    // mov rbx, rdx; mov rax, cr0; or al, 8 (TS); mov cr0, rax; jmp again
    core.put(LONG_CODE, bytes("db e3 dd 03 dd d8 ff c9 75 f8 48 89 d3 0f 20 c0 0c 08 0f 22 c0 eb eb"));
    core.view.setFloat64(0x30_0000, 1.5, true);
    core.setReg("rbx", 0x30_0000);
    core.setReg("rcx", 5000);
    core.setReg("rdx", NOT_MAPPED);
    core.rip = LONG_CODE;
    expect(core.run(50_000)).toBe(EXIT.halted);
    if (threshold !== undefined) expect(Number(core.ex.statCompiledInstructions!())).toBeGreaterThan(100);
    expect(Number(core.rip) - 1).toBe(HANDLERS + 7 * 16);
    expect(core.ex.getControl!(core.cpu, 2)).toBe(0n);
  });
});

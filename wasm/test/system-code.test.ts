/**
 * Code that is written while it runs: by every kind of store, into the next instruction, into the instruction itself, across
 * pages, through another linear address, by string and port instructions; and code that changes because paging does.
 * Every program runs hot, and at several lengths of run, so that no way of keeping decoded or compiled code goes unseen.
 * [SDM3] 8.1.3, 11.6, 4.10.2.3 – [APM2] 7.6.1
 */
import { describe, expect, it, vi } from "vitest";
import { EXIT } from "./harness.ts";
import { CODE, SEL, SystemCore, bytes } from "./system-image.ts";

// Compiled (POSADA_JIT), each change of the code is a module of its own.
vi.setConfig({ testTimeout: 60_000 });

const SLICES = [1, 3, 1000, 1_000_000];
const OTHER = 0x2_0000;

/** Runs to HLT in slices; what `result` makes of the core must not depend on their length. */
function runInSlices<T>(
  make: () => SystemCore,
  code: string,
  result: (core: SystemCore) => T,
  more: [number, string][] = [],
): T {
  const results = SLICES.map((slice) => {
    const core = make();
    core.put(CODE, bytes(code));
    for (const [at, text] of more) core.put(at, bytes(text));
    let exit: number = EXIT.budget;
    for (let n = 0; n < 100_000 && exit === EXIT.budget; n += slice) exit = core.run(slice);
    expect([slice, exit]).toEqual([slice, EXIT.halted]);
    return result(core);
  });
  for (const other of results) expect(other).toEqual(results[0]);
  return results[0]!;
}

const protectedMode = (): SystemCore => {
  const core = new SystemCore({ portRead: () => 0x43434343 });
  core.start32();
  return core;
};
const rax = (core: SystemCore): number => Number(core.reg("rax"));
const rbx = (core: SystemCore): number => Number(core.reg("rbx"));

describe("a store into the next instruction", () => {
  /** INC EAX as often as NOPs were replaced; the rest of the program is `40` already where nothing is stored. */
  const stores: [string, string, number, number][] = [
    ["MOV byte", "c6 05 07 80 00 00 43 40 f4", 0, 1],
    ["MOV doubleword", "c7 05 0a 80 00 00 43 43 43 43 40 40 40 40 f4", 0, 4],
    ["PUSH", "bc 0e 80 00 00 68 43 43 43 43 40 40 40 40 f4", 0, 4],
    ["XCHG", "b1 43 86 0d 08 80 00 00 40 f4", 0, 1],
    ["MOVQ", "0f 7f 05 07 80 00 00 40 40 40 40 40 40 40 40 f4", 0, 8],
    ["MOVUPS", `0f 11 05 07 80 00 00 ${"40 ".repeat(16)} f4`, 0, 16],
    ["CMPXCHG8B", "b9 43 43 43 43 f0 0f c7 0d 0d 80 00 00 40 40 40 40 40 40 40 40 f4", 0x40404040, 8],
    ["REP STOSB", "bf 0f 80 00 00 b9 04 00 00 00 b0 43 fc f3 aa 40 40 40 40 f4", 0x43, 4],
    ["REP MOVSB", "be 00 00 02 00 bf 12 80 00 00 b9 04 00 00 00 fc f3 a4 40 40 40 40 f4", 0, 4],
    ["INSB", "bf 0b 80 00 00 ba 80 00 00 00 6c 40 f4", 0, 1],
    ["FISTP", "db 1d 06 80 00 00 40 40 40 40 f4", 0, 4],
  ];
  it.each(stores)("by %s", (name, code, startRax, increments) => {
    const make = (): SystemCore => {
      const core = protectedMode();
      const cpu = new DataView(core.memory.buffer, core.cpu);
      core.setReg("rax", startRax);
      core.setReg("rbx", 0x43434343);
      if (name === "CMPXCHG8B") core.setReg("rdx", 0x40404040);
      core.put(OTHER, [0x43, 0x43, 0x43, 0x43]);
      for (const at of [512, 520, 672, 680]) cpu.setBigUint64(at, 0x4343434343434343n, true); // R0, XMM0
      if (name === "FISTP") {
        // ST(0) = 43434343h
        cpu.setUint16(642, 0, true);
        cpu.setUint8(644, 1);
        cpu.setBigUint64(512, 0x8686868600000000n, true);
        cpu.setBigUint64(520, 0x401dn, true);
      }
      return core;
    };
    // 40 is INC EAX, 43 INC EBX.
    const increasedBy = runInSlices(make, code, (core) => [rbx(core) - 0x43434343, rax(core) - (startRax & ~0xff)]);
    expect(increasedBy).toEqual([increments, name === "INSB" ? 0 : startRax & 0xff]);
  });

  it("in a loop", () => {
    // mov ecx,60; l: inc byte [x+1]; x: mov al,0; add ebx,eax; and eax,0; dec ecx; jnz l; hlt
    const code = "b9 3c 00 00 00 fe 05 0c 80 00 00 b0 00 01 c3 25 00 00 00 00 49 75 ee f4";
    let sum = 0;
    for (let i = 1; i <= 60; i++) sum += i;
    expect(runInSlices(protectedMode, code, rbx)).toBe(sum);
  });

  it("in a loop in real mode", () => {
    // mov cx,300; l: inc byte [x+1]; x: mov al,0; cbw; add bx,ax; loop l; hlt
    const make = (): SystemCore => {
      const core = new SystemCore();
      core.enterReal({});
      core.rip = CODE;
      return core;
    };
    let sum = 0;
    for (let i = 1; i <= 300; i++) sum += (i << 24) >> 24;
    expect(runInSlices(make, "b9 2c 01 fe 06 08 80 b0 00 98 01 c3 e2 f5 f4", (core) => rbx(core) & 0xffff)).toBe(
      sum & 0xffff,
    );
  });
});

it("an instruction may change itself for the next time", () => {
  // mov ecx,20; l: mov al,[d]; s: add dword [s+6],3: adds its own immediate to it; inc dword [d]; dec ecx; jnz l; hlt
  const code =
    "b9 14 00 00 00 a0 20 80 00 00 81 05 10 80 00 00 03 00 00 00 ff 05 20 80 00 00 49 75 e8 f4 90 90 00 00 00 00";
  expect(runInSlices(protectedMode, code, (core) => core.view.getUint32(CODE + 0x10, true))).toBe(3 << 20);
});

it("an instruction behind the one under way in the same trace sees a store from inside a loop of its own page", () => {
  // l: mov al,1; inc byte [l+1]; cmp byte [l+1],100; jne l; mov al,[l+1]; hlt
  const code = "b0 01 fe 05 01 80 00 00 80 3d 01 80 00 00 64 75 ef a0 01 80 00 00 f4";
  expect(runInSlices(protectedMode, code, rax)).toBe(100);
});

it("bytes that are two instructions, by where they are entered, change in both", () => {
  // mov ecx,51; l: xor byte [m],8; mov dl,1; db 0xb8; m: inc ebx | dec ebx; nop ×3; test dl,dl; jz e; mov dl,0; jmp m; e: dec ecx; jnz l
  const code = "b9 33 00 00 00 80 35 0f 80 00 00 08 b2 01 b8 43 90 90 90 84 d2 74 07 b2 00 e9 f1 ff ff ff 49 75 e4 f4";
  expect(runInSlices(protectedMode, code, (core) => [rax(core), rbx(core)])).toEqual([0x9090904b, 0xffffffff]);
});

it("an instruction across two pages sees stores into the second", () => {
  // mov ecx,60; l: inc byte [0x21000]; call 0x20ffe; add ebx,eax; dec ecx; jnz l; hlt
  const code = "b9 3c 00 00 00 fe 05 00 10 02 00 e8 ee 8f 01 00 01 c3 49 75 f0 f4";
  let sum = 0;
  for (let i = 1; i <= 60; i++) sum += 1 + (i << 8);
  expect(runInSlices(protectedMode, code, rbx, [[0x20ffe, "b8 01 00 00 00 c3"]])).toBe(sum);
});

it("a store across two pages changes code at the start of the second", () => {
  // mov ecx,60; l: inc bl; mov eax,ebx; shl eax,24; or eax,0xb00000; mov [0x1fffe],eax; call 0x20000; movzx edx,al; add esi,edx; …
  const code =
    "b9 3c 00 00 00 fe c3 89 d8 c1 e0 18 0d 00 00 b0 00 a3 fe ff 01 00 e8 e5 7f 01 00 0f b6 d0 01 d6 49 75 e2 f4";
  let sum = 0;
  for (let i = 1; i <= 60; i++) sum += i;
  expect(runInSlices(protectedMode, code, (core) => Number(core.reg("rsi")), [[OTHER, "b0 00 c3"]])).toBe(sum);
});

it("a whole page of code that REP STOS writes is new code", () => {
  // fill 4096 bytes with inc ebx, ret behind them, call; fill with dec ebx, call; half of it with inc ebx, call
  const code =
    "b9 00 10 00 00 bf 00 00 02 00 b0 43 fc f3 aa c6 05 00 10 02 00 c3 e8 e5 7f 01 00 b9 00 10 00 00 bf 00 00 02 00 b0 4b " +
    "f3 aa e8 d2 7f 01 00 b9 00 08 00 00 bf 00 00 02 00 b0 43 f3 aa e8 bf 7f 01 00 f4";
  expect(runInSlices(protectedMode, code, rbx)).toBe(0);
});

it("code that has run and is then pushed over is other code", () => {
  // mov esp,0x9000; call 0x20000 (ret); mov esp,0x20004; push 0xf4434343 (inc ebx, three times; hlt); jmp 0x20000
  const code = "bc 00 90 00 00 e8 f6 7f 01 00 bc 04 00 02 00 68 43 43 43 f4 e9 e7 7f 01 00";
  expect(runInSlices(protectedMode, code, rbx, [[OTHER, "c3 90 90 90"]])).toBe(3);
});

describe("paging and code", () => {
  const PDE = 0x30_0000;
  const PT = 0x30_1000;
  /** Linear 0–4 MiB one to one by a large page. */
  const paged = (second: number): SystemCore => {
    const core = protectedMode();
    core.view.setUint32(PDE, 0x87, true);
    core.view.setUint32(PDE + 4, second, true);
    core.ex.setControl(core.cpu, 0x8000_0011n, BigInt(PDE), 0x610n, 0n);
    core.ex.stateSet(core.cpu);
    return core;
  };

  it("a store through another linear address changes code", () => {
    // mov ecx,300; l: inc byte [0x40800c]; x: mov al,0; movzx edx,al; add ebx,edx; dec ecx; jnz l; hlt
    const code = "b9 3c 00 00 00 fe 05 0c 80 40 00 b0 00 0f b6 d0 01 d3 49 75 f0 f4";
    let sum = 0;
    for (let i = 1; i <= 60; i++) sum += i;
    expect(runInSlices(() => paged(0x87), code, rbx)).toBe(sum);
  });

  it("another page under the same linear address is other code, after INVLPG", () => {
    const make = (): SystemCore => {
      const core = paged(PT | 7);
      core.view.setUint32(PT, 0x2_0007, true);
      return core;
    };
    // mov ecx,300; l: mov eax,0x400000; call eax; add ebx,edx; xor dword [PT],0x1000; invlpg [0x400000]; dec ecx; jnz l; hlt
    const code =
      "b9 2c 01 00 00 b8 00 00 40 00 ff d0 01 d3 81 35 00 10 30 00 00 10 00 00 0f 01 3d 00 00 40 00 49 75 e3 f4";
    const more: [number, string][] = [
      [0x2_0000, "ba 01 00 00 00 c3"],
      [0x2_1000, "ba 00 01 00 00 c3"],
    ];
    expect(runInSlices(make, code, rbx, more)).toBe(150 + 150 * 256);
  });

  it("code that becomes non-executable is executed no more", () => {
    for (const slice of SLICES) {
      const core = new SystemCore();
      core.start64();
      core.ex.setControl(core.cpu, 0x8005_0033n, 0x70_0000n, 0x6a0n, 0xd01n | 0x800n);
      core.view.setBigUint64(0x70_2008, 0x70_3007n, true); // the second 2 MiB by small pages
      for (let i = 0; i < 512; i++) core.view.setBigUint64(0x70_3000 + i * 8, BigInt(0x20_0007 + i * 0x1000), true);
      core.ex.stateSet(core.cpu);
      core.put(0x20_1000, [0xff, 0xc3, 0xc3]); // inc ebx; ret
      // mov eax,0x201000; call rax; bts qword [0x703008],63; invlpg [0x201000]; call rax; hlt
      core.put(CODE, bytes("b8 00 10 20 00 ff d0 48 0f ba 2c 25 08 30 70 00 3f 0f 01 3c 25 00 10 20 00 ff d0 f4"));
      let exit: number = EXIT.budget;
      for (let i = 0; i < 1000 && exit === EXIT.budget; i++) exit = core.run(slice);
      expect(Number(core.rip)).toBe(0x4000 + 14 * 16 + 1);
      expect([core.frame64(0), core.frame64(1), core.frame64(2)]).toEqual([0x11, 0x20_1000, SEL.code64]);
      expect(rbx(core)).toBe(1);
    }
  });

  it("code whose page becomes the supervisor's or absent is executed no more at level 3", () => {
    for (const entry of [0x2_0003, 0x2_0000]) {
      const core = protectedMode();
      core.start32(3);
      core.view.setUint32(PDE, 0x87, true);
      core.view.setUint32(PDE + 4, PT | 7, true);
      core.view.setUint32(PT, 0x2_0007, true);
      core.ex.setControl(core.cpu, 0x8000_0011n, BigInt(PDE), 0x610n, 0n);
      core.ex.stateSet(core.cpu);
      core.put(0x2_0000, bytes("43 cd 80")); // inc ebx; int 0x80
      core.rip = 0x40_0000;
      // The handler changes the page and goes back: mov dword [PT],entry; invlpg [0x400000]; sub dword [esp],3; iretd
      const image = [0, 8, 16, 24].map((shift) => ((entry >> shift) & 255).toString(16)).join(" ");
      core.put(0x4000 + 0x80 * 16, bytes(`c7 05 00 10 30 00 ${image} 0f 01 3d 00 00 40 00 83 2c 24 03 cf`));
      expect(core.run(100)).toBe(EXIT.halted);
      expect(Number(core.rip)).toBe(0x4000 + 14 * 16 + 1);
      expect([core.frame32(0), core.frame32(1), rbx(core)]).toEqual([entry & 1 ? 5 : 4, 0x40_0000, 1]);
    }
  });
});

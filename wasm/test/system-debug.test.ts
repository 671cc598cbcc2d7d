/**
 * Debug registers and single stepping: which instructions trap, where, with which DR6 and RF, and what puts a trap off.
 * The traps are watched from outside at single instructions, and counted by the guest's own handler in longer runs.
 * [SDM3] 18.2, 18.3, 6.8.3 – [APM2] 13.1
 */
import { describe, expect, it } from "vitest";
import { ATTR, EXIT } from "./harness.ts";
import { CODE, HANDLERS, SEL, SystemCore, bytes, descriptor, gate, le32 } from "./system-image.ts";

const RF = 0x10000;
const TF = 0x100;
const B0 = 1;
const B1 = 2;
const BD = 0x2000;
const BS = 0x4000;
const DATA = 0x2_0000;

const dr6Of = (core: SystemCore): number =>
  Number(new DataView(core.memory.buffer, core.cpu).getBigUint64(440, true)) & 0xe00f;

interface Trap {
  /** Where the handler would return to, from the start of the program. */
  at: number;
  dr6: number;
  rf: boolean;
}

/** Sets breakpoint `n` at `address`; `kind`: 0 execute, 1 write, 2 port, 3 read or write; `length` in bytes. */
function breakpoint(n: number, address: number, kind: number, length = 1): string {
  const control = (2 << (n * 2)) | ((kind | ((length - 1) << 2)) << (16 + n * 4));
  // mov eax,address; mov drN,eax; mov eax,control; mov dr7,eax
  return `b8 ${le32(address)} 0f 23 ${(0xc0 + n * 8).toString(16)} b8 ${le32(control)} 0f 23 f8`;
}
const SETUP = bytes(breakpoint(0, 0, 0)).length;
/** pushfd; or dword [esp],TF; popfd */
const TF_ON = "9c 81 0c 24 00 01 00 00 9d";
const STEP_SETUP = bytes(TF_ON).length;

/**
 * Runs the program instruction by instruction. The handler of #DB is IRET, with RF set before it where `resume` says so;
 * DR6 is cleared after each. The program ends with HLT.
 */
function watch(core: SystemCore, code: string, resume = false, maxSteps = 300): Trap[] {
  core.put(HANDLERS + 16, bytes("cf"));
  core.put(CODE, bytes(code));
  const traps: Trap[] = [];
  for (let i = 0; i < maxSteps; i++) {
    if (Number(core.rip) === HANDLERS + 16) {
      if (core.frame32(0) - CODE >= bytes(code).length) break; // behind the last HLT, which a trap ends
      traps.push({ at: core.frame32(0) - CODE, dr6: dr6Of(core), rf: (core.frame32(2) & RF) !== 0 });
      new DataView(core.memory.buffer, core.cpu).setBigUint64(440, 0xffff0ff0n, true);
      if (resume) core.view.setUint32(Number(core.reg("rsp")) + 8, core.frame32(2) | RF, true);
    }
    if (core.run(1) !== EXIT.budget) break;
  }
  return traps;
}

function start(): SystemCore {
  const core = new SystemCore();
  core.start32();
  return core;
}

describe("instruction breakpoints", () => {
  it("stop before the instruction, without RF in the frame; RF lets it run", () => {
    // nop; inc ecx; hlt
    const traps = watch(start(), `${breakpoint(0, CODE + SETUP + 1, 0)} 90 41 f4`, true);
    expect(traps).toEqual([{ at: SETUP + 1, dr6: B0, rf: false }]);
  });

  it("stop a repeated string instruction once, not at every visit", () => {
    const core = start();
    // mov edi,DATA; mov ecx,12288; cld; rep stosb; hlt
    const code = `${breakpoint(0, CODE + SETUP + 11, 0)} bf ${le32(DATA)} b9 00 30 00 00 fc f3 aa f4`;
    expect(watch(core, code, true)).toEqual([{ at: SETUP + 11, dr6: B0, rf: false }]);
    expect(Number(core.reg("rcx"))).toBe(0);
  });

  it("report the register that matched now, and leave the other bits alone", () => {
    const core = start();
    // mov eax,0x4002 (BS, B1); mov dr6,eax; then the breakpoint
    const code = `b8 02 40 00 00 0f 23 f0 ${breakpoint(0, CODE + 8 + SETUP, 0)} 41 f4`;
    expect(watch(core, code, true)).toEqual([{ at: 8 + SETUP, dr6: BS | B0, rf: false }]);
  });

  it("are not put off by MOV SS where the processor is AMD's", () => {
    // mov ax,ss; mov ss,ax; inc ecx; hlt
    const traps = watch(start(), `${breakpoint(0, CODE + SETUP + 6, 0)} 66 8c d0 66 8e d0 41 f4`, true);
    expect(traps).toEqual([{ at: SETUP + 6, dr6: B0, rf: false }]);
  });

  it("go before a fault of the same instruction", () => {
    const core = start();
    core.put(HANDLERS + 16, bytes("f4"));
    expect(core.vectorOf(`${breakpoint(0, CODE + SETUP, 0)} 0f 0b`)).toBe(1);
  });
});

describe("data breakpoints", () => {
  it.each([
    ["a byte inside four", 4, "c6 05 03 00 02 00 01", true],
    ["a word that reaches into them", 4, "66 c7 05 ff ff 01 00 01 00", true],
    ["a doubleword before them", 4, "c7 05 fc ff 01 00 01 00 00 00", false],
    ["a byte behind them", 4, "c6 05 04 00 02 00 01", false],
    ["a push", 4, "bc 04 00 02 00 50", true],
    ["a read-modify-write", 2, "ff 05 00 00 02 00", true],
    ["a failing CMPXCHG", 2, "0f b1 0d 00 00 02 00", true],
    ["XCHG", 1, "86 05 00 00 02 00", true],
    ["BTS", 1, "0f ba 2d 00 00 02 00 00", true],
  ])("of a write: %s", (_name, length, code, hits) => {
    // mov esp is 5 bytes before the push: the trap is behind what was written last
    const traps = watch(start(), `${breakpoint(1, DATA, 1, length)} ${code} 90 f4`);
    expect(traps).toEqual(hits ? [{ at: SETUP + bytes(code).length, dr6: B1, rf: false }] : []);
  });

  it("of a write do not see reads, of a read or write see both", () => {
    const read = "a0 00 00 02 00";
    expect(watch(start(), `${breakpoint(0, DATA, 1)} ${read} 90 f4`)).toEqual([]);
    expect(watch(start(), `${breakpoint(0, DATA, 3)} ${read} 90 f4`)).toEqual([{ at: SETUP + 5, dr6: B0, rf: false }]);
    expect(watch(start(), `${breakpoint(0, DATA, 3)} a2 00 00 02 00 90 f4`)).toHaveLength(1);
  });

  it("trap behind the element of a repeated string instruction, with RF in the frame", () => {
    const core = start();
    // mov edi,DATA; mov ecx,8; cld; rep stosb; hlt
    const code = `${breakpoint(0, DATA + 2, 1)} bf ${le32(DATA)} b9 08 00 00 00 fc f3 aa f4`;
    core.put(HANDLERS + 16, bytes("89 ca cf")); // mov edx,ecx; iretd
    core.put(CODE, bytes(code));
    let trapped = 0;
    for (let i = 0; i < 40 && core.run(1) === EXIT.budget; i++)
      if (Number(core.rip) === HANDLERS + 16) {
        trapped++;
        expect([core.frame32(0), core.frame32(2) & RF]).toEqual([CODE + SETUP + 11, RF]);
        expect(Number(core.reg("rcx"))).toBe(5);
      }
    expect([trapped, Number(core.reg("rdx")), Number(core.reg("rcx"))]).toEqual([1, 5, 0]);
  });

  it("trap behind the last element without RF", () => {
    const code = `${breakpoint(0, DATA + 7, 1)} bf ${le32(DATA)} b9 08 00 00 00 fc f3 aa f4`;
    expect(watch(start(), code)).toEqual([{ at: SETUP + 13, dr6: B0, rf: false }]);
  });

  it("are put off behind the instruction after MOV SS and POP SS", () => {
    // mov ss,[DATA]; inc ecx; inc ecx; hlt
    const core = start();
    core.view.setUint32(DATA, SEL.data32, true);
    expect(watch(core, `${breakpoint(0, DATA, 3)} 8e 15 ${le32(DATA)} 41 41 f4`)).toEqual([
      { at: SETUP + 7, dr6: B0, rf: false },
    ]);
    const pop = start();
    pop.view.setUint32(DATA, SEL.data32, true);
    // mov esp,DATA; pop ss; mov esp,0x9000; nop; hlt
    expect(watch(pop, `${breakpoint(0, DATA, 3)} bc ${le32(DATA)} 17 bc 00 90 00 00 90 f4`)).toEqual([
      { at: SETUP + 11, dr6: B0, rf: false },
    ]);
  });

  it("are one #DB with INT1 after MOV SS, and come behind the handler's entry with INT n", () => {
    const core = start();
    core.view.setUint32(DATA, SEL.data32, true);
    expect(watch(core, `${breakpoint(0, DATA, 3)} 8e 15 ${le32(DATA)} f1 90 f4`)).toEqual([
      { at: SETUP + 7, dr6: B0, rf: false },
    ]);
    const int = start();
    int.view.setUint32(DATA, SEL.data32, true);
    int.put(HANDLERS + 0x80 * 16, bytes("90 f4"));
    // The trap is taken at the first instruction of the handler of INT 0x80.
    expect(watch(int, `${breakpoint(0, DATA, 3)} 8e 15 ${le32(DATA)} cd 80`)).toEqual([
      { at: HANDLERS + 0x80 * 16 - CODE, dr6: B0, rf: false },
    ]);
  });

  it("are one #DB with the instruction breakpoint behind MOV SS", () => {
    const core = start();
    core.view.setUint32(DATA, SEL.data32, true);
    // mov eax,DATA; mov dr0,eax; mov eax,next; mov dr1,eax; mov eax,control; mov dr7,eax; mov ss,[DATA]; next: nop; hlt
    const setup = 24;
    const next = setup + 6;
    const control = le32(0x2 | (0x3 << 16) | 0x8);
    const set = `b8 ${le32(DATA)} 0f 23 c0 b8 ${le32(CODE + next)} 0f 23 c8 b8 ${control} 0f 23 f8`;
    expect(watch(core, `${set} 8e 15 ${le32(DATA)} 90 f4`, true)).toEqual([{ at: next, dr6: B0 | B1, rf: false }]);
  });

  it("of eight bytes work in 64-bit mode", () => {
    const core = new SystemCore();
    core.start64();
    // mov eax,DATA; mov dr0,rax; mov eax,0x00090002; mov dr7,rax; mov byte [DATA+7],1; nop
    expect(core.vectorOf(`b8 ${le32(DATA)} 0f 23 c0 b8 02 00 09 00 0f 23 f8 c6 04 25 07 00 02 00 01 90`)).toBe(1);
    expect([core.frame64(0) - CODE, dr6Of(core)]).toEqual([24, B0]);
  });

  it("are forgotten where the instruction faults before it is done", () => {
    const core = start();
    core.setSegment("es", SEL.data16, ATTR.data16, 0xffff, 0);
    core.ex.stateSet(core.cpu);
    // mov esi,DATA; mov edi,0x20000 (beyond the limit of ES); movsb
    expect(core.vectorOf(`${breakpoint(0, DATA, 3)} be ${le32(DATA)} bf 00 00 02 00 a4`)).toBe(13);
    expect(dr6Of(core)).toBe(0);
  });
});

describe("port breakpoints", () => {
  /** mov eax,cr4; or al,8 (DE); mov cr4,eax */
  const DE = "0f 20 e0 0c 08 0f 22 e0";
  it("trap behind IN and OUT that touch the port, with CR4.DE alone", () => {
    const code = `${breakpoint(0, 0x81, 2)} e4 80 e5 7e e7 80 e6 82 90 f4`;
    const traps = watch(start(), `${DE} ${code}`);
    expect(traps.map(({ at }) => at - 8 - SETUP)).toEqual([4, 6]);
    expect(watch(start(), code)).toEqual([]);
  });

  it("trap behind every element of REP OUTS", () => {
    // mov esi,DATA; mov ecx,3; mov edx,0x81; cld; rep outsb; nop; hlt
    const code = `${DE} ${breakpoint(0, 0x81, 2)} be ${le32(DATA)} b9 03 00 00 00 ba 81 00 00 00 fc f3 6e 90 f4`;
    const traps = watch(start(), code);
    expect(traps.map(({ at, rf }) => [at - 8 - SETUP, rf])).toEqual([
      [16, true],
      [16, true],
      [18, false],
    ]);
  });
});

describe("general detect", () => {
  it("stops a move from or to a debug register before it, and is off in the handler", () => {
    const core = start();
    // mov eax,0x2000; mov dr7,eax; mov dr0,eax; nop; hlt
    expect(watch(core, "b8 00 20 00 00 0f 23 f8 0f 23 c0 90 f4")).toEqual([{ at: 8, dr6: BD, rf: true }]);
    expect(watch(start(), "b8 00 20 00 00 0f 23 f8 0f 21 c3 90 f4")).toEqual([{ at: 8, dr6: BD, rf: true }]);
  });

  it("is off in the handler of INT1 too", () => {
    const core = start();
    core.put(HANDLERS + 16, bytes("0f 21 fb f4")); // mov ebx,dr7; hlt
    expect(core.vectorOf("b8 00 20 00 00 0f 23 f8 f1")).toBe(1);
    expect(Number(core.reg("rbx")) & 0x2000).toBe(0);
  });
});

describe("single step", () => {
  const stepped = (code: string, core = start()): Trap[] => watch(core, `${TF_ON} ${code}`);
  const ats = (traps: Trap[]): number[] => traps.map(({ at }) => at - STEP_SETUP);

  it("traps behind each element of a repeated string instruction, with RF while some are left", () => {
    for (const [name, code, tail] of [
      ["REP STOSB", "f3 aa", 2],
      ["REP MOVSD", "f3 a5", 2],
      ["REP LODSW", "f3 66 ad", 3],
      ["REPE CMPSB", "f3 a6", 2],
    ] as const) {
      const core = start();
      core.setReg("rcx", 3);
      core.setReg("rsi", DATA);
      core.setReg("rdi", DATA + 0x100);
      const traps = stepped(`${code} 90 f4`, core).slice(0, 3);
      expect([name, traps.map(({ at, dr6, rf }) => [at - STEP_SETUP, dr6, rf])]).toEqual([
        name,
        [
          [0, BS, true],
          [0, BS, true],
          [tail, BS, false],
        ],
      ]);
    }
  });

  it("traps once behind one with a count of zero, and behind REPNE SCAS where it finds", () => {
    const core = start();
    core.setReg("rcx", 0);
    expect(ats(stepped("f3 aa 90 f4", core)).slice(0, 2)).toEqual([2, 3]);
    const found = start();
    found.setReg("rcx", 9);
    found.setReg("rdi", DATA);
    found.setReg("rax", 7);
    found.put(DATA, [1, 7, 2]);
    expect(
      stepped("f2 ae 90 f4", found)
        .map(({ at, rf }) => [at - STEP_SETUP, rf])
        .slice(0, 3),
    ).toEqual([
      [0, true],
      [2, false],
      [3, false],
    ]);
    expect(Number(found.reg("rcx"))).toBe(7);
  });

  it("does not trap behind MOV SS and POP SS, but behind the instruction after", () => {
    // mov ax,ss; mov ss,ax; nop; nop; hlt
    expect(ats(stepped("66 8c d0 66 8e d0 90 90 f4"))).toEqual([3, 7, 8]);
    // push ss; pop ss; nop; hlt
    expect(ats(stepped("16 17 90 f4"))).toEqual([1, 3]);
    // LSS holds nothing off
    const core = start();
    core.view.setUint32(DATA, 0x9000, true);
    core.view.setUint16(DATA + 4, SEL.data32, true);
    expect(ats(stepped(`0f b2 25 ${le32(DATA)} 90 f4`, core))).toEqual([7, 8]);
  });

  it("traps behind STI, CLI, PUSHF, branches, calls and returns", () => {
    // sti; cli; pushfd; pop eax; jmp +1; nop; call +1; nop; ret -> (the pushed address is the nop before it)
    expect(ats(stepped("fb fa 9c 58 eb 01 90 e8 01 00 00 00 f4 c3")).slice(0, 7)).toEqual([1, 2, 3, 4, 7, 13, 12]);
  });

  it("is ended by POPF and IRET that clear TF, and begins behind the instruction after those that set it", () => {
    // pushfd; and dword [esp],~TF; popfd; nop; hlt: the trap behind POPF still comes
    expect(ats(stepped("9c 81 24 24 ff fe ff ff 9d 90 f4"))).toEqual([1, 8, 9]);
    // pushfd; push cs; push target; iretd to nop; nop; hlt, with TF clear in the frame
    const target = CODE + STEP_SETUP + 16;
    expect(ats(stepped(`9c 81 24 24 ff fe ff ff 0e 68 ${le32(target)} cf 90 90 f4`))).toEqual([1, 8, 9, 14, 16]);
  });

  it("goes into no handler, and the frame of an interrupt has TF", () => {
    const core = start();
    core.put(HANDLERS + 0x80 * 16, bytes("90 90 cf"));
    // int 0x80; nop; hlt: IRET brings TF back, and the first trap is behind the instruction after it
    expect(ats(stepped("cd 80 90 f4", core))).toEqual([3]);
  });

  it("goes on through a fault: the frame has TF, the handler is not stepped", () => {
    const core = start();
    core.put(HANDLERS + 6 * 16, bytes("83 04 24 02 cf")); // add dword [esp],2; iretd
    expect(ats(stepped("90 0f 0b 90 f4", core))).toEqual([1, 4]);
  });

  it("traps behind HLT without waiting", () => {
    expect(ats(stepped("f4 f4"))[0]).toBe(1);
  });

  it("reports a data breakpoint and the step in one #DB", () => {
    const core = start();
    const code = `${breakpoint(0, DATA, 1)} ${TF_ON} a2 ${le32(DATA)} 90 f4`;
    const at = SETUP + STEP_SETUP + 5;
    expect(watch(core, code)[0]).toEqual({ at, dr6: BS | B0, rf: false });
  });

  it("traps at the target of SYSENTER, and of SYSCALL unless its mask clears TF", () => {
    const core = new SystemCore();
    core.start32(3);
    core.setMsr("sysenterCs", BigInt(SEL.code32));
    core.setMsr("sysenterEsp", 0xc000n);
    core.setMsr("sysenterEip", BigInt(CODE + 0x100));
    core.put(CODE + 0x100, [0x90, 0xf4]);
    core.flags = TF | 2;
    expect(core.vectorOf("0f 34")).toBe(1);
    expect(core.frame32(0)).toBe(CODE + 0x100);
    for (const masked of [false, true]) {
      const long = new SystemCore();
      long.start64(3);
      long.setMsr("star", BigInt(SEL.code64) << 32n);
      long.setMsr("lstar", BigInt(CODE + 0x100));
      long.setMsr("sfmask", masked ? BigInt(TF) : 0n);
      long.put(CODE + 0x100, [0x90, 0xf4]);
      long.flags = TF | 2;
      expect(long.vectorOf("0f 05")).toBe(masked ? -1 : 1);
      if (!masked) expect(long.frame64(0)).toBe(CODE + 0x100);
      else expect(Number(long.rip)).toBe(CODE + 0x102);
    }
  });

  it("traps at the target of SYSRET to a program with TF", () => {
    const core = new SystemCore();
    core.start64();
    core.setMsr("star", 0x33n << 48n);
    core.setReg("rcx", CODE + 0x100);
    core.setReg("r11", TF | 2);
    core.put(CODE + 0x100, [0x90, 0xcd, 0x80]);
    expect(core.vectorOf("48 0f 07")).toBe(1);
    // [APM2] 13.1.4: the step is behind SYSRET itself, as TF is looked at when it ends.
    expect(core.frame64(0)).toBe(CODE + 0x100);
  });

  it("steps a virtual-8086 program and a real-mode one", () => {
    const real = new SystemCore();
    real.enterReal({});
    real.view.setUint32(4, HANDLERS + 16, true);
    real.setReg("rsp", 0x7000);
    real.rip = CODE;
    real.flags = TF | 2;
    expect(real.vectorOf("90 90")).toBe(1);
    expect([0, 1].map((n) => real.view.getUint16(0x7000 - 6 + n * 2, true))).toEqual([CODE + 1, 0]);
    expect(real.view.getUint16(0x7000 - 2, true) & TF).toBe(TF);
    const v86 = start();
    // push gs, fs, ds, es, ss, esp, eflags (VM, TF), cs, eip; iretd
    v86.put(0x8100, [0x90, 0xf4]);
    v86.setGate(1, gate(SEL.code32, HANDLERS + 16, 0x8e));
    const frame = "6a 00 6a 00 6a 00 6a 00 6a 00 68 00 70 00 00 68 02 01 02 00 6a 00 68 00 81 00 00 cf";
    expect(v86.vectorOf(frame)).toBe(1);
    expect([v86.frame32(0), v86.frame32(1)]).toEqual([0x8101, 0]);
    expect(v86.frame32(2) & 0x20100).toBe(0x20100);
  });
});

describe("traps in longer runs", () => {
  it("are the same at any slice length", () => {
    const results = [1, 2, 3, 7, 1000].map((slice) => {
      const core = start();
      core.put(HANDLERS + 16, bytes("43 cf")); // inc ebx; iretd
      core.setDescriptor(SEL.ldt, descriptor(0, 0, 0x82));
      // with TF: mov edi,DATA; mov ecx,20; cld; rep stosd; push ss; pop ss; inc edx; pushfd; and [esp],~TF; popfd; hlt
      core.put(CODE, bytes(`${TF_ON} bf ${le32(DATA)} b9 14 00 00 00 fc f3 ab 16 17 42 9c 81 24 24 ff fe ff ff 9d f4`));
      let exit: number = EXIT.budget;
      for (let i = 0; i < 2000 && exit === EXIT.budget; i++) exit = core.run(slice);
      return [exit, Number(core.reg("rbx")), Number(core.reg("rcx"))];
    });
    // 3 + 20 elements + push ss + (pop ss, inc edx) + pushfd + and + popfd
    for (const result of results) expect(result).toEqual([EXIT.halted, 28, 0]);
  });
});

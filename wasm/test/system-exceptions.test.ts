/**
 * Every exception in every mode: its vector, its error code, what is saved and where. The modes differ in the size of the
 * code, in the level, and in the gate and stack that take the exception. Then the table of double faults.
 * [SDM3] 6.3, 6.12 – 6.15, 20.1.4, 20.3.1, table 6-5 – [APM2] 8.2, 8.9
 */
import { describe, expect, it } from "vitest";
import { ATTR } from "./harness.ts";
import { CODE, HANDLERS, IST_STACK, RING0_STACK, SEL, STACK, SystemCore, descriptor, gate } from "./system-image.ts";

const RF = 0x10000;
const VM = 0x20000;
const AC = 0x40000;
const IF = 0x200;
const CR0_TS = 8n;
const CR0_NE = 0x20n;
const CR0_AM = 0x4_0000n;
const CR0_PG = 0x8000_0000n;
const CR4_PSE = 0x10n;
const CR4_SSE = 0x600n;
/** The 4 MiB below ABSENT are mapped one to one, and nothing above. */
const ABSENT = 0x40_0000;
const PAGE_DIRECTORY = 0x30_0000;
const LONG_PAGE_DIRECTORY = 0x70_2000;
const DATA = 0x9000;

type Size = 16 | 32 | 64;

interface Mode {
  name: string;
  size: Size;
  ring: 0 | 3;
  /** What is pushed: three words in real mode, else the bytes of an item. */
  frame: "ivt" | 2 | 4 | 8;
  v86?: true;
  ist?: true;
}

const MODES: readonly Mode[] = [
  { name: "real mode", size: 16, ring: 0, frame: "ivt" },
  { name: "virtual-8086 mode, 32-bit gate", size: 16, ring: 3, frame: 4, v86: true },
  { name: "virtual-8086 mode, 16-bit gate", size: 16, ring: 3, frame: 2, v86: true },
  { name: "16-bit code, 16-bit gate", size: 16, ring: 0, frame: 2 },
  { name: "16-bit code at level 3, 32-bit gate", size: 16, ring: 3, frame: 4 },
  { name: "32-bit code, 32-bit gate", size: 32, ring: 0, frame: 4 },
  { name: "32-bit code at level 3, 32-bit gate", size: 32, ring: 3, frame: 4 },
  { name: "32-bit code at level 3, 16-bit gate", size: 32, ring: 3, frame: 2 },
  { name: "64-bit code", size: 64, ring: 0, frame: 8 },
  { name: "64-bit code, IST stack", size: 64, ring: 0, frame: 8, ist: true },
  { name: "64-bit code at level 3", size: 64, ring: 3, frame: 8 },
  { name: "64-bit code at level 3, IST stack", size: 64, ring: 3, frame: 8, ist: true },
  { name: "32-bit compatibility code", size: 32, ring: 0, frame: 8 },
  { name: "32-bit compatibility code at level 3", size: 32, ring: 3, frame: 8 },
  { name: "16-bit compatibility code at level 3", size: 16, ring: 3, frame: 8 },
];

interface Cause {
  name: string;
  vector: number;
  /** What the saved address points to, from the start of the code. */
  at: number;
  /** A trap: no RF in the frame. */
  trap?: true;
  error?: (mode: Mode) => number;
  /** What is executed; empty where the mode cannot raise it in this way. */
  code: (mode: Mode) => string;
  prepare?: (core: SystemCore, cpu: DataView) => void;
  cr2?: number;
}

const isParagraphs = (mode: Mode): boolean => mode.frame === "ivt" || mode.v86 === true;
const always = (code: string) => () => code;
const inLegacyModes = (code16: string, code32: string) => (mode: Mode) =>
  ({ 16: code16, 32: code32, 64: "" })[mode.size];
const inProtectedMode = (code16: string, code32: string, code64: string) => (mode: Mode) =>
  isParagraphs(mode) ? "" : { 16: code16, 32: code32, 64: code64 }[mode.size];
const withParagraphs = (code: string) => (mode: Mode) => (isParagraphs(mode) ? code : "");
const atLevel = (ring: 0 | 3, code: (mode: Mode) => string) => (mode: Mode) => (mode.ring === ring ? code(mode) : "");
const loadSegment = (selector: string, move: string) =>
  inProtectedMode(`90 b8 ${selector} ${move}`, `66 b8 ${selector} ${move}`, `66 b8 ${selector} ${move}`);
const zero = () => 0;
const userBit = (mode: Mode): number => (mode.ring === 3 ? 4 : 0);

const CAUSES: readonly Cause[] = [
  { name: "#DE by DIV", vector: 0, at: 2, code: always("31 c9 f7 f1") },
  { name: "#DE by IDIV of -32768 by -1", vector: 0, at: 6, code: always("b4 80 b0 00 b3 ff f6 fb") },
  { name: "#DB by INT1", vector: 1, at: 1, trap: true, code: always("f1") },
  { name: "#BP", vector: 3, at: 1, trap: true, code: always("cc") },
  { name: "#OF", vector: 4, at: 5, trap: true, code: inLegacyModes("b0 7f 04 01 ce", "b0 7f 04 01 ce") },
  {
    name: "#BR",
    vector: 5,
    at: 2,
    code: inLegacyModes("31 c0 62 06 00 90", "31 c0 62 05 00 90 00 00"),
    prepare: (core) => core.view.setBigUint64(DATA, 0x0002_0001_0002_0001n, true),
  },
  { name: "#UD by UD2", vector: 6, at: 1, code: always("90 0f 0b") },
  { name: "#UD by LOCK", vector: 6, at: 0, code: always("f0 89 c0") },
  { name: "#NM", vector: 7, at: 1, code: always("90 d9 d0"), prepare: (core) => changeControl(core, CR0_TS) },
  { name: "#NP(selector)", vector: 11, at: 4, error: () => SEL.absent, code: loadSegment("4b 00", "8e d8") },
  { name: "#SS(selector)", vector: 12, at: 4, error: () => SEL.gate, code: atLevel(0, loadSegment("60 00", "8e d0")) },
  { name: "#SS(0) by a word across 64 KiB", vector: 12, at: 3, error: zero, code: withParagraphs("bc ff ff 58") },
  {
    name: "#SS(0) by an address that is not canonical",
    vector: 12,
    at: 7,
    error: zero,
    // xor ebp,ebp; bts rbp,63; mov eax,[rbp]
    code: (mode) => (mode.size === 64 ? "31 ed 48 0f ba ed 3f 8b 45 00" : ""),
  },
  { name: "#GP(0) beyond the limit", vector: 13, at: 0, error: zero, code: withParagraphs("67 a0 00 00 01 00") },
  { name: "#GP(selector)", vector: 13, at: 4, error: () => 0x1f8, code: loadSegment("fa 01", "8e d8") },
  { name: "#GP(0) by HLT", vector: 13, at: 1, error: zero, code: atLevel(3, always("90 f4")) },
  {
    name: "#PF by a read",
    vector: 14,
    at: 1,
    error: userBit,
    cr2: ABSENT + 2,
    code: inProtectedMode("90 67 66 a1 02 00 40 00", "90 a1 02 00 40 00", "90 8b 04 25 02 00 40 00"),
  },
  {
    name: "#PF by a write",
    vector: 14,
    at: 1,
    error: (mode) => 2 | userBit(mode),
    cr2: ABSENT + 2,
    code: inProtectedMode("90 67 66 a3 02 00 40 00", "90 a3 02 00 40 00", "90 89 04 25 02 00 40 00"),
  },
  {
    name: "#MF",
    vector: 16,
    at: 1,
    code: always("90 9b"),
    prepare: (core, cpu) => {
      changeControl(core, CR0_NE);
      cpu.setUint16(640, 0x037b, true); // ZM clear
      cpu.setUint16(642, 0x8084, true); // ZE, ES, B
    },
  },
  {
    name: "#AC",
    vector: 17,
    at: 0,
    error: zero,
    code: atLevel(3, (mode) => ({ 16: "a1 01 90", 32: "a1 01 90 00 00", 64: "8b 04 25 01 90 00 00" })[mode.size]),
    prepare: (core) => changeControl(core, CR0_AM),
  },
  {
    name: "#XM",
    vector: 19,
    at: 0,
    code: always("0f 5e c1"),
    prepare: (_core, cpu) => {
      cpu.setUint32(648, 0x1d80, true); // ZM clear
      for (let lane = 0; lane < 4; lane++) {
        cpu.setFloat32(672 + lane * 4, 1, true);
        cpu.setFloat32(688 + lane * 4, 0, true);
      }
    },
  },
];

function changeControl(core: SystemCore, cr0: bigint, cr4 = 0n): void {
  const now = [0, 3, 4, 5].map((n) => core.ex.getControl(core.cpu, n) as bigint);
  core.ex.setControl(core.cpu, now[0]! | cr0, now[1]!, now[2]! | cr4, now[3]!);
}

/** A core in the mode, about to execute at CODE. */
function enter(mode: Mode, flags: number, prepare?: Cause["prepare"]): SystemCore {
  const core = new SystemCore();
  if (mode.frame === "ivt") enterReal(core);
  else if (mode.frame === 8) enterLong(core, mode);
  else enterLegacy(core, mode, mode.frame);
  // With DPL 3 for DS at any level; SEL.gate is for SS at level 0.
  core.setDescriptor(SEL.absent, descriptor(0, 0xffffffff, (ATTR.data32 & ~0x80) | 0x60));
  core.setDescriptor(SEL.gate, descriptor(0, 0xffffffff, ATTR.data32 & ~0x80));
  if (!isParagraphs(mode) && mode.size < 64) {
    const selector = mode.ring === 3 ? SEL.userCode32 : SEL.code32;
    const attr = (mode.size === 16 ? ATTR.code16 : ATTR.code32) | (mode.ring === 3 ? 0x60 : 0);
    core.setSegment("cs", selector, attr, 0xffffffff, 0);
  }
  changeControl(core, 0n, CR4_SSE);
  prepare?.(core, new DataView(core.memory.buffer, core.cpu));
  core.ex.stateSet(core.cpu);
  core.setReg("rsp", STACK);
  core.flags = flags;
  core.rip = CODE;
  if (mode.v86) enterV86(core, flags);
  return core;
}

function enterReal(core: SystemCore): void {
  core.enterReal({});
  for (let v = 0; v < 256; v++) core.view.setUint32(v * 4, HANDLERS + v * 16, true);
}

function enterLong(core: SystemCore, mode: Mode): void {
  core.start64(mode.ring);
  core.view.setBigUint64(LONG_PAGE_DIRECTORY + (ABSENT >>> 21) * 8, 0n, true);
  for (let v = 0; v < 32; v++)
    core.setGate64(v, gate(SEL.code64, HANDLERS + v * 16, v === 3 || v === 4 ? 0xee : 0x8e, mode.ist ? 1 : 0));
}

function enterLegacy(core: SystemCore, mode: Mode, frame: 2 | 4): void {
  core.start32(mode.v86 ? 0 : mode.ring);
  core.view.setUint32(PAGE_DIRECTORY, 0x87, true);
  const type = frame === 2 ? 0x86 : 0x8e;
  for (let v = 0; v < 32; v++)
    core.setGate(v, gate(SEL.code32, HANDLERS + v * 16, v === 3 || v === 4 ? type | 0x60 : type));
  core.ex.setControl(core.cpu, 0x11n | CR0_PG, BigInt(PAGE_DIRECTORY), CR4_PSE, 0n);
}

/** By IRETD: GS, FS, DS, ES 4, 3, 2, 1; SS 0; IOPL 0. */
function enterV86(core: SystemCore, flags: number): void {
  const entry = 0x7000;
  const frame = [CODE, 0, flags | VM, STACK, 0, 0, 0, 3, 4];
  core.setReg("rsp", RING0_STACK - frame.length * 4);
  frame.forEach((value, i) => core.view.setUint32(RING0_STACK - frame.length * 4 + i * 4, value, true));
  core.put(entry, [0xcf]);
  core.rip = entry;
  core.run(1);
  if (Number(core.rip) !== CODE) throw new Error("virtual-8086 mode was not entered");
}

/** Items of the frame from the stack pointer up, FLAGS cut to the bits that matter. */
function readFrame(core: SystemCore, sizeBytes: number, count: number, flagsAt: number): number[] {
  const rsp = Number(core.reg("rsp"));
  return Array.from({ length: count }, (_, i) => {
    const at = rsp + i * sizeBytes;
    const value =
      sizeBytes === 2
        ? core.view.getUint16(at, true)
        : sizeBytes === 4
          ? core.view.getUint32(at, true)
          : Number(core.view.getBigUint64(at, true));
    return i === flagsAt ? value & (RF | VM | AC | IF) : value;
  });
}

const pushesError = (mode: Mode, cause: Cause): boolean => cause.error !== undefined && mode.frame !== "ivt";
const changesStack = (mode: Mode): boolean => mode.ring === 3 && mode.frame !== "ivt";
/** The cause has moved SP to the end of the segment. */
const movesSp = (mode: Mode, cause: Cause): boolean => cause.vector === 12 && isParagraphs(mode);

function codeSelector(mode: Mode): number {
  if (isParagraphs(mode)) return 0;
  if (mode.size === 64) return mode.ring === 3 ? SEL.userCode64 : SEL.code64;
  return mode.ring === 3 ? SEL.userCode32 : SEL.code32;
}

function stackSelector(mode: Mode): number {
  if (isParagraphs(mode)) return 0;
  return mode.ring === 3 ? SEL.userData32 : SEL.data32;
}

function expectedFrame(mode: Mode, cause: Cause, flags: number): number[] {
  let image = flags | (mode.v86 ? VM : 0) | (cause.trap ? 0 : RF);
  if (mode.frame === 2 || mode.frame === "ivt") image &= 0xffff;
  const items = [CODE + cause.at, codeSelector(mode), image];
  if (pushesError(mode, cause)) items.unshift(cause.error!(mode));
  if (mode.frame === 8 || changesStack(mode)) items.push(movesSp(mode, cause) ? 0xffff : STACK, stackSelector(mode));
  if (mode.v86) items.push(0, 0, 3, 4);
  return items;
}

function stackTop(mode: Mode, cause: Cause): number {
  if (mode.ist) return IST_STACK;
  if (mode.ring === 3) return RING0_STACK;
  return movesSp(mode, cause) ? 0xffff : STACK;
}

describe.each(MODES)("in $name", (mode) => {
  it.each(CAUSES.filter((cause) => cause.code(mode)))("$name", (cause) => {
    const flags = IF | (cause.vector === 17 ? AC : 0);
    const core = enter(mode, flags | 2, cause.prepare);
    expect(core.vectorOf(cause.code(mode))).toBe(cause.vector);
    const expected = expectedFrame(mode, cause, flags);
    const sizeBytes = mode.frame === "ivt" ? 2 : mode.frame;
    expect(readFrame(core, sizeBytes, expected.length, pushesError(mode, cause) ? 3 : 2)).toEqual(expected);
    expect(Number(core.reg("rsp"))).toBe(stackTop(mode, cause) - expected.length * sizeBytes);
    expect(core.flags & (IF | RF | VM)).toBe(0);
    if (mode.frame !== "ivt") expect(core.selector("cs")).toBe(mode.frame === 8 ? SEL.code64 : SEL.code32);
    if (changesStack(mode)) expect(core.selector("ss")).toBe(mode.frame === 8 ? 0 : SEL.data32);
    if (mode.v86) expect((["ds", "es", "fs", "gs"] as const).map((name) => core.selector(name))).toEqual([0, 0, 0, 0]);
    if (cause.cr2 !== undefined) expect(Number(core.ex.getControl(core.cpu, 2))).toBe(cause.cr2);
  });
});

describe("an exception while another is delivered", () => {
  const names = { 0: "#DE", 6: "#UD", 7: "#NM", 11: "#NP", 12: "#SS", 13: "#GP", 14: "#PF", 17: "#AC" };
  /** Code at level 0 in 64-bit mode that raises the first one. */
  const firsts: [number, string, boolean][] = [
    [0, "31 c9 f7 f1", true],
    [6, "0f 0b", false],
    [7, "d9 d0", false],
    [11, "66 b8 48 00 8e d8", true],
    [12, "31 ed 48 0f ba ed 3f 8b 45 00", true],
    [13, "66 b8 fa 01 8e d8", true],
    [14, "8b 04 25 02 00 40 00", true],
  ];
  const start = (): SystemCore => {
    const core = enter(
      MODES.find(({ name }) => name === "64-bit code")!,
      2,
      (machine) => changeControl(machine, CR0_TS),
    );
    for (const v of [8, 11, 12, 13, 14]) core.setGate64(v, gate(SEL.code64, HANDLERS + v * 16, 0x8e, 1));
    return core;
  };
  const pageFaultOnStack = (core: SystemCore): void => core.setReg("rsp", ABSENT + 0x1000);

  it.each(firsts)("vector %i, then #NP by its gate: #DF where it is contributory or #PF", (vector, code, doubles) => {
    const core = start();
    if (vector === 11) core.setGate64(11, gate(SEL.code64, 0, 0x0e));
    else core.setGate64(vector, gate(SEL.code64, HANDLERS, 0x0e));
    expect([names[vector as 0], core.vectorOf(code)]).toEqual([names[vector as 0], doubles ? 8 : 11]);
    expect(core.frame64(0)).toBe(doubles ? 0 : vector * 8 + 3);
    expect(core.frame64(1)).toBe(CODE + faultOffset(vector));
  });

  it.each(firsts)("vector %i, then #GP by a gate of the wrong type: likewise", (vector, code, doubles) => {
    const core = start();
    core.setGate64(vector, gate(SEL.code64, HANDLERS, 0x85));
    expect(core.vectorOf(code)).toBe(doubles ? 8 : 13);
    expect(core.frame64(0)).toBe(doubles ? 0 : vector * 8 + 3);
  });

  it.each(firsts)("vector %i, then #PF by its stack: #DF after #PF alone", (vector, code) => {
    const core = start();
    core.setGate64(vector, gate(SEL.code64, HANDLERS + vector * 16, 0x8e));
    if (vector === 14) core.setGate64(8, gate(SEL.code64, HANDLERS + 8 * 16, 0x8e, 1));
    pageFaultOnStack(core);
    expect(core.vectorOf(code)).toBe(vector === 14 ? 8 : 14);
    expect(core.frame64(0)).toBe(vector === 14 ? 0 : 2);
    expect(core.frame64(4)).toBe(ABSENT + 0x1000);
  });

  it.each(firsts)(
    "vector %i, then #SS by a stack that is not canonical: #DF unless it is benign",
    (vector, code, doubles) => {
      const core = start();
      core.setGate64(vector, gate(SEL.code64, HANDLERS + vector * 16, 0x8e));
      core.setReg("rsp", 0x8000_0000_0000_0000n);
      expect(core.vectorOf(code)).toBe(doubles ? 8 : 12);
    },
  );

  it("shuts down where #DF cannot be delivered, whatever stops it", () => {
    for (const spoil of [
      (core: SystemCore) => core.setGate64(8, gate(SEL.code64, HANDLERS, 0x0e)),
      (core: SystemCore) => core.setGate64(8, gate(SEL.data32, HANDLERS, 0x8e)),
      (core: SystemCore) => {
        core.setGate64(8, gate(SEL.code64, HANDLERS, 0x8e));
        pageFaultOnStack(core);
      },
    ]) {
      const core = start();
      core.setGate64(13, gate(SEL.code64, HANDLERS, 0x0e));
      spoil(core);
      expect(core.vectorOf("66 b8 fa 01 8e d8")).toBe(-3);
    }
  });

  it("makes no double fault of INT n, of an interrupt or of an NMI; EXT tells them apart", () => {
    const software = start();
    software.setGate64(0x50, gate(SEL.code64, HANDLERS, 0x0e));
    expect(software.vectorOf("cd 50")).toBe(11);
    expect(software.frame64(0)).toBe(0x50 * 8 + 2);
    const external = start();
    external.setGate64(0, gate(SEL.code64, HANDLERS, 0x0e));
    external.flags = IF | 2;
    external.ex.setIntr(external.cpu, 1);
    expect(external.vectorOf("90")).toBe(11);
    expect(external.frame64(0)).toBe(3);
    const nmi = start();
    nmi.setGate64(2, gate(SEL.code64, HANDLERS, 0x0e));
    nmi.ex.pulseNmi(nmi.cpu);
    expect(nmi.vectorOf("90")).toBe(11);
    expect(nmi.frame64(0)).toBe(2 * 8 + 3);
  });

  it("goes on from exception to exception as long as they are benign or follow each other", () => {
    // #UD, whose gate names an absent segment: #NP(selector), whose stack is on an absent page: #PF.
    const core = start();
    core.setDescriptor(SEL.gate, descriptor(0, 0xffffffff, ATTR.code64 & ~0x80));
    core.setGate64(6, gate(SEL.gate, HANDLERS, 0x8e));
    core.setGate64(11, gate(SEL.code64, HANDLERS + 11 * 16, 0x8e));
    pageFaultOnStack(core);
    expect(core.vectorOf("0f 0b")).toBe(14);
  });

  function faultOffset(vector: number): number {
    return { 0: 2, 11: 4, 12: 7, 13: 4 }[vector] ?? 0;
  }
});
